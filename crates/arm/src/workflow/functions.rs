//! The functions of workflows. Those that templates have too, with the same meaning, are taken from there.
//!
//! Source: "Reference guide to workflow expression functions in Azure Logic Apps and Power Automate".

use serde_json::{Map, Number, Value, json};
use time::{Duration, OffsetDateTime};

use super::condition::truth;
use super::evaluate::View;
use crate::dates::{self, Period};
use crate::error::Fault;
use crate::functions::{Arguments, Eval, Function, type_name};
use crate::syntax::Call;

/// Calls a function in a run.
pub(super) fn call(view: &View<'_>, call: &Call) -> Result<Value, Fault> {
    let argument = |place: usize| {
        let argument = call.arguments.get(place).ok_or_else(|| count_fault(&call.name, call.arguments.len()))?;
        view.expression(argument)
    };
    match call.name.to_ascii_lowercase().as_str() {
        "if" if call.arguments.len() == 3 => return argument(if truth(&argument(0)?)? { 1 } else { 2 }),
        "and" | "or" if call.arguments.len() >= 2 => {
            let decides = call.name.eq_ignore_ascii_case("or");
            for place in 0..call.arguments.len() {
                if truth(&argument(place)?)? == decides {
                    return Ok(Value::Bool(decides));
                }
            }
            return Ok(Value::Bool(!decides));
        }
        "coalesce" => {
            for place in 0..call.arguments.len() {
                let value = argument(place)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            return Ok(Value::Null);
        }
        _ => {}
    }
    let values = call.arguments.iter().map(|argument| view.expression(argument)).collect::<Result<Vec<_>, _>>()?;
    if let Some(value) = of_the_run(view, &call.name, &values) {
        return value;
    }
    apply(&call.name, values)
}

/// What only the run knows; `None` for every other function.
fn of_the_run(view: &View<'_>, name: &str, values: &[Value]) -> Option<Result<Value, Fault>> {
    let a = Arguments::new(name, values.to_vec());
    let first = || a.text(0);
    let memory = view.memory;
    Some(match (name.to_ascii_lowercase().as_str(), values.len()) {
        ("parameters", 1) => first().and_then(|name| memory.parameter(name)),
        ("variables", 1) => first().and_then(|name| memory.variable(name)),
        ("actions", 1) => first().and_then(|name| memory.action(name, view.turn)),
        ("outputs", 1) => first().and_then(|name| memory.outputs(name, view.turn)),
        ("body", 1) => first().and_then(|name| Ok(body(memory.outputs(name, view.turn)?))),
        ("result", 1) => first().map(|name| memory.result(name, view.turn)),
        ("trigger", 0) => Ok(memory.trigger.clone()),
        ("triggeroutputs", 0) => Ok(memory.trigger.get("outputs").cloned().unwrap_or(Value::Null)),
        ("triggerbody", 0) => Ok(body(memory.trigger.get("outputs").cloned().unwrap_or(Value::Null))),
        ("workflow", 0) => Ok(memory.context.clone()),
        ("item", 0) => match view.item.or_else(|| view.turn.and_then(|turn| turn.item)) {
            Some(item) => Ok(item.clone()),
            None => Err(Fault::new("The template function 'item' is not expected at this location: it is only known inside of a loop, a 'Select' or a 'Query'.")),
        },
        ("items", 1) => first().and_then(|name| match view.turn_of(name).and_then(|turn| turn.item) {
            Some(item) => Ok(item.clone()),
            None => Err(Fault::new(format!("The template function 'items' names the loop '{name}', and this action is not inside of a loop of that name."))),
        }),
        ("iterationindexes", 1) => first().and_then(|name| match view.turn_of(name) {
            Some(turn) => Ok(Value::from(turn.index)),
            None => Err(Fault::new(format!("The template function 'iterationIndexes' names the loop '{name}', and this action is not inside of it."))),
        }),
        ("utcnow", 0..=1) => formatted(memory.effects.now(), &a, 0),
        ("guid", 0) => Ok(Value::from(memory.effects.new_guid().to_string())),
        ("getfuturetime" | "getpasttime", 2..=3) => {
            let sign = if name.eq_ignore_ascii_case("getFutureTime") { 1 } else { -1 };
            units(&a, 0).and_then(|period| moved(memory.effects.now(), period, sign, &a)).and_then(|moment| formatted(moment, &a, 2))
        }
        _ => return None,
    })
}

fn body(mut outputs: Value) -> Value {
    outputs.get_mut("body").map(Value::take).unwrap_or(Value::Null)
}

/// Calls a function that needs its arguments only.
pub(super) fn apply(name: &str, values: Vec<Value>) -> Result<Value, Fault> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, fewest, most, eval)) = OWN.iter().find(|(own, ..)| own.eq_ignore_ascii_case(name)) {
        if values.len() < *fewest || values.len() > *most {
            return Err(count_fault(name, values.len()));
        }
        return eval(&Arguments::new(name, values));
    }
    let shared = SHARED.contains(&lower.as_str()).then(|| Function::named(name)).flatten();
    match shared {
        Some(Function { eval: Eval::Plain(eval), arguments: (fewest, most), .. }) => {
            if values.len() < *fewest || most.is_some_and(|most| values.len() > most) {
                return Err(count_fault(name, values.len()));
            }
            eval(&Arguments::new(name, values))
        }
        _ if UNSUPPORTED.contains(&lower.as_str()) => {
            Err(Fault::unsupported(format!("The template function '{name}' is not supported by this engine.")))
        }
        _ => Err(Fault::new(format!("The template function '{name}' is not defined or not valid."))),
    }
}

fn count_fault(name: &str, count: usize) -> Fault {
    Fault::new(format!("The template function '{name}' does not take '{count}' argument(s)."))
}

/// Functions with the meaning that they have in templates.
const SHARED: &[&str] = &[
    "array",
    "base64",
    "base64tostring",
    "bool",
    "concat",
    "contains",
    "createarray",
    "datauri",
    "datauritostring",
    "empty",
    "endswith",
    "first",
    "float",
    "indexof",
    "int",
    "intersection",
    "join",
    "json",
    "last",
    "lastindexof",
    "length",
    "not",
    "range",
    "replace",
    "skip",
    "split",
    "startswith",
    "string",
    "substring",
    "take",
    "tolower",
    "toupper",
    "trim",
    "union",
    "uricomponent",
    "uricomponenttostring",
];

/// Functions that the service has and this engine does not.
const UNSUPPORTED: &[&str] = &[
    "action",
    "base64tobinary",
    "binary",
    "converttimezone",
    "convertfromutc",
    "converttoutc",
    "datauritobinary",
    "decimal",
    "decodebase64",
    "decodedatauri",
    "formdatamultivalues",
    "formdatavalue",
    "formatnumber",
    "isfloat",
    "isint",
    "listcallbackurl",
    "multipartbody",
    "nthindexof",
    "parsedatetime",
    "rand",
    "triggerformdatamultivalues",
    "triggerformdatavalue",
    "triggermultipartbody",
    "urihost",
    "uripath",
    "uripathandquery",
    "uriport",
    "uriquery",
    "urischeme",
    "uricomponenttobinary",
    "xml",
    "xpath",
];

type Own = (&'static str, usize, usize, fn(&Arguments<'_>) -> Result<Value, Fault>);

/// Functions that templates do not have, or have with another meaning: name, fewest and most arguments, evaluation.
const OWN: &[Own] = &[
    ("add", 2, 2, |a| arithmetic(a, i64::checked_add, |left, right| left + right)),
    ("addDays", 2, 3, |a| added(a, 86_400)),
    ("addHours", 2, 3, |a| added(a, 3_600)),
    ("addMinutes", 2, 3, |a| added(a, 60)),
    ("addProperty", 3, 3, |a| {
        if a.object(0)?.contains_key(a.text(1)?) {
            return Err(a.fault(format!("the object has a property '{}' already.", a.text(1)?)));
        }
        with_property(a)
    }),
    ("addSeconds", 2, 3, |a| added(a, 1)),
    ("addToTime", 3, 4, |a| moved(date(a, 0)?, units(a, 1)?, 1, a).and_then(|moment| formatted(moment, a, 3))),
    ("chunk", 2, 2, |a| {
        let size = a.count(1)?.max(1);
        Ok(a.array(0)?.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect())
    }),
    ("dayOfMonth", 1, 1, |a| Ok(Value::from(date(a, 0)?.day()))),
    ("dayOfWeek", 1, 1, |a| Ok(Value::from(date(a, 0)?.weekday().number_days_from_sunday()))),
    ("dayOfYear", 1, 1, |a| Ok(Value::from(date(a, 0)?.ordinal()))),
    ("decodeUriComponent", 1, 1, |a| apply("uriComponentToString", vec![a.value(0).clone()])),
    ("div", 2, 2, |a| arithmetic(a, i64::checked_div, |left, right| left / right)),
    ("encodeUriComponent", 1, 1, |a| apply("uriComponent", vec![a.value(0).clone()])),
    ("equals", 2, 2, |a| Ok(Value::from(same(a.value(0), a.value(1))))),
    ("formatDateTime", 1, 3, |a| formatted(date(a, 0)?, a, 1)),
    ("greater", 2, 2, |a| compare(a, std::cmp::Ordering::is_gt)),
    ("greaterOrEquals", 2, 2, |a| compare(a, std::cmp::Ordering::is_ge)),
    ("less", 2, 2, |a| compare(a, std::cmp::Ordering::is_lt)),
    ("lessOrEquals", 2, 2, |a| compare(a, std::cmp::Ordering::is_le)),
    ("max", 1, usize::MAX, |a| extreme(a, std::cmp::Ordering::is_gt)),
    ("min", 1, usize::MAX, |a| extreme(a, std::cmp::Ordering::is_lt)),
    ("mod", 2, 2, |a| arithmetic(a, i64::checked_rem, |left, right| left % right)),
    ("mul", 2, 2, |a| arithmetic(a, i64::checked_mul, |left, right| left * right)),
    ("removeProperty", 2, 2, |a| {
        let mut members = a.object(0)?.clone();
        members.shift_remove(a.text(1)?);
        Ok(Value::Object(members))
    }),
    ("reverse", 1, 1, |a| Ok(a.array(0)?.iter().rev().cloned().collect())),
    ("setProperty", 3, 3, with_property),
    ("sort", 1, 2, sorted),
    ("startOfDay", 1, 2, |a| formatted(date(a, 0)?.replace_time(time::Time::MIDNIGHT), a, 1)),
    ("startOfHour", 1, 2, |a| {
        let moment = date(a, 0)?;
        let hour = time::Time::from_hms(moment.hour(), 0, 0).unwrap_or(time::Time::MIDNIGHT);
        formatted(moment.replace_time(hour), a, 1)
    }),
    ("startOfMonth", 1, 2, |a| {
        let day = date(a, 0)?.replace_time(time::Time::MIDNIGHT);
        formatted(day - Duration::days(i64::from(day.day()) - 1), a, 1)
    }),
    ("sub", 2, 2, |a| arithmetic(a, i64::checked_sub, |left, right| left - right)),
    ("subtractFromTime", 3, 4, |a| moved(date(a, 0)?, units(a, 1)?, -1, a).and_then(|moment| formatted(moment, a, 3))),
    ("ticks", 1, 1, |a| Ok(Value::from(ticks(date(a, 0)?)))),
];

/// The value as text, as it is put into other text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => String::from(if *value { "True" } else { "False" }),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Whether two values are the same; 1 and 1.0 are.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

fn number<'v>(a: &'v Arguments<'_>, place: usize) -> Result<&'v Number, Fault> {
    a.value(place).as_number().ok_or_else(|| a.wrong(place, "a number"))
}

fn arithmetic(
    a: &Arguments<'_>,
    whole: fn(i64, i64) -> Option<i64>,
    real: fn(f64, f64) -> f64,
) -> Result<Value, Fault> {
    let (left, right) = (number(a, 0)?, number(a, 1)?);
    let result = match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => whole(left, right).map(Value::from),
        _ => {
            let result = real(left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
            Number::from_f64(result).map(Value::Number)
        }
    };
    result.ok_or_else(|| a.fault(format!("'{left}' and '{right}' have no result that is a number in range.")))
}

fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

fn compare(a: &Arguments<'_>, holds: fn(std::cmp::Ordering) -> bool) -> Result<Value, Fault> {
    let order = order(a.value(0), a.value(1));
    let order = order.ok_or_else(|| {
        a.fault(format!(
            "it compares two numbers or two strings, and was given '{}' and '{}'.",
            type_name(a.value(0)),
            type_name(a.value(1))
        ))
    })?;
    Ok(Value::from(holds(order)))
}

fn extreme(a: &Arguments<'_>, better: fn(std::cmp::Ordering) -> bool) -> Result<Value, Fault> {
    let values = match a.value(0) {
        Value::Array(elements) if a.all().len() == 1 => elements.as_slice(),
        _ => a.all(),
    };
    let mut best: Option<&Value> = None;
    for value in values {
        if !value.is_number() {
            return Err(a.fault("every value must be a number."));
        }
        if best.is_none_or(|best| order(value, best).is_some_and(better)) {
            best = Some(value);
        }
    }
    best.cloned().ok_or_else(|| a.fault("the array must not be empty."))
}

fn with_property(a: &Arguments<'_>) -> Result<Value, Fault> {
    let mut members: Map<String, Value> = a.object(0)?.clone();
    members.insert(a.text(1)?.to_owned(), a.value(2).clone());
    Ok(Value::Object(members))
}

fn sorted(a: &Arguments<'_>) -> Result<Value, Fault> {
    let key = if a.get(1).is_some() { Some(a.text(1)?) } else { None };
    let mut elements = a.array(0)?.clone();
    let of = |value: &Value| key.map_or_else(|| value.clone(), |key| value.get(key).cloned().unwrap_or(Value::Null));
    elements.sort_by(|left, right| {
        order(&of(left), &of(right)).unwrap_or_else(|| type_name(&of(left)).cmp(type_name(&of(right))))
    });
    Ok(Value::Array(elements))
}

fn date(a: &Arguments<'_>, place: usize) -> Result<OffsetDateTime, Fault> {
    let text = a.text(place)?;
    let date = dates::parse(text).ok_or_else(|| a.fault(format!("'{text}' is not a date of ISO 8601.")))?;
    Ok(date.to_offset(time::UtcOffset::UTC))
}

/// The moment in the format at this place, or in the round-trip format where there is none.
fn formatted(moment: OffsetDateTime, a: &Arguments<'_>, place: usize) -> Result<Value, Fault> {
    let format = if a.get(place).is_some_and(|format| !format.is_null()) { a.text(place)? } else { "o" };
    dates::format(moment, format).map(Value::from).map_err(|reason| a.fault(reason))
}

fn added(a: &Arguments<'_>, seconds: i64) -> Result<Value, Fault> {
    let count = a.integer(1)?;
    let period = seconds.checked_mul(count).map(|seconds| Period { months: 0, rest: Duration::seconds(seconds) });
    let period = period.ok_or_else(|| a.fault("the date is out of range."))?;
    moved(date(a, 0)?, period, 1, a).and_then(|moment| formatted(moment, a, 2))
}

fn moved(moment: OffsetDateTime, period: Period, sign: i32, a: &Arguments<'_>) -> Result<OffsetDateTime, Fault> {
    let period = Period { months: period.months * sign, rest: period.rest * sign };
    dates::later(moment, period).ok_or_else(|| a.fault("the date is out of range."))
}

/// A number of time units: the number at this place, and the unit behind it.
fn units(a: &Arguments<'_>, place: usize) -> Result<Period, Fault> {
    let (count, unit) = (a.integer(place)?, a.text(place + 1)?);
    let count = i32::try_from(count).map_err(|_| a.fault("the date is out of range."))?;
    let months = |months: i32| count.checked_mul(months).map(|months| Period { months, rest: Duration::ZERO });
    let seconds = |seconds: i64| Some(Period { months: 0, rest: Duration::seconds(seconds * i64::from(count)) });
    let period = match unit.to_ascii_lowercase().as_str() {
        "second" => seconds(1),
        "minute" => seconds(60),
        "hour" => seconds(3_600),
        "day" => seconds(86_400),
        "week" => seconds(604_800),
        "month" => months(1),
        "year" => months(12),
        _ => return Err(a.fault(format!("'{unit}' is not one of Second, Minute, Hour, Day, Week, Month and Year."))),
    };
    period.ok_or_else(|| a.fault("the date is out of range."))
}

/// Steps of 100 nanoseconds since the beginning of the year 1.
fn ticks(moment: OffsetDateTime) -> i64 {
    const EPOCH: i128 = 621_355_968_000_000_000;
    i64::try_from(moment.unix_timestamp_nanos() / 100 + EPOCH).unwrap_or(i64::MAX)
}

/// What `actions()` answers of an action.
pub(super) fn shown(name: &str, status: &str, code: &str, inputs: &Value, outputs: &Value) -> Value {
    json!({"name": name, "status": status, "code": code, "inputs": inputs, "outputs": outputs})
}
