//! Which columns of a relation later steps read.

use crate::plan::{Relation, Scalar, ScalarKind};

/// For each column of a relation, whether it is read.
#[derive(Clone, Debug)]
pub(super) struct Needed(Vec<bool>);

impl Needed {
    /// Every column.
    pub(super) fn all(relation: &Relation) -> Self {
        Self(vec![true; relation.schema.columns.len()])
    }

    /// Every one of so many columns.
    pub(super) fn of(columns: usize) -> Self {
        Self(vec![true; columns])
    }

    /// None of so many columns.
    pub(super) fn nothing(columns: usize) -> Self {
        Self(vec![false; columns])
    }

    /// No column.
    pub(super) fn none(relation: &Relation) -> Self {
        Self(vec![false; relation.schema.columns.len()])
    }

    /// Whether a column is read.
    pub(super) fn has(&self, column: usize) -> bool {
        self.0.get(column).copied().unwrap_or(true)
    }

    /// Marks a column as read.
    pub(super) fn add(&mut self, column: usize) {
        if let Some(needed) = self.0.get_mut(column) {
            *needed = true;
        }
    }

    /// These columns and the given ones.
    pub(super) fn with(&self, columns: &[usize]) -> Self {
        let mut needed = self.clone();
        columns.iter().for_each(|&column| needed.add(column));
        needed
    }

    /// Marks what an expression reads.
    pub(super) fn read(&mut self, scalar: &Scalar) {
        if let ScalarKind::Column(place) = scalar.kind {
            self.add(place);
        }
        scalar.for_each_operand(&mut |operand| self.read(operand));
    }

    /// These columns and those that the expressions read.
    pub(super) fn and<'a>(&self, scalars: impl IntoIterator<Item = &'a Scalar>) -> Self {
        let mut needed = self.clone();
        scalars.into_iter().for_each(|scalar| needed.read(scalar));
        needed
    }

    /// The columns of the input that a projection reads for what is needed of it.
    pub(super) fn through(&self, input: &Relation, columns: &[Scalar]) -> Self {
        let wanted = columns.iter().enumerate().filter(|(place, _)| self.has(*place)).map(|(_, scalar)| scalar);
        Self::none(input).and(wanted)
    }
}
