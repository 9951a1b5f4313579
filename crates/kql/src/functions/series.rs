//! Numeric arrays taken as series: arithmetic element by element, statistics, filters, and filling of gaps.
//! Leaves out fitting, decomposition and the detection of periods.

use std::sync::Arc;

use super::given::{array, null};
use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Type, Value};

const MAPPED: &[Signature] = &[gives(&[one("series", Takes::Array)], Type::Dynamic)];
const REDUCED: &[Signature] = &[gives(&[one("series", Takes::Array)], Type::Real)];
const PAIRED: &[Signature] = &[
    gives(&[one("series1", Takes::Array), one("series2", Takes::Array)], Type::Dynamic),
    gives(&[one("series1", Takes::Array), one("series2", Takes::Number)], Type::Dynamic),
    gives(&[one("series1", Takes::Number), one("series2", Takes::Array)], Type::Dynamic),
];
const FILLED: &[Signature] =
    &[gives(&[one("series", Takes::Array), maybe("missing_value_placeholder", Takes::Number)], Type::Dynamic)];

macro_rules! mapped {
    ($name:literal, $doc:literal, $examples:expr, $f:expr) => {
        Function::new($name, MAPPED, $doc, $examples, Eval::Cells(|_, args| mapped(args, $f)))
    };
}

macro_rules! paired {
    ($name:literal, $doc:literal, $examples:expr, $f:expr) => {
        Function::new($name, PAIRED, $doc, $examples, Eval::Cells(|_, args| paired(args, $f)))
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    paired!(
        "series_add",
        "The sums of two series' elements; null where either has no number.",
        &[
            ("series_add(dynamic([1, 2, 'x']), dynamic([4, 2.5]))", "[5,4.5,null]"),
            ("series_add(dynamic([1, 2]), 1)", "[2,3]")
        ],
        |a, b| arithmetic(a, b, i64::checked_add, |a, b| a + b)
    ),
    paired!(
        "series_subtract",
        "The differences of two series' elements; null where either has no number.",
        &[("series_subtract(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[-3,0,3]")],
        |a, b| arithmetic(a, b, i64::checked_sub, |a, b| a - b)
    ),
    paired!(
        "series_multiply",
        "The products of two series' elements; null where either has no number.",
        &[("series_multiply(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[4,4,4]")],
        |a, b| arithmetic(a, b, i64::checked_mul, |a, b| a * b)
    ),
    paired!(
        "series_divide",
        "The quotients of two series' elements, always real; null where either has no number.",
        &[("series_divide(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[0.25,1.0,4.0]")],
        |a, b| Dynamic::Real(a.real() / b.real())
    ),
    paired!(
        "series_pow",
        "One series' elements to the power of the other's; null where either has no number.",
        &[("series_pow(dynamic([1, 2, 3, 4]), dynamic([1, 2, 3, 0.5]))", "[1.0,4.0,27.0,2.0]")],
        |a, b| Dynamic::Real(a.real().powf(b.real()))
    ),
    paired!(
        "series_greater",
        "Whether each element of the first series is greater than the second's; null where either has no number.",
        &[("series_greater(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[false,false,true]")],
        |a, b| Dynamic::Bool(a.real() > b.real())
    ),
    paired!(
        "series_greater_equals",
        "Whether each element of the first series is not less than the second's; null where either has no number.",
        &[("series_greater_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[false,true,true]")],
        |a, b| Dynamic::Bool(a.real() >= b.real())
    ),
    paired!(
        "series_less",
        "Whether each element of the first series is less than the second's; null where either has no number.",
        &[("series_less(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[true,false,false]")],
        |a, b| Dynamic::Bool(a.real() < b.real())
    ),
    paired!(
        "series_less_equals",
        "Whether each element of the first series is not greater than the second's; null where either has no number.",
        &[("series_less_equals(dynamic([1, 2, 4]), 2)", "[true,true,false]")],
        |a, b| Dynamic::Bool(a.real() <= b.real())
    ),
    paired!(
        "series_equals",
        "Whether each element of the first series equals the second's; null where either has no number.",
        &[("series_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[false,true,false]")],
        |a, b| Dynamic::Bool(a.real() == b.real())
    ),
    paired!(
        "series_not_equals",
        "Whether each element of the first series differs from the second's; null where either has no number.",
        &[("series_not_equals(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "[true,false,true]")],
        |a, b| Dynamic::Bool(a.real() != b.real())
    ),
    mapped!("series_abs", "The absolute values.", &[("series_abs(dynamic([-6.5, 0, 8]))", "[6.5,0,8]")], |value| {
        match value {
            Number::Long(value) => value.checked_abs().map_or(Dynamic::Null, Dynamic::Long),
            Number::Real(value) => Dynamic::Real(value.abs()),
        }
    }),
    mapped!(
        "series_sign",
        "-1, 0 or 1 by the sign of each element.",
        &[("series_sign(dynamic([-6, 0, 8]))", "[-1,0,1]")],
        |value| {
            match value {
                Number::Long(value) => Dynamic::Long(value.signum()),
                Number::Real(value) if value == 0.0 || value.is_nan() => Dynamic::Real(value),
                Number::Real(value) => Dynamic::Real(value.signum()),
            }
        }
    ),
    mapped!(
        "series_ceiling",
        "The least whole numbers that are not less.",
        &[("series_ceiling(dynamic([-1.5, 1, 2.5]))", "[-1.0,1.0,3.0]")],
        |value| { Dynamic::Real(value.real().ceil()) }
    ),
    mapped!(
        "series_floor",
        "The greatest whole numbers that are not greater.",
        &[("series_floor(dynamic([-1.5, 1, 2.5]))", "[-2.0,1.0,2.0]")],
        |value| { Dynamic::Real(value.real().floor()) }
    ),
    mapped!("series_exp", "e to the power of each element.", &[("series_exp(dynamic([0]))", "[1.0]")], |value| {
        Dynamic::Real(value.real().exp())
    }),
    mapped!("series_log", "The natural logarithms.", &[("series_log(dynamic([1]))", "[0.0]")], |value| Dynamic::Real(
        value.real().ln()
    )),
    mapped!("series_sin", "The sines.", &[("series_sin(dynamic([0, 'x']))", "[0.0,null]")], |value| Dynamic::Real(
        value.real().sin()
    )),
    mapped!("series_cos", "The cosines.", &[("series_cos(dynamic([0]))", "[1.0]")], |value| Dynamic::Real(
        value.real().cos()
    )),
    mapped!("series_tan", "The tangents.", &[("series_tan(dynamic([0]))", "[0.0]")], |value| Dynamic::Real(
        value.real().tan()
    )),
    mapped!("series_asin", "The angles whose sines they are.", &[("series_asin(dynamic([0]))", "[0.0]")], |value| {
        Dynamic::Real(value.real().asin())
    }),
    mapped!("series_acos", "The angles whose cosines they are.", &[("series_acos(dynamic([1]))", "[0.0]")], |value| {
        Dynamic::Real(value.real().acos())
    }),
    mapped!("series_atan", "The angles whose tangents they are.", &[("series_atan(dynamic([0]))", "[0.0]")], |value| {
        Dynamic::Real(value.real().atan())
    }),
    Function::new(
        "series_sum",
        REDUCED,
        "The sum of the elements; null where one is no number.",
        &[("series_sum(dynamic([1, 2, 3.5]))", "6.5"), ("series_sum(dynamic([1, 'x']))", "")],
        Eval::Cells(|_, args| Value::Real(numbers(args[0]).map(|values| values.iter().sum()))),
    ),
    Function::new(
        "series_product",
        REDUCED,
        "The product of the elements; null where one is no number.",
        &[("series_product(dynamic([1, 2, 3, 4]))", "24.0")],
        Eval::Cells(|_, args| Value::Real(numbers(args[0]).map(|values| values.iter().product()))),
    ),
    Function::new(
        "series_magnitude",
        REDUCED,
        "The square root of the sum of the elements' squares; null where one is no number.",
        &[("series_magnitude(dynamic([3, 4]))", "5.0")],
        Eval::Cells(|_, args| Value::Real(numbers(args[0]).map(|values| dot(&values, &values).sqrt()))),
    ),
    Function::new(
        "series_dot_product",
        &[
            gives(&[one("series1", Takes::Array), one("series2", Takes::Array)], Type::Real),
            gives(&[one("series1", Takes::Array), one("series2", Takes::Number)], Type::Real),
            gives(&[one("series1", Takes::Number), one("series2", Takes::Array)], Type::Real),
        ],
        "The sum of the products of two series' elements.",
        &[("series_dot_product(dynamic([1, 2, 4]), dynamic([4, 2, 1]))", "12.0")],
        Eval::Cells(|_, args| {
            Value::Real((|| {
                let len = args.iter().filter_map(|cell| cell.array()).map(<[Dynamic]>::len).max()?;
                let side = |cell: Cell<'_>| match cell.array() {
                    Some(_) => numbers(cell),
                    None => Some(vec![cell.real()?; len]),
                };
                let (a, b) = (side(args[0])?, side(args[1])?);
                (a.len() == b.len()).then(|| dot(&a, &b))
            })())
        }),
    ),
    Function::new(
        "series_cosine_similarity",
        &[gives(
            &[
                one("series1", Takes::Array),
                one("series2", Takes::Array),
                maybe("series1_magnitude", REAL),
                maybe("series2_magnitude", REAL),
            ],
            Type::Real,
        )],
        "The cosine of the angle between two series taken as vectors, whose lengths may be given.",
        &[("series_cosine_similarity(dynamic([1, 0]), dynamic([3, 4]))", "0.6")],
        Eval::Cells(|_, args| {
            Value::Real((|| {
                let (a, b) = (numbers(args[0])?, numbers(args[1])?);
                let length = |place: usize, own: &[f64]| match args.get(place) {
                    Some(cell) => cell.real(),
                    None => Some(dot(own, own).sqrt()),
                };
                (a.len() == b.len()).then_some(())?;
                Some(dot(&a, &b) / (length(2, &a)? * length(3, &b)?))
            })())
        }),
    ),
    Function::new(
        "series_pearson_correlation",
        &[gives(&[one("series1", Takes::Array), one("series2", Takes::Array)], Type::Real)],
        "Pearson's correlation coefficient of two series of one length.",
        &[("series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6]))", "1.0")],
        Eval::Cells(|_, args| {
            Value::Real((|| {
                let (a, b) = (centred(&numbers(args[0])?), centred(&numbers(args[1])?));
                (a.len() == b.len()).then(|| dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt())
            })())
        }),
    ),
    Function::new(
        "series_stats",
        &[gives(&[one("series", Takes::Array), maybe("ignore_nonfinite", BOOL)], Type::Dynamic)],
        "The least and the greatest element of a series and where they stand, its mean, its standard deviation and its variance.",
        &[],
        Eval::Cells(|_, args| match statistics(args) {
            Value::Dynamic(Dynamic::Bag(members)) => array(members.iter().take(7).map(|(_, value)| value.clone())),
            _ => null(),
        }),
    )
    .giving(&[
        ("min", Type::Real),
        ("min_idx", Type::Long),
        ("max", Type::Real),
        ("max_idx", Type::Long),
        ("avg", Type::Real),
        ("stdev", Type::Real),
        ("variance", Type::Real),
    ]),
    Function::new(
        "series_stats_dynamic",
        &[gives(&[one("series", Takes::Array), maybe("ignore_nonfinite", BOOL)], Type::Dynamic)],
        "A bag of min, min_idx, max, max_idx, avg, stdev, variance, sum and len of a series.",
        &[
            ("series_stats_dynamic(dynamic([4, 2, 9]))['max_idx']", "2"),
            ("series_stats_dynamic(dynamic([4, 2, 9]))['variance']", "13.0"),
        ],
        Eval::Cells(|_, args| statistics(args)),
    ),
    Function::new(
        "series_fir",
        &[gives(
            &[
                one("series", Takes::Array),
                one("filter", Takes::Array),
                maybe("normalize", BOOL),
                maybe("center", BOOL),
            ],
            Type::Dynamic,
        )],
        "The series after a filter of these coefficients, divided by their sum unless one is negative or the third argument is false. \
         The filter looks back from each element, or to both sides where the fourth argument is true.",
        &[
            ("series_fir(dynamic([0, 10, 10]), dynamic([1, -1]))", "[0.0,10.0,0.0]"),
            ("series_fir(dynamic([3, 3, 3]), dynamic([1, 1, 1]))", "[1.0,2.0,3.0]"),
            ("series_fir(dynamic([3, 3, 3]), dynamic([1, 1, 1]), true, true)", "[2.0,3.0,2.0]"),
        ],
        Eval::Cells(|_, args| moving(args).map_or_else(null, reals)),
    ),
    Function::new(
        "series_iir",
        &[gives(
            &[one("series", Takes::Array), one("numerators", Takes::Array), one("denominators", Takes::Array)],
            Type::Dynamic,
        )],
        "The series after a recursive filter of these coefficients: of its elements, and of the results before.",
        &[("series_iir(dynamic([1, 2, 3]), dynamic([1]), dynamic([1, -1]))", "[1.0,3.0,6.0]")],
        Eval::Cells(|_, args| recursive(args).map_or_else(null, reals)),
    ),
    Function::new(
        "series_fill_const",
        &[gives(
            &[
                one("series", Takes::Array),
                maybe("constant_value", Takes::Number),
                maybe("missing_value_placeholder", Takes::Number),
            ],
            Type::Dynamic,
        )],
        "The series with a constant, 0 if none is given, in place of nulls or of a placeholder.",
        &[("series_fill_const(dynamic([111, null, 36]), -1)", "[111,-1,36]")],
        Eval::Cells(|_, args| {
            let Some(elements) = args[0].array() else { return null() };
            let constant = args.get(1).map_or(Dynamic::Long(0), |cell| cell.dynamic());
            let missing = Missing::given(args.get(2));
            array(elements.iter().map(|element| if missing.is(element) { constant.clone() } else { element.clone() }))
        }),
    ),
    Function::new(
        "series_fill_forward",
        FILLED,
        "The series with the element before in place of nulls or of a placeholder.",
        &[("series_fill_forward(dynamic([null, 36, null, null, 16]))", "[null,36,36,36,16]")],
        Eval::Cells(|_, args| match args[0].array() {
            None => null(),
            Some(elements) => array(carried(elements.iter(), Missing::given(args.get(1)))),
        }),
    ),
    Function::new(
        "series_fill_backward",
        FILLED,
        "The series with the element after in place of nulls or of a placeholder.",
        &[("series_fill_backward(dynamic([null, 36, null, null, 16]))", "[36,36,16,16,16]")],
        Eval::Cells(|_, args| match args[0].array() {
            None => null(),
            Some(elements) => {
                let mut filled = carried(elements.iter().rev(), Missing::given(args.get(1)));
                filled.reverse();
                array(filled)
            }
        }),
    ),
];

#[derive(Clone, Copy)]
enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    fn of(element: &Dynamic) -> Option<Self> {
        match element {
            Dynamic::Long(value) => Some(Self::Long(*value)),
            Dynamic::Real(value) => Some(Self::Real(*value)),
            Dynamic::Decimal(value) => Some(Self::Real(value.to_real())),
            _ => None,
        }
    }

    fn real(self) -> f64 {
        match self {
            Self::Long(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

/// What a filling takes for missing.
struct Missing(Option<f64>);

impl Missing {
    fn given(cell: Option<&Cell<'_>>) -> Self {
        Self(cell.and_then(|cell| cell.real()))
    }

    fn is(&self, element: &Dynamic) -> bool {
        match self.0 {
            None => *element == Dynamic::Null,
            Some(placeholder) => Number::of(element).is_some_and(|number| number.real() == placeholder),
        }
    }
}

fn arithmetic(a: Number, b: Number, whole: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Dynamic {
    match (a, b) {
        (Number::Long(a), Number::Long(b)) => whole(a, b).map_or(Dynamic::Null, Dynamic::Long),
        (a, b) => Dynamic::Real(real(a.real(), b.real())),
    }
}

fn mapped(args: &[Cell<'_>], f: fn(Number) -> Dynamic) -> Value {
    match args[0].array() {
        None => null(),
        Some(elements) => array(elements.iter().map(|element| Number::of(element).map_or(Dynamic::Null, f))),
    }
}

/// A series shorter than the other has no numbers at its end; a number is a series of itself.
fn paired(args: &[Cell<'_>], f: fn(Number, Number) -> Dynamic) -> Value {
    let Some(len) = args.iter().filter_map(|cell| cell.array()).map(<[Dynamic]>::len).max() else { return null() };
    let at = |cell: Cell<'_>, place: usize| match cell.array() {
        Some(elements) => elements.get(place).and_then(Number::of),
        None => Number::of(&cell.dynamic()),
    };
    array((0..len).map(|place| match (at(args[0], place), at(args[1], place)) {
        (Some(a), Some(b)) => f(a, b),
        _ => Dynamic::Null,
    }))
}

/// The elements of an array of numbers.
pub(super) fn numbers(cell: Cell<'_>) -> Option<Vec<f64>> {
    cell.array()?.iter().map(|element| Number::of(element).map(Number::real)).collect()
}

fn reals(values: Vec<f64>) -> Value {
    array(values.into_iter().map(Dynamic::Real))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The values less their mean.
fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

/// A bag of the values that a function gives, under the names of its outputs.
pub(super) fn outputs_of<const N: usize>(outputs: &[(&str, Type)], values: [Dynamic; N]) -> Value {
    let members = outputs.iter().zip(values).map(|((name, _), value)| (Arc::from(*name), value));
    Value::Dynamic(Dynamic::Bag(members.collect()))
}

fn statistics(args: &[Cell<'_>]) -> Value {
    let Some(mut values) = numbers(args[0]) else { return null() };
    if args.get(1).and_then(|cell| cell.bool()) == Some(true) {
        values.retain(|value| value.is_finite());
    }
    let extreme = |better: fn(f64, f64) -> bool| {
        values.iter().copied().enumerate().reduce(|best, next| if better(next.1, best.1) { next } else { best })
    };
    let (Some(least), Some(greatest)) = (extreme(|a, b| a < b), extreme(|a, b| a > b)) else { return null() };
    let (len, sum) = (values.len() as f64, values.iter().sum::<f64>());
    let deviations = centred(&values);
    let variance = if values.len() > 1 { dot(&deviations, &deviations) / (len - 1.0) } else { 0.0 };
    let members = [
        ("min", Dynamic::Real(least.1)),
        ("min_idx", Dynamic::Long(least.0 as i64)),
        ("max", Dynamic::Real(greatest.1)),
        ("max_idx", Dynamic::Long(greatest.0 as i64)),
        ("avg", Dynamic::Real(sum / len)),
        ("stdev", Dynamic::Real(variance.sqrt())),
        ("variance", Dynamic::Real(variance)),
        ("sum", Dynamic::Real(sum)),
        ("len", Dynamic::Long(values.len() as i64)),
    ];
    Value::Dynamic(Dynamic::Bag(members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect()))
}

/// A finite impulse response: elements before the first and after the last count as zero.
fn moving(args: &[Cell<'_>]) -> Option<Vec<f64>> {
    let (values, mut filter) = (numbers(args[0])?, numbers(args[1])?);
    let negative = filter.iter().any(|coefficient| *coefficient < 0.0);
    let normalize = match args.get(2) {
        None => !negative,
        Some(cell) => cell.bool()?,
    };
    if normalize {
        let sum: f64 = filter.iter().sum();
        if negative || sum == 0.0 {
            return None;
        }
        filter.iter_mut().for_each(|coefficient| *coefficient /= sum);
    }
    let ahead = if args.get(3).and_then(|cell| cell.bool()) == Some(true) { filter.len() / 2 } else { 0 };
    let at = |place: usize| {
        let value =
            |back: usize| (place + ahead).checked_sub(back).and_then(|place| values.get(place)).copied().unwrap_or(0.0);
        filter.iter().enumerate().map(|(back, coefficient)| coefficient * value(back)).sum()
    };
    Some((0..values.len()).map(at).collect())
}

/// An infinite impulse response.
fn recursive(args: &[Cell<'_>]) -> Option<Vec<f64>> {
    let (values, numerators, denominators) = (numbers(args[0])?, numbers(args[1])?, numbers(args[2])?);
    let (lead, rest) = denominators.split_first()?;
    let mut results: Vec<f64> = Vec::with_capacity(values.len());
    for place in 0..values.len() {
        let before = |list: &[f64], back: usize| place.checked_sub(back).map_or(0.0, |place| list[place]);
        let forward: f64 = numerators.iter().enumerate().map(|(back, factor)| factor * before(&values, back)).sum();
        let backward: f64 = rest.iter().enumerate().map(|(back, factor)| factor * before(&results, back + 1)).sum();
        results.push((forward - backward) / lead);
    }
    Some(results)
}

/// Each missing element replaced by the last one that is not.
fn carried<'a>(elements: impl Iterator<Item = &'a Dynamic>, missing: Missing) -> Vec<Dynamic> {
    let mut last: Option<&Dynamic> = None;
    elements
        .map(|element| {
            if !missing.is(element) {
                last = Some(element);
            }
            last.unwrap_or(element).clone()
        })
        .collect()
}
