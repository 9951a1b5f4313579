//! Hashes of values, equal for equal values, for grouping, joining and encoding.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

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
