//! What a call meets when it fails for no fault of its own: throttles, missing rights, and the faults that are set.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{StatusCode, header};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Door;
use super::call::Call;
use super::journey::http_date;
use super::reply::{Content, Refusal, Reply};
use crate::faults::Effect;

/// What a fault answers in place of the operation.
pub(super) fn before(call: &Call) -> Option<Reply> {
    match call.struck.as_ref()? {
        Effect::Answer { status: 429, code: None, retry_after } => Some(too_many(call, retry_after.clone()).into()),
        Effect::Answer { status, code, retry_after } => {
            Some(answer(call, *status, code.as_deref(), retry_after.as_deref()))
        }
        Effect::ResetBefore => Some(Reply { content: Content::Broken, ..Reply::empty(StatusCode::OK) }),
        Effect::ExpiredToken => {
            let refusal = Refusal::unauthenticated(
                "ExpiredAuthenticationToken",
                "The access token has expired.",
                &call.authority(),
            );
            Some(refusal.into())
        }
        Effect::Forbidden => {
            let (Door::Arm(action) | Door::Logs(action)) = call.operation.door else { return None };
            Some(forbidden(call, action, &call.path).into())
        }
        _ => None,
    }
}

/// What a fault makes of the operation's reply; `url` is the call's own, `now` the time of dates.
pub(super) fn after(effect: &Effect, reply: Reply, url: &str, now: OffsetDateTime) -> Reply {
    match effect {
        Effect::ResetAfter => Reply { content: Content::Broken, ..reply },
        Effect::HalfBody => Reply { content: Content::Half(reply.content.text()), ..reply },
        Effect::NotJson => {
            let page = "<html><head><title>Service unavailable</title></head><body>Try again later.</body></html>";
            Reply { content: Content::Other("text/html", page.into()), ..reply }
        }
        Effect::NoContent => Reply::empty(StatusCode::NO_CONTENT),
        Effect::Empty => Reply::empty(StatusCode::OK),
        Effect::Partial => change(reply, |body| {
            body["error"] = json!({
                "code": "PartialError",
                "message": "There were some errors when processing your query.",
                "details": [{"code": "EngineError", "message": "Something went wrong processing your query on the server."}],
            });
        }),
        Effect::WrongJson => {
            Reply { content: Content::Json(json!({"value": "wrong", "tables": {}, "name": 5})), ..reply }
        }
        Effect::PageRepeat => change(reply, |body| {
            if let Some(items) = body.get_mut("value").and_then(Value::as_array_mut) {
                let again = items.clone();
                items.extend(again);
            }
        }),
        Effect::PageLoop => change(reply, |body| body["nextLink"] = url.into()),
        Effect::ClockSkew { seconds } => {
            let date = now.checked_add(time::Duration::seconds(*seconds)).unwrap_or(now);
            reply.header(header::DATE, &http_date(date))
        }
        _ => reply,
    }
}

/// Changes a body that is a JSON object.
fn change(mut reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    let mut body: Value = match reply.content {
        Content::Json(value) => value,
        content => serde_json::from_str(&content.text()).unwrap_or_else(|_| json!({})),
    };
    if body.is_object() {
        change(&mut body);
    }
    reply.content = Content::Json(body);
    reply
}

/// An answer of the fault's own, in the form of the service that is called.
fn answer(call: &Call, status: u16, code: Option<&str>, retry_after: Option<&str>) -> Reply {
    let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 200);
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = code.unwrap_or(match status.as_u16() {
        401 => "InvalidAuthenticationToken",
        403 => "AuthorizationFailed",
        404 => "ResourceNotFound",
        409 => "Conflict",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "FaultOnDemand",
    });
    let message = "This answer was asked of the twin by a fault.";
    let refusal = match call.operation.door {
        Door::Logs(_) => Refusal::logs(status, code, message, call.correlation),
        Door::Open | Door::Host if !call.operation.is_control() => {
            Refusal::raw(status, json!({"error": code, "error_description": message, "error_codes": [90033]}))
        }
        Door::Open | Door::Host | Door::Graph | Door::Arm(_) => Refusal::arm(status, code, message),
    };
    let reply = Reply::from(refusal);
    match retry_after {
        Some(wait) => reply.header(header::RETRY_AFTER, wait),
        None => reply,
    }
}

/// The 429 of the service that is called.
pub(super) fn too_many(call: &Call, retry_after: Option<String>) -> Refusal {
    let refusal = match call.operation.door {
        Door::Logs(_) => Refusal::logs(
            StatusCode::TOO_MANY_REQUESTS,
            "ThrottledError",
            "The request was throttled, too many requests were sent in a short time.",
            call.correlation,
        ),
        _ => Refusal::arm(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "The request is being throttled as the limit has been reached for this operation. Try again later.",
        ),
    };
    match retry_after {
        Some(wait) => refusal.header(header::RETRY_AFTER, &wait),
        None => refusal,
    }
}

/// The 403 of the service that is called.
pub(super) fn forbidden(call: &Call, action: &str, scope: &str) -> Refusal {
    if let Door::Logs(_) = call.operation.door {
        return Refusal::logs(
            StatusCode::FORBIDDEN,
            "InsufficientAccessError",
            "The provided credentials have insufficient access to perform the requested operation",
            call.correlation,
        );
    }
    let (client, object) = call
        .caller
        .as_ref()
        .map_or(("unknown", "unknown"), |caller| (caller.app_id.as_str(), caller.object_id.as_str()));
    let message = format!(
        "The client '{client}' with object id '{object}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    Refusal::arm(StatusCode::FORBIDDEN, "AuthorizationFailed", message)
}

/// A body of which only the first half comes.
pub(super) fn breaking(text: String) -> Body {
    let whole = Bytes::from(text);
    let half = whole.slice(..whole.len() / 2);
    let broken = async {
        // What came before must be on its way, or the connection would close without a beginning.
        tokio::time::sleep(FLUSHED).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    Body::from_stream(stream::once(async { Ok(half) }).chain(stream::once(broken)))
}

const FLUSHED: Duration = Duration::from_millis(5);
