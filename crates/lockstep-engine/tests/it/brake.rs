//! I15: the brake, over passes, restarts and a day of virtual time.

use std::time::Duration;

use lockstep_core::{Brake, BrakeScope, Limits, Policy, Preset};
use lockstep_engine::{Conclusion, Engine, Interval, Pass};
use lockstep_ledger::{Approval, Approved, Event};
use lockstep_twin::world::{Actor, AlertRef, AlertStatus, Settings};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, left, outcomes, pass};

/// The preset `seed` with a brake of so many an hour and nothing else.
fn braked(workspace_hour: u32) -> Policy {
    let none = Limits {
        workspace_hour: None,
        workspace_day: None,
        subscription_hour: None,
        subscription_day: None,
        person_hour: None,
        share: None,
    };
    Policy { brake: Brake::On(Limits { workspace_hour: Some(workspace_hour), ..none }), ..Preset::Seed.policy() }
}

fn dismissed_by(tenant: &Tenant, alert: &AlertRef, owner: &str) {
    let owner = Actor::person(&format!("{owner}@contoso.example"));
    tenant.twin.with(|world| world.set_alert_status_by(&alert.alert_name, AlertStatus::Dismissed, &owner)).unwrap();
}

fn closed(tenant: &Tenant, alerts: &[AlertRef]) -> usize {
    alerts.iter().filter(|alert| tenant.incident(alert).starts_with("Closed")).count()
}

/// The only brake that is on.
fn only_brake(engine: &Engine) -> lockstep_ledger::OpenBrake {
    let history = engine.ledger.history();
    let brakes: Vec<_> = history.brakes().cloned().collect();
    assert_eq!(brakes.len(), 1, "{brakes:?}");
    brakes[0].clone()
}

async fn release(engine: &Engine, number: u64) {
    let items = only_brake(engine).up_to(number).into_iter().collect();
    let approved = Approved { by: "ann".into(), of: Approval::Brake { number }, items };
    engine.ledger.append(engine.clock.now(), Event::Approved(approved)).await.unwrap();
}

#[tokio::test(start_paused = true)]
pub async fn i15_nobody_closes_more_than_twenty_an_hour_by_dismissing() {
    // Who did it is named by the workspace's tables or, without them, by the activity log.
    for activity_table in [true, false] {
        let tenant = Tenant::with(Settings { activity_table, ..Settings::default() });
        let alerts: Vec<_> = (0..100).map(|_| tenant.raise()).collect();
        alerts.iter().take(30).for_each(|alert| tenant.set(alert, AlertStatus::Dismissed));
        pass(&tenant.engine().await).await.unwrap();
        assert_eq!(closed(&tenant, &alerts), 20, "the workspace's tables name who did it: {activity_table}");
    }
}

#[tokio::test(start_paused = true)]
pub async fn i15_a_thousand_dismissals_are_stopped_before_the_fifty_first_is_followed() {
    // Nobody has enough of them for a limit of their own, so that the workspace's is what stops them.
    let tenant = Tenant::with(Settings { activity_table: false, ..Settings::default() });
    let mut alerts = Vec::new();
    let engine = tenant.engine().await;
    // Past the hour after which a window that only slides would let more through; then less often, which costs less to run.
    for (count, every) in [(350, 30), (650, 1_200)] {
        let more: Vec<_> = (0..count).map(|_| tenant.raise()).collect();
        let stop = CancellationToken::new();
        let dismiss = async {
            // So many owners that none of them alone meets the limit of one person.
            for (alert, owner) in more.iter().zip((0..60).cycle()) {
                tokio::time::sleep(Duration::from_secs(12)).await;
                dismissed_by(&tenant, alert, &format!("owner-{owner}"));
            }
            stop.cancel();
        };
        let interval = Interval { every: Duration::from_secs(every) };
        let watch = engine.watch(interval, &stop, &());
        tokio::join!(dismiss, watch).1.unwrap();
        alerts.extend(more);
    }
    assert_eq!(closed(&tenant, &alerts), 50);
    assert_eq!(only_brake(&engine).limit, "50 an hour");

    // A day later, and after a restart, nothing has been forgotten.
    drop(engine);
    tokio::time::sleep(Duration::from_secs(2 * 86_400)).await;
    let engine = tenant.engine().await;
    let idle = pass(&engine).await.unwrap();
    assert_eq!((closed(&tenant, &alerts), idle.conclusion()), (50, Conclusion::Held));
    assert_eq!(only_brake(&engine).items().count(), 950);

    // Somebody has looked, and says yes to all of it.
    release(&engine, only_brake(&engine).number()).await;
    while pass(&engine).await.unwrap().written() > 0 {}
    assert_eq!(closed(&tenant, &alerts), 1_000);
    assert_eq!(engine.ledger.history().brakes().count(), 0);
}

#[tokio::test(start_paused = true)]
pub async fn i15_the_acts_of_one_person_have_a_limit_of_their_own() {
    // All at once, and one after the other in passes of their own: there the first few are followed without a name.
    for at_once in [true, false] {
        let tenant = Tenant::new();
        let limits = Limits { share: None, ..Limits::default() };
        let policy = Policy { brake: Brake::On(limits), ..Preset::Seed.policy() };
        let engine = tenant.engine_under(policy).await;
        let mut alerts = Vec::new();
        for _ in 0..30 {
            let alert = tenant.raise();
            tenant.twin.clock().step(Duration::from_secs(20));
            dismissed_by(&tenant, &alert, "eve");
            alerts.push(alert);
            if !at_once {
                pass(&engine).await.unwrap();
            }
        }
        pass(&engine).await.unwrap();
        assert_eq!(closed(&tenant, &alerts), 20, "{at_once}");
        let scopes: Vec<_> = engine.ledger.history().brakes().map(|brake| brake.scope.clone()).collect();
        assert_eq!(scopes, [BrakeScope::Person("eve@contoso.example".into())]);
        // Whoever else acts is followed.
        let other = tenant.raise();
        dismissed_by(&tenant, &other, "ann");
        pass(&engine).await.unwrap();
        assert_eq!(tenant.incident(&other), "Closed BenignPositive", "{at_once}");
    }
}

#[tokio::test(start_paused = true)]
pub async fn i15_raising_goes_on_while_the_brake_holds() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(braked(1)).await;
    let dismissed = [(); 3].map(|()| tenant.raised_as(AlertStatus::Dismissed));
    let first = pass(&engine).await.unwrap();
    assert_eq!((outcomes(&first), first.conclusion()), (vec!["closed".to_owned()], Conclusion::Held));
    assert_eq!(left(&first), ["brake 2 is on for the workspace"; 2]);

    let raised = tenant.raised_as(AlertStatus::InProgress);
    let second = pass(&engine).await.unwrap();
    assert_eq!((outcomes(&second), second.conclusion()), (vec!["set Active".to_owned()], Conclusion::Held));
    assert_eq!((tenant.incident(&raised), closed(&tenant, &dismissed)), ("Active".to_owned(), 1));
}

/// Puts the brake on with one change held, lets the world move, releases what was shown, and says what a pass then does.
async fn check_release(meanwhile: impl FnOnce(&Tenant, &AlertRef), expected: &[&str]) {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(braked(0)).await;
    let held = tenant.raised_as(AlertStatus::Dismissed);
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), [""; 0]);
    let shown = only_brake(&engine).number();
    meanwhile(&tenant, &held);
    pass(&engine).await.unwrap();
    release(&engine, shown).await;
    assert_eq!(outcomes(&pass(&engine).await.unwrap()), expected);
}

#[tokio::test(start_paused = true)]
pub async fn i15_what_is_released_is_exactly_what_was_shown() {
    check_release(|_, _| (), &["closed"]).await;
    // Something else joined the brake after it was shown.
    check_release(|tenant, _| drop(tenant.raised_as(AlertStatus::Dismissed)), &["closed"]).await;
    // What was shown is no longer what is due: it would be closed as something else.
    check_release(|tenant, held| tenant.set(held, AlertStatus::Resolved), &[]).await;
}

#[tokio::test(start_paused = true)]
pub async fn i15_a_subscription_that_floods_does_not_stop_the_others() {
    let tenant = Tenant::new();
    let limits = Limits { subscription_hour: Some(0), ..Limits::default() };
    let policy = Policy { brake: Brake::On(limits), ..Preset::Seed.policy() };
    let engine = tenant.engine_under(policy).await;
    tenant.raised_as(AlertStatus::Dismissed);
    let seen: Pass = pass(&engine).await.unwrap();
    assert!(matches!(only_brake(&engine).scope, BrakeScope::Subscription(_)), "{:?}", left(&seen));
    assert_eq!(outcomes(&seen), [""; 0]);
}

#[tokio::test(start_paused = true)]
pub async fn i15_a_change_that_waits_costs_no_reads() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(braked(0)).await;
    for _ in 0..5 {
        tenant.raised_as(AlertStatus::Dismissed);
    }
    pass(&engine).await.unwrap();
    let (requests, entries) = (tenant.twin.stats().requests(), engine.ledger.history().entries());
    let waiting = pass(&engine).await.unwrap();
    assert_eq!((left(&waiting).len(), waiting.conclusion()), (5, Conclusion::Held));
    assert_eq!(tenant.twin.stats().requests() - requests, 1);
    assert_eq!(engine.ledger.history().entries(), entries, "nothing new is held, so nothing is entered");
}
