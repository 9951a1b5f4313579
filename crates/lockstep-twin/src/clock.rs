//! The twin's own clock, and the only place where the twin reads the machine's.
//!
//! It starts where it is told to, runs with tokio's clock unless it is stepped only, and jumps forward on request. Under
//! tokio's paused time it is therefore virtual. It never goes back: rows that were visible stay visible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};
use tokio::time::Instant;

/// The time in the world, shared by everything that plays in it. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Dial>);

#[derive(Debug)]
struct Dial {
    start: OffsetDateTime,
    began: Instant,
    pace: Pace,
    stepped_ns: AtomicU64,
}

/// How the clock moves by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// With tokio's clock: one second a second, virtual where tokio's time is paused.
    #[default]
    Running,
    /// Only when stepped.
    Stepped,
}

impl Clock {
    /// A clock that shows `start` now. UTC, cut to 100 ns as the services keep time.
    pub fn new(start: OffsetDateTime, pace: Pace) -> Self {
        let start = whole_ticks(start.to_offset(UtcOffset::UTC));
        Self(Arc::new(Dial { start, began: Instant::now(), pace, stepped_ns: AtomicU64::new(0) }))
    }

    /// The time in the world: UTC, in whole ticks of 100 ns.
    pub fn now(&self) -> OffsetDateTime {
        let ran = match self.0.pace {
            Pace::Running => self.0.began.elapsed(),
            Pace::Stepped => Duration::ZERO,
        };
        let stepped = Duration::from_nanos(self.0.stepped_ns.load(Ordering::Relaxed));
        whole_ticks(later(self.0.start, ran.saturating_add(stepped)))
    }

    /// Moves the clock forward by `by`; beyond some 580 years in all it stays where it is.
    pub fn step(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |stepped: u64| Some(stepped.saturating_add(ns));
        // The closure always answers `Some`, so the update cannot fail.
        let _ = self.0.stepped_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Moves the clock forward to `at`, if it is not there yet.
    pub(crate) fn reach(&self, at: OffsetDateTime) {
        if let Ok(ahead) = Duration::try_from(at - self.now()) {
            self.step(ahead);
        }
    }

    /// Where the clock started.
    pub(crate) fn start(&self) -> OffsetDateTime {
        self.0.start
    }

    /// How the clock moves by itself.
    pub fn pace(&self) -> Pace {
        self.0.pace
    }
}

/// The machine's time: what certificates follow, and on a socket tokens and dates, because the clients' do.
#[expect(clippy::disallowed_methods, reason = "the one place in the twin that reads the time")]
pub(crate) fn machine_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Measures what the twin itself takes, in real time, whatever the world's clock shows.
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "work takes real time, also where tokio's time is paused")]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// `at` as the services write it: `2024-06-01T00:00:00.0000000Z`.
pub(crate) fn wire_time(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, ns) = at.to_hms_nano();
    // Digit by digit, for pages of incidents are full of times; years of the services have four digits.
    let mut text = *b"0000-00-00T00:00:00.0000000Z";
    let mut put = |last: usize, width: usize, mut number: u32| {
        for at in (0..width).map(|left| last - left) {
            text[at] = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(3, 4, year.unsigned_abs());
    put(6, 2, u8::from(month).into());
    put(9, 2, day.into());
    put(12, 2, hour.into());
    put(15, 2, minute.into());
    put(18, 2, second.into());
    put(26, 7, ns / 100);
    str::from_utf8(&text).expect("digits are UTF-8").to_owned()
}

/// Times in records, as the services write them.
pub(crate) mod wire {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use time::OffsetDateTime;

    pub(crate) fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::wire_time(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_time(&text)
            .ok_or_else(|| D::Error::custom(format!("'{text}' is no time such as 2024-06-01T00:00:00Z")))
    }

    /// Those that may be missing.
    pub(crate) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};
        use time::OffsetDateTime;

        #[derive(Serialize, Deserialize)]
        struct Time(#[serde(with = "super")] OffsetDateTime);

        pub(crate) fn serialize<S: Serializer>(at: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
            at.map(Time).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<OffsetDateTime>, D::Error> {
            Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(at)| at))
        }
    }
}

/// Reads an RFC 3339 time. `None` where it is none.
pub(crate) fn parse_time(text: &str) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    Some(whole_ticks(at.to_offset(UtcOffset::UTC)))
}

/// `at` plus `by`, or the end of time.
pub(crate) fn later(at: OffsetDateTime, by: Duration) -> OffsetDateTime {
    time::Duration::try_from(by).ok().and_then(|by| at.checked_add(by)).unwrap_or(END_OF_TIME)
}

fn whole_ticks(at: OffsetDateTime) -> OffsetDateTime {
    let ns = at.nanosecond();
    at.replace_nanosecond(ns - ns % 100).expect("a nanosecond below the one it replaces is in range")
}

const END_OF_TIME: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::{datetime, format_description};

    use super::*;

    #[test]
    fn times_are_written_with_all_their_digits() {
        assert_eq!(wire_time(datetime!(2024-06-01 2:03:04.000_000_1 +2)), "2024-06-01T00:03:04.0000001Z");
    }

    proptest! {
        #[test]
        fn a_time_is_written_as_its_format_says_and_read_back(ticks in 0_i64..3_155_378_976_000_000_000) {
            let at = datetime!(0001-01-01 0:00 UTC)
                + time::Duration::new(ticks / 10_000_000, (ticks % 10_000_000 * 100) as i32);
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");
            prop_assert_eq!(wire_time(at), at.format(format).unwrap());
            prop_assert_eq!(parse_time(&wire_time(at)), Some(at));
        }
    }
}
