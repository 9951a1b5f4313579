//! Tables and the operators that take one: what each does to the columns.

use std::collections::HashSet;

use super::names::{Naming, Taken, implied};
use super::scope::{Binding, INGESTION_TIME, Rows, hidden, visible};
use super::{Binder, Bound, Entity, Noted, is_workspace};
use crate::aggregates::Aggregate;
use crate::database::qualified;
use crate::error::{self, Error};
use crate::nearest::nearest;
use crate::plan::{Operator as Planned, Relation, Render, Scalar, ScalarKind, SortKey, Source};
use crate::span::Span;
use crate::syntax::{
    Column, Declared, Expr, ExprKind, Literal, Name, NamePattern, Nulls, Operator, OperatorKind, Order, SortColumn,
};
use crate::{ColumnInfo, Schema, Type, Value};

/// A value of a list of columns, and its name if it has one.
pub(super) struct Named {
    pub name: Option<String>,
    /// Whether the name is written before the value.
    pub written: bool,
    /// Whether the name is written there or is the value itself.
    pub declared: bool,
    pub value: Scalar,
}

/// Sources.
impl Binder<'_> {
    pub(super) fn table(&mut self, expr: &Expr) -> Bound<Relation> {
        match self.tabular(expr)? {
            Entity::Table(relation) => Ok(relation),
            Entity::Graph(_) => Err(self.graph_answered(expr.span)),
            Entity::Scalar(scalar) => Err(self.tabular_expected(scalar.span)),
        }
    }

    /// A table or a graph.
    pub(super) fn tabular(&mut self, expr: &Expr) -> Bound<Entity> {
        self.tables += 1;
        let (aggregates, folds) = (self.aggregates.take(), self.folds.take());
        let entity = self.tabular_here(expr);
        (self.aggregates, self.folds) = (aggregates, folds);
        self.tables -= 1;
        entity
    }

    fn tabular_here(&mut self, expr: &Expr) -> Bound<Entity> {
        match &expr.kind {
            ExprKind::Parenthesized(inner) => self.tabular_here(inner),
            ExprKind::Pipeline { source, operators } => self.pipeline(source.as_deref(), operators, expr.span),
            ExprKind::Name(name) if matches!(self.environment.find(&name.text), Some(Binding::Graph(_))) => {
                self.named_entity(name, Rows::None)
            }
            ExprKind::Call(call) => self.called_entity(call, expr.span, Rows::None),
            _ => self.table_here(expr).map(Entity::Table),
        }
    }

    fn table_here(&mut self, expr: &Expr) -> Bound<Relation> {
        match &expr.kind {
            ExprKind::Datatable { columns, values } => self.datatable(columns, values, expr.span),
            ExprKind::ExternalData { columns, .. } => Ok(Relation {
                schema: self.declared_schema(columns)?,
                operator: Planned::Refused("'externaldata' (a connection or a file)".to_owned()),
                span: expr.span,
            }),
            ExprKind::Name(name) => self.table_named(name),
            ExprKind::Member(base, table) if is_workspace(base) => self.table_of_workspace(base, table, expr.span),
            ExprKind::Member(..) | ExprKind::MemberCall(..) => {
                Err(self.note(Error::unsupported("A table of another database or workspace", expr.span)))
            }
            _ => Err(self.tabular_expected(expr.span)),
        }
    }

    /// A table of another workspace. The wording for one that is not there is assumed.
    fn table_of_workspace(&mut self, base: &Expr, table: &Name, span: Span) -> Bound<Relation> {
        let ExprKind::Call(call) = &base.kind else { return Err(self.tabular_expected(span)) };
        let argument = self.only_argument(call)?;
        let workspace = self.constant_text(argument, Rows::None)?;
        let name = Name::new(qualified(&workspace, &table.text), span);
        if let Some(relation) = self.stored_table(&name) {
            return Ok(relation);
        }
        if !self.database.has_others() {
            return Err(self.note(Error::unsupported("A table of another database or workspace", span)));
        }
        let message = format!("Failed to resolve the table '{}' of the workspace '{workspace}'.", table.text);
        Err(self.note(Error::new(error::UNKNOWN_TABLE, message, span)))
    }

    pub(super) fn tabular_expected(&mut self, span: Span) -> Noted {
        self.note(Error::new(error::TABULAR_EXPECTED, "Tabular value expected.", span))
    }

    pub(super) fn table_named(&mut self, name: &Name) -> Bound<Relation> {
        if self.environment.find(&name.text).is_some() {
            return match self.named_entity(name, Rows::None)? {
                Entity::Table(relation) => Ok(relation),
                Entity::Scalar(_) => Err(self.tabular_expected(name.span)),
                Entity::Graph(_) => Err(self.graph_answered(name.span)),
            };
        }
        if let Some(relation) = self.stored_table(name) {
            return Ok(relation);
        }
        let mut candidates: Vec<String> = self.database.names().map(str::to_owned).collect();
        candidates.extend(self.environment.names().map(str::to_owned));
        let hint =
            nearest(&name.text, candidates.iter().map(String::as_str)).map(|near| format!("Did you mean '{near}'?"));
        let message =
            format!("The name '{}' does not refer to any known table, tabular variable or function.", name.text);
        Err(self.note(Error::new(error::UNKNOWN_TABLE, message, name.span).hint(hint)))
    }

    /// All columns of a stored table, and its rows' ingestion time as a hidden one.
    pub(super) fn stored_table(&self, name: &Name) -> Option<Relation> {
        let table = self.database.table(&name.text)?;
        let mut columns = table.schema().columns.clone();
        let mut sources: Vec<Source> = (0..columns.len()).map(Source::Column).collect();
        columns.push(ColumnInfo { name: INGESTION_TIME.to_owned(), ty: Type::Datetime });
        sources.push(Source::IngestionTime);
        let operator = Planned::Table { name: name.text.clone(), columns: sources };
        Some(Relation { schema: Schema { columns }, operator, span: name.span })
    }

    fn datatable(&mut self, columns: &[Declared], values: &[Expr], span: Span) -> Bound<Relation> {
        if columns.is_empty() || !values.len().is_multiple_of(columns.len()) {
            let message = format!(
                "The number of values ({}) is no multiple of the number of columns ({}).",
                values.len(),
                columns.len()
            );
            return Err(self.note(Error::new(error::DATATABLE, message, span)));
        }
        let schema = self.declared_schema(columns)?;
        let mut rows = Vec::with_capacity(values.len() / columns.len());
        for row in values.chunks(columns.len()) {
            let cells = row.iter().zip(columns).map(|(value, column)| self.datatable_cell(value, column.ty));
            rows.push(cells.collect::<Vec<_>>().into_iter().collect::<Bound<Vec<_>>>()?);
        }
        Ok(Relation { schema, operator: Planned::Rows(rows), span })
    }

    fn datatable_cell(&mut self, value: &Expr, ty: Type) -> Bound<Scalar> {
        let cell = self.scalar(value, Rows::None)?;
        let fits = cell.ty == ty
            || cell.ty == Type::Dynamic
            || ty == Type::String
            || ty == Type::Dynamic
            || cell.ty == Type::String;
        let numbers = cell.ty.is_numeric()
            && (ty.is_numeric() || ty == Type::Bool || ty == Type::Timespan || ty == Type::Datetime);
        let null = matches!(&cell.kind, ScalarKind::Constant(value) if value.is_null());
        if !(fits || numbers || null) {
            let message = format!("A value of type {ty} expected.");
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, value.span)));
        }
        Ok(Scalar::converted(cell, ty))
    }

    pub(super) fn declared_schema(&mut self, columns: &[Declared]) -> Bound<Schema> {
        let mut taken = Taken::default();
        for column in columns {
            if !taken.take(&column.name.text) {
                return Err(self.declared_twice(&column.name.text, column.name.span));
            }
        }
        Ok(Schema::new(columns.iter().map(|column| (column.name.text.clone(), column.ty))))
    }

    pub(super) fn declared_twice(&mut self, name: &str, span: Span) -> Noted {
        self.note(Error::new(
            error::DECLARED_TWICE,
            format!("A column with the name '{name}' is already declared."),
            span,
        ))
    }
}

/// Pipelines.
impl Binder<'_> {
    fn pipeline(&mut self, source: Option<&Expr>, operators: &[Operator], span: Span) -> Bound<Entity> {
        let mut operators = operators.iter();
        let mut entity = match (source, operators.as_slice().first()) {
            (Some(source), _) => self.tabular(source)?,
            (None, Some(first)) => {
                operators.next();
                Entity::Table(self.source(first)?)
            }
            (None, None) => return Err(self.tabular_expected(span)),
        };
        for operator in operators {
            entity = match (&operator.kind, entity) {
                (OperatorKind::Graph(graph), entity) => self.graph_operator(entity, graph, operator.span)?,
                (_, Entity::Table(relation)) => {
                    let relation = self.operator(relation, operator)?;
                    Entity::Table(self.in_order(relation)?)
                }
                (_, Entity::Graph(_)) => return Err(self.graph_answered(operator.span)),
                (_, Entity::Scalar(scalar)) => return Err(self.tabular_expected(scalar.span)),
            };
            if let Entity::Table(relation) = entity {
                entity = Entity::Table(self.settle(relation)?);
            }
        }
        match entity {
            Entity::Scalar(scalar) => Err(self.tabular_expected(scalar.span)),
            entity => Ok(entity),
        }
    }

    /// The operators of a body over rows that are given.
    pub(super) fn body_pipeline(&mut self, input: Relation, body: &Expr) -> Bound<Relation> {
        let ExprKind::Pipeline { operators, .. } = &body.kind else { return Err(self.tabular_expected(body.span)) };
        let mut relation = input;
        self.bodies += 1;
        self.tables += 1;
        for operator in operators {
            let next = self
                .operator(relation, operator)
                .and_then(|relation| self.in_order(relation))
                .and_then(|relation| self.settle(relation));
            match next {
                Ok(next) => relation = next,
                Err(Noted) => {
                    self.bodies -= 1;
                    self.tables -= 1;
                    return Err(Noted);
                }
            }
        }
        self.bodies -= 1;
        self.tables -= 1;
        Ok(relation)
    }

    /// An operator that starts a pipeline.
    fn source(&mut self, operator: &Operator) -> Bound<Relation> {
        match &operator.kind {
            OperatorKind::Print(columns) => self.print(columns, operator.span),
            OperatorKind::Range { name, from, to, step } => self.range(name, [from, to, step], operator.span),
            OperatorKind::Union { parameters, sources } => self.union(None, parameters, sources, operator.span),
            OperatorKind::Search { parameters, tables, predicate } => {
                self.search(None, parameters, tables, predicate, operator.span)
            }
            _ => Err(self.note(Error::unsupported("This operator at the start of a query", operator.span))),
        }
    }

    fn operator(&mut self, input: Relation, operator: &Operator) -> Bound<Relation> {
        let span = operator.span;
        match &operator.kind {
            OperatorKind::Where(predicate) => {
                // What is wrong with a predicate has been noted, and the columns behind it are the same.
                Ok(match self.predicate(predicate, Rows::One(&input.schema)) {
                    Ok(predicate) => filtered(input, predicate, span),
                    Err(Noted) => input,
                })
            }
            OperatorKind::Project(columns) => self.project(input, columns, span),
            OperatorKind::Extend(columns) => self.extend(input, columns, span),
            OperatorKind::Serialize(columns) => {
                let input = if columns.is_empty() { input } else { self.extend(input, columns, span)? };
                Ok(Relation {
                    schema: input.schema.clone(),
                    operator: Planned::Serialize { input: Box::new(input) },
                    span,
                })
            }
            OperatorKind::ProjectAway(patterns) => {
                let away: HashSet<usize> = self.matching(&input.schema, patterns)?.into_iter().collect();
                Ok(select(input, |place| !away.contains(&place), span))
            }
            OperatorKind::ProjectKeep(patterns) => {
                let kept: HashSet<usize> = self.matching(&input.schema, patterns)?.into_iter().collect();
                Ok(select(input, |place| kept.contains(&place), span))
            }
            OperatorKind::ProjectRename(columns) => self.rename(input, columns, span),
            OperatorKind::ProjectReorder(patterns) => self.reorder(input, patterns, span),
            OperatorKind::Summarize { aggregates, by } => self.summarize(input, aggregates, by, span),
            OperatorKind::Distinct(columns) => self.distinct(input, columns, span),
            OperatorKind::Sort(columns) => {
                let keys = self.sort_keys(columns, &input.schema)?;
                if let Some(key) = keys.iter().find(|key| key.value.ty == Type::Dynamic) {
                    let message = "Rows cannot be sorted by a value of type dynamic.";
                    let hint = Some("Convert it: tostring(...), toreal(...).".to_owned());
                    return Err(self.note(Error::new(error::DYNAMIC_HERE, message, key.value.span).hint(hint)));
                }
                Ok(Relation {
                    schema: input.schema.clone(),
                    operator: Planned::Sort { input: Box::new(input), keys },
                    span,
                })
            }
            OperatorKind::Top { count, by } => {
                let count = self.count(count)?;
                let keys = self.sort_keys(by, &input.schema)?;
                Ok(Relation {
                    schema: input.schema.clone(),
                    operator: Planned::Top { input: Box::new(input), count, keys },
                    span,
                })
            }
            OperatorKind::Take(count) => {
                let count = self.count(count)?;
                Ok(Relation {
                    schema: input.schema.clone(),
                    operator: Planned::Take { input: Box::new(input), count },
                    span,
                })
            }
            OperatorKind::Sample(count) => {
                let count = self.count(count)?;
                Ok(Relation {
                    schema: input.schema.clone(),
                    operator: Planned::Sample { input: Box::new(input), count },
                    span,
                })
            }
            OperatorKind::SampleDistinct(count, value) => {
                let column = Column { names: Vec::new(), value: value.clone() };
                let distinct = self.distinct(input, std::slice::from_ref(&column), span)?;
                let count = self.count(count)?;
                Ok(Relation {
                    schema: distinct.schema.clone(),
                    operator: Planned::Sample { input: Box::new(distinct), count },
                    span,
                })
            }
            OperatorKind::Count(name) => {
                let name = name.as_ref().map_or("Count", |name| name.text.as_str());
                Ok(Relation {
                    schema: Schema::new([(name, Type::Long)]),
                    operator: Planned::Count { input: Box::new(input) },
                    span,
                })
            }
            OperatorKind::Join { kind, right, on } => self.join(input, *kind, right, on, false, span),
            OperatorKind::Lookup { kind, right, on } => self.join(input, *kind, right, on, true, span),
            OperatorKind::Union { parameters, sources } => self.union(Some(input), parameters, sources, span),
            OperatorKind::Search { parameters, tables, predicate } => {
                self.search(Some(input), parameters, tables, predicate, span)
            }
            OperatorKind::MvExpand(expand) => self.mv_expand(input, expand, span),
            OperatorKind::MvApply(apply) => self.mv_apply(input, apply, span),
            OperatorKind::MakeSeries(series) => self.make_series(input, series, span),
            OperatorKind::Parse(parse) => self.parse(input, parse, span),
            OperatorKind::Evaluate { plugin, schema } => self.plugin(input, plugin, schema.as_ref(), span),
            OperatorKind::Invoke(call) => self.invoke(input, call),
            OperatorKind::As(name) => {
                let shared = self.share(input);
                self.environment.declare(&name.text, Binding::Table(shared.clone()));
                Ok(shared)
            }
            OperatorKind::Render { visualization, properties } => {
                let text = |expr: &Expr| match &expr.kind {
                    ExprKind::Name(name) => name.text.clone(),
                    ExprKind::Literal(Literal::String(text)) => text.clone(),
                    ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
                    ExprKind::Literal(Literal::Long(value)) => value.to_string(),
                    ExprKind::Literal(Literal::Real(value)) => value.to_string(),
                    _ => String::new(),
                };
                self.render = Some(Render {
                    visualization: visualization.as_ref().map_or("table", |name| name.text.as_str()).to_owned(),
                    properties: properties
                        .iter()
                        .map(|property| (property.name.text.clone(), text(&property.value)))
                        .collect(),
                });
                Ok(input)
            }
            OperatorKind::GetSchema => Ok(get_schema(&input, span)),
            OperatorKind::Graph(_) => {
                Err(self.note(Error::unsupported("A graph inside the body of another operator", span)))
            }
            OperatorKind::ParseKv { value, columns, with } => self.parse_kv(input, value, columns, with, span),
            OperatorKind::Partition { parameters, by, body } => self.partition(input, parameters, by, body, span),
            OperatorKind::ProjectByNames(names) => self.project_by_names(input, names, span),
            OperatorKind::TopHitters { count, of, by } => self.top_hitters(input, count, of, by.as_ref(), span),
            OperatorKind::Scan(scan) => self.scan(input, scan, span),
            OperatorKind::Print(_) | OperatorKind::Range { .. } => Err(self.note(Error::new(
                error::OPERATOR_EXPECTED,
                "This operator starts a query; it takes no input.",
                span,
            ))),
        }
    }

    fn invoke(&mut self, input: Relation, call: &crate::syntax::Call) -> Bound<Relation> {
        let Some(Binding::Function(lambda)) = self.environment.find(&call.name.text) else {
            let message = format!("The name '{}' does not refer to any known function.", call.name.text);
            return Err(self.note(Error::new(error::UNKNOWN_FUNCTION, message, call.name.span)));
        };
        match self.expand_over(&lambda, &call.name, Some(input), &call.arguments, Rows::None)? {
            Entity::Table(relation) => Ok(relation),
            Entity::Scalar(scalar) => Err(self.tabular_expected(scalar.span)),
            Entity::Graph(_) => Err(self.graph_answered(call.name.span)),
        }
    }
}

/// Columns.
impl Binder<'_> {
    /// The value of a column and the name that it gives, if it gives one.
    pub(super) fn column(&mut self, column: &Column, rows: Rows<'_>) -> Bound<(Option<String>, Scalar)> {
        let value = self.scalar(&column.value, rows)?;
        match column.names.as_slice() {
            [] => Ok((implied(&column.value, &|name| Aggregate::named(name).is_some()), value)),
            [name] => Ok((Some(name.text.clone()), value)),
            [_, second, ..] => {
                let message = "The expression does not have multiple named values.";
                Err(self.note(Error::new(error::ONE_VALUE, message, second.span)))
            }
        }
    }

    /// The values of a column of a list: one, or as many as its function gives.
    fn values(&mut self, column: &Column, rows: Rows<'_>) -> Bound<Vec<Named>> {
        if let Some(values) = self.several_values(column, rows)? {
            return Ok(values);
        }
        let (name, value) = self.column(column, rows)?;
        let written = !column.names.is_empty();
        let declared = written || matches!(column.value.kind, ExprKind::Name(_));
        Ok(vec![Named { name, written, declared, value }])
    }

    pub(super) fn all_values(&mut self, columns: &[Column], rows: Rows<'_>) -> Bound<Vec<Named>> {
        let bound: Vec<Bound<Vec<Named>>> = columns
            .iter()
            .filter(|column| !matches!(column.value.kind, ExprKind::Star))
            .map(|column| self.values(column, rows))
            .collect();
        Ok(bound.into_iter().collect::<Bound<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn project(&mut self, input: Relation, columns: &[Column], span: Span) -> Bound<Relation> {
        let mut naming = Naming::default();
        let mut projected = Vec::with_capacity(columns.len());
        for Named { name, declared, value, .. } in self.all_values(columns, Rows::One(&input.schema))? {
            match naming.next(declared, name.as_deref()) {
                Some(name) => projected.push((name, value)),
                None => return Err(self.declared_twice(&name.unwrap_or_default(), value.span)),
            }
        }
        if let Some(star) = columns.iter().find(|column| matches!(column.value.kind, ExprKind::Star)) {
            projected.extend(
                Self::all_columns(&input.schema, star.value.span).into_iter().filter(|(name, _)| naming.take(name)),
            );
        }
        Ok(projection(input, projected, span))
    }

    pub(super) fn extend(&mut self, input: Relation, columns: &[Column], span: Span) -> Bound<Relation> {
        let bound = self.all_values(columns, Rows::One(&input.schema))?;
        let mut all = Self::all_columns(&input.schema, span);
        let mut declared = Taken::default();
        let mut unnamed = Naming::default();
        for (name, _) in &all {
            unnamed.take(name);
        }
        for Named { name, written, value, .. } in bound {
            let name = match name {
                Some(name) if written && !declared.take(&name) => {
                    return Err(self.declared_twice(&name, value.span));
                }
                Some(name) => name,
                None => unnamed.imply(None),
            };
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => all.push((name, value)),
            }
        }
        Ok(projection(input, all, span))
    }

    fn print(&mut self, columns: &[Column], span: Span) -> Bound<Relation> {
        let mut taken = Taken::default();
        let mut schema = Schema::default();
        let mut row = Vec::with_capacity(columns.len());
        for (place, column) in columns.iter().enumerate() {
            let several = self.several_values(column, Rows::None)?;
            let values = match several {
                Some(values) => values,
                None => {
                    let value = self.scalar(&column.value, Rows::None)?;
                    let name = column.names.first().map(|name| name.text.clone());
                    let written = name.is_some();
                    vec![Named { name, written, declared: written, value }]
                }
            };
            for Named { name, written, value, .. } in values {
                let name = match name {
                    Some(name) if written && !taken.take(&name) => {
                        return Err(self.declared_twice(&name, value.span));
                    }
                    Some(name) if written => name,
                    Some(name) => taken.unique(&name),
                    None => taken.unique(&format!("print_{place}")),
                };
                schema.columns.push(ColumnInfo { name, ty: value.ty });
                row.push(value);
            }
        }
        Ok(Relation { schema, operator: Planned::Rows(vec![row]), span })
    }

    fn range(&mut self, name: &Name, bounds: [&Expr; 3], span: Span) -> Bound<Relation> {
        let [from, to, step] = bounds.map(|bound| self.scalar(bound, Rows::None));
        let [from, to, step] = [from?, to?, step?];
        let (ty, step_ty) = match (from.ty, to.ty, step.ty) {
            (Type::Datetime, Type::Datetime, Type::Timespan) => (Type::Datetime, Type::Timespan),
            (Type::Timespan, Type::Timespan, Type::Timespan) => (Type::Timespan, Type::Timespan),
            (a, b, c) if a.is_numeric() && b.is_numeric() && c.is_numeric() => {
                let ty = super::operators::widest(super::operators::widest(a, b), c);
                (ty, ty)
            }
            (Type::Dynamic, ..) | (_, Type::Dynamic, _) | (_, _, Type::Dynamic) => (Type::Long, Type::Long),
            _ => {
                let message = format!("A range from {} to {} has no step of type {}.", from.ty, to.ty, step.ty);
                return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, span)));
            }
        };
        let (from, to, step) =
            (Scalar::converted(from, ty), Scalar::converted(to, ty), Scalar::converted(step, step_ty));
        Ok(Relation {
            schema: Schema::new([(name.text.clone(), ty)]),
            operator: Planned::Range { from, to, step },
            span,
        })
    }

    /// The visible columns that the patterns match, in the patterns' order, each once.
    fn matching(&mut self, schema: &Schema, patterns: &[NamePattern]) -> Bound<Vec<usize>> {
        let mut places = Vec::new();
        for pattern in patterns {
            for place in self.matching_one(schema, pattern)? {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        Ok(places)
    }

    pub(super) fn matching_one(&mut self, schema: &Schema, pattern: &NamePattern) -> Bound<Vec<usize>> {
        if !pattern.wildcard {
            return match schema.position(&pattern.name.text) {
                Some(place) => Ok(vec![place]),
                None => Err(self.unknown_name(&pattern.name, Rows::One(schema))),
            };
        }
        Ok(visible(schema)
            .filter(|(_, column)| matches_wildcard(&pattern.name.text, &column.name))
            .map(|(place, _)| place)
            .collect())
    }

    fn rename(&mut self, input: Relation, columns: &[Column], span: Span) -> Bound<Relation> {
        let mut all = Self::all_columns(&input.schema, span);
        for column in columns {
            let (Some(name), ExprKind::Name(old)) = (column.names.first(), &column.value.inner().kind) else {
                return Err(self.note(Error::new(
                    error::RENAME,
                    "Column rename assignment expected.",
                    column.value.span,
                )));
            };
            let Some(place) = visible(&input.schema).position(|(_, column)| column.name == old.text) else {
                return Err(self.unknown_name(old, Rows::One(&input.schema)));
            };
            all[place].0 = name.text.clone();
        }
        let mut taken = Taken::default();
        if let Some((name, _)) = all.iter().find(|(name, _)| !taken.take(name)) {
            let name = name.clone();
            return Err(self.declared_twice(&name, span));
        }
        Ok(projection(input, all, span))
    }

    fn reorder(&mut self, input: Relation, patterns: &[(NamePattern, Option<Order>)], span: Span) -> Bound<Relation> {
        let mut order: Vec<usize> = Vec::new();
        for (pattern, sorted) in patterns {
            let mut places = self.matching_one(&input.schema, pattern)?;
            let name = |place: usize| input.schema.columns[place].name.as_str();
            match sorted {
                None => {}
                Some(Order::Ascending) => places.sort_by(|&a, &b| name(a).cmp(name(b))),
                Some(Order::Descending) => places.sort_by(|&a, &b| name(b).cmp(name(a))),
                Some(Order::NaturalAscending) => places.sort_by_cached_key(|&place| natural(name(place))),
                Some(Order::NaturalDescending) => {
                    places.sort_by_cached_key(|&place| natural(name(place)));
                    places.reverse();
                }
            }
            order.extend(places.into_iter().filter(|place| !order.contains(place)).collect::<Vec<_>>());
        }
        order.extend(
            visible(&input.schema).map(|(place, _)| place).filter(|place| !order.contains(place)).collect::<Vec<_>>(),
        );
        let columns = order
            .into_iter()
            .map(|place| {
                let column = &input.schema.columns[place];
                (column.name.clone(), Scalar { ty: column.ty, kind: ScalarKind::Column(place), span })
            })
            .collect();
        Ok(projection(input, columns, span))
    }

    fn sort_keys(&mut self, columns: &[SortColumn], schema: &Schema) -> Bound<Vec<SortKey>> {
        let mut keys = Vec::with_capacity(columns.len());
        for column in columns {
            let value = self.scalar(&column.value, Rows::One(schema))?;
            let descending = !matches!(column.order, Some(Order::Ascending));
            let nulls_first = match column.nulls {
                Some(Nulls::First) => true,
                Some(Nulls::Last) => false,
                None => !descending,
            };
            keys.push(SortKey { value, descending, nulls_first });
        }
        Ok(keys)
    }
}

/// The rows for which a predicate holds.
pub(super) fn filtered(input: Relation, predicate: Scalar, span: Span) -> Relation {
    Relation { schema: input.schema.clone(), operator: Planned::Filter { input: Box::new(input), predicate }, span }
}

/// These columns, and the hidden ones of the input.
pub(super) fn projection(input: Relation, mut columns: Vec<(String, Scalar)>, span: Span) -> Relation {
    columns.extend(
        hidden(&input.schema).map(|(place, column)| {
            (column.name.clone(), Scalar { ty: column.ty, kind: ScalarKind::Column(place), span })
        }),
    );
    let schema = Schema::new(columns.iter().map(|(name, value)| (name.clone(), value.ty)));
    let columns = columns.into_iter().map(|(_, value)| value).collect();
    Relation { schema, operator: Planned::Project { input: Box::new(input), columns }, span }
}

fn select(input: Relation, keep: impl Fn(usize) -> bool, span: Span) -> Relation {
    let columns = visible(&input.schema)
        .filter(|(place, _)| keep(*place))
        .map(|(place, column)| (column.name.clone(), Scalar { ty: column.ty, kind: ScalarKind::Column(place), span }))
        .collect();
    projection(input, columns, span)
}

/// Whether a name matches a pattern in which `*` stands for any run of characters.
pub(super) fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A name cut into runs of digits and of other characters, so that `a9` comes before `a10`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let digits = rest[text..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - text);
        parts.push((rest[..text].to_lowercase(), rest[text..text + digits].parse().unwrap_or(0)));
        rest = &rest[text + digits..];
    }
    parts
}

fn get_schema(input: &Relation, span: Span) -> Relation {
    let text = |text: &str| Scalar { ty: Type::String, kind: ScalarKind::Constant(Value::String(text.into())), span };
    let rows = visible(&input.schema)
        .zip(0i64..)
        .map(|((_, column), ordinal)| {
            let ordinal = Scalar { ty: Type::Long, kind: ScalarKind::Constant(Value::Long(Some(ordinal))), span };
            vec![text(&column.name), ordinal, text(clr_name(column.ty)), text(column.ty.name())]
        })
        .collect();
    let schema = Schema::new([
        ("ColumnName", Type::String),
        ("ColumnOrdinal", Type::Long),
        ("DataType", Type::String),
        ("ColumnType", Type::String),
    ]);
    Relation { schema, operator: Planned::Rows(rows), span }
}

/// The name of a type's values in the engine, as `getschema` prints it.
fn clr_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "System.SByte",
        Type::Int => "System.Int32",
        Type::Long => "System.Int64",
        Type::Real => "System.Double",
        Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
        Type::Datetime => "System.DateTime",
        Type::Timespan => "System.TimeSpan",
        Type::Guid => "System.Guid",
        Type::String => "System.String",
        Type::Dynamic => "System.Object",
    }
}
