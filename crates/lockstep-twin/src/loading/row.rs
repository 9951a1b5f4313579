//! One row of a table, read by the positions of columns.

use kql::column::Cell;
use kql::{Dynamic, Table};
use serde_json::Value as Json;
use time::OffsetDateTime;

/// Declares a table's columns that loading touches: a field for each, which holds the column's position.
macro_rules! columns {
    ($table:ident { $($field:ident $name:literal)* }) => {
        /// The positions of the columns.
        pub(super) struct Columns {
            $($field: usize,)*
        }

        impl Columns {
            pub(super) fn new() -> Self {
                let schema = $crate::world::TableName::$table.schema();
                let at = |name| schema.position(name).expect("the table has its columns");
                Self { $($field: at($name),)* }
            }
        }
    };
}

pub(super) use columns;

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    position: usize,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'a Table, position: usize) -> Self {
        Self { table, position }
    }

    fn cell(self, column: usize) -> Cell<'a> {
        self.table.cell(self.position, column)
    }

    /// A string column; empty where there is none.
    pub(super) fn text(self, column: usize) -> &'a str {
        match self.cell(column) {
            Cell::String(text) => text,
            _ => "",
        }
    }

    /// A string column that may be empty.
    pub(super) fn some_text(self, column: usize) -> Option<&'a str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// A datetime column.
    pub(super) fn time(self, column: usize) -> Option<OffsetDateTime> {
        match self.cell(column) {
            Cell::Datetime(Some(at)) => OffsetDateTime::from_unix_timestamp_nanos(at.unix_nanoseconds()).ok(),
            _ => None,
        }
    }

    /// An int column.
    pub(super) fn int(self, column: usize) -> Option<i32> {
        match self.cell(column) {
            Cell::Int(int) => int,
            _ => None,
        }
    }

    /// A dynamic column.
    pub(super) fn dynamic(self, column: usize) -> &'a Dynamic {
        match self.cell(column) {
            Cell::Dynamic(value) => value,
            _ => &Dynamic::Null,
        }
    }

    /// A string column that holds JSON.
    pub(super) fn json(self, column: usize) -> Json {
        serde_json::from_str(self.text(column)).unwrap_or(Json::Null)
    }
}

/// A string; `None` where the value is something else.
pub(super) fn text(value: &Dynamic) -> Option<&str> {
    match value {
        Dynamic::String(text) => Some(text),
        _ => None,
    }
}

/// A bag's member; null where there is none.
pub(super) fn member<'a>(bag: &'a Dynamic, name: &str) -> &'a Dynamic {
    bag.member(name).unwrap_or(&Dynamic::Null)
}

/// The strings of an array.
pub(super) fn texts(array: &Dynamic) -> Vec<String> {
    array.array().into_iter().flatten().filter_map(text).map(str::to_owned).collect()
}
