//! The syntax tree: what a query says, with where it says it, before any name is looked up.
//! Two trees are equal when they say the same, wherever they stand; `Display` prints a tree as text that parses to an equal tree.

mod expression;
mod graph;
mod operator;
mod parser;
mod print;

pub use expression::{Argument, BinaryOp, Call, Expr, ExprKind, Json, ListOp, Literal, Name, StringOp};
pub use graph::{Direction, GraphEdge, GraphNodes, GraphOperator, GraphPath, GraphSearch, GraphTable};
pub use operator::{
    Column, Declared, Expand, JoinKind, JoinOn, MakeSeries, MvApply, MvExpand, NamePattern, Nulls, Operator,
    OperatorKind, Order, Parameter, ParseKind, ParseOperator, PatternPart, PluginSchema, Scan, ScanStep,
    SeriesAggregate, SeriesRange, SortColumn, UnionSource,
};
#[cfg(test)]
pub(crate) use parser::operator_names;
pub use parser::parse;
pub(crate) use parser::parse_here;

use crate::span::Span;

/// A whole query: its statements in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// At least one.
    pub statements: Vec<Statement>,
}

/// One statement, up to its `;`.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `let name = ...`
    Let {
        /// What is named.
        name: Name,
        /// What it stands for.
        value: LetValue,
    },
    /// `set name = value`: a request property; it changes no rows.
    Set {
        /// The property.
        name: Name,
        /// Its value, if given.
        value: Option<Expr>,
    },
    /// `declare query_parameters (name: type = default, ...)`
    QueryParameters(Vec<Declared>),
    /// An expression whose rows are an answer.
    Query(Expr),
}

/// What a `let` names.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar or a table.
    Expr(Expr),
    /// A function.
    Function(Function),
}

/// `(parameters) { body }`
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The parameters, in order.
    pub parameters: Vec<FunctionParameter>,
    /// `let` statements, then the value.
    pub body: Vec<Statement>,
    /// Whether it is declared a view, which `union *` and `search` include.
    pub view: bool,
}

/// One parameter of a declared function.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionParameter {
    /// A scalar.
    Scalar(Declared),
    /// A table: the columns it must have at least, or none for `(*)`.
    Table {
        /// Its name.
        name: Name,
        /// The columns that it must have.
        columns: Vec<Declared>,
    },
}

impl Statement {
    /// Where it stands, roughly: its most telling part.
    pub fn span(&self) -> Span {
        match self {
            Self::Let { name, .. } | Self::Set { name, .. } => name.span,
            Self::QueryParameters(declared) => declared.first().map_or(Span::default(), |first| first.name.span),
            Self::Query(expr) => expr.span,
        }
    }
}
