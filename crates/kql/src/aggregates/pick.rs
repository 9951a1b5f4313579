//! Extremes, and the values of a row that is picked whole.

use std::cmp::Ordering;

use super::state::{Accumulator, State, counts};
use crate::column::{Cell, Column, Values};
use crate::exec::compare::order;
use crate::{Type, Value};

/// Whether a value is strictly beyond another, as the greatest or the least; null never is, and everything is beyond null.
pub(crate) fn beats(value: Cell<'_>, before: Cell<'_>, greatest: bool) -> bool {
    match (value.is_null(), before.is_null()) {
        (true, _) => false,
        (false, true) => true,
        _ => order(value, before) == if greatest { Ordering::Greater } else { Ordering::Less },
    }
}

/// `min` and `max`.
#[derive(Clone)]
pub(super) struct Extreme {
    greatest: bool,
    /// One value, or none yet.
    best: Option<Values>,
}

impl Extreme {
    pub(super) fn new(greatest: bool) -> Self {
        Self { greatest, best: None }
    }
}

impl State for Extreme {
    fn add(&mut self, cells: &[Cell<'_>]) {
        let cell = cells[0];
        if cell.is_null() || self.best.as_ref().is_some_and(|best| !beats(cell, best.cell(0), self.greatest)) {
            return;
        }
        let value = cell.to_value();
        let mut best = Values::with_capacity(value.ty(), 1);
        best.push(value);
        self.best = Some(best);
    }

    fn finish(self, returns: Type) -> Value {
        match self.best {
            None => Value::null(returns),
            Some(best) if best.ty() == returns => best.value(0),
            Some(best) => crate::convert::cell(best.cell(0), returns),
        }
    }
}

/// Which row is picked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first whose value is not null.
    Any,
    /// The one whose first argument is greatest.
    Greatest,
    /// The one whose first argument is least.
    Least,
}

/// `take_any`, `arg_max` and `arg_min` beside other aggregates.
pub(super) struct Rows {
    choice: Choice,
    outputs: Vec<Type>,
    condition: Option<usize>,
    /// The arguments of the chunks so far.
    chunks: Vec<Vec<Column>>,
    /// For each group the chunk and row.
    best: Vec<Option<(u32, u32)>>,
}

impl Rows {
    pub(super) fn new(choice: Choice, outputs: Vec<Type>, condition: Option<usize>) -> Self {
        Self { choice, outputs, condition, chunks: Vec::new(), best: Vec::new() }
    }

    fn cell(&self, (chunk, row): (u32, u32), place: usize) -> Cell<'_> {
        self.chunks[chunk as usize][place].cell(row as usize)
    }
}

impl Accumulator for Rows {
    fn grow(&mut self, groups: usize) {
        if groups > self.best.len() {
            self.best.resize(groups, None);
        }
    }

    fn add(&mut self, rows: &[u32], of: &[u32], arguments: &[Column]) {
        let chunk = self.chunks.len() as u32;
        self.chunks.push(arguments.to_vec());
        for (&row, &group) in rows.iter().zip(of) {
            if !counts(self.condition, arguments, row as usize) {
                continue;
            }
            let at = (chunk, row);
            let better = match (self.best[group as usize], self.choice) {
                (None, _) => true,
                (Some(before), Choice::Any) => self.cell(before, 0).is_null() && !self.cell(at, 0).is_null(),
                (Some(before), choice) => beats(self.cell(at, 0), self.cell(before, 0), choice == Choice::Greatest),
            };
            if better {
                self.best[group as usize] = Some(at);
            }
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        let column = |(place, ty): (usize, &Type)| {
            let mut values = Values::with_capacity(*ty, self.best.len());
            for best in &self.best {
                match best {
                    Some(at) => values.push_cell(self.cell(*at, place)),
                    None => values.push_null(),
                }
            }
            Column::new(values)
        };
        self.outputs.iter().enumerate().map(column).collect()
    }
}
