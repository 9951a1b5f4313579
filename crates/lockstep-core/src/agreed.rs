//! The base: the state in which an incident and its alerts were last seen to agree.

use alloc::vec::Vec;

use crate::ids::AlertId;
use crate::model::{AlertState, Incident, IncidentState};

/// What both sides last agreed on, kept in the ledger.
///
/// With it, a difference tells which side moved: without it, an incident that an analyst reopened looks the same as one
/// that was never closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Where the incident stood.
    pub incident: IncidentState,
    /// Where its alerts stood, by id.
    alerts: Vec<(AlertId, AlertState)>,
}

impl Agreed {
    /// The agreement of an incident in `incident` with alerts in these states.
    pub fn new(incident: IncidentState, alerts: impl IntoIterator<Item = (AlertId, AlertState)>) -> Self {
        let mut alerts: Vec<_> = alerts.into_iter().collect();
        alerts.sort();
        alerts.dedup();
        Self { incident, alerts }
    }

    /// Where the alerts stood, by id.
    pub fn alerts(&self) -> &[(AlertId, AlertState)] {
        &self.alerts
    }

    /// Whether any alert of `incident` stands elsewhere now, has joined it, or has left it.
    pub fn alerts_moved(&self, incident: &Incident) -> bool {
        let now = Self::new(incident.state.clone(), states(incident));
        self.alerts != now.alerts
    }
}

/// The alerts of an incident with their states.
pub(crate) fn states(incident: &Incident) -> impl Iterator<Item = (AlertId, AlertState)> + '_ {
    incident.alerts.iter().map(|alert| (alert.id.clone(), alert.state.clone()))
}
