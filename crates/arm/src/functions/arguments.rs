//! The arguments of a call, by position and type.

use serde_json::{Map, Value};

use crate::error::Fault;

/// The values that a function was called with. Their number was checked.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    function: &'a str,
    values: Vec<Value>,
}

impl<'a> Arguments<'a> {
    pub fn new(function: &'a str, values: Vec<Value>) -> Self {
        Self { function, values }
    }

    /// The function's name, as the call writes it.
    pub fn function(&self) -> &'a str {
        self.function
    }

    pub fn all(&self) -> &[Value] {
        &self.values
    }

    pub fn get(&self, position: usize) -> Option<&Value> {
        self.values.get(position)
    }

    pub fn value(&self, position: usize) -> &Value {
        self.values.get(position).unwrap_or(&Value::Null)
    }

    pub fn text(&self, position: usize) -> Result<&str, Fault> {
        self.value(position).as_str().ok_or_else(|| self.wrong(position, "a string"))
    }

    /// Every argument from this one on, all of them strings.
    pub fn texts(&self, from: usize) -> Result<Vec<&str>, Fault> {
        (from..self.values.len()).map(|position| self.text(position)).collect()
    }

    pub fn integer(&self, position: usize) -> Result<i64, Fault> {
        self.value(position).as_i64().ok_or_else(|| self.wrong(position, "an integer"))
    }

    /// An integer that counts: not below zero.
    pub fn count(&self, position: usize) -> Result<usize, Fault> {
        let number = self.integer(position)?;
        usize::try_from(number)
            .map_err(|_| self.fault(format!("argument '{}' must not be negative, and is '{number}'.", position + 1)))
    }

    pub fn boolean(&self, position: usize) -> Result<bool, Fault> {
        self.value(position).as_bool().ok_or_else(|| self.wrong(position, "a boolean"))
    }

    pub fn array(&self, position: usize) -> Result<&Vec<Value>, Fault> {
        self.value(position).as_array().ok_or_else(|| self.wrong(position, "an array"))
    }

    pub fn object(&self, position: usize) -> Result<&Map<String, Value>, Fault> {
        self.value(position).as_object().ok_or_else(|| self.wrong(position, "an object"))
    }

    /// That the argument is of another type than the function takes.
    pub fn wrong(&self, position: usize, expected: &str) -> Fault {
        let found = type_name(self.value(position));
        self.fault(format!("argument '{}' must be {expected}, and is of type '{found}'.", position + 1))
    }

    pub fn fault(&self, reason: impl std::fmt::Display) -> Fault {
        Fault::new(format!("Unable to evaluate template language function '{}': {reason}", self.function))
    }
}

/// The type of a value, as the service's messages name it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}
