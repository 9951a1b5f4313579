//! `union` and `search`: rows of several tables under one schema.

use super::names::Taken;
use super::pipeline::{filtered, matches_wildcard, projection};
use super::scope::{OPEN, Rows, hidden, visible};
use super::{Binder, Bound, Noted};
use crate::error::{self, Error};
use crate::plan::{Operator, Relation, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, Literal, Name, Parameter, StringOp, UnionSource};
use crate::{ColumnInfo, Schema, Type, Value};

/// A table of a union and the name that `withsource` shows for it.
type Leg = (String, Relation);

impl Binder<'_> {
    pub(super) fn union(
        &mut self,
        input: Option<Relation>,
        parameters: &[Parameter],
        sources: &[UnionSource],
        span: Span,
    ) -> Bound<Relation> {
        let value = |name: &str| {
            parameters.iter().find(|parameter| parameter.name.text == name).map(|parameter| &parameter.value.kind)
        };
        let fuzzy = matches!(value("isfuzzy"), Some(ExprKind::Literal(Literal::Bool(true))));
        let inner = matches!(value("kind"), Some(ExprKind::Name(name)) if name.text == "inner");
        let source_column = match value("withsource").or_else(|| value("with_source")) {
            Some(ExprKind::Name(name)) => Some(name.text.clone()),
            Some(ExprKind::Literal(Literal::String(text))) => Some(text.clone()),
            _ => None,
        };
        let mut legs: Vec<Leg> = Vec::new();
        if let Some(input) = input {
            legs.push((source_name(&input, "union_arg0"), input));
        }
        let mut noted = false;
        for source in sources {
            match self.legs(source, fuzzy, legs.len()) {
                Ok(mut more) => legs.append(&mut more),
                Err(Noted) => noted = true,
            }
        }
        if noted {
            return Err(Noted);
        }
        if legs.is_empty() {
            // A fuzzy union of nothing that exists has no columns and no rows.
            let schema = Schema::new(source_column.map(|name| (name, Type::String)));
            return Ok(Relation { schema, operator: Operator::Rows(Vec::new()), span });
        }
        Ok(joined(legs, inner, source_column.as_deref(), span))
    }

    fn legs(&mut self, source: &UnionSource, fuzzy: bool, place: usize) -> Bound<Vec<Leg>> {
        let expr = match source {
            UnionSource::Wildcard(pattern) => return self.wildcard(pattern, fuzzy),
            UnionSource::Expr(expr) => expr,
        };
        let known = self.errors.len();
        let table = self.table(expr);
        let noted = self.errors.len() > known;
        match table {
            Ok(relation) if !(fuzzy && noted) => {
                let name = match &expr.inner().kind {
                    ExprKind::Name(name) => name.text.clone(),
                    _ => source_name(&relation, &format!("union_arg{place}")),
                };
                Ok(vec![(name, relation)])
            }
            // A fuzzy union leaves out what does not exist, and only that.
            _ if fuzzy && self.errors[known..].iter().all(|error| error.rule == error::UNKNOWN_TABLE.rule) => {
                self.errors.truncate(known);
                Ok(Vec::new())
            }
            _ => Err(Noted),
        }
    }

    /// Stored tables and views whose names match.
    fn wildcard(&mut self, pattern: &Name, fuzzy: bool) -> Bound<Vec<Leg>> {
        let names: Vec<String> =
            self.database.names().filter(|name| matches_wildcard(&pattern.text, name)).map(str::to_owned).collect();
        let mut views: Vec<String> =
            self.environment.views().filter(|name| matches_wildcard(&pattern.text, name)).map(str::to_owned).collect();
        views.sort_unstable();
        if names.is_empty() && views.is_empty() && !fuzzy {
            let message =
                format!("The name '{}' does not refer to any known table, tabular variable or function.", pattern.text);
            return Err(self.note(Error::new(error::UNKNOWN_TABLE, message, pattern.span)));
        }
        let mut legs = Vec::with_capacity(names.len() + views.len());
        for name in names {
            if let Some(relation) = self.stored_table(&Name::new(name.clone(), pattern.span)) {
                legs.push((name, relation));
            }
        }
        for name in views {
            let relation = self.table_named(&Name::new(name.clone(), pattern.span))?;
            legs.push((name, relation));
        }
        Ok(legs)
    }

    pub(super) fn search(
        &mut self,
        input: Option<Relation>,
        parameters: &[Parameter],
        tables: &[Expr],
        predicate: &Expr,
        span: Span,
    ) -> Bound<Relation> {
        let case = parameters.iter().any(|parameter| {
            parameter.name.text == "kind"
                && matches!(&parameter.value.kind, ExprKind::Name(name) if name.text == "case_sensitive")
        });
        let mut legs: Vec<Leg> = Vec::new();
        if let Some(input) = input {
            legs.push((source_name(&input, "search_arg0"), input));
        } else if tables.is_empty() {
            let pattern = Name::new("*", span);
            legs = self.wildcard(&pattern, false)?;
        } else {
            for table in tables {
                let source = match &table.kind {
                    ExprKind::Name(name) if name.text.contains('*') => UnionSource::Wildcard(name.clone()),
                    _ => UnionSource::Expr(table.clone()),
                };
                legs.append(&mut self.legs(&source, false, legs.len())?);
            }
        }
        // Each table is searched by its own columns; a predicate that names a column leaves out tables without it.
        let mut found = Vec::with_capacity(legs.len());
        let alone = legs.len() == 1;
        let known = self.errors.len();
        let count = legs.len();
        for (name, relation) in legs {
            match self.search_predicate(predicate, &relation.schema, case) {
                Ok(predicate) => found.push((name, filtered(relation, predicate, span))),
                Err(Noted) if !alone => {}
                Err(Noted) => return Err(Noted),
            }
        }
        if found.is_empty() && count > 0 {
            return Err(Noted);
        }
        self.errors.truncate(known);
        Ok(joined(found, false, Some("$table"), span))
    }

    fn search_predicate(&mut self, expr: &Expr, schema: &Schema, case: bool) -> Bound<Scalar> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Parenthesized(inner) => self.search_predicate(inner, schema, case),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let bound = operands
                    .iter()
                    .map(|operand| self.search_predicate(operand, schema, case))
                    .collect::<Bound<Vec<_>>>()?;
                let kind =
                    if matches!(expr.kind, ExprKind::And(_)) { ScalarKind::And(bound) } else { ScalarKind::Or(bound) };
                Ok(Scalar { ty: Type::Bool, kind, span })
            }
            ExprKind::Literal(Literal::String(term)) => Ok(self.term(term, None, schema, case, span)?),
            ExprKind::Literal(_) => {
                let text = self.scalar(expr, Rows::None)?;
                let ScalarKind::Constant(value) = text.kind else { return Err(Noted) };
                self.term(&value.to_string(), None, schema, case, span)
            }
            ExprKind::Star => Ok(Self::constant(Type::Bool, Value::Bool(Some(true)), span)),
            ExprKind::Binary(BinaryOp::String(StringOp::Has, false), left, right) => match (&left.kind, &right.kind) {
                (ExprKind::Name(name), ExprKind::Literal(Literal::String(term))) => {
                    match Rows::One(schema).column(name) {
                        Some(column) => self.term(term, Some(column), schema, case, span),
                        None => Err(self.unknown_name(name, Rows::One(schema))),
                    }
                }
                _ => self.predicate(expr, Rows::One(schema)),
            },
            _ => self.predicate(expr, Rows::One(schema)),
        }
    }

    /// A term in one column, or in any column: `*` at its ends makes it a prefix, a suffix, or a part.
    fn term(&mut self, term: &str, column: Option<Scalar>, schema: &Schema, case: bool, span: Span) -> Bound<Scalar> {
        let open = |place: usize, c: char| -> bool {
            if place == 0 { term.starts_with(c) } else { term.len() > 1 && term.ends_with(c) }
        };
        let (before, after) = (open(0, '*'), open(1, '*'));
        let text = term.trim_matches('*');
        if text.is_empty() {
            return Ok(Self::constant(Type::Bool, Value::Bool(Some(true)), span));
        }
        let op = match (before, after, case) {
            (true, true, false) => StringOp::Contains,
            (true, true, true) => StringOp::ContainsCs,
            (true, false, false) => StringOp::HasSuffix,
            (true, false, true) => StringOp::HasSuffixCs,
            (false, true, false) => StringOp::HasPrefix,
            (false, true, true) => StringOp::HasPrefixCs,
            (false, false, false) => StringOp::Has,
            (false, false, true) => StringOp::HasCs,
        };
        let columns = match column {
            Some(column) => vec![column],
            None => visible(schema)
                .map(|(place, column)| Scalar { ty: column.ty, kind: ScalarKind::Column(place), span })
                .collect(),
        };
        let mut operands = Vec::with_capacity(columns.len());
        for column in columns {
            let textual = matches!(column.ty, Type::String | Type::Dynamic);
            let column = if textual { column } else { Scalar::converted(column, Type::String) };
            let term = Self::constant(Type::String, Value::String(text.into()), span);
            operands.push(self.apply(BinaryOp::String(op, false), column, term, span)?);
        }
        Ok(Scalar::any(operands, span))
    }
}

/// The table that a relation comes from, for `withsource`.
fn source_name(relation: &Relation, otherwise: &str) -> String {
    let mut relation = relation;
    loop {
        relation = match &relation.operator {
            Operator::Table { name, .. } => return name.clone(),
            Operator::Filter { input, .. } | Operator::Take { input, .. } | Operator::Sort { input, .. } => input,
            _ => return otherwise.to_owned(),
        };
    }
}

/// The rows of all legs. A column that has several types becomes one column for each.
fn joined(legs: Vec<Leg>, inner: bool, source_column: Option<&str>, span: Span) -> Relation {
    let mut order: Vec<(&str, Vec<Type>)> = Vec::new();
    for (_, leg) in &legs {
        for (_, column) in visible(&leg.schema) {
            match order.iter_mut().find(|(name, _)| *name == column.name) {
                Some((_, types)) if types.contains(&column.ty) => {}
                Some((_, types)) => types.push(column.ty),
                None => order.push((&column.name, vec![column.ty])),
            }
        }
    }
    if inner {
        order.retain(|(name, _)| legs.iter().all(|(_, leg)| leg.schema.position(name).is_some()));
    }
    // Each column: its name in the union, its name in the legs, its type.
    let mut taken = Taken::default();
    let mut columns: Vec<(String, String, Type)> = Vec::new();
    for (name, types) in &order {
        for ty in types {
            let union_name = if types.len() == 1 { (*name).to_owned() } else { format!("{name}_{ty}") };
            columns.push((taken.unique(&union_name), (*name).to_owned(), *ty));
        }
    }
    let source_column = source_column.map(|name| if taken.has(name) { format!("{name}1") } else { name.to_owned() });
    let mut hidden_names: Vec<ColumnInfo> = Vec::new();
    for (_, leg) in &legs {
        for (_, column) in hidden(&leg.schema).filter(|(_, column)| column.name != OPEN) {
            if !hidden_names.contains(column) {
                hidden_names.push(column.clone());
            }
        }
    }
    let inputs: Vec<Relation> = legs
        .into_iter()
        .map(|(source, leg)| aligned(leg, &source, source_column.as_deref(), &columns, &hidden_names, span))
        .collect();
    let schema = inputs[0].schema.clone();
    Relation { schema, operator: Operator::Union(inputs), span }
}

/// A leg with the union's columns.
fn aligned(
    leg: Relation,
    source: &str,
    source_column: Option<&str>,
    columns: &[(String, String, Type)],
    hidden_names: &[ColumnInfo],
    span: Span,
) -> Relation {
    let mut values: Vec<(String, Scalar)> = Vec::with_capacity(columns.len() + 1);
    if let Some(name) = source_column {
        values.push((
            name.to_owned(),
            Scalar { ty: Type::String, kind: ScalarKind::Constant(Value::String(source.into())), span },
        ));
    }
    let value =
        |name: &str, ty: Type| match leg.schema.position(name).filter(|&place| leg.schema.columns[place].ty == ty) {
            Some(place) => Scalar { ty, kind: ScalarKind::Column(place), span },
            None => Scalar { ty, kind: ScalarKind::Constant(Value::null(ty)), span },
        };
    for (union_name, name, ty) in columns {
        values.push((union_name.clone(), value(name, *ty)));
    }
    for column in hidden_names {
        values.push((column.name.clone(), value(&column.name, column.ty)));
    }
    let leg = Relation { schema: leg.schema, ..leg };
    let mut relation = projection(leg, Vec::new(), span);
    relation.schema = Schema::new(values.iter().map(|(name, value)| (name.clone(), value.ty)));
    if let Operator::Project { columns, .. } = &mut relation.operator {
        *columns = values.into_iter().map(|(_, value)| value).collect();
    }
    relation
}
