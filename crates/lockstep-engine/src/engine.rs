//! A pass that writes.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use lockstep_core::Instance;
use lockstep_ledger::{Began, Binary, Confirmed, Event, Hash, Ledger, PolicyUsed};
use tokio_util::sync::CancellationToken;

use crate::braked::enter_braked;
use crate::carry_out::{CarryOut, Order};
use crate::clock::Clock;
use crate::marks::OTHER_INSTANCE_WITHIN;
use crate::notes;
use crate::observe::{Observation, Observer};
use crate::outcome::{Pass, Told};
use crate::settle::settle;
use crate::stopped::Stopped;

/// Keeps one workspace in step, and enters what it does in one ledger.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What looks.
    pub observer: Observer,
    /// Where everything is entered before it is done.
    pub ledger: Ledger,
    /// Who this is, for the ledger.
    pub identity: Arc<Identity>,
    /// What labels the entries.
    pub clock: Clock,
}

/// Who runs, as the ledger records it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The installation.
    pub instance: Instance,
    /// The policy, by name and by what it says.
    pub policy: PolicyUsed,
    /// How long after its last mark another installation counts as one that still writes here; nothing is written meanwhile.
    pub other_instance_within: Duration,
    program: Arc<LazyLock<Option<Hash>>>,
}

impl Identity {
    /// `instance` under `policy`. `program` hashes the file of the program that runs, and is asked once, when a run begins to
    /// write.
    pub fn new(instance: Instance, policy: PolicyUsed, program: fn() -> Option<Hash>) -> Self {
        let program = Arc::new(LazyLock::new(program));
        Self { instance, policy, other_instance_within: OTHER_INSTANCE_WITHIN, program }
    }

    /// The same, for which another installation counts as one that still writes for so long after its last mark.
    #[must_use]
    pub fn minding(self, other_instance_within: Duration) -> Self {
        Self { other_instance_within, ..self }
    }

    /// The same, under another policy.
    pub(crate) fn under(&self, policy: PolicyUsed) -> Self {
        Self { policy, ..self.clone() }
    }

    /// The program that runs.
    pub(crate) fn binary(&self) -> Binary {
        Binary { version: env!("CARGO_PKG_VERSION").into(), hash: **self.program }
    }
}

impl Engine {
    /// One pass: settles what is in doubt, looks, decides and carries out. `told` hears how it goes on.
    ///
    /// Once `stop` is cancelled no further change is begun; those under way come to their end.
    ///
    /// # Guarantees
    /// Each write was entered in the ledger before it left. A pass over a world at rest writes nothing the second time.
    ///
    /// # Errors
    /// Whatever stops a pass before its first write, among it marks that speak against writing ([`Observation::vouched`]), and a
    /// ledger that cannot be used. What goes wrong with single changes
    /// is among the outcomes.
    pub async fn pass(&self, stop: &CancellationToken, told: &(dyn Fn(Told<'_>) + Sync)) -> Result<Pass, Stopped> {
        settle(self).await?;
        self.take_approvals().await?;
        let mut observation = self.observer.observe(&self.ledger.history()).await?;
        if !self.observer.policy.only_observes() {
            observation.vouched(&self.identity, &**self.ledger.log()).await?;
        }
        self.remember(&observation).await?;
        enter_braked(self, &mut observation).await?;
        if !self.observer.policy.only_observes() {
            self.answer(&observation, stop).await?;
        }
        if observation.due.is_empty() && observation.pushes.is_empty() && observation.notes.is_empty() {
            let (outcomes, pushed, noted) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Pass { run: None, observation, outcomes, pushed, noted });
        }
        let left = u64::try_from(observation.plan.left.len()).unwrap_or(u64::MAX);
        let carry_out = CarryOut::begin(self, Order::own(observation.asked)).await?;
        let outcomes = carry_out.all(&observation.due, stop, told).await;
        let pushed = carry_out.push_all(&observation.pushes, stop).await;
        let notes: Vec<_> =
            outcomes.iter().filter_map(notes::of_idle).chain(observation.notes.iter().cloned()).collect();
        let noted = carry_out.note_all(&notes, stop).await;
        carry_out.end(&outcomes, &pushed, left).await?;
        Ok(Pass { run: Some(carry_out.run()), observation, outcomes, pushed, noted })
    }

    /// Enters which incidents are taken to agree as they stand, which writes another look has shown, and that the ledger has
    /// begun. A policy that only observes
    /// begins nothing.
    async fn remember(&self, observation: &Observation) -> Result<(), Stopped> {
        if self.observer.policy.only_observes() {
            return Ok(());
        }
        let now = self.clock.now();
        let moves = observation.settled.iter().cloned().map(|moved| self.ledger.append(now, Event::BaseMoved(moved)));
        futures::future::try_join_all(moves).await?;
        let confirmed = distinct(&observation.confirmed);
        let confirmed = confirmed.into_iter().map(|it| self.ledger.append(now, Event::Confirmed(it.clone())));
        futures::future::try_join_all(confirmed).await?;
        if self.ledger.history().began().is_none() {
            self.ledger.append(now, Event::Began(Began { at: observation.asked })).await?;
        }
        Ok(())
    }

    /// Enters what people approved while this instance held the ledger.
    pub(crate) async fn take_approvals(&self) -> Result<(), Stopped> {
        for answer in self.ledger.take_approvals(self.clock.now()).await? {
            match answer {
                Ok(entry) => tracing::info!(entry = entry.number, "an approval was entered"),
                Err(refusal) => tracing::warn!(%refusal, "an approval came too late and was not entered"),
            }
        }
        Ok(())
    }
}

/// Each write once: several incidents may show the same write of an alert.
fn distinct(confirmed: &[Confirmed]) -> Vec<&Confirmed> {
    let mut seen = BTreeSet::new();
    confirmed.iter().filter(|it| seen.insert(it.write)).collect()
}
