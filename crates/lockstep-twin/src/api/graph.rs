//! Microsoft Graph, as far as the Azure CLI's role commands ask it: what a principal is called.
//!
//! Forms: <https://learn.microsoft.com/graph/api/directoryobject-getbyids> and
//! <https://learn.microsoft.com/graph/api/serviceprincipal-list>. There are two service principals, the application's and
//! the managed identity's.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};

/// Those of `ids` that the directory knows.
pub(super) fn by_ids(call: &Call) -> Answer {
    let body = call.object()?;
    let ids = body.get("ids").and_then(Value::as_array).ok_or_else(|| bad_request("'ids' must be an array."))?;
    let is_asked = |principal: &Principal| {
        ids.iter().filter_map(Value::as_str).any(|id| id.eq_ignore_ascii_case(&principal.object_id))
    };
    Ok(Reply::ok(page(call, is_asked)))
}

/// The service principals; `$filter` takes `servicePrincipalNames/any(c:c eq '...')` and `appId eq '...'`.
pub(super) fn service_principals(call: &Call) -> Answer {
    let filter = call.query.one("$filter").unwrap_or_default().trim();
    if filter.is_empty() {
        return Ok(Reply::ok(page(call, |_| true)));
    }
    let text = filter.strip_prefix("appId eq '").or_else(|| filter.strip_prefix("servicePrincipalNames/any(c:c eq '"));
    let name = text.and_then(|text| text.strip_suffix("')").or_else(|| text.strip_suffix('\'')));
    let name = name.ok_or_else(|| bad_request(&format!("Invalid filter clause: {filter}")))?;
    Ok(Reply::ok(page(call, |principal| principal.app_id.eq_ignore_ascii_case(name))))
}

/// One service principal, by its object id.
pub(super) fn service_principal(call: &Call) -> Answer {
    let id = call.param("id");
    let known = principals(call);
    let found = known.iter().find(|principal| principal.object_id.eq_ignore_ascii_case(id));
    found.map(|principal| Reply::ok(principal.shown())).ok_or_else(|| {
        let message =
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        Refusal::arm(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    })
}

/// A service principal of the tenant.
struct Principal<'a> {
    object_id: String,
    app_id: &'a str,
    name: &'a str,
    kind: &'a str,
}

/// The service principals of the caller's tenant.
fn principals(call: &Call) -> [Principal<'_>; 2] {
    let estate = call.twin.estate();
    let tenant = call.caller.as_ref().map_or(&estate.tenant_id, |caller| &caller.tenant_id);
    [
        Principal {
            object_id: estate.principal(tenant),
            app_id: &estate.client_id,
            name: "lockstep",
            kind: "Application",
        },
        Principal {
            object_id: estate.identity_object_id.clone(),
            app_id: &estate.identity_client_id,
            name: "id-lockstep",
            kind: "ManagedIdentity",
        },
    ]
}

impl Principal<'_> {
    fn shown(&self) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": self.object_id,
            "accountEnabled": true,
            "appId": self.app_id,
            "displayName": self.name,
            "appDisplayName": self.name,
            "servicePrincipalNames": [self.app_id],
            "servicePrincipalType": self.kind,
        })
    }
}

fn page(call: &Call, is_wanted: impl Fn(&Principal) -> bool) -> Value {
    let known = principals(call);
    let shown: Vec<Value> = known.iter().filter(|principal| is_wanted(principal)).map(Principal::shown).collect();
    json!({"value": shown})
}

fn bad_request(message: &str) -> Refusal {
    Refusal::arm(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}
