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
    match &scalar.kind {
        ScalarKind::Call { function, arguments } => {
            matches!(function.eval, Eval::Window(_)) || arguments.iter().any(has_window)
        }
        ScalarKind::Constant(_) | ScalarKind::Subquery(_) | ScalarKind::Column(_) => false,
        ScalarKind::Convert(inner) | ScalarKind::Negate(inner) | ScalarKind::Property(inner, _) => has_window(inner),
        ScalarKind::And(operands) | ScalarKind::Or(operands) => operands.iter().any(has_window),
        ScalarKind::Binary { left, right, .. } | ScalarKind::Element(left, right) => {
            has_window(left) || has_window(right)
        }
        ScalarKind::List { operand, list, .. } => has_window(operand) || list.iter().any(has_window),
        ScalarKind::InRelation { operand, .. } => has_window(operand),
        ScalarKind::Between { operand, low, high, .. } => has_window(operand) || has_window(low) || has_window(high),
    }
}
