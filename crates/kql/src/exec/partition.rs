//! `partition`, and the rows near others.

use std::sync::Arc;

use super::group::{At, Groups, Keys};
use super::needed::Needed;
use super::{Rows, Run, failure};
use crate::Type;
use crate::chunk::Chunk;
use crate::column::Cell;
use crate::error::Error;
use crate::plan::{Relation, RowsNear, Scalar};

impl Run<'_> {
    /// The body over the rows of each value of the key, in the order of their first rows.
    pub(super) fn partition(
        &self,
        rows: &Rows,
        types: &[Type],
        key: &Scalar,
        most: Option<usize>,
        body: &Relation,
    ) -> Result<Rows, Error> {
        let chunk = rows.whole(types);
        let keys = [Keys::new(vec![self.eval(key, &chunk)?], chunk.len)];
        let mut groups = Groups::default();
        let mut parts: Vec<Vec<u32>> = Vec::new();
        for row in 0..chunk.len as u32 {
            let group = groups.of(&keys, At { chunk: 0, row }) as usize;
            parts.resize_with(parts.len().max(group + 1), Vec::new);
            parts[group].push(row);
        }
        if let Some(most) = most.filter(|most| parts.len() > *most) {
            let message =
                format!("partition has more than {most} parts, the most without hint.strategy=native or shuffle");
            return Err(failure(&message, key.span));
        }
        let everything = Needed::all(body);
        let mut chunks = Vec::new();
        for part in parts {
            let part = Rows::of(chunk.gather(&Arc::new(part)));
            chunks.extend(self.relation(body, &everything, Some(&part))?.chunks);
        }
        Ok(Rows { chunks })
    }

    /// The rows for which the predicate is true, so many before each and so many after.
    pub(super) fn rows_near(&self, rows: &Rows, search: &RowsNear) -> Result<Rows, Error> {
        let chunk: Chunk = rows.whole(&search.input.schema.types());
        let holds = self.eval(&search.predicate, &chunk)?;
        let (before, after) = (self.count(&search.before)?, self.count(&search.after)?);
        let mut near = vec![false; chunk.len];
        let mut done = 0;
        for row in (0..chunk.len).filter(|row| holds.cell(*row) == Cell::Bool(Some(true))) {
            let end = row.saturating_add(after).saturating_add(1).min(chunk.len);
            let start = row.saturating_sub(before).max(done.min(row));
            near[start..end].fill(true);
            done = end;
        }
        let picks = near.iter().enumerate().filter(|(_, near)| **near).map(|(row, _)| row as u32).collect();
        Ok(Rows::of(chunk.gather(&Arc::new(picks))))
    }
}
