//! The state of the cloud: alerts, incidents, and the rows that tell of them.
//!
//! People act on it ([`acts`](self) such as [`World::raise_alert`]), the cloud's own [`rules`] follow, and
//! snapshots show where things stand. Nothing here knows of HTTP, JSON on the wire, tokens or rights.

mod activity;
mod acts;
mod alert;
mod automation;
mod catalogue;
mod changes;
mod incident;
mod logs;
mod merging;
mod names;
mod parts;
mod plays;
mod records;
mod rights;
mod rows;
mod sentinel;
mod settings;
mod stored;
mod suppression;
mod to_do;
mod words;

use std::sync::Arc;

use time::OffsetDateTime;

pub(crate) use activity::{Act, http_request, provider};
pub use activity::{Activity, Outcome};
pub use acts::{AlertRef, IncidentWrite, Refused};
pub use alert::{Alert, AlertCopy, NewAlert};
pub(crate) use alert::{Alerts, DEFENDER_FOR_CLOUD, IN_DEFENDER, portal_link};
pub(crate) use automation::{Automation, AutomationRule, Change, Unread};
pub(crate) use catalogue::KINDS;
pub(crate) use incident::Incidents;
pub use incident::{Actor, BookmarkRelation, Closing, Comment, Incident, IncidentState, Label, Owner, Task};
pub(crate) use logs::{TableName, datetime};
pub use parts::Written;
pub(crate) use parts::{CommentWrite, Deleted, TaskWrite, part_etag};
pub(crate) use records::Record;
pub use rights::{Assignment, Role};
pub(crate) use rights::{Rights, is_within};
pub(crate) use rows::{PROVIDER, incident_url};
pub(crate) use sentinel::Sentinel;
pub use settings::{FinishedAlert, Portal, Settings};
pub(crate) use stored::{Collection, Holder, Shelf, Stored};
pub(crate) use suppression::Scope;
pub use words::{AlertStatus, Classification, IncidentStatus, Reason, SentinelStatus, Severity, TaskStatus};

use crate::clock::{Clock, later};
use crate::estate::Estate;
use crate::rules;

/// What can happen, for the rules to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Defender for Cloud made an alert.
    AlertRaised,
    /// An alert's status changed in Defender for Cloud.
    AlertChanged,
    /// Sentinel made an incident.
    IncidentCreated,
    /// An incident was written, in whatever way.
    IncidentChanged,
    /// An incident went to active; `IncidentChanged` came before.
    IncidentActivated,
    /// An open incident was closed; `IncidentChanged` came before.
    IncidentClosed,
}

/// Something that happened, to one alert or one incident.
#[derive(Clone, Debug)]
pub struct Happened {
    pub(crate) event: Event,
    pub(crate) subject: Subject,
    pub(crate) at: OffsetDateTime,
    /// How the incident was before, where automation rules have to know.
    pub(crate) change: Option<Box<Change>>,
}

/// What something happened to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    Alert(usize),
    Incident(IncidentKey),
}

/// An incident, by its workspace's place and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IncidentKey {
    pub(crate) place: usize,
    pub(crate) number: u32,
}

/// What a rule does.
pub(crate) type Play = fn(&mut World, &Happened);

/// The state of the cloud.
#[derive(Debug)]
pub struct World {
    pub(crate) estate: Arc<Estate>,
    settings: Settings,
    pub(crate) alerts: Alerts,
    pub(crate) sentinels: Vec<Sentinel>,
    pub(crate) rights: Rights,
    shelf: Shelf,
    activities: Vec<Activity>,
    /// How many of them were written down; `None` while nobody writes.
    told: Option<usize>,
    automation: Automation,
    clock: Clock,
    newest_stamp: OffsetDateTime,
    raised: u64,
    versions: u64,
    drawn: u64,
    /// How many ids were made that are nobody's choice.
    guids: u64,
}

impl World {
    pub(crate) fn new(estate: Arc<Estate>, settings: Settings, clock: Clock) -> Self {
        let mut world = Self {
            sentinels: estate.workspaces().into_iter().map(Sentinel::new).collect(),
            rights: Rights::new(&estate),
            estate,
            settings: Settings::default(),
            alerts: Alerts::default(),
            shelf: Shelf::new(),
            activities: Vec::new(),
            told: None,
            automation: Automation::default(),
            newest_stamp: OffsetDateTime::UNIX_EPOCH,
            clock,
            raised: 0,
            versions: 0,
            drawn: 0,
            guids: 0,
        };
        world.stock();
        world.set_settings(settings);
        world
    }

    /// The time in the world. Never before the newest change.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now().max(self.newest_stamp)
    }

    /// Where Defender for Cloud says an alert stands; `None` for an unknown alert name.
    pub fn alert_status(&self, alert_name: &str) -> Option<AlertStatus> {
        self.alerts.by_name(alert_name).map(|alert| alert.status)
    }

    /// Where the newest visible `SecurityAlert` row says an alert stands; `None` where there is no such row yet.
    pub fn sentinel_alert_status(&self, system_alert_id: &str) -> Option<SentinelStatus> {
        let now = self.now();
        self.alerts.by_system_id(system_alert_id)?.copies().find_map(|copy| copy.at(now))
    }

    /// Where an incident stands in ARM; `None` for an unknown incident name.
    pub fn incident_state(&self, incident_name: &str) -> Option<IncidentState> {
        self.incident(incident_name).map(|incident| incident.state.clone())
    }

    /// An incident by its name, in any case and in any workspace.
    pub fn incident(&self, incident_name: &str) -> Option<&Incident> {
        self.keyed(self.key(incident_name)?)
    }

    /// An alert by its ARM name, in any case.
    pub fn alert(&self, alert_name: &str) -> Option<&Alert> {
        self.alerts.by_name(alert_name)
    }

    /// Whether Defender for Cloud still has an alert: one of its own, and not too old.
    pub(crate) fn keeps(&self, alert: &Alert) -> bool {
        alert.is_defender_for_cloud() && self.now() < later(alert.generated, self.settings.alert_retention)
    }

    /// The names of a subscription's resource groups: those of its workspaces, and every one that an alert is about.
    pub fn groups(&self, subscription_id: &str) -> Vec<String> {
        let here = self.sentinels.iter().map(|one| &one.workspace);
        let own = here.filter(|one| one.subscription_id.eq_ignore_ascii_case(subscription_id));
        let mut names: Vec<String> = own.map(|one| one.resource_group.clone()).collect();
        for name in self.alerts.groups(subscription_id) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.into());
            }
        }
        names
    }

    /// Whether a subscription has a resource group of that name, in any case.
    pub fn knows_group(&self, subscription_id: &str, name: &str) -> bool {
        let mut workspaces = self.sentinels.iter().map(|one| &one.workspace);
        workspaces.any(|one| {
            one.subscription_id.eq_ignore_ascii_case(subscription_id) && one.resource_group.eq_ignore_ascii_case(name)
        }) || self.alerts.knows_group(subscription_id, name)
    }

    /// How many rows of a table a query of the first workspace sees now; `None` where there is no such table.
    pub fn rows(&mut self, table: &str) -> Option<usize> {
        self.tables(FIRST).table(table).map(kql::Table::len)
    }

    /// The tables of a workspace as a query sees them now.
    pub(crate) fn tables(&mut self, place: usize) -> kql::Database {
        let now = self.now();
        self.sentinels[place].logs.at(now)
    }

    /// All incidents: workspace by workspace, by number.
    pub fn incidents(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.sentinels.iter().flat_map(|one| one.incidents.iter())
    }

    /// All alerts, oldest first.
    pub fn alerts(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.alerts.iter()
    }

    /// The time of a change that happens now: later than every change before it.
    fn stamp(&mut self) -> OffsetDateTime {
        self.newest_stamp = self.clock.now().max(self.newest_stamp + TICK);
        self.newest_stamp
    }

    /// When a row of a change at `at` becomes visible.
    fn arrival(&self, at: OffsetDateTime) -> OffsetDateTime {
        later(at, self.settings.delay)
    }

    /// When a row of one of Sentinel's tables becomes visible, late if chance has it so; and when again, if it comes twice.
    fn arrivals(&mut self, at: OffsetDateTime) -> (OffsetDateTime, Option<OffsetDateTime>) {
        let arrival = self.arrival(at);
        let Settings { jitter, late_rows, lateness, duplicate_rows, .. } = self.settings.clone();
        let spread = |world: &mut Self| {
            let within = jitter.mul_f64(world.draw(!jitter.is_zero()));
            let late = late_rows > 0.0 && world.draw(true) < late_rows;
            later(later(arrival, within), if late { lateness } else { std::time::Duration::ZERO })
        };
        let first = spread(self);
        let twice = duplicate_rows > 0.0 && self.draw(true) < duplicate_rows;
        let second = twice.then(|| spread(self));
        (second.map_or(first, |second| first.min(second)), second.map(|second| first.max(second)))
    }

    /// A number from 0 up to 1 out of the seed, if one is wanted.
    fn draw(&mut self, wanted: bool) -> f64 {
        if !wanted {
            return 0.0;
        }
        self.drawn += 1;
        crate::faults::chance(self.settings.seed, self.drawn)
    }

    /// An id that is nobody's choice: the same in two worlds of one history.
    pub(crate) fn new_guid(&mut self) -> uuid::Uuid {
        self.guids += 1;
        self.estate.stable_guid(&format!("made/{}/{}", self.settings.seed, self.guids))
    }

    fn next_version(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }

    fn happened(&mut self, event: Event, subject: Subject, at: OffsetDateTime) {
        rules::play(self, &Happened { event, subject, at, change: None });
    }
}

/// The place of the workspace that is always there.
pub(crate) const FIRST: usize = 0;
const TICK: time::Duration = time::Duration::nanoseconds(100);
