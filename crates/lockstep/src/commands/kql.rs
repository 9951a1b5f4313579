//! `lockstep kql`: queries over files. What a query means, and what a file's rows become, is the engine's business.

mod batch;
mod check;
mod console;
mod run;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use kql::{Database, Datetime, Options, Schema, Table};
use time::OffsetDateTime;

pub use batch::batch;
pub use check::check;
pub use console::console;
pub use run::run;

use crate::arguments::KqlData;
use crate::platform;
use crate::problem::{Place, Problem};

/// The tables of a folder, by the names of its files; none where no folder is named.
///
/// # Errors
/// The folder or one of its files cannot be read, a row is none, or two files are the same table.
fn database(folder: Option<&Path>) -> Result<Database, Problem> {
    let mut database = Database::new();
    for (name, path) in folder.map(files).transpose()?.unwrap_or_default() {
        let file = File::open(&path).map_err(|error| cannot_read(&path, &error))?;
        let table = kql::load::jsonl(&name, BufReader::with_capacity(1 << 20, file))
            .map_err(|error| Problem::usage(format!("{} cannot be loaded", path.display())).because(&error))?;
        database.insert(name, table);
    }
    Ok(database)
}

/// Which file is which table.
fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Problem> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let path = entry.map_err(|error| cannot_read(folder, &error))?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "jsonl") || path.is_dir() {
            continue;
        }
        let name = ALIASES.iter().find(|(alias, _)| *alias == stem).map_or(stem, |(_, name)| *name).to_owned();
        if let Some(other) = files.get(&name) {
            let both = format!("{} and {} are both the table {name}", other.display(), path.display());
            return Err(Problem::usage(both).hint("keep one of them"));
        }
        files.insert(name, path);
    }
    Ok(files)
}

/// The tables of a folder, and those that Log Analytics is known to have, without rows.
///
/// # Errors
/// As `database`.
fn known_database(folder: Option<&Path>) -> Result<Database, Problem> {
    let mut database = database(folder)?;
    for name in kql::known::tables() {
        if let (None, Some(columns)) = (database.table(name), kql::known::schema(name)) {
            database.insert(name, Table::empty(Schema::new(columns.iter().copied())));
        }
    }
    Ok(database)
}

/// A text and what it is called; `-` is standard input.
///
/// # Errors
/// It cannot be read.
fn text(path: &Path) -> Result<(String, String), Problem> {
    if path == Path::new("-") {
        let mut text = String::new();
        platform::input()
            .read_to_string(&mut text)
            .map_err(|error| cannot_read(Path::new("standard input"), &error))?;
        return Ok(("standard input".to_owned(), text));
    }
    let text = std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    Ok((path.display().to_string(), text))
}

/// What is wrong with a query, underlined in its text.
fn problem(error: &kql::Error, origin: String, text: String) -> Problem {
    let problem = Problem::usage(error.to_string());
    let problem = match error.span.clone() {
        Some(span) => problem.at(Place { origin, text, span, label: String::new() }),
        None => problem,
    };
    match &error.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn options(data: &KqlData) -> Options {
    Options::at(datetime(data.now.unwrap_or_else(platform::now)))
}

fn datetime(moment: OffsetDateTime) -> Datetime {
    Datetime::from_unix_nanoseconds(moment.unix_timestamp_nanos()).expect("both count the years from 1 to 9999")
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Problem {
    Problem::usage(format!("{} cannot be read", path.display())).because(error)
}

/// Short names of files, and the tables that they are.
const ALIASES: [(&str, &str); 2] = [("si", "SecurityIncident"), ("sa", "SecurityAlert")];
