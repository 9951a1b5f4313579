//! `sort` and `top`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::compare::order;
use super::{Rows, Run};
use crate::Type;
use crate::column::Column;
use crate::error::Error;
use crate::plan::SortKey;

impl Run<'_> {
    /// The rows in the order of the keys, stable; with a limit the first of them.
    pub(super) fn sort(
        &self,
        rows: &Rows,
        types: &[Type],
        keys: &[SortKey],
        limit: Option<usize>,
    ) -> Result<Rows, Error> {
        let chunk = rows.whole(types);
        let columns = keys.iter().map(|key| self.eval(&key.value, &chunk)).collect::<Result<Vec<Column>, Error>>()?;
        let compare = |a: &u32, b: &u32| {
            keys.iter()
                .zip(&columns)
                .map(|(key, column)| key_order(key, column, *a as usize, *b as usize))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.cmp(b))
        };
        let mut picks: Vec<u32> = (0..chunk.len as u32).collect();
        if let Some(limit) = limit.filter(|limit| *limit < picks.len()) {
            if limit > 0 {
                picks.select_nth_unstable_by(limit - 1, compare);
            }
            picks.truncate(limit);
        }
        picks.sort_unstable_by(compare);
        Ok(Rows::of(chunk.gather(&Arc::new(picks))))
    }
}

fn key_order(key: &SortKey, column: &Column, a: usize, b: usize) -> Ordering {
    let (left, right) = (column.cell(a), column.cell(b));
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if key.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ if key.descending => order(right, left),
        _ => order(left, right),
    }
}
