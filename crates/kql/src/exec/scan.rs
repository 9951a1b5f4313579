//! `scan`: rows one after the other through steps that remember what they have matched.
//! The state of a step holds, for each step up to it, the row that the sequence had there.

use super::needed::Needed;
use super::{Rows, Run};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::error::Error;
use crate::plan::{Scalar, Scan, ScanStep};
use crate::{Type, Value};

/// A sequence: the row that each step had, as far as it has come, and its number.
#[derive(Clone)]
struct Sequence {
    rows: Vec<Option<Vec<Value>>>,
    number: i64,
}

/// What a scan works with.
struct Scanner<'a> {
    run: &'a Run<'a>,
    scan: &'a Scan,
    input: Chunk,
    /// The types of the input's columns, then of the declared ones.
    types: Vec<Type>,
    defaults: Vec<Value>,
    states: Vec<Option<Sequence>>,
    /// For each step what its expressions read.
    reads: Vec<Needed>,
}

impl Run<'_> {
    /// The rows that steps answer.
    pub(super) fn scan(&self, rows: &Rows, scan: &Scan) -> Result<Rows, Error> {
        let types = scan.input.schema.types();
        let input = rows.whole(&types);
        let defaults = scan.declared.iter().map(|default| self.constant(default)).collect::<Result<Vec<_>, Error>>()?;
        let mut all = types;
        all.extend(scan.declared.iter().map(|default| default.ty));
        let width = scan.input.schema.columns.len() + scan.steps.len() * all.len();
        let reads = scan.steps.iter().map(|step| {
            let expressions = step.assignments.iter().map(|(_, value)| value).chain([&step.condition]);
            Needed::nothing(width).and(expressions)
        });
        let mut scanner = Scanner {
            run: self,
            scan,
            input,
            defaults,
            states: vec![None; scan.steps.len()],
            reads: reads.collect(),
            types: all,
        };
        scanner.run()
    }
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<Rows, Error> {
        let inputs = self.input.columns.len();
        let mut picks = Vec::new();
        let mut declared: Vec<Values> =
            self.types[inputs..].iter().map(|ty| Values::with_capacity(*ty, self.input.len)).collect();
        let mut numbers = Vec::new();
        let mut next_number = 0;
        for row in 0..self.input.len {
            if row.is_multiple_of(1024) {
                self.run.check_time(self.scan.input.span)?;
            }
            for place in (0..self.scan.steps.len()).rev() {
                let Some((values, number)) = self.step(place, row, &mut next_number)? else { continue };
                if self.scan.steps[place].output {
                    picks.push(row as u32);
                    numbers.push(Some(number));
                    declared.iter_mut().zip(&values[inputs..]).for_each(|(column, value)| column.push(value.clone()));
                }
            }
        }
        let mut chunk = self.input.gather(&std::sync::Arc::new(picks));
        chunk.columns.extend(declared.into_iter().map(Column::new));
        if self.scan.match_id {
            chunk.columns.push(Column::new(Values::Long(numbers)));
        }
        Ok(Rows::of(Chunk::of(chunk.columns, chunk.len)))
    }

    /// Offers a row to a step; the row with what the step makes of its declared columns, and the number of the sequence, if it matches.
    fn step(&mut self, place: usize, row: usize, next_number: &mut i64) -> Result<Option<(Vec<Value>, i64)>, Error> {
        let step = &self.scan.steps[place];
        if place > 0
            && let Some(before) = &self.states[place - 1]
            && self.holds(step, place, row, Some(before))?
        {
            let promoted = self.states[place - 1].take();
            let values = self.extended(step, place, row, promoted.as_ref())?;
            return Ok(promoted.map(|sequence| self.keep(place, sequence, values)));
        }
        let own = self.states[place].clone();
        if (own.is_none() && place > 0) || !self.holds(step, place, row, own.as_ref())? {
            return Ok(None);
        }
        let values = self.extended(step, place, row, own.as_ref())?;
        let sequence = own.unwrap_or_else(|| {
            *next_number += 1;
            Sequence { rows: vec![None; self.scan.steps.len()], number: *next_number - 1 }
        });
        Ok(Some(self.keep(place, sequence, values)))
    }

    /// Makes the sequence the state of a step that has this row now.
    fn keep(&mut self, place: usize, mut sequence: Sequence, values: Vec<Value>) -> (Vec<Value>, i64) {
        let number = sequence.number;
        sequence.rows[place] = Some(values.clone());
        self.states[place] = Some(sequence);
        (values, number)
    }

    fn holds(&self, step: &ScanStep, place: usize, row: usize, state: Option<&Sequence>) -> Result<bool, Error> {
        let holds = self.run.eval(&step.condition, &self.seen(place, row, state))?;
        Ok(holds.cell(0) == Cell::Bool(Some(true)))
    }

    /// The row with its declared columns as the step assigns them.
    fn extended(
        &self,
        step: &ScanStep,
        place: usize,
        row: usize,
        state: Option<&Sequence>,
    ) -> Result<Vec<Value>, Error> {
        let seen = self.seen(place, row, state);
        let mut values: Vec<Value> = self.input.columns.iter().map(|column| column.value(row)).collect();
        values.extend(self.defaults.iter().cloned());
        let inputs = self.input.columns.len();
        let assign = |(at, value): &(usize, Scalar)| Ok((inputs + at, self.run.eval(value, &seen)?.value(0)));
        for (at, value) in step.assignments.iter().map(assign).collect::<Result<Vec<_>, Error>>()? {
            values[at] = value;
        }
        Ok(values)
    }

    /// One row of all that a step's expressions may read: the input's columns, and the state of each step.
    fn seen(&self, place: usize, row: usize, state: Option<&Sequence>) -> Chunk {
        let reads = &self.reads[place];
        let inputs = self.input.columns.len();
        let mut columns: Vec<Column> = Vec::with_capacity(inputs + self.scan.steps.len() * self.types.len());
        for column in &self.input.columns {
            columns.push(match reads.has(columns.len()) {
                true => column.slice(row, 1),
                false => Column::nulls(column.ty(), 1),
            });
        }
        for step in 0..self.scan.steps.len() {
            let kept = state.and_then(|state| state.rows[step].as_ref());
            for (at, ty) in self.types.iter().enumerate() {
                let value = match kept {
                    _ if !reads.has(columns.len()) => None,
                    Some(values) => Some(values[at].clone()),
                    None => at.checked_sub(inputs).map(|declared| self.defaults[declared].clone()),
                };
                columns.push(Column::constant(&value.unwrap_or_else(|| Value::null(*ty)), 1));
            }
        }
        Chunk::of(columns, 1)
    }
}
