//! The query of a pass, run over files as it stands in its source: what a person who pastes it into the portal sees.
//!
//! Here are the states that no stand-in serves, because no service is known to: words that nobody knows.

use crate::run::Place;

const QUERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../lockstep-azure/src/queries/sightings.kql");
const INCIDENT: &str = "00000000-0000-0000-0000-000000000001";
const ALERT: &str = "00000000-0000-0000-0000-000000000100";

/// One incident in a state with one alert in a state, and why the query says that it needs a look or none.
fn check(incident: &str, alert: &str, expected: &str) {
    let product = "Azure Security Center";
    let incident = format!(
        r#"{{"TimeGenerated":"2024-05-31T00:00:00Z","IncidentName":"{INCIDENT}","IncidentNumber":1,"Status":"{incident}","AlertIds":["{ALERT}"],"AdditionalData":{{"alertProductNames":["{product}"]}}}}"#
    );
    let alert = format!(
        r#"{{"TimeGenerated":"2024-05-31T00:00:00Z","SystemAlertId":"{ALERT}","Status":"{alert}","ProductName":"{product}"}}"#
    );
    let place = Place::new().with("data/si.jsonl", &incident).with("data/sa.jsonl", &alert);
    let said =
        place.shown(&["kql", "run", QUERY, "--data", "data", "--now", "2024-06-01T00:00:00Z", "--format", "csv"]);
    let whys: Vec<&str> = said.lines().filter(|line| line.contains(INCIDENT)).collect();
    assert_eq!(whys.len(), 1, "one row shows the incident: {said}");
    assert!(whys[0].split(',').any(|cell| cell == expected), "{expected} is not in {}", whys[0]);
}

#[test]
fn i03_words_that_nobody_knows_are_shown_as_unclear() {
    check("New", "Resolved", "due");
    check("New", "Odd", "alert-unclear");
    check("New", "Unknown", "alert-unclear");
    check("Merged", "Resolved", "incident-unclear");
}
