//! What was entered is there when the ledger is opened again, and says what both sides last agreed on.

use lockstep_core::{Agreed, AlertState, IncidentState, Mark};
use lockstep_ledger::{
    Answered, Asked, BaseMoved, Done, Entries, Error, Event, Filter, Hash, History, Intent, OutOfOrder, WhyMoved,
    WriteId, verify,
};

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
    let written = |on| Agreed::new(closed(), [(alert(on), AlertState::Dismissed)]).with_written(Some(closed()));
    let agreed = Some(written(7));
    let base = |on| ledger.history().base(&incident(on)).cloned();

    append_all(&ledger, [started(1), intended(1, 7)]).await;
    assert_eq!(base(7), None, "an intent is no agreement");
    append_all(&ledger, [done(2), intended(1, 8), refused(4)]).await;
    assert_eq!((base(7), base(8)), (agreed, None), "a write that did not happen is no agreement");
    append_all(&ledger, [intended(1, 9), in_doubt(6), ended(1)]).await;
    assert_eq!(base(9), None, "doubt is no agreement");
    append_all(&ledger, [settled(6, true)]).await;
    assert_eq!(base(9), Some(written(9)));
}

#[tokio::test]
async fn a_text_of_ours_is_remembered_with_the_mark_that_it_was_sent_with() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), signed(1, 7), done(2)]).await;
    let entries = Entries::new(ledger.log().clone(), Filter::default()).all().await.unwrap();
    let mark = entries[1].mark().unwrap();
    assert_eq!((mark.entry, mark.run, mark.head), (2, run(1).as_u128(), entries[1].hash.first_half()));
    let history = ledger.history();
    let Some(IncidentState::Closed(Some(sent))) = history.base(&incident(7)).unwrap().written() else { panic!() };
    let IncidentState::Closed(Some(entered)) = closed() else { panic!() };
    assert_eq!(sent.comment, format!("{} {mark}", entered.comment));
    assert_eq!(Mark::at_end_of(&sent.comment), Some(mark));
    assert!(entries.iter().filter(|entry| entry.number != 2).all(|entry| entry.mark().is_none()));
}

#[tokio::test]
async fn a_note_is_known_with_the_version_that_it_left_and_moves_no_base() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let Event::Done(answer) = done(2) else { panic!() };
    let answer = Event::Done(Done { modified: Some(time(9)), ..answer });
    append_all(&ledger, [started(1), noted(1, 7), answer, noted(1, 7), settled(4, true), noted(1, 8), refused(6)])
        .await;
    let history = History::replay(&*log(&path)).await.unwrap();
    let [note] = history.notes(&incident(7)) else { panic!("a comment is one, however often it was written") };
    assert_eq!((note.write, note.modified, note.proposes()), (WriteId(4), None, true));
    let [refused] = history.notes(&incident(8)) else { panic!("its comment may be there") };
    assert_eq!((refused.proposes(), history.base(&incident(7))), (false, None));
    assert_eq!(history.unconfirmed().count(), 0);
}

#[tokio::test]
async fn each_setting_of_a_tag_is_answered_once() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let by = "ann@contoso.example".to_owned();
    let answered = Answered { incident: incident(7), asked: Asked::Undo, by, at: time(3), refused: None };
    append_all(&ledger, [Event::Answered(answered)]).await;
    let history = ledger.history();
    let is_answered = |asked, at| history.is_answered(&incident(7), asked, time(at));
    assert_eq!((is_answered(Asked::Undo, 3), is_answered(Asked::Undo, 4)), (true, false));
    assert!(!is_answered(Asked::Approve, 3));
}

#[tokio::test]
async fn what_the_tables_gave_back_says_how_we_wrote_it() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let Event::BaseMoved(moved) = base_moved(7) else { panic!() };
    let moved = BaseMoved { written: Some(closed()), why: WhyMoved::Rebuilt, ..moved };
    append_all(&ledger, [restarted(3, []), Event::BaseMoved(moved)]).await;
    assert_eq!(ledger.history().base(&incident(7)).unwrap().written(), Some(&closed()));
    assert_eq!(ledger.history().restarted(), Some(time(3)));
}

#[tokio::test]
async fn the_base_moves_without_a_write_and_keeps_what_we_last_wrote() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let base = |on| ledger.history().base(&incident(on)).cloned();
    let moved = |written| Agreed::new(IncidentState::Active, [(alert(7), AlertState::Resolved)]).with_written(written);

    append_all(&ledger, [base_moved(7)]).await;
    assert_eq!(base(7), Some(moved(None)));
    append_all(&ledger, [started(1), intended(1, 7), done(3), base_moved(7)]).await;
    assert_eq!(base(7), Some(moved(Some(closed()))));
}

#[tokio::test]
async fn a_write_of_an_alert_moves_the_base_of_that_pair_alone() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), alert_intended(1, 7), alert_done(2)]).await;
    let base = ledger.history().base(&incident(7)).cloned().unwrap();
    assert_eq!(base.pair(&alert(7)), (&AlertState::Dismissed, &closed()));
    assert_eq!(base.pair(&alert(8)), (&AlertState::New, &IncidentState::New), "the other alert still waits");
}

#[tokio::test]
async fn what_happened_waits_to_be_confirmed_and_the_beginning_is_known() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    assert_eq!(ledger.history().began(), None);
    append_all(&ledger, [began(5), started(1), intended(1, 7), done(3), alert_intended(1, 8), alert_done(5)]).await;
    let waiting = || ledger.history().unconfirmed().map(|it| it.write.0).collect::<Vec<_>>();
    assert_eq!((waiting(), ledger.history().began()), (vec![3, 5], Some(time(5))));
    append_all(&ledger, [confirmed(3)]).await;
    assert_eq!(waiting(), [5]);
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
    let Intent::Incident(left_open) = &open[0].intended else { panic!("{open:?}") };
    assert_eq!((open[0].write, &left_open.incident), (WriteId(3), &incident(8)));
    let body = ledger.log().body(left_open.before.incident.hash()).await.unwrap();
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
