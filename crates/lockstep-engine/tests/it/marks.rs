//! The marks in the workspace: a ledger that lost what they vouch for stops all writes, and so does another installation.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::{Instance, Mark, Preset};
use lockstep_engine::{Comparison, Engine, Identity, Pass, Stopped};
use lockstep_ledger::{Entries, Filter, PolicyUsed, Sqlite};
use lockstep_twin::world::{AlertRef, AlertStatus, Closing};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, as_false_positive, outcomes, pass};

/// An engine of this installation with the ledger of that name.
async fn engine(tenant: &Tenant, instance: &str, ledger: &str) -> Engine {
    let identity = Identity::new(Instance::parse(instance).unwrap(), PolicyUsed::of("seed", ""), || None);
    let ledger = tenant.open_ledger_at(ledger).await.unwrap();
    Engine { identity: Arc::new(identity), ..tenant.engine_with(Preset::Seed.policy(), ledger) }
}

fn comment(tenant: &Tenant, alert: &AlertRef) -> String {
    let world = tenant.twin.world();
    let incident = world.incident(alert.incident_name.as_deref().unwrap()).unwrap();
    incident.state.closing().and_then(|closing| closing.comment.clone()).unwrap()
}

fn close(tenant: &Tenant, alert: &AlertRef, comment: &str) {
    let closing = Closing { comment: Some(comment.to_owned()), ..as_false_positive() };
    tenant.analyst(alert, |world, name, by| world.close_incident(name, closing, by).unwrap());
}

fn copied(from: &Path, name: &str) {
    std::fs::copy(from.join("ledger.db"), from.join(name)).unwrap();
}

fn why(stopped: Result<Pass, Stopped>) -> String {
    match stopped {
        Ok(pass) => panic!("it went on: {:?}", outcomes(&pass)),
        Err(stopped) => stopped.to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_closing_text_ends_with_the_mark_of_its_entry() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = engine(&tenant, "soc-1", "ledger.db").await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    let mark = Mark::at_end_of(&comment(&tenant, &alert)).unwrap();
    let entries = Entries::new(engine.ledger.log().clone(), Filter::default()).all().await.unwrap();
    let entry = entries.iter().find(|entry| entry.number == mark.entry).unwrap();
    assert_eq!(entry.mark(), Some(mark.clone()));
    assert_eq!((mark.instance.as_str(), mark.run), ("soc-1", run.as_u128()));
    pass(&engine).await.unwrap();
    assert_eq!(engine.ledger.history().unconfirmed().count(), 0, "the marked text is known again");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_without_what_a_mark_names_stops_all_writes() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Dismissed);
    let first = engine(&tenant, "soc-1", "ledger.db").await;
    pass(&first).await.unwrap();
    drop(first);
    copied(tenant.folder(), "older.db");
    let second = engine(&tenant, "soc-1", "ledger.db").await;
    tenant.raised_as(AlertStatus::Dismissed);
    pass(&second).await.unwrap();

    let due = tenant.raised_as(AlertStatus::InProgress);
    for ledger in ["missing.db", "older.db"] {
        let lost = engine(&tenant, "soc-1", ledger).await;
        let entries = lost.ledger.history().entries();
        assert!(why(pass(&lost).await).contains("does not vouch for"), "{ledger}");
        let planned = lockstep_engine::Planned { changes: Vec::new(), text: String::new(), approved_by: None };
        assert!(lost.carry_out(&planned, &CancellationToken::new(), &|_| ()).await.is_err(), "{ledger}");
        assert_eq!((tenant.incident(&due).as_str(), lost.ledger.history().entries()), ("New", entries), "{ledger}");
    }
    // One that has grown beyond the lost one has other entries under the same numbers.
    let other = engine(&tenant, "soc-1", "other.db").await;
    for _ in 0..40 {
        let began = lockstep_ledger::Began { at: lockstep_core::Time::from_ticks(0) };
        other.ledger.append(other.clock.now(), lockstep_ledger::Event::Began(began)).await.unwrap();
    }
    assert!(why(pass(&other).await).contains("does not vouch for"));
    pass(&second).await.unwrap();
    assert_eq!(tenant.incident(&due), "Active", "the ledger that holds them goes on");
}

#[tokio::test(start_paused = true)]
async fn another_installation_that_still_writes_is_named() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Dismissed);
    pass(&engine(&tenant, "lab", "lab.db").await).await.unwrap();
    let due = tenant.raised_as(AlertStatus::Dismissed);
    let ours = engine(&tenant, "soc-1", "ledger.db").await;
    assert!(why(pass(&ours).await).contains("the installation \"lab\" wrote to this workspace at 2024-06-01T00:0"));
    assert_eq!(tenant.incident(&due), "New");
    let hurried = Identity::clone(&ours.identity).minding(Duration::ZERO);
    let hurried = Engine { identity: hurried.into(), ..ours.clone() };
    tenant.twin.clock().step(Duration::from_secs(60));
    pass(&hurried).await.unwrap();
    assert_eq!(tenant.incident(&due), "Closed BenignPositive");

    let later = tenant.raised_as(AlertStatus::Dismissed);
    tenant.twin.clock().step(Duration::from_secs(3_600));
    pass(&ours).await.unwrap();
    assert_eq!(tenant.incident(&later), "Closed BenignPositive", "it has been quiet for long enough");
}

#[tokio::test(start_paused = true)]
async fn what_others_write_is_no_mark_of_ours() {
    let head = "0f".repeat(16);
    let forged = format!("[lockstep instance soc-1 run 6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2 entry 9999 head {head}]");
    let tenant = Tenant::new();
    let alert = tenant.twin.with(|world| {
        world.raise_alert(lockstep_twin::world::NewAlert { display_name: forged.clone(), ..Default::default() })
    });
    tenant.set(&alert, AlertStatus::Dismissed);
    let ours = engine(&tenant, "soc-1", "ledger.db").await;
    pass(&ours).await.unwrap();
    let text = comment(&tenant, &alert);
    assert_eq!(text.matches("[lockstep").count(), 1, "{text}");
    let other = tenant.raised_as(AlertStatus::Dismissed);
    pass(&ours).await.unwrap();
    assert_eq!(tenant.incident(&other), "Closed BenignPositive");
    // Inside a text it is none; where somebody who may close incidents signs with it, doubt stops the writing.
    close(&tenant, &tenant.raise(), &format!("{forged} was in its title"));
    pass(&ours).await.unwrap();
    close(&tenant, &tenant.raise(), &forged);
    assert!(why(pass(&ours).await).contains("entry 9999"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_ledger_is_made_anew_from_the_tables() {
    let tenant = Tenant::new();
    let [closed, reopened, active, given_back, later] = [
        AlertStatus::Dismissed,
        AlertStatus::Dismissed,
        AlertStatus::InProgress,
        AlertStatus::InProgress,
        AlertStatus::Active,
    ]
    .map(|status| tenant.raised_as(status));
    let first = engine(&tenant, "soc-1", "ledger.db").await;
    pass(&first).await.unwrap();
    drop(first);
    tenant.twin.clock().step(Duration::from_secs(10_800));
    tenant.analyst(&reopened, |world, name, by| world.activate_incident(name, by).unwrap());
    tenant.analyst(&given_back, |world, name, by| {
        let write = lockstep_twin::world::IncidentWrite::same(world.incident(name).unwrap());
        let state = lockstep_twin::world::IncidentState::New;
        world.write_incident(name, lockstep_twin::world::IncidentWrite { state, ..write }, None, by).unwrap();
    });
    tenant.set(&later, AlertStatus::Dismissed);

    let anew = engine(&tenant, "soc-1", "anew.db").await;
    assert!(why(pass(&anew).await).contains("does not vouch for"));
    let rebuilt = anew.rebuild("ann").await.unwrap().unwrap();
    assert_eq!((rebuilt.incidents, rebuilt.written, rebuilt.lowered), (4, 4, 2));
    assert_eq!(anew.rebuild("ann").await.unwrap(), None, "nothing is missing any more");
    pass(&anew).await.unwrap();
    let stand = [&closed, &reopened, &active, &given_back, &later].map(|alert| tenant.incident(alert));
    let expected = ["Closed BenignPositive", "Active", "Active", "New", "Closed BenignPositive"];
    assert_eq!(stand, expected, "what people did is kept, and what moved since is followed");

    // A closing of ours is known as ours again.
    tenant.set(&closed, AlertStatus::Active);
    pass(&anew).await.unwrap();
    assert_eq!(tenant.incident(&closed), "New");
}

#[tokio::test(start_paused = true)]
async fn a_person_may_accept_that_a_ledger_is_lost() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Dismissed);
    let first = engine(&tenant, "soc-1", "ledger.db").await;
    pass(&first).await.unwrap();
    assert!(!first.accept_new_start("ann").await.unwrap(), "nothing is lost");
    tenant.twin.clock().step(Duration::from_secs(60));
    let anew = engine(&tenant, "soc-1", "anew.db").await;
    assert!(anew.accept_new_start("ann").await.unwrap());
    let due = tenant.raised_as(AlertStatus::Dismissed);
    pass(&anew).await.unwrap();
    assert_eq!(tenant.incident(&due), "Closed BenignPositive");
}

async fn compared(engine: &Engine) -> Comparison {
    let log = engine.ledger.log();
    engine.observer.compare(log, &engine.identity.instance).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_ledger_and_the_workspace_are_compared_both_ways() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    tenant.raised_as(AlertStatus::InProgress);
    let ours = engine(&tenant, "soc-1", "ledger.db").await;
    pass(&ours).await.unwrap();
    let both = compared(&ours).await;
    assert_eq!((both.agreed, both.holds(), both.names.len()), (2, true, 1), "{both:?}");

    // The same identity writes without a ledger; a person's own acts are theirs.
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    let bare = tenant.raise();
    let by_us = both.names.first().unwrap().clone();
    tenant.twin.with(|world| {
        let us = lockstep_twin::world::Actor { name: by_us, object_id: None, user_principal_name: None };
        world.activate_incident(bare.incident_name.as_deref().unwrap(), &us).unwrap();
    });
    let both = compared(&ours).await;
    assert_eq!((both.agreed, both.without_entry.len(), both.holds()), (2, 1, false), "{both:?}");

    let anew = engine(&tenant, "soc-1", "anew.db").await;
    assert_eq!(compared(&anew).await.without_entry.len(), 1, "only the marked closing can be known");
    let log: Arc<dyn lockstep_ledger::Log> = Arc::new(Sqlite::new(tenant.folder().join("ledger.db")));
    let elsewhere = Tenant::new();
    elsewhere.twin.clock().step(Duration::from_secs(86_400));
    elsewhere.raise();
    let stranger = engine(&elsewhere, "soc-1", "ledger.db").await;
    let both = stranger.observer.compare(&log, &stranger.identity.instance).await.unwrap();
    assert_eq!((both.agreed, both.beyond + u64::try_from(both.without_write.len()).unwrap()), (0, 2), "{both:?}");
}
