//! Operations that a call makes others do: with the caller's rights, and without a wire in between.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::call::{Call, Query};
use super::journey;
use super::path::{Route, route};
use super::reply::{Content, Refusal};
use crate::world::FIRST;

/// Has an operation done for the caller of `call`, and answers its body.
///
/// # Errors
/// What the operation refuses, and paths that lead to none.
pub(crate) fn ask(
    call: &Call,
    method: Method,
    id: &str,
    version: &str,
    body: Option<&Value>,
) -> Result<Value, Refusal> {
    let Route::Found(operation, params) = route(&method, id) else {
        let kind = id.rsplit("/providers/").next().unwrap_or(id);
        let message = format!("The resource type of '{kind}' is not served by this twin, or not at this scope.");
        return Err(Refusal::arm(StatusCode::BAD_REQUEST, "NotSupportedByTwin", message));
    };
    let mut inner = Call {
        twin: call.twin.clone(),
        operation,
        params,
        query: Query::parse(&format!("api-version={version}")),
        headers: HeaderMap::new(),
        body: body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())),
        path: id.to_owned(),
        path_and_query: format!("{id}?api-version={version}"),
        origin: call.origin.clone(),
        place: FIRST,
        caller: call.caller.clone(),
        correlation: call.correlation,
        wire: call.wire,
        struck: None,
    };
    match journey::carried(&mut inner)?.content {
        Content::Json(value) => Ok(value),
        Content::Text(text) => Ok(serde_json::from_str(&text).unwrap_or(Value::Null)),
        Content::Nothing | Content::Other(..) | Content::Half(_) | Content::Broken => Ok(Value::Null),
    }
}
