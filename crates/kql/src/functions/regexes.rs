//! Functions of regular expressions, whose syntax is RE2's. A pattern that is not valid matches nothing.

use std::collections::HashMap;

use regex::{Captures, Regex};

use super::given::{Window, array, null, room, text};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column, Values, lift};
use crate::signature::{Parameter, Returns, Signature, Takes};
use crate::{Dynamic, Type, Value, convert};

const TRIM: &[Signature] = &[gives(&[one("regex", TEXT), one("source", TEXT)], Type::String)];
const REPLACE: &[Signature] =
    &[gives(&[one("source", TEXT), one("lookup_regex", TEXT), one("rewrite_pattern", TEXT)], Type::String)];
const EXTRACT_ALL: &[Signature] = &[
    gives(&[one("regex", TEXT), one("source", TEXT)], Type::Dynamic),
    gives(&[one("regex", TEXT), one("captureGroups", Takes::Array), one("source", TEXT)], Type::Dynamic),
];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "extract",
        &[
            gives(&[one("regex", TEXT), one("captureGroup", Takes::Integer), one("source", TEXT)], Type::String),
            Signature::new(
                &[
                    one("regex", TEXT),
                    one("captureGroup", Takes::Integer),
                    one("source", TEXT),
                    Parameter::once("typeLiteral", Takes::TypeLiteral),
                ],
                Returns::Named(3),
            ),
        ],
        "What a group of a regular expression captures at its first match, converted to a type where one is named.",
        &[("extract('x=([0-9.]+)', 1, 'hello x=45.6|wo')", "45.6"), ("extract('y', 0, 'x')", "")],
        Eval::Columns(|call, columns| {
            with_regex(call, columns, 0, |regex, cells| {
                let source = cells[2].text();
                let group = cells[1].long().and_then(|group| usize::try_from(group).ok());
                let found = regex.and_then(|regex| regex.captures(&source)?.get(group?).map(|found| found.as_str()));
                match found {
                    None => Value::null(call.returns),
                    Some(found) => convert::cell(Cell::String(found), call.returns),
                }
            })
        }),
    ),
    Function::new(
        "extract_all",
        EXTRACT_ALL,
        "An array of what the groups of a regular expression capture at every match: texts for one group, arrays for several.",
        &[
            ("extract_all('([0-9]+)', 'a1b22')", "[\"1\",\"22\"]"),
            ("extract_all('(a)(b)', 'abab')", "[[\"a\",\"b\"],[\"a\",\"b\"]]"),
        ],
        Eval::Columns(extract_all),
    ),
    Function::new(
        "extractall",
        EXTRACT_ALL,
        "The same as `extract_all`.",
        &[("extractall('(b)', 'abb')", "[\"b\",\"b\"]")],
        Eval::Columns(extract_all),
    ),
    Function::new(
        "replace_regex",
        REPLACE,
        "The text with every match of a regular expression replaced; `\\1` stands for what group 1 captures.",
        &[("replace_regex('Number is 1', 'is (\\\\d+)', 'was: \\\\1')", "Number was: 1")],
        Eval::FallibleColumns(|call, columns| replace(call, columns, 0, 1, 2)),
    ),
    Function::new(
        "replace",
        &[gives(&[one("regex", TEXT), one("rewrite", TEXT), one("source", TEXT)], Type::String)],
        "The same as `replace_regex`, in another order.",
        &[("replace('a', 'b', 'banana')", "bbnbnb")],
        Eval::FallibleColumns(|call, columns| replace(call, columns, 2, 0, 1)),
    ),
    Function::new(
        "trim",
        TRIM,
        "The text without one match of a regular expression at its start and one at its end.",
        &[("trim('-+', '--a-b--')", "a-b"), ("trim('-', '--a--')", "-a-")],
        Eval::Columns(|call, columns| trim(call, columns, true, true)),
    ),
    Function::new(
        "trim_start",
        TRIM,
        "The text without one match of a regular expression at its start.",
        &[("trim_start('-+', '--a-')", "a-")],
        Eval::Columns(|call, columns| trim(call, columns, true, false)),
    ),
    Function::new(
        "trim_end",
        TRIM,
        "The text without one match of a regular expression at its end.",
        &[("trim_end('-+', '-a--')", "-a")],
        Eval::Columns(|call, columns| trim(call, columns, false, true)),
    ),
    Function::new(
        "countof",
        &[gives(&[one("source", TEXT), one("search", TEXT), maybe("kind", TEXT)], Type::Long)],
        "How often a text occurs, overlapping itself too; with the kind `regex` how often a regular expression matches.",
        &[("countof('aaa', 'a')", "3"), ("countof('aaaa', 'aa')", "3"), ("countof('ababa', 'ab+', 'regex')", "2")],
        Eval::Columns(|call, columns| {
            with_regex(call, columns, 1, |regex, cells| {
                let (source, search) = (cells[0].text(), cells[1].text());
                let count = match cells.get(2).is_some_and(|kind| kind.text() == "regex") {
                    true => regex.map_or(0, |regex| regex.find_iter(&source).count()),
                    false if search.is_empty() => 0,
                    false => source.char_indices().filter(|(at, _)| source[*at..].starts_with(&*search)).count(),
                };
                Value::Long(Some(count as i64))
            })
        }),
    ),
    Function::new(
        "indexof_regex",
        &[gives(
            &[
                one("string", TEXT),
                one("match", TEXT),
                maybe("start", Takes::Integer),
                maybe("length", Takes::Integer),
                maybe("occurrence", Takes::Integer),
            ],
            Type::Long,
        )],
        "The position of a match of a regular expression, counted from 0; -1 where there is none.",
        &[("indexof_regex('abcabc', 'b.')", "1"), ("indexof_regex('abc', 'x')", "-1")],
        Eval::Columns(|call, columns| {
            with_regex(call, columns, 1, |regex, cells| {
                let source = cells[0].text();
                let Some(window) = Window::given(cells, source.chars().count()) else { return Value::Long(None) };
                let starts: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
                let found = regex.and_then(|regex| {
                    let from = starts[window.from];
                    let found = regex.find_iter(&source[from..]).nth(window.occurrence - 1)?;
                    starts.binary_search(&(from + found.start())).ok().filter(|at| *at < window.to)
                });
                Value::Long(Some(found.map_or(-1, |at| at as i64)))
            })
        }),
    ),
    Function::new(
        "regex_quote",
        &[gives(&[one("string", TEXT)], Type::String)],
        "The text with the characters escaped that mean something in regular expressions.",
        &[("regex_quote('(a.b)')", "\\(a\\.b\\)")],
        Eval::Cells(|_, args| text(regex::escape(&args[0].text()))),
    ),
];

/// Computes each row with the regular expression that its argument at `place` holds, each compiled once.
fn with_regex(
    call: &Call,
    columns: &[Column],
    place: usize,
    f: impl Fn(Option<&Regex>, &[Cell<'_>]) -> Value,
) -> Column {
    lift::rowwise(columns, call.rows, |rows, len| {
        let mut compiled: HashMap<String, Option<Regex>> = HashMap::new();
        let mut values = Values::with_capacity(call.returns, len);
        for row in rows {
            let cells: Vec<Cell<'_>> = (0..columns.len()).map(|column| row.cell(column)).collect();
            let pattern = cells[place].text();
            if !compiled.contains_key(&*pattern) {
                compiled.insert(pattern.to_string(), Regex::new(&pattern).ok());
            }
            values.push(f(compiled.get(&*pattern).and_then(Option::as_ref), &cells));
        }
        values
    })
}

fn extract_all(call: &Call, columns: &[Column]) -> Column {
    with_regex(call, columns, 0, |regex, cells| {
        let Some(regex) = regex else { return null() };
        let source = cells[cells.len() - 1].text();
        let groups: Vec<usize> = match cells.get(1).filter(|_| cells.len() == 3).and_then(|cell| cell.array()) {
            None => (1..regex.captures_len()).collect(),
            Some(asked) => asked
                .iter()
                .filter_map(|group| match group {
                    Dynamic::Long(group) => usize::try_from(*group).ok(),
                    name => regex.capture_names().position(|own| own == Some(name.text().as_str())),
                })
                .collect(),
        };
        let groups = if groups.is_empty() { vec![0] } else { groups };
        let one = |captures: &Captures<'_>, group: usize| {
            Dynamic::string(captures.get(group).map_or("", |found| found.as_str()))
        };
        let found: Vec<Dynamic> = regex
            .captures_iter(&source)
            .map(|captures| match groups.as_slice() {
                [group] => one(&captures, *group),
                groups => Dynamic::Array(groups.iter().map(|group| one(&captures, *group)).collect()),
            })
            .collect();
        if found.is_empty() { null() } else { array(found) }
    })
}

fn replace(call: &Call, columns: &[Column], source: usize, pattern: usize, rewrite: usize) -> Result<Column, String> {
    let longest = |column: &Column| (0..column.values().len()).map(|at| column.values().cell(at).text().len()).max();
    // A group that is repeated in the replacement is as long as the source at most.
    let groups = longest(&columns[rewrite]).unwrap_or(0).div_ceil(2);
    let original = longest(&columns[source]).unwrap_or(0);
    room(original, longest(&columns[rewrite]).unwrap_or(0))?;
    room(original, groups)?;
    Ok(with_regex(call, columns, pattern, |regex, cells| {
        let original = cells[source].text();
        match regex {
            None => text(original),
            Some(regex) => text(regex.replace_all(&original, rewritten(&cells[rewrite].text()).as_str())),
        }
    }))
}

/// `\1` becomes `${1}`, and a dollar sign stands for itself.
fn rewritten(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                chars.next();
                out.push_str("${");
                out.push(digit);
                out.push('}');
            }
            ('\\', Some('\\')) => {
                chars.next();
                out.push('\\');
            }
            ('$', _) => out.push_str("$$"),
            (c, _) => out.push(c),
        }
    }
    out
}

fn trim(call: &Call, columns: &[Column], start: bool, end: bool) -> Column {
    lift::rowwise(columns, call.rows, |rows, len| {
        let mut compiled: HashMap<String, Option<(Regex, Regex)>> = HashMap::new();
        let mut values = Values::with_capacity(Type::String, len);
        for row in rows {
            let (pattern, source) = (row.cell(0).text(), row.cell(1).text());
            if !compiled.contains_key(&*pattern) {
                let pair = Regex::new(&format!("^(?:{pattern})")).ok().zip(Regex::new(&format!("(?:{pattern})$")).ok());
                compiled.insert(pattern.to_string(), pair);
            }
            // Both ends are looked for in the whole text, so that `^` and `$` inside the pattern keep their meaning.
            let (mut from, mut to) = (0, source.len());
            if let Some((at_start, at_end)) = compiled.get(&*pattern).and_then(Option::as_ref) {
                if let (true, Some(found)) = (start, at_start.find(&source)) {
                    from = found.end();
                }
                if let (true, Some(found)) = (end, at_end.find(&source)) {
                    to = found.start().max(from);
                }
            }
            let rest = &source[from..to];
            values.push(text(rest));
        }
        values
    })
}
