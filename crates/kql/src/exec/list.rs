//! `in`, `has_any` and their kin, over lists written out and over the first column of a relation.

use std::collections::HashSet;
use std::sync::Arc;

use super::Run;
use super::compare::{meeting_type, order};
use crate::chunk::Chunk;
use crate::column::{Column, Values, lift};
use crate::convert::{self, convert};
use crate::error::Error;
use crate::plan::Scalar;
use crate::syntax::{ListOp, StringOp};
use crate::terms::Needle;
use crate::{Dynamic, Type, Value};

/// What a prepared relation is kept under: its place, the operator and the type of what is looked for.
pub(super) type Key = (usize, ListOp, Type);

/// A list prepared for being searched.
#[derive(Debug)]
pub(super) enum Members {
    Texts(HashSet<Box<str>>),
    /// Texts in lower case.
    Folded(HashSet<Box<str>>),
    /// Values of one type, sorted.
    Sorted(Type, Values),
    Needles(Vec<Needle>),
}

impl Run<'_> {
    /// The operator over a list of expressions, of which most are constant.
    pub(super) fn list(&self, op: ListOp, operand: &Column, list: &[Scalar], chunk: &Chunk) -> Result<Column, Error> {
        let columns = list.iter().map(|element| self.eval(element, chunk)).collect::<Result<Vec<Column>, Error>>()?;
        let constants: Option<Vec<Value>> = columns.iter().map(Column::as_constant).collect();
        if let Some(constants) = constants {
            return Ok(Members::new(op, operand.ty(), constants).search(op, operand));
        }
        let mut values = Values::with_capacity(Type::Bool, chunk.len);
        for row in 0..chunk.len {
            let elements = columns.iter().map(|column| column.value(row)).collect();
            values.push(Members::new(op, operand.ty(), elements).search(op, &operand.slice(row, 1)).value(0));
        }
        Ok(Column::new(values))
    }

    /// The operator over the first column of a shared relation.
    pub(super) fn in_relation(&self, op: ListOp, operand: &Column, relation: usize) -> Column {
        let key = (relation, op, operand.ty());
        let known = self.members.lock().ok().and_then(|members| members.get(&key).cloned());
        let members = known.unwrap_or_else(|| {
            let mut elements = Vec::new();
            for chunk in &self.shared[relation].chunks {
                if let Some(column) = chunk.columns.first() {
                    elements.extend((0..chunk.len).map(|row| column.value(row)));
                }
            }
            let members = Arc::new(Members::new(op, operand.ty(), elements));
            if let Ok(mut known) = self.members.lock() {
                known.insert(key, Arc::clone(&members));
            }
            members
        });
        members.search(op, operand)
    }
}

impl Members {
    fn new(op: ListOp, operand: Type, elements: Vec<Value>) -> Self {
        let elements: Vec<Value> = elements.into_iter().flat_map(spread).collect();
        let texts = || elements.iter().map(ToString::to_string);
        match op {
            ListOp::HasAny | ListOp::HasAll => {
                // Looking for terms has no pattern that could be malformed.
                Self::Needles(texts().filter_map(|text| Needle::new(StringOp::Has, &text).ok()).collect())
            }
            ListOp::InIgnoringCase | ListOp::NotInIgnoringCase => {
                Self::Folded(texts().map(|text| text.to_lowercase().into()).collect())
            }
            ListOp::In | ListOp::NotIn if matches!(operand, Type::String | Type::Dynamic) => {
                Self::Texts(texts().map(String::into).collect())
            }
            ListOp::In | ListOp::NotIn => {
                let ty = elements.iter().fold(operand, |ty, element| match element.ty() {
                    Type::String => ty,
                    other if other == ty => ty,
                    other => meeting_type(ty, other),
                });
                let mut values = Values::with_capacity(ty, elements.len());
                for element in &elements {
                    let mut one = Values::with_capacity(element.ty(), 1);
                    one.push(element.clone());
                    let converted = if element.ty() == ty { element.clone() } else { convert::cell(one.cell(0), ty) };
                    if !converted.is_null() {
                        values.push(converted);
                    }
                }
                let mut picks: Vec<u32> = (0..values.len() as u32).collect();
                picks.sort_unstable_by(|&a, &b| order(values.cell(a as usize), values.cell(b as usize)));
                Self::Sorted(ty, values.gather(&picks))
            }
        }
    }

    fn search(&self, op: ListOp, operand: &Column) -> Column {
        let negated = matches!(op, ListOp::NotIn | ListOp::NotInIgnoringCase);
        if let Self::Sorted(ty, sorted) = self {
            let operand = convert(operand, *ty);
            let values = operand.values();
            let found = |position: usize| {
                let cell = values.cell(position);
                if cell.is_null() {
                    return false;
                }
                let (mut low, mut high) = (0, sorted.len());
                while low < high {
                    let middle = (low + high) / 2;
                    match order(sorted.cell(middle), cell) {
                        std::cmp::Ordering::Equal => return true,
                        std::cmp::Ordering::Less => low = middle + 1,
                        std::cmp::Ordering::Greater => high = middle,
                    }
                }
                false
            };
            return lift::unary(&operand, |at, _| {
                Values::Bool(at.map(|position| Some(found(position) != negated)).collect())
            });
        }
        let operand = convert(operand, Type::String);
        let Values::String(texts) = &**operand.values() else { return Column::nulls(Type::Bool, operand.len()) };
        let found = |position: usize| {
            let text = texts.at(position);
            match self {
                Self::Texts(members) => members.contains(text),
                Self::Folded(members) => members.contains(text.to_lowercase().as_str()),
                Self::Needles(needles) if op == ListOp::HasAll => needles.iter().all(|needle| needle.matches(text)),
                Self::Needles(needles) => needles.iter().any(|needle| needle.matches(text)),
                Self::Sorted(..) => false,
            }
        };
        lift::unary(&operand, |at, _| Values::Bool(at.map(|position| Some(found(position) != negated)).collect()))
    }
}

/// A dynamic array stands for its elements, and any dynamic for the value that it holds.
fn spread(value: Value) -> Vec<Value> {
    let Value::Dynamic(dynamic) = value else { return vec![value] };
    match &dynamic {
        Dynamic::Array(elements) => elements.iter().cloned().map(plain).collect(),
        _ => vec![plain(dynamic)],
    }
}

fn plain(dynamic: Dynamic) -> Value {
    match dynamic {
        Dynamic::Bool(value) => Value::Bool(Some(value)),
        Dynamic::Long(value) => Value::Long(Some(value)),
        Dynamic::Real(value) => Value::Real(Some(value)),
        Dynamic::Decimal(value) => Value::Decimal(Some(*value)),
        Dynamic::Datetime(value) => Value::Datetime(Some(value)),
        Dynamic::Timespan(value) => Value::Timespan(Some(value)),
        Dynamic::Guid(value) => Value::Guid(Some(value)),
        Dynamic::String(text) => Value::String(text),
        other => Value::Dynamic(other),
    }
}
