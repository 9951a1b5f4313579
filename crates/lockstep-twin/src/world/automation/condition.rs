//! What an automation rule asks of an incident before it does anything.
//!
//! Operators and their meaning: Microsoft.SecurityInsights/stable/2024-03-01/AutomationRules.json of the vendor's
//! specifications. That texts are compared without regard to case is assumed.

use serde_json::{Map, Value};

use super::Change;
use super::rule::{Unread, invalid, list, text};
use crate::world::{Incident, World};

/// A condition.
pub(super) enum Condition {
    /// Something of the incident as it stands.
    Is(Property, Comparison),
    /// Something changed, and before or after it was so.
    Changed(Changeable, Side, Option<Comparison>),
    /// Something came to a list.
    Added(Listed),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// What can be asked of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Title,
    Description,
    Severity,
    Status,
    RelatedAnalyticRuleIds,
    Tactics,
    Label,
    ProviderName,
    UpdatedBySource,
    AlertProductNames,
    /// A member of the entities of its alerts, by the entities' type.
    Entity(&'static str, &'static str),
    ResourceSubscription,
}

/// What can be asked how it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changeable {
    Severity,
    Status,
    Owner,
}

/// Which side of a change is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}

/// What can be added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Alerts,
    Labels,
    Tactics,
    Comments,
}

/// How values are compared with those that a condition names.
pub(super) struct Comparison {
    how: How,
    negated: bool,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

impl Condition {
    pub(super) fn read(condition: &Value) -> Result<Self, Unread> {
        let kind = condition.get("conditionType").and_then(Value::as_str).unwrap_or_default();
        let nothing = Map::new();
        let properties = match condition.get("conditionProperties") {
            None | Some(Value::Null) => &nothing,
            Some(Value::Object(properties)) => properties,
            Some(_) => return invalid("'conditionProperties' must be an object"),
        };
        let word = |name: &str| text(properties, name).map(Option::unwrap_or_default);
        match kind.to_ascii_lowercase().as_str() {
            "property" => Ok(Self::Is(Property::read(&word("propertyName")?)?, Comparison::read(properties)?)),
            "propertychanged" => {
                let name = word("propertyName")?;
                let changeable = find("propertyName", &name, CHANGEABLE)?;
                let Some(side) = text(properties, "changeType")? else {
                    return Ok(Self::Changed(changeable, Side::To, None));
                };
                let side = find("changeType", &side, &[("ChangedFrom", Side::From), ("ChangedTo", Side::To)])?;
                Ok(Self::Changed(changeable, side, Some(Comparison::read(properties)?)))
            }
            "propertyarraychanged" => {
                find("changeType", &word("changeType")?, &[("Added", ())])?;
                find("arrayType", &word("arrayType")?, LISTED).map(Self::Added)
            }
            "boolean" => {
                let inner = list(properties, "innerConditions", 10)?;
                let inner = inner.iter().map(Self::read).collect::<Result<Vec<_>, _>>()?;
                match word("operator")?.to_ascii_lowercase().as_str() {
                    "and" => Ok(Self::All(inner)),
                    "or" => Ok(Self::Any(inner)),
                    other => invalid(&format!("'{other}' is no 'operator'; there are And, Or")),
                }
            }
            "propertyarray" => Err(Unread::NotPlayed("conditions of type PropertyArray".into())),
            _ => invalid(&format!(
                "'{kind}' is no 'conditionType'; there are Property, PropertyArray, PropertyChanged, PropertyArrayChanged, Boolean"
            )),
        }
    }

    /// Whether an incident meets it; `change` is what happened to the incident, `None` where it is new.
    pub(super) fn holds(&self, world: &World, place: usize, incident: &Incident, change: Option<&Change>) -> bool {
        match self {
            Self::Is(property, comparison) => {
                comparison.holds(&property.of(world, place, incident, change.map(|change| change.source)))
            }
            Self::Changed(what, side, comparison) => change.is_some_and(|change| {
                let (from, to) = (what.of(&change.before), what.of(incident));
                let compared = if *side == Side::From { &from } else { &to };
                from != to && comparison.as_ref().is_none_or(|comparison| comparison.holds(compared))
            }),
            Self::Added(what) => change.is_some_and(|change| what.count(incident) > what.count(&change.before)),
            Self::All(inner) => inner.iter().all(|condition| condition.holds(world, place, incident, change)),
            Self::Any(inner) => inner.iter().any(|condition| condition.holds(world, place, incident, change)),
        }
    }
}

impl Property {
    fn read(name: &str) -> Result<Self, Unread> {
        if let Some((_, property)) = PROPERTIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(*property);
        }
        if NOT_PLAYED.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(Unread::NotPlayed(format!("conditions on {name}")));
        }
        invalid(&format!("'{name}' is not a value of 'propertyName'"))
    }

    fn of(self, world: &World, place: usize, incident: &Incident, source: Option<&str>) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match self {
            Self::Title => one(&incident.title),
            Self::Description => one(&incident.description),
            Self::Severity => one(incident.severity.as_str()),
            Self::Status => one(incident.state.status().as_str()),
            Self::RelatedAnalyticRuleIds => incident.rule_ids.clone(),
            Self::Tactics => incident.tactics.clone(),
            Self::Label => incident.labels.iter().map(|label| label.name.clone()).collect(),
            Self::ProviderName => one(incident.provider_name()),
            Self::UpdatedBySource => source.map(one).unwrap_or_default(),
            Self::AlertProductNames => incident.product_names.clone(),
            Self::Entity(kind, member) => {
                let alerts = incident.alert_ids.iter().filter_map(|id| world.alerts.by_system_id(id));
                let known = alerts.filter(|alert| alert.copy(place).is_some());
                let entities = known.flat_map(|alert| alert.entities.as_array().into_iter().flatten());
                let fitting = entities.filter(|entity| entity.get("type").and_then(Value::as_str) == Some(kind));
                fitting.filter_map(|entity| Some(entity.get(member)?.as_str()?.to_owned())).collect()
            }
            Self::ResourceSubscription => {
                let resources = Self::Entity("azure-resource", "resourceId").of(world, place, incident, source);
                resources.iter().filter_map(|id| Some(id.split('/').nth(2)?.to_owned())).collect()
            }
        }
    }
}

impl Changeable {
    fn of(self, incident: &Incident) -> Vec<String> {
        match self {
            Self::Severity => vec![incident.severity.as_str().into()],
            Self::Status => vec![incident.state.status().as_str().into()],
            Self::Owner => {
                let owner = incident.owner.clone();
                let names = [owner.object_id, owner.email, owner.assigned_to, owner.user_principal_name];
                names.into_iter().flatten().collect()
            }
        }
    }
}

impl Listed {
    fn count(self, incident: &Incident) -> usize {
        match self {
            Self::Alerts => incident.alert_ids.len(),
            Self::Labels => incident.labels.len(),
            Self::Tactics => incident.tactics.len(),
            Self::Comments => incident.comments_count(),
        }
    }
}

impl Comparison {
    fn read(properties: &Map<String, Value>) -> Result<Self, Unread> {
        let operator = text(properties, "operator")?.unwrap_or_default();
        let (how, negated) = find("operator", &operator, OPERATORS)?;
        let values = match properties.get("propertyValues") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => {
                match values.iter().map(|value| Some(value.as_str()?.to_lowercase())).collect() {
                    Some(values) => values,
                    None => return invalid("'propertyValues' must be an array of strings"),
                }
            }
            Some(_) => return invalid("'propertyValues' must be an array of strings"),
        };
        Ok(Self { how, negated, values })
    }

    /// Whether any of `found` compares so with any of the values; where it is negated, whether none does.
    fn holds(&self, found: &[String]) -> bool {
        let fits = |found: &String| {
            let found = found.to_lowercase();
            self.values.iter().any(|value| match self.how {
                How::Equals => found == *value,
                How::Contains => found.contains(value),
                How::StartsWith => found.starts_with(value),
                How::EndsWith => found.ends_with(value),
            })
        };
        found.iter().any(fits) != self.negated
    }
}

fn find<T: Copy>(member: &str, word: &str, known: &[(&str, T)]) -> Result<T, Unread> {
    if let Some((_, found)) = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        return Ok(*found);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    invalid(&format!("'{word}' is not a value of '{member}'; there are {}", names.join(", ")))
}

const PROPERTIES: &[(&str, Property)] = &[
    ("IncidentTitle", Property::Title),
    ("IncidentDescription", Property::Description),
    ("IncidentSeverity", Property::Severity),
    ("IncidentStatus", Property::Status),
    ("IncidentRelatedAnalyticRuleIds", Property::RelatedAnalyticRuleIds),
    ("IncidentTactics", Property::Tactics),
    ("IncidentLabel", Property::Label),
    ("IncidentProviderName", Property::ProviderName),
    ("IncidentUpdatedBySource", Property::UpdatedBySource),
    ("AlertProductNames", Property::AlertProductNames),
    ("AlertAnalyticRuleIds", Property::RelatedAnalyticRuleIds),
    ("AccountName", Property::Entity("account", "name")),
    ("AzureResourceResourceId", Property::Entity("azure-resource", "resourceId")),
    ("AzureResourceSubscriptionId", Property::ResourceSubscription),
    ("HostName", Property::Entity("host", "hostName")),
    ("IPAddress", Property::Entity("ip", "address")),
];

/// What the service can be asked too, and the twin's incidents do not have.
const NOT_PLAYED: &[&str] = &[
    "IncidentCustomDetailsKey",
    "IncidentCustomDetailsValue",
    "AccountAadTenantId",
    "AccountAadUserId",
    "AccountNTDomain",
    "AccountPUID",
    "AccountSid",
    "AccountObjectGuid",
    "AccountUPNSuffix",
    "CloudApplicationAppId",
    "CloudApplicationAppName",
    "DNSDomainName",
    "FileDirectory",
    "FileName",
    "FileHashValue",
    "HostAzureID",
    "HostNetBiosName",
    "HostNTDomain",
    "HostOSVersion",
    "IoTDeviceId",
    "IoTDeviceName",
    "IoTDeviceType",
    "IoTDeviceVendor",
    "IoTDeviceModel",
    "IoTDeviceOperatingSystem",
    "MailboxDisplayName",
    "MailboxPrimaryAddress",
    "MailboxUPN",
    "MailMessageDeliveryAction",
    "MailMessageDeliveryLocation",
    "MailMessageRecipient",
    "MailMessageSenderIP",
    "MailMessageSubject",
    "MailMessageP1Sender",
    "MailMessageP2Sender",
    "MalwareCategory",
    "MalwareName",
    "ProcessCommandLine",
    "ProcessId",
    "RegistryKey",
    "RegistryValueData",
    "Url",
];

const CHANGEABLE: &[(&str, Changeable)] = &[
    ("IncidentSeverity", Changeable::Severity),
    ("IncidentStatus", Changeable::Status),
    ("IncidentOwner", Changeable::Owner),
];

const LISTED: &[(&str, Listed)] = &[
    ("Alerts", Listed::Alerts),
    ("Labels", Listed::Labels),
    ("Tactics", Listed::Tactics),
    ("Comments", Listed::Comments),
];

const OPERATORS: &[(&str, (How, bool))] = &[
    ("Equals", (How::Equals, false)),
    ("NotEquals", (How::Equals, true)),
    ("Contains", (How::Contains, false)),
    ("NotContains", (How::Contains, true)),
    ("StartsWith", (How::StartsWith, false)),
    ("NotStartsWith", (How::StartsWith, true)),
    ("EndsWith", (How::EndsWith, false)),
    ("NotEndsWith", (How::EndsWith, true)),
];
