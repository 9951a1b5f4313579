//! What keeps a pass from overwriting people and from deciding on what is old.

use std::time::Duration;

use http::Method;
use lockstep_engine::Conclusion;
use lockstep_twin::world::{AlertStatus, FinishedAlert, Settings};

use crate::tenant::{Tenant, as_false_positive, left, outcomes, pass};
use crate::wire::Disturbance;

const INCIDENT: &str = "/incidents/";

#[tokio::test(start_paused = true)]
pub async fn i01_an_analyst_who_writes_between_read_and_write_is_not_overwritten() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let (twin, name) = (tenant.twin.clone(), alert.incident_name.clone().unwrap());
    let close = move || {
        let by = lockstep_twin::world::Actor::person("analyst@contoso.example");
        twin.with(|world| world.close_incident(&name, as_false_positive(), &by)).unwrap();
    };
    tenant.wire.disturb(Method::PUT, INCIDENT, vec![Disturbance::After(Box::new(close))]);
    let done = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed FalsePositive");
    assert_eq!(outcomes(&done), ["left: it is closed already"]);
    assert_eq!(tenant.entered().await, ["intended", "refused"]);
    assert_eq!(done.conclusion(), Conclusion::Done);
}

#[tokio::test(start_paused = true)]
pub async fn i01_a_write_that_does_not_matter_is_decided_over_and_kept() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let (twin, name) = (tenant.twin.clone(), alert.incident_name.clone().unwrap());
    let rename = move || {
        let by = lockstep_twin::world::Actor::person("analyst@contoso.example");
        twin.with(|world| {
            let incident = world.incident(&name).unwrap();
            let same = lockstep_twin::world::IncidentWrite::same(incident);
            let write = lockstep_twin::world::IncidentWrite { title: "Renamed".into(), ..same };
            world.write_incident(&name, write, None, &by)
        })
        .unwrap();
    };
    tenant.wire.disturb(Method::PUT, INCIDENT, vec![Disturbance::After(Box::new(rename))]);
    pass(&tenant.engine().await).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    let name = alert.incident_name.unwrap();
    assert_eq!(tenant.twin.world().incident(&name).unwrap().title, "Renamed");
    assert_eq!(tenant.entered().await, ["intended", "refused", "intended", "done"]);
}

#[tokio::test(start_paused = true)]
pub async fn i02_an_incident_that_an_analyst_reopened_stays_open_until_its_alert_moves_again() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    pass(&engine).await.unwrap();
    tenant.analyst(&alert, |world, name, by| world.activate_incident(name, by).unwrap());
    let second = pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Active");
    assert_eq!(left(&second), ["somebody changed it after lockstep did, and its alerts have not moved since"]);

    tokio::time::advance(Duration::from_secs(60)).await;
    tenant.set(&alert, AlertStatus::Resolved);
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed TruePositive");
}

#[tokio::test(start_paused = true)]
pub async fn i07_a_late_row_proposes_and_the_fresh_read_disposes() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Resolved);
    tenant.twin.with(|world| {
        let delay = Duration::from_secs(600);
        world.set_settings(Settings { delay, ..world.settings().clone() });
    });
    tenant.set(&alert, AlertStatus::Active);
    let stale = pass(&tenant.engine().await).await.unwrap();
    assert_eq!(tenant.incident(&alert), "New");
    assert_eq!(left(&stale), ["nobody has touched its alerts"]);
}

#[tokio::test(start_paused = true)]
pub async fn i03_an_incident_with_two_alerts_closes_once_both_are_finished() {
    let tenant = Tenant::new();
    let (first, second) = (tenant.raised_as(AlertStatus::Dismissed), tenant.raise());
    let engine = tenant.engine().await;
    tenant.analyst(&first, |world, name, by| {
        let name = name.to_owned();
        relate(world, &name, &second.system_alert_id, by);
    });
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&first), "New");
    tokio::time::advance(Duration::from_secs(60)).await;
    tenant.set(&second, AlertStatus::Resolved);
    pass(&engine).await.unwrap();
    assert_eq!(tenant.incident(&first), "Closed TruePositive");
}

fn relate(world: &mut lockstep_twin::world::World, incident: &str, alert: &str, by: &lockstep_twin::world::Actor) {
    world.relate_alert(incident, alert, None, by).unwrap();
}

#[tokio::test(start_paused = true)]
pub async fn i02_the_products_own_echo_is_not_followed() {
    let tenant = Tenant::with(Settings { finished_alert: FinishedAlert::Resolved, ..Settings::default() });
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let engine = tenant.engine().await;
    for _ in 0..3 {
        pass(&engine).await.unwrap();
    }
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
    assert_eq!(tenant.entered().await, ["intended", "done"]);
}

#[tokio::test(start_paused = true)]
pub async fn i08_one_ledger_serves_one_instance() {
    let tenant = Tenant::new();
    let _engine = tenant.engine().await;
    assert!(matches!(tenant.open_ledger().await, Err(lockstep_ledger::Error::Held { .. })));
}
