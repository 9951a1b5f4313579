//! Conversions by name, and the names of types.

use super::given::{null, text};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column};
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Type, Value, convert};

macro_rules! to {
    ($name:literal, $ty:ident, $doc:literal, $examples:expr) => {
        Function::new(
            $name,
            &[gives(&[one("value", Takes::Scalar)], Type::$ty)],
            $doc,
            $examples,
            Eval::Columns(converted),
        )
    };
}

const TO_DYNAMIC: &[Signature] = &[gives(&[one("json_text", Takes::Scalar)], Type::Dynamic)];

pub(super) static FUNCTIONS: &[Function] = &[
    to!(
        "tostring",
        String,
        "The text of a value; empty for null.",
        &[("tostring(1h)", "01:00:00"), ("tostring(dynamic([1, 'a']))", "[1,\"a\"]")]
    ),
    to!(
        "tobool",
        Bool,
        "`true`, `false` or a number as a bool.",
        &[("tobool('TRUE')", "True"), ("tobool(0)", "False")]
    ),
    to!("toboolean", Bool, "The same as `tobool`.", &[("toboolean('false')", "False")]),
    to!(
        "toint",
        Int,
        "An int, where the value is one or its text reads as one.",
        &[("toint('17')", "17"), ("toint('1.5')", "")]
    ),
    to!(
        "tolong",
        Long,
        "A long, where the value is one or its text reads as one; reals are cut.",
        &[("tolong('0x10')", "16"), ("tolong(-5.7)", "-5")]
    ),
    to!(
        "toreal",
        Real,
        "A real, where the value is a number or its text reads as one.",
        &[("toreal('1e3')", "1000.0")]
    ),
    to!("todouble", Real, "The same as `toreal`.", &[("todouble(7)", "7.0")]),
    to!(
        "todecimal",
        Decimal,
        "A decimal, where the value is a number or its text reads as one.",
        &[("todecimal('1.50')", "1.5")]
    ),
    to!(
        "todatetime",
        Datetime,
        "A datetime, where the text reads as one.",
        &[("todatetime('2 Dec 2022')", "2022-12-02T00:00:00.0000000Z")]
    ),
    to!(
        "totimespan",
        Timespan,
        "A timespan, where the text reads as one.",
        &[("totimespan('1.00:00:01')", "1.00:00:01")]
    ),
    to!("totime", Timespan, "The same as `totimespan`.", &[("totime('2h')", "02:00:00")]),
    to!(
        "toguid",
        Guid,
        "A guid, where the text reads as one.",
        &[("toguid('70fc66f7-8279-44fc-9092-d364d70fce44')", "70fc66f7-8279-44fc-9092-d364d70fce44")]
    ),
    Function::new(
        "parse_json",
        TO_DYNAMIC,
        "The value that JSON text stands for; text that is not JSON stands for itself.",
        &[("parse_json('{\"a\": [1, 2]}').a[1]", "2"), ("parse_json('not json')", "not json")],
        Eval::Cells(json),
    ),
    Function::new(
        "parsejson",
        TO_DYNAMIC,
        "The same as `parse_json`.",
        &[("parsejson('[1]')[0]", "1")],
        Eval::Cells(json),
    ),
    Function::new(
        "todynamic",
        TO_DYNAMIC,
        "The same as `parse_json`.",
        &[("todynamic('[1]')[0]", "1")],
        Eval::Cells(json),
    ),
    Function::new(
        "toobject",
        TO_DYNAMIC,
        "The same as `parse_json`.",
        &[("toobject('[1]')[0]", "1")],
        Eval::Cells(json),
    ),
    Function::new(
        "dynamic_to_json",
        &[gives(&[one("dynamic", Takes::Scalar)], Type::String)],
        "JSON of a dynamic, the members of bags in the order of their names.",
        &[("dynamic_to_json(dynamic({'b': 1, 'a': [true]}))", "{\"a\":[true],\"b\":1}")],
        Eval::Cells(|_, args| match args[0] {
            Cell::Dynamic(Dynamic::Null) => text(""),
            cell => text(sorted(&cell.dynamic()).json()),
        }),
    ),
    Function::new(
        "gettype",
        &[gives(&[one("value", Takes::Scalar)], Type::String)],
        "The name of a value's type; of a dynamic, that of what it holds.",
        &[("gettype(1)", "long"), ("gettype(dynamic({}))", "dictionary"), ("gettype(dynamic([]))", "array")],
        Eval::Cells(|_, args| match args[0] {
            Cell::Dynamic(value) => text(value.type_name()),
            cell => text(cell.to_value().ty().name()),
        }),
    ),
    Function::new(
        "tohex",
        &[gives(&[one("value", Takes::Integer), maybe("minLength", Takes::Integer)], Type::String)],
        "Hexadecimal digits, at least so many.",
        &[("tohex(256)", "100"), ("tohex(-256)", "ffffffffffffff00"), ("tohex(256, 4)", "0100")],
        Eval::Cells(|_, args| {
            let width = args.get(1).and_then(|cell| cell.long()).unwrap_or(0).clamp(0, 64) as usize;
            match args[0] {
                Cell::Int(Some(value)) => text(format!("{value:0width$x}")),
                cell => text(cell.long().map_or(String::new(), |value| format!("{value:0width$x}"))),
            }
        }),
    ),
];

fn converted(call: &Call, columns: &[Column]) -> Column {
    convert::convert(&columns[0], call.returns)
}

fn json(_: &Call, args: &[Cell<'_>]) -> Value {
    match args[0] {
        Cell::Dynamic(Dynamic::String(text)) => {
            Value::Dynamic(Dynamic::parse(text).unwrap_or_else(|| Dynamic::String(text.clone())))
        }
        Cell::Dynamic(value) => Value::Dynamic(value.clone()),
        Cell::String("") => null(),
        Cell::String(text) => Value::Dynamic(Dynamic::parse(text).unwrap_or_else(|| Dynamic::string(text))),
        cell => Value::Dynamic(cell.dynamic()),
    }
}

fn sorted(value: &Dynamic) -> Dynamic {
    match value {
        Dynamic::Array(elements) => Dynamic::Array(elements.iter().map(sorted).collect()),
        Dynamic::Bag(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Dynamic::Bag(members.into())
        }
        other => other.clone(),
    }
}
