//! Building tables row by row: values are dictionary-encoded where that pays, and rows cut into chunks.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::chunk::{Chunk, TARGET_ROWS};
use crate::column::{Column, Values};
use crate::hash::text_hash;
use crate::{Datetime, Decimal, Dynamic, Guid, Schema, Table, Timespan, Type, Value};

/// Text that a chunk holds at most before the next one is begun.
const CHUNK_TEXT: usize = 64 << 20;

/// Collects rows into a table.
pub struct TableBuilder {
    schema: Arc<Schema>,
    columns: Vec<Encoder>,
    ingested: Vec<Option<Datetime>>,
    chunks: Vec<Arc<Chunk>>,
}

/// Why a row was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A member holds what the column's type cannot.
    #[error("column {column} holds {expected} values and cannot take {found}")]
    WrongType {
        /// The column.
        column: String,
        /// Its type.
        expected: Type,
        /// The JSON text found, shortened.
        found: String,
    },
    /// A row of values has another length than the schema.
    #[error("the table has {expected} columns and the row {found} values")]
    WrongLength {
        /// The number of columns.
        expected: usize,
        /// The number of values.
        found: usize,
    },
}

impl TableBuilder {
    /// A builder of a table of these columns.
    pub fn new(schema: Schema) -> Self {
        let columns = schema.columns.iter().map(|column| Encoder::new(column.ty)).collect();
        Self { schema: Arc::new(schema), columns, ingested: Vec::new(), chunks: Vec::new() }
    }

    /// Appends a row from a JSON object: members by column name, missing ones null, those without a column ignored.
    /// `ingested` is what `ingestion_time()` answers for the row.
    ///
    /// # Errors
    /// Where a member is not of its column's type; nothing is appended then.
    pub fn push_json(
        &mut self,
        object: &serde_json::Map<String, serde_json::Value>,
        ingested: Option<Datetime>,
    ) -> Result<(), RowError> {
        let mut row = Vec::with_capacity(self.columns.len());
        for column in &self.schema.columns {
            let value = match object.get(&column.name) {
                None | Some(serde_json::Value::Null) => None,
                Some(json) => Some(read_json(json, column.ty).ok_or_else(|| RowError::WrongType {
                    column: column.name.clone(),
                    expected: column.ty,
                    found: shortened(json),
                })?),
            };
            row.push(value);
        }
        self.append(row, ingested);
        Ok(())
    }

    /// Appends a row of values in the order of the columns.
    ///
    /// # Errors
    /// Where there are more or fewer values than columns, or one is not of its column's type; nothing is appended then.
    pub fn push(&mut self, row: Vec<Value>, ingested: Option<Datetime>) -> Result<(), RowError> {
        if row.len() != self.columns.len() {
            return Err(RowError::WrongLength { expected: self.columns.len(), found: row.len() });
        }
        if let Some((column, value)) =
            self.schema.columns.iter().zip(&row).find(|(column, value)| column.ty != value.ty())
        {
            let found = format!("the {} {value}", value.ty());
            return Err(RowError::WrongType { column: column.name.clone(), expected: column.ty, found });
        }
        self.append(row.into_iter().map(Some), ingested);
        Ok(())
    }

    /// The table of the rows appended.
    pub fn finish(mut self) -> Table {
        self.cut();
        Table::from_chunks(self.schema, self.chunks)
    }

    fn append(&mut self, row: impl IntoIterator<Item = Option<Value>>, ingested: Option<Datetime>) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            match value {
                Some(value) => column.push(value),
                None => column.push_null(),
            }
        }
        self.ingested.push(ingested);
        if self.ingested.len() >= TARGET_ROWS || self.columns.iter().any(|column| column.text_len() >= CHUNK_TEXT) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let len = self.ingested.len();
        if len == 0 {
            return;
        }
        let columns = self.columns.iter_mut().map(Encoder::finish).collect();
        let ingested = std::mem::take(&mut self.ingested);
        let ingested = match ingested[0] {
            first if ingested.iter().all(|at| *at == first) => Column::constant(&Value::Datetime(first), len),
            _ => Column::new(Values::Datetime(ingested)),
        };
        self.chunks.push(Arc::new(Chunk { columns, len, ingested: Some(ingested) }));
    }
}

/// Values of one column on their way into a chunk. Strings and dynamics that repeat are held once.
struct Encoder {
    ty: Type,
    values: Values,
    /// The text of each distinct value, for dynamics, whose own text is not at hand.
    texts: Vec<Box<str>>,
    texts_len: usize,
    picks: Vec<u32>,
    distinct: HashTable<u32>,
    /// Where the null stands among the values of a string or dynamic column.
    null: Option<u32>,
}

impl Encoder {
    fn new(ty: Type) -> Self {
        Self {
            ty,
            values: Values::with_capacity(ty, 0),
            texts: Vec::new(),
            texts_len: 0,
            picks: Vec::new(),
            distinct: HashTable::new(),
            null: None,
        }
    }

    fn push_null(&mut self) {
        if !matches!(self.ty, Type::String | Type::Dynamic) {
            return self.values.push_null();
        }
        match self.null {
            Some(position) => self.picks.push(position),
            None => {
                self.push(Value::null(self.ty));
                self.null = self.picks.last().copied();
            }
        }
    }

    fn text_len(&self) -> usize {
        match &self.values {
            Values::String(strings) => strings.text_len(),
            _ => self.texts_len,
        }
    }

    fn push(&mut self, value: Value) {
        let (values, distinct) = (&mut self.values, &mut self.distinct);
        let position = match (values, value) {
            (Values::String(strings), Value::String(text)) => {
                let hash = text_hash(&text);
                let found = distinct.find(hash, |&position| strings.at(position as usize) == &*text);
                found.copied().unwrap_or_else(|| {
                    let position = strings.len() as u32;
                    strings.push(&text);
                    distinct.insert_unique(hash, position, |&position| text_hash(strings.at(position as usize)));
                    position
                })
            }
            (Values::Dynamic(dynamics), Value::Dynamic(value)) => {
                let text = value.json();
                let hash = text_hash(&text);
                let (texts, texts_len) = (&mut self.texts, &mut self.texts_len);
                // Types that JSON lacks print like strings, so equal text must also be an equal value.
                let same = |&position: &u32| *texts[position as usize] == *text && dynamics[position as usize] == value;
                distinct.find(hash, same).copied().unwrap_or_else(|| {
                    let position = dynamics.len() as u32;
                    dynamics.push(value);
                    *texts_len += text.len();
                    texts.push(text.into());
                    distinct.insert_unique(hash, position, |&position| text_hash(&texts[position as usize]));
                    position
                })
            }
            (values, value) => {
                values.push(value);
                return;
            }
        };
        self.picks.push(position);
    }

    fn finish(&mut self) -> Column {
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
        let column = Column::picked(Arc::new(done.values), Arc::new(done.picks));
        let distinct = column.values().len();
        // Picks cost four bytes a row and a step in memory: strings must repeat to be worth them.
        if done.ty == Type::String && distinct * 2 > column.len() { column.flatten() } else { column }
    }
}

/// A JSON value as a value of a type: numbers, texts and booleans where the type's text form allows it.
pub(crate) fn read_json(json: &serde_json::Value, ty: Type) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match (ty, json) {
        (Type::Dynamic, json) => Value::Dynamic(Dynamic::from(json)),
        (Type::String, Json::String(text)) => Value::String(Arc::from(text.as_str())),
        // Scalars have one text; arrays and bags are printed as the dynamic they are.
        (Type::String, json) => Value::String(Arc::from(Dynamic::from(json).text())),
        (ty, Json::String(text)) if text.is_empty() => Value::null(ty),
        (Type::Bool, Json::Bool(value)) => Value::Bool(Some(*value)),
        (Type::Bool, Json::Number(number)) => Value::Bool(Some(number.as_f64()? != 0.0)),
        (Type::Bool, Json::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(Some(true)),
            "false" => Value::Bool(Some(false)),
            _ => return None,
        },
        (Type::Int, Json::Number(number)) => Value::Int(Some(i32::try_from(number.as_i64()?).ok()?)),
        (Type::Int, Json::String(text)) => Value::Int(Some(text.trim().parse().ok()?)),
        (Type::Long, Json::Number(number)) => Value::Long(Some(number.as_i64()?)),
        (Type::Long, Json::String(text)) => Value::Long(Some(text.trim().parse().ok()?)),
        (Type::Real, Json::Number(number)) => Value::Real(Some(number.as_f64()?)),
        (Type::Real, Json::String(text)) => Value::Real(Some(crate::real::parse(text)?)),
        (Type::Decimal, Json::Number(number)) => Value::Decimal(Some(Decimal::parse(&number.to_string())?)),
        (Type::Decimal, Json::String(text)) => Value::Decimal(Some(Decimal::parse(text)?)),
        (Type::Datetime, Json::String(text)) => Value::Datetime(Some(Datetime::parse(text)?)),
        (Type::Timespan, Json::String(text)) => Value::Timespan(Some(Timespan::parse(text)?)),
        (Type::Guid, Json::String(text)) => Value::Guid(Some(Guid::parse(text)?)),
        _ => return None,
    })
}

fn shortened(json: &serde_json::Value) -> String {
    let text = json.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
