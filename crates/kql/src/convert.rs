//! Conversions between types, as the `to...()` functions make them: what cannot be converted becomes null.

use std::sync::Arc;

use crate::column::{Cell, Column, Strings, Values, lift};
use crate::{Datetime, Decimal, Dynamic, Guid, Timespan, Type, Value};

/// The column with every value converted.
pub fn convert(column: &Column, ty: Type) -> Column {
    if column.ty() == ty {
        return column.clone();
    }
    match (&**column.values(), ty) {
        (Values::Int(values), Type::Long) => {
            lift::unary(column, |at, _| Values::Long(at.map(|position| values[position].map(i64::from)).collect()))
        }
        (Values::Long(values), Type::Real) => lift::unary(column, |at, _| {
            Values::Real(at.map(|position| values[position].map(|value| value as f64)).collect())
        }),
        (Values::Dynamic(values), Type::String) => lift::unary(column, |at, len| {
            let mut strings = Strings::with_capacity(len);
            for position in at {
                match &values[position] {
                    Dynamic::String(text) => strings.push(text),
                    Dynamic::Null => strings.push(""),
                    value => strings.push(&value.text()),
                }
            }
            Values::String(strings)
        }),
        (values, ty) => lift::unary(column, |at, len| {
            let mut converted = Values::with_capacity(ty, len);
            at.for_each(|position| converted.push(cell(values.cell(position), ty)));
            converted
        }),
    }
}

/// One value converted.
pub fn cell(cell: Cell<'_>, ty: Type) -> Value {
    let value = cell.to_value();
    match (cell, ty) {
        (_, Type::Dynamic) => Value::Dynamic(Dynamic::from(value)),
        (_, Type::String) => Value::String(Arc::from(value.to_string())),
        (Cell::Dynamic(Dynamic::String(text)), Type::Bool) => Value::Bool(bool_of(Cell::String(text))),
        (_, Type::Bool) => Value::Bool(bool_of(cell)),
        (_, Type::Int) => Value::Int(int_of(cell)),
        (_, Type::Long) => Value::Long(long_of(cell)),
        (_, Type::Real) => Value::Real(real_of(cell)),
        (_, Type::Decimal) => Value::Decimal(decimal_of(cell)),
        (_, Type::Datetime) => Value::Datetime(datetime_of(cell)),
        (_, Type::Timespan) => Value::Timespan(timespan_of(cell)),
        (_, Type::Guid) => Value::Guid(guid_of(cell)),
    }
}

fn bool_of(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Bool(value) => value,
        Cell::String(text) => {
            let text = text.trim();
            if text.eq_ignore_ascii_case("true") {
                return Some(true);
            }
            if text.eq_ignore_ascii_case("false") {
                return Some(false);
            }
            text.parse::<i64>().ok().map(|number| number != 0)
        }
        Cell::Dynamic(Dynamic::Bool(value)) => Some(*value),
        Cell::Real(value) => value.filter(|value| !value.is_nan()).map(|value| value != 0.0),
        Cell::Datetime(_) | Cell::Timespan(_) | Cell::Guid(_) => None,
        other => long_of(other).map(|value| value != 0),
    }
}

/// A real is cut towards zero and held within the type's range.
fn int_of(cell: Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Real(value) => value.filter(|value| !value.is_nan()).map(|value| value as i32),
        Cell::Dynamic(Dynamic::Real(value)) => int_of(Cell::Real(Some(*value))),
        Cell::Long(value) => value.and_then(|value| i32::try_from(value).ok()),
        other => i32::try_from(long_of(other)?).ok(),
    }
}

fn long_of(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Bool(value) => value.map(i64::from),
        Cell::Int(value) => value.map(i64::from),
        Cell::Long(value) => value,
        Cell::Real(value) => value.filter(|value| !value.is_nan()).map(|value| value as i64),
        Cell::Decimal(value) => value?.to_long(),
        Cell::Datetime(value) => value.map(|value| value.0),
        Cell::Timespan(value) => value.map(|value| value.0),
        Cell::Guid(_) => None,
        Cell::String(text) => whole(text),
        Cell::Dynamic(value) => match value {
            Dynamic::Bool(value) => Some(i64::from(*value)),
            Dynamic::Long(value) => Some(*value),
            Dynamic::Real(value) => long_of(Cell::Real(Some(*value))),
            Dynamic::Decimal(value) => value.to_long(),
            Dynamic::String(text) => whole(text),
            Dynamic::Datetime(value) => Some(value.0),
            Dynamic::Timespan(value) => Some(value.0),
            _ => None,
        },
    }
}

/// Digits with an optional sign, or hexadecimal digits after `0x`.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|value| value as i64),
        None => text.parse().ok(),
    }
}

fn real_of(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Real(value) => value,
        Cell::Decimal(value) => value.map(Decimal::to_real),
        Cell::String(text) => crate::real::parse(text),
        Cell::Dynamic(Dynamic::Real(value)) => Some(*value),
        Cell::Dynamic(Dynamic::Decimal(value)) => Some(value.to_real()),
        Cell::Dynamic(Dynamic::String(text)) => crate::real::parse(text),
        other => long_of(other).map(|value| value as f64),
    }
}

fn decimal_of(cell: Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Decimal(value) => value,
        Cell::Real(value) => Decimal::from_real(value?),
        Cell::String(text) => Decimal::parse(text),
        Cell::Dynamic(Dynamic::Decimal(value)) => Some(**value),
        Cell::Dynamic(Dynamic::Real(value)) => Decimal::from_real(*value),
        Cell::Dynamic(Dynamic::String(text)) => Decimal::parse(text),
        other => long_of(other).map(Decimal::from),
    }
}

/// A number counts as ticks.
fn datetime_of(cell: Cell<'_>) -> Option<Datetime> {
    match cell {
        Cell::Datetime(value) => value,
        Cell::String(text) => Datetime::parse(text),
        Cell::Dynamic(Dynamic::Datetime(value)) => Some(*value),
        Cell::Dynamic(Dynamic::String(text)) => Datetime::parse(text),
        Cell::Bool(_) | Cell::Guid(_) | Cell::Timespan(_) => None,
        other => Datetime::from_ticks(long_of(other)?),
    }
}

/// A number counts as ticks.
fn timespan_of(cell: Cell<'_>) -> Option<Timespan> {
    match cell {
        Cell::Timespan(value) => value,
        Cell::String(text) => Timespan::parse(text),
        Cell::Dynamic(Dynamic::Timespan(value)) => Some(*value),
        Cell::Dynamic(Dynamic::String(text)) => Timespan::parse(text),
        Cell::Bool(_) | Cell::Guid(_) | Cell::Datetime(_) => None,
        other => long_of(other).map(Timespan),
    }
}

fn guid_of(cell: Cell<'_>) -> Option<Guid> {
    match cell {
        Cell::Guid(value) => value,
        Cell::String(text) => Guid::parse(text),
        Cell::Dynamic(Dynamic::Guid(value)) => Some(*value),
        Cell::Dynamic(Dynamic::String(text)) => Guid::parse(text),
        _ => None,
    }
}
