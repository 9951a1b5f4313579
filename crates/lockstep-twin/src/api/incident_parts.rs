//! Comments and tasks of an incident: list, get, put, delete of either.
//!
//! Shapes: Microsoft.SecurityInsights/stable/2025-09-01/Incidents.json of the vendor's specifications. Every write of one
//! writes the incident too, so its etag changes (SentinelAutomationModules issue 211 for comments; assumed for tasks).

use http::StatusCode;
use serde_json::{Value, json};

use super::call::{Call, required, text, word};
use super::incidents::{not_found, refusal};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::estate::Workspace;
use crate::odata::{self, Cell, Field, Filter, Kind};
use crate::world::{Comment, CommentWrite, Deleted, Incident, Task, TaskStatus, TaskWrite, Written, part_etag};

/// The comments of an incident, oldest first unless asked otherwise.
pub(super) fn comments(call: &Call) -> Answer {
    list(call, |incident| &incident.comments, COMMENT_FIELDS, comment_of)
}

/// One comment.
pub(super) fn comment(call: &Call) -> Answer {
    get(call, |incident| incident.comments.iter().find(|comment| is_named(call, &comment.name)), comment_of)
}

/// Writes a comment.
pub(super) fn put_comment(call: &Call) -> Answer {
    let sent = call.resource()?;
    let message = required(&sent.properties, "message")?;
    if message.chars().count() > COMMENT {
        return Err(Refusal::bad_request(format!("The comment is longer than {COMMENT} characters.")));
    }
    let (incident, name) = (call.param("incident"), call.param("part"));
    let write = CommentWrite { message, etag: sent.etag };
    let written = call.twin.world().write_comment(call.place, incident, name, write, &call.actor());
    let written = written.map_err(|refused| refusal(refused, name, call))?;
    Ok(Reply { status: status(written), ..comment(call)? })
}

/// Deletes a comment: 200, and 204 where there was none.
pub(super) fn delete_comment(call: &Call) -> Answer {
    let (incident, name) = (call.param("incident"), call.param("part"));
    let deleted = call.twin.world().delete_comment(call.place, incident, name, &call.actor());
    Ok(Reply::empty(gone(deleted.map_err(|refused| refusal(refused, name, call))?)))
}

/// The tasks of an incident, oldest first unless asked otherwise.
pub(super) fn tasks(call: &Call) -> Answer {
    list(call, |incident| &incident.tasks, TASK_FIELDS, task_of)
}

/// One task.
pub(super) fn task(call: &Call) -> Answer {
    get(call, |incident| incident.tasks.iter().find(|task| is_named(call, &task.name)), task_of)
}

/// Writes a task.
pub(super) fn put_task(call: &Call) -> Answer {
    let sent = call.resource()?;
    let status_word = word(&sent.properties, "status", TaskStatus::parse)?;
    let write = TaskWrite {
        title: required(&sent.properties, "title")?,
        description: text(&sent.properties, "description")?,
        status: status_word.ok_or_else(|| Refusal::bad_request("'status' is required"))?,
        etag: sent.etag,
    };
    let (incident, name) = (call.param("incident"), call.param("part"));
    let written = call.twin.world().write_task(call.place, incident, name, write, &call.actor());
    let written = written.map_err(|refused| refusal(refused, name, call))?;
    Ok(Reply { status: status(written), ..task(call)? })
}

/// Deletes a task: 200, and 204 where there was none.
pub(super) fn delete_task(call: &Call) -> Answer {
    let (incident, name) = (call.param("incident"), call.param("part"));
    let deleted = call.twin.world().delete_task(call.place, incident, name, &call.actor());
    Ok(Reply::empty(gone(deleted.map_err(|refused| refusal(refused, name, call))?)))
}

fn list<T>(
    call: &Call,
    parts: fn(&Incident) -> &Vec<T>,
    fields: &'static [Field<T>],
    show: fn(&T, &Incident, &Workspace) -> Value,
) -> Answer {
    let size = page::size(call, PAGE, LONGEST_PAGE)?;
    let from: usize = page::after(call)?.unwrap_or(0);
    let bad = |error: String| Refusal::bad_request(format!("Invalid OData expression: {error}."));
    let asked = |name| call.query.one(name).filter(|text| !text.trim().is_empty());
    let filter = asked("$filter").map(|text| Filter::parse(text, fields)).transpose().map_err(bad)?;
    let order =
        asked("$orderby").map(|text| odata::parse_order(text, fields)).transpose().map_err(bad)?.unwrap_or_default();
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    let mut found: Vec<&T> =
        parts(incident).iter().filter(|part| filter.as_ref().is_none_or(|filter| filter.holds(part))).collect();
    for step in order.iter().rev() {
        found.sort_by(|left, right| {
            let found = odata::order(&(step.field.read)(left), &(step.field.read)(right));
            if step.descending { found.reverse() } else { found }
        });
    }
    let next = from.saturating_add(size);
    let more = found.len() > next;
    let items = found
        .into_iter()
        .skip(from)
        .take(size)
        .map(|part| show(part, incident, &world.sentinels[call.place].workspace))
        .collect();
    Ok(page::page(call, items, more.then_some(next)))
}

fn get<T>(call: &Call, find: impl Fn(&Incident) -> Option<&T>, show: fn(&T, &Incident, &Workspace) -> Value) -> Answer {
    let world = call.twin.world();
    let incident = world.incident_in(call.place, call.param("incident")).ok_or_else(|| not_found(call))?;
    match find(incident) {
        Some(part) => Ok(Reply::ok(show(part, incident, &world.sentinels[call.place].workspace))),
        None => Err(Refusal::not_found(format!("Resource '{}' was not found.", call.param("part")))),
    }
}

/// The status of a write.
pub(super) fn status(written: Written) -> StatusCode {
    match written {
        Written::Created => StatusCode::CREATED,
        Written::Updated => StatusCode::OK,
    }
}

/// The status of a deletion.
pub(super) fn gone(deleted: Deleted) -> StatusCode {
    match deleted {
        Deleted::Gone => StatusCode::OK,
        Deleted::NeverWas => StatusCode::NO_CONTENT,
    }
}

fn is_named(call: &Call, name: &str) -> bool {
    name.eq_ignore_ascii_case(call.param("part"))
}

fn comment_of(comment: &Comment, incident: &Incident, workspace: &Workspace) -> Value {
    json!({
        "id": format!("{}/Comments/{}", workspace.sentinel("Incidents", &incident.name), comment.name),
        "name": comment.name,
        "etag": part_etag(comment.version, comment.modified),
        "type": "Microsoft.SecurityInsights/Incidents/Comments",
        "properties": {
            "message": comment.message,
            "createdTimeUtc": wire_time(comment.created),
            "lastModifiedTimeUtc": wire_time(comment.modified),
            "author": comment.author.client_info(),
        },
    })
}

fn task_of(task: &Task, incident: &Incident, workspace: &Workspace) -> Value {
    let mut shown = json!({
        "id": format!("{}/Tasks/{}", workspace.sentinel("Incidents", &incident.name), task.name),
        "name": task.name,
        "etag": part_etag(task.version, task.modified),
        "type": "Microsoft.SecurityInsights/Incidents/Tasks",
        "properties": {
            "title": task.title,
            "status": task.status.as_str(),
            "createdTimeUtc": wire_time(task.created),
            "lastModifiedTimeUtc": wire_time(task.modified),
            "createdBy": task.created_by.client_info(),
            "lastModifiedBy": task.modified_by.client_info(),
        },
    });
    task.description.iter().for_each(|description| shown["properties"]["description"] = description.as_str().into());
    shown
}

const COMMENT_FIELDS: &[Field<Comment>] = &[
    Field { path: "name", kind: Kind::Text, read: |comment| Cell::Text(comment.name.clone()) },
    Field { path: "properties/message", kind: Kind::Text, read: |comment| Cell::Text(comment.message.clone()) },
    Field { path: "properties/createdTimeUtc", kind: Kind::Time, read: |comment| Cell::Time(comment.created) },
    Field { path: "properties/lastModifiedTimeUtc", kind: Kind::Time, read: |comment| Cell::Time(comment.modified) },
];

const TASK_FIELDS: &[Field<Task>] = &[
    Field { path: "name", kind: Kind::Text, read: |task| Cell::Text(task.name.clone()) },
    Field { path: "properties/title", kind: Kind::Text, read: |task| Cell::Text(task.title.clone()) },
    Field { path: "properties/status", kind: Kind::Text, read: |task| Cell::Text(task.status.as_str().into()) },
    Field { path: "properties/createdTimeUtc", kind: Kind::Time, read: |task| Cell::Time(task.created) },
    Field { path: "properties/lastModifiedTimeUtc", kind: Kind::Time, read: |task| Cell::Time(task.modified) },
];

const PAGE: usize = 50;
const LONGEST_PAGE: usize = 1000;
/// https://learn.microsoft.com/azure/sentinel/sentinel-service-limits
const COMMENT: usize = 30_000;
