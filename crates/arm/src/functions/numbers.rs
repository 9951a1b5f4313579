//! Numbers. Source: "Numeric functions for ARM templates".

use serde_json::Value;

use super::{Arguments, Eval, Function};
use crate::error::Fault;
use crate::evaluate::Scope;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "add",
        (2, Some(2)),
        "The sum of two integers.",
        &[("add(5, 3)", "8")],
        Eval::Plain(|a| of_two(a, i64::checked_add)),
    ),
    Function::new(
        "copyIndex",
        (0, Some(2)),
        "The number of the turn of a loop, from 0 on, and something added to it. The loop may be named.",
        &[],
        Eval::Scoped(copy_index),
    ),
    Function::new(
        "div",
        (2, Some(2)),
        "The quotient of two integers, cut off towards zero.",
        &[("div(8, 3)", "2"), ("div(-8, 3)", "-2")],
        Eval::Plain(|a| of_two(a, i64::checked_div)),
    ),
    Function::new(
        "float",
        (1, Some(1)),
        "The number that a text or an integer stands for.",
        &[("float('3.5')", "3.5"), ("float(3)", "3.0")],
        Eval::Plain(float),
    ),
    Function::new(
        "int",
        (1, Some(1)),
        "The integer that a text stands for.",
        &[("int('4')", "4"), ("int(-4)", "-4")],
        Eval::Plain(int),
    ),
    Function::new(
        "max",
        (1, None),
        "The greatest of some integers, or of an array of them.",
        &[("max(1, 5, 3)", "5"), ("max(createArray(0, 3, 2))", "3")],
        Eval::Plain(|a| of_many(a, Iterator::max)),
    ),
    Function::new(
        "min",
        (1, None),
        "The least of some integers, or of an array of them.",
        &[("min(1, 5, 3)", "1"), ("min(createArray(0, 3, 2))", "0")],
        Eval::Plain(|a| of_many(a, Iterator::min)),
    ),
    Function::new(
        "mod",
        (2, Some(2)),
        "What the division of two integers leaves, with the sign of the first.",
        &[("mod(7, 3)", "1"), ("mod(-7, 3)", "-1")],
        Eval::Plain(|a| of_two(a, i64::checked_rem)),
    ),
    Function::new(
        "mul",
        (2, Some(2)),
        "The product of two integers.",
        &[("mul(5, 3)", "15")],
        Eval::Plain(|a| of_two(a, i64::checked_mul)),
    ),
    Function::new(
        "sub",
        (2, Some(2)),
        "The difference of two integers.",
        &[("sub(7, 3)", "4")],
        Eval::Plain(|a| of_two(a, i64::checked_sub)),
    ),
];

fn of_two(a: &Arguments, operation: fn(i64, i64) -> Option<i64>) -> Result<Value, Fault> {
    let (left, right) = (a.integer(0)?, a.integer(1)?);
    let result = operation(left, right);
    result
        .map(Value::from)
        .ok_or_else(|| a.fault(format!("'{left}' and '{right}' have no result that is an integer in range.")))
}

fn of_many(a: &Arguments, choose: fn(std::vec::IntoIter<i64>) -> Option<i64>) -> Result<Value, Fault> {
    let values = match a.value(0) {
        Value::Array(elements) if a.all().len() == 1 => elements
            .iter()
            .map(|element| element.as_i64().ok_or_else(|| a.fault("every element must be an integer.")))
            .collect(),
        _ => (0..a.all().len()).map(|position| a.integer(position)).collect::<Result<Vec<_>, _>>(),
    }?;
    choose(values.into_iter()).map(Value::from).ok_or_else(|| a.fault("the array must not be empty."))
}

fn int(a: &Arguments) -> Result<Value, Fault> {
    let value = match a.value(0) {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    value.map(Value::from).ok_or_else(|| a.fault(format!("'{}' is not an integer.", super::shown(a.value(0)))))
}

fn float(a: &Arguments) -> Result<Value, Fault> {
    let value = match a.value(0) {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|value: &f64| value.is_finite()),
        _ => None,
    };
    value.map(Value::from).ok_or_else(|| a.fault(format!("'{}' is not a number.", super::shown(a.value(0)))))
}

fn copy_index(scope: &Scope<'_>, a: &Arguments) -> Result<Value, Fault> {
    let (name, offset) = match a.value(0) {
        Value::String(name) => (Some(name.as_str()), a.get(1).map_or(Ok(0), |_| a.integer(1))?),
        _ => (None, a.get(0).map_or(Ok(0), |_| a.integer(0))?),
    };
    let turn = scope.turn(name).ok_or_else(|| {
        Fault::new("The template function 'copyIndex' is not expected at this location. The function can only be used in a resource, a property, a variable or an output with copy specified, and must name a loop that is around it. Please see https://aka.ms/arm-copy for usage details.")
    })?;
    let index = i64::try_from(turn.index).unwrap_or(i64::MAX);
    Ok(Value::from(index.saturating_add(offset)))
}
