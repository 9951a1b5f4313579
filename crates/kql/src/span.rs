//! Where something stands in the text of a query.

use std::ops::Range;

/// A range of bytes in the text of a query, end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: bounded(start), end: bounded(end) }
    }

    /// The empty span at `position`.
    pub fn at(position: usize) -> Self {
        Self::new(position, position)
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The lexer refuses texts longer than this, so nothing is ever cut off here.
fn bounded(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
