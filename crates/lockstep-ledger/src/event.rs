//! What a ledger can say: one event for each thing that happens to a run or to a write.

mod body;
mod note;

use std::fmt;

use lockstep_core::{
    Agreed, AlertAct, AlertId, AlertPlace, AlertState, BrakeScope, Closing, IncidentId, IncidentState, Instance, Item,
    LONGEST_CLOSING_TEXT, Mark, Time, Version,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use body::Body;
pub use note::{Answered, Asked, NoteIntended};

use crate::chain::Hash;
use crate::format;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A person let the ledger go on although the workspace shows writes that it does not hold.
    Restarted(Restarted),
    /// The ledger begins: from this moment of the service's clock on, what happens is followed.
    Began(Began),
    /// A run began. A run that was still open before it was cut short and stays without an end.
    RunStarted(RunStarted),
    /// A write of an incident is about to leave. Once this is on disk, the write may be sent.
    Intended(Intended),
    /// A write of an alert is about to leave. Once this is on disk, the write may be sent.
    AlertIntended(AlertIntended),
    /// A note to whoever works on an incident is about to leave. Once this is on disk, it may be sent.
    NoteIntended(NoteIntended),
    /// What a person asked for by a tag on an incident, and whether it is done.
    Answered(Answered),
    /// The service answered that the write happened.
    Done(Done),
    /// The write is known not to have happened.
    Refused(Refused),
    /// Nobody knows whether the write happened. Only reading the incident again settles it.
    InDoubt(InDoubt),
    /// Reading the incident again showed whether a write without a known outcome happened.
    Settled(Settled),
    /// A later look, independent of the write's own answer, shows that a write which happened stands.
    Confirmed(Confirmed),
    /// An incident and its alerts are taken to agree as they stand, without a write.
    BaseMoved(BaseMoved),
    /// A brake holds changes that lower.
    Braked(Braked),
    /// A person said yes to changes.
    Approved(Approved),
    /// Bodies are about to be removed.
    Pruned(Pruned),
    /// A run came to its end.
    RunEnded(RunEnded),
}

/// The ledger begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// When, by the clock of the service whose answer was the first good one.
    #[serde(with = "format::moment")]
    pub at: Time,
}

/// A person let the ledger go on although the workspace shows writes of this installation that it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restarted {
    /// Who, as they or their operating system name them.
    pub by: String,
    /// When, by the service's clock. Marks that the workspace showed until then need no entry.
    #[serde(with = "format::moment")]
    pub at: Time,
    /// What it goes on from.
    pub from: StartedFrom,
    /// When this installation lowered incidents in the day before, as the tables tell: the brake goes on counting them.
    #[serde(with = "format::moments")]
    pub lowered: Vec<Time>,
}

/// What a ledger goes on from that had lost what it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartedFrom {
    /// The base was made anew from the workspace's tables.
    Tables,
    /// Nothing: a person takes it upon themselves.
    Nothing,
}

/// A run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunStarted {
    /// Which run; never used before in this ledger.
    pub run: RunId,
    /// The name of the installation that runs, as its configuration has it.
    pub instance: String,
    /// The policy that decides.
    pub policy: PolicyUsed,
    /// The plan file that is carried out, whole; `None` where the run plans for itself.
    pub plan: Option<Body>,
    /// The run whose writes are taken back; `None` where none is.
    pub undoes: Option<RunId>,
    /// The program that runs.
    pub binary: Binary,
    /// The workspace that it writes to, as people know it.
    pub workspace: String,
    /// When the look ended that it acts on, by the service's clock.
    #[serde(with = "format::moment")]
    pub asked: Time,
}

/// A policy: what it is called, and the hash of its whole text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyUsed {
    /// The preset's name or the file's path.
    pub name: String,
    /// The hash of what it says.
    pub hash: Hash,
}

impl PolicyUsed {
    /// The policy called `name` that says `text`.
    pub fn of(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), hash: Hash::of(text) }
    }
}

/// A program: its version and the hash of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// Its version.
    pub version: String,
    /// The hash of its file; `None` where the file could not be read.
    pub hash: Option<Hash>,
}

/// A write of an incident is about to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intended {
    /// The run that writes.
    pub run: RunId,
    /// The incident that is written.
    #[serde(with = "format::incident_id")]
    pub incident: IncidentId,
    /// The number that people call it by.
    #[serde(rename = "incident_number")]
    pub number: u64,
    /// What was read before.
    pub before: Before,
    /// Where the incident will stand.
    #[serde(with = "format::incident_state")]
    pub after: IncidentState,
    /// Whom and what it follows.
    pub cause: Cause,
    /// Why, in a sentence.
    pub reason: String,
    /// The installation whose mark the closing text ends with where it is sent; `None` where no mark follows. The text in
    /// `after` is without it: a mark names the hash of the entry, which it can therefore not be in.
    #[serde(with = "format::optional_instance", default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Instance>,
}

/// Whose acts, and in which subscriptions, a write follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The subscriptions of the alerts, by their GUIDs, each once.
    pub subscriptions: Vec<String>,
    /// The person who moved the alerts, as the activity log names them; `None` where that is not determined.
    pub person: Option<String>,
}

impl Intended {
    /// Where the incident will stand as the service is told: with the mark of the entry that holds this.
    pub fn sent(&self, entry: WriteId, hash: Hash) -> IncidentState {
        match (&self.after, self.mark(entry, hash)) {
            (IncidentState::Closed(Some(closing)), Some(mark)) => {
                let comment = mark.sign(&closing.comment, LONGEST_CLOSING_TEXT);
                IncidentState::Closed(Some(Closing { comment, ..closing.clone() }))
            }
            (after, _) => after.clone(),
        }
    }

    /// The mark of the entry that holds this; `None` where its text has none.
    pub fn mark(&self, entry: WriteId, hash: Hash) -> Option<Mark> {
        let instance = self.signed_by.clone()?;
        Some(Mark { instance, run: self.run.as_u128(), entry: entry.0, head: hash.first_half() })
    }

    /// Whether it makes the incident less visible.
    pub fn lowers(&self) -> bool {
        self.after.is_closed() && !self.before.state.is_closed()
    }

    /// What a person had to say yes to.
    pub fn item(&self) -> Item {
        let alerts = self.before.alerts.iter().map(|alert| (&alert.id, &alert.state));
        Item::new((&self.incident, self.number), &self.before.state, &self.after, alerts)
    }

    /// What both sides agree on once this write has happened.
    pub fn agreed(&self) -> Agreed {
        let alerts = self.before.alerts.iter().map(|alert| (alert.id.clone(), alert.state.clone()));
        Agreed::new(self.after.clone(), alerts).with_written(Some(self.after.clone()))
    }
}

/// A write of an alert is about to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertIntended {
    /// The run that writes.
    pub run: RunId,
    /// The alert as it was read before.
    pub before: AlertRead,
    /// Where Defender for Cloud keeps it.
    #[serde(with = "format::alert_place")]
    pub place: AlertPlace,
    /// What is done to it.
    #[serde(with = "format::alert_act")]
    pub act: AlertAct,
    /// The incidents that it follows: all that hold it.
    pub follows: Vec<Followed>,
    /// Why, in a sentence.
    pub reason: String,
}

/// An incident that an alert follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Followed {
    /// Which incident.
    #[serde(with = "format::incident_id")]
    pub incident: IncidentId,
    /// The number that people call it by.
    #[serde(rename = "incident_number")]
    pub number: u64,
    /// Where it stood when it was read.
    #[serde(with = "format::incident_state")]
    pub state: IncidentState,
}

/// An incident and its alerts as they were read before a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The version that the write is bound to.
    #[serde(with = "format::version")]
    pub etag: Version,
    /// Where the incident stood.
    #[serde(with = "format::incident_state")]
    pub state: IncidentState,
    /// The incident as the service sent it, whole.
    pub incident: Body,
    /// Its alerts.
    pub alerts: Vec<AlertRead>,
}

/// One alert as it was read before a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRead {
    /// Which alert.
    #[serde(with = "format::alert_id")]
    pub id: AlertId,
    /// Where it stood.
    #[serde(with = "format::alert_state")]
    pub state: AlertState,
    /// The alert as the service sent it, whole; `None` where there was none or it could not be read.
    pub body: Option<Body>,
}

/// The service answered that a write happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Which write.
    pub write: WriteId,
    /// The version that it made; `None` for an alert, which has none.
    #[serde(with = "format::optional_version", default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<Version>,
    /// When the incident was changed by it, by the service's clock; `None` where that was not kept.
    #[serde(with = "format::optional_moment", default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Time>,
    /// The hash of what the service then showed: the answer's own body for an incident, a read after it for an alert.
    pub body: Hash,
}

/// A write is known not to have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Which write.
    pub write: WriteId,
    /// The class of the error: one word of the caller's, such as `conflict`.
    pub error: String,
}

/// Nobody knows whether a write happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InDoubt {
    /// Which write.
    pub write: WriteId,
    /// Why nobody knows.
    pub why: String,
}

/// Reading the incident again showed what became of a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Which write.
    pub write: WriteId,
    /// Whether it happened.
    pub happened: bool,
    /// What shows it.
    pub how: String,
}

/// A later look shows that a write stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// Which write.
    pub write: WriteId,
    /// What shows it.
    pub how: String,
}

/// An incident and its alerts are taken to agree as they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseMoved {
    /// Which incident.
    #[serde(with = "format::incident_id")]
    pub incident: IncidentId,
    /// Where it stands.
    #[serde(with = "format::incident_state")]
    pub state: IncidentState,
    /// Where its alerts stand.
    pub alerts: Vec<AlertStood>,
    /// Why they are taken to agree.
    pub why: WhyMoved,
    /// The state in which we last wrote it, where the tables had to tell that; otherwise the entry of that write does.
    #[serde(with = "format::optional_incident_state", default, skip_serializing_if = "Option::is_none")]
    pub written: Option<IncidentState>,
}

impl BaseMoved {
    /// What both sides agree on now.
    pub fn agreed(&self) -> Agreed {
        let alerts = self.alerts.iter().map(|alert| (alert.id.clone(), alert.state.clone()));
        Agreed::new(self.state.clone(), alerts)
    }
}

/// Where an alert stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertStood {
    /// Which alert.
    #[serde(with = "format::alert_id")]
    pub id: AlertId,
    /// Where it stood.
    #[serde(with = "format::alert_state")]
    pub state: AlertState,
}

/// Why an incident and its alerts are taken to agree without a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyMoved {
    /// They are older than the ledger, and the policy adopts such as they stand.
    FirstSight,
    /// Both sides moved to the same.
    Agreement,
    /// One side moved because the products' own sync, or a write of ours, came back.
    Echo,
    /// One side moved, and the policy lets nothing follow it.
    NothingFollows,
    /// The ledger was made anew from the workspace's tables.
    Rebuilt,
}

/// A brake holds changes that lower, beside those that it held before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Braked {
    /// What the brake counts for.
    #[serde(with = "format::brake_scope")]
    pub scope: BrakeScope,
    /// The limit that would be exceeded, in words.
    pub limit: String,
    /// What it holds, and did not hold before.
    #[serde(with = "format::items")]
    pub items: Vec<Item>,
}

/// A person said yes to changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Who said so, as they or their operating system name them.
    pub by: String,
    /// What they were shown.
    pub of: Approval,
    /// What may be done: these, on these terms, each once.
    #[serde(with = "format::items")]
    pub items: Vec<Item>,
}

/// What a person was shown when they said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Approval {
    /// What a brake held, up to an entry that says so.
    Brake {
        /// The entry.
        number: u64,
    },
    /// A plan file, known by its hash.
    Plan {
        /// The hash of its text.
        hash: Hash,
    },
    /// A note on an incident, by the entry that announces it.
    Note {
        /// The entry.
        number: u64,
    },
}

/// Bodies are about to be removed: those that only entries up to one of them name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    /// The last of those entries.
    pub up_to: u64,
    /// How many bodies go.
    pub bodies: u64,
}

/// A run came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEnded {
    /// Which run.
    pub run: RunId,
    /// What it came to.
    pub counts: Counts,
}

/// What a run came to, in incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Changed.
    pub changed: u64,
    /// Their write was refused.
    pub refused: u64,
    /// Nobody knows whether their write happened.
    pub in_doubt: u64,
    /// Left alone, each for a reason.
    pub left: u64,
}

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1 without a gap.
    pub number: u64,
    /// When it was appended, by the clock of whoever appended it.
    pub at: Time,
    /// What happened.
    pub event: Event,
    /// The hash of the entry before; all zero for the first.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl Entry {
    /// The mark that the write which it announces leaves in the workspace; `None` where it announces none that leaves one.
    pub fn mark(&self) -> Option<Mark> {
        match &self.event {
            Event::Intended(intended) => intended.mark(WriteId(self.number), self.hash),
            Event::NoteIntended(note) => {
                let (instance, run) = (note.signed_by.clone()?, note.run.as_u128());
                Some(Mark { instance, run, entry: self.number, head: self.hash.first_half() })
            }
            _ => None,
        }
    }
}

/// A run: a GUID, which is also the correlation id of every write of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// The run of this GUID.
    pub const fn new(guid: Uuid) -> Self {
        Self(guid)
    }

    /// Reads a GUID in any of its usual forms; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// The GUID as a number.
    pub fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A write: the number of the entry that holds its intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriteId(pub u64);

impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Event {
    /// The bodies that the event names.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let (whole, alerts) = match self {
            Self::RunStarted(started) => (started.plan.as_ref(), [].as_slice()),
            Self::Intended(intended) => (Some(&intended.before.incident), intended.before.alerts.as_slice()),
            Self::AlertIntended(intended) => (None, std::slice::from_ref(&intended.before)),
            _ => (None, [].as_slice()),
        };
        whole.into_iter().chain(alerts.iter().filter_map(|alert| alert.body.as_ref()))
    }
}
