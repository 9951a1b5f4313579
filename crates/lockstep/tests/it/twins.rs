//! `lockstep twin` as a process: worlds that outlive it, and stories.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::run::Place;

/// A twin that serves until it is killed.
struct Served(Child);

impl Served {
    fn start(place: &Place, more: &[&str]) -> Self {
        let files = ["twin", "--env-file", "twin.env", "--config-file", "lockstep.toml"];
        let mut command = place.command(&[&files, more].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said).expect("it says something");
        assert!(said.starts_with("lockstep twin is ready at"), "{said}");
        Self(child)
    }

    /// Ends it with no warning.
    fn kill(mut self) {
        self.0.kill().expect("it is ours");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a command against the twin of the place answers.
fn told(place: &Place, arguments: &[&str]) -> String {
    let mut command = place.command(arguments);
    let env = fs::read_to_string(place.path().join("twin.env")).expect("the twin wrote it");
    let assignments = env.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| !name.contains(' '));
    command.envs(assignments.map(|(name, value)| (name, value.trim_matches('\''))));
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

const INCIDENT: &str = r#"{"TimeGenerated":"2024-05-30T10:00:00Z","IncidentName":"71b7b8ee-8ad8-4f54-bd9c-1f4a2b9d6f25","IncidentNumber":7,"AlertIds":["c2f0a1c4-0a55-4c7b-8a38-3b6f0f0a9c11"]}"#;
const ALERT: &str = r#"{"TimeGenerated":"2024-05-30T10:00:00Z","SystemAlertId":"c2f0a1c4-0a55-4c7b-8a38-3b6f0f0a9c11","Status":"Dismissed"}"#;

#[test]
fn a_kept_world_outlives_a_process_that_is_killed() {
    let place = Place::new().with("rows/si.jsonl", INCIDENT).with("rows/sa.jsonl", ALERT);
    let arguments = ["--dir", "kept", "--load", "rows", "--now", "2024-06-01T00:00:00Z"];
    let apply = ["apply", "--config", "lockstep.toml", "--ledger", "ledger.db", "--format", "json"];
    let twin = Served::start(&place, &arguments);
    let first = told(&place, &apply);
    assert!(first.contains("\"closed\"") || first.contains("Closed"), "{first}");
    twin.kill();
    let twin = Served::start(&place, &arguments);
    let plan = ["plan", "--config", "lockstep.toml", "--ledger", "other.db", "--format", "json"];
    let second: serde_json::Value = serde_json::from_str(&told(&place, &plan)).expect("it is JSON");
    assert_eq!(second["changes"], serde_json::json!([]), "what was written is kept");
    let refused = place.run(&["twin", "--dir", "kept"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("another twin keeps its world in"), "{said}");
    twin.kill();
    fs::write(place.path().join("bad.jsonl"), "{}\n").expect("it can be written");
    let refused = place.run(&["twin", "--import", "bad.jsonl"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("line 1"), "{said}");
    let whole = place.path().join("kept/world.jsonl");
    fs::rename(whole, place.path().join("world.jsonl")).expect("it is there");
    Served::start(&place, &["--import", "world.jsonl"]).kill();
}

/// The story that docs/guide/twin.md shows, and what it prints.
#[test]
fn the_story_of_the_guide_is_played_as_the_guide_says() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let script = format!("{root}/docs/guide/day.story");
    let output = Place::new().run(&["twin", "story", &script, "--set", "delay=60"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).expect("it is text");
    let guide = fs::read_to_string(format!("{root}/docs/guide/twin.md")).expect("the guide is there");
    assert!(guide.contains(told.trim_end()), "the guide says otherwise:\n{told}");
}

#[test]
fn a_story_that_cannot_be_played_is_refused_by_its_line() {
    let place = Place::new().with("bad.story", "alert a\nowner waves a\n");
    insta::assert_snapshot!(place.shown(&["twin", "story", "bad.story"]), @r"
    exit code 2
    --- stderr
    error: bad.story, line 2: found 'waves' where one of dismisses, resolves, starts, activates would do
    ");
    let refused = place.run(&["twin", "story", "none.story"]);
    assert_eq!(refused.status.code(), Some(2));
}
