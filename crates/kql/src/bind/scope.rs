//! What names mean: columns of the rows at hand, then variables, then tables.
//! A relation may carry hidden columns past operators that keep its rows: the ingestion time, and in the body of `mv-apply` the columns of the row
//! that is expanded. Their names hold a character that no query can write.

use std::collections::HashMap;
use std::rc::Rc;

use crate::plan::{Graph, Operator, Relation, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Function, Name};
use crate::{ColumnInfo, Schema, Type};

/// The hidden column of a row's ingestion time.
pub(super) const INGESTION_TIME: &str = "\u{1}ingestion time";
/// What the hidden columns of the row around a body begin with.
pub(super) const OUTER: &str = "\u{1}outer ";

/// The hidden column of a relation whose columns nobody can tell for want of rows: any name is a null in it.
pub(super) const OPEN: &str = "\u{1}open";

/// What the hidden columns begin with that a query writes as `variable.column`: of a match in a graph, of a step of `scan`.
const QUALIFIED: &str = "\u{1}of ";
/// The hidden column of a variable that stands for several columns and has no value of its own.
const VARIABLE: &str = "\u{1}variable ";

/// The name of the hidden column that a query writes as `variable.column`.
pub(super) fn qualified(variable: &str, column: &str) -> String {
    format!("{QUALIFIED}{variable}\u{1}{column}")
}

/// The name of the hidden column of a variable that stands for several columns.
pub(super) fn variable(name: &str) -> String {
    format!("{VARIABLE}{name}")
}

/// Variables, functions and tables that a query declares.
#[derive(Clone, Default)]
pub(super) struct Environment(Rc<HashMap<String, Binding>>);

/// What a declared name stands for.
#[derive(Clone)]
pub(super) enum Binding {
    Scalar(Scalar),
    /// An argument that reads columns of the rows around the call, and how many tables were open there.
    Argument(Scalar, usize),
    Table(Relation),
    Graph(Rc<Graph>),
    Function(Rc<Lambda>),
    /// Its declaration is wrong, which has been said already.
    Broken,
}

/// A declared function and what was declared before it.
pub(super) struct Lambda {
    pub function: Function,
    pub environment: Environment,
}

impl Environment {
    pub fn declare(&mut self, name: &str, binding: Binding) {
        Rc::make_mut(&mut self.0).insert(name.to_owned(), binding);
    }

    pub fn find(&self, name: &str) -> Option<Binding> {
        self.0.get(name).cloned()
    }

    /// The names of functions that are declared views.
    pub fn views(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, binding)| matches!(binding, Binding::Function(lambda) if lambda.function.view))
            .map(|(name, _)| name.as_str())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The rows that a scalar may read.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    /// None: constants and variables alone.
    None,
    /// Those of one relation.
    One(&'a Schema),
}

impl Rows<'_> {
    /// The column of a name, if the rows have it.
    pub fn column(self, name: &Name) -> Option<Scalar> {
        let Self::One(schema) = self else { return None };
        self.existing(&name.text, name.span).or_else(|| {
            let place = schema.position(OPEN)?;
            Some(Scalar { ty: Type::Dynamic, kind: ScalarKind::Column(place), span: name.span })
        })
    }

    /// The column of a name that the rows are known to have.
    pub fn existing(self, name: &str, span: Span) -> Option<Scalar> {
        let Self::One(schema) = self else { return None };
        let place = schema.position(name).or_else(|| schema.position(&format!("{OUTER}{name}")))?;
        Some(Scalar { ty: schema.columns[place].ty, kind: ScalarKind::Column(place), span })
    }

    /// The column that a query writes as `variable.column`.
    pub fn qualified(self, variable: &str, column: &str, span: Span) -> Option<Scalar> {
        self.existing(&qualified(variable, column), span)
    }

    /// Whether the name stands for several columns, of which a query can only name one at a time.
    pub fn is_variable(self, name: &str) -> bool {
        matches!(self, Self::One(schema) if schema.position(&variable(name)).is_some())
    }

    /// The columns of a variable.
    pub fn columns_of(self, variable: &str) -> Vec<String> {
        let Self::One(schema) = self else { return Vec::new() };
        let prefix = qualified(variable, "");
        hidden(schema).filter_map(|(_, column)| column.name.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// The names that a query may write here.
    pub fn names(self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(schema) => visible(schema).map(|(_, column)| column.name.clone()).collect(),
        }
    }
}

/// Whether a query cannot name the column.
pub(super) fn is_hidden(column: &ColumnInfo) -> bool {
    column.name.starts_with('\u{1}')
}

/// The columns that a query can name, with their places.
pub(super) fn visible(schema: &Schema) -> impl Iterator<Item = (usize, &ColumnInfo)> {
    schema.columns.iter().enumerate().filter(|(_, column)| !is_hidden(column))
}

/// The hidden columns, with their places.
pub(super) fn hidden(schema: &Schema) -> impl Iterator<Item = (usize, &ColumnInfo)> {
    schema.columns.iter().enumerate().filter(|(_, column)| is_hidden(column))
}

/// The relation with its visible columns alone.
pub(super) fn without_hidden(relation: Relation) -> Relation {
    if hidden(&relation.schema).next().is_none() {
        return relation;
    }
    let span = relation.span;
    let kept: Vec<(usize, ColumnInfo)> =
        visible(&relation.schema).map(|(place, column)| (place, column.clone())).collect();
    let columns =
        kept.iter().map(|(place, column)| Scalar { ty: column.ty, kind: ScalarKind::Column(*place), span }).collect();
    let schema = Schema { columns: kept.into_iter().map(|(_, column)| column).collect() };
    Relation { schema, operator: Operator::Project { input: Box::new(relation), columns }, span }
}
