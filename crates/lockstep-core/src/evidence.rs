//! Who did what and when, as far as a source tells.

use alloc::string::String;
use core::time::Duration;

use crate::ids::IncidentId;
use crate::model::IncidentState;
use crate::policy::Person;
use crate::time::Time;

/// The last act on an incident: its status, its owner or its comments changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When, by the service's clock.
    pub at: Time,
    /// Whom the service names; empty where it names nobody, `None` where nobody knows yet.
    pub by: Option<String>,
}

impl Act {
    /// Whether it counts as the act of a person. Where nobody knows yet, it may be one.
    pub fn is_of_a_person(&self, person: Person) -> bool {
        let Some(by) = &self.by else { return true };
        match person {
            Person::UserPrincipalName => by.contains('@'),
            Person::AllButAutomation => by.contains('@') || !(by.is_empty() || names_automation(by)),
        }
    }
}

/// Whether `by` is how a rule, a playbook or a service names itself.
///
/// Assumed: no document lists these names. The policy can let user principal names alone count as people instead.
fn names_automation(by: &str) -> bool {
    let starts = |start: &&str| by.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    AUTOMATION.iter().any(starts)
}

const AUTOMATION: [&str; 6] =
    ["automation rule", "playbook", "incident created", "microsoft", "azure security", "azure sentinel"];

/// How long after an act its row may say that it happened: minutes are documented, and there is no bound (assumed).
pub const ROWS_LATE: Duration = Duration::from_secs(7_200);

/// How an alert came to stand where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// When, by the services' clocks; up to [`ROWS_LATE`] too late where nobody can tell who moved it.
    pub at: Time,
    /// Who moved it.
    pub by: Mover,
}

/// Who moved an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mover {
    /// Nobody can tell; this says why.
    NotDetermined(String),
    /// Somebody, by an act that the activity log names.
    Person(Who),
    /// A suppression rule of Defender for Cloud.
    Suppression(Suppression),
    /// The products' own sync.
    Sync,
    /// We ourselves.
    Ourselves,
}

/// Somebody, as the activity log names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The user principal name.
    pub name: String,
    /// The object id; empty where the log does not say.
    pub object_id: String,
    /// The address that the act came from; empty where the log does not say.
    pub address: String,
    /// Whether the alert names them, or that address, among its entities: its own suspect.
    pub is_suspect: bool,
}

/// A suppression rule that dismissed an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What it is called.
    pub name: String,
    /// The reason that it gives.
    pub reason: String,
    /// What its author wrote; empty where there is nothing.
    pub comment: String,
    /// When it was last changed; `None` where the service does not say.
    pub changed: Option<Time>,
}

/// Another incident that holds an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Which incident.
    pub incident: IncidentId,
    /// Where it stands; `None` where it is gone, was merged, or could not be read.
    pub state: Option<IncidentState>,
    /// Whether the alert had come to stand where it does before that incident was closed, so that the closing did not bring
    /// it there.
    pub followed: bool,
}
