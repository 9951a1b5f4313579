//! What every request meets: versions, scopes, methods, odd paths and bodies, and what every reply carries.

use axum::body::Body;
use http::Request;

use crate::cloud::{Cloud, send, send_request};

#[tokio::test]
async fn versions_and_scopes_are_checked() {
    let cloud = Cloud::new().await;
    for (request, expected) in [
        ("GET {sentinel}/incidents?api-version=", "400 MissingApiVersionParameter"),
        ("GET {sentinel}/incidents?api-version=1999-01-01", "400 InvalidApiVersionParameter"),
        ("GET {sentinel}/incidents?Api-Version=2020-01-01&api-version=2020-01-01", "200"),
        (
            "GET /SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/providers/Microsoft.Security/alerts",
            "404 SubscriptionNotFound",
        ),
        ("GET /subscriptions/mine/providers/Microsoft.Security/alerts", "400 InvalidSubscriptionId"),
        ("GET {sub}/resourceGroups/none/providers/Microsoft.Security/alerts", "404 ResourceGroupNotFound"),
        ("GET {rg}/providers/Microsoft.OperationalInsights/workspaces/none", "404 ResourceNotFound"),
        (
            "GET {rg}/providers/Microsoft.OperationalInsights/workspaces/none/providers/Microsoft.SecurityInsights/incidents",
            "404 ResourceNotFound",
        ),
        ("GET {ws}", "200"),
        ("GET /subscriptions", "200"),
        ("GET {sub}", "200"),
        ("GET {sub}/resourceGroups", "200"),
        ("GET {rg}", "200"),
        ("GET /tenants", "200"),
        ("GET {sub}/providers/Microsoft.SecurityInsights", "200"),
        ("GET {sub}/providers/Microsoft.Moon", "404 InvalidResourceNamespace"),
        ("PUT {sentinel}/incidents", "405 UnsupportedApiVersion"),
        ("TRACE {sentinel}/incidents", "405 UnsupportedApiVersion"),
        ("GET {sub}/providers/Microsoft.Moon/rocks", "404 InvalidResourceType"),
        ("GET {sub}/providers/Microsoft.Security/automations", "501 NotImplemented"),
        ("GET {sub}/%00", "400 BadRequest"),
        ("GET {sentinel}/incidents/%5C", "404 NotFound"),
    ] {
        cloud.check(request, "", expected).await;
    }
}

#[tokio::test]
async fn a_workspace_gives_the_id_that_queries_are_addressed_to() {
    let cloud = Cloud::new().await;
    let workspace = cloud.check("GET {ws}", "", "200").await;
    assert_eq!(workspace["properties"]["customerId"], cloud.twin.estate().workspace_id.as_str());
}

#[tokio::test]
async fn bodies_too_long_or_too_deep_are_refused() {
    let cloud = Cloud::new().await;
    let put = "PUT {sentinel}/incidents/one";
    cloud.check(put, &"x".repeat(10 << 20), "413 RequestContentTooLarge").await;
    cloud.check(put, &format!("{{\"properties\":{}", "[".repeat(100_000)), "400 InvalidRequestContent").await;
}

#[tokio::test]
async fn replies_carry_ids_types_and_the_worlds_date() {
    let cloud = Cloud::new().await;
    let reply = cloud.arm("GET /subscriptions", "").await;
    assert_eq!(reply.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(reply.headers["date"], "Sat, 01 Jun 2024 00:00:00 GMT");
    assert!(reply.headers.contains_key("x-ms-request-id"));
    let id = "8f0f2b5e-93a0-4d0e-a7f4-0f5b3f1d9a11";
    let request = Request::get("https://management.azure.com/subscriptions?api-version=2022-12-01")
        .header("x-ms-correlation-request-id", id)
        .body(Body::empty())
        .unwrap();
    assert_eq!(send_request(&cloud.twin, request).await.headers["x-ms-correlation-request-id"], id);
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_status() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| _ = world.raise_alert(lockstep_twin::world::NewAlert::default()));
    cloud.arm("GET {sentinel}/incidents", "").await;
    cloud.arm("GET {sentinel}/incidents/none", "").await;
    let reply = send(&cloud.twin, "GET", "https://twin/_twin/stats", None, "").await;
    let stats = reply.json();
    assert_eq!(stats["stats"]["Incidents_List"], serde_json::json!({"200": 1}));
    assert_eq!(stats["stats"]["Incidents_Get"], serde_json::json!({"404": 1}));
    assert_eq!(stats["stats"]["Token"], serde_json::json!({"200": 2}));
    assert_eq!(stats["to_do"], 0);
    assert_eq!(cloud.twin.stats().requests(), 4);
    send(&cloud.twin, "DELETE", "https://twin/_twin/stats", None, "").await;
    assert_eq!(cloud.twin.stats().requests(), 0);
}

#[tokio::test]
async fn the_twins_own_calls_act_in_the_world() {
    let cloud = Cloud::new().await;
    let twin = &cloud.twin;
    let raised = send(twin, "POST", "https://twin/_twin/alerts", None, r#"{"kind":"DNS","count":2}"#).await;
    assert_eq!(raised.json()["value"].as_array().unwrap().len(), 2);
    assert_eq!(send(twin, "POST", "https://twin/_twin/alerts", None, r#"{"kind":"Moon"}"#).await.status, 400);
    let clock = send(twin, "POST", "https://twin/_twin/clock/step", None, r#"{"seconds":90}"#).await;
    assert_eq!(clock.json()["now"], "2024-06-01T00:01:30.0000000Z");
    assert_eq!(send(twin, "POST", "https://twin/_twin/clock/step", None, r#"{"seconds":-1}"#).await.status, 400);
    assert!(
        send(twin, "GET", "https://twin/_twin/rules", None, "").await.json()["value"].as_array().unwrap().len() > 5
    );
}
