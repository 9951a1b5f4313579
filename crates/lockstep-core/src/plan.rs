//! A plan: the changes of one pass in the order in which they are made, beside everything that is left alone.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::mem;

use crate::decide::{Change, Push, Verdict};
use crate::ids::IncidentId;
use crate::policy::Ceilings;
use crate::reason::Reason;

/// What a pass will do, and what it leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes, worst severity first, then oldest incident first.
    pub changes: Vec<Change>,
    /// The changes of alerts that follow their incidents, in the same order. No alert is in it twice.
    pub pushes: Vec<Push>,
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
            Verdict::Push(push) => plan.pushes.push(push),
            Verdict::Leave(incident, reason) => plan.left.push(Left { incident, reason }),
        }
    }
    plan.changes.sort_by(|one, two| {
        let order = |it: &'_ Change| (it.severity, it.created, it.number);
        order(one).cmp(&order(two)).then(two.incident.cmp(&one.incident))
    });
    plan.pushes.sort_by(|one, two| {
        let order = |it: &'_ Push| (it.severity, it.created, it.number);
        order(one).cmp(&order(two)).then(two.incident.cmp(&one.incident))
    });
    once(&mut plan);
    plan
}

impl Plan {
    /// The plan of what one pass may do; the rest is left for the next one. Raising is not held back by what may be lowered.
    #[must_use]
    pub fn capped(mut self, ceilings: Ceilings) -> Self {
        let mut room = Room(ceilings);
        for change in mem::take(&mut self.changes) {
            match room.take(change.to.lowers()) {
                true => self.changes.push(change),
                false => self.left.push(Left { incident: change.incident, reason: Reason::NextPass }),
            }
        }
        for push in mem::take(&mut self.pushes) {
            match room.take(push.lowers()) {
                true => self.pushes.push(push),
                false => self.left.push(Left { incident: push.incident, reason: Reason::NextPass }),
            }
        }
        self
    }
}

/// How much one pass may still do.
struct Room(Ceilings);

impl Room {
    /// Whether there is room for one more, and takes it.
    fn take(&mut self, lowers: bool) -> bool {
        let Ceilings { changes, lowerings } = &mut self.0;
        let is_full = *changes == Some(0) || (lowers && *lowerings == Some(0));
        if is_full {
            return false;
        }
        let less = |room: &mut Option<u32>| *room = room.map(|room| room - 1);
        less(changes);
        if lowers {
            less(lowerings);
        }
        true
    }
}

/// Leaves each alert to the first of the incidents that it follows; all of them agree about it.
fn once(plan: &mut Plan) {
    let mut taken = BTreeSet::new();
    for push in &mut plan.pushes {
        push.acts.retain(|(alert, _)| taken.insert(alert.id.clone()));
    }
    let (pushes, empty): (Vec<_>, Vec<_>) =
        mem::take(&mut plan.pushes).into_iter().partition(|push| !push.acts.is_empty());
    plan.pushes = pushes;
    plan.left.extend(empty.into_iter().map(|push| Left { incident: push.incident, reason: Reason::WithAnother }));
}
