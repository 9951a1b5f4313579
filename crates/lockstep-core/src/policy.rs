//! What the tenant wants done. The text form of a policy belongs to the binary.

use crate::model::Classification;

/// What to do about the incidents of Defender for Cloud alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing is ever written; differences are shown.
    Observe,
    /// Incidents follow their alerts.
    Follow(Mapping),
}

/// What an incident becomes when its alerts have moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// All alerts are in progress.
    pub in_progress: Effect,
    /// All alerts are dismissed.
    pub dismissed: Effect,
    /// All alerts are finished, at least one of them resolved.
    pub resolved: Effect,
}

/// What becomes of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It stays as it is.
    Leave,
    /// It becomes active.
    Activate,
    /// It is closed as this.
    Close(Classification),
}

/// A policy that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Show everything, write nothing.
    Observe,
    /// The mapping of the article that this product grew from.
    Seed,
}

impl Preset {
    /// Every preset.
    pub const ALL: &'static [Self] = &[Self::Observe, Self::Seed];

    /// Its name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Seed => "seed",
        }
    }

    /// What it does, in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Observe => "Shows what differs and writes nothing.",
            Self::Seed => {
                "In progress makes the incident Active; dismissed closes it as BenignPositive - SuspiciousButExpected; \
                 resolved closes it as TruePositive - SuspiciousActivity."
            }
        }
    }

    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|preset| preset.name() == name)
    }

    /// The policy that the name stands for.
    pub fn policy(self) -> Policy {
        match self {
            Self::Observe => Policy::Observe,
            Self::Seed => Policy::Follow(Mapping {
                in_progress: Effect::Activate,
                dismissed: Effect::Close(Classification::BenignPositive),
                resolved: Effect::Close(Classification::TruePositive),
            }),
        }
    }
}
