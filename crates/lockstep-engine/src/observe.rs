//! Looking: what the tables propose, what fresh reads confirm, and the plan that follows. Writes nothing.

use std::collections::BTreeMap;

use futures::StreamExt;
use lockstep_azure::{Question, Sightings, Unreadable, Untouched, Workspace};
use lockstep_core::{
    Brake, BrakeLimit, Incident, Plan, Policy, Reason, Target, Time, Trip, Verdict, Waiting, plan, propose,
};
use lockstep_ledger::{History, OpenBrake};

use crate::confirm::{Judged, confirm, judge};
use crate::stopped::Stopped;

/// Looks at one workspace with the eyes of one policy.
#[derive(Clone, Debug)]
pub struct Observer {
    /// The workspace.
    pub workspace: Workspace,
    /// The policy.
    pub policy: Policy,
}

/// What was seen, and what follows from it.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What will be done, and which of the incidents that were looked at are left alone.
    pub plan: Plan,
    /// The changes that the brake holds; the plan leaves them alone.
    pub waiting: Vec<Waiting>,
    /// The brakes that are on.
    pub brakes: Vec<OpenBrake>,
    /// How many further incidents the tables show to need nothing, by why.
    pub untouched: BTreeMap<Untouched, u64>,
    /// Incidents whose row in the tables cannot be read. Nothing is known about them.
    pub unreadable: Vec<Unreadable>,
    /// When the tables answered, by the service's clock.
    pub asked: Time,
    /// When the newest row of `SecurityIncident` came in; `None` where there is none.
    pub incidents_ingested: Option<Time>,
    /// When the newest row of `SecurityAlert` came in; `None` where there is none.
    pub alerts_ingested: Option<Time>,
    /// The reads behind each change, in the plan's order.
    pub(crate) due: Vec<Judged>,
}

impl Observation {
    /// How many incidents were seen, judged or counted.
    pub fn seen(&self) -> u64 {
        let judged = self.plan.changes.len() + self.plan.left.len() + self.unreadable.len();
        self.untouched.values().sum::<u64>() + u64::try_from(judged).unwrap_or(u64::MAX)
    }

    /// Whether something about an incident could not be seen.
    pub fn is_incomplete(&self) -> bool {
        !self.unreadable.is_empty() || self.plan.left.iter().any(|left| left.reason.is_unknown())
    }
}

impl Observer {
    /// Looks, decides and plans; `history` knows what both sides last agreed on.
    ///
    /// One query, and for each incident that may be due one read of it, one of each of its alerts and, where it would be
    /// closed, one list of its tasks. An incident that cannot be read is left alone, and the plan says so; the others go on.
    ///
    /// # Errors
    /// [`Stopped::Input`] and [`Stopped::Rights`] where the query gives no whole answer.
    pub async fn observe(&self, history: &History) -> Result<Observation, Stopped> {
        let sightings = self.workspace.sightings(&Question::new(&self.policy)).await.map_err(Stopped::at_input)?;
        let judged = sightings.due.iter().map(|seen| async {
            if history.open_intents().any(|open| open.intended.concerns(&seen.id)) {
                return Err((seen.id.clone(), Reason::Unread(STILL_IN_DOUBT.into())));
            }
            let base = history.base(&seen.id);
            let target = propose(seen, &self.policy, base).map_err(|reason| (seen.id.clone(), reason))?;
            if let Some(trip) = self.holds_already(seen, target, history) {
                return Err((seen.id.clone(), Reason::Braked(trip)));
            }
            let confirmed = confirm(&self.workspace, seen, target).await.map_err(|reason| (seen.id.clone(), reason))?;
            judge(&self.workspace, confirmed, &self.policy, base).await
        });
        let judged: Vec<_> = futures::stream::iter(judged).buffered(READS_AT_ONCE).collect().await;

        let mut reads = BTreeMap::new();
        let verdicts = judged.into_iter().map(|judged| match judged {
            Ok(judged) => {
                let change = judged.change.clone();
                reads.insert(change.incident.clone(), judged);
                Verdict::Change(change)
            }
            Err((incident, reason)) => Verdict::Leave(incident, reason),
        });
        let plan = plan(verdicts);
        let record = history.brake_record();
        let (plan, waiting) = plan.braked(self.policy.brake, &record, open(&sightings), sightings.asked);
        let due = plan.changes.iter().filter_map(|change| reads.remove(&change.incident)).collect();
        Ok(Observation {
            plan,
            waiting,
            brakes: history.brakes().cloned().collect(),
            untouched: sightings.untouched,
            unreadable: sightings.unreadable,
            asked: sightings.asked,
            incidents_ingested: sightings.incidents_ingested,
            alerts_ingested: sightings.alerts_ingested,
            due,
        })
    }
    /// The brake that holds this very change already, as far as the tables show it: it needs no fresh reads to go on waiting.
    fn holds_already(&self, seen: &Incident, target: Target, history: &History) -> Option<Trip> {
        if self.policy.brake == Brake::Off || !target.lowers() {
            return None;
        }
        let item = seen.item(target);
        let brake = history.brakes().find(|brake| brake.holds(&item))?;
        Some(Trip { scope: brake.scope.clone(), limit: BrakeLimit::On(brake.number()) })
    }
}

/// How many incidents of Defender for Cloud alerts are open, as far as the tables show.
pub(crate) fn open(sightings: &Sightings) -> u64 {
    let untouched = sightings.untouched.iter();
    let untouched = untouched.filter(|(why, _)| !matches!(why, Untouched::OtherProduct | Untouched::Closed));
    let due = sightings.due.iter().filter(|incident| !incident.state.is_closed()).count();
    untouched.map(|(_, count)| count).sum::<u64>() + u64::try_from(due).unwrap_or(u64::MAX)
}

/// How many incidents are read at the same time: enough to hide the latency of each, few enough that a burst of them stays
/// far below Resource Manager's bucket of 250 reads.
const READS_AT_ONCE: usize = 16;

const STILL_IN_DOUBT: &str = "nobody knows yet what became of an earlier write to it";
