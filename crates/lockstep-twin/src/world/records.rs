//! The world as records, one a line: all of it, or what has changed.
//!
//! A later record of a thing stands for it instead of an earlier one, so that a world and its changes make one file. The last
//! record of all that belongs together is [`Record::State`]: what stands after the last one is not complete.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::logs::{Change, TableName};
use super::rows::Row;
use super::sentinel::Batch;
use super::{Activity, Alert, Assignment, Collection, Holder, Incident, Role, Settings, Stored, World};
use crate::deploy::Deployed;
use crate::estate::Estate;

/// Something of the world. `place` is a workspace's, the first one's is 0.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Record<'a> {
    /// The first record: what the world is made for.
    World {
        format: u32,
        /// Whether its clock follows the machine's.
        follows_machine: bool,
        #[serde(with = "crate::clock::wire")]
        start: OffsetDateTime,
        estate: Cow<'a, Estate>,
    },
    Settings(Cow<'a, Settings>),
    /// An alert, by its position among all.
    Alert {
        at: usize,
        alert: Cow<'a, Alert>,
    },
    Incident {
        place: usize,
        incident: Cow<'a, Incident>,
    },
    /// An incident that was deleted.
    Deleted {
        place: usize,
        incident: Cow<'a, Incident>,
    },
    /// What the Defender portal has gathered.
    Batches {
        place: usize,
        batches: Cow<'a, BTreeMap<u32, Batch>>,
    },
    /// A row that queries see; columns without a value are left out.
    Row {
        place: usize,
        table: TableName,
        #[serde(with = "crate::clock::wire::option")]
        ingested: Option<OffsetDateTime>,
        columns: Cow<'a, Row>,
    },
    /// A row on its way, by its number in the table.
    Coming {
        place: usize,
        table: TableName,
        number: u64,
        #[serde(with = "crate::clock::wire")]
        arrival: OffsetDateTime,
        columns: Cow<'a, Row>,
    },
    /// A row on its way that shall not arrive.
    Recalled {
        place: usize,
        table: TableName,
        number: u64,
    },
    /// How many rows were sent to a table.
    Sent {
        place: usize,
        table: TableName,
        count: u64,
    },
    /// All resources of one kind that somebody holds.
    Stored {
        holder: Cow<'a, Holder>,
        collection: Collection,
        all: Cow<'a, BTreeMap<String, Stored>>,
    },
    Roles(Cow<'a, [Role]>),
    Assignments(Cow<'a, [Assignment]>),
    Activity(Cow<'a, Activity>),
    Deployed(Cow<'a, Deployed>),
    /// The last record of what belongs together.
    State {
        #[serde(with = "crate::clock::wire")]
        now: OffsetDateTime,
        #[serde(with = "crate::clock::wire")]
        newest_stamp: OffsetDateTime,
        raised: u64,
        versions: u64,
        drawn: u64,
        guids: u64,
    },
}

/// Why a record does not fit the world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unfit(pub(crate) String);

impl World {
    /// Notes changes from now on, for [`Self::changes`].
    pub(crate) fn watch(&mut self) {
        self.alerts.changed.watch();
        self.told = Some(self.activities.len());
        for one in &mut self.sentinels {
            one.incidents.changed.watch();
            one.logs.watch();
            one.deletions_told = one.deleted.len();
        }
    }

    /// Hands on all of the world but its first record, and its last.
    pub(crate) fn all(&mut self, put: &mut dyn FnMut(&Record<'_>)) {
        let now = self.now();
        for (at, alert) in self.alerts.iter().enumerate() {
            put(&Record::Alert { at, alert: Cow::Borrowed(alert) });
        }
        for (place, one) in self.sentinels.iter_mut().enumerate() {
            for incident in one.incidents.iter() {
                put(&Record::Incident { place, incident: Cow::Borrowed(incident) });
            }
            for incident in &one.deleted {
                put(&Record::Deleted { place, incident: Cow::Borrowed(incident) });
            }
            one.logs.all(place, now, put);
        }
        for activity in &self.activities {
            put(&Record::Activity(Cow::Borrowed(activity)));
        }
        self.small(put);
    }

    /// Hands on what has changed since this or [`Self::watch`] was last called, and everything that is small.
    pub(crate) fn changes(&mut self, put: &mut dyn FnMut(&Record<'_>)) {
        for at in self.alerts.changed.take() {
            put(&Record::Alert { at, alert: Cow::Borrowed(self.alerts.at(at)) });
        }
        for (place, one) in self.sentinels.iter_mut().enumerate() {
            for incident in one.deleted.iter().skip(one.deletions_told) {
                put(&Record::Deleted { place, incident: Cow::Borrowed(incident) });
            }
            one.deletions_told = one.deleted.len();
            for number in one.incidents.changed.take() {
                // One that is gone was deleted, and its record says so.
                if let Some(incident) = one.incidents.numbered(number) {
                    put(&Record::Incident { place, incident: Cow::Borrowed(incident) });
                }
            }
            one.logs.changes(place, put);
        }
        if let Some(told) = &mut self.told {
            for activity in self.activities.iter().skip(*told) {
                put(&Record::Activity(Cow::Borrowed(activity)));
            }
            *told = self.activities.len();
        }
        self.small(put);
    }

    fn small(&self, put: &mut dyn FnMut(&Record<'_>)) {
        put(&Record::Settings(Cow::Borrowed(&self.settings)));
        for (place, one) in self.sentinels.iter().enumerate() {
            put(&Record::Batches { place, batches: Cow::Borrowed(&one.batches) });
        }
        for ((holder, collection), all) in &self.shelf {
            put(&Record::Stored { holder: Cow::Borrowed(holder), collection: *collection, all: Cow::Borrowed(all) });
        }
        put(&Record::Roles(Cow::Borrowed(self.rights.roles())));
        put(&Record::Assignments(Cow::Borrowed(self.rights.assignments())));
    }

    /// The last record of what belongs together.
    pub(crate) fn state(&self) -> Record<'static> {
        let Self { newest_stamp, raised, versions, drawn, guids, .. } = *self;
        Record::State { now: self.clock.now(), newest_stamp, raised, versions, drawn, guids }
    }

    /// Takes a record in. Deployed resources are not the world's: they come back, as does the first record.
    ///
    /// # Errors
    /// It is about what this world does not have.
    pub(crate) fn take<'a>(&mut self, record: Record<'a>) -> Result<Option<Record<'a>>, Unfit> {
        match record {
            Record::World { .. } | Record::Deployed(_) => return Ok(Some(record)),
            Record::Settings(settings) => self.settings = settings.into_owned(),
            Record::Alert { at, alert } => {
                self.alerts
                    .put(at, alert.into_owned())
                    .ok_or_else(|| Unfit(format!("there is no alert before alert {at}")))?;
            }
            Record::Incident { place, incident } => self.place_at(place)?.incidents.replace(incident.into_owned()),
            Record::Deleted { place, incident } => {
                let one = self.place_at(place)?;
                one.incidents.remove(incident.number);
                one.incidents.skip(incident.number);
                one.deleted.push(incident.into_owned());
            }
            Record::Batches { place, batches } => self.place_at(place)?.batches = batches.into_owned(),
            Record::Row { place, table, ingested, columns } => {
                self.place_at(place)?.logs.take_arrived(table, &columns, ingested).map_err(Unfit)?;
            }
            Record::Coming { place, table, number, arrival, columns } => {
                let change = Change::Sent { number, arrival, row: columns.into_owned() };
                self.place_at(place)?.logs.take_change(table, change).map_err(Unfit)?;
            }
            Record::Recalled { place, table, number } => {
                self.place_at(place)?.logs.take_change(table, Change::Recalled(number)).map_err(Unfit)?;
            }
            Record::Sent { place, table, count } => self.place_at(place)?.logs.skip(table, count),
            Record::Stored { holder, collection, all } => {
                self.shelf.insert((holder.into_owned(), collection), all.into_owned());
            }
            Record::Roles(roles) => self.rights.set_roles(roles.into_owned()),
            Record::Assignments(assignments) => self.rights.set_assignments(assignments.into_owned()),
            Record::Activity(activity) => self.activities.push(activity.into_owned()),
            Record::State { now, newest_stamp, raised, versions, drawn, guids } => {
                self.clock.reach(now);
                (self.newest_stamp, self.raised, self.versions) = (newest_stamp, raised, versions);
                (self.drawn, self.guids) = (drawn, guids);
            }
        }
        Ok(None)
    }

    fn place_at(&mut self, place: usize) -> Result<&mut super::Sentinel, Unfit> {
        let count = self.sentinels.len();
        self.sentinels
            .get_mut(place)
            .ok_or_else(|| Unfit(format!("there is no workspace {place}, but {count} of them")))
    }
}
