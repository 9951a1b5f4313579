//! What the two tables hold, in one row each.

use lockstep_core::{IncidentId, Time};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::logs::{self, Row};
use crate::wire_time;

/// What the table of incidents holds of the last 30 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentSurvey {
    /// When the service answered, by its own clock.
    pub asked: Time,
    /// How many incidents.
    pub incidents: u64,
    /// When the newest row came in; `None` where there is none or the table does not say.
    pub ingested: Option<Time>,
    /// How many incidents the Defender portal made.
    pub defender_portal: u64,
    /// How many incidents hold as many alerts as an incident can.
    pub crowded: u64,
    /// How many were closed by the article's Logic App, by what they say.
    pub closed_by_article: u64,
    /// How many were closed by lockstep, by what they say: this instance or another.
    pub closed_by_lockstep: u64,
    /// A few of those that changed last.
    pub sample: Vec<SampledIncident>,
}

/// An incident as its newest row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledIncident {
    /// Which one.
    pub id: IncidentId,
    /// Its status in the row's own words.
    pub status: String,
    /// When it was changed.
    pub modified: Time,
}

/// What the table of alerts holds of the last 30 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSurvey {
    /// When the service answered, by its own clock.
    pub asked: Time,
    /// How many alerts of any product.
    pub alerts: u64,
    /// When the newest row came in; `None` where there is none or the table does not say.
    pub ingested: Option<Time>,
    /// How many alerts of Defender for Cloud.
    pub defender: u64,
    /// When the newest row of those came in.
    pub defender_ingested: Option<Time>,
    /// How many of those are informational.
    pub informational: u64,
    /// How many alerts of Defender for Endpoint are about machines in the cloud.
    pub endpoint: u64,
    /// How many alerts of Defender for Cloud do not say which subscription they are in.
    pub unplaced: u64,
    /// The subscriptions that the others are in.
    pub subscriptions: Vec<Uuid>,
}

/// Reads the answer to [`INCIDENTS`].
pub fn incidents(rows: &[Row]) -> Result<IncidentSurvey, Fault> {
    one(rows, |row| {
        Ok(IncidentSurvey {
            asked: time(row, "Asked")?.ok_or("\"Asked\" is empty")?,
            incidents: logs::long(row, "Incidents")?,
            ingested: time(row, "Ingested")?,
            defender_portal: logs::long(row, "DefenderPortal")?,
            crowded: logs::long(row, "Crowded")?,
            closed_by_article: logs::long(row, "Article")?,
            closed_by_lockstep: logs::long(row, "Lockstep")?,
            sample: logs::dynamic_list(row, "Sample")?.iter().map(sampled).collect::<Result<_, _>>()?,
        })
    })
}

/// Reads the answer to [`ALERTS`].
pub fn alerts(rows: &[Row]) -> Result<AlertSurvey, Fault> {
    one(rows, |row| {
        let subscription = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        Ok(AlertSurvey {
            asked: time(row, "Asked")?.ok_or("\"Asked\" is empty")?,
            alerts: logs::long(row, "Alerts")?,
            ingested: time(row, "Ingested")?,
            defender: logs::long(row, "Defender")?,
            defender_ingested: time(row, "DefenderIngested")?,
            informational: logs::long(row, "Informational")?,
            endpoint: logs::long(row, "Endpoint")?,
            unplaced: logs::long(row, "Unplaced")?,
            subscriptions: logs::dynamic_list(row, "Subscriptions")?.iter().filter_map(subscription).collect(),
        })
    })
}

fn one<T>(rows: &[Row], read: impl FnOnce(&Row) -> Result<T, Wrong>) -> Result<T, Fault> {
    let [row] = rows else {
        return Err(Fault::Malformed { found: format!("{} rows were found, one was expected", rows.len()) });
    };
    read(row).map_err(|found| Fault::Malformed { found })
}

fn sampled(cell: &Value) -> Result<SampledIncident, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an incident is {}", json::kind(cell)))?;
    let id = json::text(row, "IncidentName")?;
    Ok(SampledIncident {
        id: IncidentId::parse(id).ok_or_else(|| format!("\"{}\" names no incident", id.escape_debug()))?,
        status: json::optional_text(row, "Status")?.to_owned(),
        modified: time(row, "Modified")?.ok_or("\"Modified\" is empty")?,
    })
}

fn time(row: &Row, name: &str) -> Result<Option<Time>, Wrong> {
    match json::optional_text(row, name)? {
        "" => Ok(None),
        text => match wire_time::read(text) {
            Some(time) => Ok(Some(time)),
            None => Err(format!("\"{name}\" is \"{}\", a time was expected", text.escape_debug())),
        },
    }
}

/// Asks what the table of incidents holds.
pub const INCIDENTS: &str = include_str!("../queries/survey-incidents.kql");

/// Asks what the table of alerts holds.
pub const ALERTS: &str = include_str!("../queries/survey-alerts.kql");
