//! What a pass makes of a cloud that fails.

use http::Method;
use lockstep_azure::Fault;
use lockstep_engine::{Conclusion, NotTried, Outcome, Stopped};
use lockstep_twin::world::AlertStatus;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, left, outcomes, pass};
use crate::wire::Disturbance::{Answer, Hang, LoseAnswer, LoseRequest};

const INCIDENT: &str = "/incidents/";
const ALERT: &str = "/alerts/";
const QUERY: &str = "/query";

#[tokio::test(start_paused = true)]
pub async fn i06_a_write_whose_answer_is_lost_is_settled_by_reading_and_not_sent_again() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    tenant.wire.disturb(Method::PUT, INCIDENT, vec![LoseAnswer]);
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(outcomes(&done), ["closed"]);
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    assert_eq!(tenant.entered().await, ["intended", "in doubt", "happened"]);
    assert_eq!(tenant.twin.stats().of("Incidents_CreateOrUpdate"), 1);
}

#[tokio::test(start_paused = true)]
pub async fn i06_a_write_that_never_arrived_is_settled_by_reading_and_decided_again() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    tenant.wire.disturb(Method::PUT, INCIDENT, vec![LoseRequest]);
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(outcomes(&done), ["closed"]);
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    assert_eq!(tenant.entered().await, ["intended", "in doubt", "did not happen", "intended", "done"]);
}

#[tokio::test(start_paused = true)]
pub async fn i06_a_crash_between_intent_and_outcome_is_settled_by_the_next_start() {
    for (fate, expected) in [(LoseAnswer, "happened"), (LoseRequest, "did not happen")] {
        let tenant = Tenant::new();
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        // The write gets its fate, and the process dies while it waits for the read that would settle it.
        tenant.wire.disturb(Method::PUT, INCIDENT, vec![fate]);
        let crashed = tenant.engine().await;
        let wire = tenant.wire.clone();
        let dying = async {
            // The pass reads the incident once before it writes; the second read never comes back.
            wire.disturb(Method::GET, INCIDENT, vec![]);
            pass(&crashed).await
        };
        hang_second_read(&tenant);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), dying).await;
        drop(crashed);
        assert_eq!(tenant.entered().await, ["intended", "in doubt"]);

        pass(&tenant.engine().await).await.unwrap();
        assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
        assert_eq!(tenant.entered().await[2], expected);
        let closings = tenant.entered().await.iter().filter(|kind| ["done", "happened"].contains(kind)).count();
        assert_eq!(closings, 1, "one closing, whatever the crash left open");
    }
}

/// Lets the read before the write through, and hangs the one after it.
fn hang_second_read(tenant: &Tenant) {
    let through = || crate::wire::Disturbance::After(Box::new(|| ()));
    // Reads of the incident and of its tasks share the path; both come once before the write.
    tenant.wire.disturb(Method::GET, INCIDENT, vec![through(), through(), Hang]);
}

#[tokio::test(start_paused = true)]
pub async fn i12_nothing_is_written_where_the_query_gives_no_whole_answer() {
    let partial = r#"{"tables":[],"error":{"code":"PartialError","message":"cut short"}}"#;
    let answers: [(u16, &str); 5] = [(200, partial), (200, ""), (204, ""), (200, "<html>"), (200, r#"{"tables":["#)];
    for (status, body) in answers {
        let tenant = Tenant::new();
        let alert = tenant.raised_as(AlertStatus::Resolved);
        let body: &'static str = body;
        tenant.wire.disturb(Method::POST, QUERY, (0..10).map(|_| Answer(status, &[], body)).collect());
        let stopped = pass(&tenant.engine().await).await.unwrap_err();
        assert!(matches!(stopped, Stopped::Input(_)), "{status} {body}: {stopped:?}");
        assert_eq!(tenant.incident(&alert), "New");
        assert_eq!(tenant.entered().await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
pub async fn i13_without_the_right_to_query_the_pass_names_it() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Resolved);
    let body = r#"{"error":{"code":"InsufficientAccessError","message":"insufficient access"}}"#;
    tenant.wire.disturb(Method::POST, QUERY, vec![Answer(403, &[], body)]);
    let stopped = pass(&tenant.engine().await).await.unwrap_err();
    let Stopped::Rights(error) = stopped else { panic!("{stopped:?}") };
    assert!(matches!(error.fault, Fault::Forbidden { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
pub async fn i12_an_alert_that_cannot_be_read_keeps_its_incident_and_no_other_from_closing() {
    let tenant = Tenant::new();
    let (first, second) = (tenant.raised_as(AlertStatus::Resolved), tenant.raised_as(AlertStatus::Resolved));
    let body = r#"{"error":{"code":"BadRequest","message":"no"}}"#;
    tenant.wire.disturb(Method::GET, ALERT, vec![Answer(400, &[], body)]);
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(left(&done), ["one of its alerts could not be read"]);
    let states = [tenant.incident(&first), tenant.incident(&second)];
    assert_eq!(states.iter().filter(|state| *state == "New").count(), 1, "{states:?}");
    assert_eq!(states.iter().filter(|state| *state == "Closed TruePositive").count(), 1, "{states:?}");
    assert_eq!(done.conclusion(), Conclusion::Held);
}

#[tokio::test(start_paused = true)]
pub async fn i13_a_missing_right_to_read_is_named() {
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    for (path, action) in [
        (ALERT, "Microsoft.Security/locations/alerts/read"),
        ("/tasks", "Microsoft.SecurityInsights/incidents/tasks/read"),
        (INCIDENT, "Microsoft.SecurityInsights/incidents/"),
    ] {
        let tenant = Tenant::new();
        let alert = tenant.raised_as(AlertStatus::Resolved);
        tenant.wire.disturb(Method::GET, path, vec![Answer(403, &[], body)]);
        let done = pass(&tenant.engine().await).await.unwrap();
        assert_eq!(done.conclusion(), Conclusion::Rights, "{path}");
        let [reason] = &left(&done)[..] else { panic!("{path}: {:?}", left(&done)) };
        assert!(reason.starts_with("a right to read it is missing") && reason.contains(action), "{reason}");
        assert_eq!(tenant.incident(&alert), "New");
    }
}

#[tokio::test(start_paused = true)]
pub async fn i14_an_incident_that_vanished_is_left_alone() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    tenant.twin.with(|world| world.delete_incident(alert.incident_name.as_deref().unwrap()));
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(left(&done), ["it does not exist any more"]);
    assert_eq!(done.conclusion(), Conclusion::Done);
}

#[tokio::test(start_paused = true)]
pub async fn i13_a_missing_right_to_write_ends_the_writing() {
    let tenant = Tenant::new();
    for _ in 0..20 {
        tenant.raised_as(AlertStatus::Resolved);
    }
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"does not have authorization to perform action 'Microsoft.SecurityInsights/incidents/write' over scope '/x'"}}"#;
    tenant.wire.disturb(Method::PUT, INCIDENT, (0..20).map(|_| Answer(403, &[], body)).collect());
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(done.conclusion(), Conclusion::Rights);
    assert_eq!(done.written(), 0);
    let tried = tenant.entered().await.iter().filter(|kind| **kind == "intended").count();
    assert!(tried <= 8, "{tried} writes were tried, more than were under way at once");
    assert!(done.outcomes.iter().all(|it| matches!(it, Outcome::NotTried { why: NotTried::Rights(_), .. })));
}

#[tokio::test(start_paused = true)]
pub async fn i11_a_throttled_write_waits_as_long_as_it_was_told() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    tenant.wire.disturb(
        Method::PUT,
        INCIDENT,
        vec![Answer(429, &[("retry-after", "90")], r#"{"error":{"code":"TooManyRequests","message":"wait"}}"#)],
    );
    let engine = tenant.engine().await;
    let began = Instant::now();
    let done = pass(&engine).await.unwrap();
    assert_eq!(outcomes(&done), ["closed"]);
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
    assert!(began.elapsed().as_secs() >= 90, "{:?}", began.elapsed());
    assert_eq!(tenant.entered().await, ["intended", "refused", "intended", "done"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_refused_is_reported_and_the_others_go_on() {
    let tenant = Tenant::new();
    let (first, second) = (tenant.raised_as(AlertStatus::Resolved), tenant.raised_as(AlertStatus::Resolved));
    let body = r#"{"error":{"code":"BadRequest","message":"no"}}"#;
    tenant.wire.disturb(Method::PUT, INCIDENT, vec![Answer(400, &[], body)]);
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(outcomes(&done), ["refused", "closed"]);
    assert_eq!((tenant.incident(&first), tenant.incident(&second)), ("New".into(), "Closed TruePositive".into()));
    assert_eq!(done.conclusion(), Conclusion::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_is_stopped_begins_no_further_write() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    let stop = CancellationToken::new();
    stop.cancel();
    let done = tenant.engine().await.pass(&stop, &|_| ()).await.unwrap();
    assert_eq!(outcomes(&done), ["not tried"]);
    assert_eq!(tenant.incident(&alert), "New");
}
