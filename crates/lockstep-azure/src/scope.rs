//! Which workspace, and where it lies. Every piece is checked once, here, because all of them enter paths.

use std::fmt;

use thiserror::Error;
use uuid::Uuid;

/// One Sentinel workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    tenant: Uuid,
    subscription: Uuid,
    resource_group: String,
    workspace: String,
    workspace_id: Uuid,
}

impl Scope {
    /// A workspace by its place in Azure and its own GUID (`customerId` in ARM, "Workspace ID" in the portal).
    ///
    /// # Errors
    /// The piece that is none, what was found and what would work.
    pub fn new(
        tenant: &str,
        subscription: &str,
        resource_group: &str,
        workspace: &str,
        workspace_id: &str,
    ) -> Result<Self, ScopeError> {
        if !is_resource_group(resource_group) {
            return Err(ScopeError::ResourceGroup(resource_group.to_owned()));
        }
        if !is_workspace(workspace) {
            return Err(ScopeError::Workspace(workspace.to_owned()));
        }
        Ok(Self {
            tenant: guid("tenant", tenant)?,
            subscription: guid("subscription", subscription)?,
            resource_group: resource_group.to_owned(),
            workspace: workspace.to_owned(),
            workspace_id: guid("workspace id", workspace_id)?,
        })
    }

    /// The Entra tenant that the identity belongs to.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The subscription that the workspace is in.
    pub fn subscription(&self) -> Uuid {
        self.subscription
    }

    /// The ARM id of the resource group that the workspace is in, without a slash at its end.
    pub fn resource_group_id(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.resource_group)
    }

    /// The workspace's own GUID.
    pub fn workspace_id(&self) -> Uuid {
        self.workspace_id
    }

    /// The workspace's ARM id, without a slash at its end.
    pub fn arm_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
            self.subscription, self.resource_group, self.workspace
        )
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.workspace)
    }
}

/// A piece of a workspace's place that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// Not a GUID.
    #[error("\"{}\" is no {piece}: a GUID such as 6f1e2d3c-4b5a-4988-8776-655443322110 is wanted", .found.escape_debug())]
    Guid {
        /// Which piece.
        piece: &'static str,
        /// What was found.
        found: String,
    },
    /// Not the name of a resource group.
    #[error(
        "\"{}\" cannot be a resource group: up to 90 letters, digits, _, -, ., ( and ), not ending in a dot, are wanted",
        .0.escape_debug()
    )]
    ResourceGroup(String),
    /// Not the name of a workspace.
    #[error("\"{}\" cannot be a workspace's name: 4 to 63 letters, digits and inner dashes are wanted", .0.escape_debug())]
    Workspace(String),
}

fn guid(piece: &'static str, found: &str) -> Result<Uuid, ScopeError> {
    // Uuid reads more forms than the hyphenated one; Azure shows only that one.
    match found.parse::<Uuid>() {
        Ok(guid) if found.len() == 36 => Ok(guid),
        _ => Err(ScopeError::Guid { piece, found: found.to_owned() }),
    }
}

/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>, resourceGroups.
fn is_resource_group(name: &str) -> bool {
    let allowed = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '(' | ')');
    !name.is_empty() && name.chars().count() <= 90 && name.chars().all(allowed) && !name.ends_with('.')
}

/// Source: the same page, Microsoft.OperationalInsights/workspaces.
fn is_workspace(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (4..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "6F1E2D3C-4b5a-4988-8776-655443322110";

    #[test]
    fn a_scope_takes_only_pieces_that_are_safe_in_a_path() {
        let check = |tenant: &str, group: &str, workspace: &str, expected: &str| {
            let scope = Scope::new(tenant, GUID, group, workspace, GUID);
            let said = scope.map_or_else(|error| error.to_string(), |scope| scope.arm_id());
            assert!(said.contains(expected), "{said}");
        };
        check(GUID, "rg-1", "soc-ws", "/subscriptions/6f1e2d3c-4b5a-4988-8776-655443322110/resourceGroups/rg-1/");
        check("contoso", "rg", "soc-ws", "\"contoso\" is no tenant");
        check("{6f1e2d3c-4b5a-4988-8776-655443322110}", "rg", "soc-ws", "is no tenant");
        check(GUID, "../x", "soc-ws", "\"../x\" cannot be a resource group");
        check(GUID, "rg.", "soc-ws", "cannot be a resource group");
        check(GUID, "rg", "soc/ws", "cannot be a workspace's name");
        check(GUID, "rg", "-soc", "cannot be a workspace's name");
    }
}
