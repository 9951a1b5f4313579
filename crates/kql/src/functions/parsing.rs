//! Texts with a grammar: JSON paths, URLs, paths of files, versions, comma-separated values.

use std::collections::BTreeMap;

use super::given::array;
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::Cell;
use crate::signature::{Parameter, Returns, Signature, Takes};
use crate::{Decimal, Dynamic, Type, Value, convert};

const EXTRACT_JSON: &[Signature] = &[
    gives(&[one("jsonPath", TEXT), one("jsonText", TEXTUAL)], Type::String),
    Signature::new(
        &[one("jsonPath", TEXT), one("jsonText", TEXTUAL), Parameter::once("type", Takes::TypeLiteral)],
        Returns::Named(2),
    ),
];
const URL: &[Signature] = &[gives(&[one("url", TEXT)], Type::Dynamic)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "parse_command_line",
        &[gives(&[one("command_line", TEXT), one("parser_type", TEXT)], Type::Dynamic)],
        "The arguments of a command line as an array, by the rules of Windows; null for any other parser.",
        &[
            (r#"parse_command_line('echo "hello world!" print$?', 'windows')"#, r#"["echo","hello world!","print$?"]"#),
            (r#"parse_command_line(@'a "b\"c" d\\"e f"', 'windows')"#, r#"["a","b\"c","d\\e f"]"#),
        ],
        Eval::Fallible(|_, args| match &*args[1].text() {
            "windows" | "Windows" => Ok(Value::Dynamic(Dynamic::Array(command_line(&args[0].text()).into()))),
            other => Err(format!("the parser '{other}' is not supported by this engine, which knows windows")),
        }),
    ),
    Function::new(
        "extract_json",
        EXTRACT_JSON,
        "What a JSON path leads to in JSON text, converted to a type where one is named.",
        &[("extract_json('$.a[1].b', '{\"a\": [0, {\"b\": 5}]}')", "5"), ("extract_json('$.x', '{}')", "")],
        Eval::Cells(extract),
    ),
    Function::new(
        "extractjson",
        EXTRACT_JSON,
        "The same as `extract_json`.",
        &[("extractjson('$.a', '{\"a\": 1}')", "1")],
        Eval::Cells(extract),
    ),
    Function::new(
        "parse_csv",
        &[gives(&[one("csv_text", TEXTUAL)], Type::Dynamic)],
        "An array of the fields of the text's first record of comma-separated values.",
        &[("parse_csv('aa,\"b,b\",cc')", "[\"aa\",\"b,b\",\"cc\"]")],
        Eval::Cells(|_, args| array(record(&args[0].text()))),
    ),
    Function::new(
        "parse_url",
        URL,
        "A bag of the parts of a URL: Scheme, Host, Port, Path, Username, Password, Query Parameters, Fragment.",
        &[("parse_url('https://example.com:80/a?x=1#f').Host", "example.com")],
        Eval::Cells(|_, args| Value::Dynamic(url(&args[0].text()))),
    ),
    Function::new(
        "parseurl",
        URL,
        "The same as `parse_url`.",
        &[("parseurl('https://example.com').Scheme", "https")],
        Eval::Cells(|_, args| Value::Dynamic(url(&args[0].text()))),
    ),
    Function::new(
        "parse_urlquery",
        &[gives(&[one("query", TEXT)], Type::Dynamic)],
        "A bag whose member `Query Parameters` is a bag of a URL query's parameters, by name; those given more than once as arrays.",
        &[("parse_urlquery('k1=v1&k2=v2')['Query Parameters'].k2", "v2")],
        Eval::Cells(|_, args| Value::Dynamic(bag(vec![("Query Parameters", parameters(&args[0].text()))]))),
    ),
    Function::new(
        "parse_path",
        &[gives(&[one("path", TEXT)], Type::Dynamic)],
        "A bag of the parts of a file path: Scheme, RootPath, DirectoryPath, DirectoryName, Filename, Extension, AlternateDataStreamName.",
        &[("parse_path('C:\\\\temp\\\\file.txt').Filename", "file.txt")],
        Eval::Cells(|_, args| Value::Dynamic(path(&args[0].text()))),
    ),
    Function::new(
        "parse_version",
        &[gives(&[one("version", TEXT)], Type::Decimal)],
        "A number that sorts as a version of up to four parts does; null where the text is none.",
        &[("parse_version('0.0.0.5') < parse_version('0.0.2.0')", "True"), ("parse_version('x')", "")],
        Eval::Cells(|_, args| {
            let source = args[0].text();
            let parts: Vec<&str> = source.trim().split('.').collect();
            let numbers: Option<Vec<i128>> = parts
                .iter()
                .map(|part| (part.len() <= 8).then(|| part.parse::<u32>().ok()).flatten().map(i128::from))
                .collect();
            let number = numbers.filter(|numbers| numbers.len() <= 4).map(|numbers| {
                (0..4).fold(0_i128, |sum, place| sum * 100_000_000 + numbers.get(place).copied().unwrap_or(0))
            });
            Value::Decimal(number.and_then(|number| Decimal::new(number, 0)))
        }),
    ),
];

/// One step of a JSON path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Index(i64),
}

/// The steps of a path such as `$.a["b"][0]`.
pub(super) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim();
    rest = rest.strip_prefix('$').unwrap_or(rest);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, tail) = inner.split_once(']')?;
            let quoted = inside.strip_prefix(['\'', '"']).and_then(|name| name.strip_suffix(['\'', '"']));
            steps.push(match quoted {
                Some(name) => Step::Name(name.to_owned()),
                None => Step::Index(inside.trim().parse().ok()?),
            });
            rest = tail;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Name(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    Some(steps)
}

/// What a JSON path leads to.
pub(super) fn at_path<'a>(value: &'a Dynamic, path: &str) -> Option<&'a Dynamic> {
    steps(path)?.iter().try_fold(value, |value, step| match step {
        Step::Name(name) => value.member(name),
        Step::Index(index) => value.element(*index),
    })
}

fn extract(call: &Call, args: &[Cell<'_>]) -> Value {
    let parsed = match args[1] {
        Cell::Dynamic(value) if !matches!(value, Dynamic::String(_)) => Some(value.clone()),
        cell => Dynamic::parse(&cell.text()),
    };
    let found = parsed.as_ref().and_then(|value| at_path(value, &args[0].text()));
    match found {
        None => Value::null(call.returns),
        Some(found) => convert::cell(Cell::Dynamic(found), call.returns),
    }
}

fn bag(members: Vec<(&str, Dynamic)>) -> Dynamic {
    Dynamic::Bag(members.into_iter().map(|(name, value)| super::arrays::member(name, value)).collect())
}

/// The fields of the first record.
fn record(source: &str) -> Vec<Dynamic> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(Dynamic::string(&std::mem::take(&mut field))),
            '\n' | '\r' if !quoted => break,
            c => field.push(c),
        }
    }
    fields.push(Dynamic::string(&field));
    fields
}

/// The parameters by name, in the names' order; those that a query gives more than once as arrays. Nothing is unescaped.
fn parameters(query: &str) -> Dynamic {
    let mut members: BTreeMap<&str, Vec<Dynamic>> = BTreeMap::new();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        members.entry(name).or_default().push(Dynamic::string(value));
    }
    let value =
        |mut values: Vec<Dynamic>| if values.len() == 1 { values.remove(0) } else { Dynamic::Array(values.into()) };
    bag(members.into_iter().map(|(name, values)| (name, value(values))).collect())
}

/// The parts of a URL; of a text without a scheme and `://`, empty ones.
fn url(source: &str) -> Dynamic {
    let scheme_and_rest = source.split_once("://").filter(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let (scheme, rest) = scheme_and_rest.unwrap_or(("", ""));
    // A slash after the host that ends the text is no path.
    let rest = if rest.find('/').is_some_and(|at| at + 1 == rest.len()) { &rest[..rest.len() - 1] } else { rest };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (host, ""),
    };
    bag(vec![
        ("Scheme", Dynamic::string(scheme)),
        ("Host", Dynamic::string(host)),
        ("Port", Dynamic::string(port)),
        ("Path", Dynamic::string(path)),
        ("Username", Dynamic::string(name)),
        ("Password", Dynamic::string(password)),
        ("Query Parameters", parameters(query)),
        ("Fragment", Dynamic::string(fragment)),
    ])
}

fn path(source: &str) -> Dynamic {
    let (scheme, rest) = source.split_once("://").unwrap_or(("", source));
    let separator = if rest.contains('\\') { '\\' } else { '/' };
    let at = rest.rfind(['/', '\\']);
    let (directory, file) = at.map_or(("", rest), |at| (&rest[..at], &rest[at + 1..]));
    let (file, stream) = match file.split_once(':') {
        Some((name, stream)) if !directory.is_empty() => (name, stream),
        _ => (file, ""),
    };
    let root = match rest.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => &rest[..2],
        _ => "",
    };
    let name = directory.rsplit(separator).next().unwrap_or("");
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    bag(vec![
        ("Scheme", Dynamic::string(scheme)),
        ("RootPath", Dynamic::string(root)),
        ("DirectoryPath", Dynamic::string(directory)),
        ("DirectoryName", Dynamic::string(name)),
        ("Filename", Dynamic::string(file)),
        ("Extension", Dynamic::string(extension)),
        ("AlternateDataStreamName", Dynamic::string(stream)),
    ])
}

/// Arguments are split at white space outside quotes; backslashes before a quote come in pairs, and an odd one keeps the quote.
fn command_line(text: &str) -> Vec<Dynamic> {
    let mut arguments = Vec::new();
    let mut argument: Option<String> = None;
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let mut backslashes = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let before_quote = chars.peek() == Some(&'"');
                let kept = if before_quote { backslashes / 2 } else { backslashes };
                let argument = argument.get_or_insert_default();
                argument.extend(std::iter::repeat_n('\\', kept));
                if before_quote && backslashes % 2 == 1 {
                    argument.extend(chars.next());
                }
            }
            '"' => {
                argument.get_or_insert_default();
                quoted = !quoted;
            }
            ' ' | '\t' | '\n' | '\r' if !quoted => arguments.extend(argument.take().map(|text| Dynamic::string(&text))),
            c => argument.get_or_insert_default().push(c),
        }
    }
    arguments.extend(argument.map(|text| Dynamic::string(&text)));
    arguments
}
