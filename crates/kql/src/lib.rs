//! The Kusto Query Language over tables in memory.
//!
//! Text becomes tokens (`lexer`), a tree with spans ([`syntax`]), a bound plan with types ([`plan`], written by `bind`), and rows (`exec`).

pub mod aggregates;
pub mod column;
pub mod datetime;
pub mod functions;
pub mod plan;
pub mod signature;
pub mod span;
pub mod syntax;
pub mod timespan;

mod bind;
mod builder;
mod chunk;
mod database;
mod decimal;
mod dynamic;
mod error;
mod exec;
mod guid;
mod hash;
mod lexer;
mod nearest;
mod options;
mod real;
mod table;
mod value;

pub use builder::{RowError, TableBuilder};
pub use database::Database;
pub use datetime::Datetime;
pub use decimal::Decimal;
pub use dynamic::Dynamic;
pub use error::{Error, Kind};
pub use guid::Guid;
pub use options::{Limits, Options};
pub use table::{ColumnInfo, Schema, Table};
pub use timespan::Timespan;
pub use value::{Type, Value};

/// What is wrong with a query over these tables, in the order of the text; nothing where it would run.
pub fn check(query: &str, database: &Database) -> Vec<Error> {
    match syntax::parse(query) {
        Ok(tree) => bind::bind(&tree, database, None).err().unwrap_or_default(),
        Err(error) => vec![error],
    }
}
