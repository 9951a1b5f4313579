//! Who is followed, end to end: births between two passes, adoption, reopening, and both directions.

use std::time::Duration;

use lockstep_core::{AlertState, Directions, IncidentState, Knobs, Policy, Preset, Time};
use lockstep_engine::Fate;
use lockstep_twin::world::{AlertStatus, NewAlert, Settings};

use crate::tenant::{Tenant, as_false_positive, left, outcomes, pass};

/// The preset `neutral`, without the guards that a twin's activity log is needed for.
fn neutral(turn: impl FnOnce(&mut Knobs)) -> Policy {
    let mut knobs = Preset::Neutral.knobs();
    knobs.holds = lockstep_core::Holds::NONE;
    knobs.unattended = lockstep_core::Unattended::Everything;
    turn(&mut knobs);
    Policy::new("test", knobs)
}

fn both_ways(knobs: &mut Knobs) {
    knobs.directions = Directions { inward: true, outward: true };
}

fn moved(pass: &lockstep_engine::Pass) -> Vec<String> {
    pass.pushed.iter().map(|pushed| format!("{}: {:?}", pushed.act, pushed.fate)).collect()
}

async fn later(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
pub async fn i02_an_alert_born_and_dismissed_between_two_passes_is_followed() {
    let tenant = Tenant::new();
    let old = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine_under(neutral(|_| ())).await;
    let first = pass(&engine).await.unwrap();
    assert_eq!(left(&first), ["it is older than the ledger and is taken as it stands"]);
    later(60).await;
    let young = tenant.raised_as(AlertStatus::Dismissed);
    later(60).await;
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), ["closed"]);
    assert_eq!(tenant.incident(&young), "Closed Undetermined");
    assert_eq!(tenant.incident(&old), "New", "what was adopted stays");
    tenant.set(&old, AlertStatus::Resolved);
    later(60).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&old), "Closed Undetermined", "until it moves");
}

#[tokio::test(start_paused = true)]
async fn the_ledger_begins_with_the_services_clock() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(neutral(|_| ())).await;
    assert_eq!(engine.ledger.history().began(), None);
    pass(&engine).await.unwrap();
    let began = engine.ledger.history().began().unwrap();
    let start = time::macros::datetime!(2024-06-01 00:00 UTC).unix_timestamp() * Time::TICKS_PER_SECOND;
    assert!((began.ticks() - start).abs() < 10 * Time::TICKS_PER_SECOND, "{began:?}");
    pass(&engine).await.unwrap();
    assert_eq!(engine.ledger.history().began(), Some(began), "it begins once");
}

#[tokio::test(start_paused = true)]
async fn an_incident_of_ours_is_reopened_when_its_alert_is_reactivated() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    later(60).await;
    tenant.set(&alert, AlertStatus::Active);
    later(60).await;
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), ["set New"]);
    assert_eq!(tenant.incident(&alert), "New");
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), [""; 0]);
    tenant.set(&alert, AlertStatus::Resolved);
    later(60).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
}

#[tokio::test(start_paused = true)]
async fn a_closing_by_a_person_is_not_reopened() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    tenant.analyst(&alert, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    later(60).await;
    pass(&engine).await.unwrap();
    tenant.set(&alert, AlertStatus::Active);
    later(60).await;
    let third = pass(&engine).await.unwrap();
    assert_eq!((outcomes(&third).len(), tenant.incident(&alert)), (0, "Closed FalsePositive".into()));
}

#[tokio::test(start_paused = true)]
async fn an_analyst_who_picks_an_incident_up_sets_its_alert_in_progress() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    let engine = tenant.engine_under(neutral(both_ways)).await;
    pass(&engine).await.unwrap();
    later(60).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    later(60).await;
    let second = pass(&engine).await.unwrap();
    assert_eq!(moved(&second), ["set in progress: Moved"]);
    assert_eq!(tenant.alert(&alert), "InProgress");
    assert_eq!(tenant.entered().await, ["alert intended", "done"]);
    let base = engine.ledger.history().bases().values().next().cloned().unwrap();
    assert_eq!(base.pairs()[0].state, AlertState::InProgress);
    assert_eq!(base.pairs()[0].incident, IncidentState::Active);
    later(60).await;
    let third = pass(&engine).await.unwrap();
    assert!(third.pushed.is_empty() && third.outcomes.is_empty(), "the echo of our own write starts nothing");
}

#[tokio::test(start_paused = true)]
async fn a_closing_reaches_the_alert_where_the_products_sync_is_off_and_only_there() {
    for (synced, expected) in [(false, vec!["dismiss: Moved"]), (true, vec![])] {
        let tenant = Tenant::with(Settings { bidirectional_sync: synced, ..Settings::default() });
        let alert = tenant.raise();
        let engine = tenant.engine_under(neutral(both_ways)).await;
        pass(&engine).await.unwrap();
        later(60).await;
        tenant.analyst(&alert, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
        later(60).await;
        assert_eq!(moved(&pass(&engine).await.unwrap()), expected);
        assert_eq!(tenant.alert(&alert), if synced { "Resolved" } else { "Dismissed" });
        assert_eq!(tenant.incident(&alert), "Closed FalsePositive");
        later(60).await;
        let again = pass(&engine).await.unwrap();
        assert!(again.pushed.is_empty() && again.outcomes.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_of_two_incidents_follows_only_when_both_agree() {
    let tenant = Tenant::with(Settings { bidirectional_sync: false, ..Settings::default() });
    let (first, second) = (tenant.raise(), tenant.raise());
    tenant.analyst(&second, |world, name, by| {
        let name = name.to_owned();
        world.relate_alert(&name, &first.system_alert_id, None, by).unwrap();
    });
    let engine = tenant.engine_under(neutral(both_ways)).await;
    pass(&engine).await.unwrap();
    later(60).await;
    tenant.analyst(&first, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    later(60).await;
    let disagree = pass(&engine).await.unwrap();
    assert_eq!((moved(&disagree).len(), tenant.alert(&first)), (0, "Active".into()));
    assert!(left(&disagree).iter().any(|why| why.contains("says something else")), "{:?}", left(&disagree));
    tenant.analyst(&second, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    later(60).await;
    let agree = pass(&engine).await.unwrap();
    assert_eq!(moved(&agree), ["dismiss: Moved", "dismiss: Moved"]);
    assert_eq!((tenant.alert(&first), tenant.alert(&second)), ("Dismissed".into(), "Dismissed".into()));
    later(60).await;
    let again = pass(&engine).await.unwrap();
    assert!(again.pushed.is_empty() && again.outcomes.is_empty(), "{again:?}");
}

#[tokio::test(start_paused = true)]
pub async fn i20_closing_one_incident_of_an_alert_closes_no_other() {
    let tenant = Tenant::new();
    let (first, second) = (tenant.raise(), tenant.raise());
    let engine = tenant.engine().await;
    tenant.analyst(&second, |world, name, by| {
        let name = name.to_owned();
        world.relate_alert(&name, &first.system_alert_id, None, by).unwrap();
    });
    pass(&engine).await.unwrap();
    later(60).await;
    // The products' own sync resolves both alerts; the first is the only one of its incident.
    tenant.analyst(&second, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    later(60).await;
    let echoed = pass(&engine).await.unwrap();
    assert_eq!(tenant.alert(&first), "Resolved");
    assert_eq!((outcomes(&echoed).len(), tenant.incident(&first)), (0, "New".into()));
    assert_eq!(left(&echoed).iter().filter(|why| why.contains("only echo")).count(), 1, "{:?}", left(&echoed));
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_was_quiet_for_longer_than_a_pass_looks_back_is_still_synced() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    later(40 * 86_400).await;
    tenant.set(&alert, AlertStatus::Dismissed);
    later(60).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

#[tokio::test(start_paused = true)]
pub async fn i20_an_analysts_act_after_the_owners_keeps_an_incident_open_in_seed_too() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    later(60).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    later(60).await;
    let engine = tenant.engine().await;
    let held = pass(&engine).await.unwrap();
    assert_eq!(left(&held), ["a person may have acted on it after its alerts moved"]);
    assert_eq!(tenant.incident(&alert), "Active");
    tenant.set(&alert, AlertStatus::Dismissed);
    later(60).await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive", "the owner moved again");
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_high_severity_waits_for_an_approval_and_the_plan_shows_what_it_would_be() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(neutral(|knobs| knobs.unattended = lockstep_core::Unattended::BelowHigh)).await;
    pass(&engine).await.unwrap();
    later(60).await;
    let high = lockstep_twin::world::Severity::High;
    let alert = tenant.twin.with(|world| world.raise_alert(NewAlert { severity: high, ..NewAlert::default() }));
    tenant.set(&alert, AlertStatus::Resolved);
    later(60).await;
    let waits = pass(&engine).await.unwrap();
    assert_eq!(left(&waits), ["the policy asks for a person's approval"]);
    assert!(matches!(waits.observation.awaiting[..], [lockstep_core::Verdict::Change(_)]));
    assert_eq!((waits.conclusion(), tenant.incident(&alert)), (lockstep_engine::Conclusion::Held, "New".into()));
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_to_move_alerts_is_named() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    let engine = tenant.engine_under(neutral(both_ways)).await;
    pass(&engine).await.unwrap();
    later(60).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    later(60).await;
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    tenant.wire.disturb(http::Method::POST, "/inProgress", vec![crate::wire::Disturbance::Answer(403, &[], body)]);
    let denied = pass(&engine).await.unwrap();
    let Fate::NotTried(lockstep_engine::NotTried::Rights(why)) = &denied.pushed[0].fate else { panic!("{denied:?}") };
    assert!(why.contains("Microsoft.Security/locations/alerts/inProgress/action"), "{why}");
    assert_eq!(denied.conclusion(), lockstep_engine::Conclusion::Rights);
    assert_eq!(tenant.alert(&alert), "Active");
}

#[tokio::test(start_paused = true)]
pub async fn i06_a_lost_answer_to_an_act_is_settled_by_reading_the_alert() {
    use crate::wire::Disturbance::{LoseAnswer, LoseRequest};
    for (fate, expected) in [(LoseAnswer, "happened"), (LoseRequest, "did not happen")] {
        let tenant = Tenant::new();
        let alert = tenant.raise();
        let engine = tenant.engine_under(neutral(both_ways)).await;
        pass(&engine).await.unwrap();
        later(60).await;
        tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
        later(60).await;
        tenant.wire.disturb(http::Method::POST, "/inProgress", vec![fate]);
        pass(&engine).await.unwrap();
        assert_eq!(tenant.entered().await, ["alert intended", "in doubt", expected]);
        later(60).await;
        pass(&engine).await.unwrap();
        assert_eq!(tenant.alert(&alert), "InProgress");
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_does_not_move_although_the_service_says_so_is_in_doubt() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    let engine = tenant.engine_under(neutral(both_ways)).await;
    pass(&engine).await.unwrap();
    later(60).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    later(60).await;
    // The path with a resource group succeeds and changes nothing; the one without it is tried then.
    tenant.wire.disturb(http::Method::POST, "/resourceGroups/", vec![crate::wire::Disturbance::Answer(204, &[], "")]);
    let done = pass(&engine).await.unwrap();
    assert_eq!(moved(&done), ["set in progress: Moved"]);
    assert_eq!(tenant.alert(&alert), "InProgress");
}
