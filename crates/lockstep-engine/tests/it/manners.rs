//! Manners: a mass change leaves analysts their part of what the service gives, and a right that is on its way is waited for.

use std::sync::Arc;
use std::time::Duration;

use lockstep_azure::{Auth, Cloud, Endpoints, InProcess, IncidentChange, Options, Scope, Workspace};
use lockstep_core::{Brake, IncidentId, Preset};
use lockstep_engine::{Interval, Stopped};
use lockstep_twin::Limit;
use lockstep_twin::world::{AlertStatus, Settings};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, pass};

/// The workspace with the eyes of another identity, which has a pace of its own.
fn analyst(tenant: &Tenant) -> Workspace {
    let it = tenant.twin.estate();
    let scope =
        Scope::new(&it.tenant_id, &it.subscription_id, &it.resource_group, &it.workspace_name, &it.workspace_id);
    let client = Arc::new(InProcess(tenant.wire.clone()));
    let auth = Auth::ManagedIdentity(None);
    Workspace::new(Endpoints::of(Cloud::Public), scope.unwrap(), auth, client, Options::default()).unwrap()
}

#[tokio::test(start_paused = true)]
pub async fn i11_no_analyst_is_throttled_by_a_mass_close() {
    let tenant = Tenant::new();
    let alerts: Vec<_> = (0..150).map(|_| tenant.raised_as(AlertStatus::Dismissed)).collect();
    let worked_on = tenant.raise();
    tenant.twin.throttles().set(Limit::documented(1.0));
    let mut policy = Preset::Seed.policy();
    policy.brake = Brake::Off;
    let engine = tenant.engine_under(policy).await;

    let began = Instant::now();
    let analyst_works = async {
        let (workspace, id) =
            (analyst(&tenant), IncidentId::parse(worked_on.incident_name.as_deref().unwrap()).unwrap());
        let mut writes = 0;
        // One update in half a minute, for as long as the mass close lasts and beyond.
        while began.elapsed() < Duration::from_secs(900) {
            let fresh = workspace.incident(&id).await.unwrap();
            let change = if writes % 2 == 0 { IncidentChange::Active } else { IncidentChange::New };
            workspace.put_incident(&fresh, &change).await.unwrap();
            writes += 1;
            sleep(Duration::from_secs(30)).await;
        }
        writes
    };
    let ((closed, took), writes) = tokio::join!(
        async {
            let closed = pass(&engine).await.unwrap().outcomes.len();
            (closed, began.elapsed().as_secs())
        },
        analyst_works
    );
    assert_eq!(closed, alerts.len());
    assert!(alerts.iter().all(|alert| tenant.incident(alert) == "Closed BenignPositive"));
    assert_eq!(writes, 30);
    // 60 at once, 60 five minutes later, the rest five minutes after that.
    assert!((602..640).contains(&took), "it took {took} s");
    let stats = tenant.twin.stats();
    let throttled: u64 = stats.operations.values().filter_map(|statuses| statuses.get(&429)).sum();
    assert_eq!(throttled, 0, "{:?}", stats.operations);
}

/// How a watch ended, and after how many minutes; the watch is told to end after three hours.
async fn watched(tenant: &Tenant) -> (Result<(), Stopped>, u64) {
    let engine = tenant.engine().await;
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let until = async {
        sleep(Duration::from_secs(3 * 3600)).await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    let interval = Interval { every: Duration::from_secs(60) };
    let ended = tokio::select! {
        ended = engine.watch(interval, &stop, &()) => ended,
        () = until => unreachable!("it waits for ever"),
    };
    (ended, began.elapsed().as_secs() / 60)
}

#[tokio::test(start_paused = true)]
async fn a_watch_waits_for_rights_that_were_just_given() {
    let tenant = Tenant::with(Settings { rights_delay: Duration::from_secs(1800), ..Settings::default() });
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let (ended, _) = watched(&tenant).await;
    ended.unwrap();
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_when_rights_do_not_come_for_an_hour() {
    let tenant = Tenant::with(Settings { rights_delay: Duration::from_secs(86_400), ..Settings::default() });
    tenant.raised_as(AlertStatus::Dismissed);
    let (ended, minutes) = watched(&tenant).await;
    assert!(matches!(ended, Err(Stopped::Rights(_))), "{ended:?}");
    assert!((60..=63).contains(&minutes), "after {minutes} minutes");
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_at_once_when_rights_are_taken_away() {
    let tenant = Tenant::new();
    tenant.raised_as(AlertStatus::Dismissed);
    pass(&tenant.engine().await).await.unwrap();
    let me = tenant.twin.estate().client_object_id.clone();
    tenant.twin.with(|world| world.revoke_roles(&me));
    let (ended, minutes) = watched(&tenant).await;
    assert!(matches!(ended, Err(Stopped::Rights(_))), "{ended:?}");
    assert_eq!(minutes, 0, "the ledger knows that it had them");
}
