//! Counts of what was asked of the twin, by operation and status.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What was asked of the twin since it started, or since the counts were last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How often each operation answered with each status; 0 where a fault broke the connection instead. Calls under `/_twin/` are not counted.
    pub operations: BTreeMap<String, BTreeMap<u16, u64>>,
    /// How long the twin worked on them, waits left out.
    pub busy: Duration,
    /// Incidents that the article's query would return now if no row were late.
    pub to_do: usize,
}

impl Stats {
    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.operations.values().flat_map(BTreeMap::values).sum()
    }

    /// How many requests there were of one operation, whatever their status.
    pub fn of(&self, operation: &str) -> u64 {
        self.operations.get(operation).map_or(0, |statuses| statuses.values().sum())
    }
}

/// The running counts.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    operations: BTreeMap<&'static str, BTreeMap<u16, u64>>,
    busy: Duration,
}

impl Counters {
    pub(crate) fn count(&self, operation: &'static str, status: u16, busy: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.operations.entry(operation).or_default().entry(status).or_default() += 1;
        counts.busy += busy;
    }

    pub(crate) fn read(&self, to_do: usize) -> Stats {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let operations =
            counts.operations.iter().map(|(name, statuses)| ((*name).to_owned(), statuses.clone())).collect();
        Stats { operations, busy: counts.busy, to_do }
    }

    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Counts::default();
    }
}
