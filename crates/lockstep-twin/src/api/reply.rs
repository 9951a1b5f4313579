//! What an operation answers: a reply, or a refusal in the services' error form.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What an operation answers.
pub(crate) type Answer = Result<Reply, Refusal>;

/// A reply of success.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// What a reply holds.
#[derive(Debug)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    /// JSON, written out already.
    Text(String),
    /// Some other text, with its type.
    Other(&'static str, String),
    /// The beginning of a text, after which the connection breaks.
    Half(String),
    /// No answer: the connection breaks.
    Broken,
}

impl Content {
    /// The text of it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Nothing | Self::Broken => String::new(),
            Self::Json(value) => value.to_string(),
            Self::Text(text) | Self::Other(_, text) | Self::Half(text) => text,
        }
    }
}

impl Reply {
    /// 200 with a JSON body.
    pub(crate) fn ok(body: Value) -> Self {
        Self::with(StatusCode::OK, body)
    }

    /// A status with a JSON body.
    pub(crate) fn with(status: StatusCode, body: Value) -> Self {
        Self { status, content: Content::Json(body), headers: Vec::new() }
    }

    /// 200 with a JSON body, written out at once: for what is long.
    pub(crate) fn written(body: &impl Serialize) -> Self {
        Self::text(serde_json::to_string(body).expect("texts, numbers and lists of them can be written as JSON"))
    }

    /// 200 with a body that is JSON already.
    pub(crate) fn text(body: String) -> Self {
        Self { status: StatusCode::OK, content: Content::Text(body), headers: Vec::new() }
    }

    /// A status without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, content: Content::Nothing, headers: Vec::new() }
    }

    /// Adds a header; one whose value no header can hold is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }
}

/// A reply of failure, in the form of the service that refuses.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, content: Content::Json(refusal.body), headers: refusal.headers }
    }
}

impl Refusal {
    /// ARM's form: `{"error":{"code","message"}}`.
    pub(crate) fn arm(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::raw(status, json!({"error": {"code": code, "message": message.into()}}))
    }

    /// Log Analytics' form: `{"error":{"message","code","correlationId"}}`.
    pub(crate) fn logs(status: StatusCode, code: &str, message: &str, correlation: Uuid) -> Self {
        Self::raw(
            status,
            json!({"error": {"message": message, "code": code, "correlationId": correlation.to_string()}}),
        )
    }

    /// A body of some other form.
    pub(crate) fn raw(status: StatusCode, body: Value) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    /// ARM's 400 for something wrong in the request.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::arm(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// ARM's 404 for a resource.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::arm(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// Adds a header; one whose value no header can hold is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// 401, with the challenge that tells where to get a token.
    pub(crate) fn unauthenticated(code: &str, message: &str, authority: &str) -> Self {
        Self::arm(StatusCode::UNAUTHORIZED, code, message).challenge(authority)
    }

    /// Adds the challenge that tells where to get a token.
    pub(crate) fn challenge(self, authority: &str) -> Self {
        let challenge = format!(
            "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"The authentication failed.\""
        );
        self.header(header::WWW_AUTHENTICATE, &challenge)
    }
}
