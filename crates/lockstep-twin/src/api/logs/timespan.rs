//! The `timespan` of a query: an ISO 8601 duration that ends now, or an interval.
//!
//! It narrows every table to the rows whose `TimeGenerated` lies in it, beside what the query itself asks.

use time::{Duration, OffsetDateTime};

use crate::clock::{parse_time, wire_time};

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timespan {
    start: OffsetDateTime,
    end: OffsetDateTime,
}

impl Timespan {
    /// Reads `PT12H`, `start/end`, `start/duration` or `duration/end`; a bare duration ends at `now`.
    ///
    /// # Errors
    /// What was found and what would do.
    pub(super) fn parse(text: &str, now: OffsetDateTime) -> Result<Self, String> {
        let wrong = || {
            format!(
                "The timespan '{text}' is invalid: it must be an ISO 8601 duration such as PT12H, or an interval such as 2024-06-01T00:00:00Z/P1D."
            )
        };
        let span = match text.split_once('/') {
            None => duration(text).and_then(|by| Some(Self { start: now.checked_sub(by)?, end: now })),
            Some((start, end)) => match (moment(start), moment(end), duration(start), duration(end)) {
                (Some(start), Some(end), _, _) => Some(Self { start, end }),
                (Some(start), None, _, Some(by)) => start.checked_add(by).map(|end| Self { start, end }),
                (None, Some(end), Some(by), _) => end.checked_sub(by).map(|start| Self { start, end }),
                _ => None,
            },
        };
        span.ok_or_else(wrong)
    }

    /// The condition of a query that holds within it.
    pub(super) fn condition(&self) -> String {
        let (start, end) = (wire_time(self.start), wire_time(self.end));
        format!("TimeGenerated >= datetime({start}) and TimeGenerated <= datetime({end})")
    }
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    parse_time(text).or_else(|| parse_time(&format!("{text}Z"))).or_else(|| parse_time(&format!("{text}T00:00:00Z")))
}

/// Reads an ISO 8601 duration; a fraction may stand anywhere. A month counts as 30 days and a year as 365.
fn duration(text: &str) -> Option<Duration> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text.strip_prefix('P')?, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = parts(date, &[('Y', 365.0 * DAY), ('M', 30.0 * DAY), ('W', 7.0 * DAY), ('D', DAY)])?;
    let time = parts(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    Duration::checked_seconds_f64(date + time)
}

/// The sum of `text`'s numbers, each worth what the letter after it is.
fn parts(text: &str, worth: &[(char, f64)]) -> Option<f64> {
    let mut sum = 0.0;
    let mut number = String::new();
    for char in text.chars() {
        match worth.iter().find(|(letter, _)| *letter == char) {
            Some((_, seconds)) => sum += std::mem::take(&mut number).parse::<f64>().ok()? * seconds,
            None if char.is_ascii_digit() || char == '.' => number.push(char),
            None => return None,
        }
    }
    number.is_empty().then_some(sum)
}

const DAY: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn timespans_are_read() {
        check("P30D", "2024-05-02T00:00:00.0000000Z/2024-06-01T00:00:00.0000000Z");
        check("PT12H", "2024-05-31T12:00:00.0000000Z/2024-06-01T00:00:00.0000000Z");
        check("PT2592000.0S", "2024-05-02T00:00:00.0000000Z/2024-06-01T00:00:00.0000000Z");
        check("P1DT1H30M", "2024-05-30T22:30:00.0000000Z/2024-06-01T00:00:00.0000000Z");
        check("2024-01-01T00:00:00Z/2024-01-02T00:00:00Z", "2024-01-01T00:00:00.0000000Z/2024-01-02T00:00:00.0000000Z");
        check("2024-01-01/P1D", "2024-01-01T00:00:00.0000000Z/2024-01-02T00:00:00.0000000Z");
        check("P1D/2024-01-02T00:00:00Z", "2024-01-01T00:00:00.0000000Z/2024-01-02T00:00:00.0000000Z");
        for wrong in ["", "P", "PT", "30D", "P1X", "PT5", "P1D/P1D", "yesterday", "P99999999999999999999D"] {
            check(wrong, "wrong");
        }
    }

    fn check(text: &str, expected: &str) {
        let found = Timespan::parse(text, datetime!(2024-06-01 0:00 UTC));
        let found = found.map_or("wrong".into(), |span| format!("{}/{}", wire_time(span.start), wire_time(span.end)));
        assert_eq!(found, expected, "{text}");
    }
}
