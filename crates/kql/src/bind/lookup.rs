//! The plugins that look rows up: addresses in ranges, rows near others.

use super::scope::{Rows, visible, without_hidden};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{IpLookup, Operator, Relation, RowsNear};
use crate::span::Span;
use crate::syntax::{Call, Expr, ExprKind, Literal};
use crate::{Schema, Type};

impl Binder<'_> {
    /// `ipv4_lookup(ranges, address, range, return_unmatched)`: the ranges' columns, then the rows'.
    pub(super) fn ip_lookup(&mut self, input: Relation, plugin: &Call, v6: bool, span: Span) -> Bound<Relation> {
        let input = without_hidden(input);
        let [ranges, address, range, more @ ..] = plugin.arguments.as_slice() else {
            let message = format!("The function '{}' expects at least 3 arguments.", plugin.name.text);
            return Err(self.note(Error::new(error::ARGUMENT_RANGE, message, plugin.name.span)));
        };
        let ranges = without_hidden(self.table(&ranges.value)?);
        let address = self.text_column(&address.value, &input.schema)?;
        let range = self.text_column(&range.value, &ranges.schema)?;
        let mut unmatched = false;
        for argument in more {
            match &argument.value.kind {
                ExprKind::Literal(Literal::Bool(value)) => unmatched = *value,
                _ => {
                    let what = format!("Another key of '{}'", plugin.name.text);
                    return Err(self.note(Error::unsupported(what, argument.value.span)));
                }
            }
        }
        if let Some((_, column)) =
            visible(&ranges.schema).find(|(_, column)| input.schema.position(&column.name).is_some())
        {
            let what = format!("The column '{}' on both sides of '{}'", column.name, plugin.name.text);
            return Err(self.note(Error::unsupported(what, plugin.name.span)));
        }
        let columns = ranges.schema.columns.iter().chain(&input.schema.columns).cloned().collect();
        let lookup = IpLookup { input, address, ranges, range, v6, unmatched };
        Ok(Relation { schema: Schema { columns }, operator: Operator::IpLookup(Box::new(lookup)), span })
    }

    fn text_column(&mut self, expr: &Expr, schema: &Schema) -> Bound<usize> {
        let column = self.scalar(expr, Rows::One(schema))?;
        match column.as_column() {
            Some(place) if column.ty == Type::String => Ok(place),
            Some(_) => {
                let message = "The expression must be a column of type string.";
                Err(self.note(Error::new(error::TYPE, message, expr.span)))
            }
            None => Err(self.note(Error::new(error::COLUMN_EXPECTED, "Column expected.", expr.span))),
        }
    }

    /// `rows_near(condition, rows, rows_after)`.
    pub(super) fn rows_near(&mut self, input: Relation, plugin: &Call, span: Span) -> Bound<Relation> {
        let (condition, before, after) = match plugin.arguments.as_slice() {
            [condition, rows] => (condition, rows, rows),
            [condition, before, after] => (condition, before, after),
            _ => {
                let message = "The function 'rows_near' expects between 2 and 3 arguments.";
                return Err(self.note(Error::new(error::ARGUMENT_RANGE, message, plugin.name.span)));
            }
        };
        let predicate = self.predicate(&condition.value, Rows::One(&input.schema))?;
        let (before, after) = (self.count(&before.value)?, self.count(&after.value)?);
        let schema = input.schema.clone();
        let operator = Operator::RowsNear(Box::new(RowsNear { input, predicate, before, after }));
        Ok(Relation { schema, operator, span })
    }
}
