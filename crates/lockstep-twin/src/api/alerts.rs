//! Microsoft.Security alerts, 2022-01-01 and older: lists, one alert, its state, and sample alerts.
//!
//! Shapes: Microsoft.Security/stable/2022-01-01/alerts.json of the vendor's specifications.

use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, invalid_content};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::estate::Estate;
use crate::tokens;
use crate::world::{Alert, AlertStatus, KINDS};

/// The alerts of a subscription, newest first; of one resource group or one location where the path names it.
pub(super) fn list(call: &Call) -> Answer {
    let before: Option<usize> = page::after(call)?;
    let world = call.twin.world();
    let estate = call.twin.estate();
    let mut newest_first = world.alerts.positions().filter(|(position, alert)| {
        before.is_none_or(|before| *position < before) && is_in_scope(alert, call) && world.keeps(alert)
    });
    let (mut items, mut last) = (Vec::new(), None);
    for (position, alert) in newest_first.by_ref().take(PAGE) {
        items.push(resource(alert, estate, call.version()));
        last = Some(position);
    }
    let more = newest_first.next().is_some();
    Ok(page::page(call, items, last.filter(|_| more)))
}

/// One alert.
pub(super) fn get(call: &Call) -> Answer {
    let world = call.twin.world();
    let alert = world.alert(call.param("alert")).filter(|alert| is_in_scope(alert, call) && world.keeps(alert));
    let alert = alert.ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(resource(alert, call.twin.estate(), call.version())))
}

/// Dismisses an alert.
pub(super) fn dismiss(call: &Call) -> Answer {
    set(call, AlertStatus::Dismissed)
}

/// Resolves an alert.
pub(super) fn resolve(call: &Call) -> Answer {
    set(call, AlertStatus::Resolved)
}

/// Sets an alert active again.
pub(super) fn activate(call: &Call) -> Answer {
    set(call, AlertStatus::Active)
}

/// Sets an alert in progress.
pub(super) fn in_progress(call: &Call) -> Answer {
    set(call, AlertStatus::InProgress)
}

/// Whatever the body says, it says nothing: the operations take none. That any status may follow any other is assumed.
fn set(call: &Call, status: AlertStatus) -> Answer {
    let mut world = call.twin.world();
    let name = call.param("alert");
    let known = world.alert(name).filter(|alert| is_in_scope(alert, call) && world.keeps(alert));
    known.ok_or_else(|| not_found(call))?;
    if call.params.contains_key("group") && !world.settings().group_path_sets_status {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    world.turn_alert(name, status).map_err(|_| not_found(call))?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Raises one sample alert for each bundle. In 2022-01-01 a long-running operation, before that done at once.
pub(super) fn simulate(call: &Call) -> Answer {
    let body = call.object()?;
    let Some(Value::Object(properties)) = body.get("properties") else {
        return Err(invalid_content("'properties' must be an object"));
    };
    match properties.get("kind") {
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("Bundles") => {}
        _ => return Err(Refusal::bad_request("'kind' must be 'Bundles'")),
    }
    let bundles = match properties.get("bundles") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(bundles)) => bundles.clone(),
        Some(_) => return Err(invalid_content("'bundles' must be an array of strings")),
    };
    let known = |bundle: &Value| {
        let name = bundle.as_str().ok_or_else(|| invalid_content("'bundles' must be an array of strings"))?;
        KINDS.iter().find(|kind| kind.bundle.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|kind| kind.bundle).collect();
            Refusal::bad_request(format!("'{name}' is no bundle; there are {}", known.join(", ")))
        })
    };
    let kinds = bundles.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    let mut world = call.twin.world();
    for kind in kinds {
        let mut sample = kind.sample();
        sample.subscription_id = Some(call.param("subscription").to_owned());
        sample.location = Some(call.param("location").to_owned());
        world.raise_alert(sample);
    }
    if call.version() != NEWEST {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let ticket = tokens::sign(&Ticket { simulated: bundles.len() }, &call.twin.secrets().signing_key);
    let location = format!(
        "{}{}/providers/Microsoft.Security/locations/{}/operationResults/{ticket}?api-version={NEWEST}",
        call.origin,
        call.subscription(),
        call.param("location"),
    );
    Ok(Reply::empty(StatusCode::ACCEPTED).header(header::LOCATION, &location).header(header::RETRY_AFTER, "1"))
}

/// What became of a simulation: it is done.
pub(super) fn simulated(call: &Call) -> Answer {
    let ticket: Option<Ticket> = tokens::verify(call.param("operation"), &call.twin.secrets().signing_key);
    ticket
        .map(|_| Reply::empty(StatusCode::NO_CONTENT))
        .ok_or_else(|| Refusal::not_found("There is no such operation."))
}

/// A long-running operation, as its own name.
#[derive(Clone, Serialize, Deserialize)]
struct Ticket {
    simulated: usize,
}

/// Where Defender for Cloud keeps the subscription's data.
pub(super) fn locations(call: &Call) -> Answer {
    Ok(Reply::ok(json!({"value": [location_of(call)]})))
}

/// The one such location.
pub(super) fn location(call: &Call) -> Answer {
    let name = call.param("location");
    if !name.eq_ignore_ascii_case(&call.twin.estate().location) {
        return Err(Refusal::not_found(format!("The location '{name}' was not found.")));
    }
    Ok(Reply::ok(location_of(call)))
}

fn location_of(call: &Call) -> Value {
    let estate = call.twin.estate();
    json!({
        "id": format!("{}/providers/Microsoft.Security/locations/{}", call.subscription(), estate.location),
        "name": estate.location,
        "type": "Microsoft.Security/locations",
        "properties": {"homeRegionName": estate.location},
    })
}

fn is_in_scope(alert: &Alert, call: &Call) -> bool {
    let fits = |name: &str, own: &str| call.params.get(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(own));
    fits("subscription", &alert.subscription_id)
        && fits("group", &alert.resource_group)
        && fits("location", &alert.location)
}

fn not_found(call: &Call) -> Refusal {
    let message =
        format!("The alert '{}' was not found in the location '{}'.", call.param("alert"), call.param("location"));
    Refusal::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
}

fn resource(alert: &Alert, estate: &Estate, version: &str) -> Value {
    let link = alert.link();
    json!({
        "id": alert.id(),
        "name": alert.name,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "version": version,
            "alertType": alert.alert_type,
            "systemAlertId": alert.name,
            "productComponentName": "",
            "alertDisplayName": alert.display_name,
            "description": alert.description,
            "severity": alert.severity.as_str(),
            "intent": alert.intent,
            "startTimeUtc": wire_time(alert.start),
            "endTimeUtc": wire_time(alert.end),
            "resourceIdentifiers": [
                {"azureResourceId": alert.resource_id, "type": "AzureResource"},
                {
                    "workspaceId": estate.workspace_id,
                    "workspaceSubscriptionId": estate.subscription_id,
                    "workspaceResourceGroup": estate.resource_group,
                    "type": "LogAnalytics",
                },
            ],
            "remediationSteps": alert.remediation_steps,
            "vendorName": "Microsoft",
            "status": alert.status.as_str(),
            "extendedLinks": [],
            "alertUri": link,
            "timeGeneratedUtc": wire_time(alert.generated),
            "productName": "Microsoft Defender for Cloud",
            "processingEndTimeUtc": wire_time(alert.generated),
            "entities": alert.entities,
            "isIncident": false,
            "correlationKey": alert.system_alert_id,
            "extendedProperties": alert.extended_properties,
            "compromisedEntity": alert.compromised_entity,
            "techniques": alert.techniques,
            "subTechniques": [],
        },
    })
}

const NEWEST: &str = "2022-01-01";
/// Assumed: the page size is published nowhere.
const PAGE: usize = 100;
