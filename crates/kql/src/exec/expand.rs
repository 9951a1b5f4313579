//! `mv-expand` and `mv-apply`: a row for each element of its arrays.

use std::sync::Arc;

use super::needed::Needed;
use super::{Rows, Run, threads};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::convert::convert;
use crate::error::Error;
use crate::plan::{Expansion, ExpansionColumn, Relation, Side};
use crate::{Dynamic, Type};

/// The columns of the input that the expansion reads for what is needed of it.
pub(super) fn reads(input: &Relation, expansion: &Expansion, needed: &Needed) -> Needed {
    let mut read = Needed::none(input).and(expansion.items.iter().map(|item| &item.value));
    for (place, column) in expansion.columns.iter().enumerate() {
        if let (ExpansionColumn::Input(from), true) = (column, needed.has(place)) {
            read.add(*from);
        }
    }
    read
}

/// The rows of a chunk expanded, and how many each row became.
struct Expanded {
    chunk: Chunk,
    counts: Vec<u32>,
}

impl Run<'_> {
    /// One row for each element; a row whose value is null stays once with null, one whose array is empty does not.
    pub(super) fn mv_expand(&self, rows: &Rows, expansion: &Expansion, needed: &Needed) -> Result<Rows, Error> {
        let limit = self.limit(expansion)?;
        let chunks = threads::each(self.options.threads, rows.chunks.len(), |index| {
            self.expand(&rows.chunks[index], expansion, limit, true, needed).map(|expanded| Arc::new(expanded.chunk))
        });
        Ok(Rows { chunks: chunks.into_iter().collect::<Result<_, Error>>()? })
    }

    /// The body over the elements of each row.
    pub(super) fn mv_apply(
        &self,
        rows: &Rows,
        expansion: &Expansion,
        body: &Relation,
        columns: &[Side],
    ) -> Result<Rows, Error> {
        let limit = self.limit(expansion)?;
        let everything = Needed::all(body);
        let mut chunks = Vec::new();
        for chunk in &rows.chunks {
            let expanded = self.expand(chunk, expansion, limit, false, &everything_of(expansion))?;
            let mut start = 0;
            for (row, &count) in expanded.counts.iter().enumerate() {
                let part = expanded.chunk.slice(start, count as usize);
                start += count as usize;
                let applied = self.relation(body, &everything, Some(&Rows::of(part)))?;
                for own in &applied.chunks {
                    let kept = chunk.gather(&Arc::new(vec![row as u32; own.len]));
                    let column = |side: &Side| match *side {
                        Side::Left(place) => kept.columns[place].clone(),
                        Side::Right(place) => own.columns[place].clone(),
                    };
                    chunks.push(Chunk::of(columns.iter().map(column).collect(), own.len));
                }
            }
        }
        let Some(first) = chunks.first() else { return Ok(Rows::default()) };
        let types: Vec<Type> = first.columns.iter().map(Column::ty).collect();
        Ok(Rows::of(Chunk::concat(&types, &chunks)))
    }

    fn limit(&self, expansion: &Expansion) -> Result<usize, Error> {
        expansion.limit.as_ref().map_or(Ok(usize::MAX), |limit| self.count(limit))
    }

    fn expand(
        &self,
        chunk: &Chunk,
        expansion: &Expansion,
        limit: usize,
        keeps_empty: bool,
        needed: &Needed,
    ) -> Result<Expanded, Error> {
        let items =
            expansion.items.iter().map(|item| self.eval(&item.value, chunk)).collect::<Result<Vec<Column>, Error>>()?;
        let mut picks = Vec::with_capacity(chunk.len);
        let mut counts = Vec::with_capacity(chunk.len);
        let mut elements: Vec<Vec<Dynamic>> = items.iter().map(|_| Vec::with_capacity(chunk.len)).collect();
        let mut indexes = Vec::with_capacity(chunk.len);
        for row in 0..chunk.len {
            let count = items.iter().map(|item| count(item.cell(row))).max().unwrap_or(0);
            let stays = keeps_empty && items.iter().any(|item| item.cell(row).is_null());
            let count = if count == 0 && stays { 1 } else { count }.min(limit);
            counts.push(count as u32);
            if let Some(item) = expansion.items.first() {
                self.check_count(picks.len() + count, item.value.span)?;
            }
            for (item, elements) in items.iter().zip(&mut elements) {
                push(item.cell(row), count, expansion.bags_as_arrays, elements);
            }
            picks.resize(picks.len() + count, row as u32);
            indexes.extend((0..count as i64).map(Some));
        }
        let len = picks.len();
        let repeated = chunk.gather(&Arc::new(picks));
        let items: Vec<Column> =
            elements.into_iter().zip(&expansion.items).map(|(elements, item)| typed(elements, item.ty)).collect();
        let indexes = Column::new(Values::Long(indexes));
        let column = |(place, column): (usize, &ExpansionColumn)| match *column {
            ExpansionColumn::Input(from) if needed.has(place) => repeated.columns[from].clone(),
            ExpansionColumn::Input(from) => Column::nulls(chunk.columns[from].ty(), len),
            ExpansionColumn::Item(item) => items[item].clone(),
            ExpansionColumn::Index => indexes.clone(),
        };
        Ok(Expanded { chunk: Chunk::of(expansion.columns.iter().enumerate().map(column).collect(), len), counts })
    }
}

fn everything_of(expansion: &Expansion) -> Needed {
    Needed::of(expansion.columns.len())
}

/// The elements as values of a type. Texts are not read as numbers or bools, nor bools as numbers or fractions as bools.
fn typed(elements: Vec<Dynamic>, ty: Type) -> Column {
    let number = |element: &Dynamic| matches!(element, Dynamic::Long(_) | Dynamic::Real(_) | Dynamic::Decimal(_));
    let fits = |element: &Dynamic| match ty {
        Type::Bool => matches!(element, Dynamic::Bool(_) | Dynamic::Long(_)),
        Type::Int | Type::Long | Type::Real | Type::Decimal => number(element),
        _ => true,
    };
    let elements = elements.into_iter().map(|element| if fits(&element) { element } else { Dynamic::Null }).collect();
    convert(&Column::new(Values::Dynamic(elements)), ty)
}

/// How many rows a value expands to by itself.
fn count(cell: Cell<'_>) -> usize {
    match cell {
        Cell::Dynamic(Dynamic::Array(elements)) => elements.len(),
        Cell::Dynamic(Dynamic::Bag(members)) => members.len(),
        cell if cell.is_null() => 0,
        _ => 1,
    }
}

/// Appends `count` elements of a value, nulls after its last one.
fn push(cell: Cell<'_>, count: usize, bags_as_arrays: bool, elements: &mut Vec<Dynamic>) {
    let end = elements.len() + count;
    match cell {
        Cell::Dynamic(Dynamic::Array(own)) => elements.extend(own.iter().take(count).cloned()),
        Cell::Dynamic(Dynamic::Bag(members)) => {
            elements.extend(members.iter().take(count).map(|(name, value)| match bags_as_arrays {
                true => Dynamic::Array([Dynamic::String(Arc::clone(name)), value.clone()].into()),
                false => Dynamic::Bag([(Arc::clone(name), value.clone())].into()),
            }));
        }
        cell if count > 0 && !cell.is_null() => elements.push(Dynamic::from(cell.to_value())),
        _ => {}
    }
    elements.resize(end, Dynamic::Null);
}
