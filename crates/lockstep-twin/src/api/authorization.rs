//! Microsoft.Authorization: role definitions, role assignments, and what the caller may do.
//!
//! Shapes: Microsoft.Authorization/stable/2022-04-01 of the vendor's specifications. The path's scope is whatever stands
//! before `/providers/Microsoft.Authorization`, so every operation is served at a management group, a subscription, a resource
//! group, the workspace and a container of blobs.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Call, invalid_content, required};
use super::page;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::world::{Assignment, Role, is_within};

/// The roles: Microsoft's, then the tenant's own. `$filter=roleName eq '...'` and `type eq '...'` are understood.
pub(super) fn roles(call: &Call) -> Answer {
    let clauses = clauses(call.query.one("$filter").unwrap_or_default(), &["roleName", "type"])?;
    let fits = |role: &&Role| {
        clauses.iter().all(|(name, value)| match name.as_str() {
            "rolename" => role.name.eq_ignore_ascii_case(value),
            _ => type_of(role).eq_ignore_ascii_case(value),
        })
    };
    let world = call.twin.world();
    let shown: Vec<Value> = world.rights.roles().iter().filter(fits).map(|role| role_of(role, call)).collect();
    Ok(Reply::ok(json!({"value": shown})))
}

/// One role.
pub(super) fn role(call: &Call) -> Answer {
    let world = call.twin.world();
    let found = world.rights.role(call.param("name")).ok_or_else(|| {
        let message = format!("The specified role definition with ID '{}' does not exist.", call.param("name"));
        Refusal::arm(StatusCode::NOT_FOUND, "RoleDefinitionDoesNotExist", message)
    })?;
    Ok(Reply::ok(role_of(found, call)))
}

/// Writes a role of the tenant's own. An action that no provider has is refused, as `inProgress/action` is.
pub(super) fn put_role(call: &Call) -> Answer {
    let sent = call.resource()?.properties;
    let Some(Value::Array(permissions)) = sent.get("permissions") else {
        return Err(invalid_content("'permissions' must be an array"));
    };
    let listed = |name: &str| -> Result<Vec<String>, Refusal> {
        let lists = permissions.iter().filter_map(|permission| permission.get(name)).filter(|list| !list.is_null());
        lists.map(|list| texts(list, name)).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
    };
    let actions = listed("actions")?;
    if let Some(unknown) =
        actions.iter().find(|action| UNLISTED.iter().any(|unlisted| unlisted.eq_ignore_ascii_case(action)))
    {
        let message = format!("'{unknown}' does not match any of the actions supported by the providers.");
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "InvalidActionOrNotAction", message));
    }
    let role = Role {
        id: call.param("name").to_owned(),
        name: required(&sent, "roleName")?,
        description: super::call::text(&sent, "description")?.unwrap_or_default(),
        built_in: false,
        actions,
        not_actions: listed("notActions")?,
        data_actions: listed("dataActions")?,
        scopes: sent
            .get("assignableScopes")
            .map_or(Ok(vec![scope(call)]), |scopes| texts(scopes, "assignableScopes"))?,
    };
    let mut world = call.twin.world();
    if world.rights.role(&role.id).is_some_and(|known| known.built_in) {
        let message = "A built-in role definition cannot be changed.";
        return Err(Refusal::arm(StatusCode::FORBIDDEN, "RoleDefinitionBuiltInRoleUpdateNotPermitted", message));
    }
    let shown = role_of(&role, call);
    world.rights.write_role(role);
    Ok(Reply::with(StatusCode::CREATED, shown))
}

/// Deletes a role of the tenant's own that nobody is in.
pub(super) fn delete_role(call: &Call) -> Answer {
    if call.twin.world().rights.is_held(call.param("name")) {
        let message = "There are existing role assignments referencing role.";
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "RoleDefinitionHasAssignments", message));
    }
    let deleted = call.twin.world().rights.delete_role(call.param("name"));
    Ok(deleted.map_or_else(|| Reply::empty(StatusCode::NO_CONTENT), |role| Reply::ok(role_of(&role, call))))
}

/// The assignments that hold at the scope; those below it too, unless the filter says `atScope()`.
pub(super) fn assignments(call: &Call) -> Answer {
    let filter = call.query.one("$filter").unwrap_or_default();
    let at_scope = filter.to_ascii_lowercase().contains("atscope()");
    let bare = filter.replace("atScope()", "").replace("atscope()", "");
    let bare = bare.trim().trim_start_matches("and ").trim_end_matches(" and").trim();
    let bare = bare.replace("assignedTo('", "principalId eq '").replace("')", "'");
    let clauses = clauses(&bare, &["principalId", "roleDefinitionId"])?;
    let here = scope(call);
    let fits = |assignment: &&Assignment| {
        let above = is_within(&here, &assignment.scope);
        let below = !at_scope && is_within(&assignment.scope, &here);
        (above || below)
            && clauses.iter().all(|(name, value)| match name.as_str() {
                "principalid" => assignment.principal_id.eq_ignore_ascii_case(value),
                _ => value.to_ascii_lowercase().ends_with(&assignment.role.to_ascii_lowercase()),
            })
    };
    let world = call.twin.world();
    let items =
        world.rights.assignments().iter().filter(fits).map(|assignment| assignment_of(assignment, call)).collect();
    Ok(page::whole(items))
}

/// One assignment.
pub(super) fn assignment(call: &Call) -> Answer {
    let world = call.twin.world();
    let mut all = world.rights.assignments().iter();
    let found = all.find(|assignment| assignment.name.eq_ignore_ascii_case(call.param("name")));
    found.map(|assignment| Reply::ok(assignment_of(assignment, call))).ok_or_else(|| {
        let message = format!("The role assignment '{}' is not found.", call.param("name"));
        Refusal::arm(StatusCode::NOT_FOUND, "RoleAssignmentNotFound", message)
    })
}

/// Puts a principal into a role. One that exists already, by its name or by what it says, is refused.
pub(super) fn put_assignment(call: &Call) -> Answer {
    let sent = call.resource()?.properties;
    let definition = required(&sent, "roleDefinitionId")?;
    let principal_id = required(&sent, "principalId")?;
    if Uuid::parse_str(&principal_id).is_err() {
        let message = format!("Principal ID '{principal_id}' is not valid. Principal ID must be a GUID.");
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "InvalidPrincipalId", message));
    }
    let mut world = call.twin.world();
    let wanted = definition.rsplit('/').next().unwrap_or(&definition);
    let role =
        world.rights.roles().iter().find(|role| role.id.eq_ignore_ascii_case(wanted)).map(|role| role.id.clone());
    let role = role.ok_or_else(|| {
        let message = format!("The specified role definition with ID '{wanted}' does not exist.");
        Refusal::arm(StatusCode::BAD_REQUEST, "RoleDefinitionDoesNotExist", message)
    })?;
    let (name, here) = (call.param("name"), scope(call));
    for known in world.rights.assignments() {
        let same = known.principal_id.eq_ignore_ascii_case(&principal_id)
            && known.role == role
            && known.scope.eq_ignore_ascii_case(&here);
        if same && known.name.eq_ignore_ascii_case(name) {
            return Ok(Reply::ok(assignment_of(known, call)));
        }
        if same {
            let message = format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                known.name
            );
            return Err(Refusal::arm(StatusCode::CONFLICT, "RoleAssignmentExists", message));
        }
        if known.name.eq_ignore_ascii_case(name) {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(Refusal::arm(StatusCode::BAD_REQUEST, "RoleAssignmentUpdateNotPermitted", message));
        }
    }
    let created = world.now();
    let effective = crate::clock::later(created, world.settings().rights_delay);
    let assignment = Assignment { name: name.into(), principal_id, role, scope: here, created, effective };
    let shown = assignment_of(&assignment, call);
    world.rights.assign(assignment);
    Ok(Reply::with(StatusCode::CREATED, shown))
}

/// Ends an assignment.
pub(super) fn delete_assignment(call: &Call) -> Answer {
    let revoked = call.twin.world().rights.revoke(call.param("name"));
    Ok(revoked
        .map_or_else(|| Reply::empty(StatusCode::NO_CONTENT), |assignment| Reply::ok(assignment_of(&assignment, call))))
}

/// What the caller may do at the scope.
pub(super) fn permissions(call: &Call) -> Answer {
    let world = call.twin.world();
    let caller = call.caller.as_ref().map(|caller| caller.object_id.as_str()).unwrap_or_default();
    let here = scope(call);
    let held: Vec<Value> = world.rights.held(caller, &here, world.now()).map(permission).collect();
    Ok(Reply::ok(json!({"value": held})))
}

/// The scope that the path is about.
fn scope(call: &Call) -> String {
    let lower = call.path.to_ascii_lowercase();
    let end = lower.rfind("/providers/microsoft.authorization").unwrap_or(lower.len());
    call.path[..end].trim_end_matches('/').to_owned()
}

/// The `name eq 'value'` of a filter, joined by `and`.
fn clauses(filter: &str, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    let clause = |clause: &str| {
        let mut words = clause.trim().splitn(3, ' ');
        let parts = (words.next(), words.next(), words.next());
        let (Some(name), Some(operator), Some(value)) = parts else { return None };
        let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        let is_known =
            known.iter().any(|known| known.eq_ignore_ascii_case(name)) && operator.eq_ignore_ascii_case("eq");
        is_known.then(|| (name.to_ascii_lowercase(), value.to_owned()))
    };
    let parts = filter.split(" and ").filter(|part| !part.trim().is_empty());
    parts.map(clause).collect::<Option<_>>().ok_or_else(|| {
        let message = format!("The filter '{filter}' is not supported: write {} eq '...'.", known.join(" or "));
        Refusal::arm(StatusCode::BAD_REQUEST, "InvalidFilter", message)
    })
}

fn texts(list: &Value, name: &str) -> Result<Vec<String>, Refusal> {
    let texts: Option<_> =
        list.as_array().and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
    texts.ok_or_else(|| invalid_content(format!("'{name}' must be an array of strings")))
}

fn type_of(role: &Role) -> &'static str {
    if role.built_in { "BuiltInRole" } else { "CustomRole" }
}

fn permission(role: &Role) -> Value {
    json!({"actions": role.actions, "notActions": role.not_actions, "dataActions": role.data_actions, "notDataActions": []})
}

fn role_of(role: &Role, call: &Call) -> Value {
    json!({
        "properties": {
            "roleName": role.name,
            "type": type_of(role),
            "description": role.description,
            "assignableScopes": role.scopes,
            "permissions": [permission(role)],
        },
        "id": definition_id(&role.id, call),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    })
}

fn definition_id(id: &str, call: &Call) -> String {
    if !call.params.contains_key("subscription") {
        return format!("/providers/Microsoft.Authorization/roleDefinitions/{id}");
    }
    format!("{}/providers/Microsoft.Authorization/roleDefinitions/{id}", call.subscription())
}

fn assignment_of(assignment: &Assignment, call: &Call) -> Value {
    let mut properties = Map::new();
    properties.insert("roleDefinitionId".into(), definition_id(&assignment.role, call).into());
    properties.insert("principalId".into(), assignment.principal_id.as_str().into());
    properties.insert("principalType".into(), "ServicePrincipal".into());
    properties.insert("scope".into(), assignment.scope.as_str().into());
    properties.insert("createdOn".into(), wire_time(assignment.created).into());
    properties.insert("updatedOn".into(), wire_time(assignment.created).into());
    json!({
        "properties": properties,
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", assignment.scope, assignment.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.name,
    })
}

/// Actions that work and that no provider lists, so no role can name them: only wildcards reach them (observed).
const UNLISTED: &[&str] = &["Microsoft.Security/locations/alerts/inProgress/action"];
