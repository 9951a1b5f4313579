//! The workspace itself, and whether Sentinel is on in it.
//!
//! Source: Microsoft.OperationalInsights 2022-10-01, `Workspaces.json`; Microsoft.SecurityInsights 2024-03-01,
//! `OnboardingStates.json`.

use azure_core::http::{Method, Request};
use lockstep_core::Time;
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::reply::Reply;
use crate::scope::Scope;

/// The workspace as Resource Manager shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceResource {
    /// Its own GUID, by which Log Analytics knows it.
    pub id: Uuid,
    /// What time it was at the service when it answered, to the second; `None` where it did not say.
    pub answered: Option<Time>,
}

/// Asks for the workspace.
pub fn read(endpoints: &Endpoints, scope: &Scope) -> Request {
    Request::new(super::url(endpoints, &scope.arm_id(), "2022-10-01"), Method::Get)
}

/// Reads the reply to [`read`].
pub fn was_read(reply: &Reply) -> Result<WorkspaceResource, Fault> {
    reply.accepted()?;
    let id = || -> Result<Uuid, Wrong> {
        let workspace = json::object(&reply.body)?;
        let id = json::text(json::member(&workspace, "properties")?, "customerId")?;
        id.parse().map_err(|_| format!("\"customerId\" is \"{}\", a GUID was expected", id.escape_debug()))
    };
    let id = id().map_err(|found| Fault::Malformed { found })?;
    Ok(WorkspaceResource { id, answered: reply.date() })
}

/// Asks whether Sentinel is on.
pub fn read_onboarding(endpoints: &Endpoints, scope: &Scope) -> Request {
    Request::new(super::sentinel(endpoints, scope, "onboardingStates/default"), Method::Get)
}

/// Reads the reply to [`read_onboarding`]. Where Sentinel is not on there is no such resource.
pub fn onboarding_was_read(reply: &Reply) -> Result<bool, Fault> {
    match reply.accepted() {
        Ok(()) => Ok(true),
        // A workspace that is not there is another answer.
        Err(Fault::NotFound { code, .. }) if !ELSEWHERE.contains(&code.as_str()) && reply.status == 404 => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Codes of a 404 that say nothing about Sentinel. A missing workspace answers `ResourceNotFound` too, so that it is asked for
/// on its own.
const ELSEWHERE: [&str; 3] = ["SubscriptionNotFound", "ResourceGroupNotFound", "NoRegisteredProviderFound"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;

    #[test]
    fn a_workspace_says_its_guid() {
        let check = |body: &str, expected: Result<&str, &str>| {
            let read = was_read(&Reply::of(Operation::ReadWorkspace, 200, body));
            match (read, expected) {
                (Ok(found), Ok(id)) => assert_eq!(found.id.to_string(), id),
                (Err(fault), Err(words)) => assert!(fault.to_string().contains(words), "{fault}"),
                (found, _) => panic!("{found:?}"),
            }
        };
        let guid = "6f1e2d3c-4b5a-4988-8776-655443322110";
        check(&format!(r#"{{"properties":{{"customerId":"{guid}"}}}}"#), Ok(guid));
        check(r#"{"properties":{"customerId":"x"}}"#, Err("a GUID was expected"));
        check(r#"{"properties":{}}"#, Err("\"customerId\" is missing"));
        check("", Err("ends too early"));
    }

    #[test]
    fn sentinel_is_on_off_or_unknown() {
        let check = |status, code: &str, expected: Option<bool>| {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
            let read = onboarding_was_read(&Reply::of(Operation::ReadOnboarding, status, body));
            assert_eq!(read.ok(), expected, "{status} {code}");
        };
        check(200, "", Some(true));
        check(404, "ResourceNotFound", Some(false));
        check(404, "ResourceGroupNotFound", None);
        check(403, "AuthorizationFailed", None);
        check(500, "", None);
    }
}
