//! The way of a request from the engine to the twin: it takes time, people act meanwhile, it may fail, and whoever sent it may
//! die before the answer comes.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::Value;
use tower::{Service, ServiceExt};

use crate::acts;
use crate::crash::{Crash, Point};
use crate::day::Stage;
use crate::tally::Kind;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It never arrives.
    LoseRequest,
    /// It is carried out, and its answer is lost.
    LoseAnswer,
    /// It is carried out, and its answer breaks off.
    HalfAnswer,
    /// It is carried out, and its answer has no body.
    EmptyAnswer,
    /// It is carried out, and its answer is a page of a proxy.
    NotJson,
    /// It is throttled.
    Throttled,
    /// The service is down.
    Unavailable,
    /// The right is missing.
    Forbidden,
    /// It takes long.
    Slow,
}

impl Mishap {
    /// Every mishap.
    pub const ALL: &'static [Self] = &[
        Self::LoseRequest,
        Self::LoseAnswer,
        Self::HalfAnswer,
        Self::EmptyAnswer,
        Self::NotJson,
        Self::Throttled,
        Self::Unavailable,
        Self::Forbidden,
        Self::Slow,
    ];

    /// What it is called in the tally.
    pub fn name(self) -> &'static str {
        match self {
            Self::LoseRequest => "a request is lost",
            Self::LoseAnswer => "an answer is lost",
            Self::HalfAnswer => "an answer breaks off",
            Self::EmptyAnswer => "an answer has no body",
            Self::NotJson => "an answer is not JSON",
            Self::Throttled => "a request is throttled",
            Self::Unavailable => "the service is down",
            Self::Forbidden => "a right is missing",
            Self::Slow => "an answer takes long",
        }
    }
}

/// The wire of one engine.
#[derive(Clone)]
pub struct Wire {
    stage: Stage,
    router: Router,
    crash: Crash,
}

impl Wire {
    pub fn new(stage: &Stage, crash: &Crash) -> Self {
        Self { stage: stage.clone(), router: stage.twin.router(), crash: crash.clone() }
    }

    async fn travel(self, request: Request<Full<Bytes>>) -> Response {
        self.crash.pass(Point::BeforeRequest).await;
        let stage = &self.stage;
        tokio::time::sleep(Duration::from_millis(10) + stage.chance.up_to(Duration::from_secs(1)) / 4).await;
        let is_write = request.method() == Method::PUT || act_on_alert(&request).is_some();
        if stage.is_interrupted(is_write) {
            if is_write {
                stage.note(|notes, _| {
                    notes.tally.count(Kind::Deed, "person acted between a read and its write");
                });
            }
            acts::anybody_acts(stage);
        }
        let mishap = stage.mishap();
        if let Some(mishap) = mishap {
            stage.note(|notes, now| {
                notes.tally.count(Kind::Mishap, mishap.name());
                notes.trace.line(now, || mishap.name().to_owned());
            });
        }
        match mishap {
            Some(Mishap::LoseRequest) => return broken(),
            Some(Mishap::Throttled) => return answer(429, r#"{"error":{"code":"TooManyRequests","message":"wait"}}"#),
            Some(Mishap::Unavailable) => return answer(503, r#"{"error":{"code":"ServerBusy","message":"down"}}"#),
            Some(Mishap::Forbidden) => {
                return answer(403, r#"{"error":{"code":"AuthorizationFailed","message":"no right"}}"#);
            }
            Some(Mishap::Slow) => tokio::time::sleep(Duration::from_secs(40)).await,
            _ => {}
        }
        let response = self.arrive(request).await;
        self.crash.pass(if is_write { Point::AfterWrite } else { Point::AfterRead }).await;
        match mishap {
            Some(Mishap::LoseAnswer) => broken(),
            Some(Mishap::HalfAnswer) => answer(response.status().as_u16(), r#"{"properties":{"status":"#),
            Some(Mishap::EmptyAnswer) => answer(200, ""),
            Some(Mishap::NotJson) => answer(200, "<html>sign in</html>"),
            _ => response,
        }
    }

    /// The request reaches the twin, under the eyes of the judge.
    async fn arrive(&self, request: Request<Full<Bytes>>) -> Response {
        let line = format!("{} {}", request.method(), request.uri().path());
        let before = written_incident(&request).and_then(|(name, body)| {
            let world = self.stage.twin.world();
            self.stage.note_in(&world, |notes, _| notes.judge.weigh(&world, &self.stage.disk, &name, &body))
        });
        if let Some((name, verb)) = act_on_alert(&request) {
            let world = self.stage.twin.world();
            self.stage.note_in(&world, |notes, _| {
                notes.tally.count(Kind::Deed, "acted on an alert");
                notes.judge.weigh_act(&world, &self.stage.disk, &name, &verb);
            });
        }
        let Ok(response) = self.router.clone().oneshot(request.map(Body::new)).await;
        let world = self.stage.twin.world();
        self.stage.note_in(&world, |notes, now| {
            notes.trace.line(now, || format!("{line} {}", response.status()));
            if response.status() == StatusCode::CONFLICT {
                notes.tally.count(Kind::Deed, "met a newer version");
            }
            if let Some(before) = before.filter(|_| response.status().is_success()) {
                notes.judge.written(&before, &world);
            }
            notes.judge.look(&world);
        });
        response
    }
}

impl Service<Request<Full<Bytes>>> for Wire {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let wire = self.clone();
        Box::pin(async move { Ok(wire.travel(request).await) })
    }
}

/// The incident that a request writes, and what it writes.
fn written_incident(request: &Request<Full<Bytes>>) -> Option<(String, Value)> {
    if request.method() != Method::PUT {
        return None;
    }
    let (path, name) = request.uri().path().rsplit_once('/')?;
    if !path.to_ascii_lowercase().ends_with("/incidents") {
        return None;
    }
    let body = futures::executor::block_on(http_body_util::BodyExt::collect(request.body().clone()));
    let Ok(body) = body;
    Some((name.to_owned(), serde_json::from_slice(&body.to_bytes()).unwrap_or_default()))
}

/// The alert that a request acts on, and how.
fn act_on_alert(request: &Request<Full<Bytes>>) -> Option<(String, String)> {
    if request.method() != Method::POST {
        return None;
    }
    let mut parts = request.uri().path().rsplit('/');
    let (verb, name, kind) = (parts.next()?, parts.next()?, parts.next()?);
    kind.eq_ignore_ascii_case("alerts").then(|| (name.to_owned(), verb.to_ascii_lowercase()))
}

fn answer(status: u16, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status that exists");
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    if status == 429 {
        response.headers_mut().insert("retry-after", http::HeaderValue::from_static("7"));
    }
    response
}

/// An answer whose body breaks off before its first byte.
fn broken() -> Response {
    let cut = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the connection was reset")) });
    Response::new(Body::from_stream(cut))
}
