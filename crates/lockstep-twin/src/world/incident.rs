//! An incident as Sentinel keeps it, with its comments, tasks and bookmarks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::changes::Changes;
use super::names::{self, Names};
use super::words::{Classification, IncidentStatus, Reason, Severity, TaskStatus};

/// One incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// The GUID that names it in ARM; `IncidentName` in the table.
    pub name: String,
    /// The number that people call it by.
    pub number: u32,
    /// Changes with every write.
    pub version: u64,
    /// What people read.
    pub title: String,
    /// A few sentences.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub state: IncidentState,
    /// Who works on it.
    pub owner: Owner,
    /// Its labels.
    pub labels: Vec<Label>,
    /// When the oldest of its alerts began.
    #[serde(with = "crate::clock::wire::option")]
    pub first_activity: Option<OffsetDateTime>,
    /// When the newest of its alerts ended.
    #[serde(with = "crate::clock::wire::option")]
    pub last_activity: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(with = "crate::clock::wire")]
    pub created: OffsetDateTime,
    /// When it was last written.
    #[serde(with = "crate::clock::wire")]
    pub modified: OffsetDateTime,
    /// When it was first written after it was made.
    #[serde(with = "crate::clock::wire::option")]
    pub first_modified: Option<OffsetDateTime>,
    /// When it was last closed; kept when it is reopened.
    #[serde(with = "crate::clock::wire::option")]
    pub closed: Option<OffsetDateTime>,
    /// Who wrote it last.
    pub modified_by: String,
    /// Its alerts, by Sentinel's GUIDs.
    pub alert_ids: Vec<String>,
    /// The relations to alerts that were given a name, with the alerts' ids.
    pub(crate) named_relations: Vec<(String, String)>,
    /// The products of its alerts.
    pub product_names: Vec<String>,
    /// The tactics of its alerts.
    pub tactics: Vec<String>,
    /// The techniques of its alerts.
    pub techniques: Vec<String>,
    /// The ARM ids of the analytics rules that made it.
    pub rule_ids: Vec<String>,
    /// Relations to bookmarks.
    pub bookmarks: Vec<BookmarkRelation>,
    /// Oldest first.
    pub comments: Vec<Comment>,
    /// Oldest first.
    pub tasks: Vec<Task>,
    /// How many comments there are beside the ones the twin knows (loaded data names only their count).
    pub other_comments: u32,
    /// When its newest row was written: what `TimeGenerated` of that row says.
    #[serde(with = "crate::clock::wire")]
    pub last_row: OffsetDateTime,
    /// Whether Microsoft Defender XDR provides it: in the Defender portal all incidents, outside of it those that it made.
    pub in_xdr: bool,
    /// Its number in Microsoft Defender XDR, where that made it.
    pub xdr_number: Option<u32>,
    /// The number and the name of the incident that it was merged into.
    pub merged_into: Option<(u32, String)>,
}

impl Incident {
    /// The etag as the service writes it, quotes included.
    pub fn etag(&self) -> String {
        format!("\"{:08x}-0000-0d00-0000-{:08x}0000\"", self.version, self.modified.unix_timestamp())
    }
}

/// Where an incident stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncidentState {
    /// Nobody has picked it up.
    New,
    /// Somebody works on it.
    Active,
    /// Done, and this is what it turned out to be.
    Closed(Closing),
}

impl IncidentState {
    /// The one-word form.
    pub fn status(&self) -> IncidentStatus {
        match self {
            Self::New => IncidentStatus::New,
            Self::Active => IncidentStatus::Active,
            Self::Closed(_) => IncidentStatus::Closed,
        }
    }

    /// How it was closed, if it is.
    pub fn closing(&self) -> Option<&Closing> {
        match self {
            Self::Closed(closing) => Some(closing),
            Self::New | Self::Active => None,
        }
    }
}

/// What a closed incident turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The classification.
    pub classification: Classification,
    /// The reason, where the classification has any.
    pub reason: Option<Reason>,
    /// A free text.
    pub comment: Option<String>,
}

/// Who works on an incident; all empty where nobody does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The Entra object.
    pub object_id: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// The display name.
    pub assigned_to: Option<String>,
    /// The sign-in name.
    pub user_principal_name: Option<String>,
}

/// A label of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// What it says.
    pub name: String,
    /// Whether the system, not a person, put it there.
    pub auto: bool,
}

/// A comment on an incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comment {
    /// The GUID that names it.
    pub name: String,
    /// Changes with every write.
    pub version: u64,
    /// What it says.
    pub message: String,
    /// Who wrote it.
    pub author: Actor,
    /// When it was made.
    #[serde(with = "crate::clock::wire")]
    pub created: OffsetDateTime,
    /// When it was last written.
    #[serde(with = "crate::clock::wire")]
    pub modified: OffsetDateTime,
}

/// A task of an incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// The GUID that names it.
    pub name: String,
    /// Changes with every write.
    pub version: u64,
    /// What to do.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// Open or done.
    pub status: TaskStatus,
    /// Who made it.
    pub created_by: Actor,
    /// Who wrote it last.
    pub modified_by: Actor,
    /// When it was made.
    #[serde(with = "crate::clock::wire")]
    pub created: OffsetDateTime,
    /// When it was last written.
    #[serde(with = "crate::clock::wire")]
    pub modified: OffsetDateTime,
}

/// A relation of an incident to a bookmark.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BookmarkRelation {
    /// The relation's name.
    pub name: String,
    /// The bookmark's ARM id.
    pub bookmark: String,
}

/// Who does something: a person, an application, or one of the services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What people read.
    pub name: String,
    /// The Entra object, where there is one.
    pub object_id: Option<String>,
    /// The sign-in name, for people.
    pub user_principal_name: Option<String>,
}

impl Actor {
    /// A person, named by the sign-in name.
    pub fn person(user_principal_name: &str) -> Self {
        let name = user_principal_name.split('@').next().unwrap_or(user_principal_name);
        Self { name: name.into(), object_id: None, user_principal_name: Some(user_principal_name.into()) }
    }

    /// One of the services.
    pub(crate) fn service(name: &str) -> Self {
        Self { name: name.into(), object_id: None, user_principal_name: None }
    }

    /// Sentinel itself, as it acts in Defender for Cloud.
    pub(crate) fn sentinel() -> Self {
        Self { name: "Azure Security Insights".into(), object_id: None, user_principal_name: None }
    }

    /// How the `ModifiedBy` column names it.
    pub(crate) fn modified_by(&self) -> &str {
        self.user_principal_name.as_deref().unwrap_or(&self.name)
    }

    /// The wire form `ClientInfo`.
    pub(crate) fn client_info(&self) -> Value {
        let mut info = serde_json::json!({"name": self.name});
        if let Some(id) = &self.object_id {
            info["objectId"] = id.as_str().into();
        }
        if let Some(name) = &self.user_principal_name {
            info["email"] = name.as_str().into();
            info["userPrincipalName"] = name.as_str().into();
        }
        info
    }
}

/// All incidents in the order of their numbers, found by name, and in the orders that lists ask for.
#[derive(Debug, Default)]
pub(crate) struct Incidents {
    // Boxed, because a tree has room for more than it holds.
    by_number: BTreeMap<u32, Box<Incident>>,
    by_name: Names,
    by_created: BTreeSet<(OffsetDateTime, u32)>,
    by_modified: BTreeSet<(OffsetDateTime, u32)>,
    /// By the hash of the alert's id.
    by_alert: BTreeSet<(u64, u32)>,
    highest: u32,
    /// The numbers of those that changed.
    pub(super) changed: Changes<u32>,
}

impl Incidents {
    pub(super) fn insert(&mut self, incident: Incident) {
        self.put(Box::new(incident));
    }

    fn put(&mut self, incident: Box<Incident>) {
        let number = incident.number;
        self.changed.note(|| number);
        self.highest = self.highest.max(number);
        self.by_created.insert((incident.created, number));
        self.by_modified.insert((incident.modified, number));
        self.by_alert.extend(incident.alert_ids.iter().map(|id| (names::hash(id), number)));
        self.by_number.insert(number, incident);
        let Self { by_number, by_name, .. } = self;
        by_name.insert(number, |number| name_of(by_number, number));
    }

    /// Puts an incident in the place of the one of its number, if there is one.
    pub(super) fn replace(&mut self, incident: Incident) {
        self.take(incident.number);
        self.insert(incident);
    }

    /// Gives no later incident a number up to this one.
    pub(super) fn skip(&mut self, number: u32) {
        self.highest = self.highest.max(number);
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Incident> {
        self.take(number).map(|incident| *incident)
    }

    fn take(&mut self, number: u32) -> Option<Box<Incident>> {
        let Self { by_number, by_name, .. } = self;
        by_name.remove(number, |number| name_of(by_number, number));
        let incident = self.by_number.remove(&number)?;
        self.by_created.remove(&(incident.created, number));
        self.by_modified.remove(&(incident.modified, number));
        for id in &incident.alert_ids {
            self.by_alert.remove(&(names::hash(id), number));
        }
        Some(incident)
    }

    /// Changes an incident in place and keeps every order right.
    pub(super) fn change<T>(&mut self, number: u32, change: impl FnOnce(&mut Incident) -> T) -> Option<T> {
        let mut incident = self.take(number)?;
        let done = change(&mut incident);
        self.put(incident);
        Some(done)
    }

    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.by_name.find(name, |number| name_of(&self.by_number, number))
    }

    pub(crate) fn numbered(&self, number: u32) -> Option<&Incident> {
        self.by_number.get(&number).map(Box::as_ref)
    }

    /// The incident of that name, in any case.
    pub(crate) fn named(&self, name: &str) -> Option<&Incident> {
        self.numbered(self.number(name)?)
    }

    /// The number of the next incident: never that of an earlier one, also not of a deleted one.
    pub(super) fn next_number(&self) -> u32 {
        self.highest + 1
    }

    /// The incidents that hold an alert, by number.
    pub(super) fn with_alert(&self, system_alert_id: &str) -> Vec<u32> {
        let hash = names::hash(system_alert_id);
        let holds = |incident: &&Incident| incident.alert_ids.iter().any(|id| id.eq_ignore_ascii_case(system_alert_id));
        let like = self.by_alert.range((hash, 0)..=(hash, u32::MAX)).filter_map(|(_, number)| self.numbered(*number));
        like.filter(holds).map(|incident| incident.number).collect()
    }

    /// Lets Microsoft Defender XDR provide every incident.
    pub(super) fn take_over_by_xdr(&mut self) {
        for (number, incident) in &mut self.by_number {
            self.changed.note(|| *number);
            incident.in_xdr = true;
        }
    }

    /// All incidents, by number.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.by_number.values().map(Box::as_ref)
    }

    pub(crate) fn by_created(&self) -> &BTreeSet<(OffsetDateTime, u32)> {
        &self.by_created
    }

    pub(crate) fn by_modified(&self) -> &BTreeSet<(OffsetDateTime, u32)> {
        &self.by_modified
    }
}

fn name_of(by_number: &BTreeMap<u32, Box<Incident>>, number: u32) -> &str {
    by_number.get(&number).map_or("", |incident| &incident.name)
}
