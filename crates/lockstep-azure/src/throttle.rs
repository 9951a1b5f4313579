//! Waiting: when a request is sent again, and when nothing may be sent at all.
//!
//! Reads are sent again after a throttle and after a failure that may pass. A write is never sent again once it may have
//! arrived, and not after a wait either: by then what it was decided from is old. It fails, and its sender reads again.
//! All waits are on tokio's clock; no other clock is read: a `Retry-After` date is measured from the reply's own `Date`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use azure_core::time::parse_rfc7231;
use bytes::Bytes;
use futures::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::no_reply::is_untrusted;
use crate::operation::{Operation, Side};
use crate::pace::{Pace, Pacer, QUERIES_AT_ONCE};

/// How long one request may keep its caller waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The longest single wait. A service that asks for more is not waited for.
    pub longest: Duration,
    /// All waits of one request together.
    pub total: Duration,
}

impl Default for Patience {
    /// Ten minutes at once and half an hour together: enough for the waits that Microsoft's own script for mass dismissal
    /// takes (five of 360 s).
    fn default() -> Self {
        Self { longest: Duration::from_secs(600), total: Duration::from_secs(1800) }
    }
}

impl Patience {
    /// Whether one more wait is borne after others.
    fn bears(self, waited: Duration, wait: Duration) -> bool {
        wait <= self.longest && waited.saturating_add(wait) <= self.total
    }
}

/// A wait that is about to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Who is waited for.
    pub side: Side,
    /// Why.
    pub cause: Cause,
    /// What the service itself asked for; `None` where it named no time.
    pub asked: Option<Duration>,
    /// How long it will be.
    pub wait: Duration,
    /// Which try failed, from 1; 0 where nothing has been sent yet.
    pub attempt: u32,
}

/// Why a request has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The service said that there were too many.
    Throttled,
    /// The service failed with this HTTP status.
    Failed(u16),
    /// There was no connection.
    Unreachable,
    /// There was no whole answer.
    NoReply,
    /// Nobody said anything; we keep below what the service documents.
    Paced,
}

/// Who is told of each wait before it begins: nobody, unless somebody is named.
#[derive(Clone, Default)]
pub struct OnWait(Option<Arc<Listener>>);

type Listener = dyn Fn(&Wait) + Send + Sync;

impl OnWait {
    /// Tells `listener`, which must return at once.
    pub fn tell(listener: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }
}

impl fmt::Debug for OnWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnWait(..)")
    }
}

/// Sends what comes after it in a pipeline, again where that is right.
#[derive(Debug)]
pub struct Throttle {
    asks: Asks,
    patience: Patience,
    on_wait: OnWait,
    gates: Mutex<HashMap<(Side, bool), Instant>>,
    pacer: Mutex<Pacer>,
    queries: Semaphore,
}

/// Whom the requests of a pipeline go to.
#[derive(Clone, Copy, Debug)]
pub enum Asks {
    /// The service whose operation the request's context names.
    Service,
    /// A storage account.
    Storage,
    /// Whoever gives out tokens.
    Tokens(Side),
}

impl Asks {
    /// Who is asked, and whether for a write.
    pub fn who(self, context: &Context) -> (Side, bool) {
        match self {
            Self::Tokens(side) => (side, false),
            Self::Storage => (Side::Storage, false),
            Self::Service => {
                let operation = context.value::<Operation>().copied().expect("every request says what it is");
                (operation.side(), operation.is_write())
            }
        }
    }
}

impl Throttle {
    pub fn new(asks: Asks, patience: Patience, pace: Pace, on_wait: OnWait) -> Self {
        let (pacer, queries) = (Mutex::new(Pacer::new(pace)), Semaphore::new(QUERIES_AT_ONCE));
        Self { asks, patience, on_wait, gates: Mutex::default(), pacer, queries }
    }

    /// Waits until a write may leave, and holds a place for it. Answers whether there was anything to wait for.
    pub async fn turn(&self, operation: Operation) -> bool {
        let mut waited = false;
        loop {
            let held = self.closed_for((operation.side(), true));
            let wait = if held.is_zero() {
                match self.pacer().turn(operation, Instant::now()) {
                    Ok(()) => return waited,
                    Err(wait) => wait,
                }
            } else {
                held
            };
            self.wait(Wait { side: operation.side(), cause: Cause::Paced, asked: None, wait, attempt: 0 }).await;
            waited = true;
        }
    }

    /// How long until the request in `context` may leave by our own pace; zero: it was counted, and leaves.
    fn paced_for(&self, context: &Context<'_>) -> Duration {
        let Asks::Service = self.asks else { return Duration::ZERO };
        let Some(operation) = context.value::<Operation>().copied() else { return Duration::ZERO };
        let (mut pacer, now) = (self.pacer(), Instant::now());
        if operation.is_write() {
            return pacer.use_turn(operation, now).err().unwrap_or_default();
        }
        let wait = pacer.wait(operation, now);
        if wait.is_zero() {
            pacer.take(operation, now);
        }
        wait
    }

    fn shrink(&self, context: &Context<'_>) {
        if let (Asks::Service, Some(operation)) = (self.asks, context.value::<Operation>()) {
            self.pacer().shrink(*operation, Instant::now());
        }
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the service still wants to be left alone.
    fn closed_for(&self, gate: (Side, bool)) -> Duration {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.get(&gate).map_or(Duration::ZERO, |opens| opens.saturating_duration_since(Instant::now()))
    }

    fn close(&self, gate: (Side, bool), wait: Duration) {
        let opens = Instant::now() + wait;
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(gate).or_insert(opens);
        *gate = opens.max(*gate);
    }

    /// The result as whoever sent the request gets it.
    fn last_word(&self, result: PolicyResult) -> PolicyResult {
        let reply = result.map_err(last_try)?;
        let status = u16::from(reply.status());
        let is_refusal = match self.asks {
            Asks::Service | Asks::Storage => false,
            // The other statuses are for azure_identity's own retries.
            Asks::Tokens(Side::ManagedIdentity) => matches!(status, 400 | 401 | 403),
            Asks::Tokens(_) => status >= 400,
        };
        if !is_refusal {
            return Ok(reply);
        }
        let (_, _, body) = reply.deconstruct();
        let body = body.collect().now_or_never().and_then(Result::ok).unwrap_or_default();
        Err(Error::new(ErrorKind::Other, NoToken { status, body }))
    }

    async fn wait(&self, wait: Wait) {
        tracing::info!(side = %wait.side, cause = ?wait.cause, asked = ?wait.asked, wait = ?wait.wait, attempt = wait.attempt, "waiting");
        if let Some(on_wait) = &self.on_wait.0 {
            on_wait(&wait);
        }
        sleep(wait.wait).await;
    }
}

#[async_trait]
impl Policy for Throttle {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let gate @ (side, is_write) = self.asks.who(context);
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            let held = self.closed_for(gate);
            // What is sent again was counted when it was sent first.
            let paced = if held.is_zero() && attempt == 0 { self.paced_for(context) } else { Duration::ZERO };
            let (cause, wait) = if held.is_zero() { (Cause::Paced, paced) } else { (Cause::Throttled, held) };
            if !wait.is_zero() {
                if is_write || !self.patience.bears(waited, wait) {
                    return Err(Held { retry_after: wait }.into());
                }
                self.wait(Wait { side, cause, asked: None, wait, attempt }).await;
                waited += wait;
                continue;
            }
            attempt += 1;
            let permit = if side == Side::LogAnalytics { self.queries.acquire().await.ok() } else { None };
            let result = next[0].send(context, request, &next[1..]).await;
            drop(permit);
            let Some((cause, asked)) = judge(&result, side, is_write) else { return self.last_word(result) };
            let wait = wait_for(cause, asked, side, attempt);
            if cause == Cause::Throttled {
                self.close(gate, wait);
                self.shrink(context);
            }
            let is_last = attempt >= tries(cause, side) || (is_write && cause == Cause::Throttled);
            if !is_last && self.patience.bears(waited, wait) {
                self.wait(Wait { side, cause, asked, wait, attempt }).await;
                waited += wait;
            } else if cause == Cause::Throttled {
                return Err(Held { retry_after: wait }.into());
            } else {
                return self.last_word(result);
            }
        }
    }
}

/// The service wants to be left alone for longer than the request waits.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("throttled")]
pub struct Held {
    pub retry_after: Duration,
}

impl From<Held> for Error {
    fn from(held: Held) -> Self {
        Self::new(ErrorKind::Other, held)
    }
}

/// No token was given out.
///
/// Kept here because azure_identity 1.0 loses Entra's words: it cannot read a description that holds an escaped line break,
/// which every one does.
#[derive(Debug, thiserror::Error)]
#[error("no token was given out")]
pub struct NoToken {
    pub status: u16,
    pub body: Bytes,
}

/// Why a result is no last word, and what the service asked for; `None` where it is one.
fn judge(result: &PolicyResult, side: Side, is_write: bool) -> Option<(Cause, Option<Duration>)> {
    match result {
        // For managed identities azure_identity itself asks again, as the documents of each host want.
        Ok(_) if side == Side::ManagedIdentity => None,
        Ok(reply) => match u16::from(reply.status()) {
            429 => Some((Cause::Throttled, retry_after(reply.headers()))),
            status @ (408 | 500 | 502 | 503 | 504) if !is_write => {
                Some((Cause::Failed(status), retry_after(reply.headers())))
            }
            _ => None,
        },
        Err(error) => match error.kind() {
            ErrorKind::Connection if !is_write && !is_untrusted(error) => Some((Cause::Unreachable, None)),
            ErrorKind::Io if !is_write => Some((Cause::NoReply, None)),
            _ => None,
        },
    }
}

fn wait_for(cause: Cause, asked: Option<Duration>, side: Side, attempt: u32) -> Duration {
    let backoff = Duration::from_secs(1 << (attempt - 1).min(5));
    match (cause, asked) {
        (Cause::Throttled, None) if side == Side::Defender => DEFENDER_THROTTLE,
        (_, asked) => asked.unwrap_or_default().max(backoff),
    }
}

/// How often a request is sent at most, the first time included.
fn tries(cause: Cause, side: Side) -> u32 {
    match cause {
        Cause::Throttled | Cause::Paced => 6,
        // A query that took too long once takes too long again.
        Cause::Failed(504) | Cause::NoReply if side == Side::LogAnalytics => 2,
        Cause::Failed(_) | Cause::NoReply if side != Side::ManagedIdentity => 4,
        Cause::Failed(_) | Cause::NoReply | Cause::Unreachable => 3,
    }
}

/// Marks a network error as final, also for the retries of azure_identity's own pipelines, which go by the kind.
fn last_try(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Connection => Error::new(ErrorKind::Other, LastTry { was_sent: false, error }),
        ErrorKind::Io => Error::new(ErrorKind::Other, LastTry { was_sent: true, error }),
        _ => error,
    }
}

/// A network error that no further try follows.
#[derive(Debug, thiserror::Error)]
#[error("no further try")]
pub struct LastTry {
    /// Whether the request may have arrived.
    pub was_sent: bool,
    /// The error of the last try.
    #[source]
    pub error: Error,
}

/// How long the service asks to be left alone, in any form that it may say so, cut to a year; `None` where it does not, or
/// not readably.
///
/// Source: RFC 9110 section 10.2.3 (seconds or a date); the `-ms` forms as azure_core honours them.
fn retry_after(headers: &Headers) -> Option<Duration> {
    let text = |name: &'static str| headers.get_optional_str(&HeaderName::from_static(name)).map(str::trim);
    let milliseconds =
        || ["x-ms-retry-after-ms", "retry-after-ms"].into_iter().find_map(|name| text(name)?.parse().ok());
    let seconds = || text("retry-after")?.parse().ok();
    let date = || {
        let (until, now) = (parse_rfc7231(text("retry-after")?).ok()?, parse_rfc7231(text("date")?).ok()?);
        Some((until - now).try_into().unwrap_or(Duration::ZERO))
    };
    let asked = milliseconds().map(Duration::from_millis).or_else(|| seconds().map(Duration::from_secs)).or_else(date);
    asked.map(|asked| asked.min(FAR))
}

/// What a 429 without a time means at Microsoft.Security: what Microsoft's own `DismissAllAlerts.ps1` waits then.
const DEFENDER_THROTTLE: Duration = Duration::from_secs(360);

/// A year: beyond any time that matters, and safe to add to an instant.
const FAR: Duration = Duration::from_secs(366 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let check = |pairs: &[(&'static str, &'static str)], expected: Option<u64>| {
            assert_eq!(retry_after(&headers(pairs)).map(|it| it.as_secs()), expected, "{pairs:?}");
        };
        let date = ("date", "Fri, 01 Jan 2021 00:00:00 GMT");
        check(&[("retry-after", "30")], Some(30));
        check(&[("retry-after", " 30 ")], Some(30));
        check(&[("retry-after", "0")], Some(0));
        check(&[("retry-after", "86400")], Some(86_400));
        check(&[("x-ms-retry-after-ms", "2000"), ("retry-after", "30")], Some(2));
        check(&[("retry-after", "Fri, 01 Jan 2021 00:02:00 GMT"), date], Some(120));
        check(&[("retry-after", "Thu, 31 Dec 2020 23:59:00 GMT"), date], Some(0));
        check(&[("retry-after", "Fri, 01 Jan 2021 00:02:00 GMT")], None);
        check(&[("retry-after", "-1")], None);
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "18446744073709551615")], Some(FAR.as_secs()));
        check(&[("retry-after", "99999999999999999999999")], None);
        check(&[], None);
    }

    #[test]
    fn a_wait_is_never_shorter_than_asked_and_grows() {
        let check = |cause, asked: Option<u64>, side, attempt, expected| {
            assert_eq!(wait_for(cause, asked.map(Duration::from_secs), side, attempt).as_secs(), expected);
        };
        check(Cause::Throttled, Some(30), Side::Sentinel, 1, 30);
        check(Cause::Throttled, Some(0), Side::Sentinel, 1, 1);
        check(Cause::Throttled, None, Side::Sentinel, 3, 4);
        check(Cause::Throttled, None, Side::Defender, 1, 360);
        check(Cause::Throttled, Some(5), Side::Defender, 1, 5);
        check(Cause::Failed(503), Some(20), Side::LogAnalytics, 1, 20);
        check(Cause::Failed(500), None, Side::LogAnalytics, 2, 2);
        check(Cause::NoReply, None, Side::LogAnalytics, 40, 32);
    }

    proptest::proptest! {
        #[test]
        fn no_retry_after_makes_it_panic(value in ".{0,40}") {
            let mut headers = Headers::new();
            headers.insert("retry-after", value);
            let _ = retry_after(&headers);
        }
    }
}
