//! Reading the arguments of a row and writing its result.

use std::borrow::Cow;
use std::sync::Arc;

use crate::column::Cell;
use crate::{Datetime, Decimal, Dynamic, Timespan, Type, Value};

impl<'a> Cell<'a> {
    /// The text of a string, or of a dynamic; of any other value as `tostring()` gives it.
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Self::String(text) => Cow::Borrowed(text),
            Self::Dynamic(Dynamic::String(text)) => Cow::Borrowed(text),
            Self::Dynamic(value) => Cow::Owned(value.text()),
            other => Cow::Owned(other.to_value().to_string()),
        }
    }

    /// A whole number.
    pub(super) fn long(self) -> Option<i64> {
        match self {
            Self::Int(value) => value.map(i64::from),
            Self::Long(value) => value,
            Self::Bool(value) => value.map(i64::from),
            Self::Real(value) => value.map(|value| value as i64),
            Self::Dynamic(Dynamic::Long(value)) => Some(*value),
            Self::Dynamic(Dynamic::Real(value)) => Some(*value as i64),
            _ => None,
        }
    }

    /// Any number as a real.
    pub(super) fn real(self) -> Option<f64> {
        match self {
            Self::Real(value) => value,
            Self::Decimal(value) => value.map(Decimal::to_real),
            Self::Dynamic(Dynamic::Real(value)) => Some(*value),
            other => other.long().map(|value| value as f64),
        }
    }

    /// A bool.
    pub(super) fn bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => value,
            Self::Dynamic(Dynamic::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// A datetime.
    pub(super) fn datetime(self) -> Option<Datetime> {
        match self {
            Self::Datetime(value) => value,
            Self::Dynamic(Dynamic::Datetime(value)) => Some(*value),
            _ => None,
        }
    }

    /// A timespan.
    pub(super) fn timespan(self) -> Option<Timespan> {
        match self {
            Self::Timespan(value) => value,
            Self::Dynamic(Dynamic::Timespan(value)) => Some(*value),
            _ => None,
        }
    }

    /// The elements of an array.
    pub(super) fn array(self) -> Option<&'a [Dynamic]> {
        match self {
            Self::Dynamic(value) => value.array(),
            _ => None,
        }
    }

    /// The members of a bag.
    pub(super) fn bag(self) -> Option<&'a [(Arc<str>, Dynamic)]> {
        match self {
            Self::Dynamic(value) => value.bag(),
            _ => None,
        }
    }

    /// The value as an element of an array or bag.
    pub(super) fn dynamic(self) -> Dynamic {
        Dynamic::from(self.to_value())
    }
}

pub(super) fn text(text: impl AsRef<str>) -> Value {
    Value::String(Arc::from(text.as_ref()))
}

pub(super) fn array(elements: impl IntoIterator<Item = Dynamic>) -> Value {
    Value::Dynamic(Dynamic::Array(elements.into_iter().collect()))
}

pub(super) fn null() -> Value {
    Value::Dynamic(Dynamic::Null)
}

/// A whole number of the type that a call returns.
pub(super) fn whole(value: Option<i64>, returns: Type) -> Value {
    match returns {
        Type::Int => Value::Int(value.and_then(|value| i32::try_from(value).ok())),
        Type::Real => Value::Real(value.map(|value| value as f64)),
        Type::Decimal => Value::Decimal(value.map(Decimal::from)),
        _ => Value::Long(value),
    }
}

/// Where a search for the n-th occurrence may find a start: the positions from `from` up to but excluding `to`.
pub(super) struct Window {
    pub from: usize,
    pub to: usize,
    /// Which occurrence, from 1.
    pub occurrence: usize,
}

impl Window {
    /// Of the arguments `start`, `length` and `occurrence`, which begin at the third, over so many positions. A negative start
    /// counts from the end, a length of -1 reaches to it. `None`, for which the functions give null, where an argument is out of range.
    pub fn given(args: &[Cell<'_>], len: usize) -> Option<Self> {
        let given = |place: usize, default: i64| args.get(place).map_or(Some(default), |cell| cell.long());
        let (start, length, occurrence) = (given(2, 0)?, given(3, -1)?, given(4, 1)?);
        if length < -1 || occurrence < 1 {
            return None;
        }
        let len = i64::try_from(len).ok()?;
        let from = if start < 0 { (start + len).max(0) } else { start.min(len) };
        let to = if length < 0 { len } else { from.saturating_add(length).min(len) };
        Some(Self { from: from as usize, to: to as usize, occurrence: usize::try_from(occurrence).ok()? })
    }
}

/// The longest text that a function makes out of short ones.
const LONGEST: usize = 256 << 20;

/// Whether a text of so many parts of at most so many bytes may be made.
pub(super) fn room(parts: usize, bytes: usize) -> Result<(), String> {
    match parts.checked_mul(bytes) {
        Some(length) if length <= LONGEST => Ok(()),
        _ => Err(format!("the text could be longer than the {LONGEST} bytes that this engine makes")),
    }
}
