//! Groups: rows whose keys are the same, found through their hashes.

use hashbrown::HashTable;

use crate::Type;
use crate::column::{Column, Values};
use crate::hash;

/// The keys of the rows of one chunk, and their hashes.
pub(super) struct Keys {
    pub(super) columns: Vec<Column>,
    pub(super) hashes: Vec<u64>,
    pub(super) len: usize,
}

impl Keys {
    pub(super) fn new(columns: Vec<Column>, len: usize) -> Self {
        let hashes = hash::rows_hash(&columns, len);
        Self { columns, hashes, len }
    }

    /// Whether a row has the keys of another.
    #[inline]
    pub(super) fn same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        self.columns.iter().zip(&other.columns).all(|(a, b)| hash::same(a.cell(row), b.cell(other_row)))
    }

    /// Whether a key of a row is null.
    pub(super) fn has_null(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.cell(row).is_null())
    }
}

/// A row: its chunk and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) chunk: u32,
    pub(super) row: u32,
}

/// The groups found so far.
#[derive(Default)]
pub(super) struct Groups {
    table: HashTable<(u64, u32)>,
    /// The first row of each group.
    pub(super) firsts: Vec<At>,
}

impl Groups {
    /// The group of a row, begun if there is none yet.
    #[inline]
    pub(super) fn of(&mut self, keys: &[Keys], at: At) -> u32 {
        let own = &keys[at.chunk as usize];
        let hash = own.hashes[at.row as usize];
        let firsts = &self.firsts;
        let found = self.table.find(hash, |&(other_hash, group)| {
            let first = firsts[group as usize];
            other_hash == hash && own.same(at.row as usize, &keys[first.chunk as usize], first.row as usize)
        });
        if let Some(&(_, group)) = found {
            return group;
        }
        let group = self.firsts.len() as u32;
        self.firsts.push(at);
        self.table.insert_unique(hash, (hash, group), |&(hash, _)| hash);
        group
    }
}

/// One column of the cells at these rows of a column in chunks.
pub(super) fn gather(ty: Type, chunks: &[&Column], rows: &[At]) -> Column {
    if let [only] = chunks {
        return only.gather(&std::sync::Arc::new(rows.iter().map(|at| at.row).collect()));
    }
    let mut values = Values::with_capacity(ty, rows.len());
    for at in rows {
        values.push_cell(chunks[at.chunk as usize].cell(at.row as usize));
    }
    Column::new(values)
}
