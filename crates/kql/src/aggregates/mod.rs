//! The aggregates of `summarize`: each one item with its name, signatures, documentation, examples and evaluation.
//! `all` lists them; the other files hold what they accumulate for each group.

mod all;
mod collect;
mod number;
mod percentile;
mod pick;
mod state;

pub(crate) use pick::beats;
pub(crate) use state::Accumulator;

use crate::plan::Aggregation;
use crate::signature::Signature;
use state::PerGroup;

/// An aggregate.
#[derive(Debug)]
pub struct Aggregate {
    /// The name, as queries write it.
    pub name: &'static str,
    /// The ways of calling it.
    pub signatures: &'static [Signature],
    /// What the name of an unnamed result begins with: `sum` for `sum_x`.
    pub prefix: &'static str,
    /// What it answers, in a sentence or two.
    pub doc: &'static str,
    /// Calls over `datatable(x: long, s: string) [1, "a", 2, "b", 2, "", long(null), "b"]` and what they give, which are its tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// Which computation it is.
    pub kind: Kind,
    /// The place of the argument that says which rows count: those for which it is true.
    pub condition: Option<usize>,
}

/// The computations behind the aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How many rows.
    Count,
    /// The sum.
    Sum,
    /// The arithmetic mean.
    Average,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The number of distinct values.
    DistinctCount,
    /// The sample's standard deviation, or the population's.
    Deviation {
        /// The population's.
        population: bool,
    },
    /// The sample's variance, or the population's.
    Variance {
        /// The population's.
        population: bool,
    },
    /// The sample's covariance, or the population's.
    Covariance {
        /// The population's.
        population: bool,
    },
    /// An array of the values.
    List {
        /// Nulls too.
        nulls: bool,
    },
    /// An array of the distinct values.
    Set,
    /// One bag of the members of all.
    Bag,
    /// The value at one or more percentiles, a column for each.
    Percentiles,
    /// The values at several percentiles as an array.
    PercentilesArray,
    /// Any row's values.
    TakeAny,
    /// The values of the row with the greatest first argument.
    ArgMax,
    /// The values of the row with the least first argument.
    ArgMin,
    /// All bits that every value has.
    BitsAnd,
    /// All bits that any value has.
    BitsOr,
    /// The exclusive or of all values.
    BitsXor,
}

impl Aggregate {
    /// The aggregate of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|aggregate| aggregate.name == name)
    }

    /// Every aggregate.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        all::AGGREGATES.iter()
    }
}

impl Kind {
    /// What accumulates the groups of an aggregation.
    pub(crate) fn accumulator(self, aggregation: &Aggregation) -> Box<dyn Accumulator> {
        let condition = aggregation.function.condition;
        let returns = aggregation.outputs.first().copied().unwrap_or(crate::Type::Long);
        match self {
            Self::Count => PerGroup::boxed(number::Count::default(), returns, condition),
            Self::Sum => PerGroup::boxed(number::Sum::default(), returns, condition),
            Self::Average => PerGroup::boxed(number::Average::default(), returns, condition),
            Self::Min => PerGroup::boxed(pick::Extreme::new(false), returns, condition),
            Self::Max => PerGroup::boxed(pick::Extreme::new(true), returns, condition),
            Self::DistinctCount => PerGroup::boxed(collect::DistinctCount::default(), returns, condition),
            Self::Deviation { population } => {
                PerGroup::boxed(number::Spread::new(population, true), returns, condition)
            }
            Self::Variance { population } => {
                PerGroup::boxed(number::Spread::new(population, false), returns, condition)
            }
            Self::Covariance { population } => PerGroup::boxed(number::Covariance::new(population), returns, condition),
            Self::List { nulls } => PerGroup::boxed(collect::List::new(nulls, condition), returns, condition),
            Self::Set => PerGroup::boxed(collect::Set::new(condition), returns, condition),
            Self::Bag => PerGroup::boxed(collect::Bag::default(), returns, condition),
            Self::Percentiles => Box::new(percentile::Percentiles::new(aggregation.outputs.clone())),
            Self::PercentilesArray => PerGroup::boxed(percentile::PercentilesArray::default(), returns, condition),
            Self::TakeAny => Box::new(pick::Rows::new(pick::Choice::Any, aggregation.outputs.clone(), condition)),
            Self::ArgMax => Box::new(pick::Rows::new(pick::Choice::Greatest, aggregation.outputs.clone(), condition)),
            Self::ArgMin => Box::new(pick::Rows::new(pick::Choice::Least, aggregation.outputs.clone(), condition)),
            Self::BitsAnd => PerGroup::boxed(number::Bits::new(|a, b| a & b), returns, condition),
            Self::BitsOr => PerGroup::boxed(number::Bits::new(|a, b| a | b), returns, condition),
            Self::BitsXor => PerGroup::boxed(number::Bits::new(|a, b| a ^ b), returns, condition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Datetime, Options};

    #[test]
    fn examples() {
        let mut wrong = Vec::new();
        for aggregate in Aggregate::all() {
            for (call, expected) in aggregate.examples {
                let query = format!(
                    "datatable(x: long, s: string) [1, 'a', 2, 'b', 2, '', long(null), 'b'] | summarize v = {call} | project tostring(v)"
                );
                match crate::run(&query, &Database::new(), &Options::at(Datetime::MIN)) {
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
}
