//! Rows of `SecurityAlert`, and the alerts that they are the newest rows of.

use kql::{Members, Table};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::newest::Newest;
use super::row::{Row, columns};
use super::{Rows, check, default, text};
use crate::estate::Estate;
use crate::world::{
    Alert, AlertCopy, DEFENDER_FOR_CLOUD, FIRST, IN_DEFENDER, SentinelStatus, Severity, TableName, datetime,
    portal_link,
};

columns! { SecurityAlert {
    link "AlertLink"
    name "AlertName"
    severity "AlertSeverity"
    alert_type "AlertType"
    compromised_entity "CompromisedEntity"
    description "Description"
    display_name "DisplayName"
    end "EndTime"
    entities "Entities"
    extended_properties "ExtendedProperties"
    generated "ProcessingEndTime"
    product "ProductName"
    provider "ProviderName"
    remediation_steps "RemediationSteps"
    resource_id "ResourceId"
    start "StartTime"
    status "Status"
    id "SystemAlertId"
    tactics "Tactics"
    techniques "Techniques"
    time_generated "TimeGenerated"
    tenant "TenantId"
    original_id "VendorOriginalId"
    is_incident "IsIncident"
} }

/// What a column holds where the row leaves it out.
const CONSTANTS: [(&str, &str); 9] = [
    ("VendorName", "Microsoft"),
    ("AlertType", "Unknown"),
    ("ConfidenceLevel", "Unknown"),
    ("SourceSystem", "Detection"),
    ("Entities", "[]"),
    ("ExtendedLinks", "[]"),
    ("ExtendedProperties", "{}"),
    ("RemediationSteps", "[]"),
    ("Type", "SecurityAlert"),
];

/// Reads the rows of one file.
pub(super) struct Reader<'e> {
    estate: &'e Estate,
    columns: Columns,
    constants: Vec<(usize, &'static str)>,
    /// By the alert's id.
    newest: Newest<String>,
}

impl<'e> Reader<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        let constants = super::constants(TableName::SecurityAlert, &CONSTANTS);
        Self { estate, columns: Columns::new(), constants, newest: Newest::default() }
    }

    fn fill(&self, row: &mut Members<'_>, id: &str, at: OffsetDateTime) {
        let (c, estate) = (&self.columns, self.estate);
        let other = |row: &Members<'_>, column| match text(row, column) {
            name if name.is_empty() => "Alert".to_owned(),
            name => name.into_owned(),
        };
        default(row, c.tenant, |_| estate.workspace_id.clone());
        default(row, c.name, |row| other(row, c.display_name));
        default(row, c.display_name, |row| other(row, c.name));
        default(row, c.product, |_| DEFENDER_FOR_CLOUD);
        let product = text(row, c.product);
        let ours = [DEFENDER_FOR_CLOUD, IN_DEFENDER].contains(&product.as_ref());
        default(row, c.provider, |row| text(row, c.product).into_owned());
        default(row, c.original_id, |_| if ours { arm_name(id, estate) } else { id.to_owned() });
        if ours {
            default(row, c.link, |row| {
                let name = text(row, c.original_id);
                portal_link(&name, &estate.resource_group, &estate.location, &estate.subscription_id)
            });
        }
        if row.is_missing(c.is_incident) {
            row.set_json(c.is_incident, "false");
        }
        for column in [c.start, c.end, c.generated] {
            if row.is_missing(column) {
                row.set_datetime(column, datetime(at));
            }
        }
        for (column, constant) in &self.constants {
            default(row, *column, |_| *constant);
        }
    }
}

impl Rows for Reader<'_> {
    fn complete(&mut self, row: &mut Members<'_>, at: OffsetDateTime, position: usize) -> Result<(), String> {
        let c = &self.columns;
        default(row, c.id, |_| self.estate.stable_guid(&format!("loaded alert/{position}")).to_string());
        let id = text(row, c.id).to_ascii_lowercase();
        if id.is_empty() {
            return Err("column SystemAlertId must be a text that is not empty".into());
        }
        default(row, c.status, |_| "New");
        default(row, c.severity, |_| "Medium");
        let known = SentinelStatus::parse(&text(row, c.status)).is_some();
        check(row, c.status, "Status", known, "New, InProgress, Resolved, Dismissed, Unknown")?;
        let known = Severity::parse(&text(row, c.severity)).is_some();
        check(row, c.severity, "AlertSeverity", known, "High, Medium, Low, Informational")?;
        self.fill(row, &id, at);
        self.newest.see(id, at, position);
        Ok(())
    }

    fn newest(self) -> Vec<usize> {
        self.newest.positions()
    }
}

/// The name that Defender for Cloud might have given an alert, always the same for the same id.
fn arm_name(id: &str, estate: &Estate) -> String {
    let guid = estate.stable_guid(&format!("loaded alert name/{id}"));
    let ticks = TICKS_OF_OUR_DAYS + guid.as_u128() % TICKS_OF_A_YEAR;
    format!("{ticks}_{guid}")
}

/// The alert of its newest row.
pub(super) fn alert(table: &Table, position: usize, c: &Columns, estate: &Estate) -> Alert {
    let row = Row::new(table, position);
    let status = SentinelStatus::parse(row.text(c.status)).unwrap_or(SentinelStatus::Unknown);
    let at = row.time(c.time_generated).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let link = row.text(c.link);
    let part = |name: &str| after(link, name).filter(|part| !part.is_empty());
    let resource_id = row.text(c.resource_id);
    let group = part("resourceGroup").or_else(|| after(resource_id, "resourceGroups"));
    let resource_group = group.unwrap_or(&estate.resource_group).to_owned();
    let location = part("location").unwrap_or(&estate.location).to_owned();
    let subscription = part("subscriptionId").or_else(|| after(resource_id, "subscriptions"));
    let known = subscription.filter(|id| estate.tenant_of(id).is_some());
    let subscription_id = known.unwrap_or(&estate.subscription_id).to_owned();
    let name = row.text(c.original_id);
    let made = portal_link(name, &resource_group, &location, &subscription_id);
    let given_link = (link != made && !link.is_empty()).then(|| link.to_owned());
    let texts = |column| match row.json(column) {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let entities = match row.json(c.entities) {
        Value::Array(entities) => Value::Array(entities),
        _ => json!([]),
    };
    let extended_properties = match row.json(c.extended_properties) {
        Value::Object(properties) => Value::Object(properties),
        _ => json!({}),
    };
    Alert {
        name: name.into(),
        system_alert_id: row.text(c.id).into(),
        subscription_id,
        resource_group,
        location,
        alert_type: row.text(c.alert_type).into(),
        display_name: row.text(c.display_name).into(),
        description: row.text(c.description).into(),
        severity: Severity::parse(row.text(c.severity)).unwrap_or(Severity::Medium),
        status: status.in_defender(),
        intent: row.some_text(c.tactics).unwrap_or("Unknown").into(),
        techniques: texts(c.techniques),
        resource_id: resource_id.into(),
        compromised_entity: row.text(c.compromised_entity).into(),
        entities,
        extended_properties,
        remediation_steps: texts(c.remediation_steps),
        product_name: row.text(c.product).into(),
        joins: None,
        given_link,
        start: row.time(c.start).unwrap_or(at),
        end: row.time(c.end).unwrap_or(at),
        generated: row.time(c.generated).unwrap_or(at),
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
