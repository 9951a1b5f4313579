//! How often what happened.

use std::collections::BTreeMap;
use std::fmt;

use crate::acts::Act;
use crate::crash::Point;
use crate::wire::Mishap;
use crate::{automation, policies};

/// Counts, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<(Kind, String), u64>);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What policy a day was played under.
    Policy,
    /// What an automation rule of a day does.
    Rule,
    /// What people did.
    Act,
    /// What happened to a request.
    Mishap,
    /// Where an engine died.
    Crash,
    /// What lockstep did.
    Deed,
    /// Why it left an incident alone.
    Reason,
}

/// What lockstep must have done at some time, or the promises are kept idly.
pub const DEEDS: &[&str] = &[
    "pass",
    "pass that failed",
    "made an incident Active",
    "closed an incident",
    "acted on an alert",
    "settled a write after a crash",
    "found the ledger held",
    "met a newer version",
    "person acted between a read and its write",
];

impl Tally {
    /// One more of these.
    pub fn count(&mut self, kind: Kind, name: impl Into<String>) {
        *self.0.entry((kind, name.into())).or_default() += 1;
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(key.clone()).or_default() += count;
        }
    }

    /// What never happened, and should have.
    pub fn never(&self) -> Vec<String> {
        let acts = Act::ALL.iter().map(|(_, act)| (Kind::Act, act.name()));
        let mishaps = Mishap::ALL.iter().map(|mishap| (Kind::Mishap, mishap.name()));
        let points = Point::ALL.iter().map(|point| (Kind::Crash, point.name()));
        let policies = policies::names().map(|name| (Kind::Policy, name));
        let rules = automation::names().map(|name| (Kind::Rule, name));
        let deeds = DEEDS.iter().map(|deed| (Kind::Deed, *deed));
        let expected = policies.chain(rules).chain(acts).chain(mishaps).chain(points).chain(deeds);
        expected
            .filter(|(kind, name)| !self.0.contains_key(&(*kind, (*name).to_owned())))
            .map(|(kind, name)| format!("{kind}: {name}"))
            .collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((kind, name), count) in &self.0 {
            writeln!(f, "{kind:7} {count:>9}  {name}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Act => "act",
            Self::Mishap => "mishap",
            Self::Crash => "crash",
            Self::Deed => "deed",
            Self::Reason => "reason",
        })
    }
}
