//! Managed identities of what was deployed: their service principals, which are always the same for the same resource.

use serde_json::{Map, Value, json};

use super::Deployed;
use crate::estate::Estate;

/// A service principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) client_id: String,
    pub(crate) object_id: String,
}

/// The service principal of the identity that a resource has, or is.
pub(crate) fn new_principal(estate: &Estate, resource_id: &str) -> Principal {
    let id = resource_id.to_ascii_lowercase();
    let named = |what: &str| estate.stable_guid(&format!("{what}/{id}")).to_string();
    Principal { client_id: named("client"), object_id: named("principal") }
}

/// Fills in the `identity` of a resource that is being written.
///
/// # Errors
/// A type that is none, and user-assigned identities that do not exist, each with what would work.
pub(crate) fn give_identities(
    body: &mut Map<String, Value>,
    id: &str,
    estate: &Estate,
    deployed: &Deployed,
) -> Result<(), String> {
    let Some(identity) = body.get_mut("identity").filter(|identity| !identity.is_null()) else {
        return Ok(());
    };
    let kind = identity["type"].as_str().unwrap_or_default().to_owned();
    let kinds: Vec<String> = kind.split(',').map(|part| part.trim().to_ascii_lowercase()).collect();
    let has = |wanted: &str| kinds.iter().any(|kind| kind == wanted);
    if kinds.iter().any(|kind| !["none", "systemassigned", "userassigned"].contains(&kind.as_str())) {
        return Err(format!(
            "the identity type '{kind}' is not one of 'None', 'SystemAssigned', 'UserAssigned' and 'SystemAssigned, UserAssigned'"
        ));
    }
    let asked = identity.get("userAssignedIdentities").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut filled = json!({ "type": kind });
    if has("systemassigned") {
        filled["principalId"] = new_principal(estate, id).object_id.into();
        filled["tenantId"] = estate.tenant_id.as_str().into();
    }
    if has("userassigned") {
        if asked.is_empty() {
            return Err("an identity of type 'UserAssigned' needs 'userAssignedIdentities'".to_owned());
        }
        let mut all = Map::new();
        for name in asked.keys() {
            let principal = user_assigned(name, estate, deployed)
                .ok_or_else(|| format!("the user-assigned identity '{name}' was not found"))?;
            all.insert(name.clone(), json!({"principalId": principal.object_id, "clientId": principal.client_id}));
        }
        filled["userAssignedIdentities"] = Value::Object(all);
    }
    *identity = filled;
    Ok(())
}

/// The principal of a user-assigned identity that exists: one that was deployed, or the host's own.
fn user_assigned(id: &str, estate: &Estate, deployed: &Deployed) -> Option<Principal> {
    if id.eq_ignore_ascii_case(&estate.identity_resource_id()) {
        return Some(Principal { client_id: estate.client_id.clone(), object_id: estate.client_object_id.clone() });
    }
    let found = deployed.get(id).filter(|found| found.kind.eq_ignore_ascii_case(super::IDENTITIES))?;
    Some(new_principal(estate, &found.id))
}

impl Principal {
    /// The identity of a resource that a caller in it names: by resource id a user-assigned one, else its own.
    pub(super) fn of(body: &Map<String, Value>, id: &str, named: Option<&str>, estate: &Estate) -> Option<Self> {
        let identity = body.get("identity")?;
        match named {
            None => identity.get("principalId").map(|_| new_principal(estate, id)),
            Some(named) => {
                let all = identity.get("userAssignedIdentities")?.as_object()?;
                let (_, found) = all.iter().find(|(id, _)| id.eq_ignore_ascii_case(named))?;
                let text = |name: &str| Some(found.get(name)?.as_str()?.to_owned());
                Some(Self { client_id: text("clientId")?, object_id: text("principalId")? })
            }
        }
    }
}
