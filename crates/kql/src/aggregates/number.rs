//! Counts, sums and moments.

use super::state::State;
use crate::column::Cell;
use crate::{Datetime, Decimal, Timespan, Type, Value};

/// How many rows.
#[derive(Clone, Default)]
pub(super) struct Count(i64);

impl State for Count {
    fn add(&mut self, _: &[Cell<'_>]) {
        self.0 += 1;
    }

    fn finish(self, _: Type) -> Value {
        Value::Long(Some(self.0))
    }
}

/// The sum, zero over nothing.
#[derive(Clone, Default)]
pub(super) struct Sum {
    whole: i64,
    real: f64,
    decimal: Option<Decimal>,
}

impl State for Sum {
    fn add(&mut self, cells: &[Cell<'_>]) {
        match cells[0] {
            Cell::Decimal(Some(value)) => {
                self.decimal = Some(self.decimal.map_or(value, |sum| sum.sum(value).unwrap_or(sum)));
            }
            Cell::Real(Some(value)) => self.real += value,
            cell => self.whole = self.whole.wrapping_add(whole(cell).unwrap_or(0)),
        }
    }

    fn finish(self, returns: Type) -> Value {
        match returns {
            Type::Real => Value::Real(Some(self.real + self.whole as f64)),
            Type::Decimal => Value::Decimal(Some(self.decimal.unwrap_or_else(|| Decimal::from(self.whole)))),
            Type::Timespan => Value::Timespan(Some(Timespan(self.whole))),
            Type::Datetime => Value::Datetime(Datetime::from_ticks(self.whole)),
            Type::Int => Value::Int(i32::try_from(self.whole).ok()),
            Type::Dynamic => Value::Dynamic(crate::Dynamic::Real(self.real + self.whole as f64)),
            _ => Value::Long(Some(self.whole)),
        }
    }
}

/// The mean, null over nothing.
#[derive(Clone, Default)]
pub(super) struct Average {
    count: i64,
    sum: f64,
    ticks: i128,
    decimal: Option<Decimal>,
}

impl State for Average {
    fn add(&mut self, cells: &[Cell<'_>]) {
        match cells[0] {
            Cell::Decimal(Some(value)) => {
                self.decimal = Some(self.decimal.map_or(value, |sum| sum.sum(value).unwrap_or(sum)));
            }
            Cell::Timespan(Some(value)) => self.ticks += i128::from(value.0),
            Cell::Datetime(Some(value)) => self.ticks += i128::from(value.0),
            cell => match number(cell) {
                Some(value) => self.sum += value,
                None => return,
            },
        }
        self.count += 1;
    }

    fn finish(self, returns: Type) -> Value {
        if self.count == 0 {
            return if returns == Type::Real { Value::Real(Some(f64::NAN)) } else { Value::null(returns) };
        }
        let ticks = (self.ticks / i128::from(self.count)) as i64;
        match returns {
            Type::Timespan => Value::Timespan(Some(Timespan(ticks))),
            Type::Datetime => Value::Datetime(Some(Datetime(ticks))),
            Type::Decimal => Value::Decimal(self.decimal.and_then(|sum| sum.divide(Decimal::from(self.count)))),
            _ => Value::Real(Some(self.sum / self.count as f64)),
        }
    }
}

/// Variance and standard deviation, by Welford's method.
#[derive(Clone)]
pub(super) struct Spread {
    population: bool,
    root: bool,
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    pub(super) fn new(population: bool, root: bool) -> Self {
        Self { population, root, count: 0.0, mean: 0.0, squares: 0.0 }
    }
}

impl State for Spread {
    fn add(&mut self, cells: &[Cell<'_>]) {
        let Some(value) = number(cells[0]) else { return };
        self.count += 1.0;
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (value - self.mean);
    }

    fn finish(self, _: Type) -> Value {
        if self.count == 0.0 {
            return Value::Real(Some(0.0));
        }
        let divisor = if self.population { self.count } else { (self.count - 1.0).max(1.0) };
        let variance = self.squares / divisor;
        Value::Real(Some(if self.root { variance.sqrt() } else { variance }))
    }
}

/// Covariance of two columns.
#[derive(Clone)]
pub(super) struct Covariance {
    population: bool,
    count: f64,
    left: f64,
    right: f64,
    products: f64,
}

impl Covariance {
    pub(super) fn new(population: bool) -> Self {
        Self { population, count: 0.0, left: 0.0, right: 0.0, products: 0.0 }
    }
}

impl State for Covariance {
    fn add(&mut self, cells: &[Cell<'_>]) {
        let (Some(left), Some(right)) = (number(cells[0]), number(cells[1])) else { return };
        self.count += 1.0;
        let distance = left - self.left;
        self.left += distance / self.count;
        self.right += (right - self.right) / self.count;
        self.products += distance * (right - self.right);
    }

    fn finish(self, _: Type) -> Value {
        if self.count == 0.0 {
            return Value::Real(Some(0.0));
        }
        let divisor = if self.population { self.count } else { (self.count - 1.0).max(1.0) };
        Value::Real(Some(self.products / divisor))
    }
}

/// A bitwise operation over all values, null over nothing.
#[derive(Clone)]
pub(super) struct Bits {
    f: fn(i64, i64) -> i64,
    bits: Option<i64>,
}

impl Bits {
    pub(super) fn new(f: fn(i64, i64) -> i64) -> Self {
        Self { f, bits: None }
    }
}

impl State for Bits {
    fn add(&mut self, cells: &[Cell<'_>]) {
        if let Some(value) = whole(cells[0]) {
            self.bits = Some(self.bits.map_or(value, |bits| (self.f)(bits, value)));
        }
    }

    fn finish(self, returns: Type) -> Value {
        match returns {
            Type::Int => Value::Int(self.bits.map(|bits| bits as i32)),
            _ => Value::Long(self.bits),
        }
    }
}

fn whole(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Bool(value) => value.map(i64::from),
        Cell::Int(value) => value.map(i64::from),
        Cell::Long(value) => value,
        Cell::Timespan(value) => value.map(|value| value.0),
        Cell::Datetime(value) => value.map(|value| value.0),
        Cell::Dynamic(crate::Dynamic::Long(value)) => Some(*value),
        _ => None,
    }
}

/// The cell as a real, if it is a number.
pub(super) fn number(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Real(value) => value,
        Cell::Decimal(value) => value.map(Decimal::to_real),
        Cell::Dynamic(crate::Dynamic::Real(value)) => Some(*value),
        Cell::String(_) | Cell::Guid(_) => None,
        cell => whole(cell).map(|value| value as f64),
    }
}
