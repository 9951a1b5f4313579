//! The Log Analytics query API.

use lockstep_twin::world::NewAlert;
use serde_json::json;

use crate::cloud::Cloud;

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
