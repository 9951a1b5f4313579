//! The text forms of reals.

/// The text that `tostring()` gives: the shortest digits that read back the same, with `.0` where the number is whole, an
/// exponent of at least two digits from 1e16 on and below 1e-4, and `NaN`, `inf`, `-inf`.
pub fn text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// Reads a number: optional sign, digits, fraction, exponent; or `nan`, `inf`, `infinity` in any case.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let plausible = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if plausible {
        return text.parse().ok();
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" => Some(sign * f64::INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let check = |value: f64, expected: &str| assert_eq!(text(value), expected);
        check(6.0, "6.0");
        check(-0.300_000_000_000_000_04, "-0.30000000000000004");
        check(1e300, "1e+300");
        check(1.5e-7, "1.5e-07");
        check(123_456_789_012.5, "123456789012.5");
        check(f64::INFINITY, "inf");
        check(f64::NAN, "NaN");
    }
}
