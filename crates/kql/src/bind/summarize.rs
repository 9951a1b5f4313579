//! `summarize` and `distinct`: keys, aggregates, and the columns that they give.
//! Aggregates may stand inside expressions: the summary computes them, and a projection behind it the rest.

use super::names::{Naming, argument_name, implied, percentile_name};
use super::overload::resolve;
use super::scope::{Rows, visible};
use super::{Aggregates, Binder, Bound};
use crate::aggregates::Aggregate;
use crate::error::{self, Error};
use crate::plan::{Aggregation, Operator, Relation, Scalar, ScalarKind};
use crate::signature::Takes;
use crate::span::Span;
use crate::syntax::{Call, Column, ExprKind};
use crate::{ColumnInfo, Schema, Type};

/// Places of aggregates' columns before it is known how many keys come first; no table has so many columns.
pub(super) const AGGREGATE: usize = 1 << 40;

/// A column of a summary: the name that was given or implied, and its value.
pub(super) struct Summed {
    pub name: Option<String>,
    pub explicit: bool,
    pub value: Scalar,
}

impl Binder<'_> {
    pub(super) fn summarize(
        &mut self,
        input: Relation,
        aggregates: &[Column],
        by: &[Column],
        span: Span,
    ) -> Bound<Relation> {
        let mut naming = Naming::default();
        let (names, keys) = self.keys(&input, by, &mut naming)?;
        self.groupable(&keys)?;
        let mut list = Vec::new();
        let mut summed = Vec::new();
        let mut noted = false;
        for column in aggregates {
            match self.summed(column, &input, &keys, list) {
                Ok((aggregations, mut columns)) => {
                    list = aggregations;
                    summed.append(&mut columns);
                }
                Err(super::Noted) => {
                    noted = true;
                    list = Vec::new();
                }
            }
        }
        if noted {
            return Err(super::Noted);
        }
        let mut named = Vec::with_capacity(summed.len());
        for column in summed {
            let name = match column.name {
                Some(name) if column.explicit => match naming.declare(&name) {
                    Some(name) => name,
                    None => return Err(self.declared_twice(&name, column.value.span)),
                },
                name => naming.imply(name.as_deref()),
            };
            named.push((name, column.value));
        }
        Ok(summary(input, names.into_iter().zip(keys).collect(), list, named, span))
    }

    /// Keys with their names.
    pub(super) fn keys(
        &mut self,
        input: &Relation,
        by: &[Column],
        naming: &mut Naming,
    ) -> Bound<(Vec<String>, Vec<Scalar>)> {
        let rows = Rows::One(&input.schema);
        let bound: Vec<Bound<(Option<String>, Scalar)>> = by.iter().map(|column| self.column(column, rows)).collect();
        let bound = bound.into_iter().collect::<Bound<Vec<_>>>()?;
        let mut names = Vec::with_capacity(bound.len());
        for (column, (name, key)) in by.iter().zip(&bound) {
            let declared = !column.names.is_empty() || matches!(column.value.kind, ExprKind::Name(_));
            match naming.next(declared, name.as_deref()) {
                Some(name) => names.push(name),
                None => return Err(self.declared_twice(name.as_deref().unwrap_or_default(), key.span)),
            }
        }
        Ok((names, bound.into_iter().map(|(_, key)| key).collect()))
    }

    /// Refuses keys that the engine does not group by.
    pub(super) fn groupable(&mut self, keys: &[Scalar]) -> Bound<()> {
        match keys.iter().find(|key| key.ty == Type::Dynamic) {
            None => Ok(()),
            Some(key) => {
                let message = "Rows cannot be grouped by a value of type dynamic.";
                let hint = Some("Convert it: tostring(...).".to_owned());
                Err(self.note(Error::new(error::DYNAMIC_HERE, message, key.span).hint(hint)))
            }
        }
    }

    /// One column of a summary, or several where its aggregate gives several.
    pub(super) fn summed(
        &mut self,
        column: &Column,
        input: &Relation,
        keys: &[Scalar],
        mut list: Vec<Aggregation>,
    ) -> Bound<(Vec<Aggregation>, Vec<Summed>)> {
        if let ExprKind::Call(call) = &column.value.inner().kind
            && let Some(aggregate) = Aggregate::named(&call.name.text)
            && let Some((aggregation, names)) = self.several(aggregate, call, input, keys, column.value.span)?
        {
            if column.names.len() > aggregation.outputs.len() {
                let message = "The name does not have a corresponding expression.";
                return Err(self.note(Error::new(
                    error::NAME_WITHOUT_VALUE,
                    message,
                    column.names[aggregation.outputs.len()].span,
                )));
            }
            let first = AGGREGATE + list.iter().map(|aggregation| aggregation.outputs.len()).sum::<usize>();
            let span = column.value.span;
            let columns = aggregation.outputs.iter().zip(names).enumerate().map(|(place, (ty, name))| {
                let value = Scalar { ty: *ty, kind: ScalarKind::Column(first + place), span };
                match column.names.get(place) {
                    Some(name) => Summed { name: Some(name.text.clone()), explicit: true, value },
                    None => Summed { name: Some(name), explicit: false, value },
                }
            });
            let columns = columns.collect();
            list.push(aggregation);
            return Ok((list, columns));
        }
        if let [_, second, ..] = column.names.as_slice() {
            let message = "The expression does not have multiple named values.";
            return Err(self.note(Error::new(error::ONE_VALUE, message, second.span)));
        }
        let columns = list.iter().map(|aggregation| aggregation.outputs.len()).sum();
        let outer = self.aggregates.replace(Aggregates { list, columns });
        let value = self.scalar(&column.value, Rows::One(&input.schema));
        let aggregates = std::mem::replace(&mut self.aggregates, outer).unwrap_or_default();
        let mut value = value?;
        let mut stray = false;
        value.for_each_column(&mut |place| stray |= *place < AGGREGATE);
        if stray {
            let text = implied(&column.value, &|_| false).unwrap_or_default();
            let message = format!("The name '{text}' is not an aggregate or scalar function.");
            let hint = Some("A column stands inside an aggregate, such as take_any(...), or after 'by'.".to_owned());
            return Err(self.note(Error::new(error::NO_AGGREGATE, message, column.value.span).hint(hint)));
        }
        let summed = match column.names.first() {
            Some(name) => Summed { name: Some(name.text.clone()), explicit: true, value },
            None => {
                let name = implied_aggregate(&column.value);
                Summed { name, explicit: false, value }
            }
        };
        Ok((aggregates.list, vec![summed]))
    }

    /// An aggregate that gives several columns, and their names: `arg_max`, `take_any`, `percentiles`.
    fn several(
        &mut self,
        aggregate: &'static Aggregate,
        call: &Call,
        input: &Relation,
        keys: &[Scalar],
        span: Span,
    ) -> Bound<Option<(Aggregation, Vec<String>)>> {
        let name = call.name.text.as_str();
        match name {
            "arg_max" | "arg_min" | "argmax" | "argmin" | "take_any" | "any" => {}
            "percentiles" | "percentilesw" => return self.percentiles(aggregate, call, input, span).map(Some),
            _ => return Ok(None),
        }
        if call.arguments.is_empty() {
            return Ok(None);
        }
        let rows = Rows::One(&input.schema);
        let mut arguments: Vec<Scalar> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (place, argument) in call.arguments.iter().enumerate() {
            if let ExprKind::Star = argument.value.kind {
                let known: Vec<usize> = arguments.iter().chain(keys).filter_map(Scalar::as_column).collect();
                for (at, column) in visible(&input.schema).filter(|(at, _)| !known.contains(at)) {
                    arguments.push(Scalar { ty: column.ty, kind: ScalarKind::Column(at), span: argument.value.span });
                    names.push(argument_name(name, names.first(), Some(&column.name), place));
                }
                continue;
            }
            let value = self.scalar(&argument.value, rows)?;
            let implied = implied(&argument.value, &|_| false);
            names.push(argument_name(name, names.first(), implied.as_deref(), place));
            arguments.push(value);
        }
        if let (Some(first), false) = (arguments.first(), matches!(name, "take_any" | "any"))
            && first.ty == Type::Dynamic
        {
            let message = format!("A value of type {} expected.", Takes::Orderable);
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, first.span)));
        }
        let outputs = arguments.iter().map(|argument| argument.ty).collect();
        Ok(Some((Aggregation { function: aggregate, arguments, outputs, span }, names)))
    }

    fn percentiles(
        &mut self,
        aggregate: &'static Aggregate,
        call: &Call,
        input: &Relation,
        span: Span,
    ) -> Bound<(Aggregation, Vec<String>)> {
        let rows = Rows::One(&input.schema);
        let given = self.given(&call.arguments, rows)?;
        let (arguments, ty) = match resolve(aggregate.signatures, &given) {
            Ok(resolved) => resolved,
            Err(misfit) => return Err(self.misfit(misfit, call)),
        };
        let before = if call.name.text == "percentilesw" { 2 } else { 1 };
        let argument =
            call.arguments.first().and_then(|argument| implied(&argument.value, &|_| false)).unwrap_or_default();
        let names: Vec<String> = call
            .arguments
            .iter()
            .skip(before)
            .map(|percentile| percentile_name(&argument, &percentile.value))
            .collect();
        let outputs = vec![ty; names.len()];
        Ok((Aggregation { function: aggregate, arguments, outputs, span }, names))
    }

    /// A call of an aggregate inside an expression of a summary: a column of the summary.
    pub(super) fn aggregate(
        &mut self,
        aggregate: &'static Aggregate,
        call: &Call,
        span: Span,
        rows: Rows<'_>,
    ) -> Bound<Scalar> {
        let mut aggregates = self.aggregates.take().unwrap_or_default();
        let given = self.given(&call.arguments, rows);
        let resolved = given.map(|given| resolve(aggregate.signatures, &given));
        let bound = match resolved {
            Ok(Ok((arguments, ty))) => {
                let column = AGGREGATE + aggregates.columns;
                aggregates.columns += 1;
                aggregates.list.push(Aggregation { function: aggregate, arguments, outputs: vec![ty], span });
                Ok(Scalar { ty, kind: ScalarKind::Column(column), span })
            }
            Ok(Err(misfit)) => Err(self.misfit(misfit, call)),
            Err(super::Noted) => Err(super::Noted),
        };
        self.aggregates = Some(aggregates);
        bound
    }

    pub(super) fn distinct(&mut self, input: Relation, columns: &[Column], span: Span) -> Bound<Relation> {
        let (names, keys): (Vec<String>, Vec<Scalar>) =
            if columns.iter().any(|column| matches!(column.value.kind, ExprKind::Star)) {
                Self::all_columns(&input.schema, span).into_iter().unzip()
            } else {
                self.keys(&input, columns, &mut Naming::default())?
            };
        self.groupable(&keys)?;
        Ok(summary(input, names.into_iter().zip(keys).collect(), Vec::new(), Vec::new(), span))
    }
}

/// The name of an expression over aggregates: what it would be named after its first aggregate.
fn implied_aggregate(expr: &crate::syntax::Expr) -> Option<String> {
    if let ExprKind::Call(call) = &expr.inner().kind
        && matches!(call.name.text.as_str(), "percentile" | "percentilew")
    {
        let argument =
            call.arguments.first().and_then(|argument| implied(&argument.value, &|_| false)).unwrap_or_default();
        return Some(percentile_name(&argument, &call.arguments.last()?.value));
    }
    implied(expr, &|name| Aggregate::named(name).is_some())
}

/// A summary, and a projection behind it where its columns are more than the keys and the aggregates in order.
pub(super) fn summary(
    input: Relation,
    keys: Vec<(String, Scalar)>,
    aggregates: Vec<Aggregation>,
    mut columns: Vec<(String, Scalar)>,
    span: Span,
) -> Relation {
    let key_count = keys.len();
    for (_, value) in &mut columns {
        value.for_each_column(&mut |place| *place = *place - AGGREGATE + key_count);
    }
    let outputs: Vec<Type> = aggregates.iter().flat_map(|aggregation| aggregation.outputs.iter().copied()).collect();
    let plain = columns.len() == outputs.len()
        && columns.iter().enumerate().all(|(place, (_, value))| value.as_column() == Some(key_count + place));
    let mut schema = Schema::new(keys.iter().map(|(name, key)| (name.clone(), key.ty)));
    if plain {
        schema.columns.extend(columns.iter().map(|(name, value)| ColumnInfo { name: name.clone(), ty: value.ty }));
    } else {
        schema.columns.extend(
            outputs.iter().enumerate().map(|(place, ty)| ColumnInfo { name: format!("\u{1}{place}"), ty: *ty }),
        );
    }
    let (names, keys): (Vec<String>, Vec<Scalar>) = keys.into_iter().unzip();
    let kept: Vec<(String, Scalar)> = names
        .into_iter()
        .zip(&keys)
        .enumerate()
        .map(|(place, (name, key))| (name, Scalar { ty: key.ty, kind: ScalarKind::Column(place), span }))
        .collect();
    let summary = Relation { schema, operator: Operator::Summarize { input: Box::new(input), keys, aggregates }, span };
    if plain {
        return summary;
    }
    let all: Vec<(String, Scalar)> = kept.into_iter().chain(columns).collect();
    let schema = Schema::new(all.iter().map(|(name, value)| (name.clone(), value.ty)));
    let columns = all.into_iter().map(|(_, value)| value).collect();
    Relation { schema, operator: Operator::Project { input: Box::new(summary), columns }, span }
}
