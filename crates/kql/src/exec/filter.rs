//! `where`.

use std::sync::Arc;

use super::{Rows, Run, threads};
use crate::chunk::Chunk;
use crate::column::{Column, Rows as Shown, Values};
use crate::error::Error;
use crate::plan::Scalar;

impl Run<'_> {
    /// The rows for which the predicate is true.
    pub(super) fn filter(&self, rows: &Rows, predicate: &Scalar) -> Result<Rows, Error> {
        let filtered = threads::each(self.options.threads, rows.chunks.len(), |index| {
            let chunk = &rows.chunks[index];
            self.eval(predicate, chunk).map(|keep| kept(chunk, &keep))
        });
        let mut chunks = Vec::with_capacity(filtered.len());
        for chunk in filtered {
            chunks.extend(chunk?);
        }
        Ok(Rows { chunks })
    }
}

/// The rows of a chunk for which a bool is true; `None` if there are none.
pub(super) fn kept(chunk: &Arc<Chunk>, keep: &Column) -> Option<Arc<Chunk>> {
    let Values::Bool(values) = &**keep.values() else { return None };
    let picks: Vec<u32> = match keep.rows() {
        Shown::Same(_) if values[0] == Some(true) => return Some(Arc::clone(chunk)),
        Shown::Same(_) => return None,
        Shown::Each => (0..chunk.len as u32).filter(|&row| values[row as usize] == Some(true)).collect(),
        Shown::Picked(picks) => {
            (0..chunk.len as u32).filter(|&row| values[picks[row as usize] as usize] == Some(true)).collect()
        }
    };
    match picks.len() {
        0 => None,
        all if all == chunk.len => Some(Arc::clone(chunk)),
        _ => Some(Arc::new(chunk.gather(&Arc::new(picks)))),
    }
}
