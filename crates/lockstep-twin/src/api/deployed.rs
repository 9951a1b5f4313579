//! Resources that Resource Manager keeps as they were written: identities, connections, workflows, container apps and jobs,
//! storage accounts and what is in them, delegations.
//!
//! One row of [`KINDS`] says what is particular about each. Shapes: the vendor's specifications of Microsoft.ManagedIdentity
//! 2023-01-31, Microsoft.Web 2016-06-01, Microsoft.Logic 2019-05-01, Microsoft.App 2024-03-01, Microsoft.Storage 2023-05-01 and
//! Microsoft.ManagedServices 2022-10-01.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::{Call, invalid_content};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::deploy::{self, CONNECTIONS, GROUPS, IDENTITIES, Resource, WORKFLOWS};

/// What is particular about a kind of resource.
struct Kind {
    /// What its operations' names begin with.
    operations: &'static str,
    resource_type: &'static str,
    /// Whether it has a location.
    is_tracked: bool,
    /// Adds what the service adds, and refuses what it refuses.
    finish: Finish,
}

/// What becomes of a body that is written under an id.
type Finish = fn(&mut Map<String, Value>, &str, &Call) -> Result<(), Refusal>;

const KINDS: &[Kind] = &[
    tracked("UserAssignedIdentities", IDENTITIES, identity),
    tracked("Connections", CONNECTIONS, connection),
    tracked("Workflows", WORKFLOWS, workflow),
    tracked("Jobs", "Microsoft.App/jobs", recorded),
    tracked("ContainerApps", "Microsoft.App/containerApps", recorded),
    tracked("ManagedEnvironments", "Microsoft.App/managedEnvironments", recorded),
    tracked("StorageAccounts", "Microsoft.Storage/storageAccounts", storage_account),
    untracked("BlobContainers", "Microsoft.Storage/storageAccounts/blobServices/containers", container),
    untracked(
        "ImmutabilityPolicies",
        "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
        immutability_policy,
    ),
    untracked("RegistrationDefinitions", "Microsoft.ManagedServices/registrationDefinitions", delegation),
    untracked("RegistrationAssignments", "Microsoft.ManagedServices/registrationAssignments", delegated),
];

const fn tracked(operations: &'static str, resource_type: &'static str, finish: Finish) -> Kind {
    Kind { operations, resource_type, is_tracked: true, finish }
}

const fn untracked(operations: &'static str, resource_type: &'static str, finish: Finish) -> Kind {
    Kind { operations, resource_type, is_tracked: false, finish }
}

/// All resources of the kind at the scope.
pub(super) fn list(call: &Call) -> Answer {
    let path = call.path.to_ascii_lowercase();
    let scope = path.find("/providers/").map_or("", |end| &call.path[..end]);
    let deployed = call.twin.deployed();
    let items =
        deployed.within(scope, kind(call).resource_type).map(|found| Value::Object(found.body.clone())).collect();
    Ok(page::whole(items))
}

/// One resource.
pub(super) fn get(call: &Call) -> Answer {
    let deployed = call.twin.deployed();
    let found = deployed.get(&call.path).ok_or_else(|| not_found(call))?;
    Ok(Reply::ok(Value::Object(found.body.clone())))
}

/// Writes a resource whole.
pub(super) fn put(call: &Call) -> Answer {
    let kind = kind(call);
    let mut body = call.object()?;
    if kind.is_tracked && body.get("location").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    }
    if body.get("properties").is_some_and(|properties| !properties.is_object() && !properties.is_null()) {
        return Err(invalid_content("'properties' must be an object"));
    }
    let id = call.path.trim_end_matches('/').to_owned();
    if let Some(parent) = parent(&id)
        && call.twin.deployed().get(parent).is_none()
    {
        let name = parent.rsplit('/').next().unwrap_or_default();
        let message =
            format!("Can not perform requested operation on nested resource. Parent resource '{name}' not found.");
        return Err(Refusal::arm(StatusCode::NOT_FOUND, "ParentResourceNotFound", message));
    }
    let given = deploy::give_identities(&mut body, &id, call.twin.estate(), &call.twin.deployed());
    given.map_err(|reason| {
        let message = format!("Identity operation for resource '{id}' failed: {reason}.");
        Refusal::arm(StatusCode::BAD_REQUEST, "FailedIdentityOperation", message)
    })?;
    (kind.finish)(&mut body, &id, call)?;
    let mut shown = Map::from_iter([
        ("id".to_owned(), Value::from(id.as_str())),
        ("name".to_owned(), Value::from(call.param("name"))),
        ("type".to_owned(), Value::from(kind.resource_type)),
    ]);
    for (name, value) in body {
        shown.entry(name).or_insert(value);
    }
    let now = call.twin.world().now();
    let resource = Resource { id, kind: kind.resource_type.to_owned(), body: shown.clone() };
    let is_new = call.twin.deployed().put(resource, now);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::with(status, Value::Object(shown)))
}

/// Deletes a resource with all that is in it and the roles that were assigned there: 200, and 204 where there was none.
pub(super) fn delete(call: &Call) -> Answer {
    let gone = call.twin.deployed().delete(&call.path);
    if gone {
        call.twin.world().rights.revoke_within(&call.path);
    }
    Ok(Reply::empty(if gone { StatusCode::OK } else { StatusCode::NO_CONTENT }))
}

/// Deletes a resource group with all that was deployed to it; one that the world itself has something in stays.
pub(super) fn delete_group(call: &Call) -> Answer {
    let name = call.param("name");
    if call.twin.world().knows_group(call.param("subscription"), name) {
        let message = format!("The resource group '{name}' holds what this twin cannot be without.");
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", message));
    }
    delete(call).map(|reply| Reply {
        status: if reply.status == StatusCode::OK { StatusCode::ACCEPTED } else { reply.status },
        ..reply
    })
}

/// The id of the resource that one is a child of; `None` for one that stands by itself. A blob service is always there.
fn parent(id: &str) -> Option<&str> {
    let start = id.rfind("/providers/")? + "/providers/".len();
    let own = &id[start..];
    if own.split('/').count() <= 3 {
        return None;
    }
    let up = |id: &str| id.rsplitn(3, '/').nth(2).map(str::len);
    let above = &own[..up(own)?];
    let is_service = above.to_ascii_lowercase().ends_with("/blobservices/default");
    let above = if is_service { &above[..up(above)?] } else { above };
    Some(&id[..start + above.len()])
}

/// Makes a resource group, or writes its tags.
pub(super) fn put_group(call: &Call) -> Answer {
    let body = call.object()?;
    let location = super::call::required(&body, "location")?;
    let name = call.param("name");
    let id = format!("{}/resourceGroups/{name}", call.subscription());
    let mut shown = json!({
        "id": id,
        "name": name,
        "type": GROUPS,
        "location": location,
        "properties": {"provisioningState": "Succeeded"},
    });
    if let Some(tags) = body.get("tags") {
        shown["tags"] = tags.clone();
    }
    let known = call.twin.world().knows_group(call.param("subscription"), name);
    let Value::Object(body) = shown.clone() else { return Err(not_found(call)) };
    let now = call.twin.world().now();
    let is_new = !known && call.twin.deployed().put(Resource { id, kind: GROUPS.to_owned(), body }, now);
    Ok(Reply::with(if is_new { StatusCode::CREATED } else { StatusCode::OK }, shown))
}

fn kind(call: &Call) -> &'static Kind {
    let operations = call.operation.name.split('_').next().unwrap_or_default();
    let found = KINDS.iter().find(|kind| kind.operations == operations);
    found.expect("every operation in the table that comes here is named after a kind; a test walks them")
}

pub(super) fn not_found(call: &Call) -> Refusal {
    let kind = call.path.rsplit("/providers/").next().unwrap_or_default();
    let message = format!(
        "The Resource '{kind}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        call.param("group")
    );
    Refusal::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message)
}

fn properties(body: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let properties = body.entry("properties").or_insert_with(|| json!({}));
    if !properties.is_object() {
        *properties = json!({});
    }
    properties.as_object_mut().expect("it was just made an object")
}

fn identity(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let estate = call.twin.estate();
    let principal = deploy::new_principal(estate, id);
    let own = properties(body);
    own.insert("tenantId".into(), estate.tenant_id.as_str().into());
    own.insert("principalId".into(), principal.object_id.into());
    own.insert("clientId".into(), principal.client_id.into());
    Ok(())
}

fn connection(body: &mut Map<String, Value>, _: &str, call: &Call) -> Result<(), Refusal> {
    let now = wire_time(call.twin.world().now());
    let own = properties(body);
    let api = own.get("api").and_then(|api| api["id"].as_str());
    let name = api
        .and_then(|id| id.rsplit('/').next())
        .ok_or_else(|| Refusal::bad_request("'properties.api.id' is required: it names the managed API"))?;
    let api = json!({"id": api, "name": name, "type": "Microsoft.Web/locations/managedApis"});
    own.insert("api".into(), api);
    own.insert("statuses".into(), json!([{"status": "Ready"}]));
    own.insert("overallStatus".into(), "Ready".into());
    own.entry("createdTime").or_insert_with(|| now.as_str().into());
    own.insert("changedTime".into(), now.into());
    Ok(())
}

fn workflow(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let now = wire_time(call.twin.world().now());
    let own = properties(body);
    if !own.contains_key("definition") {
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContent",
            "The request content is not valid: 'properties.definition' is required.",
        ));
    }
    let state = own.get("state").and_then(Value::as_str).unwrap_or("Enabled");
    if !["Enabled", "Disabled"].iter().any(|known| known.eq_ignore_ascii_case(state)) {
        return Err(Refusal::bad_request(format!(
            "'{state}' is not a state of a workflow: 'Enabled' and 'Disabled' are"
        )));
    }
    let state = state.to_owned();
    own.insert("state".into(), state.into());
    own.insert("provisioningState".into(), "Succeeded".into());
    own.entry("createdTime").or_insert_with(|| now.as_str().into());
    own.insert("changedTime".into(), now.into());
    own.insert("version".into(), call.twin.estate().stable_guid(id).simple().to_string().into());
    deploy::workflow(body).map(|_| ()).map_err(|error| {
        if error.kind == arm::Kind::Unsupported {
            return Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", error.to_string());
        }
        let message = format!("The template validation failed: '{error}'.");
        Refusal::arm(StatusCode::BAD_REQUEST, "InvalidTemplate", message)
    })
}

fn storage_account(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let name = id.rsplit('/').next().unwrap_or_default();
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !fits || !(3..=24).contains(&name.len()) {
        let message = format!(
            "{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only."
        );
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "AccountNameInvalid", message));
    }
    for member in ["sku", "kind"] {
        if body.get(member).is_none_or(Value::is_null) {
            return Err(Refusal::bad_request(format!("'{member}' is required")));
        }
    }
    let environment = deploy::environment(&call.origin);
    let suffix = environment["suffixes"]["storage"].as_str().unwrap_or_default();
    let own = properties(body);
    own.insert("provisioningState".into(), "Succeeded".into());
    own.insert("primaryEndpoints".into(), json!({"blob": format!("https://{name}.blob.{suffix}/")}));
    Ok(())
}

fn container(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let held = call.twin.deployed().get(&format!("{id}/immutabilityPolicies/default")).is_some();
    let own = properties(body);
    own.entry("publicAccess").or_insert_with(|| "None".into());
    own.insert("hasImmutabilityPolicy".into(), held.into());
    Ok(())
}

/// A locked policy can be made longer and nothing else, and no template can do that.
fn immutability_policy(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let locked = |resource: &Resource| resource.body.get("properties").is_some_and(|own| own["state"] == "Locked");
    if call.twin.deployed().get(id).is_some_and(locked) {
        let message = "The operation is not permitted on a locked immutability policy.";
        return Err(Refusal::arm(StatusCode::CONFLICT, "ContainerImmutabilityPolicyFailure", message));
    }
    let own = properties(body);
    let days = own.get("immutabilityPeriodSinceCreationInDays").and_then(Value::as_u64).unwrap_or_default();
    if !(1..=146_000).contains(&days) {
        return Err(Refusal::bad_request("'immutabilityPeriodSinceCreationInDays' must be from 1 to 146000"));
    }
    own.insert("state".into(), "Unlocked".into());
    Ok(())
}

/// Custom roles cannot be delegated. Source: "Tenants, users, and roles in Azure Lighthouse scenarios".
fn delegation(body: &mut Map<String, Value>, _: &str, call: &Call) -> Result<(), Refusal> {
    let own = properties(body);
    let wanted: Vec<String> = own
        .get("authorizations")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| one["roleDefinitionId"].as_str().map(str::to_owned))
        .collect();
    let world = call.twin.world();
    let other = wanted.iter().find(|id| !world.rights.role(id).is_some_and(|role| role.built_in));
    if wanted.is_empty() || other.is_some() {
        let message = format!("The role definition '{}' is not a built-in role.", other.map_or("", String::as_str));
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "InvalidRegistrationDefinitionCreateRequest", message));
    }
    own.insert("provisioningState".into(), "Succeeded".into());
    Ok(())
}

/// A delegation takes effect: what it names is assigned.
fn delegated(body: &mut Map<String, Value>, id: &str, call: &Call) -> Result<(), Refusal> {
    let own = properties(body);
    let wanted = own.get("registrationDefinitionId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let definition = call.twin.deployed().get(&wanted).map(|found| found.body.clone());
    let definition = definition.ok_or_else(|| {
        Refusal::arm(StatusCode::BAD_REQUEST, "RegistrationDefinitionNotFound", format!("'{wanted}' was not found."))
    })?;
    own.insert("provisioningState".into(), "Succeeded".into());
    let authorizations = definition.get("properties").map(|own| own["authorizations"].clone()).unwrap_or_default();
    let scope = &id[..id.rfind("/providers/").unwrap_or(id.len())];
    let mut world = call.twin.world();
    for one in authorizations.as_array().into_iter().flatten() {
        let (principal, role) = (one["principalId"].as_str(), one["roleDefinitionId"].as_str());
        if let (Some(principal), Some(role)) = (principal, role) {
            world.assign_role(principal, role, scope, std::time::Duration::ZERO);
        }
    }
    Ok(())
}

fn recorded(body: &mut Map<String, Value>, _: &str, _: &Call) -> Result<(), Refusal> {
    properties(body).insert("provisioningState".into(), "Succeeded".into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::OPERATIONS;

    #[test]
    fn a_child_knows_its_parent() {
        let check = |id: &str, expected: Option<&str>| assert_eq!(parent(id), expected);
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
        let container = format!("{account}/blobServices/default/containers/c");
        check(account, None);
        check(&container, Some(account));
        check(&format!("{container}/immutabilityPolicies/default"), Some(&container));
        check("/subscriptions/s/providers/Microsoft.ManagedServices/registrationDefinitions/d", None);
    }

    #[test]
    fn every_operation_that_comes_here_is_named_after_a_kind() {
        let handlers: [fn(&Call) -> Answer; 3] = [list, get, put];
        for operation in OPERATIONS {
            if handlers.iter().any(|handler| std::ptr::fn_addr_eq(*handler, operation.handler)) {
                let prefix = operation.name.split('_').next().unwrap();
                assert!(KINDS.iter().any(|kind| kind.operations == prefix), "{}", operation.name);
            }
        }
    }
}
