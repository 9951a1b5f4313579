//! What exists before anything happens: tenants, subscriptions, workspaces, and who may sign in.
//!
//! Ids look random and are the same at every start; secrets are random at every start and never printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The names and ids of what the twin plays: one tenant, subscription and workspace, and those beside them.
///
/// Read from a file, every member may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Estate {
    /// The Entra tenant.
    pub tenant_id: String,
    /// The subscription of the workspace.
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
    /// Subscriptions beside the first.
    pub more_subscriptions: Vec<Subscription>,
    /// Workspaces beside the first.
    pub more_workspaces: Vec<Workspace>,
}

/// One subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Its GUID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The Entra tenant that it trusts; the estate's own where none is given.
    #[serde(default)]
    pub tenant_id: Option<String>,
}

/// One workspace with Sentinel on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The subscription that it lies in.
    pub subscription_id: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its name in ARM.
    pub name: String,
    /// Its `customerId`, which Log Analytics queries are addressed to.
    pub id: String,
    /// Where it is.
    pub location: String,
    /// The subscriptions whose Defender for Cloud alerts it is connected to from the start.
    #[serde(default)]
    pub connected: Vec<String>,
}

impl Workspace {
    /// Its ARM id.
    pub fn resource_id(&self) -> String {
        let Self { subscription_id, resource_group, name, .. } = self;
        format!(
            "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.OperationalInsights/workspaces/{name}"
        )
    }

    /// The ARM id of `name` among its Sentinel resources; `kind` may be a path.
    pub(crate) fn sentinel(&self, kind: &str, name: &str) -> String {
        format!("{}/providers/Microsoft.SecurityInsights/{kind}/{name}", self.resource_id())
    }

    /// A GUID that is always the same for the same subject of this workspace.
    pub(crate) fn stable_guid(&self, subject: &str) -> Uuid {
        let namespace = Uuid::parse_str(&self.id).unwrap_or(Uuid::NAMESPACE_OID);
        Uuid::new_v5(&namespace, subject.as_bytes())
    }

    /// Whether ARM calls it by these names, in any case.
    pub(crate) fn is_at(&self, subscription: &str, group: &str, name: &str) -> bool {
        self.subscription_id.eq_ignore_ascii_case(subscription)
            && self.resource_group.eq_ignore_ascii_case(group)
            && self.name.eq_ignore_ascii_case(name)
    }
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
            more_subscriptions: Vec::new(),
            more_workspaces: Vec::new(),
        }
    }
}

impl Estate {
    /// The ARM id of the first subscription.
    pub fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.subscription_id)
    }

    /// The ARM id of the first workspace.
    pub fn workspace(&self) -> String {
        self.first_workspace().resource_id()
    }

    /// The ARM id of the managed identity.
    pub fn identity_resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-lockstep",
            self.subscription_id, self.resource_group
        )
    }

    /// Every subscription, the first one first.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        let first = Subscription { id: self.subscription_id.clone(), name: "Contoso".into(), tenant_id: None };
        std::iter::once(first).chain(self.more_subscriptions.iter().cloned()).collect()
    }

    /// Every workspace, the first one first.
    pub fn workspaces(&self) -> Vec<Workspace> {
        std::iter::once(self.first_workspace()).chain(self.more_workspaces.iter().cloned()).collect()
    }

    fn first_workspace(&self) -> Workspace {
        Workspace {
            subscription_id: self.subscription_id.clone(),
            resource_group: self.resource_group.clone(),
            name: self.workspace_name.clone(),
            id: self.workspace_id.clone(),
            location: self.location.clone(),
            connected: vec![self.subscription_id.clone()],
        }
    }

    /// The tenant that a subscription trusts; `None` where there is no such subscription.
    pub fn tenant_of(&self, subscription_id: &str) -> Option<&str> {
        if subscription_id.eq_ignore_ascii_case(&self.subscription_id) {
            return Some(&self.tenant_id);
        }
        let found = self.more_subscriptions.iter().find(|other| other.id.eq_ignore_ascii_case(subscription_id))?;
        Some(found.tenant_id.as_deref().unwrap_or(&self.tenant_id))
    }

    /// Every tenant, the first one first.
    pub fn tenants(&self) -> Vec<&str> {
        let mut all = vec![self.tenant_id.as_str()];
        for tenant in self.more_subscriptions.iter().filter_map(|other| other.tenant_id.as_deref()) {
            if !all.iter().any(|known| known.eq_ignore_ascii_case(tenant)) {
                all.push(tenant);
            }
        }
        all
    }

    /// The service principal of the application in a tenant: one of its own in each.
    pub fn principal(&self, tenant_id: &str) -> String {
        if tenant_id.eq_ignore_ascii_case(&self.tenant_id) {
            return self.client_object_id.clone();
        }
        self.stable_guid(&format!("principal/{}/{}", self.client_id, tenant_id.to_ascii_lowercase())).to_string()
    }

    /// A GUID that is always the same for the same subject of the same estate.
    pub(crate) fn stable_guid(&self, subject: &str) -> Uuid {
        let namespace = Uuid::parse_str(&self.workspace_id).unwrap_or(Uuid::NAMESPACE_OID);
        Uuid::new_v5(&namespace, subject.as_bytes())
    }

    /// What makes the estate one that cannot be played, if anything does.
    pub fn fault(&self) -> Option<String> {
        let subscriptions = self.subscriptions();
        let known = |id: &str| subscriptions.iter().any(|one| one.id.eq_ignore_ascii_case(id));
        let no_guid = |id: &&str| Uuid::parse_str(id).is_err();
        let ids = subscriptions.iter().map(|one| one.id.as_str()).chain(self.tenants());
        if let Some(id) = ids.chain(self.more_workspaces.iter().map(|one| one.id.as_str())).find(no_guid) {
            return Some(format!("'{id}' must be a GUID: it is the id of a tenant, a subscription or a workspace"));
        }
        for workspace in self.workspaces() {
            let lies_in = std::iter::once(&workspace.subscription_id);
            if let Some(id) = lies_in.chain(&workspace.connected).find(|id| !known(id)) {
                return Some(format!(
                    "workspace '{}' names the subscription '{id}', which does not exist",
                    workspace.name
                ));
            }
        }
        None
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
