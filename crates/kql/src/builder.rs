//! Building tables row by row: values are dictionary-encoded where that pays, and rows cut into chunks.

mod encoder;
mod given;
mod members;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use self::encoder::Encoder;
use self::given::Given;
use self::members::Sorter;
use crate::chunk::{Chunk, TARGET_ROWS};
use crate::column::{Column, Values};
use crate::{Datetime, Schema, Table, Type, Value};

pub(crate) use self::given::text as json_text;
pub use self::members::Members;

/// Text that a chunk holds at most before the next one is begun.
const CHUNK_TEXT: usize = 64 << 20;

/// Collects rows into a table.
pub struct TableBuilder {
    schema: Arc<Schema>,
    sorter: Sorter,
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
        let sorter = Sorter::new(schema.columns.iter().map(|column| column.name.as_str()));
        Self { schema: Arc::new(schema), sorter, columns, ingested: Vec::new(), chunks: Vec::new() }
    }

    /// The members of a JSON object, by the columns that take them: a row to be completed or appended as it is. Of several
    /// members of one name the last one counts.
    ///
    /// # Errors
    /// Where the text is no JSON object.
    pub fn members<'a>(&self, json: &'a str) -> serde_json::Result<Members<'a>> {
        self.sorter.sort(json)
    }

    /// Appends the row that these members are. `ingested` is what `ingestion_time()` answers for the row.
    ///
    /// # Errors
    /// Where a member is not of its column's type; nothing is appended then.
    ///
    /// # Panics
    /// May panic where the members are of a builder of another schema.
    pub fn push_members(&mut self, members: &Members<'_>, ingested: Option<Datetime>) -> Result<(), RowError> {
        let mut row = Vec::with_capacity(self.columns.len());
        for (position, (column, encoder)) in self.schema.columns.iter().zip(&self.columns).enumerate() {
            let given = members.given(position, column.ty, encoder).map_err(|found| RowError::WrongType {
                column: column.name.clone(),
                expected: column.ty,
                // In the one form that JSON values print in.
                found: shortened(&serde_json::from_str::<Json>(&found).map_or(found.into(), |json| json.to_string())),
            })?;
            row.push(given);
        }
        self.append(row, ingested);
        Ok(())
    }

    /// Appends a row from a JSON object: members by column name, missing ones null, those without a column ignored.
    /// `ingested` is what `ingestion_time()` answers for the row.
    ///
    /// # Errors
    /// Where a member is not of its column's type; nothing is appended then.
    pub fn push_json(&mut self, object: &Map<String, Json>, ingested: Option<Datetime>) -> Result<(), RowError> {
        let mut row = Vec::with_capacity(self.columns.len());
        for column in &self.schema.columns {
            let json = object.get(&column.name).unwrap_or(&Json::Null);
            row.push(given::read(json, column.ty).ok_or_else(|| RowError::WrongType {
                column: column.name.clone(),
                expected: column.ty,
                found: shortened(&json.to_string()),
            })?);
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
        self.append(row.into_iter().map(Given::Value), ingested);
        Ok(())
    }

    /// The table of the rows appended.
    pub fn finish(mut self) -> Table {
        self.cut();
        Table::from_chunks(self.schema, self.chunks)
    }

    fn append<'a>(&mut self, row: impl IntoIterator<Item = Given<'a>>, ingested: Option<Datetime>) {
        for (column, given) in self.columns.iter_mut().zip(row) {
            column.push(given);
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

fn shortened(json: &str) -> String {
    match json.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &json[..end]),
        None => json.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// JSON values of every kind, often the same ones.
    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (-3_i64..3).prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            "[a\"\\\\é\u{1}]{0,3}".prop_map(Json::from),
            proptest::sample::select(&["", "true", "7", "0.1", "2024-06-01T00:00:00Z", "01:02:03", "1e3", "[1]"][..])
                .prop_map(Json::from),
            Just(Json::from("74be27de-1e4e-49d9-b579-fe0b331d3642")),
        ];
        leaf.prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                proptest::collection::vec(("[ab]", inner), 0..3)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Members that are taken from text and objects that were read before make the same rows, or fail alike.
        #[test]
        fn text_and_objects_make_the_same_rows(
            rows in proptest::collection::vec(proptest::collection::vec((0..Type::ALL.len() + 1, json()), 0..8), 1..12),
            pretty in any::<bool>(),
        ) {
            let schema = Schema::new(Type::ALL.iter().map(|ty| (ty.name(), *ty)));
            let name = |at: usize| Type::ALL.get(at).map_or("further", |ty| ty.name()).to_owned();
            let (mut from_text, mut from_objects) = (TableBuilder::new(schema.clone()), TableBuilder::new(schema));
            for (row, members) in rows.into_iter().enumerate() {
                let ingested = Some(Datetime(row as i64));
                let object: Map<String, Json> = members.into_iter().map(|(at, json)| (name(at), json)).collect();
                let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
                let text = text.expect("JSON can be written");
                // What is read back may differ in the last digit of a real.
                let object = serde_json::from_str(&text).expect("what was written is JSON");
                let members = from_text.members(&text).expect("it is an object");
                let found = from_text.push_members(&members, ingested);
                prop_assert_eq!(found, from_objects.push_json(&object, ingested));
            }
            let (from_text, from_objects) = (from_text.finish(), from_objects.finish());
            prop_assert_eq!(from_text.len(), from_objects.len());
            for row in 0..from_text.len() {
                // Real not-a-numbers do not come from JSON, so equality is what it says.
                prop_assert_eq!(from_text.row(row), from_objects.row(row));
            }
        }
    }

    #[test]
    fn the_last_member_of_a_name_counts() {
        let mut builder = TableBuilder::new(Schema::new([("a", Type::Long)]));
        let members = builder.members(r#"{"a":1,"x":1,"\u0061":2,"x":[3]}"#).expect("it is an object");
        assert_eq!(members.further(), [("x".into(), "[3]")]);
        builder.push_members(&members, None).expect("the row fits");
        assert_eq!(builder.finish().value(0, 0), Value::Long(Some(2)));
    }

    #[test]
    fn members_are_refused_where_they_are_no_object_and_no_value_of_the_column() {
        let mut builder = TableBuilder::new(Schema::new([("a", Type::Dynamic)]));
        for text in ["", "1", "[]", "{", "{\"a\":}", "{\"a\":1} 2", "{\"a\":01}"] {
            assert!(builder.members(text).is_err(), "{text}");
        }
        for json in [format!("{}{}", "[".repeat(1000), "]".repeat(1000)), "1e999".into(), "\"\\ud800\"".into()] {
            let text = format!("{{\"a\":{json}}}");
            let members = builder.members(&text).expect("it is an object");
            assert!(builder.push_members(&members, None).is_err(), "{json}");
        }
    }
}
