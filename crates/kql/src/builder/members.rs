//! The members of one JSON object, each with the column that takes it, none of them read further than to its end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use foldhash::fast::FixedState;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::encoder::Encoder;
use super::given::{self, Given};
use crate::{Datetime, Type, Value};

/// A row on its way into a table: what each column is given. Columns are told by their positions in the schema.
///
/// JSON that no column takes is known to be JSON, but its depth and the size of its numbers are not looked at.
#[derive(Debug)]
pub struct Members<'a> {
    fields: Vec<Field<'a>>,
    further: Vec<(Cow<'a, str>, &'a str)>,
}

/// What a column is given.
#[derive(Clone, Debug, Default)]
enum Field<'a> {
    #[default]
    Missing,
    Json(Cow<'a, str>),
    Text(Cow<'a, str>),
    Datetime(Datetime),
}

impl<'a> Members<'a> {
    /// Whether a column is given nothing, or null.
    pub fn is_missing(&self, column: usize) -> bool {
        match &self.fields[column] {
            Field::Missing => true,
            Field::Json(json) => json == "null",
            Field::Text(_) | Field::Datetime(_) => false,
        }
    }

    /// The text that a column is given; `None` where it is given no text.
    pub fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        match &self.fields[column] {
            Field::Json(json) => given::text(json),
            Field::Text(text) => Some(Cow::Borrowed(text)),
            Field::Missing | Field::Datetime(_) => None,
        }
    }

    /// What a column is given, as JSON; `None` where it is given nothing, or what is nested too deep or holds too big a number.
    pub fn json(&self, column: usize) -> Option<serde_json::Value> {
        match &self.fields[column] {
            Field::Missing => None,
            Field::Json(json) => serde_json::from_str(json).ok(),
            Field::Text(text) => Some(text.as_ref().into()),
            Field::Datetime(at) => Some(at.to_string().into()),
        }
    }

    /// Gives a column a text.
    pub fn set_text(&mut self, column: usize, text: impl Into<Cow<'a, str>>) {
        self.fields[column] = Field::Text(text.into());
    }

    /// Gives a column what is told by JSON text; one that is none does not fit the column.
    pub fn set_json(&mut self, column: usize, json: impl Into<Cow<'a, str>>) {
        self.fields[column] = Field::Json(json.into());
    }

    /// Gives a datetime column an instant.
    pub fn set_datetime(&mut self, column: usize, at: Datetime) {
        self.fields[column] = Field::Datetime(at);
    }

    /// The members that no column takes, as they stand in the object: names, and JSON text.
    pub fn further(&self) -> &[(Cow<'a, str>, &'a str)] {
        &self.further
    }

    /// What the column at `position` is given, as its type has it; the JSON text that does not fit the type, if there is any.
    pub(super) fn given(&self, position: usize, ty: Type, column: &Encoder) -> Result<Given<'_>, Cow<'_, str>> {
        let given = match &self.fields[position] {
            Field::Missing => Some(Given::Null),
            Field::Json(json) => given::read_raw(json, ty, column),
            Field::Text(text) => given::read_text(Cow::Borrowed(text), ty),
            Field::Datetime(at) if ty == Type::Datetime => Some(Given::Value(Value::Datetime(Some(*at)))),
            Field::Datetime(_) => None,
        };
        given.ok_or_else(|| match &self.fields[position] {
            Field::Json(json) => Cow::Borrowed(json.as_ref()),
            _ => Cow::Owned(self.json(position).unwrap_or_default().to_string()),
        })
    }
}

/// Sorts the members of objects to columns.
pub(super) struct Sorter {
    columns: HashMap<Box<str>, usize, FixedState>,
    count: usize,
}

impl Sorter {
    pub(super) fn new<'a>(columns: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let count = columns.len();
        Self { columns: columns.enumerate().map(|(position, name)| (name.into(), position)).collect(), count }
    }

    /// The members of the object that `json` is.
    pub(super) fn sort<'a>(&self, json: &'a str) -> serde_json::Result<Members<'a>> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = deserializer.deserialize_map(self)?;
        deserializer.end()?;
        Ok(members)
    }
}

impl<'a> Visitor<'a> for &Sorter {
    type Value = Members<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut object: A) -> Result<Members<'a>, A::Error> {
        let mut members = Members { fields: vec![Field::default(); self.count], further: Vec::new() };
        while let Some(place) = object.next_key_seed(Name(self))? {
            let json = object.next_value::<&'a RawValue>()?.get();
            match place {
                Place::Column(position) => members.fields[position] = Field::Json(Cow::Borrowed(json)),
                Place::Further(name) => match members.further.iter_mut().find(|(known, _)| *known == name) {
                    // As in a column, the last one of a name counts.
                    Some((_, known)) => *known = json,
                    None => members.further.push((name, json)),
                },
            }
        }
        Ok(members)
    }
}

/// Where a member belongs.
enum Place<'a> {
    Column(usize),
    Further(Cow<'a, str>),
}

/// Reads the name of a member.
struct Name<'s>(&'s Sorter);

impl<'a> DeserializeSeed<'a> for Name<'_> {
    type Value = Place<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Place<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Name<'_> {
    type Value = Place<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Place<'a>, E> {
        Ok(self.0.columns.get(name).map_or(Place::Further(Cow::Borrowed(name)), |position| Place::Column(*position)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Place<'a>, E> {
        let further = || Place::Further(Cow::Owned(name.to_owned()));
        Ok(self.0.columns.get(name).map_or_else(further, |position| Place::Column(*position)))
    }
}
