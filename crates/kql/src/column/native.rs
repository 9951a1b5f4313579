//! The link between a Rust type and the column type that holds it, for code that is generic over both.

use super::{Cell, Values};
use crate::{Datetime, Decimal, Guid, Timespan, Type};

/// A fixed-size representation of one of the language's types.
pub trait Native: Copy + PartialEq + Send + Sync + 'static {
    /// The type that it represents.
    const TYPE: Type;

    /// The values, if they are of this type.
    fn of(values: &Values) -> Option<&[Option<Self>]>;

    /// The value, if the cell is of this type and not null.
    fn of_cell(cell: Cell<'_>) -> Option<Self>;

    /// Values of this type.
    fn into_values(values: Vec<Option<Self>>) -> Values;
}

macro_rules! native {
    ($($rust:ty, $variant:ident;)*) => {$(
        impl Native for $rust {
            const TYPE: Type = Type::$variant;

            fn of(values: &Values) -> Option<&[Option<Self>]> {
                match values {
                    Values::$variant(values) => Some(values),
                    _ => None,
                }
            }

            fn of_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::$variant(value) => value,
                    _ => None,
                }
            }

            fn into_values(values: Vec<Option<Self>>) -> Values {
                Values::$variant(values)
            }
        }
    )*};
}

native! {
    bool, Bool;
    i32, Int;
    i64, Long;
    f64, Real;
    Decimal, Decimal;
    Datetime, Datetime;
    Timespan, Timespan;
    Guid, Guid;
}
