//! Functions that take a lambda. Source: "Lambda functions for ARM templates".

use serde_json::{Map, Value};

use super::arguments::type_name;
use super::{Eval, Function};
use crate::error::Fault;
use crate::evaluate::Scope;
use crate::syntax::{Call, Expression, Kind};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "filter",
        (2, Some(2)),
        "The elements for which the lambda is true; it may take their number too.",
        &[
            ("filter(range(0, 5), lambda('i', less(lambdaVariables('i'), 2)))", "[0,1]"),
            ("filter(createArray('a', 'b'), lambda('v', 'i', equals(lambdaVariables('i'), 1)))", r#"["b"]"#),
        ],
        Eval::Lazy(filter),
    ),
    Function::new(
        "groupBy",
        (2, Some(2)),
        "An object of arrays of the elements, under the keys that the lambda gives them.",
        &[(
            "groupBy(createArray('ab', 'b', 'ac'), lambda('s', first(lambdaVariables('s'))))",
            r#"{"a":["ab","ac"],"b":["b"]}"#,
        )],
        Eval::Lazy(group_by),
    ),
    Function::new(
        "lambda",
        (1, None),
        "A lambda: names of variables, and an expression over them.",
        &[],
        Eval::Lazy(|_, _| {
            Err(Fault::new(
                "The template function 'lambda' is not expected at this location: it can only be an argument of a function that takes a lambda.",
            ))
        }),
    ),
    Function::new(
        "lambdaVariables",
        (1, Some(1)),
        "The value of a variable of the lambda around it.",
        &[],
        Eval::Scoped(|scope, a| {
            let name = a.text(0)?;
            let mut next = scope.lambda;
            while let Some(lambda) = next {
                if lambda.name.eq_ignore_ascii_case(name) {
                    return Ok(lambda.value.clone());
                }
                next = lambda.outer;
            }
            Err(Fault::new(format!("The lambda variable '{name}' is not found.")))
        }),
    ),
    Function::new(
        "map",
        (2, Some(2)),
        "What the lambda makes of each element; it may take their number too.",
        &[
            ("map(range(1, 2), lambda('i', mul(lambdaVariables('i'), 2)))", "[2,4]"),
            (
                "map(createArray(1), lambda('a', map(createArray(2), lambda('b', add(lambdaVariables('a'), lambdaVariables('b'))))))",
                "[[3]]",
            ),
        ],
        Eval::Lazy(map),
    ),
    Function::new(
        "mapValues",
        (2, Some(2)),
        "The object with what the lambda makes of each value.",
        &[("mapValues(createObject('a', 'x'), lambda('v', toUpper(lambdaVariables('v'))))", r#"{"a":"X"}"#)],
        Eval::Lazy(map_values),
    ),
    Function::new(
        "reduce",
        (3, Some(3)),
        "One value of all elements: the lambda joins what is there so far and the next element.",
        &[
            (
                "reduce(range(0, 5), 0, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))",
                "10",
            ),
            (
                "reduce(createArray(3, 4), 0, lambda('cur', 'next', 'i', add(lambdaVariables('cur'), mul(lambdaVariables('next'), lambdaVariables('i')))))",
                "4",
            ),
        ],
        Eval::Lazy(reduce),
    ),
    Function::new(
        "sort",
        (2, Some(2)),
        "The elements in the order in which the lambda says that the first of two comes before the second.",
        &[(
            "sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))",
            "[1,2,3]",
        )],
        Eval::Lazy(sort),
    ),
    Function::new(
        "toObject",
        (2, Some(3)),
        "An object of what two lambdas make of each element: its name and its value, which is the element itself where there is no second.",
        &[
            (
                "toObject(createArray('a', 'b'), lambda('v', lambdaVariables('v')), lambda('v', concat(lambdaVariables('v'), '!')))",
                r#"{"a":"a!","b":"b!"}"#,
            ),
            (
                "toObject(createArray(createObject('n', 'x')), lambda('v', lambdaVariables('v').n))",
                r#"{"x":{"n":"x"}}"#,
            ),
        ],
        Eval::Lazy(to_object),
    ),
];

/// A lambda as it stands in a call.
struct Lambda<'e> {
    variables: Vec<&'e str>,
    body: &'e Expression,
}

impl<'e> Lambda<'e> {
    /// The lambda at this place among the arguments, which takes from `fewest` to `most` values.
    fn of(call: &'e Call, position: usize, fewest: usize, most: usize) -> Result<Self, Fault> {
        let argument = &call.arguments[position];
        let wrong = |reason: String| {
            Fault::new(format!("Unable to evaluate template language function '{}': {reason}", call.name))
                .or_at(argument.span)
        };
        let Kind::Call(lambda) = &argument.kind else {
            return Err(wrong(format!("argument '{}' must be a lambda.", position + 1)));
        };
        let (true, Some((body, names))) = (lambda.name.eq_ignore_ascii_case("lambda"), lambda.arguments.split_last())
        else {
            return Err(wrong(format!("argument '{}' must be a lambda.", position + 1)));
        };
        let variables: Option<Vec<&str>> = names
            .iter()
            .map(|name| match &name.kind {
                Kind::Text(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        match variables {
            Some(variables) if (fewest..=most).contains(&variables.len()) => Ok(Self { variables, body }),
            Some(variables) => Err(wrong(format!(
                "the lambda takes from '{fewest}' to '{most}' variables, and has '{}'.",
                variables.len()
            ))),
            None => Err(wrong("the variables of a lambda are named by strings.".to_owned())),
        }
    }

    /// The value of the body where the variables stand for these values; those that it does not name are left out.
    fn apply(&self, scope: &Scope<'_>, values: &[&Value]) -> Result<Value, Fault> {
        let variables: Vec<(&str, &Value)> = self.variables.iter().copied().zip(values.iter().copied()).collect();
        scope.with_variables(&variables, &mut |scope| scope.expression(self.body))
    }

    fn holds(&self, scope: &Scope<'_>, values: &[&Value]) -> Result<bool, Fault> {
        let value = self.apply(scope, values)?;
        value.as_bool().ok_or_else(|| {
            Fault::new(format!("The lambda must give a boolean, and gives a value of type '{}'.", type_name(&value)))
                .or_at(self.body.span)
        })
    }

    fn text(&self, scope: &Scope<'_>, values: &[&Value]) -> Result<String, Fault> {
        match self.apply(scope, values)? {
            Value::String(text) => Ok(text),
            other => Err(Fault::new(format!(
                "The lambda must give a string, and gives a value of type '{}'.",
                type_name(&other)
            ))
            .or_at(self.body.span)),
        }
    }
}

/// The array that is the first argument.
fn array(scope: &Scope<'_>, call: &Call) -> Result<Vec<Value>, Fault> {
    match scope.expression(&call.arguments[0])? {
        Value::Array(elements) => Ok(elements),
        other => Err(Fault::new(format!(
            "Unable to evaluate template language function '{}': argument '1' must be an array, and is of type '{}'.",
            call.name,
            type_name(&other)
        ))
        .or_at(call.arguments[0].span)),
    }
}

fn filter(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 1, 1, 2)?;
    let mut kept = Vec::new();
    for (index, element) in array(scope, call)?.into_iter().enumerate() {
        if lambda.holds(scope, &[&element, &Value::from(index)])? {
            kept.push(element);
        }
    }
    Ok(Value::Array(kept))
}

fn map(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 1, 1, 2)?;
    let elements = array(scope, call)?;
    elements.iter().enumerate().map(|(index, element)| lambda.apply(scope, &[element, &Value::from(index)])).collect()
}

fn map_values(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 1, 1, 1)?;
    let Value::Object(mut members) = scope.expression(&call.arguments[0])? else {
        return Err(Fault::new(
            "Unable to evaluate template language function 'mapValues': argument '1' must be an object.",
        ));
    };
    for value in members.values_mut() {
        *value = lambda.apply(scope, &[value])?;
    }
    Ok(Value::Object(members))
}

fn reduce(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 2, 2, 3)?;
    let elements = array(scope, call)?;
    let mut so_far = scope.expression(&call.arguments[1])?;
    for (index, element) in elements.iter().enumerate() {
        so_far = lambda.apply(scope, &[&so_far, element, &Value::from(index)])?;
    }
    Ok(so_far)
}

/// By insertion, since a lambda need not be an order that the library's sorting could rely on.
fn sort(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 1, 2, 2)?;
    let mut sorted: Vec<Value> = Vec::new();
    for element in array(scope, call)? {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if lambda.holds(scope, &[&element, &sorted[middle]])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.insert(low, element);
    }
    Ok(Value::Array(sorted))
}

fn to_object(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let name = Lambda::of(call, 1, 1, 1)?;
    let value = if call.arguments.len() > 2 { Some(Lambda::of(call, 2, 1, 1)?) } else { None };
    let mut members = Map::new();
    for element in array(scope, call)? {
        let name = name.text(scope, &[&element])?;
        let value = value.as_ref().map(|value| value.apply(scope, &[&element])).transpose()?;
        members.insert(name, value.unwrap_or(element));
    }
    Ok(Value::Object(members))
}

fn group_by(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let lambda = Lambda::of(call, 1, 1, 1)?;
    let mut groups = Map::new();
    for element in array(scope, call)? {
        let key = lambda.text(scope, &[&element])?;
        if let Value::Array(group) = groups.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
            group.push(element);
        }
    }
    Ok(Value::Object(groups))
}
