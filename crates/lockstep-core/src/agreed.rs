//! The base: the state in which an incident and its alerts were last seen to agree.

use alloc::vec::Vec;

use crate::ids::AlertId;
use crate::model::{AlertState, Incident, IncidentState};

/// What both sides of one incident last agreed on, pair by pair, kept in the ledger.
///
/// With it, a difference tells which side moved: without it, an incident that an analyst reopened looks the same as one
/// that was never closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// By alert, each once.
    pairs: Vec<Pair>,
    /// Where the incident stood for an alert that is not among them.
    incident: IncidentState,
    written: Option<IncidentState>,
}

/// What one alert and its incident last agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Which alert.
    pub alert: AlertId,
    /// Where it stood.
    pub state: AlertState,
    /// Where the incident stood.
    pub incident: IncidentState,
}

impl Agreed {
    /// The agreement of an incident in `incident` with alerts in these states.
    pub fn new(incident: IncidentState, alerts: impl IntoIterator<Item = (AlertId, AlertState)>) -> Self {
        let mut agreed = Self { pairs: Vec::new(), incident: incident.clone(), written: None };
        for (alert, state) in alerts {
            agreed.agree(alert, state, incident.clone());
        }
        agreed
    }

    /// The agreement of an incident of which nothing is known: it and its alerts were born in the state New.
    pub fn birth() -> Self {
        Self { pairs: Vec::new(), incident: IncidentState::New, written: None }
    }

    /// The agreement that an incident and its alerts stand in now.
    pub fn of(incident: &Incident) -> Self {
        let alerts = incident.alerts.iter().map(|alert| (alert.id.clone(), alert.state.clone()));
        Self::new(incident.state.clone(), alerts)
    }

    /// The pairs, by alert.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Lets one pair agree on these states.
    pub fn agree(&mut self, alert: AlertId, state: AlertState, incident: IncidentState) {
        let pair = Pair { alert, state, incident };
        match self.pairs.binary_search_by(|it| it.alert.cmp(&pair.alert)) {
            Ok(at) => self.pairs[at] = pair,
            Err(at) => self.pairs.insert(at, pair),
        }
    }

    /// The state in which we last wrote the incident; `None` where we never did.
    pub fn written(&self) -> Option<&IncidentState> {
        self.written.as_ref()
    }

    /// The same agreement, of an incident that we last wrote as `written`.
    #[must_use]
    pub fn with_written(self, written: Option<IncidentState>) -> Self {
        Self { written, ..self }
    }

    /// Where the alert and the incident stood when they last agreed.
    ///
    /// An alert that joined later was born in the state New, while the incident stood where all its pairs last agreed.
    pub fn pair(&self, alert: &AlertId) -> (&AlertState, &IncidentState) {
        match self.pairs.binary_search_by(|pair| pair.alert.cmp(alert)) {
            Ok(at) => (&self.pairs[at].state, &self.pairs[at].incident),
            Err(_) => (&AlertState::New, &self.incident),
        }
    }

    /// Whether any alert of `incident` stands elsewhere now, or has left it.
    pub fn alerts_moved(&self, incident: &Incident) -> bool {
        let is_in = |pair: &Pair| incident.alerts.iter().any(|alert| alert.id == pair.alert);
        incident.alerts.iter().any(|alert| *self.pair(&alert.id).0 != alert.state) || !self.pairs.iter().all(is_in)
    }

    /// Whether the incident stands elsewhere now than where one of its alerts last agreed with it.
    pub fn incident_moved(&self, incident: &Incident) -> bool {
        incident.alerts.iter().any(|alert| !self.pair(&alert.id).1.is_same_status(&incident.state))
    }
}
