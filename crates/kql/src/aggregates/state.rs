//! How values are accumulated group by group.

use crate::column::{Cell, Column, Values};
use crate::{Type, Value};

/// Accumulates an aggregate over many groups at once.
pub(crate) trait Accumulator: Send {
    /// Makes room for so many groups.
    fn grow(&mut self, groups: usize);

    /// Adds rows of a chunk: row `rows[n]` belongs to group `of[n]`.
    fn add(&mut self, rows: &[u32], of: &[u32], arguments: &[Column]);

    /// The results, one row for each group.
    fn finish(self: Box<Self>) -> Vec<Column>;
}

/// What an aggregate keeps for one group.
pub(super) trait State: Clone + Send + 'static {
    /// Adds one row's arguments.
    fn add(&mut self, cells: &[Cell<'_>]);

    /// The result.
    fn finish(self, returns: Type) -> Value;
}

/// An accumulator of one state for each group.
pub(super) struct PerGroup<S> {
    empty: S,
    states: Vec<S>,
    returns: Type,
    condition: Option<usize>,
}

impl<S: State> PerGroup<S> {
    pub(super) fn boxed(empty: S, returns: Type, condition: Option<usize>) -> Box<dyn Accumulator> {
        Box::new(Self { empty, states: Vec::new(), returns, condition })
    }
}

impl<S: State> Accumulator for PerGroup<S> {
    fn grow(&mut self, groups: usize) {
        if groups > self.states.len() {
            self.states.resize(groups, self.empty.clone());
        }
    }

    fn add(&mut self, rows: &[u32], of: &[u32], arguments: &[Column]) {
        let mut cells = Vec::with_capacity(arguments.len());
        for (&row, &group) in rows.iter().zip(of) {
            if !counts(self.condition, arguments, row as usize) {
                continue;
            }
            cells.clear();
            cells.extend(arguments.iter().map(|argument| argument.cell(row as usize)));
            self.states[group as usize].add(&cells);
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        let mut values = Values::with_capacity(self.returns, self.states.len());
        for state in self.states {
            values.push(state.finish(self.returns));
        }
        vec![Column::new(values)]
    }
}

/// Whether a row counts: there is no condition, or it is true.
pub(super) fn counts(condition: Option<usize>, arguments: &[Column], row: usize) -> bool {
    match condition.and_then(|place| arguments.get(place)) {
        None => true,
        Some(condition) => condition.cell(row) == Cell::Bool(Some(true)),
    }
}
