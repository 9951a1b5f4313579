//! Tables as the Log Analytics query API writes them: columns by name and type, and cells as JSON. Datetimes and timespans are
//! texts, dynamics are JSON text in a string, numbers that are not finite are strings.

use std::io;

use serde_json::{Value as Json, json};

use crate::column::Cell;
use crate::{Dynamic, Table};

/// `[{"name": .., "type": ..}, ..]`
pub fn columns(table: &Table) -> Json {
    table.schema().columns.iter().map(|column| json!({ "name": column.name, "type": column.ty.name() })).collect()
}

/// `[[cell, ..], ..]`
pub fn rows(table: &Table) -> Json {
    let mut rows = Vec::with_capacity(table.len());
    for chunk in table.chunks() {
        for row in 0..chunk.len {
            rows.push(chunk.columns.iter().map(|column| cell(column.cell(row))).collect());
        }
    }
    Json::Array(rows)
}

/// Writes the rows as [`rows`] gives them, one after another, without holding them all.
///
/// # Errors
/// What the writer fails with.
pub fn write_rows(table: &Table, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut first = true;
    for chunk in table.chunks() {
        for row in 0..chunk.len {
            if !first {
                out.write_all(b",")?;
            }
            first = false;
            let cells: Json = chunk.columns.iter().map(|column| cell(column.cell(row))).collect();
            serde_json::to_writer(&mut *out, &cells)?;
        }
    }
    out.write_all(b"]")
}

fn cell(cell: Cell<'_>) -> Json {
    match cell {
        Cell::Bool(value) => json!(value),
        Cell::Int(value) => json!(value),
        Cell::Long(value) => json!(value),
        Cell::Real(None) => Json::Null,
        Cell::Real(Some(value)) if value.is_nan() => json!("NaN"),
        Cell::Real(Some(value)) if value.is_infinite() => json!(if value > 0.0 { "Infinity" } else { "-Infinity" }),
        Cell::Real(Some(value)) => json!(value),
        Cell::Decimal(value) => json!(value.map(|value| value.to_string())),
        Cell::Datetime(value) => json!(value.map(crate::Datetime::wire)),
        Cell::Timespan(value) => json!(value.map(|value| value.to_string())),
        Cell::Guid(value) => json!(value.map(|value| value.to_string())),
        Cell::String(text) => json!(text),
        Cell::Dynamic(Dynamic::Null) => Json::Null,
        Cell::Dynamic(Dynamic::String(text)) => json!(&**text),
        Cell::Dynamic(value) => json!(value.json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Datetime, Schema, TableBuilder, Timespan, Type, Value};

    #[test]
    fn cells() {
        let check = |value: Value, expected: Json| {
            let mut table = TableBuilder::new(Schema::new([("x", value.ty())]));
            table.push(vec![value], None).expect("the schema is the value's");
            let table = table.finish();
            assert_eq!(rows(&table), json!([[expected]]));
            let mut written = Vec::new();
            write_rows(&table, &mut written).expect("memory takes it");
            assert_eq!(serde_json::from_slice::<Json>(&written).expect("it is JSON"), json!([[expected]]));
        };
        check(Value::Datetime(Datetime::parse("2024-06-01")), json!("2024-06-01T00:00:00Z"));
        check(Value::Datetime(Datetime::parse("2024-06-01T01:02:03.450Z")), json!("2024-06-01T01:02:03.45Z"));
        check(Value::Timespan(Some(Timespan(-1))), json!("-00:00:00.0000001"));
        check(Value::Real(Some(f64::NAN)), json!("NaN"));
        check(Value::Real(Some(2.0)), json!(2.0));
        check(Value::Bool(Some(true)), json!(true));
        check(Value::null(Type::Long), Json::Null);
        check(Value::Dynamic(Dynamic::parse("[1, {\"a\": null}]").expect("it is JSON")), json!("[1,{\"a\":null}]"));
        check(Value::Dynamic(Dynamic::string("a")), json!("a"));
    }
}
