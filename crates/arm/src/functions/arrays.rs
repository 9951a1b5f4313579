//! Arrays, and what strings and objects share with them. Source: "Array functions for ARM templates".

use serde_json::{Map, Value};

use super::objects::{merged, shared_members};
use super::strings::{part, position_of, position_of_last, units};
use super::{Arguments, Eval, Function, element, find};
use crate::error::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "array",
        (1, Some(1)),
        "The value as an array: itself, or an array of it alone.",
        &[
            ("array(1)", "[1]"),
            ("array('a')", r#"["a"]"#),
            ("array(createArray(1, 2))", "[1,2]"),
            ("array(createObject())", "[{}]"),
        ],
        Eval::Plain(|a| {
            Ok(if a.value(0).is_array() { a.value(0).clone() } else { Value::Array(vec![a.value(0).clone()]) })
        }),
    ),
    Function::new(
        "concat",
        (1, None),
        "Arrays one after the other, or texts one after the other.",
        &[
            ("concat('a', 'b')", r#""ab""#),
            ("concat(createArray(1), createArray(2, 3))", "[1,2,3]"),
            ("concat('a', 1, true())", r#""a1True""#),
        ],
        Eval::Plain(concat),
    ),
    Function::new(
        "contains",
        (2, Some(2)),
        "Whether an array has a value, an object a key, or a string a part. Keys are compared without regard to case.",
        &[
            ("contains('OneTwo', 'Two')", "true"),
            ("contains('OneTwo', 'two')", "false"),
            ("contains(createObject('One', 1), 'oNE')", "true"),
            ("contains(createArray('a', 2), 2)", "true"),
            ("contains(createArray('a'), 'A')", "false"),
        ],
        Eval::Plain(contains),
    ),
    Function::new(
        "createArray",
        (0, None),
        "An array of the arguments.",
        &[("createArray()", "[]"), ("createArray(1, 'a')", r#"[1,"a"]"#)],
        Eval::Plain(|a| Ok(Value::Array(a.all().to_vec()))),
    ),
    Function::new(
        "empty",
        (1, Some(1)),
        "Whether an array, an object or a string has nothing in it; null has nothing.",
        &[
            ("empty('')", "true"),
            ("empty(createArray(1))", "false"),
            ("empty(json('{}'))", "true"),
            ("empty(null())", "true"),
        ],
        Eval::Plain(empty),
    ),
    Function::new(
        "first",
        (1, Some(1)),
        "The first element or character; null for an empty array, nothing for an empty string.",
        &[
            ("first('One')", r#""O""#),
            ("first(createArray(1, 2))", "1"),
            ("first(createArray())", "null"),
            ("first('')", r#""""#),
        ],
        Eval::Plain(|a| end(a, 0)),
    ),
    Function::new(
        "flatten",
        (1, Some(1)),
        "The elements of the arrays in an array.",
        &[("flatten(createArray(createArray(1, 2), createArray(3)))", "[1,2,3]")],
        Eval::Plain(flatten),
    ),
    Function::new(
        "indexFromEnd",
        (2, Some(2)),
        "The element that stands at a place counted from the end, the last being 1.",
        &[("indexFromEnd(createArray(1, 2, 3), 1)", "3")],
        Eval::Plain(|a| {
            from_end(a)?.ok_or_else(|| {
                Fault::new(format!("The language expression property array index '{}' is out of bounds.", a.value(1)))
            })
        }),
    ),
    Function::new(
        "indexOf",
        (2, Some(2)),
        "The first place of a value in an array, or of a part in a string without regard to case; -1 where there is none.",
        &[
            ("indexOf('test', 'T')", "0"),
            ("indexOf('abcdef', 'CD')", "2"),
            ("indexOf('abcdef', 'x')", "-1"),
            ("indexOf(createArray(1, 2, 1), 1)", "0"),
            ("indexOf(createArray('a'), 'A')", "-1"),
        ],
        Eval::Plain(|a| {
            index_of(a, position_of, |elements, value| elements.iter().position(|element| element == value))
        }),
    ),
    Function::new(
        "intersection",
        (2, None),
        "What all arrays have, or the members that all objects have with the same value.",
        &[
            ("intersection(createArray(1, 2, 3), createArray(3, 2))", "[2,3]"),
            ("intersection(createObject('a', 1, 'b', 2), createObject('a', 1, 'b', 3))", r#"{"a":1}"#),
        ],
        Eval::Plain(intersection),
    ),
    Function::new(
        "join",
        (2, Some(2)),
        "The elements as one string, with a delimiter between them.",
        &[("join(createArray('a', 'b'), ', ')", r#""a, b""#), ("join(createArray(1, 2), '')", r#""12""#)],
        Eval::Plain(join),
    ),
    Function::new(
        "last",
        (1, Some(1)),
        "The last element or character; null for an empty array, nothing for an empty string.",
        &[("last('One')", r#""e""#), ("last(createArray(1, 2))", "2"), ("last('')", r#""""#)],
        Eval::Plain(|a| end(a, 1)),
    ),
    Function::new(
        "lastIndexOf",
        (2, Some(2)),
        "The last place of a value in an array, or of a part in a string without regard to case; -1 where there is none.",
        &[
            ("lastIndexOf('test', 'T')", "3"),
            ("lastIndexOf('abcdef', 'AB')", "0"),
            ("lastIndexOf(createArray(1, 2, 1), 1)", "2"),
        ],
        Eval::Plain(|a| {
            index_of(a, position_of_last, |elements, value| elements.iter().rposition(|element| element == value))
        }),
    ),
    Function::new(
        "length",
        (1, Some(1)),
        "The number of elements, characters or members.",
        &[
            ("length('One Two')", "7"),
            ("length(createArray(1, 2))", "2"),
            ("length(createObject('a', 1))", "1"),
            ("length('ä😀')", "3"),
        ],
        Eval::Plain(length),
    ),
    Function::new(
        "range",
        (2, Some(2)),
        "So many integers from a first one on.",
        &[("range(5, 3)", "[5,6,7]"), ("range(0, 0)", "[]")],
        Eval::Plain(range),
    ),
    Function::new(
        "skip",
        (2, Some(2)),
        "What follows the first so many elements or characters.",
        &[
            ("skip('one two', 4)", r#""two""#),
            ("skip(createArray(1, 2, 3), 2)", "[3]"),
            ("skip('a', 5)", r#""""#),
            ("skip('a', -1)", r#""a""#),
        ],
        Eval::Plain(|a| cut(a, |length, count| count.min(length)..length)),
    ),
    Function::new(
        "take",
        (2, Some(2)),
        "The first so many elements or characters.",
        &[("take('one two', 3)", r#""one""#), ("take(createArray(1, 2), 1)", "[1]"), ("take('a', 5)", r#""a""#)],
        Eval::Plain(|a| cut(a, |length, count| 0..count.min(length))),
    ),
    Function::new(
        "tryGet",
        (2, None),
        "What stands at a path of names and places; null where there is nothing.",
        &[
            ("tryGet(createObject('a', createArray(1, 2)), 'A', 1)", "2"),
            ("tryGet(createObject(), 'a')", "null"),
            ("tryGet(null(), 'a')", "null"),
            ("tryGet(createArray(1), 1)", "null"),
        ],
        Eval::Plain(try_get),
    ),
    Function::new(
        "tryIndexFromEnd",
        (2, Some(2)),
        "The element that stands at a place counted from the end; null where there is none.",
        &[("tryIndexFromEnd(createArray(1, 2), 2)", "1"), ("tryIndexFromEnd(createArray(1), 2)", "null")],
        Eval::Plain(|a| Ok(from_end(a)?.unwrap_or(Value::Null))),
    ),
    Function::new(
        "union",
        (1, None),
        "All elements of the arrays, each once, or the members of all objects; objects in them are merged too, and of other values the last counts.",
        &[
            ("union(createArray('a', 'b'), createArray('b', 'c'))", r#"["a","b","c"]"#),
            (
                "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2), 'b', 3))",
                r#"{"a":{"x":1,"y":2},"b":3}"#,
            ),
        ],
        Eval::Plain(union),
    ),
];

fn concat(a: &Arguments) -> Result<Value, Fault> {
    if a.value(0).is_array() {
        let mut all = Vec::new();
        for position in 0..a.all().len() {
            all.extend(a.array(position)?.iter().cloned());
        }
        return Ok(Value::Array(all));
    }
    let mut text = String::new();
    for (position, value) in a.all().iter().enumerate() {
        match value {
            Value::String(part) => text.push_str(part),
            Value::Number(number) => text.push_str(&number.to_string()),
            Value::Bool(value) => text.push_str(if *value { "True" } else { "False" }),
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => {
                return Err(a.wrong(position, "a string, as the first is, or all of them arrays"));
            }
        }
    }
    Ok(Value::from(text))
}

fn contains(a: &Arguments) -> Result<Value, Fault> {
    let wanted = a.value(1);
    Ok(Value::from(match a.value(0) {
        Value::Array(elements) => elements.contains(wanted),
        Value::Object(members) => find(members, a.text(1)?).is_some(),
        Value::String(text) => text.contains(&super::strings::text_of(wanted)),
        _ => return Err(a.wrong(0, "an array, an object or a string")),
    }))
}

fn empty(a: &Arguments) -> Result<Value, Fault> {
    Ok(Value::from(match a.value(0) {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => return Err(a.wrong(0, "an array, an object or a string")),
    }))
}

/// The first element or character, or the last.
fn end(a: &Arguments, side: usize) -> Result<Value, Fault> {
    match a.value(0) {
        Value::Array(elements) => {
            let found = if side == 0 { elements.first() } else { elements.last() };
            Ok(found.cloned().unwrap_or(Value::Null))
        }
        Value::String(text) => {
            let found = if side == 0 { text.chars().next() } else { text.chars().next_back() };
            Ok(Value::from(found.map(String::from).unwrap_or_default()))
        }
        _ => Err(a.wrong(0, "an array or a string")),
    }
}

fn flatten(a: &Arguments) -> Result<Value, Fault> {
    let mut all = Vec::new();
    for element in a.array(0)? {
        let inner = element.as_array().ok_or_else(|| a.fault("every element of the array must be an array."))?;
        all.extend(inner.iter().cloned());
    }
    Ok(Value::Array(all))
}

fn from_end(a: &Arguments) -> Result<Option<Value>, Fault> {
    let elements = a.array(0)?;
    let place = usize::try_from(a.integer(1)?).ok().filter(|place| *place > 0);
    Ok(place.and_then(|place| elements.len().checked_sub(place)).map(|place| elements[place].clone()))
}

fn index_of(
    a: &Arguments,
    in_text: fn(&str, &str) -> Option<usize>,
    in_array: fn(&[Value], &Value) -> Option<usize>,
) -> Result<Value, Fault> {
    let place = match a.value(0) {
        Value::Array(elements) => in_array(elements, a.value(1)),
        Value::String(text) => in_text(text, a.text(1)?),
        _ => return Err(a.wrong(0, "a string or an array")),
    };
    Ok(place.map_or(Value::from(-1), Value::from))
}

fn intersection(a: &Arguments) -> Result<Value, Fault> {
    if a.value(0).is_object() {
        let mut common = a.object(0)?.clone();
        for position in 1..a.all().len() {
            common = shared_members(&common, a.object(position)?);
        }
        return Ok(Value::Object(common));
    }
    let mut common: Vec<Value> = Vec::new();
    for element in a.array(0)? {
        if !common.contains(element) {
            common.push(element.clone());
        }
    }
    for position in 1..a.all().len() {
        let other = a.array(position)?;
        common.retain(|element| other.contains(element));
    }
    Ok(Value::Array(common))
}

fn join(a: &Arguments) -> Result<Value, Fault> {
    let delimiter = a.text(1)?;
    let parts: Vec<String> = a.array(0)?.iter().map(super::strings::text_of).collect();
    Ok(Value::from(parts.join(delimiter)))
}

fn length(a: &Arguments) -> Result<Value, Fault> {
    Ok(Value::from(match a.value(0) {
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => units(text),
        _ => return Err(a.wrong(0, "an array, an object or a string")),
    }))
}

/// At most 10,000 integers, as documented.
fn range(a: &Arguments) -> Result<Value, Fault> {
    const MOST: i64 = 10_000;
    let (first, count) = (a.integer(0)?, a.integer(1)?);
    let end = first.checked_add(count).filter(|_| (0..=MOST).contains(&count));
    let end = end.ok_or_else(|| a.fault(format!("argument '2' must be between 0 and {MOST}, and is '{count}'.")))?;
    Ok((first..end).collect::<Vec<_>>().into())
}

/// The part of an array or a string that `which` chooses by length and count; a count below zero is none.
fn cut(a: &Arguments, which: fn(usize, usize) -> std::ops::Range<usize>) -> Result<Value, Fault> {
    let count = usize::try_from(a.integer(1)?.max(0)).unwrap_or(usize::MAX);
    match a.value(0) {
        Value::Array(elements) => Ok(Value::Array(elements[which(elements.len(), count)].to_vec())),
        Value::String(text) => Ok(Value::from(part(text, which(units(text), count)))),
        _ => Err(a.wrong(0, "an array or a string")),
    }
}

fn try_get(a: &Arguments) -> Result<Value, Fault> {
    let mut value = a.value(0);
    for step in &a.all()[1..] {
        match element(value, step) {
            Ok(found) => value = found,
            Err(_) => return Ok(Value::Null),
        }
    }
    Ok(value.clone())
}

fn union(a: &Arguments) -> Result<Value, Fault> {
    if a.value(0).is_object() {
        let mut all = Map::new();
        for position in 0..a.all().len() {
            all = merged(all, a.object(position)?);
        }
        return Ok(Value::Object(all));
    }
    let mut all: Vec<Value> = Vec::new();
    for position in 0..a.all().len() {
        for element in a.array(position)? {
            if !all.contains(element) {
                all.push(element.clone());
            }
        }
    }
    Ok(Value::Array(all))
}
