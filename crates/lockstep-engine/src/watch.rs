//! Passes on a timer, under a policy that may change between two of them.

use std::collections::BTreeSet;
use std::time::Duration;

use lockstep_core::{Change, Item, Policy, Push};
use lockstep_ledger::PolicyUsed;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::engine::Engine;
use crate::grace::Grace;
use crate::observe::{Observation, Observer};
use crate::outcome::{Pass, Told};
use crate::stopped::Stopped;

/// How often a pass is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// From the start of one pass to the start of the next, before jitter. A pass that takes longer delays the next.
    pub every: Duration,
}

impl Interval {
    /// The wait before the next pass: up to a tenth longer than [`Interval::every`], so that many installations do not ask
    /// at the same moment. `roll` is any number.
    pub fn with_jitter(self, roll: u64) -> Duration {
        let tenth = u64::try_from(self.every.as_millis() / 10).unwrap_or(u64::MAX);
        self.every + Duration::from_millis(roll.checked_rem(tenth.saturating_add(1)).unwrap_or(0))
    }
}

/// Whom a watch asks and tells.
pub trait Watcher: Sync {
    /// The policy that is wanted from the next pass on. Asked before each pass; `None` keeps what was wanted before.
    fn wanted(&self) -> Option<Wanted> {
        None
    }

    /// What became of a policy that is wanted and does not hold.
    fn policy(&self, wanted: &Wanted, answer: &Answer) {
        let _ = (wanted, answer);
    }

    /// How a pass goes on.
    fn told(&self, told: Told<'_>) {
        let _ = told;
    }

    /// What became of a pass.
    fn passed(&self, pass: &Result<Pass, Stopped>) {
        let _ = pass;
    }
}

/// Nobody, who asks for nothing.
impl Watcher for () {}

/// A policy that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it says.
    pub policy: Policy,
    /// How the ledger records it.
    pub used: PolicyUsed,
}

/// What becomes of a policy that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds from the next pass on.
    Holds,
    /// It would lower these, which the policy that holds would not and which nobody has approved. The one that holds stays
    /// until each of them is approved or no longer due.
    Waits(BTreeSet<Item>),
}

impl Engine {
    /// Makes passes until `stop` is cancelled.
    ///
    /// What cannot be read now may be readable later, so a pass that stops for want of input does not end the watch. Nor does
    /// one that stops for want of a right, for an hour, where the identity never had it: it may have been given just now. A
    /// change that is under way when `stop` is cancelled comes to its end.
    ///
    /// A policy that is wanted is first tried beside the one that holds. If it would newly lower something it waits, and
    /// the watcher hears of it whenever what waits is not the same as before.
    ///
    /// # Errors
    /// A ledger that cannot be used: without it nothing may be written, and looking on would only hide that. A right that is
    /// missing though it was there, or for an hour.
    pub async fn watch(
        &self,
        interval: Interval,
        stop: &CancellationToken,
        watcher: &dyn Watcher,
    ) -> Result<(), Stopped> {
        let mut engine = self.clone();
        let mut candidate: Option<Candidate> = None;
        let mut grace = Grace::new(!self.ledger.history().runs().is_empty());
        while !stop.is_cancelled() {
            let next = Instant::now() + interval.with_jitter(Uuid::new_v4().as_u64_pair().1);
            if let Some(wanted) = watcher.wanted() {
                if wanted.policy == engine.observer.policy {
                    // It says the same in other words: the ledger records these from now on.
                    engine.identity = engine.identity.under(wanted.used).into();
                    candidate = None;
                } else {
                    candidate = Some(Candidate { wanted, told: None });
                }
            }
            let pass = match engine.weigh(&mut candidate, watcher).await {
                Ok(()) => engine.pass(stop, &|told| watcher.told(told)).await,
                // What cannot be seen under both policies is not written under either.
                Err(stopped) => Err(stopped),
            };
            watcher.passed(&pass);
            let goes_on = grace.goes_on(&pass);
            match pass {
                Err(Stopped::Ledger(error)) => return Err(error.into()),
                Err(stopped) if !goes_on => return Err(stopped),
                // What may not be written is told with the pass; a right that was taken away comes back by nobody's waiting.
                Ok(_) if !goes_on => return Err(Stopped::NotAllowed),
                _ => {}
            }
            tokio::select! {
                () = sleep_until(next) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Lets the policy that is wanted hold where it would newly lower nothing.
    async fn weigh(&mut self, candidate: &mut Option<Candidate>, watcher: &dyn Watcher) -> Result<(), Stopped> {
        let Some(Candidate { wanted, told }) = candidate else { return Ok(()) };
        self.take_approvals().await?;
        let history = self.ledger.history();
        // Each looks for itself: what one has seen the other has not.
        let looking = |policy: &Policy| Observer::new(self.observer.workspace.clone(), policy.clone());
        let mut newly = looking(&wanted.policy).observe(&history).await?.lowered();
        newly.retain(|item| !history.is_approved(item));
        if !newly.is_empty() {
            let already = looking(&self.observer.policy).observe(&history).await?.lowered();
            newly.retain(|item| !already.contains(item));
        }
        if newly.is_empty() {
            watcher.policy(wanted, &Answer::Holds);
            self.identity = self.identity.under(wanted.used.clone()).into();
            self.observer = Observer::new(self.observer.workspace.clone(), wanted.policy.clone());
            *candidate = None;
        } else if told.as_ref() != Some(&newly) {
            watcher.policy(wanted, &Answer::Waits(newly.clone()));
            *told = Some(newly);
        }
        Ok(())
    }
}

/// A policy that is wanted and does not hold yet.
struct Candidate {
    wanted: Wanted,
    /// What the watcher was last told that it would newly lower.
    told: Option<BTreeSet<Item>>,
}

impl Observation {
    /// What would be lowered, also what the brake holds: what a person would have to say yes to.
    pub fn lowered(&self) -> BTreeSet<Item> {
        let changes = self.plan.changes.iter().filter(|change| change.to.lowers()).map(Change::item);
        let pushes = self.plan.pushes.iter().filter(|push| push.lowers()).map(Push::item);
        changes.chain(pushes).chain(self.waiting.iter().map(|waiting| waiting.item.clone())).collect()
    }
}
