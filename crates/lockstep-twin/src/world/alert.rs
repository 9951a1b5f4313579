//! An alert as Defender for Cloud keeps it, with the copy that Sentinel has of it.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::changes::Changes;
use super::names::Names;
use super::words::{AlertStatus, SentinelStatus, Severity};
use crate::estate::Estate;

/// One alert.
///
/// Alerts of other products than Defender for Cloud have only their Sentinel side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// The ARM name, `<inverted ticks>_<guid>`: `VendorOriginalId` in the table.
    pub name: String,
    /// The GUID that Sentinel made for it: what `SecurityIncident.AlertIds` holds.
    pub system_alert_id: String,
    /// The subscription in the alert's ARM id, as it was written there.
    pub subscription_id: String,
    /// The resource group in the alert's ARM id.
    pub resource_group: String,
    /// Where Defender for Cloud keeps it.
    pub location: String,
    /// What kind of alert it is, e.g. `VM_EICAR`.
    pub alert_type: String,
    /// What people read.
    pub display_name: String,
    /// A few sentences.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// Where it stands in Defender for Cloud.
    pub status: AlertStatus,
    /// The tactic, e.g. `Execution`; several are separated by commas.
    pub intent: String,
    /// MITRE techniques.
    pub techniques: Vec<String>,
    /// The ARM id of the resource it is about.
    pub resource_id: String,
    /// The name of that resource.
    pub compromised_entity: String,
    /// Accounts, addresses, hosts: an array.
    pub entities: Value,
    /// More about it: an object of strings.
    pub extended_properties: Value,
    /// What the owner should do.
    pub remediation_steps: Vec<String>,
    /// The product as the table names it: for Defender for Cloud `Azure Security Center`, or its name of today where the
    /// alert came through the Defender portal.
    pub product_name: String,
    /// The incident that it is put into, where that is not one of its own.
    pub(crate) joins: Option<String>,
    /// The link into the portal that a loaded row gave; [`Alert::link`] makes one where there is none.
    pub(crate) given_link: Option<String>,
    /// When what it reports began.
    #[serde(with = "crate::clock::wire")]
    pub start: OffsetDateTime,
    /// When what it reports ended.
    #[serde(with = "crate::clock::wire")]
    pub end: OffsetDateTime,
    /// When Defender for Cloud made it.
    #[serde(with = "crate::clock::wire")]
    pub generated: OffsetDateTime,
    /// What each workspace knows of it, by the workspace's place.
    pub(crate) copies: Vec<(usize, AlertCopy)>,
}

impl Alert {
    /// Whether Defender for Cloud serves this alert.
    pub fn is_defender_for_cloud(&self) -> bool {
        [DEFENDER_FOR_CLOUD, IN_DEFENDER].contains(&self.product_name.as_str())
    }

    /// The alert's ARM id.
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/locations/{}/alerts/{}",
            self.subscription_id, self.resource_group, self.location, self.name
        )
    }

    /// What the workspace at `place` knows of it; `None` where it was never sent there.
    pub(crate) fn copy(&self, place: usize) -> Option<&AlertCopy> {
        self.copies.iter().find(|(at, _)| *at == place).map(|(_, copy)| copy)
    }

    /// What workspaces know of it, the first workspace first.
    pub fn copies(&self) -> impl Iterator<Item = &AlertCopy> {
        self.copies.iter().map(|(_, copy)| copy)
    }

    /// What the workspace at `place` knows of it, to be written.
    pub(super) fn copy_mut(&mut self, place: usize) -> &mut AlertCopy {
        let at = self.copies.iter().position(|(at, _)| *at == place).unwrap_or_else(|| {
            self.copies.push((place, AlertCopy::default()));
            self.copies.len() - 1
        });
        &mut self.copies[at].1
    }
}

impl Alert {
    /// Its page in the portal, of the form seen in real rows: it carries subscription, resource group and location.
    pub(crate) fn link(&self) -> String {
        self.given_link.clone().unwrap_or_else(|| {
            let Self { name, resource_group, location, subscription_id, .. } = self;
            portal_link(name, resource_group, location, subscription_id)
        })
    }
}

/// What Sentinel knows of an alert's status, and what is still on its way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AlertCopy {
    arrived: Option<SentinelStatus>,
    coming: VecDeque<Arriving>,
}

/// A status on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Arriving {
    #[serde(with = "crate::clock::wire")]
    at: OffsetDateTime,
    status: SentinelStatus,
}

impl AlertCopy {
    /// A copy that has arrived long ago.
    pub(crate) fn arrived(status: SentinelStatus) -> Self {
        Self { arrived: Some(status), coming: VecDeque::new() }
    }

    /// Sends `status` on its way, to arrive at `at`; `now` is when it is sent.
    pub(super) fn send(&mut self, status: SentinelStatus, at: OffsetDateTime, now: OffsetDateTime) {
        while let Some(arrived) = self.coming.pop_front_if(|one| one.at <= now) {
            self.arrived = Some(arrived.status);
        }
        self.coming.push_back(Arriving { at, status });
    }

    /// What has arrived by `now`; `None` while nothing has.
    pub fn at(&self, now: OffsetDateTime) -> Option<SentinelStatus> {
        let newest = self.coming.iter().rev().find(|one| one.at <= now);
        newest.map(|one| one.status).or(self.arrived)
    }

    /// What it will be once everything has arrived; `None` where no row was ever written.
    pub fn in_the_end(&self) -> Option<SentinelStatus> {
        self.coming.back().map(|one| one.status).or(self.arrived)
    }
}

/// What Defender for Cloud is told to raise. `Default` is a plausible alert about a virtual machine.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// What kind of alert it is, e.g. `VM_EICAR`.
    pub alert_type: String,
    /// What people read.
    pub display_name: String,
    /// A few sentences.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// The tactic, e.g. `Execution`.
    pub intent: String,
    /// MITRE techniques.
    pub techniques: Vec<String>,
    /// The type of the resource it is about, e.g. `Microsoft.Compute/virtualMachines`.
    pub resource_type: String,
    /// The name of that resource.
    pub resource: String,
    /// The subscription it is raised in; the first where none is given.
    pub subscription_id: Option<String>,
    /// The resource's group; the first workspace's where none is given.
    pub resource_group: Option<String>,
    /// Where Defender for Cloud keeps it; the estate's location where none is given.
    pub location: Option<String>,
    /// What the owner should do.
    pub remediation_steps: Vec<String>,
    /// The product that raises it, as the tables name it, where that is not Defender for Cloud: `Azure Security Center for
    /// IoT`. Such an alert comes to the first workspace, and ARM does not serve it.
    pub product_name: Option<String>,
    /// The name of an open incident that it is put into, as grouping of alerts or correlation would, instead of one of its own.
    pub incident: Option<String>,
}

impl Default for NewAlert {
    fn default() -> Self {
        super::catalogue::SUSPICIOUS_PROCESS.alert()
    }
}

impl Alert {
    /// The alert that `new` describes, made at `at` under the running number `serial`.
    pub(super) fn raise(new: NewAlert, serial: u64, at: OffsetDateTime, estate: &Estate) -> Self {
        let subscription_id = new.subscription_id.unwrap_or_else(|| estate.subscription_id.clone());
        let resource_group = new.resource_group.unwrap_or_else(|| estate.resource_group.clone());
        let location = new.location.unwrap_or_else(|| estate.location.clone());
        let name = arm_name(at, estate.stable_guid(&format!("alert/{serial}")));
        let system_alert_id = estate.stable_guid(&format!("system alert/{name}")).to_string();
        let resource_id = format!(
            "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/{}/{}",
            new.resource_type, new.resource
        );
        let entities = json!([
            {"$id": "2", "resourceId": resource_id, "type": "azure-resource"},
            {"$id": "3", "hostName": new.resource, "type": "host"},
        ]);
        let extended_properties = json!({"resourceType": new.resource_type, "ProcessedBySentinel": "True"});
        Self {
            system_alert_id,
            subscription_id,
            resource_group,
            location,
            alert_type: new.alert_type,
            display_name: new.display_name,
            description: new.description,
            severity: new.severity,
            status: AlertStatus::Active,
            intent: new.intent,
            techniques: new.techniques,
            compromised_entity: new.resource,
            resource_id,
            entities,
            extended_properties,
            remediation_steps: new.remediation_steps,
            product_name: new.product_name.unwrap_or_else(|| DEFENDER_FOR_CLOUD.into()),
            joins: new.incident,
            given_link: None,
            start: at - time::Duration::minutes(5),
            end: at - time::Duration::minutes(1),
            generated: at,
            copies: Vec::new(),
            name,
        }
    }
}

/// All alerts, found by either of their names.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    all: Vec<Alert>,
    by_name: Names,
    by_system_id: Names,
    /// The resource groups that alerts are about, by subscription and name in lower case.
    groups: BTreeMap<(String, String), String>,
    /// The positions of those that changed.
    pub(super) changed: Changes<usize>,
}

impl Alerts {
    /// Makes room for more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.all.reserve_exact(more);
    }

    pub(super) fn push(&mut self, alert: Alert) -> usize {
        let at = self.all.len();
        if !self.knows_group(&alert.subscription_id, &alert.resource_group) {
            let group = (alert.subscription_id.to_ascii_lowercase(), alert.resource_group.to_ascii_lowercase());
            self.groups.insert(group, alert.resource_group.clone());
        }
        self.changed.note(|| at);
        self.all.push(alert);
        let Self { all, by_name, by_system_id, .. } = self;
        let place = u32::try_from(at).expect("memory does not hold as many alerts as a u32 counts");
        by_name.insert(place, |place| &all[place as usize].name);
        by_system_id.insert(place, |place| &all[place as usize].system_alert_id);
        at
    }

    /// Puts an alert where it was: in the place of the one there, or behind the last; `None` where that is no such position.
    pub(super) fn put(&mut self, at: usize, alert: Alert) -> Option<()> {
        if at == self.all.len() {
            self.push(alert);
            return Some(());
        }
        self.all.get_mut(at).map(|known| *known = alert)
    }

    /// All alerts, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.all.iter()
    }

    /// All alerts, newest first, each with its place.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (usize, &Alert)> {
        self.all.iter().enumerate().rev()
    }

    /// The names of the resource groups of a subscription that alerts are about.
    pub(super) fn groups(&self, subscription_id: &str) -> impl Iterator<Item = &str> {
        let all = self.groups.iter().filter(move |((id, _), _)| id.eq_ignore_ascii_case(subscription_id));
        all.map(|(_, name)| name.as_str())
    }

    pub(super) fn knows_group(&self, subscription_id: &str, name: &str) -> bool {
        self.groups.contains_key(&(subscription_id.to_ascii_lowercase(), name.to_ascii_lowercase()))
    }

    pub(super) fn at(&self, at: usize) -> &Alert {
        &self.all[at]
    }

    pub(super) fn at_mut(&mut self, at: usize) -> &mut Alert {
        self.changed.note(|| at);
        &mut self.all[at]
    }

    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.by_name.find(name, |place| &self.all[place as usize].name).map(|place| place as usize)
    }

    pub(super) fn position(&self, system_alert_id: &str) -> Option<usize> {
        let found = self.by_system_id.find(system_alert_id, |place| &self.all[place as usize].system_alert_id);
        found.map(|place| place as usize)
    }

    /// The alert of that ARM name, in any case.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Alert> {
        self.named(name).map(|at| &self.all[at])
    }

    /// The alert of that Sentinel id, in any case.
    pub(crate) fn by_system_id(&self, system_alert_id: &str) -> Option<&Alert> {
        self.position(system_alert_id).map(|at| &self.all[at])
    }
}

/// The name that Defender for Cloud gives an alert made at `at`: inverted ticks, then a GUID.
pub(super) fn arm_name(at: OffsetDateTime, guid: Uuid) -> String {
    let ticks = at.unix_timestamp_nanos() / 100 + TICKS_AT_UNIX_EPOCH;
    format!("{}_{guid}", MAX_TICKS - ticks)
}

/// The portal's page of an alert.
pub(crate) fn portal_link(name: &str, resource_group: &str, location: &str, subscription_id: &str) -> String {
    format!(
        "https://portal.azure.com/#blade/Microsoft_Azure_Security/AlertBlade/alertId/{name}/subscriptionId/{subscription_id}\
         /resourceGroup/{resource_group}/referencedFrom/alertDeepLink/location/{location}"
    )
}

/// Defender for Cloud's name in the tables: its name of old.
pub(crate) const DEFENDER_FOR_CLOUD: &str = "Azure Security Center";
/// Its name where alerts come through the Defender portal.
pub(crate) const IN_DEFENDER: &str = "Microsoft Defender for Cloud";

/// Ticks from 0001-01-01 to 1970-01-01.
const TICKS_AT_UNIX_EPOCH: i128 = 621_355_968_000_000_000;
/// The last tick of the year 9999.
const MAX_TICKS: i128 = 3_155_378_975_999_999_999;
