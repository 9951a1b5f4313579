//! The scalar functions: each one item with its name, signatures, documentation, examples and evaluation, in a file for each
//! subject. Leaves out operators (`exec`) and the conversions themselves (`convert`).

mod arrays;
mod bags;
mod compression;
mod conditions;
mod constants;
mod conversions;
mod datetimes;
mod decomposition;
mod encodings;
mod fitting;
mod given;
mod hashes;
mod networks;
mod numbers;
mod parsing;
mod probability;
mod regexes;
mod series;
mod shapes;
mod surroundings;
mod texts;
mod units;
mod user_agents;
mod windows;
mod xml;
mod zones;

pub use constants::Fault;
pub(crate) use networks::AddressRange;

use crate::column::{Cell, Column};
use crate::signature::Signature;
use crate::{Datetime, Type, Value};

/// A scalar function.
#[derive(Debug)]
pub struct Function {
    /// The name, as queries write it.
    pub name: &'static str,
    /// The ways of calling it.
    pub signatures: &'static [Signature],
    /// What it answers, in a sentence or two.
    pub doc: &'static str,
    /// Expressions and the text that `tostring()` gives of them, which are its tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// How it is evaluated.
    pub eval: Eval,
    /// Of a function that gives several columns, the suffixes of their names and their types; its value is an array of theirs.
    pub outputs: &'static [(&'static str, Type)],
}

/// How a function is evaluated.
#[derive(Clone, Copy, Debug)]
pub enum Eval {
    /// From the arguments of one row; the same arguments always give the same value.
    Cells(fn(&Call, &[Cell<'_>]) -> Value),
    /// From whole columns of one length, which the result has too.
    Columns(fn(&Call, &[Column]) -> Column),
    /// Over all rows of a serialized table in order: `prev`, `row_number`, ...
    Window(fn(&Call, &[Column]) -> Column),
    /// From the arguments of one row, or the reason why there is no value.
    Fallible(fn(&Call, &[Cell<'_>]) -> Result<Value, String>),
    /// From whole columns as `Columns`, or the reason why there is no value.
    FallibleColumns(fn(&Call, &[Column]) -> Result<Column, String>),
    /// Not at all: the binder knows its names and types, and rows are refused.
    Refused,
    /// By the binder, which writes something else in its place.
    Bound,
}

/// What a function knows besides its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The query's time.
    pub now: Datetime,
    /// The type that the binder gave the call.
    pub returns: Type,
    /// The number of rows.
    pub rows: usize,
}

/// Every function, by subject.
static GROUPS: &[&[Function]] = &[
    arrays::FUNCTIONS,
    bags::FUNCTIONS,
    compression::FUNCTIONS,
    conditions::FUNCTIONS,
    conversions::FUNCTIONS,
    datetimes::FUNCTIONS,
    decomposition::FUNCTIONS,
    encodings::FUNCTIONS,
    fitting::FUNCTIONS,
    hashes::FUNCTIONS,
    networks::FUNCTIONS,
    numbers::FUNCTIONS,
    parsing::FUNCTIONS,
    probability::FUNCTIONS,
    regexes::FUNCTIONS,
    series::FUNCTIONS,
    surroundings::FUNCTIONS,
    texts::FUNCTIONS,
    units::FUNCTIONS,
    user_agents::FUNCTIONS,
    windows::FUNCTIONS,
    xml::FUNCTIONS,
    zones::FUNCTIONS,
];

impl Function {
    /// The function of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|function| function.name == name)
    }

    /// Every function.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        GROUPS.iter().copied().flatten()
    }

    const fn new(
        name: &'static str,
        signatures: &'static [Signature],
        doc: &'static str,
        examples: &'static [(&'static str, &'static str)],
        eval: Eval,
    ) -> Self {
        Self { name, signatures, doc, examples, eval, outputs: &[] }
    }

    /// The function, giving several columns.
    const fn giving(mut self, outputs: &'static [(&'static str, Type)]) -> Self {
        self.outputs = outputs;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Options};

    #[test]
    fn examples() {
        let mut wrong = Vec::new();
        for function in Function::all() {
            for (call, expected) in function.examples {
                let query = format!("print v = tostring({call})");
                match crate::run(
                    &query,
                    &Database::new(),
                    &Options::at(Datetime::parse("2024-06-01").expect("it is a date")),
                ) {
                    Ok(answer) if answer.tables[0].1.value(0, 0).to_string() == *expected => {}
                    Ok(answer) => {
                        wrong.push(format!("{call} gives {}, not {expected}", answer.tables[0].1.value(0, 0)));
                    }
                    Err(error) => wrong.push(format!("{call} fails: {error}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_are_given_once() {
        let mut names: Vec<&str> = Function::all().map(|function| function.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn nothing_is_left_to_guess() {
        for function in Function::all() {
            let shown = !function.examples.is_empty()
                || !function.outputs.is_empty()
                || matches!(function.eval, Eval::Bound | Eval::Refused | Eval::Window(_));
            assert!(shown && !function.doc.is_empty(), "{}", function.name);
        }
    }
}
