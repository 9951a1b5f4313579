//! How Defender for Cloud is set up in a subscription: its plans, and whether closing an incident closes its alerts.
//!
//! Source: Microsoft.Security 2024-01-01, `pricings.json`, and 2022-05-01, `settings.json`. That the setting `Sentinel` of kind
//! AlertSyncSettings is the connector page's bi-directional sync follows from its name and kind; no document says so.

use azure_core::http::{Method, Request, Url};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::reply::Reply;

/// One of Defender for Cloud's plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name, such as `VirtualMachines`.
    pub name: String,
    /// Whether it is on.
    pub is_on: bool,
}

/// Asks whether closing an incident closes its alerts.
pub fn read_sync(endpoints: &Endpoints, subscription: Uuid) -> Request {
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Security/settings/Sentinel");
    Request::new(super::url(endpoints, &path, "2022-05-01"), Method::Get)
}

/// Reads the reply to [`read_sync`].
pub fn sync_was_read(reply: &Reply) -> Result<bool, Fault> {
    reply.accepted()?;
    let read = || -> Result<bool, Wrong> {
        let setting = json::object(&reply.body)?;
        let enabled = json::member(&setting, "properties")?.get("enabled");
        enabled.and_then(Value::as_bool).ok_or_else(|| "\"enabled\" is no truth value".to_owned())
    };
    read().map_err(|found| Fault::Malformed { found })
}

/// Where a subscription's plans are listed.
pub fn plans(endpoints: &Endpoints, subscription: Uuid) -> Url {
    super::url(endpoints, &format!("/subscriptions/{subscription}/providers/Microsoft.Security/pricings"), "2024-01-01")
}

/// Reads one plan of the list.
pub fn read_plan(plan: &Map<String, Value>) -> Result<Plan, Wrong> {
    let tier = json::text(json::member(plan, "properties")?, "pricingTier")?;
    Ok(Plan { name: json::text(plan, "name")?.to_owned(), is_on: tier.eq_ignore_ascii_case("Standard") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::Operation;

    #[test]
    fn a_setting_is_on_or_off_or_not_known() {
        let check = |body: &str, expected: Option<bool>| {
            assert_eq!(sync_was_read(&Reply::of(Operation::ReadAlertSync, 200, body)).ok(), expected, "{body}");
        };
        check(r#"{"properties":{"enabled":true}}"#, Some(true));
        check(r#"{"properties":{"enabled":false}}"#, Some(false));
        check(r#"{"properties":{}}"#, None);
        check("{}", None);
    }

    #[test]
    fn a_plan_is_on_where_it_is_paid_for() {
        let check = |tier: Value, expected: Option<bool>| {
            let plan = json!({"name": "VirtualMachines", "properties": {"pricingTier": tier}});
            let read = read_plan(plan.as_object().expect("it is an object"));
            assert_eq!(read.ok().map(|plan| plan.is_on), expected);
        };
        check(json!("Standard"), Some(true));
        check(json!("Free"), Some(false));
        check(json!(1), None);
    }
}
