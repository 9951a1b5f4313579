//! `kql-corpus DIR [--failing]`: runs the KQL corpora of a folder through the engine, counts what it answers rightly, refuses and
//! answers wrongly, and fails where a count is worse than the floor file says. The corpora are not part of the project: without
//! the folder there is nothing to run. Cells are compared by type in `kql_corpus::cells`.

mod cells;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context, Result};
use kql::{Database, Datetime, Options, Schema, Table, Type};
use serde_json::Value as Json;

/// The least right answers and the most wrong ones, by group.
const FLOOR: &str = include_str!("kql_corpus/floor.toml");

/// What became of a case.
enum Outcome {
    Right,
    /// No answer, and why.
    Refused(String),
    /// Another answer than the expected one.
    Wrong(String),
    /// The expected answer cannot be held against any, and why.
    Unjudged(String),
}

#[derive(Default)]
struct Count {
    right: usize,
    refused: usize,
    wrong: usize,
    unjudged: usize,
}

/// Runs the chore; false where a count is worse than its floor.
pub fn run(words: &[&str]) -> Result<bool> {
    let (flags, paths): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    let [directory] = paths[..] else {
        anyhow::bail!("name the folder that holds traps.jsonl, docs.jsonl and binder.jsonl")
    };
    run_over(Path::new(directory), flags.contains(&"--failing"))
}

fn run_over(directory: &Path, failing: bool) -> Result<bool> {
    // A panic is counted as a wrong answer; its message would only drown the counts.
    std::panic::set_hook(Box::new(|_| {}));
    let empty = Database::new();
    let workspace = workspace(directory)?;
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut note = |group: String, id: &str, outcome: Outcome| {
        let count = counts.entry(group.clone()).or_default();
        let (field, why) = match outcome {
            Outcome::Right => (&mut count.right, None),
            Outcome::Refused(why) => (&mut count.refused, Some(("refused", why))),
            Outcome::Wrong(why) => (&mut count.wrong, Some(("wrong", why))),
            Outcome::Unjudged(why) => (&mut count.unjudged, Some(("unjudged", why))),
        };
        *field += 1;
        if let (true, Some((how, why))) = (failing, why) {
            println!("{group} {id} {how}: {}", why.replace('\n', " "));
        }
    };
    for case in cases(directory, "traps.jsonl")? {
        note("traps".to_owned(), id(&case), judge(&case, &empty, false));
    }
    for case in cases(directory, "docs.jsonl")? {
        let tier = case["tier"].as_str().unwrap_or("untiered");
        note(format!("docs.{tier}"), id(&case), judge(&case, &empty, case["truth"] == "docs-table"));
    }
    for case in cases(directory, "binder.jsonl")? {
        let real = case["kind"] == "real";
        let group = if real { "binder.real" } else { "binder.broken" };
        note(group.to_owned(), id(&case), if real { bind(&case, &workspace) } else { refuse(&case, &workspace) });
    }
    let _ = std::panic::take_hook();
    report(&counts)
}

fn report(counts: &BTreeMap<String, Count>) -> Result<bool> {
    let floor: toml::Table = FLOOR.parse().context("the floor file is not TOML")?;
    let mut well = true;
    println!("{:<16}{:>8}{:>8}{:>8}{:>8}{:>10}", "group", "cases", "right", "refused", "wrong", "unjudged");
    for (group, Count { right, refused, wrong, unjudged }) in counts {
        let cases = right + refused + wrong + unjudged;
        println!("{group:<16}{cases:>8}{right:>8}{refused:>8}{wrong:>8}{unjudged:>10}");
        let limit = |name: &str| floor.get(group).and_then(|limits| limits.get(name)).and_then(toml::Value::as_integer);
        if limit("right").is_some_and(|least| (*right as i64) < least) {
            println!("  fewer right than the floor of {}", limit("right").unwrap_or_default());
            well = false;
        }
        if limit("wrong").is_some_and(|most| (*wrong as i64) > most) {
            println!("  more wrong than the ceiling of {}", limit("wrong").unwrap_or_default());
            well = false;
        }
        if (*unjudged as i64) > limit("unjudged").unwrap_or(0) {
            println!("  more unjudged than the ceiling of {}", limit("unjudged").unwrap_or(0));
            well = false;
        }
    }
    Ok(well)
}

fn cases(directory: &Path, name: &str) -> Result<Vec<Json>> {
    let path = directory.join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("{name} holds a line that is not JSON")))
        .collect()
}

/// The workspace's tables, without rows.
fn workspace(directory: &Path) -> Result<Database> {
    let text = fs::read_to_string(directory.join("la-schema.json")).context("la-schema.json cannot be read")?;
    let tables: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text)?;
    let mut database = Database::new();
    for (name, columns) in tables {
        let columns = columns.into_iter().filter_map(|(name, ty)| Some((name, Type::named(&ty)?)));
        database.insert(name, Table::empty(Schema::new(columns)));
    }
    Ok(database)
}

fn id(case: &Json) -> &str {
    case["id"].as_str().unwrap_or("?")
}

/// The answer to a case's query, or why there is none.
fn answer(case: &Json, database: &Database) -> Result<Table, Outcome> {
    let query = case["query"].as_str().unwrap_or_default();
    let now = Datetime::parse("2024-06-01").unwrap_or(Datetime::MIN);
    match catch_unwind(AssertUnwindSafe(|| kql::run(query, database, &Options::at(now)))) {
        Err(_) => Err(Outcome::Wrong("it panicked".to_owned())),
        Ok(Err(error)) => Err(Outcome::Refused(error.to_string())),
        Ok(Ok(answer)) => match answer.tables.into_iter().next_back() {
            Some((_, table)) => Ok(table),
            None => Err(Outcome::Refused("there is no table".to_owned())),
        },
    }
}

/// Compares names, types and rows.
fn judge(case: &Json, database: &Database, printed: bool) -> Outcome {
    let table = match answer(case, database) {
        Ok(table) => table,
        Err(outcome) => return outcome,
    };
    let texts = |name: &str| -> Vec<String> {
        case[name].as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let names: Vec<String> = table.schema().columns.iter().map(|column| column.name.clone()).collect();
    if names != texts("expected_columns") {
        return Outcome::Wrong(format!("columns {names:?} are not {:?}", texts("expected_columns")));
    }
    let types: Vec<Type> = table.schema().columns.iter().map(|column| column.ty).collect();
    let expected: Vec<Type> = texts("expected_types").iter().map(|name| cells::named(name)).collect();
    if types != expected && !printed {
        return Outcome::Wrong(format!("types {types:?} are not {expected:?}"));
    }
    let unordered = texts("unordered_array_columns");
    let sets: Vec<bool> = names.iter().map(|name| unordered.contains(name)).collect();
    let comparison = cells::Comparison { types: &expected, sets: &sets, ordered: case["ordered"] == true, printed };
    let rows = kql::wire::rows(&table);
    match comparison.difference(case["expected_rows"].as_array(), rows.as_array()) {
        None => Outcome::Right,
        Some(difference) => Outcome::Wrong(difference),
    }
}

/// A real query runs, and its columns have the names and types that the vendor's binder gives them.
fn bind(case: &Json, database: &Database) -> Outcome {
    let table = match answer(case, database) {
        Ok(table) => table,
        Err(outcome) => return outcome,
    };
    let Some(expected) = case["result_schema"].as_array() else { return Outcome::Right };
    // A union names columns of one name apart by their types. Where the vendor's binder did not know a table, it did so by
    // "unknown", and its columns are not those of anybody who does know it.
    if let Some(column) = expected.iter().filter_map(|it| it[0].as_str()).find(|name| name.ends_with("_unknown")) {
        return Outcome::Unjudged(format!("the vendor's binder did not know the type of {column}"));
    }
    let own = &table.schema().columns;
    let same = own.len() == expected.len()
        && own.iter().zip(expected).all(|(column, expected)| {
            let ty = expected[1].as_str().unwrap_or("unknown");
            expected[0] == column.name.as_str() && (ty == "unknown" || cells::named(ty) == column.ty)
        });
    if same {
        return Outcome::Right;
    }
    let own: Vec<String> = own.iter().map(|column| format!("{}:{}", column.name, column.ty)).collect();
    Outcome::Wrong(format!("{own:?} is not {expected:?}"))
}

/// A broken query is refused.
fn refuse(case: &Json, database: &Database) -> Outcome {
    let query = case["query"].as_str().unwrap_or_default();
    match catch_unwind(AssertUnwindSafe(|| kql::check(query, database))) {
        Err(_) => Outcome::Wrong("it panicked".to_owned()),
        Ok(errors) if errors.is_empty() => Outcome::Wrong("it was not refused".to_owned()),
        Ok(_) => Outcome::Right,
    }
}
