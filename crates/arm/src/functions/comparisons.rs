//! Comparisons. Source: "Comparison functions for ARM templates". That strings are compared by code unit is assumed.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Arguments, Eval, Function};
use crate::error::Fault;
use crate::evaluate::Scope;
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "coalesce",
        (1, None),
        "The first argument that is not null; null where all are.",
        &[("coalesce(null(), 'a', 'b')", r#""a""#), ("coalesce(null(), null())", "null")],
        Eval::Lazy(coalesce),
    ),
    Function::new(
        "equals",
        (2, Some(2)),
        "Whether both are the same, of the same type.",
        &[
            ("equals(1, 1)", "true"),
            ("equals('a', 'A')", "false"),
            ("equals(1, '1')", "false"),
            ("equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))", "true"),
        ],
        Eval::Plain(|a| Ok(Value::from(a.value(0) == a.value(1)))),
    ),
    Function::new(
        "greater",
        (2, Some(2)),
        "Whether the first is greater.",
        &[("greater(1, 2)", "false"), ("greater('b', 'a')", "true")],
        Eval::Plain(|a| compare(a, Ordering::is_gt)),
    ),
    Function::new(
        "greaterOrEquals",
        (2, Some(2)),
        "Whether the first is greater or the same.",
        &[("greaterOrEquals(2, 2)", "true")],
        Eval::Plain(|a| compare(a, Ordering::is_ge)),
    ),
    Function::new(
        "less",
        (2, Some(2)),
        "Whether the first is less.",
        &[("less(1, 2)", "true"), ("less('b', 'a')", "false")],
        Eval::Plain(|a| compare(a, Ordering::is_lt)),
    ),
    Function::new(
        "lessOrEquals",
        (2, Some(2)),
        "Whether the first is less or the same.",
        &[("lessOrEquals(3, 2)", "false")],
        Eval::Plain(|a| compare(a, Ordering::is_le)),
    ),
];

fn coalesce(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    for argument in &call.arguments {
        let value = scope.expression(argument)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn compare(a: &Arguments, holds: fn(Ordering) -> bool) -> Result<Value, Fault> {
    let order = match (a.value(0), a.value(1)) {
        (Value::String(left), Value::String(right)) => left.encode_utf16().cmp(right.encode_utf16()),
        (Value::Number(_), Value::Number(_)) => a.integer(0)?.cmp(&a.integer(1)?),
        (Value::Number(_), _) => return Err(a.wrong(1, "an integer, as the first is")),
        (Value::String(_), _) => return Err(a.wrong(1, "a string, as the first is")),
        _ => return Err(a.wrong(0, "an integer or a string")),
    };
    Ok(Value::from(holds(order)))
}
