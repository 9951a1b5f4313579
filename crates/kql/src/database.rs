//! The tables that a query can name.

use std::collections::BTreeMap;

use crate::{Error, Options, Table};

/// Tables by name. Names are case-sensitive.
#[derive(Clone, Debug, Default)]
pub struct Database {
    tables: BTreeMap<String, Table>,
    /// Tables of other workspaces, by [`qualified`] name.
    others: BTreeMap<String, Table>,
}

impl Database {
    /// A database without tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table, in place of one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, table: Table) {
        self.tables.insert(name.into(), table);
    }

    /// Adds a table of another workspace, which queries reach as `workspace("...").name`. Workspaces are called without
    /// regard to case; one that has several names is added by each.
    pub fn insert_of(&mut self, workspace: &str, name: &str, table: Table) {
        self.others.insert(qualified(workspace, name), table);
    }

    /// Whether it holds tables of any other workspace.
    pub(crate) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name).or_else(|| self.others.get(name))
    }

    /// The table of this name, to append to.
    pub fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.get_mut(name)
    }

    /// The same tables at hand, each with those rows alone that meet `condition`, an expression over its columns. Rows keep
    /// their ingestion times.
    ///
    /// # Errors
    /// The condition cannot be run over one of the tables.
    pub fn narrowed(&self, condition: &str, options: &Options) -> Result<Self, Error> {
        let mut narrow = Self::new();
        for (name, table) in &self.tables {
            let query = format!("{name} | where {condition} | extend {INGESTED} = ingestion_time()");
            let kept = crate::run(&query, self, options)?.tables.into_iter().next();
            let kept = kept.map_or_else(|| Table::empty(table.schema().clone()), |(_, kept)| kept.ingested_by_last());
            narrow.insert(name.as_str(), kept);
        }
        Ok(narrow)
    }

    /// The names, sorted; tables of other workspaces are not among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }
}

/// A column that no table has.
const INGESTED: &str = "__ingested";

/// The name of a table of another workspace: no table at hand can have it.
pub(crate) fn qualified(workspace: &str, table: &str) -> String {
    format!("workspace(\"{}\").{table}", workspace.to_lowercase())
}
