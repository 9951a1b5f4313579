//! The workspace's tables: rows on their way, and rows that queries see.
//!
//! A row is seen from its arrival on, and `ingestion_time()` is that arrival. Rows that have arrived live in columns; only
//! those on their way are kept as they were written.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

use kql::column::Cell;
use kql::{Database, Datetime, Schema, Table, TableBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::changes::Changes;
use super::records::Record;
use super::rows::Row;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TableName {
    SecurityAlert,
    SecurityIncident,
    AzureActivity,
}

impl TableName {
    pub(crate) const ALL: [Self; 3] = [Self::SecurityAlert, Self::SecurityIncident, Self::AzureActivity];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SecurityAlert => "SecurityAlert",
            Self::SecurityIncident => "SecurityIncident",
            Self::AzureActivity => "AzureActivity",
        }
    }

    /// The columns that Log Analytics gives the table.
    pub(crate) fn schema(self) -> Schema {
        let columns = kql::known::schema(self.as_str()).expect("the twin's tables are among the known ones");
        Schema::new(columns.iter().copied())
    }
}

/// All tables.
#[derive(Debug)]
pub(crate) struct Logs([Log; 3]);

impl Logs {
    pub(super) fn new() -> Self {
        Self(TableName::ALL.map(Log::new))
    }

    /// Sends a row on its way, to arrive at `arrival`; `now` is when it is sent. Answers its number in the table.
    pub(super) fn append(&mut self, table: TableName, row: Row, arrival: OffsetDateTime, now: OffsetDateTime) -> u64 {
        self.of(table).append(row, arrival, now)
    }

    /// Takes a row that is still on its way out again.
    pub(super) fn recall(&mut self, table: TableName, number: u64) {
        let log = self.of(table);
        log.changes.note(|| Change::Recalled(number));
        log.recalled.insert(number);
    }

    /// Adds rows that have arrived already.
    pub(crate) fn extend(&mut self, table: TableName, rows: Table) {
        self.of(table).arrived.append(rows);
    }

    /// The rows that queries see at `now`. Cheap: the rows are shared, not copied.
    pub(crate) fn at(&mut self, now: OffsetDateTime) -> Database {
        let mut database = Database::new();
        for log in &mut self.0 {
            log.settle(now);
            database.insert(log.name.as_str(), log.arrived.clone());
        }
        database
    }

    /// Notes changes from now on.
    pub(super) fn watch(&mut self) {
        self.0.iter_mut().for_each(|log| log.changes.watch());
    }

    /// Hands on all rows, those that queries see at `now` as such.
    pub(super) fn all(&mut self, place: usize, now: OffsetDateTime, put: &mut dyn FnMut(&Record<'_>)) {
        for log in &mut self.0 {
            log.settle(now);
            let table = log.name;
            for row in 0..log.arrived.len() {
                let ingested = log.arrived.ingested(row).and_then(moment);
                put(&Record::Row { place, table, ingested, columns: Cow::Owned(columns(&log.arrived, row)) });
            }
            let mut coming: Vec<&Coming> = log.coming.iter().map(|Reverse(coming)| coming).collect();
            coming.sort();
            for Coming { arrival, serial, row } in coming {
                put(&Record::Coming { place, table, number: *serial, arrival: *arrival, columns: Cow::Borrowed(row) });
            }
            log.recalled.iter().for_each(|number| put(&Record::Recalled { place, table, number: *number }));
            put(&Record::Sent { place, table, count: log.sent });
        }
    }

    /// Hands on the rows that were sent or recalled since this or [`Self::watch`] was last called.
    pub(super) fn changes(&mut self, place: usize, put: &mut dyn FnMut(&Record<'_>)) {
        for log in &mut self.0 {
            let table = log.name;
            for change in log.changes.take() {
                put(&match change {
                    Change::Sent { number, arrival, row } => {
                        Record::Coming { place, table, number, arrival, columns: Cow::Owned(row) }
                    }
                    Change::Recalled(number) => Record::Recalled { place, table, number },
                });
            }
        }
    }

    /// Takes in a row that has arrived; what is wrong with it where it is none of the table's.
    pub(super) fn take_arrived(
        &mut self,
        table: TableName,
        row: &Row,
        ingested: Option<OffsetDateTime>,
    ) -> Result<(), String> {
        let log = self.of(table);
        let builder = log.arriving.get_or_insert_with(|| TableBuilder::new(table.schema()));
        builder.push_json(row, ingested.map(datetime)).map_err(|error| error.to_string())
    }

    /// Does again what was done to a table; what is wrong with a row where it is none of the table's.
    pub(super) fn take_change(&mut self, table: TableName, change: Change) -> Result<(), String> {
        let log = self.of(table);
        match change {
            Change::Sent { number, arrival, row } => {
                let mut trial = TableBuilder::new(table.schema());
                trial.push_json(&row, None).map_err(|error| error.to_string())?;
                log.sent = log.sent.max(number);
                log.coming.push(Reverse(Coming { arrival, serial: number, row }));
            }
            Change::Recalled(number) => _ = log.recalled.insert(number),
        }
        Ok(())
    }

    /// Gives no later row a number up to this one.
    pub(super) fn skip(&mut self, table: TableName, count: u64) {
        let log = self.of(table);
        log.sent = log.sent.max(count);
    }

    fn of(&mut self, table: TableName) -> &mut Log {
        match table {
            TableName::SecurityAlert => &mut self.0[0],
            TableName::SecurityIncident => &mut self.0[1],
            TableName::AzureActivity => &mut self.0[2],
        }
    }
}

/// One table.
struct Log {
    name: TableName,
    arrived: Table,
    /// Arrived too, not yet put into columns.
    arriving: Option<TableBuilder>,
    coming: BinaryHeap<Reverse<Coming>>,
    /// The numbers of rows that are on their way and shall not arrive.
    recalled: BTreeSet<u64>,
    sent: u64,
    changes: Changes<Change>,
}

impl Log {
    fn new(name: TableName) -> Self {
        Self {
            name,
            arrived: Table::empty(name.schema()),
            arriving: None,
            coming: BinaryHeap::new(),
            recalled: BTreeSet::new(),
            sent: 0,
            changes: Changes::default(),
        }
    }

    fn append(&mut self, row: Row, arrival: OffsetDateTime, now: OffsetDateTime) -> u64 {
        self.sent += 1;
        self.changes.note(|| Change::Sent { number: self.sent, arrival, row: row.clone() });
        self.coming.push(Reverse(Coming { arrival, serial: self.sent, row }));
        self.receive(now);
        self.sent
    }

    /// Takes in what has arrived by `now`.
    fn receive(&mut self, now: OffsetDateTime) {
        while self.coming.peek().is_some_and(|Reverse(coming)| coming.arrival <= now)
            && let Some(Reverse(coming)) = self.coming.pop()
        {
            if self.recalled.remove(&coming.serial) {
                continue;
            }
            let builder = self.arriving.get_or_insert_with(|| TableBuilder::new(self.arrived.schema().clone()));
            builder
                .push_json(&coming.row, Some(datetime(coming.arrival)))
                .expect("the twin's rows fit the columns they are made for");
        }
    }

    fn settle(&mut self, now: OffsetDateTime) {
        self.receive(now);
        if let Some(builder) = self.arriving.take() {
            self.arrived.append(builder.finish());
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("name", &self.name)
            .field("rows", &self.arrived.len())
            .field("coming", &self.coming.len())
            .finish()
    }
}

/// Something that was done to a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// A row was sent.
    Sent { number: u64, arrival: OffsetDateTime, row: Row },
    /// A row that was on its way shall not arrive.
    Recalled(u64),
}

/// The columns of a row that hold anything.
fn columns(table: &Table, row: usize) -> Row {
    let columns = table.schema().columns.iter().enumerate();
    columns.filter_map(|(at, column)| Some((column.name.clone(), json(table.cell(row, at))?))).collect()
}

/// A value as JSON that the builder of a table reads back the same; `None` for null and the empty text.
fn json(cell: Cell<'_>) -> Option<Value> {
    Some(match cell {
        Cell::String("") => return None,
        Cell::String(text) => text.into(),
        Cell::Bool(value) => value?.into(),
        Cell::Int(value) => value?.into(),
        Cell::Long(value) => value?.into(),
        Cell::Datetime(value) => value?.to_string().into(),
        Cell::Dynamic(value) => serde_json::from_str(&value.json()).ok().filter(|value: &Value| !value.is_null())?,
        // As text: not every reader of JSON reads the last digit of a number.
        other if !other.is_null() => other.to_value().to_string().into(),
        _ => return None,
    })
}

/// A time of the query engine.
fn moment(at: Datetime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(at.unix_nanoseconds()).ok()
}

/// A row on its way. Ordered by arrival, then as sent.
struct Coming {
    arrival: OffsetDateTime,
    serial: u64,
    row: Row,
}

impl Ord for Coming {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.arrival, self.serial).cmp(&(other.arrival, other.serial))
    }
}

impl PartialOrd for Coming {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Coming {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Coming {}

/// A time as the query engine has it.
pub(crate) fn datetime(at: OffsetDateTime) -> Datetime {
    Datetime::from_unix_nanoseconds(at.unix_timestamp_nanos()).unwrap_or(Datetime::MAX)
}
