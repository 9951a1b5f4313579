//! The activity log: people's acts, applications' calls, and Defender for Cloud's own events.

use std::time::Duration;

use lockstep_twin::world::{Actor, AlertRef, AlertStatus, Classification, Closing, NewAlert, Settings};
use serde_json::Value;

use crate::cloud::Cloud;

const LOG: &str = "{sub}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01";
const SINCE: &str = "&$filter=eventTimestamp ge '2024-06-01T00:00:00Z' and eventTimestamp le '2024-06-02T00:00:00Z'";

async fn events(cloud: &Cloud, more: &str) -> Vec<Value> {
    let events = cloud.check(&format!("GET {LOG}{SINCE}{more}"), "", "200").await;
    events["value"].as_array().unwrap().clone()
}

/// `category action status caller` of each event, newest first.
fn told(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| {
        let word = |name: &str| event[name]["value"].as_str().unwrap().to_owned();
        let action = word("operationName").rsplit('/').nth(1).unwrap().to_owned();
        let caller = event["caller"].as_str().unwrap_or("-");
        format!("{} {action} {} {caller}", word("category"), word("status"))
    };
    events.iter().map(line).collect()
}

#[tokio::test]
async fn the_categories_of_events_are_told() {
    let cloud = Cloud::new().await;
    let found =
        cloud.check("GET /providers/Microsoft.Insights/eventcategories?api-version=2015-04-01", "", "200").await;
    let names: Vec<_> = found["value"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap()).collect();
    assert_eq!(names, ["Administrative", "Security", "ServiceHealth", "Alert", "Recommendation", "Policy"]);
    let old = "GET /providers/Microsoft.Insights/eventcategories?api-version=2014-04-01";
    cloud.check(old, "", "400 InvalidApiVersionParameter").await;
}

#[tokio::test]
async fn acts_are_told_with_who_did_them() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, AlertStatus::InProgress)).unwrap();
    cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "204").await;
    let incident = format!("{{sentinel}}/incidents/{}", alert.incident_name.clone().unwrap());
    cloud.check(&format!("POST {incident}/alerts"), "", "200").await;
    cloud
        .check(&format!("POST {}/none", alert.alert_id.replace("/alerts/", "/moons/")), "", "404 InvalidResourceType")
        .await;
    let events = events(&cloud, " and resourceProvider eq 'Microsoft.Security'").await;
    let client = cloud.twin.estate().client_object_id.clone();
    assert_eq!(
        told(&events),
        [
            format!("Administrative dismiss Succeeded {client}"),
            format!("Administrative dismiss Started {client}"),
            "Administrative inProgress Succeeded owner@contoso.com".to_owned(),
            "Administrative inProgress Started owner@contoso.com".to_owned(),
            "Security activate Active -".to_owned(),
        ]
    );
    assert_eq!(events[0]["correlationId"], events[1]["correlationId"], "an act's two events belong together");
    assert_eq!(events[0]["claims"]["appid"], cloud.twin.estate().client_id.as_str());
    assert_eq!(events[2]["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"], "owner@contoso.com");
    let own = &events[4];
    for id in ["correlationId", "operationId", "eventDataId"] {
        assert_eq!(own[id], alert.alert_name.as_str(), "{id}");
    }
    assert_eq!(events[0]["channels"], Value::Null, "the specification has no such member");
    assert_eq!((&own["claims"], &own["authorization"]), (&Value::Null, &Value::Null), "nobody did it");
    assert_eq!(own["properties"]["severity"], "High");
    let one = cloud
        .check(&format!("GET {LOG}{SINCE} and resourceUri eq '{}'&$select=caller", alert.alert_id), "", "200")
        .await;
    assert_eq!(one["value"].as_array().unwrap().len(), 5);
    assert_eq!(one["value"][0].as_object().unwrap().len(), 1);
    let query = "AzureActivity | summarize count() by ActivityStatusValue | sort by ActivityStatusValue asc";
    let rows = cloud.query(query).await.json()["tables"][0]["rows"].clone();
    assert_eq!(rows, serde_json::json!([["Active", 1], ["Start", 2], ["Success", 2]]));
}

#[tokio::test]
async fn what_is_refused_is_told_too() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let at = format!("PUT {{sentinel}}/incidents/{}", alert.incident_name.clone().unwrap());
    let stale = r#"{"etag":"\"old\"","properties":{"title":"t","severity":"Low","status":"New"}}"#;
    cloud.check(&at, stale, "409 Conflict").await;
    let me = cloud.twin.estate().client_object_id.clone();
    let subscription = cloud.twin.estate().subscription();
    cloud.twin.with(|world| {
        world.revoke_roles(&me);
        world.assign_role(&me, "Reader", &subscription, Duration::ZERO)
    });
    cloud.check(&at, stale, "403 AuthorizationFailed").await;
    let events = events(&cloud, " and resourceProvider eq 'Microsoft.SecurityInsights'").await;
    let failed: Vec<_> = events.iter().filter(|event| event["status"]["value"] == "Failed").collect();
    let why: Vec<_> = failed.iter().map(|event| event["subStatus"]["localizedValue"].as_str().unwrap()).collect();
    assert_eq!(why, ["Forbidden (HTTP Status Code: 403)", "Conflict (HTTP Status Code: 409)"]);
}

#[tokio::test]
async fn sentinels_own_sync_is_told_as_an_application() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    close(&cloud, &alert);
    let events = events(&cloud, " and resourceProvider eq 'Microsoft.Security'").await;
    assert_eq!(events[0]["claims"]["appid"], "98785600-1bb7-4fb9-b9fa-19afe2c8a360");
    assert_eq!(events[0]["operationName"]["value"], "Microsoft.Security/locations/alerts/resolve/action");
}

fn close(cloud: &Cloud, alert: &AlertRef) {
    let closing = Closing { classification: Classification::Undetermined, reason: None, comment: None };
    let by = Actor::person("ada@contoso.com");
    let name = alert.incident_name.as_deref().unwrap();
    cloud.twin.with(|world| world.close_incident(name, closing, &by)).unwrap();
}

#[tokio::test]
async fn the_log_tells_after_its_delay() {
    let cloud = Cloud::with(Settings { activity_delay: Duration::from_secs(300), ..Settings::default() }).await;
    cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    assert_eq!(events(&cloud, "").await.len(), 0);
    cloud.twin.clock().step(Duration::from_secs(300));
    let events = events(&cloud, "").await;
    assert_eq!(
        (events[0]["eventTimestamp"].as_str(), events[0]["submissionTimestamp"].as_str()),
        (Some("2024-06-01T00:00:00.0000000Z"), Some("2024-06-01T00:05:00.0000000Z"))
    );
}

#[tokio::test]
async fn a_filter_outside_the_grammar_is_refused() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let bare = "&$filter=eventTimestamp ge 2024-05-31T00:00:00.5 and eventTimestamp le 2024-06-02T00:00:00Z";
    let all = cloud.check(&format!("GET {LOG}{bare}"), "", "200").await;
    assert_eq!(all["value"].as_array().unwrap().len(), 1, "times may stand bare");
    for bad in [
        "",
        "&$filter=eventTimestamp ge yesterday",
        "&$filter=eventTimestamp ge 2024-06-01T00:00:00Z and resourceGroupName eq rg",
        "&$filter=caller eq 'x'",
        "&$filter=eventTimestamp ge '2024-06-01T00:00:00Z' or caller eq 'x'",
    ] {
        cloud.check(&format!("GET {LOG}{bad}"), "", "400 BadRequest").await;
    }
}

/// The worked example of docs/guide/twin.md shows the code of `EventCategories_List`: the code itself.
#[test]
fn the_guide_shows_the_code_as_it_stands() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let read = |path: &str| {
        let text = std::fs::read_to_string(format!("{root}/{path}")).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (guide, api) = (read("docs/guide/twin.md"), "crates/lockstep-twin/src/api");
    let code = read(&format!("{api}/activity.rs")) + &read(&format!("{api}/mod.rs"));
    let shown: Vec<&str> = guide.split("```rust ").skip(1).map(|rest| rest.split(" ```").next().unwrap()).collect();
    assert!(shown.len() >= 2, "{shown:?}");
    for shown in shown {
        assert!(code.contains(shown), "{shown}");
    }
}
