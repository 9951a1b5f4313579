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
use crate::limit::Limit;
use crate::operation::{Operation, Side};
use crate::throttle::{Asks, Held, LastTry, NoToken, OnWait, Patience, Throttle};

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
            let bearer = bearer.with_on_challenge(Arc::new(renew));
            pipeline(client, vec![Arc::clone(&throttle) as _, Arc::new(bearer), Arc::new(Limit(Asks::Service))])
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

/// A pipeline over `client` with these policies, the first of which alone sends again.
fn pipeline(client: &Arc<dyn HttpClient>, per_try: Vec<Arc<dyn Policy>>) -> Pipeline {
    let transport = Some(Transport::new(Arc::clone(client)));
    let options = ClientOptions { transport, retry: RetryOptions::none(), ..ClientOptions::default() };
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

    #[cfg(test)]
    pub fn of(operation: Operation, status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = Bytes::from(body.into());
        Self { operation, status, headers: Headers::new(), body, ids: RequestIds::default() }
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
            return Err(Fault::Elsewhere { to: to.unwrap_or_else(|| "an unnamed one".to_owned()) });
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
    let refusal = causes(error).find_map(|it| match it.downcast_ref::<NoToken>() {
        Some(refused) => Some((refused.status, refused.body.as_ref())),
        None => match kind(it)? {
            ErrorKind::HttpResponse { status, raw_response: Some(raw), .. } => {
                Some((u16::from(*status), raw.body().as_ref()))
            }
            _ => None,
        },
    });
    let Some((status, body)) = refusal else {
        let unreadable = causes(error).any(|it| kind(it) == Some(&ErrorKind::DataConversion));
        let reason = innermost(error);
        return if unreadable { Fault::Malformed { found: reason } } else { Fault::Credential { reason } };
    };
    let said = json::object(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let description = ["error_description", "message"].into_iter().map(text).find(|it| !it.is_empty());
    // The first line says it; the lines after it are ids and a time. Entra's own code stands before it.
    let line = description.unwrap_or("without a word").lines().next().unwrap_or_default();
    let (code, words) = match line.split_once(": ") {
        Some((code, words)) if code.starts_with("AADSTS") => (code, words),
        _ => (text("error"), line),
    };
    let (code, message) = (code.to_owned(), shortened(words));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_named_by_what_can_be_done_about_it() {
        let check = |operation, status, body: &str, expected: &str| {
            let fault = Reply::of(operation, status, body).accepted().expect_err("it is a refusal");
            assert_eq!(fault.to_string(), expected);
        };
        let arm = |code: &str, message: &str| format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#);
        check(
            Operation::ReadIncident,
            401,
            &arm("ExpiredAuthenticationToken", "The token is too old."),
            "the identity was not accepted (ExpiredAuthenticationToken): The token is too old.",
        );
        check(
            Operation::Query,
            403,
            &arm("InvalidTokenError", "Bad audience."),
            "the identity was not accepted (InvalidTokenError): Bad audience.",
        );
        check(
            Operation::Query,
            403,
            &arm("InsufficientAccessError", "No access."),
            "the identity lacks Microsoft.OperationalInsights/workspaces/query/read (InsufficientAccessError): No access.",
        );
        check(
            Operation::WriteIncident,
            403,
            &arm("AuthorizationFailed", "It may not perform action 'Microsoft.X/y/write' over scope '/s'."),
            "the identity lacks Microsoft.X/y/write (AuthorizationFailed): \
             It may not perform action 'Microsoft.X/y/write' over scope '/s'.",
        );
        check(Operation::ReadIncident, 404, &arm("ResourceNotFound", "Gone."), "not found (ResourceNotFound): Gone.");
        check(
            Operation::WriteIncident,
            409,
            &arm("Conflict", "Newer."),
            "it changed since it was read (Conflict): Newer.",
        );
        check(
            Operation::Query,
            400,
            r#"{"error":{"code":"BadArgumentError","message":"Bad.","innererror":{"code":"SyntaxError","message":"Line 3."}}}"#,
            "refused with 400 (BadArgumentError): Bad.: Line 3.",
        );
        check(Operation::Query, 500, "", "failed with 500: without a word");
        check(Operation::Query, 502, "<html>", "failed with 502: with a body that is no JSON");
        check(Operation::Query, 400, r#"{"error":"no"}"#, "refused with 400: ");
        check(Operation::ReadAlert, 302, "", "it points to another place, an unnamed one, which is not followed");
    }

    #[test]
    fn what_may_have_been_written_is_in_doubt() {
        use crate::error::WriteError;
        let check = |status: u16, expected: &str| {
            let reply = Reply::of(Operation::WriteIncident, status, "");
            let error = WriteError::from(reply.error(reply.accepted().expect_err("it is a refusal")));
            let said = match error {
                WriteError::Changed(_) => "changed",
                WriteError::Later { .. } => "later",
                WriteError::Refused(_) => "refused",
                WriteError::InDoubt(_) => "in doubt",
            };
            assert_eq!(said, expected, "{status}");
        };
        check(302, "refused");
        check(400, "refused");
        check(401, "refused");
        check(403, "refused");
        check(404, "refused");
        check(408, "in doubt");
        check(409, "changed");
        check(412, "changed");
        check(500, "in doubt");
        check(503, "in doubt");
        check(504, "in doubt");
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_a_refusal_panic(body in ".{0,200}") {
            let _ = Reply::of(Operation::Query, 400, body).accepted();
        }
    }
}
