//! Workflows that run: when they are due by the world's clock, and when somebody runs their trigger.

use std::time::Duration;

use arm::workflow::{Authentication, ConnectorCall, Effects, Failure, Request, Response};
use axum::body::Body;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request as HttpRequest, header};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tower::ServiceExt;
use uuid::Uuid;

use super::{PastRun, Principal, connector, workflow};
use crate::Twin;
use crate::clock::wire_time;
use crate::tokens;

impl Twin {
    /// Runs every enabled workflow whose recurrence is due, one after the other; answers how many ran. A workflow that was due
    /// more than once, because the clock was stepped over it, runs once.
    pub async fn run_workflows(&self) -> usize {
        let now = self.world().now();
        let due = self.deployed().due(now);
        for one in &due {
            self.deployed().started(&one.id, now);
            self.run_workflow(&one.id, &one.trigger, Value::Null).await;
        }
        due.len()
    }

    /// Runs one workflow, as its trigger of that name would with these outputs; answers the run's name, `None` where there is no
    /// such workflow.
    pub(crate) async fn run_workflow(&self, id: &str, trigger: &str, outputs: Value) -> Option<String> {
        let resource = self.deployed().get(id).cloned()?;
        let definition = workflow(&resource.body).ok()?;
        let hands = Hands { twin: self.clone(), id: resource.id.clone(), body: resource.body.clone() };
        let start = self.world().now();
        let name = new_name(start, self.world().new_guid());
        let part = |name: &str| resource.body.get(name).cloned().unwrap_or(Value::Null);
        let context = json!({
            "id": resource.id,
            "name": part("name"),
            "type": resource.kind,
            "location": part("location"),
            "tags": part("tags"),
            "run": {"id": format!("{}/runs/{name}", resource.id), "name": name, "type": "Microsoft.Logic/workflows/runs"},
        });
        let fired = json!({
            "name": trigger,
            "startTime": wire_time(start),
            "endTime": wire_time(start),
            "scheduledTime": wire_time(start),
            "status": "Succeeded",
            "code": "OK",
            "outputs": outputs,
        });
        let run = definition.run(fired, context, &hands).await;
        let end = self.world().now();
        self.deployed()
            .keep(&resource.id, PastRun { name: name.clone(), trigger: trigger.to_owned(), start, end, run });
        // Where this cannot be written, the next caller who changes something is told.
        let _ = self.keep_changes();
        Some(name)
    }
}

/// Runs what is due for as long as anybody waits for this: looks once a second.
pub(crate) async fn start(twin: Twin) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        twin.run_workflows().await;
    }
}

/// A name as the service gives them: digits that fall as time goes on, and what makes it unique.
fn new_name(at: OffsetDateTime, unique: Uuid) -> String {
    let left = u64::try_from(i128::from(u64::MAX) - at.unix_timestamp_nanos() / 100).unwrap_or_default();
    format!("{left:020}{}CU00", &unique.simple().to_string().to_ascii_uppercase()[..12])
}

/// What a workflow can do in the twin's cloud, and as whom.
pub(super) struct Hands {
    pub(super) twin: Twin,
    /// The workflow.
    id: String,
    body: Map<String, Value>,
}

impl Effects for Hands {
    fn now(&self) -> OffsetDateTime {
        self.twin.world().now()
    }

    fn new_guid(&self) -> Uuid {
        self.twin.world().new_guid()
    }

    fn wait(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }

    fn http(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        async move {
            let token = match &request.authentication {
                Some(authentication) => Some(self.token(authentication)?),
                None => None,
            };
            self.send(&request, token).await
        }
        .boxed()
    }

    fn connector(&self, call: ConnectorCall) -> BoxFuture<'_, Result<Response, Failure>> {
        async move { connector::call(self, call).await }.boxed()
    }
}

impl Hands {
    /// A token for one of the workflow's identities.
    pub(super) fn token(&self, authentication: &Authentication) -> Result<String, Failure> {
        let estate = self.twin.estate();
        let principal =
            Principal::of(&self.body, &self.id, authentication.identity.as_deref(), estate).ok_or_else(|| {
                let message = match &authentication.identity {
                    Some(identity) => format!("The workflow does not have the user-assigned identity '{identity}'."),
                    None => "The workflow has no system-assigned identity.".to_owned(),
                };
                Failure { code: "WorkflowManagedIdentityConfigurationInvalid".to_owned(), message, again: false }
            })?;
        let audience = authentication.audience.as_deref().unwrap_or(tokens::ARM[0]);
        let now = self.twin.clock().now().unix_timestamp();
        let key = &self.twin.secrets().signing_key;
        Ok(tokens::issue(&principal.client_id, &principal.object_id, audience, now, &estate.tenant_id, key))
    }

    /// Sends a request to a service of the cloud.
    pub(super) async fn send(&self, request: &Request, token: Option<String>) -> Result<Response, Failure> {
        let failed = |message: String| Failure { code: "BadRequest".to_owned(), message, again: false };
        let uri = utf8_percent_encode(request.uri.trim(), UNSENDABLE).to_string();
        let uri: http::Uri =
            uri.parse().map_err(|_| failed(format!("Http request failed: '{}' is not an address.", request.uri)))?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if !SERVED.contains(&host.as_str()) {
            return Err(failed(format!(
                "Http request failed: the host '{host}' is not part of this twin, which reaches no network."
            )));
        }
        let mut sent = HttpRequest::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in &request.headers {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value)) {
                sent = sent.header(name, value);
            }
        }
        if let Some(token) = token {
            sent = sent.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let is_typed = request.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
        let body = match &request.body {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        if request.body.is_some() && !is_typed {
            sent = sent.header(header::CONTENT_TYPE, "application/json");
        }
        let sent = sent.body(Body::from(body)).map_err(|error| failed(format!("Http request failed: {error}.")))?;
        let Ok(answer) = self.twin.router().oneshot(sent).await;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| Failure {
            code: "ServiceUnavailable".to_owned(),
            message: format!("Http request failed: {error}."),
            again: true,
        })?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        let headers = parts
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))));
        Ok(Response {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            },
        })
    }
}

/// What no address may hold as it is, and a workflow's may.
const UNSENDABLE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// The hosts of the services that the twin plays.
const SERVED: &[&str] = &[
    "management.azure.com",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
    "api.loganalytics.us",
    "api.loganalytics.azure.cn",
];
