//! Resources that are kept as they were written: rules, connectors, settings, bookmarks.
//!
//! A few of them are the switches of the world in ARM's clothes; those show the switch, and writing them sets it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::acts::Refused;
use super::alert::DEFENDER_FOR_CLOUD;
use super::parts::{Deleted, Written};
use super::{Alert, World};

/// A kind of resource that is kept as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) properties: Map<String, Value>,
    pub(crate) version: u64,
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
        self.kind.as_deref() == Some(INCIDENT_CREATION) && self.text("productFilter") == DEFENDER_FOR_CLOUD
    }

    fn brings_alerts(&self, subscription_id: &str) -> bool {
        self.kind.as_deref() == Some(CONNECTOR) && self.text("subscriptionId").eq_ignore_ascii_case(subscription_id)
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

/// All such resources, by name in lower case.
pub(crate) type Shelf = BTreeMap<Collection, BTreeMap<String, Stored>>;

impl World {
    /// What a workspace and a subscription have from the start.
    pub(super) fn stock(&mut self) {
        let rule = json!({
            "displayName": "Create incidents based on Microsoft Defender for Cloud",
            "enabled": true,
            "productFilter": DEFENDER_FOR_CLOUD,
        });
        let connector =
            json!({"subscriptionId": self.estate.subscription_id, "dataTypes": {"alerts": {"state": "Enabled"}}});
        let plan = json!({"pricingTier": "Standard", "freeTrialRemainingTime": "PT0S"});
        let rule_name = self.creation_rule();
        let connector_name = self.estate.stable_guid("data connector").to_string();
        let mut stock = vec![
            (Collection::AlertRules, rule_name.as_str(), Some(INCIDENT_CREATION), rule),
            (Collection::DataConnectors, connector_name.as_str(), Some(CONNECTOR), connector),
            (Collection::OnboardingStates, "default", None, json!({"customerManagedKey": false})),
            (Collection::SecuritySettings, SYNC, Some("AlertSyncSettings"), json!({"enabled": true})),
            (Collection::SecuritySettings, "MCAS", Some("DataExportSettings"), json!({"enabled": true})),
            (Collection::SecuritySettings, "WDATP", Some("DataExportSettings"), json!({"enabled": true})),
        ];
        stock.extend(PLANS.iter().map(|name| (Collection::Pricings, *name, None, plan.clone())));
        for (collection, name, kind, properties) in stock {
            let Value::Object(properties) = properties else { continue };
            self.store(collection, name, kind.map(str::to_owned), properties);
        }
    }

    fn store(&mut self, collection: Collection, name: &str, kind: Option<String>, properties: Map<String, Value>) {
        let (version, modified) = (self.next_version(), self.now());
        let stored = Stored { name: name.into(), kind, properties, version, modified };
        self.shelf.entry(collection).or_default().insert(name.to_ascii_lowercase(), stored);
    }

    /// Every resource of a collection, by name.
    pub(crate) fn stored(&self, collection: Collection) -> Vec<Stored> {
        let all = self.shelf.get(&collection).into_iter().flat_map(BTreeMap::values);
        all.map(|stored| self.shown(collection, stored)).collect()
    }

    /// One resource, by its name in any case.
    pub(crate) fn stored_one(&self, collection: Collection, name: &str) -> Option<Stored> {
        let stored = self.shelf.get(&collection)?.get(&name.to_ascii_lowercase())?;
        Some(self.shown(collection, stored))
    }

    /// Writes a resource whole; a stale etag is refused.
    pub(crate) fn put_stored(
        &mut self,
        collection: Collection,
        name: &str,
        kind: Option<String>,
        properties: Map<String, Value>,
        etag: Option<&str>,
    ) -> Result<Written, Refused> {
        let known = self.stored_one(collection, name);
        if etag.is_some_and(|etag| known.as_ref().is_some_and(|known| known.etag() != etag)) {
            return Err(Refused::Stale);
        }
        self.store(collection, name, kind, properties);
        self.follow(collection, name);
        Ok(if known.is_some() { Written::Updated } else { Written::Created })
    }

    /// Deletes a resource.
    pub(crate) fn delete_stored(&mut self, collection: Collection, name: &str) -> Deleted {
        let removed = self.shelf.get_mut(&collection).and_then(|all| all.remove(&name.to_ascii_lowercase()));
        self.follow(collection, name);
        if removed.is_some() { Deleted::Gone } else { Deleted::NeverWas }
    }

    /// A resource as it shows: one that is a switch shows how the switch stands.
    fn shown(&self, collection: Collection, stored: &Stored) -> Stored {
        let mut shown = stored.clone();
        match collection {
            Collection::AlertRules if shown.makes_incidents() && !self.settings.incident_creation => {
                shown.properties.insert("enabled".into(), false.into());
            }
            Collection::DataConnectors if shown.brings_alerts(&self.estate.subscription_id) => {
                let state = if self.settings.connector { "Enabled" } else { "Disabled" };
                shown.properties.insert("dataTypes".into(), json!({"alerts": {"state": state}}));
            }
            Collection::SecuritySettings if shown.name == SYNC => {
                shown.properties.insert("enabled".into(), self.settings.bidirectional_sync.into());
            }
            _ => {}
        }
        shown
    }

    /// Sets the switches that a written or deleted resource is.
    fn follow(&mut self, collection: Collection, name: &str) {
        let all = self.shelf.entry(collection).or_default();
        match collection {
            Collection::AlertRules => {
                self.settings.incident_creation = all.values().any(|rule| rule.makes_incidents() && rule.is_enabled());
            }
            Collection::DataConnectors => {
                let subscription = &self.estate.subscription_id;
                self.settings.connector = all.values().any(|connector| {
                    let state = connector.properties["dataTypes"]["alerts"]["state"].as_str().unwrap_or_default();
                    connector.brings_alerts(subscription) && state.eq_ignore_ascii_case("Enabled")
                });
            }
            Collection::SecuritySettings if name.eq_ignore_ascii_case(SYNC) => {
                self.settings.bidirectional_sync = all.get(&SYNC.to_ascii_lowercase()).is_some_and(Stored::is_enabled);
            }
            _ => {}
        }
    }

    /// Whether an incident is made of a new alert: the rule is on, and its filters let the alert through.
    pub(super) fn makes_incident_of(&self, alert: &Alert) -> bool {
        let mut rules = self.shelf.get(&Collection::AlertRules).into_iter().flat_map(BTreeMap::values);
        self.settings.incident_creation && rules.any(|rule| rule.makes_incidents() && rule.lets_through(alert))
    }

    /// Whether a suppression rule dismisses a new alert.
    pub(super) fn suppresses(&self, alert: &Alert) -> bool {
        let now = self.now();
        let strikes = |rule: &Stored| {
            let wanted = rule.text("alertType");
            let lives = crate::clock::parse_time(rule.text("expirationDateUtc")).is_none_or(|until| now < until);
            rule.text("state").eq_ignore_ascii_case("Enabled")
                && lives
                && (wanted == "*" || wanted.eq_ignore_ascii_case(&alert.alert_type))
        };
        self.shelf.get(&Collection::SuppressionRules).into_iter().flat_map(BTreeMap::values).any(strikes)
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
    "KeyVaults",
    "Arm",
    "Containers",
    "CloudPosture",
];
