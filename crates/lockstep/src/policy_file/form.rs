//! The text form of each kind of value: how it is read, written and described.

use std::ops::Range;
use std::time::Duration;

use lockstep_core::{
    Brake, Classification, Comment, Effect, Freeze, Frozen, FrozenTime, Limits, OwnerCondition, Pattern, Severity,
    Share, Time, WeekTime,
};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use toml::Spanned;
use toml::de::DeValue;

use super::words::{Literal, Words};
use super::{keys, pairs, reader, template};

/// A value of a file, and where it is.
pub type Item<'i> = Spanned<DeValue<'i>>;

/// A value that cannot be: what was found, where, and what would work.
#[derive(Debug)]
pub struct Wrong {
    /// `None` for what is not there.
    pub span: Option<Range<usize>>,
    pub message: String,
    pub label: String,
    pub hint: Option<String>,
}

impl Wrong {
    pub fn new(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span: Some(span), message: message.into(), label: label.into(), hint: None }
    }

    /// Something that the whole file lacks.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { span: None, message: message.into(), label: String::new(), hint: None }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A kind of value.
pub trait Form: Clone + PartialEq + 'static {
    /// Reads a value.
    fn read(item: &Item<'_>) -> Result<Self, Wrong>;

    /// The value as a file has it.
    fn write(&self) -> toml::Value;

    /// The JSON schema of what [`Form::read`] takes.
    fn schema() -> serde_json::Value;
}

impl<T: Words> Form for T {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        let found = T::WORDS.iter().find(|(literal, _)| literal.is(item.get_ref()));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = T::WORDS.iter().map(|(literal, _)| literal.to_string()).collect();
            unwanted(item, &one_of(&words))
        })
    }

    fn write(&self) -> toml::Value {
        let (literal, _) = T::WORDS.iter().find(|(_, value)| value == self).expect("every value has a word");
        match literal {
            Literal::Truth(truth) => toml::Value::Boolean(*truth),
            Literal::Word(word) => toml::Value::String((*word).to_owned()),
        }
    }

    fn schema() -> serde_json::Value {
        let words: Vec<_> = T::WORDS
            .iter()
            .map(|(literal, _)| match literal {
                Literal::Truth(truth) => json!(truth),
                Literal::Word(word) => json!(word),
            })
            .collect();
        json!({ "enum": words })
    }
}

/// What may be turned off.
impl<T: Form> Form for Option<T> {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        if item.get_ref().as_str() == Some(OFF) {
            return Ok(None);
        }
        T::read(item).map(Some).map_err(|wrong| Wrong { label: format!("{}, or \"{OFF}\"", wrong.label), ..wrong })
    }

    fn write(&self) -> toml::Value {
        self.as_ref().map_or_else(|| OFF.into(), T::write)
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [{ "const": OFF }, T::schema()] })
    }
}

/// Any of several.
impl<T: Form> Form for Vec<T> {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        match item.get_ref() {
            DeValue::Array(items) => items.iter().map(T::read).collect(),
            _ => Err(unwanted(item, "a list in [ ]")),
        }
    }

    fn write(&self) -> toml::Value {
        toml::Value::Array(self.iter().map(T::write).collect())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// A time that passes, in whole seconds.
impl Form for Duration {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        const WANTED: &str = "a duration such as \"90s\", \"15m\", \"8h\" or \"7d\"";
        let text = item.get_ref().as_str().ok_or_else(|| unwanted(item, WANTED))?;
        match humantime::parse_duration(text) {
            Ok(duration) if duration.subsec_nanos() == 0 && duration <= LONGEST => Ok(duration),
            _ => Err(unwanted(item, WANTED)),
        }
    }

    fn write(&self) -> toml::Value {
        duration_text(*self).into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^ *[0-9]+ *[a-zA-Z]+( *[0-9]+ *[a-zA-Z]+)* *$" })
    }
}

/// A number of things.
impl Form for u32 {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        let number = item.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        number.ok_or_else(|| unwanted(item, "a whole number that is not negative"))
    }

    fn write(&self) -> toml::Value {
        i64::from(*self).into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

/// A name: a line of text.
impl Form for String {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        match item.get_ref().as_str() {
            Some(text) if is_name(text) => Ok(text.to_owned()),
            _ => Err(unwanted(item, &format!("a text of 1 to {NAME_LENGTH} characters without control characters"))),
        }
    }

    fn write(&self) -> toml::Value {
        self.as_str().into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "minLength": 1, "maxLength": NAME_LENGTH })
    }
}

impl Form for Pattern {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        String::read(item).map(Self)
    }

    fn write(&self) -> toml::Value {
        self.0.write()
    }

    fn schema() -> serde_json::Value {
        String::schema()
    }
}

impl Form for OwnerCondition {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        Ok(match String::read(item)? {
            text if text == NOBODY => Self::Nobody,
            text if text == ANYBODY => Self::Anybody,
            text => Self::Like(Pattern(text)),
        })
    }

    fn write(&self) -> toml::Value {
        match self {
            Self::Nobody => NOBODY.into(),
            Self::Anybody => ANYBODY.into(),
            Self::Like(pattern) => pattern.write(),
        }
    }

    fn schema() -> serde_json::Value {
        String::schema()
    }
}

impl Form for Severity {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        let found = SEVERITIES.iter().find(|severity| item.get_ref().as_str() == Some(severity_word(**severity)));
        found.copied().ok_or_else(|| {
            unwanted(item, &one_of(&SEVERITIES.map(|severity| format!("\"{}\"", severity_word(severity)))))
        })
    }

    fn write(&self) -> toml::Value {
        severity_word(*self).into()
    }

    fn schema() -> serde_json::Value {
        json!({ "enum": SEVERITIES.map(severity_word) })
    }
}

/// What becomes of an incident: a word, or a table with the status and, for a closed one, classification and reason.
impl Form for Effect {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        const WANTED: &str = "\"Active\", \"unchanged\" or a table { status = \"Closed\", .. } is wanted";
        match item.get_ref() {
            DeValue::String(word) => match &**word {
                ACTIVE => Ok(Self::Activate),
                UNCHANGED => Ok(Self::Leave),
                CLOSED => Err(no_classification(item.span())),
                other => Err(Wrong::new(item.span(), no_effect(other), WANTED)),
            },
            DeValue::Table(table) => {
                reader::only(table, "what becomes of an incident", &["status", "classification", "reason"])?;
                let text = |key: &str| table.get(key).map(text_of).transpose();
                let missing = || Wrong::new(item.span(), "what becomes of an incident needs a status", WANTED);
                let (status_at, status) = text("status")?.ok_or_else(missing)?;
                let (classification, reason) = (text("classification")?, text("reason")?);
                let unclosed = match &*status {
                    ACTIVE => Self::Activate,
                    UNCHANGED => Self::Leave,
                    CLOSED => return pair(status_at, classification, reason).map(Self::Close),
                    other => return Err(Wrong::new(status_at, no_effect(other), WANTED)),
                };
                match classification.or(reason) {
                    None => Ok(unclosed),
                    Some((stray, _)) => Err(Wrong::new(
                        stray,
                        "only a closed incident has a classification and a reason",
                        format!("means nothing with status \"{status}\""),
                    )),
                }
            }
            _ => Err(unwanted(item, WANTED.trim_end_matches(" is wanted"))),
        }
    }

    fn write(&self) -> toml::Value {
        let Self::Close(classification) = self else {
            return if *self == Self::Activate { ACTIVE } else { UNCHANGED }.into();
        };
        let mut words = classification.as_str().split(" - ");
        let mut table = toml::Table::new();
        table.insert("status".into(), CLOSED.into());
        table.insert("classification".into(), words.next().unwrap_or_default().into());
        if let Some(reason) = words.next() {
            table.insert("reason".into(), reason.into());
        }
        table.into()
    }

    fn schema() -> serde_json::Value {
        let closed = Classification::ALL.iter().map(|pair| {
            let mut words = pair.as_str().split(" - ");
            let mut properties = json!({ "status": { "const": CLOSED }, "classification": { "const": words.next() } });
            let mut required = vec!["status", "classification"];
            if let Some(reason) = words.next() {
                properties["reason"] = json!({ "const": reason });
                required.push("reason");
            }
            json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
        });
        let open = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "status": { "enum": [ACTIVE, UNCHANGED] } },
            "required": ["status"],
        });
        let any: Vec<_> = [json!({ "enum": [ACTIVE, UNCHANGED] }), open].into_iter().chain(closed).collect();
        json!({ "anyOf": any })
    }
}

/// The pair that a closing names; only those that Sentinel takes are pairs.
fn pair(
    status: Range<usize>,
    classification: Option<(Range<usize>, String)>,
    reason: Option<(Range<usize>, String)>,
) -> Result<Classification, Wrong> {
    let (at, classification) = classification.ok_or_else(|| no_classification(status))?;
    let found = reason.as_ref().map_or_else(|| classification.clone(), |(_, it)| format!("{classification} - {it}"));
    if let Some(pair) = Classification::ALL.iter().find(|pair| pair.as_str() == found) {
        return Ok(*pair);
    }
    let known = Classification::ALL.iter().any(|pair| pair.as_str().split(" - ").next() == Some(&classification));
    let (at, message) = match reason {
        _ if !known => (at, format!("\"{}\" is no classification", classification.escape_debug())),
        None => (at, format!("the classification \"{classification}\" needs a reason")),
        Some((at, reason)) => {
            let reason = reason.escape_debug();
            (at, format!("the reason \"{reason}\" does not go with the classification \"{classification}\""))
        }
    };
    Err(Wrong::new(at, message, "not a pair that Sentinel takes").hint(pairs()))
}

fn no_classification(at: Range<usize>) -> Wrong {
    Wrong::new(at, "a closed incident needs a classification", "needs `classification`").hint(pairs())
}

fn no_effect(found: &str) -> String {
    format!("\"{}\" is nothing that an incident can become", found.escape_debug())
}

impl Form for Comment {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        let text = item.get_ref().as_str().ok_or_else(|| unwanted(item, "a text"))?;
        template::read(text)
            .map_err(|found| Wrong::new(item.span(), found, "a template is wanted").hint(template::PLACES))
    }

    fn write(&self) -> toml::Value {
        template::write(self).into()
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "minLength": 1, "maxLength": template::LENGTH })
    }
}

impl Form for Freeze {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        let DeValue::Table(table) = item.get_ref() else {
            return Err(unwanted(item, "a table with name, from, until and what"));
        };
        reader::only(table, "a freeze window", &["name", "from", "until", "what"])?;
        let need = |key: &str| {
            let missing =
                || Wrong::new(item.span(), format!("a freeze window has no `{key}`"), format!("`{key}` is missing"));
            table.get(key).ok_or_else(missing)
        };
        let (from, until) = (need("from")?, need("until")?);
        let time = match (moment(from)?, moment(until)?) {
            (Moment::Once(from), Moment::Once(until)) if from < until => FrozenTime::Once { from, until },
            (Moment::Week(from), Moment::Week(until)) if from != until => FrozenTime::Weekly { from, until },
            (Moment::Once(_), Moment::Once(_)) | (Moment::Week(_), Moment::Week(_)) => {
                return Err(Wrong::new(until.span(), "a freeze window has to end after it begins", "not after `from`"));
            }
            _ => {
                let message = "a freeze window is from one time until another, or from one weekday until another";
                return Err(Wrong::new(until.span(), message, "not of the kind of `from`"));
            }
        };
        Ok(Self { name: String::read(need("name")?)?, time, what: Frozen::read(need("what")?)? })
    }

    fn write(&self) -> toml::Value {
        let (from, until) = match self.time {
            FrozenTime::Once { from, until } => (time_text(from), time_text(until)),
            FrozenTime::Weekly { from, until } => (week_text(from), week_text(until)),
        };
        let mut table = toml::Table::new();
        table.insert("name".into(), self.name.write());
        table.insert("from".into(), from.into());
        table.insert("until".into(), until.into());
        table.insert("what".into(), self.what.write());
        table.into()
    }

    fn schema() -> serde_json::Value {
        let moment = json!({ "type": "string", "description": MOMENT });
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "name": String::schema(), "from": moment, "until": moment, "what": Frozen::schema() },
            "required": ["name", "from", "until", "what"],
        })
    }
}

impl Form for Share {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        const WANTED: &str = "a table such as { percent = 30, floor = 20 }";
        let DeValue::Table(table) = item.get_ref() else { return Err(unwanted(item, WANTED)) };
        reader::only(table, "a share", &["percent", "floor"])?;
        let (Some(percent), Some(floor)) = (table.get("percent"), table.get("floor")) else {
            return Err(unwanted(item, WANTED));
        };
        match u8::try_from(u32::read(percent)?) {
            Ok(share @ 1..=100) => Ok(Self { percent: share, floor: u32::read(floor)? }),
            _ => Err(unwanted(percent, "a number from 1 to 100")),
        }
    }

    fn write(&self) -> toml::Value {
        let mut table = toml::Table::new();
        table.insert("percent".into(), i64::from(self.percent).into());
        table.insert("floor".into(), self.floor.write());
        table.into()
    }

    fn schema() -> serde_json::Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "percent": { "type": "integer", "minimum": 1, "maximum": 100 }, "floor": u32::schema() },
            "required": ["percent", "floor"],
        })
    }
}

/// `"off"`, or a table with those limits that are not as every preset has them.
impl Form for Brake {
    fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        match item.get_ref() {
            DeValue::String(word) if **word == *OFF => Ok(Self::Off),
            DeValue::Table(table) => {
                let mut limits = Limits::default();
                reader::fill(table, "[brake]", keys::LIMITS, &mut limits, &[])?;
                Ok(Self::On(limits))
            }
            _ => Err(unwanted(item, "\"off\" or a table [brake]")),
        }
    }

    fn write(&self) -> toml::Value {
        match self {
            Self::Off => OFF.into(),
            Self::On(limits) => {
                toml::Value::Table(keys::LIMITS.iter().map(|key| (key.name().to_owned(), key.write(limits))).collect())
            }
        }
    }

    fn schema() -> serde_json::Value {
        json!({ "anyOf": [{ "const": OFF }, super::schema::object(keys::LIMITS)] })
    }
}

/// A value of another kind than the wanted one.
pub fn unwanted(item: &Item<'_>, wanted: &str) -> Wrong {
    let found = match item.get_ref() {
        DeValue::String(text) => format!("\"{}\"", text.escape_debug()),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        other => format!("this {}", other.type_str()),
    };
    Wrong::new(item.span(), format!("{found} cannot be used here"), format!("{wanted} is wanted"))
}

/// A duration in the largest unit that it is a whole number of.
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units.iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    fits.map_or_else(|| format!("{seconds}s"), |(length, unit)| format!("{}{unit}", seconds / length))
}

/// A severity in the words of Sentinel.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Informational => "Informational",
        Severity::Unknown => "Unknown",
    }
}

enum Moment {
    Once(Time),
    Week(WeekTime),
}

fn moment(item: &Item<'_>) -> Result<Moment, Wrong> {
    let text = match item.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(datetime) => datetime.to_string(),
        _ => return Err(unwanted(item, MOMENT)),
    };
    if let Ok(moment) = OffsetDateTime::parse(&text, &Rfc3339)
        && moment.nanosecond() == 0
    {
        return Ok(Moment::Once(Time::from_ticks(moment.unix_timestamp() * Time::TICKS_PER_SECOND)));
    }
    week_time(&text).map(Moment::Week).ok_or_else(|| unwanted(item, MOMENT))
}

fn week_time(text: &str) -> Option<WeekTime> {
    let (day, time) = text.split_once(' ')?;
    let (hour, minute) = time.split_once(':')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u8>().ok())?;
    let day = DAYS.iter().position(|known| *known == day)?;
    WeekTime::new(u8::try_from(day).ok()?, number(hour)?, number(minute)?)
}

fn time_text(time: Time) -> String {
    let seconds = time.ticks().div_euclid(Time::TICKS_PER_SECOND);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|moment| moment.format(&Rfc3339).ok());
    moment.expect("it was read from such a text")
}

/// A minute of the week as files have it.
pub fn week_text(time: WeekTime) -> String {
    let (day, hour, minute) = time.parts();
    format!("{} {hour:02}:{minute:02}", DAYS[usize::from(day)])
}

fn text_of(item: &Item<'_>) -> Result<(Range<usize>, String), Wrong> {
    let text = item.get_ref().as_str().ok_or_else(|| unwanted(item, "a text"))?;
    Ok((item.span(), text.to_owned()))
}

/// Words as the end of a sentence: `"a", "b" or "c"`.
pub fn one_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=NAME_LENGTH).contains(&length) && !text.contains(char::is_control)
}

const SEVERITIES: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MOMENT: &str = "a time such as \"2026-12-24T00:00:00Z\", or a weekday with a time in UTC such as \"Fri 18:00\"";
const OFF: &str = "off";
const NOBODY: &str = "nobody";
const ANYBODY: &str = "anybody";
const ACTIVE: &str = "Active";
const UNCHANGED: &str = "unchanged";
const CLOSED: &str = "Closed";
const NAME_LENGTH: usize = 200;

/// A hundred years: what is longer is a slip of the hand.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);
