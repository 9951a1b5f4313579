//! `fuzz [lexer|parser|query] [SECONDS] [SEED]`: feeds the query engine what nobody would write, and looks for a panic, a place outside of the text, a tree that does
//! not print as itself. What it starts from are the examples of the reference page. A finding is printed with its text and fails the chore.
//!
//! It needs no nightly compiler and nothing to be installed; the seed makes a run one that can be had again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anyhow::{Result, bail};
use kql::reference::{OPERATORS, PLUGINS, PRELUDE};
use kql::{Database, Datetime, Options, Schema, Table, Type, syntax};

use crate::child::now;

/// What is fed with what.
struct Target {
    name: &'static str,
    make: fn(&mut Random, &[String]) -> String,
    /// Why the text is a finding.
    judge: fn(&str) -> Option<String>,
}

const TARGETS: &[Target] = &[
    Target { name: "lexer", make: bytes, judge: parses },
    Target { name: "parser", make: words, judge: parses },
    Target { name: "query", make: mutated, judge: runs },
];

/// Runs the chore; false where there is a finding.
pub fn run(words: &[&str]) -> Result<bool> {
    let (name, rest) = match words {
        [name, rest @ ..] if TARGETS.iter().any(|target| target.name == *name) => (Some(*name), rest),
        rest => (None, rest),
    };
    let number = |at: usize, usual: u64| match rest.get(at) {
        None => Ok(usual),
        Some(word) => word.parse().or_else(|_| bail!("`{word}` is no number")),
    };
    let (seconds, seed) = (number(0, 60)?, number(1, 1)?);
    // A finding prints its text; the message of a panic comes with it.
    std::panic::set_hook(Box::new(|_| {}));
    let mut well = true;
    for target in TARGETS.iter().filter(|target| name.is_none_or(|name| name == target.name)) {
        well &= feed(target, Duration::from_secs(seconds), seed);
    }
    let _ = std::panic::take_hook();
    Ok(well)
}

fn feed(target: &Target, time: Duration, seed: u64) -> bool {
    let mut random = Random(seed | 1);
    let seeds: Vec<String> = OPERATORS
        .iter()
        .chain(PLUGINS)
        .map(|operator| format!("{PRELUDE}{}", operator.example.0))
        .chain(functions())
        .collect();
    let began = now();
    let mut count = 0u64;
    while began.elapsed() < time {
        let text = (target.make)(&mut random, &seeds);
        count += 1;
        let found = catch_unwind(AssertUnwindSafe(|| (target.judge)(&text)));
        let found = found.unwrap_or_else(|panic| {
            let says = panic.downcast_ref::<String>().cloned();
            Some(format!(
                "it panics: {}",
                says.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
            ))
        });
        if let Some(why) = found {
            println!("{}: finding after {count} texts: {why}\n{text:?}", target.name);
            return false;
        }
    }
    println!("{}: {count} texts in {} s without a finding", target.name, time.as_secs());
    true
}

/// The examples of the functions, as queries.
fn functions() -> impl Iterator<Item = String> {
    kql::functions::Function::all().flat_map(|function| function.examples).map(|(call, _)| {
        format!("datatable(x: long, s: string, d: dynamic) [1, 'a', dynamic([1])] | extend v = {call}")
    })
}

/// Text of any characters, some of them the language's.
fn bytes(random: &mut Random, _: &[String]) -> String {
    (0..random.below(80))
        .map(|_| match random.below(8) {
            0 => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
            1 => *random.pick(&['é', '\u{0}', '\n', '\u{2028}', '😀', '٣', '\\']),
            2 => *random.pick(&['"', '\'', '@', 'h', '`', '~', '#']),
            _ => char::from(random.below(95) as u8 + 32),
        })
        .collect()
}

/// Words of the language in any order.
fn words(random: &mut Random, _: &[String]) -> String {
    let operators: Vec<&str> = OPERATORS.iter().flat_map(|operator| operator.names).copied().collect();
    (0..random.below(40))
        .map(|_| match random.below(3) {
            0 => *random.pick(&operators),
            _ => *random.pick(WORDS),
        })
        .collect::<Vec<_>>()
        .join(if random.below(8) == 0 { "" } else { " " })
}

/// A query of the reference page, cut, doubled, and mixed with others.
fn mutated(random: &mut Random, seeds: &[String]) -> String {
    let mut tokens = cut(random.pick::<String>(seeds));
    for _ in 0..random.below(6) {
        let at = random.below(tokens.len().max(1) as u64) as usize;
        let len = random.below(4) as usize;
        match random.below(6) {
            0 => drop(tokens.drain(at.min(tokens.len())..(at + len).min(tokens.len()))),
            1 => {
                let part: Vec<String> = tokens[at.min(tokens.len())..(at + len).min(tokens.len())].to_vec();
                tokens.splice(at.min(tokens.len())..at.min(tokens.len()), part);
            }
            2 => {
                let other = cut(random.pick::<String>(seeds));
                let from = random.below(other.len().max(1) as u64) as usize;
                let part = other[from.min(other.len())..(from + 2 * len).min(other.len())].to_vec();
                tokens.splice(at.min(tokens.len())..at.min(tokens.len()), part);
            }
            3 => {
                let other = cut(random.pick::<String>(seeds));
                if let Some(bar) = other.iter().rposition(|token| token == "|") {
                    tokens.extend_from_slice(&other[bar..]);
                }
            }
            _ => {
                if let Some(token) = tokens.get_mut(at) {
                    *token = (*random.pick(WORDS)).to_owned();
                }
            }
        }
    }
    let mut text = String::new();
    for token in tokens {
        // A literal such as `datetime(...)` allows no gap.
        if token != "(" {
            text.push(' ');
        }
        text.push_str(&token);
    }
    text
}

/// Words, strings, and single signs.
fn cut(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut quote: Option<char> = None;
    let mut joins = false;
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_' || c == '-' && joins;
        match tokens.last_mut() {
            Some(last) if quote.is_some() || word && joins => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        quote = match quote {
            Some(open) if open == c => None,
            None if c == '\'' || c == '"' => Some(c),
            quote => quote,
        };
        joins = quote.is_none() && word;
    }
    tokens
}

fn parses(text: &str) -> Option<String> {
    match syntax::parse(text) {
        Ok(tree) => {
            let printed = tree.to_string();
            match syntax::parse(&printed) {
                Ok(again) if again == tree => None,
                Ok(_) => Some(format!("it prints as another tree: {printed:?}")),
                Err(error) => Some(format!("it prints as what is none, {error}: {printed:?}")),
            }
        }
        Err(error) => outside(&error, text),
    }
}

fn outside(error: &kql::Error, text: &str) -> Option<String> {
    let span = error.span.clone()?;
    let sound = span.start <= span.end && text.is_char_boundary(span.start) && text.is_char_boundary(span.end);
    (!sound).then(|| format!("{error} stands at {span:?}"))
}

fn runs(text: &str) -> Option<String> {
    if let Some(found) = parses(text) {
        return Some(found);
    }
    let mut database = Database::new();
    database.insert(
        "SecurityIncident",
        Table::empty(Schema::new([("Title", Type::String), ("IncidentNumber", Type::Int)])),
    );
    if let Some(found) = kql::check(text, &database).iter().find_map(|error| outside(error, text)) {
        return Some(found);
    }
    let mut options = Options::at(Datetime::parse("2024-06-01").unwrap_or(Datetime::MIN));
    options.limits.memory_rows = 10_000;
    options.limits.memory_bytes = 1 << 22;
    options.limits.value_bytes = 1 << 20;
    match kql::run(text, &database, &options) {
        Ok(answer) => answer.tables.iter().find_map(|(_, table)| {
            let rows = kql::wire::rows(table);
            (rows.as_array().map(Vec::len) != Some(table.len()))
                .then(|| "its rows are not as many as it says".to_owned())
        }),
        Err(error) => outside(&error, text),
    }
}

/// Numbers that follow from a seed: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound.max(1)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

const WORDS: &[&str] = &[
    "T",
    "U",
    "x",
    "k",
    "s",
    "d",
    "|",
    "|",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    ".",
    "..",
    "=",
    "==",
    "!=",
    "<>",
    "<",
    ">",
    "=>",
    "=~",
    "!~",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "~",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "0x1F",
    "1.5",
    "1e308",
    "1d",
    "1tick",
    "''",
    "'a'",
    "@'\\'",
    "h'x'",
    "``````",
    "dynamic(null)",
    "dynamic([1, {'a': []}])",
    "datetime(2024-01-01)",
    "datetime(null)",
    "timespan(1.02:03:04)",
    "long(null)",
    "real(nan)",
    "real(inf)",
    "guid(null)",
    "decimal(1.5)",
    "int(7)",
    "bool(null)",
    "true",
    "false",
    "null",
    "let",
    "view",
    "set",
    "declare",
    "by",
    "on",
    "in",
    "!in",
    "in~",
    "with",
    "kind",
    "inner",
    "isfuzzy",
    "withsource",
    "to",
    "typeof",
    "from",
    "step",
    "default",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "and",
    "or",
    "not",
    "between",
    "!between",
    "has",
    "!has",
    "has_any",
    "has_all",
    "contains",
    "startswith",
    "matches",
    "regex",
    "hasprefix",
    "count()",
    "sum(x)",
    "make_list(x)",
    "arg_max(x, *)",
    "prev(x)",
    "row_number()",
    "tostring",
    "toscalar",
    "materialize",
    "datatable(x: long)",
    "print",
    "range",
    "search",
    "of",
    "as",
    "$left.k",
    "$right.k",
    "-->",
    "-[e*1..3]->",
    "<-[e]-",
    "()",
    "(a)",
    "project",
    "where",
    "limit",
    "hint.strategy",
    "native",
    "ago(1d)",
    "now()",
    "bin(x, 1)",
];
