//! Which entry may follow which. This is the only place that knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lockstep_core::{AlertId, BrakeScope, IncidentId};

use crate::event::{Approval, Event, RunId, WriteId};

/// Where a ledger stands: the run under way and the writes without a known outcome.
///
/// - A run starts under an id that was never used before. It cuts short a run that was still open.
/// - A write is intended in the run under way, and only where what it writes, an incident or an alert, has no other write
///   without a known outcome.
/// - An intended write is done or refused while its run is under way, and not once it is in doubt.
/// - A write without a known outcome, in doubt or left behind by a run that was cut short, is settled by a look at the
///   incident.
/// - A write that happened is confirmed once; a note is not.
/// - A run ends when each of its writes has an outcome or is in doubt.
/// - What a brake holds is approved once, by the number of an entry that says what it holds.
/// - Where the ledger begins, what a brake holds, which plan was approved, which bodies were removed, and what is taken to agree without a write, can be entered at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    run: Option<RunId>,
    runs: Arc<BTreeSet<RunId>>,
    open: BTreeMap<WriteId, OpenWrite>,
    unconfirmed: BTreeSet<WriteId>,
    /// The entries that say what a brake holds and that nobody has approved.
    braked: BTreeMap<u64, BrakeScope>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenWrite {
    run: RunId,
    writes: Subject,
    in_doubt: bool,
}

/// What a write writes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Incident(IncidentId),
    Alert(AlertId),
    Note(IncidentId),
}

impl Subject {
    /// Whether both may change the same thing.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Alert(one), Self::Alert(two)) => one == two,
            (Self::Incident(one) | Self::Note(one), Self::Incident(two) | Self::Note(two)) => one == two,
            _ => false,
        }
    }
}

impl Standing {
    /// Moves on to where the ledger stands once `event` has been entered under `number`.
    ///
    /// # Errors
    ///
    /// Why `event` may not follow. Then nothing has moved.
    pub fn enter(&mut self, number: u64, event: &Event) -> Result<(), OutOfOrder> {
        match event {
            Event::RunStarted(started) => {
                if self.runs.contains(&started.run) {
                    return Err(OutOfOrder::RunKnown(started.run));
                }
                Arc::make_mut(&mut self.runs).insert(started.run);
                self.run = Some(started.run);
            }
            Event::Intended(intended) => {
                self.intended(number, intended.run, Subject::Incident(intended.incident.clone()))?;
            }
            Event::AlertIntended(intended) => {
                self.intended(number, intended.run, Subject::Alert(intended.before.id.clone()))?;
            }
            Event::NoteIntended(intended) => {
                self.intended(number, intended.run, Subject::Note(intended.incident.clone()))?;
            }
            Event::Done(done) => {
                let is_note = self.open.get(&done.write).is_some_and(|open| matches!(open.writes, Subject::Note(_)));
                self.answered(done.write)?;
                if !is_note {
                    self.unconfirmed.insert(done.write);
                }
            }
            Event::Refused(refused) => self.answered(refused.write)?,
            Event::InDoubt(in_doubt) => {
                let open = self.open.get_mut(&in_doubt.write).ok_or(OutOfOrder::NotOpen(in_doubt.write))?;
                if open.in_doubt {
                    return Err(OutOfOrder::InDoubt(in_doubt.write));
                }
                open.in_doubt = true;
            }
            Event::Settled(settled) => {
                let open = self.open.remove(&settled.write).ok_or(OutOfOrder::NotOpen(settled.write))?;
                if settled.happened && !matches!(open.writes, Subject::Note(_)) {
                    self.unconfirmed.insert(settled.write);
                }
            }
            Event::Confirmed(confirmed) => {
                if !self.unconfirmed.remove(&confirmed.write) {
                    return Err(OutOfOrder::NotUnconfirmed(confirmed.write));
                }
            }
            Event::Braked(braked) => {
                self.braked.insert(number, braked.scope.clone());
            }
            Event::Approved(approved) => {
                if let Approval::Brake { number } = approved.of {
                    let scope = self.braked.get(&number).cloned().ok_or(OutOfOrder::NotBraked(number))?;
                    self.braked.retain(|entry, of| *entry > number || *of != scope);
                }
            }
            Event::Pruned(pruned) if pruned.up_to >= number => {
                return Err(OutOfOrder::PrunedAhead { up_to: pruned.up_to });
            }
            Event::Began(_) | Event::Restarted(_) | Event::Answered(_) | Event::BaseMoved(_) | Event::Pruned(_) => {}
            Event::RunEnded(ended) => {
                self.under_way(ended.run)?;
                let unanswered = self.open.iter().find(|(_, open)| open.run == ended.run && !open.in_doubt);
                if let Some((&write, _)) = unanswered {
                    return Err(OutOfOrder::Unanswered { run: ended.run, write });
                }
                self.run = None;
            }
        }
        Ok(())
    }

    /// Takes the intent of a write.
    fn intended(&mut self, number: u64, run: RunId, writes: Subject) -> Result<(), OutOfOrder> {
        self.under_way(run)?;
        if let Some((&write, _)) = self.open.iter().find(|(_, open)| open.writes.meets(&writes)) {
            return Err(match writes {
                Subject::Incident(incident) | Subject::Note(incident) => OutOfOrder::IncidentOpen { incident, write },
                Subject::Alert(alert) => OutOfOrder::AlertOpen { alert, write },
            });
        }
        self.open.insert(WriteId(number), OpenWrite { run, writes, in_doubt: false });
        Ok(())
    }

    /// Takes an answer of the service to a write.
    fn answered(&mut self, write: WriteId) -> Result<(), OutOfOrder> {
        let open = self.open.get(&write).ok_or(OutOfOrder::NotOpen(write))?;
        if open.in_doubt {
            return Err(OutOfOrder::InDoubt(write));
        }
        self.under_way(open.run)?;
        self.open.remove(&write);
        Ok(())
    }

    fn under_way(&self, run: RunId) -> Result<(), OutOfOrder> {
        if self.run == Some(run) { Ok(()) } else { Err(OutOfOrder::NotUnderWay(run)) }
    }
}

/// Why an event may not follow what was entered before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutOfOrder {
    /// A run starts under an id that another run had.
    #[error("run {0} has been started before")]
    RunKnown(RunId),
    /// Something happens in a run that is not the one under way.
    #[error("run {0} is not under way")]
    NotUnderWay(RunId),
    /// A run ends while one of its writes still waits for an answer.
    #[error("run {run} cannot end before write {write} has an outcome or is in doubt")]
    Unanswered {
        /// The run.
        run: RunId,
        /// The write.
        write: WriteId,
    },
    /// A write is intended for an incident whose last write has no known outcome.
    #[error("incident {incident} has write {write}, whose outcome is not known yet")]
    IncidentOpen {
        /// The incident.
        incident: IncidentId,
        /// The write without an outcome.
        write: WriteId,
    },
    /// A write is intended for an alert whose last write has no known outcome.
    #[error("alert {alert} has write {write}, whose outcome is not known yet")]
    AlertOpen {
        /// The alert.
        alert: AlertId,
        /// The write without an outcome.
        write: WriteId,
    },
    /// A checkpoint names entries that are not there yet.
    #[error("entry {up_to} is not there yet, so its bodies cannot have been removed")]
    PrunedAhead {
        /// The entry that it names.
        up_to: u64,
    },
    /// A brake is approved by the number of an entry that is none of its own, or that was approved before.
    #[error("entry {0} is no brake that is on")]
    NotBraked(u64),
    /// A write is confirmed that did not happen, or was confirmed before.
    #[error("write {0} does not wait to be confirmed")]
    NotUnconfirmed(WriteId),
    /// An outcome of a write that was never intended, or has its outcome.
    #[error("write {0} does not wait for an outcome")]
    NotOpen(WriteId),
    /// An answer to a write that is in doubt, which only a look at the incident settles.
    #[error("write {0} is in doubt and can only be settled")]
    InDoubt(WriteId),
}
