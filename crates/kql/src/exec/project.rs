//! `project`, `extend` and their kin: columns computed from columns.

use std::sync::Arc;

use super::needed::Needed;
use super::{Rows, Run, threads};
use crate::chunk::Chunk;
use crate::column::Column;
use crate::error::Error;
use crate::functions::Eval;
use crate::plan::{Scalar, ScalarKind};

impl Run<'_> {
    /// One column for each expression.
    pub(super) fn project(&self, rows: Rows, columns: &[Scalar], needed: &Needed) -> Result<Rows, Error> {
        // Window functions see all rows in order.
        let rows = match columns.iter().any(has_window) && rows.chunks.len() > 1 {
            true => {
                let types: Vec<_> = rows.chunks[0].columns.iter().map(Column::ty).collect();
                Rows::of(rows.whole(&types))
            }
            false => rows,
        };
        let projected = threads::each(self.options.threads, rows.chunks.len(), |index| {
            let chunk = &rows.chunks[index];
            let column = |(place, scalar): (usize, &Scalar)| match needed.has(place) {
                true => self.eval(scalar, chunk),
                false => Ok(Column::nulls(scalar.ty, chunk.len)),
            };
            let columns = columns.iter().enumerate().map(column).collect::<Result<_, Error>>()?;
            Ok(Arc::new(Chunk { columns, len: chunk.len, ingested: chunk.ingested.clone() }))
        });
        Ok(Rows { chunks: projected.into_iter().collect::<Result<_, Error>>()? })
    }
}

/// Whether an expression holds a window function.
pub(super) fn has_window(scalar: &Scalar) -> bool {
    let mut found =
        matches!(&scalar.kind, ScalarKind::Call { function, .. } if matches!(function.eval, Eval::Window(_)));
    scalar.for_each_operand(&mut |operand| found |= has_window(operand));
    found
}
