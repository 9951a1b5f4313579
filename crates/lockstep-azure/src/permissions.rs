//! Which actions a role must hold, where, and how that is known. One table: the roles that are offered, what doctor compares
//! with what it finds, and the words of an error are all read from it.

use crate::operation::Operation;

/// An action that a role must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The action, as the services name it in a refusal.
    pub action: &'static str,
    /// Where it has to hold.
    pub at: Level,
    /// For what.
    pub part: Part,
    /// How it is known.
    pub evidence: Evidence,
}

/// Where a role is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The Sentinel workspace.
    Workspace,
    /// Each subscription whose alerts are followed.
    Subscription,
}

/// What an action is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Looking, whatever the policy: `plan` and every pass.
    Read,
    /// Naming who moved an alert from the workspace's copy of the activity log; without it the log itself is asked.
    Names,
    /// Looking at the lists of both services, where the policy looks directly.
    Direct,
    /// Looking at how the tenant is set up: `doctor`.
    Doctor,
    /// Changing incidents.
    SentinelWrite,
    /// Commenting on incidents, where the policy tells analysts of holds.
    SentinelComment,
    /// Changing alerts.
    DefenderWrite,
}

impl Part {
    /// Every part.
    pub const ALL: &'static [Self] = &[
        Self::Read,
        Self::Names,
        Self::Direct,
        Self::Doctor,
        Self::SentinelWrite,
        Self::SentinelComment,
        Self::DefenderWrite,
    ];
}

/// How it is known that an action is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The document that lists it for this operation.
    Documented(&'static str),
    /// Nobody published it; this is why it is believed.
    Assumed(&'static str),
    /// The service asks for it, and no provider lists it: a role that names it is refused, and this wildcard reaches it.
    Unlisted {
        /// What a role can name instead.
        wildcard: &'static str,
        /// How that is known.
        source: &'static str,
    },
}

impl Permission {
    /// What a role names so that it holds the action.
    pub fn grant(&self) -> &'static str {
        match self.evidence {
            Evidence::Unlisted { wildcard, .. } => wildcard,
            Evidence::Documented(_) | Evidence::Assumed(_) => self.action,
        }
    }

    /// The operations that need it.
    pub fn needed_by(&self) -> impl Iterator<Item = Operation> {
        Operation::ALL.iter().copied().filter(|operation| operation.actions().contains(&self.action))
    }
}

/// What an identity is to be able to do, beyond looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// To look at the lists of both services.
    pub direct: bool,
    /// To change incidents.
    pub incidents: bool,
    /// To comment on incidents.
    pub comments: bool,
    /// To dismiss, resolve and activate alerts.
    pub alerts: bool,
    /// To set alerts to in progress.
    pub alerts_in_progress: bool,
}

impl Needs {
    /// Everything that lockstep can ever do.
    pub const ALL: Self =
        Self { direct: true, incidents: true, comments: true, alerts: true, alerts_in_progress: true };

    /// The rows of the table that it takes.
    pub fn permissions(self) -> impl Iterator<Item = &'static Permission> {
        PERMISSIONS.iter().filter(move |permission| match (permission.part, permission.evidence) {
            (Part::Read | Part::Names | Part::Doctor, _) => true,
            (Part::Direct, _) => self.direct,
            (Part::SentinelWrite, _) => self.incidents,
            (Part::SentinelComment, _) => self.comments,
            (Part::DefenderWrite, Evidence::Unlisted { .. }) => self.alerts_in_progress,
            (Part::DefenderWrite, _) => self.alerts,
        })
    }
}

/// Whether an action fits what a role names, in any case; `*` stands for anything, several segments too.
///
/// Source: <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>, operations with wildcards.
pub fn reaches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

const fn documented(action: &'static str, at: Level, part: Part, source: &'static str) -> Permission {
    Permission { action, at, part, evidence: Evidence::Documented(source) }
}

const fn assumed(action: &'static str, at: Level, part: Part, why: &'static str) -> Permission {
    Permission { action, at, part, evidence: Evidence::Assumed(why) }
}

/// Every action that lockstep may need.
#[rustfmt::skip]
pub const PERMISSIONS: &[Permission] = &[
    documented("Microsoft.OperationalInsights/workspaces/query/read", Level::Workspace, Part::Read, LOGS),
    assumed("Microsoft.OperationalInsights/workspaces/query/SecurityIncident/read", Level::Workspace, Part::Read, TABLES),
    assumed("Microsoft.OperationalInsights/workspaces/query/SecurityAlert/read", Level::Workspace, Part::Read, TABLES),
    assumed("Microsoft.OperationalInsights/workspaces/query/AzureActivity/read", Level::Workspace, Part::Names, FUZZY),
    documented("Microsoft.SecurityInsights/incidents/read", Level::Workspace, Part::Read, SECURITY),
    documented("Microsoft.SecurityInsights/incidents/tasks/read", Level::Workspace, Part::Read, SECURITY),
    documented("Microsoft.Security/locations/alerts/read", Level::Subscription, Part::Read, SECURITY),
    documented("Microsoft.Security/alerts/read", Level::Subscription, Part::Direct, SECURITY),
    documented("Microsoft.Security/alertsSuppressionRules/read", Level::Subscription, Part::Read, SECURITY),
    documented("Microsoft.Insights/eventtypes/values/read", Level::Subscription, Part::Read, MONITOR),

    documented("Microsoft.OperationalInsights/workspaces/read", Level::Workspace, Part::Doctor, LOGS),
    documented("Microsoft.SecurityInsights/onboardingStates/read", Level::Workspace, Part::Doctor, SECURITY),
    documented("Microsoft.SecurityInsights/alertRules/read", Level::Workspace, Part::Doctor, SECURITY),
    documented("Microsoft.SecurityInsights/automationRules/read", Level::Workspace, Part::Doctor, SECURITY),
    documented("Microsoft.SecurityInsights/dataConnectors/read", Level::Workspace, Part::Doctor, SECURITY),
    assumed("Microsoft.Authorization/permissions/read", Level::Workspace, Part::Doctor, OWN_RIGHTS),
    assumed("Microsoft.Authorization/permissions/read", Level::Subscription, Part::Doctor, OWN_RIGHTS),
    documented("Microsoft.Security/pricings/read", Level::Subscription, Part::Doctor, SECURITY),
    documented("Microsoft.Security/settings/read", Level::Subscription, Part::Doctor, SECURITY),

    documented("Microsoft.SecurityInsights/incidents/write", Level::Workspace, Part::SentinelWrite, SECURITY),
    documented("Microsoft.SecurityInsights/incidents/comments/write", Level::Workspace, Part::SentinelComment, SECURITY),

    documented("Microsoft.Security/locations/alerts/activate/action", Level::Subscription, Part::DefenderWrite, SECURITY),
    documented("Microsoft.Security/locations/alerts/dismiss/action", Level::Subscription, Part::DefenderWrite, SECURITY),
    documented("Microsoft.Security/locations/alerts/resolve/action", Level::Subscription, Part::DefenderWrite, SECURITY),
    Permission {
        action: "Microsoft.Security/locations/alerts/inProgress/action",
        at: Level::Subscription,
        part: Part::DefenderWrite,
        evidence: Evidence::Unlisted { wildcard: ALL_OF_ALERTS, source: SECURITY },
    },
];

/// What reaches the action of in progress.
const ALL_OF_ALERTS: &str = "Microsoft.Security/locations/alerts/*";

/// What the wildcard over all acts on alerts reaches beside the actions of the table, of those that are listed; and whatever is
/// added there later.
pub const WILDCARD_ADDS: &[&str] = &["Microsoft.Security/locations/alerts/simulate/action"];

const SECURITY: &str = "https://learn.microsoft.com/azure/role-based-access-control/permissions/security";
const LOGS: &str = "https://learn.microsoft.com/azure/azure-monitor/logs/manage-access";
const MONITOR: &str = "https://learn.microsoft.com/azure/role-based-access-control/permissions/monitor";
const TABLES: &str = "manage-access names the action of each table beside that of the query; that a query without it is \
                      refused, rather than answered without rows, is assumed";
const FUZZY: &str =
    "as for the other tables; that a table which may not be read is left out of a union with isfuzzy is assumed";
const OWN_RIGHTS: &str = "listed for the operation; that a caller who holds any role needs it too is assumed";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_needs_actions_that_the_table_has_and_the_reverse() {
        let known: BTreeSet<_> = PERMISSIONS.iter().map(|permission| permission.action).collect();
        for operation in Operation::ALL {
            assert!(!operation.actions().is_empty());
            for action in operation.actions() {
                assert!(known.contains(action), "{operation}: {action} is not in the table");
            }
        }
        for unused in PERMISSIONS.iter().filter(|it| it.needed_by().next().is_none()) {
            assert_eq!(unused.part, Part::Names, "{}", unused.action);
        }
    }

    #[test]
    fn a_wildcard_stands_for_anything() {
        let check = |pattern, action, expected| assert_eq!(reaches(pattern, action), expected, "{pattern} {action}");
        check("*", "A.b/c/read", true);
        check("*/read", "A.b/c/READ", true);
        check("*/read", "A.b/c/write", false);
        check("A.b/*", "A.b/c/write", true);
        check("A.b/*/read", "A.b/c/d/read", true);
        check("A.b/*/read", "A.b/read", false);
        check("a.b/c/write", "A.b/c/write", true);
        check("A.b/c", "A.b/c/write", false);
    }

    #[test]
    fn what_the_wildcard_adds_is_in_no_other_row() {
        for added in WILDCARD_ADDS {
            assert!(reaches(ALL_OF_ALERTS, added));
            assert!(PERMISSIONS.iter().all(|permission| permission.action != *added));
        }
    }

    #[test]
    fn nobody_who_only_looks_is_given_a_write() {
        for permission in Needs::default().permissions() {
            assert!(permission.grant().ends_with("/read"), "{}", permission.grant());
        }
        assert_eq!(Needs::ALL.permissions().count(), PERMISSIONS.len());
    }
}
