//! Addresses looked up in a table of ranges. An address in several ranges is refused: which of them the engine takes is not documented.

use std::sync::Arc;

use super::needed::Needed;
use super::{Rows, Run};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::error::Error;
use crate::functions::AddressRange;
use crate::plan::IpLookup;

impl Run<'_> {
    /// The columns of the range of each row, then those of the row.
    pub(super) fn ip_lookup(&self, lookup: &IpLookup, input: Option<&Rows>) -> Result<Rows, Error> {
        let ranges = self.relation(&lookup.ranges, &Needed::all(&lookup.ranges), input)?;
        let ranges = ranges.whole(&lookup.ranges.schema.types());
        let rows = self.relation(&lookup.input, &Needed::all(&lookup.input), input)?;
        let rows = rows.whole(&lookup.input.schema.types());
        let text = |column: &Column, row: usize| match column.cell(row) {
            Cell::String(text) => text.to_owned(),
            _ => String::new(),
        };
        let known: Vec<Option<AddressRange>> = (0..ranges.len)
            .map(|row| AddressRange::parse(&text(&ranges.columns[lookup.range], row), lookup.v6))
            .collect();
        let (mut kept, mut found) = (Vec::new(), Vec::new());
        for row in 0..rows.len {
            if row.is_multiple_of(1024) {
                self.check_time(lookup.input.span)?;
            }
            let address = AddressRange::parse(&text(&rows.columns[lookup.address], row), lookup.v6);
            let mut within = known.iter().enumerate().filter(|(_, range)| match (&address, range) {
                (Some(address), Some(range)) => address.within(range),
                _ => false,
            });
            match (within.next(), within.next()) {
                (Some((range, _)), None) => {
                    kept.push(row as u32);
                    found.push(Some(range));
                }
                (None, _) if lookup.unmatched => {
                    kept.push(row as u32);
                    found.push(None);
                }
                (None, _) => {}
                (Some(_), Some(_)) => {
                    return Err(Error::unsupported("An address in several ranges of a lookup", lookup.input.span));
                }
            }
        }
        let mut columns: Vec<Column> = Vec::with_capacity(ranges.columns.len() + rows.columns.len());
        for column in &ranges.columns {
            let mut values = Values::with_capacity(column.ty(), found.len());
            for range in &found {
                match range {
                    Some(range) => values.push_cell(column.cell(*range)),
                    None => values.push_null(),
                }
            }
            columns.push(Column::new(values));
        }
        let len = kept.len();
        columns.extend(rows.gather(&Arc::new(kept)).columns);
        Ok(Rows::of(Chunk::of(columns, len)))
    }
}
