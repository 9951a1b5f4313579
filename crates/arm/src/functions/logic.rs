//! Logic. Source: "Logical functions for ARM templates". What an argument decides alone keeps the next from being evaluated.

use serde_json::Value;

use super::arguments::type_name;
use super::{Arguments, Eval, Function};
use crate::error::Fault;
use crate::evaluate::Scope;
use crate::syntax::{Call, Expression};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "and",
        (2, None),
        "Whether all are true.",
        &[("and(true(), false())", "false"), ("and(true(), true(), true())", "true")],
        Eval::Lazy(|scope, call| until(scope, call, false)),
    ),
    Function::new(
        "bool",
        (1, Some(1)),
        "The boolean that a text or an integer stands for.",
        &[("bool('True')", "true"), ("bool(0)", "false"), ("bool(1)", "true"), ("bool(true())", "true")],
        Eval::Plain(boolean),
    ),
    Function::new("false", (0, Some(0)), "False.", &[("false()", "false")], Eval::Plain(|_| Ok(Value::Bool(false)))),
    Function::new(
        "if",
        (3, Some(3)),
        "The second argument if the first is true, else the third; the other is not evaluated.",
        &[("if(equals('a', 'a'), 'yes', json('no JSON'))", r#""yes""#), ("if(false(), 1, 2)", "2")],
        Eval::Lazy(|scope, call| {
            let [condition, yes, no] = call.arguments.as_slice() else {
                return Err(Fault::new("'if' takes three arguments."));
            };
            scope.expression(if truth(scope, call, condition)? { yes } else { no })
        }),
    ),
    Function::new(
        "not",
        (1, Some(1)),
        "The opposite.",
        &[("not(true())", "false")],
        Eval::Plain(|a| Ok(Value::from(!a.boolean(0)?))),
    ),
    Function::new(
        "or",
        (2, None),
        "Whether one is true.",
        &[("or(false(), true())", "true"), ("or(false(), false())", "false")],
        Eval::Lazy(|scope, call| until(scope, call, true)),
    ),
    Function::new("true", (0, Some(0)), "True.", &[("true()", "true")], Eval::Plain(|_| Ok(Value::Bool(true)))),
];

/// `decides` if one argument is it, else the opposite.
fn until(scope: &Scope<'_>, call: &Call, decides: bool) -> Result<Value, Fault> {
    for argument in &call.arguments {
        if truth(scope, call, argument)? == decides {
            return Ok(Value::Bool(decides));
        }
    }
    Ok(Value::Bool(!decides))
}

fn truth(scope: &Scope<'_>, call: &Call, argument: &Expression) -> Result<bool, Fault> {
    let value = scope.expression(argument)?;
    value.as_bool().ok_or_else(|| {
        Fault::new(format!(
            "The template language function '{}' expects its parameter to be of type 'Boolean', and it is of type '{}'.",
            call.name,
            type_name(&value)
        ))
        .or_at(argument.span)
    })
}

fn boolean(a: &Arguments) -> Result<Value, Fault> {
    match a.value(0) {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::Number(number) => Ok(Value::Bool(number.as_f64() != Some(0.0))),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        _ => Err(a.fault("the argument must be 'true', 'false' or an integer.")),
    }
}
