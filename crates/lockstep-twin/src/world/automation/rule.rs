//! An automation rule, read from the resource that says it.
//!
//! Shape: Microsoft.SecurityInsights/stable/2024-03-01/AutomationRules.json of the vendor's specifications.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::condition::Condition;
use crate::clock::parse_time;
use crate::world::{Classification, Closing, IncidentState, IncidentStatus, Owner, Reason, Severity};

/// An automation rule.
pub(crate) struct AutomationRule {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) order: i64,
    /// What it follows; `None` for alerts of scheduled rules, which the twin has none of.
    trigger: Option<Trigger>,
    is_enabled: bool,
    expires: Option<OffsetDateTime>,
    pub(super) conditions: Vec<Condition>,
    pub(super) actions: Vec<Action>,
}

/// What a rule follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    Created,
    Updated,
}

/// What a rule does.
pub(super) enum Action {
    Modify(Modification),
    AddTask {
        title: String,
        description: Option<String>,
    },
    /// The twin runs no playbooks.
    RunPlaybook,
}

/// What a rule changes of an incident.
#[derive(Default)]
pub(super) struct Modification {
    pub(super) severity: Option<Severity>,
    pub(super) state: Option<IncidentState>,
    pub(super) owner: Option<Owner>,
    pub(super) labels: Vec<String>,
}

/// Why a resource is no rule that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The service would not take it either.
    Invalid(String),
    /// The service takes it; the twin does not play it.
    NotPlayed(String),
}

impl AutomationRule {
    /// Reads a rule from a resource's properties.
    pub(crate) fn read(name: &str, properties: &Map<String, Value>) -> Result<Self, Unread> {
        let display_name = text(properties, "displayName")?.unwrap_or_default();
        if display_name.chars().count() > 500 {
            return invalid("'displayName' is longer than 500 characters");
        }
        let order = properties.get("order").and_then(Value::as_i64).filter(|order| (1..=1000).contains(order));
        let Some(order) = order else { return invalid("'order' must be a whole number from 1 to 1000") };
        let Some(Value::Object(logic)) = properties.get("triggeringLogic") else {
            return invalid("'triggeringLogic' must be an object");
        };
        let Some(is_enabled) = logic.get("isEnabled").and_then(Value::as_bool) else {
            return invalid("'isEnabled' must be true or false");
        };
        let on = text(logic, "triggersOn")?.unwrap_or_default();
        let when = text(logic, "triggersWhen")?.unwrap_or_default();
        let trigger = match (on.to_ascii_lowercase().as_str(), when.to_ascii_lowercase().as_str()) {
            ("incidents", "created") => Some(Trigger::Created),
            ("incidents", "updated") => Some(Trigger::Updated),
            ("alerts", "created") => None,
            _ => {
                return invalid(&format!(
                    "a rule does not trigger on '{on}' when '{when}': it may on Incidents when Created or Updated, and on Alerts when Created"
                ));
            }
        };
        let expires = text(logic, "expirationTimeUtc")?;
        let expires = match expires {
            None => None,
            Some(text) => match parse_time(&text) {
                None => return invalid(&format!("'{text}' is no date-time, as 'expirationTimeUtc' must be")),
                at => at,
            },
        };
        let conditions = list(logic, "conditions", 50)?.iter().map(Condition::read).collect::<Result<_, _>>()?;
        let mut actions = Vec::new();
        for action in list(properties, "actions", 20)? {
            let Some(order) = action.get("order").and_then(Value::as_i64) else {
                return invalid("each of 'actions' must have a whole number as 'order'");
            };
            actions.push((order, read_action(action)?));
        }
        actions.sort_by_key(|(order, _)| *order);
        let actions = actions.into_iter().map(|(_, action)| action).collect();
        Ok(Self { name: name.into(), display_name, order, trigger, is_enabled, expires, conditions, actions })
    }

    /// Whether it is on and follows `trigger` at `now`.
    pub(super) fn is_due(&self, trigger: Trigger, now: OffsetDateTime) -> bool {
        self.is_enabled && self.trigger == Some(trigger) && self.expires.is_none_or(|until| now < until)
    }
}

fn read_action(action: &Value) -> Result<Action, Unread> {
    let kind = action.get("actionType").and_then(Value::as_str).unwrap_or_default();
    let nothing = Map::new();
    let configuration = match action.get("actionConfiguration") {
        None | Some(Value::Null) => &nothing,
        Some(Value::Object(configuration)) => configuration,
        Some(_) => return invalid("'actionConfiguration' must be an object"),
    };
    match kind.to_ascii_lowercase().as_str() {
        "modifyproperties" => modification(configuration).map(Action::Modify),
        "addincidenttask" => {
            let title = text(configuration, "title")?;
            let Some(title) = title else { return invalid("a task needs a 'title'") };
            Ok(Action::AddTask { title, description: text(configuration, "description")? })
        }
        "runplaybook" => Ok(Action::RunPlaybook),
        _ => invalid(&format!("'{kind}' is no 'actionType'; there are ModifyProperties, RunPlaybook, AddIncidentTask")),
    }
}

fn modification(configuration: &Map<String, Value>) -> Result<Modification, Unread> {
    let status = word(configuration, "status", IncidentStatus::parse)?;
    let classification = word(configuration, "classification", Classification::parse)?;
    let reason = word(configuration, "classificationReason", Reason::parse)?;
    let comment = text(configuration, "classificationComment")?;
    let state = match (status, classification) {
        (None, _) => None,
        (Some(IncidentStatus::New), _) => Some(IncidentState::New),
        (Some(IncidentStatus::Active), _) => Some(IncidentState::Active),
        (Some(IncidentStatus::Closed), None) => return invalid("a rule that closes needs a 'classification'"),
        (Some(IncidentStatus::Closed), Some(classification)) => {
            let fits = match reason {
                None => classification.reasons().is_empty(),
                Some(reason) => classification.reasons().contains(&reason),
            };
            if !fits {
                return invalid(&format!(
                    "'classificationReason' does not go with the classification '{}'",
                    classification.as_str()
                ));
            }
            Some(IncidentState::Closed(Closing { classification, reason, comment }))
        }
    };
    let owner = match configuration.get("owner") {
        None | Some(Value::Null) => None,
        Some(Value::Object(owner)) => Some(Owner {
            object_id: text(owner, "objectId")?,
            email: text(owner, "email")?,
            assigned_to: text(owner, "assignedTo")?,
            user_principal_name: text(owner, "userPrincipalName")?,
        }),
        Some(_) => return invalid("'owner' must be an object"),
    };
    let mut labels = Vec::new();
    for label in list(configuration, "labels", usize::MAX)? {
        match label.get("labelName").and_then(Value::as_str) {
            Some(name) => labels.push(name.to_owned()),
            None => return invalid("each of 'labels' must have a 'labelName'"),
        }
    }
    let severity = word(configuration, "severity", Severity::parse)?;
    Ok(Modification { severity, state, owner: owner.filter(|owner| *owner != Owner::default()), labels })
}

pub(super) fn invalid<T>(problem: &str) -> Result<T, Unread> {
    Err(Unread::Invalid(problem.into()))
}

/// A string member; an empty one counts as none.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Unread> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => invalid(&format!("'{name}' must be a string")),
    }
}

fn word<T>(object: &Map<String, Value>, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Unread> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    match parse(&text) {
        None => invalid(&format!("'{text}' is not a value of '{name}'")),
        word => Ok(word),
    }
}

/// An array of at most `most` objects; a missing one is empty.
pub(super) fn list<'a>(object: &'a Map<String, Value>, name: &str, most: usize) -> Result<&'a [Value], Unread> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) if items.iter().all(Value::is_object) => {
            if items.len() > most {
                return invalid(&format!("'{name}' may hold {most} at most"));
            }
            Ok(items)
        }
        Some(_) => invalid(&format!("'{name}' must be an array of objects")),
    }
}
