//! Taking back what a run wrote: an ordinary write each, guarded by "still as we left it".
//!
//! Nothing here sets a hold of its own. What was taken back becomes what both sides last agreed on, so that a later pass
//! follows only what moves after that.

use std::collections::BTreeMap;

use futures::StreamExt;
use lockstep_azure::{Fault, FreshIncident, IncidentChange, WriteError};
use lockstep_core::{AlertAct, AlertId, IncidentId, IncidentState};
use lockstep_ledger::{
    AlertRead, Before, Cause, Counts, Entries, Entry, Event, Filter, InDoubt, Intended, RunId, WriteId,
};
use tokio_util::sync::CancellationToken;

use crate::carry_out::{CarryOut, Order, body, done, is_as};
use crate::engine::Engine;
use crate::outcome::{Conclusion, NotTried};
use crate::settle::{settle, settle_write};
use crate::stopped::Stopped;

/// What is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The run whose writes are taken back.
    pub run: RunId,
    /// Only this incident; `None` for all that the run wrote.
    pub incident: Option<IncidentId>,
    /// Who wants it, for the ledger.
    pub by: String,
}

/// What became of the writes that were to be taken back.
#[derive(Debug)]
pub struct Undone {
    /// The run that took them back; `None` where nothing could be.
    pub run: Option<RunId>,
    /// Each incident that was written, in the order of the writes.
    pub incidents: Vec<TakenBack>,
    /// The alerts that were written, and the act that would reverse each: acts on alerts are not taken back.
    pub alerts: Vec<(AlertId, AlertAct)>,
}

/// One incident that a run wrote.
#[derive(Debug)]
pub struct TakenBack {
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// The entry that holds the intent of the write.
    pub write: WriteId,
    /// Where the write left it.
    pub left: IncidentState,
    /// Where it stood before.
    pub before: IncidentState,
    /// What became of taking it back.
    pub became: Became,
}

/// What became of taking a write back.
#[derive(Debug)]
pub enum Became {
    /// The incident stands again where it stood before the write.
    Restored,
    /// Somebody changed since what the write had changed; this says what. Their word stands.
    ChangedSince(String),
    /// What was read before the write was removed from the ledger, so that nobody knows what to restore.
    Pruned,
    /// It would make the incident less visible, for which nobody has shown grounds.
    WouldLower,
    /// The incident does not exist any more.
    Gone,
    /// The incident could not be read.
    Unread(String),
    /// The service refused the write, which did not happen.
    Refused(String),
    /// Nobody knows whether it was written.
    InDoubt(String),
    /// It was not tried.
    NotTried(NotTried),
}

impl Undone {
    /// What it came to. What a person has to do themselves is held.
    pub fn conclusion(&self) -> Conclusion {
        let worst = self.incidents.iter().map(|taken| taken.became.conclusion()).max().unwrap_or(Conclusion::Done);
        if self.alerts.is_empty() { worst } else { worst.max(Conclusion::Held) }
    }
}

impl Became {
    fn conclusion(&self) -> Conclusion {
        match self {
            Self::Restored => Conclusion::Done,
            Self::ChangedSince(_) | Self::Pruned | Self::WouldLower | Self::Gone => Conclusion::Held,
            Self::Unread(_) => Conclusion::Incomplete,
            Self::Refused(_) | Self::InDoubt(_) => Conclusion::Failed,
            Self::NotTried(NotTried::Rights(_)) => Conclusion::Rights,
            Self::NotTried(NotTried::Ledger(_)) => Conclusion::Ledger,
            Self::NotTried(_) => Conclusion::Held,
        }
    }
}

/// What one run made of one incident.
struct Written {
    write: WriteId,
    number: u64,
    before: IncidentState,
    left: IncidentState,
    alerts: Vec<AlertRead>,
    /// The last of our writes to it, in whichever run.
    last: WriteId,
}

impl Engine {
    /// Takes back what a run wrote, as far as it is still as the run left it.
    ///
    /// # Guarantees
    /// A field that somebody has changed since keeps what they gave it. Each write was entered before it left. A pass
    /// afterwards does not redo what was taken back, until an alert moves again.
    ///
    /// # Errors
    /// As [`Engine::pass`]. A run that is not in the ledger has written nothing.
    pub async fn undo(&self, undo: &Undo, stop: &CancellationToken) -> Result<Undone, Stopped> {
        settle(self).await?;
        let asked = self.sightings().await?.asked;
        let (written, alerts) = self.written_by(undo).await?;
        let mut taken = Vec::new();
        let mut due = Vec::new();
        let pruned = self.ledger.history().pruned().map_or(0, |(up_to, _)| up_to);
        for (incident, written) in written {
            let became = match &written.before {
                _ if written.write.0 <= pruned => Some(Became::Pruned),
                _ if written.last != written.write => {
                    Some(Became::ChangedSince(format!("lockstep itself wrote it again, in entry {}", written.last)))
                }
                IncidentState::New | IncidentState::Active => None,
                IncidentState::Closed(_) => Some(Became::WouldLower),
                IncidentState::Other(word) => {
                    Some(Became::ChangedSince(format!("it stood in the unknown state \"{}\"", word.escape_debug())))
                }
            };
            match became {
                Some(became) => taken.push(took(incident, written, became)),
                None => due.push((incident, written)),
            }
        }
        let mut run = None;
        if !due.is_empty() {
            let carry_out = CarryOut::begin(self, Order { undoes: Some(undo.run), ..Order::own(asked) }).await?;
            let each = due.into_iter().map(|(incident, written)| async {
                let became = carry_out.take_back(&incident, &written, undo, stop).await;
                took(incident, written, became)
            });
            taken.extend(futures::stream::iter(each).buffered(WRITES_AT_ONCE).collect::<Vec<_>>().await);
            carry_out.end_with(counts(&taken)).await?;
            run = Some(carry_out.run());
        }
        taken.sort_by_key(|taken| taken.write);
        Ok(Undone { run, incidents: taken, alerts })
    }

    /// What a run wrote and what is known to have happened: incidents, and acts on alerts with those that reverse them.
    async fn written_by(
        &self,
        undo: &Undo,
    ) -> Result<(BTreeMap<IncidentId, Written>, Vec<(AlertId, AlertAct)>), Stopped> {
        let mut entries = Entries::new(self.ledger.log().clone(), Filter::default());
        let mut open: BTreeMap<u64, Entry> = BTreeMap::new();
        let mut written: BTreeMap<IncidentId, Written> = BTreeMap::new();
        let mut alerts = Vec::new();
        let is_wanted = |incident: &IncidentId| undo.incident.as_ref().is_none_or(|wanted| wanted == incident);
        while let Some(entry) = entries.next().await? {
            let happened = match &entry.event {
                Event::Intended(_) | Event::AlertIntended(_) => {
                    open.insert(entry.number, entry);
                    continue;
                }
                Event::Done(done) => done.write,
                Event::Settled(settled) if settled.happened => settled.write,
                _ => continue,
            };
            let Some(Entry { event, hash, .. }) = open.remove(&happened.0) else { continue };
            match event {
                Event::Intended(intended) if intended.run == undo.run && is_wanted(&intended.incident) => {
                    let after = intended.sent(happened, hash);
                    let Intended { incident, number, before, .. } = intended;
                    let first = written.remove(&incident);
                    let before = (first.as_ref().map_or(before.state, |it| it.before.clone()), before.alerts);
                    let (before, alerts) = before;
                    written.insert(
                        incident,
                        Written { write: happened, number, before, left: after, alerts, last: happened },
                    );
                }
                Event::Intended(intended) => {
                    if let Some(written) = written.get_mut(&intended.incident) {
                        written.last = happened;
                    }
                }
                Event::AlertIntended(intended)
                    if intended.run == undo.run && intended.follows.iter().any(|it| is_wanted(&it.incident)) =>
                {
                    alerts.push((intended.before.id.clone(), reverse(&intended.before.state)));
                }
                _ => {}
            }
        }
        Ok((written, alerts))
    }
}

impl CarryOut<'_> {
    /// Takes one write back: one fresh read, one intent, one write, one outcome.
    async fn take_back(
        &self,
        incident: &IncidentId,
        written: &Written,
        undo: &Undo,
        stop: &CancellationToken,
    ) -> Became {
        for _ in 0..TRIES {
            if let Some(why) = self.ended().or(stop.is_cancelled().then_some(NotTried::Stopping)) {
                return Became::NotTried(why);
            }
            let fresh = match self.workspace().incident(incident).await {
                Ok(fresh) => fresh,
                Err(error) if matches!(error.fault, Fault::NotFound { .. }) => return Became::Gone,
                Err(error) => return Became::Unread(error.to_string()),
            };
            if let Some(changed) = changed_since(&written.left, &fresh.state) {
                return Became::ChangedSince(changed);
            }
            match self.restore(incident, written, undo, &fresh).await {
                Ok(Some(became)) => return became,
                Ok(None) => {}
                Err(error) => return Became::NotTried(self.end_for(NotTried::Ledger(error.to_string()))),
            }
        }
        Became::Refused("it kept changing".to_owned())
    }

    /// Writes the incident back; `None` where somebody wrote it at the same moment, and it is to be read again.
    async fn restore(
        &self,
        incident: &IncidentId,
        written: &Written,
        undo: &Undo,
        fresh: &FreshIncident,
    ) -> Result<Option<Became>, lockstep_ledger::Error> {
        let change = match written.before {
            IncidentState::Active => IncidentChange::Active,
            _ => IncidentChange::New,
        };
        // The states that the write acted on, not those of now: what an alert has done since is still to be followed.
        let alerts = written.alerts.iter().map(|alert| AlertRead { body: None, ..alert.clone() });
        let intended = Intended {
            run: self.run(),
            incident: incident.clone(),
            number: written.number,
            before: Before {
                etag: fresh.version.clone(),
                state: fresh.state.clone(),
                incident: body(fresh.document()),
                alerts: alerts.collect(),
            },
            after: written.before.clone(),
            cause: Cause::default(),
            reason: format!("{} took back entry {} of run {}", undo.by, written.write, undo.run),
            // What stood there before stands there again, to the letter.
            signed_by: None,
        };
        let write = WriteId(self.enter(Event::Intended(intended)).await?.number);
        match self.workspace().put_incident(fresh, &change).await {
            Ok(now) if is_as(&now.state, &change) => {
                self.enter(Event::Done(done(write, &now))).await?;
                Ok(Some(Became::Restored))
            }
            Ok(now) => {
                let why = format!("the service answered with success, but shows the incident as {}", now.state);
                self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
                Ok(Some(Became::InDoubt(why)))
            }
            Err(WriteError::InDoubt(error)) => {
                let why = error.to_string();
                self.enter(Event::InDoubt(InDoubt { write, why: why.clone() })).await?;
                Ok(match settle_write(self.engine(), self.workspace(), write).await? {
                    Some(true) => Some(Became::Restored),
                    Some(false) => None,
                    None => Some(Became::InDoubt(why)),
                })
            }
            Err(WriteError::Changed(_)) => {
                self.refused(write, "changed").await?;
                Ok(None)
            }
            Err(WriteError::Later { retry_after, .. }) => {
                self.refused(write, "throttled").await?;
                tokio::time::sleep(retry_after).await;
                Ok(None)
            }
            Err(WriteError::Refused(error)) if error.is_about_rights() => {
                self.refused(write, "rights").await?;
                Ok(Some(Became::NotTried(self.end_for(NotTried::Rights(error.to_string())))))
            }
            Err(WriteError::Refused(error)) => {
                self.refused(write, "refused").await?;
                Ok(Some(Became::Refused(error.to_string())))
            }
        }
    }
}

fn counts(taken: &[TakenBack]) -> Counts {
    taken.iter().fold(Counts::default(), |mut counts, taken| {
        match taken.became {
            Became::Restored => counts.changed += 1,
            Became::Refused(_) => counts.refused += 1,
            Became::InDoubt(_) => counts.in_doubt += 1,
            _ => counts.left += 1,
        }
        counts
    })
}

fn took(incident: IncidentId, written: Written, became: Became) -> TakenBack {
    let Written { write, number, before, left, .. } = written;
    TakenBack { incident, number, write, left, before, became }
}

/// What somebody has changed of what a write left, a sentence's end; nothing where all is as it was left.
fn changed_since(left: &IncidentState, now: &IncidentState) -> Option<String> {
    match (left, now) {
        (IncidentState::Closed(Some(left)), IncidentState::Closed(Some(now))) => {
            if left.classification != now.classification {
                Some(format!("somebody classified it as {}", now.classification))
            } else if left.comment.trim() != now.comment.trim() {
                Some("somebody edited its closing comment".to_owned())
            } else {
                None
            }
        }
        (left, now) if left.is_same_status(now) => None,
        (_, now) => Some(format!("it is {now} now")),
    }
}

/// The act that brings an alert back to a state.
fn reverse(before: &lockstep_core::AlertState) -> AlertAct {
    use lockstep_core::AlertState;
    match before {
        AlertState::InProgress => AlertAct::SetInProgress,
        AlertState::Dismissed => AlertAct::Dismiss,
        AlertState::Resolved => AlertAct::Resolve,
        _ => AlertAct::Activate,
    }
}

/// How many writes are under way at the same time, as in a pass.
const WRITES_AT_ONCE: usize = 8;

/// How often one write is tried where the world keeps moving.
const TRIES: usize = 3;
