//! Passes of the binary over the twin, through a socket.

use std::process::{Output, Stdio};

use lockstep_twin::world::{Actor, AlertStatus, IncidentState, NewAlert};
use serde_json::Value;

use crate::cloud::{Cloud, Fault, refusal, reply};
use crate::run::Place;

/// Raises an alert, sets its status, and answers the name of its incident.
fn moved(cloud: &Cloud, status: AlertStatus) -> String {
    cloud.twin.with(|world| {
        let alert = world.raise_alert(NewAlert::default());
        world.set_alert_status(&alert.alert_name, status).expect("the alert is there");
        alert.incident_name.expect("the creation rule is on")
    })
}

/// Runs one command, and looks at the exit code and for words of what is printed.
pub fn check(place: &Place, arguments: &[&str], exit: i32, expected: &[&str]) -> Output {
    let output = place.run(arguments);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
    for words in expected {
        assert!(said.contains(words), "{arguments:?}: {words:?} is not in {said}");
    }
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

/// A pass over one dismissed alert against a cloud with a fault; answers how often an incident was written.
fn check_apply(fault: Fault, exit: i32, expected: &[&str]) -> u64 {
    let cloud = Cloud::with(fault);
    moved(&cloud, AlertStatus::Dismissed);
    check(&cloud.place("seed"), &["apply", "--patience", "0s"], exit, expected);
    cloud.twin.stats().of("Incidents_CreateOrUpdate")
}

#[test]
fn a_plan_is_shown_and_then_made_once() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let incident = moved(&cloud, AlertStatus::Dismissed);

    check(
        &place,
        &["plan"],
        0,
        &["cloud      twin, ", "law-sentinel", "policy     seed", "1 change is due", "BenignPositive"],
    );
    assert_eq!(cloud.twin.with(|world| world.incident_state(&incident)), Some(IncidentState::New));

    check(&place, &["apply"], 0, &["1 change was made", "written"]);
    let closed = cloud.twin.with(|world| world.incident_state(&incident)).expect("it is there");
    assert_eq!(closed.closing().map(|closing| closing.classification.as_str()), Some("BenignPositive"));

    check(&place, &["apply"], 0, &["Nothing was changed"]);
    check(&place, &["plan"], 0, &["Nothing to change"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 1);
    check(&place, &["ledger"], 0, &["intended", "done", "run ended", &incident]);
    check(&place, &["ledger", "verify"], 0, &["holds: 6 entries"]);
    check(&place, &["ledger", "--incident", &incident], 0, &["intended"]);
}

#[test]
fn machines_read_the_same() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let incident = moved(&cloud, AlertStatus::Resolved);
    moved(&cloud, AlertStatus::Active);

    let plan = json(&check(&place, &["plan", "--format", "json"], 0, &[]));
    assert_eq!(plan["changes"][0]["incident"], incident.as_str());
    assert_eq!(plan["changes"][0]["classification"], "TruePositive - SuspiciousActivity");
    assert_eq!(plan["policy"], "seed");
    assert_eq!(plan["seen"], 2);
    assert_eq!(plan["untouched"]["alerts-new"], 1);

    let pass = json(&check(&place, &["apply", "--format", "json"], 0, &[]));
    assert_eq!(pass["changes"][0]["outcome"], "written");
    let run = pass["run"].as_str().expect("a run wrote");
    let ledger = json(&check(&place, &["ledger", "--run", run, "--format", "json"], 0, &[]));
    let events: Vec<_> =
        ledger["entries"].as_array().expect("a list").iter().map(|entry| entry["event"].clone()).collect();
    assert_eq!(events, ["run_started", "intended", "done", "run_ended"]);

    let idle = json(&check(&place, &["apply", "--format", "json"], 0, &[]));
    assert_eq!((&idle["run"], &idle["changes"]), (&Value::Null, &serde_json::json!([])));
}

#[test]
fn nothing_is_written_by_a_policy_that_observes() {
    let cloud = Cloud::new();
    let place = cloud.place("observe");
    moved(&cloud, AlertStatus::Dismissed);
    check(&place, &["apply"], 0, &["policy     observe", "Nothing was changed", "the policy only observes"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 0);
    check(&place, &["apply", "--policy", "seed"], 0, &["policy     seed", "1 change was made"]);
}

#[test]
fn what_waits_for_a_person_is_held() {
    let task = |_: &str, path: &str| {
        let tasks = r#"{"value":[{"id":"/x","name":"t","properties":{"title":"Call the owner","status":"New"}}]}"#;
        path.contains("/tasks").then(|| reply("200 OK", "", tasks))
    };
    assert_eq!(check_apply(task, 3, &["Nothing was changed", "1 open task"]), 0);
}

#[test]
fn an_incident_that_cannot_be_read_is_not_written() {
    let is_incident =
        |method: &str, path: &str| method == "GET" && path.contains("/incidents/") && !path.contains("/tasks");
    let _ = is_incident;
    assert_eq!(
        check_apply(
            |method, path| {
                let is_incident = method == "GET" && path.contains("/incidents/") && !path.contains("/tasks");
                is_incident.then(|| refusal("500 Internal Server Error", "", "InternalServerError"))
            },
            4,
            &["could not be read", "InternalServerError"]
        ),
        0
    );
    assert_eq!(
        check_apply(
            |_, path| path.contains("/providers/Microsoft.Security/").then(|| refusal(
                "500 Internal Server Error",
                "",
                "Down"
            )),
            4,
            &["could not be read", "Down"]
        ),
        0
    );
}

#[test]
fn a_write_that_fails_says_so() {
    let check =
        |fault: Fault, exit: i32, expected: &[&str]| assert_eq!(check_apply(fault, exit, expected), 0, "{expected:?}");
    check(
        |method, _| (method == "PUT").then(|| refusal("403 Forbidden", "", "AuthorizationFailed")),
        6,
        &["not tried", "AuthorizationFailed"],
    );
    check(
        |method, _| (method == "PUT").then(|| refusal("400 Bad Request", "", "BadRequest")),
        5,
        &["refused", "BadRequest"],
    );
    check(
        |method, _| (method == "PUT").then(|| refusal("409 Conflict", "", "Conflict")),
        5,
        &["refused", "changed since it was read"],
    );
    check(|method, _| (method == "PUT").then(|| refusal("404 Not Found", "", "NotFound")), 5, &["refused"]);
    check(
        |method, _| (method == "PUT").then(|| refusal("500 Internal Server Error", "", "InternalServerError")),
        5,
        &["refused", "InternalServerError"],
    );
}

#[test]
fn a_ledger_is_for_one_instance() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    check(&place, &["apply"], 0, &[]);
    let mut watch =
        place.command(&["watch", "--interval", "1h"]).stdout(Stdio::piped()).spawn().expect("the binary runs");
    // Its first pass ends in a line that tells of incidents, after four lines of heading.
    let lines = std::io::BufRead::lines(std::io::BufReader::new(watch.stdout.take().expect("it is piped")));
    let line = lines.map_while(Result::ok).find(|line| line.contains("0 incidents seen")).expect("a pass");
    assert!(line.contains("0 changed"), "{line}");
    check(&place, &["apply"], 7, &["in use by"]);
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
    check(&place, &["apply"], 0, &[]);
}

#[test]
#[cfg(unix)]
fn a_watch_ends_when_it_is_asked() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    moved(&cloud, AlertStatus::Dismissed);
    for signal in ["-INT", "-TERM"] {
        let mut command = place.command(&["watch", "--interval", "1h", "--format", "json"]);
        let mut watch = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut line = String::new();
        let mut out = std::io::BufReader::new(watch.stdout.take().expect("it is piped"));
        std::io::BufRead::read_line(&mut out, &mut line).expect("a line");
        let pass: Value = serde_json::from_str(&line).expect("a line is a pass");
        assert_eq!(pass["policy"], "seed");
        std::process::Command::new("kill").args([signal, &watch.id().to_string()]).status().expect("kill is there");
        assert!(watch.wait().expect("it ends").success());
    }
}

#[test]
fn titles_are_not_obeyed() {
    let cloud = Cloud::new();
    cloud.twin.with(|world| {
        let alert = world
            .raise_alert(NewAlert { display_name: "\u{1b}[2J\u{202e}gone\nnew line".into(), ..NewAlert::default() });
        world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).expect("the alert is there");
    });
    let place = cloud.place("seed");
    for arguments in
        [&["plan"][..], &["plan", "--format", "json"], &["apply"], &["ledger"], &["ledger", "--format", "json"]]
    {
        let output = place.run(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{arguments:?}: {said:?}");
    }
}

#[test]
fn i15_what_the_brake_holds_waits_for_a_person() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    check(&place, &["approve"], 0, &["No brake is on."]);
    // Each by somebody else, so that no person's own limit is met.
    for number in 0..52 {
        let owner = Actor::person(&format!("owner{number}@contoso.example"));
        cloud.twin.with(|world| {
            let alert = world.raise_alert(NewAlert::default());
            world.set_alert_status_by(&alert.alert_name, AlertStatus::Dismissed, &owner).expect("the alert is there");
        });
    }
    // 30 % of 52 open incidents come before 50 an hour.
    check(&place, &["plan"], 3, &["the brake allows no more than 30 % of 52 open incidents a day for the workspace"]);
    let pass = check(&place, &["apply"], 3, &["15 changes were made", "is on since", "It holds 37 changes"]);
    let said = String::from_utf8_lossy(&pass.stdout).into_owned();
    let (_, number) = said.rsplit_once("`lockstep approve ").expect("it says what releases the brake");
    let number = number.split('`').next().expect("a number");

    check(&place, &["approve"], 3, &["It holds 37 changes", "New -> Closed (BenignPositive"]);
    check(&place, &["approve", "99", "--by", "ann"], 2, &["there is no brake 99 that is on"]);
    check(&place, &["approve", number, "--by", "ann"], 0, &["ann said yes to 37 changes"]);
    check(&place, &["approve", number, "--by", "ann"], 2, &["there is no brake"]);
    check(&place, &["apply"], 0, &["37 changes were made"]);
    check(&place, &["ledger", "verify"], 0, &["holds"]);
}

#[test]
fn i15_an_approval_reaches_an_instance_that_holds_the_ledger() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    for _ in 0..20 {
        moved(&cloud, AlertStatus::Dismissed);
    }
    let mut command = place.command(&["watch", "--interval", "1s", "--format", "json"]);
    let mut watch = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(watch.stdout.take().expect("it is piped")));
    let mut next = || -> Value {
        serde_json::from_str(&lines.next().expect("a pass").expect("a line")).expect("a line is a pass")
    };
    let number = next()["brakes"][0]["brake"].as_u64().expect("a brake is on").to_string();
    check(
        &place,
        &["approve", &number, "--by", "ann"],
        0,
        &["said yes to 14 changes", "Another instance holds the ledger"],
    );
    let released = std::iter::repeat_with(&mut next).take(20).find(|pass| pass["brakes"] == serde_json::json!([]));
    assert_eq!(released.expect("the approval was entered")["changes"].as_array().map(Vec::len), Some(14));
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
}

/// Refuses the first query of a process for want of a right.
fn refuses_once(asked: &std::sync::atomic::AtomicU32, path: &str) -> Option<Vec<u8>> {
    let is_first = crate::cloud::is_query(path) && asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
    is_first.then(|| refusal("403 Forbidden", "", "InsufficientAccessError"))
}

#[test]
fn a_right_that_was_just_given_is_waited_for() {
    static ASKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let cloud = Cloud::with(|_, path| refuses_once(&ASKED, path));
    moved(&cloud, AlertStatus::Dismissed);
    let place = cloud.place("seed");
    let refused_again = || ASKED.store(0, std::sync::atomic::Ordering::SeqCst);
    check(&place, &["plan"], 6, &["the identity lacks"]);
    refused_again();
    check(&place, &["plan", "--wait-for-rights", "1s"], 0, &["1 change is due"]);
    refused_again();
    check(&place, &["apply", "--wait-for-rights", "1s"], 0, &["1 change was made"]);
    // The ledger knows that the right was there.
    refused_again();
    check(&place, &["apply", "--wait-for-rights", "1h"], 6, &["the identity lacks"]);
}
