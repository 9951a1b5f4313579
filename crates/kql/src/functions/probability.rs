//! The beta distribution, and a test of whether two samples have the same mean.

use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Type, Value};

const BETA: &[Signature] =
    &[gives(&[one("x", Takes::Number), one("alpha", Takes::Number), one("beta", Takes::Number)], Type::Real)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "beta_cdf",
        BETA,
        "The probability that a value of the beta distribution is at most x; NaN outside 0 to 1 and for parameters that are not positive.",
        &[("round(beta_cdf(0.5, 2, 3), 6)", "0.6875"), ("beta_cdf(1.5, 2, 3)", "NaN")],
        Eval::Cells(|_, args| beta(args, cumulative)),
    ),
    Function::new(
        "beta_pdf",
        BETA,
        "The density of the beta distribution at x; NaN outside 0 to 1 and for parameters that are not positive.",
        &[("round(beta_pdf(0.5, 2, 3), 6)", "1.5"), ("beta_pdf(-1, 2, 3)", "NaN")],
        Eval::Cells(|_, args| beta(args, density)),
    ),
    Function::new(
        "beta_inv",
        BETA,
        "The value of the beta distribution below which a value lies with the probability x; NaN for parameters that are not positive.",
        &[("round(beta_inv(0.6875, 2, 3), 6)", "0.5")],
        Eval::Fallible(|_, args| match args[0].real() {
            Some(p) if !(0.0..=1.0).contains(&p) => Err(format!("the probability {p} is not from 0 to 1")),
            _ => Ok(beta(args, inverse)),
        }),
    ),
    Function::new(
        "welch_test",
        &[gives(
            &[
                one("mean1", Takes::Number),
                one("variance1", Takes::Number),
                one("count1", Takes::Number),
                one("mean2", Takes::Number),
                one("variance2", Takes::Number),
                one("count2", Takes::Number),
            ],
            Type::Real,
        )],
        "The p-value of Welch's test.",
        &[],
        Eval::Refused,
    ),
];

fn beta(args: &[Cell<'_>], f: fn(f64, f64, f64) -> f64) -> Value {
    let (Some(x), Some(a), Some(b)) = (args[0].real(), args[1].real(), args[2].real()) else {
        return Value::Real(None);
    };
    let valid = (0.0..=1.0).contains(&x) && a > 0.0 && b > 0.0;
    Value::Real(Some(if valid { f(x, a, b) } else { f64::NAN }))
}

/// The logarithm of the beta function.
fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

fn density(x: f64, a: f64, b: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return x.powf(a - 1.0) * (1.0 - x).powf(b - 1.0) / log_beta(a, b).exp();
    }
    ((a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - log_beta(a, b)).exp()
}

/// The regularized incomplete beta function, by its continued fraction on the side where that converges fast.
fn cumulative(x: f64, a: f64, b: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - log_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let at_least = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / at_least(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in (1..=10_000).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / at_least(1.0 + even * d);
        c = at_least(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / at_least(1.0 + odd * d);
        c = at_least(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

/// By halving, to the last bit.
fn inverse(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle: f64 = (low + high) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if cumulative(middle, a, b) < p { low = middle } else { high = middle }
    }
}
