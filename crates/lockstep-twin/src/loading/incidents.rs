//! Rows of `SecurityIncident`, and the incidents that they are the newest rows of.

use std::collections::HashMap;

use kql::{Dynamic, Members, Table};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::newest::Newest;
use super::row::{Row, columns, member, texts};
use super::{Rows, check, default, text};
use crate::estate::Workspace;
use crate::world::{
    Classification, Closing, DEFENDER_FOR_CLOUD, Incident, IncidentState, IncidentStatus, Label, Owner, PROVIDER,
    Reason, Severity, TableName, datetime, incident_url,
};

columns! { SecurityIncident {
    additional_data "AdditionalData"
    alert_ids "AlertIds"
    bookmark_ids "BookmarkIds"
    classification "Classification"
    classification_comment "ClassificationComment"
    classification_reason "ClassificationReason"
    closed "ClosedTime"
    comments "Comments"
    created "CreatedTime"
    description "Description"
    first_activity "FirstActivityTime"
    first_modified "FirstModifiedTime"
    name "IncidentName"
    number "IncidentNumber"
    url "IncidentUrl"
    labels "Labels"
    last_activity "LastActivityTime"
    modified "LastModifiedTime"
    modified_by "ModifiedBy"
    owner "Owner"
    provider_id "ProviderIncidentId"
    provider "ProviderName"
    rules "RelatedAnalyticRuleIds"
    severity "Severity"
    status "Status"
    tasks "Tasks"
    tenant "TenantId"
    time_generated "TimeGenerated"
    title "Title"
} }

/// What a column holds where the row leaves it out.
const CONSTANTS: [(&str, &str); 4] = [
    ("ProviderName", PROVIDER),
    ("ModifiedBy", "Incident created from alert"),
    ("SourceSystem", "Azure"),
    ("Type", "SecurityIncident"),
];

/// Reads the rows of one file.
pub(super) struct Reader<'w> {
    workspace: &'w Workspace,
    columns: Columns,
    constants: Vec<(usize, &'static str)>,
    /// By the incident's number.
    newest: Newest<u32>,
    /// The numbers of incidents, by name.
    numbers: HashMap<String, u32>,
    highest: u32,
}

impl<'w> Reader<'w> {
    pub(super) fn new(workspace: &'w Workspace) -> Self {
        let constants = super::constants(TableName::SecurityIncident, &CONSTANTS);
        let (newest, numbers) = (Newest::default(), HashMap::new());
        Self { workspace, columns: Columns::new(), constants, newest, numbers, highest: 0 }
    }

    /// The incident's number: the row's, or one of our own for its name.
    fn number(&mut self, row: &mut Members<'_>) -> Result<u32, String> {
        let c = &self.columns;
        let name = text(row, c.name).to_ascii_lowercase();
        if row.is_missing(c.number) {
            if name.is_empty() {
                return Err(
                    "the row has neither IncidentNumber nor IncidentName: one of them must say whose row it is".into(),
                );
            }
            let next = self.highest + 1;
            let number = *self.numbers.entry(name).or_insert(next);
            self.highest = self.highest.max(number);
            row.set_json(c.number, number.to_string());
            return Ok(number);
        }
        let given = row.json(c.number).unwrap_or_default();
        let number =
            given.as_i64().and_then(|number| i32::try_from(number).ok()).and_then(|number| number.try_into().ok());
        let number: u32 =
            number.ok_or_else(|| format!("column IncidentNumber holds {given}, and may hold 0 to {}", i32::MAX))?;
        self.highest = self.highest.max(number);
        if !name.is_empty() && self.numbers.get(&name) != Some(&number) {
            self.numbers.insert(name, number);
        }
        Ok(number)
    }

    fn fill(&self, row: &mut Members<'_>, number: u32, at: OffsetDateTime, created: OffsetDateTime) {
        let (c, workspace) = (&self.columns, self.workspace);
        default(row, c.name, |_| workspace.stable_guid(&format!("loaded incident/{number}")).to_string());
        default(row, c.tenant, |_| workspace.id.clone());
        default(row, c.title, |_| format!("Incident {number}"));
        default_json(row, c.owner, |_| NOBODY);
        default(row, c.provider_id, |_| number.to_string());
        let default_time = |row: &mut Members<'_>, column, at| {
            if row.is_missing(column) {
                row.set_datetime(column, datetime(at));
            }
        };
        default_time(row, c.modified, at);
        default_time(row, c.created, created);
        if text(row, c.status).eq_ignore_ascii_case("Closed") {
            default_time(row, c.closed, at);
            default(row, c.classification, |_| Classification::Undetermined.as_str());
        }
        for list in [c.rules, c.alert_ids, c.bookmark_ids, c.comments, c.tasks, c.labels] {
            default_json(row, list, |_| "[]");
        }
        default_json(row, c.additional_data, |row| {
            let alerts = row.json(c.alert_ids).and_then(|ids| Some(ids.as_array()?.len())).unwrap_or_default();
            let products: &[&str] = if alerts > 0 { &[DEFENDER_FOR_CLOUD] } else { &[] };
            let additional = json!({
                "alertsCount": alerts,
                "bookmarksCount": 0,
                "commentsCount": 0,
                "alertProductNames": products,
                "tactics": [],
                "techniques": [],
            });
            additional.to_string()
        });
        default(row, c.url, |row| incident_url(&text(row, c.name), workspace));
        for (column, constant) in &self.constants {
            default(row, *column, |_| *constant);
        }
    }
}

impl Rows for Reader<'_> {
    fn complete(&mut self, row: &mut Members<'_>, at: OffsetDateTime, position: usize) -> Result<(), String> {
        let c = &self.columns;
        for column in [c.additional_data, c.alert_ids, c.bookmark_ids, c.comments, c.labels, c.owner, c.rules, c.tasks]
        {
            unpack(row, column);
        }
        let number = self.number(row)?;
        let c = &self.columns;
        default(row, c.status, |_| "New");
        default(row, c.severity, |_| "Medium");
        let known = IncidentStatus::parse(&text(row, c.status)).is_some();
        check(row, c.status, "Status", known, "New, Active, Closed")?;
        let known = Severity::parse(&text(row, c.severity)).is_some();
        check(row, c.severity, "Severity", known, "High, Medium, Low, Informational")?;
        let created = self.newest.see(number, at, position);
        self.fill(row, number, at, created);
        Ok(())
    }

    fn newest(self) -> Vec<usize> {
        self.newest.positions()
    }
}

/// Log Analytics writes dynamic columns as JSON text: reads it back.
fn unpack(row: &mut Members<'_>, column: usize) {
    let Some(text) = row.text(column) else { return };
    if serde_json::from_str::<Value>(&text).is_ok() {
        let json = text.trim().to_owned();
        row.set_json(column, json);
    }
}

/// Sets a column that the row leaves out to what JSON text says.
fn default_json<T: Into<std::borrow::Cow<'static, str>>>(
    row: &mut Members<'_>,
    column: usize,
    json: impl FnOnce(&Members<'_>) -> T,
) {
    if row.is_missing(column) {
        let json = json(row).into();
        row.set_json(column, json);
    }
}

/// The incident of its newest row.
pub(super) fn incident(table: &Table, position: usize, c: &Columns) -> Incident {
    let row = Row::new(table, position);
    let at = row.time(c.time_generated).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let number = row.int(c.number).and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let created = row.time(c.created).unwrap_or(at);
    let more = row.dynamic(c.additional_data);
    let comments = match member(more, "commentsCount") {
        Dynamic::Long(count) => u32::try_from(*count).unwrap_or_default(),
        _ => 0,
    };
    let own = row.some_text(c.provider).is_none_or(|name| name.eq_ignore_ascii_case(PROVIDER));
    Incident {
        title: row.text(c.title).into(),
        description: row.text(c.description).into(),
        severity: Severity::parse(row.text(c.severity)).unwrap_or(Severity::Medium),
        state: state(row, c),
        owner: owner(row.dynamic(c.owner)),
        labels: labels(row.dynamic(c.labels)),
        first_activity: row.time(c.first_activity),
        last_activity: row.time(c.last_activity),
        modified: row.time(c.modified).unwrap_or(at),
        first_modified: row.time(c.first_modified),
        closed: row.time(c.closed),
        alert_ids: texts(row.dynamic(c.alert_ids)),
        product_names: texts(member(more, "alertProductNames")),
        tactics: texts(member(more, "tactics")),
        techniques: texts(member(more, "techniques")),
        rule_ids: texts(row.dynamic(c.rules)),
        other_comments: comments,
        last_row: at,
        in_xdr: !own,
        xdr_number: row.text(c.provider_id).parse().ok().filter(|_| !own),
        ..Incident::new(row.text(c.name), number, 0, created, row.text(c.modified_by))
    }
}

fn state(row: Row<'_>, c: &Columns) -> IncidentState {
    match IncidentStatus::parse(row.text(c.status)) {
        Some(IncidentStatus::Active) => IncidentState::Active,
        Some(IncidentStatus::Closed) => IncidentState::Closed(Closing {
            classification: Classification::parse(row.text(c.classification)).unwrap_or(Classification::Undetermined),
            reason: Reason::parse(row.text(c.classification_reason)),
            comment: row.some_text(c.classification_comment).map(str::to_owned),
        }),
        Some(IncidentStatus::New) | None => IncidentState::New,
    }
}

fn owner(owner: &Dynamic) -> Owner {
    let member = |name| super::row::text(member(owner, name)).map(str::to_owned);
    Owner {
        object_id: member("objectId"),
        email: member("email"),
        assigned_to: member("assignedTo"),
        user_principal_name: member("userPrincipalName"),
    }
}

fn labels(labels: &Dynamic) -> Vec<Label> {
    let label = |label: &Dynamic| {
        let text = |name| super::row::text(member(label, name));
        Some(Label { name: text("labelName")?.to_owned(), auto: text("labelType") == Some("AutoAssigned") })
    };
    labels.array().into_iter().flatten().filter_map(label).collect()
}

const NOBODY: &str = r#"{"objectId":null,"email":null,"assignedTo":null,"userPrincipalName":null}"#;
