//! A twin in process, and requests to it.

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use lockstep_twin::world::Settings;
use lockstep_twin::{Options, Pace, Twin};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;

/// Where the world's clock starts.
pub const NOW: OffsetDateTime = datetime!(2024-06-01 0:00 UTC);

/// A twin, with tokens to call it.
pub struct Cloud {
    pub twin: Twin,
    arm: String,
    logs: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The status, and the error's code where there is one.
    pub fn outcome(&self) -> String {
        let body = self.json();
        let code = body["error"]["code"].as_str().or(body["error"].as_str());
        code.map_or(self.status.as_u16().to_string(), |code| format!("{} {code}", self.status.as_u16()))
    }
}

impl Cloud {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::of(Options { settings, ..Options::default() }).await
    }

    /// A twin whose clock stands still at [`NOW`].
    pub async fn of(options: Options) -> Self {
        let twin = Twin::new(Options { start: Some(NOW), pace: Pace::Stepped, ..options });
        let arm = token(&twin, "https://management.azure.com").await;
        let logs = token(&twin, "https://api.loganalytics.io").await;
        Self { twin, arm, logs }
    }

    /// Lets time pass, and signs in again: tokens live for an hour.
    pub async fn step(&mut self, by: std::time::Duration) {
        self.twin.clock().step(by);
        self.arm = token(&self.twin, "https://management.azure.com").await;
        self.logs = token(&self.twin, "https://api.loganalytics.io").await;
    }

    /// Calls ARM. Paths may use `{sub}`, `{rg}`, `{ws}` (the workspace) and `{sentinel}`; the api-version is added where
    /// none is given.
    pub async fn arm(&self, request: &str, body: &str) -> Reply {
        let (method, path) = request.split_once(' ').unwrap();
        let estate = self.twin.estate();
        let path = path
            .replace("{sentinel}", "{ws}/providers/Microsoft.SecurityInsights")
            .replace("{ws}", &estate.workspace())
            .replace("{rg}", &format!("{}/resourceGroups/{}", estate.subscription(), estate.resource_group))
            .replace("{sub}", &estate.subscription());
        let path = if path.contains("api-version") { path } else { with_version(path) };
        send(&self.twin, method, &format!("https://management.azure.com{path}"), Some(&self.arm), body).await
    }

    /// Calls Log Analytics about the workspace.
    pub async fn query(&self, query: &str) -> Reply {
        let body = serde_json::json!({"query": query}).to_string();
        self.logs("POST /v1/workspaces/{id}/query", &body).await
    }

    /// Calls Log Analytics. Paths may use `{id}`, the workspace's.
    pub async fn logs(&self, request: &str, body: &str) -> Reply {
        let (method, path) = request.split_once(' ').unwrap();
        let path = path.replace("{id}", &self.twin.estate().workspace_id);
        send(&self.twin, method, &format!("https://api.loganalytics.io{path}"), Some(&self.logs), body).await
    }

    /// Checks the outcome of a call of ARM, and answers the body.
    pub async fn check(&self, request: &str, body: &str, expected: &str) -> Value {
        let reply = self.arm(request, body).await;
        assert_eq!(reply.outcome(), expected, "{request} {body:.300}\n{}", reply.text);
        reply.json()
    }
}

fn with_version(path: String) -> String {
    let version = if path.contains("Microsoft.SecurityInsights") {
        "2024-03-01"
    } else if path.contains("Microsoft.Security/locations?") || path.ends_with("Microsoft.Security/locations") {
        "2015-06-01-preview"
    } else if path.contains("Microsoft.Security/") {
        "2022-01-01"
    } else if path.contains("Microsoft.OperationalInsights") {
        "2022-10-01"
    } else if path.contains("resourceGroups") || path.contains("providers") {
        "2021-04-01"
    } else {
        "2022-12-01"
    };
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}api-version={version}")
}

/// A token for the application, for `service`.
pub async fn token(twin: &Twin, service: &str) -> String {
    token_of(twin, &twin.estate().tenant_id, service).await
}

/// A token of `tenant` for the application, for `service`.
pub async fn token_of(twin: &Twin, tenant: &str, service: &str) -> String {
    let (estate, secrets) = (twin.estate(), twin.secrets());
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={service}/.default",
        estate.client_id,
        secrets.client_secret.expose()
    );
    let url = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
    let reply = send(twin, "POST", &url, None, &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// Sends one request; a body that begins as JSON is said to be JSON.
pub async fn send(twin: &Twin, method: &str, url: &str, token: Option<&str>, body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri(url.replace(' ', "%20"));
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if body.starts_with('{') {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    send_request(twin, request.body(Body::from(body.to_owned())).unwrap()).await
}

/// Sends a request as it is.
pub async fn send_request(twin: &Twin, request: Request<Body>) -> Reply {
    let response = twin.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
}
