//! The whole way of a request, in order: route, body, token, api-version, scope, handler, reply.
//!
//! The order is ARM's own where it is known: a caller without a token learns nothing but that.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use uuid::Uuid;

use super::call::{Call, Query, Wire};
use super::path::{Params, Route, route};
use super::reply::{Content, Refusal, Reply};
use super::{Door, Operation, misfortune, unserved};
use crate::Twin;
use crate::clock::Stopwatch;
use crate::faults::Effect;
use crate::throttle::Counted;
use crate::tokens::{self, Caller, NotTaken};
use crate::world::{Act, FIRST};

/// Carries one request through.
pub(super) async fn travel(twin: Twin, wire: Wire, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sent = correlation(&parts.headers);
    let mut busy = Duration::ZERO;
    // Whatever is asked: who is still sending reads no answer.
    let body = read(body).await;
    let route = route(&parts.method, parts.uri.path());
    let writes = matches!(&route, Route::Found(operation, _) if operation.writes());
    // What writes leaves its id in the world, where two of one history are to be the same.
    let correlation = sent.unwrap_or_else(|| if writes { twin.world().new_guid() } else { Uuid::new_v4() });
    let (operation, reply) = match route {
        Route::Found(operation, params) if serves(wire, operation) => {
            let reply = match body {
                Ok(body) => {
                    let reply = run(call(&twin, wire, operation, params, &parts, body, correlation), &mut busy).await;
                    if writes { kept(&twin, reply) } else { reply }
                }
                Err(refusal) => refusal.into(),
            };
            (Some(operation), reply)
        }
        Route::OtherMethod(operation) if serves(wire, operation) => (Some(operation), other_method(&parts).into()),
        Route::Found(..) | Route::OtherMethod(..) | Route::Unknown => (None, unknown(&parts).into()),
        Route::Broken => (None, Refusal::bad_request("The request URI is invalid.").into()),
    };
    if !operation.is_some_and(Operation::is_control) {
        let name = operation.map_or("Unknown", |operation| operation.name);
        let status = if matches!(reply.content, Content::Broken) { 0 } else { reply.status.as_u16() };
        twin.counters().count(name, status, busy);
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
    match tokio::time::timeout(PATIENCE, collect(body)).await {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(Refusal::arm(
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

/// The body, if it is whole and not too long.
///
/// What is too long is read on and dropped, up to a bound: a client that is still sending would otherwise see its connection
/// break and never the answer.
async fn collect(mut body: Body) -> Option<Bytes> {
    let (mut whole, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        length += data.len();
        if length > DRAINED {
            return None;
        }
        if length <= BODY_LIMIT {
            whole.extend_from_slice(&data);
        } else {
            whole.clear();
        }
    }
    (length <= BODY_LIMIT).then(|| whole.freeze())
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
        path_and_query: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        origin: origin(parts, wire),
        place: FIRST,
        caller: None,
        correlation,
        wire,
        struck: None,
    }
}

/// Lets the caller in, if it may come in, and does what it asks, unless a fault strikes.
async fn run(mut call: Call, busy: &mut Duration) -> Reply {
    if !call.operation.is_control() {
        let now = call.twin.clock().now();
        call.struck = call.twin.faults().strike(call.operation.name, now);
    }
    if let Some(Effect::Latency { ms }) = call.struck {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    if let Some(reply) = misfortune::before(&call) {
        return reply;
    }
    let struck = call.struck.clone();
    let own_url = format!("{}{}", call.origin, call.path_and_query);
    let now = call.now();
    let began = Stopwatch::start();
    let admitted = admit(&mut call);
    let remaining = remaining(&call);
    let answer = match admitted {
        Err(refusal) => {
            if refusal.status == StatusCode::FORBIDDEN {
                tell(&call, Some(refusal.status.as_u16()));
            }
            Err(refusal)
        }
        // A query may take long; the others wait for nothing.
        Ok(()) if call.operation.is_slow() => {
            tokio::task::spawn_blocking(move || (call.operation.handler)(&call)).await.unwrap_or_else(|_| Err(broken()))
        }
        Ok(()) => {
            let answer = (call.operation.handler)(&call);
            tell(&call, answer.as_ref().err().map(|refusal| refusal.status.as_u16()));
            answer
        }
    };
    *busy += began.elapsed();
    let mut reply = answer.unwrap_or_else(Reply::from);
    reply.headers.extend(remaining);
    match struck {
        Some(effect) => misfortune::after(&effect, reply, &own_url, now),
        None => reply,
    }
}

/// Writes to the activity log that the caller wrote something, or was refused to.
fn tell(call: &Call, refused: Option<u16>) {
    let Door::Arm(action) = call.operation.door else { return };
    if call.operation.method == Method::GET || action.ends_with("/read") || action.is_empty() {
        return;
    }
    let resource = call.resource_id();
    let method = if call.operation.method == Method::PUT {
        "PUT"
    } else if call.operation.method == Method::DELETE {
        "DELETE"
    } else {
        "POST"
    };
    let by = call.actor();
    let act = Act { by: &by, action, resource_id: &resource, method, refused, correlation: Some(call.correlation) };
    call.twin.world().log_activity(&act);
}

/// Does what an operation of ARM does for a caller whose token was read before.
pub(super) fn carried(call: &mut Call) -> Result<Reply, Refusal> {
    let Door::Arm(action) = call.operation.door else {
        return Err(Refusal::bad_request("Only operations of Resource Manager can be part of another."));
    };
    let admitted = may_enter(call, action);
    let answer = admitted.and_then(|()| (call.operation.handler)(call));
    tell(call, answer.as_ref().err().map(|refusal| refusal.status.as_u16()));
    answer
}

/// Whether what the call names exists, and the caller may do it there.
fn may_enter(call: &mut Call, action: &str) -> Result<(), Refusal> {
    version(call)?;
    subscription(call)?;
    management_group(call)?;
    tenant(call)?;
    right(call, action, &call.path)?;
    scope(call)
}

fn admit(call: &mut Call) -> Result<(), Refusal> {
    match call.operation.door {
        Door::Open | Door::Host => Ok(()),
        Door::Arm(action) => {
            let caller = caller(call, tokens::ARM)?;
            throttle(call, &caller)?;
            call.caller = Some(caller);
            may_enter(call, action)
        }
        Door::Graph => {
            call.caller = Some(caller(call, tokens::GRAPH)?);
            Ok(())
        }
        Door::Logs(action) => {
            let caller = logs_caller(call)?;
            throttle(call, &caller)?;
            call.caller = Some(caller);
            // A workspace that does not exist is told by the handler, after the right to ask at all.
            let named = call.params.get("customer").and_then(|id| call.twin.world().place_of_id(id));
            call.place = named.or_else(|| place(call)).unwrap_or(FIRST);
            let scope = call.twin.world().sentinels[call.place].workspace.resource_id();
            right(call, action, &scope)
        }
    }
}

/// Does something with the call as limits see it.
fn counted<T>(call: &Call, caller: &Caller, act: impl FnOnce(&Counted<'_>) -> T) -> T {
    let subscription = call.param("subscription").to_ascii_lowercase();
    act(&Counted {
        operation: call.operation.name,
        method: &call.operation.method,
        arm: matches!(call.operation.door, Door::Arm(_)),
        caller: &caller.object_id,
        subscription: &subscription,
    })
}

/// How many more such calls the caller has, as Azure Resource Manager says in a header.
fn remaining(call: &Call) -> Option<(HeaderName, HeaderValue)> {
    let caller = call.caller.as_ref()?;
    let left = counted(call, caller, |counted| call.twin.throttles().remaining(counted, call.now()))?;
    let scope = if call.params.contains_key("subscription") { "subscription" } else { "tenant" };
    let class = match call.operation.method {
        Method::GET => "reads",
        Method::DELETE => "deletes",
        _ => "writes",
    };
    let name = HeaderName::try_from(format!("x-ms-ratelimit-remaining-{scope}-{class}")).ok()?;
    Some((name, HeaderValue::from(left)))
}

/// Whether the caller has not asked too often.
fn throttle(call: &Call, caller: &Caller) -> Result<(), Refusal> {
    let taken = counted(call, caller, |counted| call.twin.throttles().take(counted, call.now()));
    taken.map_err(|early| misfortune::too_many(call, early.retry_after.map(|wait| wait.as_secs().to_string())))
}

/// Whether the caller holds a role that allows the action.
pub(super) fn right(call: &Call, action: &str, scope: &str) -> Result<(), Refusal> {
    let Some(caller) = &call.caller else { return Ok(()) };
    let world = call.twin.world();
    if action.is_empty() || world.rights.allow(&caller.object_id, action, scope, world.now()) {
        return Ok(());
    }
    Err(misfortune::forbidden(call, action, scope))
}

/// The bearer of a token that is good at a service of these names, refused in ARM's form.
fn caller(call: &Call, audiences: &[&str]) -> Result<Caller, Refusal> {
    let authority = call.authority();
    let refuse = |code, message: &str| Refusal::unauthenticated(code, message, &authority);
    let token = bearer(&call.headers).ok_or_else(|| {
        refuse("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    })?;
    let caller = read_token(call, token).map_err(|why| match why {
        NotTaken::NotOurs => refuse("InvalidAuthenticationToken", "The access token is invalid."),
        NotTaken::Expired => refuse("ExpiredAuthenticationToken", "The access token has expired."),
    })?;
    if !tokens::is_for(&caller.audience, &call.origin, audiences) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of the allowed audiences '{}'.",
            caller.audience,
            audiences.join("','"),
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

/// The management group that the path names exists: each tenant has its root, and no other.
fn management_group(call: &Call) -> Result<(), Refusal> {
    let Some(name) = call.params.get("management_group") else { return Ok(()) };
    if call.twin.estate().tenants().iter().any(|tenant| tenant.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let message = format!("The management group '{name}' cannot be found.");
    Err(Refusal::arm(StatusCode::NOT_FOUND, "NotFound", message))
}

/// The subscription that the path names exists.
fn subscription(call: &Call) -> Result<(), Refusal> {
    if let Some(subscription) = call.params.get("subscription")
        && call.twin.estate().tenant_of(subscription).is_none()
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
    Ok(())
}

/// The caller's token is of the tenant that the subscription trusts, or that tenant has let the caller in from another.
fn tenant(call: &Call) -> Result<(), Refusal> {
    let (Some(caller), Some(subscription)) = (&call.caller, call.params.get("subscription")) else { return Ok(()) };
    let Some(tenant) = call.twin.estate().tenant_of(subscription) else { return Ok(()) };
    let world = call.twin.world();
    if tenant.eq_ignore_ascii_case(&caller.tenant_id)
        || world.rights.reaches(&caller.object_id, &call.subscription(), world.now())
    {
        return Ok(());
    }
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{}/'. It must match the tenant 'https://sts.windows.net/{tenant}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/{tenant}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.",
        caller.tenant_id
    );
    Err(Refusal::unauthenticated("InvalidAuthenticationTokenTenant", &message, &call.authority()))
}

/// The place of the workspace that the path names by subscription, group and name.
fn place(call: &Call) -> Option<usize> {
    let name = call.params.get("workspace")?;
    call.twin.world().place(call.param("subscription"), call.param("group"), name)
}

/// The resource group and workspace that the path names exist.
fn scope(call: &mut Call) -> Result<(), Refusal> {
    if let Some(group) = call.params.get("group")
        && !call.twin.world().knows_group(call.param("subscription"), group)
        && !call.twin.deployed().knows_group(call.param("subscription"), group)
    {
        let message = format!("Resource group '{group}' could not be found.");
        return Err(Refusal::arm(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message));
    }
    if let Some(workspace) = call.params.get("workspace") {
        if let Some(place) = place(call) {
            call.place = place;
            return Ok(());
        }
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
    if let Some(name) = unserved::name(&parts.method, path) {
        let message = format!("The service has the operation {name}; this twin does not serve it.");
        return Refusal::arm(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message);
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

/// The id that ties a call to its traces, if the caller sent one.
fn correlation(headers: &HeaderMap) -> Option<Uuid> {
    let sent = headers.get(CORRELATION_ID).and_then(|id| id.to_str().ok());
    sent.and_then(|id| Uuid::parse_str(id).ok())
}

/// The reply, once what was changed is kept where the world is kept.
fn kept(twin: &Twin, reply: Reply) -> Reply {
    match twin.keep_changes() {
        Ok(()) => reply,
        Err(error) => {
            let message = format!("The change was made and cannot be kept: {error}");
            Refusal::arm(StatusCode::INTERNAL_SERVER_ERROR, "WorldNotKept", message).into()
        }
    }
}

/// The HTTP form of a reply; `date` where no socket adds one.
fn respond(reply: Reply, correlation: Uuid, date: Option<OffsetDateTime>) -> Response {
    let is_broken = matches!(reply.content, Content::Broken);
    let (body, kind) = match reply.content {
        Content::Nothing => (Body::empty(), None),
        Content::Json(value) => (Body::from(value.to_string()), Some(JSON)),
        Content::Text(text) => (Body::from(text), Some(JSON)),
        Content::Other(kind, text) => (Body::from(text), Some(kind)),
        Content::Half(text) => (misfortune::breaking(text), Some(JSON)),
        Content::Broken => (misfortune::breaking(String::new()), None),
    };
    let mut response = Response::new(body);
    if is_broken {
        response.extensions_mut().insert(Break);
    }
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Nobody is to take a twin for the cloud.
    headers.insert(HeaderName::from_static(TWIN), HeaderValue::from_static("1"));
    let ids = [(REQUEST_ID, Uuid::new_v4()), (CORRELATION_ID, correlation)];
    for (name, id) in ids {
        headers.extend(HeaderValue::from_str(&id.to_string()).ok().map(|id| (HeaderName::from_static(name), id)));
    }
    let date = date.and_then(|date| HeaderValue::from_str(&http_date(date)).ok());
    headers.extend(date.map(|date| (header::DATE, date)));
    for (name, value) in reply.headers {
        headers.insert(name, value);
    }
    response
}

/// The header by which a twin's answers are known from Microsoft's.
const TWIN: &str = "x-lockstep-twin";

/// Marks a response that must not be sent: the connection breaks instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Break;

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
const DRAINED: usize = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(30);
