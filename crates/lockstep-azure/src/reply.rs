//! A reply, and the one place that reads a refusal.

use azure_core::base64;
use azure_core::http::RawResponse;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::time::parse_rfc7231;
use bytes::Bytes;
use lockstep_core::Time;
use serde_json::Value;

use crate::error::{Error, Fault, RequestIds};
use crate::json;
use crate::operation::Operation;

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
    pub fn new(operation: Operation, reply: RawResponse, ids: RequestIds) -> Self {
        let (status, headers, body) = reply.deconstruct();
        Self { operation, status: status.into(), headers, body: body.into(), ids }
    }

    #[cfg(test)]
    pub fn of(operation: Operation, status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = Bytes::from(body.into());
        Self { operation, status, headers: Headers::new(), body, ids: RequestIds::default() }
    }

    /// What time it was at the service, to the second; `None` where it did not say.
    pub fn date(&self) -> Option<Time> {
        let date = self.headers.get_optional_str(&HeaderName::from_static("date"))?;
        let ticks = parse_rfc7231(date).ok()?.unix_timestamp().checked_mul(Time::TICKS_PER_SECOND)?;
        Some(Time::from_ticks(ticks))
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
            401 => match self.claims_wanted() {
                Some(claims) => Fault::Unauthenticated { code: CLAIMS.to_owned(), message: shortened(&claims) },
                None => Fault::Unauthenticated { code, message },
            },
            403 if TOKEN_CODES.contains(&code.as_str()) => Fault::Unauthenticated { code, message },
            403 => {
                let action = named_action(&message).unwrap_or_else(|| any_of(self.operation.actions()));
                Fault::Forbidden { action, code, message }
            }
            404 | 410 => Fault::NotFound { code, message },
            409 | 412 => Fault::Conflict { code, message },
            500.. => Fault::Unavailable { status, code, message },
            _ => Fault::Refused { status, code, message },
        })
    }
}

impl Reply {
    /// The claims that the service wants a token to have, in its own JSON; `None` where it wants none.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/claims-challenge>.
    fn claims_wanted(&self) -> Option<String> {
        let challenge = self.headers.get_optional_str(&HeaderName::from_static("www-authenticate"))?;
        let (_, rest) = challenge.split_once("claims=\"")?;
        let claims = base64::decode(rest.split_once('"')?.0).ok()?;
        let claims = String::from_utf8(claims).ok()?;
        Some(format!("the service wants a token with the claims {claims}"))
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

/// The actions, one of which is missing.
fn any_of(actions: &[&str]) -> String {
    match actions {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// A service's words, at a length that a person reads.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const LONGEST_MESSAGE: usize = 600;

/// The code of a claims challenge.
const CLAIMS: &str = "insufficient_claims";

/// Codes that Log Analytics sends with 403 where others send 401.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/errors>.
const TOKEN_CODES: [&str; 3] =
    ["InvalidAuthenticationToken", "InvalidAuthenticationTokenAudience", "InvalidTokenError"];

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
            "the identity lacks Microsoft.OperationalInsights/workspaces/query/read, \
             Microsoft.OperationalInsights/workspaces/query/SecurityIncident/read or \
             Microsoft.OperationalInsights/workspaces/query/SecurityAlert/read (InsufficientAccessError): No access.",
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
