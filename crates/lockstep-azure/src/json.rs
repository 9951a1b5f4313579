//! JSON from the wire, read with a word for what was found where something else was wanted.

use serde_json::{Map, Value};

/// A place in an answer that does not hold what it should.
pub type Wrong = String;

/// The object in `body`, or what the body is instead.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, Wrong> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("a JSON object was expected, {} was found", kind(&other))),
        Err(error) if error.is_eof() => Err(format!("the JSON ends too early, after {} bytes", body.len())),
        Err(error) if looks_like_html(body) => Err(format!("an HTML page was found instead of JSON ({error})")),
        Err(error) => Err(format!("this is not JSON: {error}")),
    }
}

/// The member `name` of `object`, which must be an object.
pub fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Wrong> {
    found(object, name, "an object", Value::as_object)
}

/// The member `name` of `object`, which must be text.
pub fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, Wrong> {
    found(object, name, "text", Value::as_str)
}

/// The member `name` of `object`, which must be text where it is there at all; empty otherwise.
pub fn optional_text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a str, Wrong> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(_) => text(object, name),
    }
}

/// The member `name` of `object`, which must be a whole number that is not negative.
pub fn number(object: &Map<String, Value>, name: &str) -> Result<u64, Wrong> {
    found(object, name, "a whole number", Value::as_u64)
}

/// The member `name` of `object`, which must be a whole number that is not negative where it is there at all; 0 otherwise.
pub fn optional_number(object: &Map<String, Value>, name: &str) -> Result<u64, Wrong> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(_) => number(object, name),
    }
}

/// The member `name` of `object`, which must be a list; empty where it is not there at all.
pub fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], Wrong> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(_) => found(object, name, "a list", Value::as_array).map(Vec::as_slice),
    }
}

/// What kind of value it is, with an article.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn found<'a, T>(
    object: &'a Map<String, Value>,
    name: &str,
    wanted: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, Wrong> {
    let value = object.get(name).ok_or_else(|| format!("\"{name}\" is missing, {wanted} was expected"))?;
    read(value).ok_or_else(|| format!("\"{name}\" is {}, {wanted} was expected", kind(value)))
}

fn looks_like_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let tag = |tag: &str| start.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag.as_bytes()));
    tag("<!doctype") || tag("<html")
}
