//! What people do: the subscription's owner in Defender for Cloud, analysts in Sentinel. They act at any moment, also between
//! two requests of one pass.

use lockstep_twin::world::{
    Actor, AlertStatus, Classification, Closing, Incident, IncidentState, IncidentWrite, NewAlert, Owner, Reason,
    Severity,
};

use crate::day::Stage;
use crate::tally::Kind;

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Defender for Cloud raises an alert.
    Raise,
    /// Defender for Cloud raises an alert into an incident that is open.
    RaiseInto,
    /// Another product raises one.
    RaiseForeign,
    /// The owner works on an alert.
    Begin,
    /// The owner dismisses one.
    Dismiss,
    /// The owner resolves one.
    Resolve,
    /// The owner activates one again.
    Reactivate,
    /// An analyst works on an incident.
    Activate,
    /// An analyst closes one.
    Close,
    /// An analyst reopens one.
    Reopen,
    /// An analyst takes one.
    Assign,
    /// An analyst tags one.
    Tag,
    /// An analyst writes down what is to be done.
    OpenTask,
    /// An analyst puts an alert into a further incident.
    Relate,
    /// Somebody deletes an incident.
    Delete,
    /// Microsoft Defender XDR merges two.
    Merge,
}

impl Act {
    /// Every act, with how often it happens beside the others.
    pub const ALL: &'static [(usize, Self)] = &[
        (14, Self::Raise),
        (3, Self::RaiseInto),
        (1, Self::RaiseForeign),
        (10, Self::Begin),
        (14, Self::Dismiss),
        (12, Self::Resolve),
        (6, Self::Reactivate),
        (5, Self::Activate),
        (4, Self::Close),
        (4, Self::Reopen),
        (2, Self::Assign),
        (2, Self::Tag),
        (2, Self::OpenTask),
        (2, Self::Relate),
        (1, Self::Delete),
        (1, Self::Merge),
    ];

    /// What it is called in the tally.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raise => "an alert is raised",
            Self::RaiseInto => "an alert is raised into an incident",
            Self::RaiseForeign => "another product raises an alert",
            Self::Begin => "the owner sets an alert in progress",
            Self::Dismiss => "the owner dismisses an alert",
            Self::Resolve => "the owner resolves an alert",
            Self::Reactivate => "the owner activates an alert again",
            Self::Activate => "an analyst sets an incident active",
            Self::Close => "an analyst closes an incident",
            Self::Reopen => "an analyst reopens an incident",
            Self::Assign => "an analyst takes an incident",
            Self::Tag => "an analyst tags an incident",
            Self::OpenTask => "an analyst opens a task",
            Self::Relate => "an analyst relates an alert to a further incident",
            Self::Delete => "somebody deletes an incident",
            Self::Merge => "two incidents are merged",
        }
    }
}

/// Somebody does something, as chance has it. What cannot be done as things stand is not done.
pub fn anybody_acts(stage: &Stage) {
    let act = stage.chance.weighed(Act::ALL);
    if let Some(on) = perform(stage, act) {
        stage.note(|notes, now| {
            notes.tally.count(Kind::Act, act.name());
            notes.trace.line(now, || format!("{}: {on}", act.name()));
        });
    }
    stage.look();
}

/// Does it, and says to what; `None` where it could not be done.
fn perform(stage: &Stage, act: Act) -> Option<String> {
    match act {
        Act::Raise => Some(raise(stage, NewAlert::default())),
        Act::RaiseInto => {
            let into = incident(stage, |state| !matches!(state, IncidentState::Closed(_)))?;
            let raised = raise(stage, NewAlert { incident: Some(into.clone()), ..NewAlert::default() });
            stage.note(|notes, now| notes.judge.joined(&into, now));
            Some(format!("{raised} into {into}"))
        }
        Act::RaiseForeign => {
            let product = Some("Azure Security Center for IoT".to_owned());
            Some(raise(stage, NewAlert { product_name: product, ..NewAlert::default() }))
        }
        Act::Begin => owner(stage, AlertStatus::InProgress),
        Act::Dismiss => owner(stage, AlertStatus::Dismissed),
        Act::Resolve => owner(stage, AlertStatus::Resolved),
        Act::Reactivate => owner(stage, AlertStatus::Active),
        Act::Activate => analyst_sets(stage, |state| *state == IncidentState::New, IncidentState::Active),
        Act::Close => {
            let open = |state: &IncidentState| !matches!(state, IncidentState::Closed(_));
            analyst_sets(stage, open, IncidentState::Closed(closing(stage)))
        }
        Act::Reopen => {
            let to = if stage.chance.percent(50) { IncidentState::New } else { IncidentState::Active };
            analyst_sets(stage, |state| matches!(state, IncidentState::Closed(_)), to)
        }
        Act::Assign => {
            let taken = Owner {
                assigned_to: ANALYST.split('@').next().map(str::to_owned),
                user_principal_name: Some(ANALYST.to_owned()),
                ..Owner::default()
            };
            // Taking what one has already changes nothing, and nobody can tell that it was done.
            let name = some_incident(stage, |incident| incident.owner != taken)?;
            stage.twin.with(|world| {
                let write = IncidentWrite { owner: taken, ..IncidentWrite::same(world.incident(&name)?) };
                world.write_incident(&name, write, None, &analyst()).ok()
            })?;
            stage.note(|notes, now| notes.judge.person_acted(&name, now));
            Some(name)
        }
        Act::Tag => {
            let name = incident(stage, |_| true)?;
            stage.twin.with(|world| {
                let mut write = IncidentWrite::same(world.incident(&name)?);
                if !write.labels.iter().any(|label| label == TAG) {
                    write.labels.push(TAG.into());
                }
                world.write_incident(&name, write, None, &analyst()).ok()
            })?;
            Some(name)
        }
        Act::OpenTask => {
            let name = incident(stage, |_| true)?;
            stage.twin.with(|world| world.open_task(&name, "Ask the owner", &analyst())).ok()?;
            Some(name)
        }
        Act::Relate => {
            let (alert, id) = alert(stage, |_| true)?;
            let name = incident(stage, |_| true)?;
            stage.twin.with(|world| world.relate_alert(&name, &id, None, &analyst())).ok()?;
            stage.note(|notes, now| notes.judge.joined(&name, now));
            Some(format!("{alert} to {name}"))
        }
        Act::Delete => {
            let name = incident(stage, |_| true)?;
            let held = stage.twin.world().incident(&name)?.alert_ids.clone();
            let deleted = stage.twin.with(|world| world.delete_incident(&name));
            stage.note(|notes, _| notes.judge.deleted(&name, &held));
            deleted.then_some(name)
        }
        Act::Merge => {
            let open = |state: &IncidentState| !matches!(state, IncidentState::Closed(_));
            let (from, into) = (incident(stage, open)?, incident(stage, open)?);
            if from == into {
                return None;
            }
            stage.twin.with(|world| world.merge_incidents(&from, &into)).ok()?;
            stage.note(|notes, now| {
                // It is a service that merges, and no person.
                notes.judge.joined(&into, now);
            });
            Some(format!("{from} into {into}"))
        }
    }
}

fn raise(stage: &Stage, new: NewAlert) -> String {
    let severity = *stage.chance.pick(Severity::ALL).expect("there are severities");
    let made = stage.twin.with(|world| world.raise_alert(NewAlert { severity, ..new }));
    format!("{} in {}", made.alert_name, made.incident_name.as_deref().unwrap_or("no incident"))
}

/// The owner sets an alert's status, at Defender for Cloud.
fn owner(stage: &Stage, status: AlertStatus) -> Option<String> {
    let (name, _) = alert(stage, |now| now != status)?;
    stage.twin.with(|world| world.set_alert_status(&name, status)).ok()?;
    stage.note(|notes, now| notes.judge.owner_moved(&name, now));
    Some(name)
}

fn analyst_sets(stage: &Stage, fits: impl Fn(&IncidentState) -> bool, to: IncidentState) -> Option<String> {
    let name = incident(stage, fits)?;
    stage.twin.with(|world| world.set_incident_state(&name, to, &analyst())).ok()?;
    stage.note(|notes, now| notes.judge.person_acted(&name, now));
    Some(name)
}

fn closing(stage: &Stage) -> Closing {
    let classification = *stage.chance.pick(Classification::ALL).expect("there are classifications");
    let reason: Option<Reason> = stage.chance.pick(classification.reasons()).copied();
    Closing { classification, reason, comment: Some("an analyst's".into()) }
}

/// Some alert of Defender for Cloud whose status fits: its name and Sentinel's id of it.
fn alert(stage: &Stage, fits: impl Fn(AlertStatus) -> bool) -> Option<(String, String)> {
    let world = stage.twin.world();
    let fitting: Vec<_> = world
        .alerts()
        .filter(|alert| alert.is_defender_for_cloud() && fits(alert.status))
        .map(|alert| (alert.name.clone(), alert.system_alert_id.clone()))
        .collect();
    stage.chance.pick(&fitting).cloned()
}

/// The name of some incident whose state fits.
fn incident(stage: &Stage, fits: impl Fn(&IncidentState) -> bool) -> Option<String> {
    some_incident(stage, |incident| fits(&incident.state))
}

/// The name of some incident that fits.
fn some_incident(stage: &Stage, fits: impl Fn(&Incident) -> bool) -> Option<String> {
    let world = stage.twin.world();
    let fitting: Vec<_> =
        world.incidents().filter(|incident| fits(incident)).map(|incident| incident.name.clone()).collect();
    stage.chance.pick(&fitting).cloned()
}

fn analyst() -> Actor {
    Actor::person(ANALYST)
}

const TAG: &str = "looked at";
const ANALYST: &str = "analyst@contoso.example";
