//! What the tables tell of what we wrote ourselves: to compare with a ledger, and to make one anew that was lost.

use std::time::Duration;

use lockstep_core::{AlertId, AlertState, IncidentId, IncidentState, Instance, Mark, ROWS_LATE, Time};
use serde_json::Value;

use crate::error::Fault;
use crate::incidents;
use crate::json::{self, Wrong};
use crate::logs::{self, Row};
use crate::sightings::{alert_state, time};

/// What the table of incidents tells of the writes of installations of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRows {
    /// The rows, oldest first: each that bears a mark, and each by somebody who wrote one that does.
    pub rows: Vec<WrittenRow>,
    /// When the oldest row of the table came about that was looked at; `None` where there is none.
    pub oldest: Option<Time>,
    /// When the service answered, by its own clock.
    pub asked: Time,
}

/// One version of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRow {
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// When it was written, by the service's clock.
    pub at: Time,
    /// Who wrote it, as the table names them.
    pub by: String,
    /// Where it stood then.
    pub state: IncidentState,
    /// The mark that its closing text ends with.
    pub mark: Option<Mark>,
}

/// What a lost ledger knew, as far as the tables tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Where incidents and their alerts last stood under our eyes. What stood as it was born is not among them.
    pub stood: Vec<Stood>,
    /// When the installation last wrote to the workspace; `None` where it never did.
    pub last: Option<Time>,
    /// When it closed incidents in the last day.
    pub lowered: Vec<Time>,
    /// When the service answered, by its own clock.
    pub asked: Time,
}

/// Where one incident and its alerts stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// Which incident.
    pub incident: IncidentId,
    /// The number that people call it by.
    pub number: u64,
    /// Where it stood.
    pub state: IncidentState,
    /// Its alerts that were not New.
    pub alerts: Vec<(AlertId, AlertState)>,
    /// The state in which the installation last wrote it; `None` where it never did.
    pub written: Option<IncidentState>,
}

/// The query of [`WrittenRows`].
pub(crate) fn rows_kql() -> String {
    with(ROWS, &[("lookback = 365d", format!("lookback = {}s", LOOKBACK.as_secs()))])
}

/// The query of [`Lost`], of this installation.
pub(crate) fn lost_kql(instance: &Instance) -> String {
    let parameters = [
        ("lookback = 365d", format!("lookback = {}s", LOOKBACK.as_secs())),
        ("late = 2h", format!("late = {}s", ROWS_LATE.as_secs())),
        // Its characters are none that end a text.
        ("instance = \"lockstep\"", format!("instance = \"{instance}\"")),
    ];
    with(LOST, &parameters)
}

fn with(query: &str, parameters: &[(&str, String)]) -> String {
    parameters.iter().fold(query.to_owned(), |query, (default, value)| {
        query.replacen(&format!("let {default};"), &format!("let {value};"), 1)
    })
}

impl WrittenRows {
    /// Reads the rows that [`rows_kql`] gives.
    pub(crate) fn read(rows: &[Row]) -> Result<Self, Fault> {
        Self::gather(rows).map_err(|found| Fault::Malformed { found })
    }

    fn gather(answer: &[Row]) -> Result<Self, Wrong> {
        let (mut rows, mut oldest, mut asked) = (Vec::new(), None, None);
        for row in answer {
            match json::text(row, "Why")? {
                "asked" => asked = time(row, "Time")?,
                "oldest" => oldest = Some(time(row, "Time")?),
                "row" => rows.push(written(row)?),
                why => return Err(unasked(why)),
            }
        }
        rows.sort_by(|one, two| (one.at, &one.incident).cmp(&(two.at, &two.incident)));
        Ok(Self {
            rows,
            oldest: oldest.ok_or_else(|| missing("oldest"))?,
            asked: asked.ok_or_else(|| missing("asked"))?,
        })
    }
}

impl Lost {
    /// Reads the rows that [`lost_kql`] gives.
    pub(crate) fn read(rows: &[Row]) -> Result<Self, Fault> {
        Self::gather(rows).map_err(|found| Fault::Malformed { found })
    }

    fn gather(answer: &[Row]) -> Result<Self, Wrong> {
        let (mut stood, mut lowered, mut last, mut asked) = (Vec::new(), Vec::new(), None, None);
        for row in answer {
            match json::text(row, "Why")? {
                "asked" => asked = time(row, "Time")?,
                "last" => last = Some(time(row, "Time")?),
                "lowered" => lowered.extend(time(row, "Time")?),
                "stood" => stood.push(stood_then(row)?),
                why => return Err(unasked(why)),
            }
        }
        let last = last.ok_or_else(|| missing("last"))?;
        lowered.sort_unstable();
        Ok(Self { stood, last, lowered, asked: asked.ok_or_else(|| missing("asked"))? })
    }
}

fn written(row: &Row) -> Result<WrittenRow, Wrong> {
    let shown = json::optional_text(row, "Mark")?;
    let mark = if shown.is_empty() {
        None
    } else {
        Some(Mark::at_end_of(shown).ok_or_else(|| format!("\"{}\" is no mark", shown.escape_debug()))?)
    };
    Ok(WrittenRow {
        incident: incident(row)?,
        number: logs::long(row, "IncidentNumber")?,
        at: time(row, "Modified")?.ok_or("\"Modified\" is empty")?,
        by: json::optional_text(row, "ModifiedBy")?.to_owned(),
        state: state(row, ["Status", "Classification", "ClassificationReason", "ClassificationComment"])?,
        mark,
    })
}

fn stood_then(row: &Row) -> Result<Stood, Wrong> {
    let written = ["WrittenStatus", "WrittenClassification", "WrittenReason", "WrittenComment"];
    let is_written = !json::optional_text(row, "WrittenStatus")?.is_empty();
    let alerts = logs::dynamic_list(row, "Alerts").or_else(|wrong| match row.get("Alerts") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(_) => Err(wrong),
    })?;
    Ok(Stood {
        incident: incident(row)?,
        number: logs::long(row, "IncidentNumber")?,
        state: state(row, ["Status", "Classification", "ClassificationReason", "ClassificationComment"])?,
        alerts: alerts.iter().map(alert).collect::<Result<_, _>>()?,
        written: if is_written { Some(state(row, written)?) } else { None },
    })
}

fn alert(cell: &Value) -> Result<(AlertId, AlertState), Wrong> {
    let row = cell.as_object().ok_or_else(|| format!("an alert is {}", json::kind(cell)))?;
    let id = json::text(row, "SystemAlertId")?;
    let id = AlertId::parse(id).ok_or_else(|| format!("\"{}\" names no alert", id.escape_debug()))?;
    Ok((id, alert_state(json::optional_text(row, "Status")?)))
}

fn incident(row: &Row) -> Result<IncidentId, Wrong> {
    let id = json::text(row, "IncidentName")?;
    IncidentId::parse(id).ok_or_else(|| format!("\"{}\" names no incident", id.escape_debug()))
}

/// Where an incident stood, by the columns that hold status, classification, reason and comment.
fn state(row: &Row, columns: [&str; 4]) -> Result<IncidentState, Wrong> {
    let [status, word, reason, comment] = columns.map(|column| json::optional_text(row, column));
    Ok(match status? {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        "Closed" => IncidentState::Closed(incidents::closing(word?, reason?, comment?)),
        word => IncidentState::Other(word.to_owned()),
    })
}

fn unasked(why: &str) -> Wrong {
    format!("a row says \"{}\", which was not asked", why.escape_debug())
}

fn missing(what: &str) -> Wrong {
    format!("the row \"{what}\" is missing")
}

/// How far back is looked: a year, as a whole look of a pass does.
const LOOKBACK: Duration = crate::sightings::Question::FULL_LOOKBACK;

const ROWS: &str = include_str!("queries/written.kql");
const LOST: &str = include_str!("queries/lost.kql");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";
    const HEAD: &str = "000102030405060708090a0b0c0d0e0f";

    fn rows(rows: &Value) -> Vec<Row> {
        rows.as_array().expect("a list").iter().map(|row| row.as_object().expect("an object").clone()).collect()
    }

    #[test]
    fn every_parameter_finds_its_place_in_the_query() {
        let kql = lost_kql(&Instance::parse("soc-1").expect("it is a name"));
        for parameter in ["lookback = 31536000s", "late = 7200s", "instance = \"soc-1\""] {
            assert_eq!(kql.matches(&format!("let {parameter};")).count(), 1, "{parameter}");
        }
        assert!(rows_kql().contains("let lookback = 31536000s;"));
    }

    #[test]
    fn rows_are_read_oldest_first_each_with_its_mark() {
        let mark = format!("[lockstep instance soc-1 run {ID} entry 7 head {HEAD}]");
        let row = |at: &str, status: &str, mark: &str| {
            json!({"Why": "row", "IncidentName": ID, "IncidentNumber": 7, "Status": status,
                "Classification": "Undetermined", "ClassificationReason": "", "ClassificationComment": format!("x {mark}"),
                "ModifiedBy": "app", "Modified": at, "Mark": mark})
        };
        let ends = |why: &str| json!({"Why": why, "Time": "2024-06-01T00:00:00Z"});
        let all = json!([
            row("2024-05-02T00:00:00Z", "Closed", &mark),
            row("2024-05-01T00:00:00Z", "Active", ""),
            ends("oldest"),
            ends("asked")
        ]);
        let read = WrittenRows::read(&rows(&all)).expect("it can be read");
        let shown: Vec<_> = read.rows.iter().map(|row| (row.state.to_string(), row.mark.is_some())).collect();
        assert_eq!(shown, [("Active".to_owned(), false), ("Closed (Undetermined)".to_owned(), true)]);
        for at in 2..4 {
            let mut cut = rows(&all);
            cut.remove(at);
            assert!(WrittenRows::read(&cut).is_err(), "without row {at}");
        }
        assert!(WrittenRows::read(&rows(&json!([row("2024-05-02T00:00:00Z", "Closed", "[lockstep x]")]))).is_err());
    }
}
