//! The binder: from a syntax tree and a database to a [`Plan`] in which every name is resolved and every type known.
//!
//! Tabular `let`s and other relations that several places read become entries of [`Plan::shared`], so that each is computed once; scalar `let`s
//! that are no constants do too. User-defined functions are expanded where they are called.
//! Names, types and refusals follow the vendor's binder (`Kusto.Language`), and the engine's own refusals where that is laxer.

mod call;
mod expand;
mod graph;
mod join;
mod kv;
mod language;
mod literal;
mod lookup;
mod names;
mod operators;
mod order;
mod overload;
mod parse;
mod partition;
mod pipeline;
mod pivot;
mod plugin;
mod scalar;
mod scan;
mod scope;
mod series;
mod several;
mod summarize;
mod union;

use std::rc::Rc;

use crate::error::{self, Error};
use crate::plan::{self, Aggregation, Graph, Plan, Relation, Render, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Declared, Expr, ExprKind, LetValue, Name, Query, Statement};
use crate::{Database, Schema, Type, Value};

use scope::{Binding, Environment, Lambda, Rows};

/// How deep calls of user-defined functions may nest.
const DEEPEST_CALLS: usize = 24;
/// How high a relation may grow before it becomes a shared one.
const HIGHEST_RELATION: usize = 32;
/// How high an expression may grow by calling functions.
const HIGHEST_SCALAR: usize = 384;
/// How many expressions a query may copy by calling functions with computed arguments.
const MOST_COPIES: usize = 200_000;

/// Computes a relation while binding, where columns depend on rows (`bag_unpack`, `pivot`): the relations it may refer to, and itself.
pub(crate) type Evaluate<'a> = &'a dyn Fn(&[Relation], &Relation) -> Result<crate::Table, Error>;

/// Binds a query.
///
/// # Errors
///
/// Everything found wrong, in the order of the text; at least one.
pub(crate) fn bind(query: &Query, database: &Database, evaluate: Option<Evaluate<'_>>) -> Result<Plan, Vec<Error>> {
    let mut binder = Binder {
        database,
        evaluate,
        environment: Environment::default(),
        errors: Vec::new(),
        shared: Vec::new(),
        results: Vec::new(),
        render: None,
        aggregates: None,
        folds: None,
        calls: 0,
        copies: 0,
        bodies: 0,
        tables: 0,
    };
    for statement in &query.statements {
        binder.statement(statement);
    }
    if binder.errors.is_empty() && binder.results.is_empty() {
        let span = Span::new(0, 0);
        binder.errors.push(Error::new(error::MISSING, "Missing query: there are only declarations.", span));
    }
    if binder.errors.is_empty() {
        let mut plan = Plan { shared: binder.shared, results: binder.results, render: binder.render };
        plan.settle();
        Ok(plan)
    } else {
        Err(binder.errors)
    }
}

/// Something is wrong and has been noted in `Binder::errors`, or was noted where a name it uses was declared.
#[derive(Debug)]
struct Noted;

type Bound<T> = Result<T, Noted>;

struct Binder<'a> {
    database: &'a Database,
    evaluate: Option<Evaluate<'a>>,
    environment: Environment,
    errors: Vec<Error>,
    shared: Vec<Relation>,
    results: Vec<(String, Relation)>,
    render: Option<Render>,
    /// The aggregates met so far, while the columns of a `summarize` are bound.
    aggregates: Option<Aggregates>,
    /// The folds over paths met so far, while what follows a pattern is bound.
    folds: Option<graph::Folds>,
    calls: usize,
    copies: usize,
    /// How many bodies of `mv-apply` and `partition` are open; what reads their input cannot be shared.
    bodies: usize,
    /// How many tables are being bound around what is being bound.
    tables: usize,
}

/// Aggregates on their way into a `summarize`.
#[derive(Default)]
struct Aggregates {
    list: Vec<Aggregation>,
    /// How many columns come before that of the next aggregate.
    columns: usize,
}

/// A scalar, a table or a graph.
enum Entity {
    Scalar(Scalar),
    Table(Relation),
    Graph(Rc<Graph>),
}

/// Statements.
impl<'a> Binder<'a> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Let { name, value } => self.let_statement(name, value),
            Statement::Set { .. } => {}
            Statement::QueryParameters(declared) => self.query_parameters(declared),
            Statement::Query(expr) => {
                if let Ok(relation) = self.answer(expr) {
                    let name = if self.results.is_empty() {
                        "PrimaryResult".to_owned()
                    } else {
                        format!("Table_{}", self.results.len())
                    };
                    self.results.push((name, relation));
                }
            }
        }
    }

    /// A tabular statement; a scalar one is answered as `print` would.
    fn answer(&mut self, expr: &Expr) -> Bound<Relation> {
        let entity = match &expr.inner().kind {
            // A name alone can only be a table's.
            ExprKind::Name(name) => Entity::Table(self.table_named(name)?),
            _ => self.entity(expr, Rows::None)?,
        };
        match entity {
            Entity::Table(relation) => Ok(scope::without_hidden(relation)),
            Entity::Scalar(_) => {
                Err(self.note(Error::new(error::TABULAR_EXPECTED, "Tabular value expected.", expr.span)))
            }
            Entity::Graph(_) => Err(self.graph_answered(expr.span)),
        }
    }

    fn let_statement(&mut self, name: &Name, value: &LetValue) {
        if self.calls == 0 && self.environment.find(&name.text).is_some() {
            let message = format!("A variable with the name '{}' has already been declared.", name.text);
            self.note(Error::new(error::VARIABLE_TWICE, message, name.span));
        }
        let binding = match value {
            LetValue::Function(function) => {
                Binding::Function(Rc::new(Lambda { function: function.clone(), environment: self.environment.clone() }))
            }
            LetValue::Expr(expr) => match self.entity(expr, Rows::None) {
                Ok(Entity::Scalar(scalar)) if scalar.reads_columns() => Binding::Argument(scalar, self.tables),
                Ok(Entity::Scalar(scalar)) => Binding::Scalar(self.settle_scalar(&name.text, scalar)),
                Ok(Entity::Table(relation)) => Binding::Table(self.share(relation)),
                Ok(Entity::Graph(graph)) => Binding::Graph(graph),
                Err(Noted) => Binding::Broken,
            },
        };
        self.environment.declare(&name.text, binding);
    }

    fn query_parameters(&mut self, declared: &[Declared]) {
        for parameter in declared {
            let binding = match &parameter.default {
                Some(default) => match self.scalar(default, Rows::None) {
                    Ok(value) => Binding::Scalar(Scalar::converted(value, parameter.ty)),
                    Err(Noted) => Binding::Broken,
                },
                None => {
                    let message = format!("The query parameter '{}' has no value.", parameter.name.text);
                    self.note(Error::unsupported(message, parameter.name.span));
                    Binding::Broken
                }
            };
            self.environment.declare(&parameter.name.text, binding);
        }
    }

    /// A scalar that many places may use, computed once unless it is a constant.
    fn settle_scalar(&mut self, name: &str, scalar: Scalar) -> Scalar {
        if matches!(scalar.kind, ScalarKind::Constant(_) | ScalarKind::Subquery(_)) {
            return scalar;
        }
        let (ty, span) = (scalar.ty, scalar.span);
        let schema = Schema::new([(name, ty)]);
        self.shared.push(Relation { schema, operator: plan::Operator::Rows(vec![vec![scalar]]), span });
        Scalar { ty, kind: ScalarKind::Subquery(self.shared.len() - 1), span }
    }

    /// A relation that many places may read.
    fn share(&mut self, relation: Relation) -> Relation {
        if matches!(relation.operator, plan::Operator::Shared(_)) || self.bodies > 0 {
            return relation;
        }
        let (schema, span) = (relation.schema.clone(), relation.span);
        self.shared.push(relation);
        Relation { schema, operator: plan::Operator::Shared(self.shared.len() - 1), span }
    }

    /// The place of a relation among the shared ones.
    fn shared_place(&mut self, relation: Relation) -> usize {
        match relation.operator {
            plan::Operator::Shared(place) => place,
            _ => {
                self.shared.push(relation);
                self.shared.len() - 1
            }
        }
    }

    /// Keeps relations from growing so high that walking them could exhaust the stack.
    fn settle(&mut self, relation: Relation) -> Bound<Relation> {
        if relation.height() <= HIGHEST_RELATION {
            return Ok(relation);
        }
        if self.bodies > 0 {
            let message = format!("A body of mv-apply or partition has more than {HIGHEST_RELATION} operators.");
            return Err(self.note(Error::new(error::TOO_DEEP, message, relation.span)));
        }
        Ok(self.share(relation))
    }

    fn note(&mut self, error: Error) -> Noted {
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
        Noted
    }
}

/// Whether an expression is `workspace(...)`, whose members are tables.
fn is_workspace(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(call) if call.name.text == "workspace")
}

/// What an expression stands for.
impl Binder<'_> {
    /// A scalar or a table. `rows` are those that a scalar may read.
    fn entity(&mut self, expr: &Expr, rows: Rows<'_>) -> Bound<Entity> {
        match &expr.kind {
            ExprKind::Parenthesized(inner) => self.entity(inner, rows),
            ExprKind::Pipeline { .. } => self.tabular(expr),
            ExprKind::Datatable { .. } | ExprKind::ExternalData { .. } => Ok(Entity::Table(self.table(expr)?)),
            ExprKind::Name(name) => self.named_entity(name, rows),
            ExprKind::Call(call) => self.called_entity(call, expr.span, rows),
            ExprKind::MemberCall(..) if matches!(rows, Rows::None) => Ok(Entity::Table(self.table(expr)?)),
            ExprKind::Member(base, _) if is_workspace(base) => Ok(Entity::Table(self.table(expr)?)),
            _ => Ok(Entity::Scalar(self.scalar(expr, rows)?)),
        }
    }

    fn named_entity(&mut self, name: &Name, rows: Rows<'_>) -> Bound<Entity> {
        if let Some(column) = rows.column(name) {
            return Ok(Entity::Scalar(column));
        }
        if rows.is_variable(&name.text) {
            let what = format!("All of '{}' as one value", name.text);
            let hint = Some(format!("Name the columns: {}.column.", name.text));
            return Err(self.note(Error::unsupported(what, name.span).hint(hint)));
        }
        if let Some(binding) = self.environment.find(&name.text) {
            return match binding {
                Binding::Scalar(scalar) => Ok(Entity::Scalar(self.copy(&scalar, name.span)?)),
                Binding::Argument(scalar, tables) if tables == self.tables => {
                    Ok(Entity::Scalar(self.copy(&scalar, name.span)?))
                }
                Binding::Argument(..) => {
                    let what =
                        format!("The argument '{}', which reads a column, inside a table of the function", name.text);
                    Err(self.note(Error::unsupported(what, name.span)))
                }
                Binding::Table(relation) => Ok(Entity::Table(Relation { span: name.span, ..relation })),
                Binding::Graph(graph) => Ok(Entity::Graph(graph)),
                Binding::Function(lambda) => self.expand(&lambda, name, &[], rows),
                Binding::Broken => Err(Noted),
            };
        }
        if matches!(rows, Rows::None)
            && let Some(relation) = self.stored_table(name)
        {
            return Ok(Entity::Table(relation));
        }
        Err(self.unknown_name(name, rows))
    }

    /// A copy of a bound argument or variable, within the limit of copies.
    fn copy(&mut self, scalar: &Scalar, span: Span) -> Bound<Scalar> {
        self.copies += scalar.size();
        if self.copies > MOST_COPIES {
            let message = "The functions of the query expand to more expressions than this engine takes.";
            return Err(self.note(Error::new(error::TOO_DEEP, message, span)));
        }
        Ok(Scalar { span, ..scalar.clone() })
    }

    fn constant(ty: Type, value: Value, span: Span) -> Scalar {
        Scalar { ty, kind: ScalarKind::Constant(value), span }
    }
}
