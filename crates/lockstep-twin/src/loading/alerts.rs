//! Rows of `SecurityAlert`, and the alerts that they are the newest rows of.

use std::collections::HashMap;

use kql::Table;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::row::Row;
use super::{Rows, default, text};
use crate::clock::wire_time;
use crate::estate::Estate;
use crate::world::{Alert, AlertCopy, DEFENDER_FOR_CLOUD, FIRST, IN_DEFENDER, SentinelStatus, Severity, portal_link};

/// Reads the rows of one file.
pub(super) struct Reader<'a> {
    estate: &'a Estate,
    /// By the alert's id, the time and position of its newest row.
    newest: HashMap<String, (OffsetDateTime, usize)>,
    /// The ids, in the order in which they appeared.
    order: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(estate: &'a Estate) -> Self {
        Self { estate, newest: HashMap::new(), order: Vec::new() }
    }
}

impl Rows for Reader<'_> {
    fn complete(&mut self, row: &mut Map<String, Value>, at: OffsetDateTime, position: usize) -> Result<(), String> {
        default(row, "SystemAlertId", || {
            self.estate.stable_guid(&format!("loaded alert/{position}")).to_string().into()
        });
        let id = text(row, "SystemAlertId").to_ascii_lowercase();
        if id.is_empty() {
            return Err("column SystemAlertId must be a text that is not empty".into());
        }
        default(row, "Status", || "New".into());
        default(row, "AlertSeverity", || "Medium".into());
        check(
            row,
            "Status",
            SentinelStatus::parse(text(row, "Status")).is_some(),
            "New, InProgress, Resolved, Dismissed, Unknown",
        )?;
        check(
            row,
            "AlertSeverity",
            Severity::parse(text(row, "AlertSeverity")).is_some(),
            "High, Medium, Low, Informational",
        )?;
        fill(row, &id, at, self.estate);

        let newest = self.newest.entry(id.clone()).or_insert_with(|| {
            self.order.push(id);
            (at, position)
        });
        if at >= newest.0 {
            *newest = (at, position);
        }
        Ok(())
    }

    fn newest(self) -> Vec<usize> {
        self.order.iter().filter_map(|id| self.newest.get(id)).map(|(_, position)| *position).collect()
    }
}

/// That a column holds one of the words it may hold.
pub(super) fn check(row: &Map<String, Value>, column: &str, is_known: bool, words: &str) -> Result<(), String> {
    if is_known { Ok(()) } else { Err(format!("column {column} holds {}, and may hold {words}", row[column])) }
}

fn fill(row: &mut Map<String, Value>, id: &str, at: OffsetDateTime, estate: &Estate) {
    let time = || Value::from(wire_time(at));
    let other = |row: &Map<String, Value>, column: &str| {
        Value::from(Some(text(row, column)).filter(|text| !text.is_empty()).unwrap_or("Alert"))
    };
    default(row, "TenantId", || estate.workspace_id.as_str().into());
    let name = other(row, "DisplayName");
    default(row, "AlertName", || name);
    let name = other(row, "AlertName");
    default(row, "DisplayName", || name);
    default(row, "ProductName", || DEFENDER_FOR_CLOUD.into());
    let product = text(row, "ProductName").to_owned();
    let ours = [DEFENDER_FOR_CLOUD, IN_DEFENDER].contains(&product.as_str());
    default(row, "ProviderName", || product.into());
    default(row, "VendorName", || "Microsoft".into());
    default(row, "VendorOriginalId", || if ours { arm_name(id, estate) } else { id.to_owned() }.into());
    if ours {
        let name = text(row, "VendorOriginalId").to_owned();
        default(row, "AlertLink", || {
            portal_link(&name, &estate.resource_group, &estate.location, &estate.subscription_id).into()
        });
    }
    default(row, "AlertType", || "Unknown".into());
    default(row, "ConfidenceLevel", || "Unknown".into());
    default(row, "IsIncident", || false.into());
    default(row, "StartTime", time);
    default(row, "EndTime", time);
    default(row, "ProcessingEndTime", time);
    default(row, "SourceSystem", || "Detection".into());
    default(row, "Entities", || "[]".into());
    default(row, "ExtendedLinks", || "[]".into());
    default(row, "ExtendedProperties", || "{}".into());
    default(row, "RemediationSteps", || "[]".into());
    default(row, "Type", || "SecurityAlert".into());
}

/// The name that Defender for Cloud might have given an alert, always the same for the same id.
fn arm_name(id: &str, estate: &Estate) -> String {
    let guid = estate.stable_guid(&format!("loaded alert name/{id}"));
    let ticks = TICKS_OF_OUR_DAYS + guid.as_u128() % TICKS_OF_A_YEAR;
    format!("{ticks}_{guid}")
}

/// The alert of its newest row.
pub(super) fn alert(table: &Table, position: usize, estate: &Estate) -> Alert {
    let row = Row::new(table, position);
    let status = SentinelStatus::parse(&row.text("Status")).unwrap_or(SentinelStatus::Unknown);
    let at = row.time("TimeGenerated").unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let link = row.text("AlertLink");
    let part = |name: &str| after(&link, name).filter(|part| !part.is_empty());
    let resource_id = row.text("ResourceId");
    let group = part("resourceGroup").or_else(|| after(&resource_id, "resourceGroups"));
    let resource_group = group.unwrap_or(&estate.resource_group).to_owned();
    let location = part("location").unwrap_or(&estate.location).to_owned();
    let subscription = part("subscriptionId").or_else(|| after(&resource_id, "subscriptions"));
    let known = subscription.filter(|id| estate.tenant_of(id).is_some());
    let subscription_id = known.unwrap_or(&estate.subscription_id).to_owned();
    let name = row.text("VendorOriginalId");
    let made = portal_link(&name, &resource_group, &location, &subscription_id);
    let given_link = (link != made && !link.is_empty()).then(|| link.clone());
    let entities = match row.json("Entities") {
        Value::Array(entities) => Value::Array(entities),
        _ => json!([]),
    };
    let extended_properties = match row.json("ExtendedProperties") {
        Value::Object(properties) => Value::Object(properties),
        _ => json!({}),
    };
    Alert {
        name,
        system_alert_id: row.text("SystemAlertId"),
        subscription_id,
        resource_group,
        location,
        alert_type: row.text("AlertType"),
        display_name: row.text("DisplayName"),
        description: row.text("Description"),
        severity: Severity::parse(&row.text("AlertSeverity")).unwrap_or(Severity::Medium),
        status: status.in_defender(),
        intent: row.some_text("Tactics").unwrap_or_else(|| "Unknown".into()),
        techniques: row.texts("Techniques"),
        resource_id,
        compromised_entity: row.text("CompromisedEntity"),
        entities,
        extended_properties,
        remediation_steps: row.texts("RemediationSteps"),
        product_name: row.text("ProductName"),
        joins: None,
        given_link,
        start: row.time("StartTime").unwrap_or(at),
        end: row.time("EndTime").unwrap_or(at),
        generated: row.time("ProcessingEndTime").unwrap_or(at),
        copies: vec![(FIRST, AlertCopy::arrived(status))],
    }
}

/// The segment of a path after the segment `name`, in any case.
fn after<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let mut segments = path.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case(name))?;
    segments.next()
}

/// Inverted ticks of about 2024.
const TICKS_OF_OUR_DAYS: u128 = 2_516_700_000_000_000_000;
const TICKS_OF_A_YEAR: u128 = 315_360_000_000_000;
