//! Durations and their text forms.

use std::fmt;

/// 100 ns ticks in one second.
pub const SECOND: i64 = 10_000_000;
/// 100 ns ticks in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// 100 ns ticks in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// 100 ns ticks in one day.
pub const DAY: i64 = 24 * HOUR;

/// A duration in 100 ns ticks, negative ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timespan(pub i64);

impl Timespan {
    /// Reads `[-][d.]hh:mm[:ss[.fffffff]]`, a literal such as `2d`, `1.5h` or `100ms`, or a bare number of days.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let ticks = if unsigned.contains(':') { clock(unsigned)? } else { literal(unsigned)? };
        Some(Self(if negative { -ticks } else { ticks }))
    }
}

/// `[d.]hh:mm[:ss[.fffffff]]`; the day may also be set off by a colon.
fn clock(text: &str) -> Option<i64> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let mut days = 0;
    if parts.len() == 4 {
        days = digits(parts.remove(0))?;
    } else if let Some((day, hour)) = parts[0].split_once('.') {
        days = digits(day)?;
        parts[0] = hour;
    }
    let (hours, minutes) = (digits(parts[0])?, digits(parts.get(1)?)?);
    let mut ticks = 0;
    if let Some(seconds) = parts.get(2) {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        let whole = digits(whole)?;
        if whole > 59 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || fraction.len() > 7 {
            return None;
        }
        ticks = whole * SECOND + format!("{fraction:0<7}").parse::<i64>().ok()?;
    }
    if parts.len() > 3 || minutes > 59 || hours > 23 {
        return None;
    }
    days.checked_mul(DAY)?.checked_add(hours * HOUR + minutes * MINUTE + ticks)
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// A number with a unit, or a bare number of days.
fn literal(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let ticks = match unit.trim() {
        "" | "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => SECOND / 1000,
        "microsecond" | "microseconds" | "micro" | "micros" => 10,
        "tick" | "ticks" => 1,
        "nanosecond" | "nanoseconds" => return Some(number.parse::<i64>().ok()? / 100),
        _ => return None,
    };
    match number.parse::<i64>() {
        Ok(count) => count.checked_mul(ticks),
        Err(_) => {
            let exact = number.parse::<f64>().ok()? * ticks as f64;
            (exact.abs() < i64::MAX as f64).then_some(exact.round() as i64)
        }
    }
}

/// `[-][d.]hh:mm:ss[.fffffff]`.
impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let unit = |ticks: i64| ticks.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if ticks >= unit(DAY) {
            write!(f, "{}.", ticks / unit(DAY))?;
        }
        let (hours, minutes, seconds) = (ticks / unit(HOUR) % 24, ticks / unit(MINUTE) % 60, ticks / unit(SECOND) % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}")?;
        match ticks % unit(SECOND) {
            0 => Ok(()),
            fraction => write!(f, ".{fraction:07}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Timespan::parse(text).map(|span| span.to_string()).as_deref(), expected, "{text}");
        };
        check("1d", Some("1.00:00:00"));
        check("1.5h", Some("01:30:00"));
        check("-00:00:01.5", Some("-00:00:01.5000000"));
        check("1.02:03:04.0000005", Some("1.02:03:04.0000005"));
        check("7:01:02:03", Some("7.01:02:03"));
        check("2", Some("2.00:00:00"));
        check("25:00", None);
        check("soon", None);
        check("", None);
    }
}
