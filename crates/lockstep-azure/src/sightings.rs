//! What a pass has to look at: one query, and its answer.
//!
//! The answer stays small however many incidents there are: a row for each one that may be due, counts for the others. It
//! comes from tables that may be late, so it proposes and settles nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_core::{Alert, AlertId, AlertState, Effect, Incident, IncidentId, IncidentState, Mapping, Policy, Time};
use serde_json::Value;

use crate::alerts;
use crate::error::Fault;
use crate::incidents;
use crate::json::{self, Wrong};
use crate::logs::{self, Row};
use crate::wire_time;

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Incidents that have not changed for longer are not looked at.
    pub lookback: Duration,
    /// What becomes of the incidents of each state, so that what is in step needs no row.
    pub policy: Policy,
}

impl Question {
    /// How far back the first edition looks.
    pub const LOOKBACK: Duration = Duration::from_secs(30 * 86_400);

    /// What `policy` has to look at, over [`Question::LOOKBACK`].
    pub fn new(policy: &Policy) -> Self {
        Self { lookback: Self::LOOKBACK, policy: policy.clone() }
    }

    /// The query that asks it.
    pub(crate) fn kql(&self) -> String {
        let parameters = [
            ("lookback = 30d", format!("lookback = {}s", self.lookback.as_secs())),
            ("in_progress = \"activate\"", self.effect("in_progress", |mapping| mapping.in_progress.into())),
            ("dismissed = \"close\"", self.effect("dismissed", |mapping| mapping.dismissed)),
            ("resolved = \"close\"", self.effect("resolved", |mapping| mapping.resolved)),
            ("apart = \"close\"", self.effect("apart", Mapping::finished_apart)),
            ("unfinished = \"leave\"", self.effect("unfinished", |mapping| mapping.unfinished.into())),
        ];
        parameters.iter().fold(QUERY.to_owned(), |query, (default, value)| {
            query.replacen(&format!("let {default};"), &format!("let {value};"), 1)
        })
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
    /// How many incidents need nothing, by why.
    pub untouched: BTreeMap<Untouched, u64>,
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

/// Why an incident needs nothing, as the tables show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Untouched {
    /// It holds no alert of Defender for Cloud.
    OtherProduct,
    /// It is closed already.
    Closed,
    /// It names no alerts.
    NoAlerts,
    /// No alert has been touched.
    AlertsNew,
    /// At least one alert is still new while others have moved.
    AlertStillNew,
    /// Some alerts are finished, some are in progress.
    AlertsDisagree,
    /// The policy leaves incidents of such alerts as they are.
    NotMapped,
    /// Incident and alerts say the same.
    InStep,
    /// An alert has no row, or is in a state that is not known.
    AlertUnclear,
    /// The incident is in a state that is not known.
    IncidentUnclear,
}

impl Untouched {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::OtherProduct,
        Self::Closed,
        Self::NoAlerts,
        Self::AlertsNew,
        Self::AlertStillNew,
        Self::AlertsDisagree,
        Self::NotMapped,
        Self::InStep,
        Self::AlertUnclear,
        Self::IncidentUnclear,
    ];

    /// The word for it, the same as that of the decision's own reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::OtherProduct => "other-product",
            Self::Closed => "closed",
            Self::NoAlerts => "no-alerts",
            Self::AlertsNew => "alerts-new",
            Self::AlertStillNew => "alert-still-new",
            Self::AlertsDisagree => "alerts-disagree",
            Self::NotMapped => "not-mapped",
            Self::InStep => "in-step",
            Self::AlertUnclear => "alert-unclear",
            Self::IncidentUnclear => "incident-unclear",
        }
    }
}

impl Sightings {
    /// Reads the rows that [`Question::kql`] gives.
    pub(crate) fn read(rows: &[Row]) -> Result<Self, Fault> {
        Self::gather(rows).map_err(|found| Fault::Malformed { found })
    }

    fn gather(rows: &[Row]) -> Result<Self, Wrong> {
        let (mut due, mut unclear, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        let mut untouched = BTreeMap::new();
        let (mut asked, mut incidents_ingested, mut alerts_ingested) = (None, None, None);
        for row in rows {
            match json::text(row, "Why")? {
                "asked" => asked = time(row, "Time")?,
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
                            match incident(cell) {
                                Ok(incident) => due.push(incident),
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
            untouched,
            asked: asked.ok_or_else(|| missing("asked"))?,
            incidents_ingested: incidents_ingested.ok_or_else(|| missing("incidents-ingested"))?,
            alerts_ingested: alerts_ingested.ok_or_else(|| missing("alerts-ingested"))?,
        })
    }
}

fn incident(cell: &Value) -> Result<Incident, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an incident is {}", json::kind(cell)))?;
    let id = json::text(row, "IncidentName")?;
    let modified = time(row, "Modified")?.ok_or("\"Modified\" is empty")?;
    Ok(Incident {
        id: IncidentId::parse(id).ok_or_else(|| format!("\"{}\" names no incident", id.escape_debug()))?,
        number: logs::long(row, "IncidentNumber")?,
        title: json::optional_text(row, "Title")?.to_owned(),
        severity: incidents::severity(json::optional_text(row, "Severity")?),
        state: state(json::optional_text(row, "Status")?),
        labels: incidents::labels(&logs::dynamic_list(row, "Labels")?)?,
        created: time(row, "CreatedTime")?.unwrap_or(modified),
        alerts: logs::dynamic_list(row, "Alerts")?.iter().map(alert).collect::<Result<_, _>>()?,
    })
}

fn alert(cell: &Value) -> Result<Alert, Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an alert is {}", json::kind(cell)))?;
    let text = |name| json::optional_text(row, name);
    let id = json::text(row, "SystemAlertId")?;
    let found = row.get("Found").and_then(Value::as_bool).ok_or("\"Found\" is no truth value")?;
    Ok(Alert {
        id: AlertId::parse(id).ok_or_else(|| format!("\"{}\" names no alert", id.escape_debug()))?,
        state: if found { alert_state(text("Status")?) } else { AlertState::Missing },
        product: text("ProductName")?.to_owned(),
        title: text("Title")?.to_owned(),
        place: alerts::place(text("VendorOriginalId")?, text("AlertLink")?),
    })
}

/// An incident's status in `SecurityIncident`. The query gives no closed ones.
fn state(word: &str) -> IncidentState {
    match word {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        _ => IncidentState::Other(word.to_owned()),
    }
}

/// An alert's status in `SecurityAlert`. Source: the SecurityAlert entity's `AlertStatus`, which has `Unknown` as a word of its own.
fn alert_state(word: &str) -> AlertState {
    match word {
        "New" => AlertState::New,
        "InProgress" => AlertState::InProgress,
        "Dismissed" => AlertState::Dismissed,
        "Resolved" => AlertState::Resolved,
        _ => AlertState::Unknown(word.to_owned()),
    }
}

fn time(row: &Row, name: &str) -> Result<Option<Time>, Wrong> {
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

const QUERY: &str = include_str!("queries/sightings.kql");

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lockstep_core::{AlertPlace, Apart, Classification, Condition, Knobs, Preset, Raise, Rule};
    use serde_json::json;

    use super::*;

    const ID: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";

    #[test]
    fn every_parameter_finds_its_place_in_the_query() {
        let inward = Mapping {
            in_progress: Raise::Leave,
            dismissed: Effect::Leave,
            resolved: Effect::Close(Classification::TruePositive),
            apart: Apart::AsDismissed,
            unfinished: Raise::Activate,
        };
        let knobs = Knobs { inward, ..Preset::Seed.knobs() };
        let rule = Rule::new("one", Condition::default(), &knobs, |knobs| knobs.inward.dismissed = Effect::Activate);
        let policy = Policy { rules: Arc::new([rule]), ..Policy::new("test", knobs) };
        let kql = Question { lookback: Duration::from_secs(90), policy }.kql();
        let lets = [
            "lookback = 90s",
            "in_progress = \"leave\"",
            "dismissed = \"any\"",
            "resolved = \"close\"",
            "apart = \"any\"",
            "unfinished = \"activate\"",
        ];
        for parameter in lets {
            assert_eq!(kql.matches(&format!("let {parameter};")).count(), 1, "{parameter}");
        }
        let seed = Question { policy: Preset::Seed.policy(), lookback: Question::LOOKBACK }.kql();
        assert_eq!(seed, QUERY.replace("30d", "2592000s"));
    }

    fn rows(incidents: &Value) -> Vec<Row> {
        let rows = json!([
            {"Why": "closed", "Count": 5, "Incidents": null, "Time": null},
            {"Why": "alert-unclear", "Count": "2", "Incidents": [], "Time": null},
            {"Why": "due", "Count": 1, "Incidents": incidents, "Time": null},
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
            "Alerts": [
                {"SystemAlertId": ID, "Found": true, "Status": "Resolved", "ProductName": "Azure Security Center",
                 "Title": "a", "VendorOriginalId": "x_1",
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
