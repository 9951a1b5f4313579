//! The value of an expression in a run, seen from one action.

use serde_json::{Map, Value};

use super::functions;
use super::run::Memory;
use crate::error::Fault;
use crate::functions::element;
use crate::syntax::{Accessor, Expression, Kind, Part, Step, workflow_text};

const MAX_DEPTH: usize = 256;

/// What an expression of an action can see.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub memory: &'a Memory<'a>,
    /// The turn of the innermost loop that it is in.
    pub turn: Option<&'a Turn<'a>>,
    /// What `item()` means inside of `Select` and `Query`.
    pub item: Option<&'a Value>,
    pub depth: usize,
}

/// A turn of a loop.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    /// The loop's name.
    pub name: &'a str,
    /// Its number, from 0 on.
    pub index: usize,
    /// The element, for a loop over elements.
    pub item: Option<&'a Value>,
    /// The loop around.
    pub outer: Option<&'a Turn<'a>>,
}

impl Turn<'_> {
    /// The numbers of the turns from the outermost loop to this one.
    pub fn numbers(turn: Option<&Self>) -> Vec<usize> {
        let mut numbers = Vec::new();
        let mut next = turn.copied();
        while let Some(turn) = next {
            numbers.push(turn.index);
            next = turn.outer.copied();
        }
        numbers.reverse();
        numbers
    }
}

impl<'a> View<'a> {
    /// The value with every string in it replaced by what it stands for.
    pub fn value(&self, value: &Value) -> Result<Value, Fault> {
        let inner = self.deeper()?;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
            Value::String(text) => inner.text(text),
            Value::Array(elements) => elements.iter().map(|element| inner.value(element)).collect(),
            Value::Object(members) => {
                let mut evaluated = Map::new();
                for (name, value) in members {
                    let name = match inner.text(name)? {
                        Value::String(name) => name,
                        other => functions::text_of(&other),
                    };
                    evaluated.insert(name, inner.value(value)?);
                }
                Ok(Value::Object(evaluated))
            }
        }
    }

    fn text(&self, text: &str) -> Result<Value, Fault> {
        let parts = workflow_text(text)?;
        if let [Part::Whole(expression)] = parts.as_slice() {
            return self.expression(expression);
        }
        let mut joined = String::new();
        for part in &parts {
            match part {
                Part::Literal(text) => joined.push_str(text),
                Part::Interpolated(expression) | Part::Whole(expression) => {
                    joined.push_str(&functions::text_of(&self.expression(expression)?));
                }
            }
        }
        Ok(Value::from(joined))
    }

    /// The value of an expression.
    pub fn expression(&self, expression: &Expression) -> Result<Value, Fault> {
        let inner = self.deeper()?;
        match &expression.kind {
            Kind::Text(text) => Ok(Value::from(text.as_str())),
            Kind::Integer(value) => Ok(Value::from(*value)),
            Kind::Real(value) => Ok(Value::from(*value)),
            Kind::Boolean(value) => Ok(Value::from(*value)),
            Kind::Null => Ok(Value::Null),
            Kind::Call(call) => functions::call(&inner, call).map_err(|fault| fault.or_at(expression.span)),
            Kind::Access { base, path } => {
                let mut value = inner.expression(base)?;
                for accessor in path {
                    match inner.take(value, accessor).map_err(|fault| fault.or_at(accessor.span))? {
                        Some(taken) => value = taken,
                        None => return Ok(Value::Null),
                    }
                }
                Ok(value)
            }
        }
    }

    /// One step into a value; nothing where the step is safe and leads nowhere.
    fn take(&self, value: Value, accessor: &Accessor) -> Result<Option<Value>, Fault> {
        let index = match &accessor.step {
            Step::Member(name) => Value::from(name.as_str()),
            Step::Index(index) => self.expression(index)?,
        };
        match element(&value, &index) {
            Ok(found) => Ok(Some(found.clone())),
            Err(_) if accessor.safe => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The turn of the loop of this name.
    pub fn turn_of(&self, name: &str) -> Option<&'a Turn<'a>> {
        let mut next = self.turn;
        while let Some(turn) = next {
            if turn.name.eq_ignore_ascii_case(name) {
                return Some(turn);
            }
            next = turn.outer;
        }
        None
    }

    fn deeper(&self) -> Result<Self, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::new(format!("Evaluation goes deeper than {MAX_DEPTH} levels, which is the limit.")));
        }
        Ok(Self { depth: self.depth + 1, ..*self })
    }
}
