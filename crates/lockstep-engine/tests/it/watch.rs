//! Passes on a timer, in virtual time.

use std::sync::Mutex;
use std::time::Duration;

use http::Method;
use lockstep_engine::Interval;
use lockstep_twin::world::AlertStatus;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::tenant::Tenant;
use crate::wire::Disturbance::Answer;

const EVERY: Interval = Interval { every: Duration::from_secs(30) };

#[tokio::test(start_paused = true)]
async fn a_watch_follows_an_alert_within_an_interval_and_ends_when_told() {
    let tenant = Tenant::new();
    let engine = tenant.engine().await;
    let (stop, passes) = (CancellationToken::new(), Mutex::new(Vec::new()));
    let people = async {
        sleep(Duration::from_secs(100)).await;
        let alert = tenant.raised_as(AlertStatus::Dismissed);
        sleep(EVERY.every * 2).await;
        assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
        sleep(Duration::from_secs(600)).await;
        stop.cancel();
    };
    let began = Instant::now();
    let passed = |_: &_| passes.lock().unwrap().push(began.elapsed());
    let (watched, ()) = tokio::join!(engine.watch(EVERY, &stop, &|_| (), &passed), people);
    watched.unwrap();
    let passes = passes.into_inner().unwrap();
    assert!((22..=26).contains(&passes.len()), "{passes:?}");
    for pair in passes.windows(2) {
        let gap = pair[1] - pair[0];
        assert!(gap >= EVERY.every - Duration::from_secs(1) && gap <= EVERY.every + Duration::from_secs(4), "{gap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn i12_a_watch_survives_an_outage() {
    let tenant = Tenant::new();
    let alert = tenant.raised_as(AlertStatus::Dismissed);
    let body = r#"{"error":{"code":"BadArgumentError","message":"no"}}"#;
    tenant.wire.disturb(Method::POST, "/query", (0..3).map(|_| Answer(400, &[], body)).collect());
    let engine = tenant.engine().await;
    let (stop, passes) = (CancellationToken::new(), Mutex::new(Vec::new()));
    let passed = |pass: &Result<_, _>| {
        let mut passes = passes.lock().unwrap();
        passes.push(pass.is_ok());
        if passes.len() == 4 {
            stop.cancel();
        }
    };
    engine.watch(EVERY, &stop, &|_| (), &passed).await.unwrap();
    assert_eq!(passes.into_inner().unwrap(), [false, false, false, true]);
    assert_eq!(tenant.incident(&alert), "Closed BenignPositive");
}

#[test]
fn jitter_adds_up_to_a_tenth() {
    for roll in [0, 1, 2_999, 3_000, u64::MAX] {
        let wait = EVERY.with_jitter(roll);
        assert!(wait >= EVERY.every && wait <= EVERY.every + Duration::from_secs(3), "{wait:?}");
    }
    assert_eq!(Interval { every: Duration::ZERO }.with_jitter(7), Duration::ZERO);
}
