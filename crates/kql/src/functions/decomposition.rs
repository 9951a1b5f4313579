//! Series taken apart into season, trend and the rest. Only a season of a given length is computed; how the service finds periods and anomalies
//! is not documented, so those are refused where there are rows.

use super::series::numbers;
use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Parameter, Signature, Takes};
use crate::{Dynamic, Type, Value};

const PARTS: &[(&str, Type)] =
    &[("baseline", Type::Dynamic), ("seasonal", Type::Dynamic), ("trend", Type::Dynamic), ("residual", Type::Dynamic)];
const PERIODS: &[(&str, Type)] = &[("periods", Type::Dynamic), ("scores", Type::Dynamic)];
const SPECTRUM: &[(&str, Type)] = &[("real", Type::Dynamic), ("imag", Type::Dynamic)];
const COMPLEX: &[Signature] =
    &[gives(&[one("series", Takes::Array), maybe("series_imag", Takes::Array)], Type::Dynamic)];

const SERIES: Parameter = one("series", Takes::Array);
const SEASONALITY: Parameter = maybe("seasonality", Takes::Number);
const TREND: Parameter = maybe("trend", TEXT);
const TEST_POINTS: Parameter = maybe("test_points", Takes::Integer);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_seasonal",
        &[gives(&[SERIES, maybe("period", Takes::Number), TEST_POINTS], Type::Dynamic)],
        "The season of a series, repeated over its length: for each place in the period the median of the elements there. The period is to be given.",
        &[
            ("series_seasonal(dynamic([1, 3, 5, 1, 3, 5, 2, 4, 6]), 3)", "[1.0,3.0,5.0,1.0,3.0,5.0,1.0,3.0,5.0]"),
            ("series_seasonal(dynamic([1, 3, 2, 4]), 2)", "[1.5,3.5,1.5,3.5]"),
        ],
        Eval::Fallible(|_, args| seasonal(args)),
    ),
    Function::new(
        "series_decompose",
        &[gives(
            &[SERIES, SEASONALITY, TREND, TEST_POINTS, maybe("seasonality_threshold", Takes::Number)],
            Type::Dynamic,
        )],
        "A series as baseline, season, trend and the rest.",
        &[],
        Eval::Refused,
    )
    .giving(PARTS),
    Function::new(
        "series_decompose_anomalies",
        &[gives(
            &[
                SERIES,
                maybe("threshold", Takes::Number),
                SEASONALITY,
                TREND,
                TEST_POINTS,
                maybe("ad_method", TEXT),
                maybe("seasonality_threshold", Takes::Number),
            ],
            Type::Dynamic,
        )],
        "Which elements of a series do not fit its season and trend.",
        &[],
        Eval::Refused,
    )
    .giving(&[("ad_flag", Type::Dynamic), ("ad_score", Type::Dynamic), ("baseline", Type::Dynamic)]),
    Function::new(
        "series_decompose_forecast",
        &[gives(
            &[SERIES, one("points", Takes::Integer), SEASONALITY, TREND, maybe("seasonality_threshold", Takes::Number)],
            Type::Dynamic,
        )],
        "The last elements of a series as its season and trend before them foretell.",
        &[],
        Eval::Refused,
    )
    .giving(PARTS),
    Function::new(
        "series_periods_detect",
        &[gives(
            &[
                SERIES,
                one("min_period", Takes::Number),
                one("max_period", Takes::Number),
                one("num_periods", Takes::Integer),
            ],
            Type::Dynamic,
        )],
        "The most telling periods of a series, and their scores.",
        &[],
        Eval::Refused,
    )
    .giving(PERIODS),
    Function::new(
        "series_periods_validate",
        &[gives(&[SERIES, many("period", Takes::Number, 1)], Type::Dynamic)],
        "The scores of given periods of a series.",
        &[],
        Eval::Refused,
    )
    .giving(PERIODS),
    Function::new("series_fft", COMPLEX, "The discrete Fourier transform of a series.", &[], Eval::Refused)
        .giving(SPECTRUM),
    Function::new("series_ifft", COMPLEX, "The inverse of `series_fft`.", &[], Eval::Refused).giving(SPECTRUM),
];

fn seasonal(args: &[Cell<'_>]) -> Result<Value, String> {
    let Some(values) = numbers(args[0]) else { return Ok(Value::Dynamic(Dynamic::Null)) };
    let period = args.get(1).and_then(|cell| cell.real()).filter(|period| *period > 0.0);
    let period = period.ok_or("finding the period is not supported by this engine; give it as the second argument")?;
    if period.fract() != 0.0 || period < 2.0 || period > values.len() as f64 {
        return Err(format!("the period {period} is no whole number from 2 to the length of the series"));
    }
    if args.get(2).and_then(|cell| cell.long()).unwrap_or(0) != 0 {
        return Err("test points are not supported by this engine".to_owned());
    }
    let period = period as usize;
    let season: Vec<f64> =
        (0..period).map(|place| median(values.iter().skip(place).step_by(period).copied().collect())).collect();
    Ok(Value::Dynamic(Dynamic::Array((0..values.len()).map(|place| Dynamic::Real(season[place % period])).collect())))
}

/// The middle of the values, of which there is at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}
