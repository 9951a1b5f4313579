//! Sending a request and telling apart what can become of it.
//!
//! One pipeline for each audience of tokens; azure_core adds the token, the client's name and redacted logging, [`Throttle`]
//! the waits. A reply of any status comes back as a [`Reply`]; [`Reply::accepted`] is the one place that reads a refusal.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenRequestOptions;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::{Authorizer, BearerTokenAuthorizationPolicy, OnChallenge};
use azure_core::http::{
    ClientOptions, Context, HttpClient, Pipeline, PipelineSendOptions, RawResponse, Request, RetryOptions, Transport,
};
use bytes::Bytes;
use serde_json::Value;
use uuid::Uuid;

use crate::credentials::Identity;
use crate::endpoints::Endpoints;
use crate::error::{Error, Fault, RequestIds};
use crate::json;
use crate::operation::{Operation, Side};
use crate::throttle::{Asks, Held, LastTry, OnWait, Patience, Throttle};

/// Carries requests to the services.
#[derive(Debug)]
pub struct Exchange {
    arm: Pipeline,
    logs: Pipeline,
    tokens_from: Side,
}

impl Exchange {
    pub fn new(
        endpoints: &Endpoints,
        identity: &Arc<Identity>,
        client: &Arc<dyn HttpClient>,
        patience: Patience,
        on_wait: &OnWait,
    ) -> Self {
        let throttle = Arc::new(Throttle::new(Asks::Service, patience, on_wait.clone()));
        let pipeline = |scope: String| {
            let renew = Renew { identity: Arc::clone(identity), scope: scope.clone() };
            let bearer = BearerTokenAuthorizationPolicy::new(Arc::clone(identity) as _, [scope]);
            let per_try: Vec<Arc<dyn Policy>> =
                vec![Arc::clone(&throttle) as _, Arc::new(bearer.with_on_challenge(Arc::new(renew)))];
            pipeline(client, per_try, RetryOptions::none())
        };
        Self {
            arm: pipeline(endpoints.arm_scope()),
            logs: pipeline(endpoints.logs_scope()),
            tokens_from: identity.side(),
        }
    }

    /// Sends `request` on behalf of `run`, and brings back a reply of any status.
    pub async fn send(&self, operation: Operation, mut request: Request, run: Uuid) -> Result<Reply, Error> {
        let mut ids = RequestIds { client: Uuid::new_v4().to_string(), service: None };
        request.insert_header(CLIENT_REQUEST_ID, ids.client.clone());
        request.insert_header(CORRELATION_REQUEST_ID, run.to_string());
        request.insert_header("accept", "application/json");
        let pipeline = if operation == Operation::Query { &self.logs } else { &self.arm };
        let context = Context::new().with_value(operation);
        let options = PipelineSendOptions { skip_checks: true, ..Default::default() };
        match pipeline.send(&context, &mut request, Some(options)).await {
            Ok(reply) => {
                ids.service = reply.headers().get_optional_string(&REQUEST_ID);
                Ok(Reply::new(operation, reply, ids))
            }
            Err(error) => {
                let host = request.url().host_str().unwrap_or_default();
                let (side, fault) = fault(operation, self.tokens_from, host, &error);
                Err(Error { operation, side, fault, ids })
            }
        }
    }
}

/// A pipeline over `client` with these policies for each try.
pub fn pipeline(client: &Arc<dyn HttpClient>, per_try: Vec<Arc<dyn Policy>>, retry: RetryOptions) -> Pipeline {
    let options =
        ClientOptions { transport: Some(Transport::new(Arc::clone(client))), retry, ..ClientOptions::default() };
    Pipeline::new(Some("lockstep"), option_env!("CARGO_PKG_VERSION"), options, Vec::new(), per_try, None)
}

/// Answers a challenge with a token that is new, whatever the credential has cached.
#[derive(Debug)]
struct Renew {
    identity: Arc<Identity>,
    scope: String,
}

#[async_trait]
impl OnChallenge for Renew {
    async fn on_challenge(
        &self,
        context: &Context,
        request: &mut Request,
        authorizer: &dyn Authorizer,
        _headers: &Headers,
    ) -> azure_core::Result<()> {
        self.identity.forget_tokens().await?;
        let mut options = TokenRequestOptions::default();
        options.method_options.context = context.to_borrowed();
        authorizer.authorize(request, &[&self.scope], options).await
    }
}

/// A reply of any status, whole.
#[derive(Clone, Debug)]
pub struct Reply {
    operation: Operation,
    pub status: u16,
    headers: Headers,
    pub body: Bytes,
    ids: RequestIds,
}

impl Reply {
    fn new(operation: Operation, reply: RawResponse, ids: RequestIds) -> Self {
        let (status, headers, body) = reply.deconstruct();
        Self { operation, status: status.into(), headers, body: body.into(), ids }
    }

    /// The error that `fault` is, in this reply.
    pub fn error(&self, fault: Fault) -> Error {
        Error { operation: self.operation, side: self.operation.side(), fault, ids: self.ids.clone() }
    }

    /// Whether the service did as it was asked; what it said otherwise.
    pub fn accepted(&self) -> Result<(), Fault> {
        let status = self.status;
        if (200..300).contains(&status) {
            return Ok(());
        }
        if (300..400).contains(&status) {
            let to = self.headers.get_optional_string(&HeaderName::from_static("location"));
            return Err(Fault::Elsewhere { to: to.unwrap_or_default() });
        }
        let Refusal { code, message } = Refusal::read(&self.body);
        Err(match status {
            401 => Fault::Unauthenticated { code, message },
            403 if TOKEN_CODES.contains(&code.as_str()) => Fault::Unauthenticated { code, message },
            403 => {
                let action = named_action(&message).unwrap_or_else(|| self.operation.action().to_owned());
                Fault::Forbidden { action, code, message }
            }
            404 | 410 => Fault::NotFound { code, message },
            409 | 412 => Fault::Conflict { code, message },
            500.. => Fault::Unavailable { status, code, message },
            _ => Fault::Refused { status, code, message },
        })
    }
}

/// What a service says when it refuses.
struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    /// Reads `{"error": {"code", "message", "innererror"?}}`, which Resource Manager and Log Analytics share, as far as it is there.
    fn read(body: &[u8]) -> Self {
        let Ok(object) = json::object(body) else {
            let what = if body.is_empty() { "without a word" } else { "with a body that is no JSON" };
            return Self { code: String::new(), message: what.to_owned() };
        };
        let error = object.get("error").unwrap_or(&Value::Null);
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (code, mut message) = (text(error, "code"), text(error, "message"));
        // Log Analytics says what is wrong with a query only in the innermost error.
        let mut inner = error.get("innererror");
        while let Some(next) = inner {
            let said = text(next, "message");
            if !said.is_empty() && !message.contains(&said) {
                message = format!("{message}: {said}");
            }
            inner = next.get("innererror");
        }
        Self { code, message: shortened(&message) }
    }
}

/// The action in "... does not have authorization to perform action 'X' over scope ...".
fn named_action(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("perform action '")?;
    let (action, _) = rest.split_once('\'')?;
    (!action.is_empty()).then(|| action.to_owned())
}

/// What went wrong where no reply came, and who failed.
fn fault(operation: Operation, tokens_from: Side, host: &str, error: &azure_core::Error) -> (Side, Fault) {
    let is_about_tokens = causes(error).any(|it| kind(it) == Some(&ErrorKind::Credential));
    let side = if is_about_tokens { tokens_from } else { operation.side() };
    if let Some(held) = causes(error).find_map(|it| it.downcast_ref::<Held>()) {
        return (side, Fault::Throttled { retry_after: held.retry_after });
    }
    let host = if is_about_tokens { side.to_string() } else { host.to_owned() };
    if let Some(network) = network_fault(host, error) {
        return (side, network);
    }
    if is_about_tokens {
        return (side, token_fault(error));
    }
    if causes(error).any(|it| kind(it) == Some(&ErrorKind::DataConversion)) {
        return (side, Fault::Malformed { found: innermost(error) });
    }
    (side, Fault::NoReply { host: operation.side().to_string(), reason: innermost(error) })
}

fn network_fault(host: String, error: &azure_core::Error) -> Option<Fault> {
    let reason = innermost(error);
    if is_untrusted(error) {
        return Some(Fault::Untrusted { host, reason });
    }
    let last = causes(error).find_map(|it| it.downcast_ref::<LastTry>())?;
    Some(if last.was_sent { Fault::NoReply { host, reason } } else { Fault::Unreachable { host, reason } })
}

/// What whoever gives out tokens had to say.
fn token_fault(error: &azure_core::Error) -> Fault {
    let response = causes(error).find_map(|it| match kind(it)? {
        ErrorKind::HttpResponse { status, raw_response, .. } => Some((u16::from(*status), raw_response.as_deref())),
        _ => None,
    });
    let Some((status, response)) = response else {
        let unreadable = causes(error).any(|it| kind(it) == Some(&ErrorKind::DataConversion));
        let reason = innermost(error);
        return if unreadable { Fault::Malformed { found: reason } } else { Fault::Credential { reason } };
    };
    let body: &[u8] = response.map(|it| it.body().as_ref()).unwrap_or_default();
    let said = json::object(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let description = ["error_description", "message"].into_iter().map(text).find(|it| !it.is_empty());
    // The first line says it; the lines after it are ids and a time.
    let message = shortened(description.unwrap_or("without a word").lines().next().unwrap_or_default());
    let code = message.split(':').next().filter(|it| it.starts_with("AADSTS")).unwrap_or(text("error")).to_owned();
    match status {
        500.. => Fault::Unavailable { status, code, message },
        _ => Fault::Unauthenticated { code, message },
    }
}

/// Whether the host's certificate was not accepted.
pub fn is_untrusted(error: &azure_core::Error) -> bool {
    causes(error).any(|it| {
        let tls = |it: &rustls::Error| matches!(it, rustls::Error::InvalidCertificate(_));
        let in_io = |it: &std::io::Error| it.get_ref().and_then(|it| it.downcast_ref()).is_some_and(tls);
        it.downcast_ref().is_some_and(tls) || it.downcast_ref().is_some_and(in_io)
    })
}

fn kind(error: Cause<'_>) -> Option<&ErrorKind> {
    error.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind)
}

fn causes(error: &azure_core::Error) -> impl Iterator<Item = Cause<'_>> {
    let outermost: Cause<'_> = error;
    std::iter::successors(Some(outermost), |it: &Cause<'_>| it.source())
}

type Cause<'a> = &'a (dyn std::error::Error + 'static);

fn innermost(error: &azure_core::Error) -> String {
    let last = causes(error).last().expect("the error itself is the first");
    shortened(&last.to_string())
}

/// A service's words, at a length that a person reads.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const LONGEST_MESSAGE: usize = 600;

/// Codes that Log Analytics sends with 403 where others send 401.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/errors>.
const TOKEN_CODES: [&str; 3] =
    ["InvalidAuthenticationToken", "InvalidAuthenticationTokenAudience", "InvalidTokenError"];

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const CORRELATION_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
