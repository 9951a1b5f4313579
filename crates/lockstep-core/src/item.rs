//! What a person says yes to: one change on exactly its terms.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::decide::{Change, Push, Target};
use crate::ids::{AlertId, IncidentId};
use crate::model::{Alert, AlertState, Closing, Incident, IncidentState};

/// One change of an incident, on its terms. A yes to it is a yes to no other: not to another target, and not to the same
/// one after any of the alerts has moved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// From where to where, and because of which alerts. Plain text, the same for the same terms.
    pub terms: String,
}

impl Item {
    /// The change of `incident` from one state to another because of alerts that stand where they are said to stand, in
    /// any order.
    pub fn new<'a>(
        (incident, number): (&IncidentId, u64),
        from: &IncidentState,
        to: &IncidentState,
        alerts: impl IntoIterator<Item = (&'a AlertId, &'a AlertState)>,
    ) -> Self {
        let mut alerts: Vec<_> = alerts.into_iter().collect();
        alerts.sort();
        alerts.dedup();
        let mut terms = format!("{from} -> {to}");
        for (id, state) in alerts {
            write!(terms, "; alert {id} {state}").expect("a String takes all that is written");
        }
        Self { incident: incident.clone(), number, terms }
    }
}

impl Change {
    /// What a person would have to say yes to.
    pub fn item(&self) -> Item {
        item((&self.incident, self.number), &self.from, self.to, &self.alerts)
    }
}

impl Push {
    /// What a person would have to say yes to: all that is done to the alerts because of where the incident stands.
    pub fn item(&self) -> Item {
        let mut acts: Vec<_> = self.acts.iter().map(|(alert, act)| (&alert.id, &alert.state, act)).collect();
        acts.sort();
        let mut terms = format!("{}", self.state);
        for (id, state, act) in acts {
            write!(terms, "; {act} alert {id} {state}").expect("a String takes all that is written");
        }
        Item { incident: self.incident.clone(), number: self.number, terms }
    }
}

impl Incident {
    /// What a person would have to say yes to, were `target` made of the incident as it stands.
    pub fn item(&self, target: Target) -> Item {
        item((&self.id, self.number), &self.state, target, &self.alerts)
    }
}

fn item(incident: (&IncidentId, u64), from: &IncidentState, target: Target, alerts: &[Alert]) -> Item {
    let to = match target {
        Target::New => IncidentState::New,
        Target::Active => IncidentState::Active,
        Target::Closed(classification) => {
            IncidentState::Closed(Some(Closing { classification, comment: String::new() }))
        }
    };
    Item::new(incident, from, &to, alerts.iter().map(|alert| (&alert.id, &alert.state)))
}
