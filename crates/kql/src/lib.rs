//! The Kusto Query Language over tables in memory.
//!
//! Text becomes tokens (`lexer`), a tree with spans ([`syntax`]), a bound plan with types ([`plan`], written by `bind`), and rows (`exec`).

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod aggregates;
pub mod column;
pub mod complete;
pub mod datetime;
pub mod functions;
pub mod known;
pub mod load;
pub mod plan;
pub mod reference;
pub mod signature;
pub mod span;
pub mod syntax;
pub mod timespan;
pub mod wire;

mod answer;
mod bind;
mod builder;
mod chunk;
mod convert;
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
mod stack;
mod table;
mod terms;
mod value;

pub use answer::{Answer, Partial, Render};
pub use builder::{Members, RowError, TableBuilder};
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

/// Runs a query over these tables.
///
/// # Errors
/// The first finding where the query is not one or does not fit the tables; what it asks for and this engine lacks; a limit.
pub fn run(query: &str, database: &Database, options: &Options) -> Result<Answer, Error> {
    stack::on_own_stack(|| {
        let tree = syntax::parse_here(query)?;
        let evaluate =
            |shared: &[plan::Relation], relation: &plan::Relation| exec::table(shared, relation, database, options);
        let plan = bind::bind(&tree, database, Some(&evaluate)).map_err(|errors| {
            errors.into_iter().next().unwrap_or_else(|| Error::unsupported("this query", span::Span::at(0)))
        })?;
        exec::run(&plan, database, options)
    })
}

/// What is wrong with a query over these tables, in the order of the text; nothing where it would run.
pub fn check(query: &str, database: &Database) -> Vec<Error> {
    stack::on_own_stack(|| match syntax::parse_here(query) {
        Ok(tree) => bind::bind(&tree, database, None).err().unwrap_or_default(),
        Err(error) => vec![error],
    })
}

/// The columns that a query over these tables answers, without running it. Where they depend on rows (`bag_unpack`, `pivot`), those that are sure.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn schema(query: &str, database: &Database) -> Result<Schema, Vec<Error>> {
    stack::on_own_stack(|| {
        let tree = syntax::parse_here(query).map_err(|error| vec![error])?;
        let plan = bind::bind(&tree, database, None)?;
        Ok(plan.results.into_iter().next_back().map(|(_, relation)| relation.schema).unwrap_or_default())
    })
}
