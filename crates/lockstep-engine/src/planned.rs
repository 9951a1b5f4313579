//! Carrying out a plan that was made before: exactly that, or item by item a refusal that names what moved.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use lockstep_core::{Change, Course, Incident, Item, Reason};
use lockstep_ledger::{Approval, Approved, Body, Event, OpenBrake, RunId};
use tokio_util::sync::CancellationToken;

use crate::braked::{enter_held, named};
use crate::carry_out::{CarryOut, Order};
use crate::confirm::{Decided, Judged, Read};
use crate::engine::Engine;
use crate::observe::open;
use crate::outcome::{Outcome, Told};
use crate::settle::settle;
use crate::stopped::Stopped;

/// A plan that was made before.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its changes, in their order.
    pub changes: Vec<Change>,
    /// Its whole text, which the ledger keeps.
    pub text: String,
    /// The person who says yes to exactly these changes; `None` where nobody does, and the brake counts them.
    pub approved_by: Option<String>,
}

/// A plan that was carried out as far as the world still is as it was.
#[derive(Debug)]
pub struct CarriedOut {
    /// The run that its writes are entered under; `None` where nothing was left to write.
    pub run: Option<RunId>,
    /// What became of each change, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// The brakes that are on.
    pub brakes: Vec<OpenBrake>,
}

impl Engine {
    /// Carries out a plan: each change that is still due on the very terms and for the very version that it was planned
    /// for. What an earlier run of the same plan has made is not made again, so that a run that was cut short goes on.
    ///
    /// # Guarantees
    /// As [`Engine::pass`]. A yes covers exactly the items of the plan, and is entered before the first of them is written.
    ///
    /// # Errors
    /// As [`Engine::pass`]. What moved since the plan was made is among the outcomes.
    pub async fn carry_out(
        &self,
        planned: &Planned,
        stop: &CancellationToken,
        told: &(dyn Fn(Told<'_>) + Sync),
    ) -> Result<CarriedOut, Stopped> {
        settle(self).await?;
        self.take_approvals().await?;
        let sightings = self.sightings().await?;
        let plan = Body::of(planned.text.as_str());
        let made = self.ledger.history().made_of(plan.hash()).clone();
        if let Some(by) = &planned.approved_by {
            let items: BTreeSet<Item> =
                planned.changes.iter().map(Change::item).filter(|it| !made.contains(it)).collect();
            let of = Approval::Plan { hash: plan.hash() };
            let approved = Approved { by: by.clone(), of, items: items.into_iter().collect() };
            self.ledger.append(self.clock.now(), Event::Approved(approved)).await?;
        }

        let checked = planned.changes.iter().map(|change| async {
            if made.contains(&change.item()) {
                Err(Outcome::Made { change: change.clone() })
            } else {
                // The tables tell what a plan does not keep: who acted, and since when the alerts stand as they do.
                let seen = sightings.due.iter().find(|it| it.id == change.incident);
                self.check(change, seen.cloned().unwrap_or_else(|| seen_then(change))).await
            }
        });
        let checked: Vec<_> = futures::stream::iter(checked).buffered(READS_AT_ONCE).collect().await;
        let (mut due, mut settled) = (BTreeMap::new(), BTreeMap::new());
        for (change, checked) in planned.changes.iter().zip(checked) {
            match checked {
                Ok(judged) => drop(due.insert(change.incident.clone(), judged)),
                Err(outcome) => drop(settled.insert(change.incident.clone(), outcome)),
            }
        }

        let changes = due.values().map(|judged| judged.due.clone());
        let in_order = lockstep_core::plan(changes.map(lockstep_core::Verdict::Change));
        let record = self.ledger.history().brake_record();
        let (plan_now, waiting) =
            in_order.braked(self.observer.policy.brake, &record, open(&sightings), sightings.asked);
        enter_held(self, &waiting).await?;
        for waiting in waiting {
            let reason = Reason::Braked(named(&waiting.trips[0], &self.ledger.history()));
            if let Some(judged) = due.remove(&waiting.item.incident) {
                settled.insert(waiting.item.incident, Outcome::Left { change: judged.due, reason });
            }
        }

        let due: Vec<_> = plan_now.changes.iter().filter_map(|change| due.remove(&change.incident)).collect();
        let mut run = None;
        if !due.is_empty() {
            let carry_out = CarryOut::begin(self, Order { plan: Some(plan), ..Order::own(sightings.asked) }).await?;
            let outcomes = carry_out.all(&due, stop, told).await;
            carry_out.end(&outcomes, &[], u64::try_from(settled.len()).unwrap_or(u64::MAX)).await?;
            settled.extend(outcomes.into_iter().map(|outcome| (outcome.change().incident.clone(), outcome)));
            run = Some(carry_out.run());
        }
        let outcomes = planned.changes.iter().filter_map(|change| settled.remove(&change.incident)).collect();
        Ok(CarriedOut { run, outcomes, brakes: self.ledger.history().brakes().cloned().collect() })
    }

    /// Whether a change is due exactly as it was planned, by fresh reads.
    async fn check(&self, planned: &Change, seen: Incident) -> Result<Judged<Change>, Outcome> {
        let left = |reason| Outcome::Left { change: planned.clone(), reason };
        if self.ledger.history().open_intents().any(|open| open.intended.concerns(&planned.incident)) {
            return Err(left(Reason::Unread("nobody knows yet what became of an earlier write to it".into())));
        }
        let history = self.ledger.history();
        let eyes = self.observer.eyes(&history);
        let read = eyes.read(&seen, Some(&Course::Inward(planned.to))).await.map_err(left)?;
        let moved = moved(planned, &read);
        if !moved.is_empty() {
            return Err(Outcome::Stale { change: planned.clone(), moved });
        }
        let now = match eyes.decide(read).await {
            Decided::Change(judged) if judged.due.item() == planned.item() => return Ok(judged),
            Decided::Change(judged) => judged.due.item().terms,
            Decided::Push(judged) => judged.due.item().terms,
            Decided::Awaits(..) => return Err(left(Reason::NeedsApproval)),
            Decided::Leave(_, reason) => return Err(left(reason)),
        };
        Err(Outcome::Stale { change: planned.clone(), moved: vec![format!("the policy now makes of it: {now}")] })
    }
}

/// The incident that a change was planned for, as it was seen then.
fn seen_then(change: &Change) -> Incident {
    Incident {
        id: change.incident.clone(),
        number: change.number,
        title: change.title.clone(),
        severity: change.severity,
        state: change.from.clone(),
        labels: Vec::new(),
        created: change.created,
        modified: None,
        owner: None,
        comments: None,
        acted: None,
        set_by: None,
        closed: None,
        alerts: change.alerts.clone(),
    }
}

/// What is no longer as it was when a change was planned, a sentence's end each; nothing where all is.
pub(crate) fn moved(planned: &Change, read: &Read) -> Vec<String> {
    let now = &read.confirmed.incident;
    let mut moved = Vec::new();
    if !now.state.is_same_status(&planned.from) {
        moved.push(format!("the incident is {} now, and was {}", now.state, planned.from));
    } else if read.confirmed.version != planned.version {
        moved.push("somebody wrote the incident since".to_owned());
    }
    for (was, is) in planned.alerts.iter().zip(&now.alerts).filter(|(was, is)| was.state != is.state) {
        moved.push(format!("alert {} is {} now, and was {}", is.id, is.state, was.state));
    }
    moved
}

/// How many incidents are read at the same time, as in a pass.
const READS_AT_ONCE: usize = 16;
