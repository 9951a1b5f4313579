//! Explaining one incident: how it came to stand where it does, what is made of it, and what would change that.

use lockstep_azure::{Question, Recorded, Untouched, Which};
use lockstep_core::{Agreed, Fired, Incident, Reason, Remedy, Subject, Time, Verdict, propose, remedies};
use lockstep_ledger::History;

use crate::confirm::Decided;
use crate::observe::Observer;
use crate::stopped::Stopped;

/// What there is to say of one incident.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What the tables tell of it and its alerts, oldest first.
    pub timeline: Vec<Recorded>,
    /// Why the tables alone show that it needs nothing, where they do.
    pub untouched: Option<Untouched>,
    /// What is made of it; `None` where the tables alone settle it, or know of no such incident.
    pub judged: Option<Explained>,
    /// When the tables answered, by the service's clock.
    pub asked: Time,
}

/// What is made of an incident, and why.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The incident, as it was read fresh; as the tables show it where it could not be read.
    pub incident: Incident,
    /// What should happen.
    pub verdict: Verdict,
    /// What chose the knobs.
    pub fired: Fired,
    /// What both sides last agreed on; `None` where nothing was entered about it.
    pub base: Option<Agreed>,
    /// When the ledger began; `None` where it has not.
    pub began: Option<Time>,
    /// The brake that holds it.
    pub brake: Option<u64>,
    /// What would lead to something else being done, and to what.
    pub remedies: Vec<(Remedy, Verdict)>,
}

impl Observer {
    /// Looks at one incident as a pass would, and at what would be otherwise. Writes nothing.
    ///
    /// Two queries, and the fresh reads of that incident.
    ///
    /// # Errors
    /// [`Stopped::Input`] and [`Stopped::Rights`] where a query gives no whole answer.
    pub async fn explain(&self, which: &Which, history: &History) -> Result<Explanation, Stopped> {
        let question =
            Question { lookback: Question::FULL_LOOKBACK, only: Some(which.clone()), ..Question::new(&self.policy) };
        let (timeline, sightings) =
            futures::try_join!(self.workspace.timeline(which), self.workspace.sightings(&question))
                .map_err(Stopped::at_input)?;
        let asked = sightings.asked;
        let judged = match sightings.due.first().or(sightings.unclear.first()) {
            Some(seen) => Some(self.explained(seen, asked, history).await),
            None => None,
        };
        Ok(Explanation { timeline, untouched: sightings.untouched.into_keys().next(), judged, asked })
    }

    async fn explained(&self, seen: &Incident, asked: Time, history: &History) -> Explained {
        let eyes = self.eyes(history);
        let memory = eyes.memory(seen);
        let course = propose(seen, &self.policy, &memory, Some(asked)).ok();
        let (incident, verdict, remedies) = match eyes.read(seen, course.as_ref()).await {
            Ok(mut read) => {
                if read.confirmed.open_tasks.is_none() {
                    // Whether they would keep it open is a part of the answer; what cannot be read stays unknown.
                    read.confirmed.open_tasks = self.workspace.open_tasks(&seen.id).await.ok();
                }
                let remedies = remedies(&read.confirmed, &self.policy, &memory);
                let incident = read.confirmed.incident.clone();
                let verdict = match eyes.decide(read).await {
                    Decided::Change(judged) => Verdict::Change(judged.due),
                    Decided::Push(judged) => Verdict::Push(judged.due),
                    Decided::Leave(incident, reason) => Verdict::Leave(incident.id, reason),
                    Decided::Awaits(incident, _) => Verdict::Leave(incident.id, Reason::NeedsApproval),
                };
                (incident, verdict, remedies)
            }
            Err(reason) => (seen.clone(), Verdict::Leave(seen.id.clone(), reason), Vec::new()),
        };
        let holds = |brake: &&lockstep_ledger::OpenBrake| brake.items().any(|item| item.incident == seen.id);
        Explained {
            fired: self.policy.ruling(&Subject::of(&incident, incident.owner.as_ref(), Some(asked))).fired,
            base: memory.base.cloned(),
            began: memory.began,
            brake: history.brakes().find(holds).map(lockstep_ledger::OpenBrake::number),
            incident,
            verdict,
            remedies,
        }
    }
}
