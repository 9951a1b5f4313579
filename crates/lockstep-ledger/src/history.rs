//! What a ledger can be asked: everything here is made by replaying its entries.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_core::{Agreed, BrakeRecord, IncidentId, Item, Time, Version};

use crate::brakes::{Brakes, OpenBrake};
use crate::chain::{Fault, Hash, Head, Line};
use crate::error::Error;
use crate::event::{AlertIntended, Asked, Counts, Entry, Event, Intended, NoteIntended, RunId, RunStarted, WriteId};
use crate::format;
use crate::log::Log;
use crate::standing::{OutOfOrder, Standing};

/// What the entries of a ledger come to.
#[derive(Clone, Debug, Default)]
pub struct History {
    tail: Tail,
    runs: Vec<Run>,
    open: BTreeMap<WriteId, OpenIntent>,
    unconfirmed: BTreeMap<WriteId, Unconfirmed>,
    bases: BTreeMap<IncidentId, Agreed>,
    began: Option<Time>,
    restarted: Option<Time>,
    /// The notes on each incident that were tried, oldest first, each once.
    notes: BTreeMap<IncidentId, Vec<Noted>>,
    /// The settings of tags that were answered.
    answered: BTreeSet<(IncidentId, Asked, Time)>,
    /// The run that last wrote each incident.
    last_runs: BTreeMap<IncidentId, RunId>,
    brakes: Brakes,
    pruned: Option<(u64, Time)>,
    /// What was made of each plan file.
    made: BTreeMap<Hash, BTreeSet<Item>>,
    /// The items of the writes under way that carry out a plan file, and that plan.
    planned: BTreeMap<WriteId, (Hash, Item)>,
}

impl History {
    /// Reads a whole log, checking its chain and its order.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] with the first entry that does not hold, or what keeps the log from being read.
    pub async fn replay(log: &dyn Log) -> Result<Self, Error> {
        let mut history = Self::default();
        history.catch_up(log).await?;
        Ok(history)
    }

    /// Reads what the log has beyond this history.
    ///
    /// # Errors
    ///
    /// As [`replay`](Self::replay). What was read up to the error stays.
    pub async fn catch_up(&mut self, log: &dyn Log) -> Result<(), Error> {
        loop {
            let lines = log.read(self.tail.head.number, PAGE).await?;
            for line in &lines {
                let entry = self.tail.accept(line)?;
                self.note(&entry);
            }
            if lines.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        self.tail.head.number
    }

    /// The hash of the last entry, which vouches for all of them; all zero where there is none.
    pub fn head(&self) -> Hash {
        self.tail.head.hash
    }

    /// The writes whose outcome is not known, oldest first. At the start of an instance each of them is to be settled by
    /// reading its incident.
    pub fn open_intents(&self) -> impl Iterator<Item = &OpenIntent> {
        self.open.values()
    }

    /// The writes that happened and that no later look has confirmed yet, oldest first.
    pub fn unconfirmed(&self) -> impl Iterator<Item = &Unconfirmed> {
        self.unconfirmed.values()
    }

    /// When the ledger began, by the service's clock; `None` where nothing has been followed yet.
    pub fn began(&self) -> Option<Time> {
        self.began
    }

    /// When a person last let the ledger go on although the workspace showed marks that it does not hold, by the service's
    /// clock; `None` where nobody had to.
    pub fn restarted(&self) -> Option<Time> {
        self.restarted
    }

    /// What both sides of an incident last agreed on, by our last write that happened or without one. `None` where nothing
    /// was entered about it.
    pub fn base(&self, incident: &IncidentId) -> Option<&Agreed> {
        self.bases.get(incident)
    }

    /// The notes that were tried on an incident, oldest first.
    pub fn notes(&self, incident: &IncidentId) -> &[Noted] {
        self.notes.get(incident).map_or(&[], Vec::as_slice)
    }

    /// Whether a person who set a tag at that time was answered.
    pub fn is_answered(&self, incident: &IncidentId, asked: Asked, at: Time) -> bool {
        self.answered.contains(&(incident.clone(), asked, at))
    }

    /// The run that last wrote an incident; `None` where none did.
    pub fn last_run(&self, incident: &IncidentId) -> Option<RunId> {
        self.last_runs.get(incident).copied()
    }

    /// The [`base`](Self::base) of every incident that has one.
    pub fn bases(&self) -> &BTreeMap<IncidentId, Agreed> {
        &self.bases
    }

    /// What the brake knows: what was lowered in the last day, what is held and what was approved.
    pub fn brake_record(&self) -> BrakeRecord {
        self.brakes.record()
    }

    /// How much was lowered without a person's yes, in the last day at least.
    pub fn lowered(&self) -> usize {
        self.brakes.lowered()
    }

    /// The brakes that are on.
    pub fn brakes(&self) -> impl Iterator<Item = &OpenBrake> {
        self.brakes.on()
    }

    /// Whether a person said yes to this change, in a plan or by releasing a brake, and it did not happen yet.
    pub fn is_approved(&self, item: &Item) -> bool {
        self.brakes.is_approved(item)
    }

    /// The changes that a person approved in a plan and that did not happen yet.
    pub fn approved(&self) -> &BTreeSet<Item> {
        self.brakes.approved()
    }

    /// The last entry whose bodies were removed, and when that was; `None` where none were.
    pub fn pruned(&self) -> Option<(u64, Time)> {
        self.pruned
    }

    /// What runs have made of the plan file with this hash.
    pub fn made_of(&self, plan: Hash) -> &BTreeSet<Item> {
        static NOTHING: BTreeSet<Item> = BTreeSet::new();
        self.made.get(&plan).unwrap_or(&NOTHING)
    }

    /// The runs, oldest first.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(crate) fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// Takes over entries that [`Tail::admit`] made on top of this history's own tail, which came to `tail`.
    pub(crate) fn advance<'a>(&mut self, tail: Tail, entries: impl IntoIterator<Item = &'a Entry>) {
        self.tail = tail;
        entries.into_iter().for_each(|entry| self.note(entry));
    }

    /// Draws what follows from an entry that is in order.
    fn note(&mut self, entry: &Entry) {
        self.brakes.note(entry);
        match &entry.event {
            Event::Began(began) => self.began = Some(began.at),
            Event::Restarted(restarted) => self.restarted = Some(restarted.at),
            Event::RunStarted(started) => {
                self.runs.push(Run { started: started.clone(), at: entry.at, number: entry.number, end: None });
            }
            Event::Intended(intended) => {
                if let Some(plan) = self.runs.last().and_then(|run| run.started.plan.as_ref()) {
                    self.planned.insert(WriteId(entry.number), (plan.hash(), intended.item()));
                }
                let after = intended.sent(WriteId(entry.number), entry.hash);
                self.intend(entry, Intent::Incident(Intended { after, ..intended.clone() }));
            }
            Event::AlertIntended(intended) => self.intend(entry, Intent::Alert(intended.clone())),
            Event::NoteIntended(note) => self.intend(entry, Intent::Note(note.clone())),
            Event::Answered(answered) => {
                self.answered.insert((answered.incident.clone(), answered.asked, answered.at));
                let notes = self.notes.get_mut(&answered.incident).map(|notes| notes.iter_mut().rev());
                let proposing = notes.and_then(|mut notes| notes.find(|note| note.proposes()));
                if let (Some(note), Asked::Approve, None) = (proposing, answered.asked, &answered.refused) {
                    note.approved = Some(answered.at);
                }
            }
            Event::Done(done) => {
                if let Some(note) = self.close(done.write, true) {
                    (note.etag, note.modified) = (done.etag.clone(), done.modified);
                }
            }
            Event::Refused(refused) => drop(self.close(refused.write, false)),
            Event::InDoubt(in_doubt) => {
                if let Some(open) = self.open.get_mut(&in_doubt.write) {
                    open.in_doubt = Some(in_doubt.why.clone());
                }
            }
            Event::Settled(settled) => drop(self.close(settled.write, settled.happened)),
            Event::Confirmed(confirmed) => {
                self.unconfirmed.remove(&confirmed.write);
            }
            Event::BaseMoved(moved) => {
                let before = || self.base(&moved.incident).and_then(|base| base.written().cloned());
                let written = moved.written.clone().or_else(before);
                self.bases.insert(moved.incident.clone(), moved.agreed().with_written(written));
            }
            Event::Pruned(pruned) => self.pruned = Some((pruned.up_to, entry.at)),
            Event::Braked(_) | Event::Approved(_) => {}
            Event::RunEnded(ended) => {
                if let Some(run) = self.runs.last_mut() {
                    run.end = Some((entry.at, ended.counts));
                }
            }
        }
    }

    fn intend(&mut self, entry: &Entry, intended: Intent) {
        let write = WriteId(entry.number);
        self.open.insert(write, OpenIntent { write, at: entry.at, intended, in_doubt: None });
    }

    /// Draws what follows from an outcome; answers the note, where it was one.
    fn close(&mut self, write: WriteId, happened: bool) -> Option<&mut Noted> {
        let OpenIntent { at, intended, .. } = self.open.remove(&write)?;
        let planned = self.planned.remove(&write);
        if let Intent::Note(intended) = intended {
            let notes = self.notes.entry(intended.incident.clone()).or_default();
            notes.retain(|note| note.intended.comment != intended.comment);
            notes.push(Noted { write, intended, is_written: happened, etag: None, modified: None, approved: None });
            return notes.last_mut();
        }
        if !happened {
            return None;
        }
        if let Some((plan, item)) = planned {
            self.made.entry(plan).or_default().insert(item);
        }
        match &intended {
            Intent::Note(_) => {}
            Intent::Incident(intended) => {
                self.bases.insert(intended.incident.clone(), intended.agreed());
                self.last_runs.insert(intended.incident.clone(), intended.run);
            }
            Intent::Alert(AlertIntended { before, act, follows, .. }) => {
                for followed in follows {
                    let base = self.bases.entry(followed.incident.clone()).or_insert_with(Agreed::birth);
                    base.agree(before.id.clone(), act.leads_to(), followed.state.clone());
                }
            }
        }
        self.unconfirmed.insert(write, Unconfirmed { write, at, intended });
        None
    }
}

/// What was intended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A write of an incident.
    Incident(Intended),
    /// A write of an alert.
    Alert(AlertIntended),
    /// A note on an incident.
    Note(NoteIntended),
}

impl Intent {
    /// The run that writes.
    pub fn run(&self) -> RunId {
        match self {
            Self::Incident(intended) => intended.run,
            Self::Alert(intended) => intended.run,
            Self::Note(intended) => intended.run,
        }
    }

    /// Whether it writes the incident, or an alert because of it.
    pub fn concerns(&self, incident: &IncidentId) -> bool {
        match self {
            Self::Incident(intended) => intended.incident == *incident,
            Self::Alert(intended) => intended.follows.iter().any(|followed| followed.incident == *incident),
            Self::Note(intended) => intended.incident == *incident,
        }
    }
}

/// A note that was tried on an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The entry that announces it.
    pub write: WriteId,
    /// What it says.
    pub intended: NoteIntended,
    /// Whether all of it was written; its comment may be there all the same.
    pub is_written: bool,
    /// The version of the incident that it left; `None` where nobody heard.
    pub etag: Option<Version>,
    /// When that was, by the service's clock; `None` where nobody heard.
    pub modified: Option<Time>,
    /// When a person set the tag that approved of what it proposes; `None` where none did.
    pub approved: Option<Time>,
}

impl Noted {
    /// Whether a person could read in it what they could say yes to.
    pub fn proposes(&self) -> bool {
        self.is_written && self.intended.proposed.is_some()
    }
}

/// A write that happened and that no later look has confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// Which write.
    pub write: WriteId,
    /// When it was intended.
    pub at: Time,
    /// What was intended; an incident's closing text as it was sent, with its mark.
    pub intended: Intent,
}

/// A write whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIntent {
    /// Which write.
    pub write: WriteId,
    /// When it was intended.
    pub at: Time,
    /// What was intended; an incident's closing text as it was sent, with its mark.
    pub intended: Intent,
    /// Why it is in doubt; `None` where nobody said so, as after a crash.
    pub in_doubt: Option<String>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What was said when it started.
    pub started: RunStarted,
    /// When it started.
    pub at: Time,
    /// The number of the entry that says so.
    pub number: u64,
    /// When it ended and what it came to; `None` while it is under way or where it was cut short.
    pub end: Option<(Time, Counts)>,
}

impl Run {
    /// Which run.
    pub fn id(&self) -> RunId {
        self.started.run
    }
}

/// The end of a chain: all that decides what may follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail {
    head: Head,
    standing: Standing,
}

impl Tail {
    /// The last entry's number; 0 where there is none.
    pub fn number(&self) -> u64 {
        self.head.number
    }

    /// Takes a line that was read.
    pub fn accept(&mut self, line: &Line) -> Result<Entry, Error> {
        let broken = |fault| Error::Broken { number: self.head.number + 1, fault };
        let head = self.head.follow(line).map_err(broken)?;
        let event = format::decode(&line.event).map_err(|found| broken(Fault::Unreadable(found)))?;
        self.standing.enter(line.number, &event).map_err(|error| broken(Fault::OutOfOrder(error)))?;
        self.head = head;
        Ok(Entry { number: line.number, at: line.at, event, previous: line.previous, hash: line.hash })
    }

    /// Makes the entry and the line of an event that is to be appended.
    pub fn admit(&mut self, at: Time, event: Event) -> Result<(Entry, Line), OutOfOrder> {
        self.standing.enter(self.head.number + 1, &event)?;
        let line = self.head.line(at, format::encode(&event));
        self.head = Head { number: line.number, hash: line.hash };
        let entry = Entry { number: line.number, at, event, previous: line.previous, hash: line.hash };
        Ok((entry, line))
    }
}

/// How many lines are read at once.
pub(crate) const PAGE: usize = 1000;
