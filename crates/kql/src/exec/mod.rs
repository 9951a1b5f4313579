//! Execution: a bound plan over the tables of a database becomes rows.
//! Each operator is one file and takes all rows of its input, in chunks, to all rows of its output. What no later step reads is
//! not computed: every operator is told which of its columns are needed and leaves nulls in the place of the others.

mod arithmetic;
pub(crate) mod compare;
mod expand;
mod filter;
mod graph;
mod group;
mod join;
mod kv;
mod limits;
mod list;
mod lookup;
mod needed;
mod parse;
mod partition;
mod plugin;
mod project;
mod range;
mod scalar;
mod scan;
mod series;
mod sort;
mod summarize;
mod threads;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::answer::Answer;
use crate::chunk::Chunk;
use crate::column::{Column, Values};
use crate::error::{Error, Kind};
use crate::plan::{Operator, Plan, Relation, Source};
use crate::span::Span;
use crate::{Database, Options, Table, Type, Value};
use list::Members;
use needed::Needed;

/// The rows of a relation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    chunks: Vec<Arc<Chunk>>,
}

/// One execution of a plan.
pub(crate) struct Run<'a> {
    database: &'a Database,
    options: &'a Options,
    started: Instant,
    shared: Vec<Rows>,
    members: Mutex<HashMap<list::Key, Arc<Members>>>,
}

/// Executes a plan.
pub(crate) fn run(plan: &Plan, database: &Database, options: &Options) -> Result<Answer, Error> {
    let mut run = Run::begin(database, options);
    for relation in &plan.shared {
        let rows = run.relation(relation, &Needed::all(relation), None)?;
        run.shared.push(rows);
    }
    let mut tables = Vec::with_capacity(plan.results.len());
    let mut partial = None;
    for (name, relation) in &plan.results {
        let rows = run.relation(relation, &Needed::all(relation), None)?;
        let table = Table::from_chunks(Arc::new(relation.schema.clone()), rows.chunks);
        tables.push((name.clone(), limits::within(table, options, &mut partial)));
    }
    Ok(Answer { tables, partial, render: plan.render.clone() })
}

/// The rows of one relation, which may refer to the shared ones, for a binder whose columns depend on rows.
pub(crate) fn table(
    shared: &[Relation],
    relation: &Relation,
    database: &Database,
    options: &Options,
) -> Result<Table, Error> {
    let mut run = Run::begin(database, options);
    for relation in shared {
        let rows = run.relation(relation, &Needed::all(relation), None)?;
        run.shared.push(rows);
    }
    let rows = run.relation(relation, &Needed::all(relation), None)?;
    Ok(Table::from_chunks(Arc::new(relation.schema.clone()), rows.chunks))
}

impl<'a> Run<'a> {
    #[expect(clippy::disallowed_methods, reason = "the time that a query may take is real time")]
    fn begin(database: &'a Database, options: &'a Options) -> Self {
        Self { database, options, started: Instant::now(), shared: Vec::new(), members: Mutex::default() }
    }

    /// The rows of a relation; `input` is what `Operator::Input` stands for.
    fn relation(&self, relation: &Relation, needed: &Needed, input: Option<&Rows>) -> Result<Rows, Error> {
        let rows = self.operator(relation, needed, input)?;
        self.check_rows(&rows, relation.span)?;
        Ok(rows)
    }

    fn operator(&self, relation: &Relation, needed: &Needed, input: Option<&Rows>) -> Result<Rows, Error> {
        match &relation.operator {
            Operator::Table { name, columns } => self.table(name, columns, relation.span),
            Operator::Shared(place) => Ok(self.shared[*place].clone()),
            Operator::Input => input.cloned().ok_or_else(|| failure("there are no rows to apply to", relation.span)),
            Operator::Rows(rows) => self.rows(relation, rows),
            Operator::Partition { input: from, key, most, body } => {
                let rows = self.relation(from, &Needed::all(from), input)?;
                self.partition(&rows, &from.schema.types(), key, *most, body)
            }
            Operator::Scan(scan) => {
                let rows = self.relation(&scan.input, &Needed::all(&scan.input), input)?;
                self.scan(&rows, scan)
            }
            Operator::ParseKv(parse) => {
                let rows = self.relation(&parse.input, &Needed::all(&parse.input), input)?;
                self.parse_kv(&rows, parse)
            }
            Operator::RowsNear(near) => {
                let rows = self.relation(&near.input, &needed.and([&near.predicate]), input)?;
                self.rows_near(&rows, near)
            }
            Operator::IpLookup(lookup) => self.ip_lookup(lookup, input),
            Operator::GraphMatch(search) => self.graph_match(search, needed, relation.span, input),
            Operator::GraphNodes(graph) => self.graph_nodes(graph, relation.span, input),
            Operator::ShortestPaths { input: from, ends, all } => {
                let rows = self.relation(from, &needed.with(ends), input)?;
                self.shortest_paths(&rows, &from.schema.types(), *ends, *all, relation.span)
            }
            Operator::Refused(what) => Err(Error::unsupported(what, relation.span)),
            Operator::Range { from, to, step } => self.range(from, to, step),
            Operator::Filter { input: from, predicate } => {
                let rows = self.relation(from, &needed.and([predicate]), input)?;
                self.filter(&rows, predicate)
            }
            Operator::Project { input: from, columns } => {
                let rows = self.relation(from, &needed.through(from, columns), input)?;
                self.project(rows, columns, needed)
            }
            Operator::Sort { input: from, keys } => {
                let rows = self.relation(from, &needed.and(keys.iter().map(|key| &key.value)), input)?;
                self.sort(&rows, &from.schema.types(), keys, None)
            }
            Operator::Take { input: from, count } | Operator::Sample { input: from, count } => {
                let rows = self.relation(from, needed, input)?;
                Ok(take(&rows, self.count(count)?))
            }
            Operator::Top { input: from, count, keys } => {
                let rows = self.relation(from, &needed.and(keys.iter().map(|key| &key.value)), input)?;
                self.sort(&rows, &from.schema.types(), keys, Some(self.count(count)?))
            }
            Operator::Summarize { input: from, keys, aggregates } => {
                let read = summarize::reads(from, keys, aggregates, needed);
                let rows = self.relation(from, &read, input)?;
                self.summarize(&rows, keys, aggregates, needed)
            }
            Operator::Count { input: from } => {
                let rows = self.relation(from, &Needed::none(from), input)?;
                Ok(Rows::of(Chunk::of(vec![Column::constant(&Value::Long(Some(rows.len() as i64)), 1)], 1)))
            }
            Operator::Join(join) => self.join(join, needed, input),
            Operator::Union(inputs) => {
                let mut chunks = Vec::new();
                for from in inputs {
                    chunks.extend(self.relation(from, needed, input)?.chunks);
                }
                Ok(Rows { chunks })
            }
            Operator::MvExpand { input: from, expansion } => {
                let rows = self.relation(from, &expand::reads(from, expansion, needed), input)?;
                self.mv_expand(&rows, expansion, needed)
            }
            Operator::MvApply { input: from, expansion, body, columns } => {
                let rows = self.relation(from, &Needed::all(from), input)?;
                self.mv_apply(&rows, expansion, body, columns)
            }
            Operator::MakeSeries(series) => self.make_series(relation, series, input),
            Operator::Parse(parse) => {
                let rows = self.relation(&parse.input, &Needed::all(&parse.input), input)?;
                self.parse(&rows, parse)
            }
            Operator::Serialize { input: from } => self.relation(from, needed, input),
            Operator::Evaluate { input: from, plugin } => {
                let rows = self.relation(from, &Needed::all(from), input)?;
                self.evaluate(&rows, &from.schema.types(), plugin)
            }
        }
    }

    fn table(&self, name: &str, columns: &[Source], span: Span) -> Result<Rows, Error> {
        let table = self.database.table(name).ok_or_else(|| failure(&format!("there is no table {name}"), span))?;
        let scan = |chunk: &Chunk| {
            let column = |source: &Source| match source {
                Source::Column(place) => chunk.columns[*place].clone(),
                Source::IngestionTime => {
                    chunk.ingested.clone().unwrap_or_else(|| Column::nulls(Type::Datetime, chunk.len))
                }
            };
            Arc::new(Chunk::of(columns.iter().map(column).collect(), chunk.len))
        };
        Ok(Rows { chunks: table.chunks().iter().map(|chunk| scan(chunk)).collect() })
    }

    /// Rows written out as expressions that read no column.
    fn rows(&self, relation: &Relation, rows: &[Vec<crate::plan::Scalar>]) -> Result<Rows, Error> {
        let mut columns: Vec<Values> =
            relation.schema.columns.iter().map(|column| Values::with_capacity(column.ty, rows.len())).collect();
        for row in rows {
            for (values, scalar) in columns.iter_mut().zip(row) {
                values.push(self.constant(scalar)?);
            }
        }
        Ok(Rows::of(Chunk::of(columns.into_iter().map(Column::new).collect(), rows.len())))
    }

    /// The value of an expression that reads no column.
    fn constant(&self, scalar: &crate::plan::Scalar) -> Result<Value, Error> {
        Ok(self.eval(scalar, &Chunk::of(Vec::new(), 1))?.value(0))
    }

    /// A number of rows; null and negative ones count as none.
    fn count(&self, scalar: &crate::plan::Scalar) -> Result<usize, Error> {
        Ok(match self.constant(scalar)? {
            Value::Long(Some(count)) => usize::try_from(count).unwrap_or(0),
            Value::Int(Some(count)) => usize::try_from(count).unwrap_or(0),
            _ => 0,
        })
    }
}

impl Rows {
    /// The rows of one chunk.
    pub(crate) fn of(chunk: Chunk) -> Self {
        Self { chunks: vec![Arc::new(chunk)] }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len).sum()
    }

    /// All rows in one chunk, whose columns are of these types.
    fn whole(&self, types: &[Type]) -> Chunk {
        match self.chunks.as_slice() {
            [] => Chunk::of(types.iter().map(|ty| Column::nulls(*ty, 0)).collect(), 0),
            [only] => Chunk::clone(only),
            chunks => Chunk::concat(types, &chunks.iter().map(|chunk| Chunk::clone(chunk)).collect::<Vec<_>>()),
        }
    }
}

fn take(rows: &Rows, count: usize) -> Rows {
    let mut rest = count;
    let mut chunks = Vec::new();
    for chunk in &rows.chunks {
        if rest == 0 {
            break;
        }
        let part = if chunk.len <= rest { Arc::clone(chunk) } else { Arc::new(chunk.slice(0, rest)) };
        rest -= part.len;
        chunks.push(part);
    }
    Rows { chunks }
}

/// What went wrong over these rows.
fn failure(message: &str, span: Span) -> Error {
    Error {
        code: "E_RUNTIME",
        rule: "",
        kind: Kind::Runtime,
        message: message.to_owned(),
        span: Some(span.range()),
        hint: None,
    }
}
