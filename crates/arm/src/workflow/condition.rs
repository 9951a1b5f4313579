//! Conditions: an expression that is true or false, or operators in objects, `{"and": [{"equals": ["@a", 1]}]}`.

use serde_json::Value;

use super::action::check_expressions;
use super::evaluate::View;
use super::functions;
use crate::error::{Error, Fault};
use crate::functions::type_name;
use crate::path::Path;

/// A condition of `If` or `Until`.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Text with an expression in it.
    Expression(Value),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// A function and its two arguments.
    Compare(&'static str, Value, Value),
}

/// What compares two values, as the designer writes it.
const COMPARISONS: &[&str] =
    &["equals", "greater", "greaterOrEquals", "less", "lessOrEquals", "contains", "startsWith", "endsWith"];

impl Condition {
    pub fn read(declared: &Value, path: &Path) -> Result<Self, Error> {
        let members = match declared {
            Value::String(_) | Value::Bool(_) => {
                check_expressions(declared, path)?;
                return Ok(Self::Expression(declared.clone()));
            }
            Value::Object(members) => members,
            _ => {
                return Err(Error::invalid(
                    "A condition must be a string with an expression, or an object with an operator.",
                    path,
                ));
            }
        };
        let mut entries = members.iter();
        let (Some((name, operands)), None) = (entries.next(), entries.next()) else {
            return Err(Error::invalid("An object that is a condition must have one member, the operator.", path));
        };
        let path = path.member(name);
        let all = |operands: &Value| match operands {
            Value::Array(operands) => operands
                .iter()
                .enumerate()
                .map(|(index, operand)| Self::read(operand, &path.element(index)))
                .collect::<Result<Vec<_>, _>>(),
            _ => Err(Error::invalid(format!("'{name}' takes an array of conditions."), &path)),
        };
        match name.to_ascii_lowercase().as_str() {
            "and" => return Ok(Self::All(all(operands)?)),
            "or" => return Ok(Self::Any(all(operands)?)),
            "not" => return Ok(Self::Not(Box::new(Self::read(operands, &path)?))),
            _ => {}
        }
        let comparison = COMPARISONS.iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
            Error::invalid(
                format!(
                    "'{name}' is not an operator of conditions: 'and', 'or', 'not' and '{}' are.",
                    COMPARISONS.join("', '")
                ),
                &path,
            )
        })?;
        match operands.as_array().map(Vec::as_slice) {
            Some([left, right]) => {
                check_expressions(operands, &path)?;
                Ok(Self::Compare(comparison, left.clone(), right.clone()))
            }
            _ => Err(Error::invalid(format!("'{name}' takes an array of two values."), &path)),
        }
    }

    /// Whether it holds.
    pub fn holds(&self, view: &View<'_>) -> Result<bool, Fault> {
        match self {
            Self::Expression(value) => truth(&view.value(value)?),
            Self::All(conditions) => {
                for condition in conditions {
                    if !condition.holds(view)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(conditions) => {
                for condition in conditions {
                    if condition.holds(view)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => Ok(!condition.holds(view)?),
            Self::Compare(function, left, right) => {
                truth(&functions::apply(function, vec![view.value(left)?, view.value(right)?])?)
            }
        }
    }
}

pub(super) fn truth(value: &Value) -> Result<bool, Fault> {
    let text = |text: &str| text.to_ascii_lowercase().parse().ok();
    let truth = value.as_bool().or_else(|| value.as_str().and_then(text));
    truth.ok_or_else(|| {
        Fault::new(format!("A condition must be of type 'Boolean', and is of type '{}'.", type_name(value)))
    })
}
