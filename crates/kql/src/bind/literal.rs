//! Literals and what they are worth.

use std::sync::Arc;

use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::Scalar;
use crate::span::Span;
use crate::syntax::{Json, Literal};
use crate::{Datetime, Decimal, Dynamic, Guid, Timespan, Type, Value};

impl Binder<'_> {
    pub(super) fn literal(&mut self, literal: &Literal, span: Span) -> Bound<Scalar> {
        match value(literal) {
            Some(value) => Ok(Self::constant(value.ty(), value, span)),
            None => {
                let hint = match literal {
                    Literal::Typed(ty, text) => Some(format!("'{text}' is no {ty}.")),
                    _ => None,
                };
                Err(self.note(Error::new(error::MALFORMED, "Malformed literal", span).hint(hint)))
            }
        }
    }

    pub(super) fn dynamic_literal(&mut self, json: &Json, span: Span) -> Bound<Scalar> {
        match dynamic(json) {
            Some(value) => Ok(Self::constant(Type::Dynamic, Value::Dynamic(value), span)),
            None => Err(self.note(Error::new(error::MALFORMED, "Malformed literal", span))),
        }
    }
}

/// What a literal is worth; `None` where its text is malformed.
fn value(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Bool(value) => Value::Bool(Some(*value)),
        Literal::Long(value) => Value::Long(Some(*value)),
        Literal::Real(value) => Value::Real(Some(*value)),
        Literal::Timespan(text) => Value::Timespan(Some(Timespan::parse(text)?)),
        Literal::String(text) => Value::String(Arc::from(text.as_str())),
        Literal::Typed(ty, text) => typed(*ty, text)?,
    })
}

fn typed(ty: Type, text: &str) -> Option<Value> {
    let text = text.trim();
    let text = text.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])).unwrap_or(text).trim();
    if text == "null" || text.is_empty() {
        return Some(Value::null(ty));
    }
    Some(match ty {
        Type::Bool => Value::Bool(Some(match text.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            other => other.parse::<i64>().ok()? != 0,
        })),
        Type::Int => Value::Int(Some(integer(text)?.try_into().ok()?)),
        Type::Long => Value::Long(Some(integer(text)?)),
        Type::Real => Value::Real(Some(crate::real::parse(text).or_else(|| text.parse().ok())?)),
        Type::Decimal => Value::Decimal(Some(Decimal::parse(text)?)),
        Type::Datetime if text.contains(',') => Value::Datetime(Some(parts(text)?)),
        Type::Datetime => Value::Datetime(Some(Datetime::parse(text)?)),
        Type::Timespan => Value::Timespan(Some(Timespan::parse(text)?)),
        Type::Guid => Value::Guid(Some(Guid::parse(text)?)),
        Type::String => Value::String(Arc::from(text)),
        Type::Dynamic => Value::Dynamic(Dynamic::parse(text)?),
    })
}

/// `datetime(2025, 6, 14)`: year, month, day, then hour, minute, second as far as they go.
fn parts(text: &str) -> Option<Datetime> {
    let mut numbers = text.split(',').map(|part| part.trim().parse::<i64>());
    let mut next = |otherwise| numbers.next().unwrap_or(Ok(otherwise)).ok();
    let date = Datetime::from_date(next(1)?, next(1)?, next(1)?)?;
    let (hour, minute, second) = (next(0)?, next(0)?, next(0)?);
    let fits =
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second) && numbers.next().is_none();
    fits.then(|| Datetime(date.0 + ((hour * 60 + minute) * 60 + second) * 10_000_000))
}

fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}

fn dynamic(json: &Json) -> Option<Dynamic> {
    Some(match json {
        Json::Null => Dynamic::Null,
        Json::Literal(literal) => match value(literal)? {
            // A timespan inside a dynamic literal is a number of ticks; `pack_array` keeps it a timespan.
            Value::Timespan(Some(span)) => Dynamic::Long(span.0),
            value => Dynamic::from(value),
        },
        Json::Array(items) => Dynamic::Array(items.iter().map(dynamic).collect::<Option<Vec<_>>>()?.into()),
        Json::Bag(properties) => {
            let mut bag: Vec<(Arc<str>, Dynamic)> = Vec::with_capacity(properties.len());
            for (name, property) in properties {
                let value = dynamic(property)?;
                // The last of several properties of one name counts.
                match bag.iter_mut().find(|(known, _)| **known == **name) {
                    Some(known) => known.1 = value,
                    None => bag.push((Arc::from(name.as_str()), value)),
                }
            }
            Dynamic::Bag(bag.into())
        }
    })
}
