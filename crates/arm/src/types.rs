//! Types of parameters and outputs, and whether a value is of one.
//!
//! Source: "Parameters in ARM templates"; "Type definitions in ARM templates" for what languageVersion 2.0 adds.

use serde_json::{Map, Value};

use crate::functions::{find, type_name};

/// The named types of a template.
#[derive(Clone, Copy)]
pub(crate) struct Types<'a>(pub Option<&'a Map<String, Value>>);

/// A type that a declaration can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Integer,
    Boolean,
    Object,
    Array,
    Any,
}

/// The type of a declaration that names one itself.
pub(crate) fn declared_type(declaration: &Value) -> Result<Option<Type>, String> {
    let Some(kind) = member(declaration, "type") else {
        return match member(declaration, "$ref") {
            Some(_) => Ok(None),
            None => Err("it must have a 'type'.".to_owned()),
        };
    };
    let name = kind.as_str().unwrap_or_default();
    Ok(Some(match name.to_ascii_lowercase().as_str() {
        "string" | "securestring" => Type::Text,
        "int" => Type::Integer,
        "bool" => Type::Boolean,
        "object" | "secureobject" => Type::Object,
        "array" => Type::Array,
        "any" => Type::Any,
        _ => {
            return Err(format!(
                "the type {kind} is not one of 'string', 'securestring', 'int', 'bool', 'object', 'secureObject' and 'array'."
            ));
        }
    }))
}

/// Whether values of the declaration are secret.
pub(crate) fn is_secure(declaration: &Value) -> bool {
    let name = member(declaration, "type").and_then(Value::as_str).unwrap_or_default();
    name.eq_ignore_ascii_case("securestring") || name.eq_ignore_ascii_case("secureobject")
}

impl<'a> Types<'a> {
    /// Whether the declaration takes null.
    pub fn is_nullable(self, declaration: &Value) -> bool {
        let own = member(declaration, "nullable").and_then(Value::as_bool);
        own.unwrap_or_else(|| self.named(declaration).is_some_and(|named| self.is_nullable(named)))
    }

    /// Whether the value of a parameter is what its declaration asks for; if not, why.
    pub fn check(self, value: &Value, declaration: &Value, name: &str) -> Result<(), String> {
        self.matches(value, declaration, 0)
            .map_err(|reason| format!("The provided value for the template parameter '{name}' is not valid. {reason}"))
    }

    /// Whether the value of an output is of its type.
    pub fn check_output(self, value: &Value, declaration: &Value, name: &str) -> Result<(), String> {
        self.matches(value, declaration, 0)
            .map_err(|reason| format!("The template output '{name}' is not valid: {reason}"))
    }

    fn matches(self, value: &Value, declaration: &Value, depth: usize) -> Result<(), String> {
        const DEEPEST: usize = 64;
        if depth > DEEPEST || value.is_null() && self.is_nullable(declaration) {
            return Ok(());
        }
        if let Some(named) = self.named(declaration) {
            self.matches(value, named, depth + 1)?;
        }
        let Some(expected) = declared_type(declaration).ok().flatten() else {
            return Ok(());
        };
        let right = match expected {
            Type::Text => value.is_string(),
            Type::Integer => value.is_i64() || value.is_u64(),
            Type::Boolean => value.is_boolean(),
            Type::Object => value.is_object(),
            Type::Array => value.is_array(),
            Type::Any => true,
        };
        if !right {
            return Err(format!(
                "Expected a value of type '{}', but received a value of type '{}'.",
                expected.name(),
                type_name(value)
            ));
        }
        allowed(value, declaration)?;
        limits(value, declaration)?;
        self.parts(value, declaration, depth)
    }

    /// Members and elements, where the declaration says what they are.
    fn parts(self, value: &Value, declaration: &Value, depth: usize) -> Result<(), String> {
        if let (Some(members), Some(Value::Object(properties))) = (value.as_object(), member(declaration, "properties"))
        {
            for (name, property) in properties {
                match find(members, name) {
                    Some((_, value)) => {
                        self.matches(value, property, depth + 1)
                            .map_err(|reason| format!("Property '{name}': {reason}"))?;
                    }
                    None if self.is_nullable(property) => {}
                    None => return Err(format!("The property '{name}' is required and is missing.")),
                }
            }
            if member(declaration, "additionalProperties") == Some(&Value::Bool(false))
                && let Some(extra) = members.keys().find(|name| find(properties, name).is_none())
            {
                return Err(format!("The property '{extra}' is not allowed."));
            }
        }
        if let (Some(elements), Some(items)) =
            (value.as_array(), member(declaration, "items").filter(|items| items.is_object()))
        {
            for (index, element) in elements.iter().enumerate() {
                self.matches(element, items, depth + 1).map_err(|reason| format!("Element '{index}': {reason}"))?;
            }
        }
        Ok(())
    }

    /// The definition that the declaration names.
    fn named(self, declaration: &Value) -> Option<&'a Value> {
        let reference = member(declaration, "$ref")?.as_str()?;
        let name = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
        find(self.0?, &name).map(|(_, definition)| definition)
    }
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
            Self::Object => "Object",
            Self::Array => "Array",
            Self::Any => "Any",
        }
    }
}

/// One of `allowedValues`; for an array, each element is.
fn allowed(value: &Value, declaration: &Value) -> Result<(), String> {
    let Some(allowed) = member(declaration, "allowedValues").and_then(Value::as_array) else {
        return Ok(());
    };
    let is_allowed = |value: &Value| allowed.iter().any(|allowed| same_case_aside(allowed, value));
    let each = value.as_array().is_some_and(|elements| elements.iter().all(is_allowed));
    if each || is_allowed(value) {
        return Ok(());
    }
    let allowed: Vec<String> =
        allowed.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    Err(format!("The value is not part of the allowed value(s): '{}'.", allowed.join(",")))
}

fn same_case_aside(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.eq_ignore_ascii_case(right),
        _ => left == right,
    }
}

/// `minValue`, `maxValue`, `minLength`, `maxLength`, ends included.
fn limits(value: &Value, declaration: &Value) -> Result<(), String> {
    let limit = |name: &str| member(declaration, name).and_then(Value::as_i64);
    let length = match value {
        Value::String(text) => Some(text.encode_utf16().count()),
        Value::Array(elements) => Some(elements.len()),
        _ => None,
    };
    let length = length.map(|length| i64::try_from(length).unwrap_or(i64::MAX));
    for (measured, what, least, most) in [
        (value.as_i64(), "The value", "minValue", "maxValue"),
        (length, "Length of the value", "minLength", "maxLength"),
    ] {
        let Some(measured) = measured else { continue };
        if let Some(least) = limit(least).filter(|least| measured < *least) {
            return Err(format!("{what} should be greater than or equal to '{least}'."));
        }
        if let Some(most) = limit(most).filter(|most| measured > *most) {
            return Err(format!("{what} should be less than or equal to '{most}'."));
        }
    }
    Ok(())
}

fn member<'a>(declaration: &'a Value, name: &str) -> Option<&'a Value> {
    find(declaration.as_object()?, name).map(|(_, value)| value)
}
