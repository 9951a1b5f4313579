//! Going on with a ledger that was lost: with what the tables tell of it, or with nothing.
//!
//! Either is the word of a person, which is entered with their name. What the tables tell is where both sides stood when this
//! installation last wrote: what moved since is followed, what stood then is taken as it stood.

use lockstep_azure::{Lost, Stood};
use lockstep_core::Time;
use lockstep_ledger::{AlertStood, BaseMoved, Began, Event, Restarted, StartedFrom, WhyMoved};

use crate::engine::Engine;
use crate::stopped::Stopped;

/// What a ledger was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// For how many incidents it knows again where both sides last stood.
    pub incidents: usize,
    /// How many of those this installation had written.
    pub written: usize,
    /// How many closings of the last day the brake counts again.
    pub lowered: usize,
    /// When this installation last wrote to the workspace, by the service's clock.
    pub last: Time,
}

impl Engine {
    /// Restores from the two tables what both sides last agreed on; `by` is the person who wants it, for the ledger. `None` where
    /// nothing is to be restored: the workspace shows no mark that the ledger does not hold.
    ///
    /// Two queries. Writes nothing to the cloud.
    ///
    /// # Errors
    /// A query gives no whole answer, another installation writes to the workspace, or the ledger cannot be used.
    pub async fn rebuild(&self, by: &str) -> Result<Option<Rebuilt>, Stopped> {
        if !self.is_unvouched().await? {
            return Ok(None);
        }
        let workspace = &self.observer.workspace;
        let Lost { stood, last, lowered, asked } =
            workspace.lost(&self.identity.instance).await.map_err(Stopped::at_input)?;
        let Some(last) = last else { return Ok(None) };
        let rebuilt = Rebuilt {
            incidents: stood.len(),
            written: stood.iter().filter(|it| it.written.is_some()).count(),
            lowered: lowered.len(),
            last,
        };
        let now = self.clock.now();
        let moves = stood.into_iter().map(|stood| self.ledger.append(now, Event::BaseMoved(base(stood))));
        futures::future::try_join_all(moves).await?;
        if self.ledger.history().began().is_none() {
            self.ledger.append(now, Event::Began(Began { at: last })).await?;
        }
        // Last, so that a ledger that was given back only a part still lets nothing be written.
        let restarted = Restarted { by: by.to_owned(), at: asked, from: StartedFrom::Tables, lowered };
        self.ledger.append(now, Event::Restarted(restarted)).await?;
        Ok(Some(rebuilt))
    }

    /// Lets the ledger go on without what it lost, on the word of the person `by`. `false` where nothing was lost.
    ///
    /// Two queries. Writes nothing to the cloud. What the policy makes of pairs that it sees for the first time is made of all
    /// that the ledger does not know.
    ///
    /// # Errors
    /// As [`Engine::rebuild`].
    pub async fn accept_new_start(&self, by: &str) -> Result<bool, Stopped> {
        let is_lost = self.is_unvouched().await?;
        if is_lost {
            let at = self.observer.workspace.lost(&self.identity.instance).await.map_err(Stopped::at_input)?;
            let Lost { lowered, asked, .. } = at;
            let restarted = Restarted { by: by.to_owned(), at: asked, from: StartedFrom::Nothing, lowered };
            self.ledger.append(self.clock.now(), Event::Restarted(restarted)).await?;
        }
        Ok(is_lost)
    }

    /// Whether the workspace shows a mark of this installation that the ledger does not hold.
    async fn is_unvouched(&self) -> Result<bool, Stopped> {
        match self.sightings().await {
            Ok(_) => Ok(false),
            Err(Stopped::Unvouched { .. }) => Ok(true),
            Err(stopped) => Err(stopped),
        }
    }
}

fn base(stood: Stood) -> BaseMoved {
    let Stood { incident, state, alerts, written, .. } = stood;
    let alerts = alerts.into_iter().map(|(id, state)| AlertStood { id, state }).collect();
    BaseMoved { incident, state, alerts, why: WhyMoved::Rebuilt, written }
}
