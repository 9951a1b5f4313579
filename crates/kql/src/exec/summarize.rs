//! `summarize` and `distinct`: groups and their aggregates.
//! Groups are shared out among the threads by their hash, so that no two threads see rows of one group.

use std::sync::Arc;

use super::group::{self, At, Groups, Keys};
use super::needed::Needed;
use super::{Rows, Run, threads};
use crate::aggregates::{Accumulator, Kind};
use crate::chunk::Chunk;
use crate::column::Column;
use crate::error::Error;
use crate::plan::{Aggregation, Relation, Scalar};

/// Below so many rows one thread keeps the groups in the order of their first rows.
const FEW: usize = 16_384;

/// The columns of the input that the keys and the needed aggregates read.
pub(super) fn reads(input: &Relation, keys: &[Scalar], aggregates: &[Aggregation], needed: &Needed) -> Needed {
    let mut read = Needed::none(input).and(keys);
    let mut output = keys.len();
    for aggregate in aggregates {
        for (place, argument) in aggregate.arguments.iter().enumerate() {
            if wanted(aggregate, place, output, needed) {
                read.read(argument);
            }
        }
        output += aggregate.outputs.len();
    }
    read
}

/// Whether an argument matters: the further outputs of a row that is picked whole do only where they are read.
fn wanted(aggregate: &Aggregation, place: usize, output: usize, needed: &Needed) -> bool {
    match aggregate.function.kind {
        Kind::ArgMax | Kind::ArgMin => place == 0 || needed.has(output + place),
        Kind::TakeAny => needed.has(output + place),
        _ => true,
    }
}

/// The evaluated keys and arguments of one chunk.
struct Part {
    keys: Keys,
    /// For each aggregate its arguments.
    arguments: Vec<Vec<Column>>,
}

impl Run<'_> {
    /// One row for each group: the keys, then the aggregates.
    pub(super) fn summarize(
        &self,
        rows: &Rows,
        keys: &[Scalar],
        aggregates: &[Aggregation],
        needed: &Needed,
    ) -> Result<Rows, Error> {
        let parts = threads::each(self.options.threads, rows.chunks.len(), |index| {
            self.part(&rows.chunks[index], keys, aggregates, needed)
        });
        let parts: Vec<Part> = parts.into_iter().collect::<Result<_, Error>>()?;
        let (all_keys, arguments): (Vec<Keys>, Vec<Vec<Vec<Column>>>) =
            parts.into_iter().map(|part| (part.keys, part.arguments)).unzip();
        let threads = if keys.is_empty() || rows.len() < FEW { 1 } else { self.options.threads.max(1) };
        let work = Work {
            keys: &all_keys,
            arguments: &arguments,
            aggregates,
            key_types: keys.iter().map(|key| key.ty).collect(),
        };
        let chunks = threads::each(threads, threads, |share| work.share(share, threads));
        let mut output = keys.len();
        for aggregate in aggregates {
            if matches!(aggregate.function.kind, Kind::List { .. } | Kind::Set | Kind::Bag) {
                chunks
                    .iter()
                    .flatten()
                    .try_for_each(|chunk| self.check_column(&chunk.columns[output], aggregate.span))?;
            }
            output += aggregate.outputs.len();
        }
        Ok(Rows { chunks: chunks.into_iter().flatten().filter(|chunk| chunk.len > 0).map(Arc::new).collect() })
    }

    fn part(&self, chunk: &Chunk, keys: &[Scalar], aggregates: &[Aggregation], needed: &Needed) -> Result<Part, Error> {
        let columns = keys.iter().map(|key| self.eval(key, chunk)).collect::<Result<Vec<_>, Error>>()?;
        let mut output = keys.len();
        let mut arguments = Vec::with_capacity(aggregates.len());
        for aggregate in aggregates {
            let evaluated = aggregate.arguments.iter().enumerate().map(|(place, argument)| {
                match wanted(aggregate, place, output, needed) {
                    true => self.eval(argument, chunk),
                    false => Ok(Column::nulls(argument.ty, chunk.len)),
                }
            });
            arguments.push(evaluated.collect::<Result<Vec<Column>, Error>>()?);
            output += aggregate.outputs.len();
        }
        Ok(Part { keys: Keys::new(columns, chunk.len), arguments })
    }
}

/// What the threads share.
struct Work<'a> {
    keys: &'a [Keys],
    /// By chunk, aggregate and place.
    arguments: &'a [Vec<Vec<Column>>],
    aggregates: &'a [Aggregation],
    key_types: Vec<crate::Type>,
}

impl Work<'_> {
    /// The groups whose hash falls to one of so many shares.
    fn share(&self, share: usize, shares: usize) -> Vec<Chunk> {
        if let [only] = self.aggregates
            && matches!(only.function.kind, Kind::ArgMax | Kind::ArgMin)
        {
            return self.winners(share, shares, only.function.kind == Kind::ArgMax);
        }
        let mut groups = Groups::default();
        let mut accumulators: Vec<Box<dyn Accumulator>> =
            self.aggregates.iter().map(|aggregate| aggregate.function.kind.accumulator(aggregate)).collect();
        if self.key_types.is_empty() {
            accumulators.iter_mut().for_each(|accumulator| accumulator.grow(1));
        }
        let (mut picked, mut of) = (Vec::new(), Vec::new());
        for (index, keys) in self.keys.iter().enumerate() {
            picked.clear();
            of.clear();
            for row in 0..keys.len {
                if shares > 1 && share_of(keys.hashes[row], shares) != share {
                    continue;
                }
                let group = match self.key_types.is_empty() {
                    true => 0,
                    false => groups.of(self.keys, At { chunk: index as u32, row: row as u32 }),
                };
                picked.push(row as u32);
                of.push(group);
            }
            for (accumulator, arguments) in accumulators.iter_mut().zip(&self.arguments[index]) {
                accumulator.grow(groups.firsts.len());
                accumulator.add(&picked, &of, arguments);
            }
        }
        let len = if self.key_types.is_empty() { 1 } else { groups.firsts.len() };
        let mut columns = self.gathered_keys(&groups.firsts);
        for accumulator in accumulators {
            columns.extend(accumulator.finish());
        }
        vec![Chunk::of(columns, len)]
    }

    fn gathered_keys(&self, rows: &[At]) -> Vec<Column> {
        let key = |place: usize| {
            let chunks: Vec<&Column> = self.keys.iter().map(|keys| &keys.columns[place]).collect();
            group::gather(self.key_types[place], &chunks, rows)
        };
        (0..self.key_types.len()).map(key).collect()
    }

    /// `arg_max` and `arg_min` alone: the winning rows stay where they are, chunk by chunk, and no value is copied.
    fn winners(&self, share: usize, shares: usize, greatest: bool) -> Vec<Chunk> {
        let mut groups = Groups::default();
        let mut best: Vec<At> = Vec::new();
        for (index, keys) in self.keys.iter().enumerate() {
            for row in 0..keys.len {
                if shares > 1 && share_of(keys.hashes[row], shares) != share {
                    continue;
                }
                let at = At { chunk: index as u32, row: row as u32 };
                let group = if self.key_types.is_empty() { 0 } else { groups.of(self.keys, at) as usize };
                match best.get(group) {
                    None => best.push(at),
                    Some(&before) if self.beats(at, before, greatest) => best[group] = at,
                    Some(_) => {}
                }
            }
        }
        if best.is_empty() && self.key_types.is_empty() {
            let outputs = self.aggregates.iter().flat_map(|aggregate| &aggregate.outputs);
            return vec![Chunk::of(outputs.map(|ty| Column::nulls(*ty, 1)).collect(), 1)];
        }
        best.sort_unstable();
        let mut chunks = Vec::new();
        for run in best.chunk_by(|a, b| a.chunk == b.chunk) {
            let index = run[0].chunk as usize;
            let columns =
                self.keys[index].columns.iter().chain(self.arguments[index].iter().flatten()).cloned().collect();
            let picks = Arc::new(run.iter().map(|at| at.row).collect());
            chunks.push(Chunk::of(columns, self.keys[index].len).gather(&picks));
        }
        chunks
    }

    /// Whether a row's first argument is strictly beyond another's; null is never beyond.
    fn beats(&self, at: At, before: At, greatest: bool) -> bool {
        let cell = |at: At| self.arguments[at.chunk as usize][0][0].cell(at.row as usize);
        crate::aggregates::beats(cell(at), cell(before), greatest)
    }
}

fn share_of(hash: u64, shares: usize) -> usize {
    (hash >> 48) as usize % shares
}
