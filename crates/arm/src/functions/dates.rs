//! Dates. Source: "Date functions for ARM templates".

use serde_json::Value;
use time::OffsetDateTime;

use super::strings::default_only;
use super::{Arguments, Eval, Function};
use crate::dates;
use crate::error::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "dateTimeAdd",
        (2, Some(3)),
        "The date a period of ISO 8601 later, in a format of .NET.",
        &[
            ("dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", r#""4/7/2023 2:53:14 PM""#),
            ("dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')", r#""3/29/2020 2:53:14 PM""#),
            ("dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H', 'yyyy-MM-ddTHH:mm:ssZ')", r#""2020-04-07T15:53:14Z""#),
        ],
        Eval::Plain(add),
    ),
    Function::new(
        "dateTimeFromEpoch",
        (1, Some(1)),
        "The date so many seconds after the beginning of 1970.",
        &[("dateTimeFromEpoch(1683040573)", r#""2023-05-02T15:16:13Z""#)],
        Eval::Plain(|a| {
            let date =
                OffsetDateTime::from_unix_timestamp(a.integer(0)?).map_err(|_| a.fault("the date is out of range."))?;
            dates::format(date, "yyyy-MM-ddTHH:mm:ss'Z'").map(Value::from).map_err(|reason| a.fault(reason))
        }),
    ),
    Function::new(
        "dateTimeToEpoch",
        (1, Some(1)),
        "How many seconds after the beginning of 1970 a date is.",
        &[("dateTimeToEpoch('2023-05-02T15:16:13Z')", "1683040573")],
        Eval::Plain(|a| Ok(Value::from(date(a)?.unix_timestamp()))),
    ),
    Function::new(
        "utcNow",
        (0, Some(1)),
        "The time of the deployment, in a format of .NET; for defaults of parameters only.",
        &[],
        Eval::Scoped(|scope, a| {
            default_only(scope, "utcNow")?;
            let format = if a.get(0).is_some() { a.text(0)? } else { "yyyyMMddTHHmmssZ" };
            dates::format(scope.host.now(), format).map(Value::from).map_err(|reason| a.fault(reason))
        }),
    ),
];

fn date(a: &Arguments) -> Result<OffsetDateTime, Fault> {
    let text = a.text(0)?;
    dates::parse(text).ok_or_else(|| a.fault(format!("'{text}' is not a date of ISO 8601.")))
}

/// Without a format the result looks as the documentation's examples look.
fn add(a: &Arguments) -> Result<Value, Fault> {
    let text = a.text(1)?;
    let period = dates::period(text)
        .ok_or_else(|| a.fault(format!("'{text}' is not a duration of ISO 8601, such as 'P1DT2H'.")))?;
    let later = dates::later(date(a)?, period).ok_or_else(|| a.fault("the date is out of range."))?;
    let format = if a.get(2).is_some() { a.text(2)? } else { "M/d/yyyy h:mm:ss tt" };
    dates::format(later, format).map(Value::from).map_err(|reason| a.fault(reason))
}
