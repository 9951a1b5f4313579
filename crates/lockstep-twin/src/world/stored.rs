//! Resources that are kept as they were written: rules, connectors, settings, bookmarks.
//!
//! A few of them steer the world: connectors, incident creation rules and the sync of alerts. The switches of the same names
//! tell whether any of those is on, and set all at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::acts::Refused;
use super::alert::DEFENDER_FOR_CLOUD;
use super::parts::{Deleted, Written};
use super::{Alert, FIRST, Severity, World};

/// A kind of resource that is kept as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Collection {
    AlertRules,
    AutomationRules,
    Bookmarks,
    DataConnectors,
    OnboardingStates,
    Pricings,
    SecuritySettings,
    SuppressionRules,
}

/// A resource that is kept as it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) properties: Map<String, Value>,
    pub(crate) version: u64,
    #[serde(with = "crate::clock::wire")]
    pub(crate) modified: OffsetDateTime,
}

impl Stored {
    /// The etag as the service writes it.
    pub(crate) fn etag(&self) -> String {
        super::part_etag(self.version, self.modified)
    }

    fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_enabled(&self) -> bool {
        self.properties.get("enabled") == Some(&Value::Bool(true))
    }

    /// Whether it makes incidents of Defender for Cloud's alerts.
    fn makes_incidents(&self) -> bool {
        self.makes_incidents_of(DEFENDER_FOR_CLOUD)
    }

    /// Whether it makes incidents of a product's alerts.
    fn makes_incidents_of(&self, product: &str) -> bool {
        self.kind.as_deref() == Some(INCIDENT_CREATION) && self.text("productFilter").eq_ignore_ascii_case(product)
    }

    /// Whether it is a connector to Defender for Cloud that is on.
    fn is_connected(&self) -> bool {
        let state = self.properties.get("dataTypes").and_then(|types| types["alerts"]["state"].as_str());
        self.kind.as_deref() == Some(CONNECTOR) && state.is_some_and(|state| state.eq_ignore_ascii_case("Enabled"))
    }

    fn brings_alerts(&self, subscription_id: &str) -> bool {
        self.text("subscriptionId").eq_ignore_ascii_case(subscription_id)
    }

    /// Whether its filters let an alert through.
    fn lets_through(&self, alert: &Alert) -> bool {
        let filter = |name: &str| self.properties.get(name).and_then(Value::as_array).filter(|words| !words.is_empty());
        let named = |words: &Vec<Value>| {
            words
                .iter()
                .filter_map(Value::as_str)
                .any(|word| alert.display_name.to_lowercase().contains(&word.to_lowercase()))
        };
        let severity = |words: &Vec<Value>| {
            words.iter().filter_map(Value::as_str).any(|word| word.eq_ignore_ascii_case(alert.severity.as_str()))
        };
        filter("severitiesFilter").is_none_or(severity)
            && filter("displayNamesFilter").is_none_or(named)
            && !filter("displayNamesExcludeFilter").is_some_and(named)
    }
}

/// Whose resource it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// The workspace at this place.
    Workspace(usize),
    /// The subscription of this id, in lower case.
    Subscription(String),
}

impl Holder {
    pub(crate) fn subscription(id: &str) -> Self {
        Self::Subscription(id.to_ascii_lowercase())
    }
}

/// All such resources, by name in lower case.
pub(crate) type Shelf = BTreeMap<(Holder, Collection), BTreeMap<String, Stored>>;

impl World {
    /// What workspaces and subscriptions have from the start.
    pub(super) fn stock(&mut self) {
        for place in 0..self.sentinels.len() {
            self.stock_connectors(place);
            self.stock_creation_rule(place);
            let holder = Holder::Workspace(place);
            self.put(&holder, Collection::OnboardingStates, "default", None, json!({"customerManagedKey": false}));
        }
        for subscription in self.estate.subscriptions() {
            let holder = Holder::subscription(&subscription.id);
            let enabled = json!({"enabled": true});
            self.put(&holder, Collection::SecuritySettings, SYNC, Some("AlertSyncSettings"), enabled.clone());
            for name in ["MCAS", "WDATP"] {
                self.put(&holder, Collection::SecuritySettings, name, Some("DataExportSettings"), enabled.clone());
            }
            for plan in PLANS {
                let properties = json!({"pricingTier": "Standard", "freeTrialRemainingTime": "PT0S"});
                self.put(&holder, Collection::Pricings, plan, None, properties);
            }
        }
    }

    fn stock_connectors(&mut self, place: usize) {
        let workspace = self.sentinels[place].workspace.clone();
        for subscription in &workspace.connected {
            let own = subscription.eq_ignore_ascii_case(&workspace.subscription_id);
            let subject = if own { "data connector".into() } else { format!("data connector/{subscription}") };
            let name = workspace.stable_guid(&subject).to_string();
            let properties = json!({"subscriptionId": subscription, "dataTypes": {"alerts": {"state": "Enabled"}}});
            self.put(&Holder::Workspace(place), Collection::DataConnectors, &name, Some(CONNECTOR), properties);
        }
    }

    fn stock_creation_rule(&mut self, place: usize) {
        let name = self.sentinels[place].workspace.stable_guid("incident creation rule").to_string();
        let properties = json!({
            "displayName": "Create incidents based on Microsoft Defender for Cloud",
            "enabled": true,
            "productFilter": DEFENDER_FOR_CLOUD,
        });
        self.put(&Holder::Workspace(place), Collection::AlertRules, &name, Some(INCIDENT_CREATION), properties);
    }

    fn put(&mut self, holder: &Holder, collection: Collection, name: &str, kind: Option<&str>, properties: Value) {
        if let Value::Object(properties) = properties {
            self.store(holder, collection, name, kind.map(str::to_owned), properties);
        }
    }

    fn store(
        &mut self,
        holder: &Holder,
        collection: Collection,
        name: &str,
        kind: Option<String>,
        properties: Map<String, Value>,
    ) {
        let (version, modified) = (self.next_version(), self.now());
        let stored = Stored { name: name.into(), kind, properties, version, modified };
        self.shelf.entry((holder.clone(), collection)).or_default().insert(name.to_ascii_lowercase(), stored);
    }

    /// Every resource of a collection, by name.
    pub(crate) fn stored(&self, holder: &Holder, collection: Collection) -> impl Iterator<Item = &Stored> + use<'_> {
        self.shelf.get(&(holder.clone(), collection)).into_iter().flat_map(BTreeMap::values)
    }

    /// One resource, by its name in any case.
    pub(crate) fn stored_one(&self, holder: &Holder, collection: Collection, name: &str) -> Option<&Stored> {
        self.shelf.get(&(holder.clone(), collection))?.get(&name.to_ascii_lowercase())
    }

    /// Writes a resource whole; a stale etag is refused.
    pub(crate) fn put_stored(
        &mut self,
        holder: &Holder,
        collection: Collection,
        name: &str,
        kind: Option<String>,
        properties: Map<String, Value>,
        etag: Option<&str>,
    ) -> Result<Written, Refused> {
        let known = self.stored_one(holder, collection, name);
        if etag.is_some_and(|etag| known.is_some_and(|known| known.etag() != etag)) {
            return Err(Refused::Stale);
        }
        let written = if known.is_some() { Written::Updated } else { Written::Created };
        self.store(holder, collection, name, kind, properties);
        self.follow();
        Ok(written)
    }

    /// Deletes a resource.
    pub(crate) fn delete_stored(&mut self, holder: &Holder, collection: Collection, name: &str) -> Deleted {
        let all = self.shelf.get_mut(&(holder.clone(), collection));
        let removed = all.and_then(|all| all.remove(&name.to_ascii_lowercase()));
        self.follow();
        if removed.is_some() { Deleted::Gone } else { Deleted::NeverWas }
    }

    /// Lets the switches that are resources too say whether any of those is on.
    fn follow(&mut self) {
        let any = |collection, is_on: fn(&Stored) -> bool| {
            let shelves = self.shelf.iter().filter(|((_, kept), _)| *kept == collection);
            shelves.flat_map(|(_, all)| all.values()).any(is_on)
        };
        let connector = any(Collection::DataConnectors, Stored::is_connected);
        let creation = any(Collection::AlertRules, |rule| rule.makes_incidents() && rule.is_enabled());
        let sync = any(Collection::SecuritySettings, |one| one.name == SYNC && one.is_enabled());
        self.settings.connector = connector;
        self.settings.incident_creation = creation;
        self.settings.bidirectional_sync = sync;
    }

    /// Turns every connector to Defender for Cloud on or off; where there is none, on makes those of the start.
    pub(super) fn switch_connectors(&mut self, on: bool) {
        let state = json!({"alerts": {"state": if on { "Enabled" } else { "Disabled" }}});
        for place in 0..self.sentinels.len() {
            let shelf = self.shelf.entry((Holder::Workspace(place), Collection::DataConnectors)).or_default();
            let mut found = false;
            for connector in shelf.values_mut().filter(|one| one.kind.as_deref() == Some(CONNECTOR)) {
                connector.properties.insert("dataTypes".into(), state.clone());
                found = true;
            }
            if on && !found {
                self.stock_connectors(place);
            }
        }
    }

    /// Turns every rule that makes incidents of Defender for Cloud's alerts on or off.
    pub(super) fn switch_creation_rules(&mut self, on: bool) {
        for place in 0..self.sentinels.len() {
            let shelf = self.shelf.entry((Holder::Workspace(place), Collection::AlertRules)).or_default();
            let mut found = false;
            for rule in shelf.values_mut().filter(|one| one.makes_incidents()) {
                rule.properties.insert("enabled".into(), on.into());
                found = true;
            }
            if on && !found {
                self.stock_creation_rule(place);
            }
        }
    }

    /// Makes incidents of another product's alerts in the first workspace, by a Microsoft incident creation rule.
    pub fn make_incidents_of(&mut self, product: &str) {
        let name = self.estate.stable_guid(&format!("incident creation rule/{product}")).to_string();
        let shown = format!("Create incidents based on {product}");
        let properties = json!({"displayName": shown, "enabled": true, "productFilter": product});
        self.put(&Holder::Workspace(FIRST), Collection::AlertRules, &name, Some(INCIDENT_CREATION), properties);
    }

    /// Turns bi-directional sync of every subscription on or off.
    pub(super) fn switch_sync(&mut self, on: bool) {
        for subscription in self.estate.subscriptions() {
            self.sync(&subscription.id, on);
        }
    }

    /// Turns bi-directional sync of one subscription on or off.
    pub fn set_sync(&mut self, subscription_id: &str, on: bool) {
        self.sync(subscription_id, on);
        self.follow();
    }

    fn sync(&mut self, subscription_id: &str, on: bool) {
        let holder = Holder::subscription(subscription_id);
        self.put(&holder, Collection::SecuritySettings, SYNC, Some("AlertSyncSettings"), json!({"enabled": on}));
    }

    /// Whether a subscription's alerts follow Sentinel's incidents.
    pub(super) fn syncs(&self, subscription_id: &str) -> bool {
        let setting = self.stored_one(&Holder::subscription(subscription_id), Collection::SecuritySettings, SYNC);
        setting.is_some_and(Stored::is_enabled)
    }

    /// The places of the workspaces that an alert comes to: those of its tenant whose connector covers its subscription.
    ///
    /// In the Defender portal the first workspace takes in the tenant's alerts, but no informational ones. Alerts of other
    /// products come to the first workspace.
    pub(super) fn receivers(&self, position: usize) -> Vec<usize> {
        let alert = self.alerts.at(position);
        let tenant = self.estate.tenant_of(&alert.subscription_id);
        if !alert.is_defender_for_cloud() {
            return vec![FIRST];
        }
        if self.in_defender() {
            let comes = alert.severity != Severity::Informational && tenant == Some(&self.estate.tenant_id);
            return if comes { vec![FIRST] } else { Vec::new() };
        }
        let covers = |place: &usize| {
            let home = self.estate.tenant_of(&self.sentinels[*place].workspace.subscription_id);
            let mut connectors = self.stored(&Holder::Workspace(*place), Collection::DataConnectors);
            home == tenant && connectors.any(|one| one.is_connected() && one.brings_alerts(&alert.subscription_id))
        };
        (0..self.sentinels.len()).filter(covers).collect()
    }

    /// The name of a workspace's rule that makes an incident of a new alert: it is on, and its filters let the alert through.
    pub(super) fn rule_that_makes_incident(&self, place: usize, alert: &Alert) -> Option<String> {
        let mut rules = self.stored(&Holder::Workspace(place), Collection::AlertRules);
        let found = rules
            .find(|rule| rule.makes_incidents_of(&alert.product_name) && rule.is_enabled() && rule.lets_through(alert));
        found.map(|rule| rule.name.clone())
    }
}

const INCIDENT_CREATION: &str = "MicrosoftSecurityIncidentCreation";
const CONNECTOR: &str = "AzureSecurityCenter";
const SYNC: &str = "Sentinel";
const PLANS: &[&str] = &[
    "VirtualMachines",
    "SqlServers",
    "AppServices",
    "StorageAccounts",
    "SqlServerVirtualMachines",
    "KubernetesService",
    "ContainerRegistry",
    "KeyVaults",
    "Dns",
    "Arm",
    "OpenSourceRelationalDatabases",
    "CosmosDbs",
    "Containers",
    "CloudPosture",
    "Api",
];
