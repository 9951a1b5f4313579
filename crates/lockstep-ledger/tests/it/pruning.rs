//! Bodies are removed where a checkpoint says so, and nothing else is.

use lockstep_core::Time;
use lockstep_ledger::{Error, Event, Fault, Ledger, Pruned, prune, verify};

use crate::given::*;

/// A ledger whose entries are a second apart: runs on incidents 7, 8 and 7 again.
async fn given(path: &std::path::Path) -> Ledger {
    let ledger = opened(path).await;
    let first = [started(1), intended(1, 7), done(2), intended(1, 8), done(4), ended(1)];
    append_all(&ledger, first.into_iter().chain([started(2), intended(2, 7), done(8), ended(2)])).await;
    ledger
}

#[tokio::test]
async fn what_is_pruned_is_gone_and_the_rest_still_verifies() {
    let (_folder, path) = place();
    let ledger = given(&path).await;
    let check = async |cutoff: Time, expected: Option<(u64, u64)>, pruned: u64| {
        let done = prune(&ledger, cutoff, time(99)).await.unwrap();
        assert_eq!(done.map(|(checkpoint, count)| (checkpoint.up_to, count)), expected);
        let verified = verify(ledger.log()).await.unwrap();
        assert_eq!((verified.bodies, verified.pruned), (6, pruned));
    };
    check(time(0), None, 0).await;
    // The bodies of 7 are named again by a younger entry.
    check(time(4), Some((4, 2)), 2).await;
    check(time(4), None, 2).await;
    check(time(1000), Some((11, 2)), 6).await;
    assert_eq!(ledger.history().pruned().map(|(up_to, _)| up_to), Some(11));
    let kept = std::fs::read(&path).unwrap();
    assert!(!kept.windows(11).any(|bytes| bytes == b"{\"alert\":8}"), "the file does not hold it any more");
}

#[tokio::test]
async fn a_write_without_an_outcome_keeps_its_bodies_and_all_that_follow() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), intended(1, 7), done(2), intended(1, 8), intended(1, 9), done(5)]).await;
    let (checkpoint, count) = prune(&ledger, time(1000), time(99)).await.unwrap().unwrap();
    assert_eq!((checkpoint.up_to, count), (3, 2));
}

#[tokio::test]
async fn a_body_that_no_checkpoint_names_is_missed() {
    let (_folder, path) = place();
    let ledger = given(&path).await;
    append_all(&ledger, [Event::Pruned(Pruned { up_to: 3, bodies: 2 })]).await;
    drop(ledger);
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("INSERT INTO pruned SELECT hash FROM body; DELETE FROM body")
        .unwrap();
    let error = verify(&log(&path)).await.unwrap_err();
    assert!(matches!(error, Error::Broken { number: 4, fault: Fault::BodyMissing(_) }), "{error:?}");
}
