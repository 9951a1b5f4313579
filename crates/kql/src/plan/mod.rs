//! The bound plan: what a query means over one database, every name resolved and every type known.
//! The binder writes it and `exec` reads it; it is the contract between the two halves of the crate.
//!
//! A column is its place in the input's schema, from 0. Values that a query may give as an expression (a count, a step) stay
//! expressions that read no column. What the binder promises: operands of an operator have the types `BinaryOp` says,
//! arguments of a call fit the chosen signature after the conversions written into the plan, every schema is exact.

mod graph;
mod once;
mod scalar;
mod walk;

use std::sync::Arc;

pub use graph::{Cycles, FoldKind, Graph, GraphMatch, GraphStep, MatchColumn, NodeTable, PathFold};
pub use scalar::{Scalar, ScalarKind};

use crate::aggregates::Aggregate;
use crate::span::Span;
use crate::syntax::JoinKind;
use crate::{Schema, Type, Value};

/// A whole query.
#[derive(Debug)]
pub struct Plan {
    /// Relations that the others refer to by place: tabular `let`s used more than once, arguments of `toscalar` and of `in`.
    /// Each refers to earlier ones only.
    pub shared: Vec<Relation>,
    /// What the query answers, by name; one for each tabular statement.
    pub results: Vec<(String, Relation)>,
    /// How the answer asks to be shown.
    pub render: Option<Render>,
}

/// A table in the making.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The columns that it gives.
    pub schema: Schema,
    /// How its rows come about.
    pub operator: Operator,
    /// The text that it stands for.
    pub span: Span,
}

/// How the rows of a relation come about.
#[derive(Clone, Debug)]
pub enum Operator {
    /// The rows of a stored table.
    Table {
        /// Its name in the database.
        name: String,
        /// What each column of the schema reads.
        columns: Vec<Source>,
    },
    /// A relation of `Plan::shared`, by place. Its schema is that relation's.
    Shared(usize),
    /// The rows that an enclosing `mv-apply` (or `partition`) hands to its body.
    Input,
    /// Rows written out: `datatable`, `print`. One expression for each column; no expression reads a column.
    Rows(Vec<Vec<Scalar>>),
    /// `range`: from, up to and including, by step; one column, of the type of all three.
    Range {
        /// The first value.
        from: Scalar,
        /// The bound, included.
        to: Scalar,
        /// The distance between two values.
        step: Scalar,
    },
    /// The rows for which the predicate (a bool) is true.
    Filter {
        /// The rows to choose from.
        input: Box<Relation>,
        /// Null counts as false.
        predicate: Scalar,
    },
    /// One expression for each column of the schema: `project`, `extend` and all their kin. Most are plain columns.
    Project {
        /// The rows to compute over.
        input: Box<Relation>,
        /// One for each column of the schema.
        columns: Vec<Scalar>,
    },
    /// Sorted rows, stable.
    Sort {
        /// The rows to sort.
        input: Box<Relation>,
        /// The keys, the most significant first.
        keys: Vec<SortKey>,
    },
    /// At most so many rows, the first of them.
    Take {
        /// The rows to take from.
        input: Box<Relation>,
        /// How many: a long.
        count: Scalar,
    },
    /// `sample`: at most so many rows, any of them.
    Sample {
        /// The rows to take from.
        input: Box<Relation>,
        /// How many: a long.
        count: Scalar,
    },
    /// `top`: sorted, and at most so many.
    Top {
        /// The rows to choose from.
        input: Box<Relation>,
        /// How many: a long.
        count: Scalar,
        /// The keys, the most significant first.
        keys: Vec<SortKey>,
    },
    /// Groups and their aggregates; the schema is the keys, then what the aggregates give. `distinct` is this without aggregates.
    /// Without keys there is exactly one group, even over no rows.
    Summarize {
        /// The rows to group.
        input: Box<Relation>,
        /// What rows of one group share. A dynamic key compares by its text.
        keys: Vec<Scalar>,
        /// What is computed for each group.
        aggregates: Vec<Aggregation>,
    },
    /// `count`: one row, one long.
    Count {
        /// The rows to count.
        input: Box<Relation>,
    },
    /// Rows of two sides that belong together.
    Join(Box<Join>),
    /// The rows of all inputs, which have this relation's schema each.
    Union(Vec<Relation>),
    /// One row for each element of the expanded arrays or bags. See [`Expansion`].
    MvExpand {
        /// The rows to expand.
        input: Box<Relation>,
        /// What is expanded and how.
        expansion: Expansion,
    },
    /// A body over the expanded rows of each row.
    MvApply {
        /// The rows to expand.
        input: Box<Relation>,
        /// What is expanded and how. Its output schema is that of the body's `Operator::Input`.
        expansion: Expansion,
        /// What is done with the rows that one input row expands to.
        body: Box<Relation>,
        /// For each column of this relation: an input column kept as is, or a column of the body.
        columns: Vec<Side>,
    },
    /// `make-series`. The schema is the keys, then for each aggregate its array, and the axis array where `axis_at` says.
    MakeSeries(Box<MakeSeries>),
    /// `parse` and `parse-where`: the input's columns, then one for each capture (a capture of an existing name replaces that column: see `captures`).
    Parse(Box<Parse>),
    /// `serialize`: marks an order; rows as they are.
    Serialize {
        /// The rows.
        input: Box<Relation>,
    },
    /// `partition`: a body over the rows of each value of a key; null is a value too.
    Partition {
        /// The rows to part.
        input: Box<Relation>,
        /// What rows of one part share.
        key: Scalar,
        /// The most parts.
        most: Option<usize>,
        /// What is done with each part.
        body: Box<Relation>,
    },
    /// `scan`: the rows that its steps answer, in order.
    Scan(Box<Scan>),
    /// `parse-kv`: the input's columns, then one for each key.
    ParseKv(Box<ParseKv>),
    /// `evaluate rows_near`.
    RowsNear(Box<RowsNear>),
    /// `evaluate ipv4_lookup` and `ipv6_lookup`: the columns of the ranges, then those of the rows.
    IpLookup(Box<IpLookup>),
    /// `graph-match`: a row for each way in which a pattern fits a graph. The schema is the columns, then one for each fold.
    GraphMatch(Box<GraphMatch>),
    /// `graph-shortest-paths`: of the matches, the shortest between each two nodes.
    ShortestPaths {
        /// The matches.
        input: Box<Relation>,
        /// The columns of the first node, of the last one, and of the number of edges between them: longs all.
        ends: [usize; 3],
        /// All of the shortest, not just one.
        all: bool,
    },
    /// `graph-to-table nodes`: the schema is that of the graph's nodes.
    GraphNodes(Box<Graph>),
    /// Rows that this engine cannot have, such as those behind a connection: what they are.
    Refused(String),
    /// `evaluate bag_unpack(..)` after the binder has seen the bags' keys, and `narrow`, `pivot` alike: see [`Plugin`].
    Evaluate {
        /// The rows to work on.
        input: Box<Relation>,
        /// Which plugin, and with what.
        plugin: Plugin,
    },
}

/// What a column of a stored table's scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column of the table, by place.
    Column(usize),
    /// The hidden ingestion time of each row, a datetime.
    IngestionTime,
}

/// A column of one of two sides, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Of the left side (of the input, for `mv-apply`).
    Left(usize),
    /// Of the right side (of the body, for `mv-apply`).
    Right(usize),
}

/// One key of a sort.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What is compared.
    pub value: Scalar,
    /// Descending, the language's default.
    pub descending: bool,
    /// Whether nulls come before all else (by default: first when ascending, last when descending).
    pub nulls_first: bool,
}

/// One aggregate of a `summarize`.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// Which.
    pub function: &'static Aggregate,
    /// What it is computed over. `arg_max` and `arg_min` have the maximised expression first, then one for each further output
    /// (a `*` is already spelt out); `take_any` one for each output.
    pub arguments: Vec<Scalar>,
    /// The types of the columns that it gives: one, but for `arg_max`, `arg_min`, `take_any`, `percentiles`.
    pub outputs: Vec<Type>,
    /// The text that it stands for.
    pub span: Span,
}

/// A join or a lookup. Keys are equal when both are not null... and of one type; a null key matches nothing but as the engine does.
#[derive(Clone, Debug)]
pub struct Join {
    /// Which rows are kept.
    pub kind: JoinKind,
    /// The left rows.
    pub left: Relation,
    /// The right rows.
    pub right: Relation,
    /// Equalities: the first reads the left side, the second the right; both of one type.
    pub keys: Vec<(Scalar, Scalar)>,
    /// For each column of the schema, the column that it shows.
    pub columns: Vec<Side>,
}

/// How `mv-expand` and `mv-apply` expand a row. Shorter arrays are padded with nulls; a row whose arrays are all null or empty stays once with nulls
/// (`mv-expand`) or expands to nothing (`mv-apply`).
#[derive(Clone, Debug)]
pub struct Expansion {
    /// What is expanded.
    pub items: Vec<Expanded>,
    /// Where each column of the output comes from.
    pub columns: Vec<ExpansionColumn>,
    /// Whether a bag expands to `[key, value]` arrays instead of one-property bags.
    pub bags_as_arrays: bool,
    /// At most so many rows for each input row: a long.
    pub limit: Option<Scalar>,
}

/// One expanded expression.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// A dynamic (any other type expands to itself).
    pub value: Scalar,
    /// What each element is converted to; dynamic leaves it as it is.
    pub ty: Type,
}

/// Where a column of an expansion comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpansionColumn {
    /// The input's column at this place, repeated.
    Input(usize),
    /// The element of the expanded expression at this place of `items`.
    Item(usize),
    /// The element's index: a long, from 0.
    Index,
}

/// A `make-series`.
#[derive(Clone, Debug)]
pub struct MakeSeries {
    /// The rows to aggregate.
    pub input: Relation,
    /// What rows of one series share.
    pub keys: Vec<Scalar>,
    /// What is computed for each bin.
    pub aggregates: Vec<Aggregation>,
    /// For each array its elements, over the columns that the aggregates give, and the element of an empty bin.
    pub values: Vec<(Scalar, Scalar)>,
    /// The axis: a datetime, timespan or number.
    pub axis: Scalar,
    /// The first bin's start; the least value, rounded down to the step, where absent.
    pub from: Option<Scalar>,
    /// The bound, excluded (included for the `in range(..)` form).
    pub to: Option<Scalar>,
    /// The width of a bin.
    pub step: Scalar,
    /// Whether `to` is included: the `in range(..)` form.
    pub closed: bool,
    /// Whether no rows and no keys still make one series, of empty bins: `kind=nonempty`.
    pub nonempty: bool,
    /// The place of the axis array in the schema.
    pub axis_at: usize,
}

/// A `parse` or `parse-where`.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The rows to parse.
    pub input: Relation,
    /// A string.
    pub value: Scalar,
    /// How the pattern is matched.
    pub kind: crate::syntax::ParseKind,
    /// Regular expression flags, for `ParseKind::Regex`.
    pub flags: String,
    /// The pattern.
    pub pattern: Vec<ParsePart>,
    /// For each column of the schema: an input column (`Left`) or a capture (`Right`).
    pub columns: Vec<Side>,
    /// Whether rows that do not match are dropped (`parse-where`).
    pub only_matches: bool,
}

/// One part of a `parse` pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsePart {
    /// `*`: anything.
    Skip,
    /// A literal, or a regular expression.
    Text(Arc<str>),
    /// A capture and the type that it is converted to.
    Capture(Type),
}

/// A `scan`. A row is evaluated by the last step first: a step goes on from the state of the step before it, else from its own.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The rows in order.
    pub input: Relation,
    /// The declared columns: their types and what they are where no step has set them.
    pub declared: Vec<Scalar>,
    /// The steps.
    pub steps: Vec<ScanStep>,
    /// Whether the last column numbers the sequences, from 0.
    pub match_id: bool,
}

/// A step of a `scan`. Its expressions read the input's columns, then for each step the input's and the declared ones of its state.
#[derive(Clone, Debug)]
pub struct ScanStep {
    /// A bool.
    pub condition: Scalar,
    /// Which declared columns become what.
    pub assignments: Vec<(usize, Scalar)>,
    /// Whether its rows are answered.
    pub output: bool,
}

/// A `parse-kv`.
#[derive(Clone, Debug)]
pub struct ParseKv {
    /// The rows to parse.
    pub input: Relation,
    /// A string.
    pub value: Scalar,
    /// The keys and the types of their columns.
    pub keys: Vec<(Arc<str>, Type)>,
    /// What separates keys and values.
    pub form: KvForm,
}

/// What separates keys and values.
#[derive(Clone, Debug)]
pub enum KvForm {
    /// Given delimiters.
    Delimited {
        /// What comes between pairs; anything but letters and digits where absent.
        pair: Option<Arc<str>>,
        /// What comes between key and value.
        kv: Option<Arc<str>>,
        /// The quotes that open and close a key or a value.
        quotes: Vec<(char, char)>,
        /// The character that takes a quote its meaning.
        escape: Option<char>,
        /// Whether a value reaches up to the next key.
        greedy: bool,
    },
    /// A regular expression whose first group is the key and whose second the value.
    Regex(regex::Regex),
}

/// Rows for which a predicate is true, and so many before and after each of them.
#[derive(Clone, Debug)]
pub struct RowsNear {
    /// The rows in order.
    pub input: Relation,
    /// A bool.
    pub predicate: Scalar,
    /// How many before: a long.
    pub before: Scalar,
    /// How many after: a long.
    pub after: Scalar,
}

/// A lookup of addresses in ranges.
#[derive(Clone, Debug)]
pub struct IpLookup {
    /// The rows.
    pub input: Relation,
    /// The column of the address, a string.
    pub address: usize,
    /// The ranges.
    pub ranges: Relation,
    /// The column of the range in its own table, a string.
    pub range: usize,
    /// Addresses of version 6 too.
    pub v6: bool,
    /// Whether rows in no range stay.
    pub unmatched: bool,
}

/// A plugin of `evaluate` whose columns are known once its input is.
#[derive(Clone, Debug)]
pub enum Plugin {
    /// Columns from the properties of a bag.
    BagUnpack {
        /// For each column of the schema: an input column (`Left`), or the property at this place of `properties` (`Right`).
        columns: Vec<Side>,
        /// The bag's column in the input.
        bag: usize,
        /// Property names and the types that their columns have.
        properties: Vec<(Arc<str>, Type)>,
    },
    /// Columns from the values of one: of an input of keys, a value of the pivot and what belongs there.
    Pivot {
        /// How many keys come first.
        keys: usize,
        /// The text of the pivot's value for each column after them.
        values: Vec<Arc<str>>,
        /// What a cell holds that no row belongs to.
        default: Value,
    },
}

/// How an answer asks to be shown; passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Render {
    /// `timechart`, `barchart`, `table`, ...
    pub visualization: String,
    /// The properties of its `with (..)`, as written.
    pub properties: Vec<(String, String)>,
}
