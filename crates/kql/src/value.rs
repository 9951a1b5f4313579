//! The ten scalar types of the language and one value of any of them.
//! Leaves out columns of values (`column`) and the text forms of the single types (a file for each type).

use std::fmt;
use std::sync::Arc;

use crate::column::Cell;
use crate::{Datetime, Decimal, Dynamic, Guid, Timespan};

/// A scalar type. `Display` gives the name by which results declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 32-bit integer.
    Int,
    /// A 64-bit integer.
    Long,
    /// A 64-bit IEEE number.
    Real,
    /// A decimal fraction of up to 34 digits.
    Decimal,
    /// An instant in 100 ns ticks, UTC.
    Datetime,
    /// A duration in 100 ns ticks.
    Timespan,
    /// 128 bits, written as a GUID.
    Guid,
    /// Text; never null.
    String,
    /// Any of the others, an array, or a property bag.
    Dynamic,
}

impl Type {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::Bool,
        Self::Int,
        Self::Long,
        Self::Real,
        Self::Decimal,
        Self::Datetime,
        Self::Timespan,
        Self::Guid,
        Self::String,
        Self::Dynamic,
    ];

    /// The name by which results declare the type: `bool`, `int`, `long`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::Datetime => "datetime",
            Self::Timespan => "timespan",
            Self::Guid => "guid",
            Self::String => "string",
            Self::Dynamic => "dynamic",
        }
    }

    /// The type that a name declares, synonyms of the language included (`boolean`, `double`, `date`, `time`, `uniqueid`, ...).
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" | "boolean" => Self::Bool,
            "int" | "int32" => Self::Int,
            "long" | "int64" => Self::Long,
            "real" | "double" => Self::Real,
            "decimal" => Self::Decimal,
            "datetime" | "date" => Self::Datetime,
            "timespan" | "time" => Self::Timespan,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "string" => Self::String,
            "dynamic" => Self::Dynamic,
            _ => return None,
        })
    }

    /// Whether arithmetic takes the type as a number: int, long, real, decimal.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One typed scalar, possibly null; a string is never null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
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
    String(Arc<str>),
    /// A dynamic; its own null is `Dynamic::Null`.
    Dynamic(Dynamic),
}

impl Value {
    /// The null of a type; for a string, which has none, the empty string.
    pub fn null(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool(None),
            Type::Int => Self::Int(None),
            Type::Long => Self::Long(None),
            Type::Real => Self::Real(None),
            Type::Decimal => Self::Decimal(None),
            Type::Datetime => Self::Datetime(None),
            Type::Timespan => Self::Timespan(None),
            Type::Guid => Self::Guid(None),
            Type::String => Self::String(Arc::from("")),
            Type::Dynamic => Self::Dynamic(Dynamic::Null),
        }
    }

    /// The value's type.
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

    /// Whether the value is null; the empty string is not.
    pub fn is_null(&self) -> bool {
        Cell::from(self).is_null()
    }
}

/// The text that `tostring()` gives: empty for null, `True` and `False` for bools.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(Some(value)) => f.write_str(if *value { "True" } else { "False" }),
            Self::Int(Some(value)) => value.fmt(f),
            Self::Long(Some(value)) => value.fmt(f),
            Self::Real(Some(value)) => f.write_str(&crate::real::text(*value)),
            Self::Decimal(Some(value)) => value.fmt(f),
            Self::Datetime(Some(value)) => value.fmt(f),
            Self::Timespan(Some(value)) => value.fmt(f),
            Self::Guid(Some(value)) => value.fmt(f),
            Self::String(value) => f.write_str(value),
            Self::Dynamic(value) => f.write_str(&value.text()),
            Self::Bool(None)
            | Self::Int(None)
            | Self::Long(None)
            | Self::Real(None)
            | Self::Decimal(None)
            | Self::Datetime(None)
            | Self::Timespan(None)
            | Self::Guid(None) => Ok(()),
        }
    }
}
