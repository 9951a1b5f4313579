//! What a query may cost: time, rows and bytes on the way, rows and bytes of the answer. Past a limit of the answer the rows within it are answered
//! and said to be a part; past any other the query fails.

use super::{Rows, Run};
use crate::answer::Partial;
use crate::column::{Cell, Column, Values};
use crate::error::{Error, Kind};
use crate::span::Span;
use crate::{Dynamic, Options, Table};

/// How deep a dynamic may nest; deeper than any JSON text that is read.
const DEEPEST: usize = 200;

impl Run<'_> {
    /// Whether there is time left.
    pub(super) fn check_time(&self, span: Span) -> Result<(), Error> {
        let limits = &self.options.limits;
        if self.started.elapsed() <= limits.time {
            return Ok(());
        }
        let message = format!("the query took longer than {} s", limits.time.as_secs());
        Err(failed("E_QUERY_TIMEOUT", message, span))
    }

    /// Whether a step may hold these rows.
    pub(super) fn check_rows(&self, rows: &Rows, span: Span) -> Result<(), Error> {
        self.check_count(rows.len(), span)?;
        self.check_time(span)
    }

    /// Whether a step may hold so many rows.
    pub(super) fn check_count(&self, rows: usize, span: Span) -> Result<(), Error> {
        let most = self.options.limits.memory_rows;
        if rows <= most {
            return Ok(());
        }
        Err(runaway(format!("a step of the query holds more than {most} rows"), span))
    }

    /// Whether what a function or an aggregate has made may be held.
    pub(super) fn check_column(&self, column: &Column, span: Span) -> Result<(), Error> {
        let limits = &self.options.limits;
        match &**column.values() {
            Values::String(texts) if texts.text_len() > limits.memory_bytes => {
                Err(runaway(format!("a column of the query holds more than {} bytes", limits.memory_bytes), span))
            }
            Values::Dynamic(values) => {
                let fits = |value: &Dynamic| {
                    let mut left = limits.value_bytes;
                    weigh(value, DEEPEST, &mut left)
                };
                if values.iter().all(fits) {
                    return Ok(());
                }
                let most = limits.value_bytes;
                let message = format!(
                    "a dynamic of the query holds more than {most} bytes or nests deeper than {DEEPEST} levels"
                );
                Err(runaway(message, span))
            }
            _ => Ok(()),
        }
    }
}

/// Takes what a value holds from what is left; `false` where that is too little, or the value nests too deep.
fn weigh(value: &Dynamic, depth: usize, left: &mut usize) -> bool {
    let mut take = |bytes: usize| match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    };
    match value {
        Dynamic::String(text) => take(text.len() + 2),
        Dynamic::Array(_) | Dynamic::Bag(_) if depth == 0 => false,
        Dynamic::Array(elements) => take(2) && elements.iter().all(|element| weigh(element, depth - 1, left)),
        Dynamic::Bag(members) => {
            take(2)
                && members.iter().all(|(name, value)| {
                    left.checked_sub(name.len() + 3).is_some_and(|rest| {
                        *left = rest;
                        weigh(value, depth - 1, left)
                    })
                })
        }
        _ => take(8),
    }
}

/// The rows that the limits on rows and bytes of an answer let through.
pub(super) fn within(table: Table, options: &Options, partial: &mut Option<Partial>) -> Table {
    let limits = &options.limits;
    if table.len() > limits.rows {
        return cut(&table, limits.rows, "record count", limits.rows, partial);
    }
    let mut left = limits.bytes;
    let mut rows = 0;
    for chunk in table.chunks() {
        for row in 0..chunk.len {
            let size: usize = chunk.columns.iter().map(|column| size(column.cell(row))).sum();
            let Some(rest) = left.checked_sub(size) else {
                return cut(&table, rows, "data size", limits.bytes, partial);
            };
            left = rest;
            rows += 1;
        }
    }
    table
}

fn cut(table: &Table, rows: usize, what: &str, limit: usize, partial: &mut Option<Partial>) -> Table {
    let message =
        format!("Query result set has exceeded the internal {what} limit {limit} (E_QUERY_RESULT_SET_TOO_LARGE).");
    *partial = Some(Partial { code: "E_QUERY_RESULT_SET_TOO_LARGE", message });
    table.take(rows)
}

/// About how many bytes a cell is in an answer.
fn size(cell: Cell<'_>) -> usize {
    match cell {
        Cell::Bool(_) | Cell::Int(_) => 4,
        Cell::Long(_) | Cell::Real(_) | Cell::Datetime(_) | Cell::Timespan(_) => 8,
        Cell::Decimal(_) | Cell::Guid(_) => 16,
        Cell::String(text) => text.len(),
        Cell::Dynamic(Dynamic::String(text)) => text.len(),
        Cell::Dynamic(value @ (Dynamic::Array(_) | Dynamic::Bag(_))) => value.json().len(),
        Cell::Dynamic(_) => 8,
    }
}

/// More memory than a query may take.
pub(super) fn runaway(message: String, span: Span) -> Error {
    failed("E_RUNAWAY_QUERY", message, span)
}

fn failed(code: &'static str, message: String, span: Span) -> Error {
    Error { code, rule: "", kind: Kind::Limit, message, span: Some(span.range()), hint: None }
}
