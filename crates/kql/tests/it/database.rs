//! Tables at hand and tables of other workspaces.

use kql::{Database, Datetime, Options, Schema, TableBuilder, Type};
use serde_json::json;

fn options() -> Options {
    Options::at(Datetime::parse("2024-06-01").expect("it is a date"))
}

fn database(rows: &[i64]) -> Database {
    let mut builder = TableBuilder::new(Schema::new([("N", Type::Long)]));
    for (row, day) in rows.iter().zip(1..) {
        let row = json!({"N": row}).as_object().expect("it is an object").clone();
        let ingested = Datetime::parse(&format!("2024-05-{day:02}")).expect("it is a date");
        builder.push_json(&row, Some(ingested)).expect("the row fits");
    }
    let mut database = Database::new();
    database.insert("T", builder.finish());
    database
}

fn ask(database: &Database, query: &str) -> String {
    let answer = kql::run(query, database, &options()).unwrap_or_else(|error| panic!("{query}\n{error}"));
    let (_, table) = answer.tables.last().unwrap_or_else(|| panic!("{query}"));
    let cells = (0..table.len()).map(|row| table.value(row, 0).to_string());
    cells.collect::<Vec<_>>().join(" ")
}

#[test]
fn tables_of_other_workspaces_are_reached_by_name_alone() {
    let mut here = database(&[1, 2]);
    let there = database(&[3, 4, 5]);
    here.insert_of("Soc", "T", there.table("T").expect("it is there").clone());
    for (query, expected) in [
        ("T | count", "2"),
        ("workspace('soc').T | count", "3"),
        ("workspace(\"SOC\").T | where N > 3 | summarize sum(N)", "9"),
        ("union T, workspace('soc').T | summarize max(N)", "5"),
        ("union * | count", "2"),
        ("T | join kind=inner (workspace('soc').T | extend N = N - 2) on N | count", "2"),
    ] {
        assert_eq!(ask(&here, query), expected, "{query}");
    }
    assert_eq!(here.names().collect::<Vec<_>>(), ["T"]);
    for query in ["workspace('none').T", "workspace('soc').U"] {
        let error = kql::run(query, &here, &options()).expect_err(query);
        assert!(error.message.contains("Failed to resolve"), "{query}: {error}");
    }
}

#[test]
fn narrowed_tables_keep_when_their_rows_were_ingested() {
    let all = database(&[1, 2, 3]);
    let narrow = all.narrowed("N >= 2", &options()).expect("the condition can be run");
    assert_eq!(ask(&narrow, "T | project N"), "2 3");
    assert_eq!(ask(&narrow, "T | where ingestion_time() > datetime(2024-05-02) | project N"), "3");
    assert!(all.narrowed("Moon > 1", &options()).is_err());
}
