//! Datetimes and timespans: parts, bounds, differences, formats. All in UTC.

use super::given::{text, whole};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::datetime::{Date, days_in};
use crate::signature::{Signature, Takes};
use crate::timespan::{DAY, HOUR, MINUTE, SECOND};
use crate::{Datetime, Timespan, Type, Value};

const DATE_TO_INT: &[Signature] = &[gives(&[one("date", DATETIME)], Type::Int)];
const BOUND: &[Signature] = &[gives(&[one("date", DATETIME), maybe("offset", LONG)], Type::Datetime)];
const PART: &[Signature] = &[gives(&[one("part", TEXT), one("date", DATETIME)], Type::Int)];
const UNIX: &[Signature] = &[gives(&[one("number", Takes::Number)], Type::Datetime)];

macro_rules! part {
    ($name:literal, $part:ident, $doc:literal, $example:expr) => {
        Function::new(
            $name,
            DATE_TO_INT,
            $doc,
            $example,
            Eval::Cells(|_, args| Value::Int(args[0].datetime().map(|at| part(Unit::$part, at) as i32))),
        )
    };
}

macro_rules! bound {
    ($name:literal, $unit:ident, $offset:literal, $back:literal, $doc:literal, $example:expr) => {
        Function::new(
            $name,
            BOUND,
            $doc,
            $example,
            Eval::Cells(|_, args| {
                let offset = args.get(1).and_then(|cell| cell.long()).unwrap_or(0);
                let start =
                    args[0].datetime().and_then(|at| add(Unit::$unit, offset + $offset, start(Unit::$unit, at)));
                Value::Datetime(start.and_then(|at| Datetime::from_ticks(at.0 - $back)))
            }),
        )
    };
}

macro_rules! unix {
    ($name:literal, $scale:literal, $doc:literal, $example:expr) => {
        Function::new(
            $name,
            UNIX,
            $doc,
            $example,
            Eval::Cells(|_, args| {
                let nanoseconds = match args[0] {
                    Cell::Real(value) => {
                        value.filter(|value| value.is_finite()).map(|value| (value * $scale as f64) as i128)
                    }
                    cell => cell.long().map(|value| i128::from(value) * $scale),
                };
                Value::Datetime(nanoseconds.and_then(Datetime::from_unix_nanoseconds))
            }),
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "now",
        &[gives(&[maybe("offset", TIMESPAN)], Type::Datetime)],
        "The time of the query, moved by an offset.",
        &[("now() - now()", "00:00:00")],
        Eval::Cells(|call, args| {
            let offset = args.first().map_or(Some(0), |cell| cell.timespan().map(|span| span.0));
            Value::Datetime(offset.and_then(|offset| Datetime::from_ticks(call.now.0.checked_add(offset)?)))
        }),
    ),
    Function::new(
        "ago",
        &[gives(&[one("timespan", TIMESPAN)], Type::Datetime)],
        "The time of the query less a timespan.",
        &[("now() - ago(1h)", "01:00:00")],
        Eval::Cells(|call, args| {
            Value::Datetime(args[0].timespan().and_then(|span| Datetime::from_ticks(call.now.0.checked_sub(span.0)?)))
        }),
    ),
    part!("getyear", Year, "The year.", &[("getyear(datetime(2015-10-12))", "2015")]),
    part!("getmonth", Month, "The month, from 1.", &[("getmonth(datetime(2015-10-12))", "10")]),
    part!("monthofyear", Month, "The month, from 1.", &[("monthofyear(datetime(2015-12-14))", "12")]),
    part!("dayofmonth", Day, "The day of the month, from 1.", &[("dayofmonth(datetime(2015-12-14))", "14")]),
    part!("dayofyear", DayOfYear, "The day of the year, from 1.", &[("dayofyear(datetime(2015-12-14))", "348")]),
    part!("hourofday", Hour, "The hour, from 0.", &[("hourofday(datetime(2015-12-14 18:54))", "18")]),
    part!("weekofyear", WeekOfYear, "The week of the year by ISO 8601.", &[("weekofyear(datetime(2020-12-31))", "53")]),
    part!(
        "week_of_year",
        WeekOfYear,
        "The week of the year by ISO 8601.",
        &[("week_of_year(datetime(2020-01-01))", "1")]
    ),
    Function::new(
        "dayofweek",
        &[gives(&[one("date", DATETIME)], Type::Timespan)],
        "The days since the last Sunday, as a timespan.",
        &[("dayofweek(datetime(1947-11-30 10:00:05))", "00:00:00"), ("dayofweek(datetime(1970-05-11))", "1.00:00:00")],
        Eval::Cells(|_, args| Value::Timespan(args[0].datetime().map(|at| Timespan(at.weekday() * DAY)))),
    ),
    bound!(
        "startofday",
        Day,
        0,
        0,
        "The start of the day, moved by so many days.",
        &[("startofday(datetime(2017-01-01 10:10:17), 1)", "2017-01-02T00:00:00.0000000Z")]
    ),
    bound!(
        "startofweek",
        Week,
        0,
        0,
        "The start of the week, a Sunday, moved by so many weeks.",
        &[("startofweek(datetime(2017-01-02 10:10:17))", "2017-01-01T00:00:00.0000000Z")]
    ),
    bound!(
        "startofmonth",
        Month,
        0,
        0,
        "The start of the month, moved by so many months.",
        &[("startofmonth(datetime(2017-01-31), -1)", "2016-12-01T00:00:00.0000000Z")]
    ),
    bound!(
        "startofyear",
        Year,
        0,
        0,
        "The start of the year, moved by so many years.",
        &[("startofyear(datetime(2017-05-31))", "2017-01-01T00:00:00.0000000Z")]
    ),
    bound!(
        "endofday",
        Day,
        1,
        1,
        "The last tick of the day, moved by so many days.",
        &[("endofday(datetime(2017-01-01 10:10:17))", "2017-01-01T23:59:59.9999999Z")]
    ),
    bound!(
        "endofweek",
        Week,
        1,
        1,
        "The last tick of the week, a Saturday's, moved by so many weeks.",
        &[("endofweek(datetime(2017-01-01))", "2017-01-07T23:59:59.9999999Z")]
    ),
    bound!(
        "endofmonth",
        Month,
        1,
        1,
        "The last tick of the month, moved by so many months.",
        &[("endofmonth(datetime(2016-02-10))", "2016-02-29T23:59:59.9999999Z")]
    ),
    bound!(
        "endofyear",
        Year,
        1,
        1,
        "The last tick of the year, moved by so many years.",
        &[("endofyear(datetime(2016-02-10))", "2016-12-31T23:59:59.9999999Z")]
    ),
    Function::new(
        "datetime_part",
        PART,
        "A part of a datetime by name: year, quarter, month, week_of_year, day, dayofyear, hour, minute, second, millisecond, microsecond, nanosecond.",
        &[
            ("datetime_part('quarter', datetime(2017-10-30))", "4"),
            ("datetime_part('dayOfYear', datetime(2017-10-30))", "303"),
        ],
        Eval::Cells(part_named),
    ),
    Function::new(
        "datepart",
        PART,
        "The same as `datetime_part`.",
        &[("datepart('minute', datetime(2017-10-30 01:02:03))", "2")],
        Eval::Cells(part_named),
    ),
    Function::new(
        "datetime_add",
        &[gives(&[one("period", TEXT), one("amount", Takes::Integer), one("datetime", DATETIME)], Type::Datetime)],
        "A datetime moved by so many periods: year, quarter, month, week, day, hour, minute, second, ...",
        &[("datetime_add('month', 1, datetime(2017-01-31))", "2017-02-28T00:00:00.0000000Z")],
        Eval::Cells(|_, args| {
            let moved = Unit::named(&args[0].text()).zip(args[1].long()).zip(args[2].datetime());
            Value::Datetime(moved.and_then(|((unit, amount), at)| add(unit, amount, at)))
        }),
    ),
    Function::new(
        "datetime_diff",
        &[gives(&[one("period", TEXT), one("datetime1", DATETIME), one("datetime2", DATETIME)], Type::Long)],
        "How many bounds of a period lie between two datetimes, negative where the first is earlier.",
        &[
            ("datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))", "17"),
            ("datetime_diff('minute', datetime(2017-10-30 23:05:01), datetime(2017-10-30 23:00:59))", "5"),
        ],
        Eval::Cells(|_, args| {
            let given = Unit::named(&args[0].text()).zip(args[1].datetime()).zip(args[2].datetime());
            Value::Long(given.map(|((unit, first), second)| ordinal(unit, first) - ordinal(unit, second)))
        }),
    ),
    Function::new(
        "make_datetime",
        &[
            gives(
                &[
                    one("year", Takes::Number),
                    one("month", Takes::Number),
                    one("day", Takes::Number),
                    maybe("hour", Takes::Number),
                    maybe("minute", Takes::Number),
                    maybe("second", Takes::Number),
                ],
                Type::Datetime,
            ),
            gives(&[one("value", Takes::Scalar)], Type::Datetime),
        ],
        "The datetime of a year, month, day and so on; null where there is none.",
        &[("make_datetime(2017, 10, 1)", "2017-10-01T00:00:00.0000000Z"), ("make_datetime(2017, 13, 1)", "")],
        Eval::Cells(|_, args| {
            if let [value] = args {
                return crate::convert::cell(*value, Type::Datetime);
            }
            let given = |place: usize| args.get(place).map_or(Some(0), |cell| cell.long());
            let second = args.get(5).map_or(Some(0.0), |cell| cell.real());
            let date = given(0)
                .zip(given(1))
                .zip(given(2))
                .and_then(|((year, month), day)| Datetime::from_date(year, month, day));
            let time =
                given(3).filter(|hour| (0..24).contains(hour)).zip(given(4).filter(|minute| (0..60).contains(minute)));
            let time = time.zip(second.filter(|second| (0.0..60.0).contains(second)));
            Value::Datetime(date.zip(time).and_then(|(date, ((hour, minute), second))| {
                Datetime::from_ticks(date.0 + hour * HOUR + minute * MINUTE + (second * SECOND as f64).round() as i64)
            }))
        }),
    ),
    Function::new(
        "make_timespan",
        &[
            gives(
                &[
                    one("days", Takes::Integer),
                    one("hours", Takes::Integer),
                    one("minutes", Takes::Integer),
                    one("seconds", Takes::Number),
                ],
                Type::Timespan,
            ),
            gives(
                &[one("hours", Takes::Integer), one("minutes", Takes::Integer), maybe("seconds", Takes::Number)],
                Type::Timespan,
            ),
            gives(&[one("value", Takes::Scalar)], Type::Timespan),
        ],
        "The timespan of so many days, hours, minutes and seconds.",
        &[("make_timespan(1, 12, 30, 55.123)", "1.12:30:55.1230000"), ("make_timespan(12, 30)", "12:30:00")],
        Eval::Cells(|_, args| {
            if let [value] = args {
                return crate::convert::cell(*value, Type::Timespan);
            }
            let (days, rest) = if args.len() == 4 { (args[0].long(), &args[1..]) } else { (Some(0), args) };
            let seconds = rest.get(2).map_or(Some(0.0), |cell| cell.real());
            let all = days.zip(rest[0].long()).zip(rest[1].long().zip(seconds));
            Value::Timespan(all.map(|((days, hours), (minutes, seconds))| {
                Timespan(days * DAY + hours * HOUR + minutes * MINUTE + (seconds * SECOND as f64).round() as i64)
            }))
        }),
    ),
    Function::new(
        "format_datetime",
        &[gives(&[one("date", DATETIME), one("format", TEXT)], Type::String)],
        "A datetime by a format: y, M, d, H, h, m, s, f, F and tt, repeated for the width, and other characters as they are.",
        &[
            ("format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')", "17-01-29 [09:00:05]"),
            (
                "format_datetime(datetime(2017-01-29 21:00:05.12), 'yyyy-M-d h:mm:ss.fff tt')",
                "2017-1-29 9:00:05.120 PM",
            ),
        ],
        Eval::Cells(|_, args| {
            text(args[0].datetime().map_or(String::new(), |at| {
                let Date { year, month, day } = at.date();
                formatted(&args[1].text(), at.time(), Some((year, month)), day)
            }))
        }),
    ),
    Function::new(
        "format_timespan",
        &[gives(&[one("timespan", TIMESPAN), one("format", TEXT)], Type::String)],
        "A timespan by a format: d, H, h, m, s, f and F, repeated for the width, and other characters as they are.",
        &[("format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss [FF]')", "29.09:00:05 [12]")],
        Eval::Cells(|_, args| {
            text(
                args[0].timespan().map_or(String::new(), |span| {
                    formatted(&args[1].text(), span.0.abs() % DAY, None, span.0.abs() / DAY)
                }),
            )
        }),
    ),
    unix!(
        "unixtime_seconds_todatetime",
        1_000_000_000,
        "The datetime so many seconds after 1970-01-01.",
        &[("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z")]
    ),
    unix!(
        "unixtime_milliseconds_todatetime",
        1_000_000,
        "The datetime so many milliseconds after 1970-01-01.",
        &[("unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00.0000000Z")]
    ),
    unix!(
        "unixtime_microseconds_todatetime",
        1_000,
        "The datetime so many microseconds after 1970-01-01.",
        &[("unixtime_microseconds_todatetime(1546300800000000)", "2019-01-01T00:00:00.0000000Z")]
    ),
    unix!(
        "unixtime_nanoseconds_todatetime",
        1,
        "The datetime so many nanoseconds after 1970-01-01.",
        &[("unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z")]
    ),
];

/// A period of the calendar or the clock.
#[derive(Clone, Copy)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    WeekOfYear,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Unit {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "week_of_year" | "weekofyear" => Self::WeekOfYear,
            "day" => Self::Day,
            "dayofyear" | "day_of_year" => Self::DayOfYear,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            "microsecond" => Self::Microsecond,
            "nanosecond" => Self::Nanosecond,
            _ => return None,
        })
    }
}

fn part_named(call: &Call, args: &[Cell<'_>]) -> Value {
    let given = Unit::named(&args[0].text()).zip(args[1].datetime());
    whole(given.map(|(unit, at)| part(unit, at)), call.returns)
}

fn part(unit: Unit, at: Datetime) -> i64 {
    let Date { year, month, day } = at.date();
    match unit {
        Unit::Year => year,
        Unit::Quarter => (month + 2) / 3,
        Unit::Month => month,
        Unit::Week | Unit::WeekOfYear => iso_week(at),
        Unit::Day => day,
        Unit::DayOfYear => day + (1..month).map(|month| days_in(year, month)).sum::<i64>(),
        Unit::Hour => at.time() / HOUR,
        Unit::Minute => at.time() / MINUTE % 60,
        Unit::Second => at.time() / SECOND % 60,
        Unit::Millisecond => at.time() % SECOND / 10_000,
        Unit::Microsecond => at.time() % SECOND / 10,
        Unit::Nanosecond => at.time() % SECOND * 100,
    }
}

/// The week that holds the Thursday of the datetime's week, counted in that Thursday's year.
fn iso_week(at: Datetime) -> i64 {
    let monday = (at.weekday() + 6) % 7;
    let thursday = Datetime((at.0 + (3 - monday) * DAY).max(0));
    (part(Unit::DayOfYear, thursday) - 1) / 7 + 1
}

fn start(unit: Unit, at: Datetime) -> Datetime {
    let Date { year, month, .. } = at.date();
    let midnight = Datetime(at.0 - at.time());
    match unit {
        Unit::Year => Datetime::from_date(year, 1, 1).unwrap_or(midnight),
        Unit::Month => Datetime::from_date(year, month, 1).unwrap_or(midnight),
        Unit::Week => Datetime((midnight.0 - midnight.weekday() * DAY).max(0)),
        _ => midnight,
    }
}

fn add(unit: Unit, amount: i64, at: Datetime) -> Option<Datetime> {
    let ticks = match unit {
        Unit::Year | Unit::Quarter | Unit::Month => {
            let months = amount.checked_mul(match unit {
                Unit::Year => 12,
                Unit::Quarter => 3,
                _ => 1,
            })?;
            let Date { year, month, day } = at.date();
            let total = (year * 12 + month - 1).checked_add(months)?;
            let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
            let date = Datetime::from_date(year, month, day.min(days_in(year, month)))?;
            return Some(Datetime(date.0 + at.time()));
        }
        Unit::Week | Unit::WeekOfYear => 7 * DAY,
        Unit::Day | Unit::DayOfYear => DAY,
        Unit::Hour => HOUR,
        Unit::Minute => MINUTE,
        Unit::Second => SECOND,
        Unit::Millisecond => SECOND / 1000,
        Unit::Microsecond => 10,
        Unit::Nanosecond => return Datetime::from_ticks(at.0.checked_add(amount / 100)?),
    };
    Datetime::from_ticks(at.0.checked_add(amount.checked_mul(ticks)?)?)
}

/// The number of the period that holds a datetime, counted from the first.
fn ordinal(unit: Unit, at: Datetime) -> i64 {
    let Date { year, month, .. } = at.date();
    match unit {
        Unit::Year => year,
        Unit::Quarter => year * 4 + (month + 2) / 3,
        Unit::Month => year * 12 + month,
        Unit::Week | Unit::WeekOfYear => (at.0.div_euclid(DAY) + 1).div_euclid(7),
        Unit::Day | Unit::DayOfYear => at.0.div_euclid(DAY),
        Unit::Hour => at.0.div_euclid(HOUR),
        Unit::Minute => at.0.div_euclid(MINUTE),
        Unit::Second => at.0.div_euclid(SECOND),
        Unit::Millisecond => at.0.div_euclid(10_000),
        Unit::Microsecond => at.0.div_euclid(10),
        Unit::Nanosecond => at.0.wrapping_mul(100),
    }
}

/// Fills in a format; without a year and month `d` counts days.
fn formatted(format: &str, time: i64, calendar: Option<(i64, i64)>, day: i64) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let width = rest.chars().take_while(|other| *other == c).count();
        let run = &rest[..width * c.len_utf8()];
        rest = &rest[run.len()..];
        let hour = time / HOUR;
        let number = |value: i64| format!("{value:0width$}");
        let fraction = |digits: usize| format!("{:07}", time % SECOND)[..digits.min(7)].to_owned();
        match (c, calendar) {
            ('y', Some((year, _))) if width <= 2 => out.push_str(&format!("{:0width$}", year % 100)),
            ('y', Some((year, _))) => out.push_str(&number(year)),
            ('M', Some((_, month))) => out.push_str(&number(month)),
            ('d', _) => out.push_str(&number(day)),
            ('H', _) => out.push_str(&number(hour)),
            ('h', Some(_)) => out.push_str(&number((hour + 11) % 12 + 1)),
            ('h', None) => out.push_str(&number(hour)),
            ('m', _) => out.push_str(&number(time / MINUTE % 60)),
            ('s', _) => out.push_str(&number(time / SECOND % 60)),
            ('f', _) => out.push_str(&fraction(width)),
            ('F', _) => out.push_str(fraction(width).trim_end_matches('0')),
            ('t', Some(_)) => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            _ => out.push_str(run),
        }
    }
    out
}
