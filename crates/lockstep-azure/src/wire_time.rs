//! Times as the wire writes them: RFC 3339, with up to seven digits of a second.

use lockstep_core::Time;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The moment that `text` names; `None` where it names none.
pub fn read(text: &str) -> Option<Time> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let ticks = moment.unix_timestamp_nanos() / NANOSECONDS_PER_TICK;
    i64::try_from(ticks).ok().map(Time::from_ticks)
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
