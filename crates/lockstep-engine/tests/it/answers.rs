//! Analysts hear of holds where they work, and answer there.

use std::time::Duration;

use http::Method;
use lockstep_core::{Holds, Knobs, Mark, Policy, Preset, Unattended};
use lockstep_engine::Engine;
use lockstep_ledger::{Entries, Event, Filter};
use lockstep_twin::world::{Actor, AlertRef, AlertStatus, IncidentWrite, Settings};

use crate::tenant::{Tenant, left, outcomes, pass};
use crate::wire::Disturbance;

/// Everything that lowers needs a yes, and holds are told.
fn policy() -> Policy {
    let knobs = Preset::Neutral.knobs();
    Policy::new("test", Knobs { announce_holds: true, unattended: Unattended::Nothing, holds: Holds::NONE, ..knobs })
}

/// The labels and the comments of an alert's incident.
fn told(tenant: &Tenant, alert: &AlertRef) -> (Vec<String>, Vec<String>) {
    let world = tenant.twin.world();
    let incident = world.incident(alert.incident_name.as_deref().unwrap()).unwrap();
    let labels = incident.labels.iter().map(|label| label.name.clone()).collect();
    (labels, incident.comments.iter().map(|comment| comment.message.clone()).collect())
}

fn tag(tenant: &Tenant, alert: &AlertRef, tags: &[&str], by: &Actor) {
    tenant.twin.clock().step(Duration::from_secs(30));
    let name = alert.incident_name.as_deref().unwrap();
    tenant.twin.with(|world| {
        let same = IncidentWrite::same(world.incident(name).unwrap());
        let labels = tags.iter().map(|tag| (*tag).to_owned()).collect();
        world.write_incident(name, IncidentWrite { labels, ..same }, None, by).unwrap();
    });
}

fn ann() -> Actor {
    Actor::person("ann@contoso.example")
}

/// Who was answered, and why not where they were not obeyed.
async fn answered(engine: &Engine) -> Vec<(String, Option<String>)> {
    let entries = Entries::new(engine.ledger.log().clone(), Filter::default()).all().await.unwrap();
    let answers = entries.into_iter().filter_map(|entry| match entry.event {
        Event::Answered(answered) => Some((answered.by, answered.refused)),
        _ => None,
    });
    answers.collect()
}

#[tokio::test(start_paused = true)]
pub async fn i04_a_hold_is_one_comment_and_one_tag() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(policy()).await;
    pass(&engine).await.unwrap();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    for _ in 0..3 {
        pass(&engine).await.unwrap();
        tenant.twin.clock().step(Duration::from_secs(300));
    }
    let (labels, comments) = told(&tenant, &alert);
    assert_eq!((labels, comments.len(), tenant.incident(&alert).as_str()), (vec!["lockstep:held".into()], 1, "New"));
    let expected = "lockstep leaves this incident as it is: the policy asks for a person's approval. It would otherwise do this: \
                    New -\u{203a} Closed (Undetermined). To let it, set the tag lockstep:approve on this incident.";
    assert!(comments[0].starts_with(expected), "{}", comments[0]);
    assert!(Mark::at_end_of(&comments[0]).is_some());
    assert_eq!(tenant.entered().await, ["note intended", "done"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_where_the_policy_does_not_ask_for_it() {
    let tenant = Tenant::new();
    let knobs = Knobs { announce_holds: false, ..Knobs::clone(&policy().knobs) };
    let engine = tenant.engine_under(Policy::new("test", knobs)).await;
    pass(&engine).await.unwrap();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    pass(&engine).await.unwrap();
    assert_eq!(told(&tenant, &alert), (Vec::new(), Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_yes_by_a_tag_holds_for_what_was_proposed_once() {
    for delay in [0, 600] {
        let tenant = Tenant::with(Settings { delay: Duration::from_secs(delay), ..Settings::default() });
        let wait = || tenant.twin.clock().step(Duration::from_secs(delay + 1));
        let engine = tenant.engine_under(policy()).await;
        pass(&engine).await.unwrap();
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        wait();
        pass(&engine).await.unwrap();
        wait();
        tag(&tenant, &alert, &["lockstep:held", "Lockstep:Approve"], &ann());
        wait();
        pass(&engine).await.unwrap();
        assert_eq!(answered(&engine).await, [("ann@contoso.example".to_owned(), None)], "{delay}");
        let closed = pass(&engine).await.unwrap();
        assert_eq!(outcomes(&closed), ["closed"], "{delay}: {:?}", left(&closed));

        // What moves later is another matter, although the tag is still there.
        wait();
        tenant.set(&alert, AlertStatus::Active);
        wait();
        pass(&engine).await.unwrap();
        assert_eq!(tenant.incident(&alert), "New", "it is reopened");
        wait();
        tenant.set(&alert, AlertStatus::Dismissed);
        wait();
        for _ in 0..3 {
            pass(&engine).await.unwrap();
            wait();
        }
        assert_eq!((tenant.incident(&alert).as_str(), answered(&engine).await.len()), ("New", 1), "{delay}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_is_none_changes_nothing() {
    let check = async |meanwhile: &dyn Fn(&Tenant, &AlertRef), by: Actor, expected: &str| {
        let tenant = Tenant::new();
        let engine = tenant.engine_under(policy()).await;
        pass(&engine).await.unwrap();
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        pass(&engine).await.unwrap();
        meanwhile(&tenant, &alert);
        tag(&tenant, &alert, &["lockstep:held", "lockstep:approve"], &by);
        for _ in 0..3 {
            pass(&engine).await.unwrap();
        }
        assert_eq!(tenant.incident(&alert), "New", "{expected}");
        let answers = answered(&engine).await;
        assert_eq!(answers.iter().map(|(_, refused)| refused.as_deref()).collect::<Vec<_>>(), [Some(expected)]);
    };
    let playbook = Actor { name: "Playbook".into(), object_id: None, user_principal_name: None };
    check(&|_, _| (), playbook, "it was not set by a person").await;
    let moved = |tenant: &Tenant, alert: &AlertRef| {
        tenant.twin.clock().step(Duration::from_secs(60));
        tenant.set(alert, AlertStatus::Resolved);
    };
    check(&moved, ann(), "what is due now is not what was proposed").await;

    let tenant = Tenant::new();
    let engine = tenant.engine_under(policy()).await;
    pass(&engine).await.unwrap();
    let alert = tenant.raise();
    tag(&tenant, &alert, &["lockstep:approve"], &ann());
    tenant.twin.clock().step(Duration::from_secs(60));
    tenant.set(&alert, AlertStatus::Dismissed);
    for _ in 0..3 {
        pass(&engine).await.unwrap();
    }
    let answers = answered(&engine).await;
    assert_eq!(answers, [("ann@contoso.example".to_owned(), Some("nothing was proposed on the incident".to_owned()))]);
    assert_eq!(tenant.incident(&alert), "New");
}

#[tokio::test(start_paused = true)]
pub async fn i20_a_person_who_acts_after_the_yes_takes_it_back() {
    let tenant = Tenant::new();
    let engine = tenant.engine_under(policy()).await;
    pass(&engine).await.unwrap();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    pass(&engine).await.unwrap();
    tag(&tenant, &alert, &["lockstep:approve"], &ann());
    pass(&engine).await.unwrap();
    tenant.twin.clock().step(Duration::from_secs(60));
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    let last = pass(&engine).await.unwrap();
    assert_eq!((outcomes(&last), tenant.incident(&alert).as_str()), (Vec::new(), "Active"));
}

#[tokio::test(start_paused = true)]
pub async fn i09_a_tag_takes_back_what_was_last_written_once() {
    let tenant = Tenant::new();
    let engine = tenant.engine().await;
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    tag(&tenant, &alert, &["lockstep:undo"], &ann());
    for _ in 0..3 {
        pass(&engine).await.unwrap();
    }
    assert_eq!(tenant.incident(&alert), "New");
    assert_eq!(answered(&engine).await, [("ann@contoso.example".to_owned(), None)]);
    assert_eq!(tenant.entered().await, ["intended", "done", "answered", "intended", "done"]);

    // Nobody says it again by leaving the tag where it is.
    tenant.twin.clock().step(Duration::from_secs(60));
    tenant.set(&alert, AlertStatus::Resolved);
    for _ in 0..2 {
        pass(&engine).await.unwrap();
    }
    assert_eq!((tenant.incident(&alert).as_str(), answered(&engine).await.len()), ("Closed TruePositive", 1));
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_nobody_took_goes_back() {
    let knobs = Knobs { idle_active: Some(Duration::from_secs(8 * 3_600)), ..Preset::Seed.knobs() };
    let tenant = Tenant::new();
    let engine = tenant.engine_under(Policy::new("test", knobs)).await;
    let (idle, owned, reset) = (tenant.raise(), tenant.raise(), tenant.raise());
    for alert in [&idle, &owned] {
        tenant.set(alert, AlertStatus::InProgress);
    }
    tenant.analyst(&reset, |world, name, by| world.activate_incident(name, by).unwrap());
    pass(&engine).await.unwrap();
    tenant.analyst(&owned, |world, name, by| {
        let same = IncidentWrite::same(world.incident(name).unwrap());
        let mut owner = same.owner.clone();
        owner.email = Some("ann@contoso.example".into());
        owner.user_principal_name = Some("ann@contoso.example".into());
        world.write_incident(name, IncidentWrite { owner, ..same }, None, by).unwrap();
    });
    let stand = || [&idle, &owned, &reset].map(|alert| tenant.incident(alert));
    tenant.twin.clock().step(Duration::from_secs(7 * 3_600));
    pass(&engine).await.unwrap();
    assert_eq!(stand(), ["Active", "Active", "Active"]);
    tenant.twin.clock().step(Duration::from_secs(2 * 3_600));
    for _ in 0..3 {
        pass(&engine).await.unwrap();
    }
    assert_eq!(stand(), ["New", "Active", "Active"], "what is owned stays, and what a person set active");
    let (_, comments) = told(&tenant, &idle);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("Nobody has taken it since"), "{}", comments[0]);
}

#[tokio::test(start_paused = true)]
pub async fn i06_a_note_that_nobody_heard_of_is_settled_by_its_tag() {
    let check = async |disturbance: Disturbance, expected: &[&str]| {
        let tenant = Tenant::new();
        let engine = tenant.engine_under(policy()).await;
        pass(&engine).await.unwrap();
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        tenant.wire.disturb(Method::PUT, "/incidents/", vec![disturbance]);
        for _ in 0..3 {
            pass(&engine).await.unwrap();
        }
        let (labels, comments) = told(&tenant, &alert);
        assert_eq!((labels, comments.len()), (vec!["lockstep:held".to_owned()], 1));
        assert_eq!(tenant.entered().await, expected);
    };
    let again = ["note intended", "in doubt", "did not happen", "note intended", "done"];
    check(Disturbance::LoseAnswer, &again).await;
    check(Disturbance::LoseRequest, &again).await;
}
