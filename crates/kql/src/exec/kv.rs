//! `parse-kv`: keys and values out of a text. Of a key that comes twice the first counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Rows, Run};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::convert;
use crate::error::Error;
use crate::plan::{KvForm, ParseKv};
use crate::{Type, Value};

impl Run<'_> {
    /// The input's columns, and one for each key.
    pub(super) fn parse_kv(&self, rows: &Rows, parse: &ParseKv) -> Result<Rows, Error> {
        let mut chunks = Vec::with_capacity(rows.chunks.len());
        for chunk in &rows.chunks {
            let texts = self.eval(&parse.value, chunk)?;
            let mut columns: Vec<Values> =
                parse.keys.iter().map(|(_, ty)| Values::with_capacity(*ty, chunk.len)).collect();
            for row in 0..chunk.len {
                let text = match texts.cell(row) {
                    Cell::String(text) => text,
                    _ => "",
                };
                let found = pairs(text, parse);
                for ((key, ty), values) in parse.keys.iter().zip(&mut columns) {
                    match found.get(&**key) {
                        Some(text) => values.push(typed(text, *ty)),
                        None => values.push_null(),
                    }
                }
            }
            let mut all = chunk.columns.clone();
            all.extend(columns.into_iter().map(Column::new));
            chunks.push(Arc::new(Chunk::of(all, chunk.len)));
        }
        Ok(Rows { chunks })
    }
}

fn typed(text: &str, ty: Type) -> Value {
    match ty {
        Type::String => Value::String(Arc::from(text)),
        ty => convert::cell(Cell::String(text), ty),
    }
}

/// The first value of each key.
fn pairs(text: &str, parse: &ParseKv) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut note = |key: String, value: String| {
        found.entry(key).or_insert(value);
    };
    match &parse.form {
        KvForm::Regex(regex) => {
            for groups in regex.captures_iter(text) {
                let group = |at: usize| groups.get(at).map_or("", |group| group.as_str()).to_owned();
                note(group(1), group(2));
            }
        }
        KvForm::Delimited { pair, kv, quotes, escape, greedy } => {
            let mut reader = Reader { text, at: 0, quotes, escape: *escape };
            match (pair.as_deref(), kv.as_deref()) {
                (Some(pair), Some(kv)) => delimited(&mut reader, pair, kv, *greedy, &mut note),
                _ => loose(&mut reader, &parse.keys, &mut note),
            }
        }
    }
    found
}

/// Pairs with a delimiter between them and one inside of each.
fn delimited(reader: &mut Reader<'_>, pair: &str, kv: &str, greedy: bool, note: &mut impl FnMut(String, String)) {
    while !reader.rest().is_empty() {
        if reader.eat(pair) {
            continue;
        }
        let Some(key) = reader.until(&[kv, pair]) else { return };
        if !reader.eat(kv) {
            continue;
        }
        let mut value = reader.until(&[pair]).unwrap_or_default();
        // A greedy value goes on over all that is no pair.
        while greedy && !reader.rest().is_empty() {
            let start = reader.at;
            reader.eat(pair);
            let next = reader.until(&[kv, pair]).unwrap_or_default();
            if reader.rest().starts_with(kv) {
                reader.at = start;
                break;
            }
            value += pair;
            value += &next;
        }
        note(key, value);
    }
}

/// Words with anything between them; a key's value is the word after it.
fn loose(reader: &mut Reader<'_>, keys: &[(Arc<str>, Type)], note: &mut impl FnMut(String, String)) {
    let mut key: Option<String> = None;
    while let Some(c) = reader.rest().chars().next() {
        let word = match reader.quoted() {
            Some(word) => word,
            None if c.is_alphanumeric() => {
                let word: String = reader.rest().chars().take_while(|c| c.is_alphanumeric()).collect();
                reader.at += word.len();
                word
            }
            None => {
                reader.at += c.len_utf8();
                continue;
            }
        };
        match key.take() {
            Some(key) => note(key, word),
            None if keys.iter().any(|(key, _)| **key == word) => key = Some(word),
            None => {}
        }
    }
}

/// A text, read from its beginning.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    quotes: &'a [(char, char)],
    escape: Option<char>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn eat(&mut self, delimiter: &str) -> bool {
        let found = self.rest().starts_with(delimiter);
        if found {
            self.at += delimiter.len();
        }
        found
    }

    /// What is quoted here, without its quotes.
    fn quoted(&mut self) -> Option<String> {
        let mut chars = self.rest().char_indices();
        let (_, first) = chars.next()?;
        let (_, close) = self.quotes.iter().find(|(open, _)| *open == first)?;
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            if Some(c) == self.escape {
                text.extend(chars.next().map(|(_, c)| c));
            } else if c == *close {
                self.at += at + c.len_utf8();
                return Some(text);
            } else {
                text.push(c);
            }
        }
        None
    }

    /// What is quoted here, or all up to the first of the delimiters or the end. Nothing at the end.
    fn until(&mut self, delimiters: &[&str]) -> Option<String> {
        if self.rest().is_empty() {
            return None;
        }
        if let Some(text) = self.quoted() {
            return Some(text);
        }
        let rest = self.rest();
        let end = delimiters.iter().filter_map(|delimiter| rest.find(delimiter)).min().unwrap_or(rest.len());
        self.at += end;
        Some(rest[..end].to_owned())
    }
}
