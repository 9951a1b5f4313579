//! A plan: the changes of one pass in the order in which they are made, beside everything that is left alone.

use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::decide::{Change, Verdict};
use crate::ids::IncidentId;
use crate::reason::Reason;

/// What a pass will do, and what it leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes, worst severity first, then oldest incident first.
    pub changes: Vec<Change>,
    /// What is left alone, in the order in which it was judged.
    pub left: Vec<Left>,
}

/// An incident that is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Which incident.
    pub incident: IncidentId,
    /// Why.
    pub reason: Reason,
}

/// Orders verdicts into a plan. Every verdict is in it exactly once.
pub fn plan(verdicts: impl IntoIterator<Item = Verdict>) -> Plan {
    let mut plan = Plan::default();
    for verdict in verdicts {
        match verdict {
            Verdict::Change(change) => plan.changes.push(change),
            Verdict::Leave(incident, reason) => plan.left.push(Left { incident, reason }),
        }
    }
    plan.changes.sort_by(|one, two| order(one).cmp(&order(two)));
    plan
}

fn order(change: &Change) -> impl Ord + '_ {
    (change.severity, change.created, change.number, Reverse(&change.incident))
}
