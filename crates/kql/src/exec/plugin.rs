//! The plugins of `evaluate`.

use std::collections::HashMap;
use std::sync::Arc;

use super::group::{At, Groups, Keys};
use super::{Rows, Run};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::convert;
use crate::error::Error;
use crate::plan::{Plugin, Side};
use crate::{Dynamic, Type, Value};

impl Run<'_> {
    /// What the plugin makes of the rows.
    pub(super) fn evaluate(&self, rows: &Rows, types: &[Type], plugin: &Plugin) -> Result<Rows, Error> {
        match plugin {
            Plugin::BagUnpack { columns, bag, properties } => {
                let unpack = |chunk: &Arc<Chunk>| {
                    let column = |side: &Side| match *side {
                        Side::Left(place) => chunk.columns[place].clone(),
                        Side::Right(place) => property(&chunk.columns[*bag], &properties[place].0, properties[place].1),
                    };
                    Arc::new(Chunk::of(columns.iter().map(column).collect(), chunk.len))
                };
                Ok(Rows { chunks: rows.chunks.iter().map(unpack).collect() })
            }
            Plugin::Pivot { keys, values, default } => Ok(pivoted(&rows.whole(types), *keys, values, default)),
        }
    }
}

fn property(bags: &Column, name: &str, ty: Type) -> Column {
    let mut values = Values::with_capacity(ty, bags.len());
    for row in 0..bags.len() {
        let found = match bags.cell(row) {
            Cell::Dynamic(bag) => bag.member(name).unwrap_or(&Dynamic::Null),
            _ => &Dynamic::Null,
        };
        values.push(match ty {
            Type::Dynamic => Value::Dynamic(found.clone()),
            ty => convert::cell(Cell::Dynamic(found), ty),
        });
    }
    Column::new(values)
}

/// A row for each group of equal keys, in the order of their first rows.
fn pivoted(chunk: &Chunk, keys: usize, names: &[Arc<str>], default: &Value) -> Rows {
    let own = [Keys::new(chunk.columns[..keys].to_vec(), chunk.len)];
    let (pivots, measured) = (&chunk.columns[keys], &chunk.columns[keys + 1]);
    let mut groups = Groups::default();
    let mut cells: HashMap<(u32, String), u32> = HashMap::new();
    for row in 0..chunk.len as u32 {
        let group = groups.of(&own, At { chunk: 0, row });
        cells.entry((group, pivots.value(row as usize).to_string())).or_insert(row);
    }
    let count = groups.firsts.len();
    let firsts = Arc::new(groups.firsts.iter().map(|at| at.row).collect());
    let mut columns: Vec<Column> = own[0].columns.iter().map(|key| key.gather(&firsts)).collect();
    for name in names {
        let mut values = Values::with_capacity(measured.ty(), count);
        for group in 0..count as u32 {
            match cells.get(&(group, name.to_string())) {
                Some(&row) => values.push_cell(measured.cell(row as usize)),
                None => values.push(default.clone()),
            }
        }
        columns.push(Column::new(values));
    }
    Rows::of(Chunk::of(columns, count))
}
