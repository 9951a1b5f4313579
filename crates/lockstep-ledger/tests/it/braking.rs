//! I15: the brake's record is made from the entries alone, so that nothing but a person's yes lets more through.

use std::collections::BTreeSet;

use lockstep_core::{BrakeRecord, BrakeScope, Lowered};
use lockstep_ledger::{Approval, Error, Event, Hash, History, OutOfOrder, leave_approval};

use crate::given::*;

/// What the entries come to, as the writer knows it and as a reader finds it.
async fn record(events: impl IntoIterator<Item = Event>) -> BrakeRecord {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, events).await;
    let record = ledger.history().brake_record();
    assert_eq!(History::replay(&*log(&path)).await.unwrap().brake_record(), record);
    record
}

fn lowered(second: u64) -> Lowered {
    Lowered { at: time(second), subscriptions: BTreeSet::from([SUBSCRIPTION.to_owned()]), person: None }
}

fn brake(number: u64) -> Approval {
    Approval::Brake { number }
}

#[tokio::test]
async fn i15_every_lowering_counts_that_may_have_happened() {
    let check = async |events: &[Event], expected: &[u64]| {
        let lowered: Vec<_> = expected.iter().map(|second| lowered(*second)).collect();
        assert_eq!(record(events.iter().cloned()).await.lowered, lowered, "{events:?}");
    };
    check(&[started(1), intended(1, 7)], &[1]).await;
    check(&[started(1), intended(1, 7), done(2)], &[1]).await;
    check(&[started(1), intended(1, 7), refused(2)], &[]).await;
    check(&[started(1), intended(1, 7), in_doubt(2)], &[1]).await;
    check(&[started(1), intended(1, 7), in_doubt(2), settled(2, false)], &[]).await;
    check(&[started(1), intended(1, 7), in_doubt(2), settled(2, true)], &[1]).await;
    check(&[started(1), intended(1, 7), done(2), ended(1), started(2), alert_intended(2, 8)], &[1, 1]).await;
}

#[tokio::test]
async fn i15_a_ledger_that_was_made_anew_goes_on_counting() {
    let inherited = |second| Lowered { at: time(second), subscriptions: BTreeSet::new(), person: None };
    let all = record([restarted(9, [5, 6]), started(1), intended(1, 7)]).await;
    assert_eq!(all.lowered, [lowered(1), inherited(5), inherited(6)]);
}

#[tokio::test]
async fn i15_a_brake_stays_on_until_all_that_it_holds_is_approved() {
    let on =
        |record: &BrakeRecord| record.on.iter().map(|(scope, number)| (scope.clone(), *number)).collect::<Vec<_>>();
    let eve = || BrakeScope::Person("eve".to_owned());
    let events =
        [braked(BrakeScope::Workspace, [7, 8]), braked(eve(), [8]), braked(BrakeScope::Workspace, [9]), started(1)];
    let all = record(events.clone()).await;
    assert_eq!(on(&all), [(BrakeScope::Workspace, 3), (eve(), 2)]);

    let some = record(events.iter().cloned().chain([approved(brake(1), [7, 8])])).await;
    assert_eq!(on(&some), [(BrakeScope::Workspace, 3), (eve(), 2)], "9 was not shown");
    assert_eq!(some.released, [(BrakeScope::Workspace, BTreeSet::from([item(7), item(8)]))].into());

    let whole = record(events.iter().cloned().chain([approved(brake(3), [7, 8, 9])])).await;
    assert_eq!(on(&whole), [(eve(), 2)], "another brake is another matter");
}

#[tokio::test]
async fn i15_a_yes_is_for_one_write_which_does_not_count() {
    let held = [braked(BrakeScope::Workspace, [7, 8]), approved(brake(1), [7, 8]), started(1), intended(1, 7)];
    let under_way = record(held.clone()).await;
    assert_eq!((under_way.lowered.len(), under_way.released[&BrakeScope::Workspace].len()), (0, 2));
    let refused = record(held.iter().cloned().chain([refused(4)])).await;
    assert_eq!(refused.released[&BrakeScope::Workspace].len(), 2, "it may be tried again");
    let done = record(held.iter().cloned().chain([done(4), intended(1, 7)])).await;
    assert_eq!(done.released, [(BrakeScope::Workspace, BTreeSet::from([item(8)]))].into());
    assert_eq!(done.lowered, [lowered(3)], "the second time nobody said yes");

    let plan = Approval::Plan { hash: Hash::of("plan") };
    let approved = record([approved(plan, [7]), started(1), intended(1, 7), intended(1, 8)]).await;
    assert_eq!((approved.lowered, approved.approved), (vec![lowered(2)], BTreeSet::from([item(7)])));
}

#[tokio::test]
async fn i15_only_a_brake_that_is_on_can_be_approved() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1), braked(BrakeScope::Workspace, [7]), approved(brake(2), [7])]).await;
    for number in [1, 2, 3, 9] {
        let refusal = ledger.append(time(9), approved(brake(number), [7])).await.unwrap_err();
        assert!(matches!(refusal, Error::OutOfOrder(OutOfOrder::NotBraked(found)) if found == number));
    }
}

#[tokio::test]
async fn i15_what_is_older_than_the_longest_window_is_let_go() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let append = async |second, event| {
        ledger.append(time(second), event).await.unwrap();
    };
    append(0, started(1)).await;
    append(0, intended(1, 1)).await;
    append(1, intended(1, 2)).await;
    append(86_400, intended(1, 3)).await;
    assert_eq!(ledger.history().brake_record().lowered, [lowered(1), lowered(86_400)]);
}

#[tokio::test]
async fn an_approval_that_is_left_is_entered_once_by_whoever_holds_the_lease() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [braked(BrakeScope::Workspace, [7])]).await;
    let leave = async || {
        let Event::Approved(approved) = approved(brake(1), [7]) else { panic!("no approval") };
        leave_approval(&*log(&path), approved).await.unwrap();
    };
    leave().await;
    leave().await;
    log(&path).leave("{}".to_owned()).await.unwrap();
    let answers = ledger.take_approvals(time(9)).await.unwrap();
    let words: Vec<_> =
        answers.into_iter().map(|answer| answer.map(|entry| entry.number).map_err(|it| it.to_string())).collect();
    assert_eq!(words, [Ok(2), Err("entry 1 is no brake that is on".to_owned()), Err("it is no approval".to_owned())]);
    assert!(ledger.take_approvals(time(9)).await.unwrap().is_empty());
    assert_eq!(ledger.history().brakes().count(), 0);
}
