//! Choices and tests: `iff`, `case`, `coalesce`, `isnull`, `isempty`, ...

use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column, Rows, Values, lift};
use crate::exec::compare::order;
use crate::signature::{Returns, Signature, Takes};
use crate::{Type, Value, convert};

const CHOICE: &[Signature] = &[Signature::new(
    &[one("if", BOOL), one("then", Takes::CommonOrDynamic), one("else", Takes::CommonOrDynamic)],
    Returns::Common,
)];

const ANY_TO_BOOL: &[Signature] = &[gives(&[one("value", Takes::Scalar)], Type::Bool)];
const NUMBER_TO_BOOL: &[Signature] = &[gives(&[one("number", Takes::Number)], Type::Bool)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "iff",
        CHOICE,
        "The second value where the condition is true, else the third.",
        &[("iff(1 < 2, 'yes', 'no')", "yes"), ("iff(bool(null), 1, 2)", "2")],
        Eval::Columns(choose),
    ),
    Function::new("iif", CHOICE, "The same as `iff`.", &[("iif(false, 1, 2)", "2")], Eval::Columns(choose)),
    Function::new(
        "case",
        &[Signature::new(
            &[many("predicate", BOOL, 1), many("then", Takes::CommonOrDynamic, 1), one("else", Takes::CommonOrDynamic)],
            Returns::Common,
        )],
        "The value that follows the first condition that is true, else the last value.",
        &[("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"), ("case(false, 'a', 'c')", "c")],
        Eval::Columns(choose),
    ),
    Function::new(
        "coalesce",
        &[Signature::new(&[many("value", Takes::Common, 2)], Returns::Common)],
        "The first value that is not null; of strings the first that is not empty.",
        &[("coalesce(long(null), 2)", "2"), ("coalesce('', 'b')", "b")],
        Eval::Cells(|call, args| {
            let empty = |cell: &Cell<'_>| cell.is_null() || matches!(cell, Cell::String(""));
            let found = args.iter().find(|cell| !empty(cell)).map(|cell| cell.to_value());
            typed(found.unwrap_or_else(|| Value::null(call.returns)), call.returns)
        }),
    ),
    Function::new(
        "around",
        &[
            gives(&[one("value", DATETIME), one("center", DATETIME), one("delta", TIMESPAN)], Type::Bool),
            gives(&[one("value", TIMESPAN), one("center", TIMESPAN), one("delta", TIMESPAN)], Type::Bool),
            gives(
                &[one("value", Takes::Number), one("center", Takes::Number), one("delta", Takes::Number)],
                Type::Bool,
            ),
        ],
        "Whether a value is at most delta away from the centre; null where any of them is.",
        &[
            ("around(datetime(2021-01-01 01:31), datetime(2021-01-01 01:30), 1m)", "True"),
            ("around(5, 10, 4)", "False"),
        ],
        Eval::Cells(|_, args| {
            let ticks = |cell: Cell<'_>| cell.datetime().map(|at| at.0).or_else(|| cell.timespan().map(|span| span.0));
            let within = match [ticks(args[0]), ticks(args[1]), ticks(args[2])] {
                [Some(value), Some(center), Some(delta)] => Some(value.abs_diff(center) as i128 <= i128::from(delta)),
                _ => match [args[0].real(), args[1].real(), args[2].real()] {
                    [Some(value), Some(center), Some(delta)] => Some((value - center).abs() <= delta),
                    _ => None,
                },
            };
            Value::Bool(within)
        }),
    ),
    Function::new(
        "assert",
        &[gives(&[one("condition", BOOL), one("message", TEXT)], Type::Bool)],
        "True; a condition that is false ends the query with the message.",
        &[("assert(1 < 2, 'numbers are broken')", "True")],
        Eval::Fallible(|_, args| match args[0].bool() {
            Some(false) => Err(args[1].text().into_owned()),
            condition => Ok(Value::Bool(condition)),
        }),
    ),
    Function::new(
        "max_of",
        &[Signature::new(&[many("value", Takes::Common, 2)], Returns::Common)],
        "The greatest of the values that are not null.",
        &[("max_of(1, 3, 2)", "3"), ("max_of('a', 'c', 'b')", "c")],
        Eval::Cells(|call, args| extreme(call, args, true)),
    ),
    Function::new(
        "min_of",
        &[Signature::new(&[many("value", Takes::Common, 2)], Returns::Common)],
        "The least of the values that are not null.",
        &[("min_of(2, 1, 3)", "1")],
        Eval::Cells(|call, args| extreme(call, args, false)),
    ),
    Function::new(
        "not",
        &[gives(&[one("expression", BOOL)], Type::Bool)],
        "True for false and false for true.",
        &[("not(1 == 2)", "True"), ("not(bool(null))", "")],
        Eval::Cells(|_, args| Value::Bool(args[0].bool().map(|value| !value))),
    ),
    Function::new(
        "isnull",
        ANY_TO_BOOL,
        "Whether the value is null.",
        &[("isnull(long(null))", "True"), ("isnull('')", "False")],
        Eval::Cells(|_, args| bool(args[0].is_null())),
    ),
    Function::new(
        "isnotnull",
        ANY_TO_BOOL,
        "Whether the value is not null.",
        &[("isnotnull(1)", "True")],
        Eval::Cells(|_, args| bool(!args[0].is_null())),
    ),
    Function::new(
        "notnull",
        ANY_TO_BOOL,
        "The same as `isnotnull`.",
        &[("notnull(1)", "True")],
        Eval::Cells(|_, args| bool(!args[0].is_null())),
    ),
    Function::new(
        "isempty",
        ANY_TO_BOOL,
        "Whether the value is null or the empty string.",
        &[("isempty('')", "True"), ("isempty('x')", "False")],
        Eval::Cells(|_, args| bool(args[0].text().is_empty())),
    ),
    Function::new(
        "isnotempty",
        ANY_TO_BOOL,
        "Whether the value is neither null nor the empty string.",
        &[("isnotempty('x')", "True")],
        Eval::Cells(|_, args| bool(!args[0].text().is_empty())),
    ),
    Function::new(
        "notempty",
        ANY_TO_BOOL,
        "The same as `isnotempty`.",
        &[("notempty('')", "False")],
        Eval::Cells(|_, args| bool(!args[0].text().is_empty())),
    ),
    Function::new(
        "isnan",
        NUMBER_TO_BOOL,
        "Whether the number is NaN; null for null.",
        &[("isnan(0.0 / 0.0)", "True")],
        Eval::Cells(|_, args| Value::Bool(args[0].real().map(f64::is_nan))),
    ),
    Function::new(
        "isinf",
        NUMBER_TO_BOOL,
        "Whether the number is infinite; null for null.",
        &[("isinf(1.0 / 0.0)", "True")],
        Eval::Cells(|_, args| Value::Bool(args[0].real().map(f64::is_infinite))),
    ),
    Function::new(
        "isfinite",
        NUMBER_TO_BOOL,
        "Whether the number is neither infinite nor NaN; null for null.",
        &[("isfinite(1.5)", "True")],
        Eval::Cells(|_, args| Value::Bool(args[0].real().map(f64::is_finite))),
    ),
    Function::new(
        "isascii",
        ANY_TO_BOOL,
        "Whether the text has ASCII characters only.",
        &[("isascii('abc')", "True")],
        Eval::Cells(|_, args| bool(args[0].text().is_ascii())),
    ),
    Function::new(
        "isutf8",
        ANY_TO_BOOL,
        "Whether the text is UTF-8, which every string here is.",
        &[("isutf8('é')", "True")],
        Eval::Cells(|_, _| bool(true)),
    ),
    Function::new(
        "column_ifexists",
        &[keeps(&[one("column_name", TEXT), one("defaultValue", Takes::Scalar)], 1)],
        "The column of this name where there is one, else the value.",
        &[],
        Eval::Bound,
    ),
    Function::new(
        "columnifexists",
        &[keeps(&[one("column_name", TEXT), one("defaultValue", Takes::Scalar)], 1)],
        "The same as `column_ifexists`.",
        &[],
        Eval::Bound,
    ),
    Function::new(
        "iscolumnexists",
        &[gives(&[one("column_name", TEXT)], Type::Bool)],
        "Whether there is a column of this name.",
        &[],
        Eval::Bound,
    ),
    Function::new("ingestion_time", &[gives(&[], Type::Datetime)], "When the row was ingested.", &[], Eval::Bound),
];

fn bool(value: bool) -> Value {
    Value::Bool(Some(value))
}

/// A value brought to the type of the call.
fn typed(value: Value, ty: Type) -> Value {
    if value.ty() == ty {
        return value;
    }
    let mut one = Values::with_capacity(value.ty(), 1);
    one.push(value);
    convert::cell(one.cell(0), ty)
}

fn extreme(call: &Call, args: &[Cell<'_>], greatest: bool) -> Value {
    let mut best: Option<(Value, Values)> = None;
    for cell in args.iter().filter(|cell| !cell.is_null()) {
        let value = typed(cell.to_value(), call.returns);
        let mut own = Values::with_capacity(call.returns, 1);
        own.push(value.clone());
        let better = best.as_ref().is_none_or(|(_, best)| {
            let order = order(own.cell(0), best.cell(0));
            if greatest { order.is_gt() } else { order.is_lt() }
        });
        if better {
            best = Some((value, own));
        }
    }
    best.map_or_else(|| Value::null(call.returns), |(value, _)| value)
}

/// Conditions and values in turn, then the value for when no condition holds.
fn choose(call: &Call, columns: &[Column]) -> Column {
    let columns: Vec<Column> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| match place % 2 == 0 && place + 1 < columns.len() {
            true => convert::convert(column, Type::Bool),
            false => convert::convert(column, call.returns),
        })
        .collect();
    let chosen = |condition: &dyn Fn(usize) -> bool| {
        let last = columns.len() - 1;
        (0..last).step_by(2).find(|&place| condition(place)).map_or(last, |place| place + 1)
    };
    // One condition for all rows leaves one column whole.
    if columns.iter().step_by(2).take(columns.len() / 2).all(|condition| matches!(condition.rows(), Rows::Same(_))) {
        let place = chosen(&|place| columns[place].cell(0) == Cell::Bool(Some(true)));
        return columns[place].clone();
    }
    lift::rowwise(&columns, call.rows, |rows, len| {
        let mut values = Values::with_capacity(call.returns, len);
        for row in rows {
            let place = chosen(&|place| row.cell(place) == Cell::Bool(Some(true)));
            values.push_cell(row.cell(place));
        }
        values
    })
}
