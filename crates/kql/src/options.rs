//! How a query runs: the clock, the threads, the limits.

use std::time::Duration;

use crate::Datetime;

/// What a run is given besides the query and the tables. Build it with `Options::at`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What `now()` answers, UTC.
    pub now: Datetime,
    /// How many threads a query may use; at least 1.
    pub threads: usize,
    /// What a query may cost.
    pub limits: Limits,
}

impl Options {
    /// Options with this clock, 2 threads and the service's limits.
    pub fn at(now: Datetime) -> Self {
        Self { now, threads: 2, limits: Limits::default() }
    }
}

/// What a query may cost before it is cut off with a partial answer or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows in the answer.
    pub rows: usize,
    /// Bytes of the answer's values.
    pub bytes: usize,
    /// Time from start to answer.
    pub time: Duration,
    /// Rows that any step may hold in memory.
    pub memory_rows: usize,
    /// Bytes of text that any column may hold in memory.
    pub memory_bytes: usize,
    /// Bytes that one dynamic may hold, about as many as its JSON has.
    pub value_bytes: usize,
}

/// The Log Analytics query API's limits: 500,000 rows, 64 MiB (about 100 MiB uncompressed), 10 minutes (documented under
/// "Azure Monitor service limits", log queries). What may be held in memory are this engine's own limits.
impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 500_000,
            bytes: 100 << 20,
            time: Duration::from_secs(600),
            memory_rows: 50_000_000,
            memory_bytes: 4 << 30,
            value_bytes: 64 << 20,
        }
    }
}
