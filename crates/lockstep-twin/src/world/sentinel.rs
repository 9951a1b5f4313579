//! What each workspace has for itself: its incidents and its tables.
//!
//! An alert is one for all; what a workspace knows of it is the [copy](super::AlertCopy) that came to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::incident::{Incident, Incidents};
use super::logs::Logs;
use super::{IncidentKey, World};
use crate::estate::Workspace;

/// One workspace, and the Sentinel on it.
#[derive(Debug)]
pub(crate) struct Sentinel {
    /// What it is called.
    pub(crate) workspace: Workspace,
    pub(crate) incidents: Incidents,
    pub(crate) logs: Logs,
    /// Incidents that were deleted: their rows stay.
    pub(super) deleted: Vec<Incident>,
    /// How many of them were written down.
    pub(super) deletions_told: usize,
    /// What the Defender portal has gathered of an incident's changes, by its number.
    pub(super) batches: BTreeMap<u32, Batch>,
}

/// Changes of one incident of which a row will tell only the last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// When the row comes.
    #[serde(with = "crate::clock::wire")]
    pub(super) until: OffsetDateTime,
    /// The numbers of the rows that would come.
    pub(super) rows: Vec<u64>,
}

impl Sentinel {
    pub(super) fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            incidents: Incidents::default(),
            logs: Logs::new(),
            deleted: Vec::new(),
            deletions_told: 0,
            batches: BTreeMap::new(),
        }
    }
}

impl World {
    /// The place of the workspace that ARM calls by these names, in any case.
    pub(crate) fn place(&self, subscription: &str, group: &str, name: &str) -> Option<usize> {
        self.sentinels.iter().position(|one| one.workspace.is_at(subscription, group, name))
    }

    /// The place of the workspace of that `customerId`, in any case.
    pub(crate) fn place_of_id(&self, id: &str) -> Option<usize> {
        self.sentinels.iter().position(|one| one.workspace.id.eq_ignore_ascii_case(id))
    }

    /// The incident of a key; keys are of incidents that exist or were deleted since.
    pub(super) fn keyed(&self, key: IncidentKey) -> Option<&Incident> {
        self.sentinels[key.place].incidents.numbered(key.number)
    }

    /// The key of the incident of that name in any workspace, the first workspace first.
    pub(super) fn key(&self, name: &str) -> Option<IncidentKey> {
        (0..self.sentinels.len()).find_map(|place| self.key_in(place, name))
    }

    /// The key of the incident of that name in one workspace.
    pub(super) fn key_in(&self, place: usize, name: &str) -> Option<IncidentKey> {
        let number = self.sentinels[place].incidents.number(name)?;
        Some(IncidentKey { place, number })
    }

    /// An incident of one workspace, by its name in any case.
    pub(crate) fn incident_in(&self, place: usize, name: &str) -> Option<&Incident> {
        self.sentinels[place].incidents.named(name)
    }
}
