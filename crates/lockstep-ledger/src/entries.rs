//! Reading entries one after the other, all of them or those about one run or incident.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use lockstep_core::IncidentId;

use crate::error::Error;
use crate::event::{Approved, Braked, Entry, Event, RunId, WriteId};
use crate::history::{PAGE, Tail};
use crate::log::Log;

/// Which entries are wanted. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only entries with these numbers.
    pub numbers: Option<RangeInclusive<u64>>,
    /// Only entries of this run.
    pub run: Option<RunId>,
    /// Only entries about writes to this incident.
    pub incident: Option<IncidentId>,
}

/// The entries of a log, in their order, each checked against the chain before it is handed out.
///
/// Holds one page of them in memory. Entries appended while it reads are read too.
#[derive(Debug)]
pub struct Entries {
    log: Arc<dyn Log>,
    filter: Filter,
    tail: Tail,
    page: VecDeque<crate::Line>,
    at_end: bool,
    /// The writes that the filter wants, and the run that wrote each.
    writes: BTreeSet<WriteId>,
}

impl Entries {
    /// The entries of `log` that `filter` wants.
    pub fn new(log: Arc<dyn Log>, filter: Filter) -> Self {
        let (tail, page) = (Tail::default(), VecDeque::new());
        Self { log, filter, tail, page, at_end: false, writes: BTreeSet::new() }
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] at the first entry that does not hold, or what keeps the log from being read.
    pub async fn next(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            let Some(line) = self.page.pop_front() else {
                if self.at_end {
                    return Ok(None);
                }
                self.page = self.log.read(self.tail.number(), PAGE).await?.into();
                self.at_end = self.page.len() < PAGE;
                continue;
            };
            let entry = self.tail.accept(&line)?;
            if self.wants(&entry) {
                return Ok(Some(entry));
            }
        }
    }

    /// Every entry that is left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn all(mut self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        while let Some(entry) = self.next().await? {
            entries.push(entry);
        }
        Ok(entries)
    }

    fn wants(&mut self, entry: &Entry) -> bool {
        let about = match &entry.event {
            Event::RunStarted(started) => self.filter.wants_run(started.run),
            Event::RunEnded(ended) => self.filter.wants_run(ended.run),
            Event::Began(_) | Event::Restarted(_) | Event::Pruned(_) => {
                self.filter.run.is_none() && self.filter.incident.is_none()
            }
            Event::Intended(intended) => {
                let is_about = |incident: &IncidentId| intended.incident == *incident;
                self.wants_write(entry.number, intended.run, is_about)
            }
            Event::AlertIntended(intended) => {
                let is_about =
                    |incident: &IncidentId| intended.follows.iter().any(|followed| followed.incident == *incident);
                self.wants_write(entry.number, intended.run, is_about)
            }
            Event::NoteIntended(intended) => {
                let is_about = |incident: &IncidentId| intended.incident == *incident;
                self.wants_write(entry.number, intended.run, is_about)
            }
            Event::Answered(answered) => {
                self.filter.run.is_none()
                    && self.filter.incident.as_ref().is_none_or(|wanted| *wanted == answered.incident)
            }
            Event::Done(done) => self.writes.contains(&done.write),
            Event::Refused(refused) => self.writes.remove(&refused.write),
            Event::InDoubt(in_doubt) => self.writes.contains(&in_doubt.write),
            Event::Settled(settled) => self.writes.contains(&settled.write),
            Event::Confirmed(confirmed) => self.writes.remove(&confirmed.write),
            Event::Braked(Braked { items, .. }) | Event::Approved(Approved { items, .. }) => {
                let is_about = |incident: &IncidentId| items.iter().any(|item| item.incident == *incident);
                self.filter.run.is_none() && self.filter.incident.as_ref().is_none_or(is_about)
            }
            Event::BaseMoved(moved) => {
                self.filter.run.is_none()
                    && self.filter.incident.as_ref().is_none_or(|wanted| *wanted == moved.incident)
            }
        };
        about && self.filter.numbers.as_ref().is_none_or(|numbers| numbers.contains(&entry.number))
    }
}

impl Entries {
    fn wants_write(&mut self, number: u64, run: RunId, is_about: impl Fn(&IncidentId) -> bool) -> bool {
        let Filter { run: wanted_run, incident, .. } = &self.filter;
        let wanted = wanted_run.is_none_or(|wanted| wanted == run) && incident.as_ref().is_none_or(is_about);
        if wanted {
            self.writes.insert(WriteId(number));
        }
        wanted
    }
}

impl Filter {
    /// A run is not about an incident.
    fn wants_run(&self, run: RunId) -> bool {
        self.incident.is_none() && self.run.is_none_or(|wanted| wanted == run)
    }
}
