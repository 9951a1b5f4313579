//! I6: an apply that ends at any moment loses nothing, doubles nothing and explains everything.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lockstep_ledger::verify;
use lockstep_twin::world::AlertStatus;
use tokio_util::sync::CancellationToken;

use crate::tenant::{Tenant, pass};

/// A future that is dropped, as by a crash, when it would be polled once more than so many times.
struct Crashing<F> {
    inner: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Future for Crashing<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        self.polls -= 1;
        let inner = self.inner.as_mut().expect("it was not dropped");
        inner.as_mut().poll(cx).map(Some)
    }
}

/// Crashes an apply of three changes at one await; answers whether there was such an await.
async fn crash_at(polls: usize) -> bool {
    let tenant = Tenant::new();
    let alerts =
        [AlertStatus::Dismissed, AlertStatus::InProgress, AlertStatus::Resolved].map(|it| tenant.raised_as(it));
    let engine = tenant.engine().await;
    tenant.wire.make_slow();
    let stop = CancellationToken::new();
    let applying = Crashing { inner: Some(Box::pin(engine.pass(&stop, &|_| ()))), polls };
    let crashed = applying.await.is_none();
    drop(engine);

    let engine = tenant.engine().await;
    while pass(&engine).await.unwrap().written() > 0 {}
    let states: Vec<_> = alerts.iter().map(|alert| tenant.incident(alert)).collect();
    assert_eq!(states, ["Closed BenignPositive", "Active", "Closed TruePositive"], "crashed at {polls}");
    let writes = tenant.twin.stats().operations["Incidents_CreateOrUpdate"].clone();
    assert_eq!(writes, [(200, 3)].into(), "crashed at {polls}: each incident is written once");

    let kinds = tenant.entered().await;
    let count = |wanted: &[&str]| kinds.iter().filter(|kind| wanted.contains(kind)).count();
    assert_eq!(count(&["done", "happened"]), 3, "crashed at {polls}: {kinds:?}");
    assert_eq!(count(&["intended"]), count(&["done", "happened", "did not happen", "refused"]), "{kinds:?}");
    assert_eq!(engine.ledger.history().open_intents().count(), 0);
    verify(engine.ledger.log()).await.unwrap();
    crashed
}

#[tokio::test(start_paused = true)]
pub async fn i06_an_apply_may_crash_at_every_await() {
    let mut crashes = 0;
    while crash_at(crashes + 1).await {
        crashes += 1;
    }
    assert!(crashes > 20, "only {crashes} awaits were crashed at");
}
