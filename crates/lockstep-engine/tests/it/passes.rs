//! What a pass does where nothing goes wrong, and what it costs.

use std::time::Duration;

use lockstep_core::{Policy, Preset, Sight};
use lockstep_engine::{Behind, Conclusion, Freshness};
use lockstep_twin::world::{AlertStatus, Settings, World};

use crate::tenant::{Tenant, as_false_positive, left, outcomes, pass};

/// The alert as its owner left it, and what the incident says after a pass.
async fn check(act: impl FnOnce(&Tenant, &lockstep_twin::world::AlertRef), before: &str, after: &str) {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    act(&tenant, &alert);
    assert_eq!(tenant.incident(&alert), before);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), after);

    let requests = tenant.twin.stats().requests();
    let again = pass(&engine).await.unwrap();
    assert_eq!((outcomes(&again), again.run), (Vec::new(), None), "deciding again changes nothing");
    assert_eq!(tenant.twin.stats().requests() - requests, 1, "a warm pass with nothing to do costs one request");
    assert_eq!(again.conclusion(), Conclusion::Done);
}

#[tokio::test(start_paused = true)]
pub async fn i05_each_row_of_the_table_ends_in_step() {
    check(|_, _| (), "New", "New").await;
    check(|tenant, alert| tenant.set(alert, AlertStatus::InProgress), "New", "Active").await;
    check(|tenant, alert| tenant.set(alert, AlertStatus::Dismissed), "New", "Closed BenignPositive").await;
    check(|tenant, alert| tenant.set(alert, AlertStatus::Resolved), "New", "Closed TruePositive").await;
    let activate = |world: &mut World, name: &str, by: &_| world.activate_incident(name, by).unwrap();
    check(|tenant, alert| tenant.analyst(alert, activate), "Active", "Active").await;
    let close = |world: &mut World, name: &str, by: &_| world.close_incident(name, as_false_positive(), by).unwrap();
    check(|tenant, alert| tenant.analyst(alert, close), "Closed FalsePositive", "Closed FalsePositive").await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_incident_says_what_happened_and_keeps_the_rest() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let name = alert.incident_name.clone().unwrap();
    let before = tenant.twin.world().incident(&name).unwrap().clone();
    let done = pass(&tenant.engine().await).await.unwrap();
    let after = tenant.twin.world().incident(&name).unwrap().clone();
    let closing = after.state.closing().unwrap();
    let text = closing.comment.as_deref().unwrap();
    assert!(text.contains(&alert.alert_name) && text.contains("was dismissed"), "{text}");
    assert!(text.contains(&done.run.unwrap().to_string()), "{text}");
    assert_eq!(
        (after.title, after.description, after.severity, after.owner, after.labels),
        (before.title, before.description, before.severity, before.owner, before.labels)
    );
    assert_eq!((after.first_activity, after.last_activity), (before.first_activity, before.last_activity));
}

/// The requests of one pass, by operation.
async fn cost(status: AlertStatus) -> Vec<(String, u64)> {
    let tenant = Tenant::new();
    tenant.raised_as(status);
    pass(&tenant.engine().await).await.unwrap();
    let count = |(name, by_status): (String, std::collections::BTreeMap<u16, u64>)| (name, by_status.values().sum());
    tenant.twin.stats().operations.into_iter().map(count).filter(|(name, _)| !name.contains("oken")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_costs_no_more_than_its_reads_and_one_write() {
    let closed = cost(AlertStatus::Resolved).await;
    assert_eq!(
        closed.iter().map(|(_, count)| count).sum::<u64>(),
        5,
        "query, incident, alert, tasks, write: {closed:?}"
    );
    let activated = cost(AlertStatus::InProgress).await;
    assert_eq!(activated.iter().map(|(_, count)| count).sum::<u64>(), 4, "no tasks without a close: {activated:?}");
}

#[tokio::test(start_paused = true)]
pub async fn i06_every_write_has_an_earlier_intent() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Resolved);
    tenant.raised_as(AlertStatus::InProgress);
    pass(&tenant.engine().await).await.unwrap();
    let mut entered = tenant.entered().await;
    assert_eq!(entered.first(), Some(&"intended"));
    entered.sort_unstable();
    assert_eq!(entered, ["done", "done", "intended", "intended"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_observes_writes_nothing() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    let engine = tenant.engine_under(Preset::Observe.policy()).await;
    let seen = pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "New");
    assert_eq!(left(&seen), ["the policy only observes"]);
    assert_eq!(tenant.entered().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
pub async fn i17_every_incident_is_counted_or_judged() {
    let tenant = Tenant::new();
    for status in [AlertStatus::Active, AlertStatus::InProgress, AlertStatus::Dismissed, AlertStatus::Resolved] {
        tenant.raised_as(status);
        let closed = tenant.raised_as(status);
        tenant.analyst(&closed, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    }
    let engine = tenant.engine().await;
    let first = pass(&engine).await.unwrap();
    assert_eq!(first.observation.seen(), 8);
    assert_eq!(outcomes(&first).len(), 3);
    assert_eq!(pass(&engine).await.unwrap().observation.seen(), 8);
}

/// How many writes wait for a later look to show them.
fn unconfirmed(engine: &lockstep_engine::Engine) -> usize {
    engine.ledger.history().unconfirmed().count()
}

#[tokio::test(start_paused = true)]
async fn a_write_is_confirmed_by_a_later_look_at_the_tables() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Resolved);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    assert_eq!(unconfirmed(&engine), 1, "the service's own answer confirms nothing");
    pass(&engine).await.unwrap();
    assert_eq!(unconfirmed(&engine), 0);
    drop(engine);
    assert_eq!(unconfirmed(&tenant.engine().await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_no_look_shows_is_reported_after_a_while() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    let engine = tenant.engine().await;
    tenant.twin.with(|world| {
        let slow = Settings { delay: Duration::from_secs(86_400), ..world.settings().clone() };
        world.set_settings(slow);
    });
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
    let soon = pass(&engine).await.unwrap();
    assert_eq!(soon.observation.unconfirmed.len(), 0);
    tokio::time::advance(Duration::from_secs(7 * 3_600)).await;
    let late = pass(&engine).await.unwrap();
    assert_eq!(late.observation.unconfirmed.len(), 1);
    assert_eq!(late.observation.freshness, Freshness::Behind(Behind::Incidents));
    assert_eq!(late.conclusion(), Conclusion::Incomplete);
    tenant.twin.with(|world| world.set_settings(Settings::default()));
    tenant.raise();
    let caught_up = pass(&engine).await.unwrap();
    assert_eq!(caught_up.conclusion(), Conclusion::Done, "{:?}", caught_up.observation.freshness);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_proved_by_tables_that_have_been_quiet() {
    let check = async |minutes: u64, sight: Sight, expected: Freshness| {
        let tenant = Tenant::new();
        tenant.raise();
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        let engine = tenant.engine_under(Policy { sight, ..Preset::Seed.policy() }).await;
        let seen = pass(&engine).await.unwrap();
        assert_eq!((seen.observation.freshness, seen.conclusion()), (expected, Conclusion::Done), "{minutes} min");
    };
    check(59, Sight::Tables, Freshness::Fresh).await;
    check(61, Sight::Tables, Freshness::Quiet).await;
    check(61, Sight::Direct, Freshness::Fresh).await;
    let empty = Tenant::new();
    let seen = pass(&empty.engine().await).await.unwrap();
    assert_eq!((seen.observation.freshness, seen.conclusion()), (Freshness::Quiet, Conclusion::Done));
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_has_been_quiet_for_longer_than_is_looked_back_is_followed_by_a_whole_look() {
    let tenant = Tenant::new();
    let alert = tenant.raise();
    tokio::time::advance(Duration::from_secs(40 * 86_400)).await;
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    tenant.set(&alert, AlertStatus::Dismissed);
    let mut hours = 0;
    while tenant.incident(&alert) == "New" {
        tokio::time::advance(Duration::from_secs(3_600)).await;
        pass(&engine).await.unwrap();
        hours += 1;
        assert!(hours <= 6, "a whole look comes every six hours");
    }
    assert_eq!((tenant.incident(&alert).as_str(), hours), ("Closed BenignPositive", 6));
}

#[tokio::test(start_paused = true)]
async fn what_came_in_late_is_looked_at_whenever_it_happened() {
    let tenant = Tenant::new();
    let slow = |delay| Settings { delay: Duration::from_secs(delay), ..Settings::default() };
    tenant.twin.with(|world| world.set_settings(slow(7_200)));
    let alert = tenant.raised_as(AlertStatus::Resolved);
    let engine = tenant.engine().await;
    for minutes in [0, 60, 59] {
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        assert_eq!(outcomes(&pass(&engine).await.unwrap()), [""; 0]);
    }
    tokio::time::advance(Duration::from_secs(120)).await;
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), ["closed"]);
    // The row of the write comes two hours after it, and confirms it when it has come in.
    for (minutes, expected) in [(60, 1), (59, 1), (5, 0)] {
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        pass(&engine).await.unwrap();
        assert_eq!(unconfirmed(&engine), expected, "after {minutes} minutes more");
    }
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
}
