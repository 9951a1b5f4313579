//! The columns of known Log Analytics tables, from Microsoft's table reference: those that queries over security alerts and
//! incidents bring together.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::Type;

type Columns = Vec<(&'static str, Type)>;

/// One line for each table: its name, a colon, and `name:type` of each column.
static TABLES: LazyLock<HashMap<&'static str, Columns>> = LazyLock::new(|| {
    let column = |text: &'static str| {
        let (name, ty) = text.split_once(':')?;
        Some((name, Type::named(ty)?))
    };
    let table = |line: &'static str| {
        let (name, columns) = line.split_once(": ")?;
        Some((name, columns.split(' ').filter_map(column).collect()))
    };
    include_str!("tables.txt").lines().filter_map(table).collect()
});

/// The columns of a known table, in the reference's order.
pub fn schema(table: &str) -> Option<&'static [(&'static str, Type)]> {
    TABLES.get(table).map(Vec::as_slice)
}

/// The names of the known tables, sorted.
pub fn tables() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLES.keys().copied().collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let columns = include_str!("tables.txt").split_whitespace().filter(|word| !word.ends_with(':')).count();
        assert_eq!(tables().iter().filter_map(|table| schema(table)).map(<[_]>::len).sum::<usize>(), columns);
    }

    #[test]
    fn types() {
        let check = |table: &str, column: &str, expected: Type| {
            let columns = schema(table).expect("the table is known");
            assert_eq!(columns.iter().find(|(name, _)| *name == column).map(|(_, ty)| *ty), Some(expected));
        };
        check("SecurityIncident", "AlertIds", Type::Dynamic);
        check("SecurityIncident", "IncidentNumber", Type::Int);
        check("SecurityAlert", "TimeGenerated", Type::Datetime);
        check("SecurityAlert", "Entities", Type::String);
        assert_eq!(schema("NoSuchTable"), None);
    }
}
