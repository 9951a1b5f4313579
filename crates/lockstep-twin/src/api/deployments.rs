//! Microsoft.Resources/deployments at a management group, a subscription and a resource group: validate, what-if, create, and what
//! became of it.
//!
//! Shapes: the vendor's specification of Microsoft.Resources 2024-03-01. A deployment is carried out before its PUT answers, and
//! the answer says `Accepted` all the same, so that clients wait for it in the way that they do for the service.

use arm::{Deployment, Error, Kind, Placement, Template};
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value, json};

use super::call::{Call, invalid_content, required};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::deploy::{self, DEPLOYMENTS, Order, Resource};

/// Deploys. 201 for a new name, 200 for one that was there.
pub(super) fn put(call: &Call) -> Answer {
    let order = order(call)?;
    let start = call.twin.world().now();
    let done = deploy::deploy(call, &order).map_err(|error| invalid(call, &error))?;
    let errors = done.errors();
    let mut properties = json!({
        "parameters": shown(done.parameters.iter().map(|one| (&one.name, &one.kind, &one.value))),
        "mode": "Incremental",
        "provisioningState": if errors.is_empty() { "Succeeded" } else { "Failed" },
        "timestamp": wire_time(start),
        "duration": "PT0S",
        "correlationId": call.correlation.to_string(),
        "providers": done.providers(),
        "dependencies": [],
        "outputResources": done.ids(),
    });
    match &done.outputs {
        Ok(outputs) if errors.is_empty() => {
            properties["outputs"] = shown(outputs.iter().map(|one| (&one.name, &one.kind, &one.value)));
        }
        _ => properties["error"] = failed(errors),
    }
    let body = resource(call, properties);
    let record = Resource { id: id(call), kind: DEPLOYMENTS.to_owned(), body: body.clone() };
    let operations =
        done.resources.iter().map(|(resource, problem)| operation(call, resource, problem.as_ref())).collect();
    let mut deployed = call.twin.deployed();
    let is_new = deployed.put(record, start);
    let kept = Resource {
        id: format!("{}/operations", id(call)),
        kind: OPERATIONS.to_owned(),
        body: Map::from_iter([("value".to_owned(), Value::Array(operations))]),
    };
    deployed.put(kept, start);
    let mut accepted = Value::Object(body);
    accepted["properties"]["provisioningState"] = "Accepted".into();
    for member in ["outputs", "outputResources", "error"] {
        if let Some(properties) = accepted["properties"].as_object_mut() {
            properties.shift_remove(member);
        }
    }
    let status_url =
        format!("{}{}/operationStatuses/{}?api-version={}", call.origin, id(call), call.correlation, call.version());
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::with(status, accepted).header(HeaderName::from_static("azure-asyncoperation"), &status_url))
}

/// How a deployment stands, for clients that wait.
pub(super) fn status(call: &Call) -> Answer {
    let deployed = call.twin.deployed();
    let path = call.path.to_ascii_lowercase();
    let own = &call.path[..path.rfind("/operationstatuses/").unwrap_or(path.len())];
    let found = deployed.get(own).ok_or_else(|| not_found(call))?;
    let properties = found.body.get("properties").unwrap_or(&Value::Null);
    let mut answer = json!({ "status": properties["provisioningState"] });
    if let Some(error) = properties.get("error") {
        answer["error"] = error.clone();
    }
    Ok(Reply::ok(answer))
}

/// One deployment.
pub(super) fn get(call: &Call) -> Answer {
    let deployed = call.twin.deployed();
    let found = deployed.get(&call.path).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(Value::Object(found.body.clone())))
}

/// The deployments at the scope itself.
pub(super) fn list(call: &Call) -> Answer {
    let deployed = call.twin.deployed();
    let here = format!("{}/", call.path.trim_end_matches('/').to_ascii_lowercase());
    let at_scope = |found: &&Resource| found.id.to_ascii_lowercase().starts_with(&here);
    let items =
        deployed.within("", DEPLOYMENTS).filter(at_scope).map(|found| Value::Object(found.body.clone())).collect();
    Ok(page::whole(items))
}

/// Forgets a deployment; what it deployed stays.
pub(super) fn delete(call: &Call) -> Answer {
    let mut deployed = call.twin.deployed();
    deployed.delete(&format!("{}/operations", id(call)));
    let gone = deployed.delete(&call.path);
    Ok(Reply::empty(if gone { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT }))
}

/// What was done, resource by resource.
pub(super) fn operations(call: &Call) -> Answer {
    let deployed = call.twin.deployed();
    let found = deployed.get(&call.path).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(Value::Object(found.body.clone())))
}

/// Whether a deployment would begin.
pub(super) fn validate(call: &Call) -> Answer {
    let order = order(call)?;
    let plan = deploy::planned(call, &order).map_err(|error| invalid(call, &error))?;
    let validated: Vec<Value> = plan.in_order().map(|resource| json!({"id": resource.id})).collect();
    let parameters = plan.parameters();
    let properties = json!({
        "parameters": shown(parameters.iter().map(|one| (&one.name, &one.kind, &one.value))),
        "mode": "Incremental",
        "provisioningState": "Succeeded",
        "timestamp": wire_time(call.twin.world().now()),
        "correlationId": call.correlation.to_string(),
        "dependencies": [],
        "validatedResources": validated,
    });
    Ok(Reply::ok(Value::Object(resource(call, properties))))
}

/// What a deployment would change.
pub(super) fn what_if(call: &Call) -> Answer {
    let order = order(call)?;
    let changes = deploy::what_if(call, &order).map_err(|error| invalid(call, &error))?;
    Ok(Reply::ok(
        json!({"status": "Succeeded", "properties": {"correlationId": call.correlation.to_string(), "changes": changes}}),
    ))
}

/// What the body asks for.
fn order(call: &Call) -> Result<Order, Refusal> {
    let body = call.object()?;
    let Some(properties) = body.get("properties").and_then(Value::as_object) else {
        return Err(invalid_content("'properties' must be an object"));
    };
    for (member, what) in [
        ("templateLink", "templates by address"),
        ("parametersLink", "parameters by address"),
        ("onErrorDeployment", "deployments on error"),
    ] {
        if properties.get(member).is_some_and(|value| !value.is_null()) {
            return Err(not_played(what));
        }
    }
    let mode = properties.get("mode").and_then(Value::as_str).unwrap_or("Incremental");
    if mode.eq_ignore_ascii_case("Complete") {
        return Err(not_played("deployments of mode 'Complete'"));
    }
    if !mode.eq_ignore_ascii_case("Incremental") {
        return Err(Refusal::bad_request(format!(
            "'{mode}' is not a mode of a deployment: 'Incremental' and 'Complete' are"
        )));
    }
    let placement = match (call.params.get("group"), call.params.get("management_group")) {
        (Some(group), _) => {
            Placement::ResourceGroup { subscription: call.param("subscription").to_owned(), name: group.clone() }
        }
        (None, Some(name)) => Placement::ManagementGroup(name.clone()),
        (None, None) => Placement::Subscription(call.param("subscription").to_owned()),
    };
    let location = match placement {
        Placement::ResourceGroup { .. } => None,
        _ => Some(required(&body, "location").map_err(|_| {
            let message = format!("The 'location' property must be specified for '{}'.", call.param("deployment"));
            Refusal::arm(StatusCode::BAD_REQUEST, "LocationRequired", message)
        })?),
    };
    let template = properties.get("template").filter(|template| !template.is_null()).ok_or_else(|| {
        let message = format!(
            "The deployment '{}' must have either the TemplateLink or Template property set. Please see https://aka.ms/arm-deploy for usage details.",
            call.param("deployment")
        );
        Refusal::arm(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    })?;
    // A template may be sent as text, with the comments that templates may have.
    let template = match template {
        Value::String(text) => Template::parse(text).map_err(|error| match error {
            arm::ParseError::Json(error) => Refusal::arm(
                StatusCode::BAD_REQUEST,
                "InvalidTemplate",
                format!("The template is not valid JSON: {error}"),
            ),
            arm::ParseError::Template(error) => invalid(call, &error),
        })?,
        template => Template::new(template.clone()).map_err(|error| invalid(call, &error))?,
    };
    let parameters =
        properties.get("parameters").filter(|parameters| !parameters.is_null()).cloned().unwrap_or_else(|| json!({}));
    let parameters = Deployment::parameter_values(&parameters).map_err(|error| invalid(call, &error))?;
    let deployment = Deployment { name: call.param("deployment").to_owned(), placement, location, parameters };
    Ok(Order { template, deployment })
}

fn not_played(what: &str) -> Refusal {
    let message = format!("The service has {what}; this twin does not play them.");
    Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", message)
}

/// 400 for a template that is none, with its place in the request.
fn invalid(call: &Call, error: &Error) -> Refusal {
    if error.kind == Kind::Unsupported {
        return Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", error.to_string());
    }
    let text = String::from_utf8_lossy(&call.body);
    let inside = arm::path::Path::root().member("properties").member("template").join(&error.path);
    let place = arm::json::locate(&text, &inside);
    let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
    let body = json!({"error": {
        "code": error.code(),
        "message": format!("Deployment template validation failed: '{}'.", error.message.trim_end_matches('.')),
        "additionalInfo": [{"type": "TemplateViolation", "info": {"lineNumber": line, "linePosition": column, "path": inside.to_string()}}],
    }});
    Refusal::raw(StatusCode::BAD_REQUEST, body)
}

/// Names, types and values; secret ones without value.
fn shown<'a>(values: impl Iterator<Item = (&'a String, &'a String, &'a Option<Value>)>) -> Value {
    let one = |(name, kind, value): (&String, &String, &Option<Value>)| {
        let mut shown = json!({ "type": kind });
        if let Some(value) = value {
            shown["value"] = value.clone();
        }
        (name.clone(), shown)
    };
    values.map(one).collect()
}

fn failed(details: Vec<Value>) -> Value {
    json!({
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": details,
    })
}

fn operation(call: &Call, resource: &arm::Resource, problem: Option<&Value>) -> Value {
    let operation_id = call.twin.estate().stable_guid(&format!("{}/{}", id(call), resource.id)).simple().to_string();
    let mut properties = json!({
        "provisioningOperation": "Create",
        "provisioningState": if problem.is_none() { "Succeeded" } else { "Failed" },
        "timestamp": wire_time(call.twin.world().now()),
        "statusCode": if problem.is_none() { "OK" } else { "BadRequest" },
        "targetResource": {"id": resource.id, "resourceType": resource.kind, "resourceName": resource.name},
    });
    if let Some(problem) = problem {
        properties["statusMessage"] = json!({"status": "Failed", "error": problem});
    }
    json!({"id": format!("{}/operations/{operation_id}", id(call)), "operationId": operation_id, "properties": properties})
}

/// The deployment as ARM shows it.
fn resource(call: &Call, properties: Value) -> Map<String, Value> {
    let mut shown = Map::from_iter([
        ("id".to_owned(), Value::from(id(call))),
        ("name".to_owned(), Value::from(call.param("deployment"))),
        ("type".to_owned(), Value::from(DEPLOYMENTS)),
    ]);
    let location =
        call.object().ok().and_then(|body| body.get("location").cloned()).filter(|location| !location.is_null());
    shown.extend(location.map(|location| ("location".to_owned(), location)));
    shown.insert("properties".to_owned(), properties);
    shown
}

/// The id of the deployment that the path is about.
fn id(call: &Call) -> String {
    let path = call.path.to_ascii_lowercase();
    let start = path.rfind("/deployments/").map_or(path.len(), |start| start + "/deployments/".len());
    let end = path[start..].find('/').map_or(path.len(), |length| start + length);
    call.path[..end].to_owned()
}

fn not_found(call: &Call) -> Refusal {
    let message = format!("Deployment '{}' could not be found.", call.param("deployment"));
    Refusal::arm(StatusCode::NOT_FOUND, "DeploymentNotFound", message)
}

/// Not a type of ARM's: the operations of a deployment are kept beside it.
const OPERATIONS: &str = "operations";
