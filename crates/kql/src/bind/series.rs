//! `make-series`: aggregates over the bins of an axis, as arrays.

use super::names::{Naming, implied};
use super::overload::resolve;
use super::scope::Rows;
use super::{Binder, Bound};
use crate::aggregates::Aggregate;
use crate::error::{self, Error};
use crate::plan::{self, Aggregation, Operator, Relation, Scalar};
use crate::span::Span;
use crate::syntax::{ExprKind, MakeSeries, SeriesAggregate, SeriesRange};
use crate::{ColumnInfo, Schema, Type, Value};

impl Binder<'_> {
    pub(super) fn make_series(&mut self, input: Relation, series: &MakeSeries, span: Span) -> Bound<Relation> {
        let rows = Rows::One(&input.schema);
        let mut naming = Naming::default();
        let (key_names, keys) = self.keys(&input, &series.by, &mut naming)?;
        let mut schema = Schema::new(key_names.into_iter().zip(keys.iter().map(|key| key.ty)));
        let mut aggregates = Vec::with_capacity(series.aggregates.len());
        for aggregate in &series.aggregates {
            let (name, aggregation, default) = self.series_aggregate(aggregate, rows)?;
            schema.columns.push(ColumnInfo { name: naming.imply(name.as_deref()), ty: Type::Dynamic });
            aggregates.push((aggregation, default));
        }
        let (name, axis) = self.column(&series.axis, rows)?;
        let orderable = axis.ty.is_numeric() || matches!(axis.ty, Type::Datetime | Type::Timespan);
        if !orderable {
            let message = "The expression value must be a number, a datetime or a timespan.";
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, axis.span)));
        }
        let (from, to, step, closed) = match &series.range {
            SeriesRange::FromTo { from, to, step } => (from.as_ref(), to.as_ref(), step, false),
            SeriesRange::InRange { from, to, step } => (Some(from), Some(to), step, true),
        };
        let step = self.scalar(step, Rows::None)?;
        let step_ty = if axis.ty.is_numeric() { axis.ty } else { Type::Timespan };
        if step.ty != step_ty && !(step.ty.is_numeric() && step_ty.is_numeric()) {
            let message = format!("A value of type {step_ty} expected.");
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, step.span)));
        }
        let ty = if axis.ty.is_numeric() { super::operators::widest(axis.ty, step.ty) } else { axis.ty };
        let mut bound = |bound: Option<&crate::syntax::Expr>| -> Bound<Option<Scalar>> {
            let Some(bound) = bound else { return Ok(None) };
            let bound = self.scalar(bound, Rows::None)?;
            if bound.ty != ty && !(bound.ty.is_numeric() && ty.is_numeric()) {
                let message = format!("A value of type {ty} expected.");
                return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, bound.span)));
            }
            Ok(Some(Scalar::converted(bound, ty)))
        };
        let (from, to) = (bound(from)?, bound(to)?);
        let step = Scalar::converted(step, if axis.ty.is_numeric() { ty } else { Type::Timespan });
        let axis = Scalar::converted(axis, ty);
        let axis_at = schema.columns.len();
        schema.columns.push(ColumnInfo { name: naming.imply(name.as_deref()), ty: Type::Dynamic });
        let series = plan::MakeSeries { input, keys, aggregates, axis, from, to, step, closed, axis_at };
        Ok(Relation { schema, operator: Operator::MakeSeries(Box::new(series)), span })
    }

    fn series_aggregate(
        &mut self,
        aggregate: &SeriesAggregate,
        rows: Rows<'_>,
    ) -> Bound<(Option<String>, Aggregation, Scalar)> {
        let value = &aggregate.column.value;
        let call = match &value.inner().kind {
            ExprKind::Call(call) => Some(call),
            _ => None,
        };
        let Some((call, function)) = call.and_then(|call| Some((call, Aggregate::named(&call.name.text)?))) else {
            return Err(
                self.note(Error::unsupported("An expression other than one aggregate in make-series", value.span))
            );
        };
        let given = self.given(&call.arguments, rows)?;
        let (arguments, ty) = match resolve(function.signatures, &given) {
            Ok(resolved) => resolved,
            Err(misfit) => return Err(self.misfit(misfit, call)),
        };
        let default = match &aggregate.default {
            Some(default) => self.scalar(default, Rows::None)?,
            None => {
                let zero = match ty {
                    Type::Real => Value::Real(Some(0.0)),
                    ty if ty.is_numeric() => Value::Long(Some(0)),
                    ty => Value::null(ty),
                };
                Self::constant(zero.ty(), zero, value.span)
            }
        };
        let name = match aggregate.column.names.first() {
            Some(name) => Some(name.text.clone()),
            None => implied(value, &|name| Aggregate::named(name).is_some()),
        };
        let aggregation = Aggregation { function, arguments, outputs: vec![ty], span: value.span };
        Ok((name, aggregation, default))
    }
}
