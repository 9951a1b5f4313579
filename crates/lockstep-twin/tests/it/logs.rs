//! The Log Analytics query API.

use lockstep_twin::world::NewAlert;
use serde_json::json;

use crate::cloud::{Cloud, Reply, send_request, token};

#[tokio::test]
async fn a_query_is_asked_by_post_and_by_get() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| _ = world.raise_alert(NewAlert::default()));
    let posted = cloud.query("SecurityIncident").await.json();
    let got = cloud.logs("GET /v1/workspaces/{id}/query?query=SecurityIncident", "").await.json();
    assert_eq!(posted, got);
    assert_eq!(posted["tables"][0]["name"], "PrimaryResult");
    assert_eq!(posted["tables"][0]["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_as_the_service_refuses() {
    let cloud = Cloud::new().await;
    let post = "POST /v1/workspaces/{id}/query";
    for (request, body, expected) in [
        (post, r#"{"query":"SecurityAlert"}"#, "200"),
        (post, "", "200"),
        (post, r#"{"query":"SecurityAlert","timespan":null,"workspaces":null}"#, "200"),
        (post, r#"{"query":"SecurityAlert","workspaces":[]}"#, "200"),
        (post, r#"{"query":"SecurityAlert","workspaces":["law-sentinel"]}"#, "200"),
        (post, r#"{"query":"SecurityAlert","workspaces":["other"]}"#, "400 FailedToResolveResource"),
        (post, r#"{"query":"SecurityAlert","timespan":"yesterday"}"#, "400 BadArgumentError"),
        (post, r#"{"query":5}"#, "400 BadArgumentError"),
        (post, r#"{}"#, "400 BadArgumentError"),
        (post, r#"{"query":"SecurityAlert |"}"#, "400 BadArgumentError"),
        ("POST /v1/workspaces/other/query", r#"{"query":"SecurityAlert"}"#, "404 ResourceNotFoundError"),
        ("GET /v1/workspaces/{id}/query", "", "400 BadArgumentError"),
        ("GET /v1/nothing", "", "404 PathNotFoundError"),
    ] {
        let reply = cloud.logs(request, body).await;
        assert_eq!(reply.outcome(), expected, "{request} {body}\n{}", reply.text);
    }
    let reply = cloud.logs(post, "").await;
    assert_eq!(reply.text, "");
    let error = cloud.query("SecurityAlert |").await.json();
    assert_eq!(error["error"]["innererror"]["code"], "SyntaxError");
    assert_eq!(error["error"]["innererror"]["innererror"]["code"], json!("SYN0002"));
}

#[tokio::test]
async fn the_other_ways_to_ask_answer_the_same() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| _ = world.raise_alert(NewAlert::default()));
    let body = r#"{"query":"SecurityAlert | count"}"#;
    let expected = cloud.query("SecurityAlert | count").await.json();
    assert_eq!(expected["tables"][0]["rows"], json!([[1]]));
    let workspace = cloud.twin.estate().workspace();
    assert_eq!(cloud.logs(&format!("POST /v1{workspace}/query"), body).await.json(), expected);
    assert_eq!(cloud.arm("POST {ws}/query?api-version=2017-10-01", body).await.json(), expected);
    let batch = json!({"requests": [
        {"id": "1", "workspace": cloud.twin.estate().workspace_id, "body": {"query": "SecurityAlert | count"}, "path": "/query", "method": "POST"},
        {"id": "2", "workspace": "other", "body": {"query": "SecurityAlert"}, "path": "/query", "method": "POST"},
    ]});
    let answers = cloud.logs("POST /v1/$batch", &batch.to_string()).await.json();
    assert_eq!((&answers["responses"][0]["status"], &answers["responses"][0]["body"]), (&json!(200), &expected));
    assert_eq!(answers["responses"][1]["status"], 404);
    for nameless in [r#"{"requests":[{"workspace":"x"}]}"#, r#"{"requests":[{"id":5}]}"#, r#"{"requests":[7]}"#] {
        assert_eq!(cloud.logs("POST /v1/$batch", nameless).await.outcome(), "400 BadArgumentError", "{nameless}");
    }
    let metadata = cloud.logs("GET /v1/workspaces/{id}/metadata", "").await.json();
    assert_eq!(metadata["tables"].as_array().unwrap().len(), 3);
}

/// The reply to a query with a `Prefer` header.
async fn preferring(cloud: &Cloud, query: &str, wish: &str) -> Reply {
    let url = format!("https://api.loganalytics.io/v1/workspaces/{}/query", cloud.twin.estate().workspace_id);
    let request = http::Request::post(url)
        .header("authorization", format!("Bearer {}", token(&cloud.twin, "https://api.loganalytics.io").await))
        .header("content-type", "application/json")
        .header("prefer", wish)
        .body(json!({"query": query}).to_string().into())
        .unwrap();
    send_request(&cloud.twin, request).await
}

#[tokio::test]
async fn limits_hold_as_the_service_holds_them() {
    let cloud = Cloud::new().await;
    let query = "range x from 1 to 500001 step 1 | project 1 | summarize n = count() by x = 1";
    assert_eq!(preferring(&cloud, query, "wait=600").await.json()["tables"][0]["rows"], json!([[1, 500_001]]));
    let cut = cloud.query("range x from 1 to 500001 step 1").await;
    assert_eq!(cut.outcome(), "200 PartialError");
    let cut = cut.json();
    assert_eq!(cut["tables"][0]["rows"].as_array().map(Vec::len), Some(500_000));
    assert_eq!(
        (&cut["error"]["code"], &cut["error"]["details"][0]["code"]),
        (&json!("PartialError"), &json!("QueryLimitsExceeded"))
    );
    assert_eq!(preferring(&cloud, "print 1", "wait=0").await.outcome(), "504 GatewayTimeout");
}

#[tokio::test]
async fn an_answer_says_how_it_is_to_be_drawn_where_that_is_wanted() {
    let cloud = Cloud::new().await;
    let ask = async |query: &str, wish: &str| preferring(&cloud, query, wish).await.json()["render"].clone();
    let drawn =
        ask("SecurityAlert | count | render barchart with (title='Alerts')", "wait=9,include-render=true").await;
    assert_eq!(
        (&drawn["visualization"], &drawn["title"], &drawn["xColumn"]),
        (&json!("barchart"), &json!("Alerts"), &json!(null))
    );
    assert_eq!(ask("print 1", "include-render=true").await["visualization"], json!(null));
    assert_eq!(ask("print 1 | render table", "wait=9").await, json!(null));
}

#[tokio::test]
async fn a_timespan_narrows_and_a_fault_shows_stale_tables() {
    let cloud = Cloud::new().await;
    let count = async |timespan: &str| {
        let body = json!({"query": "SecurityAlert | count", "timespan": timespan}).to_string();
        cloud.logs("POST /v1/workspaces/{id}/query", &body).await.json()["tables"][0]["rows"][0][0].clone()
    };
    cloud.twin.with(|world| _ = world.raise_alert(NewAlert::default()));
    cloud.twin.clock().step(std::time::Duration::from_secs(1800));
    assert_eq!((count("PT10M").await, count("P1D").await), (json!(0), json!(1)));
    cloud.twin.faults().add(lockstep_twin::Fault::on("Query_*", lockstep_twin::Effect::StaleTables { seconds: 3_000 }));
    assert_eq!(count("P1D").await, json!(0));
}
