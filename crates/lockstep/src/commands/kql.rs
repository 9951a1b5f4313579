//! `lockstep kql`: queries over files. What a query means, and what a file's rows become, is the engine's business.

mod batch;
mod run;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use kql::{Database, Datetime, Options};
use time::OffsetDateTime;

pub use batch::batch;
pub use run::run;

use crate::arguments::KqlData;
use crate::platform;
use crate::problem::Problem;

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
