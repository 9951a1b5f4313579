//! The workspace's tables: rows on their way, and rows that queries see.
//!
//! A row is seen from its arrival on, and `ingestion_time()` is that arrival. Rows that have arrived live in columns; only
//! those on their way are kept as they were written.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};

use kql::{Database, Datetime, Schema, Table, TableBuilder};
use time::OffsetDateTime;

use super::rows::Row;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        self.of(table).recalled.insert(number);
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
    recalled: HashSet<u64>,
    sent: u64,
}

impl Log {
    fn new(name: TableName) -> Self {
        Self {
            name,
            arrived: Table::empty(name.schema()),
            arriving: None,
            coming: BinaryHeap::new(),
            recalled: HashSet::new(),
            sent: 0,
        }
    }

    fn append(&mut self, row: Row, arrival: OffsetDateTime, now: OffsetDateTime) -> u64 {
        self.sent += 1;
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
