//! `make-series`: aggregates over the bins of an axis, as arrays.

use super::names::Naming;
use super::scope::Rows;
use super::summarize::{AGGREGATE, Summed};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{self, Operator, Relation, Scalar};
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
        let mut values = Vec::with_capacity(series.aggregates.len());
        for aggregate in &series.aggregates {
            let (list, summed) = self.summed(&aggregate.column, &input, &keys, aggregates)?;
            aggregates = list;
            for Summed { name, mut value, .. } in summed {
                value.for_each_column(&mut |place| *place -= AGGREGATE);
                let default = self.series_default(aggregate, &value)?;
                schema.columns.push(ColumnInfo { name: naming.imply(name.as_deref()), ty: Type::Dynamic });
                values.push((value, default));
            }
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
        let kind = series.parameters.iter().find(|parameter| parameter.name.text == "kind");
        let nonempty = match kind.map(|kind| &kind.value.kind) {
            None => false,
            Some(ExprKind::Name(name)) if name.text == "nonempty" => true,
            Some(_) => return Err(self.note(Error::new(error::EXPECTED, "Expected: nonempty", span))),
        };
        let series =
            plan::MakeSeries { input, keys, aggregates, values, axis, from, to, step, closed, nonempty, axis_at };
        Ok(Relation { schema, operator: Operator::MakeSeries(Box::new(series)), span })
    }

    /// The element of a bin without rows: as written, else zero for numbers and null for all else.
    fn series_default(&mut self, aggregate: &SeriesAggregate, value: &Scalar) -> Bound<Scalar> {
        if let Some(default) = &aggregate.default {
            return self.scalar(default, Rows::None);
        }
        let zero = match value.ty {
            Type::Real => Value::Real(Some(0.0)),
            ty if ty.is_numeric() => Value::Long(Some(0)),
            ty => Value::null(ty),
        };
        Ok(Self::constant(zero.ty(), zero, value.span))
    }
}
