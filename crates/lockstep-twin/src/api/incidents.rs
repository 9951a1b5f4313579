//! Microsoft.SecurityInsights incidents: list, get, put, delete.
//!
//! Shapes: Microsoft.SecurityInsights/stable/2024-03-01/Incidents.json of the vendor's specifications.

mod fields;
mod resource;

use std::ops::Bound;

use http::StatusCode;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use self::fields::{CREATED, FIELDS, MODIFIED};
use self::resource::Shown;
use super::call::{Call, Resource, invalid_content, required, text, word};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::parse_time;
use crate::odata::{self, Filter, Order};
use crate::world::{
    Classification, Closing, Incident, IncidentState, IncidentStatus, IncidentWrite, Incidents, Owner, Reason, Refused,
    Sentinel, Severity,
};

/// The incidents that `$filter` lets through, in the order of `$orderby`, `$top` a page.
///
/// The order where none is asked for, newest first, is assumed.
pub(super) fn list(call: &Call) -> Answer {
    let size = page::size(call, PAGE, LONGEST_PAGE)?;
    let bad = |error: String| Refusal::bad_request(format!("Invalid OData expression: {error}."));
    let asked = |name| call.query.one(name).filter(|text| !text.trim().is_empty());
    let filter = asked("$filter").map(|text| Filter::parse(text, FIELDS)).transpose().map_err(bad)?;
    let order =
        asked("$orderby").map(|text| odata::parse_order(text, FIELDS)).transpose().map_err(bad)?.unwrap_or_default();
    let world = call.twin.world();
    let Sentinel { workspace, incidents, .. } = &world.sentinels[call.place];
    let passes = |incident: &&Incident| filter.as_ref().is_none_or(|filter| filter.holds(incident));
    let (items, last) = match index(&order) {
        Some((index, descending)) => {
            let after: Option<(i128, u32)> = page::after(call)?;
            let mut found = along(incidents, index, descending, after).filter(passes);
            let items: Vec<&Incident> = found.by_ref().take(size).collect();
            let last = items.last().filter(|_| found.next().is_some()).map(|incident| index.mark(incident));
            (items, last.map(Mark::After))
        }
        None => {
            let from: usize = page::after(call)?.unwrap_or(0);
            let mut found: Vec<&Incident> = incidents.iter().filter(passes).collect();
            found.sort_by(|left, right| compare(left, right, &order));
            let more = found.len() > from.saturating_add(size);
            (found.into_iter().skip(from).take(size).collect(), more.then(|| Mark::From(from + size)))
        }
    };
    let items: Vec<_> =
        items.into_iter().map(|incident| Shown { incident, workspace, version: call.version() }).collect();
    Ok(match last {
        None => page::whole(items),
        Some(Mark::After(mark)) => page::page(call, items, Some(mark)),
        Some(Mark::From(from)) => page::page(call, items, Some(from)),
    })
}

/// Where the next page begins.
enum Mark {
    After((i128, u32)),
    From(usize),
}

/// The orders that are kept ready.
#[derive(Clone, Copy)]
enum Index {
    Created,
    Modified,
}

impl Index {
    fn time(self, incident: &Incident) -> OffsetDateTime {
        match self {
            Self::Created => incident.created,
            Self::Modified => incident.modified,
        }
    }

    fn mark(self, incident: &Incident) -> (i128, u32) {
        (self.time(incident).unix_timestamp_nanos(), incident.number)
    }
}

/// The kept order that serves `order`, and whether it goes down.
fn index(order: &[Order<Incident>]) -> Option<(Index, bool)> {
    match order {
        [] => Some((Index::Created, true)),
        [step] if step.field.path == CREATED => Some((Index::Created, step.descending)),
        [step] if step.field.path == MODIFIED => Some((Index::Modified, step.descending)),
        _ => None,
    }
}

/// The incidents along a kept order, from after the mark of an earlier page.
fn along(
    incidents: &Incidents,
    index: Index,
    descending: bool,
    after: Option<(i128, u32)>,
) -> Box<dyn Iterator<Item = &Incident> + '_> {
    let order = match index {
        Index::Created => incidents.by_created(),
        Index::Modified => incidents.by_modified(),
    };
    let after = after.and_then(|(at, number)| Some((OffsetDateTime::from_unix_timestamp_nanos(at).ok()?, number)));
    let bound = after.map_or(Bound::Unbounded, Bound::Excluded);
    let get = |(_, number): &(OffsetDateTime, u32)| incidents.numbered(*number);
    if descending {
        Box::new(order.range((Bound::Unbounded, bound)).rev().filter_map(get))
    } else {
        Box::new(order.range((bound, Bound::Unbounded)).filter_map(get))
    }
}

fn compare(left: &Incident, right: &Incident, order: &[Order<Incident>]) -> std::cmp::Ordering {
    let steps = order.iter().map(|step| {
        let found = odata::order(&(step.field.read)(left), &(step.field.read)(right));
        if step.descending { found.reverse() } else { found }
    });
    steps.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(left.number.cmp(&right.number))
}

/// One incident.
pub(super) fn get(call: &Call) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let workspace = &world.sentinels[call.place].workspace;
    Ok(Reply::written(&Shown { incident, workspace, version: call.version() }))
}

/// Makes an incident or writes one whole. The etag stands in the body: a stale one is a conflict, none overwrites.
pub(super) fn put(call: &Call) -> Answer {
    let Resource { properties, etag } = call.resource()?;
    let write = read(&properties)?;
    let name = call.param("incident");
    let mut world = call.twin.world();
    let created = world
        .write_incident_in(call.place, name, write, etag.as_deref(), &call.actor())
        .map_err(|refused| refusal(refused, name, call))?;
    let incident = world.incident_in(call.place, name).ok_or_else(|| not_found(call))?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let workspace = &world.sentinels[call.place].workspace;
    Ok(Reply { status, ..Reply::written(&Shown { incident, workspace, version: call.version() }) })
}

/// Deletes an incident: 200, and 204 where there was none.
pub(super) fn delete(call: &Call) -> Answer {
    let known = call.twin.world().delete_incident_in(call.place, call.param("incident"));
    Ok(Reply::empty(if known { StatusCode::OK } else { StatusCode::NO_CONTENT }))
}

/// Reads what may be written of an incident; what is read-only or unknown is passed over, as the service does.
fn read(properties: &Map<String, Value>) -> Result<IncidentWrite, Refusal> {
    let description = text(properties, "description")?.unwrap_or_default();
    if description.chars().count() > DESCRIPTION {
        return Err(Refusal::bad_request(format!("The description is longer than {DESCRIPTION} characters.")));
    }
    let status = word(properties, "status", IncidentStatus::parse)?.ok_or_else(|| missing("status"))?;
    Ok(IncidentWrite {
        title: required(properties, "title")?,
        severity: word(properties, "severity", Severity::parse)?.ok_or_else(|| missing("severity"))?,
        description,
        state: state(properties, status)?,
        owner: owner(properties)?,
        labels: labels(properties)?,
        first_activity: moment(properties, "firstActivityTimeUtc")?,
        last_activity: moment(properties, "lastActivityTimeUtc")?,
    })
}

fn missing(name: &str) -> Refusal {
    Refusal::bad_request(format!("'{name}' is required"))
}

/// Where the incident is to stand. Closing needs a classification, and the reason that goes with it.
///
/// Evidence: for `BenignPositive` without a reason the service's text was seen; the other texts are modelled on it.
/// That an open incident has no classification is assumed.
fn state(properties: &Map<String, Value>, status: IncidentStatus) -> Result<IncidentState, Refusal> {
    let classification = word(properties, "classification", Classification::parse)?;
    let reason = word(properties, "classificationReason", Reason::parse)?;
    let comment = text(properties, "classificationComment")?;
    match status {
        IncidentStatus::New => return Ok(IncidentState::New),
        IncidentStatus::Active => return Ok(IncidentState::Active),
        IncidentStatus::Closed => {}
    }
    let classification = classification.ok_or_else(|| {
        Refusal::bad_request("to update incident status as 'closed', request must include classification.")
    })?;
    let known = classification.reasons();
    match reason {
        None if known.is_empty() => {}
        Some(reason) if known.contains(&reason) => {}
        None => {
            let message = format!("classification '{}' must have classificationReason.", classification.as_str());
            return Err(Refusal::bad_request(message));
        }
        Some(reason) => {
            let message = format!(
                "classification '{}' cannot have classificationReason '{}'.",
                classification.as_str(),
                reason.as_str()
            );
            return Err(Refusal::bad_request(message));
        }
    }
    Ok(IncidentState::Closed(Closing { classification, reason, comment }))
}

fn owner(properties: &Map<String, Value>) -> Result<Owner, Refusal> {
    let owner = match properties.get("owner") {
        None | Some(Value::Null) => return Ok(Owner::default()),
        Some(Value::Object(owner)) => owner,
        Some(_) => return Err(invalid_content("'owner' must be an object")),
    };
    let object_id = text(owner, "objectId")?.filter(|id| !id.is_empty());
    if let Some(id) = &object_id
        && Uuid::parse_str(id).is_err()
    {
        return Err(invalid_content(format!("'{id}' is no GUID, as 'objectId' of 'owner' must be")));
    }
    Ok(Owner {
        object_id,
        email: text(owner, "email")?,
        assigned_to: text(owner, "assignedTo")?,
        user_principal_name: text(owner, "userPrincipalName")?,
    })
}

fn labels(properties: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let labels = match properties.get("labels") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(labels)) => labels,
        Some(_) => return Err(invalid_content("'labels' must be an array")),
    };
    let name = |label: &Value| match label {
        Value::Object(label) => required(label, "labelName"),
        _ => Err(invalid_content("each of 'labels' must be an object")),
    };
    let mut names = labels.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.to_lowercase()));
    Ok(names)
}

fn moment(properties: &Map<String, Value>, name: &str) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(text) = text(properties, name)? else { return Ok(None) };
    parse_time(&text).map(Some).ok_or_else(|| invalid_content(format!("'{text}' is no date-time, as '{name}' must be")))
}

/// The 404 of an incident.
pub(super) fn not_found(call: &Call) -> Refusal {
    Refusal::not_found(format!("Incident '{}' was not found.", call.param("incident")))
}

/// What the service answers where the world refuses.
pub(super) fn refusal(refused: Refused, resource: &str, call: &Call) -> Refusal {
    match refused {
        Refused::NotFound => not_found(call),
        Refused::Stale => Refusal::arm(
            StatusCode::CONFLICT,
            "Conflict",
            format!("Newer version of resource '{resource}' exists. Data was not saved"),
        ),
        Refused::Limit(why) | Refused::Unfit(why) => {
            Refusal::bad_request(format!("The request cannot be done: {why}."))
        }
    }
}

/// msticpy's documents name it; assumed to be the service's own.
const PAGE: usize = 50;
/// https://learn.microsoft.com/azure/sentinel/sentinel-service-limits
const LONGEST_PAGE: usize = 1000;
const DESCRIPTION: usize = 5000;
