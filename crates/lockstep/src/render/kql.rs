//! Answers of queries: as a table, as Log Analytics gives them, as CSV, and as lines of a batch.

use std::io::{self, Write};

use kql::{Answer, Schema, Table, Value, wire};
use serde_json::json;

use super::Screen;
use super::safe::{safe, safe_json};
use super::table::{cell, table};
use crate::arguments::{Format, KqlFormat};
use crate::problem::Problem;

/// An answer.
pub fn answer(answer: &Answer, format: KqlFormat, screen: &mut Screen) {
    match format {
        KqlFormat::Table => {
            for (name, rows) in &answer.tables {
                if answer.tables.len() > 1 {
                    screen.line(&safe(name));
                }
                people(rows, screen);
            }
        }
        KqlFormat::Json => {
            let mut line = b"{\"tables\":[".to_vec();
            for (index, (name, rows)) in answer.tables.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                line.extend_from_slice(format!("{comma}{{\"name\":{},", json!(name)).as_bytes());
                members(rows, &mut line);
                line.push(b'}');
            }
            line.extend_from_slice(b"]}");
            json_line(line, screen);
        }
        KqlFormat::Csv => {
            let is_watched = screen.is_watched();
            screen.bulk(|out| answer.tables.iter().try_for_each(|(_, rows)| csv(rows, is_watched, out)));
        }
    }
}

/// The columns of tables.
pub fn schemas<'a>(tables: impl Iterator<Item = (&'a str, &'a Schema)>, format: KqlFormat, screen: &mut Screen) {
    let columns = tables.flat_map(|(name, schema)| schema.columns.iter().map(move |column| (name, column)));
    match format {
        KqlFormat::Table => {
            let mut shown = table(&["table", "column", "type"]);
            for (name, column) in columns {
                shown.add_row([cell(name), cell(&column.name), cell(&column.ty.to_string())]);
            }
            screen.line(&shown.to_string());
        }
        KqlFormat::Json => {
            let columns = columns
                .map(|(name, column)| json!({ "table": name, "column": column.name, "type": column.ty.to_string() }));
            screen.json_line(&columns.collect::<serde_json::Value>());
        }
        KqlFormat::Csv => screen.bulk(|out| {
            out.write_all(b"table,column,type\r\n")?;
            columns
                .into_iter()
                .try_for_each(|(name, column)| write!(out, "{},{},{}\r\n", field(name), field(&column.name), column.ty))
        }),
    }
}

/// The answer to one line of a batch: its first table.
pub fn answer_line(id: &serde_json::Value, answer: &Answer, screen: &mut Screen) {
    let mut line = format!("{{\"id\":{id},").into_bytes();
    match answer.tables.first() {
        Some((_, rows)) => members(rows, &mut line),
        None => line.extend_from_slice(b"\"columns\":[],\"rows\":[]"),
    }
    if let Some(partial) = &answer.partial {
        let partial = json!({ "code": partial.code, "message": partial.message });
        line.extend_from_slice(format!(",\"partial\":{partial}").as_bytes());
    }
    line.push(b'}');
    json_line(line, screen);
}

/// Why one line of a batch has no answer.
pub fn failure_line(id: &serde_json::Value, code: &str, message: &str, screen: &mut Screen) {
    screen.json_line(&json!({ "id": id, "error": { "code": code, "message": message } }));
}

/// Something that is wrong with a query.
pub fn finding(error: &kql::Error, problem: &Problem, format: Format, screen: &mut Screen) {
    match format {
        Format::Text => screen.line(&super::problem::report(problem)),
        Format::Json => {
            let origin = problem.place.as_ref().map(|place| place.origin.as_str());
            let (start, end) = error.span.clone().map(|span| (span.start, span.end)).unzip();
            screen.json_line(&json!({
                "file": origin, "code": error.code, "message": error.message, "start": start, "end": end, "hint": error.hint,
            }));
        }
    }
}

/// The columns and rows of a table as members of a JSON object.
fn members(rows: &Table, line: &mut Vec<u8>) {
    line.extend_from_slice(format!("\"columns\":{},\"rows\":", wire::columns(rows)).as_bytes());
    wire::write_rows(rows, line).expect("a Vec takes all that is written");
}

/// A line of JSON: as it is for a machine, so that no more of it is made; with nothing to obey for a terminal.
fn json_line(mut line: Vec<u8>, screen: &mut Screen) {
    line.push(b'\n');
    match std::str::from_utf8(&line) {
        Ok(text) if screen.is_watched() => screen.bytes(safe_json(text).as_bytes()),
        _ => screen.bytes(&line),
    }
}

fn people(rows: &Table, screen: &mut Screen) {
    let names: Vec<_> = rows.schema().columns.iter().map(|column| column.name.as_str()).collect();
    let mut shown = table(&names);
    for row in 0..rows.len() {
        shown.add_row(rows.row(row).iter().map(|value| cell(&text(value))));
    }
    screen.line(&shown.to_string());
    screen.line(&format!("{} row{}", rows.len(), if rows.len() == 1 { "" } else { "s" }));
}

/// RFC 4180: a header, CRLF, quotes where a field needs them.
fn csv(rows: &Table, is_watched: bool, out: &mut dyn Write) -> io::Result<()> {
    let shown = |text: &str| if is_watched { field(&safe(text)) } else { field(text) };
    let header: Vec<_> = rows.schema().columns.iter().map(|column| shown(&column.name)).collect();
    write!(out, "{}\r\n", header.join(","))?;
    for row in 0..rows.len() {
        let fields: Vec<_> = rows.row(row).iter().map(|value| shown(&text(value))).collect();
        write!(out, "{}\r\n", fields.join(","))?;
    }
    Ok(())
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A value as people and CSV have it; a null is nothing.
fn text(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}
