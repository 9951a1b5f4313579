//! What a pass has to look at: one query, and its answer.
//!
//! The answer stays small however many incidents there are: a row for each one that may be due, counts for the others. It
//! comes from tables that may be late, so it proposes and settles nothing.

mod signs;
mod untouched;

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_core::{
    Act, Alert, AlertId, AlertState, Effect, Elsewhere, Incident, IncidentId, IncidentState, Mapping, Moved, Mover,
    Owner, Policy, ROWS_LATE, Reopen, Time,
};
use serde_json::Value;

pub use signs::{Marked, Tagged};
use signs::{marked, tagged};
pub use untouched::Untouched;

use crate::activity::{self, AlertEvent};
use crate::alerts;
use crate::error::Fault;
use crate::incidents;
use crate::json::{self, Wrong};
use crate::logs::{self, Row};
use crate::timeline::Which;
use crate::wire_time;

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Incidents that have not changed for longer are not looked at.
    pub lookback: Duration,
    /// What becomes of the incidents of each state, so that what is in step needs no row.
    pub policy: Policy,
    /// Whether a row is wanted of every incident that does not stand as it was born.
    pub first_look: bool,
    /// Rows are wanted of what came in since, too; `None` where nothing is wanted beside what may be due.
    pub since: Option<Time>,
    /// Whether a row is wanted of every incident that is not closed.
    pub open: bool,
    /// Marks that the tables showed until then are settled; `None` where none is.
    pub marks_since: Option<Time>,
    /// The one incident that a row is wanted of, however it stands; `None` where all of them matter.
    pub only: Option<Which>,
}

impl Question {
    /// How far back a pass looks.
    pub const LOOKBACK: Duration = Duration::from_secs(30 * 86_400);

    /// How far back a pass looks now and then, so that an incident that has been quiet for longer is not forgotten.
    pub const FULL_LOOKBACK: Duration = Duration::from_secs(365 * 86_400);

    /// What `policy` has to look at, over [`Question::LOOKBACK`].
    pub fn new(policy: &Policy) -> Self {
        Self {
            lookback: Self::LOOKBACK,
            policy: policy.clone(),
            first_look: false,
            since: None,
            open: false,
            marks_since: None,
            only: None,
        }
    }

    /// The query that asks it.
    pub(crate) fn kql(&self) -> String {
        let parameters = [
            ("lookback = 30d", format!("lookback = {}s", self.lookback.as_secs())),
            ("late = 2h", format!("late = {}s", ROWS_LATE.as_secs())),
            ("in_progress = \"activate\"", self.effect("in_progress", |mapping| mapping.in_progress.into())),
            ("dismissed = \"close\"", self.effect("dismissed", |mapping| mapping.dismissed)),
            ("resolved = \"close\"", self.effect("resolved", |mapping| mapping.resolved)),
            ("apart = \"close\"", self.effect("apart", Mapping::finished_apart)),
            ("unfinished = \"leave\"", self.effect("unfinished", |mapping| mapping.unfinished.into())),
            ("reopen = \"ours\"", format!("reopen = \"{}\"", self.reopen())),
            ("outward = false", format!("outward = {}", self.policy.all_knobs().any(|knobs| knobs.directions.outward))),
            ("first_look = false", format!("first_look = {}", self.first_look)),
            ("since = datetime(9999-12-31)", format!("since = {}", self.since.map_or_else(|| NEVER.into(), datetime))),
            ("open = false", format!("open = {}", self.open)),
            ("idle = 0s", format!("idle = {}s", self.idle())),
            (
                "marks_since = datetime(1601-01-01)",
                format!("marks_since = {}", self.marks_since.map_or_else(|| FIRST.into(), datetime)),
            ),
            ("only = \"\"", format!("only = \"{}\"", self.only.as_ref().map_or_else(String::new, Which::text))),
        ];
        parameters.iter().fold(QUERY.to_owned(), |query, (default, value)| {
            query.replacen(&format!("let {default};"), &format!("let {value};"), 1)
        })
    }

    /// The shortest time, in seconds, after which an incident may be idle; 0 where none ever is.
    fn idle(&self) -> u64 {
        self.policy.all_knobs().filter_map(|knobs| knobs.idle_active).map(|idle| idle.as_secs()).min().unwrap_or(0)
    }

    /// Whose closings the policy may undo, whatever the incident.
    fn reopen(&self) -> &'static str {
        let inward = || self.policy.all_knobs().filter(|knobs| knobs.directions.inward);
        if inward().any(|knobs| knobs.reopen == Reopen::AllClosings) {
            "all"
        } else if inward().any(|knobs| knobs.reopen == Reopen::OurClosings) {
            "ours"
        } else {
            "nobody"
        }
    }

    /// The parameter that says what becomes of the incidents of one state: `any` where the policy's rules differ.
    fn effect(&self, name: &str, of: impl Fn(&Mapping) -> Effect) -> String {
        let words = self.policy.all_knobs().map(|knobs| match of(&knobs.inward) {
            Effect::Leave => "leave",
            Effect::Activate => "activate",
            Effect::Close(_) => "close",
        });
        let word = words.reduce(|one, two| if one == two { one } else { "any" });
        format!("{name} = \"{}\"", word.expect("a policy has knobs"))
    }
}

/// What the tables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sightings {
    /// The incidents that may be due, each with all its alerts.
    pub due: Vec<Incident>,
    /// Some of those that nobody can judge, because a state is not known or an alert has no row. [`Sightings::untouched`]
    /// counts them all.
    pub unclear: Vec<Incident>,
    /// Incidents that may be due and whose row cannot be read. Nothing is known about them, and nothing counts them.
    pub unreadable: Vec<Unreadable>,
    /// The last act on each alert of the incidents that may be due, as the workspace's copy of the activity log tells it.
    pub told: BTreeMap<AlertId, AlertEvent>,
    /// How many incidents need nothing, by why.
    pub untouched: BTreeMap<Untouched, u64>,
    /// The instances that have written here, by the marks of their closing texts, whoever they are.
    pub marks: Vec<Marked>,
    /// What is asked for by tags of lockstep's, whoever set them.
    pub tags: Vec<Tagged>,
    /// When the service answered, by its own clock.
    pub asked: Time,
    /// When the newest row of `SecurityIncident` came in; `None` where there is none or the table does not say.
    pub incidents_ingested: Option<Time>,
    /// When the newest row of `SecurityAlert` came in; `None` where there is none or the table does not say.
    pub alerts_ingested: Option<Time>,
}

/// An incident whose row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its name as the row gives it; empty where there is none.
    pub name: String,
    /// What is wrong with the row.
    pub found: String,
}

impl Sightings {
    /// Reads the rows that [`Question::kql`] gives.
    pub(crate) fn read(rows: &[Row]) -> Result<Self, Fault> {
        Self::gather(rows).map_err(|found| Fault::Malformed { found })
    }

    fn gather(rows: &[Row]) -> Result<Self, Wrong> {
        let (mut due, mut unclear, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        let mut told = BTreeMap::new();
        let mut untouched = BTreeMap::new();
        let (mut tags, mut marks, mut asked, mut incidents_ingested, mut alerts_ingested) =
            (None, None, None, None, None);
        for row in rows {
            match json::text(row, "Why")? {
                "asked" => asked = time(row, "Time")?,
                "tags" => {
                    let cells = logs::dynamic_list(row, "Incidents")?;
                    tags = Some(cells.iter().map(tagged).collect::<Result<_, _>>()?);
                }
                "marks" => {
                    let cells = logs::dynamic_list(row, "Incidents")?;
                    marks = Some(cells.iter().map(marked).collect::<Result<_, _>>()?);
                }
                "incidents-ingested" => incidents_ingested = Some(time(row, "Time")?),
                "alerts-ingested" => alerts_ingested = Some(time(row, "Time")?),
                why => {
                    let shown = logs::dynamic_list(row, "Incidents")?;
                    if let Some(untouched_why) = Untouched::ALL.iter().find(|it| it.word() == why) {
                        *untouched.entry(*untouched_why).or_default() += logs::long(row, "Count")?;
                        // They are counted already, so that one that cannot be read is only not shown.
                        unclear.extend(shown.iter().filter_map(|cell| incident(cell).ok()));
                    } else if why == "due" {
                        for cell in &shown {
                            match incident(cell).and_then(|incident| Ok((acts(cell)?, incident))) {
                                Ok((acts, incident)) => {
                                    told.extend(acts);
                                    due.push(incident);
                                }
                                Err(found) => unreadable.push(Unreadable { name: name(cell), found }),
                            }
                        }
                    } else {
                        return Err(format!("a row says \"{}\", which was not asked", why.escape_debug()));
                    }
                }
            }
        }
        // The query gives these rows whatever the tables hold; without one of them the answer is cut short.
        let missing = |what| format!("the row \"{what}\" is missing");
        Ok(Self {
            due,
            unclear,
            unreadable,
            told,
            untouched,
            tags: tags.ok_or_else(|| missing("tags"))?,
            marks: marks.ok_or_else(|| missing("marks"))?,
            asked: asked.ok_or_else(|| missing("asked"))?,
            incidents_ingested: incidents_ingested.ok_or_else(|| missing("incidents-ingested"))?,
            alerts_ingested: alerts_ingested.ok_or_else(|| missing("alerts-ingested"))?,
        })
    }
}

fn incident(cell: &Value) -> Result<Incident, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an incident is {}", json::kind(cell)))?;
    let id = json::text(row, "IncidentName")?;
    let id = IncidentId::parse(id).ok_or_else(|| format!("\"{}\" names no incident", id.escape_debug()))?;
    let modified = time(row, "Modified")?.ok_or("\"Modified\" is empty")?;
    let alerts = logs::dynamic_list(row, "Alerts")?;
    Ok(Incident {
        alerts: alerts.iter().map(|cell| alert(cell, &id)).collect::<Result<_, _>>()?,
        id,
        number: logs::long(row, "IncidentNumber")?,
        title: json::optional_text(row, "Title")?.to_owned(),
        severity: incidents::severity(json::optional_text(row, "Severity")?),
        state: state(row)?,
        labels: incidents::labels(&logs::dynamic_list(row, "Labels")?)?,
        created: time(row, "CreatedTime")?.unwrap_or(modified),
        modified: Some(modified),
        owner: Some(owner(json::optional_text(row, "Owner")?)),
        comments: logs::optional_long(row, "Comments")?,
        acted: act(row, "Acted", "ActedBy")?,
        set_by: act(row, "Set", "SetBy")?,
        closed: time(row, "Closed")?,
    })
}

/// What the workspace's copy of the activity log tells of an incident's alerts.
fn acts(cell: &Value) -> Result<Vec<(AlertId, AlertEvent)>, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an incident is {}", json::kind(cell)))?;
    let mut acts = Vec::new();
    for cell in logs::dynamic_list(row, "Alerts")? {
        let Some(row) = cell.as_object() else { continue };
        if let (Some(id), Some(event)) = (AlertId::parse(json::text(row, "SystemAlertId")?), activity::told(row)?) {
            acts.push((id, event));
        }
    }
    Ok(acts)
}

fn alert(cell: &Value, of: &IncidentId) -> Result<Alert, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an alert is {}", json::kind(cell)))?;
    let text = |name| json::optional_text(row, name);
    let id = json::text(row, "SystemAlertId")?;
    let found = row.get("Found").and_then(Value::as_bool).ok_or("\"Found\" is no truth value")?;
    Ok(Alert {
        id: AlertId::parse(id).ok_or_else(|| format!("\"{}\" names no alert", id.escape_debug()))?,
        state: if found { alert_state(text("Status")?) } else { AlertState::Missing },
        product: text("ProductName")?.to_owned(),
        title: text("Title")?.to_owned(),
        kind: text("AlertType")?.to_owned(),
        place: alerts::place(text("VendorOriginalId")?, text("AlertLink")?),
        raised: time(row, "Raised")?,
        moved: moved(row)?,
        elsewhere: elsewhere(row, of)?,
        synced: None,
    })
}

/// Where an incident stands by its row in `SecurityIncident`.
fn state(row: &Row) -> Result<IncidentState, Wrong> {
    let text = |name| json::optional_text(row, name);
    Ok(match text("Status")? {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        "Closed" => {
            let [word, reason] = [text("Classification")?, text("ClassificationReason")?];
            IncidentState::Closed(incidents::closing(word, reason, text("ClassificationComment")?))
        }
        word => IncidentState::Other(word.to_owned()),
    })
}

/// Whose an incident is, by the JSON that the column holds. What holds none names nobody.
fn owner(column: &str) -> Owner {
    incidents::owner(&serde_json::from_str(column).unwrap_or_default())
}

/// An act on an incident, by the columns of its moment and its actor; `None` where there was none.
fn act(row: &Row, at: &str, by: &str) -> Result<Option<Act>, Wrong> {
    let by = json::optional_text(row, by)?;
    Ok(time(row, at)?.map(|at| Act { at, by: Some(by.to_owned()).filter(|by| by != "?") }))
}

/// How an alert came to stand where it stands: when, as far as the rows tell, and by nobody that they name.
fn moved(row: &Row) -> Result<Option<Moved>, Wrong> {
    Ok(time(row, "Moved")?.map(|at| Moved { at, by: Mover::NotDetermined(NO_LOG.to_owned()) }))
}

/// The other incidents that hold an alert. Where they stand is for fresh reads to say.
fn elsewhere(row: &Row, of: &IncidentId) -> Result<Vec<Elsewhere>, Wrong> {
    let holders = logs::dynamic_list(row, "Holders")?;
    let name = |holder: &Value| {
        let name = holder.as_str().unwrap_or_default();
        IncidentId::parse(name).ok_or_else(|| format!("\"{}\" names no incident", name.escape_debug()))
    };
    let holders = holders.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    let others = holders.into_iter().filter(|holder| holder != of);
    Ok(others.map(|incident| Elsewhere { incident, state: None, followed: false }).collect())
}

/// A moment as the query language writes it.
fn datetime(time: Time) -> String {
    format!("datetime({})", wire_time::write(time))
}

/// An alert's status in `SecurityAlert`. Source: the SecurityAlert entity's `AlertStatus`, which has `Unknown` as a word of its own.
pub(crate) fn alert_state(word: &str) -> AlertState {
    match word {
        "New" => AlertState::New,
        "InProgress" => AlertState::InProgress,
        "Dismissed" => AlertState::Dismissed,
        "Resolved" => AlertState::Resolved,
        _ => AlertState::Unknown(word.to_owned()),
    }
}

pub(crate) fn time(row: &Row, name: &str) -> Result<Option<Time>, Wrong> {
    match json::optional_text(row, name)? {
        "" => Ok(None),
        text => {
            wire_time::read(text).map(Some).ok_or_else(|| format!("\"{name}\" is no time: \"{}\"", text.escape_debug()))
        }
    }
}

fn name(cell: &Value) -> String {
    cell.get("IncidentName").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The first moment that the query language knows of.
const FIRST: &str = "datetime(1601-01-01)";
const NEVER: &str = "datetime(9999-12-31)";

const NO_LOG: &str = "the tables do not say";

const QUERY: &str = include_str!("queries/sightings.kql");

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lockstep_core::{AlertAct, AlertPlace, Apart, Classification, Condition, Knobs, Preset, Raise, Rule};
    use serde_json::json;

    use super::*;

    const ID: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";
    const MARK: &str = "[lockstep instance soc-1 run 73e01a99-5cd7-4139-a149-9f2736ff2ab5 entry 7 head 000102030405060708090a0b0c0d0e0f]";
    const OTHER: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab6";

    #[test]
    fn every_parameter_finds_its_place_in_the_query() {
        let inward = Mapping {
            in_progress: Raise::Leave,
            dismissed: Effect::Leave,
            resolved: Effect::Close(Classification::TruePositive),
            apart: Apart::AsDismissed,
            unfinished: Raise::Activate,
        };
        let knobs = Knobs { inward, idle_active: Some(Duration::from_secs(60)), ..Preset::Seed.knobs() };
        let rule = Rule::new("one", Condition::default(), &knobs, |knobs| knobs.inward.dismissed = Effect::Activate);
        let policy = Policy { rules: Arc::new([rule]), ..Policy::new("test", knobs) };
        let since = Some(Time::from_ticks(0));
        let only = Some(Which::Number(7));
        let marks_since = Some(Time::from_ticks(Time::TICKS_PER_SECOND));
        let lookback = Duration::from_secs(90);
        let kql = Question { lookback, policy, first_look: true, since, open: true, marks_since, only }.kql();
        let lets = [
            "lookback = 90s",
            "late = 7200s",
            "in_progress = \"leave\"",
            "dismissed = \"any\"",
            "resolved = \"close\"",
            "apart = \"any\"",
            "unfinished = \"activate\"",
            "reopen = \"ours\"",
            "outward = false",
            "first_look = true",
            "open = true",
            "idle = 60s",
            "only = \"7\"",
            "since = datetime(1970-01-01T00:00:00Z)",
            "marks_since = datetime(1970-01-01T00:00:01Z)",
        ];
        for parameter in lets {
            assert_eq!(kql.matches(&format!("let {parameter};")).count(), 1, "{parameter}");
        }
        let seed = Question::new(&Preset::Seed.policy()).kql();
        assert_eq!(seed, QUERY.replace("30d", "2592000s").replace("late = 2h", "late = 7200s"));
    }

    fn rows(incidents: &Value) -> Vec<Row> {
        let rows = json!([
            {"Why": "closed", "Count": 5, "Incidents": null, "Time": null},
            {"Why": "alert-unclear", "Count": "2", "Incidents": [], "Time": null},
            {"Why": "due", "Count": 1, "Incidents": incidents, "Time": null},
            {"Why": "tags", "Count": null, "Incidents": [{"IncidentName": ID, "Tag": "lockstep:undo", "At": "2024-05-31T00:00:00Z", "By": "anna@contoso.example"}], "Time": null},
            {"Why": "marks", "Count": null, "Incidents": [{"Mark": MARK, "Newest": "2024-05-31T00:00:00Z"}], "Time": null},
            {"Why": "incidents-ingested", "Count": null, "Incidents": null, "Time": "2024-06-01T00:00:00Z"},
            {"Why": "alerts-ingested", "Count": null, "Incidents": null, "Time": null},
            {"Why": "asked", "Count": null, "Incidents": null, "Time": "2024-06-01T00:00:01Z"},
        ]);
        rows.as_array().expect("a list").iter().map(|row| row.as_object().expect("an object").clone()).collect()
    }

    fn seen() -> Value {
        json!({
            "IncidentName": ID, "IncidentNumber": 7, "Title": "t", "Severity": "Low", "Status": "Active",
            "Labels": "[{\"labelName\":\"one\"}]", "CreatedTime": null, "Modified": "2024-05-01T00:00:00Z",
            "Owner": "{\"objectId\":null,\"userPrincipalName\":\"anna@contoso.example\"}", "Comments": "2",
            "Acted": "2024-05-01T00:00:00Z", "ActedBy": "anna@contoso.example",
            "Alerts": [
                {"SystemAlertId": ID, "Found": true, "Status": "Resolved", "ProductName": "Azure Security Center",
                 "Title": "a", "VendorOriginalId": "x_1",
                 "Told": "MICROSOFT.SECURITY/LOCATIONS/ALERTS/RESOLVE/ACTION", "ToldAt": "2024-05-01T00:00:00Z",
                 "Caller": "owner@contoso.example", "Claims": "{\"ipaddr\":\"203.0.113.7\"}",
                 "AlertType": "VM_EICAR", "Raised": "2024-04-30T00:00:00Z", "Moved": "2024-05-01T00:00:00Z",
                 "Holders": format!("[\"{ID}\",\"{OTHER}\"]"),
                 "AlertLink": format!("https://p/#blade/b/AlertBlade/alertId/x_1/subscriptionId/{ID}/location/eu")},
                {"SystemAlertId": ID, "Found": false, "Status": "", "ProductName": null},
                {"SystemAlertId": ID, "Found": true, "Status": "Unknown"},
            ],
        })
    }

    #[test]
    fn an_answer_is_read_row_by_row() {
        let sightings = Sightings::read(&rows(&json!([seen()]))).expect("it can be read");
        let counts: Vec<_> = sightings.untouched.into_iter().collect();
        assert_eq!(counts, [(Untouched::Closed, 5), (Untouched::AlertUnclear, 2)]);
        assert_eq!((sightings.incidents_ingested.is_some(), sightings.alerts_ingested), (true, None));
        let [tag] = &sightings.tags[..] else { panic!("one tag was sent") };
        assert_eq!((tag.incident.as_str(), &*tag.tag, &*tag.by), (ID, "lockstep:undo", "anna@contoso.example"));
        let [marked] = &sightings.marks[..] else { panic!("one mark was sent") };
        assert_eq!(
            (marked.highest.to_string().as_str(), marked.newest.to_string().as_str()),
            (MARK, "2024-05-31T00:00:00Z")
        );
        let [incident] = &sightings.due[..] else { panic!("one incident was sent") };
        assert_eq!(
            (incident.number, &incident.state, &incident.labels[..]),
            (7, &IncidentState::Active, &["one".into()][..])
        );
        let states: Vec<_> = incident.alerts.iter().map(|alert| alert.state.clone()).collect();
        assert_eq!(states, [AlertState::Resolved, AlertState::Missing, AlertState::Unknown("Unknown".to_owned())]);
        assert_eq!(incident.alerts[0].place.as_ref().map(AlertPlace::name), Some("x_1"));
        assert_eq!(incident.alerts[1].place, None);
    }

    #[test]
    fn an_answer_tells_of_the_last_act_on_an_alert_where_the_workspace_has_the_log() {
        let check = |pointer: &str, value: Value, expected: Result<Option<&str>, &str>| {
            let mut row = seen();
            row["Alerts"][0][pointer] = value;
            let sightings = Sightings::read(&rows(&json!([row]))).expect("it can be read");
            let told = sightings.told.values().next().map(|event| (event.caller.as_str(), event.act));
            match expected {
                Ok(by) => assert_eq!(told, by.map(|by| (by, AlertAct::Resolve)), "{pointer}"),
                Err(found) => assert_eq!(sightings.unreadable[0].found, found),
            }
        };
        check("Address", json!(""), Ok(Some("owner@contoso.example")));
        check("Told", json!(""), Ok(None));
        check("Told", Value::Null, Ok(None));
        check("Told", json!("MICROSOFT.SECURITY/LOCATIONS/ALERTS/READ"), Ok(None));
        check("Caller", json!(""), Ok(None));
        check("Claims", json!("{"), Ok(Some("owner@contoso.example")));
        check("ToldAt", json!("then"), Err("\"ToldAt\" is no time: \"then\""));
    }

    #[test]
    fn an_answer_says_who_acted_and_when_an_alert_moved() {
        let sightings = Sightings::read(&rows(&json!([seen()]))).expect("it can be read");
        let incident = &sightings.due[0];
        let anna = "anna@contoso.example".to_owned();
        assert_eq!(incident.owner, Some(Owner::Somebody(vec![anna.clone()])));
        let at = wire_time::read("2024-05-01T00:00:00Z").expect("a time");
        assert_eq!((incident.comments, &incident.acted), (Some(2), &Some(Act { at, by: Some(anna) })));
        let alert = &incident.alerts[0];
        assert_eq!((alert.kind.as_str(), alert.moved.as_ref().map(|moved| moved.at)), ("VM_EICAR", Some(at)));
        assert_eq!(alert.raised, wire_time::read("2024-04-30T00:00:00Z"));
        let others: Vec<_> = alert.elsewhere.iter().map(|other| other.incident.as_str()).collect();
        assert_eq!(others, [OTHER], "itself is not elsewhere");
        assert_eq!((&incident.alerts[1].moved, incident.alerts[1].elsewhere.len()), (&None, 0));
    }

    #[test]
    fn a_closed_incident_says_what_it_turned_out_to_be() {
        let mut closed = seen();
        closed["Status"] = json!("Closed");
        let check = |word: &str, reason: &str, expected: Option<Classification>| {
            let mut closed = closed.clone();
            (closed["Classification"], closed["ClassificationReason"]) = (json!(word), json!(reason));
            let sightings = Sightings::read(&rows(&json!([closed]))).expect("it can be read");
            let IncidentState::Closed(closing) = &sightings.due[0].state else { panic!("{sightings:?}") };
            assert_eq!(closing.as_ref().map(|closing| closing.classification), expected, "{word} {reason}");
        };
        check("BenignPositive", "SuspiciousButExpected", Some(Classification::BenignPositive));
        check("Undetermined", "", Some(Classification::Undetermined));
        check("", "", None);
    }

    #[test]
    fn an_incident_that_cannot_be_read_is_told_apart_from_one_that_is_not_there() {
        let check = |pointer: &str, value: Value, expected: &str| {
            let mut bad = seen();
            *bad.pointer_mut(pointer).expect("it is there") = value;
            let sightings = Sightings::read(&rows(&json!([bad, seen()]))).expect("it can be read");
            assert_eq!((sightings.due.len(), sightings.unreadable.len()), (1, 1));
            let found = &sightings.unreadable[0].found;
            assert!(found.contains(expected), "{found}");
        };
        check("/IncidentName", json!("../x"), "\"../x\" names no incident");
        check("/Alerts/0/SystemAlertId", json!("x or 1"), "\"x or 1\" names no alert");
        check("/Modified", json!(null), "\"Modified\" is empty");
        check("/Alerts/0/Found", json!(null), "\"Found\" is no truth value");
    }

    #[test]
    fn i14_an_answer_that_is_cut_short_is_no_answer() {
        let whole = rows(&json!([]));
        for at in 3..whole.len() {
            let mut cut = whole.clone();
            cut.remove(at);
            assert!(matches!(Sightings::read(&cut), Err(Fault::Malformed { .. })), "without row {at}");
        }
        assert!(Sightings::read(&[]).is_err());
        let mut strange = whole;
        strange[0]["Why"] = json!("later");
        assert!(Sightings::read(&strange).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_it_panic(why in "due|closed|asked|alerts-ingested", cell in r#"[\[\]{}":,a-z0-9]{0,30}"#, name in "[A-Z][a-z]{3,8}") {
            let cell: Value = serde_json::from_str(&cell).unwrap_or(Value::String(cell));
            let mut bad = seen();
            bad[name] = cell.clone();
            let row = json!({"Why": why, "Count": cell, "Incidents": [bad, cell], "Time": cell});
            let mut rows = rows(&json!([]));
            rows.insert(0, row.as_object().expect("an object").clone());
            let _ = Sightings::read(&rows);
        }
    }
}
