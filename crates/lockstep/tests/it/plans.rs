//! Plan files of the binary, through a socket.

use lockstep_twin::world::{AlertStatus, IncidentState, NewAlert};

use crate::cloud::Cloud;
use crate::passes::check;
use crate::run::Place;

/// A cloud in which one alert was dismissed, a folder with settings that point to it, and the name of the incident.
fn given() -> (Cloud, Place, String) {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let incident = cloud.twin.with(|world| {
        let alert =
            world.raise_alert(NewAlert { display_name: "Crypto miner on vm-<b>7</b>".into(), ..NewAlert::default() });
        world.set_alert_status(&alert.alert_name, AlertStatus::Dismissed).expect("the alert is there");
        alert.incident_name.expect("the creation rule is on")
    });
    (cloud, place, incident)
}

fn read(place: &Place, file: &str) -> String {
    std::fs::read_to_string(place.path().join(file)).expect("it was written")
}

#[test]
fn a_plan_is_kept_and_applied_once() {
    let (cloud, place, incident) = given();
    check(&place, &["plan", "-o", "plan.toml"], 0, &["1 change is due", "wrote plan.toml"]);
    let plan = read(&place, "plan.toml");
    let kept = ["lockstep_plan = 1", "to = \"Closed: BenignPositive", "instance = \"lockstep\"", &cloud.url, &incident];
    for words in kept {
        assert!(plan.contains(words), "{words:?} is not in {plan}");
    }
    assert_eq!(cloud.twin.with(|world| world.incident_state(&incident)), Some(IncidentState::New));

    let heading = ["instance   lockstep", "1 change was made", "written"];
    check(&place, &["apply", "plan.toml"], 0, &heading);
    check(&place, &["apply", "plan.toml"], 0, &["0 changes were made", "made before"]);
    check(&place, &["apply", "--resume"], 0, &["made before"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 1);
    check(&place, &["ledger", "verify"], 0, &["holds: 4 entries, 3 bodies"]);
}

#[test]
#[cfg(unix)]
fn a_plan_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_cloud, place, _) = given();
    check(&place, &["plan", "-o", "plan.toml"], 0, &[]);
    let mode = std::fs::metadata(place.path().join("plan.toml")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_plan_that_is_stale_ends_with_its_own_code() {
    let (cloud, place, incident) = given();
    check(&place, &["plan", "-o", "plan.toml"], 0, &[]);
    let analyst = lockstep_twin::world::Actor::person("analyst@contoso.example");
    cloud.twin.with(|world| world.activate_incident(&incident, &analyst)).expect("it is there");
    check(&place, &["apply", "plan.toml"], 8, &["stale: the incident is Active now, and was New"]);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 0);
}

/// Applies a plan after a change of its text, or of the settings.
fn check_refused(edit: fn(String) -> String, arguments: &[&str], exit: i32, expected: &[&str]) {
    let (cloud, place, _) = given();
    check(&place, &["plan", "-o", "plan.toml"], 0, &[]);
    std::fs::write(place.path().join("plan.toml"), edit(read(&place, "plan.toml"))).expect("a file");
    check(&place, &[&["apply", "plan.toml"], arguments].concat(), exit, expected);
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 0);
}

#[test]
fn a_plan_for_something_else_is_refused() {
    let same = |plan: String| plan;
    check_refused(same, &["--policy", "observe"], 8, &["made under the policy \"seed\", not \"observe\""]);
    let elsewhere = |plan: String| plan.replace("instance = \"lockstep\"", "instance = \"other\"");
    check_refused(elsewhere, &[], 2, &["made for another place", "the plan's instance is other"]);
    let newer = |plan: String| plan.replace("lockstep_plan = 1", "lockstep_plan = 2");
    check_refused(newer, &[], 2, &["is a plan of form 2; this lockstep reads form 1"]);
    check_refused(|_| "x = 1\n".to_owned(), &[], 2, &["is no plan"]);
    let unknown = |plan: String| plan.replace("number = ", "nummer = ");
    check_refused(unknown, &[], 2, &["unknown field `nummer`"]);
    let lower = |plan: String| plan.replace("BenignPositive - SuspiciousButExpected", "Undetermined");
    check_refused(lower, &[], 8, &["the policy now makes of it"]);
    let bad = |plan: String| plan.replace("severity = \"", "severity = \"Very ");
    check_refused(bad, &[], 2, &["High, Medium, Low, Informational or Unknown is wanted"]);
    check_refused(same, &["--approve"], 2, &["a yes is a person's", "--by NAME"]);
}

#[test]
fn a_yes_to_a_plan_is_recorded() {
    let (_cloud, place, _) = given();
    check(&place, &["plan", "-o", "plan.toml"], 0, &[]);
    check(&place, &["apply", "plan.toml", "--approve", "--by", "ann"], 0, &["1 change was made"]);
    check(&place, &["ledger"], 0, &["approved", "1 changes, by ann"]);
}

#[test]
fn a_ticket_names_nobody_unless_it_is_asked_to() {
    let (_cloud, place, _) = given();
    let ticket = check(&place, &["plan", "--format", "markdown"], 0, &["| 1 |", "BenignPositive"]);
    let text = String::from_utf8_lossy(&ticket.stdout).into_owned();
    assert!(!text.contains("vm-") && !text.contains("law-sentinel") && !text.contains("cloud      "), "{text}");
    let named = check(&place, &["plan", "--format", "markdown", "--names"], 0, &["law-sentinel"]);
    let text = String::from_utf8_lossy(&named.stdout).into_owned();
    assert!(text.contains("Crypto miner on vm-&lt;b&gt;7&lt;/b&gt;"), "{text}");
}
