//! The Kusto Query Language over tables in memory.

pub mod aggregates;
pub mod column;
pub mod datetime;
pub mod functions;
pub mod signature;
pub mod timespan;

mod builder;
mod chunk;
mod database;
mod decimal;
mod dynamic;
mod exec;
mod guid;
mod hash;
mod options;
mod real;
mod table;
mod value;

pub use builder::{RowError, TableBuilder};
pub use database::Database;
pub use datetime::Datetime;
pub use decimal::Decimal;
pub use dynamic::Dynamic;
pub use guid::Guid;
pub use options::{Limits, Options};
pub use table::{ColumnInfo, Schema, Table};
pub use timespan::Timespan;
pub use value::{Type, Value};
