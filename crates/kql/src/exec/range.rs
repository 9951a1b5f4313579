//! `range`.

use super::{Rows, Run, failure};
use crate::chunk::Chunk;
use crate::column::{Column, Values};
use crate::error::Error;
use crate::plan::Scalar;
use crate::{Datetime, Timespan, Value};

/// More rows than any answer may have are refused before they are made.
const MOST: i64 = 50_000_000;

impl Run<'_> {
    /// The values from `from` up to and including `to`, by `step`; none if the step leads away.
    pub(super) fn range(&self, from: &Scalar, to: &Scalar, step: &Scalar) -> Result<Rows, Error> {
        let (first, last, by) = (self.constant(from)?, self.constant(to)?, self.constant(step)?);
        let whole = |first: i64, last: i64, by: i64| {
            let count = match by {
                0 => 0,
                by => (i128::from(last) - i128::from(first)) / i128::from(by) + 1,
            };
            let leads = (by > 0 && first <= last) || (by < 0 && first >= last);
            let count = if leads { count } else { 0 };
            if count > i128::from(MOST) {
                return Err(failure(&format!("range makes more than {MOST} rows"), from.span));
            }
            Ok((0..count as i64).map(move |index| first + index * by))
        };
        let values = match (first, last, by) {
            (Value::Long(Some(first)), Value::Long(Some(last)), Value::Long(Some(by))) => {
                Values::Long(whole(first, last, by)?.map(Some).collect())
            }
            (Value::Int(Some(first)), Value::Int(Some(last)), Value::Int(Some(by))) => Values::Int(
                whole(first.into(), last.into(), by.into())?.map(|value| i32::try_from(value).ok()).collect(),
            ),
            (Value::Datetime(Some(first)), Value::Datetime(Some(last)), Value::Timespan(Some(by))) => {
                Values::Datetime(whole(first.0, last.0, by.0)?.map(|ticks| Some(Datetime(ticks))).collect())
            }
            (Value::Timespan(Some(first)), Value::Timespan(Some(last)), Value::Timespan(Some(by))) => {
                Values::Timespan(whole(first.0, last.0, by.0)?.map(|ticks| Some(Timespan(ticks))).collect())
            }
            (Value::Real(Some(first)), Value::Real(Some(last)), Value::Real(Some(by))) if by != 0.0 => {
                let count = ((last - first) / by + 1e-9).floor() + 1.0;
                if count > MOST as f64 {
                    return Err(failure(&format!("range makes more than {MOST} rows"), from.span));
                }
                Values::Real((0..count.max(0.0) as i64).map(|index| Some(first + index as f64 * by)).collect())
            }
            (first, ..) => Values::with_capacity(first.ty(), 0),
        };
        let len = values.len();
        Ok(Rows::of(Chunk::of(vec![Column::new(values)], len)))
    }
}
