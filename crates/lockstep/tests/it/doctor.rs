//! `lockstep doctor` against a cloud on a socket: what it prints, and what it ends with.

use serde_json::Value;

use crate::cloud::{Cloud, refusal, reply};

#[test]
fn a_tenant_that_is_well_ends_well() {
    let cloud = Cloud::new();
    cloud.twin.with(|world| world.raise_alert(lockstep_twin::world::NewAlert::default()));
    let output = cloud.place("seed").run(&["doctor", "--format", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(said["counts"]["failed"], 0, "{said:#}");
    assert_eq!(said["counts"]["unknown"], 0, "{said:#}");
    assert_eq!(output.status.code(), Some(0));
    let first = &said["checks"][0];
    assert_eq!((first["name"].as_str(), first["status"].as_str()), (Some("token"), Some("ok")));
}

#[test]
fn what_fails_says_what_mends_it_and_ends_with_its_code() {
    let check = |fault: crate::cloud::Fault, code: i32, words: &[&str]| {
        let output = Cloud::with(fault).place("seed").run(&["doctor"]);
        let said = String::from_utf8(output.stdout).expect("it is text");
        for words in words {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(output.status.code(), Some(code), "{said}");
    };
    let forbidden = |_: &str, path: &str| {
        path.contains("/permissions")
            .then(|| reply("200 OK", "", r#"{"value":[{"actions":["*/read"],"notActions":[]}]}"#))
    };
    check(
        forbidden,
        6,
        &[
            "failed   rights (the workspace): 1 missing: Microsoft.SecurityInsights/incidents/write",
            "run:   lockstep roles --principal OBJECT-ID",
        ],
    );
    check(
        |_, path| path.contains("/pricings").then(|| refusal("400 Bad Request", "", "Odd")),
        4,
        &["unknown  plans (subscription ", "refused with 400 (Odd)"],
    );
}

#[test]
fn a_name_from_the_cloud_moves_no_cursor() {
    let hostile = |_: &str, path: &str| {
        path.contains("/automationRules").then(|| {
            let rule = "{\"properties\":{\"displayName\":\"\\u001b[2Jx\\n ok  y\",\"order\":1,\"triggeringLogic\":{\"isEnabled\":true,\
                        \"triggersOn\":\"Incidents\",\"triggersWhen\":\"Updated\",\"conditions\":[]},\
                        \"actions\":[{\"order\":1,\"actionType\":\"RunPlaybook\"}]}}";
            reply("200 OK", "", &format!("{{\"value\":[{rule}]}}"))
        })
    };
    let cloud = Cloud::with(hostile);
    let output = cloud.place("seed").run(&["doctor"]);
    let said = String::from_utf8(output.stdout).expect("it is text");
    assert!(said.contains("\\u{1b}[2Jx\\n ok  y"), "{said}");
    assert!(!said.contains('\u{1b}'));
}
