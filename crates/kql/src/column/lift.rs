//! Functions of single values made functions of columns: run once per value where a column shows values more than once, once
//! per row otherwise.

use std::sync::Arc;

use super::{Column, Rows, Values};

/// Applies a function of one position among the column's values. `build` gets the positions for which to compute.
pub fn unary(column: &Column, build: impl FnOnce(&mut dyn Iterator<Item = usize>, usize) -> Values) -> Column {
    let values = column.values().len();
    match column.rows() {
        Rows::Picked(picks) if values > picks.len() => {
            Column::new(build(&mut picks.iter().map(|&pick| pick as usize), picks.len()))
        }
        _ => column.with_values(build(&mut (0..values), values)),
    }
}

/// Applies a function of a position among the values of either column; both have as many rows.
pub fn binary(
    left: &Column,
    right: &Column,
    build: impl FnOnce(&mut dyn Iterator<Item = (usize, usize)>, usize) -> Values,
) -> Column {
    match (left.rows(), right.rows()) {
        (Rows::Same(len), Rows::Same(_)) => Column::picked_same(Arc::new(build(&mut std::iter::once((0, 0)), 1)), *len),
        (_, Rows::Same(_)) => unary(left, |positions, len| build(&mut positions.map(|position| (position, 0)), len)),
        (Rows::Same(_), _) => unary(right, |positions, len| build(&mut positions.map(|position| (0, position)), len)),
        (Rows::Picked(own), Rows::Picked(other))
            if Arc::ptr_eq(own, other)
                && left.values().len() == right.values().len()
                && left.values().len() <= own.len() =>
        {
            let len = left.values().len();
            left.with_values(build(&mut (0..len).map(|position| (position, position)), len))
        }
        _ => {
            let len = left.len();
            Column::new(build(&mut (0..len).map(|row| (left.position(row), right.position(row))), len))
        }
    }
}

/// Applies a function of one row of any number of columns, which have `rows` rows each.
pub fn rowwise(
    columns: &[Column],
    rows: usize,
    build: impl FnOnce(&mut dyn Iterator<Item = Positions<'_>>, usize) -> Values,
) -> Column {
    let mut varying = columns.iter().filter(|column| !matches!(column.rows(), Rows::Same(_)));
    match (varying.next(), varying.next()) {
        (None, _) => {
            let once = Positions { columns, at: At::Row(0) };
            Column::picked_same(Arc::new(build(&mut std::iter::once(once), 1)), rows)
        }
        (Some(only), None) => unary(only, |positions, len| {
            build(&mut positions.map(|position| Positions { columns, at: At::Value(position) }), len)
        }),
        _ => Column::new(build(&mut (0..rows).map(|row| Positions { columns, at: At::Row(row) }), rows)),
    }
}

/// Where to read one row of several columns.
#[derive(Clone, Copy)]
pub struct Positions<'a> {
    columns: &'a [Column],
    at: At,
}

#[derive(Clone, Copy)]
enum At {
    Row(usize),
    /// A position among the values of the one column that is not constant.
    Value(usize),
}

impl<'a> Positions<'a> {
    /// The cell of a column.
    #[inline]
    pub fn cell(&self, column: usize) -> super::Cell<'a> {
        let column = &self.columns[column];
        let position = match (self.at, column.rows()) {
            (_, Rows::Same(_)) => 0,
            (At::Row(row), _) => column.position(row),
            (At::Value(position), _) => position,
        };
        column.values().cell(position)
    }
}
