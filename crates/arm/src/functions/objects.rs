//! Objects. Source: "Object functions for ARM templates".

use serde_json::{Map, Value};

use super::{Arguments, Eval, Function, find};
use crate::error::Fault;
use crate::json;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "createObject",
        (0, None),
        "An object of names and values, one after the other.",
        &[("createObject()", "{}"), ("createObject('a', 1, 'b', null())", r#"{"a":1,"b":null}"#)],
        Eval::Plain(create_object),
    ),
    Function::new(
        "items",
        (1, Some(1)),
        "The members as objects with `key` and `value`, in the order of the keys.",
        &[("items(createObject('b', 1, 'a', 2))", r#"[{"key":"a","value":2},{"key":"b","value":1}]"#)],
        Eval::Plain(items),
    ),
    Function::new(
        "json",
        (1, Some(1)),
        "The value that a text of JSON stands for.",
        &[("json('null')", "null"), ("json('{\"a\": [1.5]}').a[0]", "1.5"), ("json('\"x\"')", r#""x""#)],
        Eval::Plain(|a| {
            json::parse(a.text(0)?).map_err(|error| a.fault(format!("the argument is not valid JSON: {error}")))
        }),
    ),
    Function::new("null", (0, Some(0)), "Null.", &[("null()", "null")], Eval::Plain(|_| Ok(Value::Null))),
    Function::new(
        "objectKeys",
        (1, Some(1)),
        "The keys of an object, in order.",
        &[("objectKeys(createObject('b', 1, 'a', 2))", r#"["a","b"]"#)],
        Eval::Plain(|a| Ok(sorted(a.object(0)?).into_iter().map(|(name, _)| Value::from(name)).collect())),
    ),
    Function::new(
        "shallowMerge",
        (1, Some(1)),
        "The members of all objects of an array; of one name the last counts.",
        &[(
            "shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2))))",
            r#"{"a":{"y":2}}"#,
        )],
        Eval::Plain(shallow_merge),
    ),
];

fn create_object(a: &Arguments) -> Result<Value, Fault> {
    if a.all().len() % 2 == 1 {
        return Err(a.fault("it takes an even number of arguments: names and values in turn."));
    }
    let mut members = Map::new();
    for position in (0..a.all().len()).step_by(2) {
        set(&mut members, a.text(position)?, a.value(position + 1).clone());
    }
    Ok(Value::Object(members))
}

fn items(a: &Arguments) -> Result<Value, Fault> {
    let entry = |(name, value): (&str, &Value)| {
        Value::Object(Map::from_iter([("key".to_owned(), Value::from(name)), ("value".to_owned(), value.clone())]))
    };
    Ok(sorted(a.object(0)?).into_iter().map(entry).collect())
}

fn shallow_merge(a: &Arguments) -> Result<Value, Fault> {
    let mut all = Map::new();
    for object in a.array(0)? {
        let object = object.as_object().ok_or_else(|| a.fault("every element of the array must be an object."))?;
        for (name, value) in object {
            set(&mut all, name, value.clone());
        }
    }
    Ok(Value::Object(all))
}

/// Members in the order of their names, without regard to case, as documented for `items`.
fn sorted(members: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut sorted: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
    sorted.sort_by_cached_key(|(name, _)| name.to_lowercase());
    sorted
}

/// Sets the member of this name, whatever the case in which it was set before.
fn set(members: &mut Map<String, Value>, name: &str, value: Value) {
    let known = find(members, name).map(|(known, _)| known.to_owned());
    members.insert(known.unwrap_or_else(|| name.to_owned()), value);
}

/// The members of both; where both hold objects under one name these are merged, else the second counts.
pub(super) fn merged(mut first: Map<String, Value>, second: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in second {
        let known = find(&first, name).map(|(known, _)| known.to_owned()).unwrap_or_else(|| name.clone());
        let value = match (first.get_mut(&known).map(Value::take), value) {
            (Some(Value::Object(old)), Value::Object(new)) => Value::Object(merged(old, new)),
            _ => value.clone(),
        };
        first.insert(known, value);
    }
    first
}

/// The members of the first that the second has with the same value.
pub(super) fn shared_members(first: &Map<String, Value>, second: &Map<String, Value>) -> Map<String, Value> {
    let shared = |name: &str, value: &Value| find(second, name).is_some_and(|(_, other)| other == value);
    first
        .iter()
        .filter(|(name, value)| shared(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
