//! Several subscriptions, workspaces and tenants in one twin.

use lockstep_twin::world::{AlertRef, Classification, Closing, NewAlert};
use lockstep_twin::{Estate, Options};
use serde_json::{Value, json};

use crate::cloud::{Cloud, send, token_of};

const SECOND: &str = "22222222-0000-4000-8000-000000000000";
const FOREIGN: &str = "33333333-0000-4000-8000-000000000000";
const OTHER_TENANT: &str = "44444444-0000-4000-8000-000000000000";
const OTHER_ID: &str = "55555555-0000-4000-8000-000000000000";

/// Two subscriptions of one tenant and one of another; the second workspace is connected to all three.
fn estate() -> Estate {
    let estate = json!({
        "more_subscriptions": [
            {"id": SECOND, "name": "Second"},
            {"id": FOREIGN, "name": "Foreign", "tenant_id": OTHER_TENANT},
        ],
        "more_workspaces": [{
            "subscription_id": SECOND,
            "resource_group": "rg-soc",
            "name": "law-soc",
            "id": OTHER_ID,
            "location": "northeurope",
            "connected": [Estate::default().subscription_id, SECOND, FOREIGN],
        }],
    });
    serde_json::from_value(estate).unwrap()
}

async fn cloud() -> Cloud {
    Cloud::of(Options { estate: estate(), ..Options::default() }).await
}

fn raise(cloud: &Cloud, subscription: &str) -> AlertRef {
    let alert = NewAlert { subscription_id: Some(subscription.into()), ..NewAlert::default() };
    cloud.twin.with(|world| world.raise_alert(alert))
}

const SOC: &str = "/subscriptions/22222222-0000-4000-8000-000000000000/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc";

async fn count(cloud: &Cloud, path: &str, body: Value) -> String {
    let reply = cloud.logs(path, &body.to_string()).await;
    match &reply.json()["tables"][0]["rows"][0][0] {
        Value::Null => reply.outcome(),
        count => count.to_string(),
    }
}

#[tokio::test]
async fn an_alert_comes_to_the_workspaces_that_are_connected_to_its_subscription() {
    let cloud = cloud().await;
    let first = cloud.twin.estate().subscription_id.clone();
    let check = async |subscription: &str, here: &str, there: &str| {
        let alert = raise(&cloud, subscription);
        assert!(alert.alert_id.starts_with(&format!("/subscriptions/{subscription}/")), "{}", alert.alert_id);
        for (path, expected) in [("{id}".to_owned(), here), (OTHER_ID.to_owned(), there)] {
            let query =
                json!({"query": format!("SecurityAlert | where SystemAlertId == '{}' | count", alert.system_alert_id)});
            let path = format!("POST /v1/workspaces/{path}/query");
            assert_eq!(count(&cloud, &path, query).await, expected, "{subscription}");
        }
    };
    check(&first, "1", "1").await;
    check(SECOND, "0", "1").await;
    // No connector brings alerts of another tenant's subscription, whatever it is told.
    check(FOREIGN, "0", "0").await;
    let here = cloud.check("GET {sentinel}/incidents", "", "200").await;
    let there = cloud
        .check(&format!("GET {SOC}/providers/Microsoft.SecurityInsights/incidents?api-version=2024-03-01"), "", "200")
        .await;
    assert_eq!((here["value"].as_array().unwrap().len(), there["value"].as_array().unwrap().len()), (1, 2));
    assert!(there["value"][0]["id"].as_str().unwrap().starts_with(SOC));
    let listed =
        cloud.check(&format!("GET /subscriptions/{SECOND}/providers/Microsoft.Security/alerts"), "", "200").await;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn sync_back_is_a_setting_of_the_alerts_subscription() {
    let cloud = cloud().await;
    let first = cloud.twin.estate().subscription_id.clone();
    let sync =
        format!("PUT /subscriptions/{SECOND}/providers/Microsoft.Security/settings/Sentinel?api-version=2022-05-01");
    cloud.check(&sync, r#"{"kind":"AlertSyncSettings","properties":{"enabled":false}}"#, "200").await;
    for (subscription, expected) in [(first.as_str(), "Resolved"), (SECOND, "Active")] {
        let alert = raise(&cloud, subscription);
        let closing = Closing { classification: Classification::Undetermined, reason: None, comment: None };
        let by = lockstep_twin::world::Actor::person("ada@contoso.com");
        cloud.twin.with(|world| world.close_incident(&alert.incident_name.unwrap(), closing, &by)).unwrap();
        let status = cloud.twin.with(|world| world.alert_status(&alert.alert_name)).unwrap();
        assert_eq!(status.as_str(), expected, "{subscription}");
    }
    assert!(cloud.twin.world().settings().bidirectional_sync, "one subscription still has it on");
}

#[tokio::test]
async fn incidents_of_two_workspaces_are_numbered_and_found_apart() {
    let cloud = cloud().await;
    let alert = raise(&cloud, &cloud.twin.estate().subscription_id.clone());
    let name = alert.incident_name.unwrap();
    cloud.check(&format!("GET {{sentinel}}/incidents/{name}"), "", "200").await;
    let there = format!("{SOC}/providers/Microsoft.SecurityInsights/incidents");
    cloud.check(&format!("GET {there}/{name}"), "", "404 NotFound").await;
    let list = cloud.check(&format!("GET {there}"), "", "200").await;
    assert_eq!(list["value"][0]["properties"]["incidentNumber"], 1);
    cloud
        .check(&format!("PUT {there}/{name}"), r#"{"properties":{"title":"t","severity":"Low","status":"New"}}"#, "201")
        .await;
    cloud.check(&format!("DELETE {there}/{name}"), "", "200").await;
    cloud.check(&format!("GET {{sentinel}}/incidents/{name}"), "", "200").await;
    let elsewhere = there.replace("rg-soc", "rg-sentinel");
    cloud.check(&format!("GET {elsewhere}"), "", "404 ResourceGroupNotFound").await;
}

#[tokio::test]
async fn a_query_spans_the_workspaces_that_it_names_and_the_caller_may_read() {
    let cloud = cloud().await;
    raise(&cloud, &cloud.twin.estate().subscription_id.clone());
    raise(&cloud, SECOND);
    let check = async |workspaces: Value, expected: &str| {
        let body = json!({"query": "SecurityAlert | count", "workspaces": workspaces});
        assert_eq!(count(&cloud, "POST /v1/workspaces/{id}/query", body).await, expected, "{workspaces}");
    };
    check(json!(null), "1").await;
    check(json!([]), "1").await;
    for name in [OTHER_ID, "law-soc", &format!("{SECOND}/rg-soc/law-soc"), SOC] {
        check(json!([name]), "3").await;
    }
    check(json!([OTHER_ID, "law-soc", "law-sentinel"]), "3").await;
    check(json!(["none"]), "400 FailedToResolveResource").await;
    for (query, expected) in [
        ("workspace('law-soc').SecurityAlert | count", "2"),
        ("union SecurityAlert, workspace('LAW-SOC').SecurityAlert | count", "3"),
        (
            "union workspace('law-sentinel').SecurityAlert, workspace('law-soc').SecurityAlert | distinct TenantId | count",
            "2",
        ),
        ("workspace('none').SecurityAlert | count", "400 BadArgumentError"),
        ("workspace('law-soc').Moon | count", "400 BadArgumentError"),
    ] {
        let body = json!({"query": query, "timespan": "P1D"});
        assert_eq!(count(&cloud, "POST /v1/workspaces/{id}/query", body).await, expected, "{query}");
    }
    let timed = json!({"query": "SecurityAlert | where isnotempty(ingestion_time()) | count", "timespan": "P1D"});
    assert_eq!(count(&cloud, "POST /v1/workspaces/{id}/query", timed).await, "1", "a timespan leaves ingestion_time()");
    let get = format!("GET /v1/workspaces/{{id}}/query?query=SecurityAlert|count&workspaces={OTHER_ID}");
    assert_eq!(count(&cloud, &get, Value::Null).await, "3");
    let me = cloud.twin.estate().client_object_id.clone();
    let home = cloud.twin.estate().subscription();
    cloud.twin.with(|world| {
        world.revoke_roles(&me);
        world.assign_role(&me, "Owner", &home, std::time::Duration::ZERO)
    });
    check(json!([]), "1").await;
    check(json!([OTHER_ID]), "403 InsufficientAccessError").await;
    let hidden = json!({"query": "workspace('law-soc').SecurityAlert | count"});
    assert_eq!(count(&cloud, "POST /v1/workspaces/{id}/query", hidden).await, "400 BadArgumentError");
    let batch = json!({"requests": [
        {"id": "1", "workspace": cloud.twin.estate().workspace_id, "body": {"query": "SecurityAlert | count"}},
        {"id": "2", "workspace": OTHER_ID, "body": {"query": "SecurityAlert | count"}},
    ]});
    let answers = cloud.logs("POST /v1/$batch", &batch.to_string()).await.json();
    let statuses: Vec<_> =
        answers["responses"].as_array().unwrap().iter().map(|one| one["status"].to_string()).collect();
    assert_eq!(statuses, ["200", "403"]);
}

#[tokio::test]
async fn a_token_reaches_its_own_tenant_and_those_that_let_it_in() {
    let cloud = cloud().await;
    let foreign = format!("GET /subscriptions/{FOREIGN}?api-version=2022-12-01");
    cloud.check(&foreign, "", "401 InvalidAuthenticationTokenTenant").await;
    let names = |list: &Value| -> Vec<String> {
        list["value"].as_array().unwrap().iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&cloud.check("GET /subscriptions", "", "200").await), ["Contoso", "Second"]);
    let token = token_of(&cloud.twin, OTHER_TENANT, "https://management.azure.com").await;
    let url = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    let list = send(&cloud.twin, "GET", url, Some(&token), "").await;
    assert_eq!(names(&list.json()), ["Foreign"]);
    assert_eq!(list.json()["value"][0]["tenantId"], OTHER_TENANT);
    let me = cloud.twin.estate().client_object_id.clone();
    let scope = format!("/subscriptions/{FOREIGN}");
    cloud.twin.with(|world| world.assign_role(&me, "Reader", &scope, std::time::Duration::ZERO));
    cloud.check(&foreign, "", "200").await;
    let alert = raise(&cloud, FOREIGN);
    cloud.check(&format!("GET {}", alert.alert_id), "", "200").await;
    cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "403 AuthorizationFailed").await;
}

#[test]
fn an_estate_that_cannot_be_played_says_why() {
    let check = |estate: Estate, expected: Option<&str>| {
        let fault = estate.fault();
        assert_eq!(fault.is_some(), expected.is_some(), "{fault:?}");
        assert!(fault.unwrap_or_default().contains(expected.unwrap_or_default()));
    };
    check(Estate::default(), None);
    check(estate(), None);
    let mut lost = estate();
    lost.more_workspaces[0].connected.push("66666666-0000-4000-8000-000000000000".into());
    check(lost, Some("names the subscription '66666666"));
    let mut bad = estate();
    bad.more_subscriptions[0].id = "second".into();
    check(bad, Some("'second' must be a GUID"));
}
