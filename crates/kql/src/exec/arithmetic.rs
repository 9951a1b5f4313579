//! `+`, `-`, `*`, `/`, `%` over numbers, datetimes and timespans. A null operand, a zero divisor of whole numbers and a result
//! out of range of the calendar give null; whole numbers wrap around.

use crate::column::{Column, Native, Values, lift};
use crate::convert::convert;
use crate::syntax::BinaryOp;
use crate::{Datetime, Decimal, Timespan, Type};

/// Computes `left op right`, of type `returns`.
pub fn arithmetic(op: BinaryOp, left: &Column, right: &Column, returns: Type) -> Column {
    use Type::{Datetime as D, Timespan as T};
    match (left.ty(), right.ty(), returns) {
        (D, D, _) => apply(left, right, |a: Datetime, b: Datetime| match op {
            BinaryOp::Subtract => Some(Timespan(a.0 - b.0)),
            _ => None,
        }),
        (D, T, _) => apply(left, right, |a: Datetime, b: Timespan| match op {
            BinaryOp::Add => Datetime::from_ticks(a.0.checked_add(b.0)?),
            BinaryOp::Subtract => Datetime::from_ticks(a.0.checked_sub(b.0)?),
            _ => None,
        }),
        (T, D, _) => apply(left, right, |a: Timespan, b: Datetime| match op {
            BinaryOp::Add => Datetime::from_ticks(b.0.checked_add(a.0)?),
            _ => None,
        }),
        (T, T, Type::Real) => apply(left, right, |a: Timespan, b: Timespan| Some(a.0 as f64 / b.0 as f64)),
        (T, T, _) => apply(left, right, |a: Timespan, b: Timespan| match op {
            BinaryOp::Add => a.0.checked_add(b.0).map(Timespan),
            BinaryOp::Subtract => a.0.checked_sub(b.0).map(Timespan),
            BinaryOp::Modulo => whole(op, a.0, b.0).map(Timespan),
            _ => None,
        }),
        (T, _, T) => {
            let factor = convert(right, Type::Real);
            apply(left, &factor, |a: Timespan, b: f64| match op {
                BinaryOp::Multiply => ticks(a.0 as f64 * b),
                BinaryOp::Divide => ticks(a.0 as f64 / b),
                _ => None,
            })
        }
        (_, T, T) => {
            let factor = convert(left, Type::Real);
            apply(&factor, right, |a: f64, b: Timespan| match op {
                BinaryOp::Multiply => ticks(a * b.0 as f64),
                _ => None,
            })
        }
        (_, _, Type::Real) => {
            let (left, right) = (convert(left, Type::Real), convert(right, Type::Real));
            apply(&left, &right, |a: f64, b: f64| {
                Some(match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Subtract => a - b,
                    BinaryOp::Multiply => a * b,
                    BinaryOp::Divide => a / b,
                    _ => a.rem_euclid(b),
                })
            })
        }
        (_, _, Type::Decimal) => {
            let (left, right) = (convert(left, Type::Decimal), convert(right, Type::Decimal));
            apply(&left, &right, |a: Decimal, b: Decimal| match op {
                BinaryOp::Add => a.sum(b),
                BinaryOp::Subtract => a.subtract(b),
                BinaryOp::Multiply => a.multiply(b),
                BinaryOp::Divide => a.divide(b),
                _ => a.remainder(b),
            })
        }
        _ => {
            let (left, right) = (convert(left, Type::Long), convert(right, Type::Long));
            convert(&apply(&left, &right, |a: i64, b: i64| whole(op, a, b)), returns)
        }
    }
}

/// `-operand`.
pub fn negate(operand: &Column) -> Column {
    match &**operand.values() {
        Values::Int(values) => map(operand, values, |value: i32| Some(value.wrapping_neg())),
        Values::Long(values) => map(operand, values, |value: i64| Some(value.wrapping_neg())),
        Values::Real(values) => map(operand, values, |value: f64| Some(-value)),
        Values::Decimal(values) => map(operand, values, |value: Decimal| Some(value.negate())),
        Values::Timespan(values) => map(operand, values, |value: Timespan| value.0.checked_neg().map(Timespan)),
        _ => Column::nulls(operand.ty(), operand.len()),
    }
}

fn map<T: Native, U: Native>(column: &Column, values: &[Option<T>], f: impl Fn(T) -> Option<U>) -> Column {
    lift::unary(column, |positions, _| U::into_values(positions.map(|position| f(values[position]?)).collect()))
}

fn apply<A: Native, B: Native, C: Native>(left: &Column, right: &Column, f: impl Fn(A, B) -> Option<C>) -> Column {
    let (Some(a), Some(b)) = (A::of(left.values()), B::of(right.values())) else {
        return Column::nulls(C::TYPE, left.len());
    };
    lift::binary(left, right, |pairs, _| C::into_values(pairs.map(|(i, j)| f(a[i]?, b[j]?)).collect()))
}

fn whole(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    Some(match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Subtract => a.wrapping_sub(b),
        BinaryOp::Multiply => a.wrapping_mul(b),
        BinaryOp::Divide if b == 0 => return None,
        BinaryOp::Divide => a.wrapping_div(b),
        _ if b == 0 => return None,
        _ => a.wrapping_rem_euclid(b),
    })
}

fn ticks(exact: f64) -> Option<Timespan> {
    (exact.abs() < i64::MAX as f64).then_some(Timespan(exact as i64))
}
