//! The base: the state in which an incident and its alerts were last seen to agree.

use alloc::vec::Vec;

use crate::ids::AlertId;
use crate::model::{Alert, AlertState, Incident, IncidentState};
use crate::time::Time;

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

/// What the ledger knows of one incident. The default is what a ledger knows that has not begun.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory<'a> {
    /// What both sides last agreed on; `None` where nothing was entered about it.
    pub base: Option<&'a Agreed>,
    /// When the ledger began, by the service's clock; `None` where it has not.
    pub began: Option<Time>,
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

    /// Whether `incident` and its alerts stand where they last agreed.
    pub fn is_of(&self, incident: &Incident) -> bool {
        let stands = |alert: &Alert| {
            let (state, then) = self.pair(&alert.id);
            *state == alert.state && then.is_same_as(&incident.state)
        };
        let is_held = |pair: &Pair| incident.alerts.iter().any(|alert| alert.id == pair.alert);
        incident.alerts.iter().all(stands) && self.pairs.iter().all(is_held)
    }
}
