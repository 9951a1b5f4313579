//! Numbers: rounding, bins, powers, angles, bits.

use super::given::whole;
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column, Values, lift};
use crate::signature::{Returns, Signature, Takes};
use crate::{Datetime, Decimal, Timespan, Type, Value, convert};

const REAL_FUNCTION: &[Signature] = &[gives(&[one("number", Takes::Number)], Type::Real)];
const TWO_BITS: &[Signature] = &[gives(&[one("value1", Takes::Integer), one("value2", Takes::Integer)], Type::Long)];
const BIN: &[Signature] = &[
    gives(&[one("value", Takes::Integer), one("roundTo", Takes::Integer)], Type::Long),
    Signature::new(&[one("value", Takes::Number), one("roundTo", Takes::Number)], Returns::Widest),
    gives(&[one("value", TIMESPAN), one("roundTo", TIMESPAN)], Type::Timespan),
    gives(&[one("value", DATETIME), one("roundTo", TIMESPAN)], Type::Datetime),
    gives(&[one("value", DATETIME), one("roundTo", DATETIME)], Type::Datetime),
];

macro_rules! real {
    ($name:literal, $doc:literal, $example:expr, $f:expr) => {
        Function::new(
            $name,
            REAL_FUNCTION,
            $doc,
            $example,
            Eval::Cells(|_, args| {
                let f: fn(f64) -> f64 = $f;
                Value::Real(args[0].real().map(f))
            }),
        )
    };
}

macro_rules! bits {
    ($name:literal, $doc:literal, $example:expr, $f:expr) => {
        Function::new(
            $name,
            TWO_BITS,
            $doc,
            $example,
            Eval::Cells(|_, args| {
                let f: fn(i64, i64) -> Option<i64> = $f;
                Value::Long(args[0].long().zip(args[1].long()).and_then(|(a, b)| f(a, b)))
            }),
        )
    };
}

/// A real outside the domain of a function is null, except NaN, which stays.
fn within(value: f64, f: fn(f64) -> f64) -> Option<f64> {
    let result = f(value);
    (!result.is_nan() || value.is_nan()).then_some(result)
}

macro_rules! partial {
    ($name:literal, $doc:literal, $example:expr, $f:expr) => {
        Function::new(
            $name,
            REAL_FUNCTION,
            $doc,
            $example,
            Eval::Cells(|_, args| Value::Real(args[0].real().and_then(|value| within(value, $f)))),
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "bin",
        BIN,
        "The value rounded down to a multiple of another.",
        &[("bin(4.5, 1.0)", "4.0"), ("bin(time(16d), 7d)", "14.00:00:00"), ("bin(-5, 2)", "-6")],
        Eval::Columns(bin),
    ),
    Function::new("floor", BIN, "The same as `bin`.", &[("floor(7.6, 0.5)", "7.5")], Eval::Columns(bin)),
    Function::new(
        "bin_at",
        &[
            gives(
                &[one("value", Takes::Integer), one("bin_size", Takes::Integer), one("fixed_point", Takes::Integer)],
                Type::Long,
            ),
            Signature::new(
                &[one("value", Takes::Number), one("bin_size", Takes::Number), one("fixed_point", Takes::Number)],
                Returns::Widest,
            ),
            gives(&[one("value", TIMESPAN), one("bin_size", TIMESPAN), one("fixed_point", TIMESPAN)], Type::Timespan),
            gives(&[one("value", DATETIME), one("bin_size", TIMESPAN), one("fixed_point", DATETIME)], Type::Datetime),
        ],
        "The value rounded down to a fixed point plus a multiple of the bin's size.",
        &[
            ("bin_at(6.5, 2.5, 7.0)", "4.5"),
            (
                "bin_at(datetime(2017-05-15 10:20:00), 1d, datetime(1970-01-01 12:00:00))",
                "2017-05-14T12:00:00.0000000Z",
            ),
        ],
        Eval::Cells(bin_at),
    ),
    Function::new(
        "round",
        &[keeps(&[one("number", Takes::Number), maybe("precision", LONG)], 0)],
        "The nearest number of so many digits after the point, halves away from zero. \
         Decimals, and digits before the point of a whole number, are refused: what the engine answers is not documented.",
        &[("round(2.98765, 3)", "2.988"), ("round(-50.55, -2)", "-100.0"), ("round(2.5)", "3.0"), ("round(7)", "7")],
        Eval::Fallible(|call, args| {
            let digits = args.get(1).and_then(|cell| cell.long()).unwrap_or(0).clamp(-300, 300) as i32;
            match call.returns {
                Type::Real => {
                    let scale = 10_f64.powi(digits);
                    Ok(Value::Real(args[0].real().map(|value| {
                        let scaled = value * scale;
                        if scaled.is_finite() { scaled.round() / scale } else { value }
                    })))
                }
                Type::Decimal => Err("a decimal is not supported by this engine".to_owned()),
                _ if digits < 0 => {
                    Err("digits before the point of a whole number are not supported by this engine".to_owned())
                }
                _ => Ok(args[0].to_value()),
            }
        }),
    ),
    Function::new(
        "ceiling",
        &[keeps(&[one("number", Takes::Number)], 0)],
        "The least whole number that is not less.",
        &[("ceiling(-1.1)", "-1.0"), ("ceiling(3)", "3")],
        Eval::Fallible(|call, args| match call.returns {
            Type::Real => Ok(Value::Real(args[0].real().map(f64::ceil))),
            Type::Decimal => Err("a decimal is not supported by this engine".to_owned()),
            _ => Ok(args[0].to_value()),
        }),
    ),
    Function::new(
        "abs",
        &[
            gives(&[one("number", Takes::Integer)], Type::Long),
            keeps(&[one("number", Takes::Number)], 0),
            gives(&[one("number", TIMESPAN)], Type::Timespan),
        ],
        "The value without its sign.",
        &[("abs(-5)", "5"), ("abs(-1h)", "01:00:00"), ("abs(-2.5)", "2.5")],
        Eval::Cells(|call, args| match (call.returns, args[0]) {
            (_, Cell::Timespan(value)) => Value::Timespan(value.map(|span| Timespan(span.0.wrapping_abs()))),
            (_, Cell::Real(value)) => Value::Real(value.map(f64::abs)),
            (_, Cell::Decimal(value)) => {
                Value::Decimal(value.map(|value| if value < Decimal::from(0) { value.negate() } else { value }))
            }
            (returns, cell) => whole(cell.long().map(i64::wrapping_abs), returns),
        }),
    ),
    Function::new(
        "sign",
        REAL_FUNCTION,
        "-1, 0 or 1 by the sign.",
        &[("sign(-42)", "-1.0"), ("sign(0)", "0.0")],
        Eval::Cells(|_, args| {
            Value::Real(args[0].real().map(|value| if value == 0.0 || value.is_nan() { value } else { value.signum() }))
        }),
    ),
    Function::new(
        "pow",
        &[gives(&[one("base", Takes::Number), one("exponent", Takes::Number)], Type::Real)],
        "The base to the power of the exponent.",
        &[("pow(2, 3)", "8.0")],
        Eval::Cells(|_, args| {
            Value::Real(args[0].real().zip(args[1].real()).map(|(base, exponent)| base.powf(exponent)))
        }),
    ),
    partial!("sqrt", "The square root; null for negative numbers.", &[("sqrt(9)", "3.0"), ("sqrt(-1)", "")], f64::sqrt),
    partial!("log", "The natural logarithm; null where there is none.", &[("log(1)", "0.0")], f64::ln),
    partial!("log2", "The logarithm to base 2.", &[("log2(8)", "3.0")], f64::log2),
    partial!("log10", "The logarithm to base 10.", &[("log10(1000)", "3.0")], f64::log10),
    real!("exp", "e to a power.", &[("exp(0)", "1.0")], f64::exp),
    real!("exp2", "2 to a power.", &[("exp2(3)", "8.0")], f64::exp2),
    real!("exp10", "10 to a power.", &[("exp10(2)", "100.0")], |value| 10_f64.powf(value)),
    real!("cos", "The cosine.", &[("cos(0)", "1.0")], f64::cos),
    real!("sin", "The sine.", &[("sin(0)", "0.0")], f64::sin),
    real!("tan", "The tangent.", &[("tan(0)", "0.0")], f64::tan),
    real!("cot", "The cotangent.", &[("isinf(cot(0))", "True")], |value| 1.0 / value.tan()),
    partial!(
        "acos",
        "The angle whose cosine it is; null outside -1 to 1.",
        &[("acos(1)", "0.0"), ("acos(2)", "")],
        f64::acos
    ),
    partial!("asin", "The angle whose sine it is; null outside -1 to 1.", &[("asin(0)", "0.0")], f64::asin),
    real!("atan", "The angle whose tangent it is.", &[("atan(0)", "0.0")], f64::atan),
    Function::new(
        "atan2",
        &[gives(&[one("y", Takes::Number), one("x", Takes::Number)], Type::Real)],
        "The angle between the x axis and the line to (x, y).",
        &[("atan2(0, 1)", "0.0")],
        Eval::Cells(|_, args| Value::Real(args[0].real().zip(args[1].real()).map(|(y, x)| y.atan2(x)))),
    ),
    real!("degrees", "Radians in degrees.", &[("degrees(pi())", "180.0")], |value| value * 180.0
        / std::f64::consts::PI),
    real!("radians", "Degrees in radians.", &[("radians(0)", "0.0")], |value| value * std::f64::consts::PI / 180.0),
    Function::new(
        "pi",
        &[gives(&[], Type::Real)],
        "The number pi.",
        &[("pi()", "3.141592653589793")],
        Eval::Cells(|_, _| Value::Real(Some(std::f64::consts::PI))),
    ),
    bits!("binary_and", "The bits that both have.", &[("binary_and(6, 3)", "2")], |a, b| Some(a & b)),
    bits!("binary_or", "The bits that either has.", &[("binary_or(6, 3)", "7")], |a, b| Some(a | b)),
    bits!("binary_xor", "The bits that one of both has.", &[("binary_xor(6, 3)", "5")], |a, b| Some(a ^ b)),
    bits!(
        "binary_shift_left",
        "The bits moved left, by the shift modulo 64.",
        &[("binary_shift_left(1, 3)", "8")],
        |a, b| Some(a.wrapping_shl(b.rem_euclid(64) as u32))
    ),
    bits!(
        "binary_shift_right",
        "The bits moved right, by the shift modulo 64.",
        &[("binary_shift_right(8, 3)", "1")],
        |a, b| Some(a.wrapping_shr(b.rem_euclid(64) as u32))
    ),
    Function::new(
        "binary_not",
        &[gives(&[one("value", Takes::Integer)], Type::Long)],
        "The bits that it lacks.",
        &[("binary_not(0)", "-1")],
        Eval::Cells(|_, args| Value::Long(args[0].long().map(|value| !value))),
    ),
    Function::new(
        "bitset_count_ones",
        &[gives(&[one("value", Takes::Integer)], Type::Long)],
        "How many bits it has.",
        &[("bitset_count_ones(42)", "3")],
        Eval::Cells(|_, args| Value::Long(args[0].long().map(|value| i64::from(value.count_ones())))),
    ),
    real!("gamma", "The gamma function.", &[("gamma(5)", "24.0")], libm::tgamma),
    real!("loggamma", "The logarithm of the gamma function's absolute value.", &[("loggamma(1)", "0.0")], libm::lgamma),
    real!("erf", "The error function.", &[("erf(0)", "0.0")], libm::erf),
    real!("erfc", "1 less the error function.", &[("erfc(0)", "1.0")], libm::erfc),
];

fn bin(call: &Call, columns: &[Column]) -> Column {
    let (value, size) = (&columns[0], &columns[1]);
    match (&**value.values(), &**size.values()) {
        (Values::Datetime(values), Values::Timespan(sizes)) => lift::binary(value, size, |pairs, _| {
            Values::Datetime(pairs.map(|(i, j)| Some(Datetime(down(values[i]?.0, sizes[j]?.0)?))).collect())
        }),
        (Values::Datetime(values), Values::Datetime(sizes)) => lift::binary(value, size, |pairs, _| {
            Values::Datetime(pairs.map(|(i, j)| Some(Datetime(down(values[i]?.0, sizes[j]?.0)?))).collect())
        }),
        (Values::Timespan(values), Values::Timespan(sizes)) => lift::binary(value, size, |pairs, _| {
            Values::Timespan(pairs.map(|(i, j)| Some(Timespan(down(values[i]?.0, sizes[j]?.0)?))).collect())
        }),
        _ if call.returns == Type::Decimal => {
            let (value, size) = (convert::convert(value, Type::Decimal), convert::convert(size, Type::Decimal));
            let (Values::Decimal(values), Values::Decimal(sizes)) = (&**value.values(), &**size.values()) else {
                return Column::nulls(call.returns, call.rows);
            };
            lift::binary(&value, &size, |pairs, _| {
                Values::Decimal(pairs.map(|(i, j)| values[i]?.divide(sizes[j]?)?.floor().multiply(sizes[j]?)).collect())
            })
        }
        _ if call.returns == Type::Real => {
            let (value, size) = (convert::convert(value, Type::Real), convert::convert(size, Type::Real));
            let (Values::Real(values), Values::Real(sizes)) = (&**value.values(), &**size.values()) else {
                return Column::nulls(call.returns, call.rows);
            };
            lift::binary(&value, &size, |pairs, _| {
                Values::Real(pairs.map(|(i, j)| Some(real_down(values[i]?, sizes[j]?))).collect())
            })
        }
        _ => {
            let (value, size) = (convert::convert(value, Type::Long), convert::convert(size, Type::Long));
            let (Values::Long(values), Values::Long(sizes)) = (&**value.values(), &**size.values()) else {
                return Column::nulls(call.returns, call.rows);
            };
            let binned = lift::binary(&value, &size, |pairs, _| {
                Values::Long(pairs.map(|(i, j)| down(values[i]?, sizes[j]?)).collect())
            });
            convert::convert(&binned, call.returns)
        }
    }
}

fn bin_at(call: &Call, args: &[Cell<'_>]) -> Value {
    let ticks = |cell: Cell<'_>| match cell {
        Cell::Datetime(at) => at.map(|at| at.0),
        Cell::Timespan(span) => span.map(|span| span.0),
        cell => cell.long(),
    };
    let whole = || {
        let (value, size, fixed) = (ticks(args[0])?, ticks(args[1])?, ticks(args[2])?);
        down(value.checked_sub(fixed)?, size)?.checked_add(fixed)
    };
    match call.returns {
        Type::Real => Value::Real((|| {
            let (value, size, fixed) = (args[0].real()?, args[1].real()?, args[2].real()?);
            Some(real_down(value - fixed, size) + fixed)
        })()),
        Type::Decimal => Value::Decimal((|| {
            let decimal = |cell: Cell<'_>| match convert::cell(cell, Type::Decimal) {
                Value::Decimal(value) => value,
                _ => None,
            };
            let (value, size, fixed) = (decimal(args[0])?, decimal(args[1])?, decimal(args[2])?);
            value.subtract(fixed)?.divide(size)?.floor().multiply(size)?.sum(fixed)
        })()),
        Type::Datetime => Value::Datetime(whole().and_then(Datetime::from_ticks)),
        Type::Timespan => Value::Timespan(whole().map(Timespan)),
        _ => Value::Long(whole()),
    }
}

/// The greatest multiple of the size that is not greater for a size above zero, not less for one below; null for a size of zero.
fn down(value: i64, size: i64) -> Option<i64> {
    let quotient = value.checked_div(size)?;
    let between = value % size != 0 && (value < 0) != (size < 0);
    quotient.checked_sub(i64::from(between))?.checked_mul(size)
}

fn real_down(value: f64, size: f64) -> f64 {
    (value / size).floor() * size
}
