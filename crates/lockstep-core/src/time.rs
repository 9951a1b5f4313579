//! A moment, as the services keep it. Nothing here knows what time it is.

use core::fmt;
use core::time::Duration;

/// A moment in UTC, in ticks of 100 ns since 1970-01-01T00:00:00Z: the resolution of the services' own times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// How many ticks a second has.
    pub const TICKS_PER_SECOND: i64 = 10_000_000;

    /// The moment that lies `ticks` after the start of 1970.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The ticks since the start of 1970.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// The moment that lies `by` before this one, or the first there is.
    pub fn earlier_by(self, by: Duration) -> Self {
        let ticks = i64::try_from(by.as_nanos() / 100).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(ticks))
    }

    /// How many whole seconds lie between `earlier` and this moment; 0 where `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        let ticks = self.0.saturating_sub(earlier.0);
        if ticks < 0 { 0 } else { (ticks / Self::TICKS_PER_SECOND).unsigned_abs() }
    }
}

/// As RFC 3339 has it, to the second: `2024-06-01T00:00:00Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(Self::TICKS_PER_SECOND);
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Years begin in March here, so that a leap day is the last day of its year; eras of 400 years all are alike.
        let from_march = days + DAYS_TO_1970;
        let (era, day) = (from_march.div_euclid(DAYS_PER_ERA), from_march.rem_euclid(DAYS_PER_ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let year = year + era * 400 + next;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

const DAY: i64 = 86_400;
const DAYS_PER_ERA: i64 = 146_097;
/// From 1 March of the year 0.
const DAYS_TO_1970: i64 = 719_468;
