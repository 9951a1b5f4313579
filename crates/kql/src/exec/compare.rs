//! Comparisons: `==`, `!=`, `<`, `<=`, `>`, `>=`, and the order that sorting and aggregates use.
//! Against a value, null is unequal and has no order; between two nulls the answer is null.

use std::cmp::Ordering;

use crate::column::{Cell, Column, Values, lift};
use crate::convert;
use crate::syntax::BinaryOp;
use crate::{Dynamic, Type};

/// Compares two columns of one type; operands of two types meet as [`meeting_type`] says.
pub fn compare(op: BinaryOp, left: &Column, right: &Column) -> Column {
    if left.ty() != right.ty() {
        let meeting = meeting_type(left.ty(), right.ty());
        return compare(op, &convert::convert(left, meeting), &convert::convert(right, meeting));
    }
    match (&**left.values(), &**right.values()) {
        (Values::Bool(a), Values::Bool(b)) => ordered(op, left, right, a, b),
        (Values::Int(a), Values::Int(b)) => ordered(op, left, right, a, b),
        (Values::Long(a), Values::Long(b)) => ordered(op, left, right, a, b),
        (Values::Real(a), Values::Real(b)) => ordered(op, left, right, a, b),
        (Values::Decimal(a), Values::Decimal(b)) => ordered(op, left, right, a, b),
        (Values::Datetime(a), Values::Datetime(b)) => ordered(op, left, right, a, b),
        (Values::Timespan(a), Values::Timespan(b)) => ordered(op, left, right, a, b),
        (Values::Guid(a), Values::Guid(b)) => ordered(op, left, right, a, b),
        (Values::String(a), Values::String(b)) => {
            let test = |(i, j): (usize, usize)| Some(holds(op, Some(a.at(i).cmp(b.at(j)))));
            lift::binary(left, right, |pairs, _| Values::Bool(pairs.map(test).collect()))
        }
        (Values::Dynamic(a), Values::Dynamic(b)) => {
            let test = |(i, j): (usize, usize)| match (&a[i], &b[j]) {
                (Dynamic::Null, Dynamic::Null) => None,
                (Dynamic::Null, _) | (_, Dynamic::Null) => against_null(op),
                (a, b) if op == BinaryOp::Equal || op == BinaryOp::NotEqual => {
                    Some((a.text() == b.text()) == (op == BinaryOp::Equal))
                }
                (a, b) => Some(holds(op, dynamic_order(a, b))),
            };
            lift::binary(left, right, |pairs, _| Values::Bool(pairs.map(test).collect()))
        }
        _ => Column::nulls(Type::Bool, left.len()),
    }
}

/// The type in which operands of two types are compared.
pub fn meeting_type(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Dynamic, other) | (other, Type::Dynamic) => other,
        (Type::String, other) | (other, Type::String) => other,
        (Type::Decimal, _) | (_, Type::Decimal) => Type::Decimal,
        (Type::Real, _) | (_, Type::Real) => Type::Real,
        (Type::Datetime, _) | (_, Type::Datetime) => Type::Datetime,
        (Type::Timespan, _) | (_, Type::Timespan) => Type::Timespan,
        _ => Type::Long,
    }
}

fn ordered<T: PartialOrd + Copy>(
    op: BinaryOp,
    left: &Column,
    right: &Column,
    a: &[Option<T>],
    b: &[Option<T>],
) -> Column {
    let test = |(i, j): (usize, usize)| match (a[i], b[j]) {
        (Some(a), Some(b)) => Some(holds(op, a.partial_cmp(&b))),
        (None, None) => None,
        _ => against_null(op),
    };
    lift::binary(left, right, |pairs, _| Values::Bool(pairs.map(test).collect()))
}

fn against_null(op: BinaryOp) -> Option<bool> {
    match op {
        BinaryOp::Equal => Some(false),
        BinaryOp::NotEqual => Some(true),
        _ => None,
    }
}

fn holds(op: BinaryOp, order: Option<Ordering>) -> bool {
    match op {
        BinaryOp::Equal => order == Some(Ordering::Equal),
        BinaryOp::NotEqual => order != Some(Ordering::Equal),
        BinaryOp::Less => order == Some(Ordering::Less),
        BinaryOp::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        BinaryOp::Greater => order == Some(Ordering::Greater),
        BinaryOp::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => false,
    }
}

fn dynamic_order(left: &Dynamic, right: &Dynamic) -> Option<Ordering> {
    match (left, right) {
        (Dynamic::Long(a), Dynamic::Long(b)) => Some(a.cmp(b)),
        (Dynamic::Datetime(a), Dynamic::Datetime(b)) => Some(a.cmp(b)),
        (Dynamic::Timespan(a), Dynamic::Timespan(b)) => Some(a.cmp(b)),
        (Dynamic::Bool(a), Dynamic::Bool(b)) => Some(a.cmp(b)),
        (Dynamic::String(a), Dynamic::String(b)) => Some(a.cmp(b)),
        (a, b) => number(a)?.partial_cmp(&number(b)?),
    }
}

fn number(value: &Dynamic) -> Option<f64> {
    match value {
        Dynamic::Long(value) => Some(*value as f64),
        Dynamic::Real(value) => Some(*value),
        Dynamic::Decimal(value) => Some(value.to_real()),
        _ => None,
    }
}

/// The total order of the cells of one type, nulls first, NaN after every other real.
pub fn order(left: Cell<'_>, right: Cell<'_>) -> Ordering {
    match (left, right) {
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(&b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(&b),
        (Cell::Long(a), Cell::Long(b)) => a.cmp(&b),
        (Cell::Real(Some(a)), Cell::Real(Some(b))) => a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
        (Cell::Real(a), Cell::Real(b)) => a.is_some().cmp(&b.is_some()),
        (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(&b),
        (Cell::Datetime(a), Cell::Datetime(b)) => a.cmp(&b),
        (Cell::Timespan(a), Cell::Timespan(b)) => a.cmp(&b),
        (Cell::Guid(a), Cell::Guid(b)) => a.cmp(&b),
        (Cell::String(a), Cell::String(b)) => a.cmp(b),
        (Cell::Dynamic(a), Cell::Dynamic(b)) => match (a, b) {
            (Dynamic::Null, Dynamic::Null) => Ordering::Equal,
            (Dynamic::Null, _) => Ordering::Less,
            (_, Dynamic::Null) => Ordering::Greater,
            (a, b) => {
                dynamic_order(a, b).unwrap_or_else(|| rank(a).cmp(&rank(b)).then_with(|| a.text().cmp(&b.text())))
            }
        },
        _ => Ordering::Equal,
    }
}

/// Where values of different kinds stand among each other when dynamics are sorted.
fn rank(value: &Dynamic) -> u8 {
    match value {
        Dynamic::Null => 0,
        Dynamic::Bool(_) => 1,
        Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_) => 2,
        Dynamic::Datetime(_) => 3,
        Dynamic::Timespan(_) => 4,
        Dynamic::Guid(_) => 5,
        Dynamic::String(_) => 6,
        Dynamic::Array(_) => 7,
        Dynamic::Bag(_) => 8,
    }
}
