//! Drift: every pair of an alert and an incident that say different things, and since when.

use lockstep_azure::{Question, Unreadable};
use lockstep_core::{
    Alert, AlertState, Classification, Course, Effect, Incident, IncidentState, Knobs, Memory, Policy, Preset, Raise,
    Reason, Reopen, Time, is_defender_product, propose,
};
use lockstep_ledger::History;

use crate::observe::Observer;
use crate::stopped::Stopped;

/// What disagrees, as the tables show it.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The pairs, the longest disagreement first.
    pub pairs: Vec<Disagreement>,
    /// Incidents whose row in the tables cannot be read: whether they disagree is not known.
    pub unreadable: Vec<Unreadable>,
    /// When the tables answered, by the service's clock.
    pub asked: Time,
}

/// An alert and an incident that say different things.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The incident.
    pub incident: Incident,
    /// The alert.
    pub alert: Alert,
    /// Since when: when the later of both came to stand where it does, as far as the tables tell.
    pub since: Time,
    /// What the policy makes of the incident, before anything is read fresh.
    pub course: Result<Course, Reason>,
}

impl Observer {
    /// Looks for everything that disagrees, whatever the policy makes of it. One query; nothing is read fresh.
    ///
    /// # Errors
    /// [`Stopped::Input`] and [`Stopped::Rights`] where the query gives no whole answer.
    pub async fn drift(&self, history: &History) -> Result<Drift, Stopped> {
        let question = Question { lookback: Question::FULL_LOOKBACK, ..Question::new(&everything()) };
        let sightings = self.workspace.sightings(&question).await.map_err(Stopped::at_input)?;
        let mut pairs = Vec::new();
        for incident in sightings.due.iter().chain(&sightings.unclear) {
            let memory = Memory { base: history.base(&incident.id), began: history.began() };
            let course = propose(incident, &self.policy, &memory, Some(sightings.asked));
            let apart = incident.alerts.iter().filter(|alert| disagrees(&incident.state, alert));
            pairs.extend(apart.map(|alert| Disagreement {
                incident: incident.clone(),
                alert: alert.clone(),
                since: since(incident, alert),
                course: course.clone(),
            }));
        }
        pairs.sort_by_key(|pair| (pair.since, pair.incident.number));
        Ok(Drift { pairs, unreadable: sightings.unreadable, asked: sightings.asked })
    }
}

/// Whether an alert of Defender for Cloud says something else than its incident. Of what is unknown nobody can say.
fn disagrees(incident: &IncidentState, alert: &Alert) -> bool {
    let status = match incident {
        IncidentState::New => AlertState::New,
        IncidentState::Active => AlertState::InProgress,
        IncidentState::Closed(_) => return is_ours(alert) && is_open(&alert.state),
        IncidentState::Other(_) => return false,
    };
    is_ours(alert) && (is_open(&alert.state) || alert.state.is_finished()) && alert.state != status
}

fn is_ours(alert: &Alert) -> bool {
    is_defender_product(&alert.product)
}

fn is_open(state: &AlertState) -> bool {
    matches!(state, AlertState::New | AlertState::InProgress)
}

fn since(incident: &Incident, alert: &Alert) -> Time {
    let moved = alert.moved.as_ref().map(|moved| moved.at).or(alert.raised);
    let acted = incident.acted.as_ref().map(|act| act.at);
    moved.into_iter().chain(acted).max().unwrap_or(incident.created).max(incident.created)
}

/// A policy under which every disagreement may be due, so that the query gives a row of each.
fn everything() -> Policy {
    let mut knobs: Knobs = Preset::Neutral.knobs();
    knobs.directions.outward = true;
    knobs.inward.in_progress = Raise::Activate;
    knobs.inward.unfinished = Raise::Activate;
    knobs.inward.dismissed = Effect::Close(Classification::Undetermined);
    knobs.inward.resolved = knobs.inward.dismissed;
    knobs.reopen = Reopen::AllClosings;
    Policy::new("drift", knobs)
}
