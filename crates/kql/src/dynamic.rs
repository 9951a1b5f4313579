//! Dynamic values: JSON's, and the scalar types that JSON lacks.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::{Datetime, Decimal, Guid, Timespan, Value};

/// One dynamic value. Arrays and bags are shared, so that a copy costs nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Dynamic {
    /// JSON's null, which is also the null of the type.
    Null,
    /// A bool.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Any other number.
    Real(f64),
    /// A decimal.
    Decimal(Arc<Decimal>),
    /// A datetime, in JSON a string.
    Datetime(Datetime),
    /// A timespan, in JSON a string.
    Timespan(Timespan),
    /// A guid, in JSON a string.
    Guid(Guid),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Arc<[Dynamic]>),
    /// A property bag, its members in the order in which they were written.
    Bag(Arc<[(Arc<str>, Dynamic)]>),
}

impl Dynamic {
    /// Reads JSON text; `None` if it is not JSON.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Value>(json).ok().map(|value| Self::from(&value))
    }

    /// A string.
    pub fn string(text: &str) -> Self {
        Self::String(Arc::from(text))
    }

    /// The elements of an array.
    pub fn array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of a bag.
    pub fn bag(&self) -> Option<&[(Arc<str>, Self)]> {
        match self {
            Self::Bag(members) => Some(members),
            _ => None,
        }
    }

    /// A bag's member of this name.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.bag()?.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// An array's element; negative positions count from the end.
    pub fn element(&self, position: i64) -> Option<&Self> {
        let elements = self.array()?;
        let position = if position < 0 { position + elements.len() as i64 } else { position };
        elements.get(usize::try_from(position).ok()?)
    }

    /// The text that `tostring()` gives: strings bare, null empty, arrays and bags as compact JSON.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::String(text) => text.to_string(),
            Self::Datetime(at) => at.to_string(),
            Self::Timespan(span) => span.to_string(),
            Self::Guid(guid) => guid.to_string(),
            other => other.json(),
        }
    }

    /// Compact JSON.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends compact JSON.
    pub fn write_json(&self, out: &mut String) {
        // Writing to a String cannot fail.
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Long(value) => drop(write!(out, "{value}")),
            Self::Real(value) if value.is_finite() => out.push_str(&crate::real::text(*value)),
            Self::Real(value) => drop(write!(out, "\"{}\"", non_finite(*value))),
            Self::Decimal(value) => drop(write!(out, "\"{value}\"")),
            Self::Datetime(value) => drop(write!(out, "\"{value}\"")),
            Self::Timespan(value) => drop(write!(out, "\"{value}\"")),
            Self::Guid(value) => drop(write!(out, "\"{value}\"")),
            Self::String(value) => write_string(value, out),
            Self::Array(elements) => {
                out.push('[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    element.write_json(out);
                }
                out.push(']');
            }
            Self::Bag(members) => {
                out.push('{');
                for (position, (name, value)) in members.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// The name that `gettype()` gives.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Long(_) => "long",
            Self::Real(_) => "double",
            Self::Decimal(_) => "decimal",
            Self::Datetime(_) => "datetime",
            Self::Timespan(_) => "timespan",
            Self::Guid(_) => "guid",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Bag(_) => "dictionary",
        }
    }
}

fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

impl From<&serde_json::Value> for Dynamic {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(value) => Self::Long(value),
                None => Self::Real(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::string(text),
            serde_json::Value::Array(elements) => Self::Array(elements.iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Bag(members.iter().map(|(name, value)| (Arc::from(name.as_str()), Self::from(value))).collect())
            }
        }
    }
}

/// What an array or bag holds when it is built from a value; nulls of every type become JSON's.
impl From<Value> for Dynamic {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(Some(value)) => Self::Bool(value),
            Value::Int(Some(value)) => Self::Long(value.into()),
            Value::Long(Some(value)) => Self::Long(value),
            Value::Real(Some(value)) => Self::Real(value),
            Value::Decimal(Some(value)) => Self::Decimal(Arc::new(value)),
            Value::Datetime(Some(value)) => Self::Datetime(value),
            Value::Timespan(Some(value)) => Self::Timespan(value),
            Value::Guid(Some(value)) => Self::Guid(value),
            Value::String(value) => Self::String(value),
            Value::Dynamic(value) => value,
            _ => Self::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let check = |json: &str, expected: &str| {
            assert_eq!(Dynamic::parse(json).map(|value| value.text()).as_deref(), Some(expected), "{json}");
        };
        check("null", "");
        check("\"a\"", "a");
        check("[1, 2.0, \"a\\\"b\", null, true]", "[1,2.0,\"a\\\"b\",null,true]");
        check("{\"b\": {\"x\": []}, \"a\": 1}", "{\"b\":{\"x\":[]},\"a\":1}");
        assert_eq!(Dynamic::parse("{'a'"), None);
    }
}
