//! Datetimes and timespans: parts, bounds, arithmetic by calendar, formats. All in UTC.
//! Leaves out rounding to multiples (`numbers`) and time zones (`zones`).

use super::given::text;
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::datetime::{Date, UNIX_EPOCH, days_in};
use crate::signature::{Signature, Takes};
use crate::timespan::{DAY, HOUR, MINUTE, SECOND};
use crate::{Datetime, Timespan, Type, Value, convert};

const MILLISECOND: i64 = SECOND / 1000;
const MICROSECOND: i64 = MILLISECOND / 1000;

const STEPPED: &[Signature] = &[gives(&[one("date", DATETIME), maybe("offset", LONG)], Type::Datetime)];
const PART: &[Signature] = &[gives(&[one("date", DATETIME)], Type::Int)];
const NAMED_PART: &[Signature] = &[gives(&[one("part", TEXT), one("date", DATETIME)], Type::Long)];
const UNIX: &[Signature] = &[gives(&[one("number", Takes::Number)], Type::Datetime)];
/// What `datetime_add` and `datetime_diff` count.
pub(super) const PERIODS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];
/// What `datetime_part` gives.
pub(super) const PARTS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week_of_year",
    "day",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];

macro_rules! since_epoch {
    ($name:literal, $doc:literal, $examples:expr, $ticks:expr, $per_tick:expr) => {
        Function::new(
            $name,
            UNIX,
            $doc,
            $examples,
            Eval::Cells(|_, args| Value::Datetime(since_epoch(args[0], $ticks, $per_tick))),
        )
    };
}

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "now",
        &[gives(&[maybe("offset", TIMESPAN)], Type::Datetime)],
        "The time of the query, moved by an offset.",
        &[("now(-1h) - now()", "-01:00:00")],
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
    Function::new(
        "startofday",
        STEPPED,
        "Midnight of the date, moved by so many days.",
        &[("startofday(datetime(2017-01-01 10:10:17), -1)", "2016-12-31T00:00:00.0000000Z")],
        Eval::Cells(|_, args| start(args, day)),
    ),
    Function::new(
        "startofweek",
        STEPPED,
        "Midnight of the Sunday on or before the date, moved by so many weeks.",
        &[("startofweek(datetime(2017-01-04 10:10:17))", "2017-01-01T00:00:00.0000000Z")],
        Eval::Cells(|_, args| start(args, week)),
    ),
    Function::new(
        "startofmonth",
        STEPPED,
        "Midnight of the first day of the month, moved by so many months.",
        &[("startofmonth(datetime(2017-01-31), 1)", "2017-02-01T00:00:00.0000000Z")],
        Eval::Cells(|_, args| start(args, month)),
    ),
    Function::new(
        "startofyear",
        STEPPED,
        "Midnight of the first of January, moved by so many years.",
        &[("startofyear(datetime(2017-05-06), -1)", "2016-01-01T00:00:00.0000000Z")],
        Eval::Cells(|_, args| start(args, year)),
    ),
    Function::new(
        "endofday",
        STEPPED,
        "The last tick of the day, moved by so many days.",
        &[("endofday(datetime(2017-01-01 10:10:17))", "2017-01-01T23:59:59.9999999Z")],
        Eval::Cells(|_, args| end(args, day)),
    ),
    Function::new(
        "endofweek",
        STEPPED,
        "The last tick of the Saturday on or after the date, moved by so many weeks.",
        &[("endofweek(datetime(2017-01-01))", "2017-01-07T23:59:59.9999999Z")],
        Eval::Cells(|_, args| end(args, week)),
    ),
    Function::new(
        "endofmonth",
        STEPPED,
        "The last tick of the month, moved by so many months.",
        &[("endofmonth(datetime(2016-01-31), 1)", "2016-02-29T23:59:59.9999999Z")],
        Eval::Cells(|_, args| end(args, month)),
    ),
    Function::new(
        "endofyear",
        STEPPED,
        "The last tick of the year, moved by so many years.",
        &[("endofyear(datetime(2017-01-01), -1)", "2016-12-31T23:59:59.9999999Z")],
        Eval::Cells(|_, args| end(args, year)),
    ),
    Function::new(
        "datetime_add",
        &[gives(&[one("part", TEXT), one("value", Takes::Integer), one("datetime", DATETIME)], Type::Datetime)],
        "The datetime moved by so many years, quarters, months, weeks, days, hours, minutes, seconds, milliseconds, microseconds or nanoseconds. \
         A day that the month does not have becomes its last.",
        &[
            ("datetime_add('month', 1, datetime(2017-01-31))", "2017-02-28T00:00:00.0000000Z"),
            ("datetime_add('Week', -1, datetime(2017-01-01 01:00))", "2016-12-25T01:00:00.0000000Z"),
        ],
        Eval::Cells(|_, args| Value::Datetime(added(args))),
    ),
    Function::new(
        "datetime_diff",
        &[gives(&[one("part", TEXT), one("datetime1", DATETIME), one("datetime2", DATETIME)], Type::Long)],
        "How many boundaries of the part lie from the second datetime to the first; negative where the first is earlier.",
        &[
            ("datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))", "17"),
            ("datetime_diff('week', datetime(2017-10-29), datetime(2017-09-30 23:59))", "5.0"),
            ("datetime_diff('hour', datetime(2017-10-30 23:59), datetime(2017-10-31 01:00))", "-2"),
        ],
        Eval::Cells(|_, args| Value::Long(difference(args))),
    ),
    Function::new(
        "datetime_part",
        NAMED_PART,
        "A part of the datetime by its name: year, quarter, month, week_of_year, day, dayofyear, hour, minute, second, millisecond, microsecond, \
         nanosecond.",
        &[
            ("datetime_part('quarter', datetime(2017-10-30))", "4"),
            ("datetime_part('dayOfYear', datetime(2017-10-30))", "303"),
            ("datetime_part('microsecond', datetime(2017-10-30 01:02:03.7654321))", "765432"),
        ],
        Eval::Cells(named_part),
    ),
    Function::new(
        "datepart",
        NAMED_PART,
        "The same as `datetime_part`.",
        &[("datepart('month', datetime(2017-10-30))", "10")],
        Eval::Cells(named_part),
    ),
    Function::new(
        "dayofweek",
        &[gives(&[one("date", DATETIME)], Type::Timespan)],
        "The time since the Sunday on or before the date, in whole days.",
        &[("dayofweek(datetime(1970-05-12 10:00))", "2.00:00:00")],
        Eval::Cells(|_, args| Value::Timespan(args[0].datetime().map(|at| Timespan(at.weekday() * DAY)))),
    ),
    Function::new(
        "dayofmonth",
        PART,
        "The day of the month, from 1.",
        &[("dayofmonth(datetime(2015-12-14))", "14")],
        Eval::Cells(|_, args| part(args, |at| at.date().day)),
    ),
    Function::new(
        "dayofyear",
        PART,
        "The day of the year, from 1.",
        &[("dayofyear(datetime(2015-12-14))", "348")],
        Eval::Cells(|_, args| part(args, day_of_year)),
    ),
    Function::new(
        "hourofday",
        PART,
        "The hour, from 0 to 23.",
        &[("hourofday(datetime(2015-12-14 18:54))", "18")],
        Eval::Cells(|_, args| part(args, |at| at.time() / HOUR)),
    ),
    Function::new(
        "week_of_year",
        PART,
        "The number of the week by ISO 8601: weeks begin on Monday, and the first holds the year's first Thursday.",
        &[("week_of_year(datetime(2020-12-31))", "53"), ("week_of_year(datetime(2000-01-01))", "52")],
        Eval::Cells(|_, args| part(args, week_of_year)),
    ),
    Function::new(
        "weekofyear",
        PART,
        "The same as `week_of_year`.",
        &[("weekofyear(datetime(2020-06-15))", "25")],
        Eval::Cells(|_, args| part(args, week_of_year)),
    ),
    Function::new(
        "monthofyear",
        PART,
        "The month, from 1 to 12.",
        &[("monthofyear(datetime(2015-12-14))", "12")],
        Eval::Cells(|_, args| part(args, |at| at.date().month)),
    ),
    Function::new(
        "getmonth",
        PART,
        "The same as `monthofyear`.",
        &[("getmonth(datetime(2015-10-12))", "10")],
        Eval::Cells(|_, args| part(args, |at| at.date().month)),
    ),
    Function::new(
        "getyear",
        &[gives(&[one("date", DATETIME)], Type::Long)],
        "The year.",
        &[("getyear(datetime(2015-10-12))", "2015")],
        Eval::Cells(|_, args| Value::Long(args[0].datetime().map(|at| at.date().year))),
    ),
    Function::new(
        "make_datetime",
        &[
            gives(&[one("value", Takes::Scalar)], Type::Datetime),
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
        ],
        "The datetime of these parts, or of a value as `todatetime` reads it; null where there is no such one.",
        &[
            ("make_datetime(2017, 10, 1, 12, 11, 0.1234567)", "2017-10-01T12:11:00.1234567Z"),
            ("make_datetime(2017, 2, 29)", ""),
        ],
        Eval::Cells(|_, args| match args {
            [value] => convert::cell(*value, Type::Datetime),
            parts => Value::Datetime(made_datetime(parts)),
        }),
    ),
    Function::new(
        "make_timespan",
        &[
            gives(&[one("value", Takes::Scalar)], Type::Timespan),
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
        ],
        "The timespan of these parts, or of a value as `totimespan` reads it; null where an hour is above 23, a minute above 59, or a second 60 or more.",
        &[("make_timespan(1, 12, 30, 55.123)", "1.12:30:55.1230000"), ("make_timespan(12, 30)", "12:30:00")],
        Eval::Cells(|_, args| match args {
            [value] => convert::cell(*value, Type::Timespan),
            parts => Value::Timespan(made_timespan(parts)),
        }),
    ),
    since_epoch!(
        "unixtime_seconds_todatetime",
        "The datetime so many seconds after 1970-01-01T00:00:00Z.",
        &[("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z")],
        SECOND,
        1
    ),
    since_epoch!(
        "unixtime_milliseconds_todatetime",
        "The datetime so many milliseconds after 1970-01-01T00:00:00Z.",
        &[("unixtime_milliseconds_todatetime(1546300800001)", "2019-01-01T00:00:00.0010000Z")],
        MILLISECOND,
        1
    ),
    since_epoch!(
        "unixtime_microseconds_todatetime",
        "The datetime so many microseconds after 1970-01-01T00:00:00Z.",
        &[("unixtime_microseconds_todatetime(-1)", "1969-12-31T23:59:59.9999990Z")],
        MICROSECOND,
        1
    ),
    since_epoch!(
        "unixtime_nanoseconds_todatetime",
        "The datetime so many nanoseconds after 1970-01-01T00:00:00Z, to 100 ns.",
        &[("unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z")],
        1,
        100
    ),
    Function::new(
        "format_datetime",
        &[gives(&[one("date", DATETIME), one("format", TEXT)], Type::String)],
        "The datetime written by a format of d, dd, f to fffffff, F to FFFFFFF, h, hh, H, HH, m, mm, M, MM, s, ss, yy, yyyy, tt \
         and the delimiters space / - : , . _ [ ].",
        &[
            ("format_datetime(datetime(2017-01-29 09:00:05), 'yyyy-M-dd [H:mm:ss]')", "2017-1-29 [9:00:05]"),
            (
                "format_datetime(datetime(2017-01-29 21:00:05.12), 'yy-MM-dd hh:mm tt fff FFF')",
                "17-01-29 09:00 PM 120 12",
            ),
        ],
        Eval::Cells(|_, args| {
            text(args[0].datetime().and_then(|at| formatted(at, &args[1].text())).unwrap_or_default())
        }),
    ),
    Function::new(
        "format_timespan",
        &[gives(&[one("timespan", TIMESPAN), one("format", TEXT)], Type::String)],
        "The timespan written by a format of d to dddddddd, f to fffffff, F to FFFFFFF, h, hh, H, HH, m, mm, s, ss \
         and the delimiters space / - : , . _ [ ].",
        &[("format_timespan(time(29.09:00:05.12345), 'ddd.h:mm:ss [fffffff]')", "029.9:00:05 [1234500]")],
        Eval::Cells(|_, args| {
            text(args[0].timespan().and_then(|span| formatted_span(span, &args[1].text())).unwrap_or_default())
        }),
    ),
];

/// A start and what it becomes some steps later.
type Stepped = fn(Datetime, i64) -> Option<Datetime>;

fn day(at: Datetime, steps: i64) -> Option<Datetime> {
    Datetime::from_ticks((at.0 / DAY).checked_add(steps)?.checked_mul(DAY)?)
}

fn week(at: Datetime, steps: i64) -> Option<Datetime> {
    Datetime::from_ticks((at.0 / DAY - at.weekday()).checked_add(steps.checked_mul(7)?)?.checked_mul(DAY)?)
}

fn month(at: Datetime, steps: i64) -> Option<Datetime> {
    let Date { year, month, .. } = at.date();
    let months = (year * 12 + month - 1).checked_add(steps)?;
    Datetime::from_date(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
}

fn year(at: Datetime, steps: i64) -> Option<Datetime> {
    Datetime::from_date(at.date().year.checked_add(steps)?, 1, 1)
}

fn start(args: &[Cell<'_>], of: Stepped) -> Value {
    let offset = args.get(1).map_or(Some(0), |cell| cell.long());
    Value::Datetime((|| of(args[0].datetime()?, offset?))())
}

fn end(args: &[Cell<'_>], of: Stepped) -> Value {
    let offset = args.get(1).map_or(Some(0), |cell| cell.long());
    Value::Datetime((|| {
        let (at, offset) = (args[0].datetime()?, offset?);
        match of(at, offset.checked_add(1)?) {
            Some(next) => Some(Datetime(next.0 - 1)),
            // The last period there is ends with time itself.
            None => of(at, offset).map(|_| Datetime::MAX),
        }
    })())
}

fn part(args: &[Cell<'_>], of: fn(Datetime) -> i64) -> Value {
    Value::Int(args[0].datetime().and_then(|at| i32::try_from(of(at)).ok()))
}

fn day_of_year(at: Datetime) -> i64 {
    let first = Datetime::from_date(at.date().year, 1, 1).unwrap_or(Datetime::MIN);
    (at.0 - first.0) / DAY + 1
}

fn week_of_year(at: Datetime) -> i64 {
    let since_monday = (at.weekday() + 6) % 7;
    // A week belongs to the year of its Thursday.
    let thursday = Datetime((at.0 / DAY - since_monday + 3) * DAY);
    (day_of_year(thursday) - 1) / 7 + 1
}

/// The ticks of a part that has the same length always.
fn unit(part: &str) -> Option<i64> {
    Some(match part {
        "week" => 7 * DAY,
        "day" => DAY,
        "hour" => HOUR,
        "minute" => MINUTE,
        "second" => SECOND,
        "millisecond" => MILLISECOND,
        "microsecond" => MICROSECOND,
        _ => return None,
    })
}

/// The months of a part that is counted in them.
fn months_of(part: &str) -> Option<i64> {
    match part {
        "year" => Some(12),
        "quarter" => Some(3),
        "month" => Some(1),
        _ => None,
    }
}

fn added(args: &[Cell<'_>]) -> Option<Datetime> {
    let part = args[0].text().to_ascii_lowercase();
    let (count, at) = (args[1].long()?, args[2].datetime()?);
    if let Some(months) = months_of(&part) {
        let first = month(at, count.checked_mul(months)?)?;
        let Date { year, month, .. } = first.date();
        let day = at.date().day.min(days_in(year, month));
        return Datetime::from_ticks(first.0 + (day - 1) * DAY + at.time());
    }
    let ticks = if part == "nanosecond" { count.div_euclid(100) } else { count.checked_mul(unit(&part)?)? };
    Datetime::from_ticks(at.0.checked_add(ticks)?)
}

fn difference(args: &[Cell<'_>]) -> Option<i64> {
    let part = args[0].text().to_ascii_lowercase();
    let (at, other) = (args[1].datetime()?, args[2].datetime()?);
    if let Some(months) = months_of(&part) {
        let count = |at: Datetime| (at.date().year * 12 + at.date().month - 1) / months;
        return Some(count(at) - count(other));
    }
    match part.as_str() {
        "nanosecond" => (at.0 - other.0).checked_mul(100),
        "week" => Some((week(at, 0)?.0 - week(other, 0)?.0) / (7 * DAY)),
        part => unit(part).map(|unit| at.0 / unit - other.0 / unit),
    }
}

fn named_part(_: &Call, args: &[Cell<'_>]) -> Value {
    let of: fn(Datetime) -> i64 = match args[0].text().to_ascii_lowercase().as_str() {
        "year" => |at| at.date().year,
        "quarter" => |at| (at.date().month - 1) / 3 + 1,
        "month" => |at| at.date().month,
        "week_of_year" => week_of_year,
        "day" => |at| at.date().day,
        "dayofyear" => day_of_year,
        "hour" => |at| at.time() / HOUR,
        "minute" => |at| at.time() / MINUTE % 60,
        "second" => |at| at.time() / SECOND % 60,
        "millisecond" => |at| at.time() % SECOND / MILLISECOND,
        "microsecond" => |at| at.time() % SECOND / MICROSECOND,
        "nanosecond" => |at| at.time() % SECOND * 100,
        _ => return Value::Long(None),
    };
    Value::Long(args[1].datetime().map(of))
}

/// Seconds with a fraction, in ticks.
fn seconds(cell: Cell<'_>) -> Option<i64> {
    let ticks = (cell.real()? * SECOND as f64).round();
    (0.0..(60 * SECOND) as f64).contains(&ticks).then_some(ticks as i64)
}

fn made_datetime(args: &[Cell<'_>]) -> Option<Datetime> {
    let given = |place: usize| args.get(place).map_or(Some(0), |cell| cell.long());
    let date = Datetime::from_date(given(0)?, given(1)?, given(2)?)?;
    let (hour, minute) = (given(3)?, given(4)?);
    let seconds = args.get(5).map_or(Some(0), |cell| seconds(*cell))?;
    ((0..24).contains(&hour) && (0..60).contains(&minute))
        .then(|| Datetime(date.0 + hour * HOUR + minute * MINUTE + seconds))
}

fn made_timespan(args: &[Cell<'_>]) -> Option<Timespan> {
    let (days, clock) = if args.len() == 4 { (args[0].long()?, &args[1..]) } else { (0, args) };
    let (hours, minutes) = (clock[0].long()?, clock[1].long()?);
    let seconds = clock.get(2).map_or(Some(0), |cell| seconds(*cell))?;
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    Some(Timespan(days.checked_mul(DAY)?.checked_add(hours * HOUR + minutes * MINUTE + seconds)?))
}

/// A number of units after the epoch, `ticks / divisor` ticks each.
fn since_epoch(count: Cell<'_>, ticks: i64, divisor: i64) -> Option<Datetime> {
    let since = match count {
        Cell::Int(_) | Cell::Long(_) => (i128::from(count.long()?) * i128::from(ticks)).div_euclid(i128::from(divisor)),
        _ => {
            let since = (count.real()? * ticks as f64 / divisor as f64).round();
            if !since.is_finite() {
                return None;
            }
            since as i128
        }
    };
    Datetime::from_ticks(i64::try_from(since + i128::from(UNIX_EPOCH)).ok()?)
}

/// Writes the runs of equal letters in a format; `None` for a run that `field` does not know.
fn fields(format: &str, field: impl Fn(char, usize) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(letter).len();
        let width = run / letter.len_utf8();
        if letter.is_ascii_alphabetic() {
            out.push_str(&field(letter, width)?);
        } else if matches!(letter, ' ' | '/' | '-' | ':' | ',' | '.' | '_' | '[' | ']') {
            out.push_str(&rest[..run]);
        } else {
            return None;
        }
        rest = &rest[run..];
    }
    Some(out)
}

fn padded(value: i64, width: usize) -> Option<String> {
    (width <= 2).then(|| format!("{value:0width$}"))
}

/// The leading digits of a fraction of a second; without trailing zeros for `F`.
fn fraction(ticks: i64, letter: char, width: usize) -> Option<String> {
    let digits = format!("{:07}", ticks % SECOND);
    let digits = digits.get(..width)?;
    Some(if letter == 'F' { digits.trim_end_matches('0') } else { digits }.to_owned())
}

fn formatted(at: Datetime, format: &str) -> Option<String> {
    let Date { year, month, day } = at.date();
    let time = at.time();
    let hour = time / HOUR;
    fields(format, |letter, width| match letter {
        'd' => padded(day, width),
        'f' | 'F' => fraction(time, letter, width),
        'h' => padded((hour + 11) % 12 + 1, width),
        'H' => padded(hour, width),
        'm' => padded(time / MINUTE % 60, width),
        'M' => padded(month, width),
        's' => padded(time / SECOND % 60, width),
        'y' if width == 2 => padded(year % 100, 2),
        'y' if width == 4 => Some(format!("{year:04}")),
        't' if width == 2 => Some(if hour < 12 { "AM" } else { "PM" }.to_owned()),
        _ => None,
    })
}

fn formatted_span(span: Timespan, format: &str) -> Option<String> {
    let ticks = i64::try_from(span.0.unsigned_abs()).ok()?;
    fields(format, |letter, width| match letter {
        'd' if width <= 8 => Some(format!("{:0width$}", ticks / DAY)),
        'f' | 'F' => fraction(ticks, letter, width),
        'h' | 'H' => padded(ticks / HOUR % 24, width),
        'm' => padded(ticks / MINUTE % 60, width),
        's' => padded(ticks / SECOND % 60, width),
        _ => None,
    })
}

pub(super) fn is_datetime_format(format: &str) -> bool {
    formatted(Datetime::MIN, format).is_some()
}

pub(super) fn is_timespan_format(format: &str) -> bool {
    formatted_span(Timespan(0), format).is_some()
}
