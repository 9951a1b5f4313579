//! Incidents in Sentinel: reading one, and the one write that there is.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `Incidents.json`. A write replaces every member that can be written, so the
//! body is the fresh answer's own JSON: what is not planned goes back as it came, whether or not anybody here knows it.

#[cfg(test)]
mod tests;
mod wire;

pub use wire::{closing, labels, listed, owner, severity};

use azure_core::http::{Method, Request};
use lockstep_core::{Alert, Closing, Confirmed, Incident, IncidentId, IncidentState, Owner, Severity, Time, Version};
use serde_json::{Map, Value};

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::reply::Reply;
use crate::scope::Scope;

/// An incident as it was just read or written, and the JSON that it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshIncident {
    /// Its name in ARM.
    pub id: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// What people read.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub state: IncidentState,
    /// Its labels.
    pub labels: Vec<String>,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made.
    pub created: Time,
    /// When it was last changed, by the service's clock.
    pub modified: Time,
    /// How many alerts it says it has.
    pub alerts_count: u64,
    /// How many bookmarks it has.
    pub bookmarks_count: u64,
    /// How many comments it has.
    pub comments_count: u64,
    /// The products whose alerts it holds.
    pub products: Vec<String>,
    /// The version that was read.
    pub version: Version,
    /// When it was read, by the service's clock.
    pub at: Time,
    document: Map<String, Value>,
}

impl FreshIncident {
    /// The incident with its alerts, as a decision needs it. Who acted on it last, it does not say itself.
    pub fn confirmed(&self, alerts: Vec<Alert>, open_tasks: Option<u64>) -> Confirmed {
        Confirmed {
            incident: Incident {
                id: self.id.clone(),
                number: self.number,
                title: self.title.clone(),
                severity: self.severity,
                state: self.state.clone(),
                labels: self.labels.clone(),
                created: self.created,
                modified: Some(self.modified),
                owner: Some(self.owner.clone()),
                comments: Some(self.comments_count),
                acted: None,
                set_by: None,
                closed: None,
                alerts,
            },
            alerts_count: self.alerts_count,
            bookmarks_count: self.bookmarks_count,
            open_tasks,
            products: self.products.clone(),
            version: self.version.clone(),
            at: self.at,
            approved: false,
        }
    }

    /// The JSON that it came in, whole.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }
}

/// What a write makes of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Nobody has picked it up; no closing remains.
    New,
    /// Somebody works on it; no closing remains.
    Active,
    /// It is done, and this is what it turned out to be.
    Closed(Closing),
}

/// Asks for one incident.
pub fn read(endpoints: &Endpoints, scope: &Scope, id: &IncidentId) -> Request {
    Request::new(url(endpoints, scope, id), Method::Get)
}

/// Asks to make `change` of the incident that `fresh` shows, if it is still that version.
pub fn write(endpoints: &Endpoints, scope: &Scope, fresh: &FreshIncident, change: &IncidentChange) -> Request {
    let mut request = Request::new(url(endpoints, scope, &fresh.id), Method::Put);
    request.insert_header("content-type", "application/json");
    let body = wire::body(&fresh.document, change);
    request.set_body(serde_json::to_vec(&body).expect("a JSON value can be written as JSON"));
    request
}

/// Asks to add `tag` to the incident that `fresh` shows and to change nothing else, if it is still that version.
pub fn tag(endpoints: &Endpoints, scope: &Scope, fresh: &FreshIncident, tag: &str) -> Request {
    let mut request = Request::new(url(endpoints, scope, &fresh.id), Method::Put);
    request.insert_header("content-type", "application/json");
    let body = wire::tagged(&fresh.document, tag);
    request.set_body(serde_json::to_vec(&body).expect("a JSON value can be written as JSON"));
    request
}

/// Reads the reply to [`read`].
pub fn was_read(reply: &Reply, id: &IncidentId) -> Result<FreshIncident, Fault> {
    reply.accepted()?;
    wire::incident(reply, id)
}

/// Reads the reply to [`write`].
///
/// A 201 says that the service made an incident anew: the one that was read is gone. It is no success.
pub fn was_written(reply: &Reply, id: &IncidentId) -> Result<FreshIncident, Fault> {
    reply.accepted()?;
    if reply.status != 200 {
        return Err(Fault::Malformed { found: format!("status {} where an update answers 200", reply.status) });
    }
    wire::incident(reply, id)
}

/// The path of an incident, without a slash at its end.
pub fn path(scope: &Scope, id: &IncidentId) -> String {
    format!("{}/providers/Microsoft.SecurityInsights/incidents/{id}", scope.arm_id())
}

fn url(endpoints: &Endpoints, scope: &Scope, id: &IncidentId) -> azure_core::http::Url {
    let mut url = endpoints.arm.clone();
    url.set_path(&path(scope, id));
    url.query_pairs_mut().append_pair("api-version", API_VERSION);
    url
}

/// The newest version that the government clouds are known to serve; the contract of incidents is the same in 2025-09-01.
pub const API_VERSION: &str = "2024-03-01";
