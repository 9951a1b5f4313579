//! The policies that days are played under.

use lockstep_core::{AlertEffect, Brake, Conflict, Directions, Knobs, Outward, Policy, Preset, Unattended};

use crate::chance::Chance;
use crate::judge::Terms;

/// The policy of a day, and what the judge is to hold it to. Most have no brake, so that what is due must be done in the end.
pub fn policy(chance: &Chance) -> (Policy, Terms) {
    let brake = if chance.percent(80) { Brake::Off } else { Preset::Seed.policy().brake };
    let kind = chance.weighed(KINDS);
    let mut knobs = kind.preset().knobs();
    // Approvals are a person's, and nobody plays them.
    knobs.unattended = Unattended::Everything;
    knobs.conflict = *chance.pick(Conflict::ALL).expect("there are ways out of a conflict");
    if kind == Kind::BothWays {
        both_ways(&mut knobs);
    }
    let terms = Terms {
        follows_all: brake == Brake::Off && matches!(kind, Kind::Seed | Kind::BothWays),
        outward: knobs.directions.outward,
        human_lock: knobs.human_lock,
    };
    (Policy { brake, ..Policy::new(kind.name(), knobs) }, terms)
}

/// What the policies are called.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, kind)| kind.name())
}

/// A kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Seed,
    Vendor,
    Neutral,
    BothWays,
}

impl Kind {
    fn preset(self) -> Preset {
        match self {
            Self::Seed | Self::BothWays => Preset::Seed,
            Self::Vendor => Preset::Vendor,
            Self::Neutral => Preset::Neutral,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Vendor => "vendor",
            Self::Neutral => "neutral",
            Self::BothWays => "both ways",
        }
    }
}

fn both_ways(knobs: &mut Knobs) {
    knobs.directions = Directions { inward: true, outward: true };
    knobs.outward = Outward {
        active: true,
        reopened: true,
        true_positive: AlertEffect::Resolve,
        benign_positive: AlertEffect::Dismiss,
        false_positive: AlertEffect::Dismiss,
    };
}

const KINDS: &[(usize, Kind)] = &[(4, Kind::Seed), (1, Kind::Vendor), (1, Kind::Neutral), (4, Kind::BothWays)];
