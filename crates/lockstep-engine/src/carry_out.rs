//! Carrying out a plan: the only place that writes to the cloud.
//!
//! Nothing is chosen here. A change is made as it was decided or, where the world moved, decided anew from fresh reads; a
//! write whose fate is unknown is never sent again, but settled by reading.

mod note;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lockstep_azure::{Error, FreshIncident, IncidentChange, Workspace, WriteError};
use lockstep_core::{
    Change, Closing, Course, IncidentState, LONGEST_CLOSING_TEXT, Load, Reason, Subject, Target, Time, closing_text,
};
use lockstep_ledger::{
    AlertRead, Before, Body, Cause, Counts, Done, Event, Hash, History, InDoubt, Intended, Refused, RunEnded, RunId,
    RunStarted, WriteId,
};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::confirm::{Decided, Eyes, Judged, Read};
use crate::engine::Engine;
use crate::outcome::{Fate, NotTried, Outcome, Pushed, Told};
use crate::planned::moved;
use crate::settle::settle_write;
use crate::stopped::Stopped;

/// What a run was told to do, and what it knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// When the look ended that it acts on, by the service's clock.
    pub asked: Time,
    /// The plan that is carried out exactly; `None` where the run plans for itself and may decide anew.
    pub plan: Option<Body>,
    /// The run whose writes are taken back.
    pub undoes: Option<RunId>,
}

impl Order {
    /// The run's own plan, made by a look that ended at `asked`.
    pub(crate) fn own(asked: Time) -> Self {
        Self { asked, plan: None, undoes: None }
    }
}

/// One run that carries out a plan.
pub(crate) struct CarryOut<'a> {
    engine: &'a Engine,
    workspace: Workspace,
    run: RunId,
    order: Order,
    /// What ended the trying, once something did.
    ended: OnceCell<NotTried>,
}

impl<'a> CarryOut<'a> {
    /// Enters that a run begins.
    pub(crate) async fn begin(engine: &'a Engine, order: Order) -> Result<Self, Stopped> {
        let guid = Uuid::new_v4();
        let run = RunId::new(guid);
        let started = RunStarted {
            run,
            instance: engine.identity.instance.as_str().to_owned(),
            policy: engine.identity.policy.clone(),
            plan: order.plan.clone(),
            undoes: order.undoes,
            binary: engine.identity.binary(),
            workspace: engine.observer.workspace.scope().arm_id(),
            asked: order.asked,
        };
        engine.ledger.append(engine.clock.now(), Event::RunStarted(started)).await?;
        Ok(Self { engine, workspace: engine.observer.workspace.for_run(guid), run, order, ended: OnceCell::new() })
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    /// Makes every change, several at a time, begun in the plan's order; answers in that order, too.
    pub(crate) async fn all(
        &self,
        due: &[Judged<Change>],
        stop: &CancellationToken,
        told: &(dyn Fn(Told<'_>) + Sync),
    ) -> Vec<Outcome> {
        told(Told::Begins(due.len()));
        let each = due.iter().map(|judged| async {
            let outcome = self.one(judged, stop).await;
            told(Told::Became(&outcome));
            outcome
        });
        futures::stream::iter(each).buffered(WRITES_AT_ONCE).collect().await
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine
    }

    /// The workspace, under this run's correlation id.
    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What ended the trying, if something did.
    pub(crate) fn ended(&self) -> Option<NotTried> {
        self.ended.get().cloned()
    }

    /// Ends the trying. The first to end it says why; later ones find the same.
    pub(crate) fn end_for(&self, why: NotTried) -> NotTried {
        let _ = self.ended.set(why.clone());
        why
    }

    /// What reads and decides again, under this run's correlation id.
    pub(crate) fn eyes<'h>(&'h self, history: &'h History) -> Eyes<'h> {
        Eyes { workspace: &self.workspace, ..self.engine.observer.eyes(history) }
    }

    /// Enters that the run ended, with what became of each change.
    pub(crate) async fn end(&self, outcomes: &[Outcome], pushed: &[Pushed], left: u64) -> Result<(), Stopped> {
        let count = |is: fn(&Outcome) -> bool| {
            u64::try_from(outcomes.iter().filter(|outcome| is(outcome)).count()).unwrap_or(u64::MAX)
        };
        let fates =
            |is: fn(&Fate) -> bool| u64::try_from(pushed.iter().filter(|it| is(&it.fate)).count()).unwrap_or(u64::MAX);
        let counts = Counts {
            changed: count(|it| matches!(it, Outcome::Written { .. })) + fates(|it| matches!(it, Fate::Moved)),
            refused: count(|it| matches!(it, Outcome::Refused { .. })) + fates(|it| matches!(it, Fate::Refused(_))),
            in_doubt: count(|it| matches!(it, Outcome::InDoubt { .. })) + fates(|it| matches!(it, Fate::InDoubt(_))),
            left: left
                + count(|it| {
                    matches!(
                        it,
                        Outcome::Left { .. } | Outcome::NotTried { .. } | Outcome::Stale { .. } | Outcome::Made { .. }
                    )
                })
                + fates(|it| matches!(it, Fate::NotDue(_) | Fate::NotTried(_))),
        };
        self.end_with(counts).await
    }

    /// Enters that the run ended and what it came to, unless the ledger already failed.
    pub(crate) async fn end_with(&self, counts: Counts) -> Result<(), Stopped> {
        if !matches!(self.ended.get(), Some(NotTried::Ledger(_))) {
            self.enter(Event::RunEnded(RunEnded { run: self.run, counts })).await?;
        }
        Ok(())
    }

    /// Makes one change, deciding anew as often as the world moves, up to a few times.
    async fn one(&self, planned: &Judged<Change>, stop: &CancellationToken) -> Outcome {
        let mut judged = planned.clone();
        let mut last = None;
        for _ in 0..TRIES {
            // It may take minutes, so it comes before the reads.
            let waited = tokio::select! {
                waited = self.workspace.turn_for_incident() => waited,
                () = stop.cancelled() => return Outcome::NotTried { change: judged.due, why: NotTried::Stopping },
            };
            if waited || judged.read.began.elapsed() > FRESH {
                judged = match self.again(planned, &judged).await {
                    Ok(judged) => judged,
                    Err(outcome) => return outcome,
                };
            }
            if let Some(why) = self.ended().or(stop.is_cancelled().then_some(NotTried::Stopping)) {
                return Outcome::NotTried { change: judged.due, why };
            }
            let error = match self.write(&judged).await {
                Ok(Sent::Settled(outcome)) => return outcome,
                Ok(Sent::Again { error, wait }) => {
                    if let Some(wait) = wait {
                        tokio::time::sleep(wait).await;
                    }
                    error
                }
                Err(error) => {
                    let why = self.end_for(NotTried::Ledger(error.to_string()));
                    return Outcome::NotTried { change: judged.due, why };
                }
            };
            last = Some(error);
            judged = match self.again(planned, &judged).await {
                Ok(judged) => judged,
                Err(outcome) => return outcome,
            };
        }
        let error = last.map_or_else(|| "it kept changing".to_owned(), |error| error.to_string());
        Outcome::Refused { change: judged.due, error }
    }

    /// Reads and decides anew; what may not be written any more has its outcome.
    async fn again(&self, planned: &Judged<Change>, judged: &Judged<Change>) -> Result<Judged<Change>, Outcome> {
        let left = |reason| Outcome::Left { change: judged.due.clone(), reason };
        let history = self.engine.ledger.history();
        let eyes = self.eyes(&history);
        let course = Course::Inward(judged.due.to);
        let read = eyes.read(&judged.read.confirmed.incident, Some(&course)).await.map_err(left)?;
        if self.order.plan.is_some() {
            let moved = moved(&planned.due, &read);
            if !moved.is_empty() {
                return Err(Outcome::Stale { change: planned.due.clone(), moved });
            }
        }
        match eyes.decide(read).await {
            Decided::Change(decided) if self.is_within(&planned.due, &decided.due) => Ok(decided),
            // The next pass follows what is due now.
            Decided::Change(_) | Decided::Push(_) => Err(left(Reason::MovedMeanwhile)),
            Decided::Awaits(..) => Err(left(Reason::NeedsApproval)),
            Decided::Leave(_, reason) => Err(left(reason)),
        }
    }

    /// Whether what is due now may go on as what was planned: it lowers only what the brake has weighed as lowering, and
    /// what a person said yes to only on the same terms.
    fn is_within(&self, planned: &Change, now: &Change) -> bool {
        if !now.to.lowers() {
            return true;
        }
        let (planned_item, item) = (planned.item(), now.item());
        item == planned_item || planned.to.lowers() && !self.engine.ledger.history().is_approved(&planned_item)
    }

    /// One intent, one write, one outcome. `Err` is the ledger's alone.
    async fn write(&self, judged: &Judged<Change>) -> Result<Sent, lockstep_ledger::Error> {
        let Judged { due: change, read } = judged;
        let text = self.text(change, read);
        let entry = self.enter(Event::Intended(self.intended(change, read, &text))).await?;
        let write = WriteId(entry.number);
        let text = entry.mark().map_or(text.clone(), |mark| mark.sign(&text, LONGEST_CLOSING_TEXT));
        let planned = planned(change, &text);
        match self.workspace.put_incident(&read.fresh, &planned).await {
            Ok(now) if is_as(&now.state, &planned) => {
                self.enter(Event::Done(done(write, &now))).await?;
                Ok(Sent::Settled(Outcome::Written { change: change.clone(), now: now.state }))
            }
            Ok(now) => {
                let why = format!("the service answered with success, but shows the incident as {}", now.state);
                self.in_doubt(change, write, why).await
            }
            Err(WriteError::InDoubt(error)) => {
                let why = error.to_string();
                self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
                match settle_write(self.engine, &self.workspace, write).await? {
                    Some(true) => {
                        let now = state_after(&planned);
                        Ok(Sent::Settled(Outcome::Written { change: change.clone(), now }))
                    }
                    Some(false) => Ok(Sent::Again { error, wait: None }),
                    None => Ok(Sent::Settled(Outcome::InDoubt { change: change.clone(), why })),
                }
            }
            Err(WriteError::Changed(error)) => {
                self.refused(write, "changed").await?;
                Ok(Sent::Again { error, wait: None })
            }
            Err(WriteError::Later { retry_after, error }) => {
                self.refused(write, "throttled").await?;
                Ok(Sent::Again { error, wait: Some(retry_after) })
            }
            Err(WriteError::Refused(error)) => {
                self.refused(write, if error.is_about_rights() { "rights" } else { "refused" }).await?;
                Ok(Sent::Settled(self.refusal(change, &error)))
            }
        }
    }

    fn refusal(&self, change: &Change, error: &Error) -> Outcome {
        if !error.is_about_rights() {
            return Outcome::Refused { change: change.clone(), error: error.to_string() };
        }
        let why = self.end_for(NotTried::Rights(error.to_string()));
        Outcome::NotTried { change: change.clone(), why }
    }

    async fn in_doubt(&self, change: &Change, write: WriteId, why: String) -> Result<Sent, lockstep_ledger::Error> {
        self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
        Ok(Sent::Settled(Outcome::InDoubt { change: change.clone(), why }))
    }

    pub(crate) async fn refused(&self, write: WriteId, error: &str) -> Result<(), lockstep_ledger::Error> {
        self.enter(Event::Refused(Refused { write, error: error.into() })).await.map(|_| ())
    }

    pub(crate) async fn enter(&self, event: Event) -> Result<lockstep_ledger::Entry, lockstep_ledger::Error> {
        self.engine.ledger.append(self.engine.clock.now(), event).await
    }

    /// Why the change is made, in the policy's words.
    fn text(&self, change: &Change, read: &Read) -> String {
        let incident = &read.confirmed.incident;
        let subject = Subject::of(incident, incident.owner.as_ref(), Some(read.confirmed.at));
        closing_text(change, &subject, &self.engine.observer.policy)
    }

    fn intended(&self, change: &Change, read: &Read, text: &str) -> Intended {
        let alerts = change.alerts.iter().zip(&read.documents).map(|(alert, document)| AlertRead {
            id: alert.id.clone(),
            state: alert.state.clone(),
            body: document.as_ref().map(body),
        });
        Intended {
            run: self.run,
            incident: change.incident.clone(),
            number: change.number,
            before: Before {
                etag: change.version.clone(),
                state: change.from.clone(),
                incident: body(read.fresh.document()),
                alerts: alerts.collect(),
            },
            after: state_after(&planned(change, text)),
            cause: cause(change),
            reason: text.to_owned(),
            signed_by: change.to.lowers().then(|| self.engine.identity.instance.clone()),
        }
    }
}

fn planned(change: &Change, text: &str) -> IncidentChange {
    match change.to {
        Target::New => IncidentChange::New,
        Target::Active => IncidentChange::Active,
        Target::Closed(classification) => IncidentChange::Closed(Closing { classification, comment: text.to_owned() }),
    }
}

fn cause(change: &Change) -> Cause {
    let Load { subscriptions, person, .. } = change.into();
    Cause { subscriptions: subscriptions.into_iter().collect(), person }
}

/// What became of one write.
enum Sent {
    /// Nothing more is to be done about this change.
    Settled(Outcome),
    /// It did not happen, and may be decided anew after a wait.
    Again { error: Error, wait: Option<Duration> },
}

/// Where an incident stands once `planned` was made of it.
pub(crate) fn state_after(planned: &IncidentChange) -> IncidentState {
    match planned {
        IncidentChange::New => IncidentState::New,
        IncidentChange::Active => IncidentState::Active,
        IncidentChange::Closed(closing) => IncidentState::Closed(Some(closing.clone())),
    }
}

/// Whether an answer shows what was planned. The service may reword a comment; status and classification it may not change.
pub(crate) fn is_as(now: &IncidentState, planned: &IncidentChange) -> bool {
    match (now, state_after(planned)) {
        (IncidentState::Closed(Some(now)), IncidentState::Closed(Some(wanted))) => {
            now.classification == wanted.classification
        }
        (now, wanted) => *now == wanted,
    }
}

pub(crate) fn done(write: WriteId, now: &FreshIncident) -> Done {
    let body = Hash::of(text(now.document()));
    Done { write, etag: Some(now.version.clone()), modified: None, body }
}

pub(crate) fn body(document: &Map<String, Value>) -> Body {
    Body::of(Arc::<str>::from(text(document)))
}

pub(crate) fn text(document: &Map<String, Value>) -> String {
    serde_json::to_string(document).expect("a JSON object can be written as JSON")
}

/// How many writes are under way at the same time. They are begun in order, so that the worst come first.
const WRITES_AT_ONCE: usize = 8;

/// How often one change is tried where the world keeps moving.
const TRIES: usize = 3;

/// How old the reads behind a write may be.
pub(crate) const FRESH: Duration = Duration::from_secs(15);
