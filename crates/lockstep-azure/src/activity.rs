//! The activity log: who acted on an alert, as the log itself tells it and as the workspace's copy of it does.
//!
//! Source: Microsoft.Insights 2015-04-01, `activityLogs_API.json`. That an act on an alert is logged under the action that it
//! needs is documented for every action; no document shows such an event. Defender for Cloud's own event for each new alert has
//! the same name and another category.

use azure_core::http::Url;
use lockstep_core::{AlertAct, AlertPlace, Time};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::alerts;
use crate::door::Workspace;
use crate::endpoints::Endpoints;
use crate::error::Error;
use crate::json::{self, Wrong};
use crate::operation::Operation;
use crate::wire_time;

/// An act on an alert that somebody did through Resource Manager and that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// When, by the service's clock.
    pub at: Time,
    /// What was done.
    pub act: AlertAct,
    /// Who did it: a user principal name, or what the log calls an application.
    pub caller: String,
    /// Whether that is a person, and not an application that acts for itself.
    pub is_of_a_person: bool,
    /// Their object id; empty where the log does not say.
    pub object_id: String,
    /// The address that the request came from; empty where the log does not say.
    pub address: String,
    /// The application that they acted through; empty where the log does not say.
    pub app_id: String,
    /// What ties it to a run of ours, if it was one.
    pub correlation: Option<Uuid>,
}

impl Workspace {
    /// The acts on one alert between two moments, as far as the log tells them by now: it is minutes behind. Any order.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn alert_events(&self, place: &AlertPlace, from: Time, until: Time) -> Result<Vec<AlertEvent>, Error> {
        let first = first(self.endpoints(), place, from, until);
        let events = self.list(Operation::ReadActivityLog, first, read).await?;
        let is_about =
            |resource: &str| resource.rsplit('/').next().is_some_and(|it| it.eq_ignore_ascii_case(place.name()));
        Ok(events.into_iter().flatten().filter(|(resource, _)| is_about(resource)).map(|(_, event)| event).collect())
    }
}

fn first(endpoints: &Endpoints, place: &AlertPlace, from: Time, until: Time) -> Url {
    let mut url = endpoints.arm.clone();
    let resource = alerts::arm_id(place);
    let (from, until) = (wire_time::write(from), wire_time::write(until));
    url.set_path(&format!(
        "/subscriptions/{}/providers/Microsoft.Insights/eventtypes/management/values",
        place.subscription()
    ));
    url.query_pairs_mut().append_pair("api-version", API_VERSION).append_pair(
        "$filter",
        &format!("eventTimestamp ge '{from}' and eventTimestamp le '{until}' and resourceUri eq '{resource}'"),
    );
    url
}

/// The resource and the act that an event tells of; `None` where it tells of no act on an alert that succeeded.
fn read(event: &Map<String, Value>) -> Result<Option<(String, AlertEvent)>, Wrong> {
    let value = |name: &str| event.get(name).and_then(|it| it.get("value")).and_then(Value::as_str).unwrap_or_default();
    let is = |name: &str, wanted: &str| value(name).eq_ignore_ascii_case(wanted);
    let caller = json::optional_text(event, "caller")?;
    if !is("category", "Administrative") || !is("status", "Succeeded") || caller.is_empty() {
        return Ok(None);
    }
    let Some(act) = act(value("operationName")) else { return Ok(None) };
    let at = json::text(event, "eventTimestamp")?;
    let at = wire_time::read(at).ok_or_else(|| format!("\"eventTimestamp\" is no time: \"{}\"", at.escape_debug()))?;
    let none = Value::Null;
    let address = event.get("httpRequest").and_then(|it| it.get("clientIpAddress")).and_then(Value::as_str);
    let claims = event.get("claims").unwrap_or(&none);
    let correlation = json::optional_text(event, "correlationId")?;
    let event_of = by((at, act), caller, claims, address.unwrap_or_default(), correlation);
    Ok(Some((json::optional_text(event, "resourceId")?.to_owned(), event_of)))
}

/// The last act on an alert that the workspace's table `AzureActivity` tells of, from a cell of the pass's query; `None` where
/// it tells of none.
pub fn told(cell: &Map<String, Value>) -> Result<Option<AlertEvent>, Wrong> {
    let text = |name| json::optional_text(cell, name);
    let (caller, at) = (text("Caller")?, text("ToldAt")?);
    let Some(act) = act(text("Told")?).filter(|_| !caller.is_empty()) else { return Ok(None) };
    let at = wire_time::read(at).ok_or_else(|| format!("\"ToldAt\" is no time: \"{}\"", at.escape_debug()))?;
    let claims = serde_json::from_str(text("Claims")?).unwrap_or_default();
    Ok(Some(by((at, act), caller, &claims, text("Address")?, text("Correlation")?)))
}

/// The act that an action of the log stands for, in any case.
fn act(action: &str) -> Option<AlertAct> {
    let action = action.to_ascii_lowercase();
    Some(match action.strip_prefix(ACTIONS)?.strip_suffix("/action")? {
        "activate" => AlertAct::Activate,
        "inprogress" => AlertAct::SetInProgress,
        "dismiss" => AlertAct::Dismiss,
        "resolve" => AlertAct::Resolve,
        _ => return None,
    })
}

fn by((at, act): (Time, AlertAct), caller: &str, claims: &Value, address: &str, correlation: &str) -> AlertEvent {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    AlertEvent {
        at,
        act,
        caller: caller.to_owned(),
        is_of_a_person: caller.contains('@') || !claim(USER_PRINCIPAL_NAME).is_empty(),
        object_id: claim(OBJECT_ID),
        address: if address.is_empty() { claim("ipaddr") } else { address.to_owned() },
        app_id: claim("appid"),
        correlation: correlation.parse().ok(),
    }
}

const API_VERSION: &str = "2015-04-01";
const ACTIONS: &str = "microsoft.security/locations/alerts/";
/// Source: <https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema>, the claims of an administrative event.
const USER_PRINCIPAL_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "category": {"value": "Administrative"},
            "status": {"value": "Succeeded"},
            "caller": "owner@contoso.example",
            "operationName": {"value": "MICROSOFT.SECURITY/LOCATIONS/ALERTS/DISMISS/ACTION"},
            "eventTimestamp": "2024-06-01T00:00:00Z",
            "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Security/locations/eu/alerts/A_1",
            "correlationId": "73e01a99-5cd7-4139-a149-9f2736ff2ab5",
            "claims": {"ipaddr": "198.51.100.1", "appid": "app", OBJECT_ID: "object"},
            "httpRequest": {"clientIpAddress": "203.0.113.7"},
        })
    }

    fn read_value(event: &Value) -> Option<AlertEvent> {
        read(event.as_object().expect("an object")).expect("it can be read").map(|(_, event)| event)
    }

    #[test]
    fn an_act_that_succeeded_names_who_did_it() {
        let act = read_value(&event()).expect("it is an act");
        assert_eq!((act.act, act.caller.as_str()), (AlertAct::Dismiss, "owner@contoso.example"));
        assert_eq!(
            (act.object_id.as_str(), act.address.as_str(), act.app_id.as_str()),
            ("object", "203.0.113.7", "app")
        );
        assert_eq!(act.correlation.map(|it| it.to_string()).as_deref(), Some("73e01a99-5cd7-4139-a149-9f2736ff2ab5"));
    }

    #[test]
    fn an_application_is_no_person() {
        let check = |caller: &str, name: Option<&str>, expected: bool| {
            let mut other = event();
            other["caller"] = json!(caller);
            if let Some(name) = name {
                other["claims"][USER_PRINCIPAL_NAME] = json!(name);
            }
            assert_eq!(read_value(&other).map(|act| act.is_of_a_person), Some(expected), "{caller}");
        };
        check("owner@contoso.example", None, true);
        check("live.com#owner", Some("owner@contoso.example"), true);
        check("2046feea-040d-4a46-9e2b-91c2941bfa70", None, false);
        check("Microsoft Defender XDR", None, false);
    }

    #[test]
    fn nothing_else_is_an_act_of_a_person() {
        let check = |member: &str, value: Value| {
            let mut other = event();
            other[member] = value;
            assert_eq!(read_value(&other), None, "{member}");
        };
        check("category", json!({"value": "Security"}));
        check("status", json!({"value": "Started"}));
        check("status", json!({"value": "Failed"}));
        check("caller", json!(""));
        check("caller", Value::Null);
        check("operationName", json!({"value": "Microsoft.Security/locations/alerts/read"}));
        check("operationName", json!({"value": "Microsoft.Compute/virtualMachines/start/action"}));
    }

    #[test]
    fn one_alert_is_asked_for() {
        let place =
            AlertPlace::new("20ff7fc3-e762-44dd-bd96-b71116dcdc23", Some("rg-1"), "eu", "A_1").expect("a place");
        let url =
            first(&Endpoints::of(crate::Cloud::Public), &place, Time::from_ticks(0), Time::from_ticks(10_000_000));
        let filter = url.query_pairs().find(|(name, _)| name == "$filter").expect("it has a filter").1.into_owned();
        assert_eq!(
            filter,
            "eventTimestamp ge '1970-01-01T00:00:00Z' and eventTimestamp le '1970-01-01T00:00:01Z' and resourceUri eq \
             '/subscriptions/20ff7fc3-e762-44dd-bd96-b71116dcdc23/resourceGroups/rg-1/providers/Microsoft.Security/\
             locations/eu/alerts/A_1'"
        );
    }
}
