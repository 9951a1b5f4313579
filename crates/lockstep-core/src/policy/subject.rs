//! What rules ask about: an incident with its alerts, as far as it is known.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::ids::AlertPlace;
use crate::model::{Alert, Incident, Severity};
use crate::time::Time;

/// What rules ask about. What is `None` is not known, which no rule takes for a no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// How bad the incident is.
    pub severity: Severity,
    /// Its tags.
    pub tags: &'a [String],
    /// Whose it is.
    pub owner: Option<&'a Owner>,
    /// How old it is.
    pub age: Option<Duration>,
    /// Its alerts.
    pub alerts: Vec<AlertSubject<'a>>,
}

/// What rules ask about an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertSubject<'a> {
    /// Its type, such as `Storage.Blob_MalwareHashReputation`.
    pub kind: Option<&'a str>,
    /// The product that raised it, as the table names it.
    pub product: Option<&'a str>,
    /// The GUID of its subscription.
    pub subscription: Option<&'a str>,
    /// Its resource group; empty for an alert at subscription level.
    pub resource_group: Option<&'a str>,
}

/// Whose an incident is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's.
    Nobody,
    /// Of somebody who goes by each of these: object id, user principal name, e-mail address, displayed name.
    Somebody(Vec<String>),
}

impl<'a> Subject<'a> {
    /// What an incident shows, at `now` where somebody knows the time.
    pub fn of(incident: &'a Incident, owner: Option<&'a Owner>, now: Option<Time>) -> Self {
        Self {
            severity: incident.severity,
            tags: &incident.labels,
            owner,
            age: now.map(|now| Duration::from_secs(now.seconds_since(incident.created))),
            alerts: incident.alerts.iter().map(AlertSubject::of).collect(),
        }
    }
}

impl<'a> AlertSubject<'a> {
    /// What an alert shows.
    pub fn of(alert: &'a Alert) -> Self {
        Self {
            kind: known(&alert.kind),
            product: known(&alert.product),
            subscription: alert.place.as_ref().map(AlertPlace::subscription),
            resource_group: alert.place.as_ref().map(|place| place.resource_group().unwrap_or_default()),
        }
    }
}

/// What an alert says of itself; it says nothing where nobody knows.
fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
