//! What a query answers.

use crate::Table;
pub use crate::plan::Render;

/// The tables that a query answers, and what goes with them.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The tables by name; a query of one tabular statement answers `PrimaryResult` alone.
    pub tables: Vec<(String, Table)>,
    /// The limit that cut the answer short, if one did.
    pub partial: Option<Partial>,
    /// How the query asks to be shown, passed through.
    pub render: Option<Render>,
}

/// A limit that cut an answer short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The service's code for it.
    pub code: &'static str,
    /// What was limited and to what.
    pub message: String,
}
