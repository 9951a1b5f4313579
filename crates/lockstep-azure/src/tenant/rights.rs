//! What this identity may do at a place, as Resource Manager adds it up.
//!
//! Source: Microsoft.Authorization 2022-04-01, `authorization-RoleDefinitionsCalls.json`, Permissions_ListForResource: a list of
//! `{actions, notActions}`, one of which has to allow an action.

use azure_core::http::Url;
use serde_json::{Map, Value};

use crate::endpoints::Endpoints;
use crate::json::{self, Wrong};
use crate::permissions::reaches;

/// What may be done at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub(crate) Vec<Grant>);

/// What one role lets do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    actions: Vec<String>,
    not_actions: Vec<String>,
}

impl Rights {
    /// Whether an action is allowed.
    pub fn allow(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| reaches(pattern, action));
        self.0.iter().any(|grant| any(&grant.actions) && !any(&grant.not_actions))
    }

    /// Whether nothing at all is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|grant| grant.actions.is_empty())
    }

    /// Everything that is named as allowed, wildcards as they are.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|grant| &grant.actions).map(String::as_str)
    }
}

/// Where the rights at the ARM id `scope` are listed.
pub fn list(endpoints: &Endpoints, scope: &str) -> Url {
    super::url(endpoints, &format!("{scope}/providers/Microsoft.Authorization/permissions"), "2022-04-01")
}

/// Reads one item of the list.
pub fn read(item: &Map<String, Value>) -> Result<Grant, Wrong> {
    let texts = |name| -> Result<Vec<String>, Wrong> {
        json::list(item, name)?
            .iter()
            .map(|it| it.as_str().map(str::to_owned).ok_or_else(|| format!("\"{name}\" holds {}", json::kind(it))))
            .collect()
    };
    Ok(Grant { actions: texts("actions")?, not_actions: texts("notActions")? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_one_role_forbids_another_may_allow() {
        let rights = |items: Value| {
            let read = |item: &Value| read(item.as_object().expect("it is an object")).expect("it can be read");
            Rights(items.as_array().expect("it is a list").iter().map(read).collect())
        };
        let contributor = json!({"actions": ["*"], "notActions": ["A.b/*/write"]});
        let check = |items: Value, action, expected| assert_eq!(rights(items).allow(action), expected, "{action}");
        check(json!([contributor]), "A.b/c/write", false);
        check(json!([contributor]), "A.b/c/read", true);
        check(json!([contributor, {"actions": ["A.b/c/write"]}]), "a.B/c/Write", true);
        check(json!([]), "A.b/c/read", false);
        assert!(rights(json!([{"actions": [], "notActions": null}])).is_empty());
    }
}
