//! The part of JSON Schema that `ParseJson` is used with. What is not here is refused by name.

use serde_json::Value;

use crate::functions::type_name;

/// Keywords that say nothing about whether a value fits.
const IGNORED: &[&str] = &["$schema", "title", "description", "default", "examples", "id", "$id", "format", "readOnly"];

/// Whether a value fits a schema; if not, what is wrong and where.
pub(super) fn check(value: &Value, schema: &Value, place: &str) -> Result<(), String> {
    let members = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(members) => members,
        _ => return Err(format!("The schema of '{place}' must be an object.")),
    };
    for (keyword, rule) in members {
        match keyword.as_str() {
            "type" => kind(value, rule, place)?,
            "properties" => {
                for (name, schema) in rule.as_object().into_iter().flatten() {
                    if let Some(value) = value.get(name) {
                        check(value, schema, &format!("{place}.{name}"))?;
                    }
                }
            }
            "required" => {
                let missing = rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .find(|name| value.is_object() && value.get(name).is_none());
                if let Some(name) = missing {
                    return Err(format!("Required properties are missing from object: {name}. At '{place}'."));
                }
            }
            "items" => {
                for (index, element) in value.as_array().into_iter().flatten().enumerate() {
                    check(element, rule, &format!("{place}[{index}]"))?;
                }
            }
            "enum" => {
                if !rule.as_array().is_some_and(|allowed| allowed.contains(value)) {
                    return Err(format!("Value {value} is not defined in enum. At '{place}'."));
                }
            }
            "additionalProperties" if rule.is_boolean() => {
                let known = members.get("properties").and_then(Value::as_object);
                let extra = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name)
                    .find(|name| known.is_none_or(|known| !known.contains_key(*name)));
                if let (Value::Bool(false), Some(name)) = (rule, extra) {
                    return Err(format!(
                        "Property '{name}' has not been defined and the schema does not allow additional properties. At '{place}'."
                    ));
                }
            }
            "anyOf" | "oneOf" => {
                let fitting =
                    rule.as_array().into_iter().flatten().filter(|schema| check(value, schema, place).is_ok()).count();
                if fitting == 0 || keyword == "oneOf" && fitting > 1 {
                    return Err(format!("JSON does not match the schemas from '{keyword}'. At '{place}'."));
                }
            }
            _ if IGNORED.contains(&keyword.as_str()) => {}
            _ => {
                return Err(format!(
                    "The keyword '{keyword}' of JSON Schema is not supported by this engine. At '{place}'."
                ));
            }
        }
    }
    Ok(())
}

fn kind(value: &Value, rule: &Value, place: &str) -> Result<(), String> {
    let expected: Vec<&str> = match rule {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Err(format!("'type' in the schema of '{place}' must be a string or an array of strings.")),
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    };
    if expected.iter().any(|kind| is(kind)) {
        return Ok(());
    }
    let capital = |kind: &str| kind[..1].to_uppercase() + &kind[1..];
    let expected: Vec<String> =
        expected.iter().filter(|kind| kind.is_ascii() && !kind.is_empty()).map(|kind| capital(kind)).collect();
    Err(format!("Invalid type. Expected {} but got {}. At '{place}'.", expected.join(", "), type_name(value)))
}
