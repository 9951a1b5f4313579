//! What the pass's query finds in tables of every kind.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, Request};
use lockstep_azure::{HttpClient, InProcess, Question, Sightings};
use lockstep_core::{AlertState, Incident, Preset, Time};
use lockstep_twin::world::AlertStatus;
use lockstep_twin::{Options, Twin};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use crate::twin::{Tenant, tenant_of};

/// A client that counts what comes back from Log Analytics.
#[derive(Debug)]
struct Measured {
    client: Arc<dyn HttpClient>,
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

#[async_trait]
impl HttpClient for Measured {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let reply = self.client.execute_request(request).await?.try_into_raw_response().await?;
        let (status, headers, body) = reply.deconstruct();
        if !request.url().path().contains("oauth2") {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(body.len(), Ordering::Relaxed);
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// A tenant whose tables hold these rows.
fn tenant(incidents: &[Value], alerts: &[Value]) -> Tenant {
    let dir = TempDir::new().unwrap();
    let lines = |rows: &[Value]| rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    fs::write(dir.path().join("SecurityIncident.jsonl"), lines(incidents)).unwrap();
    fs::write(dir.path().join("SecurityAlert.jsonl"), lines(alerts)).unwrap();
    let start = Some(datetime!(2024-06-01 00:00 UTC));
    let twin = Twin::new(Options { start, ..Options::default() });
    twin.load(dir.path()).unwrap();
    tenant_of(twin)
}

fn guid(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

/// One incident, as a row: its number, its status, its products, and its alerts by their numbers.
fn incident(number: usize, status: &str, products: &[&str], alerts: &[usize]) -> Value {
    json!({
        "TimeGenerated": "2024-05-31T00:00:00Z",
        "IncidentName": guid(number), "IncidentNumber": number, "Title": format!("Incident {number}"),
        "Severity": "High", "Status": status,
        "AlertIds": alerts.iter().map(|alert| guid(*alert)).collect::<Vec<_>>(),
        "AdditionalData": {"alertsCount": alerts.len(), "alertProductNames": products},
    })
}

fn alert(number: usize, status: &str, product: &str) -> Value {
    json!({
        "TimeGenerated": "2024-05-31T00:00:00Z",
        "SystemAlertId": guid(number), "Status": status, "ProductName": product, "AlertName": "An alert",
    })
}

async fn ask(tenant: &Tenant) -> Sightings {
    tenant.workspace(tenant.secret()).sightings(&Question::new(&Preset::Seed.policy())).await.unwrap()
}

/// What was found of the one incident in the tables: `due`, or why it needs nothing.
fn found(sightings: &Sightings) -> String {
    assert_eq!(sightings.unreadable, []);
    let untouched: Vec<_> = sightings.untouched.iter().map(|(why, count)| format!("{} {count}", why.word())).collect();
    match (&sightings.due[..], &untouched[..]) {
        ([_], []) => "due".to_owned(),
        ([], [one]) => one.clone(),
        other => panic!("one incident became {other:?}"),
    }
}

/// Checks one line: the incident's status, its products, its alerts (`state` or `state of product`; `-` has no row), and what is found.
async fn check(line: &str) {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [status, products, states, expected] = parts[..] else { panic!("{line}") };
    let products: Vec<&str> = products.split(',').map(str::trim).collect();
    let states: Vec<&str> = states.split(',').map(str::trim).filter(|state| !state.is_empty()).collect();
    let numbers: Vec<usize> = (100..100 + states.len()).collect();
    let rows: Vec<Value> = numbers
        .iter()
        .zip(&states)
        .filter(|(_, state)| **state != "-")
        .map(|(number, state)| {
            let (state, product) = state.split_once(" of ").unwrap_or((state, products[0]));
            alert(*number, state, product)
        })
        .collect();
    let tenant = tenant(&[incident(1, status, &products, &numbers)], &rows);
    assert_eq!(found(&ask(&tenant).await), expected, "{line}");
}

#[tokio::test(start_paused = true)]
async fn each_incident_is_due_or_counted_by_why_it_is_not() {
    check("New    | Azure Security Center         | New                       | alerts-new 1").await;
    check("Active | Azure Security Center         | New                       | alerts-new 1").await;
    check("New    | Azure Security Center         | InProgress                | due").await;
    check("Active | Azure Security Center         | InProgress                | in-step 1").await;
    check("New    | Azure Security Center         | Dismissed                 | due").await;
    check("Active | Azure Security Center         | Resolved                  | due").await;
    check("Closed | Azure Security Center         | Resolved                  | closed 1").await;
    check("Closed | Azure Security Center         | New                       | closed 1").await;
    check("New    | Azure Security Center         | Resolved, Dismissed       | due").await;
    check("New    | Azure Security Center         | Resolved, New             | alert-still-new 1").await;
    check("New    | Azure Security Center         | Resolved, InProgress      | alerts-disagree 1").await;
    check("New    | Azure Security Center         | InProgress, New           | alert-still-new 1").await;
    check("New    | Azure Security Center         |                           | no-alerts 1").await;
}

#[tokio::test(start_paused = true)]
async fn a_product_is_compared_whole_and_case_blind() {
    check("New    | Microsoft Defender for Cloud  | Resolved                  | due").await;
    check("New    | azure security center         | Resolved                  | due").await;
    check("New    | Azure Security Center for IoT | Resolved                  | other-product 1").await;
    check("New    | The Azure Security Center     | Resolved                  | other-product 1").await;
    check("New    | Azure Sentinel                | Resolved                  | other-product 1").await;
    check("Closed | Azure Sentinel                | Resolved                  | other-product 1").await;
    check("New    | Azure Sentinel, Azure Security Center | Resolved          | due").await;
}

#[tokio::test(start_paused = true)]
async fn i03_what_is_missing_or_unknown_is_shown_as_such() {
    check("New    | Azure Security Center         | -                         | alert-unclear 1").await;
    check("New    | Azure Security Center         | Resolved, -               | alert-unclear 1").await;
    check("New    | Azure Security Center         | Unknown                   | alert-unclear 1").await;
    check("New    | Azure Security Center         | Resolved, resolved        | alert-unclear 1").await;

    let rows = [incident(1, "New", &["Azure Security Center"], &[100, 101, 102])];
    let alerts = [alert(100, "Resolved", "Azure Security Center"), alert(102, "Unknown", "Azure Security Center")];
    let sightings = ask(&tenant(&rows, &alerts)).await;
    let [seen] = &sightings.unclear[..] else { panic!("one was shown") };
    let states = |it: &Incident| it.alerts.iter().map(|alert| alert.state.clone()).collect::<Vec<_>>();
    let mut states = states(seen);
    states.sort();
    assert_eq!(states, [AlertState::Resolved, AlertState::Unknown("Unknown".to_owned()), AlertState::Missing]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_of_another_product_is_left_to_the_decision() {
    check("New    | Azure Security Center | Resolved, New of Azure Sentinel   | due").await;
    check("New    | Azure Security Center | New, New of Azure Sentinel        | alerts-new 1").await;
}

#[tokio::test(start_paused = true)]
async fn the_newest_version_counts_by_its_change_then_by_its_row() {
    let version = |status: &str, changed: Option<&str>, written: &str| {
        let mut row = incident(1, status, &["Azure Security Center"], &[100]);
        row["LastModifiedTime"] = json!(changed);
        row["TimeGenerated"] = json!(written);
        row
    };
    let check = async |versions: &[Value], expected: &str| {
        let rows = [alert(100, "Resolved", "Azure Security Center")];
        assert_eq!(found(&ask(&tenant(versions, &rows)).await), expected, "{versions:?}");
    };
    let (first, second, third) = ("2024-05-10T00:00:00Z", "2024-05-11T00:00:00Z", "2024-05-12T00:00:00Z");
    check(&[version("New", Some(first), first), version("Closed", Some(second), second)], "closed 1").await;
    // the row of the newer change came in first
    check(&[version("New", Some(first), third), version("Closed", Some(second), second)], "closed 1").await;
    // the same change twice
    check(&[version("New", Some(first), first), version("Closed", Some(first), second)], "closed 1").await;
    // rows that do not say when the change was
    check(&[version("Closed", None, third), version("New", None, second)], "closed 1").await;
    check(&[version("Closed", Some(second), first), version("New", None, first)], "closed 1").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_touched_for_longer_than_is_looked_back_is_not_seen() {
    let mut old = incident(1, "New", &["Azure Security Center"], &[100]);
    old["TimeGenerated"] = json!("2024-04-01T00:00:00Z");
    let tenant = tenant(&[old], &[alert(100, "Resolved", "Azure Security Center")]);
    let workspace = tenant.workspace(tenant.secret());
    let mut question = Question::new(&Preset::Seed.policy());
    let sightings = workspace.sightings(&question).await.unwrap();
    assert_eq!((sightings.due.len(), sightings.untouched.len()), (0, 0));
    question.lookback *= 3;
    assert_eq!(workspace.sightings(&question).await.unwrap().due.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_only_observes_sees_what_differs() {
    let rows = [alert(100, "Resolved", "Azure Security Center")];
    let tenant = tenant(&[incident(1, "New", &["Azure Security Center"], &[100])], &rows);
    let sightings =
        tenant.workspace(tenant.secret()).sightings(&Question::new(&Preset::Observe.policy())).await.unwrap();
    assert_eq!(found(&sightings), "due");
}

#[tokio::test(start_paused = true)]
async fn an_incident_of_the_cloud_comes_with_the_place_of_its_alert() {
    let tenant = Tenant::new();
    tenant.twin.with(|world| world.set_alert_status(&tenant.alert.alert_name, AlertStatus::Dismissed)).unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let workspace = tenant.workspace(tenant.secret());
    let sightings = workspace.sightings(&Question::new(&Preset::Seed.policy())).await.unwrap();
    let [seen] = &sightings.due[..] else { panic!("one is due: {sightings:?}") };
    assert_eq!((&seen.id, seen.alerts.len()), (&tenant.id(), 1));
    assert_eq!(seen.alerts[0].place, Some(tenant.place()));
    assert_eq!(workspace.alert(&tenant.place()).await.unwrap().state, AlertState::Dismissed);
    assert!(sightings.incidents_ingested.is_some() && sightings.alerts_ingested.is_some());
    assert!(Some(sightings.asked) >= sightings.alerts_ingested);

    let fresh = workspace.incident(&seen.id).await.unwrap();
    assert_eq!((fresh.number, &fresh.title, fresh.severity), (seen.number, &seen.title, seen.severity));
}

#[tokio::test(start_paused = true)]
async fn an_idle_pass_is_one_request_and_a_small_answer() {
    let (mut incidents, mut alerts) = (Vec::new(), Vec::new());
    for number in 1..=3000 {
        let status = ["New", "Active", "Closed"][number % 3];
        incidents.push(incident(number, status, &["Azure Security Center"], &[10_000 + number]));
        // A tenth of the alerts has no row, as in a workspace that keeps them for a shorter time.
        if number % 10 != 0 {
            let state = if status == "Closed" { "Resolved" } else { "New" };
            alerts.push(alert(10_000 + number, state, "Azure Security Center"));
        }
    }
    let tenant = tenant(&incidents, &alerts);
    let client: Arc<dyn HttpClient> = Arc::new(InProcess(tenant.twin.router()));
    let measured = Arc::new(Measured { client, requests: AtomicUsize::new(0), bytes: AtomicUsize::new(0) });
    let workspace = tenant.through(Arc::clone(&measured) as _);
    let sightings = workspace.sightings(&Question::new(&Preset::Seed.policy())).await.unwrap();
    assert_eq!(sightings.due, []);
    assert_eq!(sightings.untouched.values().sum::<u64>(), 3000);
    assert_eq!(measured.requests.load(Ordering::Relaxed), 1);
    let bytes = measured.bytes.load(Ordering::Relaxed);
    assert!(bytes < 10_000, "{bytes} bytes");
}

/// Checks who acted last on an incident of whose versions these lines tell, oldest first: `hour status owner comments title
/// writer`, with `-` for nobody and for the service. `expected` is the hour and the actor, or nothing.
async fn check_acted(versions: &[&str], expected: Option<(&str, &str)>) {
    let version = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [hour, status, owner, comments, title, by] = words[..] else { panic!("{line}") };
        let named = |word: &str| if word == "-" { String::new() } else { format!("{word}@contoso.example") };
        let at = format!("2024-05-31T{hour}:00Z");
        let mut row = incident(1, status, &["Azure Security Center"], &[100]);
        row["TimeGenerated"] = json!(at);
        row["LastModifiedTime"] = json!(at);
        row["CreatedTime"] = json!("2024-05-31T01:00:00Z");
        row["Title"] = json!(title);
        row["Owner"] = json!({ "userPrincipalName": named(owner) });
        row["AdditionalData"]["commentsCount"] = json!(comments.parse::<u32>().unwrap());
        row["ModifiedBy"] = json!(if by == "-" { "Incident created from alert".into() } else { named(by) });
        row
    };
    let rows: Vec<Value> = versions.iter().map(version).collect();
    let tenant = tenant(&rows, &[alert(100, "Dismissed", "Azure Security Center")]);
    let acted = ask(&tenant).await.due[0].acted.clone();
    let acted = acted.map(|act| (act.at, act.by.unwrap_or_default()));
    let wanted = |(hour, by): (&str, &str)| {
        let at = format!("2024-05-31T{hour}:00Z");
        let at = OffsetDateTime::parse(&at, &Rfc3339).unwrap().unix_timestamp();
        (Time::from_ticks(at * Time::TICKS_PER_SECOND), format!("{by}@contoso.example"))
    };
    assert_eq!(acted, expected.map(wanted), "{versions:?}");
}

#[tokio::test(start_paused = true)]
async fn who_acted_last_is_told_by_the_versions_of_an_incident() {
    check_acted(&["01:00 New - 0 a -"], None).await;
    check_acted(&["01:00 New - 0 a -", "02:00 Active - 0 a anna"], Some(("02:00", "anna"))).await;
    check_acted(&["01:00 New - 0 a -", "02:00 New anna 0 a anna"], Some(("02:00", "anna"))).await;
    check_acted(&["01:00 New - 0 a -", "02:00 New - 1 a anna"], Some(("02:00", "anna"))).await;
    // A new title is no act, long after.
    check_acted(&["01:00 New - 0 a -", "02:00 New - 0 b anna"], None).await;
    check_acted(&["01:00 New - 0 a -", "02:00 Active - 0 a anna", "03:00 Active - 0 b ben"], Some(("02:00", "anna")))
        .await;
    check_acted(&["01:00 New - 0 a -", "02:00 Active - 0 a anna", "03:00 New - 0 a ben"], Some(("03:00", "ben"))).await;
    // The row of a closing is late, or of the birth, or both.
    check_acted(&["01:00 New - 0 a -", "03:00 New - 0 a ben"], Some(("03:00", "ben"))).await;
    check_acted(&["02:00 Active - 0 a anna"], Some(("02:00", "anna"))).await;
    check_acted(&["03:00 New - 0 a ben"], Some(("03:00", "ben"))).await;
    check_acted(&["01:00 New - 0 a -", "02:00 Active - 0 a anna", "03:00 Active - 0 a ben"], Some(("03:00", "ben")))
        .await;
    // Within two hours, what a person wrote may hide an act whose row is late.
    check_acted(&["01:00 New - 0 a -", "23:30 New - 0 b ben"], Some(("23:30", "ben"))).await;
}
