//! Microsoft.Logic 2019-05-01: workflows switched on and off, triggers run by hand, and the history of runs.

use arm::workflow::{Problem, Record, TriggerKind};
use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::call::Call;
use super::deployed::not_found;
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::deploy::{self, PastRun, Resource};

/// Lets the triggers fire.
pub(super) fn enable(call: &Call) -> Answer {
    switch(call, "Enabled")
}

/// Lets them not.
pub(super) fn disable(call: &Call) -> Answer {
    switch(call, "Disabled")
}

fn switch(call: &Call, state: &str) -> Answer {
    let mut workflow = workflow(call)?;
    let now = call.twin.world().now();
    if let Some(properties) = workflow.body.get_mut("properties") {
        properties["state"] = state.into();
        properties["changedTime"] = wire_time(now).into();
    }
    call.twin.deployed().put(workflow, now);
    Ok(Reply::empty(StatusCode::OK))
}

/// The triggers.
pub(super) fn triggers(call: &Call) -> Answer {
    let workflow = workflow(call)?;
    let state = workflow.body.get("properties").map_or(Value::Null, |properties| properties["state"].clone());
    let definition = deploy::workflow(&workflow.body).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let shown = definition.triggers().iter().map(|trigger| {
        json!({
            "id": format!("{}/triggers/{}", workflow.id, trigger.name),
            "name": trigger.name,
            "type": "Microsoft.Logic/workflows/triggers",
            "properties": {"state": state, "provisioningState": "Succeeded"},
        })
    });
    Ok(page::whole(shown.collect()))
}

/// Runs a trigger now. 202, and the run goes on by itself; a trigger that this twin cannot fire is refused by name.
pub(super) fn run(call: &Call) -> Answer {
    let workflow = workflow(call)?;
    let definition = deploy::workflow(&workflow.body).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let wanted = call.param("trigger");
    let trigger =
        definition.triggers().iter().find(|trigger| trigger.name.eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            let message = format!("The workflow trigger '{wanted}' could not be found.");
            Refusal::arm(StatusCode::NOT_FOUND, "WorkflowTriggerNotFound", message)
        })?;
    if let TriggerKind::Other(kind) = &trigger.kind {
        let message = format!("The service has triggers of type '{kind}'; this twin does not fire them.");
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", message));
    }
    let body =
        if call.body.is_empty() { Value::Null } else { super::lenient::parse(&call.body).unwrap_or(Value::Null) };
    let outputs = if trigger.kind == TriggerKind::Request { json!({"headers": {}, "body": body}) } else { Value::Null };
    let (twin, id, name) = (call.twin.clone(), workflow.id, trigger.name.clone());
    tokio::spawn(async move { twin.run_workflow(&id, &name, outputs).await });
    let tracking = call.correlation.to_string();
    Ok(Reply::empty(StatusCode::ACCEPTED).header(HeaderName::from_static("x-ms-client-tracking-id"), &tracking))
}

/// The runs, newest first.
pub(super) fn runs(call: &Call) -> Answer {
    let workflow = workflow(call)?;
    let deployed = call.twin.deployed();
    let items = deployed.runs(&workflow.id).map(|run| run_of(&workflow, run)).collect();
    Ok(page::whole(items))
}

/// One run.
pub(super) fn one_run(call: &Call) -> Answer {
    let workflow = workflow(call)?;
    let deployed = call.twin.deployed();
    let run = deployed.runs(&workflow.id).find(|run| run.name == call.param("run")).ok_or_else(|| no_run(call))?;
    Ok(Reply::ok(run_of(&workflow, run)))
}

/// The actions of a run, in the order in which they ended; those in loops once for every turn.
pub(super) fn actions(call: &Call) -> Answer {
    let workflow = workflow(call)?;
    let deployed = call.twin.deployed();
    let run = deployed.runs(&workflow.id).find(|run| run.name == call.param("run")).ok_or_else(|| no_run(call))?;
    let items = run.run.records.iter().map(|record| action_of(&workflow, run, record)).collect();
    Ok(page::whole(items))
}

fn workflow(call: &Call) -> Result<Resource, Refusal> {
    let path = call.path.to_ascii_lowercase();
    let end = path.find("/workflows/").map(|start| start + "/workflows/".len());
    let id = end.map_or(path.as_str(), |end| &path[..end + path[end..].find('/').unwrap_or(path.len() - end)]);
    call.twin.deployed().get(id).cloned().ok_or_else(|| not_found(call))
}

fn no_run(call: &Call) -> Refusal {
    let message = format!("The workflow run '{}' could not be found.", call.param("run"));
    Refusal::arm(StatusCode::NOT_FOUND, "WorkflowRunNotFound", message)
}

fn run_of(workflow: &Resource, run: &PastRun) -> Value {
    let mut properties = json!({
        "startTime": wire_time(run.start),
        "endTime": wire_time(run.end),
        "status": run.run.status.as_str(),
        "trigger": {"name": run.trigger, "startTime": wire_time(run.start), "status": "Succeeded"},
        "outputs": {},
    });
    add_error(&mut properties, run.run.error.as_ref());
    json!({
        "id": format!("{}/runs/{}", workflow.id, run.name),
        "name": run.name,
        "type": "Microsoft.Logic/workflows/runs",
        "properties": properties,
    })
}

fn action_of(workflow: &Resource, run: &PastRun, record: &Record) -> Value {
    let mut properties = json!({
        "startTime": wire_time(record.start),
        "endTime": wire_time(record.end),
        "status": record.status.as_str(),
        "code": record.error.as_ref().map_or("OK", |error| error.code.as_str()),
        "inputs": record.inputs,
        "outputs": record.outputs,
    });
    if !record.turns.is_empty() {
        properties["repetitionIndexes"] = record.turns.iter().map(|index| json!({ "itemIndex": index })).collect();
    }
    add_error(&mut properties, record.error.as_ref());
    json!({
        "id": format!("{}/runs/{}/actions/{}", workflow.id, run.name, record.name),
        "name": record.name,
        "type": "Microsoft.Logic/workflows/runs/actions",
        "properties": properties,
    })
}

fn add_error(properties: &mut Value, error: Option<&Problem>) {
    if let Some(error) = error {
        properties["error"] = json!({"code": error.code, "message": error.message});
    }
}
