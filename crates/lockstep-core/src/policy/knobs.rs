//! The knobs: each question that a policy answers for an incident, as a type that has no other answers.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::comment::Comment;
use super::freeze::{Freeze, Frozen};
use crate::model::{Classification, Severity};
use crate::time::Time;

/// Everything that may differ from incident to incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// Which side may be written.
    pub directions: Directions,
    /// What an incident becomes when its alerts have moved.
    pub inward: Mapping,
    /// What alerts become when their incident has moved.
    pub outward: Outward,
    /// Who is followed when both sides moved apart.
    pub conflict: Conflict,
    /// What is done about a pair that was never seen to agree.
    pub first_sight: FirstSight,
    /// What may be lowered without anybody's approval.
    pub unattended: Unattended,
    /// What somebody left at an incident that does not keep it from being lowered.
    pub overridden: Evidence,
    /// What an act of a person on the incident keeps from happening until the other side moves again.
    pub human_lock: HumanLock,
    /// Whose changes of an incident count as acts of a person.
    pub person: Person,
    /// The tag that keeps everything from happening to an incident that has it; `None` where no tag does.
    pub hold_tag: Option<String>,
    /// Which dismissals are doubted.
    pub holds: Holds,
    /// Whether a hold is written to the incident, as one comment and a tag, so that analysts see it where they work.
    pub announce_holds: bool,
    /// Whose closings are undone when an alert is reactivated.
    pub reopen: Reopen,
    /// What a reopened incident becomes.
    pub reopened: Reopened,
    /// Whether a classification of ours is corrected when a person's act on the alert contradicts it.
    pub reclassify: bool,
    /// How long an incident that we made active may have no owner before it goes back to New; `None` is for ever.
    pub idle_active: Option<Duration>,
    /// When nothing is to be done.
    pub freezes: Vec<Freeze>,
    /// The text that an incident is closed with.
    pub comment: Comment,
    /// How the people who moved an alert are named in texts.
    pub name_people: NamePeople,
}

impl Knobs {
    /// The window that keeps a change from happening at `now`, if one does. Only a change that `lowers` meets those that
    /// freeze lowering alone.
    pub fn frozen(&self, now: Time, lowers: bool) -> Option<&Freeze> {
        self.freezes.iter().find(|freeze| (lowers || freeze.what == Frozen::Everything) && freeze.covers(now))
    }
}

/// Which side may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directions {
    /// Sentinel's incidents may follow Defender for Cloud's alerts.
    pub inward: bool,
    /// Defender for Cloud's alerts may follow Sentinel's incidents, where the products' own sync does not do it.
    pub outward: bool,
}

/// What an incident becomes when its alerts have moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// All alerts are in progress.
    pub in_progress: Raise,
    /// All alerts are dismissed.
    pub dismissed: Effect,
    /// All alerts are resolved.
    pub resolved: Effect,
    /// All alerts are finished, some dismissed and some resolved.
    pub apart: Apart,
    /// Some alerts have moved, and at least one of them is not finished or still new.
    pub unfinished: Raise,
}

/// What becomes of an incident whose alerts nobody has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raise {
    /// It stays as it is.
    Leave,
    /// It becomes active.
    Activate,
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

impl From<Raise> for Effect {
    fn from(raise: Raise) -> Self {
        match raise {
            Raise::Leave => Self::Leave,
            Raise::Activate => Self::Activate,
        }
    }
}

/// What becomes of an incident whose alerts are all finished, but in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// The same as when all are resolved.
    AsResolved,
    /// The same as when all are dismissed.
    AsDismissed,
    /// It stays as it is.
    Leave,
}

impl Mapping {
    /// What becomes of an incident all of whose alerts are finished, in different ways.
    pub fn finished_apart(&self) -> Effect {
        match self.apart {
            Apart::AsResolved => self.resolved,
            Apart::AsDismissed => self.dismissed,
            Apart::Leave => Effect::Leave,
        }
    }
}

/// What alerts become when their incident has moved. An incident that is closed as undetermined moves no alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outward {
    /// The incident became active: whether its alerts become in progress.
    pub active: bool,
    /// It was reopened: whether its alerts become active again.
    pub reopened: bool,
    /// It was closed as a true positive.
    pub true_positive: AlertEffect,
    /// It was closed as a benign positive.
    pub benign_positive: AlertEffect,
    /// It was closed as a false positive, whatever the reason.
    pub false_positive: AlertEffect,
}

impl Outward {
    /// What alerts become when their incident was closed as this.
    pub fn closed(&self, classification: Classification) -> AlertEffect {
        match classification {
            Classification::TruePositive => self.true_positive,
            Classification::BenignPositive => self.benign_positive,
            Classification::FalsePositiveLogic | Classification::FalsePositiveData => self.false_positive,
            Classification::Undetermined => AlertEffect::Leave,
        }
    }
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEffect {
    /// It stays as it is.
    Leave,
    /// It is dismissed.
    Dismiss,
    /// It is resolved.
    Resolve,
}

/// Who is followed when both sides moved apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Defender for Cloud.
    Defender,
    /// Sentinel.
    Sentinel,
    /// Whoever moved last, where both times come from named events; otherwise nobody.
    Newest,
    /// Nobody: it waits for a person.
    Hold,
}

/// What is done about a pair that was never seen to agree, and that is older than the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstSight {
    /// It is taken as it stands, and nothing is written.
    Adopt,
    /// The incident follows its alerts.
    CatchUp,
}

/// What may be lowered without anybody's approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattended {
    /// Nothing.
    Nothing,
    /// Incidents whose severity is known and below High.
    BelowHigh,
    /// Everything.
    Everything,
}

impl Unattended {
    /// Whether an incident of this severity may be lowered without anybody's approval.
    pub fn covers(self, severity: Severity) -> bool {
        match self {
            Self::Nothing => false,
            // What is unknown could be the worst.
            Self::BelowHigh => !matches!(severity, Severity::Unknown | Severity::High),
            Self::Everything => true,
        }
    }
}

/// What somebody may have left at an incident, which keeps it from being lowered unless it is named here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Bookmarks.
    pub bookmarks: bool,
    /// Tasks that are not completed.
    pub open_tasks: bool,
    /// Alerts of other products.
    pub foreign_alerts: bool,
}

/// What an act of a person on the incident keeps from happening until the other side moves again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HumanLock {
    /// Lowering, which is so under every policy.
    Lowering,
    /// Lowering and raising.
    Everything,
}

/// Whose changes of an incident count as acts of a person.
///
/// That Sentinel names whoever changed an incident is documented; how its rules name themselves there is not, so this is a
/// switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Everybody's but ours and those that name themselves a rule or a sync.
    AllButAutomation,
    /// Those of whoever is named by a user principal name.
    UserPrincipalName,
}

/// Which dismissals are doubted: their incident waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Those by somebody who is among the alert's own entities, or from an address that is.
    pub own_suspect: bool,
    /// Those by a suppression rule that is younger than this; `None` where its age does not matter.
    pub young_suppression: Option<Duration>,
    /// Those that came sooner than this after the alert; `None` where that does not matter.
    pub hasty: Option<Duration>,
}

impl Holds {
    /// No dismissal is doubted.
    pub const NONE: Self = Self { own_suspect: false, young_suppression: None, hasty: None };
}

/// Whose closings are undone when an alert is reactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopen {
    /// Nobody's.
    Nothing,
    /// Those that we made.
    OurClosings,
    /// Everybody's, a person's too.
    AllClosings,
}

/// What a reopened incident becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// Nobody has picked it up.
    New,
    /// Somebody works on it.
    Active,
}

/// How the people who moved an alert are named in texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePeople {
    /// By their user principal name.
    Upn,
    /// By their object id.
    ObjectId,
    /// Not at all.
    No,
}

/// Lists every value of an enum that has no parts.
macro_rules! every {
    ($($name:ident: $($value:ident),+;)+) => { $(
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];
        }
    )+ };
}

every! {
    Raise: Leave, Activate;
    Apart: AsResolved, AsDismissed, Leave;
    AlertEffect: Leave, Dismiss, Resolve;
    Conflict: Defender, Sentinel, Newest, Hold;
    FirstSight: Adopt, CatchUp;
    Unattended: Nothing, BelowHigh, Everything;
    HumanLock: Lowering, Everything;
    Person: AllButAutomation, UserPrincipalName;
    Reopen: Nothing, OurClosings, AllClosings;
    Reopened: New, Active;
    NamePeople: Upn, ObjectId, No;
}
