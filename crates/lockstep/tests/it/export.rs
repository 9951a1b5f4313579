//! Templates that the binary makes: those that are checked in, and what is refused.

use crate::run::Place;

const CHECKED_IN: &str = include_str!("../../../../deploy/logic-app.json");

#[test]
fn the_template_that_is_checked_in_is_the_one_that_is_made() {
    let output = Place::new().run(&["export", "logic-app", "--policy", "seed"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), CHECKED_IN, "write deploy/logic-app.json anew");
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
    let output = Place::new().run(&["export", "logic-app", "--policy", "vendor"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("'IncorrectAlertLogic'"), "{said}");
    assert!(
        said.contains("doubts some dismissals")
            && said.contains("utcNow")
            && said.contains("createArray('Medium', 'Low', 'Informational')"),
        "{said}"
    );
}
