//! Texts: parts, lengths, replacements. Positions and lengths count characters.

use super::given::{Window, array, room, text};
use super::shapes::*;
use super::{Call, Eval, Function};
use crate::column::{Cell, Column, Strings, Values, lift};
use crate::signature::{Signature, Takes};
use crate::syntax::StringOp;
use crate::terms::Needle;
use crate::{Dynamic, Type, Value, convert};

const TEXT_TO_TEXT: &[Signature] = &[gives(&[one("value", Takes::Scalar)], Type::String)];

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "strlen",
        &[gives(&[one("string", TEXTUAL)], Type::Long)],
        "The number of characters.",
        &[("strlen('héllo')", "5")],
        Eval::Cells(|_, args| Value::Long(Some(args[0].text().chars().count() as i64))),
    ),
    Function::new(
        "string_size",
        &[gives(&[one("string", TEXTUAL)], Type::Long)],
        "The number of bytes in UTF-8.",
        &[("string_size('héllo')", "6")],
        Eval::Cells(|_, args| Value::Long(Some(args[0].text().len() as i64))),
    ),
    Function::new(
        "strcat",
        &[gives(&[many("value", Takes::Scalar, 1)], Type::String)],
        "The texts of all values, one after another.",
        &[("strcat('a', 1, true)", "a1True")],
        Eval::Columns(concatenated),
    ),
    Function::new(
        "strcat_delim",
        &[gives(&[one("delimiter", Takes::Scalar), many("value", Takes::Scalar, 2)], Type::String)],
        "The texts of all values with a delimiter between them.",
        &[("strcat_delim('-', 1, '2', 'A')", "1-2-A")],
        Eval::Cells(|_, args| {
            let parts: Vec<_> = args[1..].iter().map(|cell| cell.text()).collect();
            text(parts.join(&args[0].text()))
        }),
    ),
    Function::new(
        "strcat_array",
        &[gives(&[one("array", Takes::Array), one("delimiter", Takes::Scalar)], Type::String)],
        "The texts of an array's elements with a delimiter between them.",
        &[("strcat_array(dynamic([1, 2, 'x']), '->')", "1->2->x")],
        Eval::Fallible(joined),
    ),
    Function::new(
        "array_strcat",
        &[gives(&[one("array", Takes::Array), one("delimiter", Takes::Scalar)], Type::String)],
        "The same as `strcat_array`.",
        &[("array_strcat(dynamic([1, 2]), ',')", "1,2")],
        Eval::Fallible(joined),
    ),
    Function::new(
        "tolower",
        TEXT_TO_TEXT,
        "The text in lower case.",
        &[("tolower('HeLLo')", "hello")],
        Eval::Columns(|_, columns| mapped(&columns[0], |text, out| out.push_str(&text.to_lowercase()))),
    ),
    Function::new(
        "toupper",
        TEXT_TO_TEXT,
        "The text in upper case.",
        &[("toupper('hello')", "HELLO")],
        Eval::Columns(|_, columns| mapped(&columns[0], |text, out| out.push_str(&text.to_uppercase()))),
    ),
    Function::new(
        "reverse",
        TEXT_TO_TEXT,
        "The text's characters from last to first.",
        &[("reverse('abc')", "cba"), ("reverse(123)", "321")],
        Eval::Cells(|_, args| text(args[0].text().chars().rev().collect::<String>())),
    ),
    Function::new(
        "substring",
        &[gives(
            &[one("string", Takes::Scalar), one("start", Takes::Integer), maybe("length", Takes::Integer)],
            Type::String,
        )],
        "The characters from a position on, counted from 0, at most so many; a negative position counts from the end. \
         Empty where the position lies before the text. A null length is refused: the engine gives a string that is null.",
        &[
            ("substring('123456', 1)", "23456"),
            ("substring('123456', 2, 2)", "34"),
            ("substring('ABCD', -2)", "CD"),
            ("substring('abc', -10)", ""),
        ],
        Eval::Fallible(|_, args| {
            let source = args[0].text();
            let count = source.chars().count() as i64;
            let Some(start) = args[1].long() else { return Ok(text("")) };
            let start = if start < 0 { start + count } else { start.min(count) };
            let length = args.get(2).map_or(Some(count), |cell| cell.long());
            let length = length.map(|length| if length < 0 { count } else { length });
            let Some(length) = length else { return Err("a null length is not supported by this engine".to_owned()) };
            let Ok(start) = usize::try_from(start) else { return Ok(text("")) };
            Ok(text(source.chars().skip(start).take(length as usize).collect::<String>()))
        }),
    ),
    Function::new(
        "indexof",
        &[gives(
            &[
                one("string", Takes::Scalar),
                one("match", Takes::Scalar),
                maybe("start", Takes::Integer),
                maybe("length", Takes::Integer),
                maybe("occurrence", Takes::Integer),
            ],
            Type::Long,
        )],
        "The position of a text in another, counted from 0; -1 where it is not.",
        &[("indexof('abcdefg', 'cde')", "2"), ("indexof('abcabc', 'b', 0, -1, 2)", "4"), ("indexof('abc', 'x')", "-1")],
        Eval::Cells(index_of),
    ),
    Function::new(
        "split",
        &[gives(
            &[one("source", Takes::Scalar), one("delimiter", TEXT), maybe("requestedIndex", Takes::Integer)],
            Type::Dynamic,
        )],
        "An array of the parts between delimiters; with an index an array of that part alone.",
        &[
            ("split('aa_bb', '_')", "[\"aa\",\"bb\"]"),
            ("split('aaa_bbb_ccc', '_', 1)", "[\"bbb\"]"),
            ("split('', '_')", "[\"\"]"),
        ],
        Eval::Cells(|_, args| {
            let (source, delimiter) = (args[0].text(), args[1].text());
            let parts: Vec<Dynamic> = match delimiter.is_empty() {
                true => source.chars().map(|c| Dynamic::string(c.encode_utf8(&mut [0; 4]))).collect(),
                false => source.split(&*delimiter).map(Dynamic::string).collect(),
            };
            match args.get(2).and_then(|cell| cell.long()) {
                None => array(parts),
                Some(index) => array(usize::try_from(index).ok().and_then(|index| parts.get(index).cloned())),
            }
        }),
    ),
    Function::new(
        "replace_string",
        &[gives(&[one("text", TEXT), one("lookup", TEXT), one("rewrite", TEXT)], Type::String)],
        "The text with every occurrence of one text replaced by another.",
        &[("replace_string('color', 'o', '0')", "c0l0r")],
        Eval::Fallible(|_, args| {
            let (source, lookup, rewrite) = (args[0].text(), args[1].text(), args[2].text());
            if lookup.is_empty() {
                return Ok(text(source));
            }
            room(source.len() / lookup.len(), rewrite.len())?;
            Ok(text(source.replace(&*lookup, &rewrite)))
        }),
    ),
    Function::new(
        "replace_strings",
        &[gives(&[one("text", TEXT), one("lookups", Takes::Array), one("rewrites", Takes::Array)], Type::String)],
        "The text with every occurrence of each text replaced by the other text at its place, in one pass: what was put in is not replaced again.",
        &[("replace_strings('A mx', dynamic(['mx', 'A']), dynamic(['match', 'a']))", "a match")],
        Eval::Fallible(replace_strings),
    ),
    Function::new(
        "strrep",
        &[gives(
            &[one("value", Takes::Scalar), one("multiplier", Takes::Integer), maybe("delimiter", Takes::Scalar)],
            Type::String,
        )],
        "The text so many times, with a delimiter between.",
        &[("strrep('ABC', 2)", "ABCABC"), ("strrep('A', 3, ',')", "A,A,A")],
        Eval::Fallible(|_, args| {
            let times = args[1].long().unwrap_or(0).clamp(0, 1024) as usize;
            let delimiter = args.get(2).map(|cell| cell.text()).unwrap_or_default();
            let value = args[0].text();
            room(times, value.len() + delimiter.len())?;
            Ok(text(vec![value; times].join(&*delimiter)))
        }),
    ),
    Function::new(
        "strcmp",
        &[gives(&[one("s1", Takes::Scalar), one("s2", Takes::Scalar)], Type::Long)],
        "-1, 0 or 1 as the first text sorts before, with or after the second.",
        &[("strcmp('abc', 'ABC')", "1"), ("strcmp('a', 'b')", "-1")],
        Eval::Cells(|_, args| Value::Long(Some(args[0].text().cmp(&args[1].text()) as i64))),
    ),
    Function::new(
        "translate",
        &[gives(&[one("searchList", TEXT), one("replacementList", TEXT), one("source", TEXT)], Type::String)],
        "The text with each character of the first list replaced by the one at its place in the second; its last stands for further ones.",
        &[("translate('krasp', 'otsku', 'spark')", "kusto"), ("translate('abc', '', 'ab')", "")],
        Eval::Cells(|_, args| {
            let from: Vec<char> = args[0].text().chars().collect();
            let to: Vec<char> = args[1].text().chars().collect();
            let change = |c: char| match from.iter().position(|other| *other == c) {
                None => Some(c),
                Some(at) => to.get(at).or(to.last()).copied(),
            };
            text(args[2].text().chars().filter_map(change).collect::<String>())
        }),
    ),
    Function::new(
        "has_any_index",
        &[gives(&[one("source", TEXTUAL), one("values", Takes::Array)], Type::Long)],
        "The position of the first of the texts that occurs as a term; -1 where none does.",
        &[
            ("has_any_index('this is an example', dynamic(['this', 'example']))", "0"),
            ("has_any_index('a', dynamic(['b']))", "-1"),
        ],
        Eval::Cells(|_, args| {
            let source = args[0].text();
            let found =
                |value: &Dynamic| Needle::new(StringOp::Has, &value.text()).is_ok_and(|needle| needle.matches(&source));
            let at = args[1].array().and_then(|values| values.iter().position(found));
            Value::Long(Some(at.map_or(-1, |at| at as i64)))
        }),
    ),
    Function::new(
        "unicode_codepoints_from_string",
        &[gives(&[one("value", Takes::Scalar)], Type::Dynamic)],
        "An array of the code points of a text.",
        &[("unicode_codepoints_from_string('ab')", "[97,98]")],
        Eval::Cells(|_, args| array(args[0].text().chars().map(|c| Dynamic::Long(u32::from(c).into())))),
    ),
    Function::new(
        "to_utf8",
        &[gives(&[one("value", Takes::Scalar)], Type::Dynamic)],
        "The same as `unicode_codepoints_from_string`.",
        &[("to_utf8('a')", "[97]")],
        Eval::Cells(|_, args| array(args[0].text().chars().map(|c| Dynamic::Long(u32::from(c).into())))),
    ),
    Function::new(
        "unicode_codepoints_to_string",
        &[gives(&[many("value", Takes::Scalar, 1)], Type::String)],
        "The text of code points, given one by one or in arrays.",
        &[("unicode_codepoints_to_string(75, dynamic([117, 115]))", "Kus")],
        Eval::Cells(from_codepoints),
    ),
    Function::new(
        "make_string",
        &[gives(&[many("value", Takes::Scalar, 1)], Type::String)],
        "The same as `unicode_codepoints_to_string`.",
        &[("make_string(75, 117)", "Ku")],
        Eval::Cells(from_codepoints),
    ),
];

fn mapped(column: &Column, write: impl Fn(&str, &mut String)) -> Column {
    let column = convert::convert(column, Type::String);
    let Values::String(texts) = &**column.values() else { return column };
    lift::unary(&column, |at, len| {
        let mut strings = Strings::with_capacity(len);
        at.for_each(|position| strings.push_with(|out| write(texts.at(position), out)));
        Values::String(strings)
    })
}

fn concatenated(call: &Call, columns: &[Column]) -> Column {
    let columns: Vec<Column> = columns.iter().map(|column| convert::convert(column, Type::String)).collect();
    lift::rowwise(&columns, call.rows, |rows, len| {
        let mut strings = Strings::with_capacity(len);
        for row in rows {
            strings.push_with(|out| {
                for column in 0..columns.len() {
                    if let Cell::String(text) = row.cell(column) {
                        out.push_str(text);
                    }
                }
            });
        }
        Values::String(strings)
    })
}

fn joined(_: &Call, args: &[Cell<'_>]) -> Result<Value, String> {
    let Some(elements) = args[0].array() else { return Ok(text("")) };
    let delimiter = args[1].text();
    room(elements.len(), delimiter.len())?;
    Ok(text(elements.iter().map(Dynamic::text).collect::<Vec<_>>().join(&delimiter)))
}

/// At each position the first of the lookups that occurs there counts; it stays where its replacement is no string.
fn replace_strings(_: &Call, args: &[Cell<'_>]) -> Result<Value, String> {
    let source = args[0].text();
    let (Some(lookups), Some(rewrites)) = (args[1].array(), args[2].array()) else { return Ok(text(source)) };
    let pairs: Vec<(&str, Option<&str>)> = lookups
        .iter()
        .zip(rewrites)
        .filter_map(|(lookup, rewrite)| match (lookup, rewrite) {
            (Dynamic::String(lookup), _) if lookup.is_empty() => None,
            (Dynamic::String(lookup), Dynamic::String(rewrite)) => Some((&**lookup, Some(&**rewrite))),
            (Dynamic::String(lookup), _) => Some((&**lookup, None)),
            _ => None,
        })
        .collect();
    room(source.len(), pairs.iter().filter_map(|(_, rewrite)| rewrite.map(str::len)).max().unwrap_or(0))?;
    let mut out = String::with_capacity(source.len());
    let mut rest: &str = &source;
    while let Some(c) = rest.chars().next() {
        let taken = match pairs.iter().find(|(lookup, _)| rest.starts_with(lookup)) {
            Some((lookup, rewrite)) => {
                out.push_str(rewrite.unwrap_or(lookup));
                lookup.len()
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Ok(text(out))
}

fn index_of(_: &Call, args: &[Cell<'_>]) -> Value {
    let source: Vec<char> = args[0].text().chars().collect();
    let wanted: Vec<char> = args[1].text().chars().collect();
    let Some(window) = Window::given(args, source.len()) else { return Value::Long(None) };
    // The length bounds where an occurrence begins, not where it ends.
    let found = (window.from..window.to).filter(|at| source[*at..].starts_with(&wanted)).nth(window.occurrence - 1);
    Value::Long(Some(found.map_or(-1, |at| at as i64)))
}

fn from_codepoints(_: &Call, args: &[Cell<'_>]) -> Value {
    let mut out = String::new();
    let mut push = |value: Option<i64>| out.extend(value.and_then(|value| char::from_u32(u32::try_from(value).ok()?)));
    for cell in args {
        match cell.array() {
            Some(elements) => elements.iter().for_each(|element| push(Cell::Dynamic(element).long())),
            None => push(cell.long()),
        }
    }
    text(out)
}
