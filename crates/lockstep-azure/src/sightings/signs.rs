//! What stands on incidents beside their state: marks of installations, and tags that ask for something.

use lockstep_core::{IncidentId, Mark, Time};
use serde_json::Value;

use super::time;
use crate::json::{self, Wrong};

/// A tag on an incident that asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The incident.
    pub incident: IncidentId,
    /// The tag.
    pub tag: String,
    /// When it was set, by the service's clock.
    pub at: Time,
    /// Who wrote the version that has it first, as the table names them.
    pub by: String,
}

/// What the tables show of one instance that has written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Its mark with the highest entry.
    pub highest: Mark,
    /// When its newest mark was first seen, by the service's clock.
    pub newest: Time,
}

pub fn tagged(cell: &Value) -> Result<Tagged, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("a tag is {}", json::kind(cell)))?;
    let id = json::text(row, "IncidentName")?;
    Ok(Tagged {
        incident: IncidentId::parse(id).ok_or_else(|| format!("\"{}\" names no incident", id.escape_debug()))?,
        tag: json::text(row, "Tag")?.to_owned(),
        at: time(row, "At")?.ok_or("\"At\" is empty")?,
        by: json::optional_text(row, "By")?.to_owned(),
    })
}

pub fn marked(cell: &Value) -> Result<Marked, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("a mark is {}", json::kind(cell)))?;
    let text = json::text(row, "Mark")?;
    let highest = Mark::at_end_of(text).ok_or_else(|| format!("\"{}\" is no mark", text.escape_debug()))?;
    Ok(Marked { highest, newest: time(row, "Newest")?.ok_or("\"Newest\" is empty")? })
}
