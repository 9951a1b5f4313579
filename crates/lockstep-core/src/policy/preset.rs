//! Policies that have a name.

use alloc::borrow::ToOwned;
use core::time::Duration;

use super::Policy;
use super::comment::Comment;
use super::knobs::{
    AlertEffect, Apart, Conflict, Directions, Effect, Evidence, FirstSight, Holds, HumanLock, Knobs, Mapping,
    NamePeople, Outward, Person, Raise, Reopen, Reopened, Unattended,
};
use crate::model::Classification;

/// A policy that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Show everything, write nothing.
    Observe,
    /// The mapping of the article that this product grew from.
    Seed,
    /// What Microsoft's own words for an alert's states say: dismissed as a false positive, closed after handling.
    /// Source: `AlertStatus` of Microsoft.Security alerts 2022-01-01.
    Vendor,
    /// Incidents follow, and nobody says what they turned out to be.
    Neutral,
}

impl Preset {
    /// Every preset.
    pub const ALL: &'static [Self] = &[Self::Observe, Self::Seed, Self::Vendor, Self::Neutral];

    /// Its name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Seed => "seed",
            Self::Vendor => "vendor",
            Self::Neutral => "neutral",
        }
    }

    /// What it does, in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Observe => "Shows what differs and writes nothing.",
            Self::Seed => {
                "In progress makes the incident Active; dismissed closes it as BenignPositive - SuspiciousButExpected; \
                 resolved closes it as TruePositive - SuspiciousActivity; nothing waits for an approval."
            }
            Self::Vendor => {
                "In progress makes the incident Active; dismissed closes it as FalsePositive - IncorrectAlertLogic; \
                 resolved closes it as TruePositive - SuspiciousActivity; High severity waits for an approval."
            }
            Self::Neutral => {
                "In progress makes the incident Active; dismissed and resolved close it as Undetermined; High severity \
                 waits for an approval."
            }
        }
    }

    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|preset| preset.name() == name)
    }

    /// The policy that the name stands for.
    pub fn policy(self) -> Policy {
        Policy::new(self.name(), self.knobs())
    }

    /// The knobs of that policy.
    pub fn knobs(self) -> Knobs {
        let neutral = Knobs {
            directions: Directions { inward: true, outward: false },
            inward: closing_as(Classification::Undetermined, Classification::Undetermined),
            outward: OUTWARD,
            conflict: Conflict::Hold,
            first_sight: FirstSight::Adopt,
            unattended: Unattended::BelowHigh,
            overridden: Evidence::default(),
            human_lock: HumanLock::Everything,
            person: Person::AllButAutomation,
            hold_tag: Some(HOLD_TAG.to_owned()),
            holds: Holds { own_suspect: true, young_suppression: Some(WEEK), hasty: Some(MINUTE) },
            announce_holds: false,
            reopen: Reopen::OurClosings,
            reopened: Reopened::New,
            reclassify: true,
            idle_active: None,
            freezes: [].into(),
            comment: Comment::default(),
            name_people: NamePeople::Upn,
        };
        match self {
            Self::Observe => {
                Knobs { directions: Directions { inward: false, outward: false }, announce_holds: false, ..neutral }
            }
            Self::Seed => Knobs {
                inward: closing_as(Classification::BenignPositive, Classification::TruePositive),
                conflict: Conflict::Defender,
                first_sight: FirstSight::CatchUp,
                unattended: Unattended::Everything,
                human_lock: HumanLock::Lowering,
                hold_tag: None,
                holds: Holds::NONE,
                ..neutral
            },
            Self::Vendor => Knobs {
                inward: closing_as(Classification::FalsePositiveLogic, Classification::TruePositive),
                ..neutral
            },
            Self::Neutral => neutral,
        }
    }
}

fn closing_as(dismissed: Classification, resolved: Classification) -> Mapping {
    Mapping {
        in_progress: Raise::Activate,
        dismissed: Effect::Close(dismissed),
        resolved: Effect::Close(resolved),
        apart: Apart::AsResolved,
        unfinished: Raise::Leave,
    }
}

/// What a closed incident says about its alerts, in the words of Defender for Cloud's documentation: an alert that was
/// handled is resolved, one that needs no handling is dismissed.
const OUTWARD: Outward = Outward {
    active: true,
    reopened: true,
    true_positive: AlertEffect::Resolve,
    benign_positive: AlertEffect::Dismiss,
    false_positive: AlertEffect::Dismiss,
};

const HOLD_TAG: &str = "lockstep:hold";
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const MINUTE: Duration = Duration::from_secs(60);
