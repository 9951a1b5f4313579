//! What happens in the demo, and what has to be seen: the table of the article that this product grew from, row by row.

use lockstep_core::Classification;
use lockstep_twin::world::{self, Actor, AlertRef, AlertStatus, NewAlert, World};

/// One row: somebody does something, and these are to be seen.
#[derive(Debug)]
pub struct Row {
    /// On which side somebody acts.
    pub side: &'static str,
    /// What they do.
    pub what: &'static str,
    title: &'static str,
    act: fn(&mut World, &AlertRef),
    before: Expected,
    after: Expected,
}

/// Where an alert and its incident stand, in the words of both services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What Defender for Cloud says of the alert.
    pub defender_alert: String,
    /// What Sentinel's table says of the alert.
    pub sentinel_alert: String,
    /// What Sentinel says of the incident, with the classification where it is closed.
    pub incident: String,
}

#[derive(Debug)]
struct Expected {
    defender_alert: &'static str,
    sentinel_alert: &'static str,
    incident: &'static str,
    closed_as: Option<Classification>,
}

impl Row {
    /// Raises an alert and lets somebody act on it or on its incident.
    pub fn play(&self, world: &mut World) -> AlertRef {
        let alert = world.raise_alert(NewAlert { display_name: self.title.to_owned(), ..NewAlert::default() });
        (self.act)(world, &alert);
        alert
    }

    /// Whether this is what has to be seen before a pass and after it.
    pub fn is_right(&self, before: &Standing, after: &Standing) -> bool {
        self.before.is(before) && self.after.is(after)
    }
}

impl Standing {
    /// Where things stand in the world now.
    pub fn of(world: &World, alert: &AlertRef) -> Self {
        let nothing = || "-".to_owned();
        let incident = alert.incident_name.as_deref().and_then(|name| world.incident_state(name));
        Self {
            defender_alert: world
                .alert_status(&alert.alert_name)
                .map_or_else(nothing, |status| status.as_str().to_owned()),
            sentinel_alert: world
                .sentinel_alert_status(&alert.system_alert_id)
                .map_or_else(nothing, |status| status.as_str().to_owned()),
            incident: incident.map_or_else(nothing, |state| incident_words(&state)),
        }
    }

    /// Whether the incident says something else than its alert.
    pub fn has_gap(&self) -> bool {
        self.sentinel_alert != "New" && self.incident == "New"
    }
}

impl Expected {
    fn is(&self, seen: &Standing) -> bool {
        let incident = match self.closed_as {
            None => self.incident.to_owned(),
            Some(classification) => closed(self.incident, classification.as_str()),
        };
        seen.defender_alert == self.defender_alert
            && seen.sentinel_alert == self.sentinel_alert
            && seen.incident == incident
    }
}

fn incident_words(state: &world::IncidentState) -> String {
    let status = state.status().as_str();
    match state.closing() {
        None => status.to_owned(),
        Some(closing) => {
            let class = closing.classification.as_str();
            let reason = closing.reason.map(|reason| format!(" - {}", reason.as_str())).unwrap_or_default();
            closed(status, &format!("{class}{reason}"))
        }
    }
}

fn closed(status: &str, as_what: &str) -> String {
    format!("{status} {as_what}")
}

const fn open(defender_alert: &'static str, sentinel_alert: &'static str, incident: &'static str) -> Expected {
    Expected { defender_alert, sentinel_alert, incident, closed_as: None }
}

const fn done(alert: &'static str, closed_as: Classification) -> Expected {
    Expected { defender_alert: alert, sentinel_alert: alert, incident: "Closed", closed_as: Some(closed_as) }
}

fn set(world: &mut World, alert: &AlertRef, status: AlertStatus) {
    world.set_alert_status(&alert.alert_name, status).expect("the alert was raised just now");
}

fn incident(alert: &AlertRef) -> &str {
    alert.incident_name.as_deref().expect("the creation rule is on")
}

fn analyst() -> Actor {
    Actor::person("analyst@contoso.example")
}

/// What the analyst of the last row found out.
const ANALYST_CLOSING: Classification = Classification::FalsePositiveData;

/// The article's table: who does what; Defender alert, Sentinel alert and incident without lockstep; and with it.
pub static ROWS: &[Row] = &[
    Row {
        side: "Defender for Cloud",
        what: "new alert",
        title: "Suspicious process executed",
        act: |_, _| {},
        before: open("Active", "New", "New"),
        after: open("Active", "New", "New"),
    },
    Row {
        side: "Defender for Cloud",
        what: "alert set to in progress",
        title: "Access from an unusual location to a storage account",
        act: |world, alert| set(world, alert, AlertStatus::InProgress),
        before: open("InProgress", "InProgress", "New"),
        after: open("InProgress", "InProgress", "Active"),
    },
    Row {
        side: "Defender for Cloud",
        what: "alert dismissed",
        title: "Possible outgoing denial-of-service attack detected",
        act: |world, alert| set(world, alert, AlertStatus::Dismissed),
        before: open("Dismissed", "Dismissed", "New"),
        after: done("Dismissed", Classification::BenignPositive),
    },
    Row {
        side: "Defender for Cloud",
        what: "alert resolved",
        title: "Digital currency mining related behavior detected",
        act: |world, alert| set(world, alert, AlertStatus::Resolved),
        before: open("Resolved", "Resolved", "New"),
        after: done("Resolved", Classification::TruePositive),
    },
    Row {
        side: "Sentinel",
        what: "incident set to active",
        title: "Suspicious authentication activity",
        act: |world, alert| {
            world.activate_incident(incident(alert), &analyst()).expect("the incident was made just now");
        },
        before: open("Active", "New", "Active"),
        after: open("Active", "New", "Active"),
    },
    Row {
        side: "Sentinel",
        what: "incident closed",
        title: "Exposed credentials used from a new host",
        act: |world, alert| {
            let closing = world::Closing {
                classification: world::Classification::FalsePositive,
                reason: Some(world::Reason::InaccurateData),
                comment: Some("A penetration test.".to_owned()),
            };
            world.close_incident(incident(alert), closing, &analyst()).expect("the incident was made just now");
        },
        before: done("Resolved", ANALYST_CLOSING),
        after: done("Resolved", ANALYST_CLOSING),
    },
];
