//! The wire between engine and twin, which a test can disturb: a request can be answered by somebody else, its answer can be
//! lost after the effect, and something can happen just before it arrives.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request};
use http_body_util::Full;
use tower::{Service, ServiceExt};

/// What happens to one request instead of its plain way.
pub enum Disturbance {
    /// The twin never sees it; this is the answer.
    Answer(u16, &'static [(&'static str, &'static str)], &'static str),
    /// The twin carries it out, and the answer is lost on its way back.
    LoseAnswer,
    /// It never arrives, and no answer comes back.
    LoseRequest,
    /// It never comes back at all.
    Hang,
    /// It arrives so much later.
    Delay(Duration),
    /// This happens first.
    After(Box<dyn FnOnce() + Send>),
}

/// Which requests are disturbed, and how often.
struct Fault {
    method: Method,
    path_holds: &'static str,
    disturbances: Vec<Disturbance>,
}

/// The router with faults in front of it. Clones share their faults.
#[derive(Clone)]
pub struct Wire {
    router: Router,
    faults: Arc<Mutex<Vec<Fault>>>,
    /// How many requests have come since the wire was made slow; `None` while it is not.
    slow: Arc<Mutex<Option<usize>>>,
}

impl Wire {
    pub fn to(router: Router) -> Self {
        Self { router, faults: Arc::default(), slow: Arc::default() }
    }

    /// Disturbs the next requests of `method` whose path holds `path_holds`, one disturbance each.
    pub fn disturb(&self, method: Method, path_holds: &'static str, mut disturbances: Vec<Disturbance>) {
        disturbances.reverse();
        self.faults.lock().unwrap().push(Fault { method, path_holds, disturbances });
    }

    /// Lets every request take a few turns on its way and on its way back, not all of them the same number.
    pub fn make_slow(&self) {
        *self.slow.lock().unwrap() = Some(0);
    }

    fn turns(&self) -> usize {
        let mut slow = self.slow.lock().unwrap();
        let count = slow.as_mut().map(|count| {
            *count += 1;
            *count
        });
        count.map_or(0, |count| 1 + count * 7 % 5)
    }

    fn disturbance(&self, request: &Request<Full<Bytes>>) -> Option<Disturbance> {
        let mut faults = self.faults.lock().unwrap();
        let fits = |fault: &&mut Fault| {
            !fault.disturbances.is_empty()
                && fault.method == *request.method()
                && request.uri().path().contains(fault.path_holds)
        };
        faults.iter_mut().find(fits)?.disturbances.pop()
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
        let disturbance = self.disturbance(&request);
        let router = self.router.clone();
        let turns = self.turns();
        Box::pin(async move {
            match disturbance {
                None => {
                    take(turns).await;
                    let answer = router.oneshot(request.map(Body::new)).await;
                    take(turns).await;
                    answer
                }
                Some(Disturbance::Delay(delay)) => {
                    tokio::time::sleep(delay).await;
                    router.oneshot(request.map(Body::new)).await
                }
                Some(Disturbance::After(act)) => {
                    act();
                    router.oneshot(request.map(Body::new)).await
                }
                Some(Disturbance::Answer(status, headers, body)) => Ok(answer(status, headers, body)),
                Some(Disturbance::LoseAnswer) => {
                    let Ok(_) = router.oneshot(request.map(Body::new)).await;
                    Ok(broken())
                }
                Some(Disturbance::LoseRequest) => Ok(broken()),
                Some(Disturbance::Hang) => std::future::pending().await,
            }
        })
    }
}

async fn take(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap()
}

/// An answer whose body breaks off before its first byte.
fn broken() -> Response {
    let cut = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the connection was reset")) });
    Response::new(Body::from_stream(cut))
}
