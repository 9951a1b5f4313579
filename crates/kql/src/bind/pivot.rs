//! `evaluate pivot`: the values of a column become columns, in the order of their first rows. A cell without rows holds what the aggregate gives over
//! none. Both are assumed: the documentation says neither.

use super::names::Naming;
use super::scope::{OPEN, visible, without_hidden};
use super::summarize::summary;
use super::{Binder, Bound, Noted};
use crate::error::{self, Error};
use crate::plan::{Operator, Plugin, Relation, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Call, Column, Expr, ExprKind, Name, PluginSchema};
use crate::{ColumnInfo, Schema, Type, Value};

impl Binder<'_> {
    pub(super) fn pivot(
        &mut self,
        input: Relation,
        plugin: &Call,
        schema: Option<&PluginSchema>,
        span: Span,
    ) -> Bound<Relation> {
        let input = self.share(without_hidden(input));
        let mut arguments = plugin.arguments.iter().map(|argument| &argument.value);
        let Some(pivot) = arguments.next() else {
            let message = "The function 'pivot' expects 1 or more arguments.";
            return Err(self.note(Error::new(error::ARGUMENT_RANGE, message, plugin.name.span)));
        };
        let counting = Expr::new(ExprKind::Call(Call { name: Name::new("count", span), arguments: Vec::new() }), span);
        let value = arguments.next().unwrap_or(&counting);
        let mut by: Vec<Column> = arguments.map(|key| Column { names: Vec::new(), value: key.clone() }).collect();
        let measured = Column { names: vec![Name::new("value", span)], value: value.clone() };
        if by.is_empty() {
            by = self.remaining(&input, pivot, &measured)?;
        }
        by.push(Column { names: Vec::new(), value: pivot.clone() });
        let (names, keys) = self.keys(&input, &by, &mut Naming::default())?;
        if let Some(key) = keys.iter().find(|key| key.as_column().is_none()) {
            return Err(self.note(Error::new(error::COLUMN_EXPECTED, "Column expected.", key.span)));
        }
        let summarized = |binder: &mut Self, input: Relation, keys: Vec<(String, Scalar)>| {
            let (list, summed) = binder.summed(&measured, &input, &[], Vec::new())?;
            let columns = summed.into_iter().map(|summed| ("value".to_owned(), summed.value)).collect();
            Bound::Ok(summary(input, keys, list, columns, span))
        };
        let grouped = summarized(self, input.clone(), names.into_iter().zip(keys).collect())?;
        let grouped = self.share(grouped);
        let key_count = grouped.schema.columns.len() - 2;
        let ty = grouped.schema.columns[key_count + 1].ty;
        let mut shown = Schema { columns: grouped.schema.columns[..key_count].to_vec() };
        let values = match (schema, self.evaluate) {
            (Some(declared), _) => {
                let declared = self.declared_schema(&declared.columns)?;
                let values: Vec<String> = declared
                    .columns
                    .iter()
                    .filter(|column| shown.position(&column.name).is_none())
                    .map(|column| column.name.clone())
                    .collect();
                if declared.columns.len() != values.len() + key_count {
                    let what = "An output schema of 'pivot' without all of its keys";
                    return Err(self.note(Error::unsupported(what, span)));
                }
                values
            }
            (None, Some(_)) => self.pivoted(&grouped, key_count)?,
            (None, None) => {
                shown.columns.push(ColumnInfo { name: OPEN.to_owned(), ty: Type::Dynamic });
                return Ok(Relation { schema: shown, operator: Operator::Refused("'pivot'".to_owned()), span });
            }
        };
        let default = match self.evaluate {
            Some(evaluate) => {
                let none = Self::constant(Type::Long, Value::Long(Some(0)), span);
                let schema = input.schema.clone();
                let nothing =
                    Relation { schema, operator: Operator::Take { input: Box::new(input), count: none }, span };
                let nothing = summarized(self, nothing, Vec::new())?;
                evaluate(&self.shared, &nothing).map_err(|error| self.note(error))?.value(0, 0)
            }
            None => Value::null(ty),
        };
        for value in &values {
            if shown.position(value).is_some() {
                return Err(self.declared_twice(value, plugin.name.span));
            }
            shown.columns.push(ColumnInfo { name: value.clone(), ty });
        }
        let plugin = Plugin::Pivot { keys: key_count, values: values.into_iter().map(Into::into).collect(), default };
        let relation =
            Relation { schema: shown, operator: Operator::Evaluate { input: Box::new(grouped), plugin }, span };
        match schema {
            None => Ok(relation),
            Some(schema) => self.in_declared_order(relation, schema, span),
        }
    }

    /// The columns that neither the pivot nor the value reads.
    fn remaining(&mut self, input: &Relation, pivot: &Expr, measured: &Column) -> Bound<Vec<Column>> {
        let (list, _) = self.summed(measured, input, &[], Vec::new())?;
        let pivot = self.scalar(pivot, super::scope::Rows::One(&input.schema))?;
        let mut read = vec![false; input.schema.columns.len()];
        for mut scalar in list.into_iter().flat_map(|aggregation| aggregation.arguments).chain([pivot]) {
            scalar.for_each_column(&mut |place| read[*place] = true);
        }
        let span = input.span;
        let column = |(_, column): (usize, &ColumnInfo)| Column {
            names: Vec::new(),
            value: Expr::new(ExprKind::Name(Name::new(column.name.as_str(), span)), span),
        };
        Ok(visible(&input.schema).filter(|(place, _)| !read[*place]).map(column).collect())
    }

    /// The values of the pivot, each once.
    fn pivoted(&mut self, grouped: &Relation, key_count: usize) -> Bound<Vec<String>> {
        let Some(evaluate) = self.evaluate else { return Err(Noted) };
        let table = evaluate(&self.shared, grouped).map_err(|error| self.note(error))?;
        let mut values: Vec<String> = Vec::new();
        for row in 0..table.len() {
            let value = table.value(row, key_count).to_string();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(values)
    }

    fn in_declared_order(&mut self, relation: Relation, declared: &PluginSchema, span: Span) -> Bound<Relation> {
        let mut columns = Vec::with_capacity(declared.columns.len());
        for column in &declared.columns {
            let place = relation.schema.position(&column.name.text).ok_or(Noted)?;
            let value = Scalar { ty: relation.schema.columns[place].ty, kind: ScalarKind::Column(place), span };
            columns.push((column.name.text.clone(), Scalar::converted(value, column.ty)));
        }
        Ok(super::pipeline::projection(relation, columns, span))
    }
}
