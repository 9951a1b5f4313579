//! The bound plan: what a query means over one database, every name resolved and every type known.
//! The binder writes it and `exec` reads it; it is the contract between the two halves of the crate.
//!
//! A column is its place in the input's schema, from 0. Values that a query may give as an expression (a count, a step) stay
//! expressions that read no column. What the binder promises: operands of an operator have the types `BinaryOp` says,
//! arguments of a call fit the chosen signature after the conversions written into the plan, every schema is exact.

use std::sync::Arc;

use crate::aggregates::Aggregate;
use crate::functions::Function;
use crate::span::Span;
use crate::syntax::{BinaryOp, JoinKind, ListOp};
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
}

/// Edges, and the nodes that they join.
#[derive(Clone, Debug)]
pub struct Graph {
    /// A row for each edge.
    pub edges: Relation,
    /// The columns of `edges` that identify the nodes at which an edge begins and ends; of one type.
    pub ends: [usize; 2],
    /// Tables of nodes. Nodes that only edges mention come after theirs.
    pub nodes: Vec<NodeTable>,
    /// The columns of a node: those of the tables, or its identity alone, or none; then one long for each mark.
    pub schema: Schema,
    /// How many of the last columns number the connected component.
    pub marks: usize,
}

/// A table of nodes.
#[derive(Clone, Debug)]
pub struct NodeTable {
    /// A row for each node.
    pub rows: Relation,
    /// The column that identifies the node, of the type of the edges' ends.
    pub id: usize,
    /// For each column of the graph's nodes the column of this table, if it has it.
    pub columns: Vec<Option<usize>>,
}

/// A pattern to be looked for in a graph.
#[derive(Clone, Debug)]
pub struct GraphMatch {
    /// Where it is looked for.
    pub graph: Graph,
    /// How many nodes the pattern has.
    pub nodes: usize,
    /// The edges of the pattern, which are matched in this order.
    pub steps: Vec<GraphStep>,
    /// How often a match may come to the same place.
    pub cycles: Cycles,
    /// What the columns show.
    pub columns: Vec<MatchColumn>,
    /// Columns computed over the elements of paths.
    pub folds: Vec<PathFold>,
}

/// An edge of a pattern, or several in a row.
#[derive(Clone, Copy, Debug)]
pub struct GraphStep {
    /// The pattern's node from which it leads.
    pub from: usize,
    /// The pattern's node to which it leads.
    pub to: usize,
    /// Which way its edges point.
    pub direction: crate::syntax::Direction,
    /// The least and the most edges in a row, where it is a path.
    pub range: Option<(u32, u32)>,
}

/// How often a match may come to the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycles {
    /// As often as it likes.
    All,
    /// Never twice along the same edge.
    UniqueEdges,
    /// Never twice to the same node.
    None,
}

/// What a column of a match shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchColumn {
    /// A column of the pattern's node: the node, then the column.
    Node(usize, usize),
    /// How many edges end at the pattern's node.
    DegreeIn(usize),
    /// How many edges begin at the pattern's node.
    DegreeOut(usize),
    /// The place of the pattern's node among the nodes.
    NodePlace(usize),
    /// A column of the step's only edge: the step, then the column.
    Edge(usize, usize),
    /// A column of the step's edges, as an array.
    Path(usize, usize),
    /// The step's edges as an array of bags.
    Edges(usize),
    /// How many edges the step has.
    Length(usize),
}

/// A value for each element of a path, as one value.
#[derive(Clone, Debug)]
pub struct PathFold {
    /// The step.
    pub step: usize,
    /// Over its inner nodes, not its edges.
    pub nodes: bool,
    /// How the values become one.
    pub kind: FoldKind,
    /// Over the columns of the element, then those of the match.
    pub value: Scalar,
}

/// How the values of a path's elements become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// An array of them.
    Map,
    /// Whether any is true.
    Any,
    /// Whether all are.
    All,
}

impl Graph {
    fn inputs(&self) -> impl Iterator<Item = &Relation> {
        std::iter::once(&self.edges).chain(self.nodes.iter().map(|table| &table.rows))
    }
}

/// How an answer asks to be shown; passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Render {
    /// `timechart`, `barchart`, `table`, ...
    pub visualization: String,
    /// The properties of its `with (..)`, as written.
    pub properties: Vec<(String, String)>,
}

/// An expression over the rows of one relation.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The type of its values.
    pub ty: Type,
    /// How they come about.
    pub kind: ScalarKind,
    /// The text that it stands for.
    pub span: Span,
}

/// How the values of an expression come about.
#[derive(Clone, Debug)]
pub enum ScalarKind {
    /// The same for every row.
    Constant(Value),
    /// A column of the input, by place.
    Column(usize),
    /// The first column of the first row of a shared relation, null without rows: `toscalar`.
    Subquery(usize),
    /// A function of the registry. `now()` takes the query's time, `ago()` likewise. Window functions (`prev`, `row_number`, ...) see all rows in order.
    Call {
        /// Which.
        function: &'static Function,
        /// One for each argument given.
        arguments: Vec<Scalar>,
    },
    /// A conversion that the binder wrote, to `ty`: a numeric widening, or to and from dynamic, as the `to...()` functions convert.
    Convert(Box<Scalar>),
    /// `-` before a number or a timespan.
    Negate(Box<Scalar>),
    /// `and` of two or more bools.
    And(Vec<Scalar>),
    /// `or` of two or more bools.
    Or(Vec<Scalar>),
    /// A binary operator. Comparisons have operands of one type, but where one is dynamic; arithmetic has the types that the operator is defined for; string
    /// operators take strings (dynamic operands are converted), except that `has` and its kin may read a dynamic's text.
    Binary {
        /// Which.
        op: BinaryOp,
        /// The left operand.
        left: Box<Scalar>,
        /// The right operand.
        right: Box<Scalar>,
    },
    /// `in`, `has_any` and their kin over a list. An element that is a dynamic array stands for its elements.
    List {
        /// Which.
        op: ListOp,
        /// What is looked for.
        operand: Box<Scalar>,
        /// The list.
        list: Vec<Scalar>,
    },
    /// `in`, `has_any` and their kin over the first column of a shared relation.
    InRelation {
        /// Which.
        op: ListOp,
        /// What is looked for.
        operand: Box<Scalar>,
        /// The relation, by place in `Plan::shared`.
        relation: usize,
    },
    /// `between (low .. high)`, both included.
    Between {
        /// `!between`.
        negated: bool,
        /// What is compared.
        operand: Box<Scalar>,
        /// The lower bound.
        low: Box<Scalar>,
        /// The upper bound.
        high: Box<Scalar>,
    },
    /// A property of a dynamic: `bag.name`, `bag["name"]`.
    Property(Box<Scalar>, Arc<str>),
    /// An element of a dynamic by a computed key: an index (int or long) into an array, negative from its end, or a name (string) into a bag.
    Element(Box<Scalar>, Box<Scalar>),
}

impl Relation {
    /// How many relations the longest way to a source passes, this one included.
    pub(crate) fn height(&self) -> usize {
        let mut highest = 0;
        self.for_each_input(&mut |input| highest = highest.max(input.height()));
        highest + 1
    }

    /// The relations that this one reads directly.
    pub(crate) fn for_each_input(&self, visit: &mut dyn FnMut(&Self)) {
        match &self.operator {
            Operator::Table { .. }
            | Operator::Shared(_)
            | Operator::Input
            | Operator::Rows(_)
            | Operator::Refused(_)
            | Operator::Range { .. } => {}
            Operator::Filter { input, .. }
            | Operator::Project { input, .. }
            | Operator::Sort { input, .. }
            | Operator::Take { input, .. }
            | Operator::Sample { input, .. }
            | Operator::Top { input, .. }
            | Operator::Summarize { input, .. }
            | Operator::Count { input }
            | Operator::MvExpand { input, .. }
            | Operator::Serialize { input }
            | Operator::ShortestPaths { input, .. }
            | Operator::Evaluate { input, .. } => visit(input),
            Operator::MvApply { input, body, .. } => {
                visit(input);
                visit(body);
            }
            Operator::Join(join) => {
                visit(&join.left);
                visit(&join.right);
            }
            Operator::Union(inputs) => inputs.iter().for_each(visit),
            Operator::MakeSeries(series) => visit(&series.input),
            Operator::Parse(parse) => visit(&parse.input),
            Operator::GraphMatch(search) => search.graph.inputs().for_each(visit),
            Operator::GraphNodes(graph) => graph.inputs().for_each(visit),
        }
    }

    /// Its first column alone, in another type.
    pub(crate) fn with_first_column(self, ty: Type) -> Self {
        let span = self.span;
        let column = &self.schema.columns[0];
        let value = Scalar { ty: column.ty, kind: ScalarKind::Column(0), span };
        let schema = Schema::new([(column.name.clone(), ty)]);
        let columns = vec![Scalar { ty, kind: ScalarKind::Convert(Box::new(value)), span }];
        Self { schema, operator: Operator::Project { input: Box::new(self), columns }, span }
    }
}

impl Scalar {
    /// The column that the expression is, if it is nothing else.
    pub(crate) fn as_column(&self) -> Option<usize> {
        match self.kind {
            ScalarKind::Column(place) => Some(place),
            _ => None,
        }
    }

    /// Whether it is this column, converted or not.
    pub(crate) fn is_column(&self, place: usize) -> bool {
        match &self.kind {
            ScalarKind::Column(own) => *own == place,
            ScalarKind::Convert(inner) => inner.is_column(place),
            _ => false,
        }
    }

    /// Whether it depends on the row.
    pub(crate) fn reads_columns(&self) -> bool {
        if let ScalarKind::Column(_) = self.kind {
            return true;
        }
        let mut reads = false;
        self.for_each_operand(&mut |operand| reads |= operand.reads_columns());
        reads
    }

    /// How many expressions the longest way to a leaf passes, this one included.
    pub(crate) fn height(&self) -> usize {
        let mut highest = 0;
        self.for_each_operand(&mut |operand| highest = highest.max(operand.height()));
        highest + 1
    }

    /// How many expressions it is made of.
    pub(crate) fn size(&self) -> usize {
        let mut size = 1;
        self.for_each_operand(&mut |operand| size += operand.size());
        size
    }

    /// Every column that it reads, to look at or to change.
    pub(crate) fn for_each_column(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        if let ScalarKind::Column(place) = &mut self.kind {
            visit(place);
        }
        self.for_each_operand_mut(&mut |operand| operand.for_each_column(visit));
    }

    fn for_each_operand(&self, visit: &mut dyn FnMut(&Self)) {
        match &self.kind {
            ScalarKind::Constant(_) | ScalarKind::Column(_) | ScalarKind::Subquery(_) => {}
            ScalarKind::Call { arguments: operands, .. } | ScalarKind::And(operands) | ScalarKind::Or(operands) => {
                operands.iter().for_each(visit);
            }
            ScalarKind::Convert(operand)
            | ScalarKind::Negate(operand)
            | ScalarKind::Property(operand, _)
            | ScalarKind::InRelation { operand, .. } => visit(operand),
            ScalarKind::Binary { left, right, .. } | ScalarKind::Element(left, right) => {
                visit(left);
                visit(right);
            }
            ScalarKind::List { operand, list, .. } => {
                visit(operand);
                list.iter().for_each(visit);
            }
            ScalarKind::Between { operand, low, high, .. } => {
                visit(operand);
                visit(low);
                visit(high);
            }
        }
    }

    fn for_each_operand_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match &mut self.kind {
            ScalarKind::Constant(_) | ScalarKind::Column(_) | ScalarKind::Subquery(_) => {}
            ScalarKind::Call { arguments: operands, .. } | ScalarKind::And(operands) | ScalarKind::Or(operands) => {
                operands.iter_mut().for_each(visit);
            }
            ScalarKind::Convert(operand)
            | ScalarKind::Negate(operand)
            | ScalarKind::Property(operand, _)
            | ScalarKind::InRelation { operand, .. } => visit(operand),
            ScalarKind::Binary { left, right, .. } | ScalarKind::Element(left, right) => {
                visit(left);
                visit(right);
            }
            ScalarKind::List { operand, list, .. } => {
                visit(operand);
                list.iter_mut().for_each(visit);
            }
            ScalarKind::Between { operand, low, high, .. } => {
                visit(operand);
                visit(low);
                visit(high);
            }
        }
    }
}
