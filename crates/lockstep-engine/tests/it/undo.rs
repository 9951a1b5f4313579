//! I9: undo restores what a run changed, unless somebody changed it since, and a pass does not redo it.

use lockstep_engine::{Became, Conclusion, Engine, Undo, Undone};
use lockstep_ledger::RunId;
use lockstep_twin::world::{AlertRef, AlertStatus, IncidentWrite, World};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, as_false_positive, outcomes, pass};

async fn undo(engine: &Engine, run: RunId) -> Undone {
    let undo = Undo { run, incident: None, by: "ann".into() };
    engine.undo(&undo, &CancellationToken::new()).await.unwrap()
}

fn words(undone: &Undone) -> Vec<String> {
    let word = |became: &Became| match became {
        Became::Restored => "restored".to_owned(),
        Became::ChangedSince(what) => format!("changed: {what}"),
        other => format!("{other:?}"),
    };
    undone.incidents.iter().map(|taken| word(&taken.became)).collect()
}

/// Applies, lets something happen, takes the run back, and says what became of it and where the incident stands.
async fn check(status: AlertStatus, meanwhile: impl FnOnce(&Tenant, &AlertRef), expected: &str, after: &str) {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(status);
    let engine = tenant.engine().await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    meanwhile(&tenant, &alert);
    let undone = undo(&engine, run).await;
    assert_eq!(words(&undone), [expected]);
    let conclusion = if expected == "restored" { Conclusion::Done } else { Conclusion::Held };
    assert_eq!((tenant.incident(&alert).as_str(), undone.conclusion()), (after, conclusion));

    let again = pass(&engine).await.unwrap();
    assert_eq!(outcomes(&again), [""; 0], "what was taken back is not made again");
    assert_eq!(tenant.incident(&alert), after);
}

#[tokio::test(start_paused = true)]
pub async fn i09_an_undo_restores_what_is_still_as_it_was_left() {
    check(AlertStatus::Dismissed, |_, _| (), "restored", "New").await;
    check(AlertStatus::InProgress, |_, _| (), "restored", "New").await;
    let retitle = |tenant: &Tenant, alert: &AlertRef| {
        tenant.analyst(alert, |world, name, by| {
            let write = IncidentWrite::same(world.incident(name).unwrap());
            world.write_incident(name, IncidentWrite { title: "mine".into(), ..write }, None, by).unwrap();
        });
    };
    check(AlertStatus::Dismissed, retitle, "restored", "New").await;
}

#[tokio::test(start_paused = true)]
pub async fn i09_what_somebody_changed_since_stays_as_they_left_it() {
    let activate = |tenant: &Tenant, alert: &AlertRef| {
        tenant.analyst(alert, |world, name, by| world.activate_incident(name, by).unwrap());
    };
    check(AlertStatus::Dismissed, activate, "changed: it is Active now", "Active").await;
    let close = |world: &mut World, name: &str, by: &_| world.close_incident(name, as_false_positive(), by).unwrap();
    let reclassify = |tenant: &Tenant, alert: &AlertRef| tenant.analyst(alert, close);
    let expected = "changed: somebody classified it as FalsePositive - InaccurateData";
    check(AlertStatus::Dismissed, reclassify, expected, "Closed FalsePositive").await;
}

#[tokio::test(start_paused = true)]
pub async fn i09_an_undo_leaves_every_other_field_alone() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let name = alert.incident_name.clone().unwrap();
    let shown = || {
        let incident = tenant.twin.world().incident(&name).unwrap().clone();
        (incident.state, incident.title, incident.description, incident.severity, incident.owner, incident.labels)
    };
    let before = shown();
    let engine = tenant.engine().await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    undo(&engine, run).await;
    assert_eq!(shown(), before);
}

#[tokio::test(start_paused = true)]
pub async fn i09_what_was_undone_is_followed_again_once_its_alert_moves() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    undo(&engine, run).await;
    tenant.set(&alert, AlertStatus::Resolved);
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
}

#[tokio::test(start_paused = true)]
pub async fn i09_one_incident_of_a_run_can_be_taken_back_alone() {
    let tenant = Tenant::new();
    let (one, two) = (tenant.raised_as(AlertStatus::Dismissed), tenant.raised_as(AlertStatus::Dismissed));
    let engine = tenant.engine().await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    let incident = lockstep_core::IncidentId::parse(one.incident_name.as_deref().unwrap());
    let only = Undo { run, incident, by: "ann".into() };
    let undone = engine.undo(&only, &CancellationToken::new()).await.unwrap();
    assert_eq!(words(&undone), ["restored"]);
    assert_eq!((tenant.incident(&one).as_str(), tenant.incident(&two).as_str()), ("New", "Closed BenignPositive"));

    let twice = engine.undo(&only, &CancellationToken::new()).await.unwrap();
    assert!(words(&twice)[0].starts_with("changed: lockstep itself wrote it again"), "{:?}", words(&twice));
    let nothing = undo(&engine, RunId::new(uuid::Uuid::nil())).await;
    assert_eq!((nothing.run, nothing.incidents.len()), (None, 0));
}

#[tokio::test(start_paused = true)]
pub async fn i09_a_pruned_entry_is_not_taken_back() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    let run = pass(&engine).await.unwrap().run.unwrap();
    let later = lockstep_core::Time::from_ticks(i64::MAX);
    lockstep_ledger::prune(&engine.ledger, later, engine.clock.now()).await.unwrap().unwrap();
    let undone = undo(&engine, run).await;
    assert_eq!((words(&undone), undone.conclusion()), (vec!["Pruned".to_owned()], Conclusion::Held));
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}
