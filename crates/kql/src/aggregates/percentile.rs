//! Percentiles by the nearest rank.

use super::number::number;
use super::state::{Accumulator, State};
use crate::column::{Cell, Column, Values};
use crate::exec::compare::order;
use crate::{Dynamic, Type, Value};

/// `percentile` and `percentiles`: a column for each percentile asked for.
pub(super) struct Percentiles {
    outputs: Vec<Type>,
    asked: Vec<f64>,
    /// For each group its values.
    groups: Vec<Option<Values>>,
}

impl Percentiles {
    pub(super) fn new(outputs: Vec<Type>) -> Self {
        Self { outputs, asked: Vec::new(), groups: Vec::new() }
    }
}

impl Accumulator for Percentiles {
    fn grow(&mut self, groups: usize) {
        if groups > self.groups.len() {
            self.groups.resize(groups, None);
        }
    }

    fn add(&mut self, rows: &[u32], of: &[u32], arguments: &[Column]) {
        if self.asked.is_empty() && !rows.is_empty() {
            self.asked = arguments[1..].iter().filter_map(|asked| number(asked.cell(0))).collect();
        }
        for (&row, &group) in rows.iter().zip(of) {
            let cell = arguments[0].cell(row as usize);
            if !cell.is_null() {
                let values = &mut self.groups[group as usize];
                values.get_or_insert_with(|| Values::with_capacity(arguments[0].ty(), 4)).push_cell(cell);
            }
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        let sorted: Vec<Option<Values>> = self.groups.iter().map(|values| values.as_ref().map(sorted)).collect();
        let column = |(place, ty): (usize, &Type)| {
            let mut column = Values::with_capacity(*ty, sorted.len());
            for values in &sorted {
                match (values, self.asked.get(place)) {
                    (Some(values), Some(asked)) => {
                        let cell = values.cell(rank(*asked, values.len()));
                        column.push(if values.ty() == *ty { cell.to_value() } else { crate::convert::cell(cell, *ty) });
                    }
                    _ => column.push_null(),
                }
            }
            Column::new(column)
        };
        self.outputs.iter().enumerate().map(column).collect()
    }
}

/// `percentiles_array`.
#[derive(Clone, Default)]
pub(super) struct PercentilesArray {
    asked: Vec<f64>,
    values: Option<Values>,
}

impl State for PercentilesArray {
    fn add(&mut self, cells: &[Cell<'_>]) {
        if self.asked.is_empty() {
            for cell in &cells[1..] {
                match cell {
                    Cell::Dynamic(Dynamic::Array(asked)) => {
                        self.asked.extend(asked.iter().filter_map(|asked| number(Cell::Dynamic(asked))));
                    }
                    cell => self.asked.extend(number(*cell)),
                }
            }
        }
        if !cells[0].is_null() {
            let ty = cells[0].to_value().ty();
            self.values.get_or_insert_with(|| Values::with_capacity(ty, 4)).push_cell(cells[0]);
        }
    }

    fn finish(self, _: Type) -> Value {
        let Some(values) = self.values else { return Value::Dynamic(Dynamic::Null) };
        let values = sorted(&values);
        let at = |asked: &f64| Dynamic::from(values.value(rank(*asked, values.len())));
        Value::Dynamic(Dynamic::Array(self.asked.iter().map(at).collect()))
    }
}

fn sorted(values: &Values) -> Values {
    let mut picks: Vec<u32> = (0..values.len() as u32).collect();
    picks.sort_unstable_by(|&a, &b| order(values.cell(a as usize), values.cell(b as usize)));
    values.gather(&picks)
}

/// The position of a percentile among so many sorted values.
fn rank(percentile: f64, len: usize) -> usize {
    let rank = (percentile / 100.0 * len as f64).ceil() as usize;
    rank.clamp(1, len) - 1
}
