//! What the binary shows of a ledger, hands out of it and removes from it.

use lockstep_twin::world::{AlertStatus, NewAlert};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::passes::check;
use crate::run::Place;

/// A folder with a ledger in which one incident was closed.
fn given() -> (Cloud, Place) {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert { display_name: "=1+1".into(), ..NewAlert::default() });
        world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).expect("the alert is there");
    });
    check(&place, &["apply"], 0, &["1 change was made"]);
    (cloud, place)
}

fn stdout(place: &Place, arguments: &[&str]) -> String {
    String::from_utf8(check(place, arguments, 0, &[]).stdout).expect("UTF-8")
}

#[test]
fn one_entry_is_shown_with_what_it_vouches_for() {
    let (_cloud, place) = given();
    let number = intent(&place);
    let shown: Value = serde_json::from_str(&stdout(&place, &["ledger", "show", &number])).expect("JSON");
    let bodies = shown["bodies"].as_object().expect("bodies");
    assert_eq!(bodies.len(), 2, "{shown}");
    assert!(bodies.values().any(|body| body["properties"]["title"] == "=1+1"), "{shown}");
    check(&place, &["ledger", "show", "99"], 2, &["has no entry 99"]);
}

/// The number of the entry that holds the intent.
fn intent(place: &Place) -> String {
    let list: Value = serde_json::from_str(&stdout(place, &["ledger", "list", "--format", "json"])).expect("JSON");
    let entries = list["entries"].as_array().expect("a list");
    entries.iter().find(|entry| entry["event"] == "intended").expect("an intent")["number"].to_string()
}

#[test]
fn entries_are_handed_out_with_and_without_names() {
    let (_cloud, place) = given();
    let csv = stdout(&place, &["ledger", "export", "--format", "csv"]);
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("number,at,event,run,incident,"), "{csv}");
    assert!(
        lines.iter().any(|line| line.contains(",intended,") && line.contains("New,Closed (BenignPositive")),
        "{csv}"
    );

    let named = stdout(&place, &["ledger", "export"]);
    assert!(named.contains("law-sentinel") && named.contains("=1+1"), "{named}");
    for format in ["json", "csv"] {
        let redacted = stdout(&place, &["ledger", "export", "--redact", "--format", format]);
        let names = ["law-sentinel", "=1+1", "rg-sentinel", "Closed because"];
        assert!(names.iter().all(|name| !redacted.contains(name)), "{redacted}");
        assert!(redacted.contains("intended"), "{redacted}");
    }
    check(&place, &["ledger", "export", "-o", "out.json"], 0, &["wrote "]);
    assert_eq!(std::fs::read_to_string(place.path().join("out.json")).expect("it is there"), named);
}

#[test]
fn i09_a_run_is_taken_back() {
    let (cloud, place) = given();
    let list: Value = serde_json::from_str(&stdout(&place, &["ledger", "--format", "json"])).expect("JSON");
    let entries = list["entries"].as_array().expect("a list");
    let run = entries.iter().find_map(|entry| entry["run"].as_str()).expect("a run");
    check(&place, &["undo", run], 2, &["a yes is a person's"]);
    check(&place, &["undo", run, "--by", "ann"], 0, &["1 of 1 incidents restored", "instance   lockstep"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 2);
    check(&place, &["apply"], 0, &["Nothing was changed"]);
    check(&place, &["undo", run, "--by", "ann"], 3, &["lockstep itself wrote it again"]);
    check(&place, &["undo", "00000000-0000-0000-0000-000000000000", "--by", "ann"], 2, &["knows no run"]);
}

#[test]
fn what_was_read_before_old_writes_can_be_removed() {
    let (_cloud, place) = given();
    check(&place, &["ledger", "prune", "--older-than", "1d"], 0, &["Nothing to remove."]);
    check(&place, &["ledger", "prune", "--older-than", "0s"], 0, &["Removed 2 bodies"]);
    check(&place, &["ledger", "verify"], 0, &["(2 of them pruned)"]);
    let shown: Value = serde_json::from_str(&stdout(&place, &["ledger", "show", &intent(&place)])).expect("JSON");
    assert!(shown["bodies"].as_object().expect("bodies").values().all(Value::is_null), "{shown}");
    check(&place, &["ledger", "prune", "--older-than", "1d", "--ledger", "gone.db"], 7, &["there is no ledger"]);
}

#[test]
fn a_ledger_is_compared_with_the_workspace() {
    let (cloud, place) = given();
    let verify = ["ledger", "verify", "--against-workspace"];
    check(&place, &verify, 0, &[" holds: ", "1 writes are in both."]);
    cloud.twin.with(|world| {
        let closed = world.incidents().next().expect("an incident").clone();
        let us = closed.modified_by.clone();
        let us = lockstep_twin::world::Actor { name: us, object_id: None, user_principal_name: None };
        world.activate_incident(&closed.name, &us).expect("the incident is there");
    });
    check(&place, &verify, 7, &["1 writes in the workspace have no entry", "this installation writes under that name"]);
    let json = check(&place, &["ledger", "verify", "--against-workspace", "--format", "json"], 7, &[]).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(
        (&json["workspace"]["holds"], &json["workspace"]["without_entry"][0]["why"]),
        (&false.into(), &"name".into())
    );
}

#[test]
fn a_ledger_that_is_lost_stops_all_writes_until_somebody_says_how_to_go_on() {
    let (_cloud, place) = given();
    let lost = |name: &str| ["apply", "--ledger", name].map(str::to_owned);
    for (name, command, said) in [
        ("anew.db", "rebuild", "1 incidents are known again"),
        ("none.db", "accept-new-start", "goes on without what it lost, on the word of anna"),
    ] {
        let apply = lost(name);
        let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
        check(&place, &apply, 7, &["does not vouch for, so nothing was written", "lockstep ledger rebuild"]);
        check(&place, &["plan", "--ledger", name], 0, &["Nothing of this would be written"]);
        check(&place, &["ledger", command, "--by", "anna", "--ledger", name], 0, &[said]);
        check(&place, &["ledger", command, "--by", "anna", "--ledger", name], 0, &["Nothing was lost"]);
        check(&place, &apply, 0, &["nothing is due"]);
    }
}
