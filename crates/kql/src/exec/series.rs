//! `make-series`: aggregates over the bins of an axis, as arrays.

use std::sync::Arc;

use super::needed::Needed;
use super::{Rows, Run, failure};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::error::Error;
use crate::exec::compare::order;
use crate::exec::group::{At, Groups, Keys};
use crate::plan::{MakeSeries, Relation};
use crate::{Datetime, Dynamic, Timespan, Type, Value};

/// The most bins of a series, as the service has it.
const MOST: i64 = 1_048_576;

/// Where the bins of the axis lie, in ticks, whole numbers or reals.
enum Axis {
    Whole { ty: Type, first: i64, step: i64, bins: usize },
    Real { first: f64, step: f64, bins: usize },
}

impl Run<'_> {
    /// A row for each series: the keys, an array for each aggregate, and the axis.
    pub(super) fn make_series(
        &self,
        relation: &Relation,
        series: &MakeSeries,
        input: Option<&Rows>,
    ) -> Result<Rows, Error> {
        let rows = self.relation(&series.input, &Needed::all(&series.input), input)?;
        let chunk = rows.whole(&series.input.schema.types());
        let position = self.eval(&series.axis, &chunk)?;
        let axis = self.axis(series, &position)?;
        let keys = series.keys.iter().map(|key| self.eval(key, &chunk)).collect::<Result<Vec<Column>, Error>>()?;
        let keys = [Keys::new(keys, chunk.len)];
        let bins = axis.bins();
        let mut groups = Groups::default();
        let (mut picked, mut of) = (Vec::new(), Vec::new());
        for row in 0..chunk.len {
            let Some(bin) = axis.bin(position.cell(row)) else { continue };
            let group = groups.of(&keys, At { chunk: 0, row: row as u32 });
            let Some(at) = (group as usize).checked_mul(bins).and_then(|first| u32::try_from(first + bin).ok()) else {
                return Err(failure("the series have more bins together than a query may hold", series.step.span));
            };
            picked.push(row as u32);
            of.push(at);
        }
        if groups.firsts.len().saturating_mul(bins) > self.options.limits.memory_rows {
            return Err(failure("the series have more bins together than a query may hold", series.step.span));
        }
        // Without keys a series can be asked for even where there are no rows.
        let count = match groups.firsts.len() {
            0 if series.nonempty && series.keys.is_empty() => 1,
            count => count,
        };
        let picks = Arc::new(groups.firsts.iter().map(|at| at.row).collect::<Vec<u32>>());
        let mut columns: Vec<Column> = keys[0].columns.iter().map(|key| key.gather(&picks)).collect();
        let mut results = Vec::with_capacity(series.aggregates.len());
        for aggregation in &series.aggregates {
            let arguments = aggregation
                .arguments
                .iter()
                .map(|argument| self.eval(argument, &chunk))
                .collect::<Result<Vec<_>, Error>>()?;
            let mut accumulator = aggregation.function.kind.accumulator(aggregation);
            accumulator.grow(count * bins);
            accumulator.add(&picked, &of, &arguments);
            results.extend(accumulator.finish());
        }
        let results = Chunk::of(results, count * bins);
        let mut filled = vec![false; count * bins];
        of.iter().for_each(|&at| filled[at as usize] = true);
        for (value, default) in &series.values {
            let elements = self.eval(value, &results)?;
            let default = Dynamic::from(self.constant(default)?);
            let element = |at: usize| match filled[at] {
                true => Dynamic::from(elements.value(at)),
                false => default.clone(),
            };
            let array = |group: usize| Dynamic::Array((group * bins..(group + 1) * bins).map(element).collect());
            columns.push(Column::new(Values::Dynamic((0..count).map(array).collect())));
        }
        let shown = Column::constant(&Value::Dynamic(axis.array()), count);
        columns.insert(series.axis_at.min(columns.len()), shown);
        debug_assert_eq!(columns.len(), relation.schema.columns.len());
        Ok(Rows::of(Chunk::of(columns, count)))
    }

    fn axis(&self, series: &MakeSeries, position: &Column) -> Result<Axis, Error> {
        let bound =
            |scalar: &Option<crate::plan::Scalar>| scalar.as_ref().map(|scalar| self.constant(scalar)).transpose();
        let (from, to) = (bound(&series.from)?, bound(&series.to)?);
        let step = self.constant(&series.step)?;
        let cells = || (0..position.len()).map(|row| position.cell(row)).filter(|cell| !cell.is_null());
        let least = cells().min_by(|a, b| order(*a, *b)).map(Cell::to_value);
        let greatest = cells().max_by(|a, b| order(*a, *b)).map(Cell::to_value);
        let too_many = || failure(&format!("the series has more than {MOST} bins"), series.step.span);
        if position.ty() == Type::Real {
            let step = real(&step).filter(|step| *step > 0.0);
            let step = step.ok_or_else(|| failure("the step of a series is above zero", series.step.span))?;
            let floor = |value: f64| (value / step).floor() * step;
            let first =
                from.as_ref().and_then(real).or_else(|| least.as_ref().and_then(real).map(floor)).unwrap_or(0.0);
            let end = match to.as_ref().and_then(real) {
                Some(to) if series.closed => (to - first) / step + 1.0,
                Some(to) => ((to - first) / step).ceil(),
                None => greatest.as_ref().and_then(real).map_or(0.0, |last| ((last - first) / step).floor() + 1.0),
            };
            return match end {
                end if end > MOST as f64 => Err(too_many()),
                end => Ok(Axis::Real { first, step, bins: end.max(0.0) as usize }),
            };
        }
        let step = whole(&step).filter(|step| *step > 0);
        let step = step.ok_or_else(|| failure("the step of a series is above zero", series.step.span))?;
        let least = least.as_ref().and_then(whole).map(|least| least.saturating_sub(least.rem_euclid(step)));
        let first = from.as_ref().and_then(whole).or(least).unwrap_or(0);
        let (from, width) = (i128::from(first), i128::from(step));
        let bins = match to.as_ref().and_then(whole).map(i128::from) {
            Some(to) if series.closed => (to - from).div_euclid(width) + 1,
            Some(to) => (to - from + width - 1).div_euclid(width),
            None => {
                let last = greatest.as_ref().and_then(whole).map(i128::from);
                last.map_or(0, |last| (last - from).div_euclid(width) + 1)
            }
        };
        if bins > i128::from(MOST) {
            return Err(too_many());
        }
        Ok(Axis::Whole { ty: position.ty(), first, step, bins: bins.max(0) as usize })
    }
}

impl Axis {
    fn bins(&self) -> usize {
        match self {
            Self::Whole { bins, .. } | Self::Real { bins, .. } => *bins,
        }
    }

    /// The bin that holds a value.
    fn bin(&self, cell: Cell<'_>) -> Option<usize> {
        let bin = match self {
            Self::Whole { first, step, .. } => whole(&cell.to_value())?.checked_sub(*first)?.div_euclid(*step),
            Self::Real { first, step, .. } => ((real(&cell.to_value())? - first) / step).floor() as i64,
        };
        usize::try_from(bin).ok().filter(|bin| *bin < self.bins())
    }

    fn array(&self) -> Dynamic {
        let start = |bin: usize| match self {
            Self::Real { first, step, .. } => Dynamic::Real(first + bin as f64 * step),
            Self::Whole { ty, first, step, .. } => {
                let at = first.saturating_add((bin as i64).saturating_mul(*step));
                match ty {
                    Type::Datetime => Dynamic::Datetime(Datetime(at)),
                    Type::Timespan => Dynamic::Timespan(Timespan(at)),
                    _ => Dynamic::Long(at),
                }
            }
        };
        Dynamic::Array((0..self.bins()).map(start).collect())
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => value.map(i64::from),
        Value::Long(value) => *value,
        Value::Datetime(value) => value.map(|at| at.0),
        Value::Timespan(value) => value.map(|span| span.0),
        _ => None,
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Real(value) => *value,
        value => whole(value).map(|value| value as f64),
    }
}
