//! Triggers that the clock pulls.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::action::{member, text};
use crate::dates::{self, Period};
use crate::error::Error;
use crate::functions::find;
use crate::path::Path;

/// How often a run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The unit.
    pub frequency: Frequency,
    /// How many units lie between two runs; at least one.
    pub interval: u32,
    /// When the first run starts; at once where nothing is said.
    pub start: Option<OffsetDateTime>,
}

/// A unit of recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
}

impl Recurrence {
    pub(super) fn read(declared: &Value, path: &Path) -> Result<Self, Error> {
        let members = declared.as_object().ok_or_else(|| Error::invalid("A recurrence must be an object.", path))?;
        for (name, what) in
            [("schedule", "A recurrence at certain hours or days"), ("endTime", "A recurrence that ends")]
        {
            if let Some((name, _)) = find(members, name) {
                return Err(Error::unsupported(
                    format!("{what} ('{name}') is not supported by this engine."),
                    &path.member(name),
                ));
            }
        }
        if let Some(zone) =
            member(declared, "timeZone").and_then(Value::as_str).filter(|zone| !zone.eq_ignore_ascii_case("UTC"))
        {
            return Err(Error::unsupported(
                format!("The time zone '{zone}' is not supported by this engine: 'UTC' is."),
                &path.member("timeZone"),
            ));
        }
        let frequency = text(declared, "frequency", path)?;
        let frequency = Frequency::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(frequency))
            .map(|(_, frequency)| *frequency);
        let frequency = frequency.ok_or_else(|| {
            Error::invalid(
                "'frequency' must be one of Second, Minute, Hour, Day, Week and Month.",
                &path.member("frequency"),
            )
        })?;
        let interval = member(declared, "interval")
            .and_then(Value::as_u64)
            .and_then(|interval| u32::try_from(interval).ok())
            .filter(|interval| *interval > 0);
        let interval = interval
            .ok_or_else(|| Error::invalid("'interval' must be an integer of at least 1.", &path.member("interval")))?;
        let start = match member(declared, "startTime") {
            None => None,
            Some(start) => Some(start.as_str().and_then(dates::parse).ok_or_else(|| {
                Error::invalid(
                    format!("'startTime' must be a date of ISO 8601, and is {start}."),
                    &path.member("startTime"),
                )
            })?),
        };
        Ok(Self { frequency, interval, start })
    }

    /// When the run after one at `last` starts; without one, when the first does. Times lie on the grid that the first one, or the
    /// start time, makes.
    pub fn next(&self, enabled: OffsetDateTime, last: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
        let first = self.start.unwrap_or(enabled);
        let mut next = first;
        let earliest = last.unwrap_or(enabled);
        let passed = |moment: OffsetDateTime| if last.is_some() { moment <= earliest } else { moment < earliest };
        if let (Some(step), true) = (self.step(), passed(first)) {
            let turns = (earliest - first).whole_seconds() / step.whole_seconds();
            next = first.checked_add(step.checked_mul(i32::try_from(turns).ok()?)?)?;
        }
        let mut turns = 0;
        while passed(next) {
            turns += 1;
            next = match self.step() {
                Some(step) => next.checked_add(step)?,
                None => dates::later(
                    first,
                    Period { months: turns * i32::try_from(self.interval).ok()?, rest: Duration::ZERO },
                )?,
            };
        }
        Some(next)
    }

    /// The time between two runs, where it is always the same.
    fn step(&self) -> Option<Duration> {
        let seconds = match self.frequency {
            Frequency::Second => 1,
            Frequency::Minute => 60,
            Frequency::Hour => 3_600,
            Frequency::Day => 86_400,
            Frequency::Week => 604_800,
            Frequency::Month => return None,
        };
        Some(Duration::seconds(seconds * i64::from(self.interval)))
    }
}

impl Frequency {
    const ALL: &[(&str, Self)] = &[
        ("Second", Self::Second),
        ("Minute", Self::Minute),
        ("Hour", Self::Hour),
        ("Day", Self::Day),
        ("Week", Self::Week),
        ("Month", Self::Month),
    ];
}

#[cfg(test)]
mod tests {
    use super::{Frequency, Recurrence};
    use time::OffsetDateTime;
    use time::macros::datetime;

    #[test]
    fn runs_lie_on_a_grid() {
        let check = |recurrence: Recurrence, last: Option<OffsetDateTime>, expected: OffsetDateTime| {
            assert_eq!(recurrence.next(datetime!(2026-01-31 10:00 UTC), last), Some(expected));
        };
        let hourly = Recurrence { frequency: Frequency::Minute, interval: 60, start: None };
        check(hourly, None, datetime!(2026-01-31 10:00 UTC));
        check(hourly, Some(datetime!(2026-01-31 10:00 UTC)), datetime!(2026-01-31 11:00 UTC));
        check(hourly, Some(datetime!(2026-01-31 15:30 UTC)), datetime!(2026-01-31 16:00 UTC));
        let started = Recurrence { start: Some(datetime!(2026-01-01 0:05 UTC)), ..hourly };
        check(started, None, datetime!(2026-01-31 10:05 UTC));
        let monthly = Recurrence { frequency: Frequency::Month, interval: 1, start: None };
        check(monthly, Some(datetime!(2026-01-31 10:00 UTC)), datetime!(2026-02-28 10:00 UTC));
        check(monthly, Some(datetime!(2026-02-28 10:00 UTC)), datetime!(2026-03-31 10:00 UTC));
    }
}
