//! What a workflow does to the world, and what it asks it.

use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

/// The world that a workflow runs in.
pub trait Effects: Send + Sync {
    /// The time.
    fn now(&self) -> OffsetDateTime;

    /// An id that was never given before.
    fn new_guid(&self) -> Uuid;

    /// Waits.
    fn wait(&self, duration: Duration) -> BoxFuture<'_, ()>;

    /// Sends a request as the workflow's HTTP action does; once, since retries are the workflow's.
    fn http(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>>;

    /// Calls an operation of a managed connector; once, the same.
    fn connector(&self, call: ConnectorCall) -> BoxFuture<'_, Result<Response, Failure>>;
}

/// A request of an HTTP action.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The address, its query included.
    pub uri: String,
    /// Headers by name.
    pub headers: Map<String, Value>,
    /// The body; text is sent as it is, everything else as JSON.
    pub body: Option<Value>,
    /// As whom it is sent.
    pub authentication: Option<Authentication>,
}

/// As whom a request is sent: a managed identity, the only way that this engine knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The resource id of a user-assigned identity; the workflow's own identity where there is none.
    pub identity: Option<String>,
    /// Whom the token is for; ARM where nothing is said.
    pub audience: Option<String>,
}

/// A call of a connector's operation.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectorCall {
    /// The id of the connection, a resource of type `Microsoft.Web/connections`.
    pub connection_id: String,
    /// What the workflow's `$connections` says of it: `connectionProperties` with the identity that it is used as, ...
    pub connection: Value,
    /// The method, in capitals.
    pub method: String,
    /// The operation's path: `/Incidents`.
    pub path: String,
    /// Queries by name.
    pub queries: Map<String, Value>,
    /// Headers by name.
    pub headers: Map<String, Value>,
    /// The body.
    pub body: Option<Value>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers by name.
    pub headers: Map<String, Value>,
    /// The body: a value where it was JSON, text where it was not, null where there was none.
    pub body: Value,
}

/// That nobody answered, or that the request could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A code: `ServiceProviderConnectionFailed`, ...
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// Whether it may be different the next time.
    pub again: bool,
}
