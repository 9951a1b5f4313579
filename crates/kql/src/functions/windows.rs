//! Window functions, over all rows of a serialized table in order (`bind::order` says which tables are).

use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column, Values};
use crate::exec::compare::order;
use crate::signature::{Signature, Takes};
use crate::{Type, Value, convert};

const NEIGHBOUR: &[Signature] =
    &[keeps(&[one("column", Takes::Scalar), maybe("offset", LONG), maybe("default_value", Takes::Scalar)], 0)];
const RANK: &[Signature] = &[gives(&[one("term", Takes::Scalar), maybe("restart", BOOL)], Type::Long)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "prev",
        NEIGHBOUR,
        "The value of the row so many before, 1 where no number is given; a default where there is none.",
        &[],
        Eval::Window(|call, columns| neighbour(call, columns, -1)),
    ),
    Function::new(
        "next",
        NEIGHBOUR,
        "The value of the row so many after, 1 where no number is given; a default where there is none.",
        &[],
        Eval::Window(|call, columns| neighbour(call, columns, 1)),
    ),
    Function::new(
        "row_number",
        &[gives(&[maybe("startingIndex", LONG), maybe("restart", BOOL)], Type::Long)],
        "The number of the row, from 1 or another start, begun again where a condition is true.",
        &[],
        Eval::Window(|call, columns| {
            let start = columns
                .first()
                .filter(|column| !column.is_empty())
                .and_then(|column| column.cell(0).long())
                .unwrap_or(1);
            let mut number = start;
            let numbers = (0..call.rows).map(|row| {
                if row > 0 {
                    number = if restarts(columns.get(1), row) { start } else { number + 1 };
                }
                Some(number)
            });
            Column::new(Values::Long(numbers.collect()))
        }),
    ),
    Function::new(
        "row_cumsum",
        &[keeps(&[one("term", Takes::Number), maybe("restart", BOOL)], 0)],
        "The sum of the values up to the row, begun again where a condition is true.",
        &[],
        Eval::Window(|call, columns| {
            let term = &columns[0];
            if call.returns == Type::Real {
                let mut sum = 0.0;
                let sums = (0..call.rows).map(|row| {
                    sum = if restarts(columns.get(1), row) { 0.0 } else { sum } + term.cell(row).real().unwrap_or(0.0);
                    Some(sum)
                });
                return Column::new(Values::Real(sums.collect()));
            }
            let mut sum = 0_i64;
            let sums = (0..call.rows).map(|row| {
                sum = if restarts(columns.get(1), row) { 0 } else { sum }
                    .wrapping_add(term.cell(row).long().unwrap_or(0));
                Some(sum)
            });
            convert::convert(&Column::new(Values::Long(sums.collect())), call.returns)
        }),
    ),
    Function::new(
        "row_rank_dense",
        RANK,
        "The number of different values up to the row, begun again where a condition is true.",
        &[],
        Eval::Window(|call, columns| ranked(call, columns, true)),
    ),
    Function::new(
        "row_rank_min",
        RANK,
        "The number of the first row of the row's value, begun again where a condition is true.",
        &[],
        Eval::Window(|call, columns| ranked(call, columns, false)),
    ),
    Function::new(
        "row_window_session",
        &[keeps(
            &[
                one("expr", DATETIME),
                one("maxDistanceFromFirst", TIMESPAN),
                one("maxDistanceBetweenNeighbors", TIMESPAN),
                maybe("restart", BOOL),
            ],
            0,
        )],
        "The first datetime of the row's session: a run of rows that lie close to each other and to the first.",
        &[],
        Eval::Window(|call, columns| {
            let mut session: Option<(crate::Datetime, crate::Datetime)> = None;
            let mut values = Values::with_capacity(Type::Datetime, call.rows);
            for row in 0..call.rows {
                let Some(at) = columns[0].cell(row).datetime() else {
                    values.push_null();
                    continue;
                };
                let span = |place: usize| columns[place].cell(row).timespan().map_or(0, |span| span.0);
                let first = match session {
                    Some((first, last))
                        if !restarts(columns.get(3), row) && at.0 - first.0 <= span(1) && at.0 - last.0 <= span(2) =>
                    {
                        first
                    }
                    _ => at,
                };
                session = Some((first, at));
                values.push(Value::Datetime(Some(first)));
            }
            Column::new(values)
        }),
    ),
];

fn restarts(restart: Option<&Column>, row: usize) -> bool {
    restart.is_some_and(|restart| restart.cell(row) == Cell::Bool(Some(true)))
}

fn neighbour(call: &Call, columns: &[Column], direction: i64) -> Column {
    let offset =
        columns.get(1).filter(|column| !column.is_empty()).and_then(|column| column.cell(0).long()).unwrap_or(1);
    let default = columns.get(2).map(|column| convert::convert(column, call.returns));
    let mut values = Values::with_capacity(call.returns, call.rows);
    for row in 0..call.rows {
        let other = usize::try_from(row as i64 + direction * offset).ok().filter(|other| *other < call.rows);
        match (other, &default) {
            (Some(other), _) => values.push_cell(columns[0].cell(other)),
            (None, Some(default)) => values.push_cell(default.cell(row)),
            (None, None) => values.push_null(),
        }
    }
    Column::new(values)
}

fn ranked(call: &Call, columns: &[Column], dense: bool) -> Column {
    let (mut rank, mut number) = (0, 0);
    let ranks = (0..call.rows).map(|row| {
        if row == 0 || restarts(columns.get(1), row) {
            (rank, number) = (1, 1);
        } else {
            number += 1;
            if order(columns[0].cell(row - 1), columns[0].cell(row)).is_ne() {
                rank = if dense { rank + 1 } else { number };
            }
        }
        Some(rank)
    });
    Column::new(Values::Long(ranks.collect()))
}
