//! The plugins of `evaluate`.

use std::sync::Arc;

use super::{Rows, Run};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::convert;
use crate::error::Error;
use crate::plan::{Plugin, Side};
use crate::{Dynamic, Type, Value};

impl Run<'_> {
    /// What the plugin makes of the rows.
    pub(super) fn evaluate(&self, rows: &Rows, plugin: &Plugin) -> Result<Rows, Error> {
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
