//! The operators of a pipeline.

use super::expression::{Expr, Name};
use super::graph::GraphOperator;
use crate::Type;
use crate::span::Span;

/// One operator of a pipeline and where it stands.
#[derive(Clone, Debug)]
pub struct Operator {
    /// What it says.
    pub kind: OperatorKind,
    /// Where it stands, from its name to its end.
    pub span: Span,
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What an operator says.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorKind {
    /// `where`, `filter`
    Where(Expr),
    /// `project`
    Project(Vec<Column>),
    /// `project-away`
    ProjectAway(Vec<NamePattern>),
    /// `project-keep`
    ProjectKeep(Vec<NamePattern>),
    /// `project-rename`
    ProjectRename(Vec<Column>),
    /// `project-reorder`
    ProjectReorder(Vec<(NamePattern, Option<Order>)>),
    /// `extend`
    Extend(Vec<Column>),
    /// `summarize`
    Summarize {
        /// What is computed.
        aggregates: Vec<Column>,
        /// `by`
        by: Vec<Column>,
    },
    /// `sort by`, `order by`
    Sort(Vec<SortColumn>),
    /// `top n by`
    Top {
        /// How many.
        count: Expr,
        /// By what.
        by: Vec<SortColumn>,
    },
    /// `take`, `limit`
    Take(Expr),
    /// `sample`
    Sample(Expr),
    /// `sample-distinct n of column`
    SampleDistinct(Expr, Expr),
    /// `distinct`; `*` is a column that is [`super::ExprKind::Star`].
    Distinct(Vec<Column>),
    /// `count`, or `count as name`
    Count(Option<Name>),
    /// `join`
    Join {
        /// Which rows are kept.
        kind: JoinKind,
        /// The right side.
        right: Expr,
        /// What has to agree.
        on: JoinOn,
    },
    /// `lookup`
    Lookup {
        /// `leftouter` or `inner`.
        kind: JoinKind,
        /// The right side.
        right: Expr,
        /// What has to agree.
        on: JoinOn,
    },
    /// `union`
    Union {
        /// `kind`, `isfuzzy`, `withsource`.
        parameters: Vec<Parameter>,
        /// The tables, the piped one left out.
        sources: Vec<UnionSource>,
    },
    /// `mv-expand`, `mvexpand`
    MvExpand(MvExpand),
    /// `mv-apply`
    MvApply(MvApply),
    /// `make-series`
    MakeSeries(MakeSeries),
    /// `parse`, `parse-where`
    Parse(ParseOperator),
    /// `parse-kv column as (name: type, ...) with (...)`
    ParseKv {
        /// What is parsed.
        value: Expr,
        /// The columns.
        columns: Vec<Declared>,
        /// Delimiters and quotes.
        with: Vec<Parameter>,
    },
    /// `evaluate plugin(...)`
    Evaluate {
        /// The plugin and its arguments.
        plugin: super::Call,
        /// `: (name: type, ...)`
        schema: Option<PluginSchema>,
    },
    /// `invoke function(...)`
    Invoke(super::Call),
    /// `render`
    Render {
        /// How, if said.
        visualization: Option<Name>,
        /// `with (name = value, ...)`
        properties: Vec<Parameter>,
    },
    /// `as name`
    As(Name),
    /// `serialize`, with columns to add
    Serialize(Vec<Column>),
    /// `range name from a to b step c`
    Range {
        /// The column.
        name: Name,
        /// The first value.
        from: Expr,
        /// The bound, included.
        to: Expr,
        /// The distance.
        step: Expr,
    },
    /// `print`
    Print(Vec<Column>),
    /// `search`
    Search {
        /// `kind`, `withsource`.
        parameters: Vec<Parameter>,
        /// `in (tables)`
        tables: Vec<Expr>,
        /// What is looked for.
        predicate: Expr,
    },
    /// `project-by-names`: names, patterns and arrays of them.
    ProjectByNames(Vec<Expr>),
    /// `top-hitters n of column`, perhaps `by` what is summed.
    TopHitters {
        /// How many.
        count: Expr,
        /// What is counted.
        of: Column,
        /// What is summed instead of counting.
        by: Option<Expr>,
    },
    /// `scan`
    Scan(Scan),
    /// `getschema`
    GetSchema,
    /// `make-graph`, `graph-match` and their kin
    Graph(GraphOperator),
    /// `partition by column (body)`
    Partition {
        /// `hint....`
        parameters: Vec<Parameter>,
        /// By what.
        by: Expr,
        /// What is done with each part.
        body: Expr,
    },
}

/// A column of a list: `value`, `name = value`, `(name, ...) = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The names given.
    pub names: Vec<Name>,
    /// The value.
    pub value: Expr,
}

/// A column name, perhaps with `*` for any run of characters.
#[derive(Clone, Debug, PartialEq)]
pub struct NamePattern {
    /// The pattern.
    pub name: Name,
    /// Whether `*` in it is a wildcard (it is not in brackets and quotes without one).
    pub wildcard: bool,
}

/// `name: type`, perhaps with `= default`.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: Type,
    /// What it is when not given.
    pub default: Option<Expr>,
}

/// The columns that `evaluate` says its plugin gives.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginSchema {
    /// `*` first: the columns of the input, then these.
    pub keeps_input: bool,
    /// The columns.
    pub columns: Vec<Declared>,
}

/// `asc`, `desc`, and how `project-reorder` sorts names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`
    NaturalAscending,
    /// `granny-desc`
    NaturalDescending,
}

/// Where nulls go in a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// One column of `sort by`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortColumn {
    /// `name = value`, which top and sort allow.
    pub name: Option<Name>,
    /// What is compared.
    pub value: Expr,
    /// Descending where not said.
    pub order: Option<Order>,
    /// Where nulls go, if said.
    pub nulls: Option<Nulls>,
}

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// One left row for each key, with all its matches: what a join without a kind is.
    InnerUnique,
    /// All matches.
    Inner,
    /// All matches, and left rows without one.
    LeftOuter,
    /// All matches, and right rows without one.
    RightOuter,
    /// All matches, and rows of both sides without one.
    FullOuter,
    /// Left rows with a match.
    LeftSemi,
    /// Right rows with a match.
    RightSemi,
    /// Left rows without a match: `anti`, `leftanti`, `leftantisemi`.
    LeftAnti,
    /// Right rows without a match: `rightanti`, `rightantisemi`.
    RightAnti,
}

/// What has to agree in a join, in order: names, or equalities.
#[derive(Clone, Debug)]
pub struct JoinOn {
    /// The conditions; empty where none is given.
    pub conditions: Vec<Expr>,
    /// Where they stand, or would.
    pub span: Span,
}

/// `name = value` after an operator's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, dots included.
    pub name: Name,
    /// A name or a literal.
    pub value: Expr,
}

/// A table of a union.
#[derive(Clone, Debug, PartialEq)]
pub enum UnionSource {
    /// An expression.
    Expr(Expr),
    /// A table name with `*` in it.
    Wildcard(Name),
}

/// `mv-expand`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind=array`: a bag's pairs as arrays.
    pub bags_as_arrays: bool,
    /// `with_itemindex=name`
    pub item_index: Option<Name>,
    /// What is expanded.
    pub items: Vec<Expand>,
    /// `limit n`
    pub limit: Option<Expr>,
}

/// One expanded expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expand {
    /// `name = value`
    pub name: Option<Name>,
    /// What is expanded.
    pub value: Expr,
    /// `to typeof(type)`
    pub ty: Option<Type>,
}

/// `mv-apply`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex=name`
    pub item_index: Option<Name>,
    /// What is expanded.
    pub items: Vec<Expand>,
    /// `limit n`
    pub limit: Option<Expr>,
    /// `on (body)`: a pipeline without a source.
    pub body: Expr,
}

/// `make-series`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind=nonempty` and the like.
    pub parameters: Vec<Parameter>,
    /// What is computed.
    pub aggregates: Vec<SeriesAggregate>,
    /// `on axis`
    pub axis: Column,
    /// Where the axis starts and ends, and its step.
    pub range: SeriesRange,
    /// `by`
    pub by: Vec<Column>,
}

/// One aggregate of `make-series`.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate.
    pub column: Column,
    /// `default = value`
    pub default: Option<Expr>,
}

/// The axis of `make-series`.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesRange {
    /// `from a to b step c`
    FromTo {
        /// The first bin.
        from: Option<Expr>,
        /// The bound, excluded.
        to: Option<Expr>,
        /// The width of a bin.
        step: Expr,
    },
    /// `in range(a, b, c)`
    InRange {
        /// The first bin.
        from: Expr,
        /// The bound, included.
        to: Expr,
        /// The width of a bin.
        step: Expr,
    },
}

/// How a `parse` pattern is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseKind {
    /// Every conversion must succeed, or all captures of the row are null.
    Simple,
    /// A conversion that fails makes its own capture null.
    Relaxed,
    /// Literals are regular expressions.
    Regex,
}

/// `scan`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id=name`
    pub match_id: Option<Name>,
    /// `declare (name: type = default, ...)`
    pub declared: Vec<Declared>,
    /// At least one.
    pub steps: Vec<ScanStep>,
}

/// `step name output=all: condition => name = value, ...;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// The name.
    pub name: Name,
    /// Whether rows that match are answered: `all` or, `false`, `none`.
    pub output: bool,
    /// What a row has to fulfil.
    pub condition: Expr,
    /// What declared columns become.
    pub assignments: Vec<Column>,
}

/// `parse` and `parse-where`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseOperator {
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
    /// How the pattern is matched.
    pub kind: ParseKind,
    /// `flags = name`
    pub flags: Option<Name>,
    /// What is parsed.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<PatternPart>,
}

/// One part of a `parse` pattern.
#[derive(Clone, Debug)]
pub enum PatternPart {
    /// `*`
    Star(Span),
    /// A string.
    Text(String, Span),
    /// `name`, `name: type`
    Capture(Name, Option<Type>),
}

impl JoinKind {
    /// Every kind and its spellings, the one that is printed first.
    pub(crate) const SPELLINGS: [(Self, &'static [&'static str]); 9] = [
        (Self::InnerUnique, &["innerunique"]),
        (Self::Inner, &["inner"]),
        (Self::LeftOuter, &["leftouter"]),
        (Self::RightOuter, &["rightouter"]),
        (Self::FullOuter, &["fullouter"]),
        (Self::LeftSemi, &["leftsemi"]),
        (Self::RightSemi, &["rightsemi"]),
        (Self::LeftAnti, &["leftanti", "anti", "leftantisemi"]),
        (Self::RightAnti, &["rightanti", "rightantisemi"]),
    ];
}

impl PartialEq for JoinOn {
    fn eq(&self, other: &Self) -> bool {
        self.conditions == other.conditions
    }
}

impl PartialEq for PatternPart {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Star(_), Self::Star(_)) => true,
            (Self::Text(own, _), Self::Text(other, _)) => own == other,
            (Self::Capture(name, ty), Self::Capture(other, other_ty)) => name == other && ty == other_ty,
            _ => false,
        }
    }
}
