//! What should happen to one incident.
//!
//! Every incident gets a verdict; leaving one alone is a verdict too, and says why. [`propose`] says which way the alerts
//! point, from any source; [`decide`] adds the grounds that only fresh reads give, and its changes alone may be written.
//! Both read where things stand, never what just happened, so a missed or a repeated event cannot lead them astray.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agreed::Agreed;
use crate::ids::IncidentId;
use crate::model::{
    Alert, AlertState, Classification, Confirmed, Incident, IncidentState, Severity, Version, is_defender_product,
};
use crate::policy::{Effect, Knobs, Mapping, Policy, Raise, Subject};
use crate::reason::Reason;
use crate::time::Time;

/// What should happen to one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It should be written.
    Change(Change),
    /// It should be left alone, for this reason.
    Leave(IncidentId, Reason),
}

/// A change of one incident, complete: whoever carries it out has nothing left to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// What people read.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// When the incident was made.
    pub created: Time,
    /// Where it stands.
    pub from: IncidentState,
    /// What becomes of it.
    pub to: Target,
    /// The alerts that it follows, as they were read.
    pub alerts: Vec<Alert>,
    /// The version that the decision was made from: the change holds for no other.
    pub version: Version,
}

/// What a change makes of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Somebody works on it.
    Active,
    /// It is done, as this.
    Closed(Classification),
}

impl Target {
    /// Whether the incident becomes less visible.
    pub fn lowers(self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

/// Says what should happen to an incident, from fresh reads of both services.
///
/// A change that lowers needs every ground: all alerts finished and of Defender for Cloud, as many as the incident says it
/// has, no bookmark and no open task. What was not read is no ground.
pub fn decide(confirmed: &Confirmed, policy: &Policy, base: Option<&Agreed>) -> Verdict {
    let incident = &confirmed.incident;
    match propose(incident, policy, base).and_then(|target| grounds(confirmed, target).map(|()| target)) {
        Err(reason) => Verdict::Leave(incident.id.clone(), reason),
        Ok(to) => Verdict::Change(Change {
            incident: incident.id.clone(),
            number: incident.number,
            title: incident.title.clone(),
            severity: incident.severity,
            created: incident.created,
            from: incident.state.clone(),
            to,
            alerts: incident.alerts.clone(),
            version: confirmed.version.clone(),
        }),
    }
}

/// Says which way the alerts of an incident point, from whatever source.
///
/// # Errors
/// The reason for which the incident is left alone.
pub fn propose(incident: &Incident, policy: &Policy, base: Option<&Agreed>) -> Result<Target, Reason> {
    match &incident.state {
        IncidentState::New | IncidentState::Active => {}
        IncidentState::Closed(_) => return Err(Reason::Closed),
        IncidentState::Other(word) => return Err(Reason::IncidentUnclear(word.clone())),
    }
    if incident.labels.iter().any(|label| label.eq_ignore_ascii_case(REDIRECTED)) {
        return Err(Reason::Redirected);
    }
    let ruling = policy.ruling(&Subject::of(incident, None, None));
    if let Some(unclear) = ruling.fired.unclear() {
        return Err(Reason::RuleUnclear(unclear));
    }
    let target = target(incident, mapping(incident, &ruling.knobs)?)?;
    if base.is_some_and(|base| !base.alerts_moved(incident) && base.incident_moved(incident)) {
        return Err(Reason::ChangedByOthers);
    }
    Ok(target)
}

fn mapping<'a>(incident: &Incident, knobs: &'a Knobs) -> Result<&'a Mapping, Reason> {
    if knobs.directions.inward {
        Ok(&knobs.inward)
    } else if incident.alerts.iter().all(|alert| alert.state == AlertState::New) {
        // A policy that only observes still tells apart what is in step and what is not.
        Err(Reason::AlertsNew)
    } else {
        Err(Reason::Observing)
    }
}

/// What the alerts together ask for.
fn target(incident: &Incident, mapping: &Mapping) -> Result<Target, Reason> {
    let alerts = &incident.alerts;
    if alerts.is_empty() {
        return Err(Reason::NoAlerts);
    }
    let is_ours = |alert: &&Alert| is_defender_product(&alert.product);
    if alerts.iter().all(|alert| is_known(alert) && !is_ours(&alert)) {
        return Err(Reason::OtherProduct);
    }
    if let Some(unclear) = alerts.iter().find(|alert| !is_known(alert)) {
        return Err(Reason::AlertUnclear(unclear.state.clone()));
    }
    if let Some(foreign) = alerts.iter().find(|alert| !is_ours(alert)) {
        return Err(Reason::ForeignAlert(foreign.product.clone()));
    }
    let count = |state: AlertState| alerts.iter().filter(|alert| alert.state == state).count();
    let (new, in_progress, dismissed) =
        (count(AlertState::New), count(AlertState::InProgress), count(AlertState::Dismissed));
    let effect = if new == alerts.len() {
        return Err(Reason::AlertsNew);
    } else if in_progress == alerts.len() {
        mapping.in_progress.into()
    } else if new + in_progress > 0 {
        match mapping.unfinished {
            Raise::Activate => Effect::Activate,
            Raise::Leave if new > 0 => return Err(Reason::AlertStillNew),
            Raise::Leave => return Err(Reason::AlertsDisagree),
        }
    } else if dismissed == alerts.len() {
        mapping.dismissed
    } else if dismissed == 0 {
        mapping.resolved
    } else {
        mapping.finished_apart()
    };
    match effect {
        Effect::Leave => Err(Reason::NotMapped),
        Effect::Activate if incident.state == IncidentState::Active => Err(Reason::InStep),
        Effect::Activate => Ok(Target::Active),
        Effect::Close(classification) => Ok(Target::Closed(classification)),
    }
}

fn is_known(alert: &Alert) -> bool {
    !matches!(alert.state, AlertState::Unknown(_) | AlertState::Missing | AlertState::Unread)
}

/// What lowering needs beside finished alerts.
fn grounds(confirmed: &Confirmed, target: Target) -> Result<(), Reason> {
    if !target.lowers() {
        return Ok(());
    }
    let judged = u64::try_from(confirmed.incident.alerts.len()).unwrap_or(u64::MAX);
    if judged >= ALERTS_PER_INCIDENT {
        return Err(Reason::TooManyAlerts);
    }
    if judged != confirmed.alerts_count {
        return Err(Reason::AlertsUncounted { judged, counted: confirmed.alerts_count });
    }
    if let Some(foreign) = confirmed.products.iter().find(|product| !is_defender_product(product)) {
        return Err(Reason::ForeignAlert(foreign.to_owned()));
    }
    if confirmed.bookmarks_count > 0 {
        return Err(Reason::Bookmarks(confirmed.bookmarks_count));
    }
    match confirmed.open_tasks {
        None => Err(Reason::TasksUnread),
        Some(0) => Ok(()),
        Some(open) => Err(Reason::OpenTasks(open)),
    }
}

/// The label of an incident that was merged into another.
/// Source: <https://learn.microsoft.com/defender-xdr/alerts-incidents-correlation>.
const REDIRECTED: &str = "Redirected";

/// An incident holds at most 150 alerts; at the limit there may be more that it does not name.
/// Source: <https://learn.microsoft.com/azure/sentinel/sentinel-service-limits>.
const ALERTS_PER_INCIDENT: u64 = 150;
