//! What a template asks the cloud that it is deployed to.

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

/// The cloud, as far as expressions can see it. Ids and names are compared without regard to case.
pub trait Host {
    /// The moment of the deployment, for `utcNow()`.
    fn now(&self) -> OffsetDateTime;

    /// An id that was never given before, for `newGuid()`.
    fn new_guid(&self) -> Uuid;

    /// What `environment()` answers.
    fn environment(&self) -> Value;

    /// What `tenant()` answers.
    fn tenant(&self) -> Value;

    /// What `subscription()` answers: `id`, `subscriptionId`, `tenantId`, `displayName`.
    ///
    /// # Errors
    /// The cloud's own words where there is no such subscription.
    fn subscription(&self, subscription: &str) -> Result<Value, Refusal>;

    /// What `resourceGroup()` answers: `id`, `name`, `type`, `location`, `tags`, `properties`.
    ///
    /// # Errors
    /// The cloud's own words where there is no such resource group.
    fn resource_group(&self, subscription: &str, name: &str) -> Result<Value, Refusal>;

    /// A resource as it stands, whole.
    ///
    /// # Errors
    /// The cloud's own words where there is none.
    fn resource(&self, id: &str, api_version: &str) -> Result<Value, Refusal>;

    /// What a `list..` function of a resource answers, which may be secret.
    ///
    /// # Errors
    /// The cloud's own words where there is no such resource or function.
    fn list(&self, function: &str, id: &str, api_version: &str, input: Option<&Value>) -> Result<Value, Refusal>;
}

/// What the cloud says when it has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its code: `ResourceNotFound`, ...
    pub code: String,
    /// Its words.
    pub message: String,
}
