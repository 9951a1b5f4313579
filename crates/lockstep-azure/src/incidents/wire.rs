//! Incidents as Sentinel spells them.

use lockstep_core::{Classification, Closing, IncidentId, IncidentState, Owner, Severity, Time, Version};
use serde_json::{Map, Value, json};

use super::{FreshIncident, IncidentChange};
use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::reply::Reply;
use crate::wire_time;

/// Reads an incident, which must be the one that was asked for.
pub fn incident(reply: &Reply, id: &IncidentId) -> Result<FreshIncident, Fault> {
    let read = || -> Result<FreshIncident, Wrong> {
        let document = json::object(&reply.body)?;
        let name = json::text(&document, "name")?;
        if IncidentId::parse(name).as_ref() != Some(id) {
            return Err(format!("incident \"{}\" came where {id} was asked for", name.escape_debug()));
        }
        resource(document, id.clone(), reply.date())
    };
    read().map_err(|found| Fault::Malformed { found })
}

/// Reads an incident of a list. It was read when it was last changed, or later.
pub fn listed(document: &Map<String, Value>) -> Result<FreshIncident, Wrong> {
    let name = json::text(document, "name")?;
    let id = IncidentId::parse(name).ok_or_else(|| format!("\"{}\" names no incident", name.escape_debug()))?;
    resource(document.clone(), id, None)
}

fn resource(document: Map<String, Value>, id: IncidentId, at: Option<Time>) -> Result<FreshIncident, Wrong> {
    let version = json::text(&document, "etag")?;
    if version.is_empty() {
        return Err("\"etag\" is empty".to_owned());
    }
    let properties = json::member(&document, "properties")?;
    let additional = json::member(properties, "additionalData")?;
    let time = |name: &str| {
        let text = json::text(properties, name)?;
        wire_time::read(text).ok_or_else(|| format!("\"{name}\" is no time: \"{}\"", text.escape_debug()))
    };
    let modified = time("lastModifiedTimeUtc")?;
    let owner_value = properties.get("owner").unwrap_or(&Value::Null);
    Ok(FreshIncident {
        id,
        number: json::number(properties, "incidentNumber")?,
        title: json::text(properties, "title")?.to_owned(),
        severity: severity(json::text(properties, "severity")?),
        state: state(properties)?,
        labels: labels(json::list(properties, "labels")?)?,
        created: time("createdTimeUtc")?,
        modified,
        owner: owner(owner_value),
        comments_count: json::optional_number(additional, "commentsCount")?,
        // Without a date of the answer, it is at least as late as the last change.
        at: at.unwrap_or(modified),
        alerts_count: json::number(additional, "alertsCount")?,
        bookmarks_count: json::number(additional, "bookmarksCount")?,
        products: texts(json::list(additional, "alertProductNames")?)?,
        version: Version(version.to_owned()),
        document,
    })
}

/// The body of a write: the document with the planned members changed and those that cannot be written left out.
pub fn body(document: &Map<String, Value>, change: &IncidentChange) -> Value {
    let mut body = writable(document);
    if let Some(Value::Object(properties)) = body.get_mut("properties") {
        let status = match change {
            IncidentChange::New => "New",
            IncidentChange::Active => "Active",
            IncidentChange::Closed(_) => "Closed",
        };
        properties.insert("status".to_owned(), json!(status));
        properties.retain(|name, _| !CLOSING.contains(&name.as_str()));
        if let IncidentChange::Closed(Closing { classification, comment }) = change {
            let (word, reason) = words(*classification);
            properties.insert("classification".to_owned(), json!(word));
            if let Some(reason) = reason {
                properties.insert("classificationReason".to_owned(), json!(reason));
            }
            properties.insert("classificationComment".to_owned(), json!(comment));
        }
    }
    Value::Object(body)
}

/// The body of a write that adds a label and changes nothing else.
pub fn tagged(document: &Map<String, Value>, tag: &str) -> Value {
    let mut body = writable(document);
    if let Some(Value::Object(properties)) = body.get_mut("properties") {
        let labels = properties.entry("labels").or_insert_with(|| json!([]));
        if let Value::Array(labels) = labels {
            labels.push(json!({ "labelName": tag }));
        }
    }
    Value::Object(body)
}

/// The document without the members that cannot be written.
fn writable(document: &Map<String, Value>) -> Map<String, Value> {
    let mut body = document.clone();
    body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    if let Some(Value::Object(properties)) = body.get_mut("properties") {
        properties.retain(|name, _| !READ_ONLY_PROPERTIES.contains(&name.as_str()));
        for label in properties.get_mut("labels").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(label) = label {
                label.remove("labelType");
            }
        }
    }
    body
}

/// A severity by its word.
pub fn severity(word: &str) -> Severity {
    match word {
        "High" => Severity::High,
        "Medium" => Severity::Medium,
        "Low" => Severity::Low,
        "Informational" => Severity::Informational,
        _ => Severity::Unknown,
    }
}

/// The names in a list of labels.
pub fn labels(list: &[Value]) -> Result<Vec<String>, Wrong> {
    list.iter()
        .map(|label| match label {
            Value::Object(label) => json::text(label, "labelName").map(str::to_owned),
            other => Err(format!("a label is {}, an object was expected", json::kind(other))),
        })
        .collect()
}

/// Whose an incident is: every name that its owner goes by.
pub fn owner(owner: &Value) -> Owner {
    let name = |member: &'static str| owner.get(member).and_then(Value::as_str).filter(|name| !name.is_empty());
    let names: Vec<String> = OWNER_NAMES.into_iter().filter_map(name).map(str::to_owned).collect();
    if names.is_empty() { Owner::Nobody } else { Owner::Somebody(names) }
}

fn state(properties: &Map<String, Value>) -> Result<IncidentState, Wrong> {
    Ok(match json::text(properties, "status")? {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        "Closed" => {
            let text = |name| json::optional_text(properties, name);
            let [word, reason] = [text("classification")?, text("classificationReason")?];
            IncidentState::Closed(closing(word, reason, text("classificationComment")?))
        }
        word => IncidentState::Other(word.to_owned()),
    })
}

/// What a closed incident says it turned out to be; `None` where it says nothing or a pair that is not known.
pub fn closing(word: &str, reason: &str, comment: &str) -> Option<Closing> {
    let of = |pair: &Classification| words(*pair) == (word, (!reason.is_empty()).then_some(reason));
    let classification = Classification::ALL.iter().copied().find(of);
    classification.map(|classification| Closing { classification, comment: comment.to_owned() })
}

fn words(classification: Classification) -> (&'static str, Option<&'static str>) {
    match classification {
        Classification::TruePositive => ("TruePositive", Some("SuspiciousActivity")),
        Classification::BenignPositive => ("BenignPositive", Some("SuspiciousButExpected")),
        Classification::FalsePositiveLogic => ("FalsePositive", Some("IncorrectAlertLogic")),
        Classification::FalsePositiveData => ("FalsePositive", Some("InaccurateData")),
        Classification::Undetermined => ("Undetermined", None),
    }
}

fn texts(list: &[Value]) -> Result<Vec<String>, Wrong> {
    let text = |it: &Value| {
        it.as_str().map(str::to_owned).ok_or_else(|| format!("{} stands in a list of texts", json::kind(it)))
    };
    list.iter().map(text).collect()
}

/// What names an owner. Source: `common/IncidentTypes.json`, IncidentOwnerInfo.
const OWNER_NAMES: [&str; 4] = ["objectId", "userPrincipalName", "email", "assignedTo"];

/// Members of a resource that the service alone writes. Source: `common/2.0/types.json`, Resource.
const READ_ONLY: [&str; 4] = ["id", "name", "type", "systemData"];

/// Properties that the service alone writes. Source: `Incidents.json`, IncidentProperties, 2024-03-01; `teamInformation` in 2025-10-01-preview.
const READ_ONLY_PROPERTIES: [&str; 9] = [
    "additionalData",
    "createdTimeUtc",
    "incidentNumber",
    "incidentUrl",
    "lastModifiedTimeUtc",
    "providerIncidentId",
    "providerName",
    "relatedAnalyticRuleIds",
    "teamInformation",
];

/// Properties that mean something only where the incident is closed.
const CLOSING: [&str; 3] = ["classification", "classificationReason", "classificationComment"];
