//! What a deployment would change: each resource beside what is there.
//!
//! Source: "ARM template deployment what-if operation", Change types.

use arm::Error;
use http::Method;
use serde_json::{Value, json};

use super::carry::{Order, planned};
use super::cloud::Cloud;
use crate::api::{Call, inside};

/// The changes, resource by resource, and last what is in the group and not in the template.
///
/// # Errors
/// What is wrong with the template or the parameters.
pub(crate) fn what_if(call: &Call, order: &Order) -> Result<Vec<Value>, Error> {
    let cloud = Cloud(call);
    let plan = planned(call, order)?;
    let mut changes = Vec::new();
    for resource in plan.in_order() {
        let there = inside::ask(call, Method::GET, &resource.id, &resource.api_version, None);
        let wanted = plan.body(resource, &cloud);
        changes.push(match (there, wanted) {
            (Err(refusal), _) if refusal.status == http::StatusCode::NOT_IMPLEMENTED || is_unserved(&refusal.body) => {
                json!({
                    "resourceId": resource.id,
                    "changeType": "Unsupported",
                    "unsupportedReason": format!("The resource type '{}' is not served by this twin.", resource.kind),
                })
            }
            (Err(_), Ok(after)) => json!({"resourceId": resource.id, "changeType": "Create", "after": after}),
            (Err(_), Err(_)) => json!({"resourceId": resource.id, "changeType": "Create"}),
            (Ok(before), Err(_)) => json!({"resourceId": resource.id, "changeType": "Deploy", "before": before}),
            (Ok(before), Ok(after)) => {
                let mut delta = Vec::new();
                differences("", &before, &after, &mut delta);
                let kind = if delta.is_empty() { "NoChange" } else { "Modify" };
                json!({"resourceId": resource.id, "changeType": kind, "before": before, "after": after, "delta": delta})
            }
        });
    }
    let scope = plan.deployment().placement.to_string();
    let deployed = call.twin.deployed();
    let others = deployed.within(&scope, "").filter(|other| {
        let is_kept = other.kind.contains('/') && other.kind != super::DEPLOYMENTS && other.kind != super::GROUPS;
        is_kept && !plan.resources().iter().any(|one| one.id.eq_ignore_ascii_case(&other.id))
    });
    changes.extend(others.map(
        |other| json!({"resourceId": other.id, "changeType": "Ignore", "before": other.body, "after": other.body}),
    ));
    Ok(changes)
}

/// Whether the error says that the twin has no such resources at all.
fn is_unserved(body: &Value) -> bool {
    body["error"]["code"] == "InvalidResourceType" || body["error"]["code"] == "NotSupportedByTwin"
}

/// What of the wanted is not as it is. What is there and was not asked for is left out: the service added it.
fn differences(path: &str, before: &Value, after: &Value, delta: &mut Vec<Value>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, wanted) in after {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let there = before.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
                match there {
                    Some((_, there)) => differences(&path, there, wanted, delta),
                    None => delta.push(json!({"path": path, "propertyChangeType": "Create", "after": wanted})),
                }
            }
        }
        (Value::String(before), Value::String(after)) if before.eq_ignore_ascii_case(after) => {}
        _ if before == after => {}
        _ => delta.push(json!({"path": path, "propertyChangeType": "Modify", "before": before, "after": after})),
    }
}
