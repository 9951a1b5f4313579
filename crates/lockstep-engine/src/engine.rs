//! A pass that writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use lockstep_ledger::{Began, Binary, Confirmed, Event, Hash, Ledger, PolicyUsed};
use tokio_util::sync::CancellationToken;

use crate::braked::enter_braked;
use crate::carry_out::{CarryOut, Order};
use crate::clock::Clock;
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
    /// The name of the installation.
    pub instance: String,
    /// The policy, by name and by what it says.
    pub policy: PolicyUsed,
    /// The program.
    pub binary: Binary,
}

impl Identity {
    /// `instance` under the policy called `policy_name` that says `policy_text`; `binary` hashes the program's own file.
    pub fn new(instance: &str, policy_name: &str, policy_text: &str, binary: Option<&[u8]>) -> Self {
        Self {
            instance: instance.into(),
            policy: PolicyUsed { name: policy_name.into(), hash: Hash::of(policy_text) },
            binary: Binary { version: env!("CARGO_PKG_VERSION").into(), hash: binary.map(Hash::of) },
        }
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
    /// Whatever stops a pass before its first write, and a ledger that cannot be used. What goes wrong with single changes
    /// is among the outcomes.
    pub async fn pass(&self, stop: &CancellationToken, told: &(dyn Fn(Told<'_>) + Sync)) -> Result<Pass, Stopped> {
        settle(self).await?;
        self.take_approvals().await?;
        let mut observation = self.observer.observe(&self.ledger.history()).await?;
        self.remember(&observation).await?;
        enter_braked(self, &mut observation).await?;
        if observation.due.is_empty() && observation.pushes.is_empty() {
            return Ok(Pass { run: None, observation, outcomes: Vec::new(), pushed: Vec::new() });
        }
        let left = u64::try_from(observation.plan.left.len()).unwrap_or(u64::MAX);
        let carry_out = CarryOut::begin(self, Order::own(observation.asked)).await?;
        let outcomes = carry_out.all(&observation.due, stop, told).await;
        let pushed = carry_out.push_all(&observation.pushes, stop).await;
        carry_out.end(&outcomes, &pushed, left).await?;
        Ok(Pass { run: Some(carry_out.run()), observation, outcomes, pushed })
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
