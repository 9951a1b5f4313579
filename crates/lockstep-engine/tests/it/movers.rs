//! Who moved an alert, as the activity log tells it, and what follows where nobody can tell.

use std::time::Duration;

use http::Method;
use lockstep_core::{Conflict, Knobs, Policy, Preset, Unattended};
use lockstep_twin::world::{Actor, AlertRef, AlertStatus, Settings};

use crate::tenant::{Tenant, left, outcomes, pass};
use crate::wire::Disturbance::Answer;

/// The preset `neutral`, for incidents of any severity.
fn neutral(turn: impl FnOnce(&mut Knobs)) -> Policy {
    let mut knobs = Preset::Neutral.knobs();
    knobs.unattended = Unattended::Everything;
    turn(&mut knobs);
    Policy::new("test", knobs)
}

async fn later(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// What a pass says of an incident whose alert was moved so, once the ledger has begun.
async fn judged(tenant: &Tenant, policy: Policy, act: impl FnOnce(&Tenant, &AlertRef)) -> Vec<String> {
    let engine = tenant.engine_under(policy).await;
    pass(&engine).await.unwrap();
    later(60).await;
    let alert = tenant.raise();
    later(300).await;
    act(tenant, &alert);
    later(60).await;
    let pass = pass(&engine).await.unwrap();
    let mut said = outcomes(&pass);
    said.extend(left(&pass));
    said
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_dismissal_by_somebody_whom_the_log_names_is_followed() {
    for (activity_table, asked) in [(true, 0), (false, 1)] {
        let tenant = Tenant::with(Settings { activity_table, ..Settings::default() });
        let said = judged(&tenant, neutral(|_| ()), |tenant, alert| tenant.set(alert, AlertStatus::Dismissed)).await;
        assert_eq!(said, ["closed"]);
        assert_eq!(tenant.twin.stats().of("ActivityLogs_List"), asked, "the workspace has the log: {activity_table}");
    }
}

/// A tenant whose workspaces have no copy of the activity log.
fn without_a_copy() -> Tenant {
    Tenant::with(Settings { activity_table: false, ..Settings::default() })
}

/// The text that the incident of an alert was closed with.
fn closing_text(tenant: &Tenant, alert: &AlertRef) -> String {
    let state = tenant.twin.world().incident_state(alert.incident_name.as_deref().unwrap()).unwrap();
    state.closing().unwrap().comment.clone().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_closing_text_names_whom_the_workspaces_copy_of_the_log_names() {
    let check = async |tenant: Tenant, act: &dyn Fn(&Tenant, &AlertRef), expected: &str| {
        let alert = tenant.raise();
        later(60).await;
        act(&tenant, &alert);
        later(60).await;
        pass(&tenant.engine().await).await.unwrap();
        let text = closing_text(&tenant, &alert);
        assert!(text.contains(expected), "{text}");
        assert_eq!(tenant.twin.stats().of("ActivityLogs_List"), 0);
    };
    let set = |status| move |tenant: &Tenant, alert: &AlertRef| tenant.set(alert, status);
    check(Tenant::new(), &set(AlertStatus::Dismissed), "Done by owner@contoso.com at 2024-06-01T00:01Z.").await;
    check(Tenant::new(), &set(AlertStatus::Resolved), "Done by owner@contoso.com at 2024-06-01T00:01Z.").await;
    let not_determined = "Who did it is not determined: the tables do not say.";
    check(without_a_copy(), &set(AlertStatus::Dismissed), not_determined).await;
    let slow = Settings { activity_delay: Duration::from_secs(600), ..Settings::default() };
    check(Tenant::with(slow), &set(AlertStatus::Dismissed), not_determined).await;
    // The last act that it tells of does not lead to where the alert stands.
    let unsaid = |tenant: &Tenant, alert: &AlertRef| {
        tenant.set(alert, AlertStatus::InProgress);
        let off = Settings { activity_table: false, ..Settings::default() };
        tenant.twin.with(|world| world.set_settings(off));
        tenant.set(alert, AlertStatus::Dismissed);
    };
    check(Tenant::new(), &unsaid, not_determined).await;
}

#[tokio::test(start_paused = true)]
async fn an_act_that_another_one_followed_names_nobody() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    later(60).await;
    tenant.set(&alert, AlertStatus::Dismissed);
    tenant.twin.with(|world| world.set_settings(Settings { activity_table: false, ..Settings::default() }));
    for status in [AlertStatus::Active, AlertStatus::Dismissed] {
        later(60).await;
        tenant.set(&alert, status);
    }
    later(60).await;
    pass(&tenant.engine().await).await.unwrap();
    let text = closing_text(&tenant, &alert);
    assert!(text.contains("not determined"), "{text}");
}

#[tokio::test(start_paused = true)]
pub async fn i20_what_an_application_did_is_no_act_of_a_person() {
    let tenant = Tenant::new();
    let by = Actor { name: "Microsoft Defender XDR".into(), object_id: None, user_principal_name: None };
    let act = |tenant: &Tenant, alert: &AlertRef| {
        tenant.twin.with(|world| world.set_alert_status_by(&alert.alert_name, AlertStatus::Dismissed, &by)).unwrap();
    };
    let said = judged(&tenant, neutral(|_| ()), act).await;
    let [why] = &said[..] else { panic!("{said:?}") };
    assert!(why.contains("one of its alerts: the application"), "{why}");
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_dismissal_that_the_log_does_not_tell_of_yet_waits() {
    let settings = Settings { activity_delay: Duration::from_secs(600), ..Settings::default() };
    let tenant = Tenant::with(settings);
    let said = judged(&tenant, neutral(|_| ()), |tenant, alert| tenant.set(alert, AlertStatus::Dismissed)).await;
    assert_eq!(said, ["nobody can tell who moved one of its alerts: the activity log tells of no act that fits"]);
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_log_that_may_not_be_read_is_no_ground() {
    let tenant = without_a_copy();
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    tenant.wire.disturb(Method::GET, "/eventtypes/", vec![Answer(403, &[], body)]);
    let said = judged(&tenant, neutral(|_| ()), |tenant, alert| tenant.set(alert, AlertStatus::Dismissed)).await;
    let [why] = &said[..] else { panic!("{said:?}") };
    assert!(why.contains("Microsoft.Insights/eventtypes/values/read"), "{why}");
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_hasty_dismissal_waits() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(neutral(|_| ())).await;
    pass(&engine).await.unwrap();
    later(60).await;
    tenant.raised_as(AlertStatus::Dismissed);
    later(60).await;
    assert_eq!(left(&pass(&engine).await.unwrap()), ["one of its alerts was dismissed very soon after it was raised"]);
}

#[tokio::test(start_paused = true)]
async fn seed_asks_nobody_who_moved_an_alert() {
    let tenant = Tenant::new();
    let said = judged(&tenant, Preset::Seed.policy(), |tenant, alert| tenant.set(alert, AlertStatus::Dismissed)).await;
    assert_eq!((said, tenant.twin.stats().of("ActivityLogs_List")), (vec!["closed".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn our_classification_is_corrected_on_a_persons_act_and_not_on_an_echo() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    later(600).await;
    tenant.set(&alert, AlertStatus::Resolved);
    later(60).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
}

#[tokio::test(start_paused = true)]
async fn newest_first_follows_whoever_the_logs_name_last() {
    for (owner_first, expected) in [(true, "Active"), (false, "Closed Undetermined")] {
        let tenant = Tenant::new();
        let engine = tenant.engine_under(neutral(|knobs| knobs.conflict = Conflict::Newest)).await;
        pass(&engine).await.unwrap();
        later(60).await;
        let alert = tenant.raise();
        later(300).await;
        for owner in [owner_first, !owner_first] {
            if owner {
                tenant.set(&alert, AlertStatus::Resolved);
            } else {
                tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
            }
            later(10).await;
        }
        later(60).await;
        pass(&engine).await.unwrap();
        assert_eq!(tenant.incident(&alert), expected, "owner first: {owner_first}");
    }
}
