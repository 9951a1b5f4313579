//! Who may do what: role definitions, assignments, and when an assignment takes effect.
//!
//! The built-in roles are Microsoft's, by their real ids; of each, the actions that matter to the operations served here.
//! Source: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::clock::later;
use crate::estate::{Estate, Subscription};

/// What somebody in a role may do. `*` in an action stands for anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The GUID that names its definition.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What is said of it.
    pub description: String,
    /// Whether Microsoft made it.
    pub built_in: bool,
    /// What it allows.
    pub actions: Vec<String>,
    /// What it does not, of what it allows.
    pub not_actions: Vec<String>,
    /// What it allows of data.
    pub data_actions: Vec<String>,
    /// Where it can be assigned.
    pub scopes: Vec<String>,
}

/// That somebody is in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The GUID that names it.
    pub name: String,
    /// The Entra object that is in the role.
    pub principal_id: String,
    /// The role's GUID.
    pub role: String,
    /// The ARM id at and below which it holds.
    pub scope: String,
    /// When it was made.
    #[serde(with = "crate::clock::wire")]
    pub created: OffsetDateTime,
    /// From when on it holds.
    #[serde(with = "crate::clock::wire")]
    pub effective: OffsetDateTime,
}

/// All roles and assignments.
#[derive(Debug)]
pub(crate) struct Rights {
    roles: Vec<Role>,
    assignments: Vec<Assignment>,
    /// Each subscription's id with that of the root management group that it is in.
    roots: Vec<[String; 2]>,
}

impl Rights {
    /// The built-in roles, and no assignment.
    pub(super) fn new(estate: &Estate) -> Self {
        let root = |one: Subscription| {
            let tenant = one.tenant_id.as_deref().unwrap_or(&estate.tenant_id);
            [format!("/subscriptions/{}", one.id), root_group(tenant)]
        };
        let roots = estate.subscriptions().into_iter().map(root).collect();
        Self { roles: BUILT_IN.iter().map(BuiltIn::role).collect(), assignments: Vec::new(), roots }
    }

    /// Whether what holds at `above` holds at `scope`.
    fn covers(&self, above: &str, scope: &str) -> bool {
        is_within(scope, above)
            || self
                .roots
                .iter()
                .any(|[subscription, root]| root.eq_ignore_ascii_case(above) && is_within(scope, subscription))
    }

    /// Whether somebody is in a role.
    pub(crate) fn is_held(&self, role: &str) -> bool {
        self.assignments.iter().any(|assignment| assignment.role.eq_ignore_ascii_case(role))
    }

    /// Ends every assignment at and below a scope that is no more.
    pub(crate) fn revoke_within(&mut self, scope: &str) {
        self.assignments.retain(|assignment| !is_within(&assignment.scope, scope));
    }

    pub(crate) fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// A role by its id or its name, in any case.
    pub(crate) fn role(&self, called: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id.eq_ignore_ascii_case(called) || role.name.eq_ignore_ascii_case(called))
    }

    /// Writes a role of the tenant's own; answers whether it is new.
    pub(crate) fn write_role(&mut self, role: Role) -> bool {
        let before = self.roles.len();
        self.roles.retain(|known| !known.id.eq_ignore_ascii_case(&role.id));
        let is_new = self.roles.len() == before;
        self.roles.push(role);
        is_new
    }

    /// Deletes a role of the tenant's own.
    pub(crate) fn delete_role(&mut self, id: &str) -> Option<Role> {
        let at = self.roles.iter().position(|role| !role.built_in && role.id.eq_ignore_ascii_case(id))?;
        Some(self.roles.remove(at))
    }

    pub(super) fn set_roles(&mut self, roles: Vec<Role>) {
        self.roles = roles;
    }

    pub(super) fn set_assignments(&mut self, assignments: Vec<Assignment>) {
        self.assignments = assignments;
    }

    pub(crate) fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    pub(crate) fn assign(&mut self, assignment: Assignment) {
        self.assignments.push(assignment);
    }

    /// Ends an assignment.
    pub(crate) fn revoke(&mut self, name: &str) -> Option<Assignment> {
        let at = self.assignments.iter().position(|assignment| assignment.name.eq_ignore_ascii_case(name))?;
        Some(self.assignments.remove(at))
    }

    /// Whether somebody may do `action` at `scope` now.
    pub(crate) fn allow(&self, principal_id: &str, action: &str, scope: &str, now: OffsetDateTime) -> bool {
        self.held(principal_id, scope, now).any(|role| role.allows(action))
    }

    /// Whether somebody holds any role at, above or below `scope` now.
    pub(crate) fn reaches(&self, principal_id: &str, scope: &str, now: OffsetDateTime) -> bool {
        self.assignments.iter().any(|assignment| {
            assignment.principal_id.eq_ignore_ascii_case(principal_id)
                && assignment.effective <= now
                && (self.covers(&assignment.scope, scope) || is_within(&assignment.scope, scope))
        })
    }

    /// Whether somebody may read a table of the workspace at `scope` in a query now: by the table's own action, or by the
    /// data of all tables.
    pub(crate) fn allow_table(&self, principal_id: &str, table: &str, scope: &str, now: OffsetDateTime) -> bool {
        let action = format!("Microsoft.OperationalInsights/workspaces/query/{table}/read");
        let data = "Microsoft.OperationalInsights/workspaces/tables/data/read";
        self.held(principal_id, scope, now)
            .any(|role| role.allows(&action) || role.data_actions.iter().any(|pattern| matches(pattern, data)))
    }

    /// The roles that somebody holds at `scope` now.
    pub(crate) fn held<'a>(
        &'a self,
        principal_id: &'a str,
        scope: &'a str,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = &'a Role> {
        let holds = move |assignment: &&Assignment| {
            assignment.principal_id.eq_ignore_ascii_case(principal_id)
                && assignment.effective <= now
                && self.covers(&assignment.scope, scope)
        };
        self.assignments.iter().filter(holds).filter_map(|assignment| self.role(&assignment.role))
    }
}

impl super::World {
    /// Puts somebody into a role, by its name or id, at and below `scope`; it holds after `delay`.
    ///
    /// Answers the assignment's name; `None` where there is no such role.
    pub fn assign_role(&mut self, principal_id: &str, role: &str, scope: &str, delay: Duration) -> Option<String> {
        let role = self.rights.role(role)?.id.clone();
        let name = self
            .estate
            .stable_guid(&format!("assignment/{principal_id}/{role}/{}", scope.to_ascii_lowercase()))
            .to_string();
        let created = self.now();
        self.rights.revoke(&name);
        self.rights.assign(Assignment {
            name: name.clone(),
            principal_id: principal_id.into(),
            role,
            scope: scope.into(),
            created,
            effective: later(created, delay),
        });
        Some(name)
    }

    /// Takes every role from somebody.
    pub fn revoke_roles(&mut self, principal_id: &str) {
        let mine = |assignment: &&Assignment| assignment.principal_id.eq_ignore_ascii_case(principal_id);
        let names: Vec<String> =
            self.rights.assignments().iter().filter(mine).map(|assignment| assignment.name.clone()).collect();
        names.iter().for_each(|name| _ = self.rights.revoke(name));
    }
}

impl Role {
    /// Whether it allows an action.
    pub fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        any(&self.actions) && !any(&self.not_actions)
    }
}

/// The id of the management group that all subscriptions of a tenant are in. Its name is the tenant's.
///
/// Source: "What are Azure management groups?", Root management group for each directory.
pub(crate) fn root_group(tenant_id: &str) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{tenant_id}")
}

/// Whether `scope` lies at or below `above`, by whole segments.
pub(crate) fn is_within(scope: &str, above: &str) -> bool {
    let above = above.trim_end_matches('/');
    let begins = scope.get(..above.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(above));
    begins && scope[above.len()..].chars().next().is_none_or(|next| next == '/')
}

/// Whether an action fits a pattern, in any case; `*` stands for anything, several segments too.
///
/// That `a/*/read` does not reach `a/read` is assumed.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A role that Microsoft made.
struct BuiltIn {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

impl BuiltIn {
    fn role(&self) -> Role {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Role {
            id: self.id.into(),
            name: self.name.into(),
            description: self.description.into(),
            built_in: true,
            actions: owned(self.actions),
            not_actions: owned(self.not_actions),
            data_actions: owned(self.data_actions),
            scopes: vec!["/".into()],
        }
    }
}

const AUTHORIZATION_WRITES: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
];

const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        name: "Owner",
        description: "Grants full access to manage all resources, and to assign roles.",
        actions: &["*"],
        not_actions: &[],
        data_actions: &[],
    },
    BuiltIn {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        description: "Grants full access to manage all resources, but not to assign roles.",
        actions: &["*"],
        not_actions: AUTHORIZATION_WRITES,
        data_actions: &[],
    },
    BuiltIn {
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        name: "Reader",
        description: "View all resources, but not change any.",
        actions: &["*/read"],
        not_actions: &[],
        data_actions: &[],
    },
    BuiltIn {
        id: "3e150937-b8fe-4cfb-8069-0eaf05ecd056",
        name: "Microsoft Sentinel Responder",
        description: "Microsoft Sentinel Responder",
        actions: &[
            "Microsoft.SecurityInsights/*/read",
            "Microsoft.SecurityInsights/dataConnectorsCheckRequirements/action",
            "Microsoft.SecurityInsights/automationRules/*",
            "Microsoft.SecurityInsights/cases/*",
            "Microsoft.SecurityInsights/incidents/*",
            "Microsoft.SecurityInsights/entities/runPlaybook/action",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/*/read",
            "Microsoft.OperationalInsights/workspaces/dataSources/read",
            "Microsoft.OperationalInsights/workspaces/savedSearches/read",
            "Microsoft.OperationsManagement/solutions/read",
            "Microsoft.OperationalInsights/workspaces/query/read",
            "Microsoft.OperationalInsights/workspaces/query/*/read",
            "Microsoft.Insights/workbooks/read",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[
            "Microsoft.SecurityInsights/cases/*/Delete",
            "Microsoft.SecurityInsights/incidents/*/Delete",
            "Microsoft.SecurityInsights/incidents/Delete",
            "Microsoft.SecurityInsights/ConfidentialWatchlists/*",
            "Microsoft.OperationalInsights/workspaces/query/ConfidentialWatchlist/*",
        ],
        data_actions: &[],
    },
    BuiltIn {
        id: "8d289c81-5878-46d4-8554-54e1e3d8b5cb",
        name: "Microsoft Sentinel Reader",
        description: "Microsoft Sentinel Reader",
        actions: &[
            "Microsoft.SecurityInsights/*/read",
            "Microsoft.SecurityInsights/dataConnectorsCheckRequirements/action",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/*/read",
            "Microsoft.OperationalInsights/workspaces/query/read",
            "Microsoft.OperationalInsights/workspaces/query/*/read",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        not_actions: &["Microsoft.SecurityInsights/ConfidentialWatchlists/*"],
        data_actions: &[],
    },
    BuiltIn {
        id: "ab8e14d6-4a74-4a29-9ba8-549422addade",
        name: "Microsoft Sentinel Contributor",
        description: "Microsoft Sentinel Contributor",
        actions: &[
            "Microsoft.SecurityInsights/*",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/*/read",
            "Microsoft.OperationalInsights/workspaces/savedSearches/*",
            "Microsoft.OperationalInsights/workspaces/query/read",
            "Microsoft.OperationalInsights/workspaces/query/*/read",
            "Microsoft.Insights/workbooks/*",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        not_actions: &["Microsoft.SecurityInsights/ConfidentialWatchlists/*"],
        data_actions: &[],
    },
    BuiltIn {
        id: "fb1c8493-542b-48eb-b624-b4c8fea62acd",
        name: "Security Admin",
        description: "Security Admin Role",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Authorization/policyAssignments/*",
            "Microsoft.Authorization/policyDefinitions/*",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.operationalInsights/workspaces/*/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Security/*",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    BuiltIn {
        id: "39bc4728-0917-49c7-9d2c-d95423bc2eb4",
        name: "Security Reader",
        description: "Security Reader Role",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/read",
            "Microsoft.operationalInsights/workspaces/*/read",
            "Microsoft.Resources/deployments/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Security/*/read",
            "Microsoft.Support/*/read",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    BuiltIn {
        id: "73c42c96-874c-492b-b04d-ab87d138a893",
        name: "Log Analytics Reader",
        description: "View and search all monitoring data, and view monitoring settings.",
        actions: &[
            "*/read",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/search/action",
            "Microsoft.Support/*",
        ],
        not_actions: &["Microsoft.OperationalInsights/workspaces/sharedKeys/read"],
        data_actions: &[],
    },
    BuiltIn {
        id: "3b03c2da-16b3-4a49-8834-0f8130efdd3b",
        name: "Log Analytics Data Reader",
        description: "Query the data of a workspace.",
        actions: &[
            "Microsoft.OperationalInsights/workspaces/query/read",
            "Microsoft.OperationalInsights/workspaces/read",
        ],
        not_actions: &[],
        data_actions: &["Microsoft.OperationalInsights/workspaces/tables/data/read"],
    },
    BuiltIn {
        id: "3913510d-42f4-4e42-8a64-420c390055eb",
        name: "Monitoring Metrics Publisher",
        description: "Enables publishing metrics against Azure resources.",
        actions: &["Microsoft.Insights/Register/Action", "Microsoft.Resources/subscriptions/resourceGroups/read"],
        not_actions: &[],
        data_actions: &["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_allow_what_they_say() {
        check("Owner", "Microsoft.Authorization/roleAssignments/write", true);
        check("Contributor", "Microsoft.Authorization/roleAssignments/write", false);
        check("Contributor", "Microsoft.SecurityInsights/incidents/write", true);
        check("Reader", "Microsoft.Security/locations/alerts/read", true);
        check("Reader", "Microsoft.Security/locations/alerts/dismiss/action", false);
        check("Microsoft Sentinel Responder", "Microsoft.SecurityInsights/incidents/write", true);
        check("Microsoft Sentinel Responder", "Microsoft.SecurityInsights/incidents/comments/write", true);
        check("Microsoft Sentinel Responder", "Microsoft.SecurityInsights/incidents/delete", false);
        check("Microsoft Sentinel Responder", "Microsoft.SecurityInsights/incidents/comments/delete", false);
        check("Microsoft Sentinel Responder", "Microsoft.OperationalInsights/workspaces/query/read", true);
        check("Microsoft Sentinel Responder", "Microsoft.OperationalInsights/workspaces/read", false);
        check("Microsoft Sentinel Responder", "Microsoft.Security/locations/alerts/read", false);
        check("Microsoft Sentinel Reader", "Microsoft.SecurityInsights/incidents/write", false);
        check("Security Admin", "Microsoft.Security/locations/alerts/inProgress/action", true);
        check("Security Reader", "Microsoft.Security/locations/alerts/resolve/action", false);
        check("Log Analytics Data Reader", "Microsoft.OperationalInsights/workspaces/query/read", true);
    }

    #[test]
    fn scopes_end_at_segments() {
        assert!(is_within("/subscriptions/S/resourceGroups/rg/x", "/subscriptions/s"));
        assert!(is_within("/subscriptions/s", "/subscriptions/s/"));
        assert!(is_within("/subscriptions/s", "/"));
        assert!(!is_within("/subscriptions/s2", "/subscriptions/s"));
        assert!(!is_within("/subscriptions", "/subscriptions/s"));
    }

    fn check(role: &str, action: &str, expected: bool) {
        let rights = Rights::new(&Estate::default());
        assert_eq!(rights.role(role).unwrap().allows(action), expected, "{role}: {action}");
    }
}
