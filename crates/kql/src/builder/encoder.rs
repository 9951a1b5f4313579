//! Values of one column on their way into a chunk: strings and dynamics that repeat are held once.

use std::sync::Arc;

use hashbrown::HashTable;

use super::given::Given;
use crate::column::{Column, Strings, Values};
use crate::hash::text_hash;
use crate::{Dynamic, Type, Value};

/// Values of one column on their way into a chunk.
pub struct Encoder {
    ty: Type,
    values: Values,
    /// The text of each distinct value, for dynamics, whose own text is not at hand.
    texts: Strings,
    /// Of each distinct dynamic, whether its text reads back as this very value.
    exact: Vec<bool>,
    picks: Vec<u32>,
    distinct: HashTable<u32>,
    /// Where the null stands among the values of a string or dynamic column.
    null: Option<u32>,
}

impl Encoder {
    pub fn new(ty: Type) -> Self {
        Self {
            ty,
            values: Values::with_capacity(ty, 0),
            texts: Strings::default(),
            exact: Vec::new(),
            picks: Vec::new(),
            distinct: HashTable::new(),
            null: None,
        }
    }

    /// The bytes of text that the column holds so far.
    pub fn text_len(&self) -> usize {
        match &self.values {
            Values::String(strings) => strings.text_len(),
            _ => self.texts.text_len(),
        }
    }

    /// Where the dynamic of this JSON text stands, if it is among the values and its text could be no other value's.
    pub fn known(&self, json: &str) -> Option<u32> {
        let same = |&position: &u32| self.exact[position as usize] && self.texts.at(position as usize) == json;
        self.distinct.find(text_hash(json), same).copied()
    }

    pub fn push(&mut self, given: Given<'_>) {
        match given {
            Given::Null => self.push_null(),
            Given::Known(position) => self.picks.push(position),
            Given::Text(text) => self.push_text(&text),
            Given::Json(value) => self.push_dynamic(value, true),
            Given::Value(Value::String(text)) => self.push_text(&text),
            Given::Value(Value::Dynamic(value)) => self.push_dynamic(value, false),
            Given::Value(value) => self.values.push(value),
        }
    }

    fn push_null(&mut self) {
        if !matches!(self.ty, Type::String | Type::Dynamic) {
            return self.values.push_null();
        }
        match self.null {
            Some(position) => self.picks.push(position),
            None => {
                self.push(Given::Value(Value::null(self.ty)));
                self.null = self.picks.last().copied();
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        let Values::String(strings) = &mut self.values else { return self.values.push_null() };
        let hash = text_hash(text);
        let found = self.distinct.find(hash, |&position| strings.at(position as usize) == text);
        let position = found.copied().unwrap_or_else(|| {
            let position = strings.len() as u32;
            strings.push(text);
            self.distinct.insert_unique(hash, position, |&position| text_hash(strings.at(position as usize)));
            position
        });
        self.picks.push(position);
    }

    fn push_dynamic(&mut self, value: Dynamic, from_json: bool) {
        let Values::Dynamic(dynamics) = &mut self.values else { return self.values.push_null() };
        let text = value.json();
        let hash = text_hash(&text);
        let texts = &mut self.texts;
        // Types that JSON lacks print like strings, so equal text must also be an equal value.
        let same = |&position: &u32| texts.at(position as usize) == text && dynamics[position as usize] == value;
        let position = self.distinct.find(hash, same).copied().unwrap_or_else(|| {
            let position = dynamics.len() as u32;
            self.exact.push(from_json && !holds_real(&value));
            dynamics.push(value);
            texts.push(&text);
            self.distinct.insert_unique(hash, position, |&position| text_hash(texts.at(position as usize)));
            position
        });
        self.picks.push(position);
    }

    /// The column of what was pushed; the encoder is empty again.
    pub fn finish(&mut self) -> Column {
        let done = std::mem::replace(self, Self::new(self.ty));
        let nulls = || (0..done.values.len()).all(|position| done.values.cell(position).is_null());
        if done.picks.is_empty() && nulls() {
            return Column::nulls(done.ty, done.values.len());
        }
        if done.values.len() == 1 && !done.picks.is_empty() {
            return Column::picked_same(Arc::new(done.values), done.picks.len());
        }
        if !matches!(done.ty, Type::String | Type::Dynamic) || done.values.len() == done.picks.len() {
            return Column::new(done.values);
        }
        let text_len = done.text_len();
        let column = Column::picked(Arc::new(done.values), Arc::new(done.picks));
        let distinct = column.values().len();
        // Picks cost four bytes a row and a step in memory: short strings must repeat to be worth them.
        let short = text_len <= distinct * SHORT;
        if done.ty == Type::String && short && distinct * 2 > column.len() { column.flatten() } else { column }
    }
}

/// Whether a number is in it that not every reader of JSON reads back to the last digit.
fn holds_real(value: &Dynamic) -> bool {
    match value {
        Dynamic::Real(_) => true,
        Dynamic::Array(elements) => elements.iter().any(holds_real),
        Dynamic::Bag(members) => members.iter().any(|(_, value)| holds_real(value)),
        _ => false,
    }
}

/// Up to how many bytes strings count as short, on average.
const SHORT: usize = 64;
