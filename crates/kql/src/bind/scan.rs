//! `scan`: steps, and what their expressions may read: the row, and for each step by its name the row that the sequence had there.

use super::names::Taken;
use super::scope::{Rows, qualified, variable, visible, without_hidden};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{self, Operator, Relation, Scalar};
use crate::span::Span;
use crate::syntax::{Scan, ScanStep};
use crate::{ColumnInfo, Schema, Type, Value};

impl Binder<'_> {
    pub(super) fn scan(&mut self, input: Relation, scan: &Scan, span: Span) -> Bound<Relation> {
        let input = without_hidden(input);
        let mut taken = Taken::default();
        for column in &input.schema.columns {
            taken.take(&column.name);
        }
        let mut declared = Vec::with_capacity(scan.declared.len());
        let mut state = input.schema.clone();
        for column in &scan.declared {
            if !taken.take(&column.name.text) {
                return Err(self.declared_twice(&column.name.text, column.name.span));
            }
            let default = match &column.default {
                Some(default) => Scalar::converted(self.scalar(default, Rows::None)?, column.ty),
                None => Self::constant(column.ty, Value::null(column.ty), column.name.span),
            };
            state.columns.push(ColumnInfo { name: column.name.text.clone(), ty: column.ty });
            declared.push(default);
        }
        let mut seen = input.schema.clone();
        let mut names = Taken::default();
        for step in &scan.steps {
            if !names.take(&step.name.text) {
                return Err(self.declared_twice(&step.name.text, step.name.span));
            }
            seen.columns.extend(
                state
                    .columns
                    .iter()
                    .map(|column| ColumnInfo { name: qualified(&step.name.text, &column.name), ty: column.ty }),
            );
        }
        for step in &scan.steps {
            seen.columns.push(ColumnInfo { name: variable(&step.name.text), ty: Type::Long });
        }
        let inputs = input.schema.columns.len();
        let steps =
            scan.steps.iter().map(|step| self.scan_step(step, &seen, &state, inputs)).collect::<Bound<Vec<_>>>()?;
        let mut schema = state;
        if let Some(name) = &scan.match_id {
            if schema.position(&name.text).is_some() {
                return Err(self.declared_twice(&name.text, name.span));
            }
            schema.columns.push(ColumnInfo { name: name.text.clone(), ty: Type::Long });
        }
        let scan = plan::Scan { input, declared, steps, match_id: scan.match_id.is_some() };
        Ok(Relation { schema, operator: Operator::Scan(Box::new(scan)), span })
    }

    fn scan_step(&mut self, step: &ScanStep, seen: &Schema, state: &Schema, inputs: usize) -> Bound<plan::ScanStep> {
        let condition = self.predicate(&step.condition, Rows::One(seen));
        let mut assignments = Vec::with_capacity(step.assignments.len());
        for assignment in &step.assignments {
            let value = self.scalar(&assignment.value, Rows::One(seen))?;
            let name = assignment.names.first();
            let place = name.and_then(|name| visible(state).find(|(_, column)| column.name == name.text));
            match place {
                Some((place, column)) if place >= inputs => {
                    assignments.push((place - inputs, Scalar::converted(value, column.ty)));
                }
                _ => {
                    let message = "The name of a column that the scan declares expected.";
                    let span = name.map_or(assignment.value.span, |name| name.span);
                    return Err(self.note(Error::new(error::UNKNOWN_NAME, message, span)));
                }
            }
        }
        Ok(plan::ScanStep { condition: condition?, assignments, output: step.output })
    }
}
