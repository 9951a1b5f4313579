//! What a row gives to a column, read from JSON: numbers, texts and booleans where the column's type allows their form.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::encoder::Encoder;
use crate::{Datetime, Decimal, Dynamic, Guid, Timespan, Type, Value};

/// What a row gives to a column.
pub enum Given<'a> {
    /// Nothing.
    Null,
    /// A text, to a string column.
    Text(Cow<'a, str>),
    /// The dynamic at this position of the column's values.
    Known(u32),
    /// A dynamic that was read from JSON.
    Json(Dynamic),
    /// A value of the column's type.
    Value(Value),
}

/// Reads JSON that stands by itself; `None` where it does not fit the type.
pub fn read(json: &Json, ty: Type) -> Option<Given<'_>> {
    Some(match (ty, json) {
        (_, Json::Null) => Given::Null,
        (Type::Dynamic, json) => Given::Json(Dynamic::from(json)),
        (ty, Json::String(text)) => read_text(Cow::Borrowed(text), ty)?,
        // Scalars have one text; arrays and bags are printed as the dynamic they are.
        (Type::String, json) => Given::Text(Cow::Owned(Dynamic::from(json).text())),
        (ty, json) => Given::Value(read_scalar(json, ty)?),
    })
}

/// Reads JSON text that is known to be JSON, up to the depth and the size of its numbers; `None` where it does not fit the type.
pub fn read_raw<'a>(json: &'a str, ty: Type, column: &Encoder) -> Option<Given<'a>> {
    if json == "null" {
        return Some(Given::Null);
    }
    if ty == Type::Dynamic {
        return Some(match column.known(json) {
            Some(position) => Given::Known(position),
            None => Given::Json(Dynamic::parse(json)?),
        });
    }
    if let Some(text) = text(json) {
        return read_text(text, ty);
    }
    let value: Json = serde_json::from_str(json).ok()?;
    Some(match ty {
        Type::String => Given::Text(Cow::Owned(Dynamic::from(&value).text())),
        ty => Given::Value(read_scalar(&value, ty)?),
    })
}

/// The text that a JSON string stands for; `None` where the JSON is something else.
pub fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// A JSON string as a type takes it. An empty one is null, but to strings.
pub fn read_text(text: Cow<'_, str>, ty: Type) -> Option<Given<'_>> {
    Some(Given::Value(match ty {
        Type::String => return Some(Given::Text(text)),
        Type::Dynamic => return Some(Given::Json(Dynamic::String(Arc::from(text)))),
        _ if text.is_empty() => return Some(Given::Null),
        Type::Bool => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(Some(true)),
            "false" => Value::Bool(Some(false)),
            _ => return None,
        },
        Type::Int => Value::Int(Some(text.trim().parse().ok()?)),
        Type::Long => Value::Long(Some(text.trim().parse().ok()?)),
        Type::Real => Value::Real(Some(crate::real::parse(&text)?)),
        Type::Decimal => Value::Decimal(Some(Decimal::parse(&text)?)),
        Type::Datetime => Value::Datetime(Some(Datetime::parse(&text)?)),
        Type::Timespan => Value::Timespan(Some(Timespan::parse(&text)?)),
        Type::Guid => Value::Guid(Some(Guid::parse(&text)?)),
    }))
}

fn read_scalar(json: &Json, ty: Type) -> Option<Value> {
    Some(match (ty, json) {
        (Type::Bool, Json::Bool(value)) => Value::Bool(Some(*value)),
        (Type::Bool, Json::Number(number)) => Value::Bool(Some(number.as_f64()? != 0.0)),
        (Type::Int, Json::Number(number)) => Value::Int(Some(i32::try_from(number.as_i64()?).ok()?)),
        (Type::Long, Json::Number(number)) => Value::Long(Some(number.as_i64()?)),
        (Type::Real, Json::Number(number)) => Value::Real(Some(number.as_f64()?)),
        (Type::Decimal, Json::Number(number)) => Value::Decimal(Some(Decimal::parse(&number.to_string())?)),
        _ => return None,
    })
}
