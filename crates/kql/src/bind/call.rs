//! Calls: functions of the language, functions that the query declares, and those that are more than a function of their arguments.

use std::rc::Rc;
use std::sync::Arc;

use super::overload::{Given, Misfit, resolve};
use super::scope::{Binding, INGESTION_TIME, Lambda, Rows, visible};
use super::{Binder, Bound, DEEPEST_CALLS, Entity, HIGHEST_SCALAR, Noted, language};
use crate::aggregates::Aggregate;
use crate::error::{self, Error};
use crate::functions::{Fault, Function};
use crate::nearest::nearest;
use crate::plan::{Relation, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Argument, Call, Declared, Expr, ExprKind, FunctionParameter, Name, Statement};
use crate::{Dynamic, Type, Value};

impl Binder<'_> {
    pub(super) fn called_entity(&mut self, call: &Call, span: Span, rows: Rows<'_>) -> Bound<Entity> {
        let name = call.name.text.as_str();
        if let Some(binding) = self.environment.find(name) {
            return match binding {
                Binding::Function(lambda) => self.expand(&lambda, &call.name, &call.arguments, rows),
                Binding::Table(relation) if call.arguments.is_empty() => Ok(Entity::Table(relation)),
                Binding::Broken => Err(Noted),
                _ => {
                    let message = format!("The name '{name}' does not refer to a function.");
                    Err(self.note(Error::new(error::NO_FUNCTION, message, call.name.span)))
                }
            };
        }
        if self.folds.is_some()
            && let Some(scalar) = self.graph_function(call, span, rows)?
        {
            return Ok(Entity::Scalar(scalar));
        }
        match name {
            "toscalar" => {
                let argument = self.only_argument(call)?;
                Ok(Entity::Scalar(match self.entity(argument, Rows::None)? {
                    Entity::Scalar(scalar) => scalar,
                    Entity::Table(relation) => self.first_value(relation, span)?,
                    Entity::Graph(_) => return Err(self.graph_answered(span)),
                }))
            }
            "materialize" => {
                let argument = self.only_argument(call)?;
                Ok(match self.entity(argument, Rows::None)? {
                    Entity::Scalar(scalar) => Entity::Scalar(scalar),
                    Entity::Table(relation) => Entity::Table(self.share(relation)),
                    Entity::Graph(graph) => Entity::Graph(graph),
                })
            }
            "table" => {
                let argument = self.only_argument(call)?;
                let text = self.constant_text(argument, Rows::None)?;
                let name = Name::new(&*text, argument.span);
                Ok(Entity::Table(self.table_named(&name)?))
            }
            "cluster"
            | "database"
            | "workspace"
            | "app"
            | "resource"
            | "external_table"
            | "materialized_view"
            | "stored_query_result"
            | "entity_group"
            | "graph" => {
                Err(self
                    .note(Error::unsupported(format!("The function '{name}' (data outside the tables at hand)"), span)))
            }
            "column_ifexists" | "columnifexists" => self.column_if_exists(call, rows).map(Entity::Scalar),
            "ingestion_time" => {
                let column = Name::new(INGESTION_TIME, span);
                Ok(Entity::Scalar(rows.column(&column).unwrap_or(Self::constant(
                    Type::Datetime,
                    Value::Datetime(None),
                    span,
                ))))
            }
            "bag_pack_columns" => self.pack_columns(call, span, rows).map(Entity::Scalar),
            "column_names_of" => self.column_names(call, span).map(Entity::Scalar),
            "pack_all" => self.pack_all(call, span, rows).map(Entity::Scalar),
            _ => self.function(call, span, rows).map(Entity::Scalar),
        }
    }

    pub(super) fn only_argument<'e>(&mut self, call: &'e Call) -> Bound<&'e Expr> {
        match call.arguments.as_slice() {
            [argument] => Ok(&argument.value),
            _ => {
                let message = format!("The function '{}' expects 1 argument.", call.name.text);
                Err(self.note(Error::new(error::ARGUMENT_COUNT, message, call.name.span)))
            }
        }
    }

    fn first_value(&mut self, relation: Relation, span: Span) -> Bound<Scalar> {
        let Some((_, column)) = visible(&relation.schema).next() else {
            return Err(self.note(Error::new(error::ONE_COLUMN, "The table has no columns", relation.span)));
        };
        let ty = column.ty;
        let place = self.shared_place(super::scope::without_hidden(relation));
        Ok(Scalar { ty, kind: ScalarKind::Subquery(place), span })
    }

    fn column_if_exists(&mut self, call: &Call, rows: Rows<'_>) -> Bound<Scalar> {
        let [name, default] = call.arguments.as_slice() else {
            let message = format!("The function '{}' expects 2 arguments.", call.name.text);
            return Err(self.note(Error::new(error::ARGUMENT_COUNT, message, call.name.span)));
        };
        let text = self.constant_text(&name.value, Rows::None)?;
        let default = self.scalar(&default.value, rows)?;
        Ok(rows.existing(&text, name.value.span).unwrap_or(default))
    }

    /// A bag of all columns, or of those that are neither null nor empty where the argument is true.
    fn pack_all(&mut self, call: &Call, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let packs = match call.arguments.as_slice() {
            [] => "bag_pack",
            [argument] => match self.scalar(&argument.value, Rows::None)?.kind {
                ScalarKind::Constant(Value::Bool(Some(true))) => "pack_all",
                ScalarKind::Constant(Value::Bool(Some(false))) => "bag_pack",
                _ => {
                    let message = "The expression must be a constant of type bool.";
                    return Err(self.note(Error::new(error::CONSTANT, message, argument.value.span)));
                }
            },
            _ => return Err(self.misfit(Misfit::Number(0, 1), call)),
        };
        let (Rows::One(schema), Some(function)) = (rows, Function::named(packs)) else {
            return Err(self.note(Error::unsupported("The function 'pack_all' here", call.name.span)));
        };
        let arguments = visible(schema)
            .flat_map(|(place, column)| {
                let name = Value::String(Arc::from(column.name.as_str()));
                [
                    Self::constant(Type::String, name, span),
                    Scalar { ty: column.ty, kind: ScalarKind::Column(place), span },
                ]
            })
            .collect();
        Ok(Scalar { ty: Type::Dynamic, kind: ScalarKind::Call { function, arguments }, span })
    }

    /// A bag of the columns that are named.
    fn pack_columns(&mut self, call: &Call, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let mut arguments = Vec::with_capacity(2 * call.arguments.len());
        for argument in &call.arguments {
            let value = self.scalar(&argument.value, rows)?;
            let (ExprKind::Name(name), Some(_)) = (&argument.value.inner().kind, value.as_column()) else {
                return Err(self.note(Error::new(error::COLUMN_EXPECTED, "Column expected.", argument.value.span)));
            };
            arguments.push(Self::constant(Type::String, Value::String(Arc::from(name.text.as_str())), span));
            arguments.push(value);
        }
        let Some(function) = Function::named("bag_pack").filter(|_| !arguments.is_empty()) else {
            return Err(self.misfit(Misfit::Number(1, usize::MAX), call));
        };
        Ok(Scalar { ty: Type::Dynamic, kind: ScalarKind::Call { function, arguments }, span })
    }

    /// An array of the names of a table's columns.
    fn column_names(&mut self, call: &Call, span: Span) -> Bound<Scalar> {
        let argument = self.only_argument(call)?;
        let relation = self.table(argument)?;
        let names = visible(&relation.schema).map(|(_, column)| Dynamic::string(&column.name)).collect();
        Ok(Self::constant(Type::Dynamic, Value::Dynamic(Dynamic::Array(names)), span))
    }

    /// A function of the registry, or an aggregate where one may stand.
    fn function(&mut self, call: &Call, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let name = call.name.text.as_str();
        let aggregate = Aggregate::named(name);
        if let (Some(aggregate), true) = (aggregate, self.aggregates.is_some()) {
            return self.aggregate(aggregate, call, span, rows);
        }
        let Some(function) = Function::named(name) else {
            return Err(self.no_function(call, aggregate.is_some()));
        };
        if !function.outputs.is_empty() {
            let what = format!("The several values of {name}() inside an expression");
            let hint = Some(format!("Give it columns of its own: extend (a, b) = {name}(...)."));
            return Err(self.note(Error::unsupported(what, span).hint(hint)));
        }
        self.resolved(function, call, span, rows)
    }

    /// A call of this function, with its arguments converted for the signature that fits.
    pub(super) fn resolved(
        &mut self,
        function: &'static Function,
        call: &Call,
        span: Span,
        rows: Rows<'_>,
    ) -> Bound<Scalar> {
        let given = self.given(&call.arguments, rows)?;
        match resolve(function.signatures, &given) {
            Ok((arguments, ty)) => match faulty(function, &arguments) {
                None => Ok(refined(Scalar { ty, kind: ScalarKind::Call { function, arguments }, span })),
                Some(error) => Err(self.note(error)),
            },
            Err(misfit) => Err(self.misfit(misfit, call)),
        }
    }

    fn no_function(&mut self, call: &Call, aggregate: bool) -> Noted {
        let name = call.name.text.as_str();
        let span = call.name.span;
        let error = if aggregate {
            let message = format!("The aggregate function '{name}' is not allowed in this context.");
            Error::new(error::AGGREGATE_HERE, message, span)
        } else if language::has_function(name) {
            Error::unsupported(format!("The function '{name}'"), span)
        } else {
            let near = nearest(name, self.environment.names()).or_else(|| nearest(name, language::names()));
            let hint = near.map(|near| format!("Did you mean '{near}'?"));
            Error::new(
                error::UNKNOWN_FUNCTION,
                format!("The name '{name}' does not refer to any known function."),
                span,
            )
            .hint(hint)
        };
        self.note(error)
    }

    /// The arguments of a call to a function of the language.
    pub(super) fn given(&mut self, arguments: &[Argument], rows: Rows<'_>) -> Bound<Vec<Given>> {
        let given: Vec<Bound<Given>> = arguments.iter().map(|argument| self.given_one(argument, rows)).collect();
        given.into_iter().collect()
    }

    fn given_one(&mut self, argument: &Argument, rows: Rows<'_>) -> Bound<Given> {
        if let Some(name) = &argument.name {
            let message = "Named arguments are not supported for this function.";
            return Err(self.note(Error::new(error::NAMED_ARGUMENT, message, name.span)));
        }
        match argument.value.kind {
            ExprKind::TypeOf(ty) => Ok(Given::Type(ty)),
            _ => Ok(Given::Value(self.scalar(&argument.value, rows)?)),
        }
    }

    pub(super) fn misfit(&mut self, misfit: Misfit, call: &Call) -> Noted {
        let name = &call.name.text;
        let error = match misfit {
            Misfit::Number(least, most) => {
                let number = match (least, most) {
                    (0, 0) => "no arguments".to_owned(),
                    (1, 1) => "1 argument".to_owned(),
                    _ if least == most => format!("{least} arguments"),
                    (_, usize::MAX) => format!("{least} or more arguments"),
                    _ => format!("between {least} and {most} arguments"),
                };
                let rule = if least == most { error::ARGUMENT_COUNT } else { error::ARGUMENT_RANGE };
                Error::new(rule, format!("The function '{name}' expects {number}."), call.name.span)
            }
            Misfit::Argument(place, takes) => {
                let span = call.arguments.get(place).map_or(call.name.span, |argument| argument.value.span);
                Error::new(error::VALUE_OF_TYPE, format!("A value of type {takes} expected."), span)
            }
            Misfit::NoCommonType => Error::new(
                error::NO_COMMON_TYPE,
                "No common type can be determined from the arguments.",
                call.name.span,
            ),
        };
        self.note(error)
    }
}

/// Functions that the query declares.
impl Binder<'_> {
    pub(super) fn expand(
        &mut self,
        lambda: &Rc<Lambda>,
        name: &Name,
        arguments: &[Argument],
        rows: Rows<'_>,
    ) -> Bound<Entity> {
        self.expand_over(lambda, name, None, arguments, rows)
    }

    /// Expands a call; `piped` is the table that `invoke` gives as the first argument.
    pub(super) fn expand_over(
        &mut self,
        lambda: &Rc<Lambda>,
        name: &Name,
        piped: Option<Relation>,
        arguments: &[Argument],
        rows: Rows<'_>,
    ) -> Bound<Entity> {
        if self.calls >= DEEPEST_CALLS {
            let message = format!("Calls of '{}' nest deeper than {DEEPEST_CALLS} levels.", name.text);
            return Err(self.note(Error::new(error::TOO_DEEP, message, name.span)));
        }
        let bindings = self.arguments(lambda, name, piped, arguments, rows)?;
        let mut environment = lambda.environment.clone();
        for (parameter, binding) in bindings {
            environment.declare(&parameter, binding);
        }
        let outer = std::mem::replace(&mut self.environment, environment);
        let (aggregates, folds) = (self.aggregates.take(), self.folds.take());
        self.calls += 1;
        let entity = self.body(lambda, name);
        self.calls -= 1;
        (self.aggregates, self.folds) = (aggregates, folds);
        self.environment = outer;
        match entity {
            Ok(Entity::Scalar(scalar)) if scalar.height() > HIGHEST_SCALAR => {
                let message =
                    format!("Calls of '{}' make an expression higher than {HIGHEST_SCALAR} levels.", name.text);
                Err(self.note(Error::new(error::TOO_DEEP, message, name.span)))
            }
            entity => entity,
        }
    }

    fn body(&mut self, lambda: &Lambda, name: &Name) -> Bound<Entity> {
        let mut value = None;
        for statement in &lambda.function.body {
            match statement {
                Statement::Query(expr) => value = Some(expr),
                other => self.statement(other),
            }
        }
        match value {
            Some(expr) => self.entity(expr, Rows::None),
            None => {
                let message = format!("The function '{}' has no value.", name.text);
                Err(self.note(Error::new(error::MISSING, message, name.span)))
            }
        }
    }

    /// What each parameter of a declared function stands for in a call.
    fn arguments(
        &mut self,
        lambda: &Lambda,
        name: &Name,
        mut piped: Option<Relation>,
        arguments: &[Argument],
        rows: Rows<'_>,
    ) -> Bound<Vec<(String, Binding)>> {
        let mut positional = arguments.iter().filter(|argument| argument.name.is_none());
        let mut bindings = Vec::new();
        for parameter in &lambda.function.parameters {
            let parameter_name = parameter.name();
            let named =
                arguments.iter().find(|argument| argument.name.as_ref().is_some_and(|name| name == parameter_name));
            let given = if piped.is_some() { None } else { named.or_else(|| positional.next()) };
            let binding = match (parameter, piped.take(), given) {
                (FunctionParameter::Table { columns, .. }, Some(relation), _) => {
                    self.table_argument(relation, columns)?
                }
                (FunctionParameter::Table { columns, .. }, None, Some(argument)) => {
                    let relation = self.table(&argument.value)?;
                    self.table_argument(relation, columns)?
                }
                (FunctionParameter::Scalar(declared), None, Some(argument)) => {
                    self.scalar_argument(declared, &argument.value, rows)?
                }
                (FunctionParameter::Scalar(Declared { ty, default: Some(default), .. }), None, None) => {
                    Binding::Scalar(Scalar::converted(self.scalar(default, Rows::None)?, *ty))
                }
                (FunctionParameter::Scalar(_), Some(relation), _) => {
                    return Err(self.note(Error::new(error::SCALAR_EXPECTED, "Scalar value expected.", relation.span)));
                }
                (_, None, None) => {
                    let message = format!("The argument for parameter '{}' is missing.", parameter_name.text);
                    return Err(self.note(Error::new(error::MISSING_ARGUMENT, message, name.span)));
                }
            };
            bindings.push((parameter_name.text.clone(), binding));
        }
        if positional.next().is_some() {
            let message =
                format!("The function '{}' expects {} arguments.", name.text, lambda.function.parameters.len());
            return Err(self.note(Error::new(error::ARGUMENT_COUNT, message, name.span)));
        }
        Ok(bindings)
    }

    fn table_argument(&mut self, relation: Relation, columns: &[Declared]) -> Bound<Binding> {
        for column in columns {
            let found = relation.schema.position(&column.name.text).map(|place| relation.schema.columns[place].ty);
            if found != Some(column.ty) {
                let message = "The tabular value does not have the required columns.";
                let hint = Some(format!("It needs a column {} of type {}.", column.name.text, column.ty));
                return Err(self.note(Error::new(error::TABLE_COLUMNS, message, relation.span).hint(hint)));
            }
        }
        Ok(Binding::Table(self.share(relation)))
    }

    fn scalar_argument(&mut self, declared: &Declared, value: &Expr, rows: Rows<'_>) -> Bound<Binding> {
        let value = self.scalar(value, rows)?;
        let fits = value.ty == declared.ty
            || value.ty == Type::Dynamic
            || declared.ty == Type::Dynamic
            || declared.ty == Type::String
            || (value.ty.is_numeric() && declared.ty.is_numeric());
        if !fits {
            let message = format!("A value of type {} expected.", declared.ty);
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, value.span)));
        }
        let value = Scalar::converted(value, declared.ty);
        Ok(if value.reads_columns() { Binding::Argument(value, self.tables) } else { Binding::Scalar(value) })
    }
}

impl FunctionParameter {
    fn name(&self) -> &Name {
        match self {
            Self::Scalar(declared) => &declared.name,
            Self::Table { name, .. } => name,
        }
    }
}

/// A call whose type depends on a constant: the engine counts weeks, and weeks alone, as a real.
fn refined(call: Scalar) -> Scalar {
    let weeks = match &call.kind {
        ScalarKind::Call { function, arguments } => {
            function.name == "datetime_diff"
                && matches!(&arguments[0].kind, ScalarKind::Constant(Value::String(part)) if part.eq_ignore_ascii_case("week"))
        }
        _ => false,
    };
    if weeks { Scalar::converted(call, Type::Real) } else { call }
}

/// The first constant that the function cannot take.
fn faulty(function: &Function, arguments: &[Scalar]) -> Option<Error> {
    arguments.iter().enumerate().find_map(|(place, argument)| {
        let ScalarKind::Constant(Value::String(text)) = &argument.kind else { return None };
        let (rule, message) = match function.fault(place, text)? {
            Fault::Pattern(why) => (error::REGEX, format!("'{text}' is not a regular expression: {why}.")),
            Fault::OneOf(known) => (error::ONE_OF, format!("'{text}' is none of {known}.")),
            Fault::Format => (error::ONE_OF, format!("{}() cannot write the format '{text}'.", function.name)),
        };
        Some(Error::new(rule, message, argument.span))
    })
}
