//! What the workspace's marks say of the ledger: whether it holds what this installation wrote, and whether another writes, too.

use std::time::Duration;

use lockstep_azure::{Marked, Question, Sightings};
use lockstep_core::{Sight, Time};
use lockstep_ledger::{Error, Log};

use crate::engine::{Engine, Identity};
use crate::observe::Observation;
use crate::stopped::Stopped;

impl Observation {
    /// Whether a pass by this identity, with this ledger, might write here.
    ///
    /// # Errors
    /// [`Stopped::Unvouched`] where the workspace shows a mark of the identity's own installation that the ledger does not hold;
    /// [`Stopped::OtherInstance`] where it shows a fresh one of another. [`Stopped::Ledger`] where the ledger cannot be read; that
    /// there is none counts as one that holds nothing.
    pub async fn vouched(&self, identity: &Identity, log: &dyn Log) -> Result<(), Stopped> {
        vouched(&self.marks, self.asked, identity, log).await
    }
}

impl Engine {
    /// One look at the tables, for who writes without a pass of its own.
    ///
    /// # Errors
    /// As [`Observation::vouched`], and where the query gives no whole answer.
    pub(crate) async fn sightings(&self) -> Result<Sightings, Stopped> {
        let policy = &self.observer.policy;
        let question = Question {
            open: policy.sight == Sight::Direct,
            marks_since: self.ledger.history().restarted(),
            ..Question::new(policy)
        };
        let sightings = self.observer.workspace.sightings(&question).await.map_err(Stopped::at_input)?;
        vouched(&sightings.marks, sightings.asked, &self.identity, &**self.ledger.log()).await?;
        Ok(sightings)
    }
}

async fn vouched(marks: &[Marked], asked: Time, identity: &Identity, log: &dyn Log) -> Result<(), Stopped> {
    for Marked { highest, newest } in marks {
        if highest.instance == identity.instance {
            if !holds(log, highest.entry, highest.head).await? {
                return Err(Stopped::Unvouched { mark: highest.clone() });
            }
        } else if asked.seconds_since(*newest) < identity.other_instance_within.as_secs() {
            return Err(Stopped::OtherInstance { instance: highest.instance.clone(), at: *newest });
        }
    }
    Ok(())
}

/// Whether a ledger holds the entry of this number with a hash that begins so.
pub(crate) async fn holds(log: &dyn Log, entry: u64, head: u128) -> Result<bool, Error> {
    match log.read(entry - 1, 1).await {
        Ok(lines) => Ok(lines.first().is_some_and(|line| line.number == entry && line.hash.first_half() == head)),
        Err(Error::Missing { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How long after its last mark another installation counts as one that still writes, where nobody says otherwise.
pub(crate) const OTHER_INSTANCE_WITHIN: Duration = Duration::from_secs(3_600);
