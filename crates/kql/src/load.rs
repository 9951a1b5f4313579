//! Loading tables from JSON lines: known tables get Log Analytics' columns, others the types that their values show.

use std::io::BufRead;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::builder::{RowError, TableBuilder};
use crate::chunk::Chunk;
use crate::{Datetime, Schema, Table, Timespan, Type, known};

/// Why lines could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Reading failed.
    #[error("line {line} could not be read")]
    Read {
        /// The line, from 1.
        line: usize,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not a JSON object.
    #[error("line {line} is not a JSON object: {found}")]
    Object {
        /// The line, from 1.
        line: usize,
        /// What it is instead.
        found: String,
    },
    /// A value does not fit its column.
    #[error("line {line} does not fit the table")]
    Row {
        /// The line, from 1.
        line: usize,
        /// Which.
        source: RowError,
    },
}

/// Reads a table from JSON lines. A known table (see [`known::schema`]) has its own columns whether lines give them or not, and
/// further members as inferred columns. A row counts as ingested at its `TimeGenerated`.
///
/// # Errors
/// Where a line is not a JSON object or a value does not fit its column; the line is told.
pub fn jsonl(name: &str, reader: impl BufRead) -> Result<Table, LoadError> {
    let known = known::schema(name).unwrap_or(&[]);
    let schema = Schema::new(known.iter().map(|(name, ty)| (*name, *ty)));
    let mut builder = TableBuilder::new(schema.clone());
    // What a known table has no column for waits until every line has shown its type.
    let mut further: Vec<(usize, Map<String, Json>)> = Vec::new();
    for (index, line) in reader.lines().enumerate() {
        let line_number = index + 1;
        let line = line.map_err(|source| LoadError::Read { line: line_number, source })?;
        if line.trim().is_empty() {
            continue;
        }
        let mut object = match serde_json::from_str::<Json>(&line) {
            Ok(Json::Object(object)) => object,
            Ok(other) => return Err(LoadError::Object { line: line_number, found: other.to_string() }),
            Err(error) => return Err(LoadError::Object { line: line_number, found: error.to_string() }),
        };
        let generated = object.get("TimeGenerated").and_then(Json::as_str).and_then(Datetime::parse);
        builder.push_json(&object, generated).map_err(|source| LoadError::Row { line: line_number, source })?;
        object.retain(|name, _| schema.position(name).is_none());
        // An emptied map would keep its memory.
        further.push((line_number, if object.is_empty() { Map::new() } else { object }));
    }
    let table = builder.finish();
    let inferred = infer(further.iter().map(|(_, object)| object));
    if inferred.columns.is_empty() {
        return Ok(table);
    }
    let mut builder = TableBuilder::new(inferred);
    for (line, object) in further {
        builder.push_json(&object, None).map_err(|source| LoadError::Row { line, source })?;
    }
    Ok(side_by_side(&table, &builder.finish()))
}

/// A table of the columns of both, which have as many rows.
fn side_by_side(left: &Table, right: &Table) -> Table {
    let columns = left.schema().columns.iter().chain(&right.schema().columns).cloned().collect();
    let types = right.schema().types();
    let parts: Vec<Chunk> = right.chunks().iter().map(|chunk| Chunk::clone(chunk)).collect();
    let whole = Chunk::concat(&types, &parts);
    let mut start = 0;
    let chunks = left.chunks().iter().map(|chunk| {
        let further = whole.slice(start, chunk.len);
        start += chunk.len;
        let columns = chunk.columns.iter().cloned().chain(further.columns).collect();
        Arc::new(Chunk { columns, len: chunk.len, ingested: chunk.ingested.clone() })
    });
    Table::from_chunks(Arc::new(Schema { columns }), chunks.collect())
}

/// The columns that the members of the objects show.
fn infer<'a>(objects: impl Iterator<Item = &'a Map<String, Json>>) -> Schema {
    let mut inferred: Vec<(String, Option<Type>)> = Vec::new();
    for object in objects {
        for (name, value) in object {
            let found = shown(value);
            match inferred.iter_mut().find(|(own, _)| own == name) {
                Some((_, ty)) => *ty = both(*ty, found),
                None => inferred.push((name.clone(), found)),
            }
        }
    }
    Schema::new(inferred.into_iter().map(|(name, ty)| (name, ty.unwrap_or(Type::String))))
}

/// The type that a value shows; null shows none.
fn shown(value: &Json) -> Option<Type> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(_) => Type::Bool,
        Json::Number(number) if number.is_i64() => Type::Long,
        Json::Number(_) => Type::Real,
        Json::String(text) => text_type(text),
        Json::Array(_) | Json::Object(_) => Type::Dynamic,
    })
}

/// Only full ISO 8601 texts count as datetimes, and only clock texts as timespans.
fn text_type(text: &str) -> Type {
    let iso = text.len() >= 19 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    if iso && Datetime::parse(text).is_some() {
        Type::Datetime
    } else if text.matches(':').count() == 2 && Timespan::parse(text).is_some() {
        Type::Timespan
    } else {
        Type::String
    }
}

fn both(known: Option<Type>, found: Option<Type>) -> Option<Type> {
    match (known, found) {
        (None, other) | (other, None) => other,
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(Type::Long | Type::Real), Some(Type::Long | Type::Real)) => Some(Type::Real),
        (
            Some(Type::Datetime | Type::Timespan | Type::String),
            Some(Type::Datetime | Type::Timespan | Type::String),
        ) => Some(Type::String),
        _ => Some(Type::Dynamic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inference() {
        let lines =
            "{\"a\": 1, \"b\": \"2024-06-01T00:00:00Z\", \"c\": null}\n\n{\"a\": 2.5, \"d\": [1], \"c\": \"x\"}\n";
        let table = jsonl("T", lines.as_bytes()).expect("every line is an object");
        let expected =
            Schema::new([("a", Type::Real), ("b", Type::Datetime), ("c", Type::String), ("d", Type::Dynamic)]);
        assert_eq!(*table.schema(), expected);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn faults_tell_the_line() {
        let check = |name: &str, lines: &str, expected: &str| {
            let error = jsonl(name, lines.as_bytes()).expect_err("the lines are faulty");
            let said = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
            let said = said.map(ToString::to_string).collect::<Vec<_>>().join(": ");
            assert!(said.starts_with(expected), "{said}");
        };
        check("T", "{}\n[1]", "line 2 is not a JSON object: [1]");
        check("T", "{", "line 1 is not a JSON object");
        check(
            "SecurityIncident",
            "{\"IncidentNumber\": \"x\"}",
            "line 1 does not fit the table: column IncidentNumber holds int values and cannot take \"x\"",
        );
    }
}
