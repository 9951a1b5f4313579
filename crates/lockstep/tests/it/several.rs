//! Several workspaces: under `[[workspace]]`, and in a folder of files.

use std::process::Output;

use lockstep_twin::world::{AlertStatus, NewAlert};
use lockstep_twin::{Estate, Options};
use serde_json::{Value, json};

use crate::cloud::{Cloud, is_query, refusal};
use crate::passes::check;
use crate::run::Place;

const SECOND: &str = "22222222-0000-4000-8000-000000000000";
const SECOND_ID: &str = "55555555-0000-4000-8000-000000000000";

/// A cloud with a second workspace in a subscription of its own.
fn cloud(fault: crate::cloud::Fault) -> Cloud {
    let estate: Estate = serde_json::from_value(json!({
        "more_subscriptions": [{"id": SECOND, "name": "Second"}],
        "more_workspaces": [{
            "subscription_id": SECOND, "resource_group": "rg-soc", "name": "law-soc", "id": SECOND_ID,
            "location": "northeurope", "connected": [SECOND],
        }],
    }))
    .expect("an estate");
    Cloud::of(Options { estate, ..Options::default() }, fault)
}

/// The settings for both, and whatever else is to stand there.
fn place(cloud: &Cloud, more: &str) -> Place {
    let Estate { tenant_id, subscription_id, resource_group, workspace_name, workspace_id, .. } = cloud.twin.estate();
    let url = &cloud.url;
    let settings = format!(
        "{more}\n[defaults]\npolicy = \"seed\"\nauth = \"client-secret\"\ntenant = \"{tenant_id}\"\n\
         cloud = {{ name = \"twin\", arm = \"{url}\", login = \"{url}\", logs = \"{url}\", ca = \"ca.pem\" }}\n\n\
         [[workspace]]\nsubscription = \"{subscription_id}\"\nresource_group = \"{resource_group}\"\n\
         name = \"{workspace_name}\"\nid = \"{workspace_id}\"\n\n\
         [[workspace]]\ncalled = \"soc\"\nsubscription = \"{SECOND}\"\nresource_group = \"rg-soc\"\nname = \"law-soc\"\n\
         id = \"{SECOND_ID}\"\n\n"
    );
    cloud.place("seed").with("lockstep.toml", &settings)
}

/// Raises so many alerts in both subscriptions and has their owners dismiss them.
fn dismissed(cloud: &Cloud, alerts: usize) {
    cloud.twin.with(|world| {
        for place in 0..2 * alerts {
            let subscription_id = (place % 2 == 1).then(|| SECOND.to_owned());
            let alert = world.raise_alert(NewAlert { subscription_id, ..NewAlert::default() });
            world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).expect("the alert is there");
        }
    });
}

/// Two workspaces with a change due in each, and settings for them and for one that is not there.
pub fn two() -> (Cloud, Place) {
    let cloud = cloud(|_, _| None);
    dismissed(&cloud, 1);
    let place = place(&cloud, "");
    let text = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("settings");
    let place = place.with("lockstep.toml", &(text + "[[workspace]]\ncalled = \"north\"\nname = \"law-north\"\n"));
    (cloud, place)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

/// The name and the code of each workspace.
fn ends(document: &Value) -> Vec<(String, u64)> {
    let workspaces = document["workspaces"].as_array().expect("a list").iter();
    workspaces
        .map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), one["exit_code"].as_u64().unwrap_or_default()))
        .collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(name, code)| ((*name).to_owned(), *code)).collect()
}

#[test]
fn each_workspace_has_its_own_pass_and_ledger() {
    let cloud = cloud(|_, _| None);
    dismissed(&cloud, 1);
    let place = place(&cloud, "");
    check(&place, &["plan"], 0, &["== law-sentinel ==", "== soc ==", "1 change is due", "law-soc"]);
    let planned = json(&check(&place, &["plan", "--format", "json"], 0, &[]));
    assert_eq!(ends(&planned), pairs(&[("law-sentinel", 0), ("soc", 0)]));
    for one in planned["workspaces"].as_array().expect("a list") {
        assert_eq!(one["result"]["changes"].as_array().map(Vec::len), Some(1), "{one}");
    }
    check(&place, &["apply", "--only", "soc"], 0, &["1 change was made", "law-soc"]);
    assert!(place.path().join("lockstep-ledger-soc.db").is_file());
    assert!(!place.path().join("lockstep-ledger-law-sentinel.db").exists());
    let applied = json(&check(&place, &["apply", "--format", "json"], 0, &[]));
    let made = |one: &Value| one["result"]["changes"].as_array().map(Vec::len);
    let made: Vec<_> = applied["workspaces"].as_array().expect("a list").iter().map(made).collect();
    assert_eq!(made, [Some(1), Some(0)], "{applied}");
    for command in ["drift", "doctor", "roles"] {
        let said = place.run(&[command, "--only", "soc"]);
        assert!(String::from_utf8_lossy(&said.stdout).contains("law-soc"), "{command}: {said:?}");
        let output = place.run(&[command, "--format", "json"]);
        assert_eq!(json(&output)["workspaces"].as_array().map(Vec::len), Some(2), "{command}");
    }
}

#[test]
fn what_stops_one_workspace_stops_no_other() {
    // The second workspace cannot be asked, and a third is not there at all.
    let cloud = cloud(|_, path| {
        (is_query(path) && path.contains(SECOND_ID)).then(|| refusal("403 Forbidden", "", "AuthorizationFailed"))
    });
    dismissed(&cloud, 1);
    let place = place(&cloud, "");
    let text = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("settings");
    let place = place.with("lockstep.toml", &(text + "[[workspace]]\ncalled = \"north\"\nname = \"law-north\"\n"));
    let output = check(&place, &["apply", "--format", "json"], 9, &["[workspace] has no `subscription`"]);
    let document = json(&output);
    assert_eq!(ends(&document), pairs(&[("law-sentinel", 0), ("soc", 6), ("north", 2)]), "{document}");
    assert_eq!(document["workspaces"][0]["result"]["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["workspaces"][2]["result"], Value::Null);
    check(&place, &["plan"], 9, &["== north ==", "the identity was not accepted or lacks a right"]);
    check(&place, &["plan", "--only", "north"], 2, &["[workspace] has no `subscription`"]);
    check(&place, &["plan", "--only", "soc"], 6, &[]);
}

#[test]
fn a_ceiling_over_all_is_shared_evenly() {
    let cloud = cloud(|_, _| None);
    dismissed(&cloud, 3);
    let place = place(&cloud, "[ceilings]\nchanges = 5\n");
    let applied = json(&check(&place, &["apply", "--format", "json"], 3, &[]));
    let made = |one: &Value| one["result"]["changes"].as_array().map(Vec::len);
    let made: Vec<_> = applied["workspaces"].as_array().expect("a list").iter().map(made).collect();
    assert_eq!(made, [Some(2), Some(2)], "{applied}");
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 4);
}

#[test]
fn a_folder_holds_a_file_for_each() {
    let cloud = cloud(|_, _| None);
    dismissed(&cloud, 1);
    let own = cloud.place("seed");
    let first = std::fs::read_to_string(own.path().join("lockstep.toml")).expect("settings");
    let place =
        own.with("conf/north.toml", &first).with("conf/ca.pem", &cloud.ca).with("conf/south.toml", "policy = 3");
    let output = check(&place, &["--config", "conf", "apply", "--format", "json"], 9, &["south.toml"]);
    assert_eq!(ends(&json(&output)), pairs(&[("north", 0), ("south", 2)]));
    assert!(place.path().join("conf/lockstep-ledger-north.db").is_file());
    check(&place, &["--config", "conf", "--only", "north", "plan"], 0, &["Nothing to change."]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let cloud = cloud(|_, _| None);
    let place = place(&cloud, "");
    let text = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("settings");
    let check = |settings: &str, arguments: &[&str], words: &[&str]| {
        let place = Place::new().with("lockstep.toml", settings).with("ca.pem", &cloud.ca);
        check(&place, arguments, 2, words);
    };
    check(&text, &["undo", "x"], &["is about 2 workspaces", "--only: law-sentinel, soc"]);
    check(&text, &["plan", "--only", "nord"], &["no workspace called \"nord\"", "there are law-sentinel, soc"]);
    check(&text, &["plan", "--ledger", "x.db"], &["cannot be the ledger of several"]);
    check(&text, &["plan", "-o", "x.plan"], &["about one workspace", "--only"]);
    check(&format!("policy = \"seed\"\n{text}"), &["plan"], &["`policy` stands beside several workspaces"]);
    check(&format!("[ceilings]\nchanges = 1\n{text}"), &["plan"], &["1 over 2 workspaces leaves nothing for each"]);
    check(&text.replace("soc\"\nsub", "a/b\"\nsub"), &["plan", "--only", "a/b"], &["cannot be part of a file's"]);
    let twice = text.replace("called = \"soc\"", "called = \"law-sentinel\"");
    let said = Place::new().with("lockstep.toml", &twice).run(&["plan", "--format", "json"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("two workspaces are called law-sentinel"));
    let ledger = text.replace("id = ", "ledger = { path = \"one.db\" }\nid = ");
    let said = Place::new().with("lockstep.toml", &ledger).run(&["plan", "--format", "json"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("is the ledger of two workspaces"));
}
