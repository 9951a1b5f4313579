//! Tables: a schema, and chunks of rows.
//! Leaves out reading rows from JSON (`load`) and writing them (`wire`).

use std::sync::Arc;

use crate::chunk::{Chunk, TARGET_ROWS};
use crate::column::Cell;
use crate::{Datetime, Type, Value};

/// A column's name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The name, as queries write it.
    pub name: String,
    /// The type of every value.
    pub ty: Type,
}

/// The columns of a table, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The columns; no two share a name.
    pub columns: Vec<ColumnInfo>,
}

impl Schema {
    /// A schema of these names and types.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, Type)>) -> Self {
        Self { columns: columns.into_iter().map(|(name, ty)| ColumnInfo { name: name.into(), ty }).collect() }
    }

    /// The position of the column of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The types in order.
    pub fn types(&self) -> Vec<Type> {
        self.columns.iter().map(|column| column.ty).collect()
    }
}

/// An immutable table. Cloning it shares its rows.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Arc<Schema>,
    chunks: Vec<Arc<Chunk>>,
    len: usize,
}

impl Table {
    /// A table without rows.
    pub fn empty(schema: Schema) -> Self {
        Self { schema: Arc::new(schema), chunks: Vec::new(), len: 0 }
    }

    /// A table of these chunks, whose columns must be those of the schema.
    pub(crate) fn from_chunks(schema: Arc<Schema>, chunks: Vec<Arc<Chunk>>) -> Self {
        let len = chunks.iter().map(|chunk| chunk.len).sum();
        Self { schema, chunks, len }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The rows, in chunks.
    pub(crate) fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// The table without its last column, which holds the ingestion times of its rows.
    pub(crate) fn ingested_by_last(&self) -> Self {
        let mut schema = Schema::clone(&self.schema);
        schema.columns.pop();
        let chunk = |chunk: &Arc<Chunk>| {
            let mut columns = chunk.columns.clone();
            let ingested = columns.pop();
            Arc::new(Chunk { columns, len: chunk.len, ingested })
        };
        Self::from_chunks(Arc::new(schema), self.chunks.iter().map(chunk).collect())
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value in a row and column, both counted from 0.
    ///
    /// # Panics
    /// Where there is no such row or column.
    pub fn value(&self, row: usize, column: usize) -> Value {
        self.cell(row, column).to_value()
    }

    /// The value in a row and column, both counted from 0, borrowed.
    ///
    /// # Panics
    /// Where there is no such row or column.
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let mut rest = row;
        for chunk in &self.chunks {
            if rest < chunk.len {
                return chunk.columns[column].cell(rest);
            }
            rest -= chunk.len;
        }
        panic!("row {row} of a table of {} rows", self.len)
    }

    /// When a row was ingested; `None` where nobody knows.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn ingested(&self, row: usize) -> Option<Datetime> {
        let mut rest = row;
        for chunk in &self.chunks {
            if rest < chunk.len {
                return match chunk.ingested.as_ref()?.cell(rest) {
                    Cell::Datetime(at) => at,
                    _ => None,
                };
            }
            rest -= chunk.len;
        }
        panic!("row {row} of a table of {} rows", self.len)
    }

    /// The values of a row.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn row(&self, row: usize) -> Vec<Value> {
        (0..self.schema.columns.len()).map(|column| self.value(row, column)).collect()
    }

    /// The first rows, at most so many.
    pub fn take(&self, rows: usize) -> Self {
        let mut chunks = Vec::new();
        let mut rest = rows;
        for chunk in &self.chunks {
            if rest == 0 {
                break;
            }
            let part = if chunk.len <= rest { Arc::clone(chunk) } else { Arc::new(chunk.slice(0, rest)) };
            rest -= part.len;
            chunks.push(part);
        }
        Self::from_chunks(Arc::clone(&self.schema), chunks)
    }

    /// Appends the rows of another table of the same schema. Costs, over many appends, about as much as the rows appended.
    ///
    /// # Panics
    /// Where the schemas differ.
    pub fn append(&mut self, more: Self) {
        assert_eq!(self.schema, more.schema, "a table takes rows of its own schema");
        self.len += more.len;
        for chunk in more.chunks {
            self.chunks.push(chunk);
            // Neighbours of a like size become one, as the carries of a binary counter, so that chunks stay few.
            while let [.., before, last] = self.chunks.as_slice()
                && before.len <= last.len * 2
                && before.len + last.len <= TARGET_ROWS
            {
                let merged = Chunk::concat(&self.schema.types(), &[Chunk::clone(before), Chunk::clone(last)]);
                self.chunks.truncate(self.chunks.len() - 2);
                self.chunks.push(Arc::new(merged));
            }
        }
    }
}
