//! `partition`, and the operators that are others in disguise: `top-hitters`, `project-by-names`.

use super::names::Taken;
use super::scope::{Rows, visible, without_hidden};
use super::summarize::summary;
use super::{Binder, Bound};
use crate::aggregates::Aggregate;
use crate::error::{self, Error};
use crate::plan::{Operator, Relation, Scalar, ScalarKind, SortKey};
use crate::span::Span;
use crate::syntax::{Argument, Call, Column, Expr, ExprKind, Name, NamePattern, Parameter};
use crate::{Dynamic, Schema, Value};

/// The most parts where no strategy is given (documented under "partition operator", the legacy strategy).
const MOST_PARTS: usize = 64;

impl Binder<'_> {
    pub(super) fn partition(
        &mut self,
        input: Relation,
        parameters: &[Parameter],
        by: &Expr,
        body: &Expr,
        span: Span,
    ) -> Bound<Relation> {
        let input = without_hidden(input);
        let key = self.scalar(by, Rows::One(&input.schema))?;
        let strategy = parameters.iter().find(|parameter| parameter.name.text == "hint.strategy");
        let most = match strategy.map(|strategy| &strategy.value.kind) {
            Some(ExprKind::Name(name)) if matches!(name.text.as_str(), "native" | "shuffle") => None,
            _ => Some(MOST_PARTS),
        };
        let rows = Relation { schema: input.schema.clone(), operator: Operator::Input, span };
        let body = without_hidden(self.body_pipeline(rows, body)?);
        let schema = body.schema.clone();
        let operator = Operator::Partition { input: Box::new(input), key, most, body: Box::new(body) };
        Ok(Relation { schema, operator, span })
    }

    /// The columns that match, in the order of the patterns; a name that no column has matches none.
    pub(super) fn project_by_names(&mut self, input: Relation, names: &[Expr], span: Span) -> Bound<Relation> {
        let mut columns = Vec::new();
        let mut taken = Taken::default();
        for expr in names {
            let ScalarKind::Constant(value) = self.scalar(expr, Rows::None)?.kind else {
                let message = "The expression must be a constant.";
                return Err(self.note(Error::new(error::CONSTANT, message, expr.span)));
            };
            let patterns: Vec<String> = match &value {
                Value::String(text) => vec![text.to_string()],
                Value::Dynamic(Dynamic::Array(elements)) => elements.iter().map(Dynamic::text).collect(),
                _ => {
                    let message = "A value of type string or an array of strings expected.";
                    return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, expr.span)));
                }
            };
            for text in patterns {
                let pattern = NamePattern { wildcard: true, name: Name::new(text, expr.span) };
                for place in self.matching_one(&input.schema, &pattern)? {
                    let column = &input.schema.columns[place];
                    if taken.take(&column.name) {
                        let value = Scalar { ty: column.ty, kind: ScalarKind::Column(place), span };
                        columns.push((column.name.clone(), value));
                    }
                }
            }
        }
        Ok(super::pipeline::projection(input, columns, span))
    }

    /// The values with the most rows, or the greatest sums, exactly.
    pub(super) fn top_hitters(
        &mut self,
        input: Relation,
        count: &Expr,
        of: &Column,
        by: Option<&Expr>,
        span: Span,
    ) -> Bound<Relation> {
        let (function, arguments) = match by {
            None => ("count", Vec::new()),
            Some(by) => ("sum", vec![Argument { name: None, value: by.clone() }]),
        };
        let (names, keys) = self.keys(&input, std::slice::from_ref(of), &mut super::names::Naming::default())?;
        let measured = match by {
            None => format!("approximate_count_{}", names[0]),
            Some(by) => {
                let implied = super::names::implied(by, &|name| Aggregate::named(name).is_some());
                format!("approximate_sum_{}", implied.unwrap_or_default())
            }
        };
        let call = ExprKind::Call(Call { name: Name::new(function, span), arguments });
        let column = Column { names: vec![Name::new(measured.as_str(), span)], value: Expr::new(call, span) };
        let (list, summed) = self.summed(&column, &input, &keys, Vec::new())?;
        let columns = summed.into_iter().map(|summed| (measured.clone(), summed.value)).collect();
        let summed = summary(input, names.into_iter().zip(keys).collect(), list, columns, span);
        let schema: Schema = summed.schema.clone();
        let place = visible(&schema).count() - 1;
        let value = Scalar { ty: schema.columns[place].ty, kind: ScalarKind::Column(place), span };
        let keys = vec![SortKey { value, descending: true, nulls_first: false }];
        let count = self.count(count)?;
        Ok(Relation { schema, operator: Operator::Top { input: Box::new(summed), count, keys }, span })
    }
}
