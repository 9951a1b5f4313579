//! Recording a pass, and deciding again from the recording alone.

use std::path::Path;
use std::process::Output;

use lockstep_twin::world::{AlertStatus, NewAlert};
use serde_json::{Value, json};

use crate::cloud::{Cloud, is_query, refusal};
use crate::passes::check;
use crate::run::Place;

/// Words that stand where people's names and texts stand, and nowhere else.
const PLANTED: &[&str] = &["Grete Beispiel", "vm-grete", "grete@", "Wort von Grete"];

/// A cloud with alerts that were moved in every way, told of by people.
fn cloud(fault: crate::cloud::Fault) -> Cloud {
    let cloud = Cloud::with(fault);
    cloud.twin.with(|world| {
        for status in [AlertStatus::Dismissed, AlertStatus::InProgress, AlertStatus::Resolved, AlertStatus::Active] {
            let alert = world.raise_alert(NewAlert {
                display_name: "Mail of Grete Beispiel".to_owned(),
                description: "Wort von Grete".to_owned(),
                resource: "vm-grete".to_owned(),
                ..NewAlert::default()
            });
            world.set_alert_status(&alert.alert_name, status).expect("the alert is there");
        }
    });
    cloud
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

/// What was decided, without the texts that a recording hides.
fn decided(document: &Value) -> Value {
    let changes = document["changes"].as_array().into_iter().flatten();
    let changes: Vec<Value> =
        changes.map(|it| json!([it["incident"], it["from"], it["to"], it["classification"]])).collect();
    json!([
        changes,
        document["left"],
        document["untouched"],
        document["seen"],
        document["asked"],
        document["unreadable"]
    ])
}

/// Which of these words stand in which files of a folder.
fn hits(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).to_lowercase();
        let found = words.iter().filter(|word| text.contains(&word.to_lowercase()));
        hits.extend(found.map(|word| format!("{word} in {}", path.display())));
    }
    hits
}

/// Makes the cloud unreachable for whoever replays.
fn without_a_cloud(place: Place) -> Place {
    let text = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("settings");
    let nobody = text.lines().map(|line| match line.split_once(" = \"https://") {
        Some((key, _)) => format!("{key} = \"https://127.0.0.1:1\""),
        None => line.to_owned(),
    });
    let nobody: Vec<String> = nobody.collect();
    place.with("lockstep.toml", &nobody.join("\n")).env("AZURE_CLIENT_SECRET", "")
}

#[test]
fn a_recording_decides_the_same_and_tells_nothing_of_people() {
    let cloud = cloud(|_, _| None);
    let secret = cloud.twin.secrets().client_secret.expose().to_owned();
    let place = cloud.place("seed");
    let recorded = json(&check(&place, &["plan", "--format", "json", "--record", "rec"], 0, &[]));
    assert_eq!(recorded["changes"].as_array().map(Vec::len), Some(3), "{recorded}");
    check(&place, &["plan", "--record", "named", "--record-names"], 0, &[]);
    check(&place, &["apply", "--record", "rec-apply"], 0, &["3 changes were made"]);

    let folder = |name: &str| place.path().join(name);
    let secrets = [secret.as_str(), "bearer ", "client_secret", "access_token", "oauth2"];
    for recording in ["rec", "named", "rec-apply"] {
        assert_eq!(hits(&folder(recording), &secrets), [""; 0]);
    }
    for recording in ["rec", "rec-apply"] {
        assert_eq!(hits(&folder(recording), PLANTED), [""; 0]);
    }
    assert!(!hits(&folder("named"), PLANTED).is_empty());

    check(&place, &["plan", "--record", "rec"], 2, &["holds a recording already"]);
    let place = without_a_cloud(place);
    std::fs::remove_file(place.path().join("lockstep-ledger.db")).expect("the ledger of the pass");
    for recording in ["rec", "named", "rec-apply"] {
        let replayed = json(&check(&place, &["plan", "--format", "json", "--replay", recording], 0, &[]));
        if recording == "rec" {
            assert_eq!(decided(&replayed), decided(&recorded));
        } else {
            assert_eq!(replayed["changes"].as_array().map(Vec::len), Some(3), "{recording}: {replayed}");
        }
    }
    check(&place, &["plan"], 2, &["there is no client secret"]);
}

#[test]
fn a_trouble_is_replayed_as_it_was() {
    let place = without_a_cloud({
        let cloud = cloud(|_, path| is_query(path).then(|| refusal("403 Forbidden", "", "AuthorizationFailed")));
        let place = cloud.place("seed");
        check(&place, &["plan", "--record", "rec"], 6, &["the identity lacks"]);
        place
    });
    check(&place, &["plan", "--replay", "rec"], 6, &["the identity lacks", "AuthorizationFailed"]);
    check(&place, &["plan", "--replay", "nowhere"], 2, &["cannot be replayed"]);
    check(&place, &["apply", "--replay", "rec"], 2, &["only plan, drift and explain"]);
    check(&place, &["watch", "--record", "other"], 2, &["only plan, apply, drift and explain can be recorded"]);
    let place = place.with("broken/1.json", "{\"request\": {\"method\": \"GET\"}}");
    check(&place, &["plan", "--replay", "broken"], 2, &["no recorded exchange"]);
    let place = place
        .with("other/1.json", "{\"request\":{\"method\":\"GET\",\"target\":\"/x\",\"digest\":\"\"},\"response\":null}");
    check(&place, &["plan", "--patience", "0s", "--replay", "other"], 4, &["has no answer to POST"]);
}
