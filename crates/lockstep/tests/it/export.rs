//! Templates that the binary makes: those that are checked in, and what is refused.

use serde_json::Value;

use crate::run::Place;

/// What is checked in, and the command that makes it.
const CHECKED_IN: &[(&str, &str)] = &[
    ("logic-app.json", "logic-app --policy seed"),
    ("logic-app.ui.json", "logic-app --form"),
    ("container-job.json", "container-job --policy seed"),
    ("container-job.ui.json", "container-job --form"),
    ("container-app.json", "container-app --policy seed"),
    ("container-app.ui.json", "container-app --form"),
    ("roles/workspace.json", "roles --at workspace --policy seed"),
    ("roles/subscription.json", "roles --at subscription --policy seed"),
    ("roles/management-group.json", "roles --at management-group --policy seed"),
    ("roles/alert-writer.json", "alert-writer --policy seed"),
    ("roles/delegation.json", "delegation"),
];

fn deploy(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn exported(words: &str) -> String {
    let words: Vec<&str> = std::iter::once("export").chain(words.split(' ')).collect();
    let output = Place::new().run(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_templates_that_are_checked_in_are_those_that_are_made() {
    for (name, words) in CHECKED_IN {
        assert!(exported(words) == deploy(name), "write deploy/{name} anew: lockstep export {words} > deploy/{name}");
    }
}

#[test]
fn a_form_fills_parameters_that_there_are_and_all_that_have_to_be_filled() {
    for name in ["logic-app", "container-job", "container-app"] {
        let read = |name: String| -> Value { serde_json::from_str(&deploy(&name)).unwrap() };
        let (template, form) = (read(format!("{name}.json")), read(format!("{name}.ui.json")));
        let (parameters, outputs) = (&template["parameters"], &form["parameters"]["outputs"]);
        for output in outputs.as_object().unwrap().keys() {
            assert!(parameters.get(output).is_some(), "{name}: {output}");
        }
        for (parameter, declared) in parameters.as_object().unwrap() {
            let needed = declared.get("defaultValue").is_none();
            assert!(!needed || outputs.get(parameter).is_some(), "{name}: {parameter}");
        }
        // Every answer that an output takes is asked for.
        let steps = form["parameters"]["steps"].as_array().unwrap();
        for output in outputs.as_object().unwrap().values().filter_map(Value::as_str) {
            let Some((_, answer)) = output.split_once("steps('") else { continue };
            let (step, rest) = answer.split_once("').").unwrap();
            let element: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            let step = steps.iter().find(|one| one["name"] == step).unwrap();
            assert!(step["elements"].as_array().unwrap().iter().any(|one| one["name"] == *element), "{name}: {output}");
        }
    }
}

#[test]
fn the_image_has_a_default_only_once_one_is_published() {
    let image = &deploy("home.toml").lines().find(|line| line.starts_with("image")).unwrap().to_owned();
    for name in ["container-job.json", "container-app.json"] {
        let template: Value = serde_json::from_str(&deploy(name)).unwrap();
        let declared = &template["parameters"]["image"];
        match declared["defaultValue"].as_str() {
            None => assert!(
                image.ends_with("\"\"") && declared["metadata"]["description"].as_str().unwrap().contains("no default")
            ),
            Some(published) => assert!(image.contains(published), "{image}"),
        }
    }
}

#[test]
fn a_policy_of_ones_own_is_part_of_the_template() {
    let place = Place::new().with("p.toml", "name = \"ours\"\npreset = \"vendor\"\n");
    let output = place.run(&["export", "container-job", "--policy", "p.toml"]);
    let template: Value = serde_json::from_slice(&output.stdout).unwrap();
    let resources = template["resources"].as_array().unwrap();
    let job = resources.iter().find(|resource| resource["type"] == "Microsoft.App/jobs").unwrap();
    let secrets = &job["properties"]["configuration"]["secrets"];
    assert!(secrets[0]["value"].as_str().unwrap().contains("policy = \"policy.toml\""), "{secrets}");
    assert_eq!(secrets[1]["value"], "name = \"ours\"\npreset = \"vendor\"\n");
}

#[test]
fn what_a_logic_app_cannot_do_is_refused_or_left_undone() {
    let refused = |policy: &str, expected: &str| {
        let place = Place::new().with("p.toml", policy);
        let output = place.run(&["export", "logic-app", "--policy", "p.toml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    };
    refused("name = \"p\"\npreset = \"observe\"\n", "writes nothing to incidents");
    let said = exported("logic-app --policy vendor");
    assert!(!said.contains("'IncorrectAlertLogic'"), "{said}");
    assert!(
        said.contains("doubts some dismissals")
            && said.contains("utcNow")
            && said.contains("createArray('Medium', 'Low', 'Informational')"),
        "{said}"
    );
}
