//! What should happen to one incident and its alerts.
//!
//! Every incident gets a verdict; leaving one alone is a verdict too, and says why. [`propose`] says which way things
//! point, from any source; [`decide`] adds the grounds that only fresh reads give, and its changes alone may be written.
//! Both read where things stand, never what just happened, so a missed or a repeated event cannot lead them astray.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::agreed::Memory;
use crate::course::{Course, course};
use crate::grounds::grounds;
use crate::ids::IncidentId;
use crate::item::Item;
use crate::model::{Alert, AlertAct, Classification, Confirmed, Incident, IncidentState, Severity, Version};
use crate::policy::{Knobs, Owner, Policy, Subject};
use crate::reason::Reason;
use crate::time::Time;

/// What should happen to one incident and its alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The incident should be written.
    Change(Change),
    /// Some of its alerts should be written.
    Push(Push),
    /// It should be left alone, for this reason.
    Leave(IncidentId, Reason),
}

impl Verdict {
    /// What a person would have to say yes to; `None` where nothing is to be done.
    pub fn item(&self) -> Option<Item> {
        match self {
            Self::Change(change) => Some(change.item()),
            Self::Push(push) => Some(push.item()),
            Self::Leave(..) => None,
        }
    }
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
    /// Nobody has picked it up: it is reopened.
    New,
    /// Somebody works on it.
    Active,
    /// It is done, as this.
    Closed(Classification),
}

impl Target {
    /// Whether the incident becomes less visible, or stays so.
    pub fn lowers(self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

/// A change of alerts that follow their incident, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The incident that they follow.
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
    pub state: IncidentState,
    /// What is done, and to which alert, as it was read.
    pub acts: Vec<(Alert, AlertAct)>,
    /// The version of the incident that the decision was made from.
    pub version: Version,
}

impl Push {
    /// Whether an alert becomes less visible.
    pub fn lowers(&self) -> bool {
        self.acts.iter().any(|(_, act)| act.lowers())
    }
}

/// Says what should happen, from fresh reads of both services.
///
/// A change that lowers needs every ground: all alerts finished and of Defender for Cloud, as many as the incident says it
/// has, no bookmark and no open task, no person's act since, and what the policy asks for beside. What was not read is no
/// ground.
pub fn decide(confirmed: &Confirmed, policy: &Policy, memory: &Memory<'_>) -> Verdict {
    let incident = &confirmed.incident;
    let due = knobs(incident, policy, Some(confirmed.at)).and_then(|knobs| {
        let course = going(incident, &knobs, memory, Some(confirmed.at))?;
        grounds(confirmed, &course, &knobs, memory)?;
        Ok(course)
    });
    let (title, severity, created) = (incident.title.clone(), incident.severity, incident.created);
    let (id, number, version) = (incident.id.clone(), incident.number, confirmed.version.clone());
    match due {
        Err(reason) => Verdict::Leave(id, reason),
        Ok(Course::Inward(to)) => {
            let (from, alerts) = (incident.state.clone(), incident.alerts.clone());
            Verdict::Change(Change { incident: id, number, title, severity, created, from, to, alerts, version })
        }
        Ok(Course::Outward(acts)) => {
            let state = incident.state.clone();
            let acts = acts.into_iter().map(|(at, act)| (incident.alerts[at].clone(), act)).collect();
            Verdict::Push(Push { incident: id, number, title, severity, created, state, acts, version })
        }
    }
}

/// Says which way things point, from whatever source; `now` is the service's time where somebody knows it.
///
/// # Errors
/// The reason for which the incident is left alone.
pub fn propose(incident: &Incident, policy: &Policy, memory: &Memory<'_>, now: Option<Time>) -> Result<Course, Reason> {
    going(incident, &*knobs(incident, policy, now)?, memory, now)
}

/// Where things go: what follows from both sides or, where both say the same, back where nobody took what we set active.
fn going(incident: &Incident, knobs: &Knobs, memory: &Memory<'_>, now: Option<Time>) -> Result<Course, Reason> {
    course(incident, knobs, memory).or_else(|reason| {
        let is_idle = reason == Reason::InStep && is_idle(incident, knobs, memory, now);
        if is_idle { Ok(Course::Inward(Target::New)) } else { Err(reason) }
    })
}

/// Whether an incident stands active as we made it, and nobody has taken it or done anything about it for as long as the policy
/// lets it.
fn is_idle(incident: &Incident, knobs: &Knobs, memory: &Memory<'_>, now: Option<Time>) -> bool {
    let (Some(after), Some(now), Some(base), Some(act)) = (knobs.idle_active, now, memory.base, &incident.acted) else {
        return false;
    };
    incident.state == IncidentState::Active
        && base.written() == Some(&IncidentState::Active)
        && base.is_of(incident)
        && incident.owner == Some(Owner::Nobody)
        && now.seconds_since(act.at) >= after.as_secs()
}

fn knobs(incident: &Incident, policy: &Policy, now: Option<Time>) -> Result<Arc<Knobs>, Reason> {
    let ruling = policy.ruling(&Subject::of(incident, incident.owner.as_ref(), now));
    match ruling.fired.unclear() {
        Some(unclear) => Err(Reason::RuleUnclear(unclear)),
        None => Ok(ruling.knobs),
    }
}
