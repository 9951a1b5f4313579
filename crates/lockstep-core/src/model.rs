//! Incidents and alerts as the decision sees them.
//!
//! What the wire sends apart and means together is one value here; what could not be read is a value too, never a gap.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::evidence::{Act, Elsewhere, Moved, Mover, Who};
use crate::ids::{AlertId, AlertPlace, IncidentId};
use crate::policy::Owner;
use crate::time::Time;

/// One Sentinel incident with its alerts, as some source showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its name in ARM.
    pub id: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// What people read.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub state: IncidentState,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it was made.
    pub created: Time,
    /// When it was last written, by anybody; `None` where the source does not say.
    pub modified: Option<Time>,
    /// Whose it is; `None` where the source does not say.
    pub owner: Option<Owner>,
    /// How many comments it has; `None` where the source does not say.
    pub comments: Option<u64>,
    /// The last act of a person on it since it was made, or of anybody where no person acted; `None` where there is none, or
    /// the source does not say.
    pub acted: Option<Act>,
    /// The act that gave it the status that it has; `None` where it stands as it was made, or the source does not say.
    pub set_by: Option<Act>,
    /// When it was last seen to be closed, though it may be open again; `None` where it never was, or the source does not say.
    pub closed: Option<Time>,
    /// Its alerts, one for each id that the incident names, whether or not the alert itself could be found.
    pub alerts: Vec<Alert>,
}

/// An incident as fresh reads of both services show it: the only ground on which something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The incident and its alerts, each read just now.
    pub incident: Incident,
    /// How many alerts the incident itself says it has.
    pub alerts_count: u64,
    /// How many bookmarks it has.
    pub bookmarks_count: u64,
    /// How many of its tasks are not completed; `None` where nobody had to ask.
    pub open_tasks: Option<u64>,
    /// The products whose alerts it holds, as the incident itself says.
    pub products: Vec<String>,
    /// The version that was read.
    pub version: Version,
    /// When it was read, by the service's clock.
    pub at: Time,
    /// Whether a person has approved that it is lowered as it stands.
    pub approved: bool,
}

/// The version of a resource, opaque: ARM's etag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// One alert of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Sentinel's GUID for it.
    pub id: AlertId,
    /// Where it stands.
    pub state: AlertState,
    /// The product that raised it, as the table names it; empty where nobody knows.
    pub product: String,
    /// What people read; empty where nobody knows.
    pub title: String,
    /// Its type, such as `Storage.Blob_MalwareHashReputation`; empty where nobody knows.
    pub kind: String,
    /// Where Defender for Cloud keeps it; `None` where the tables do not say.
    pub place: Option<AlertPlace>,
    /// When it was raised; `None` where nobody knows.
    pub raised: Option<Time>,
    /// How it came to stand where it stands; `None` where nobody asked.
    pub moved: Option<Moved>,
    /// The other incidents that hold it.
    pub elsewhere: Vec<Elsewhere>,
    /// Whether the products' own sync carries the closing of an incident to it; `None` where nobody knows.
    pub synced: Option<bool>,
}

impl Alert {
    /// The person who moved it to where it stands, where the activity log names one.
    pub fn mover(&self) -> Option<&Who> {
        match self.moved.as_ref().map(|moved| &moved.by) {
            Some(Mover::Person(who)) => Some(who),
            _ => None,
        }
    }
}

/// Where an alert stands.
///
/// The tables' words; in Defender for Cloud's own API `New` is called `Active`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// Nobody has dealt with it.
    New,
    /// The subscription owner works on it.
    InProgress,
    /// The subscription owner dismissed it.
    Dismissed,
    /// The subscription owner handled and closed it.
    Resolved,
    /// The service said a word that means none of these.
    Unknown(String),
    /// There is no such alert, or no row of it.
    Missing,
    /// It could not be read.
    Unread,
}

impl AlertState {
    /// Whether nobody needs to look at the alert any more. What is not known is not finished.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Dismissed | Self::Resolved)
    }
}

/// What can be done to an alert in Defender for Cloud.
///
/// Source: Microsoft.Security alerts 2022-01-01, the four operations that update an alert's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertAct {
    /// It is reopened: nobody has dealt with it.
    Activate,
    /// Somebody works on it.
    SetInProgress,
    /// It needs nobody.
    Dismiss,
    /// It was handled.
    Resolve,
}

impl AlertAct {
    /// Where the alert stands afterwards.
    pub fn leads_to(self) -> AlertState {
        match self {
            Self::Activate => AlertState::New,
            Self::SetInProgress => AlertState::InProgress,
            Self::Dismiss => AlertState::Dismissed,
            Self::Resolve => AlertState::Resolved,
        }
    }

    /// Whether the alert becomes less visible.
    pub fn lowers(self) -> bool {
        matches!(self, Self::Dismiss | Self::Resolve)
    }
}

impl fmt::Display for AlertAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Activate => "activate",
            Self::SetInProgress => "set in progress",
            Self::Dismiss => "dismiss",
            Self::Resolve => "resolve",
        })
    }
}

impl fmt::Display for AlertState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::InProgress => f.write_str("InProgress"),
            Self::Dismissed => f.write_str("Dismissed"),
            Self::Resolved => f.write_str("Resolved"),
            Self::Unknown(word) => write!(f, "\"{}\"", word.escape_debug()),
            Self::Missing => f.write_str("missing"),
            Self::Unread => f.write_str("unread"),
        }
    }
}

/// Where an incident stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentState {
    /// Nobody has picked it up.
    New,
    /// Somebody works on it.
    Active,
    /// Done, and this is what it turned out to be; `None` where the source does not say.
    Closed(Option<Closing>),
    /// The service said a word that means none of these.
    Other(String),
}

impl IncidentState {
    /// Whether it is closed, as whatever.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// Whether both are the same status, whatever the closing says.
    pub fn is_same_status(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::New, Self::New) | (Self::Active, Self::Active) | (Self::Closed(_), Self::Closed(_)) => true,
            (Self::Other(one), Self::Other(two)) => one == two,
            _ => false,
        }
    }
}

impl IncidentState {
    /// Whether both are the same status and, as far as both say it, the same classification.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Closed(Some(one)), Self::Closed(Some(two))) => one.classification == two.classification,
            (one, two) => one.is_same_status(two),
        }
    }
}

impl fmt::Display for IncidentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Active => f.write_str("Active"),
            Self::Closed(None) => f.write_str("Closed"),
            Self::Closed(Some(closing)) => write!(f, "Closed ({})", closing.classification),
            Self::Other(word) => write!(f, "\"{}\"", word.escape_debug()),
        }
    }
}

/// What a closed incident turned out to be, and the text that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// What it turned out to be.
    pub classification: Classification,
    /// A text for people.
    pub comment: String,
}

/// Classification and reason, in the pairs that Sentinel takes.
///
/// Source: Microsoft.SecurityInsights incidents 2024-03-01 (the words) and the classification list of the Sentinel
/// connector (which belong together).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Classification {
    /// TruePositive, SuspiciousActivity.
    TruePositive,
    /// BenignPositive, SuspiciousButExpected.
    BenignPositive,
    /// FalsePositive, IncorrectAlertLogic.
    FalsePositiveLogic,
    /// FalsePositive, InaccurateData.
    FalsePositiveData,
    /// Undetermined, without a reason.
    Undetermined,
}

impl Classification {
    /// Every pair.
    pub const ALL: &'static [Self] = &[
        Self::TruePositive,
        Self::BenignPositive,
        Self::FalsePositiveLogic,
        Self::FalsePositiveData,
        Self::Undetermined,
    ];

    /// The pair as people read it: `BenignPositive - SuspiciousButExpected`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TruePositive => "TruePositive - SuspiciousActivity",
            Self::BenignPositive => "BenignPositive - SuspiciousButExpected",
            Self::FalsePositiveLogic => "FalsePositive - IncorrectAlertLogic",
            Self::FalsePositiveData => "FalsePositive - InaccurateData",
            Self::Undetermined => "Undetermined",
        }
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad an incident is, worst first; what is unknown could be the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The service said a word that means none of the others.
    Unknown,
    /// High.
    High,
    /// Medium.
    Medium,
    /// Low.
    Low,
    /// Informational.
    Informational,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::High => "High",
            Self::Medium => "Medium",
            Self::Low => "Low",
            Self::Informational => "Informational",
        })
    }
}

/// Whether `product` is one of Defender for Cloud's two names in Sentinel, compared whole and case-blind.
///
/// "Azure Security Center for IoT" is another product. Source: the product filter of the Microsoft incident creation rule,
/// and community queries over `SecurityAlert.ProductName`, which use both names.
pub fn is_defender_product(product: &str) -> bool {
    DEFENDER_PRODUCTS.iter().any(|name| name.eq_ignore_ascii_case(product))
}

const DEFENDER_PRODUCTS: [&str; 2] = ["Azure Security Center", "Microsoft Defender for Cloud"];
