//! Policies: what is refused and where, what is said of one, and its file's form.

use std::path::Path;

use crate::run::Place;

/// What is said of a policy file that cannot be used: each of `expected` is in it, and nothing was done.
fn refused(policy: &str, expected: &[&str]) -> String {
    let place = Place::new().with("my.toml", policy);
    let said = place.shown(&["policy", "explain", "my.toml"]);
    assert!(said.starts_with("exit code 2\n--- stderr"), "{said}");
    for words in expected {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    said
}

/// A policy with these lines after its name and preset.
fn with(lines: &str) -> String {
    format!("name = \"my\"\npreset = \"neutral\"\n{lines}\n")
}

#[test]
fn a_policy_says_what_it_is_called_and_what_it_starts_from() {
    refused("preset = \"seed\"\n", &["my.toml: the policy has no `name`", "begin with name = \"NAME\""]);
    refused("name = \"x\"\n", &["my.toml: the policy has no `preset`", "observe writes nothing"]);
    refused("name = \"\"\npreset = \"seed\"\n", &["my.toml:1:8", "1 to 200 characters"]);
    refused("name = \"a\\u0007b\"\npreset = \"seed\"\n", &["my.toml:1:8", "without control characters"]);
    refused(
        "name = \"x\"\npreset = \"sed\"\n",
        &["my.toml:2:10", "\"observe\", \"seed\", \"vendor\" or \"neutral\" is wanted"],
    );
    refused("name = x\n", &["my.toml cannot be used", "string values must be quoted"]);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_that_is_known() {
    insta::assert_snapshot!(refused(&with("[inward]\ndissmissed = \"Active\""), &[]), @r#"
    exit code 2
    --- stderr
    error: `dissmissed` is no key of [inward]
     --> my.toml:4:1
      |
    4 | dissmissed = "Active"
      | ^^^^^^^^^^ unknown key
      |
      = help: did you mean `dismissed`?
    "#);
    refused(&with("unatended = true"), &["`unatended` is no key of a policy", "did you mean `unattended`?"]);
    refused(&with("xyzzy = 1"), &["`xyzzy` is no key of a policy", "the keys are sight, unconfirmed_after, brake"]);
    refused(&with("[brake]\nworkspace_hours = 1"), &["`workspace_hours` is no key of [brake]", "`workspace_hour`?"]);
    refused(
        &with("inward = \"Active\""),
        &["a table with in_progress, dismissed, resolved, apart, unfinished is wanted"],
    );
    refused(&with("freezes = [{ nam = \"x\" }]"), &["`nam` is no key of a freeze window", "did you mean `name`?"]);
    let rule = |lines: &str| with(&format!("[[rules]]\nname = \"r\"\n{lines}"));
    refused(
        &rule("when = { severty = [\"Low\"] }"),
        &["`severty` is no key of what a rule asks", "did you mean `severity`?"],
    );
    refused(
        &rule("when.any_alert.typ = [\"x\"]"),
        &["`typ` is no key of [any_alert] in what a rule asks", "did you mean `type`?"],
    );
    refused(&rule("when.severity = [\"Low\"]\nbrake = \"off\""), &["`brake` is no key of a rule"]);
    refused(
        &rule("when.severity = [\"Low\"]\nholds.hasti = \"1m\""),
        &["`hasti` is no key of [holds] in a rule", "`hasty`"],
    );
}

#[test]
fn only_what_sentinel_takes_can_be_said() {
    let dismissed = |value: &str| with(&format!("[inward]\ndismissed = {value}"));
    insta::assert_snapshot!(refused(&dismissed("{ status = \"Closed\", classification = \"TruePositive\" }"), &[]), @r#"
    exit code 2
    --- stderr
    error: the classification "TruePositive" needs a reason
     --> my.toml:4:51
      |
    4 | dismissed = { status = "Closed", classification = "TruePositive" }
      |                                                   ^^^^^^^^^^^^^^ not a pair that Sentinel takes
      |
      = help: classification - reason is one of: TruePositive - SuspiciousActivity, BenignPositive - SuspiciousButExpected, FalsePositive - IncorrectAlertLogic, FalsePositive - InaccurateData, Undetermined
    "#);
    let closed = |rest: &str| dismissed(&format!("{{ status = \"Closed\", {rest} }}"));
    refused(
        &closed("classification = \"TruePositive\", reason = \"InaccurateData\""),
        &["my.toml:4:76", "the reason \"InaccurateData\" does not go with the classification \"TruePositive\""],
    );
    refused(&closed("classification = \"Fine\""), &["my.toml:4:51", "\"Fine\" is no classification"]);
    refused(&closed("classification = 1"), &["my.toml:4:51", "1 cannot be used here", "a text is wanted"]);
    refused(
        &dismissed("{ status = \"Closed\" }"),
        &["a closed incident needs a classification", "pairs", "my.toml:4:24"][..1],
    );
    refused(&dismissed("\"Closed\""), &["a closed incident needs a classification"]);
    refused(&dismissed("\"Done\""), &["\"Done\" is nothing that an incident can become"]);
    refused(&dismissed("{ reason = \"x\" }"), &["what becomes of an incident needs a status"]);
    refused(
        &dismissed("{ status = \"Active\", reason = \"InaccurateData\" }"),
        &["only a closed incident has a classification", "means nothing with status \"Active\""],
    );
    // Nobody has finished such alerts.
    refused(
        &with("[inward]\nin_progress = \"Closed\""),
        &["\"Closed\" cannot be used here", "\"Active\" or \"unchanged\" is wanted"],
    );
}

#[test]
fn values_are_what_their_keys_take() {
    refused(&with("unattended = \"yes\""), &["true, \"below-high\" or false is wanted"]);
    refused(&with("idle_active = \"8 hour s\""), &["a duration such as \"90s\"", "or \"off\""]);
    refused(&with("unconfirmed_after = \"1500ms\""), &["a duration such as"]);
    refused(&with("unconfirmed_after = \"1000y\""), &["a duration such as"]);
    refused(&with("ceilings.changes = -1"), &["a whole number that is not negative"]);
    refused(&with("brake = \"of\""), &["\"off\" or a table [brake] is wanted"]);
    refused(&with("brake.share = { percent = 0, floor = 1 }"), &["a number from 1 to 100 is wanted"]);
    refused(&with("brake.share = { percent = 30 }"), &["a table such as { percent = 30, floor = 20 }"]);
    refused(&with("comment = \"{who} did it\""), &["{who} is no place in a closing text", "the places are {alerts}"]);
    refused(&with("comment = \"a } b\""), &["a brace stands alone"]);
    refused(&with("comment = \" \""), &["a closing text has 1 to 500 characters"]);
    let freeze = |from: &str, until: &str| {
        with(&format!("freezes = [{{ name = \"x\", from = {from}, until = {until}, what = \"lowering\" }}]"))
    };
    refused(&freeze("\"Fri 18:00\"", "\"2026-01-01T00:00:00Z\""), &["from one weekday until another"]);
    refused(&freeze("\"Fri 18:00\"", "\"Fri 18:00\""), &["has to end after it begins"]);
    refused(&freeze("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), &["has to end after it begins"]);
    refused(
        &freeze("\"Fri 24:00\"", "\"Mon 06:00\""),
        &["\"Fri 24:00\" cannot be used here", "a weekday with a time in UTC"],
    );
    refused(&freeze("\"Friday\"", "\"Mon 06:00\""), &["\"Friday\" cannot be used here"]);
}

#[test]
fn a_rule_is_for_some_incidents() {
    let rule = |lines: &str| with(&format!("[[rules]]\n{lines}"));
    refused(&rule("when.severity = [\"Low\"]"), &["a rule has no `name`"]);
    refused(&rule("name = \"r\""), &["a rule has no `when`", "when = { severity = [\"Low\"] }"]);
    refused(&rule("name = \"r\"\nwhen = {}"), &["a rule that asks nothing is for every incident"]);
    refused(&rule("name = \"r\"\nwhen.tag = []"), &["a rule that asks nothing is for every incident"]);
    refused(
        &rule("name = \"r\"\nwhen.severity = [\"high\"]"),
        &["\"High\", \"Medium\", \"Low\" or \"Informational\" is wanted"],
    );
    refused(&rule("name = \"r\"\nwhen = { older_than = \"2h\", younger_than = \"1h\" }"), &["never matches"]);
    let one = "[[rules]]\nname = \"r\"\nwhen.tag = [\"x\"]\n";
    refused(&with(&format!("{one}{one}")), &["two rules are called \"r\"", "my.toml:6:1"]);
    refused(&with("rules = 1"), &["tables [[rules]] is wanted"]);
}

#[test]
fn a_policy_is_explained_in_sentences() {
    let place = Place::new().with(
        "my.toml",
        r#"name = "contoso"
preset = "vendor"
directions.outward = true
freezes = [{ name = "year's end", from = "2026-12-20T00:00:00Z", until = 2027-01-05T00:00:00Z, what = "everything" }]
brake = "off"

[[rules]]
name = "test machines"
when = { severity = ["Low", "Medium"], every_alert = { resource_group = ["rg-test-*"] } }
unattended = true
inward.dismissed = { status = "Closed", classification = "BenignPositive", reason = "SuspiciousButExpected" }

[[rules]]
name = "crown jewels"
when.any_alert.resource_group = ["rg-pay"]
directions = { inward = false, outward = false }
"#,
    );
    let said = place.shown(&["policy", "explain", "my.toml"]);
    for sentence in [
        "The policy contoso, from my.toml:",
        "Alerts in Defender for Cloud follow their incidents in Sentinel",
        "When all are dismissed, it is closed as FalsePositive - IncorrectAlertLogic.",
        "When an incident is closed as BenignPositive, its alerts are dismissed.",
        "High and unknown severity wait for a person's approval.",
        "Nothing is written from 2026-12-20T00:00:00Z until 2027-01-05T00:00:00Z (year's end).",
        "There is no brake",
    ] {
        assert!(said.contains(sentence), "{sentence:?} is not in {said}");
    }
    let rules = &said[said.find("Rule 1").expect("there are rules")..];
    insta::assert_snapshot!(rules, @r#"
    Rule 1, test machines: for an incident of severity Low or Medium, and each of whose alerts is in resource group "rg-test-*"
      - When all are dismissed, it is closed as BenignPositive - SuspiciousButExpected.
      - Nothing waits for an approval, whatever the severity.

    Rule 2, crown jewels: for an incident at least one of whose alerts is in resource group "rg-pay"
      - Nothing is written to Sentinel; what differs is shown.
      - Nothing is written to Defender for Cloud.
    "#);
    let json = place.run(&["policy", "explain", "my.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("standard output is JSON");
    assert_eq!((&json["policy"], &json["rules"][1]["name"]), (&"contoso".into(), &"crown jewels".into()));
}

#[test]
fn the_policy_of_the_settings_is_explained_where_none_is_named() {
    let settings = "policy = \"etc/my.toml\"\n";
    let place = Place::new().with("lockstep.toml", settings).with("etc/my.toml", &with(""));
    assert!(place.shown(&["policy", "explain"]).contains("The policy my, from etc/my.toml"));
    assert!(place.shown(&["policy", "explain", "--policy", "seed"]).contains("The policy seed, a preset"));
    insta::assert_snapshot!(Place::new().shown(&["policy", "explain"]), @r#"
    exit code 2
    --- stderr
    error: there is no lockstep.toml
     |
     = help: write one with `lockstep init`, or name another with --config FILE
    "#);
}

#[test]
fn a_shown_preset_is_a_policy_that_says_the_same() {
    for preset in ["observe", "seed", "vendor", "neutral"] {
        let place = Place::new();
        let shown = place.run(&["policy", "show", preset]);
        let place = place.with("shown.toml", &String::from_utf8(shown.stdout).expect("it is text"));
        let says = |policy: &str| {
            let json = place.run(&["policy", "explain", policy, "--format", "json"]);
            let mut json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("standard output is JSON");
            json["file"].take();
            json
        };
        assert_eq!(says("shown.toml"), says(preset));
    }
    insta::assert_snapshot!(Place::new().shown(&["policy", "show", "sede"]), @r#"
    exit code 2
    --- stderr
    error: "sede" is no preset
     |
     = help: did you mean seed?
    "#);
}

#[test]
fn nobody_is_obeyed_by_being_explained() {
    let rule = "[[rules]]\nname = \"a\u{202e}b\"\nwhen.tag = [\"\u{202e}x\"]\n";
    let place = Place::new().with("my.toml", &with(rule));
    for format in ["text", "json"] {
        let said = place.shown(&["policy", "explain", "my.toml", "--format", format]);
        assert!(said.starts_with("exit code 0") && !said.contains('\u{202e}'), "{said:?}");
    }
}

#[test]
fn the_published_schema_is_the_one_that_is_printed() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.schema.json");
    let published = std::fs::read_to_string(&published).expect("it is published");
    let printed = Place::new().run(&["policy", "schema"]).stdout;
    let printed = String::from_utf8(printed).expect("it is text");
    assert_eq!(printed, published, "write it anew: lockstep policy schema > docs/policy.schema.json");
}
