//! Faults on demand and throttles.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use lockstep_twin::world::NewAlert;
use lockstep_twin::{Effect, Fault, Limit, Options, Server, ServerOptions, Twin};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::cloud::{Cloud, send};

const LIST: &str = "GET {sentinel}/incidents";

#[tokio::test]
async fn a_fault_answers_as_it_says_and_then_the_service_is_well() {
    let cloud = Cloud::new().await;
    for (effect, outcome, retry_after) in [
        (Effect::throttled("30"), "429 TooManyRequests", Some("30")),
        (Effect::status(429), "429 TooManyRequests", None),
        (Effect::status(500), "500 InternalServerError", None),
        (Effect::status(503), "503 ServiceUnavailable", None),
        (Effect::ExpiredToken, "401 ExpiredAuthenticationToken", None),
        (Effect::Forbidden, "403 AuthorizationFailed", None),
        (Effect::NoContent, "204", None),
        (Effect::Empty, "200", None),
        (Effect::NotJson, "200", None),
    ] {
        cloud.twin.faults().add(Fault::on("Incidents_List", effect.clone()).times(1));
        let reply = cloud.arm(LIST, "").await;
        assert_eq!(reply.outcome(), outcome, "{effect:?}");
        assert_eq!(reply.headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after, "{effect:?}");
        assert_eq!(reply.json(), if reply.status.is_success() { Value::Null } else { reply.json() }, "{effect:?}");
        assert_eq!(cloud.arm(LIST, "").await.outcome(), "200", "{effect:?}");
    }
    cloud.twin.faults().set(vec![Fault::on("Incidents_List", Effect::ClockSkew { seconds: 3600 })]);
    assert_eq!(cloud.arm(LIST, "").await.headers["date"], "Sat, 01 Jun 2024 01:00:00 GMT");
    cloud.twin.faults().set(vec![Fault::on("Incidents_List", Effect::PageLoop)]);
    let page = cloud.arm(LIST, "").await.json();
    assert!(page["nextLink"].as_str().unwrap().ends_with("/incidents?api-version=2024-03-01"));
    cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    cloud.twin.faults().set(vec![Fault::on("Incidents_List", Effect::PageRepeat)]);
    let page = cloud.arm(LIST, "").await.json();
    assert_eq!((page["value"].as_array().unwrap().len(), &page["value"][0]), (2, &page["value"][1]));
    cloud.twin.faults().set(vec![Fault::on("Incidents_List", Effect::WrongJson)]);
    assert!(cloud.arm(LIST, "").await.json()["value"].is_string());
    let until = crate::cloud::NOW + time::Duration::seconds(10);
    cloud.twin.faults().set(vec![Fault { until: Some(until), ..Fault::on("Incidents_List", Effect::status(500)) }]);
    assert_eq!(cloud.arm(LIST, "").await.outcome(), "500 InternalServerError");
    cloud.twin.clock().step(std::time::Duration::from_secs(10));
    assert_eq!(cloud.arm(LIST, "").await.outcome(), "200");
    cloud.twin.faults().clear();
    cloud.twin.faults().add(Fault::on("Token*", Effect::status(503)));
    let url = format!("https://login.twin/{}/oauth2/v2.0/token", cloud.twin.estate().tenant_id);
    assert_eq!(send(&cloud.twin, "POST", &url, None, "x=y").await.outcome(), "503 ServiceUnavailable");
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_effect() {
    for (effect, status) in [(Effect::ResetBefore, "New"), (Effect::ResetAfter, "Active"), (Effect::HalfBody, "Active")]
    {
        let cloud = Cloud::new().await;
        let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
        let name = alert.incident_name.unwrap();
        cloud.twin.faults().add(Fault::on("Incidents_CreateOrUpdate", effect.clone()));
        let url = format!(
            "https://arm.twin{}/providers/Microsoft.SecurityInsights/incidents/{name}?api-version=2024-03-01",
            cloud.twin.estate().workspace()
        );
        let token = crate::cloud::token(&cloud.twin, "https://management.azure.com").await;
        let body = r#"{"properties":{"title":"t","severity":"Low","status":"Active"}}"#;
        let request =
            Request::put(url).header("authorization", format!("Bearer {token}")).body(Body::from(body)).unwrap();
        let response = cloud.twin.router().oneshot(request).await.unwrap();
        assert!(response.into_body().collect().await.is_err(), "{effect:?}");
        let state = cloud.twin.with(|world| world.incident_state(&name).unwrap());
        assert_eq!(state.status().as_str(), status, "{effect:?}");
    }
}

#[tokio::test]
async fn over_a_socket_a_broken_connection_is_closed_without_an_answer() {
    let twin = Twin::new(Options::default());
    let server = Server::start(twin.clone(), ServerOptions::default()).unwrap();
    let ca = reqwest::Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    twin.faults().add(Fault::on("Metadata_Endpoints", Effect::ResetBefore).times(1));
    let url = format!("{}/metadata/endpoints?api-version=2022-09-01", server.url());
    let error = client.get(&url).send().await.unwrap_err();
    assert!(!error.is_status() && !error.is_decode(), "{error:?}");
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    twin.faults().add(Fault::on("Metadata_Endpoints", Effect::HalfBody).times(1));
    assert!(client.get(&url).send().await.unwrap().text().await.is_err());
    assert_eq!(twin.stats().operations["Metadata_Endpoints"].get(&0), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn latency_passes_in_virtual_time() {
    let cloud = Cloud::new().await;
    cloud.twin.faults().add(Fault::on("*", Effect::Latency { ms: 60_000 }));
    let began = tokio::time::Instant::now();
    cloud.arm(LIST, "").await;
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn throttles_bite_by_caller_and_let_go() {
    let cloud = Cloud::new().await;
    cloud.twin.throttles().set(vec![Limit::window("Incidents_CreateOrUpdate", 2.0, 300.0)]);
    let put = "PUT {sentinel}/incidents/one";
    let body = r#"{"properties":{"title":"t","severity":"Low","status":"New"}}"#;
    cloud.check(put, body, "201").await;
    cloud.check(put, body, "200").await;
    let reply = cloud.arm(put, body).await;
    assert_eq!(reply.outcome(), "429 TooManyRequests");
    assert_eq!(reply.headers["retry-after"], "300");
    cloud.check(LIST, "", "200").await;
    cloud.twin.clock().step(std::time::Duration::from_secs(300));
    cloud.check(put, body, "200").await;
}

#[tokio::test]
async fn the_documented_limits_are_scaled_and_told() {
    let cloud = Cloud::new().await;
    let body = r#"{"properties":{"title":"t","severity":"Low","status":"New"}}"#;
    let put = "PUT {sentinel}/incidents/one";
    let until_429 = async |factor: f64| {
        cloud.twin.throttles().set(Limit::documented(factor));
        for sent in 0..500 {
            let reply = cloud.arm(put, body).await;
            if reply.status == 429 {
                return (sent, reply.headers["retry-after"].to_str().unwrap().to_owned());
            }
        }
        unreachable!("no limit was met")
    };
    assert_eq!(until_429(1.0).await, (75, "300".to_owned()));
    assert_eq!(until_429(0.2).await.0, 15);
    let mark = r#"{"properties":{"displayName":"b","query":"q"}}"#;
    let reply = cloud.arm("PUT {sentinel}/bookmarks/b", mark).await;
    assert_eq!(reply.headers["x-ms-ratelimit-remaining-subscription-writes"], "24", "a bucket of 40, 16 taken");
    let reply = cloud.arm(LIST, "").await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["x-ms-ratelimit-remaining-subscription-reads"]),
        (200, &"49".parse().unwrap())
    );
    cloud.twin.throttles().set(Limit::documented(1.0));
    for _ in 0..200 {
        assert_eq!(cloud.query("print 1").await.status, 200);
    }
    assert_eq!(cloud.query("print 1").await.outcome(), "429 ThrottledError");
    cloud.twin.throttles().set(Vec::new());
    assert!(!cloud.arm(LIST, "").await.headers.contains_key("x-ms-ratelimit-remaining-subscription-reads"));
}

#[tokio::test]
async fn faults_and_throttles_are_set_by_calls_of_the_twin() {
    let cloud = Cloud::new().await;
    let control = async |method: &str, path: &str, body: &str, expected: u16| {
        let reply = send(&cloud.twin, method, &format!("https://twin/_twin/{path}"), None, body).await;
        assert_eq!(reply.status, expected, "{method} {path} {body} {}", reply.text);
        reply.json()
    };
    control("POST", "faults", r#"{"operation":"Incidents_List","effect":{"answer":{"status":503}},"count":1}"#, 200)
        .await;
    cloud.check(LIST, "", "503 ServiceUnavailable").await;
    cloud.check(LIST, "", "200").await;
    assert_eq!(control("GET", "faults", "", 200).await["value"][0]["struck"], 1);
    control("PUT", "faults", r#"{"seed":7,"faults":[{"operation":"*","effect":"empty","share":0.5}]}"#, 200).await;
    control("POST", "faults", r#"{"operation":"*","effect":"moon"}"#, 400).await;
    control("POST", "faults", r#"{"operation":"*","effect":"empty","often":1}"#, 400).await;
    control("POST", "faults", r#"{"operation":"*","effect":"empty","share":2}"#, 400).await;
    control("POST", "faults", r#"{"operation":"*","effect":{"answer":{"status":99}}}"#, 400).await;
    control("POST", "faults", r#"{"operation":"*","effect":"empty","until":"soon"}"#, 400).await;
    control("DELETE", "faults", "", 204).await;
    control("PUT", "throttles", r#"{"factor":1}"#, 200).await;
    control("PUT", "throttles", r#"{"limits":[{"operation":"*","count":0,"seconds":1}]}"#, 400).await;
    control("PUT", "throttles", r#"{"factor":0}"#, 400).await;
    control("PUT", "throttles", "{}", 200).await;
    let alert = r#"{"kind":"DNS","title":"Odd","severity":"low","resource":"vnet-1","count":2}"#;
    let raised = control("POST", "alerts", alert, 201).await;
    let incident = cloud.twin.world().incident(raised["value"][1]["incident"].as_str().unwrap()).cloned().unwrap();
    assert_eq!((incident.title.as_str(), incident.severity.as_str()), ("Odd", "Low"));
    control("POST", "alerts", r#"{"severity":"Bad"}"#, 400).await;
    control("POST", "alerts", r#"{"kind":"Moon"}"#, 400).await;
    control("POST", "alerts", r#"{"subscription":"none"}"#, 400).await;
    control("POST", "alerts", r#"{"moon":1}"#, 400).await;
    let names = |at: usize| raised["value"][at]["incident"].as_str().unwrap();
    let merge = json!({"from": names(0), "into": names(1)}).to_string();
    control("POST", "merge", &merge, 400).await;
    control("PUT", "settings", r#"{"portal":"defender"}"#, 200).await;
    control("POST", "merge", &merge, 204).await;
    control("PUT", "settings", r#"{"portal":"azure","incident_creation":true}"#, 200).await;
    let settings = control("PUT", "settings", r#"{"delay":120,"connector":false}"#, 200).await;
    assert_eq!((&settings["delay"], &settings["connector"]), (&json!(120.0), &json!(false)));
    control("PUT", "settings", r#"{"moon":1}"#, 400).await;
    control("PUT", "settings", r#"{"delay":-1}"#, 400).await;
}
