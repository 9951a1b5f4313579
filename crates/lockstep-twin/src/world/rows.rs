//! The rows that tell of alerts and incidents: every column of the two tables, from the state of the world.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::alert::Alert;
use super::incident::Incident;
use super::logs::TableName;
use super::sentinel::Batch;
use super::words::SentinelStatus;
use super::{IncidentKey, Portal, Sentinel, World};
use crate::clock::{later, wire_time};
use crate::estate::Workspace;

impl World {
    /// Writes where an alert stands to a workspace's `SecurityAlert`, as of `at`.
    pub(super) fn write_alert_row(&mut self, place: usize, position: usize, at: OffsetDateTime) {
        let (arrival, again) = self.arrivals(at);
        let now = self.now();
        let alert = self.alerts.at_mut(position);
        let real = alert.status.in_sentinel();
        let copy = alert.copy_mut(place);
        let status = match copy.in_the_end() {
            Some(SentinelStatus::Unknown) if real == SentinelStatus::New => SentinelStatus::Unknown,
            _ => real,
        };
        copy.send(status, arrival, now);
        let Sentinel { workspace, logs, .. } = &mut self.sentinels[place];
        let row = alert_row(alert, status, at, workspace);
        for arrival in [Some(arrival), again].into_iter().flatten() {
            logs.append(TableName::SecurityAlert, row.clone(), arrival, now);
        }
    }

    /// Writes where an incident stands to `SecurityIncident`, as of `at`.
    pub(super) fn write_incident_row(&mut self, key: IncidentKey, at: OffsetDateTime) {
        let (arrival, again) = self.arrivals(at);
        let (now, portal) = (self.now(), self.settings.portal);
        let gathered = self.gather(key, at);
        let Sentinel { workspace, incidents, logs, batches, .. } = &mut self.sentinels[key.place];
        incidents.change(key.number, |incident| incident.last_row = at);
        let Some(incident) = incidents.numbered(key.number) else { return };
        let row = incident_row(incident, at, workspace, portal);
        for arrival in [Some(arrival), again].into_iter().flatten() {
            let arrival = later(arrival, gathered);
            let number = logs.append(TableName::SecurityIncident, row.clone(), arrival, now);
            if let Some(batch) = batches.get_mut(&key.number) {
                batch.rows.push(number);
            }
        }
    }

    /// In the Defender portal, takes back the rows of earlier changes that are gathered with this one of `at`. Answers how
    /// long until the gathering ends.
    fn gather(&mut self, key: IncidentKey, at: OffsetDateTime) -> Duration {
        let batching = if self.in_defender() { self.settings.batching } else { Duration::ZERO };
        let Sentinel { batches, logs, .. } = &mut self.sentinels[key.place];
        if batching.is_zero() {
            batches.remove(&key.number);
            return Duration::ZERO;
        }
        let fresh = Batch { until: later(at, batching), rows: Vec::new() };
        let batch = batches.entry(key.number).or_insert_with(|| fresh.clone());
        if batch.until <= at {
            *batch = fresh;
        }
        for number in batch.rows.drain(..) {
            logs.recall(TableName::SecurityIncident, number);
        }
        (batch.until - at).try_into().unwrap_or(Duration::ZERO)
    }
}

/// One row, by column.
pub(super) type Row = Map<String, Value>;

fn alert_row(alert: &Alert, status: SentinelStatus, at: OffsetDateTime, workspace: &Workspace) -> Row {
    let link = alert.link();
    let extended_links = json!([{"Href": link, "Category": null, "Label": "View alert", "Type": "webLink"}]);
    row(json!({
        "TenantId": workspace.id,
        "TimeGenerated": wire_time(at),
        "DisplayName": alert.display_name,
        "AlertName": alert.display_name,
        "AlertSeverity": alert.severity.as_str(),
        "Description": alert.description,
        "ProviderName": alert.product_name,
        "VendorName": "Microsoft",
        "VendorOriginalId": alert.name,
        "SystemAlertId": alert.system_alert_id,
        "ResourceId": alert.resource_id,
        "SourceComputerId": "",
        "AlertType": alert.alert_type,
        "ConfidenceLevel": "Unknown",
        "ConfidenceScore": null,
        "IsIncident": false,
        "StartTime": wire_time(alert.start),
        "EndTime": wire_time(alert.end),
        "ProcessingEndTime": wire_time(alert.generated),
        "RemediationSteps": json!(alert.remediation_steps).to_string(),
        "ExtendedProperties": alert.extended_properties.to_string(),
        "Entities": alert.entities.to_string(),
        "SourceSystem": "Detection",
        "WorkspaceSubscriptionId": "",
        "WorkspaceResourceGroup": "",
        "ExtendedLinks": extended_links.to_string(),
        "ProductName": alert.product_name,
        "ProductComponentName": "",
        "AlertLink": link,
        "Status": status.as_str(),
        "CompromisedEntity": alert.compromised_entity,
        "Tactics": alert.intent,
        "Techniques": if alert.techniques.is_empty() { String::new() } else { json!(alert.techniques).to_string() },
        "SubTechniques": "",
        "Type": "SecurityAlert",
        "_ResourceId": alert.resource_id.to_ascii_lowercase(),
    }))
}

fn incident_row(incident: &Incident, at: OffsetDateTime, workspace: &Workspace, portal: Portal) -> Row {
    let closing = incident.state.closing();
    let mut columns = json!({
        "TenantId": workspace.id,
        "TimeGenerated": wire_time(at),
        "IncidentName": incident.name,
        "Title": incident.title,
        "Description": incident.description,
        "Severity": incident.severity.as_str(),
        "Status": incident.state.status().as_str(),
        "Classification": closing.map_or("", |closing| closing.classification.as_str()),
        "ClassificationComment": closing.and_then(|closing| closing.comment.as_deref()).unwrap_or_default(),
        "ClassificationReason": closing.and_then(|closing| closing.reason).map_or("", |reason| reason.as_str()),
        "Owner": owner(incident),
        "ProviderName": incident.provider_name(),
        "ProviderIncidentId": incident.provider_number().to_string(),
        "FirstActivityTime": incident.first_activity.map(wire_time),
        "LastActivityTime": incident.last_activity.map(wire_time),
        "FirstModifiedTime": incident.first_modified.map(wire_time),
        "LastModifiedTime": wire_time(incident.modified),
        "CreatedTime": wire_time(incident.created),
        "ClosedTime": incident.closed.filter(|_| closing.is_some()).map(wire_time),
        "IncidentNumber": incident.number,
        "RelatedAnalyticRuleIds": rule_names(incident),
        "AlertIds": incident.alert_ids,
        "BookmarkIds": incident.bookmarks.iter().map(|known| last_segment(&known.bookmark)).collect::<Vec<_>>(),
        "Comments": incident.comments.iter().map(|comment| json!({
            "message": comment.message,
            "createdTimeUtc": wire_time(comment.created),
            "lastModifiedTimeUtc": wire_time(comment.modified),
            "author": comment.author.client_info(),
        })).collect::<Vec<_>>(),
        "Tasks": incident.tasks.iter().map(|task| json!({
            "title": task.title,
            "description": task.description,
            "status": task.status.as_str(),
        })).collect::<Vec<_>>(),
        "Labels": incident.labels.iter().map(|label| json!({
            "labelName": label.name,
            "labelType": if label.auto { "AutoAssigned" } else { "User" },
        })).collect::<Vec<_>>(),
        "IncidentUrl": incident.url(workspace),
        "AdditionalData": {
            "alertsCount": incident.alert_ids.len(),
            "bookmarksCount": incident.bookmarks.len(),
            "commentsCount": incident.comments_count(),
            "alertProductNames": incident.product_names,
            "tactics": incident.tactics,
            "techniques": incident.techniques,
        },
        "ModifiedBy": incident.modified_by,
        "SourceSystem": "Azure",
        "Type": "SecurityIncident",
    });
    if portal == Portal::Defender {
        columns["Description"] = Value::Null;
    }
    row(columns)
}

impl Incident {
    /// The portal's page of it.
    pub(crate) fn url(&self, workspace: &Workspace) -> String {
        incident_url(&self.name, workspace)
    }
}

/// The portal's page of the incident of that name.
pub(crate) fn incident_url(name: &str, workspace: &Workspace) -> String {
    let id = workspace.sentinel("Incidents", name);
    format!("https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{id}")
}

fn owner(incident: &Incident) -> Value {
    let owner = &incident.owner;
    json!({
        "objectId": owner.object_id,
        "email": owner.email,
        "assignedTo": owner.assigned_to,
        "userPrincipalName": owner.user_principal_name,
    })
}

fn rule_names(incident: &Incident) -> Vec<&str> {
    incident.rule_ids.iter().map(|id| last_segment(id)).collect()
}

fn last_segment(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn row(columns: Value) -> Row {
    match columns {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

impl Incident {
    /// Who provides it.
    pub(crate) fn provider_name(&self) -> &'static str {
        if self.in_xdr { PROVIDER_XDR } else { PROVIDER }
    }

    /// Its number at its provider: Sentinel's own where Sentinel made it.
    pub(crate) fn provider_number(&self) -> u32 {
        self.xdr_number.unwrap_or(self.number)
    }
}

/// Who provides an incident that Sentinel itself made, outside the Defender portal.
pub(crate) const PROVIDER: &str = "Azure Sentinel";
const PROVIDER_XDR: &str = "Microsoft XDR";
