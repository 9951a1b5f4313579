//! What would change a verdict: small changes of what was seen, each tried on the decision itself.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::agreed::Memory;
use crate::decide::{Verdict, decide};
use crate::evidence::{Moved, Mover, Who};
use crate::model::{AlertState, Confirmed};
use crate::policy::{Knobs, Policy, Rule};

/// Something that would have to be otherwise. Its `Display` is the words after "if".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A person approves.
    Approval,
    /// The tag that keeps everything from happening is taken off; this is the tag.
    TagTakenOff(String),
    /// Its tasks are completed.
    TasksCompleted,
    /// Its bookmarks are removed.
    BookmarksRemoved,
    /// No person had acted on it since its alerts moved.
    NobodyActed,
    /// The policy's windows are over.
    WindowsOver,
    /// The policy lets incidents follow their alerts.
    Inward,
    /// A person moves all its alerts to this state.
    Alerts(AlertState),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approval => f.write_str("a person approves"),
            Self::TagTakenOff(tag) => write!(f, "the tag \"{}\" is taken off", tag.escape_debug()),
            Self::TasksCompleted => f.write_str("its tasks are completed"),
            Self::BookmarksRemoved => f.write_str("its bookmarks are removed"),
            Self::NobodyActed => f.write_str("no person acts on it after its alerts move again"),
            Self::WindowsOver => f.write_str("the policy's windows are over"),
            Self::Inward => f.write_str("the policy lets incidents follow their alerts"),
            Self::Alerts(state) => write!(f, "the owner moves all its alerts to {state}"),
        }
    }
}

/// Each single thing that would lead to something being done that is not done as things stand, with what that would be.
pub fn remedies(confirmed: &Confirmed, policy: &Policy, memory: &Memory<'_>) -> Vec<(Remedy, Verdict)> {
    let now = decide(confirmed, policy, memory);
    let tries = candidates(confirmed, policy).into_iter().map(|remedy| {
        let (confirmed, policy) = remedy.applied(confirmed, policy);
        let verdict = decide(&confirmed, &policy, memory);
        (remedy, verdict)
    });
    tries.filter(|(_, then)| !matches!(then, Verdict::Leave(..)) && !is_same(then, &now)).collect()
}

fn candidates(confirmed: &Confirmed, policy: &Policy) -> Vec<Remedy> {
    let has = |tag: &String| confirmed.incident.labels.iter().any(|label| label.eq_ignore_ascii_case(tag));
    let mut tags: Vec<String> = policy.all_knobs().filter_map(|knobs| knobs.hold_tag.clone()).filter(has).collect();
    tags.sort();
    tags.dedup();
    let mut all: Vec<Remedy> = tags.into_iter().map(Remedy::TagTakenOff).collect();
    all.extend([
        Remedy::Approval,
        Remedy::TasksCompleted,
        Remedy::BookmarksRemoved,
        Remedy::NobodyActed,
        Remedy::WindowsOver,
        Remedy::Inward,
    ]);
    let states = [AlertState::New, AlertState::InProgress, AlertState::Dismissed, AlertState::Resolved];
    let stands = |state: &AlertState| confirmed.incident.alerts.iter().all(|alert| alert.state == *state);
    all.extend(states.into_iter().filter(|state| !stands(state)).map(Remedy::Alerts));
    all
}

impl Remedy {
    fn applied(&self, confirmed: &Confirmed, policy: &Policy) -> (Confirmed, Policy) {
        let (mut confirmed, mut policy) = (confirmed.clone(), policy.clone());
        match self {
            Self::Approval => confirmed.approved = true,
            Self::TagTakenOff(tag) => confirmed.incident.labels.retain(|label| !label.eq_ignore_ascii_case(tag)),
            Self::TasksCompleted => confirmed.open_tasks = Some(0),
            Self::BookmarksRemoved => confirmed.bookmarks_count = 0,
            Self::NobodyActed => confirmed.incident.acted = None,
            Self::WindowsOver => turn(&mut policy, |knobs| knobs.freezes.clear()),
            Self::Inward => turn(&mut policy, |knobs| knobs.directions.inward = true),
            Self::Alerts(state) => {
                let by = Mover::Person(Who { name: "somebody".into(), ..Who::default() });
                let moved = Moved { at: confirmed.at, by };
                for alert in &mut confirmed.incident.alerts {
                    alert.state = state.clone();
                    alert.moved = Some(moved.clone());
                }
            }
        }
        (confirmed, policy)
    }
}

/// Turns the same knobs for every incident.
fn turn(policy: &mut Policy, turn: impl Fn(&mut Knobs)) {
    let turned = |knobs: &Knobs| {
        let mut knobs = knobs.clone();
        turn(&mut knobs);
        Arc::new(knobs)
    };
    policy.rules = policy.rules.iter().map(|rule| Rule { knobs: turned(&rule.knobs), ..rule.clone() }).collect();
    policy.knobs = turned(&policy.knobs);
}

/// Whether both do the same, whatever version they were decided from.
fn is_same(one: &Verdict, two: &Verdict) -> bool {
    match (one, two) {
        (Verdict::Change(one), Verdict::Change(two)) => one.to == two.to,
        (Verdict::Push(one), Verdict::Push(two)) => {
            one.acts.iter().map(|(_, act)| act).eq(two.acts.iter().map(|(_, act)| act))
        }
        (Verdict::Leave(_, one), Verdict::Leave(_, two)) => one == two,
        _ => false,
    }
}
