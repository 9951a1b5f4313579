//! The demo, and the twin on its own.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::run::Place;

#[test]
fn the_gap_opens_and_closes() {
    let output = Place::new().run(&["demo", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let demo: Value = serde_json::from_slice(&output.stdout).expect("standard output is one JSON document");
    let rows = demo["rows"].as_array().expect("a list").iter().map(|row| {
        let standing = |when: &str| {
            ["defender_alert", "sentinel_alert", "incident"].map(|who| row[when][who].as_str().expect("a text"))
        };
        format!(
            "{:<24} {:<60} {}",
            row["what"].as_str().expect("a text"),
            standing("before").join(" | "),
            standing("after").join(" | ")
        )
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r#"
    new alert                Active | New | New                                           Active | New | New
    alert set to in progress InProgress | InProgress | New                                InProgress | InProgress | Active
    alert dismissed          Dismissed | Dismissed | New                                  Dismissed | Dismissed | Closed BenignPositive - SuspiciousButExpected
    alert resolved           Resolved | Resolved | New                                    Resolved | Resolved | Closed TruePositive - SuspiciousActivity
    incident set to active   Active | New | Active                                        Active | New | Active
    incident closed          Resolved | Resolved | Closed FalsePositive - InaccurateData  Resolved | Resolved | Closed FalsePositive - InaccurateData
    "#);
    assert_eq!((&demo["right"], &demo["changed_again"], &demo["idle_requests"]), (&true.into(), &0.into(), &1.into()));
}

#[test]
fn the_demo_is_a_table_for_people() {
    let output = Place::new().run(&["demo"]);
    let said = String::from_utf8_lossy(&output.stdout);
    for words in ["6 of 6 rows right", "3 of 3 gaps closed", "A further pass changed nothing, in 1 request."] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(!said.contains('\u{1b}'), "colours are for terminals alone");
}

#[test]
#[cfg(unix)]
fn the_twin_serves_whom_its_files_point_to_it() {
    let place = Place::new();
    let mut command = place.command(&[
        "twin",
        "--env-file",
        "twin.env",
        "--config-file",
        "twin.toml",
        "--now",
        "2024-05-01T12:00:00Z",
    ]);
    let mut twin = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut lines = BufReader::new(twin.stdout.take().expect("it is piped")).lines();
    let ready = lines.next().expect("a line").expect("text");
    assert!(ready.contains("ready") && ready.contains("https://127.0.0.1:"), "{ready}");

    let binary = env!("CARGO_BIN_EXE_lockstep");
    let script = format!(". ./twin.env && '{binary}' apply --config twin.toml --format json");
    let output =
        std::process::Command::new("sh").args(["-c", &script]).current_dir(place.path()).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pass: Value = serde_json::from_slice(&output.stdout).expect("standard output is one JSON document");
    assert_eq!(&pass["asked"].as_str().expect("a time")[..10], "2024-05-01");

    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(place.path().join("twin.env")).expect("a file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "the env file holds secrets");
    std::process::Command::new("kill").arg(twin.id().to_string()).status().expect("kill is there");
    assert!(twin.wait().expect("it ends").success());
    assert!(lines.next().is_none(), "one line on standard output");
    let said = std::io::read_to_string(twin.stderr.take().expect("it is piped")).expect("text");
    let env = std::fs::read_to_string(place.path().join("twin.env")).expect("a file");
    let secret = env.lines().find_map(|line| line.strip_prefix("CLIENT_SECRET=")).expect("it is assigned");
    assert!(said.contains("az cloud register") && !said.contains(secret), "{said}");
}

#[test]
#[cfg(unix)]
fn the_twin_starts_from_the_setup_in_its_guide() {
    let guide = include_str!("../../../../docs/guide/twin.md");
    let begin = guide.find("```toml\n").expect("the guide shows a setup") + "```toml\n".len();
    let setup = &guide[begin..begin + guide[begin..].find("```").expect("the setup ends")];
    let place = Place::new().with("setup.toml", setup);
    let mut command = place.command(&["twin", "--setup", "setup.toml", "--set", "portal=defender"]);
    let mut twin = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut lines = BufReader::new(twin.stdout.take().expect("it is piped")).lines();
    assert!(lines.next().expect("a line").expect("text").contains("ready"));
    std::process::Command::new("kill").arg(twin.id().to_string()).status().expect("kill is there");
    assert!(twin.wait().expect("it ends").success());
}

#[test]
fn the_twin_says_what_is_wrong_with_its_setup() {
    let check = |file: &str, more: &[&str], expected: &str| {
        let place = Place::new().with("setup.toml", file);
        let output = place.run(&[&["twin", "--setup", "setup.toml"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{said}");
    };
    check("[switches]\nmoon = 1\n", &[], "unknown field `moon`");
    check("[estate]\ntenant_id = \"contoso\"\n", &[], "'contoso' must be a GUID");
    check("[throttles]\nfactor = 0.0\n", &[], "must be above 0");
    check("", &["--set", "moon=1"], "there is no switch 'moon'");
    check("", &["--set", "portal"], "sets nothing");
    check("", &["--set", "portal=moon"], "unknown variant `moon`");
}
