//! Custom roles that hold what is needed and no more, for one workspace and the subscriptions whose alerts it follows.
//!
//! Source of the forms: <https://learn.microsoft.com/azure/role-based-access-control/custom-roles-template> (definitions, and
//! that a definition is offered to a resource group or more, never to a single resource) and
//! <https://learn.microsoft.com/azure/role-based-access-control/role-assignments-template> (assignments). How they are shown
//! is the binary's business.

use uuid::Uuid;

use crate::permissions::{Evidence, Level, Needs, Part, Permission};
use crate::scope::Scope;

/// A custom role for one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What it is for.
    pub part: RolePart,
    /// What people call it. Unique in the tenant, where every name has to be: it ends in a hash of the place.
    pub name: String,
    /// The GUID that names its definition; the same for the same place, so that a second run changes the first's.
    pub id: Uuid,
    /// What it is for, in a sentence.
    pub description: &'static str,
    /// What it allows.
    pub actions: Vec<&'static str>,
    /// Where it can be assigned, an ARM id.
    pub assignable: String,
    /// Where it is to be assigned, an ARM id.
    pub scope: String,
    /// What somebody should know before they assign it.
    pub remarks: Vec<String>,
}

/// The parts that a role is given out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RolePart {
    /// Looking at the workspace.
    ReadWorkspace,
    /// Looking at a subscription's alerts.
    ReadAlerts,
    /// Changing incidents.
    WriteIncidents,
    /// Changing alerts.
    WriteAlerts,
}

impl RolePart {
    const ALL: [Self; 4] = [Self::ReadWorkspace, Self::ReadAlerts, Self::WriteIncidents, Self::WriteAlerts];

    fn of(permission: &Permission) -> Self {
        match (permission.part, permission.at) {
            (Part::Read | Part::Names | Part::Direct | Part::Doctor, Level::Workspace) => Self::ReadWorkspace,
            (Part::Read | Part::Names | Part::Direct | Part::Doctor, Level::Subscription) => Self::ReadAlerts,
            (Part::SentinelWrite | Part::SentinelComment, _) => Self::WriteIncidents,
            (Part::DefenderWrite, _) => Self::WriteAlerts,
        }
    }

    fn level(self) -> Level {
        match self {
            Self::ReadWorkspace | Self::WriteIncidents => Level::Workspace,
            Self::ReadAlerts | Self::WriteAlerts => Level::Subscription,
        }
    }

    /// Its word in names.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadWorkspace => "workspace reader",
            Self::ReadAlerts => "alert reader",
            Self::WriteIncidents => "incident writer",
            Self::WriteAlerts => "alert writer",
        }
    }

    /// What it is for, in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::ReadWorkspace => {
                "Lets lockstep read incidents, their tasks, three tables and how Sentinel is set up."
            }
            Self::ReadAlerts => "Lets lockstep read Defender for Cloud's alerts and how it is set up.",
            Self::WriteIncidents => {
                "Lets lockstep update incidents, and comment on them where the policy says so. It allows no deleting."
            }
            Self::WriteAlerts => "Lets lockstep set the status of Defender for Cloud's alerts.",
        }
    }
}

/// What a role for one part holds, wherever it is assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// What it allows.
    pub actions: Vec<&'static str>,
    /// What somebody should know before they assign it.
    pub remarks: Vec<String>,
}

impl RolePart {
    /// What a role for this part holds so that `needs` are met; `None` where nothing of it is needed.
    pub fn contents(self, needs: Needs) -> Option<Contents> {
        let mut actions: Vec<&'static str> = Vec::new();
        let mut remarks = Vec::new();
        for permission in needs.permissions().filter(|it| Self::of(it) == self) {
            let grant = permission.grant();
            if let Evidence::Unlisted { wildcard, .. } = permission.evidence {
                // What the wildcard reaches need not be named beside it.
                actions.retain(|action| !crate::permissions::reaches(wildcard, action));
                remarks.push(format!(
                    "{} is asked for and not listed: a role that names it is refused, so the role holds {wildcard}. That \
                     adds {} and whatever else is put there later.",
                    permission.action,
                    crate::permissions::WILDCARD_ADDS.join(", ")
                ));
            }
            if !actions.contains(&grant) {
                actions.push(grant);
            }
        }
        (!actions.is_empty()).then_some(Contents { actions, remarks })
    }
}

/// The roles that `needs` takes for the workspace at `scope` and for alerts of `subscriptions`.
pub fn roles(needs: Needs, scope: &Scope, subscriptions: &[Uuid]) -> Vec<Role> {
    let mut roles = Vec::new();
    for part in RolePart::ALL {
        let Some(contents) = part.contents(needs) else { continue };
        match part.level() {
            Level::Workspace => roles.push(role(part, &contents, scope.resource_group_id(), scope.arm_id())),
            Level::Subscription => roles.extend(subscriptions.iter().map(|subscription| {
                let place = format!("/subscriptions/{subscription}");
                role(part, &contents, place.clone(), place)
            })),
        }
    }
    roles
}

fn role(part: RolePart, contents: &Contents, assignable: String, scope: String) -> Role {
    let place = scope.to_ascii_lowercase();
    let id = Uuid::new_v5(&NAMESPACE, format!("{place}-{}", part.word()).as_bytes());
    let hash = Uuid::new_v5(&NAMESPACE, place.as_bytes()).simple().to_string();
    Role {
        part,
        name: format!("lockstep {} {}", part.word(), &hash[..8]),
        id,
        description: part.says(),
        actions: contents.actions.clone(),
        assignable,
        scope,
        remarks: contents.remarks.clone(),
    }
}

impl Role {
    /// The GUID that names the assignment of this role to `principal`.
    ///
    /// It holds the place, the principal and the role: Azure lets an assignment's name never mean another principal, so that a
    /// name made of the place alone fails for the second identity.
    pub fn assignment(&self, principal: Uuid) -> Uuid {
        Uuid::new_v5(&self.id, format!("{}/{principal}", self.scope.to_ascii_lowercase()).as_bytes())
    }
}

/// What the names of roles are hashed within: the namespace of the template function `guid`, so that a template that names a role
/// by `guid(toLower(SCOPE), 'WORD')` means the same one. Source: independent re-implementations of the function.
const NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "6f1e2d3c-4b5a-4988-8776-655443322110";

    fn scope(workspace: &str) -> Scope {
        Scope::new(GUID, GUID, "rg-1", workspace, GUID).expect("it is a scope")
    }

    #[test]
    fn roles_are_as_many_as_are_needed() {
        let check = |needs, subscriptions: &[Uuid], expected: &[&str]| {
            let roles = roles(needs, &scope("soc-ws"), subscriptions);
            let words: Vec<_> = roles.iter().map(|role| role.part.word()).collect();
            assert_eq!(words, expected);
        };
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let incidents = Needs { incidents: true, ..Needs::default() };
        check(Needs::default(), &[one], &["workspace reader", "alert reader"]);
        check(incidents, &[one], &["workspace reader", "alert reader", "incident writer"]);
        check(incidents, &[one, two], &["workspace reader", "alert reader", "alert reader", "incident writer"]);
        check(Needs::ALL, &[one], &["workspace reader", "alert reader", "incident writer", "alert writer"]);
    }

    #[test]
    fn a_name_means_one_place_and_an_assignment_one_principal() {
        let id = |workspace| roles(Needs::default(), &scope(workspace), &[])[0].clone();
        let (one, again, other) = (id("soc-ws"), id("SOC-WS"), id("soc-ws-2"));
        assert_eq!((&one.name, one.id), (&again.name, again.id));
        assert!(one.name != other.name && one.id != other.id);
        assert_ne!(one.assignment(Uuid::from_u128(1)), one.assignment(Uuid::from_u128(2)));
        assert_eq!(one.assignable, format!("/subscriptions/{GUID}/resourceGroups/rg-1"));
        assert_eq!(one.scope, scope("soc-ws").arm_id());
    }

    #[test]
    fn in_progress_takes_the_wildcard_alone_and_says_what_it_adds() {
        let writer = |needs| roles(needs, &scope("soc-ws"), &[Uuid::nil()]).pop().expect("there are roles");
        let listed = writer(Needs { alerts: true, ..Needs::default() });
        assert_eq!((listed.actions.len(), listed.remarks.len()), (3, 0));
        let all = writer(Needs { alerts: true, alerts_in_progress: true, ..Needs::default() });
        assert_eq!(all.actions, ["Microsoft.Security/locations/alerts/*"]);
        assert!(all.remarks[0].contains("alerts/simulate/action"), "{}", all.remarks[0]);
    }
}
