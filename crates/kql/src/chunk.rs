//! A run of rows: the columns side by side, and when each row was ingested.

use std::sync::Arc;

use crate::Type;
use crate::column::{Column, Picks, Rows};

/// How many rows a chunk aims to hold.
pub const TARGET_ROWS: usize = 65_536;

/// Some rows of a table.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The columns, each of `len` rows.
    pub columns: Vec<Column>,
    /// The number of rows, which a chunk without columns has too.
    pub len: usize,
    /// When each row was ingested, as datetimes; `None` where rows were computed.
    pub ingested: Option<Column>,
}

impl Chunk {
    /// Computed rows: these columns, each of `len` rows.
    pub fn of(columns: Vec<Column>, len: usize) -> Self {
        Self { columns, len, ingested: None }
    }

    /// The rows at these positions, in this order.
    pub fn gather(&self, picks: &Picks) -> Self {
        // Columns that came from one chunk share their picks, and go on sharing them.
        let mut composed: Vec<(Picks, Column)> = Vec::new();
        let mut gather = |column: &Column| -> Column {
            let Rows::Picked(own) = column.rows() else { return column.gather(picks) };
            if let Some((_, done)) = composed.iter().find(|(from, _)| Arc::ptr_eq(from, own))
                && let Rows::Picked(both) = done.rows()
            {
                return Column::picked(Arc::clone(column.values()), Arc::clone(both));
            }
            let done = column.gather(picks);
            composed.push((Arc::clone(own), done.clone()));
            done
        };
        let columns = self.columns.iter().map(&mut gather).collect();
        let ingested = self.ingested.as_ref().map(&mut gather);
        Self { columns, len: picks.len(), ingested }
    }

    /// The rows from `start` on, at most so many.
    pub fn slice(&self, start: usize, len: usize) -> Self {
        if start == 0 && len >= self.len {
            return self.clone();
        }
        let end = self.len.min(start.saturating_add(len));
        self.gather(&Arc::new((start.min(end) as u32..end as u32).collect()))
    }

    /// One chunk of the rows of all, whose columns are of these types.
    pub fn concat(types: &[Type], chunks: &[Self]) -> Self {
        if let [only] = chunks {
            return only.clone();
        }
        let column = |index: usize| {
            let parts: Vec<Column> = chunks.iter().map(|chunk| chunk.columns[index].clone()).collect();
            Column::concat(types[index], &parts)
        };
        let ingested = chunks.iter().any(|chunk| chunk.ingested.is_some()).then(|| {
            let parts: Vec<Column> = chunks
                .iter()
                .map(|chunk| chunk.ingested.clone().unwrap_or_else(|| Column::nulls(Type::Datetime, chunk.len)))
                .collect();
            Column::concat(Type::Datetime, &parts)
        });
        Self {
            columns: (0..types.len()).map(column).collect(),
            len: chunks.iter().map(|chunk| chunk.len).sum(),
            ingested,
        }
    }
}
