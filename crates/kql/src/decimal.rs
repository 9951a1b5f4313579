//! Decimal fractions: an integer of up to 34 digits and a power of ten.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The most digits that a decimal holds.
const DIGITS: u32 = 34;

/// A decimal fraction, `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// `mantissa / 10^scale`, rounded to 34 digits; `None` when the whole part has more.
    pub fn new(mantissa: i128, scale: u32) -> Option<Self> {
        let limit = 10_i128.pow(DIGITS);
        let (mut mantissa, mut scale) = (mantissa, scale);
        while mantissa.abs() >= limit || scale > DIGITS {
            if scale == 0 {
                return None;
            }
            mantissa = round_tenth(mantissa);
            scale -= 1;
        }
        Some(Self { mantissa, scale })
    }

    /// Reads an optional sign, digits, a fraction and an exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit())
            || (whole.trim_start_matches(['+', '-']).len() + fraction.len()) == 0
        {
            return None;
        }
        let fraction = &fraction[..fraction.len().min(DIGITS as usize)];
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = fraction.len() as i32 - exponent;
        if scale >= 0 {
            Self::new(mantissa, scale as u32)
        } else {
            Self::new(mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?, 0)
        }
    }

    /// The nearest decimal of up to 17 digits; `None` for what is not finite or too large.
    pub fn from_real(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::parse(&format!("{value:e}"))).flatten()
    }

    /// The nearest real.
    pub fn to_real(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The whole part, towards zero, where it fits a long.
    pub fn to_long(self) -> Option<i64> {
        i64::try_from(self.mantissa / 10_i128.pow(self.scale)).ok()
    }

    /// The sum; `None` where it has more than 34 digits before the point.
    pub fn sum(self, other: Self) -> Option<Self> {
        let (left, right, scale) = aligned(self, other)?;
        Self::new(left.checked_add(right)?, scale)
    }

    /// The difference.
    pub fn subtract(self, other: Self) -> Option<Self> {
        self.sum(other.negate())
    }

    /// The number of the other sign.
    pub fn negate(self) -> Self {
        Self { mantissa: -self.mantissa, scale: self.scale }
    }

    /// The product, rounded where its digits do not fit.
    pub fn multiply(self, other: Self) -> Option<Self> {
        let (mut left, mut right) = (self.reduced(), other.reduced());
        loop {
            if let Some(product) = left.mantissa.checked_mul(right.mantissa) {
                return Self::new(product, left.scale + right.scale);
            }
            let wider = if left.mantissa.abs() >= right.mantissa.abs() { &mut left } else { &mut right };
            if wider.scale == 0 {
                return None;
            }
            *wider = Self { mantissa: round_tenth(wider.mantissa), scale: wider.scale - 1 };
        }
    }

    /// The quotient, rounded to the digits that fit; `None` for a zero divisor.
    pub fn divide(self, other: Self) -> Option<Self> {
        if other.mantissa == 0 {
            return None;
        }
        let (mut numerator, mut scale) = (self.mantissa, i64::from(self.scale) - i64::from(other.scale));
        let mut quotient = numerator / other.mantissa;
        let mut remainder = numerator % other.mantissa;
        while remainder != 0 && quotient.abs() < 10_i128.pow(DIGITS - 7) {
            let (Some(next), true) = (remainder.checked_mul(10), scale < i64::from(DIGITS)) else { break };
            numerator = next;
            quotient = quotient * 10 + numerator / other.mantissa;
            remainder = numerator % other.mantissa;
            scale += 1;
        }
        match u32::try_from(scale) {
            Ok(scale) => Self::new(quotient, scale),
            Err(_) => Self::new(quotient.checked_mul(10_i128.checked_pow(scale.unsigned_abs() as u32)?)?, 0),
        }
    }

    /// The remainder of the division, with the sign of the dividend; `None` for a zero divisor.
    pub fn remainder(self, other: Self) -> Option<Self> {
        let (left, right, scale) = aligned(self, other)?;
        Self::new(left.checked_rem(right)?, scale)
    }

    /// The greatest whole number that is not greater.
    pub fn floor(self) -> Self {
        Self { mantissa: self.mantissa.div_euclid(10_i128.pow(self.scale)), scale: 0 }
    }

    fn reduced(self) -> Self {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

fn round_tenth(mantissa: i128) -> i128 {
    let rest = mantissa % 10;
    mantissa / 10
        + if rest >= 5 {
            1
        } else if rest <= -5 {
            -1
        } else {
            0
        }
}

/// Both mantissas at the greater scale.
fn aligned(left: Decimal, right: Decimal) -> Option<(i128, i128, u32)> {
    let (left, right) = (left.reduced(), right.reduced());
    let scale = left.scale.max(right.scale);
    let lift = |value: Decimal| value.mantissa.checked_mul(10_i128.checked_pow(scale - value.scale)?);
    Some((lift(left)?, lift(right)?, scale))
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match aligned(*self, *other) {
            Some((left, right, _)) => left.cmp(&right),
            None => self.to_real().total_cmp(&other.to_real()),
        }
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let reduced = self.reduced();
        (reduced.mantissa, reduced.scale).hash(state);
    }
}

/// Digits, with a point where there is a fraction; no exponent, no trailing zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mantissa, scale } = self.reduced();
        let sign = if mantissa < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("the table holds decimals")
    }

    #[test]
    fn arithmetic() {
        let check = |value: Option<Decimal>, expected: &str| {
            assert_eq!(value.map(|value| value.to_string()).as_deref(), Some(expected));
        };
        check(decimal("0.1").sum(decimal("0.2")), "0.3");
        check(decimal("1").divide(decimal("4")), "0.25");
        check(decimal("1e3").multiply(decimal("-2.5")), "-2500");
        check(decimal("7.5").remainder(decimal("2")), "1.5");
        check(Some(decimal("-1.5").floor()), "-2");
        check(Decimal::from_real(2.5e-3), "0.0025");
        assert_eq!(decimal("1").divide(decimal("0")), None);
        assert!(decimal("1").divide(decimal("3")).is_some_and(|third| third.to_string().starts_with("0.3333333333")));
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert!(decimal("-2") < decimal("1.5"));
        assert_eq!(Decimal::parse("1.2.3"), None);
        assert_eq!(Decimal::parse("."), None);
    }
}
