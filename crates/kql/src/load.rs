//! Loading tables from JSON lines: known tables get Log Analytics' columns, others the types that their values show.

use std::borrow::Cow;
use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::builder::{RowError, TableBuilder, json_text};
use crate::chunk::Chunk;
use crate::column::Strings;
use crate::{Datetime, Dynamic, Schema, Table, Timespan, Type, known};

/// Why lines could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Reading failed.
    #[error("line {line} could not be read")]
    Read {
        /// The line, from 1.
        line: usize,
        /// Why.
        source: io::Error,
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
pub fn jsonl(name: &str, mut reader: impl BufRead) -> Result<Table, LoadError> {
    let known = known::schema(name).unwrap_or(&[]);
    let schema = Schema::new(known.iter().map(|(name, ty)| (*name, *ty)));
    let generated = schema.position("TimeGenerated");
    let mut builder = TableBuilder::new(schema);
    // What the table has no column for waits until every line has shown its type.
    let (mut inferred, mut further) = (Inferred::default(), Further::default());
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        if reader.read_until(b'\n', &mut text).map_err(|source| LoadError::Read { line, source })? == 0 {
            break;
        }
        let no_text = |error| LoadError::Read { line, source: io::Error::new(io::ErrorKind::InvalidData, error) };
        let text = std::str::from_utf8(&text).map_err(no_text)?.trim();
        if text.is_empty() {
            continue;
        }
        let members = builder.members(text).map_err(|error| LoadError::Object { line, found: found(text, &error) })?;
        let at = match generated {
            Some(column) => members.text(column),
            None => {
                members.further().iter().find(|(name, _)| name == "TimeGenerated").and_then(|(_, at)| json_text(at))
            }
        };
        let ingested = at.and_then(|at| Datetime::parse(&at));
        builder.push_members(&members, ingested).map_err(|source| LoadError::Row { line, source })?;
        inferred.see(members.further());
        further.push(line, members.further());
    }
    let table = builder.finish();
    if inferred.columns.is_empty() {
        return Ok(table);
    }
    Ok(side_by_side(&table, &further.table(inferred.schema())?))
}

/// What a line is that is no JSON object.
fn found(text: &str, error: &serde_json::Error) -> String {
    serde_json::from_str::<Json>(text).map_or_else(|_| error.to_string(), |other| other.to_string())
}

/// The members of each line that no known column takes.
#[derive(Default)]
struct Further {
    lines: Vec<usize>,
    /// An object for each line.
    objects: Strings,
}

impl Further {
    fn push(&mut self, line: usize, members: &[(Cow<'_, str>, &str)]) {
        self.lines.push(line);
        self.objects.push_with(|out| {
            out.push('{');
            for (at, (name, json)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                Dynamic::string(name).write_json(out);
                out.push(':');
                out.push_str(json);
            }
            out.push('}');
        });
    }

    /// The members as columns.
    fn table(self, schema: Schema) -> Result<Table, LoadError> {
        let mut builder = TableBuilder::new(schema);
        for (line, object) in self.lines.into_iter().zip(self.objects.iter()) {
            let wrong = |error: serde_json::Error| LoadError::Object { line, found: error.to_string() };
            let members = builder.members(object).map_err(wrong)?;
            builder.push_members(&members, None).map_err(|source| LoadError::Row { line, source })?;
        }
        Ok(builder.finish())
    }
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

/// The columns that the members of the lines so far show.
#[derive(Default)]
struct Inferred {
    columns: Vec<(String, Option<Type>)>,
}

impl Inferred {
    fn see(&mut self, members: &[(Cow<'_, str>, &str)]) {
        for (at, (name, json)) in members.iter().enumerate() {
            // Lines tend to have their members in one order.
            let same = self.columns.get(at).is_some_and(|(own, _)| own == name);
            let known = if same { Some(at) } else { self.columns.iter().position(|(own, _)| own == name) };
            match known.map(|at| &mut self.columns[at].1) {
                // A text more tells nothing new.
                Some(Some(Type::String)) if json.starts_with('"') => {}
                Some(ty) => *ty = both(*ty, shown(json)),
                None => self.columns.push((name.to_string(), shown(json))),
            }
        }
    }

    fn schema(self) -> Schema {
        Schema::new(self.columns.into_iter().map(|(name, ty)| (name, ty.unwrap_or(Type::String))))
    }
}

/// The type that JSON text shows; null shows none.
fn shown(json: &str) -> Option<Type> {
    Some(match json.as_bytes().first()? {
        b'n' => return None,
        b't' | b'f' => Type::Bool,
        b'"' => json_text(json).map_or(Type::String, |text| text_type(&text)),
        b'[' | b'{' => Type::Dynamic,
        // JSON's -0 is a real.
        _ if json != "-0" && json.parse::<i64>().is_ok() => Type::Long,
        _ => Type::Real,
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
