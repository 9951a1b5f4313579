//! `parse` and `parse-where`: a pattern of literals, skips and captures over a text.
//! A simple or relaxed pattern covers the whole text, each capture reaching to the first occurrence of the literal after it; a
//! regular expression may match anywhere and takes as much as it can. Patterns that do not match give nulls.

use std::sync::Arc;

use regex::Regex;

use super::{Rows, Run, failure};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::convert;
use crate::error::Error;
use crate::plan::{Parse, ParsePart, Side};
use crate::syntax::ParseKind;
use crate::{Type, Value};

impl Run<'_> {
    /// The input's columns and what the pattern captures.
    pub(super) fn parse(&self, rows: &Rows, parse: &Parse) -> Result<Rows, Error> {
        let pattern = Pattern::new(parse)?;
        let mut chunks = Vec::with_capacity(rows.chunks.len());
        for chunk in &rows.chunks {
            let texts = self.eval(&parse.value, chunk)?;
            let mut captures: Vec<Values> =
                pattern.types.iter().map(|ty| Values::with_capacity(*ty, chunk.len)).collect();
            let mut picks = Vec::new();
            for row in 0..chunk.len {
                let Cell::String(text) = texts.cell(row) else { continue };
                match pattern.captures(text) {
                    Some(found) => captures.iter_mut().zip(found).for_each(|(values, value)| values.push(value)),
                    None if parse.only_matches => continue,
                    None => captures.iter_mut().for_each(Values::push_null),
                }
                picks.push(row as u32);
            }
            let kept = if picks.len() == chunk.len { Chunk::clone(chunk) } else { chunk.gather(&Arc::new(picks)) };
            let captures: Vec<Column> = captures.into_iter().map(Column::new).collect();
            let column = |side: &Side| match *side {
                Side::Left(place) => kept.columns[place].clone(),
                Side::Right(place) => captures[place].clone(),
            };
            chunks.push(Arc::new(Chunk::of(parse.columns.iter().map(column).collect(), kept.len)));
        }
        Ok(Rows { chunks })
    }
}

struct Pattern<'a> {
    parts: &'a [ParsePart],
    types: Vec<Type>,
    /// Whether a capture that cannot be converted spoils them all.
    strict: bool,
    regex: Option<Regex>,
}

impl<'a> Pattern<'a> {
    fn new(parse: &'a Parse) -> Result<Self, Error> {
        let types =
            parse.pattern.iter().filter_map(|part| if let ParsePart::Capture(ty) = part { Some(*ty) } else { None });
        let regex = match parse.kind {
            ParseKind::Regex => Some(compiled(&parse.pattern, &parse.flags).map_err(|error| {
                failure(&format!("the pattern is not a valid regular expression: {error}"), parse.value.span)
            })?),
            _ => None,
        };
        let strict = parse.kind != ParseKind::Relaxed;
        Ok(Self { parts: &parse.pattern, types: types.collect(), strict, regex })
    }

    /// The converted captures; `None` where the pattern does not match.
    fn captures(&self, text: &str) -> Option<Vec<Value>> {
        let found = match &self.regex {
            Some(regex) => {
                let captures = regex.captures(text)?;
                let capture = |place| captures.name(&format!("capture{place}")).map_or("", |found| found.as_str());
                (0..self.types.len()).map(capture).collect()
            }
            None => scan(self.parts, text)?,
        };
        let mut values = Vec::with_capacity(found.len());
        for (text, ty) in found.into_iter().zip(&self.types) {
            let value = convert::cell(Cell::String(text), *ty);
            if self.strict && value.is_null() && *ty != Type::Dynamic {
                return None;
            }
            values.push(value);
        }
        Some(values)
    }
}

/// What the captures of a simple pattern cover.
fn scan<'t>(parts: &[ParsePart], text: &'t str) -> Option<Vec<&'t str>> {
    let mut captures = Vec::new();
    let (mut rest, mut skipping) = (text, false);
    for (place, part) in parts.iter().enumerate() {
        match part {
            ParsePart::Skip => skipping = true,
            ParsePart::Text(literal) => {
                let at = if skipping { rest.find(&**literal)? } else { rest.starts_with(&**literal).then_some(0)? };
                rest = &rest[at + literal.len()..];
                skipping = false;
            }
            ParsePart::Capture(ty) => {
                let end = match parts.get(place + 1) {
                    None => rest.len(),
                    Some(ParsePart::Text(literal)) => rest.find(&**literal)?,
                    Some(_) => prefix(*ty, rest),
                };
                captures.push(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    (skipping || rest.is_empty()).then_some(captures)
}

/// The length of the longest start of a text that reads as a value of a type.
fn prefix(ty: Type, text: &str) -> usize {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(64);
    let readable = |end: &usize| !convert::cell(Cell::String(&text[..*end]), ty).is_null();
    ends.filter(readable).last().unwrap_or(0)
}

fn compiled(parts: &[ParsePart], flags: &str) -> Result<Regex, regex::Error> {
    let lazy = flags.contains('U');
    let mut pattern = String::new();
    if !flags.is_empty() {
        pattern.push_str(&format!("(?{flags})"));
    }
    let mut captures = 0;
    for part in parts {
        match part {
            ParsePart::Skip => pattern.push_str(if lazy { ".*" } else { ".*?" }),
            ParsePart::Text(text) if Regex::new(text).is_ok() => pattern.push_str(&format!("(?:{text})")),
            ParsePart::Text(text) => pattern.push_str(&regex::escape(text)),
            ParsePart::Capture(ty) => {
                let inside = match ty {
                    Type::Int | Type::Long => r"[-+]?\d+",
                    Type::Real => r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?",
                    Type::Bool => "(?i:true|false)",
                    _ => ".*",
                };
                pattern.push_str(&format!("(?P<capture{captures}>{inside})"));
                captures += 1;
            }
        }
    }
    Regex::new(&pattern)
}
