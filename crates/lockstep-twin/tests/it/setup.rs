//! What a twin is told at its start.

use std::time::Duration;

use lockstep_twin::world::{FinishedAlert, Portal};
use lockstep_twin::{Options, Setup, Twin};
use serde_json::{Value, json};

#[test]
fn a_setup_names_only_what_it_changes() {
    let setup: Setup = serde_json::from_value(json!({
        "estate": {"workspace_name": "law-soc"},
        "switches": {"delay": 90, "finished_alert": "resolved"},
        "throttles": {"factor": 0.5},
        "faults": {"seed": 7, "faults": [{"operation": "Query_*", "effect": "partial", "share": 0.1}]},
    }))
    .unwrap();
    let (estate, settings) = (setup.estate.clone(), setup.switches.clone());
    let twin = Twin::new(Options { estate, settings, ..Options::default() });
    twin.set_up(&setup).unwrap();
    assert_eq!(twin.estate().workspace_name, "law-soc");
    let world = twin.world();
    let settings = world.settings();
    assert_eq!((settings.delay, settings.finished_alert), (Duration::from_secs(90), FinishedAlert::Resolved));
    assert!(settings.connector && settings.portal == Portal::Azure);
    assert_eq!(twin.throttles().list()[0].count, 37.5);
    assert_eq!(twin.faults().list().len(), 1);
}

#[test]
fn what_a_setup_cannot_say_is_refused() {
    let check = |setup: Value, expected: &str| {
        let said = match serde_json::from_value::<Setup>(setup.clone()) {
            Err(error) => error.to_string(),
            Ok(setup) => Twin::new(Options::default()).set_up(&setup).unwrap_err(),
        };
        assert!(said.contains(expected), "{setup}: {said}");
    };
    check(json!({"moon": 1}), "unknown field `moon`");
    check(json!({"switches": {"moon": 1}}), "unknown field `moon`");
    check(json!({"switches": {"portal": "moon"}}), "unknown variant `moon`");
    check(json!({"switches": {"duplicate_rows": 1.5}}), "a number from 0 to 1");
    check(json!({"throttles": {"factor": -1}}), "must be above 0");
    check(json!({"faults": {"faults": [{"operation": "*", "effect": "empty", "share": 7}]}}), "from 0 to 1");
    check(json!({"rights": [{"principalId": "p", "roles": [{"role": "King"}]}]}), "no role 'King'");
}

#[test]
fn rights_of_a_setup_are_all_that_a_principal_has() {
    let twin = Twin::new(Options::default());
    let me = twin.estate().client_object_id.clone();
    let setup = json!({"rights": [{"principalId": me, "roles": [{"role": "Security Reader"}]}]});
    twin.set_up(&serde_json::from_value(setup).unwrap()).unwrap();
    let stated = lockstep_twin::setup::PrincipalRights {
        principal_id: me,
        roles: vec![lockstep_twin::setup::GivenRole { role: "Nobody".into(), scope: None }],
    };
    assert_eq!(twin.give(&stated), Err("there is no role 'Nobody'".to_owned()));
}

#[test]
fn each_switch_is_set_by_its_name() {
    let settings = Setup::default().switches;
    let all = serde_json::to_value(&settings).unwrap();
    for (name, value) in all.as_object().unwrap() {
        assert_eq!(settings.with(name, value.clone()).unwrap(), settings, "{name}");
    }
    assert!(settings.with("moon", json!(1)).unwrap_err().contains("there are delay, "));
    assert!(settings.with("seed", json!("x")).unwrap_err().contains("the switch 'seed'"));
}
