//! A server that says what a test tells it to, and keeps what it was asked.
//!
//! It stands for the wire alone: what the cloud would really answer is the twin's business.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response};
use lockstep_azure::{Auth, AuthError, Cloud, Endpoint, Endpoints, InProcess, Options, Scope, Secret, Workspace};
use lockstep_core::IncidentId;
use tokio::time::Instant;

pub const GUID: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";
pub const SECRET: &str = "canary-secret-7f3a";

/// What the services say, one after the other; the last one is said again and again.
#[derive(Clone)]
pub struct Script(Arc<Mutex<Inner>>);

struct Inner {
    services: VecDeque<Said>,
    tokens: VecDeque<Said>,
    asked: Vec<Asked>,
    began: Instant,
}

/// One answer: a status, headers and a body.
#[derive(Clone)]
pub struct Said(pub u16, pub Vec<(&'static str, &'static str)>, pub String);

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub headers: HeaderMap,
    pub body: String,
    /// Seconds since the script began.
    pub at: u64,
}

impl Script {
    /// Services that say `services`, and a token endpoint that gives out tokens.
    pub fn of(services: impl IntoIterator<Item = Said>) -> Self {
        Self::with_tokens(services, [])
    }

    /// The same with a token endpoint that says `tokens`; once they are used up it gives out tokens.
    pub fn with_tokens(services: impl IntoIterator<Item = Said>, tokens: impl IntoIterator<Item = Said>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            services: services.into_iter().collect(),
            tokens: tokens.into_iter().collect(),
            asked: Vec::new(),
            began: Instant::now(),
        })))
    }

    /// A workspace whose every request ends here.
    pub fn workspace(&self, auth: Auth, options: Options) -> Workspace {
        self.door(auth, options).unwrap()
    }

    /// The same, or why the identity cannot be used.
    pub fn door(&self, auth: Auth, options: Options) -> Result<Workspace, AuthError> {
        let router = Router::new().fallback(answer).with_state(self.clone());
        let endpoints = Endpoints::of(Cloud::Public)
            .with(Endpoint::Login, "https://login.script.local")
            .and_then(|it| it.with(Endpoint::Arm, "https://arm.script.local"))
            .and_then(|it| it.with(Endpoint::Logs, "https://logs.script.local"))
            .unwrap();
        let scope = Scope::new(GUID, GUID, "rg", "work", GUID).unwrap();
        Workspace::new(endpoints, scope, auth, Arc::new(InProcess(router)), options)
    }

    /// What the services were asked, without the requests for tokens.
    pub fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.iter().filter(|it| !is_about_tokens(&it.target)).cloned().collect()
    }

    /// What the token endpoint was asked.
    pub fn asked_for_tokens(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.iter().filter(|it| is_about_tokens(&it.target)).cloned().collect()
    }

    /// When the services were asked, in seconds since the script began.
    pub fn times(&self) -> Vec<u64> {
        self.asked().iter().map(|it| it.at).collect()
    }
}

pub fn secret() -> Auth {
    Auth::ClientSecret { client_id: GUID.to_owned(), secret: Secret::new(SECRET) }
}

pub fn id() -> IncidentId {
    IncidentId::parse(GUID).unwrap()
}

pub fn said(status: u16, body: impl Into<String>) -> Said {
    Said(status, vec![("content-type", "application/json")], body.into())
}

pub fn throttled(retry_after: Option<&'static str>) -> Said {
    Said(429, retry_after.map(|it| ("retry-after", it)).into_iter().collect(), String::new())
}

/// No answer, ever.
pub fn silence() -> Said {
    Said(0, Vec::new(), String::new())
}

/// An incident as the service gives it.
pub fn incident() -> Said {
    let body = format!(
        r#"{{"name":"{GUID}","etag":"\"1\"","properties":{{"title":"t","severity":"High","status":"New","incidentNumber":1,
            "createdTimeUtc":"2024-01-01T00:00:00Z","lastModifiedTimeUtc":"2024-01-01T00:00:00Z","labels":[],
            "additionalData":{{"alertsCount":1,"bookmarksCount":0,"alertProductNames":["Azure Security Center"]}}}}}}"#
    );
    said(200, body)
}

fn is_about_tokens(target: &str) -> bool {
    target.contains("/oauth2/")
}

async fn answer(State(script): State<Script>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    let target = head.uri.to_string();
    let Said(status, headers, text) = script.0.lock().unwrap().next(&target);
    let asked = |at| Asked { method: head.method.to_string(), target, headers: head.headers, body, at };
    script.0.lock().unwrap().keep(asked);
    if status == 0 {
        pending::<()>().await;
    }
    let mut reply = Response::builder().status(status);
    for (name, value) in headers {
        reply = reply.header(name, value);
    }
    reply.body(Body::from(text)).unwrap()
}

impl Inner {
    fn next(&mut self, target: &str) -> Said {
        if is_about_tokens(target) {
            let number = self.asked.iter().filter(|it| is_about_tokens(&it.target)).count() + 1;
            return self.tokens.pop_front().unwrap_or_else(|| token(number, target.starts_with("/metadata")));
        }
        let next = self.services.pop_front().expect("the script says at least one thing");
        if self.services.is_empty() {
            self.services.push_back(next.clone());
        }
        next
    }

    fn keep(&mut self, asked: impl FnOnce(u64) -> Asked) {
        self.asked.push(asked(self.began.elapsed().as_secs()));
    }
}

/// The token that the endpoint gives out for the `number`th time; a host's own endpoint writes its numbers as text.
fn token(number: usize, is_managed: bool) -> Said {
    said(
        200,
        if is_managed {
            format!(
                r#"{{"token_type":"Bearer","resource":"r","expires_on":"4102444800","access_token":"canary-token-{number}"}}"#
            )
        } else {
            format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"canary-token-{number}"}}"#)
        },
    )
}
