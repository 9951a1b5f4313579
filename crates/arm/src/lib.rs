//! Azure Resource Manager templates: their expression language, and what a template deploys.
//!
//! Text becomes values with a place for every error (`json`), the strings in them expressions with spans ([`syntax`]).

pub mod json;
pub mod path;
pub mod span;
pub mod syntax;
