//! The whole way of a request, in order: route, body, token, api-version, scope, handler, reply.
//!
//! The order is ARM's own where it is known: a caller without a token learns nothing but that.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::call::{Call, Query, Wire};
use super::path::{Params, Route, route};
use super::reply::{Answer, Content, Refusal, Reply};
use super::{Door, Operation};
use crate::Twin;
use crate::clock::Stopwatch;
use crate::tokens::{self, Caller, NotTaken};

/// Carries one request through.
pub(super) async fn travel(twin: Twin, wire: Wire, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let correlation = correlation(&parts.headers);
    let mut busy = Duration::ZERO;
    let (operation, answer) = match route(&parts.method, parts.uri.path()) {
        Route::Found(operation, params) if serves(wire, operation) => {
            let answer = match read(body).await {
                Ok(body) => {
                    let call = call(&twin, wire, operation, params, &parts, body, correlation);
                    run(call, &mut busy).await
                }
                Err(refusal) => Err(refusal),
            };
            (Some(operation), answer)
        }
        Route::OtherMethod(operation) if serves(wire, operation) => (Some(operation), Err(other_method(&parts))),
        Route::Found(..) | Route::OtherMethod(..) | Route::Unknown => (None, Err(unknown(&parts))),
        Route::Broken => (None, Err(Refusal::bad_request("The request URI is invalid."))),
    };
    let reply = answer.unwrap_or_else(Reply::from);
    if !operation.is_some_and(Operation::is_control) {
        let name = operation.map_or("Unknown", |operation| operation.name);
        twin.counters().count(name, reply.status, busy);
    }
    respond(reply, correlation, (wire == Wire::InProcess).then(|| twin.clock().now()))
}

/// Whether `operation` is reached over `wire`.
fn serves(wire: Wire, operation: &Operation) -> bool {
    match wire {
        Wire::InProcess => true,
        Wire::Socket => operation.door != Door::Host,
        Wire::IdentitySocket => operation.door == Door::Host,
    }
}

/// The whole body, unless it is too long or too slow.
async fn read(body: Body) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Refusal::arm(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestContentTooLarge",
            format!(
                "The request content size exceeds the maximum size of {BODY_LIMIT} bytes, or its transfer broke off."
            ),
        )),
        Err(_) => Err(Refusal::arm(
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeout",
            "The request content did not arrive in time.",
        )),
    }
}

fn call(
    twin: &Twin,
    wire: Wire,
    operation: &'static Operation,
    params: Params,
    parts: &Parts,
    body: Bytes,
    correlation: Uuid,
) -> Call {
    Call {
        twin: twin.clone(),
        operation,
        params,
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: parts.headers.clone(),
        body,
        path: parts.uri.path().to_owned(),
        origin: origin(parts, wire),
        caller: None,
        correlation,
        wire,
    }
}

/// Lets the caller in, if it may come in, and does what it asks.
async fn run(mut call: Call, busy: &mut Duration) -> Answer {
    let began = Stopwatch::start();
    let answer = match admit(&mut call) {
        Err(refusal) => Err(refusal),
        // A query may take long; the others wait for nothing.
        Ok(()) if matches!(call.operation.door, Door::Logs(_)) => {
            tokio::task::spawn_blocking(move || (call.operation.handler)(&call)).await.unwrap_or_else(|_| Err(broken()))
        }
        Ok(()) => (call.operation.handler)(&call),
    };
    *busy += began.elapsed();
    answer
}

fn admit(call: &mut Call) -> Result<(), Refusal> {
    match call.operation.door {
        Door::Open | Door::Host => Ok(()),
        Door::Arm(_) => {
            call.caller = Some(arm_caller(call)?);
            version(call)?;
            scope(call)
        }
        Door::Logs(_) => {
            call.caller = Some(logs_caller(call)?);
            Ok(())
        }
    }
}

fn arm_caller(call: &Call) -> Result<Caller, Refusal> {
    let authority = call.authority();
    let refuse = |code, message: &str| Refusal::unauthenticated(code, message, &authority);
    let token = bearer(&call.headers).ok_or_else(|| {
        refuse("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    })?;
    let caller = read_token(call, token).map_err(|why| match why {
        NotTaken::NotOurs => refuse("InvalidAuthenticationToken", "The access token is invalid."),
        NotTaken::Expired => refuse("ExpiredAuthenticationToken", "The access token has expired."),
    })?;
    if !tokens::is_for(&caller.audience, &call.origin, tokens::ARM) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of the allowed audiences '{}'.",
            caller.audience,
            tokens::ARM.join("','"),
        );
        return Err(refuse("InvalidAuthenticationTokenAudience", &message));
    }
    Ok(caller)
}

fn logs_caller(call: &Call) -> Result<Caller, Refusal> {
    let authority = call.authority();
    let token = bearer(&call.headers).ok_or_else(|| {
        Refusal::logs(
            StatusCode::UNAUTHORIZED,
            "AuthorizationRequiredError",
            "Valid authentication was not provided",
            call.correlation,
        )
        .challenge(&authority)
    })?;
    let invalid = || {
        Refusal::logs(
            StatusCode::FORBIDDEN,
            "InvalidTokenError",
            "The provided authentication is not valid for this resource",
            call.correlation,
        )
    };
    let caller = read_token(call, token).map_err(|why| match why {
        NotTaken::NotOurs => invalid(),
        NotTaken::Expired => Refusal::logs(
            StatusCode::UNAUTHORIZED,
            "ExpiredAuthenticationToken",
            "The access token has expired.",
            call.correlation,
        )
        .challenge(&authority),
    })?;
    if tokens::is_for(&caller.audience, &call.origin, tokens::LOGS) { Ok(caller) } else { Err(invalid()) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn read_token(call: &Call, token: &str) -> Result<Caller, NotTaken> {
    tokens::read(token, call.now().unix_timestamp(), &call.twin.secrets().signing_key)
}

/// The api-version, as ARM asks for it.
fn version(call: &Call) -> Result<(), Refusal> {
    let served = call.operation.versions;
    if served.is_empty() {
        return Ok(());
    }
    let sent = call.version();
    if sent.is_empty() {
        return Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    if served.iter().any(|version| version.eq_ignore_ascii_case(sent)) {
        return Ok(());
    }
    Err(Refusal::arm(
        StatusCode::BAD_REQUEST,
        "InvalidApiVersionParameter",
        format!("The api-version '{sent}' is invalid. The supported versions are '{}'.", served.join(",")),
    ))
}

/// The subscription, resource group and workspace that the path names exist.
fn scope(call: &Call) -> Result<(), Refusal> {
    let estate = call.twin.estate();
    if let Some(subscription) = call.params.get("subscription")
        && !subscription.eq_ignore_ascii_case(&estate.subscription_id)
    {
        let is_guid = Uuid::parse_str(subscription).is_ok();
        return Err(if is_guid {
            let message = format!("The subscription '{subscription}' could not be found.");
            Refusal::arm(StatusCode::NOT_FOUND, "SubscriptionNotFound", message)
        } else {
            let message = format!("The provided subscription identifier '{subscription}' is malformed or invalid.");
            Refusal::arm(StatusCode::BAD_REQUEST, "InvalidSubscriptionId", message)
        });
    }
    if let Some(group) = call.params.get("group")
        && !call.twin.world().knows_group(group)
    {
        let message = format!("Resource group '{group}' could not be found.");
        return Err(Refusal::arm(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message));
    }
    if let Some(workspace) = call.params.get("workspace")
        && !(workspace.eq_ignore_ascii_case(&estate.workspace_name)
            && call.param("group").eq_ignore_ascii_case(&estate.resource_group))
    {
        let message = format!(
            "The Resource 'Microsoft.OperationalInsights/workspaces/{workspace}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            call.param("group"),
        );
        return Err(Refusal::arm(StatusCode::NOT_FOUND, "ResourceNotFound", message));
    }
    Ok(())
}

fn other_method(parts: &Parts) -> Refusal {
    let version = Query::parse(parts.uri.query().unwrap_or_default());
    let message = format!(
        "The HTTP resource that matches the request URI '{}' with API version '{}' does not support HTTP method '{}'.",
        parts.uri.path(),
        version.one("api-version").unwrap_or_default(),
        parts.method,
    );
    let error = serde_json::json!({"error": {"code": "UnsupportedApiVersion", "message": message, "innerError": null}});
    Refusal::raw(StatusCode::METHOD_NOT_ALLOWED, error)
}

fn unknown(parts: &Parts) -> Refusal {
    let path = parts.uri.path();
    if path.to_ascii_lowercase().starts_with("/v1/") {
        return Refusal::arm(StatusCode::NOT_FOUND, "PathNotFoundError", "The requested path does not exist");
    }
    let message = format!("The resource type could not be found for the path '{path}'.");
    Refusal::arm(StatusCode::NOT_FOUND, "InvalidResourceType", message)
}

fn broken() -> Refusal {
    Refusal::arm(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "The twin failed; this is a fault of the twin.",
    )
}

/// Scheme and authority that the caller used, for links back.
fn origin(parts: &Parts, wire: Wire) -> String {
    let scheme = if wire == Wire::IdentitySocket { "http" } else { "https" };
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    format!("{scheme}://{}", authority.or(host).unwrap_or("localhost"))
}

/// The id that ties a call to its traces: the caller's own, if it sent one.
fn correlation(headers: &HeaderMap) -> Uuid {
    let sent = headers.get(CORRELATION_ID).and_then(|id| id.to_str().ok());
    sent.and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_else(Uuid::new_v4)
}

/// The HTTP form of a reply; `date` where no socket adds one.
fn respond(reply: Reply, correlation: Uuid, date: Option<OffsetDateTime>) -> Response {
    let (body, kind) = match reply.content {
        Content::Nothing => (Body::empty(), None),
        Content::Json(value) => (Body::from(value.to_string()), Some(JSON)),
        Content::Text(text) => (Body::from(text), Some(JSON)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let ids = [(REQUEST_ID, Uuid::new_v4()), (CORRELATION_ID, correlation)];
    for (name, id) in ids {
        headers.extend(HeaderValue::from_str(&id.to_string()).ok().map(|id| (HeaderName::from_static(name), id)));
    }
    let date = date.and_then(|date| HeaderValue::from_str(&http_date(date)).ok());
    headers.extend(date.map(|date| (header::DATE, date)));
    headers.extend(reply.headers);
    response
}

/// `Sat, 01 Jun 2024 00:00:00 GMT`.
pub(super) fn http_date(at: OffsetDateTime) -> String {
    at.format(HTTP_DATE).expect("a UTC date has every component the format names")
}

const HTTP_DATE: &[BorrowedFormatItem<'static>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
const JSON: &str = "application/json; charset=utf-8";
const REQUEST_ID: &str = "x-ms-request-id";
const CORRELATION_ID: &str = "x-ms-correlation-request-id";
const BODY_LIMIT: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(30);
