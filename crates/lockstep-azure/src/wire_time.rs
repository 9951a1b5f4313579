//! Times as the wire writes them: RFC 3339, with up to seven digits of a second.

use lockstep_core::Time;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The moment that `text` names; `None` where it names none.
pub fn read(text: &str) -> Option<Time> {
    of(OffsetDateTime::parse(text, &Rfc3339).ok()?)
}

/// The same moment, in ticks; `None` where it lies too far off.
pub fn of(moment: OffsetDateTime) -> Option<Time> {
    let ticks = moment.unix_timestamp_nanos() / NANOSECONDS_PER_TICK;
    i64::try_from(ticks).ok().map(Time::from_ticks)
}

/// The moment as the wire writes it, in UTC; the start of 1970 where it lies beyond the year 9999.
pub fn write(time: Time) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.ticks()) * NANOSECONDS_PER_TICK);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

const NANOSECONDS_PER_TICK: i128 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_ticks() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(read(text).map(Time::ticks), expected, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("1970-01-01T00:00:01.0000001Z", Some(10_000_001));
        check("1970-01-01T01:00:00+01:00", Some(0));
        check("2024-06-01 00:00:00", None);
        check("yesterday", None);
    }
}
