//! Why an incident is left alone.

use alloc::string::String;
use core::fmt;

use crate::brake::Trip;
use crate::ids::IncidentId;
use crate::model::{AlertState, Incident};

/// Why an incident is left alone. Its `Display` is a sentence's end for people: "left alone: an alert is still new".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is closed already, by whomever.
    Closed,
    /// No alert has been touched.
    AlertsNew,
    /// Incident and alerts say the same.
    InStep,
    /// The policy writes nothing.
    Observing,
    /// The policy leaves incidents of such alerts as they are.
    NotMapped,
    /// Nobody can tell whether a rule of the policy is meant; this says which, and why.
    RuleUnclear(String),
    /// It names no alerts.
    NoAlerts,
    /// It holds no alert of Defender for Cloud.
    OtherProduct,
    /// It also holds alerts of another product, which somebody else has to judge.
    ForeignAlert(String),
    /// At least one alert is still new while others have moved.
    AlertStillNew,
    /// Some alerts are finished, some are in progress.
    AlertsDisagree,
    /// An alert is in a state that nobody can judge.
    AlertUnclear(AlertState),
    /// The incident is in a state that nobody can judge.
    IncidentUnclear(String),
    /// It was merged into another incident.
    Redirected,
    /// It does not exist any more.
    Gone,
    /// Somebody changed the incident after lockstep did, and the alerts have not moved since.
    ChangedByOthers,
    /// It and its alerts stand as they last agreed, although they say different things.
    AsAgreed,
    /// Somebody moved it, and the policy lets nothing follow it.
    NothingFollows,
    /// It is older than the ledger, and the policy adopts such incidents as they stand.
    FirstSight,
    /// Only the products' own sync, or a write of ours, moved its alerts.
    Echo,
    /// It and its alerts moved apart, and the policy lets a person say who is followed.
    MovedApart,
    /// A person acted on it after its alerts moved, or nobody knows who did.
    ActedSince,
    /// It has the tag that keeps everything from happening.
    HoldTag,
    /// The policy has a window in which this does not happen.
    Frozen {
        /// What people call the window.
        name: String,
        /// Whether it stops lowering only.
        lowering: bool,
    },
    /// The policy asks for a person's approval.
    NeedsApproval,
    /// Nobody can tell who moved an alert, and the policy asks; this says why.
    MoverUnknown(String),
    /// Nobody can tell who closed it, and alerts follow people only.
    CloserUnknown,
    /// One of its alerts was dismissed by somebody whom that alert itself names, or from an address that it names.
    OwnSuspect,
    /// One of its alerts was dismissed by a suppression rule that is younger than the policy wants; this names it.
    YoungSuppression(String),
    /// One of its alerts was dismissed sooner after it was raised than the policy wants.
    Hasty,
    /// Another incident that holds one of its alerts says something else about it.
    IncidentsDisagree(IncidentId),
    /// The products' own sync carries its closing to its alerts.
    SyncDoes,
    /// Nobody can tell whether the products' own sync carries its closing to its alerts.
    SyncUnknown,
    /// Its alerts are moved together with those of another incident.
    WithAnother,
    /// It is due, and the policy lets one pass do no more.
    NextPass,
    /// It has bookmarks: somebody hunts here.
    Bookmarks(u64),
    /// It has tasks that are not completed.
    OpenTasks(u64),
    /// Its tasks were not read.
    TasksUnread,
    /// It says that it has more or fewer alerts than were judged.
    AlertsUncounted {
        /// How many alerts were judged.
        judged: u64,
        /// How many the incident says it has.
        counted: u64,
    },
    /// It has as many alerts as an incident can hold: there may be more that nobody sees.
    TooManyAlerts,
    /// A brake holds it.
    Braked(Trip),
    /// It moved while it was about to be written, so that something else is due than was weighed.
    MovedMeanwhile,
    /// Something about it could not be read; this says what.
    Unread(String),
    /// Something about it may not be read; this says which right is missing.
    NotAllowed(String),
}

/// Why an incident and its alerts are taken to agree as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settles {
    /// They are older than the ledger, and the policy adopts such as they stand.
    FirstSight,
    /// Both sides say the same.
    Agreement,
    /// One side moved because the products' own sync, or a write of ours, came back.
    Echo,
    /// One side moved, and nothing follows it.
    NothingFollows,
}

impl Reason {
    /// Whether something about the incident could not be seen: it is not known to need nothing.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unread(_)
                | Self::NotAllowed(_)
                | Self::MovedMeanwhile
                | Self::TasksUnread
                | Self::AlertUnclear(AlertState::Unread)
        )
    }

    /// Whether a change is due but waits for somebody to look.
    pub fn is_held(&self) -> bool {
        matches!(
            self,
            Self::ForeignAlert(_)
                | Self::RuleUnclear(_)
                | Self::Bookmarks(_)
                | Self::OpenTasks(_)
                | Self::AlertsUncounted { .. }
                | Self::TooManyAlerts
                | Self::Braked(_)
                | Self::MovedApart
                | Self::ActedSince
                | Self::HoldTag
                | Self::Frozen { .. }
                | Self::NeedsApproval
                | Self::MoverUnknown(_)
                | Self::CloserUnknown
                | Self::OwnSuspect
                | Self::YoungSuppression(_)
                | Self::Hasty
                | Self::IncidentsDisagree(_)
                | Self::SyncUnknown
                | Self::NextPass
        )
    }

    /// Whether whoever works on the incident should be told that it is held for this. Of what will pass by itself, of what a
    /// person said and of what they are at, nobody is.
    pub fn is_announced(&self) -> bool {
        self.is_held()
            && !matches!(
                self,
                Self::RuleUnclear(_) | Self::ActedSince | Self::HoldTag | Self::Frozen { .. } | Self::NextPass
            )
    }

    /// Why `incident` and its alerts may be taken to agree as they stand, where this is why it is left alone; `None` where
    /// something may still become of it.
    pub fn settles(&self, incident: &Incident) -> Option<Settles> {
        match self {
            Self::FirstSight => Some(Settles::FirstSight),
            Self::Echo => Some(Settles::Echo),
            Self::InStep => Some(Settles::Agreement),
            Self::Closed if incident.alerts.iter().all(|alert| alert.state.is_finished()) => Some(Settles::Agreement),
            Self::Closed
            | Self::AlertsNew
            | Self::AlertStillNew
            | Self::AlertsDisagree
            | Self::ChangedByOthers
            | Self::NothingFollows => Some(Settles::NothingFollows),
            _ => None,
        }
    }

    /// A word for the kind of reason, for tallies and machines: stable, in kebab case.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::AlertsNew => "alerts-new",
            Self::InStep => "in-step",
            Self::Observing => "observing",
            Self::NotMapped => "not-mapped",
            Self::RuleUnclear(_) => "rule-unclear",
            Self::NoAlerts => "no-alerts",
            Self::OtherProduct => "other-product",
            Self::ForeignAlert(_) => "foreign-alert",
            Self::AlertStillNew => "alert-still-new",
            Self::AlertsDisagree => "alerts-disagree",
            Self::AlertUnclear(_) => "alert-unclear",
            Self::IncidentUnclear(_) => "incident-unclear",
            Self::Redirected => "redirected",
            Self::Gone => "gone",
            Self::ChangedByOthers => "changed-by-others",
            Self::AsAgreed => "as-agreed",
            Self::NothingFollows => "nothing-follows",
            Self::FirstSight => "first-sight",
            Self::Echo => "echo",
            Self::MovedApart => "moved-apart",
            Self::ActedSince => "acted-since",
            Self::HoldTag => "hold-tag",
            Self::Frozen { .. } => "frozen",
            Self::NeedsApproval => "needs-approval",
            Self::MoverUnknown(_) => "mover-unknown",
            Self::CloserUnknown => "closer-unknown",
            Self::OwnSuspect => "own-suspect",
            Self::YoungSuppression(_) => "young-suppression",
            Self::Hasty => "hasty",
            Self::IncidentsDisagree(_) => "incidents-disagree",
            Self::SyncDoes => "sync-does",
            Self::SyncUnknown => "sync-unknown",
            Self::WithAnother => "with-another",
            Self::NextPass => "next-pass",
            Self::Bookmarks(_) => "bookmarks",
            Self::OpenTasks(_) => "open-tasks",
            Self::TasksUnread => "tasks-unread",
            Self::AlertsUncounted { .. } => "alerts-uncounted",
            Self::TooManyAlerts => "too-many-alerts",
            Self::Braked(_) => "braked",
            Self::MovedMeanwhile => "moved-meanwhile",
            Self::Unread(_) => "unread",
            Self::NotAllowed(_) => "not-allowed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("it is closed already"),
            Self::AlertsNew => f.write_str("nobody has touched its alerts"),
            Self::InStep => f.write_str("incident and alerts say the same"),
            Self::Observing => f.write_str("the policy only observes"),
            Self::NotMapped => f.write_str("the policy leaves incidents of such alerts as they are"),
            Self::RuleUnclear(unclear) => f.write_str(unclear),
            Self::NoAlerts => f.write_str("it names no alerts"),
            Self::OtherProduct => f.write_str("it holds no alert of Defender for Cloud"),
            Self::ForeignAlert(product) => write!(f, "it also holds an alert of {}", Foreign(product)),
            Self::AlertStillNew => f.write_str("some alerts have moved, but one is still new"),
            Self::AlertsDisagree => f.write_str("some alerts are finished, some are in progress"),
            Self::AlertUnclear(AlertState::Missing) => f.write_str("one of its alerts cannot be found"),
            Self::AlertUnclear(AlertState::Unread) => f.write_str("one of its alerts could not be read"),
            Self::AlertUnclear(AlertState::Unknown(word)) => {
                write!(f, "one of its alerts is in the unknown state \"{}\"", word.escape_debug())
            }
            Self::AlertUnclear(_) => f.write_str("one of its alerts cannot be judged"),
            Self::IncidentUnclear(word) => write!(f, "it is in the unknown state \"{}\"", word.escape_debug()),
            Self::Redirected => f.write_str("it was merged into another incident"),
            Self::Gone => f.write_str("it does not exist any more"),
            Self::ChangedByOthers => {
                f.write_str("somebody changed it after lockstep did, and its alerts have not moved since")
            }
            Self::AsAgreed => f.write_str("it and its alerts stand as they last agreed"),
            Self::NothingFollows => f.write_str("it was moved, and nothing follows from that by the policy"),
            Self::FirstSight => f.write_str("it is older than the ledger and is taken as it stands"),
            Self::Echo => f.write_str("its alerts only echo what somebody did elsewhere"),
            Self::MovedApart => f.write_str("it and its alerts moved apart, and a person has to say who is followed"),
            Self::ActedSince => f.write_str("a person may have acted on it after its alerts moved"),
            Self::HoldTag => f.write_str("it has the tag that keeps everything from happening"),
            Self::Frozen { name, lowering: true } => {
                write!(f, "nothing is lowered in the window \"{}\"", name.escape_debug())
            }
            Self::Frozen { name, lowering: false } => {
                write!(f, "nothing happens in the window \"{}\"", name.escape_debug())
            }
            Self::NeedsApproval => f.write_str("the policy asks for a person's approval"),
            Self::MoverUnknown(why) => write!(f, "nobody can tell who moved one of its alerts: {}", why.escape_debug()),
            Self::CloserUnknown => f.write_str("nobody can tell who closed it"),
            Self::OwnSuspect => f.write_str("one of its alerts was dismissed by its own suspect"),
            Self::YoungSuppression(rule) => {
                write!(f, "one of its alerts was dismissed by the young suppression rule \"{}\"", rule.escape_debug())
            }
            Self::Hasty => f.write_str("one of its alerts was dismissed very soon after it was raised"),
            Self::IncidentsDisagree(incident) => {
                write!(f, "incident {incident} holds one of its alerts and says something else")
            }
            Self::SyncDoes => f.write_str("the products' own sync carries its closing to its alerts"),
            Self::SyncUnknown => f.write_str("nobody can tell whether the products' own sync carries its closing"),
            Self::NextPass => f.write_str("the policy lets one pass do no more; the next one goes on"),
            Self::WithAnother => f.write_str("its alerts are moved together with those of another incident"),
            Self::Bookmarks(count) => write!(f, "it has {count} bookmark{}", plural(*count)),
            Self::OpenTasks(count) => write!(f, "it has {count} open task{}", plural(*count)),
            Self::TasksUnread => f.write_str("its tasks were not read"),
            Self::AlertsUncounted { judged, counted } => {
                write!(f, "it says that it has {counted} alert{}, but {judged} could be judged", plural(*counted))
            }
            Self::TooManyAlerts => f.write_str("it is full: it may have alerts that nobody sees"),
            Self::Braked(trip) => write!(f, "{trip}"),
            Self::MovedMeanwhile => f.write_str("it moved just before it would have been written"),
            Self::Unread(what) => write!(f, "it could not be read: {what}"),
            Self::NotAllowed(what) => write!(f, "a right to read it is missing: {what}"),
        }
    }
}

struct Foreign<'a>(&'a str);

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("an unknown product") } else { write!(f, "\"{}\"", self.0.escape_debug()) }
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
