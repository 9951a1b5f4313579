//! The activity log: who did what through ARM, and what Defender for Cloud says of itself there.
//!
//! Evidence: that every new alert brings an event named `activate`, of category Security and without a person, is
//! documented by the vendor's schema of such events; that people's acts are of category Administrative is documented under
//! <https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema>; the rows' other members are assumed.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::incident::Actor;
use super::logs::TableName;
use super::rows::Row;
use super::{Happened, Subject, World};
use crate::clock::wire_time;

/// Something that the activity log tells.
#[derive(Clone, Debug)]
pub struct Activity {
    /// When.
    pub at: OffsetDateTime,
    /// Who; `None` for Defender for Cloud's own events.
    pub caller: Option<Actor>,
    /// The action, such as `Microsoft.Security/locations/alerts/dismiss/action`.
    pub action: String,
    /// The ARM id of what it was done to.
    pub resource_id: String,
    /// Ties it to a request.
    pub correlation_id: String,
    /// Its own id.
    pub event_id: String,
}

impl Activity {
    /// `Administrative` for people and applications, `Security` for Defender for Cloud's own events.
    pub fn category(&self) -> &'static str {
        if self.caller.is_some() { "Administrative" } else { "Security" }
    }

    /// How it went: what is done has succeeded, and an alert's own event says that the alert is active.
    pub fn status(&self) -> &'static str {
        if self.caller.is_some() { "Succeeded" } else { "Active" }
    }

    /// The subscription whose log it is in; empty where it was done to no subscription.
    pub fn subscription(&self) -> &str {
        let mut segments = self.resource_id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("subscriptions"));
        segments.nth(1).unwrap_or_default()
    }

    /// The caller as the log names it.
    pub fn caller_name(&self) -> &str {
        self.caller.as_ref().map_or("Microsoft Defender for Cloud", Actor::modified_by)
    }
}

impl World {
    /// What the activity log tells, oldest first.
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// Writes to the activity log that `by` did `action` to a resource.
    pub(crate) fn log_activity(&mut self, by: &Actor, action: &str, resource_id: &str, correlation: Option<Uuid>) {
        let event_id = self.estate.stable_guid(&format!("activity/{}", self.activities.len())).to_string();
        let correlation_id = correlation.map_or_else(|| event_id.clone(), |id| id.to_string());
        self.tell(Activity {
            at: self.now(),
            caller: Some(by.clone()),
            action: action.into(),
            resource_id: resource_id.into(),
            correlation_id,
            event_id,
        });
    }

    /// The play of a rule: the event that Defender for Cloud writes for a new alert.
    pub(crate) fn alert_event(&mut self, happened: &Happened) {
        let Subject::Alert(position) = happened.subject else { return };
        let alert = self.alerts.at(position);
        if !alert.is_defender_for_cloud() {
            return;
        }
        let (name, resource_id) = (alert.name.clone(), alert.id());
        self.tell(Activity {
            at: happened.at,
            caller: None,
            action: "Microsoft.Security/locations/alerts/activate/action".into(),
            resource_id,
            correlation_id: name.clone(),
            event_id: name,
        });
    }

    fn tell(&mut self, activity: Activity) {
        let (arrival, now) = (self.arrival(activity.at), self.now());
        let subscription = activity.subscription();
        for sentinel in &mut self.sentinels {
            if sentinel.workspace.connected.iter().any(|id| id.eq_ignore_ascii_case(subscription)) {
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
    let ip = activity.caller.as_ref().map_or("", |_| "203.0.113.7");
    let columns = json!({
        "TenantId": workspace_id,
        "TimeGenerated": wire_time(activity.at),
        "OperationNameValue": activity.action.to_ascii_uppercase(),
        "Level": "Information",
        "ActivityStatusValue": activity.status(),
        "Caller": activity.caller_name(),
        "CallerIpAddress": ip,
        "CategoryValue": activity.category(),
        "CorrelationId": activity.correlation_id,
        "EventDataId": activity.event_id,
        "EventSubmissionTimestamp": wire_time(activity.at),
        "ResourceGroup": group.unwrap_or_default().to_ascii_uppercase(),
        "ResourceProviderValue": provider(&activity.action).to_ascii_uppercase(),
        "SubscriptionId": activity.subscription(),
        "_ResourceId": activity.resource_id.to_ascii_lowercase(),
        "SourceSystem": "Azure",
        "Type": "AzureActivity",
    });
    match columns {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// The resource provider of an action.
pub(crate) fn provider(action: &str) -> &str {
    action.split('/').next().unwrap_or(action)
}
