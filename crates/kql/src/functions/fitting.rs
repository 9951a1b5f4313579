//! Lines fitted to series. Leaves out polynomials and two lines, whose rules for ties and noise are not documented: they are refused where there are rows.

use super::given::null;
use super::series::{numbers, outputs_of};
use super::shapes::*;
use super::{Eval, Function};
use crate::column::Cell;
use crate::signature::{Signature, Takes};
use crate::{Dynamic, Type};

const ONE: &[Signature] = &[gives(&[one("series", Takes::Array)], Type::Dynamic)];

/// What a fitted line gives, in the order of its columns.
const LINE: &[(&str, Type)] = &[
    ("rsquare", Type::Real),
    ("slope", Type::Real),
    ("variance", Type::Real),
    ("rvariance", Type::Real),
    ("interception", Type::Real),
    ("line_fit", Type::Dynamic),
];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "series_fit_line",
        ONE,
        "The line with the least squared distances from the series, whose first element is at 1: how much of the variance it explains, its slope, \
         the variance of the series and of what the line leaves, the line's value at 0 and at each element.",
        &[],
        Eval::Cells(|_, args| fitted_line(args[0]).map_or_else(null, |line| super::given::array(line.values()))),
    )
    .giving(LINE),
    Function::new(
        "series_fit_line_dynamic",
        ONE,
        "What `series_fit_line` gives, as one bag.",
        &[
            ("round(toreal(series_fit_line_dynamic(dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])).rsquare), 3)", "0.983"),
            ("round(toreal(series_fit_line_dynamic(dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])).interception), 3)", "-1.667"),
        ],
        Eval::Cells(|_, args| fitted_line(args[0]).map_or_else(null, |line| outputs_of(LINE, line.values()))),
    ),
    Function::new("series_fit_2lines", ONE, "The two lines with the least squared distances from the parts of a split series.", &[], Eval::Refused)
        .giving(&[
            ("rsquare", Type::Real),
            ("split_idx", Type::Long),
            ("variance", Type::Real),
            ("rvariance", Type::Real),
            ("line_fit", Type::Dynamic),
            ("right_rsquare", Type::Real),
            ("right_slope", Type::Real),
            ("right_interception", Type::Real),
            ("right_variance", Type::Real),
            ("right_rvariance", Type::Real),
            ("left_rsquare", Type::Real),
            ("left_slope", Type::Real),
            ("left_interception", Type::Real),
            ("left_variance", Type::Real),
            ("left_rvariance", Type::Real),
        ]),
    Function::new("series_fit_2lines_dynamic", ONE, "What `series_fit_2lines` gives, as one bag.", &[], Eval::Refused),
    Function::new(
        "series_fit_poly",
        &[gives(&[one("y_series", Takes::Array), maybe("x_series", Takes::Array), maybe("degree", Takes::Integer)], Type::Dynamic)],
        "The polynomial with the least squared distances from the series.",
        &[],
        Eval::Refused,
    )
    .giving(&[
        ("rsquare", Type::Real),
        ("coefficients", Type::Dynamic),
        ("variance", Type::Real),
        ("rvariance", Type::Real),
        ("poly_fit", Type::Dynamic),
    ]),
];

/// A line fitted to a series.
struct Line {
    rsquare: f64,
    slope: f64,
    variance: f64,
    rvariance: f64,
    interception: f64,
    len: usize,
}

impl Line {
    /// In the order of `LINE`.
    fn values(&self) -> [Dynamic; 6] {
        let at = |place: usize| Dynamic::Real(self.interception + self.slope * (place + 1) as f64);
        [
            Dynamic::Real(self.rsquare),
            Dynamic::Real(self.slope),
            Dynamic::Real(self.variance),
            Dynamic::Real(self.rvariance),
            Dynamic::Real(self.interception),
            Dynamic::Array((0..self.len).map(at).collect()),
        ]
    }
}

/// The line through a series of at least two numbers.
fn fitted_line(series: Cell<'_>) -> Option<Line> {
    let values = numbers(series)?;
    let len = values.len();
    if len < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let (count, middle) = (len as f64, (len as f64 + 1.0) / 2.0);
    let mean = values.iter().sum::<f64>() / count;
    let offsets = || (1..=len).map(|place| place as f64 - middle);
    let slope =
        offsets().zip(&values).map(|(x, y)| x * (y - mean)).sum::<f64>() / offsets().map(|x| x * x).sum::<f64>();
    let interception = mean - slope * middle;
    let total: f64 = values.iter().map(|y| (y - mean).powi(2)).sum();
    let left: f64 = offsets().zip(&values).map(|(x, y)| (y - mean - slope * x).powi(2)).sum();
    let rsquare = if total == 0.0 { 1.0 } else { 1.0 - left / total };
    Some(Line { rsquare, slope, variance: total / (count - 1.0), rvariance: left / (count - 1.0), interception, len })
}

#[cfg(test)]
mod tests {
    use crate::{Database, Datetime, Options, run};

    #[test]
    fn columns_of_a_line() {
        let query =
            "print y = dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]) | extend (r, slope) = series_fit_line(y)";
        let answer = run(query, &Database::new(), &Options::at(Datetime::MIN)).expect("it is a query");
        let table = &answer.tables[0].1;
        let names: Vec<&str> = table.schema().columns.iter().map(|column| column.name.as_str()).collect();
        let expected = [
            "y",
            "r",
            "slope",
            "series_fit_line_y_variance",
            "series_fit_line_y_rvariance",
            "series_fit_line_y_interception",
            "series_fit_line_y_line_fit",
        ];
        assert_eq!(names, expected);
        assert!(table.value(0, 2).to_string().starts_with("2.73"), "{}", table.value(0, 2));
    }
}
