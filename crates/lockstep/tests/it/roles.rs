//! `lockstep roles`: what is printed can be taken as it is.

use serde_json::Value;

use crate::run::Place;

const GUID: &str = "6f1e2d3c-4b5a-4988-8776-655443322110";
const OTHER: &str = "11111111-2222-4333-8444-555555555555";

fn place(policy: &str) -> Place {
    let settings = format!(
        "policy = \"{policy}\"\nauth = \"client-secret\"\n[workspace]\ntenant = \"{GUID}\"\nsubscription = \"{GUID}\"\n\
         resource_group = \"rg-soc\"\nname = \"soc-ws\"\nid = \"{GUID}\"\n"
    );
    Place::new().with("lockstep.toml", &settings)
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    let output = place.run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

#[test]
fn a_script_for_a_shell_is_printed() {
    insta::assert_snapshot!(place("seed").shown(&["roles", "--principal", OTHER]));
}

#[test]
fn who_only_observes_is_given_no_write() {
    let actions = |policy: &str| -> Vec<String> {
        let roles = json(&place(policy), &["roles", "--format", "json"]);
        let all = roles["roles"].as_array().expect("there are roles").iter();
        all.flat_map(|role| role["definition"]["properties"]["permissions"][0]["actions"].as_array().expect("actions"))
            .map(|action| action.as_str().expect("it is text").to_owned())
            .collect()
    };
    assert!(actions("observe").iter().all(|action| action.ends_with("/read")));
    assert!(actions("seed").contains(&"Microsoft.SecurityInsights/incidents/write".to_owned()));
    assert!(!actions("seed").iter().any(|action| action.ends_with("/action") || action.ends_with('*')));
}

#[test]
fn the_template_assigns_at_the_workspace_and_at_each_subscription() {
    let arguments = ["roles", "--format", "arm", "--subscription", GUID, "--subscription", OTHER];
    let template = json(&place("seed"), &arguments);
    let resources = template["resources"].as_array().expect("there are resources");
    let places: Vec<_> = resources
        .iter()
        .map(|it| {
            let inner = it["properties"]["template"]["resources"].as_array().expect("there are resources");
            assert_eq!(inner[0]["name"], inner[1]["dependsOn"][0], "the assignment follows its definition");
            (it["subscriptionId"].as_str(), it["resourceGroup"].as_str(), inner[1]["scope"].as_str())
        })
        .collect();
    let workspace = (Some(GUID), Some("rg-soc"), Some("Microsoft.OperationalInsights/workspaces/soc-ws"));
    assert_eq!(places, [workspace, (Some(GUID), None, None), (Some(OTHER), None, None), workspace]);
}

#[test]
fn what_is_no_guid_is_refused() {
    insta::assert_snapshot!(place("seed").shown(&["roles", "--principal", "me@contoso.example"]));
}
