//! What an incident holds: relations to alerts and bookmarks, and the alerts, entities and bookmarks themselves.
//!
//! Shapes: Microsoft.SecurityInsights/stable/2024-03-01/Incidents.json and EntityTypes.json of the vendor's
//! specifications.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Call, required};
use super::incident_parts::{gone, status};
use super::incidents::{not_found, refusal};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::estate::Workspace;
use crate::world::{Alert, BookmarkRelation, Collection, Holder, Incident, Refused, SentinelStatus, World};

/// The relations of an incident: alerts first, then bookmarks.
pub(super) fn list(call: &Call) -> Answer {
    let size = page::size(call, PAGE, LONGEST_PAGE)?;
    let from: usize = page::after(call)?.unwrap_or(0);
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let all = relations(incident, &world.sentinels[call.place].workspace);
    let next = from.saturating_add(size);
    let more = all.len() > next;
    let items = all.into_iter().skip(from).take(size).map(|(_, relation)| relation).collect();
    Ok(page::page(call, items, more.then_some(next)))
}

/// One relation.
pub(super) fn get(call: &Call) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let mut all = relations(incident, &world.sentinels[call.place].workspace).into_iter();
    let found = all.find(|(name, _)| name.eq_ignore_ascii_case(call.param("part")));
    found
        .map(|(_, relation)| Reply::ok(relation))
        .ok_or_else(|| Refusal::not_found(format!("Relation '{}' was not found.", call.param("part"))))
}

/// Puts an alert or a bookmark into an incident.
pub(super) fn put(call: &Call) -> Answer {
    let sent = call.resource()?;
    let related = required(&sent.properties, "relatedResourceId")?;
    let mut segments = related.rsplit('/');
    let (name, kind) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    let (incident, relation) = (call.param("incident"), call.param("part"));
    let mut world = call.twin.world();
    world.incident_in(call.place, incident).ok_or_else(|| not_found(call))?;
    let written = if kind.eq_ignore_ascii_case("entities") {
        if world.in_defender() {
            return Err(refusal(IN_PORTAL_ALONE, relation, call));
        }
        world.relate_alert_in(call.place, incident, name, Some(relation), &call.actor())
    } else if kind.eq_ignore_ascii_case("bookmarks") {
        let bookmark = BookmarkRelation { name: relation.to_owned(), bookmark: related.clone() };
        world.relate_bookmark(call.place, incident, bookmark, &call.actor())
    } else {
        return Err(Refusal::bad_request(format!("'{related}' is neither an entity nor a bookmark.")));
    };
    let written = written.map_err(|refused| match refused {
        Refused::NotFound => Refusal::not_found(format!("Related resource '{related}' was not found.")),
        refused => refusal(refused, relation, call),
    })?;
    drop(world);
    Ok(Reply { status: status(written), ..get(call)? })
}

/// Takes an alert or a bookmark out of an incident: 200, and 204 where it was not in it.
pub(super) fn delete(call: &Call) -> Answer {
    let (incident, relation) = (call.param("incident"), call.param("part"));
    let mut world = call.twin.world();
    let held = world.incident_in(call.place, incident).is_some_and(|incident| incident.relates_alert(relation));
    if held && world.in_defender() {
        return Err(refusal(IN_PORTAL_ALONE, relation, call));
    }
    let deleted = world.unrelate(call.place, incident, relation, &call.actor());
    Ok(Reply::empty(gone(deleted.map_err(|refused| refusal(refused, relation, call))?)))
}

/// The alerts of an incident, as Sentinel has them. Alerts that Sentinel has no row of are left out (assumed).
pub(super) fn alerts(call: &Call) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let workspace = &world.sentinels[call.place].workspace;
    let shown: Vec<_> = held(&world, incident)
        .filter_map(|alert| Some(alert_entity(alert, alert_status(&world, call.place, alert)?, workspace)))
        .collect();
    Ok(Reply::ok(json!({"value": shown})))
}

fn alert_status(world: &World, place: usize, alert: &Alert) -> Option<SentinelStatus> {
    alert.copy(place)?.at(world.now())
}

/// The entities of an incident's alerts, each once, and how many there are of each kind.
pub(super) fn entities(call: &Call) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let workspace = &world.sentinels[call.place].workspace;
    let mut shown: Vec<Value> = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entity in held(&world, incident).flat_map(|alert| alert.entities.as_array().into_iter().flatten()) {
        let Some((kind, entity)) = entity_of(entity, workspace) else { continue };
        if !shown.iter().any(|known| known["id"] == entity["id"]) {
            *counts.entry(kind).or_default() += 1;
            shown.push(entity);
        }
    }
    let counts: Vec<_> = counts.into_iter().map(|(kind, count)| json!({"entityKind": kind, "count": count})).collect();
    Ok(Reply::ok(json!({"entities": shown, "metaData": counts})))
}

/// The bookmarks of an incident.
pub(super) fn bookmarks(call: &Call) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let shown: Vec<_> =
        incident.bookmarks.iter().map(|relation| bookmark_entity(relation, &world, call.place)).collect();
    Ok(Reply::ok(json!({"value": shown})))
}

fn held<'a>(world: &'a World, incident: &'a Incident) -> impl Iterator<Item = &'a Alert> {
    incident.alert_ids.iter().filter_map(|id| world.alerts.by_system_id(id))
}

/// Every relation of an incident, by name.
fn relations(incident: &Incident, workspace: &Workspace) -> Vec<(String, Value)> {
    let relation = |name: String, related: &str, kind: &str, alert: bool| {
        let related_name = related.rsplit('/').next().unwrap_or(related);
        let mut properties = Map::new();
        properties.insert("relatedResourceId".into(), related.into());
        properties.insert("relatedResourceName".into(), related_name.into());
        properties.insert("relatedResourceType".into(), format!("Microsoft.SecurityInsights/{kind}").into());
        if alert {
            properties.insert("relatedResourceKind".into(), "SecurityAlert".into());
        }
        let value = json!({
            "id": format!("{}/Relations/{name}", workspace.sentinel("Incidents", &incident.name)),
            "name": name,
            "etag": format!("\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{name} {related}").as_bytes())),
            "type": "Microsoft.SecurityInsights/Incidents/Relations",
            "properties": properties,
        });
        (name, value)
    };
    let alerts = incident
        .alert_ids
        .iter()
        .map(|id| relation(incident.relation_name(id), &workspace.sentinel("Entities", id), "Entities", true));
    let bookmarks =
        incident.bookmarks.iter().map(|known| relation(known.name.clone(), &known.bookmark, "Bookmarks", false));
    alerts.chain(bookmarks).collect()
}

fn alert_entity(alert: &Alert, status: SentinelStatus, workspace: &Workspace) -> Value {
    let tactics: Vec<&str> = alert.intent.split(',').map(str::trim).filter(|tactic| !tactic.is_empty()).collect();
    json!({
        "id": workspace.sentinel("Entities", &alert.system_alert_id),
        "name": alert.system_alert_id,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": "SecurityAlert",
        "properties": {
            "systemAlertId": alert.system_alert_id,
            "tactics": tactics,
            "alertDisplayName": alert.display_name,
            "description": alert.description,
            "confidenceLevel": "Unknown",
            "severity": alert.severity.as_str(),
            "vendorName": "Microsoft",
            "productName": alert.product_name,
            "productComponentName": "",
            "alertType": alert.alert_type,
            "processingEndTime": wire_time(alert.generated),
            "status": status.as_str(),
            "endTimeUtc": wire_time(alert.end),
            "startTimeUtc": wire_time(alert.start),
            "timeGenerated": wire_time(alert.generated),
            "providerAlertId": alert.name,
            "alertLink": alert.link(),
            "compromisedEntity": alert.compromised_entity,
            "resourceIdentifiers": [{
                "type": "LogAnalytics",
                "workspaceId": workspace.id,
                "subscriptionId": workspace.subscription_id,
                "resourceGroup": workspace.resource_group,
            }],
            "additionalData": alert.extended_properties,
            "friendlyName": alert.display_name,
        },
    })
}

/// An alert's entity as Sentinel's own, with its kind; `None` for kinds the twin does not make.
fn entity_of(entity: &Value, workspace: &Workspace) -> Option<(&'static str, Value)> {
    let member = |name: &str| entity.get(name).and_then(Value::as_str);
    let (kind, subject, properties) = match member("type")? {
        "azure-resource" => {
            let id = member("resourceId")?;
            (
                "AzureResource",
                id,
                json!({"resourceId": id, "subscriptionId": workspace.subscription_id, "friendlyName": last(id)}),
            )
        }
        "host" => {
            let name = member("hostName")?;
            ("Host", name, json!({"hostName": name, "osFamily": "Unknown", "friendlyName": name}))
        }
        "ip" => {
            let address = member("address")?;
            ("Ip", address, json!({"address": address, "friendlyName": address}))
        }
        "account" => {
            let name = member("name")?;
            ("Account", name, json!({"accountName": name, "friendlyName": name}))
        }
        _ => return None,
    };
    let name = workspace.stable_guid(&format!("entity/{kind}/{subject}")).to_string();
    let entity = json!({
        "id": workspace.sentinel("Entities", &name),
        "name": name,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": kind,
        "properties": properties,
    });
    Some((kind, entity))
}

/// A bookmark as an entity: what was written of it. One that was deleted since has its name alone.
fn bookmark_entity(relation: &BookmarkRelation, world: &World, place: usize) -> Value {
    let name = last(&relation.bookmark);
    let stored = world.stored_one(&Holder::Workspace(place), Collection::Bookmarks, name);
    let mut properties = json!({"displayName": name, "query": "", "labels": []});
    for (member, value) in stored.iter().flat_map(|stored| &stored.properties) {
        if BOOKMARK.contains(&member.as_str()) {
            properties[member] = value.clone();
        }
    }
    properties["friendlyName"] = properties["displayName"].clone();
    json!({
        "id": world.sentinels[place].workspace.sentinel("Bookmarks", name),
        "name": name,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": "Bookmark",
        "properties": properties,
    })
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What an entity tells of a bookmark.
const BOOKMARK: &[&str] = &[
    "created",
    "createdBy",
    "displayName",
    "eventTime",
    "labels",
    "notes",
    "query",
    "queryResult",
    "updated",
    "updatedBy",
];
/// https://learn.microsoft.com/azure/sentinel/move-to-defender; the answer's form is assumed.
const IN_PORTAL_ALONE: Refused =
    Refused::Unfit("alerts are put into and taken out of incidents in the Defender portal alone");
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 1000;
