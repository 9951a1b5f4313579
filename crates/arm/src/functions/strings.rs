//! Strings. Source: "String functions for ARM templates". Positions and lengths count code units of UTF-16, as the service does.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::{Arguments, Eval, Function};
use crate::error::Fault;
use crate::evaluate::{Scope, Stage};
use crate::{dotnet, json, unique};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "base64",
        (1, Some(1)),
        "The text in base 64.",
        &[("base64('one, two')", r#""b25lLCB0d28=""#)],
        Eval::Plain(|a| Ok(Value::from(STANDARD.encode(a.text(0)?)))),
    ),
    Function::new(
        "base64ToJson",
        (1, Some(1)),
        "The JSON that stands in base 64.",
        &[("base64ToJson('eyJvbmUiOjF9').one", "1")],
        Eval::Plain(|a| {
            json::parse(&decoded(a)?).map_err(|error| a.fault(format!("the argument is not valid JSON: {error}")))
        }),
    ),
    Function::new(
        "base64ToString",
        (1, Some(1)),
        "The text that stands in base 64.",
        &[("base64ToString('b25lLCB0d28=')", r#""one, two""#)],
        Eval::Plain(|a| Ok(Value::from(decoded(a)?))),
    ),
    Function::new(
        "dataUri",
        (1, Some(1)),
        "The text as a data URI.",
        &[("dataUri('Hello')", r#""data:text/plain;charset=utf8;base64,SGVsbG8=""#)],
        Eval::Plain(|a| {
            Ok(Value::from(format!("data:text/plain;charset=utf8;base64,{}", STANDARD.encode(a.text(0)?))))
        }),
    ),
    Function::new(
        "dataUriToString",
        (1, Some(1)),
        "The text of a data URI.",
        &[
            ("dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", r#""Hello, World!""#),
            ("dataUriToString('data:,a%20b')", r#""a b""#),
        ],
        Eval::Plain(data_uri_to_string),
    ),
    Function::new(
        "endsWith",
        (2, Some(2)),
        "Whether the text ends so, without regard to case.",
        &[("endsWith('abcdef', 'EF')", "true")],
        Eval::Plain(|a| Ok(Value::from(folded(a.text(0)?).ends_with(&folded(a.text(1)?))))),
    ),
    Function::new(
        "format",
        (1, None),
        "The text with values in the place of `{0}`, `{1}`, ...",
        &[
            ("format('{0}, {1}. {{x}} {2:N0}', 'Hello', true(), 8175133)", r#""Hello, True. {x} 8,175,133""#),
            ("format('{0:D3}|{1,5}|{1,-3}|', 7, 'a')", r#""007|    a|a  |""#),
            ("format('{0}', createArray(1, 'a'))", r#""[1,\"a\"]""#),
        ],
        Eval::Plain(format),
    ),
    Function::new(
        "guid",
        (1, None),
        "The id that some texts have.",
        &[("guid('test')", r#""d6a5baf1-8b9b-542a-8525-2982f1f98a0c""#)],
        Eval::Plain(|a| Ok(Value::from(unique::guid(&a.texts(0)?.join("-")).to_string()))),
    ),
    Function::new(
        "newGuid",
        (0, Some(0)),
        "An id that was never given before; for defaults of parameters only.",
        &[],
        Eval::Scoped(|scope, _| {
            default_only(scope, "newGuid")?;
            Ok(Value::from(scope.host.new_guid().to_string()))
        }),
    ),
    Function::new(
        "padLeft",
        (2, Some(3)),
        "The text made so long by blanks, or another character, in front.",
        &[("padLeft('123', 5, '0')", r#""00123""#), ("padLeft(7, 3)", r#""  7""#), ("padLeft('abc', 2)", r#""abc""#)],
        Eval::Plain(pad_left),
    ),
    Function::new(
        "replace",
        (3, Some(3)),
        "The text with every occurrence of a part replaced.",
        &[("replace('123-123', '123', 'x')", r#""x-x""#)],
        Eval::Plain(|a| {
            let old = a.text(1)?;
            if old.is_empty() {
                return Err(a.fault("argument '2' must not be empty."));
            }
            Ok(Value::from(a.text(0)?.replace(old, a.text(2)?)))
        }),
    ),
    Function::new(
        "split",
        (2, Some(2)),
        "The parts of a text between delimiters.",
        &[
            ("split('a,b', ',')", r#"["a","b"]"#),
            ("split('a,b;c', createArray(',', ';'))", r#"["a","b","c"]"#),
            ("split('', ',')", r#"[""]"#),
        ],
        Eval::Plain(split),
    ),
    Function::new(
        "startsWith",
        (2, Some(2)),
        "Whether the text begins so, without regard to case.",
        &[("startsWith('abcdef', 'AB')", "true")],
        Eval::Plain(|a| Ok(Value::from(folded(a.text(0)?).starts_with(&folded(a.text(1)?))))),
    ),
    Function::new(
        "string",
        (1, Some(1)),
        "The value as text.",
        &[
            ("string(5)", r#""5""#),
            ("string(true())", r#""True""#),
            ("string(createObject('a', 1))", r#""{\"a\":1}""#),
            ("string('a')", r#""a""#),
        ],
        Eval::Plain(|a| Ok(Value::from(text_of(a.value(0))))),
    ),
    Function::new(
        "substring",
        (2, Some(3)),
        "The part of a text from a place on, of a length if there is one.",
        &[
            ("substring('one two three', 4, 3)", r#""two""#),
            ("substring('abc', 1)", r#""bc""#),
            ("substring('abc', 3)", r#""""#),
        ],
        Eval::Plain(substring),
    ),
    Function::new(
        "toLower",
        (1, Some(1)),
        "The text in lower case.",
        &[("toLower('One')", r#""one""#)],
        Eval::Plain(|a| Ok(Value::from(a.text(0)?.to_lowercase()))),
    ),
    Function::new(
        "toUpper",
        (1, Some(1)),
        "The text in upper case.",
        &[("toUpper('One')", r#""ONE""#)],
        Eval::Plain(|a| Ok(Value::from(a.text(0)?.to_uppercase()))),
    ),
    Function::new(
        "trim",
        (1, Some(1)),
        "The text without white space at its ends.",
        &[("trim('  one two  ')", r#""one two""#)],
        Eval::Plain(|a| Ok(Value::from(a.text(0)?.trim()))),
    ),
    Function::new(
        "uniqueString",
        (1, None),
        "Thirteen characters that some texts have.",
        &[("uniqueString('test')", r#""rbgf3xv4ufgzg""#), ("uniqueString('hello', 'world')", r#""a7wkljktk6wne""#)],
        Eval::Plain(|a| Ok(Value::from(unique::unique_string(&a.texts(0)?.join("-"))))),
    ),
    Function::new(
        "uri",
        (2, Some(2)),
        "The address that a relative one has from a base.",
        &[
            ("uri('http://contoso.com/firstpath', 'myscript.sh')", r#""http://contoso.com/myscript.sh""#),
            ("uri('http://contoso.com/firstpath/', '/myscript.sh')", r#""http://contoso.com/firstpath/myscript.sh""#),
            ("uri('http://contoso.com', 'a/b')", r#""http://contoso.com/a/b""#),
            ("uri('http://contoso.com/a/azuredeploy.json', 'b.json')", r#""http://contoso.com/a/b.json""#),
        ],
        Eval::Plain(uri),
    ),
    Function::new(
        "uriComponent",
        (1, Some(1)),
        "The text as it may stand in an address.",
        &[("uriComponent('http://a.b/c d~')", r#""http%3A%2F%2Fa.b%2Fc%20d~""#)],
        Eval::Plain(|a| Ok(Value::from(utf8_percent_encode(a.text(0)?, COMPONENT).to_string()))),
    ),
    Function::new(
        "uriComponentToString",
        (1, Some(1)),
        "The text that stands in an address.",
        &[("uriComponentToString('a%20b%2F')", r#""a b/""#)],
        Eval::Plain(|a| Ok(Value::from(percent_decode_str(a.text(0)?).decode_utf8_lossy()))),
    ),
];

/// What an address may hold unescaped. Source: RFC 3986, unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The value as the service makes text of it: JSON without blanks, `True` and `False`, nothing for null.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => String::from(if *value { "True" } else { "False" }),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// How long a text is.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A part of a text, by code units; the range must be within it.
pub(super) fn part(text: &str, range: Range<usize>) -> String {
    if text.is_ascii() {
        return text[range].to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16_lossy(&units[range])
}

/// The first place of a part without regard to case.
pub(super) fn position_of(text: &str, part: &str) -> Option<usize> {
    let (text, part) = (folded(text), folded(part));
    text.find(&part).map(|byte| units(&text[..byte]))
}

/// The last place of a part without regard to case.
pub(super) fn position_of_last(text: &str, part: &str) -> Option<usize> {
    let (text, part) = (folded(text), folded(part));
    text.rfind(&part).map(|byte| units(&text[..byte]))
}

/// The text with every character folded that folds to one character, so that places stay the same.
fn folded(text: &str) -> String {
    let fold = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => upper,
            _ => c,
        }
    };
    text.chars().map(fold).collect()
}

fn decoded(a: &Arguments) -> Result<String, Fault> {
    let bytes =
        STANDARD.decode(a.text(0)?).map_err(|error| a.fault(format!("the argument is not base 64: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn data_uri_to_string(a: &Arguments) -> Result<Value, Fault> {
    let parts = a.text(0)?.strip_prefix("data:").and_then(|rest| rest.split_once(','));
    let (kind, data) = parts.ok_or_else(|| a.fault("the argument must be a data URI: 'data:text/plain;base64,..'."))?;
    if kind.split(';').any(|part| part.eq_ignore_ascii_case("base64")) {
        let bytes = STANDARD.decode(data).map_err(|error| a.fault(format!("the data is not base 64: {error}")))?;
        return Ok(Value::from(String::from_utf8_lossy(&bytes)));
    }
    Ok(Value::from(percent_decode_str(data).decode_utf8_lossy()))
}

fn format(a: &Arguments) -> Result<Value, Fault> {
    dotnet::format(a.text(0)?, &a.all()[1..]).map(Value::from).map_err(|reason| a.fault(reason))
}

/// For functions whose value changes from one deployment to the next.
pub(super) fn default_only(scope: &Scope<'_>, function: &str) -> Result<(), Fault> {
    if scope.stage == Stage::Default {
        return Ok(());
    }
    Err(Fault::new(format!(
        "The template function '{function}' is not expected at this location: it can only be used in the default value of a parameter. Please see https://aka.ms/arm-template-expressions for usage details."
    )))
}

fn pad_left(a: &Arguments) -> Result<Value, Fault> {
    const MOST: usize = 16_384;
    let text = match a.value(0) {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(a.wrong(0, "a string or an integer")),
    };
    let width = a.count(1)?;
    let padding = if a.get(2).is_some() { a.text(2)? } else { " " };
    if padding.chars().count() != 1 || width > MOST {
        return Err(a.fault(format!("argument '2' must be at most {MOST}, and argument '3' one character.")));
    }
    Ok(Value::from(padding.repeat(width.saturating_sub(units(&text))) + &text))
}

fn split(a: &Arguments) -> Result<Value, Fault> {
    let text = a.text(0)?;
    let delimiters: Vec<&str> = match a.value(1) {
        Value::String(delimiter) => vec![delimiter],
        Value::Array(delimiters) => delimiters.iter().map(|delimiter| delimiter.as_str().unwrap_or_default()).collect(),
        _ => return Err(a.wrong(1, "a string or an array of strings")),
    };
    let mut parts = Vec::new();
    let mut rest = text;
    let next = |rest: &str| {
        let found = delimiters
            .iter()
            .filter(|delimiter| !delimiter.is_empty())
            .filter_map(|delimiter| Some((rest.find(delimiter)?, delimiter.len())));
        found.min_by_key(|(place, length)| (*place, std::cmp::Reverse(*length)))
    };
    while let Some((place, length)) = next(rest) {
        parts.push(Value::from(&rest[..place]));
        rest = &rest[place + length..];
    }
    parts.push(Value::from(rest));
    Ok(Value::Array(parts))
}

fn substring(a: &Arguments) -> Result<Value, Fault> {
    let text = a.text(0)?;
    let length = units(text);
    let start = a.count(1)?;
    let end = if a.get(2).is_some() { start.saturating_add(a.count(2)?) } else { length.max(start) };
    if end > length {
        return Err(a.fault(format!(
            "the index and length parameters must refer to a location within the string: it is '{length}' long, and '{start}' to '{end}' was asked for."
        )));
    }
    Ok(Value::from(part(text, start..end)))
}

/// As documented: what follows the last slash of the base gives way, unless that slash belongs to the scheme; a slash at the end of the
/// base and one at the beginning of the rest are one.
fn uri(a: &Arguments) -> Result<Value, Fault> {
    let (base, relative) = (a.text(0)?, a.text(1)?);
    let Some(scheme) = base.find("://") else {
        return Err(a.fault(format!("'{base}' is not an absolute address.")));
    };
    let relative = relative.strip_prefix('/').unwrap_or(relative);
    let folder = match base[scheme + 3..].rfind('/') {
        Some(slash) => &base[..=scheme + 3 + slash],
        None => &format!("{base}/"),
    };
    Ok(Value::from(format!("{folder}{relative}")))
}
