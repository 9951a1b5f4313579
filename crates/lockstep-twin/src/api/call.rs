//! One call of an operation: what the handlers are handed.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::path::Params;
use super::reply::Refusal;
use super::{Operation, lenient};
use crate::Twin;
use crate::clock::machine_time;
use crate::faults::Effect;
use crate::tokens::Caller;
use crate::world::Actor;

/// One call of an operation.
pub(crate) struct Call {
    pub(crate) twin: Twin,
    pub(crate) operation: &'static Operation,
    /// What the path template's names stand for, decoded.
    pub(crate) params: Params,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The path as it came, for links.
    pub(crate) path: String,
    pub(crate) path_and_query: String,
    /// Scheme and authority that the caller used.
    pub(crate) origin: String,
    /// The place of the workspace that the call is about; the first where it names none.
    pub(crate) place: usize,
    /// `None` where the operation is open to all.
    pub(crate) caller: Option<Caller>,
    /// Ties the call to its traces.
    pub(crate) correlation: Uuid,
    pub(crate) wire: Wire,
    /// What a fault does to the call.
    pub(crate) struck: Option<Effect>,
}

/// How the twin is reached, which says whose clock tokens and dates follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// In the caller's process: everything follows the world's clock.
    InProcess,
    /// Over a socket: tokens and dates follow real time, as clients do.
    Socket,
    /// Over the plain-http socket that serves managed identity alone.
    IdentitySocket,
}

impl Call {
    /// What the template's `name` stands for.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The time that tokens, dates and waits follow.
    pub(crate) fn now(&self) -> OffsetDateTime {
        match self.wire {
            Wire::InProcess => self.twin.clock().now(),
            Wire::Socket | Wire::IdentitySocket => machine_time(),
        }
    }

    /// Where the caller is sent to sign in: to the tenant of the subscription that the call is about.
    pub(crate) fn authority(&self) -> String {
        let estate = self.twin.estate();
        let tenant = self.params.get("subscription").and_then(|subscription| estate.tenant_of(subscription));
        format!("{}/{}", self.origin, tenant.unwrap_or(&estate.tenant_id))
    }

    /// The ARM id of the subscription that the path names; the first where it names none.
    pub(crate) fn subscription(&self) -> String {
        let estate = self.twin.estate();
        let named = self.params.get("subscription");
        let is_named = |id: &str| named.is_none_or(|named| named.eq_ignore_ascii_case(id));
        let found = estate.subscriptions().into_iter().map(|one| one.id).find(|id| is_named(id));
        found.map_or_else(|| estate.subscription(), |id| format!("/subscriptions/{id}"))
    }

    /// Who calls, as the services record it.
    pub(crate) fn actor(&self) -> Actor {
        match &self.caller {
            Some(caller) => Actor {
                name: caller.app_id.clone(),
                object_id: Some(caller.object_id.clone()),
                user_principal_name: None,
            },
            None => Actor::service("unknown"),
        }
    }

    /// The ARM id of what an operation is about: the path, without the verb of an action.
    pub(crate) fn resource_id(&self) -> String {
        let path = self.path.trim_end_matches('/');
        let is_action = self.operation.method == http::Method::POST;
        let id = if is_action { path.rsplit_once('/').map_or(path, |(id, _)| id) } else { path };
        id.to_owned()
    }

    /// The api-version, as sent; empty where none was.
    pub(crate) fn version(&self) -> &str {
        self.query.one("api-version").unwrap_or_default()
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match lenient::parse(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(invalid_content("the body must be a JSON object")),
            Err(_) if self.body.is_empty() => Err(invalid_content("the body is empty")),
            Err(error) => Err(invalid_content(format!("the body is not JSON: {error}"))),
        }
    }

    /// The `properties` object of a resource body, with the whole body.
    pub(crate) fn resource(&self) -> Result<Resource, Refusal> {
        let mut body = self.object()?;
        let properties = match body.remove("properties") {
            Some(Value::Object(properties)) => properties,
            Some(_) => return Err(invalid_content("'properties' must be an object")),
            None => return Err(invalid_content("'properties' is missing")),
        };
        let etag = text(&body, "etag")?.filter(|etag| !etag.is_empty());
        Ok(Resource { properties, etag })
    }
}

/// A resource as somebody sends it.
pub(crate) struct Resource {
    pub(crate) properties: Map<String, Value>,
    pub(crate) etag: Option<String>,
}

/// A string member; `None` where it is missing or null, a refusal where it is something else.
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(invalid_content(format!("'{name}' must be a string, not {}", kind(other)))),
    }
}

/// A string member that has to be there.
pub(crate) fn required(object: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    text(object, name)?.ok_or_else(|| Refusal::bad_request(format!("'{name}' is required")))
}

/// One of the words of a list, in any case; `None` where it is missing or null.
pub(crate) fn word<T>(
    object: &Map<String, Value>,
    name: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| Refusal::bad_request(format!("'{text}' is not a value of '{name}'")))
}

/// ARM's 400 for content it cannot read.
pub(crate) fn invalid_content(message: impl Into<String>) -> Refusal {
    Refusal::arm(
        StatusCode::BAD_REQUEST,
        "InvalidRequestContent",
        format!("The request content was invalid: {}.", message.into()),
    )
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The query string, names in any case and decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first value of a name.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The query with one name set anew, as a query string.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(self.0.iter().filter(|(key, _)| !key.eq_ignore_ascii_case(name)));
        // `+` means a space only in forms; links are read by stricter readers too.
        out.append_pair(name, value).finish().replace('+', "%20").replace("%24", "$")
    }
}
