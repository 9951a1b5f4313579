//! A plan that was made before is carried out exactly, or what moved is named.

use lockstep_core::{Brake, Limits, Policy, Preset};
use lockstep_engine::{CarriedOut, Conclusion, Engine, Outcome, Planned, Told};
use lockstep_ledger::{Approval, Entries, Event, Filter, Hash};
use lockstep_twin::world::{AlertRef, AlertStatus};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, as_false_positive, pass, words};

async fn plan(engine: &Engine) -> Planned {
    let observation = engine.observer.observe(&engine.ledger.history()).await.unwrap();
    let held = observation.waiting.iter().filter_map(|waiting| waiting.change.clone());
    let changes = observation.plan.changes.iter().cloned().chain(held).collect();
    Planned { changes, text: "the plan".into(), approved_by: None }
}

async fn carry_out(engine: &Engine, planned: &Planned) -> CarriedOut {
    engine.carry_out(planned, &CancellationToken::new(), &|_| ()).await.unwrap()
}

/// What becomes of the plan to close one incident when something happens before it is carried out.
async fn check(meanwhile: impl FnOnce(&Tenant, &AlertRef), expected: &str, conclusion: Conclusion, after: &str) {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    let planned = plan(&engine).await;
    meanwhile(&tenant, &alert);
    let done = carry_out(&engine, &planned).await;
    let id = planned.changes[0].alerts[0].id.as_str();
    let said = words(&done.outcomes).join(", ").replace(id, "ID");
    assert_eq!((said.as_str(), done.conclusion()), (expected, conclusion));
    assert_eq!(tenant.incident(&alert), after);
    assert_eq!(done.run.is_some(), done.written() > 0, "a run is begun where there is something to write");
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_exactly_or_says_what_moved() {
    check(|_, _| (), "closed", Conclusion::Done, "Closed BenignPositive").await;
    let close = |tenant: &Tenant, alert: &AlertRef| {
        tenant.analyst(alert, |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
    };
    let closed = "stale: the incident is Closed (FalsePositive - InaccurateData) now, and was New";
    check(close, closed, Conclusion::Stale, "Closed FalsePositive").await;
    let activate = |tenant: &Tenant, alert: &AlertRef| {
        tenant.analyst(alert, |world, name, by| world.activate_incident(name, by).unwrap());
    };
    check(activate, "stale: the incident is Active now, and was New", Conclusion::Stale, "Active").await;
    let reactivate = |tenant: &Tenant, alert: &AlertRef| tenant.set(alert, AlertStatus::InProgress);
    check(reactivate, "stale: alert ID is InProgress now, and was Dismissed", Conclusion::Stale, "New").await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_made_once_however_often_it_is_carried_out() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    let planned = plan(&engine).await;
    carry_out(&engine, &planned).await;
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    let again = carry_out(&engine, &planned).await;
    assert_eq!((words(&again.outcomes), again.run), (vec!["made before".to_owned()], None));
    assert_eq!(again.conclusion(), Conclusion::Done);
    assert_eq!(tenant.incident(&alert), "Active", "what a person reopened stays open");
}

#[tokio::test(start_paused = true)]
pub async fn i06_a_plan_that_was_cut_short_goes_on_where_it_was() {
    let tenant = Tenant::new();
    let alerts = [(); 20].map(|()| tenant.raised_as(AlertStatus::InProgress));
    let engine = tenant.engine().await;
    let planned = plan(&engine).await;
    let stop = CancellationToken::new();
    let told = |told: Told<'_>| {
        if matches!(told, Told::Became(Outcome::Written { .. })) {
            stop.cancel();
        }
    };
    let cut = engine.carry_out(&planned, &stop, &told).await.unwrap();
    let written = cut.written();
    assert!(written < 20 && written > 0, "{written}");
    assert_eq!(cut.conclusion(), Conclusion::Held);

    let rest = carry_out(&engine, &planned).await;
    let made = words(&rest.outcomes).iter().filter(|word| *word == "made before").count();
    assert_eq!((made, rest.written(), rest.conclusion()), (written, 20 - written, Conclusion::Done));
    assert!(alerts.iter().all(|alert| tenant.incident(alert) == "Active"));
    assert_eq!(tenant.entered().await.iter().filter(|kind| **kind == "intended").count(), 20);
}

#[tokio::test(start_paused = true)]
pub async fn i15_only_a_plan_that_a_person_approved_goes_past_the_brake() {
    let tenant = Tenant::new();
    let alerts = [(); 3].map(|()| tenant.raised_as(AlertStatus::Dismissed));
    let limits = Limits { workspace_hour: Some(1), ..Limits::default() };
    let policy = Policy { brake: Brake::On(limits), ..Preset::Seed.policy() };
    let engine = tenant.engine_under(policy).await;
    let planned = plan(&engine).await;
    let unattended = carry_out(&engine, &planned).await;
    assert_eq!((unattended.written(), unattended.conclusion()), (1, Conclusion::Held));
    let joined = tenant.raised_as(AlertStatus::Dismissed);

    let approved = Planned { approved_by: Some("ann".into()), ..planned.clone() };
    let attended = carry_out(&engine, &approved).await;
    assert_eq!((attended.written(), attended.conclusion()), (2, Conclusion::Done));
    assert!(alerts.iter().all(|alert| tenant.incident(alert).starts_with("Closed")));

    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&joined), "New", "the yes was for the plan's items alone");
    let entries = Entries::new(tenant.log(), Filter::default()).all().await.unwrap();
    let yes = entries.iter().find_map(|entry| match &entry.event {
        Event::Approved(approved) => Some((approved.by.as_str(), approved.of, approved.items.len())),
        _ => None,
    });
    assert_eq!(yes, Some(("ann", Approval::Plan { hash: Hash::of("the plan") }, 2)));
}
