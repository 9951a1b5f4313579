//! The one write: sent once, and honest about what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, Method, Request};
use lockstep_azure::{FreshIncident, HttpClient, InProcess, IncidentChange, Options, Workspace, WriteError};
use tokio::time::{Duration, sleep};
use uuid::Uuid;

use crate::script::{Said, Script, id, incident, said, secret, silence, throttled};
use crate::twin::Tenant;

async fn fresh(script: &Script) -> (Workspace, FreshIncident) {
    let workspace = script.workspace(secret(), Options::default());
    let fresh = workspace.incident(&id()).await.unwrap();
    (workspace, fresh)
}

/// Writes an incident to a service that says `reply`, and compares how often it was sent and what came of it.
async fn check(replies: &[Said], sent: usize, outcome: &str) {
    let script = Script::of([incident()].into_iter().chain(replies.iter().cloned()));
    let (workspace, fresh) = fresh(&script).await;
    let found = match workspace.put_incident(&fresh, &IncidentChange::Active).await {
        Ok(written) => format!("written: {}", written.number),
        Err(WriteError::Changed(error)) => format!("changed: {error}"),
        Err(WriteError::Later { retry_after, .. }) => format!("later: {}", retry_after.as_secs()),
        Err(WriteError::Refused(error)) => format!("refused: {error}"),
        Err(WriteError::InDoubt(error)) => format!("in doubt: {error}"),
    };
    assert!(found.starts_with(outcome), "{found}");
    assert_eq!(script.asked().iter().filter(|it| it.method == "PUT").count(), sent, "{found}");
}

#[tokio::test(start_paused = true)]
async fn i06_a_write_that_may_have_arrived_is_never_sent_again() {
    check(&[incident()], 1, "written: 1").await;
    check(&[said(500, "")], 1, "in doubt: writing an incident failed at Microsoft Sentinel: failed with 500").await;
    check(&[said(503, "")], 1, "in doubt").await;
    check(&[said(408, "")], 1, "in doubt").await;
    check(&[said(200, "")], 1, "in doubt").await;
    check(&[said(200, "<html>")], 1, "in doubt").await;
    check(&[said(204, "")], 1, "in doubt").await;
    check(&[silence()], 1, "in doubt: writing an incident failed at Microsoft Sentinel: no whole answer came from")
        .await;
    check(&[Said(201, Vec::new(), incident().2)], 1, "in doubt").await;
    check(&[said(409, r#"{"error":{"code":"Conflict","message":"Newer version"}}"#)], 1, "changed").await;
    check(&[said(400, r#"{"error":{"code":"BadRequest","message":"classification"}}"#)], 1, "refused").await;
    check(&[said(404, "")], 1, "refused").await;
    check(&[throttled(Some("30")), incident()], 1, "later: 30").await;
    check(&[throttled(None), incident()], 1, "later: 1").await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_even_for_a_write() {
    let challenge = Said(401, vec![("www-authenticate", "Bearer error=\"invalid_token\"")], String::new());
    check(&[challenge.clone(), incident()], 2, "written: 1").await;
    check(&[challenge], 2, "refused: writing an incident failed at Microsoft Sentinel: the identity was not accepted")
        .await;
}

#[tokio::test(start_paused = true)]
async fn i11_no_write_is_sent_before_the_time_that_the_service_named() {
    let script = Script::of([incident(), throttled(Some("30")), incident()]);
    let (workspace, fresh) = fresh(&script).await;
    for left in [30, 20] {
        let later = workspace.put_incident(&fresh, &IncidentChange::Active).await.unwrap_err();
        let WriteError::Later { retry_after, .. } = later else { panic!("{later}") };
        assert_eq!(retry_after.as_secs(), left);
        sleep(Duration::from_secs(10)).await;
    }
    workspace.incident(&id()).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    workspace.put_incident(&fresh, &IncidentChange::Active).await.unwrap();
    let asked: Vec<_> = script.asked().iter().map(|it| (it.method.clone(), it.at)).collect();
    let asked: Vec<_> = asked.iter().map(|(method, at)| (method.as_str(), *at)).collect();
    assert_eq!(asked, [("GET", 0), ("PUT", 0), ("GET", 20), ("PUT", 30)]);
}

#[tokio::test(start_paused = true)]
async fn every_request_can_be_found_again() {
    let script = Script::of([incident(), Said(500, vec![("x-ms-request-id", "theirs")], String::new())]);
    let run = Uuid::from_u128(7);
    let (workspace, fresh) = fresh(&script).await;
    let error = workspace.for_run(run).put_incident(&fresh, &IncidentChange::Active).await.unwrap_err();
    let put = script.asked().pop().unwrap();
    let header = |name| put.headers.get(name).map(|it| it.to_str().unwrap());
    assert_eq!(header("x-ms-correlation-request-id"), Some(run.to_string().as_str()));
    assert_eq!(header("x-ms-client-request-id"), Some(error.error().ids.client.as_str()));
    assert_eq!(error.error().ids.service.as_deref(), Some("theirs"));
    assert_eq!(header("host"), Some("arm.script.local"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(put.body.contains(r#""etag":"\"1\"""#), "{}", put.body);
}

/// A client from which no write finds a way.
#[derive(Debug)]
struct NoWay(Arc<dyn HttpClient>, AtomicUsize);

#[async_trait]
impl HttpClient for NoWay {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if request.method() == Method::Put {
            self.1.fetch_add(1, Ordering::Relaxed);
            return Err(azure_core::Error::with_message(ErrorKind::Connection, "there is no route"));
        }
        self.0.execute_request(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn i01_a_write_that_finds_no_way_is_left_to_its_sender() {
    let tenant = Tenant::new();
    let client = Arc::new(NoWay(Arc::new(InProcess(tenant.twin.router())), AtomicUsize::new(0)));
    let workspace = tenant.through(Arc::clone(&client) as _);
    let fresh = workspace.incident(&tenant.id()).await.unwrap();
    let later = workspace.put_incident(&fresh, &IncidentChange::Active).await.unwrap_err();
    let WriteError::Later { retry_after, .. } = &later else { panic!("{later}") };
    assert_eq!((retry_after.as_secs(), client.1.load(Ordering::Relaxed)), (2, 1));
    assert!(later.to_string().contains("could not be reached"), "{later}");
}
