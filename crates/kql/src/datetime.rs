//! Instants and their text forms.

use std::fmt;

use crate::timespan::{DAY, HOUR, MINUTE, SECOND};

/// Ticks from 0001-01-01 to 1970-01-01.
pub const UNIX_EPOCH: i64 = 719_162 * DAY;
/// The last tick of the year 9999.
const LAST: i64 = 3_652_059 * DAY - 1;

/// An instant in 100 ns ticks since 0001-01-01T00:00:00Z, up to the last tick of the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Datetime(pub i64);

/// The parts of an instant's date, in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// 1 to 9999.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

impl Datetime {
    /// The earliest instant.
    pub const MIN: Self = Self(0);
    /// The latest instant.
    pub const MAX: Self = Self(LAST);

    /// The instant of these ticks since 0001-01-01T00:00:00Z, if it lies within the years 1 to 9999.
    pub fn from_ticks(ticks: i64) -> Option<Self> {
        (0..=LAST).contains(&ticks).then_some(Self(ticks))
    }

    /// The instant that lies this many nanoseconds after 1970-01-01T00:00:00Z, if it lies within the years 1 to 9999.
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Option<Self> {
        Self::from_ticks(i64::try_from(nanoseconds.div_euclid(100)).ok()?.checked_add(UNIX_EPOCH)?)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub fn unix_nanoseconds(self) -> i128 {
        i128::from(self.0 - UNIX_EPOCH) * 100
    }

    /// Midnight of a date, if there is such a date.
    pub fn from_date(year: i64, month: i64, day: i64) -> Option<Self> {
        let valid =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        valid.then(|| Self((days_before_year(year) + days_before_month(year, month) + day - 1) * DAY))
    }

    /// The date in UTC.
    pub fn date(self) -> Date {
        let days = self.0.div_euclid(DAY);
        let mut year = (days / 366).max(0) + 1;
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let mut rest = days - days_before_year(year);
        let mut month = 1;
        while rest >= days_in(year, month) {
            rest -= days_in(year, month);
            month += 1;
        }
        Date { year, month, day: rest + 1 }
    }

    /// Ticks since midnight.
    pub fn time(self) -> i64 {
        self.0.rem_euclid(DAY)
    }

    /// Days since Sunday.
    pub fn weekday(self) -> i64 {
        (self.0.div_euclid(DAY) + 1).rem_euclid(7)
    }

    /// Reads the forms that `todatetime()` and datetime literals take: ISO 8601 with or without time, fraction and offset;
    /// month first with `/`, `-` or `.`; `yyyyMMdd`; RFC 1123; and `Dec 2, 2022` or `2 Dec 2022`. Without an offset the time is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, rest) = date(text)?;
        let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
        Self::from_ticks(date.0.checked_add(time_of_day(rest)?)?)
    }

    /// `yyyy-MM-ddTHH:mm:ss[.fffffff]Z`: the fraction is left out when it is zero and never ends in a zero. The form of results.
    pub fn wire(self) -> String {
        let text = self.to_string();
        let trimmed = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
        let end = trimmed.len().max("yyyy-MM-ddTHH:mm:ss".len());
        format!("{}Z", &text[..end])
    }
}

/// `yyyy-MM-ddTHH:mm:ss.fffffffZ`, the form of `tostring()`.
impl fmt::Display for Datetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = self.date();
        let time = self.time();
        let (hour, minute, second, fraction) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60, time % SECOND);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
    }
}

/// Whether a year has a 29th of February.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days of a month.
pub fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

fn days_before_month(year: i64, month: i64) -> i64 {
    (1..month).map(|month| days_in(year, month)).sum()
}

/// Reads a date at the start and gives what follows it.
fn date(text: &str) -> Option<(Datetime, &str)> {
    if text.as_bytes().first()?.is_ascii_alphabetic() {
        return spelled(text);
    }
    let (first, width, rest) = number(text)?;
    if width == 8 {
        return Some((Datetime::from_date(first / 10_000, first / 100 % 100, first % 100)?, rest));
    }
    if rest.starts_with(' ') && rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()) {
        return spelled(text);
    }
    let separator = rest.chars().next();
    let Some(separator @ ('-' | '/' | '.')) = separator else {
        return (rest.is_empty() && width == 4)
            .then(|| Datetime::from_date(first, 1, 1))
            .flatten()
            .map(|at| (at, rest));
    };
    let (second, _, rest) = number(&rest[1..])?;
    let Some(tail) = rest.strip_prefix(separator) else {
        return (width == 4).then(|| Datetime::from_date(first, second, 1)).flatten().map(|at| (at, rest));
    };
    let (third, last_width, rest) = number(tail)?;
    let date = match (width, last_width) {
        (4, _) => Datetime::from_date(first, second, third),
        (_, 4) => Datetime::from_date(third, first, second),
        (_, 2) => Datetime::from_date(third + if third < 50 { 2000 } else { 1900 }, first, second),
        _ => None,
    };
    Some((date?, rest))
}

/// `[Fri,] 02 Dec 2022` or `Dec[ember] 2, 2022`.
fn spelled(text: &str) -> Option<(Datetime, &str)> {
    let mut rest = text;
    let (mut day, mut month) = (None, None);
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if rest.as_bytes().first()?.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            if let Some(found) = month_named(&rest[..end]) {
                month = Some(found);
            } else if !is_weekday(&rest[..end]) {
                return None;
            }
            rest = &rest[end..];
            continue;
        }
        let (value, width, tail) = number(rest)?;
        rest = tail;
        if width <= 2 && day.is_none() {
            day = Some(value);
        } else {
            return Some((Datetime::from_date(value, month?, day?)?, rest));
        }
    }
}

fn month_named(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == text || (text.len() == 3 && month.starts_with(&text)))?;
    Some(index as i64 + 1)
}

fn is_weekday(text: &str) -> bool {
    const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let text = text.to_ascii_lowercase();
    text.len() >= 3 && DAYS.iter().any(|day| *day == text || (text.len() == 3 && day.starts_with(&text)))
}

/// Digits at the start: their value, how many, and what follows.
fn number(text: &str) -> Option<(i64, usize, &str)> {
    let width = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..width].parse().ok()?, width, &text[width..]))
}

/// `[HH:mm[:ss[.f...]]] [AM|PM] [Z|GMT|UTC|+hh:mm]` to the end of the text, in ticks.
fn time_of_day(text: &str) -> Option<i64> {
    let mut ticks = 0;
    let mut rest = text;
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        let (mut hour, _, tail) = number(rest)?;
        rest = tail;
        let (mut minute, mut second, mut fraction) = (0, 0, 0);
        if let Some(tail) = rest.strip_prefix(':') {
            (minute, _, rest) = number(tail)?;
            if let Some(tail) = rest.strip_prefix(':') {
                (second, _, rest) = number(tail)?;
                if let Some(tail) = rest.strip_prefix('.') {
                    let (_, width, after) = number(tail)?;
                    fraction = format!("{:0<7}", &tail[..width.min(7)]).parse().ok()?;
                    rest = after;
                }
            }
        } else if !rest.trim_start().starts_with(['A', 'P', 'a', 'p']) {
            return None;
        }
        rest = rest.trim_start();
        if let Some(half) =
            rest.get(..2).filter(|half| half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm"))
        {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
            rest = rest[2..].trim_start();
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        ticks = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    }
    Some(ticks - offset(rest.trim_start())?)
}

fn offset(text: &str) -> Option<i64> {
    if text.is_empty()
        || text.eq_ignore_ascii_case("z")
        || text.eq_ignore_ascii_case("gmt")
        || text.eq_ignore_ascii_case("utc")
    {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (value, width, rest) = number(rest)?;
    let (hours, minutes) = match (width, rest.strip_prefix(':')) {
        (1 | 2, Some(minutes)) => (value, number(minutes).filter(|(_, width, rest)| *width == 2 && rest.is_empty())?.0),
        (4, None) if rest.is_empty() => (value / 100, value % 100),
        (1 | 2, None) if rest.is_empty() => (value, 0),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Datetime::parse(text).map(Datetime::wire).as_deref(), expected, "{text}");
        };
        check("2022-12-02", Some("2022-12-02T00:00:00Z"));
        check("2022-12-02T13:45:56.1234567Z", Some("2022-12-02T13:45:56.1234567Z"));
        check("2022-12-02 13:45", Some("2022-12-02T13:45:00Z"));
        check("2022-12-02T13:45:56-05:00", Some("2022-12-02T18:45:56Z"));
        check("12.02.2022", Some("2022-12-02T00:00:00Z"));
        check("12/02/2022 1:05 PM", Some("2022-12-02T13:05:00Z"));
        check("20221202", Some("2022-12-02T00:00:00Z"));
        check("Fri, 02 Dec 2022 13:45:56 GMT", Some("2022-12-02T13:45:56Z"));
        check("Dec 2, 2022", Some("2022-12-02T00:00:00Z"));
        check("2 Dec 2022", Some("2022-12-02T00:00:00Z"));
        check("x12-02-2022", None);
        check("2023-02-29", None);
        check("not a date", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn printing_then_parsing_changes_nothing(ticks in 0..=LAST) {
            let at = Datetime(ticks);
            prop_assert_eq!(Datetime::parse(&at.to_string()), Some(at));
            prop_assert_eq!(Datetime::parse(&at.wire()), Some(at));
        }
    }
}
