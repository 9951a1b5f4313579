//! The activity log: who did what through ARM, and what Defender for Cloud says of itself there.
//!
//! Evidence: that every new alert brings an event named `activate`, of category Security, with no caller and with the alert's
//! name for its ids, is the vendor's schema of such events. Acts of people and applications are of category Administrative,
//! begin with one event and end with another: <https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema>.
//! A person is called by the sign-in name, an application by its service principal. How a dismissal by a person looks is
//! assumed: nobody we know of has published one.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::incident::Actor;
use super::logs::TableName;
use super::rows::Row;
use super::{Happened, Subject, World};
use crate::clock::{later, wire_time};

/// Something that the activity log tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// When.
    #[serde(with = "crate::clock::wire")]
    pub at: OffsetDateTime,
    /// When the log tells it.
    #[serde(with = "crate::clock::wire")]
    pub submitted: OffsetDateTime,
    /// Who; `None` for Defender for Cloud's own events.
    pub caller: Option<Actor>,
    /// The action, such as `Microsoft.Security/locations/alerts/dismiss/action`.
    pub action: String,
    /// The ARM id of what it was done to.
    pub resource_id: String,
    /// How far it came.
    pub outcome: Outcome,
    /// Ties it to a request, and the beginning of an act to its end.
    pub correlation_id: String,
    /// Its own id.
    pub event_id: String,
    pub(crate) method: Cow<'static, str>,
    pub(crate) claims: Map<String, Value>,
    /// What an alert's own event says of the alert.
    pub(crate) about: Option<About>,
}

/// How far an act came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It began.
    Started,
    /// It was done.
    Succeeded,
    /// It was refused, with this HTTP status.
    Failed(u16),
    /// An alert's own event: the alert is active.
    Active,
}

/// What an alert's own event says of the alert.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) properties: Value,
}

/// Something that somebody did or tried through ARM.
pub(crate) struct Act<'a> {
    pub(crate) by: &'a Actor,
    pub(crate) action: &'a str,
    pub(crate) resource_id: &'a str,
    pub(crate) method: &'static str,
    /// The status that it was refused with, if it was.
    pub(crate) refused: Option<u16>,
    pub(crate) correlation: Option<Uuid>,
}

impl Outcome {
    /// The word of the activity log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Succeeded => "Succeeded",
            Self::Failed(_) => "Failed",
            Self::Active => "Active",
        }
    }

    /// The word of the `AzureActivity` table.
    fn in_table(self) -> &'static str {
        match self {
            Self::Started => "Start",
            Self::Succeeded => "Success",
            Self::Failed(_) => "Failure",
            Self::Active => "Active",
        }
    }

    /// What more is said of it, in short and in words.
    pub(crate) fn sub_status(self) -> (String, String) {
        let status = match self {
            Self::Failed(status) => http_name(status).map(|name| (name, status)),
            Self::Succeeded => Some(("OK", 200)),
            Self::Started | Self::Active => None,
        };
        status.map_or_else(Default::default, |(name, status)| {
            (name.replace(' ', ""), format!("{name} (HTTP Status Code: {status})"))
        })
    }
}

fn http_name(status: u16) -> Option<&'static str> {
    match status {
        400 => Some("Bad Request"),
        403 => Some("Forbidden"),
        404 => Some("Not Found"),
        409 => Some("Conflict"),
        _ => None,
    }
}

impl Activity {
    /// `Administrative` for people and applications, `Security` for Defender for Cloud's own events.
    pub fn category(&self) -> &'static str {
        if self.caller.is_some() { "Administrative" } else { "Security" }
    }

    /// The subscription whose log it is in; empty where it was done to no subscription.
    pub fn subscription(&self) -> &str {
        let mut segments = self.resource_id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("subscriptions"));
        segments.nth(1).unwrap_or_default()
    }

    /// The caller as the log names it; `None` for Defender for Cloud's own events.
    pub fn caller_name(&self) -> Option<&str> {
        let caller = self.caller.as_ref()?;
        caller.user_principal_name.as_deref().or_else(|| self.claims.get(OBJECT_ID)?.as_str())
    }
}

impl World {
    /// What the activity log tells, oldest first; what it does not tell yet is in it too.
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// Writes to the activity log that somebody did something, or tried: its beginning and its end.
    pub(crate) fn log_activity(&mut self, act: &Act<'_>) {
        let at = self.now();
        let correlation_id = act.correlation.unwrap_or_else(|| self.event_id()).to_string();
        let claims = self.claims(act);
        let ended = act.refused.map_or(Outcome::Succeeded, Outcome::Failed);
        for outcome in [Outcome::Started, ended] {
            let event_id = self.event_id().to_string();
            self.tell(Activity {
                at,
                submitted: at,
                caller: Some(act.by.clone()),
                action: act.action.into(),
                resource_id: act.resource_id.into(),
                outcome,
                correlation_id: correlation_id.clone(),
                event_id,
                method: act.method.into(),
                claims: claims.clone(),
                about: None,
            });
        }
    }

    fn event_id(&self) -> Uuid {
        self.estate.stable_guid(&format!("activity/{}", self.activities.len()))
    }

    /// What the caller's token says, as the log keeps it.
    fn claims(&self, act: &Act<'_>) -> Map<String, Value> {
        let subscription = act.resource_id.split('/').nth(2).unwrap_or_default();
        let tenant = self.estate.tenant_of(subscription).unwrap_or(&self.estate.tenant_id);
        let mut claims = Map::new();
        let mut set = |name: &str, value: &str| _ = claims.insert(name.to_owned(), value.into());
        set("aud", "https://management.core.windows.net/");
        set("iss", &format!("https://sts.windows.net/{tenant}/"));
        set("ipaddr", ADDRESS);
        set(TENANT_ID, tenant);
        let own_id = || self.estate.stable_guid(&format!("principal/{}", act.by.modified_by())).to_string();
        set(OBJECT_ID, &act.by.object_id.clone().unwrap_or_else(own_id));
        match &act.by.user_principal_name {
            Some(name) => {
                set("name", &act.by.name);
                set("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", name);
                set("http://schemas.microsoft.com/identity/claims/scope", "user_impersonation");
                set("appid", PORTAL);
                set("appidacr", "2");
            }
            None => {
                let app = if *act.by == Actor::sentinel() { SENTINEL } else { &act.by.name };
                set("appid", app);
                set("appidacr", "1");
                set("idtyp", "app");
            }
        }
        claims
    }

    /// The play of a rule: the event that Defender for Cloud writes for a new alert.
    pub(crate) fn alert_event(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        let alert = self.alerts.at(position);
        if !alert.is_defender_for_cloud() {
            return;
        }
        let about = About {
            title: alert.display_name.clone(),
            description: format!("{}. {}", alert.display_name, alert.description),
            properties: json!({
                "severity": alert.severity.as_str(),
                "intent": json!([alert.intent]).to_string(),
                "compromisedEntity": alert.compromised_entity,
                "remediationSteps": json!(alert.remediation_steps).to_string(),
                "resourceType": alert.extended_properties["resourceType"],
            }),
        };
        let (name, resource_id) = (alert.name.clone(), alert.id());
        self.tell(Activity {
            at: happened.at,
            submitted: happened.at,
            caller: None,
            action: "Microsoft.Security/locations/alerts/activate/action".into(),
            resource_id,
            outcome: Outcome::Active,
            correlation_id: name.clone(),
            event_id: name,
            method: "".into(),
            claims: Map::new(),
            about: Some(about),
        });
    }

    fn tell(&mut self, mut activity: Activity) {
        activity.submitted = later(activity.at, self.settings.activity_delay);
        let (arrival, now) = (self.arrival(activity.submitted), self.now());
        let subscription = activity.subscription();
        let is_sent = self.settings.activity_table;
        for sentinel in &mut self.sentinels {
            if is_sent && sentinel.workspace.connected.iter().any(|id| id.eq_ignore_ascii_case(subscription)) {
                let row = row(&activity, &sentinel.workspace.id);
                sentinel.logs.append(TableName::AzureActivity, row, arrival, now);
            }
        }
        self.activities.push(activity);
    }
}

fn row(activity: &Activity, workspace_id: &str) -> Row {
    let group =
        activity.resource_id.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case("resourceGroups")).nth(1);
    let (_, sub_status) = activity.outcome.sub_status();
    let mut columns = json!({
        "TenantId": workspace_id,
        "TimeGenerated": wire_time(activity.at),
        "OperationNameValue": activity.action.to_ascii_uppercase(),
        "Level": "Information",
        "ActivityStatusValue": activity.outcome.in_table(),
        "ActivitySubstatusValue": sub_status,
        "Caller": activity.caller_name().unwrap_or_default(),
        "CategoryValue": activity.category(),
        "CorrelationId": activity.correlation_id,
        "EventDataId": activity.event_id,
        "OperationId": activity.correlation_id,
        "EventSubmissionTimestamp": wire_time(activity.submitted),
        "ResourceGroup": group.unwrap_or_default().to_ascii_uppercase(),
        "ResourceProviderValue": provider(&activity.action).to_ascii_uppercase(),
        "SubscriptionId": activity.subscription(),
        "_SubscriptionId": activity.subscription(),
        "_ResourceId": activity.resource_id.to_ascii_lowercase(),
        "SourceSystem": "Azure",
        "Type": "AzureActivity",
    });
    if activity.caller.is_some() {
        let authorization = json!({"action": activity.action, "scope": activity.resource_id});
        columns["CallerIpAddress"] = ADDRESS.into();
        columns["Authorization"] = authorization.to_string().into();
        columns["Authorization_d"] = authorization;
        columns["Claims"] = Value::Object(activity.claims.clone()).to_string().into();
        columns["Claims_d"] = Value::Object(activity.claims.clone());
        columns["HTTPRequest"] = http_request(activity).to_string().into();
    }
    if let Some(about) = &activity.about {
        columns["Properties"] = about.properties.to_string().into();
        columns["Properties_d"] = about.properties.clone();
    }
    match columns {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// What the log tells of the request of an act.
pub(crate) fn http_request(activity: &Activity) -> Value {
    json!({"clientRequestId": activity.correlation_id, "clientIpAddress": ADDRESS, "method": activity.method})
}

/// The resource provider of an action.
pub(crate) fn provider(action: &str) -> &str {
    action.split('/').next().unwrap_or(action)
}

const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const TENANT_ID: &str = "http://schemas.microsoft.com/identity/claims/tenantid";
/// The application that people act through: the Azure portal.
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
/// The application that Sentinel acts as in other services, Azure Security Insights.
const SENTINEL: &str = "98785600-1bb7-4fb9-b9fa-19afe2c8a360";
/// An address for examples.
const ADDRESS: &str = "203.0.113.7";
