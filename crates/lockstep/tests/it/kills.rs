//! I6: a process that is killed at a random moment of an apply loses nothing, doubles nothing and explains everything.

use std::process::Stdio;
use std::time::{Duration, Instant};

use lockstep_twin::world::{AlertStatus, IncidentState, NewAlert};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::passes::check;

/// How often the process is killed where nobody says otherwise; `cargo xtask kill-loop` says.
const ROUNDS: u32 = 6;

/// How many incidents each round has to change.
const CHANGES: usize = 5;

#[test]
fn i06_a_process_may_be_killed_at_any_moment() {
    let rounds = rounds();
    let cloud = Cloud::new();
    // The brake would hold most of it.
    let place =
        cloud.place("policy.toml").with("policy.toml", "name = \"kills\"\npreset = \"seed\"\nbrake = \"off\"\n");
    let apply = ["apply", "--format", "json", "--patience", "10s"];
    let mut moved = Vec::new();
    let mut longest = Duration::from_millis(50);
    let mut random = seed();
    let (mut killed, mut finished) = (0, 0);
    for round in 0..rounds {
        moved.extend((0..CHANGES).map(|at| move_one(&cloud, at)));
        let began = now();
        let mut child = place.command(&apply).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        if round % 10 == 0 {
            // How long one takes, so that the moments cover all of it.
            child.wait().expect("it ends");
            longest = began.elapsed();
            finished += 1;
            continue;
        }
        random = next(random);
        sleep(longest.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64));
        child.kill().expect("it is ours");
        match child.wait().expect("it ends").code() {
            Some(_) => finished += 1,
            None => killed += 1,
        }
    }

    check(&place, &apply, 0, &[]);
    let idle: Value = serde_json::from_slice(&check(&place, &apply, 0, &[]).stdout).expect("JSON");
    assert_eq!(idle["changes"], serde_json::json!([]), "nothing was lost");
    let wrong: Vec<_> = moved.iter().filter(|(incident, wanted)| said(&cloud, incident) != *wanted).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let writes = cloud.twin.stats().operations["Incidents_CreateOrUpdate"].clone();
    assert_eq!(writes.get(&200), Some(&(moved.len() as u64)), "nothing was doubled: {writes:?}");

    check(&place, &["ledger", "verify"], 0, &["holds"]);
    let listed = check(&place, &["ledger", "--format", "json"], 0, &[]);
    let entries: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let entries = entries["entries"].as_array().expect("a list");
    let outcome = |write: &Value| {
        let is_outcome = |entry: &&Value| {
            entry["write"] == *write && matches!(entry["event"].as_str(), Some("done" | "refused" | "settled"))
        };
        entries.iter().filter(is_outcome).count()
    };
    let intents: Vec<_> = entries.iter().filter(|entry| entry["event"] == "intended").collect();
    let unexplained: Vec<_> = intents.iter().filter(|entry| outcome(&entry["number"]) != 1).collect();
    assert!(unexplained.is_empty(), "each write has one outcome: {unexplained:?}");
    let happened =
        |entry: &&Value| entry["event"] == "done" || entry["event"] == "settled" && entry["happened"] == true;
    assert_eq!(entries.iter().filter(happened).count(), moved.len(), "each change is in the ledger once");
    let settled = entries.iter().filter(|entry| entry["event"] == "settled").count();
    report(&format!(
        "{rounds} rounds: killed {killed} times, finished {finished} times, {} changes, {settled} settled by reading",
        moved.len()
    ));
}

/// Raises an alert, has its owner move it, and answers its incident with what that has to become.
pub fn move_one(cloud: &Cloud, at: usize) -> (String, &'static str) {
    let (status, wanted) = [
        (AlertStatus::Dismissed, "Closed BenignPositive"),
        (AlertStatus::InProgress, "Active"),
        (AlertStatus::Resolved, "Closed TruePositive"),
    ][at % 3];
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert::default());
        world.set_alert_status(&alert.alert_name, status).expect("the alert is there");
        (alert.incident_name.expect("the creation rule is on"), wanted)
    })
}

pub fn said(cloud: &Cloud, incident: &str) -> String {
    match cloud.twin.with(|world| world.incident_state(incident)).expect("it is there") {
        IncidentState::New => "New".into(),
        IncidentState::Active => "Active".into(),
        IncidentState::Closed(closing) => format!("Closed {}", closing.classification.as_str()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the chore that runs this test says how often")]
fn rounds() -> u32 {
    std::env::var("LOCKSTEP_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

#[expect(clippy::disallowed_methods, reason = "a process is killed at a moment of the machine's time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a process is killed at a moment of the machine's time")]
fn sleep(time: Duration) {
    std::thread::sleep(time);
}

#[expect(clippy::print_stdout, reason = "the chore that runs this test shows it")]
pub fn report(line: &str) {
    println!("{line}");
}

/// Where the random moments start: different every time, since what they meet is, too.
fn seed() -> u64 {
    u64::from(std::process::id()) << 32 | 0x9e37_79b9
}

/// The next of a row of random numbers. Source: Steele et al., SplitMix64.
fn next(state: u64) -> u64 {
    let mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
