//! Worlds from files.

use std::fs;

use lockstep_twin::{Options, Twin};
use serde_json::json;

use crate::cloud::Cloud;

#[tokio::test]
async fn the_newest_rows_become_alerts_and_incidents() {
    let cloud = Cloud::new().await;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("si.jsonl"), concat!(
        r#"{"TimeGenerated":"2024-05-30T10:00:00Z","IncidentName":"i-1","IncidentNumber":1,"Status":"New","AlertIds":["a-1"]}"#, "\n\n",
        r#"{"TimeGenerated":"2024-05-30T12:00:00Z","IncidentName":"i-1","IncidentNumber":1,"Status":"Active","Title":"newest","AlertIds":["a-1"]}"#, "\n",
        r#"{"TimeGenerated":"2024-05-30T11:00:00Z","IncidentName":"i-1","IncidentNumber":1,"Status":"New","Title":"late","AlertIds":["a-1"]}"#, "\n",
        r#"{"TimeGenerated":"2024-05-30T11:00:00Z","IncidentName":"i-2","Status":"Closed","AlertIds":"[\"a-2\"]","Owner":"{\"assignedTo\":\"ada\"}"}"#,
    )).unwrap();
    fs::write(
        dir.path().join("SecurityAlert.jsonl"),
        concat!(
            r#"{"TimeGenerated":"2024-05-30T10:00:00Z","SystemAlertId":"a-1","Status":"New"}"#,
            "\n",
            r#"{"TimeGenerated":"2024-05-30T12:00:00Z","SystemAlertId":"a-1","Status":"Dismissed"}"#,
            "\n",
            r#"{"TimeGenerated":"2024-05-30T12:00:00Z","SystemAlertId":"a-2","ProductName":"Azure Sentinel"}"#,
            "\n",
        ),
    )
    .unwrap();
    let loaded = cloud.twin.load(dir.path()).unwrap();
    assert_eq!((loaded.incident_rows, loaded.alert_rows, loaded.incidents, loaded.alerts), (4, 3, 2, 2));
    let incident = cloud.check("GET {sentinel}/incidents/i-1", "", "200").await;
    assert_eq!(incident["properties"]["title"], "newest");
    assert_eq!(incident["properties"]["createdTimeUtc"], "2024-05-30T10:00:00.0000000Z");
    let second = cloud.check("GET {sentinel}/incidents/i-2", "", "200").await;
    assert_eq!(second["properties"]["owner"], json!({"assignedTo": "ada"}));
    assert_eq!(second["properties"]["classification"], "Undetermined");
    let alerts = cloud.check("POST {sentinel}/incidents/i-1/alerts", "", "200").await;
    assert_eq!(alerts["value"][0]["properties"]["status"], "Dismissed");
    let all = cloud.check("GET {sub}/providers/Microsoft.Security/alerts", "", "200").await;
    assert_eq!(all["value"].as_array().unwrap().len(), 1, "alerts of other products are not Defender for Cloud's");
    assert_eq!(all["value"][0]["name"], alerts["value"][0]["properties"]["providerAlertId"]);
    assert_eq!(cloud.twin.stats().to_do, 1);
}

#[test]
fn what_cannot_be_loaded_is_named() {
    check(
        "si.jsonl",
        "{}",
        "si.jsonl, line 1: the row has neither IncidentNumber nor IncidentName: one of them must say whose row it is",
    );
    check("si.jsonl", "\n[]", "si.jsonl, line 2: not a JSON object");
    check("si.jsonl", r#"{"IncidentNumber":-1}"#, "column IncidentNumber holds -1, and may hold 0 to 2147483647");
    check(
        "si.jsonl",
        r#"{"IncidentNumber":1,"Status":"Open"}"#,
        "column Status holds \"Open\", and may hold New, Active, Closed",
    );
    check(
        "sa.jsonl",
        r#"{"SystemAlertId":"a","Status":5}"#,
        "column Status holds 5, and may hold New, InProgress, Resolved, Dismissed, Unknown",
    );
    check(
        "sa.jsonl",
        r#"{"SystemAlertId":"a","TimeGenerated":"soon"}"#,
        "column TimeGenerated holds 'soon', which is no time",
    );
    check("sa.jsonl", r#"{"SystemAlertId":"a","StartTime":"soon"}"#, "column StartTime");
    check("other.jsonl", "", "holds none of SecurityIncident.jsonl, si.jsonl, SecurityAlert.jsonl, sa.jsonl");
}

fn check(name: &str, text: &str, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), text).unwrap();
    let error = Twin::new(Options::default()).load(dir.path()).unwrap_err().to_string();
    assert!(error.contains(expected), "{text}: {error}");
}
