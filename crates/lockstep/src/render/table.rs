//! Tables for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, ContentLineStyle, Table, TableStyle, Width,
};

use super::safe;

/// An empty table with these headings. Cells that do not fit a terminal are wrapped; elsewhere none are.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|heading| Cell::new(safe(heading)).add_attribute(Attribute::Bold)));
    table
}

/// Wraps one column at this width wherever the table is shown.
pub fn narrow(table: &mut Table, column: usize, width: u16) {
    if let Some(column) = table.column_mut(column) {
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width)));
    }
}

/// A cell of a text, whoever wrote it.
pub fn cell(text: &str) -> Cell {
    Cell::new(safe(text))
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// To be looked at.
    Notable,
    /// Of little interest.
    Faint,
}

/// The same cell with a look.
pub fn look(cell: Cell, look: Look) -> Cell {
    match look {
        Look::Good => cell.fg(Color::Green),
        Look::Bad => cell.fg(Color::Red),
        Look::Notable => cell.fg(Color::Yellow),
        Look::Faint => cell.add_attribute(Attribute::Dim),
    }
}

/// Round corners, solid columns, and no lines between rows.
const STYLE: TableStyle = UTF8_FULL_CONDENSED
    .with_rounded_corners()
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .content_lines(ContentLineStyle::new('│', '│', '│'));
