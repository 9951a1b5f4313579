//! The language from outside: what parses, what binds, under which names and types, what is answered, and what is refused with which code.

mod answer;
mod bind;
mod database;
mod graph;
mod limit;
mod operators;
mod refuse;
mod syntax;

use kql::{Answer, Database, Datetime, Error, Options};

/// The answer to a query over no tables, on the first of June 2024.
fn answered(query: &str) -> Result<Answer, Error> {
    let options = Options::at(Datetime::parse("2024-06-01").expect("it is a date"));
    kql::run(query, &Database::new(), &options)
}

/// The rows of the last table that a query answers, with `|` between the cells.
fn answers(query: &str) -> Vec<String> {
    let answer = answered(query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    let (_, table) = answer.tables.last().unwrap_or_else(|| panic!("{query}"));
    let row = |row: usize| {
        let cells: Vec<String> =
            (0..table.schema().columns.len()).map(|column| table.value(row, column).to_string()).collect();
        cells.join("|")
    };
    (0..table.len()).map(row).collect()
}

/// Checks that a query fails with these words.
fn refused(query: &str, words: &str) {
    let error = answered(query).expect_err(query);
    assert!(error.message.contains(words), "{query}\n{error}");
}
