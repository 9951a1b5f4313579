//! Fills the world from files of rows: JSON lines, one row a line, columns as in Log Analytics.
//!
//! Each file becomes a table at once; what a row leaves out is defaulted in the table too, so that queries and ARM tell
//! the same. Only the newest row of each alert and incident becomes an object in ARM.

mod alerts;
mod incidents;
mod newest;
mod row;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::thread;

use kql::{Members, Table, TableBuilder};
use serde_json::Value;
use time::OffsetDateTime;

use crate::clock::parse_time;
use crate::world::{FIRST, TableName, World, datetime};

/// How much was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows of `SecurityIncident`.
    pub incident_rows: usize,
    /// Rows of `SecurityAlert`.
    pub alert_rows: usize,
    /// Incidents in ARM.
    pub incidents: usize,
    /// Alerts in ARM, those of other products counted too.
    pub alerts: usize,
}

/// Why a folder was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder holds neither table.
    #[error("{0} holds none of SecurityIncident.jsonl, si.jsonl, SecurityAlert.jsonl, sa.jsonl")]
    Nothing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not a row of the table.
    #[error("{file}, line {line}: {problem}")]
    Row {
        /// Which.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What was found, and what would do.
        problem: String,
    },
}

/// Loads the folder `dir` into `world`.
pub(crate) fn load(world: &mut World, dir: &Path) -> Result<Loaded, LoadError> {
    let incidents = find(dir, &["SecurityIncident.jsonl", "si.jsonl"]);
    let alerts = find(dir, &["SecurityAlert.jsonl", "sa.jsonl"]);
    if incidents.is_none() && alerts.is_none() {
        return Err(LoadError::Nothing(dir.to_owned()));
    }
    let (estate, now) = (world.estate.clone(), world.now());
    let workspace = world.sentinels[FIRST].workspace.clone();
    let (incidents, alerts) = thread::scope(|scope| {
        let read_alerts =
            || alerts.map(|file| read(&file, TableName::SecurityAlert, alerts::Reader::new(&estate), now)).transpose();
        let reading = scope.spawn(read_alerts);
        let read_incidents =
            |file: PathBuf| read(&file, TableName::SecurityIncident, incidents::Reader::new(&workspace), now);
        let incidents = incidents.map(read_incidents).transpose();
        let alerts = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (incidents, alerts)
    });
    let (incidents, alerts) = (incidents?, alerts?);
    let mut loaded = Loaded::default();
    if let Some((table, newest)) = alerts {
        loaded.alert_rows = table.len();
        loaded.alerts = newest.len();
        let columns = alerts::Columns::new();
        world.take_alerts(newest.into_iter().map(|row| alerts::alert(&table, row, &columns, &estate)));
        world.sentinels[FIRST].logs.extend(TableName::SecurityAlert, table);
    }
    if let Some((table, newest)) = incidents {
        loaded.incident_rows = table.len();
        loaded.incidents = newest.len();
        let columns = incidents::Columns::new();
        newest.into_iter().for_each(|row| world.take_incident(incidents::incident(&table, row, &columns)));
        world.sentinels[FIRST].logs.extend(TableName::SecurityIncident, table);
    }
    Ok(loaded)
}

/// What the two tables do differently: complete a row, and say which rows are the newest of their subjects.
trait Rows {
    /// Fills in what the row leaves out; `at` is its `TimeGenerated`. Answers what is wrong with it.
    fn complete(&mut self, row: &mut Members<'_>, at: OffsetDateTime, position: usize) -> Result<(), String>;

    /// The positions of the newest row of each subject, in the order in which the subjects appeared.
    fn newest(self) -> Vec<usize>;
}

fn read(
    file: &Path,
    table: TableName,
    mut rows: impl Rows,
    now: OffsetDateTime,
) -> Result<(Table, Vec<usize>), LoadError> {
    let broken = |source| LoadError::Read { file: file.to_owned(), source };
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file).map_err(broken)?);
    let schema = table.schema();
    let generated = schema.position("TimeGenerated").expect("the table has its columns");
    let mut builder = TableBuilder::new(schema);
    let (mut text, mut line, mut position) = (Vec::new(), 0, 0);
    loop {
        text.clear();
        if lines.read_until(b'\n', &mut text).map_err(broken)? == 0 {
            break;
        }
        line += 1;
        let wrong = |problem: String| LoadError::Row { file: file.to_owned(), line, problem };
        let no_object = |error: &dyn std::error::Error| wrong(format!("not a JSON object: {error}"));
        let text = str::from_utf8(&text).map_err(|error| no_object(&error))?.trim();
        if text.is_empty() {
            continue;
        }
        let mut row = builder.members(text).map_err(|error| no_object(&error))?;
        let at = time_generated(&mut row, generated, now).map_err(wrong)?;
        rows.complete(&mut row, at, position).map_err(wrong)?;
        builder.push_members(&row, Some(datetime(at))).map_err(|error| wrong(error.to_string()))?;
        position += 1;
    }
    Ok((builder.finish(), rows.newest()))
}

fn time_generated(row: &mut Members<'_>, column: usize, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    if row.is_missing(column) {
        row.set_datetime(column, datetime(now));
        return Ok(now);
    }
    match row.text(column) {
        Some(text) => parse_time(&text).ok_or_else(|| {
            format!("column TimeGenerated holds '{text}', which is no time such as 2024-06-01T00:00:00Z")
        }),
        None => Err(format!(
            "column TimeGenerated holds {}, which is no time such as \"2024-06-01T00:00:00Z\"",
            row.json(column).unwrap_or_default()
        )),
    }
}

fn find(dir: &Path, names: &[&str]) -> Option<PathBuf> {
    names.iter().map(|name| dir.join(name)).find(|file| file.is_file())
}

/// The columns of a table that hold constants where rows leave them out.
fn constants(table: TableName, all: &[(&str, &'static str)]) -> Vec<(usize, &'static str)> {
    let schema = table.schema();
    all.iter().filter_map(|(name, constant)| Some((schema.position(name)?, *constant))).collect()
}

/// Sets a column that the row leaves out.
fn default<T: Into<Cow<'static, str>>>(row: &mut Members<'_>, column: usize, text: impl FnOnce(&Members<'_>) -> T) {
    if row.is_missing(column) {
        let text = text(row).into();
        row.set_text(column, text);
    }
}

/// A column's text; empty where it is missing or none.
fn text<'r>(row: &'r Members<'_>, column: usize) -> Cow<'r, str> {
    row.text(column).unwrap_or_default()
}

/// That a column holds one of the words it may hold.
fn check(row: &Members<'_>, column: usize, name: &str, is_known: bool, words: &str) -> Result<(), String> {
    let found = || row.json(column).unwrap_or(Value::Null);
    if is_known { Ok(()) } else { Err(format!("column {name} holds {}, and may hold {words}", found())) }
}
