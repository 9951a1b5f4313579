//! The aggregates of `summarize`: each one item with its name, signatures, documentation, examples and evaluation.

use crate::signature::Signature;

/// An aggregate.
#[derive(Debug)]
pub struct Aggregate {
    /// The name, as queries write it.
    pub name: &'static str,
    /// The ways of calling it.
    pub signatures: &'static [Signature],
    /// What the name of an unnamed result begins with: `sum` for `sum_x`.
    pub prefix: &'static str,
    /// What it answers, in a sentence or two.
    pub doc: &'static str,
    /// Queries over a column of values and what they give, which are its tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// Which computation it is.
    pub kind: Kind,
}

/// The computations behind the aggregates. `If` marks those whose last argument is a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rows (or rows for which the predicate holds).
    Count,
    /// Sum.
    Sum,
}

/// Every aggregate.
static ALL: &[Aggregate] = &[];

impl Aggregate {
    /// The aggregate of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|aggregate| aggregate.name == name)
    }

    /// Every aggregate.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.iter()
    }
}
