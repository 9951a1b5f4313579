//! The brake: how much is lowered before a person has to look.
//!
//! It counts what was lowered in sliding windows, for the workspace, for each subscription and for each person whose acts
//! are followed. Where one more would be too much, all lowering in that scope waits until somebody has released it; raising
//! goes on. What was lowered comes from the ledger, so that neither a restart nor a short interval resets the count. What a
//! person has approved neither waits nor counts.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::decide::{Change, Push};
use crate::item::Item;
use crate::model::{Alert, AlertAct};
use crate::plan::{Left, Plan};
use crate::policy::{Brake, Limits};
use crate::reason::Reason;
use crate::time::Time;

/// What a brake counts for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BrakeScope {
    /// The workspace.
    Workspace,
    /// The alerts of one subscription, by its GUID.
    Subscription(String),
    /// The acts of one person, as the activity log names them.
    Person(String),
}

impl fmt::Display for BrakeScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace => f.write_str("the workspace"),
            Self::Subscription(id) => write!(f, "subscription {id}"),
            Self::Person(who) => write!(f, "the acts of {}", who.escape_debug()),
        }
    }
}

/// A limit that one more lowering would exceed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BrakeLimit {
    /// So many in an hour.
    Hour(u32),
    /// So many in a day.
    Day(u32),
    /// So many percent, in a day, of the incidents that were open.
    Share {
        /// The percentage.
        percent: u8,
        /// How many were open at the start of the day or opened since.
        open: u64,
    },
    /// The brake is on already, under this number, and holds everything in its scope.
    On(u64),
}

impl fmt::Display for BrakeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hour(limit) => write!(f, "{limit} an hour"),
            Self::Day(limit) => write!(f, "{limit} a day"),
            Self::Share { percent, open } => write!(f, "{percent} % of {open} open incidents a day"),
            Self::On(number) => write!(f, "brake {number}"),
        }
    }
}

/// Why a change waits: the scope, and the limit in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trip {
    /// Where.
    pub scope: BrakeScope,
    /// What one more would exceed.
    pub limit: BrakeLimit,
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            BrakeLimit::On(number) => write!(f, "brake {number} is on for {}", self.scope),
            _ => write!(f, "the brake allows no more than {} for {}", self.limit, self.scope),
        }
    }
}

/// A change as the brake sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Whether it makes something less visible.
    pub lowers: bool,
    /// What a person would have to say yes to.
    pub item: Item,
    /// The subscriptions whose alerts it follows.
    pub subscriptions: BTreeSet<String>,
    /// The person whose act it follows, where that is known.
    pub person: Option<String>,
}

impl Load {
    /// What the brake counts this change for.
    fn scopes(&self) -> Vec<BrakeScope> {
        scopes(&self.subscriptions, self.person.as_ref())
    }
}

impl From<&Change> for Load {
    fn from(change: &Change) -> Self {
        Self {
            lowers: change.to.lowers(),
            item: change.item(),
            subscriptions: subscriptions(&change.alerts),
            person: person(&change.alerts),
        }
    }
}

impl Load {
    /// What a push weighs: as much as each alert that it lowers.
    fn of_push(push: &Push) -> Vec<Self> {
        let lowered = push.acts.iter().filter(|(_, act)| act.lowers());
        let load = |(alert, _): &(Alert, AlertAct)| Self {
            lowers: true,
            item: push.item(),
            subscriptions: subscriptions([alert]),
            person: None,
        };
        lowered.map(load).collect()
    }
}

fn subscriptions<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> BTreeSet<String> {
    let places = alerts.into_iter().filter_map(|alert| alert.place.as_ref());
    places.map(|place| place.subscription().into()).collect()
}

/// The one person who moved the alerts, where they are known to be one.
fn person(alerts: &[Alert]) -> Option<String> {
    let names: BTreeSet<_> = alerts.iter().filter_map(Alert::mover).map(|who| who.name.clone()).collect();
    let mut names = names.into_iter();
    names.next().filter(|_| names.next().is_none())
}

/// Something that was lowered, or may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// When, by the clock of the service.
    pub at: Time,
    /// The subscriptions whose alerts it followed.
    pub subscriptions: BTreeSet<String>,
    /// The person whose act it followed, where that is known.
    pub person: Option<String>,
}

/// What the brake knows from the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrakeRecord {
    /// What was lowered without a person's yes, in the last day at least.
    pub lowered: Vec<Lowered>,
    /// The brakes that are on, each under its number.
    pub on: BTreeMap<BrakeScope, u64>,
    /// What a person has released from the brake of a scope.
    pub released: BTreeMap<BrakeScope, BTreeSet<Item>>,
    /// What a person has approved whatever the brake says.
    pub approved: BTreeSet<Item>,
}

impl BrakeRecord {
    fn lets_through(&self, scope: &BrakeScope, item: &Item) -> bool {
        self.approved.contains(item) || self.released.get(scope).is_some_and(|items| items.contains(item))
    }
}

/// A change that a brake holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What a person would have to say yes to.
    pub item: Item,
    /// The change; `None` where it is one of alerts.
    pub change: Option<Change>,
    /// What holds it; at least one.
    pub trips: Vec<Trip>,
}

impl Plan {
    /// The plan of what goes on, in which the rest is left alone because of the brake, and that rest.
    ///
    /// As [`brake`].
    #[must_use]
    pub fn braked(self, limits: Brake, record: &BrakeRecord, open: u64, now: Time) -> (Self, Vec<Waiting>) {
        let pushed = self.pushes.iter().map(Load::of_push);
        let weights: Vec<_> = self.changes.iter().map(|change| vec![Load::from(change)]).chain(pushed).collect();
        let loads: Vec<_> = weights.iter().flatten().cloned().collect();
        let mut trips = brake(limits, record, open, now, &loads).into_iter();
        let mut held = weights.into_iter().map(|loads| {
            let trips: BTreeSet<Trip> = trips.by_ref().take(loads.len()).flatten().collect();
            loads.into_iter().next().filter(|_| !trips.is_empty()).map(|load| Waiting {
                item: load.item,
                change: None,
                trips: trips.into_iter().collect(),
            })
        });
        let mut plan = Self { changes: Vec::new(), pushes: Vec::new(), left: self.left };
        let mut waiting = Vec::new();
        for change in self.changes {
            match held.next().flatten() {
                None => plan.changes.push(change),
                Some(wait) => waiting.push(Waiting { change: Some(change), ..wait }),
            }
        }
        for push in self.pushes {
            match held.next().flatten() {
                None => plan.pushes.push(push),
                Some(wait) => waiting.push(wait),
            }
        }
        plan.left.extend(waiting.iter().map(|wait: &Waiting| Left {
            incident: wait.item.incident.clone(),
            reason: Reason::Braked(wait.trips[0].clone()),
        }));
        (plan, waiting)
    }
}

/// Says for each change, in their order, what holds it; nothing where it may go on.
///
/// `open` is how many incidents are open now, and `now` the time of the service.
///
/// # Guarantees
/// What raises is never held. In no scope do the changes that go on, together with what was lowered before and is younger
/// than the window, exceed a limit of that scope. Once a change is held in a scope, so are all that follow it there.
pub fn brake(limits: Brake, record: &BrakeRecord, open: u64, now: Time, changes: &[Load]) -> Vec<Vec<Trip>> {
    let Brake::On(limits) = limits else { return changes.iter().map(|_| Vec::new()).collect() };
    let mut meters = Meters::new(record, now);
    let mut on: BTreeMap<BrakeScope, BrakeLimit> =
        record.on.iter().map(|(scope, number)| (scope.clone(), BrakeLimit::On(*number))).collect();
    let mut held = Vec::with_capacity(changes.len());
    for change in changes {
        if !change.lowers {
            held.push(Vec::new());
            continue;
        }
        let asked: Vec<_> =
            change.scopes().into_iter().filter(|scope| !record.lets_through(scope, &change.item)).collect();
        let mut trips = Vec::new();
        for scope in &asked {
            let limit = on.get(scope).cloned().or_else(|| exceeded(&limits, scope, meters.of(scope), open, &meters));
            if let Some(limit) = limit {
                trips.push(Trip { scope: scope.clone(), limit });
            }
        }
        if trips.is_empty() {
            meters.add(&asked);
        }
        for trip in &trips {
            on.entry(trip.scope.clone()).or_insert_with(|| trip.limit.clone());
        }
        held.push(trips);
    }
    held
}

impl Limits {
    /// How many incidents may be lowered in an hour before it matters whose acts they follow: from then on who moved an alert is
    /// to be asked. `None` where it never matters.
    pub fn unnamed(&self) -> Option<u64> {
        self.person_hour.map(unnamed_allowed)
    }
}

/// How much that nobody is named for counts, at most, as if it were of each person: it may be theirs. What nobody can be named
/// for although it was asked counts no further.
fn unnamed_allowed(person_hour: u32) -> u64 {
    u64::from(person_hour / 4)
}

/// The limit of `scope` that one more lowering would exceed.
fn exceeded(limits: &Limits, scope: &BrakeScope, meter: Meter, open: u64, meters: &Meters) -> Option<BrakeLimit> {
    let (hour, day, share) = match scope {
        BrakeScope::Workspace => (limits.workspace_hour, limits.workspace_day, limits.share),
        BrakeScope::Subscription(_) => (limits.subscription_hour, limits.subscription_day, None),
        BrakeScope::Person(_) => (limits.person_hour, None, None),
    };
    let unnamed = hour.filter(|_| matches!(scope, BrakeScope::Person(_))).map_or(0, unnamed_allowed);
    let meter = Meter { hour: meter.hour + meters.unnamed.min(unnamed), ..meter };
    let is_over = |count: u64, limit: &u32| count >= u64::from(*limit);
    if let Some(limit) = hour.filter(|limit| is_over(meter.hour, limit)) {
        return Some(BrakeLimit::Hour(limit));
    }
    if let Some(limit) = day.filter(|limit| is_over(meter.day, limit)) {
        return Some(BrakeLimit::Day(limit));
    }
    let share = share?;
    // What this very pass has let through is still among the open ones.
    let open = open + meters.before;
    let is_over = (meter.day + 1) * 100 > open * u64::from(share.percent);
    (open >= u64::from(share.floor) && is_over).then_some(BrakeLimit::Share { percent: share.percent, open })
}

/// How much was lowered in each scope.
struct Meters {
    by_scope: BTreeMap<BrakeScope, Meter>,
    /// What was lowered in the workspace in the day before this pass.
    before: u64,
    /// What was lowered in the last hour and nobody is named for.
    unnamed: u64,
}

#[derive(Clone, Copy, Default)]
struct Meter {
    hour: u64,
    day: u64,
}

impl Meters {
    fn new(record: &BrakeRecord, now: Time) -> Self {
        let mut by_scope: BTreeMap<BrakeScope, Meter> = BTreeMap::new();
        let mut unnamed = 0;
        for lowered in &record.lowered {
            // What seems to lie in the future is as good as just now.
            let age = now.seconds_since(lowered.at);
            unnamed += u64::from(age < HOUR && lowered.person.is_none());
            for scope in scopes(&lowered.subscriptions, lowered.person.as_ref()) {
                let meter = by_scope.entry(scope).or_default();
                meter.hour += u64::from(age < HOUR);
                meter.day += u64::from(age < DAY);
            }
        }
        let before = by_scope.get(&BrakeScope::Workspace).map_or(0, |meter| meter.day);
        Self { by_scope, before, unnamed }
    }

    fn of(&self, scope: &BrakeScope) -> Meter {
        self.by_scope.get(scope).copied().unwrap_or_default()
    }

    fn add(&mut self, scopes: &[BrakeScope]) {
        self.unnamed += u64::from(!scopes.iter().any(|scope| matches!(scope, BrakeScope::Person(_))));
        for scope in scopes {
            let meter = self.by_scope.entry(scope.clone()).or_default();
            meter.hour += 1;
            meter.day += 1;
        }
    }
}

fn scopes(subscriptions: &BTreeSet<String>, person: Option<&String>) -> Vec<BrakeScope> {
    let subscriptions = subscriptions.iter().cloned().map(BrakeScope::Subscription);
    let person = person.cloned().map(BrakeScope::Person);
    core::iter::once(BrakeScope::Workspace).chain(subscriptions).chain(person).collect()
}

const HOUR: u64 = 3_600;
/// The longest window: nothing older counts.
pub(crate) const DAY: u64 = 86_400;
