//! Property bags.

use std::collections::HashSet;
use std::sync::Arc;

use super::arrays::member;
use super::given::{array, null};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Type, Value};

const PACK: &[Signature] = &[gives(&[many("key", TEXT, 1), many("value", Takes::Scalar, 1)], Type::Dynamic)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "bag_pack",
        PACK,
        "A bag of names and values given in turn.",
        &[("bag_pack('a', 1, 'b', bag_pack('c', 2))", "{\"a\":1,\"b\":{\"c\":2}}")],
        Eval::Cells(pack),
    ),
    Function::new("pack", PACK, "The same as `bag_pack`.", &[("pack('a', 1)", "{\"a\":1}")], Eval::Cells(pack)),
    Function::new(
        "pack_dictionary",
        PACK,
        "The same as `bag_pack`.",
        &[("pack_dictionary('a', 1)", "{\"a\":1}")],
        Eval::Cells(pack),
    ),
    Function::new(
        "pack_all",
        &[gives(&[maybe("ignore_null_empty", BOOL)], Type::Dynamic)],
        "A bag of all columns of the row, or of those that are neither null nor empty.",
        &[
            ("toscalar(print a = 1, b = '' | project pack_all())", "{\"a\":1,\"b\":\"\"}"),
            ("toscalar(print a = 1, b = '' | project pack_all(true))", "{\"a\":1}"),
        ],
        Eval::Cells(pack_present),
    ),
    Function::new(
        "bag_pack_columns",
        &[gives(&[many("column", Takes::Scalar, 1)], Type::Dynamic)],
        "A bag of these columns of the row.",
        &[],
        Eval::Bound,
    ),
    Function::new(
        "bag_keys",
        &[gives(&[one("object", Takes::Bag)], Type::Dynamic)],
        "An array of the names of a bag's members.",
        &[("bag_keys(dynamic({'a': 1, 'b': 2}))", "[\"a\",\"b\"]")],
        Eval::Cells(|_, args| match args[0].bag() {
            Some(members) => array(members.iter().map(|(name, _)| Dynamic::String(Arc::clone(name)))),
            None => null(),
        }),
    ),
    Function::new(
        "bag_has_key",
        &[gives(&[one("bag", Takes::Bag), one("key", TEXT)], Type::Bool)],
        "Whether a bag has a member, by its name or by a path that begins with `$`.",
        &[
            ("bag_has_key(dynamic({'a': 1}), 'a')", "True"),
            ("bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", "True"),
            ("bag_has_key(dynamic({'a': 1}), 'c')", "False"),
        ],
        Eval::Cells(|_, args| {
            let Cell::Dynamic(bag @ Dynamic::Bag(_)) = args[0] else { return Value::Bool(None) };
            let key = args[1].text();
            Value::Bool(Some(
                bag.member(&key).is_some() || super::parsing::at_path(bag, &key).is_some_and(|_| key.starts_with('$')),
            ))
        }),
    ),
    Function::new(
        "bag_merge",
        &[gives(&[many("bag", Takes::Bag, 2)], Type::Dynamic)],
        "A bag of the members of all; of several of one name the first.",
        &[("bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': 3}))", "{\"a\":1,\"b\":3}")],
        Eval::Cells(|_, args| {
            let mut members: Vec<(Arc<str>, Dynamic)> = Vec::new();
            for (name, value) in args.iter().filter_map(|cell| cell.bag()).flatten() {
                if !members.iter().any(|(known, _)| known == name) {
                    members.push((Arc::clone(name), value.clone()));
                }
            }
            Value::Dynamic(Dynamic::Bag(members.into()))
        }),
    ),
    Function::new(
        "bag_remove_keys",
        &[gives(&[one("bag", Takes::Bag), one("keys", Takes::Array)], Type::Dynamic)],
        "The bag without members of these names; a name that begins with `$` is a path.",
        &[
            ("bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['a']))", "{\"b\":2}"),
            ("bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}}), dynamic(['$.a.b']))", "{\"a\":{\"c\":2}}"),
        ],
        Eval::Cells(|_, args| {
            let (Cell::Dynamic(bag @ Dynamic::Bag(_)), Some(keys)) = (args[0], args[1].array()) else { return null() };
            let mut bag = bag.clone();
            for key in keys {
                let key = key.text();
                bag = match super::parsing::steps(&key).filter(|_| key.starts_with('$')) {
                    Some(steps) => without(&bag, &steps),
                    None => without(&bag, &[super::parsing::Step::Name(key)]),
                };
            }
            Value::Dynamic(bag)
        }),
    ),
    Function::new(
        "treepath",
        &[gives(&[one("object", Takes::Bag)], Type::Dynamic)],
        "The paths of a bag's members at all depths, each once; `[0]` stands for any element of an array.",
        &[
            ("treepath(dynamic({'a': 'b', 'c': 123}))", "[\"['a']\",\"['c']\"]"),
            ("treepath(dynamic({'p': [1, {'x': 'y'}]}))", "[\"['p']\",\"['p'][0]\",\"['p'][0]['x']\"]"),
        ],
        Eval::Cells(|_, args| {
            let Cell::Dynamic(bag @ Dynamic::Bag(_)) = args[0] else { return null() };
            let (mut known, mut paths) = (HashSet::new(), Vec::new());
            note_paths(bag, "", &mut known, &mut paths);
            array(paths)
        }),
    ),
    Function::new(
        "bag_set_key",
        &[gives(&[one("bag", Takes::Bag), one("key", TEXT), one("value", Takes::Scalar)], Type::Dynamic)],
        "The bag with a member of this name and value; a name that begins with `$` is a path.",
        &[
            ("bag_set_key(dynamic({'a': 1}), 'b', 2)", "{\"a\":1,\"b\":2}"),
            ("bag_set_key(dynamic({}), '$.a.b', 1)", "{\"a\":{\"b\":1}}"),
        ],
        Eval::Cells(|_, args| {
            let Cell::Dynamic(bag @ Dynamic::Bag(_)) = args[0] else { return null() };
            let key = args[1].text();
            let names: Vec<String> = match super::parsing::steps(&key).filter(|_| key.starts_with('$')) {
                None => vec![key.into_owned()],
                Some(steps) => {
                    let names = steps
                        .into_iter()
                        .map(|step| if let super::parsing::Step::Name(name) = step { Some(name) } else { None });
                    let Some(names) = names.collect() else { return null() };
                    names
                }
            };
            Value::Dynamic(with(bag, &names, args[2].dynamic()))
        }),
    ),
    Function::new(
        "bag_zip",
        &[gives(&[one("keys", Takes::Array), one("values", Takes::Array)], Type::Dynamic)],
        "A bag of the names of one array and the values of another.",
        &[("bag_zip(dynamic(['a', 'b']), dynamic([1]))", "{\"a\":1,\"b\":null}")],
        Eval::Cells(|_, args| {
            let (Some(keys), Some(values)) = (args[0].array(), args[1].array()) else { return null() };
            let mut members: Vec<(Arc<str>, Dynamic)> = Vec::new();
            for (place, key) in keys.iter().enumerate() {
                let Dynamic::String(key) = key else { continue };
                let value = values.get(place).cloned().unwrap_or(Dynamic::Null);
                match members.iter_mut().find(|(known, _)| known == key) {
                    Some((_, known)) => *known = value,
                    None => members.push((Arc::clone(key), value)),
                }
            }
            Value::Dynamic(Dynamic::Bag(members.into()))
        }),
    ),
];

fn pack(_: &Call, args: &[Cell<'_>]) -> Value {
    let mut members: Vec<(Arc<str>, Dynamic)> = Vec::with_capacity(args.len() / 2);
    for pair in args.chunks_exact(2) {
        let name = pair[0].text();
        match members.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, known)) => *known = pair[1].dynamic(),
            None => members.push(member(&name, pair[1].dynamic())),
        }
    }
    Value::Dynamic(Dynamic::Bag(members.into()))
}

/// Without what is null or empty; the binder writes out the columns.
fn pack_present(call: &Call, args: &[Cell<'_>]) -> Value {
    let present: Vec<Cell<'_>> = args
        .chunks_exact(2)
        .filter(|pair| !pair[1].is_null() && !pair[1].text().is_empty())
        .flatten()
        .copied()
        .collect();
    pack(call, &present)
}

fn note_paths(value: &Dynamic, path: &str, known: &mut HashSet<String>, paths: &mut Vec<Dynamic>) {
    let members = value.bag().unwrap_or_default().iter().map(|(name, member)| (format!("{path}['{name}']"), member));
    let elements = value.array().unwrap_or_default().iter().map(|element| (format!("{path}[0]"), element));
    for (path, value) in members.chain(elements) {
        if !known.contains(&path) {
            paths.push(Dynamic::string(&path));
            known.insert(path.clone());
        }
        note_paths(value, &path, known, paths);
    }
}

fn without(value: &Dynamic, steps: &[super::parsing::Step]) -> Dynamic {
    use super::parsing::Step;
    match (value, steps) {
        (Dynamic::Bag(members), [Step::Name(name)]) => {
            Dynamic::Bag(members.iter().filter(|(own, _)| **own != **name).cloned().collect())
        }
        (Dynamic::Bag(members), [Step::Name(name), rest @ ..]) => {
            let member = |(own, value): &(Arc<str>, Dynamic)| match **own == **name {
                true => (Arc::clone(own), without(value, rest)),
                false => (Arc::clone(own), value.clone()),
            };
            Dynamic::Bag(members.iter().map(member).collect())
        }
        (Dynamic::Array(elements), [Step::Index(index), rest @ ..]) if !rest.is_empty() => {
            let element = |(place, value): (usize, &Dynamic)| match place as i64 == *index {
                true => without(value, rest),
                false => value.clone(),
            };
            Dynamic::Array(elements.iter().enumerate().map(element).collect())
        }
        (value, _) => value.clone(),
    }
}

fn with(value: &Dynamic, names: &[String], new: Dynamic) -> Dynamic {
    let Some((name, rest)) = names.split_first() else { return new };
    let mut members: Vec<(Arc<str>, Dynamic)> = value.bag().unwrap_or(&[]).to_vec();
    match members.iter_mut().find(|(own, _)| **own == **name) {
        Some((_, own)) => *own = with(&own.clone(), rest, new),
        None => members.push(member(name, with(&Dynamic::Null, rest, new))),
    }
    Dynamic::Bag(members.into())
}
