//! `join` and `lookup`: rows of two sides whose keys are equal. A null key equals nothing.

use std::sync::Arc;

use hashbrown::HashTable;

use super::group::{At, Groups, Keys};
use super::needed::Needed;
use super::{Rows, Run, threads};
use crate::chunk::Chunk;
use crate::column::Column;
use crate::error::Error;
use crate::plan::{Join, Relation, Scalar, Side};
use crate::syntax::JoinKind;

/// The end of a chain of rows.
const END: u32 = u32::MAX;

/// The rows of one side by their keys.
struct Index {
    table: HashTable<u32>,
    /// For each row the next one of the same keys.
    next: Vec<u32>,
    keys: Keys,
}

impl Index {
    fn new(keys: Keys) -> Self {
        let mut table: HashTable<u32> = HashTable::with_capacity(keys.len);
        let mut next = vec![END; keys.len];
        // From the last to the first, so that a chain runs in the order of the rows.
        for row in (0..keys.len).rev().filter(|&row| !keys.has_null(row)) {
            let hash = keys.hashes[row];
            match table
                .find_mut(hash, |&first| keys.hashes[first as usize] == hash && keys.same(row, &keys, first as usize))
            {
                Some(first) => next[row] = std::mem::replace(first, row as u32),
                None => {
                    table.insert_unique(hash, row as u32, |&first| keys.hashes[first as usize]);
                }
            }
        }
        Self { table, next, keys }
    }

    /// The first row of the same keys.
    fn first(&self, keys: &Keys, row: usize) -> Option<u32> {
        let hash = keys.hashes[row];
        let same =
            |&first: &u32| self.keys.hashes[first as usize] == hash && keys.same(row, &self.keys, first as usize);
        self.table.find(hash, same).copied()
    }

    /// Every row of the same keys, in order.
    fn matches(&self, keys: &Keys, row: usize) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.first(keys, row), |&row| Some(self.next[row as usize]).filter(|&next| next != END))
    }
}

impl Run<'_> {
    /// The joined rows.
    pub(super) fn join(&self, join: &Join, needed: &Needed, input: Option<&Rows>) -> Result<Rows, Error> {
        let side = |relation: &Relation, place: fn(Side) -> Option<usize>, keys: &mut dyn Iterator<Item = &Scalar>| {
            let mut read = Needed::none(relation).and(keys);
            let wanted = join.columns.iter().enumerate().filter(|(column, _)| needed.has(*column));
            wanted.filter_map(|(_, side)| place(*side)).for_each(|place| read.add(place));
            self.relation(relation, &read, input).map(|rows| {
                // What nobody reads is not carried along.
                let types = relation.schema.types();
                let blank = |(place, column): (usize, &Column)| match read.has(place) {
                    true => column.clone(),
                    false => Column::nulls(types[place], column.len()),
                };
                let strip = |chunk: &Arc<Chunk>| {
                    Arc::new(Chunk::of(chunk.columns.iter().enumerate().map(blank).collect(), chunk.len))
                };
                Rows { chunks: rows.chunks.iter().map(strip).collect() }
            })
        };
        let left = |side| if let Side::Left(place) = side { Some(place) } else { None };
        let right = |side| if let Side::Right(place) = side { Some(place) } else { None };
        let left_rows = side(&join.left, left, &mut join.keys.iter().map(|(key, _)| key))?;
        let right_rows = side(&join.right, right, &mut join.keys.iter().map(|(_, key)| key))?;
        match join.kind {
            JoinKind::RightSemi | JoinKind::RightAnti => {
                let left = left_rows.whole(&join.left.schema.types());
                let index = Index::new(self.keys(&left, join.keys.iter().map(|(key, _)| key))?);
                let keep = join.kind == JoinKind::RightSemi;
                self.semi(&right_rows, join, &index, keep, |(_, key)| key)
            }
            JoinKind::LeftSemi | JoinKind::LeftAnti => {
                let right = right_rows.whole(&join.right.schema.types());
                let index = Index::new(self.keys(&right, join.keys.iter().map(|(_, key)| key))?);
                let keep = join.kind == JoinKind::LeftSemi;
                self.semi(&left_rows, join, &index, keep, |(key, _)| key)
            }
            _ => self.pairs(join, &left_rows, &right_rows),
        }
    }

    fn keys<'a>(&self, chunk: &Chunk, keys: impl Iterator<Item = &'a Scalar>) -> Result<Keys, Error> {
        let columns = keys.map(|key| self.eval(key, chunk)).collect::<Result<Vec<Column>, Error>>()?;
        Ok(Keys::new(columns, chunk.len))
    }

    /// The rows of one side that have a match on the other, or that have none.
    fn semi(
        &self,
        rows: &Rows,
        join: &Join,
        index: &Index,
        keep: bool,
        key: fn(&(Scalar, Scalar)) -> &Scalar,
    ) -> Result<Rows, Error> {
        let chunks = threads::each(self.options.threads, rows.chunks.len(), |at| {
            let chunk = &rows.chunks[at];
            let keys = self.keys(chunk, join.keys.iter().map(key))?;
            let found = |row: usize| !keys.has_null(row) && index.first(&keys, row).is_some();
            let picks: Vec<u32> = (0..chunk.len as u32).filter(|&row| found(row as usize) == keep).collect();
            let chosen = chunk.gather(&Arc::new(picks));
            let column = |side: &Side| match *side {
                Side::Left(place) | Side::Right(place) => chosen.columns[place].clone(),
            };
            Ok(Arc::new(Chunk::of(join.columns.iter().map(column).collect(), chosen.len)))
        });
        Ok(Rows { chunks: chunks.into_iter().collect::<Result<_, Error>>()? })
    }

    /// The kinds that put rows of both sides side by side.
    fn pairs(&self, join: &Join, left: &Rows, right: &Rows) -> Result<Rows, Error> {
        let (left_types, right_types) = (join.left.schema.types(), join.right.schema.types());
        let right = right.whole(&right_types);
        let index = Index::new(self.keys(&right, join.keys.iter().map(|(_, key)| key))?);
        let all_keys = threads::each(self.options.threads, left.chunks.len(), |at| {
            self.keys(&left.chunks[at], join.keys.iter().map(|(key, _)| key))
        });
        let all_keys: Vec<Keys> = all_keys.into_iter().collect::<Result<_, Error>>()?;
        let unique = (join.kind == JoinKind::InnerUnique).then(|| firsts(&all_keys));
        let keeps_left = matches!(join.kind, JoinKind::LeftOuter | JoinKind::FullOuter);
        let matched = threads::each(self.options.threads, left.chunks.len(), |at| {
            let (chunk, keys) = (&left.chunks[at], &all_keys[at]);
            let (mut lefts, mut rights, mut alone) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..chunk.len {
                if unique.as_ref().is_some_and(|unique| !unique[at][row]) {
                    continue;
                }
                let before = lefts.len();
                if !keys.has_null(row) {
                    for other in index.matches(keys, row) {
                        lefts.push(row as u32);
                        rights.push(other);
                    }
                }
                if keeps_left && lefts.len() == before {
                    alone.push(row as u32);
                }
                self.check_count(lefts.len(), join.left.span)?;
            }
            Ok((Arc::new(lefts), Arc::new(rights), Arc::new(alone)))
        });
        let matched = matched.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let mut chunks = Vec::new();
        let mut seen = vec![false; right.len];
        for (chunk, (lefts, rights, alone)) in left.chunks.iter().zip(&matched) {
            rights.iter().for_each(|&row| seen[row as usize] = true);
            let (left_part, right_part) = (chunk.gather(lefts), right.gather(rights));
            chunks.push(side_by_side(join, &left_part.columns, &right_part.columns, lefts.len()));
            if !alone.is_empty() {
                let nulls: Vec<Column> = right_types.iter().map(|ty| Column::nulls(*ty, alone.len())).collect();
                chunks.push(side_by_side(join, &chunk.gather(alone).columns, &nulls, alone.len()));
            }
        }
        if matches!(join.kind, JoinKind::RightOuter | JoinKind::FullOuter) {
            let alone: Vec<u32> = (0..right.len as u32).filter(|&row| !seen[row as usize]).collect();
            let len = alone.len();
            let nulls: Vec<Column> = left_types.iter().map(|ty| Column::nulls(*ty, len)).collect();
            chunks.push(side_by_side(join, &nulls, &right.gather(&Arc::new(alone)).columns, len));
        }
        chunks.retain(|chunk| chunk.len > 0);
        Ok(Rows { chunks })
    }
}

fn side_by_side(join: &Join, left: &[Column], right: &[Column], len: usize) -> Arc<Chunk> {
    let column = |side: &Side| match *side {
        Side::Left(place) => left[place].clone(),
        Side::Right(place) => right[place].clone(),
    };
    Arc::new(Chunk::of(join.columns.iter().map(column).collect(), len))
}

/// For each row whether it is the first of its keys.
fn firsts(keys: &[Keys]) -> Vec<Vec<bool>> {
    let mut groups = Groups::default();
    let mut first = |chunk: usize, row: usize| {
        let known = groups.firsts.len();
        groups.of(keys, At { chunk: chunk as u32, row: row as u32 }) as usize == known
    };
    keys.iter().enumerate().map(|(chunk, keys)| (0..keys.len).map(|row| first(chunk, row)).collect()).collect()
}
