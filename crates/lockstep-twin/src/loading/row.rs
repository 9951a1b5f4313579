//! One row of a table, read by column.

use kql::{Table, Value};
use serde_json::Value as Json;
use time::OffsetDateTime;

/// One row of a table.
pub(super) struct Row<'a> {
    table: &'a Table,
    position: usize,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'a Table, position: usize) -> Self {
        Self { table, position }
    }

    fn value(&self, column: &str) -> Option<Value> {
        let column = self.table.schema().position(column)?;
        Some(self.table.value(self.position, column))
    }

    /// A string column; empty where there is none.
    pub(super) fn text(&self, column: &str) -> String {
        match self.value(column) {
            Some(Value::String(text)) => text.to_string(),
            _ => String::new(),
        }
    }

    /// A string column that may be empty.
    pub(super) fn some_text(&self, column: &str) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// A datetime column.
    pub(super) fn time(&self, column: &str) -> Option<OffsetDateTime> {
        match self.value(column) {
            Some(Value::Datetime(Some(at))) => OffsetDateTime::from_unix_timestamp_nanos(at.unix_nanoseconds()).ok(),
            _ => None,
        }
    }

    /// An int column.
    pub(super) fn int(&self, column: &str) -> Option<i32> {
        match self.value(column) {
            Some(Value::Int(int)) => int,
            _ => None,
        }
    }

    /// A dynamic column, or a string column that holds JSON.
    pub(super) fn json(&self, column: &str) -> Json {
        let text = match self.value(column) {
            Some(Value::Dynamic(value)) => value.json(),
            Some(Value::String(text)) => text.to_string(),
            _ => String::new(),
        };
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// A column that holds a JSON array of strings.
    pub(super) fn texts(&self, column: &str) -> Vec<String> {
        texts(&self.json(column))
    }
}

/// The strings of a JSON array.
pub(super) fn texts(array: &Json) -> Vec<String> {
    array.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}
