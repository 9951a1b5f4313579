//! `explain`, `drift` and `policy test`: what is said about one incident, about all that disagrees, and about cases.

use lockstep_twin::world::{Actor, AlertStatus, NewAlert};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::run::Place;

fn json(place: &Place, arguments: &[&str]) -> Value {
    let output = place.run(&[arguments, &["--format", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

/// Raises an alert, has its owner set it, and answers the name of its incident.
fn moved(cloud: &Cloud, title: &str, status: AlertStatus) -> String {
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert { display_name: title.into(), ..NewAlert::default() });
        world.set_alert_status(&alert.alert_name, status).expect("the alert is there");
        alert.incident_name.expect("the creation rule is on")
    })
}

#[test]
fn an_incident_is_explained_before_and_after_a_pass() {
    let cloud = Cloud::new();
    let incident = moved(&cloud, "Suspicious \u{1b}[2J process", AlertStatus::Dismissed);
    let place = cloud.place("seed");
    let before = json(&place, &["explain", &incident]);
    assert_eq!(before["judged"]["verdict"], "it becomes Closed (BenignPositive - SuspiciousButExpected)");
    assert_eq!((&before["judged"]["rule"], &before["judged"]["base"]), (&Value::Null, &Value::Null));
    let statuses: Vec<_> = before["timeline"].as_array().expect("a list").iter().map(|row| &row["status"]).collect();
    assert_eq!(statuses.len(), 3, "the incident, and its alert twice: {statuses:?}");

    assert!(place.run(&["apply"]).status.success());
    let number = before["judged"]["number"].to_string();
    let after = json(&place, &["explain", &number]);
    assert_eq!(after["judged"]["incident"], incident.as_str());
    assert_eq!(after["judged"]["reason"], "closed");
    assert_eq!(after["judged"]["base"]["pairs"][0]["state"], "Dismissed");
    let events: Vec<_> = after["entries"].as_array().expect("a list").iter().map(|entry| &entry["event"]).collect();
    assert!(events.contains(&&"intended".into()) && events.contains(&&"done".into()), "{events:?}");
    let reopens = after["judged"]["remedies"].as_array().expect("a list");
    assert!(reopens.iter().any(|remedy| remedy["then"] == "it becomes New again"), "{reopens:?}");

    let said = place.shown(&["explain", &incident]);
    for words in
        ["verdict   left alone: it is closed already", "rule      none", "What would change that:", "intended, entry"]
    {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn the_rule_that_fired_and_what_would_change_it_are_named() {
    let cloud = Cloud::new();
    let incident = moved(&cloud, "x", AlertStatus::Resolved);
    let policy = "name = \"my\"\npreset = \"seed\"\n[[rules]]\nname = \"the group\"\n\
                  when.every_alert.resource_group = [\"*\"]\nunattended = false\n";
    let place = cloud.place("my.toml").with("my.toml", policy);
    let said = json(&place, &["explain", &incident]);
    assert_eq!(said["judged"]["rule"], "the group");
    assert_eq!(said["judged"]["reason"], "needs-approval");
    let remedy = &said["judged"]["remedies"][0];
    assert_eq!(remedy["if"], "a person approves");
    assert_eq!(remedy["then"], "it becomes Closed (TruePositive - SuspiciousActivity)");
}

#[test]
fn an_incident_that_nobody_knows_is_said_to_be_unknown() {
    let place = Cloud::new().place("seed");
    assert!(
        place.shown(&["explain", "x or true"]).contains("\"x or true\" is no incident: a number or a GUID is wanted")
    );
    let cloud = Cloud::new();
    let said = cloud.place("seed").shown(&["explain", "4711"]);
    assert!(
        said.starts_with("exit code 2") && said.contains("the workspace's tables know of no incident 4711"),
        "{said}"
    );
}

#[test]
fn everything_that_disagrees_is_listed_with_since_when_and_why() {
    let cloud = Cloud::new();
    let dismissed = moved(&cloud, "one", AlertStatus::Dismissed);
    let in_progress = moved(&cloud, "two", AlertStatus::InProgress);
    moved(&cloud, "three", AlertStatus::Active);
    let active = moved(&cloud, "four", AlertStatus::Active);
    let analyst = Actor::person("analyst@contoso.example");
    cloud.twin.with(|world| world.activate_incident(&active, &analyst)).expect("it is there");
    let place = cloud.place("observe");
    let drift = json(&place, &["drift"]);
    let pairs = drift["pairs"].as_array().expect("a list");
    let row = |incident: &str| pairs.iter().find(|pair| pair["incident"] == incident).expect("it disagrees");
    assert_eq!(pairs.len(), 3, "{pairs:?}");
    assert_eq!(
        (&row(&dismissed)["alert_state"], &row(&dismissed)["reason"]),
        (&"Dismissed".into(), &"observing".into())
    );
    assert_eq!((&row(&in_progress)["state"], &row(&active)["state"]), (&"New".into(), &"Active".into()));
    assert!(pairs.iter().all(|pair| pair["since"].as_str().is_some_and(|since| since.ends_with('Z'))), "{pairs:?}");

    let seed = cloud.place("seed");
    assert!(seed.shown(&["drift"]).contains("it becomes Closed (BenignPositive - SuspiciousButExpected)"));
    assert!(seed.run(&["apply"]).status.success());
    let left = json(&seed, &["drift"]);
    let left: Vec<_> = left["pairs"].as_array().expect("a list").iter().map(|pair| &pair["incident"]).collect();
    assert_eq!(left, [active.as_str()]);
}

const CASES: &str = r#"
[[cases]]
name = "a dismissed alert closes its incident"
incident = { status = "New" }
alerts = ["Dismissed"]
expect = "Closed (BenignPositive - SuspiciousButExpected)"

[[cases]]
name = "an open task keeps it open"
incident = { status = "New", open_tasks = 1 }
alerts = ["Resolved", "Resolved"]
expect = "leave: open-tasks"

[[cases]]
name = "what an analyst reopened stays open"
incident = { status = "Active" }
alerts = ["Dismissed"]
agreed = { incident = "Closed (BenignPositive - SuspiciousButExpected)", alerts = ["Dismissed"], ours = true }
expect = "leave"

[[cases]]
name = "an alert that is not there keeps it open"
incident = { status = "New", severity = "High", owner = "ana@contoso.example", tags = ["x"], age = "3d" }
alerts = ["Resolved", { status = "Missing" }]
expect = "leave: alert-unclear"
"#;

#[test]
fn a_policy_is_tried_on_cases() {
    let place = Place::new().with("cases.toml", CASES);
    insta::assert_snapshot!(place.shown(&["policy", "test", "cases.toml", "--policy", "seed"]), @r#"
    exit code 0
    --- stdout
    4 of 4 cases are as expected.
    "#);
    insta::assert_snapshot!(place.shown(&["policy", "test", "cases.toml", "--policy", "vendor"]), @r#"
    exit code 2
    --- stdout
    a dismissed alert closes its incident
      - Closed (BenignPositive - SuspiciousButExpected)
      + Closed (FalsePositive - IncorrectAlertLogic)
    3 of 4 cases are as expected.
    "#);
    let rule = "name = \"my\"\npreset = \"seed\"\n[[rules]]\nname = \"storage\"\nwhen.every_alert.type = [\"Storage.*\"]\n\
                inward.dismissed = \"unchanged\"\n";
    let cases = r#"{"cases": [
        {"name": "storage", "incident": {"status": "New"}, "alerts": [{"status": "Dismissed", "type": "Storage.Blob"}],
         "expect": "leave: not-mapped", "rule": "storage"},
        {"name": "machines", "incident": {"status": "New"}, "alerts": [{"status": "Dismissed", "type": "VM"}],
         "expect": "leave: not-mapped", "rule": "storage"}
    ]}"#;
    let place = Place::new().with("cases.json", cases).with("my.toml", rule);
    insta::assert_snapshot!(place.shown(&["policy", "test", "cases.json", "--policy", "my.toml"]), @r#"
    exit code 2
    --- stdout
    machines
      - leave: not-mapped, by storage
      + Closed (BenignPositive - SuspiciousButExpected), by no rule
    1 of 2 cases are as expected.
    "#);
}

#[test]
fn cases_that_cannot_be_are_refused_where_they_stand() {
    let refused = |file: &str, cases: &str, expected: &[&str]| {
        let said = Place::new().with(file, cases).shown(&["policy", "test", file, "--policy", "seed"]);
        assert!(said.starts_with("exit code 2\n--- stderr"), "{said}");
        for words in expected {
            assert!(said.contains(words), "{words:?} is not in {said}");
        }
    };
    let with = |from: &str, to: &str| CASES.replacen(from, to, 1);
    refused("c.toml", "cases = []\n", &["c.toml holds no cases"]);
    refused(
        "c.toml",
        &with("status = \"New\"", "status = \"Newer\""),
        &["c.toml:4:23", "\"Newer\" is none of \"New\", \"Active\""],
    );
    refused(
        "c.toml",
        &with("expect = \"Closed (BenignPositive - SuspiciousButExpected)\"", "expect = \"closed\""),
        &["\"leave: REASON\""],
    );
    refused("c.toml", &with("open_tasks", "open_taks"), &["unknown field `open_taks`", "c.toml:10"]);
    refused("c.toml", &with("[\"Dismissed\"]", "[\"Ignored\"]"), &["an alert's status, or a table with `status`"]);
    refused(
        "c.json",
        "{\"cases\": [\n  {\"name\": 1}]}",
        &["c.json:2", "invalid type: integer `1`, expected a string"],
    );
}
