//! Dates and durations as texts: ISO 8601 in, and out in the formats that .NET has.
//!
//! Source: ".NET: Custom date and time format strings", "Standard date and time format strings", in the invariant culture.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The moment that a text names; UTC where it names no offset. Of the forms that .NET reads those of ISO 8601 are known, with a
/// blank or a `T`, with and without separators.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    if let Ok(date) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(date);
    }
    if text.len() == 16 && text.ends_with('Z') && text.as_bytes()[8] == b'T' {
        let compact = format_description!("[year][month][day]T[hour][minute][second]Z");
        return PrimitiveDateTime::parse(text, &compact).ok().map(PrimitiveDateTime::assume_utc);
    }
    let (date, rest) = text.split_at_checked(10)?;
    let date = Date::parse(date, &format_description!("[year]-[month]-[day]")).ok()?;
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    if rest.is_empty() {
        return Some(date.midnight().assume_utc());
    }
    let zoned = if rest.ends_with(['Z', 'z']) || rest.get(1..)?.contains(['+', '-']) { "" } else { "Z" };
    let seconds = if rest.matches(':').count() == 1 && rest.len() == 5 { ":00" } else { "" };
    OffsetDateTime::parse(&format!("{date}T{rest}{seconds}{zoned}"), &Rfc3339).ok()
}

/// A span of time: years and months, whose length depends on where they are counted from, and the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Period {
    pub months: i32,
    pub rest: Duration,
}

/// The period that a text of ISO 8601 names: `P1Y2M3DT4H5M6.7S`, `-P1W`.
pub(crate) fn period(text: &str) -> Option<Period> {
    let (sign, text) = text.trim().strip_prefix('-').map_or((1, text.trim()), |text| (-1, text));
    let text = text.strip_prefix('P')?;
    let (days, clock) = text.split_once('T').unwrap_or((text, ""));
    let mut period = Period::default();
    let mut any = false;
    for (part, in_clock) in [(days, false), (clock, true)] {
        let mut rest = part;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let (digits, unit) = (&rest[..end], &rest[end..=end]);
            rest = &rest[end + 1..];
            any = true;
            if (unit, in_clock) == ("S", true) {
                let seconds: f64 =
                    digits.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)?;
                period.rest = period.rest.checked_add(Duration::checked_seconds_f64(seconds)?)?;
                continue;
            }
            let count: i32 = digits.parse().ok().filter(|count| *count >= 0)?;
            let seconds: i64 = match (unit, in_clock) {
                ("Y", false) => {
                    period.months = period.months.checked_add(count.checked_mul(12)?)?;
                    continue;
                }
                ("M", false) => {
                    period.months = period.months.checked_add(count)?;
                    continue;
                }
                ("W", false) => 604_800,
                ("D", false) => 86_400,
                ("H", true) => 3_600,
                ("M", true) => 60,
                _ => return None,
            };
            period.rest = period.rest.checked_add(Duration::seconds(seconds.checked_mul(i64::from(count))?))?;
        }
    }
    any.then_some(Period { months: period.months * sign, rest: period.rest * sign })
}

/// The moment a period later; a day that its month does not have becomes the month's last.
pub(crate) fn later(moment: OffsetDateTime, period: Period) -> Option<OffsetDateTime> {
    let months = i64::from(moment.year()) * 12 + i64::from(u8::from(moment.month()) - 1) + i64::from(period.months);
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12)).ok()? + 1).ok()?;
    let date = Date::from_calendar_date(year, month, moment.day().min(month.length(year))).ok()?;
    moment.replace_date(date).checked_add(period.rest)
}

/// The moment in a format of .NET: one letter for a standard one, else a pattern.
///
/// # Errors
/// A format that is not known, with what would work.
pub(crate) fn format(moment: OffsetDateTime, format: &str) -> Result<String, String> {
    let pattern = match format {
        "" | "G" => "MM/dd/yyyy HH:mm:ss",
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        _ if format.chars().count() == 1 => {
            return Err(format!("'{format}' is not a known standard format of a date."));
        }
        _ => format,
    };
    patterned(moment, pattern)
}

fn patterned(moment: OffsetDateTime, pattern: &str) -> Result<String, String> {
    let mut formatted = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(first).len();
        let count = run / first.len_utf8();
        let used = match first {
            '\'' | '"' => {
                let end = rest[1..]
                    .find(first)
                    .ok_or_else(|| format!("the format '{pattern}' has a quote without an end."))?;
                formatted.push_str(&rest[1..=end]);
                end + 2
            }
            '\\' => {
                let escaped =
                    rest[1..].chars().next().ok_or_else(|| format!("the format '{pattern}' ends with a backslash."))?;
                formatted.push(escaped);
                1 + escaped.len_utf8()
            }
            '%' => 1,
            _ => {
                formatted.push_str(&field(moment, first, count));
                run
            }
        };
        rest = &rest[used..];
    }
    Ok(formatted)
}

/// What a run of one letter stands for; itself where it stands for nothing.
fn field(moment: OffsetDateTime, letter: char, count: usize) -> String {
    let two = |value: u8| if count == 1 { value.to_string() } else { format!("{value:02}") };
    let named = |name: String| if count == 3 { name[..3].to_owned() } else { name };
    let hour = moment.hour();
    match letter {
        'y' if count <= 2 => two(u8::try_from(moment.year().rem_euclid(100)).unwrap_or_default()),
        'y' => format!("{:0count$}", moment.year()),
        'M' if count <= 2 => two(u8::from(moment.month())),
        'M' => named(moment.month().to_string()),
        'd' if count <= 2 => two(moment.day()),
        'd' => named(moment.weekday().to_string()),
        'H' => two(hour),
        'h' => two((hour + 11) % 12 + 1),
        'm' => two(moment.minute()),
        's' => two(moment.second()),
        'f' | 'F' => {
            let digits = format!("{:09}", moment.nanosecond());
            let digits = &digits[..count.min(7)];
            if letter == 'f' { digits.to_owned() } else { digits.trim_end_matches('0').to_owned() }
        }
        't' => {
            let half = if hour < 12 { "AM" } else { "PM" };
            half[..count.min(2)].to_owned()
        }
        'K' if moment.offset().is_utc() => "Z".repeat(count),
        'K' => offset(moment.offset(), 3).repeat(count),
        'z' => offset(moment.offset(), count),
        _ => letter.to_string().repeat(count),
    }
}

fn offset(offset: UtcOffset, count: usize) -> String {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    match count {
        1 => format!("{sign}{}", hours.unsigned_abs()),
        2 => format!("{sign}{:02}", hours.unsigned_abs()),
        _ => format!("{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::{format, later, parse, period};
    use time::macros::datetime;

    #[test]
    fn texts_are_moments() {
        let noon = datetime!(2020-04-07 12:00:00 UTC);
        for text in [
            "2020-04-07T12:00:00Z",
            "2020-04-07 12:00:00Z",
            "20200407T120000Z",
            "2020-04-07T12:00",
            "2020-04-07T12:00:00",
            "2020-04-07T14:00:00+02:00",
            "2020-04-07T12:00:00.000Z",
        ] {
            assert_eq!(parse(text), Some(noon), "{text}");
        }
        assert_eq!(parse("2020-04-07"), Some(datetime!(2020-04-07 0:00 UTC)));
        for text in ["", "a", "2020", "2020-13-01", "2020-04-07T", "ä020-04-07", "2020-04-07T99"] {
            assert_eq!(parse(text).filter(|date| *date != datetime!(2020-04-07 0:00 UTC)), None, "{text}");
        }
    }

    #[test]
    fn formats_are_those_of_dotnet() {
        let moment = datetime!(2009-06-05 13:04:03.0600 UTC);
        let check =
            |pattern: &str, expected: &str| assert_eq!(format(moment, pattern), Ok(expected.to_owned()), "{pattern}");
        check("yyyyMMddTHHmmssZ", "20090605T130403Z");
        check("d", "06/05/2009");
        check("D", "Friday, 05 June 2009");
        check("o", "2009-06-05T13:04:03.0600000Z");
        check("R", "Fri, 05 Jun 2009 13:04:03 GMT");
        check("s", "2009-06-05T13:04:03");
        check("u", "2009-06-05 13:04:03Z");
        check("M/d/yy h:m:s tt", "6/5/09 1:4:3 PM");
        check("ddd MMM 'o''clock' ff zzz", "Fri Jun oclock 06 +00:00");
        check("yyyy-MM-ddTHH:mm:ss.fffZ", "2009-06-05T13:04:03.060Z");
        assert!(format(moment, "Q").is_err());
        assert!(format(moment, "'a").is_err());
    }

    #[test]
    fn periods_are_added() {
        let check = |text: &str, expected| {
            let period = period(text).expect(text);
            assert_eq!(later(datetime!(2020-01-31 10:00 UTC), period), Some(expected), "{text}");
        };
        check("P1M", datetime!(2020-02-29 10:00 UTC));
        check("P1Y", datetime!(2021-01-31 10:00 UTC));
        check("-P9D", datetime!(2020-01-22 10:00 UTC));
        check("PT1H30M", datetime!(2020-01-31 11:30 UTC));
        check("P1WT1.5S", datetime!(2020-02-07 10:00:01.5 UTC));
        check("-P2M", datetime!(2019-11-30 10:00 UTC));
        for text in ["", "P", "PT", "1D", "P1", "P1H", "PT1D", "P-1D", "P99999999999D"] {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
