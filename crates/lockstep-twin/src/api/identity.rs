//! Managed identity: the two ways a host gets tokens without a secret of its own.
//!
//! The instance metadata service of a virtual machine (IMDS, 2018-02-01), and the `IDENTITY_ENDPOINT` of App Service,
//! Functions and Container Apps (2019-08-01). The host has a system-assigned identity, which answers to its client id,
//! object id and resource id as well, and holds the application of the client secret as a user-assigned one.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};
use crate::tokens;

/// IMDS: `GET /metadata/identity/oauth2/token`.
pub(super) fn instance_metadata(call: &Call) -> Answer {
    let refuse = |error: &str, description: &str| {
        Err(Refusal::raw(StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description})))
    };
    let asked = call.headers.get("metadata").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if !asked {
        return refuse("bad_request_102", "Required metadata header not specified");
    }
    if call.headers.contains_key("x-forwarded-for") {
        return refuse("bad_request_101", "Proxied requests are not allowed");
    }
    if call.version().is_empty() {
        return refuse("bad_request_100", "Required query variable 'api-version' is missing");
    }
    let Some(resource) = call.query.one("resource").filter(|resource| !resource.is_empty()) else {
        return refuse("invalid_request", "Required query variable 'resource' is missing");
    };
    let names =
        ["client_id", "object_id", "msi_res_id", "mi_res_id"].into_iter().filter(|name| call.query.one(name).is_some());
    if names.count() > 1 {
        return refuse("invalid_request", "Only one of client_id, object_id and msi_res_id can be given");
    }
    let Some(identity) = identity(call) else {
        return refuse("invalid_request", "Identity not found");
    };
    let (mut token, now) = token(call, identity, resource);
    token["expires_in"] = tokens::LIFETIME.to_string().into();
    token["ext_expires_in"] = tokens::LIFETIME.to_string().into();
    token["not_before"] = now.to_string().into();
    Ok(Reply::ok(token))
}

/// The `IDENTITY_ENDPOINT` form: `GET /msi/token`.
pub(super) fn endpoint(call: &Call) -> Answer {
    let refuse = |status: StatusCode, message: &str| {
        Err(Refusal::raw(status, json!({"statusCode": status.as_u16(), "message": message})))
    };
    let header = call.headers.get("x-identity-header").map(http::HeaderValue::as_bytes);
    if header != Some(call.twin.secrets().identity_header.expose().as_bytes()) {
        return refuse(StatusCode::UNAUTHORIZED, "The X-IDENTITY-HEADER is missing or not the one of IDENTITY_HEADER.");
    }
    if call.version().is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "The api-version query parameter is missing.");
    }
    let Some(resource) = call.query.one("resource").filter(|resource| !resource.is_empty()) else {
        return refuse(StatusCode::BAD_REQUEST, "The resource query parameter is missing.");
    };
    let Some(identity) = identity(call) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        );
    };
    Ok(Reply::ok(token(call, identity, resource).0))
}

/// One of the host's identities.
struct Identity<'a> {
    client_id: &'a str,
    object_id: &'a str,
}

/// The identity that the call names, or the system-assigned one; `None` where the host has no such identity.
fn identity(call: &Call) -> Option<Identity<'_>> {
    let estate = call.twin.estate();
    let system = Identity { client_id: &estate.identity_client_id, object_id: &estate.identity_object_id };
    let user = Identity { client_id: &estate.client_id, object_id: &estate.client_object_id };
    let resource_id = estate.identity_resource_id();
    let given = |names: &[&str]| names.iter().find_map(|name| call.query.one(name));
    let is = |names: &[&str], right: &str| given(names).is_none_or(|given| given.eq_ignore_ascii_case(right));
    let answers = |identity: &Identity<'_>| {
        is(&["client_id"], identity.client_id) && is(&["object_id", "principal_id"], identity.object_id)
    };
    let by_resource = ["msi_res_id", "mi_res_id"];
    [system, user].into_iter().find(answers).filter(|_| is(&by_resource, &resource_id))
}

/// A token for an identity of the host, in the members that both forms share, and the time it is of.
fn token(call: &Call, identity: Identity<'_>, resource: &str) -> (Value, i64) {
    let estate = call.twin.estate();
    let now = call.now().unix_timestamp();
    let key = &call.twin.secrets().signing_key;
    let token = tokens::issue(identity.client_id, identity.object_id, resource, now, &estate.tenant_id, key);
    let token = json!({
        "access_token": token,
        "client_id": identity.client_id,
        "expires_on": (now + tokens::LIFETIME).to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    (token, now)
}
