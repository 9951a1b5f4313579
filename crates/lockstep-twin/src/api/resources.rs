//! Resources that are kept as they were written: Sentinel's rules, connectors, bookmarks and onboarding, Defender for
//! Cloud's settings, plans and suppression rules.
//!
//! One row of [`KINDS`] says what is particular about each; the four operations are the same for all. Shapes: the vendor's
//! specifications of Microsoft.SecurityInsights 2024-03-01 and Microsoft.Security (2019-01-01-preview, 2022-05-01,
//! 2024-01-01).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::{Call, invalid_content, text};
use super::incident_parts::{gone, status};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::world::{AutomationRule, Collection, Holder, Refused, Scope, Stored, Unread, World};

/// What is particular about a kind of resource.
struct Kind {
    /// What its operations' names begin with.
    operations: &'static str,
    collection: Collection,
    /// Its type, as its `type` member has it.
    resource_type: &'static str,
    /// Whether it lives in the workspace's Sentinel, or at the subscription.
    in_workspace: bool,
    /// What `kind` may say; empty where there is no such member.
    kinds: &'static [&'static str],
    /// The properties that have to be there, each with its JSON type.
    required: &'static [(&'static str, Type)],
    /// Whether names may be new ones.
    open: bool,
    /// Adds what the service adds.
    finish: fn(&mut Map<String, Value>, &Call),
}

/// A JSON type.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Bool,
    Number,
    Object,
    Array,
}

const KINDS: &[Kind] = &[
    Kind {
        operations: "AlertRules",
        collection: Collection::AlertRules,
        resource_type: "Microsoft.SecurityInsights/alertRules",
        in_workspace: true,
        kinds: &["Fusion", "MicrosoftSecurityIncidentCreation", "Scheduled"],
        required: &[],
        open: true,
        finish: modified,
    },
    Kind {
        operations: "AutomationRules",
        collection: Collection::AutomationRules,
        resource_type: "Microsoft.SecurityInsights/AutomationRules",
        in_workspace: true,
        kinds: &[],
        required: &[
            ("displayName", Type::Text),
            ("order", Type::Number),
            ("triggeringLogic", Type::Object),
            ("actions", Type::Array),
        ],
        open: true,
        finish: authored,
    },
    Kind {
        operations: "Bookmarks",
        collection: Collection::Bookmarks,
        resource_type: "Microsoft.SecurityInsights/Bookmarks",
        in_workspace: true,
        kinds: &[],
        required: &[("displayName", Type::Text), ("query", Type::Text)],
        open: true,
        finish: dated,
    },
    Kind {
        operations: "DataConnectors",
        collection: Collection::DataConnectors,
        resource_type: "Microsoft.SecurityInsights/dataConnectors",
        in_workspace: true,
        kinds: &[
            "AzureActiveDirectory",
            "AzureSecurityCenter",
            "MicrosoftCloudAppSecurity",
            "ThreatIntelligence",
            "Office365",
            "AmazonWebServicesCloudTrail",
            "AzureAdvancedThreatProtection",
            "MicrosoftDefenderAdvancedThreatProtection",
            "MicrosoftThreatIntelligence",
            "PremiumMicrosoftDefenderForThreatIntelligence",
            "RestApiPoller",
        ],
        required: &[],
        open: true,
        finish: nothing,
    },
    Kind {
        operations: "SentinelOnboardingStates",
        collection: Collection::OnboardingStates,
        resource_type: "Microsoft.SecurityInsights/onboardingStates",
        in_workspace: true,
        kinds: &[],
        required: &[],
        open: true,
        finish: nothing,
    },
    Kind {
        operations: "AlertsSuppressionRules",
        collection: Collection::SuppressionRules,
        resource_type: "Microsoft.Security/alertsSuppressionRules",
        in_workspace: false,
        kinds: &[],
        required: &[("alertType", Type::Text), ("reason", Type::Text), ("state", Type::Text)],
        open: true,
        finish: modified,
    },
    Kind {
        operations: "Settings",
        collection: Collection::SecuritySettings,
        resource_type: "Microsoft.Security/settings",
        in_workspace: false,
        kinds: &["AlertSyncSettings", "DataExportSettings", "AlertSuppressionSetting"],
        required: &[("enabled", Type::Bool)],
        open: false,
        finish: nothing,
    },
    Kind {
        operations: "Pricings",
        collection: Collection::Pricings,
        resource_type: "Microsoft.Security/pricings",
        in_workspace: false,
        kinds: &[],
        required: &[("pricingTier", Type::Text)],
        open: false,
        finish: nothing,
    },
];

/// All resources of the kind.
pub(super) fn list(call: &Call) -> Answer {
    let kind = kind(call);
    let size = page::size(call, PAGE, PAGE)?;
    let from: usize = page::after(call)?.unwrap_or(0);
    let wanted_type = call.query.one("AlertType").filter(|text| !text.is_empty());
    let is_wanted = |stored: &Stored| {
        let own = stored.properties.get("alertType").and_then(Value::as_str);
        wanted_type.is_none_or(|wanted| own.is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
    };
    let world = call.twin.world();
    let all: Vec<&Stored> =
        world.stored(&holder(kind, call), kind.collection).filter(|stored| is_wanted(stored)).collect();
    let next = from.saturating_add(size);
    let more = all.len() > next;
    let items = all.iter().skip(from).take(size).map(|stored| resource(kind, stored, &world, call)).collect();
    Ok(page::page(call, items, more.then_some(next)))
}

/// One resource.
pub(super) fn get(call: &Call) -> Answer {
    let kind = kind(call);
    let world = call.twin.world();
    let stored = world.stored_one(&holder(kind, call), kind.collection, call.param("name"));
    Ok(Reply::ok(resource(kind, stored.ok_or_else(|| not_found(call))?, &world, call)))
}

/// Writes a resource whole.
pub(super) fn put(call: &Call) -> Answer {
    let (kind, name) = (kind(call), call.param("name"));
    let holder = holder(kind, call);
    if !kind.open && call.twin.world().stored_one(&holder, kind.collection, name).is_none() {
        return Err(Refusal::bad_request(format!("'{name}' is no name of a resource of type {}.", kind.resource_type)));
    }
    let body = call.object()?;
    let own_kind = the_kind(kind, &body)?;
    let mut properties = match body.get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        None | Some(Value::Null) if kind.required.is_empty() => Map::new(),
        Some(Value::Null) | None => return Err(invalid_content("'properties' is missing")),
        Some(_) => return Err(invalid_content("'properties' must be an object")),
    };
    properties.retain(|_, value| !value.is_null());
    for (member, wanted) in kind.required {
        check(&properties, member, *wanted)?;
    }
    if kind.collection == Collection::AutomationRules {
        playable(name, &properties)?;
    }
    if kind.collection == Collection::SuppressionRules {
        Scope::read(&properties).map_err(Refusal::bad_request)?;
    }
    (kind.finish)(&mut properties, call);
    let etag = text(&body, "etag")?.filter(|etag| !etag.is_empty());
    let mut world = call.twin.world();
    let written = world.put_stored(&holder, kind.collection, name, own_kind, properties, etag.as_deref());
    let written = written.map_err(|refused| match refused {
        Refused::Stale => Refusal::arm(
            StatusCode::CONFLICT,
            "Conflict",
            format!("Newer version of resource '{name}' exists. Data was not saved"),
        ),
        Refused::NotFound | Refused::Limit(_) | Refused::Unfit(_) => not_found(call),
    })?;
    let stored = world.stored_one(&holder, kind.collection, name).ok_or_else(|| not_found(call))?;
    // Defender for Cloud's resources answer 200 for new ones too.
    let status = if kind.in_workspace { status(written) } else { StatusCode::OK };
    Ok(Reply::with(status, resource(kind, stored, &world, call)))
}

/// Whether an automation rule is one, and one that the twin can play.
fn playable(name: &str, properties: &Map<String, Value>) -> Result<(), Refusal> {
    AutomationRule::read(name, properties).map(|_| ()).map_err(|unread| match unread {
        Unread::Invalid(problem) => Refusal::bad_request(format!("The automation rule is not valid: {problem}.")),
        Unread::NotPlayed(what) => {
            let message = format!("The service has {what} in automation rules; this twin does not play them.");
            Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", message)
        }
    })
}

/// Deletes a resource: 200 (Defender for Cloud: 204), and 204 where there was none.
pub(super) fn delete(call: &Call) -> Answer {
    let kind = kind(call);
    let deleted = call.twin.world().delete_stored(&holder(kind, call), kind.collection, call.param("name"));
    let status = if kind.in_workspace { gone(deleted) } else { StatusCode::NO_CONTENT };
    // By the specification, of all kinds only an automation rule's deletion has something to say.
    let speaks = kind.collection == Collection::AutomationRules && status == StatusCode::OK;
    Ok(if speaks { Reply::ok(json!({})) } else { Reply::empty(status) })
}

fn kind(call: &Call) -> &'static Kind {
    let operations = call.operation.name.split('_').next().unwrap_or_default();
    let found = KINDS.iter().find(|kind| kind.operations == operations);
    found.expect("every operation in the table that comes here is named after a kind; a test walks them")
}

fn the_kind(kind: &Kind, body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    if kind.kinds.is_empty() {
        return Ok(None);
    }
    let sent = text(body, "kind")?.ok_or_else(|| Refusal::bad_request("'kind' is required"))?;
    let known = kind.kinds.iter().find(|known| known.eq_ignore_ascii_case(&sent));
    known.map(|known| Some((*known).to_owned())).ok_or_else(|| {
        Refusal::bad_request(format!(
            "'{sent}' is no kind of {}; there are {}",
            kind.resource_type,
            kind.kinds.join(", ")
        ))
    })
}

fn check(properties: &Map<String, Value>, member: &str, wanted: Type) -> Result<(), Refusal> {
    let value = properties.get(member).ok_or_else(|| Refusal::bad_request(format!("'{member}' is required")))?;
    let (fits, named) = match wanted {
        Type::Text => (value.is_string(), "a string"),
        Type::Bool => (value.is_boolean(), "a boolean"),
        Type::Number => (value.is_number(), "a number"),
        Type::Object => (value.is_object(), "an object"),
        Type::Array => (value.is_array(), "an array"),
    };
    if fits { Ok(()) } else { Err(invalid_content(format!("'{member}' must be {named}"))) }
}

/// Whose resources the path names.
fn holder(kind: &Kind, call: &Call) -> Holder {
    if kind.in_workspace { Holder::Workspace(call.place) } else { Holder::subscription(call.param("subscription")) }
}

fn resource(kind: &Kind, stored: &Stored, world: &World, call: &Call) -> Value {
    let (_, own) = kind.resource_type.split_once('/').unwrap_or_default();
    let id = if kind.in_workspace {
        world.sentinels[call.place].workspace.sentinel(own, &stored.name)
    } else {
        format!("{}/providers/{}/{}", call.subscription(), kind.resource_type, stored.name)
    };
    let mut shown = Map::new();
    shown.insert("id".into(), id.into());
    shown.insert("name".into(), stored.name.as_str().into());
    if kind.in_workspace {
        shown.insert("etag".into(), stored.etag().into());
    }
    shown.insert("type".into(), kind.resource_type.into());
    if let Some(own) = &stored.kind {
        shown.insert("kind".into(), own.as_str().into());
    }
    let mut properties = stored.properties.clone();
    if kind.collection == Collection::SuppressionRules && world.has_expired(stored) {
        properties.insert("state".into(), "Expired".into());
    }
    shown.insert("properties".into(), Value::Object(properties));
    Value::Object(shown)
}

fn not_found(call: &Call) -> Refusal {
    Refusal::not_found(format!("Resource '{}' was not found.", call.param("name")))
}

fn nothing(_: &mut Map<String, Value>, _: &Call) {}

fn now(call: &Call) -> Value {
    wire_time(call.twin.world().now()).into()
}

fn modified(properties: &mut Map<String, Value>, call: &Call) {
    properties.insert("lastModifiedUtc".into(), now(call));
}

fn dated(properties: &mut Map<String, Value>, call: &Call) {
    let by = call.actor().client_info();
    properties.entry("created").or_insert_with(|| now(call));
    properties.insert("updated".into(), now(call));
    properties.entry("createdBy").or_insert_with(|| by.clone());
    properties.insert("updatedBy".into(), by);
    properties.entry("labels").or_insert_with(|| json!([]));
}

fn authored(properties: &mut Map<String, Value>, call: &Call) {
    let by = call.actor().client_info();
    properties.insert("createdTimeUtc".into(), now(call));
    properties.insert("lastModifiedTimeUtc".into(), now(call));
    properties.insert("createdBy".into(), by.clone());
    properties.insert("lastModifiedBy".into(), by);
}

const PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::OPERATIONS;

    #[test]
    fn every_operation_that_comes_here_is_named_after_a_kind() {
        let handlers: [fn(&Call) -> Answer; 4] = [list, get, put, delete];
        for operation in OPERATIONS {
            if handlers.iter().any(|handler| std::ptr::fn_addr_eq(*handler, operation.handler)) {
                let prefix = operation.name.split('_').next().unwrap();
                assert!(KINDS.iter().any(|kind| kind.operations == prefix), "{}", operation.name);
            }
        }
    }
}
