//! Direct sight: what it sees before the tables do, what it costs, and what it takes for unknown; and how old reads may be.

use std::time::Duration;

use http::Method;
use lockstep_azure::Untouched;
use lockstep_core::{Policy, Preset, Sight};
use lockstep_engine::{Conclusion, Pass, Stopped};
use lockstep_twin::world::{AlertRef, AlertStatus, Settings, World};

use crate::tenant::{Tenant, as_false_positive, left, outcomes, pass};
use crate::wire::Disturbance::{After, Answer, Delay};

fn direct() -> Policy {
    Policy { sight: Sight::Direct, ..Preset::Seed.policy() }
}

/// A tenant whose tables are three minutes behind, and an alert that they know.
async fn behind() -> (Tenant, AlertRef) {
    let tenant = Tenant::with(Settings { delay: Duration::from_secs(180), ..Settings::default() });
    let alert = tenant.raise();
    tokio::time::advance(Duration::from_secs(200)).await;
    (tenant, alert)
}

/// How often the twin was asked for each of these.
fn asked<const N: usize>(tenant: &Tenant, operations: [&str; N]) -> [u64; N] {
    operations.map(|operation| tenant.twin.stats().of(operation))
}

#[tokio::test(start_paused = true)]
async fn each_row_of_the_table_ends_in_step_before_the_tables_know() {
    let check = async |act: &dyn Fn(&Tenant, &AlertRef), expected: &str| {
        let (tenant, alert) = behind().await;
        act(&tenant, &alert);
        let engine = tenant.engine_under(direct()).await;
        pass(&engine).await.unwrap();
        assert_eq!(tenant.incident(&alert), expected);
        let writes = tenant.twin.stats().of("Incidents_CreateOrUpdate");
        for seconds in [0, 100, 400] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert_eq!(outcomes(&pass(&engine).await.unwrap()), [""; 0], "{expected} after {seconds} s");
        }
        assert_eq!(tenant.twin.stats().of("Incidents_CreateOrUpdate"), writes);
    };
    check(&|_, _| (), "New").await;
    check(&|tenant, alert| tenant.set(alert, AlertStatus::InProgress), "Active").await;
    check(&|tenant, alert| tenant.set(alert, AlertStatus::Dismissed), "Closed BenignPositive").await;
    check(&|tenant, alert| tenant.set(alert, AlertStatus::Resolved), "Closed TruePositive").await;
    let activate = |world: &mut World, name: &str, by: &_| world.activate_incident(name, by).unwrap();
    check(&|tenant, alert| tenant.analyst(alert, activate), "Active").await;
    let close = |world: &mut World, name: &str, by: &_| world.close_incident(name, as_false_positive(), by).unwrap();
    check(&|tenant, alert| tenant.analyst(alert, close), "Closed FalsePositive").await;
}

#[tokio::test(start_paused = true)]
async fn a_list_is_the_fresh_read_of_its_incidents() {
    let (tenant, alert) = behind().await;
    tenant.set(&alert, AlertStatus::Resolved);
    assert_eq!(outcomes(&pass(&tenant.engine_under(direct()).await).await.unwrap()), ["closed"]);
    let reads = ["Query_Execute", "Incidents_List", "Alerts_List", "Incidents_Get", "IncidentTasks_List"];
    assert_eq!(asked(&tenant, reads), [1, 1, 1, 0, 1]);
    assert_eq!(asked(&tenant, ["Alerts_GetResourceGroupLevel", "Incidents_CreateOrUpdate"]), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_costs_a_page_for_each_thousand_open_incidents_and_nothing_for_each() {
    let tenant = Tenant::new();
    for _ in 0..1001 {
        tenant.raise();
    }
    let closed = tenant.raise();
    tenant.analyst(&closed, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    let engine = tenant.engine_under(direct()).await;
    let seen = pass(&engine).await.unwrap();
    assert_eq!((seen.observation.seen(), left(&seen).len()), (1002, 0));
    assert_eq!(seen.observation.untouched[&Untouched::AlertsNew], 1001);
    let reads = ["Query_Execute", "Incidents_List", "Incidents_Get", "Alerts_GetResourceGroupLevel"];
    assert_eq!(asked(&tenant, reads), [1, 2, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_list_does_not_stand_for_a_fresh_read_for_longer_than_15_seconds() {
    let check = async |seconds, reads: u64| {
        let (tenant, alert) = behind().await;
        tenant.set(&alert, AlertStatus::Resolved);
        let late = vec![Delay(Duration::from_secs(seconds))];
        tenant.wire.disturb(Method::GET, "/providers/Microsoft.Security/alerts", late);
        assert_eq!(outcomes(&pass(&tenant.engine_under(direct()).await).await.unwrap()), ["closed"]);
        assert_eq!(asked(&tenant, ["Incidents_Get"]), [reads], "after {seconds} s");
    };
    check(14, 0).await;
    check(16, 1).await;
}

/// How often incidents and alerts are read where something takes so long.
async fn reads(policy: Policy, slow: (Method, &'static str), seconds: u64) -> [u64; 2] {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Resolved);
    tenant.wire.disturb(slow.0, slow.1, vec![Delay(Duration::from_secs(seconds))]);
    assert_eq!(outcomes(&pass(&tenant.engine_under(policy).await).await.unwrap()), ["closed"]);
    asked(&tenant, ["Incidents_Get", "Alerts_GetResourceGroupLevel"])
}

#[tokio::test(start_paused = true)]
pub async fn i01_reads_that_grew_older_than_15_seconds_are_read_again() {
    for slow in [(Method::GET, "/tasks"), (Method::GET, "/alerts/"), (Method::GET, "/incidents/")] {
        assert_eq!(reads(Preset::Seed.policy(), slow.clone(), 14).await, [1, 1], "{slow:?}");
        assert_eq!(reads(Preset::Seed.policy(), slow.clone(), 16).await, [2, 2], "{slow:?}");
    }
    let slow = (Method::GET, "/locations/");
    assert_eq!(reads(direct(), slow.clone(), 14).await, [0, 1]);
    assert_eq!(reads(direct(), slow, 16).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
pub async fn i01_after_any_wait_both_sides_are_read_again() {
    for policy in [Preset::Seed.policy(), direct()] {
        let tenant = Tenant::new();
        let alerts: Vec<_> = (0..9).map(|_| tenant.raised_as(AlertStatus::Dismissed)).collect();
        let throttled = Answer(429, &[("retry-after", "5")], "");
        // Eight are written at once. The second is throttled, and the others with it, the ninth before it had its turn.
        tenant.wire.disturb(Method::PUT, "/incidents/", vec![After(Box::new(|| ())), throttled]);
        let is_direct = policy.sight == Sight::Direct;
        let engine = tenant.engine_under(policy).await;
        assert_eq!(outcomes(&pass(&engine).await.unwrap()), ["closed"; 9]);
        assert!(alerts.iter().all(|alert| tenant.incident(alert) == "Closed BenignPositive"));
        let [incidents, alerts] = asked(&tenant, ["Incidents_Get", "Alerts_GetResourceGroupLevel"]);
        // Twice, but for the first; the first time, a list stands for the incident.
        assert_eq!((incidents, alerts), (if is_direct { 8 } else { 17 }, 17));
    }
}

#[tokio::test(start_paused = true)]
pub async fn i01_a_throttled_write_is_read_for_again() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    tenant.wire.disturb(Method::PUT, "/incidents/", vec![Answer(429, &[("retry-after", "1")], "")]);
    let engine = tenant.engine().await;
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), ["closed"]);
    assert_eq!(asked(&tenant, ["Incidents_Get", "Alerts_GetResourceGroupLevel"]), [2, 2]);
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

async fn failing(path: &'static str, status: u16, body: &'static str) -> (Tenant, AlertRef, Result<Pass, Stopped>) {
    let (tenant, alert) = behind().await;
    tenant.set(&alert, AlertStatus::Resolved);
    let answers = (0..4).map(|_| Answer(status, &[], body)).collect();
    tenant.wire.disturb(Method::GET, path, answers);
    let pass = pass(&tenant.engine_under(direct()).await).await;
    (tenant, alert, pass)
}

#[tokio::test(start_paused = true)]
pub async fn i14_a_list_of_incidents_that_is_not_whole_stops_the_pass() {
    let next = r#"{"value":[],"nextLink":"https://management.azure.com/x?$skipToken=1"}"#;
    for (status, body) in [(500, ""), (200, "{"), (200, r#"{"value":{}}"#), (200, next)] {
        let (tenant, alert, pass) = failing("/Microsoft.SecurityInsights/incidents", status, body).await;
        assert!(matches!(pass, Err(Stopped::Input(_))), "{status} {body}: {pass:?}");
        assert_eq!(tenant.incident(&alert), "New");
    }
}

#[tokio::test(start_paused = true)]
pub async fn i14_a_list_of_alerts_that_is_not_whole_leaves_its_incidents_alone() {
    let (tenant, alert, seen) = failing("/Microsoft.Security/alerts", 500, "").await;
    let seen = seen.unwrap();
    assert_eq!((tenant.incident(&alert).as_str(), seen.conclusion()), ("New", Conclusion::Incomplete));
    assert!(left(&seen)[0].contains("listing alerts failed"), "{:?}", left(&seen));
    let denied = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let (_, _, seen) = failing("/Microsoft.Security/alerts", 403, denied).await;
    let seen = seen.unwrap();
    assert_eq!(seen.conclusion(), Conclusion::Rights);
    assert!(left(&seen)[0].contains("Microsoft.Security/alerts/read"), "{:?}", left(&seen));
}

#[tokio::test(start_paused = true)]
pub async fn i03_an_alert_that_is_not_in_its_list_is_missing() {
    let (tenant, alert) = behind().await;
    let other = tenant.raise();
    tokio::time::advance(Duration::from_secs(200)).await;
    tenant.set(&alert, AlertStatus::Resolved);
    tenant.wire.disturb(Method::GET, "/Microsoft.Security/alerts", vec![Answer(200, &[], r#"{"value":[]}"#)]);
    let seen = pass(&tenant.engine_under(direct()).await).await.unwrap();
    assert_eq!(seen.observation.untouched[&Untouched::AlertUnclear], 2);
    assert_eq!((tenant.incident(&alert), tenant.incident(&other)), ("New".to_owned(), "New".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn whom_the_log_names_for_an_older_act_is_not_named_for_what_the_list_shows() {
    let (tenant, alert) = behind().await;
    tenant.set(&alert, AlertStatus::Dismissed);
    tokio::time::advance(Duration::from_secs(60)).await;
    tenant.set(&alert, AlertStatus::Active);
    tokio::time::advance(Duration::from_secs(200)).await;
    let copy = |activity_table| Settings { activity_table, delay: Duration::from_secs(180), ..Settings::default() };
    tenant.twin.with(|world| world.set_settings(copy(false)));
    tenant.set(&alert, AlertStatus::Dismissed);
    pass(&tenant.engine_under(direct()).await).await.unwrap();
    let state = tenant.twin.world().incident_state(alert.incident_name.as_deref().unwrap()).unwrap();
    let text = state.closing().unwrap().comment.clone().unwrap();
    assert!(text.contains("not determined: the list shows where it stands"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_incident_whose_alerts_no_row_names_yet_is_counted() {
    let tenant = Tenant::with(Settings { delay: Duration::from_secs(180), ..Settings::default() });
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine_under(direct()).await;
    let seen = pass(&engine).await.unwrap();
    assert_eq!(seen.observation.untouched.into_iter().collect::<Vec<_>>(), [(Untouched::AlertsUnnamed, 1)]);
    tokio::time::advance(Duration::from_secs(200)).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

#[tokio::test(start_paused = true)]
pub async fn i20_whoever_acted_on_an_incident_since_is_respected() {
    let (tenant, alert) = behind().await;
    tenant.set(&alert, AlertStatus::Dismissed);
    tokio::time::advance(Duration::from_secs(10)).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    let engine = tenant.engine_under(direct()).await;
    let held = ["a person may have acted on it after its alerts moved"];
    assert_eq!(left(&pass(&engine).await.unwrap()), held);
    tokio::time::advance(Duration::from_secs(300)).await;
    assert_eq!(left(&pass(&engine).await.unwrap()), held);
    assert_eq!(tenant.incident(&alert), "Active");
}
