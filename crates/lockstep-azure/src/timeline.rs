//! What the tables tell of one incident and its alerts, row by row.

use lockstep_core::{IncidentId, Time};

use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::logs::Row;
use crate::wire_time;

/// An incident, as people name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By its name in ARM.
    Name(IncidentId),
    /// By its number.
    Number(u64),
}

impl Which {
    /// Reads a GUID or a number; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::Number(number)),
            _ => IncidentId::parse(text).map(Self::Name),
        }
    }

    /// As it stands in a query, where it is safe: digits, or a GUID.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Name(id) => id.as_str().to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// A row of a table: how an incident or an alert stood from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When, by the service's clock.
    pub at: Time,
    /// Whether it is about the incident, not about an alert.
    pub is_incident: bool,
    /// The GUID of what it is about.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Its status, in the table's word.
    pub status: String,
    /// Who made it so; empty where the table does not say.
    pub by: String,
    /// What a closed incident turned out to be; empty where it is not closed.
    pub classification: String,
    /// The text that it was closed with.
    pub comment: String,
    /// The owner, in whichever of their names there is; empty where it has none.
    pub owner: String,
}

/// The query that asks for the rows of an incident.
pub(crate) fn kql(which: &Which) -> String {
    QUERY.replacen("let which = \"\";", &format!("let which = \"{}\";", which.text()), 1)
}

/// Reads the rows that [`kql`] gives. What stands as the row before is left out: the tables repeat themselves.
pub(crate) fn read(rows: &[Row]) -> Result<Vec<Recorded>, Fault> {
    let mut all: Vec<Recorded> = Vec::new();
    for row in rows {
        let row = recorded(row).map_err(|found| Fault::Malformed { found })?;
        let before = all.iter().rev().find(|before| before.name == row.name);
        if before.is_none_or(|before| Recorded { at: row.at, by: row.by.clone(), ..before.clone() } != row) {
            all.push(row);
        }
    }
    Ok(all)
}

fn recorded(row: &Row) -> Result<Recorded, Wrong> {
    let text = |name| json::optional_text(row, name).map(str::to_owned);
    let at = json::text(row, "At")?;
    let joined = |one: String, two: String| if two.is_empty() { one } else { format!("{one} - {two}") };
    Ok(Recorded {
        at: wire_time::read(at).ok_or_else(|| format!("\"At\" is no time: \"{}\"", at.escape_debug()))?,
        is_incident: json::text(row, "About")? == "incident",
        name: text("Name")?,
        title: text("Title")?,
        status: text("Status")?,
        by: text("By")?,
        classification: joined(text("Classification")?, text("ClassificationReason")?),
        comment: text("ClassificationComment")?,
        owner: owner(&text("Owner")?),
    })
}

/// The owner of a row, whose cell holds JSON.
fn owner(cell: &str) -> String {
    let names = serde_json::from_str::<serde_json::Value>(cell).unwrap_or_default();
    let name = |key: &str| names.get(key).and_then(serde_json::Value::as_str).filter(|name| !name.is_empty());
    ["userPrincipalName", "email", "assignedTo", "objectId"].into_iter().find_map(name).unwrap_or_default().to_owned()
}

const QUERY: &str = include_str!("queries/timeline.kql");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_incident_is_named_by_its_number_or_its_guid_and_by_nothing_else() {
        let guid = "73E01A99-5cd7-4139-a149-9f2736ff2ab5";
        assert_eq!(Which::parse("7"), Some(Which::Number(7)));
        assert_eq!(Which::parse(guid).map(|which| which.text()), Some(guid.to_lowercase()));
        for text in ["", "+7", "-1", "7 or 1", "\" or true", "99999999999999999999"] {
            assert_eq!(Which::parse(text), None, "{text}");
        }
        assert!(kql(&Which::Number(7)).contains("let which = \"7\";"));
    }

    #[test]
    fn what_a_table_repeats_is_one_row() {
        let row = |at: &str, status: &str| {
            let row = json!({"At": at, "About": "alert", "Name": "x", "Title": "t", "Status": status, "Owner": "{\"email\":\"a@b\"}"});
            row.as_object().expect("an object").clone()
        };
        let rows = [
            row("2024-06-01T00:00:00Z", "New"),
            row("2024-06-01T00:01:00Z", "New"),
            row("2024-06-01T00:02:00Z", "Resolved"),
        ];
        let read = read(&rows).expect("they can be read");
        assert_eq!(read.iter().map(|row| &*row.status).collect::<Vec<_>>(), ["New", "Resolved"]);
        assert_eq!(read[0].owner, "a@b");
    }
}
