//! What was entered is there when the ledger is opened again, and says what both sides last agreed on.

use lockstep_core::{Agreed, AlertState};
use lockstep_ledger::{Error, Hash, History, OutOfOrder, WriteId, verify};

use crate::given::*;

#[tokio::test(start_paused = true)]
async fn a_ledger_opened_again_says_the_same() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), intended(1, 7), intended(1, 8), done(2), in_doubt(3), ended(1), started(2)]).await;
    let before = ledger.history();
    drop(ledger);

    let ledger = opened(&path).await;
    let after = ledger.history();
    assert_eq!((after.entries(), after.head()), (7, before.head()));
    assert_eq!(after.bases(), before.bases());
    assert_eq!(after.runs(), before.runs());
    assert!(after.open_intents().eq(before.open_intents()));
    let verified = verify(ledger.log()).await.unwrap();
    assert_eq!((verified.entries, verified.bodies, verified.head), (7, 4, before.head()));
}

#[tokio::test]
async fn the_base_is_what_the_last_write_that_happened_left() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let agreed = Some(Agreed::new(closed(), [(alert(7), AlertState::Dismissed)]));
    let base = |on| ledger.history().base(&incident(on)).cloned();

    append_all(&ledger, [started(1), intended(1, 7)]).await;
    assert_eq!(base(7), None, "an intent is no agreement");
    append_all(&ledger, [done(2), intended(1, 8), refused(4)]).await;
    assert_eq!((base(7), base(8)), (agreed, None), "a write that did not happen is no agreement");
    append_all(&ledger, [intended(1, 9), in_doubt(6), ended(1)]).await;
    assert_eq!(base(9), None, "doubt is no agreement");
    append_all(&ledger, [settled(6, true)]).await;
    assert_eq!(base(9), Some(Agreed::new(closed(), [(alert(9), AlertState::Dismissed)])));
}

#[tokio::test]
async fn i06_a_write_without_an_outcome_is_open_at_the_next_start() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), intended(1, 7), intended(1, 8), done(2)]).await;
    drop(ledger);

    let ledger = opened(&path).await;
    let open: Vec<_> = ledger.history().open_intents().cloned().collect();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].write, &open[0].intended.incident), (WriteId(3), &incident(8)));
    let body = ledger.log().body(open[0].intended.before.incident.hash()).await.unwrap();
    assert_eq!(body.as_deref(), Some("{\"incident\":8}"));

    append_all(&ledger, [settled(3, false), started(2), intended(2, 8)]).await;
    assert_eq!(ledger.history().open_intents().map(|open| open.write).collect::<Vec<_>>(), [WriteId(7)]);
}

#[tokio::test]
async fn an_event_out_of_order_is_refused_and_leaves_no_trace() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), intended(1, 7)]).await;
    let head = ledger.history().head();
    let refusal = ledger.append(time(9), intended(1, 7)).await.unwrap_err();
    let expected = OutOfOrder::IncidentOpen { incident: incident(7), write: WriteId(2) };
    assert!(matches!(refusal, Error::OutOfOrder(found) if found == expected));
    assert_eq!(ledger.history().head(), head);
    append_all(&ledger, [done(2)]).await;
}

#[tokio::test(start_paused = true)]
async fn appends_of_many_writers_are_all_entered() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1)]).await;
    let appends = (0..200).map(|on| {
        let ledger = ledger.clone();
        async move {
            let intent = ledger.append(time(on), intended(1, on)).await.unwrap();
            ledger.append(time(on), done(intent.number)).await.unwrap();
        }
    });
    futures::future::join_all(appends).await;
    let read = History::replay(&*log(&path)).await.unwrap();
    assert_eq!((read.entries(), read.bases().len(), read.open_intents().count()), (401, 200, 0));
    assert_eq!(read.head(), ledger.history().head());
}

#[tokio::test]
async fn an_append_whose_caller_went_away_is_made_all_the_same() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    {
        let mut append = Box::pin(ledger.append(time(0), started(1)));
        assert!(futures::poll!(&mut append).is_pending());
    }
    append_all(&ledger, [intended(1, 7)]).await;
    assert_eq!(ledger.history().entries(), 2);
}

#[tokio::test]
async fn an_empty_ledger_holds() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    assert_eq!((ledger.history().entries(), ledger.history().head()), (0, Hash::ZERO));
    assert_eq!(verify(ledger.log()).await.unwrap().entries, 0);
}
