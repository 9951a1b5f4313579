//! The values of a column, a vector of the type's own representation, and one of them borrowed.

use std::sync::Arc;

use super::Strings;
use crate::{Datetime, Decimal, Dynamic, Guid, Timespan, Type, Value};

/// Values of one type.
#[derive(Clone, Debug)]
pub enum Values {
    /// Bools.
    Bool(Vec<Option<bool>>),
    /// Ints.
    Int(Vec<Option<i32>>),
    /// Longs.
    Long(Vec<Option<i64>>),
    /// Reals.
    Real(Vec<Option<f64>>),
    /// Decimals.
    Decimal(Vec<Option<Decimal>>),
    /// Datetimes.
    Datetime(Vec<Option<Datetime>>),
    /// Timespans.
    Timespan(Vec<Option<Timespan>>),
    /// Guids.
    Guid(Vec<Option<Guid>>),
    /// Strings.
    String(Strings),
    /// Dynamics.
    Dynamic(Vec<Dynamic>),
}

/// One value of a column, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A bool.
    Bool(Option<bool>),
    /// An int.
    Int(Option<i32>),
    /// A long.
    Long(Option<i64>),
    /// A real.
    Real(Option<f64>),
    /// A decimal.
    Decimal(Option<Decimal>),
    /// A datetime.
    Datetime(Option<Datetime>),
    /// A timespan.
    Timespan(Option<Timespan>),
    /// A guid.
    Guid(Option<Guid>),
    /// A string.
    String(&'a str),
    /// A dynamic.
    Dynamic(&'a Dynamic),
}

/// Runs one expression over the vector of whichever type it is.
macro_rules! each {
    ($values:expr, $vector:ident => $do:expr) => {
        match $values {
            Values::Bool($vector) => $do,
            Values::Int($vector) => $do,
            Values::Long($vector) => $do,
            Values::Real($vector) => $do,
            Values::Decimal($vector) => $do,
            Values::Datetime($vector) => $do,
            Values::Timespan($vector) => $do,
            Values::Guid($vector) => $do,
            Values::String($vector) => $do,
            Values::Dynamic($vector) => $do,
        }
    };
}

impl Values {
    /// No values yet, with room for so many.
    pub fn with_capacity(ty: Type, len: usize) -> Self {
        match ty {
            Type::Bool => Self::Bool(Vec::with_capacity(len)),
            Type::Int => Self::Int(Vec::with_capacity(len)),
            Type::Long => Self::Long(Vec::with_capacity(len)),
            Type::Real => Self::Real(Vec::with_capacity(len)),
            Type::Decimal => Self::Decimal(Vec::with_capacity(len)),
            Type::Datetime => Self::Datetime(Vec::with_capacity(len)),
            Type::Timespan => Self::Timespan(Vec::with_capacity(len)),
            Type::Guid => Self::Guid(Vec::with_capacity(len)),
            Type::String => Self::String(Strings::with_capacity(len)),
            Type::Dynamic => Self::Dynamic(Vec::with_capacity(len)),
        }
    }

    /// The type of every value.
    pub fn ty(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Long(_) => Type::Long,
            Self::Real(_) => Type::Real,
            Self::Decimal(_) => Type::Decimal,
            Self::Datetime(_) => Type::Datetime,
            Self::Timespan(_) => Type::Timespan,
            Self::Guid(_) => Type::Guid,
            Self::String(_) => Type::String,
            Self::Dynamic(_) => Type::Dynamic,
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        each!(self, vector => vector.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position, borrowed.
    #[inline]
    pub fn cell(&self, position: usize) -> Cell<'_> {
        match self {
            Self::Bool(values) => Cell::Bool(values[position]),
            Self::Int(values) => Cell::Int(values[position]),
            Self::Long(values) => Cell::Long(values[position]),
            Self::Real(values) => Cell::Real(values[position]),
            Self::Decimal(values) => Cell::Decimal(values[position]),
            Self::Datetime(values) => Cell::Datetime(values[position]),
            Self::Timespan(values) => Cell::Timespan(values[position]),
            Self::Guid(values) => Cell::Guid(values[position]),
            Self::String(values) => Cell::String(values.at(position)),
            Self::Dynamic(values) => Cell::Dynamic(&values[position]),
        }
    }

    /// The value at a position.
    pub fn value(&self, position: usize) -> Value {
        self.cell(position).to_value()
    }

    /// Appends a value. One of another type is a fault of the caller; it counts as null.
    pub fn push(&mut self, value: Value) {
        debug_assert_eq!(self.ty(), value.ty());
        match (self, value) {
            (Self::Bool(values), Value::Bool(value)) => values.push(value),
            (Self::Int(values), Value::Int(value)) => values.push(value),
            (Self::Long(values), Value::Long(value)) => values.push(value),
            (Self::Real(values), Value::Real(value)) => values.push(value),
            (Self::Decimal(values), Value::Decimal(value)) => values.push(value),
            (Self::Datetime(values), Value::Datetime(value)) => values.push(value),
            (Self::Timespan(values), Value::Timespan(value)) => values.push(value),
            (Self::Guid(values), Value::Guid(value)) => values.push(value),
            (Self::String(values), Value::String(value)) => values.push(&value),
            (Self::Dynamic(values), Value::Dynamic(value)) => values.push(value),
            (values, _) => values.push_null(),
        }
    }

    /// Appends the type's null; for strings the empty one.
    pub fn push_null(&mut self) {
        match self {
            Self::Bool(values) => values.push(None),
            Self::Int(values) => values.push(None),
            Self::Long(values) => values.push(None),
            Self::Real(values) => values.push(None),
            Self::Decimal(values) => values.push(None),
            Self::Datetime(values) => values.push(None),
            Self::Timespan(values) => values.push(None),
            Self::Guid(values) => values.push(None),
            Self::String(values) => values.push(""),
            Self::Dynamic(values) => values.push(Dynamic::Null),
        }
    }

    /// Appends a borrowed value of the same type; one of another type counts as null.
    pub fn push_cell(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::String(values), Cell::String(text)) => values.push(text),
            (values, cell) => values.push(cell.to_value()),
        }
    }

    /// Appends all of the other, which must be of the same type.
    pub fn extend(&mut self, other: &Self) {
        match (self, other) {
            (Self::Bool(values), Self::Bool(more)) => values.extend_from_slice(more),
            (Self::Int(values), Self::Int(more)) => values.extend_from_slice(more),
            (Self::Long(values), Self::Long(more)) => values.extend_from_slice(more),
            (Self::Real(values), Self::Real(more)) => values.extend_from_slice(more),
            (Self::Decimal(values), Self::Decimal(more)) => values.extend_from_slice(more),
            (Self::Datetime(values), Self::Datetime(more)) => values.extend_from_slice(more),
            (Self::Timespan(values), Self::Timespan(more)) => values.extend_from_slice(more),
            (Self::Guid(values), Self::Guid(more)) => values.extend_from_slice(more),
            (Self::String(values), Self::String(more)) => values.extend(more),
            (Self::Dynamic(values), Self::Dynamic(more)) => values.extend_from_slice(more),
            (values, other) => {
                debug_assert_eq!(values.ty(), other.ty());
                (0..other.len()).for_each(|_| values.push_null());
            }
        }
    }

    /// The values at these positions, in this order.
    pub fn gather(&self, positions: &[u32]) -> Self {
        fn pick<T: Clone>(values: &[T], positions: &[u32]) -> Vec<T> {
            positions.iter().map(|&position| values[position as usize].clone()).collect()
        }
        match self {
            Self::Bool(values) => Self::Bool(pick(values, positions)),
            Self::Int(values) => Self::Int(pick(values, positions)),
            Self::Long(values) => Self::Long(pick(values, positions)),
            Self::Real(values) => Self::Real(pick(values, positions)),
            Self::Decimal(values) => Self::Decimal(pick(values, positions)),
            Self::Datetime(values) => Self::Datetime(pick(values, positions)),
            Self::Timespan(values) => Self::Timespan(pick(values, positions)),
            Self::Guid(values) => Self::Guid(pick(values, positions)),
            Self::String(values) => {
                Self::String(positions.iter().map(|&position| values.at(position as usize)).collect())
            }
            Self::Dynamic(values) => Self::Dynamic(pick(values, positions)),
        }
    }
}

/// A value, borrowed.
impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Long(value) => Self::Long(*value),
            Value::Real(value) => Self::Real(*value),
            Value::Decimal(value) => Self::Decimal(*value),
            Value::Datetime(value) => Self::Datetime(*value),
            Value::Timespan(value) => Self::Timespan(*value),
            Value::Guid(value) => Self::Guid(*value),
            Value::String(text) => Self::String(text),
            Value::Dynamic(value) => Self::Dynamic(value),
        }
    }
}

impl Cell<'_> {
    /// The value, owned.
    pub fn to_value(self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Long(value) => Value::Long(value),
            Self::Real(value) => Value::Real(value),
            Self::Decimal(value) => Value::Decimal(value),
            Self::Datetime(value) => Value::Datetime(value),
            Self::Timespan(value) => Value::Timespan(value),
            Self::Guid(value) => Value::Guid(value),
            Self::String(value) => Value::String(Arc::from(value)),
            Self::Dynamic(value) => Value::Dynamic(value.clone()),
        }
    }

    /// Whether the value is null; the empty string is not.
    pub fn is_null(self) -> bool {
        match self {
            Self::Bool(value) => value.is_none(),
            Self::Int(value) => value.is_none(),
            Self::Long(value) => value.is_none(),
            Self::Real(value) => value.is_none(),
            Self::Decimal(value) => value.is_none(),
            Self::Datetime(value) => value.is_none(),
            Self::Timespan(value) => value.is_none(),
            Self::Guid(value) => value.is_none(),
            Self::String(_) => false,
            Self::Dynamic(value) => *value == Dynamic::Null,
        }
    }
}
