//! Rows of `SecurityIncident`, and the incidents that they are the newest rows of.

use std::collections::HashMap;

use kql::Table;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::alerts::check;
use super::row::{Row, texts};
use super::{Rows, default, text};
use crate::clock::wire_time;
use crate::estate::Workspace;
use crate::world::{
    Classification, Closing, DEFENDER_FOR_CLOUD, Incident, IncidentState, IncidentStatus, Label, Owner, PROVIDER,
    Reason, Severity, incident_url,
};

/// Reads the rows of one file.
pub(super) struct Reader<'a> {
    workspace: &'a Workspace,
    known: HashMap<u32, Seen>,
    /// The numbers of incidents that rows name without a number.
    numbers: HashMap<String, u32>,
    order: Vec<u32>,
    highest: u32,
}

/// What is known of an incident's rows so far.
struct Seen {
    created: OffsetDateTime,
    newest: OffsetDateTime,
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, known: HashMap::new(), numbers: HashMap::new(), order: Vec::new(), highest: 0 }
    }

    /// The incident's number: the row's, or one of our own for its name.
    fn number(&mut self, row: &mut Map<String, Value>) -> Result<u32, String> {
        let name = text(row, "IncidentName").to_ascii_lowercase();
        match row.get("IncidentNumber") {
            None | Some(Value::Null) => {
                if name.is_empty() {
                    return Err(
                        "the row has neither IncidentNumber nor IncidentName: one of them must say whose row it is"
                            .into(),
                    );
                }
                let next = self.highest + 1;
                let number = *self.numbers.entry(name).or_insert(next);
                self.highest = self.highest.max(number);
                row.insert("IncidentNumber".into(), number.into());
                Ok(number)
            }
            Some(given) => {
                let number = given
                    .as_i64()
                    .and_then(|number| i32::try_from(number).ok())
                    .and_then(|number| u32::try_from(number).ok());
                let number = number
                    .ok_or_else(|| format!("column IncidentNumber holds {given}, and may hold 0 to {}", i32::MAX))?;
                self.highest = self.highest.max(number);
                if !name.is_empty() {
                    self.numbers.insert(name, number);
                }
                Ok(number)
            }
        }
    }
}

impl Rows for Reader<'_> {
    fn complete(&mut self, row: &mut Map<String, Value>, at: OffsetDateTime, position: usize) -> Result<(), String> {
        for column in DYNAMIC {
            unpack(row, column);
        }
        let number = self.number(row)?;
        default(row, "Status", || "New".into());
        default(row, "Severity", || "Medium".into());
        check(row, "Status", IncidentStatus::parse(text(row, "Status")).is_some(), "New, Active, Closed")?;
        check(row, "Severity", Severity::parse(text(row, "Severity")).is_some(), "High, Medium, Low, Informational")?;
        let seen = self.known.entry(number).or_insert_with(|| {
            self.order.push(number);
            Seen { created: at, newest: at, position }
        });
        if at >= seen.newest {
            (seen.newest, seen.position) = (at, position);
        }
        fill(row, number, at, seen.created, self.workspace);
        Ok(())
    }

    fn newest(self) -> Vec<usize> {
        self.order.iter().filter_map(|number| self.known.get(number)).map(|seen| seen.position).collect()
    }
}

/// Log Analytics writes dynamic columns as JSON text: reads it back.
fn unpack(row: &mut Map<String, Value>, column: &str) {
    if let Some(Value::String(text)) = row.get(column)
        && let Ok(value) = serde_json::from_str(text)
    {
        row.insert(column.into(), value);
    }
}

fn fill(row: &mut Map<String, Value>, number: u32, at: OffsetDateTime, created: OffsetDateTime, workspace: &Workspace) {
    default(row, "IncidentName", || workspace.stable_guid(&format!("loaded incident/{number}")).to_string().into());
    default(row, "TenantId", || workspace.id.as_str().into());
    default(row, "Title", || format!("Incident {number}").into());
    default(row, "Owner", || json!({"objectId": null, "email": null, "assignedTo": null, "userPrincipalName": null}));
    default(row, "ProviderName", || PROVIDER.into());
    default(row, "ProviderIncidentId", || number.to_string().into());
    default(row, "LastModifiedTime", || wire_time(at).into());
    default(row, "CreatedTime", || wire_time(created).into());
    if text(row, "Status").eq_ignore_ascii_case("Closed") {
        default(row, "ClosedTime", || wire_time(at).into());
        default(row, "Classification", || Classification::Undetermined.as_str().into());
    }
    for list in ["RelatedAnalyticRuleIds", "AlertIds", "BookmarkIds", "Comments", "Tasks", "Labels"] {
        default(row, list, || json!([]));
    }
    let alerts = row.get("AlertIds").and_then(Value::as_array).map_or(0, Vec::len);
    default(row, "AdditionalData", || {
        let products: &[&str] = if alerts > 0 { &[DEFENDER_FOR_CLOUD] } else { &[] };
        json!({
            "alertsCount": alerts,
            "bookmarksCount": 0,
            "commentsCount": 0,
            "alertProductNames": products,
            "tactics": [],
            "techniques": [],
        })
    });
    let name = text(row, "IncidentName").to_owned();
    default(row, "IncidentUrl", || incident_url(&name, workspace).into());
    default(row, "ModifiedBy", || "Incident created from alert".into());
    default(row, "SourceSystem", || "Azure".into());
    default(row, "Type", || "SecurityIncident".into());
}

/// The incident of its newest row.
pub(super) fn incident(table: &Table, position: usize) -> Incident {
    let row = Row::new(table, position);
    let at = row.time("TimeGenerated").unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let number = row.int("IncidentNumber").and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let modified = row.time("LastModifiedTime").unwrap_or(at);
    let created = row.time("CreatedTime").unwrap_or(at);
    let more = row.json("AdditionalData");
    let list = |name: &str| texts(&more[name]);
    let mut incident = Incident::new(&row.text("IncidentName"), number, 0, created, &row.text("ModifiedBy"));
    incident.title = row.text("Title");
    incident.description = row.text("Description");
    incident.severity = Severity::parse(&row.text("Severity")).unwrap_or(Severity::Medium);
    incident.state = state(&row);
    incident.owner = owner(&row.json("Owner"));
    incident.labels = labels(&row.json("Labels"));
    incident.first_activity = row.time("FirstActivityTime");
    incident.last_activity = row.time("LastActivityTime");
    incident.modified = modified;
    incident.first_modified = row.time("FirstModifiedTime");
    incident.closed = row.time("ClosedTime");
    incident.alert_ids = row.texts("AlertIds");
    incident.product_names = list("alertProductNames");
    incident.tactics = list("tactics");
    incident.techniques = list("techniques");
    incident.rule_ids = row.texts("RelatedAnalyticRuleIds");
    incident.other_comments =
        more["commentsCount"].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    incident.last_row = at;
    let own = row.some_text("ProviderName").is_none_or(|name| name.eq_ignore_ascii_case(PROVIDER));
    incident.in_xdr = !own;
    incident.xdr_number = row.text("ProviderIncidentId").parse().ok().filter(|_| !own);
    incident
}

fn state(row: &Row<'_>) -> IncidentState {
    match IncidentStatus::parse(&row.text("Status")) {
        Some(IncidentStatus::Active) => IncidentState::Active,
        Some(IncidentStatus::Closed) => IncidentState::Closed(Closing {
            classification: Classification::parse(&row.text("Classification")).unwrap_or(Classification::Undetermined),
            reason: Reason::parse(&row.text("ClassificationReason")),
            comment: row.some_text("ClassificationComment"),
        }),
        Some(IncidentStatus::New) | None => IncidentState::New,
    }
}

fn owner(owner: &Value) -> Owner {
    let member = |name: &str| owner[name].as_str().map(str::to_owned);
    Owner {
        object_id: member("objectId"),
        email: member("email"),
        assigned_to: member("assignedTo"),
        user_principal_name: member("userPrincipalName"),
    }
}

fn labels(labels: &Value) -> Vec<Label> {
    let label = |label: &Value| {
        let name = label["labelName"].as_str()?.to_owned();
        Some(Label { name, auto: label["labelType"].as_str() == Some("AutoAssigned") })
    };
    labels.as_array().into_iter().flatten().filter_map(label).collect()
}

const DYNAMIC: [&str; 8] =
    ["AdditionalData", "AlertIds", "BookmarkIds", "Comments", "Labels", "Owner", "RelatedAnalyticRuleIds", "Tasks"];
