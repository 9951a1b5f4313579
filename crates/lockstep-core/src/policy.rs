//! What the tenant wants done: a value that answers every question a decision has.
//!
//! A policy is a set of knobs for everything, rules that turn some of them for some incidents, and limits on what may
//! happen in a while. [`Policy::ruling`] says which knobs hold for one incident. The text form of a policy belongs to the
//! binary, and its sentences too.

mod comment;
mod freeze;
mod knobs;
mod limits;
mod preset;
mod rule;
mod subject;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

pub use comment::{Comment, Piece};
pub use freeze::{Freeze, Frozen, FrozenTime, WeekTime};
pub use knobs::{
    AlertEffect, Apart, Conflict, Directions, Effect, Evidence, FirstSight, Holds, HumanLock, Knobs, Mapping,
    NamePeople, Outward, Person, Raise, Reopen, Reopened, Unattended,
};
pub use limits::{Brake, Ceilings, Limits, Share};
pub use preset::Preset;
pub use rule::{AlertCondition, Condition, OwnerCondition, Pattern, Rule};
pub use subject::{AlertSubject, Owner, Subject};

/// What to do about the incidents of Defender for Cloud alerts. Clones share what is large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What people call it.
    pub name: Arc<str>,
    /// The knobs where no rule says otherwise.
    pub knobs: Arc<Knobs>,
    /// The rules; the first that matches decides alone.
    pub rules: Arc<[Rule]>,
    /// How much may be lowered in a while before somebody has to look.
    pub brake: Brake,
    /// How much one pass may do.
    pub ceilings: Ceilings,
    /// How the two sides are looked at.
    pub sight: Sight,
    /// How long after a write another look must have shown it; it is reported where none has.
    pub unconfirmed_after: Duration,
}

/// How the two sides are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Through the tables of the workspace: one query for everything, minutes behind.
    Tables,
    /// Through the lists of both services: more requests, up to date.
    Direct,
}

/// Which knobs hold for one incident, and why these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The knobs.
    pub knobs: Arc<Knobs>,
    /// What chose them.
    pub fired: Fired,
}

/// What chose the knobs of a ruling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired {
    /// No rule matches.
    NoRule,
    /// The rule of this name.
    Rule(Arc<str>),
    /// Nobody can tell whether a rule matches: something that it asks about is not known. The knobs then let nothing be
    /// written.
    Unclear {
        /// The rule.
        rule: Arc<str>,
        /// What is not known, as the words after "because" in a sentence.
        unknown: &'static str,
    },
}

impl Policy {
    /// A policy without rules, with the limits that every preset has.
    pub fn new(name: &str, knobs: Knobs) -> Self {
        Self {
            name: name.into(),
            knobs: Arc::new(knobs),
            rules: Arc::new([]),
            brake: Brake::On(Limits::default()),
            ceilings: Ceilings::default(),
            sight: Sight::Tables,
            unconfirmed_after: UNCONFIRMED_AFTER,
        }
    }

    /// The knobs that hold for `subject`: those of the first rule that matches, or the policy's own.
    ///
    /// Where a rule asks about something that is not known, no later rule may decide in its place: the ruling is unclear, and
    /// its knobs write nothing in either direction.
    pub fn ruling(&self, subject: &Subject<'_>) -> Ruling {
        for rule in &*self.rules {
            match rule.when.matches(subject) {
                rule::Answer::No => {}
                rule::Answer::Yes => {
                    return Ruling { knobs: Arc::clone(&rule.knobs), fired: Fired::Rule(Arc::clone(&rule.name)) };
                }
                rule::Answer::Unclear(unknown) => {
                    let directions = Directions { inward: false, outward: false };
                    let knobs = Arc::new(Knobs { directions, ..Knobs::clone(&self.knobs) });
                    return Ruling { knobs, fired: Fired::Unclear { rule: Arc::clone(&rule.name), unknown } };
                }
            }
        }
        Ruling { knobs: Arc::clone(&self.knobs), fired: Fired::NoRule }
    }

    /// Every set of knobs that may hold for some incident: the policy's own, then each rule's.
    pub fn all_knobs(&self) -> impl Iterator<Item = &Knobs> {
        core::iter::once(&*self.knobs).chain(self.rules.iter().map(|rule| &*rule.knobs))
    }

    /// Whether nothing is ever written, whatever the incident.
    pub fn only_observes(&self) -> bool {
        self.all_knobs().all(|knobs| !knobs.directions.inward && !knobs.directions.outward)
    }
}

impl Fired {
    /// The name of the rule that fired; `None` where none did.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(name) => Some(name),
            Self::NoRule | Self::Unclear { .. } => None,
        }
    }

    /// Which rule is unclear, and why, as the end of a sentence; `None` where everything is clear.
    pub fn unclear(&self) -> Option<String> {
        match self {
            Self::Unclear { rule, unknown } => {
                Some(alloc::format!("whether the rule \"{}\" is meant cannot be told: {unknown}", rule.escape_debug()))
            }
            Self::NoRule | Self::Rule(_) => None,
        }
    }
}

impl Sight {
    /// Every way to look.
    pub const ALL: &'static [Self] = &[Self::Tables, Self::Direct];
}

impl Rule {
    /// A rule that turns what `turn` changes, for the incidents that `when` matches.
    pub fn new(name: &str, when: Condition, knobs: &Knobs, turn: impl FnOnce(&mut Knobs)) -> Self {
        let mut knobs = knobs.clone();
        turn(&mut knobs);
        Self { name: name.to_owned().into(), when, knobs: Arc::new(knobs) }
    }
}

/// Table rows and the products' own sync take minutes; a quarter of an hour is more than either is documented to need.
const UNCONFIRMED_AFTER: Duration = Duration::from_secs(15 * 60);
