//! The door to a whole cloud: the twin, in process and over a socket.

use std::sync::Arc;

use lockstep_azure::{
    Auth, Authorities, Cloud, Endpoint, Endpoints, Fault, HttpClient, InProcess, IncidentChange, Network, Options,
    Scope, Secret, Workspace, WriteError,
};
use lockstep_core::{AlertPlace, AlertState, Classification, Closing, IncidentId, IncidentState, is_defender_product};
use lockstep_twin::world::{Actor, AlertRef, AlertStatus, NewAlert};
use lockstep_twin::{Server, ServerOptions, Twin};
use time::macros::datetime;

/// A twin with one alert and its incident.
pub struct Tenant {
    pub twin: Twin,
    pub alert: AlertRef,
}

impl Tenant {
    pub fn new() -> Self {
        let start = Some(datetime!(2024-06-01 00:00 UTC));
        let twin = Twin::new(lockstep_twin::Options { start, ..Default::default() });
        let alert = twin.with(|world| world.raise_alert(NewAlert::default()));
        Self { twin, alert }
    }

    pub fn secret(&self) -> Auth {
        let secret = Secret::from(self.twin.secrets().client_secret.expose().to_owned());
        Auth::ClientSecret { client_id: self.twin.estate().client_id.clone(), secret }
    }

    pub fn workspace(&self, auth: Auth) -> Workspace {
        self.over(Arc::new(InProcess(self.twin.router())), Endpoints::of(Cloud::Public), auth)
    }

    /// The workspace, through another client.
    pub fn through(&self, client: Arc<dyn HttpClient>) -> Workspace {
        self.over(client, Endpoints::of(Cloud::Public), self.secret())
    }

    fn over(&self, client: Arc<dyn HttpClient>, endpoints: Endpoints, auth: Auth) -> Workspace {
        let it = self.twin.estate();
        let scope =
            Scope::new(&it.tenant_id, &it.subscription_id, &it.resource_group, &it.workspace_name, &it.workspace_id);
        Workspace::new(endpoints, scope.unwrap(), auth, client, Options::default()).unwrap()
    }

    pub fn id(&self) -> IncidentId {
        IncidentId::parse(self.alert.incident_name.as_deref().unwrap()).unwrap()
    }

    pub fn place(&self) -> AlertPlace {
        let it = self.twin.estate();
        AlertPlace::new(&it.subscription_id, Some(&it.resource_group), &it.location, &self.alert.alert_name).unwrap()
    }
}

/// A tenant around a twin that has what it needs.
pub fn tenant_of(twin: Twin) -> Tenant {
    let (alert_id, alert_name, system_alert_id) = Default::default();
    Tenant { twin, alert: AlertRef { alert_id, alert_name, system_alert_id, incident_name: None } }
}

fn closed() -> IncidentChange {
    IncidentChange::Closed(Closing { classification: Classification::BenignPositive, comment: "because".to_owned() })
}

#[tokio::test(start_paused = true)]
async fn an_incident_is_read_closed_and_reopened() {
    let tenant = Tenant::new();
    let workspace = tenant.workspace(tenant.secret());
    let fresh = workspace.incident(&tenant.id()).await.unwrap();
    assert_eq!((&fresh.state, fresh.alerts_count, fresh.bookmarks_count), (&IncidentState::New, 1, 0));
    let closing = Closing { classification: Classification::BenignPositive, comment: "because".to_owned() };
    let written = workspace.put_incident(&fresh, &closed()).await.unwrap();
    assert_eq!(written.state, IncidentState::Closed(Some(closing)));
    assert_ne!(written.version, fresh.version);
    assert_eq!(workspace.incident(&tenant.id()).await.unwrap(), written);
    let reopened = workspace.put_incident(&written, &IncidentChange::New).await.unwrap();
    assert_eq!(reopened.state, IncidentState::New);
}

#[tokio::test(start_paused = true)]
async fn i01_what_somebody_else_wrote_is_never_written_over() {
    let tenant = Tenant::new();
    let workspace = tenant.workspace(tenant.secret());
    let fresh = workspace.incident(&tenant.id()).await.unwrap();
    let analyst = Actor::person("analyst@contoso.example");
    tenant.twin.with(|world| world.activate_incident(tenant.id().as_str(), &analyst)).unwrap();
    let changed = workspace.put_incident(&fresh, &closed()).await.unwrap_err();
    assert!(matches!(changed, WriteError::Changed(_)), "{changed}");
    assert_eq!(workspace.incident(&tenant.id()).await.unwrap().state, IncidentState::Active);
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_read_where_it_is() {
    let tenant = Tenant::new();
    let workspace = tenant.workspace(tenant.secret());
    for (status, expected) in [
        (AlertStatus::Active, AlertState::New),
        (AlertStatus::InProgress, AlertState::InProgress),
        (AlertStatus::Dismissed, AlertState::Dismissed),
        (AlertStatus::Resolved, AlertState::Resolved),
    ] {
        tenant.twin.with(|world| world.set_alert_status(&tenant.alert.alert_name, status)).unwrap();
        let alert = workspace.alert(&tenant.place()).await.unwrap();
        assert_eq!((alert.state, is_defender_product(&alert.product)), (expected, true));
    }
    let it = tenant.twin.estate();
    let gone = AlertPlace::new(&it.subscription_id, Some(&it.resource_group), &it.location, "1_gone").unwrap();
    assert_eq!(workspace.alert(&gone).await.unwrap().state, AlertState::Missing);
    let elsewhere = AlertPlace::new(&it.tenant_id, None, &it.location, "1_gone").unwrap();
    let error = workspace.alert(&elsewhere).await.unwrap_err();
    assert!(matches!(error.fault, Fault::NotFound { .. } | Fault::Forbidden { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_incident_without_tasks_has_none_open() {
    let tenant = Tenant::new();
    assert_eq!(tenant.workspace(tenant.secret()).open_tasks(&tenant.id()).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_is_gone_is_not_found() {
    let tenant = Tenant::new();
    let workspace = tenant.workspace(tenant.secret());
    tenant.twin.with(|world| world.delete_incident(tenant.id().as_str()));
    let error = workspace.incident(&tenant.id()).await.unwrap_err();
    assert!(matches!(error.fault, Fault::NotFound { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_managed_identity_and_an_application_are_both_let_in() {
    let tenant = Tenant::new();
    for auth in [tenant.secret(), Auth::ManagedIdentity(None)] {
        tenant.workspace(auth).incident(&tenant.id()).await.unwrap();
    }
    let client_id = tenant.twin.estate().client_id.clone();
    let wrong = Auth::ClientSecret { client_id, secret: Secret::new("wrong") };
    let error = tenant.workspace(wrong).incident(&tenant.id()).await.unwrap_err();
    let Fault::Unauthenticated { code, .. } = &error.fault else { panic!("{error}") };
    assert_eq!(code, "AADSTS7000215");
}

#[tokio::test]
async fn over_a_socket_only_who_trusts_the_authority_is_served() {
    let tenant = Tenant::new();
    let server = Server::start(tenant.twin.clone(), ServerOptions::default()).unwrap();
    let endpoints = [Endpoint::Login, Endpoint::Arm, Endpoint::Logs]
        .into_iter()
        .fold(Endpoints::of(Cloud::Public), |it, endpoint| it.with(endpoint, &server.url()).unwrap());
    let over = |network| tenant.over(Arc::new(network), endpoints.clone(), tenant.secret());
    let trusting = over(Network::new(Authorities::Only(server.ca_pem().as_bytes())).unwrap());
    trusting.incident(&tenant.id()).await.unwrap();
    let error = over(Network::new(Authorities::System).unwrap()).incident(&tenant.id()).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Untrusted { .. }), "{error}");
    server.shutdown().await;
}
