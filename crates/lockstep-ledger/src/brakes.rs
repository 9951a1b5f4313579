//! What the entries come to about the brake: what was lowered and when, which brakes are on, and what was approved.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_core::{BrakeRecord, BrakeScope, Item, Lowered, Time};

use crate::event::{AlertIntended, Approval, Approved, Braked, Entry, Event, Intended, RunStarted, WriteId};

/// The state of the brake after some entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brakes {
    run: RunTime,
    /// Writes that lower and did or may have happened, without those that somebody approved.
    lowered: BTreeMap<WriteId, Lowered>,
    /// What each write that somebody approved, and whose outcome is not known, was.
    approved_writes: BTreeMap<WriteId, Item>,
    /// What was lowered before the ledger was made anew, as the tables tell.
    inherited: Vec<Lowered>,
    on: BTreeMap<BrakeScope, OpenBrake>,
    released: BTreeMap<BrakeScope, BTreeSet<Item>>,
    approved: BTreeSet<Item>,
}

/// When the run under way started, by the service's clock and by the clock of whoever appends.
#[derive(Clone, Copy, Debug, Default)]
struct RunTime {
    asked: Time,
    at: Time,
}

impl RunTime {
    /// The service's time of an entry. Within a run the local clock tells how long ago it started; never less than nothing.
    fn of(self, entry: &Entry) -> Time {
        let ran = entry.at.ticks().saturating_sub(self.at.ticks()).max(0);
        Time::from_ticks(self.asked.ticks().saturating_add(ran))
    }
}

/// A brake that is on: it holds all lowering in its scope until somebody releases it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBrake {
    /// What it holds.
    pub scope: BrakeScope,
    /// The limit that would have been exceeded, in words.
    pub limit: String,
    /// When it came on.
    pub since: Time,
    /// What it holds, by the entry that says so.
    pub held: BTreeMap<u64, BTreeSet<Item>>,
}

impl OpenBrake {
    /// Its number: that of the last entry that says what it holds. To approve it is to approve everything up to there.
    pub fn number(&self) -> u64 {
        self.held.keys().next_back().copied().unwrap_or_default()
    }

    /// Everything that it holds.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.held.values().flatten()
    }

    /// Whether it holds this change.
    pub fn holds(&self, item: &Item) -> bool {
        self.held.values().any(|items| items.contains(item))
    }

    /// What approving `number` would release: what was held up to that entry.
    pub fn up_to(&self, number: u64) -> BTreeSet<Item> {
        self.held.range(..=number).flat_map(|(_, items)| items).cloned().collect()
    }
}

impl Brakes {
    pub fn record(&self) -> BrakeRecord {
        BrakeRecord {
            lowered: self.lowered.values().chain(&self.inherited).cloned().collect(),
            on: self.on.iter().map(|(scope, brake)| (scope.clone(), brake.number())).collect(),
            released: self.released.clone(),
            approved: self.approved.clone(),
        }
    }

    pub fn lowered(&self) -> usize {
        self.lowered.len() + self.inherited.len()
    }

    pub fn on(&self) -> impl Iterator<Item = &OpenBrake> {
        self.on.values()
    }

    pub fn approved(&self) -> &BTreeSet<Item> {
        &self.approved
    }

    /// Draws what follows from an entry that is in order.
    pub fn note(&mut self, entry: &Entry) {
        let write = WriteId(entry.number);
        match &entry.event {
            Event::RunStarted(RunStarted { asked, .. }) => self.run = RunTime { asked: *asked, at: entry.at },
            Event::Intended(intended) => self.intended(write, entry, intended),
            Event::AlertIntended(AlertIntended { act, place, .. }) if act.lowers() => {
                let subscriptions = BTreeSet::from([place.subscription().to_owned()]);
                self.lower(write, Lowered { at: self.run.of(entry), subscriptions, person: None });
            }
            Event::Restarted(restarted) => {
                let lowered = |at: &Time| Lowered { at: *at, subscriptions: BTreeSet::new(), person: None };
                self.inherited = restarted.lowered.iter().map(lowered).collect();
            }
            Event::Done(done) => self.happened(done.write),
            Event::Settled(settled) if settled.happened => self.happened(settled.write),
            Event::Settled(settled) => self.did_not_happen(settled.write),
            Event::Refused(refused) => self.did_not_happen(refused.write),
            Event::Braked(braked) => self.braked(entry, braked),
            Event::Approved(approved) => self.approve(approved),
            _ => {}
        }
    }

    fn intended(&mut self, write: WriteId, entry: &Entry, intended: &Intended) {
        if !intended.lowers() {
            return;
        }
        let item = intended.item();
        if self.is_approved(&item) {
            self.approved_writes.insert(write, item);
        } else {
            let subscriptions = intended.cause.subscriptions.iter().cloned().collect();
            let person = intended.cause.person.clone();
            self.lower(write, Lowered { at: self.run.of(entry), subscriptions, person });
        }
    }

    fn lower(&mut self, write: WriteId, lowered: Lowered) {
        let now = lowered.at;
        self.lowered.retain(|_, before| now.seconds_since(before.at) < DAY);
        self.lowered.insert(write, lowered);
    }

    pub fn is_approved(&self, item: &Item) -> bool {
        self.approved.contains(item) || self.released.values().any(|items| items.contains(item))
    }

    /// A yes is for one write.
    fn happened(&mut self, write: WriteId) {
        let Some(item) = self.approved_writes.remove(&write) else { return };
        self.approved.remove(&item);
        self.released.values_mut().for_each(|items| {
            items.remove(&item);
        });
        self.released.retain(|_, items| !items.is_empty());
    }

    fn did_not_happen(&mut self, write: WriteId) {
        self.lowered.remove(&write);
        self.approved_writes.remove(&write);
    }

    fn braked(&mut self, entry: &Entry, braked: &Braked) {
        let Braked { scope, limit, items } = braked;
        let brake = self.on.entry(scope.clone()).or_insert_with(|| OpenBrake {
            scope: scope.clone(),
            limit: limit.clone(),
            since: entry.at,
            held: BTreeMap::new(),
        });
        brake.held.insert(entry.number, items.iter().cloned().collect());
    }

    fn approve(&mut self, approved: &Approved) {
        let items = approved.items.iter().cloned();
        let Approval::Brake { number } = approved.of else {
            self.approved.extend(items);
            return;
        };
        let Some((scope, brake)) = self.on.iter_mut().find(|(_, brake)| brake.held.contains_key(&number)) else {
            return;
        };
        let scope = scope.clone();
        brake.held = brake.held.split_off(&(number + 1));
        if brake.held.is_empty() {
            self.on.remove(&scope);
        }
        self.released.entry(scope).or_default().extend(items);
    }
}

/// The longest window that a brake counts in, in seconds.
const DAY: u64 = 86_400;
