//! Columns: values of one type, and which of them each row shows.
//! A column that was filtered, joined, expanded or dictionary-encoded keeps its values and only changes the picks, so that
//! those operations copy no text and a function of it runs once per value instead of once per row.

pub mod lift;
mod native;
mod strings;
mod values;

use std::sync::Arc;

pub use native::Native;
pub use strings::Strings;
pub use values::{Cell, Values};

use crate::{Type, Value};

/// Positions into a column or chunk, one for each row of a result.
pub type Picks = Arc<Vec<u32>>;

/// An immutable column. Cloning it shares its values.
#[derive(Clone, Debug)]
pub struct Column {
    values: Arc<Values>,
    rows: Rows,
}

/// Which value each row shows.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Row n shows value n.
    Each,
    /// Each of so many rows shows the only value.
    Same(usize),
    /// Row n shows the value at pick n.
    Picked(Picks),
}

impl Column {
    /// A column that shows each value once.
    pub fn new(values: Values) -> Self {
        Self { values: Arc::new(values), rows: Rows::Each }
    }

    /// A column that shows one value on so many rows.
    pub fn constant(value: &Value, len: usize) -> Self {
        let mut values = Values::with_capacity(value.ty(), 1);
        values.push(value.clone());
        Self { values: Arc::new(values), rows: Rows::Same(len) }
    }

    /// A column of nulls; of empty strings where the type is string.
    pub fn nulls(ty: Type, len: usize) -> Self {
        Self::constant(&Value::null(ty), len)
    }

    /// A column that shows the picked values.
    pub fn picked(values: Arc<Values>, picks: Picks) -> Self {
        Self { values, rows: Rows::Picked(picks) }
    }

    /// A column that shows the only value on so many rows.
    pub fn picked_same(values: Arc<Values>, len: usize) -> Self {
        debug_assert_eq!(values.len(), 1);
        Self { values, rows: Rows::Same(len) }
    }

    /// A column with other values on the same rows; the values must be as many.
    pub fn with_values(&self, values: Values) -> Self {
        debug_assert_eq!(values.len(), self.values.len());
        Self { values: Arc::new(values), rows: self.rows.clone() }
    }

    /// The type of every value.
    pub fn ty(&self) -> Type {
        self.values.ty()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Each => self.values.len(),
            Rows::Same(len) => *len,
            Rows::Picked(picks) => picks.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, shown or not.
    pub fn values(&self) -> &Arc<Values> {
        &self.values
    }

    /// Which value each row shows.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The position among the values of what a row shows.
    #[inline]
    pub fn position(&self, row: usize) -> usize {
        match &self.rows {
            Rows::Each => row,
            Rows::Same(_) => 0,
            Rows::Picked(picks) => picks[row] as usize,
        }
    }

    /// What a row shows.
    pub fn value(&self, row: usize) -> Value {
        self.values.value(self.position(row))
    }

    /// What a row shows, borrowed.
    #[inline]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        self.values.cell(self.position(row))
    }

    /// The value of a column that shows one value on every row.
    pub fn as_constant(&self) -> Option<Value> {
        match &self.rows {
            Rows::Same(_) => Some(self.values.value(0)),
            _ => None,
        }
    }

    /// The column that shows these rows of this one, in this order.
    pub fn gather(&self, picks: &Picks) -> Self {
        let rows = match &self.rows {
            Rows::Each => Rows::Picked(Arc::clone(picks)),
            Rows::Same(_) => Rows::Same(picks.len()),
            Rows::Picked(own) => Rows::Picked(Arc::new(picks.iter().map(|&row| own[row as usize]).collect())),
        };
        Self { values: Arc::clone(&self.values), rows }
    }

    /// The rows from `start` on, at most so many.
    pub fn slice(&self, start: usize, len: usize) -> Self {
        let end = self.len().min(start.saturating_add(len));
        let start = start.min(end);
        let rows = match &self.rows {
            Rows::Same(_) => Rows::Same(end - start),
            Rows::Each if start == 0 && end == self.values.len() => Rows::Each,
            Rows::Each => Rows::Picked(Arc::new((start as u32..end as u32).collect())),
            Rows::Picked(own) => Rows::Picked(Arc::new(own[start..end].to_vec())),
        };
        Self { values: Arc::clone(&self.values), rows }
    }

    /// The same rows over values that hold nothing else, each shown once.
    pub fn flatten(&self) -> Self {
        match &self.rows {
            Rows::Each => self.clone(),
            Rows::Same(len) => Self::new(self.values.gather(&vec![0; *len])),
            Rows::Picked(picks) => Self::new(self.values.gather(picks)),
        }
    }

    /// One column of the rows of all, which must be of the given type.
    pub fn concat(ty: Type, parts: &[Self]) -> Self {
        if let [only] = parts {
            return only.clone();
        }
        let len = parts.iter().map(Self::len).sum();
        let picked = parts.iter().any(|part| !matches!(part.rows, Rows::Each));
        if !picked {
            let mut values = Values::with_capacity(ty, len);
            for part in parts {
                values.extend(&part.values);
            }
            return Self::new(values);
        }
        let mut values = Values::with_capacity(ty, 0);
        let mut picks = Vec::with_capacity(len);
        let mut last: Option<(&Arc<Values>, u32)> = None;
        for part in parts {
            let base = match last {
                Some((shared, base)) if Arc::ptr_eq(shared, &part.values) => base,
                _ => {
                    // Values of which few are shown are copied out, so that what a filter dropped does not pile up.
                    if let (Rows::Picked(own), true) = (&part.rows, part.values.len() / 4 > part.len()) {
                        let base = values.len() as u32;
                        values.extend(&part.values.gather(own));
                        picks.extend(base..base + own.len() as u32);
                        last = None;
                        continue;
                    }
                    let base = values.len() as u32;
                    values.extend(&part.values);
                    base
                }
            };
            last = Some((&part.values, base));
            match &part.rows {
                Rows::Each => picks.extend(base..base + part.values.len() as u32),
                Rows::Same(len) => picks.resize(picks.len() + len, base),
                Rows::Picked(own) => picks.extend(own.iter().map(|pick| base + pick)),
            }
        }
        Self::picked(Arc::new(values), Arc::new(picks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longs(values: &[i64]) -> Column {
        Column::new(Values::Long(values.iter().copied().map(Some).collect()))
    }

    fn shown(column: &Column) -> Vec<Value> {
        (0..column.len()).map(|row| column.value(row)).collect()
    }

    #[test]
    fn gathers_compose() {
        let column = longs(&[10, 20, 30, 40]);
        let twice = column.gather(&Arc::new(vec![3, 1, 0])).gather(&Arc::new(vec![2, 0]));
        assert_eq!(shown(&twice), [Value::Long(Some(10)), Value::Long(Some(40))]);
        assert_eq!(shown(&twice.flatten()), shown(&twice));
        assert_eq!(shown(&twice.slice(1, 5)), [Value::Long(Some(40))]);
    }

    #[test]
    fn concat_keeps_every_row() {
        let parts = [
            longs(&[1, 2]),
            longs(&[3, 4]).gather(&Arc::new(vec![1, 1, 0])),
            Column::constant(&Value::Long(None), 2),
            longs(&(0..100).collect::<Vec<_>>()).gather(&Arc::new(vec![99])),
        ];
        let expected: Vec<Value> = parts.iter().flat_map(shown).collect();
        assert_eq!(shown(&Column::concat(Type::Long, &parts)), expected);
    }
}
