//! What exists before anything happens: the tenant, the subscription, the workspace, and who may sign in.
//!
//! Ids look random and are the same at every start; secrets are random at every start and never printed.

use std::fmt;

use uuid::Uuid;

/// The names and ids of the one tenant, subscription, resource group and workspace that the twin plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estate {
    /// The Entra tenant.
    pub tenant_id: String,
    /// The one subscription.
    pub subscription_id: String,
    /// The resource group of the workspace.
    pub resource_group: String,
    /// The workspace's name in ARM.
    pub workspace_name: String,
    /// The workspace's `customerId`, which Log Analytics queries are addressed to.
    pub workspace_id: String,
    /// Where the workspace is, and where Defender for Cloud keeps new alerts.
    pub location: String,
    /// The application that signs in with the client secret.
    pub client_id: String,
    /// The service principal of that application.
    pub client_object_id: String,
    /// The managed identity of the host.
    pub identity_client_id: String,
    /// The service principal of the managed identity.
    pub identity_object_id: String,
}

impl Default for Estate {
    fn default() -> Self {
        Self {
            tenant_id: "3b1f0c52-8d0e-4f6a-9a57-6c2d41e7b905".into(),
            subscription_id: "6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2".into(),
            resource_group: "rg-sentinel".into(),
            workspace_name: "law-sentinel".into(),
            workspace_id: "c4a8f9d1-2e67-4b3c-9c15-7d80b6e2f34a".into(),
            location: "westeurope".into(),
            client_id: "0d9b5e43-7c1a-4e28-b6f5-93ac1f7d2e60".into(),
            client_object_id: "a7e31c94-05bd-4f82-8c6e-2b9f40d7135e".into(),
            identity_client_id: "58f2a6c0-b3d9-4716-a0e4-cd175b8e9f23".into(),
            identity_object_id: "e1640b7d-9f2c-48a5-b731-5a08dc6f294b".into(),
        }
    }
}

impl Estate {
    /// The ARM id of the subscription.
    pub fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.subscription_id)
    }

    /// The ARM id of the workspace.
    pub fn workspace(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
            self.subscription_id, self.resource_group, self.workspace_name
        )
    }

    /// The ARM id of the managed identity.
    pub fn identity_resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lockstep",
            self.subscription_id, self.resource_group
        )
    }

    /// The ARM id of `name` among the workspace's Sentinel resources; `kind` may be a path.
    pub(crate) fn sentinel(&self, kind: &str, name: &str) -> String {
        format!("{}/providers/Microsoft.SecurityInsights/{kind}/{name}", self.workspace())
    }

    /// A GUID that is always the same for the same subject of the same workspace.
    pub(crate) fn stable_guid(&self, subject: &str) -> Uuid {
        let namespace = Uuid::parse_str(&self.workspace_id).unwrap_or(Uuid::NAMESPACE_OID);
        Uuid::new_v5(&namespace, subject.as_bytes())
    }
}

/// A text that must not be seen: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new random secret, of 244 random bits.
    pub(crate) fn random() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// The text itself, for the one place that has to show or compare it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets of one start.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The client secret of [`Estate::client_id`].
    pub client_secret: Secret,
    /// What the managed identity endpoint wants in `X-IDENTITY-HEADER`.
    pub identity_header: Secret,
    /// Signs the tokens.
    pub(crate) signing_key: Secret,
}

impl Secrets {
    pub(crate) fn random() -> Self {
        Self { client_secret: Secret::random(), identity_header: Secret::random(), signing_key: Secret::random() }
    }
}
