//! Arrays and sets of dynamics. What is not an array gives null.

use std::sync::Arc;

use super::given::{Window, array, null};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::exec::compare::order;
use crate::hash::same;
use crate::signature::{Signature, Takes};
use crate::{Datetime, Dynamic, Timespan, Type, Value};

const LENGTH: &[Signature] = &[gives(&[one("array", Takes::Array)], Type::Long)];
const SORT: &[Signature] = &[gives(&[one("array", Takes::Array), maybe("nulls_last", BOOL)], Type::Dynamic)];
const SETS: &[Signature] = &[gives(&[many("set", Takes::Array, 2)], Type::Dynamic)];
const ROTATE: &[Signature] =
    &[gives(&[one("array", Takes::Array), one("rotate_count", Takes::Integer)], Type::Dynamic)];
const SHIFT: &[Signature] = &[gives(
    &[one("array", Takes::Array), one("shift_count", Takes::Integer), maybe("default_value", Takes::Scalar)],
    Type::Dynamic,
)];
const IFF: &[Signature] = &[gives(
    &[one("condition_array", Takes::Array), one("when_true", Takes::Scalar), one("when_false", Takes::Scalar)],
    Type::Dynamic,
)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "array_length",
        LENGTH,
        "The number of elements.",
        &[("array_length(dynamic([1, 2, 3]))", "3"), ("array_length(dynamic('x'))", "")],
        Eval::Cells(length),
    ),
    Function::new(
        "arraylength",
        LENGTH,
        "The same as `array_length`.",
        &[("arraylength(dynamic([]))", "0")],
        Eval::Cells(length),
    ),
    Function::new(
        "pack_array",
        &[gives(&[many("value", Takes::Scalar, 1)], Type::Dynamic)],
        "An array of the values.",
        &[("pack_array(1, 'a', 2h)", "[1,\"a\",\"02:00:00\"]")],
        Eval::Cells(|_, args| array(args.iter().map(|cell| cell.dynamic()))),
    ),
    Function::new(
        "array_concat",
        &[gives(&[many("array", Takes::Array, 1)], Type::Dynamic)],
        "One array of the elements of all.",
        &[("array_concat(dynamic([1]), dynamic([2, 3]))", "[1,2,3]")],
        Eval::Cells(|_, args| array(args.iter().filter_map(|cell| cell.array()).flatten().cloned())),
    ),
    Function::new(
        "array_slice",
        &[gives(
            &[one("array", Takes::Array), one("start", Takes::Integer), one("end", Takes::Integer)],
            Type::Dynamic,
        )],
        "The elements from a position up to and including another; negative ones count from the end.",
        &[
            ("array_slice(dynamic([1, 2, 3]), 1, 2)", "[2,3]"),
            ("array_slice(dynamic([1, 2, 3, 4, 5]), -3, -2)", "[3,4]"),
        ],
        Eval::Cells(|_, args| {
            let Some(elements) = args[0].array() else { return null() };
            let len = elements.len() as i64;
            let place = |at: i64| if at < 0 { at + len } else { at };
            let (Some(start), Some(end)) = (args[1].long(), args[2].long()) else { return null() };
            let (start, end) = (place(start).max(0), place(end).min(len - 1));
            if start > end { array([]) } else { array(elements[start as usize..=end as usize].iter().cloned()) }
        }),
    ),
    Function::new(
        "array_split",
        &[
            gives(&[one("array", Takes::Array), one("index", Takes::Integer)], Type::Dynamic),
            gives(&[one("array", Takes::Array), one("indices", Takes::Array)], Type::Dynamic),
        ],
        "An array of the parts before, between and after positions.",
        &[
            ("array_split(dynamic([1, 2, 3, 4, 5]), 2)", "[[1,2],[3,4,5]]"),
            ("array_split(dynamic([1, 2, 3, 4, 5]), dynamic([1, 3]))", "[[1],[2,3],[4,5]]"),
        ],
        Eval::Cells(|_, args| {
            let Some(elements) = args[0].array() else { return null() };
            let len = elements.len() as i64;
            let places: Vec<i64> = match args[1].array() {
                Some(places) => places.iter().filter_map(|place| Cell::Dynamic(place).long()).collect(),
                None => args[1].long().into_iter().collect(),
            };
            let mut parts = Vec::new();
            let mut start = 0;
            for place in places {
                let end = (if place < 0 { place + len } else { place }).clamp(start, len);
                parts.push(Dynamic::Array(elements[start as usize..end as usize].into()));
                start = end;
            }
            parts.push(Dynamic::Array(elements[start as usize..].into()));
            array(parts)
        }),
    ),
    Function::new(
        "array_reverse",
        &[gives(&[one("value", Takes::Array)], Type::Dynamic)],
        "The elements from last to first.",
        &[("array_reverse(dynamic([1, 2, 3]))", "[3,2,1]")],
        Eval::Cells(|_, args| match args[0].array() {
            None => null(),
            Some(elements) => array(elements.iter().rev().cloned()),
        }),
    ),
    Function::new(
        "array_rotate_left",
        ROTATE,
        "The elements moved left by so many places, around the end.",
        &[("array_rotate_left(dynamic([1, 2, 3]), 1)", "[2,3,1]")],
        Eval::Cells(|_, args| rotated(args, 1)),
    ),
    Function::new(
        "array_rotate_right",
        ROTATE,
        "The elements moved right by so many places, around the end.",
        &[("array_rotate_right(dynamic([1, 2, 3]), 1)", "[3,1,2]")],
        Eval::Cells(|_, args| rotated(args, -1)),
    ),
    Function::new(
        "array_shift_left",
        SHIFT,
        "The elements moved left by so many places; the places left free hold null or a value.",
        &[("array_shift_left(dynamic([1, 2, 3]), 1)", "[2,3,null]")],
        Eval::Cells(|_, args| shifted(args, 1)),
    ),
    Function::new(
        "array_shift_right",
        SHIFT,
        "The elements moved right by so many places; the places left free hold null or a value.",
        &[("array_shift_right(dynamic([1, 2, 3]), 1, 0)", "[0,1,2]")],
        Eval::Cells(|_, args| shifted(args, -1)),
    ),
    Function::new(
        "array_index_of",
        &[gives(
            &[
                one("array", Takes::Array),
                one("value", Takes::Scalar),
                maybe("start", Takes::Integer),
                maybe("length", Takes::Integer),
                maybe("occurrence", Takes::Integer),
            ],
            Type::Long,
        )],
        "The position of a value among the elements; -1 where it is not.",
        &[
            ("array_index_of(dynamic(['this', 'is', 'an', 'example']), 'an')", "2"),
            ("array_index_of(dynamic([1, 2]), 3)", "-1"),
        ],
        Eval::Cells(|_, args| {
            let Some(elements) = args[0].array() else { return Value::Long(None) };
            let Some(window) = Window::given(args, elements.len()) else { return Value::Long(None) };
            let wanted = args[1].dynamic();
            let found = (window.from..window.to).filter(|at| is(&elements[*at], &wanted)).nth(window.occurrence - 1);
            Value::Long(Some(found.map_or(-1, |at| at as i64)))
        }),
    ),
    Function::new(
        "array_sum",
        &[gives(&[one("array", Takes::Array)], Type::Real)],
        "The sum of the elements; null where one is not a number.",
        &[("array_sum(dynamic([1, 2, 3, 4]))", "10.0")],
        Eval::Cells(|_, args| {
            Value::Real(
                args[0].array().and_then(|elements| elements.iter().map(|element| Cell::Dynamic(element).real()).sum()),
            )
        }),
    ),
    Function::new(
        "array_iff",
        IFF,
        "For each condition the element at its place of one array where it is true, of another where not.",
        &[("array_iff(dynamic([true, false]), dynamic([1, 2]), dynamic([3, 4]))", "[1,4]")],
        Eval::Cells(chosen),
    ),
    Function::new(
        "array_iif",
        IFF,
        "The same as `array_iff`.",
        &[("array_iif(dynamic([false]), 1, 2)", "[2]")],
        Eval::Cells(chosen),
    ),
    Function::new(
        "array_sort_asc",
        SORT,
        "The elements in order, nulls last.",
        &[("array_sort_asc(dynamic(['b', null, 'a']))", "[\"a\",\"b\",null]")],
        Eval::Cells(|_, args| sorted(args, false)),
    ),
    Function::new(
        "array_sort_desc",
        SORT,
        "The elements in the opposite order, nulls last.",
        &[("array_sort_desc(dynamic([1, 3, 2]))", "[3,2,1]")],
        Eval::Cells(|_, args| sorted(args, true)),
    ),
    Function::new(
        "set_union",
        SETS,
        "An array of the distinct elements of all.",
        &[("set_union(dynamic([1, 2]), dynamic([2, 3]))", "[1,2,3]")],
        Eval::Cells(|_, args| array(distinct(args.iter().filter_map(|cell| cell.array()).flatten()))),
    ),
    Function::new(
        "set_intersect",
        SETS,
        "An array of the distinct elements that every array has.",
        &[("set_intersect(dynamic([1, 2, 2]), dynamic([2, 3]))", "[2]")],
        Eval::Cells(|_, args| {
            let Some((first, others)) = arrays(args) else { return null() };
            array(distinct(first).into_iter().filter(|element| others.iter().all(|other| contains(other, element))))
        }),
    ),
    Function::new(
        "set_difference",
        SETS,
        "An array of the distinct elements of the first array that no other has.",
        &[("set_difference(dynamic([1, 2, 3]), dynamic([2]))", "[1,3]")],
        Eval::Cells(|_, args| {
            let Some((first, others)) = arrays(args) else { return null() };
            array(distinct(first).into_iter().filter(|element| !others.iter().any(|other| contains(other, element))))
        }),
    ),
    Function::new(
        "set_equals",
        &[gives(&[one("set1", Takes::Array), one("set2", Takes::Array)], Type::Bool)],
        "Whether both have the same distinct elements.",
        &[("set_equals(dynamic([1, 2]), dynamic([2, 1, 1]))", "True")],
        Eval::Cells(|_, args| {
            let both = args[0].array().zip(args[1].array());
            Value::Bool(both.map(|(a, b)| {
                a.iter().all(|element| contains(b, element)) && b.iter().all(|element| contains(a, element))
            }))
        }),
    ),
    Function::new(
        "set_has_element",
        &[gives(&[one("set", Takes::Array), one("value", Takes::Scalar)], Type::Bool)],
        "Whether a value is among the elements.",
        &[("set_has_element(dynamic(['a', 'b']), 'b')", "True"), ("set_has_element(dynamic([1]), 2)", "False")],
        Eval::Cells(|_, args| {
            let wanted = args[1].dynamic();
            Value::Bool(args[0].array().map(|elements| contains(elements, &wanted)))
        }),
    ),
    Function::new(
        "jaccard_index",
        &[gives(&[one("set1", Takes::Array), one("set2", Takes::Array)], Type::Real)],
        "The share of the distinct elements of both that both have.",
        &[("jaccard_index(dynamic([1, 2, 3]), dynamic([2, 3, 4]))", "0.5")],
        Eval::Cells(|_, args| {
            let both = args[0].array().zip(args[1].array());
            Value::Real(both.map(|(a, b)| {
                let union = distinct(a.iter().chain(b)).len();
                let common = distinct(a).iter().filter(|element| contains(b, element)).count();
                common as f64 / union as f64
            }))
        }),
    ),
    Function::new(
        "zip",
        &[gives(&[many("array", Takes::Array, 2)], Type::Dynamic)],
        "An array of the arrays of the elements at each place.",
        &[("zip(dynamic([1, 3]), dynamic([2, 4]))", "[[1,2],[3,4]]")],
        Eval::Cells(|_, args| {
            let arrays: Vec<&[Dynamic]> = args.iter().map(|cell| cell.array().unwrap_or(&[])).collect();
            let len = arrays.iter().map(|elements| elements.len()).max().unwrap_or(0);
            let row = |place: usize| {
                Dynamic::Array(arrays.iter().map(|own| own.get(place).cloned().unwrap_or(Dynamic::Null)).collect())
            };
            array((0..len).map(row))
        }),
    ),
    Function::new(
        "repeat",
        &[gives(&[one("value", Takes::Scalar), one("count", LONG)], Type::Dynamic)],
        "An array of a value so many times.",
        &[("repeat(1, 3)", "[1,1,1]")],
        Eval::Cells(|_, args| match args[1].long() {
            Some(count) => array(vec![args[0].dynamic(); count.clamp(0, 1 << 20) as usize]),
            None => null(),
        }),
    ),
    Function::new(
        "range",
        &[gives(
            &[one("start", Takes::Summable), one("stop", Takes::Summable), maybe("step", Takes::Summable)],
            Type::Dynamic,
        )],
        "An array of the values from one up to and including another, by a step of 1 or 1 hour where none is given.",
        &[("range(1, 8, 3)", "[1,4,7]"), ("array_length(range(datetime(2007-01-01), datetime(2007-01-03), 1d))", "3")],
        Eval::Cells(range),
    ),
];

/// The most elements that `range` makes, as documented.
const MOST: i64 = 1_048_576;

fn length(_: &Call, args: &[Cell<'_>]) -> Value {
    Value::Long(args[0].array().map(|elements| elements.len() as i64))
}

/// Whether two dynamics hold the same; numbers compare by value.
fn is(left: &Dynamic, right: &Dynamic) -> bool {
    same(Cell::Dynamic(left), Cell::Dynamic(right))
        || matches!((Cell::Dynamic(left).real(), Cell::Dynamic(right).real()), (Some(a), Some(b)) if a == b)
        || matches!((left, right), (Dynamic::Datetime(_) | Dynamic::Timespan(_) | Dynamic::Guid(_), Dynamic::String(_)) | (Dynamic::String(_), Dynamic::Datetime(_) | Dynamic::Timespan(_) | Dynamic::Guid(_)) if left.text() == right.text())
}

fn contains(elements: &[Dynamic], wanted: &Dynamic) -> bool {
    elements.iter().any(|element| is(element, wanted))
}

fn distinct<'a>(elements: impl IntoIterator<Item = &'a Dynamic>) -> Vec<Dynamic> {
    let mut found: Vec<Dynamic> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for element in elements {
        if seen.insert(element.json()) {
            found.push(element.clone());
        }
    }
    found
}

/// The first array and the others; null ones end the matter.
fn arrays<'a>(args: &[Cell<'a>]) -> Option<(&'a [Dynamic], Vec<&'a [Dynamic]>)> {
    let arrays: Option<Vec<&[Dynamic]>> = args.iter().map(|cell| cell.array()).collect();
    let arrays = arrays?;
    let (first, others) = arrays.split_first()?;
    Some((first, others.to_vec()))
}

fn rotated(args: &[Cell<'_>], direction: i64) -> Value {
    let (Some(elements), Some(count)) = (args[0].array(), args[1].long()) else { return null() };
    if elements.is_empty() {
        return array([]);
    }
    let by = (count.rem_euclid(elements.len() as i64) * direction).rem_euclid(elements.len() as i64) as usize;
    array(elements[by..].iter().chain(&elements[..by]).cloned())
}

fn shifted(args: &[Cell<'_>], direction: i64) -> Value {
    let (Some(elements), Some(count)) = (args[0].array(), args[1].long()) else { return null() };
    let free = args.get(2).map_or(Dynamic::Null, |cell| cell.dynamic());
    let by = count.saturating_mul(direction);
    array((0..elements.len() as i64).map(|place| {
        usize::try_from(place.saturating_add(by))
            .ok()
            .and_then(|from| elements.get(from))
            .cloned()
            .unwrap_or_else(|| free.clone())
    }))
}

fn chosen(_: &Call, args: &[Cell<'_>]) -> Value {
    let Some(conditions) = args[0].array() else { return null() };
    let pick = |cell: Cell<'_>, place: usize| match cell.array() {
        Some(elements) => elements.get(place).cloned().unwrap_or(Dynamic::Null),
        None => cell.dynamic(),
    };
    array(conditions.iter().enumerate().map(|(place, condition)| match condition {
        Dynamic::Bool(true) => pick(args[1], place),
        Dynamic::Bool(false) => pick(args[2], place),
        Dynamic::Real(value) => pick(args[if *value != 0.0 { 1 } else { 2 }], place),
        Dynamic::Long(value) => pick(args[if *value != 0 { 1 } else { 2 }], place),
        _ => Dynamic::Null,
    }))
}

fn sorted(args: &[Cell<'_>], descending: bool) -> Value {
    let Some(elements) = args[0].array() else { return null() };
    let nulls_last = args.get(1).and_then(|cell| cell.bool()).unwrap_or(true);
    let (nulls, mut rest): (Vec<&Dynamic>, Vec<&Dynamic>) =
        elements.iter().partition(|element| **element == Dynamic::Null);
    rest.sort_by(|a, b| {
        let order = order(Cell::Dynamic(a), Cell::Dynamic(b));
        if descending { order.reverse() } else { order }
    });
    let (first, last) = if nulls_last { (rest, nulls) } else { (nulls, rest) };
    array(first.into_iter().chain(last).cloned())
}

fn range(_: &Call, args: &[Cell<'_>]) -> Value {
    let whole = |first: i64, last: i64, step: i64, wrap: &dyn Fn(i64) -> Dynamic| {
        let mut elements = Vec::new();
        let mut at = first;
        while elements.len() < MOST as usize && ((step > 0 && at <= last) || (step < 0 && at >= last)) {
            elements.push(wrap(at));
            let Some(next) = at.checked_add(step) else { break };
            at = next;
        }
        array(elements)
    };
    let hour = crate::timespan::HOUR;
    let step_ticks = |place: usize| args.get(place).map_or(Some(hour), |cell| cell.timespan().map(|span| span.0));
    match (args[0], args[1]) {
        (Cell::Datetime(Some(first)), Cell::Datetime(Some(last))) => match step_ticks(2) {
            Some(step) => whole(first.0, last.0, step, &|ticks| Dynamic::Datetime(Datetime(ticks))),
            None => null(),
        },
        (Cell::Timespan(Some(first)), Cell::Timespan(Some(last))) => match step_ticks(2) {
            Some(step) => whole(first.0, last.0, step, &|ticks| Dynamic::Timespan(Timespan(ticks))),
            None => null(),
        },
        (first, last) => {
            let step = args.get(2).copied().unwrap_or(Cell::Long(Some(1)));
            if [first, last, step].iter().any(|cell| matches!(cell, Cell::Real(_) | Cell::Decimal(_))) {
                let (Some(first), Some(last), Some(step)) = (first.real(), last.real(), step.real()) else {
                    return null();
                };
                if step == 0.0 {
                    return array([]);
                }
                let count = ((last - first) / step + 1e-9).floor().clamp(-1.0, MOST as f64 - 1.0) as i64;
                return array((0..=count).map(|index| Dynamic::Real(first + index as f64 * step)));
            }
            let (Some(first), Some(last), Some(step)) = (first.long(), last.long(), step.long()) else { return null() };
            whole(first, last, step, &Dynamic::Long)
        }
    }
}

/// A bag of one member, for `bags`.
pub(super) fn member(name: &str, value: Dynamic) -> (Arc<str>, Dynamic) {
    (Arc::from(name), value)
}
