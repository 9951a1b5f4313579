//! Hashes of values, equal for equal values, for grouping, joining and encoding.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use crate::column::{Cell, Column, Rows};

const STATE: FixedState = FixedState::with_seed(0x51_7c_c1_b7_27_22_0a_95);

/// The hash of a text.
#[inline]
pub fn text_hash(text: &str) -> u64 {
    let mut hasher = STATE.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// The hash of any one value.
#[inline]
pub fn hash_one(value: impl Hash) -> u64 {
    STATE.hash_one(value)
}

/// The hash of a cell: equal for cells that group together. Dynamics group by their text.
#[inline]
pub fn cell_hash(cell: Cell<'_>) -> u64 {
    match cell {
        Cell::Bool(value) => hash_one(value),
        Cell::Int(value) => hash_one(value),
        Cell::Long(value) => hash_one(value),
        Cell::Real(value) => hash_one(value.map(real_bits)),
        Cell::Decimal(value) => hash_one(value),
        Cell::Datetime(value) => hash_one(value),
        Cell::Timespan(value) => hash_one(value),
        Cell::Guid(value) => hash_one(value),
        Cell::String(text) => text_hash(text),
        Cell::Dynamic(value) => text_hash(&value.json()),
    }
}

/// Whether two cells of one type group together.
#[inline]
pub fn same(left: Cell<'_>, right: Cell<'_>) -> bool {
    match (left, right) {
        (Cell::Real(a), Cell::Real(b)) => a.map(real_bits) == b.map(real_bits),
        (Cell::Dynamic(a), Cell::Dynamic(b)) => a == b || a.json() == b.json(),
        (a, b) => a == b,
    }
}

/// The hash of each row of some columns of `len` rows.
pub fn rows_hash(columns: &[Column], len: usize) -> Vec<u64> {
    let mut hashes = vec![0_u64; len];
    for column in columns {
        let values = column.values();
        // Values that are shown more than once are hashed once.
        let ready: Option<Vec<u64>> = match column.rows() {
            Rows::Each => None,
            Rows::Same(_) => Some(vec![cell_hash(values.cell(0))]),
            Rows::Picked(_) if values.len() <= len => {
                Some((0..values.len()).map(|at| cell_hash(values.cell(at))).collect())
            }
            Rows::Picked(_) => None,
        };
        for (row, hash) in hashes.iter_mut().enumerate() {
            let position = column.position(row);
            let own = match &ready {
                Some(ready) => ready[position],
                None => cell_hash(values.cell(position)),
            };
            *hash = hash.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ own;
        }
    }
    hashes
}

fn real_bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}
