//! Which entry may follow which, told a second way: by looking back over everything that was entered.

use lockstep_core::BrakeScope;
use lockstep_ledger::{Approval, Error, Event, History, OutOfOrder, Pruned, RunId, Standing, WriteId};
use proptest::prelude::*;

use crate::given::*;

/// Whether `event` may follow `entered`, by the rules as the documentation has them.
fn may_follow(entered: &[Event], event: &Event) -> bool {
    let under_way = entered.iter().fold(None, |run, event| match event {
        Event::RunStarted(started) => Some(started.run),
        Event::RunEnded(_) => None,
        _ => run,
    });
    let intent = |write: WriteId| entered.get(usize::try_from(write.0).unwrap().wrapping_sub(1)).and_then(subject);
    let doubted = |write| entered.iter().any(|event| matches!(event, Event::InDoubt(line) if line.write == write));
    let has_outcome = |write| {
        entered.iter().any(|event| match event {
            Event::Done(line) => line.write == write,
            Event::Refused(line) => line.write == write,
            Event::Settled(line) => line.write == write,
            _ => false,
        })
    };
    let happened = |write| {
        entered.iter().any(|event| match event {
            Event::Done(line) => line.write == write,
            Event::Settled(line) => line.write == write && line.happened,
            _ => false,
        })
    };
    let confirmed = |write| entered.iter().any(|event| matches!(event, Event::Confirmed(line) if line.write == write));
    let is_note =
        |WriteId(number): WriteId| matches!(entered[usize::try_from(number).unwrap() - 1], Event::NoteIntended(_));
    let is_open = |write| intent(write).is_some() && !has_outcome(write);
    let answer = |write| is_open(write) && !doubted(write) && intent(write).map(|(run, _)| run) == under_way;
    let writes = || (1..=entered.len() as u64).map(WriteId).filter(|write| is_open(*write));
    match event {
        Event::RunStarted(line) => {
            !entered.iter().any(|event| matches!(event, Event::RunStarted(other) if other.run == line.run))
        }
        Event::Intended(_) | Event::AlertIntended(_) | Event::NoteIntended(_) => {
            let (run, writes_to) = subject(event).unwrap();
            Some(run) == under_way && !writes().any(|write| intent(write).unwrap().1 == writes_to)
        }
        Event::Confirmed(line) => happened(line.write) && !confirmed(line.write) && !is_note(line.write),
        Event::Began(_) | Event::Restarted(_) | Event::Answered(_) | Event::BaseMoved(_) | Event::Braked(_) => true,
        Event::Pruned(line) => line.up_to <= entered.len() as u64,
        Event::Approved(line) => match line.of {
            Approval::Plan { .. } | Approval::Note { .. } => true,
            Approval::Brake { number } => is_held(entered, number),
        },
        Event::Done(line) => answer(line.write),
        Event::Refused(line) => answer(line.write),
        Event::InDoubt(line) => is_open(line.write) && !doubted(line.write),
        Event::Settled(line) => is_open(line.write),
        Event::RunEnded(line) => {
            Some(line.run) == under_way
                && !writes().any(|write| intent(write).unwrap().0 == line.run && !doubted(write))
        }
    }
}

/// Whether an entry says that a brake holds something, and nobody has approved it or a later one of the same brake.
fn is_held(entered: &[Event], number: u64) -> bool {
    let scope = |number: u64| match entered.get(usize::try_from(number).unwrap().wrapping_sub(1)) {
        Some(Event::Braked(braked)) => Some(&braked.scope),
        _ => None,
    };
    let covers = |event: &Event| match event {
        Event::Approved(line) => match line.of {
            Approval::Brake { number: later } => later >= number && scope(later) == scope(number),
            Approval::Plan { .. } | Approval::Note { .. } => false,
        },
        _ => false,
    };
    scope(number).is_some() && !entered.iter().any(covers)
}

/// The run of an intent, and what it writes.
fn subject(event: &Event) -> Option<(RunId, String)> {
    match event {
        Event::Intended(intended) => Some((intended.run, format!("incident {}", intended.incident))),
        Event::NoteIntended(note) => Some((note.run, format!("incident {}", note.incident))),
        Event::AlertIntended(intended) => Some((intended.run, format!("alert {}", intended.before.id))),
        _ => None,
    }
}

fn scope(whole: bool) -> BrakeScope {
    if whole { BrakeScope::Workspace } else { BrakeScope::Person("eve".to_owned()) }
}

/// Any event, about few enough things that many may follow each other.
fn any_event() -> impl Strategy<Value = Event> {
    let write = || 1..14_u64;
    prop_oneof![
        1 => (1..5_u128).prop_map(started),
        4 => (1..5_u128, 1..4_u64).prop_map(|(run, on)| intended(run, on)),
        2 => (1..5_u128, 1..4_u64).prop_map(|(run, on)| alert_intended(run, on)),
        2 => (1..5_u128, 1..4_u64).prop_map(|(run, on)| noted(run, on)),
        2 => write().prop_map(done),
        1 => write().prop_map(alert_done),
        1 => write().prop_map(confirmed),
        1 => (1..4_u64).prop_map(base_moved),
        1 => (1..4_u64).prop_map(began),
        1 => (0..14_u64).prop_map(|up_to| Event::Pruned(Pruned { up_to, bodies: 1 })),
        1 => (any::<bool>(), 1..4_u64).prop_map(|(whole, on)| braked(scope(whole), [on])),
        1 => (1..14_u64, 1..4_u64).prop_map(|(number, on)| approved(Approval::Brake { number }, [on])),
        1 => write().prop_map(refused),
        2 => write().prop_map(in_doubt),
        2 => (write(), any::<bool>()).prop_map(|(write, happened)| settled(write, happened)),
        1 => (1..5_u128).prop_map(ended),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn an_event_is_taken_exactly_where_it_may_follow(events in prop::collection::vec(any_event(), 1..80)) {
        let mut standing = Standing::default();
        let mut entered = Vec::new();
        for event in events {
            let before = standing.clone();
            let taken = standing.enter(entered.len() as u64 + 1, &event);
            prop_assert_eq!(taken.is_ok(), may_follow(&entered, &event), "{:?} after {:?}: {:?}", event, entered, taken);
            match taken {
                Ok(()) => entered.push(event),
                Err(_) => prop_assert_eq!(&standing, &before),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_taken_replays_to_the_same(events in prop::collection::vec(any_event(), 1..60)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (_folder, path) = place();
            let ledger = opened(&path).await;
            let mut entered = Vec::new();
            for event in events {
                let may_follow = may_follow(&entered, &event);
                match ledger.append(time(0), event.clone()).await {
                    Ok(entry) => {
                        prop_assert!(may_follow);
                        entered.push(event);
                        prop_assert_eq!(entry.number, entered.len() as u64);
                    }
                    Err(error) => prop_assert!(!may_follow && matches!(error, Error::OutOfOrder(_))),
                }
            }
            let (kept, read) = (ledger.history(), History::replay(&*log(&path)).await.unwrap());
            prop_assert_eq!((kept.entries(), kept.head()), (read.entries(), read.head()));
            prop_assert_eq!((kept.bases(), kept.runs()), (read.bases(), read.runs()));
            prop_assert_eq!(kept.brake_record(), read.brake_record());
            prop_assert!(kept.open_intents().eq(read.open_intents()));
            prop_assert_eq!(read.entries(), entered.len() as u64);
            Ok(())
        })?;
    }
}

#[test]
fn each_refusal_says_why() {
    let check = |entered: &[Event], event: Event, expected: OutOfOrder, text: &str| {
        let mut standing = Standing::default();
        for (number, event) in (1..).zip(entered) {
            standing.enter(number, event).unwrap();
        }
        let refusal = standing.enter(entered.len() as u64 + 1, &event).unwrap_err();
        assert_eq!((&refusal, refusal.to_string().as_str()), (&expected, text));
    };
    let (one, two): (RunId, RunId) = (run(1), run(2));
    let write = WriteId(2);
    let guid = |n| format!("00000000-0000-0000-0000-00000000000{n}");
    let not_under_way = |n| format!("run {} is not under way", guid(n));
    let not_open = "write 2 does not wait for an outcome";
    let doubt = "write 2 is in doubt and can only be settled";

    check(&[started(1)], started(1), OutOfOrder::RunKnown(one), &format!("run {} has been started before", guid(1)));
    check(&[], intended(1, 7), OutOfOrder::NotUnderWay(one), &not_under_way(1));
    check(&[started(1)], intended(2, 7), OutOfOrder::NotUnderWay(two), &not_under_way(2));
    check(&[started(1), ended(1)], ended(1), OutOfOrder::NotUnderWay(one), &not_under_way(1));
    check(&[started(1), intended(1, 7), started(2)], done(2), OutOfOrder::NotUnderWay(one), &not_under_way(1));
    check(
        &[started(1), intended(1, 7)],
        ended(1),
        OutOfOrder::Unanswered { run: one, write },
        &format!("run {} cannot end before write 2 has an outcome or is in doubt", guid(1)),
    );
    check(
        &[started(1), intended(1, 7), in_doubt(2), ended(1), started(2)],
        intended(2, 7),
        OutOfOrder::IncidentOpen { incident: incident(7), write },
        &format!("incident {} has write 2, whose outcome is not known yet", guid(7)),
    );
    check(
        &[started(1), alert_intended(1, 7), in_doubt(2), ended(1), started(2)],
        alert_intended(2, 7),
        OutOfOrder::AlertOpen { alert: alert(7), write },
        "alert aaaaaaaa-0000-0000-0000-000000000007 has write 2, whose outcome is not known yet",
    );
    let not_unconfirmed = "write 2 does not wait to be confirmed";
    for entered in [vec![intended(1, 7)], vec![intended(1, 7), refused(2)], vec![intended(1, 7), done(2), confirmed(2)]]
    {
        let entered: Vec<_> = std::iter::once(started(1)).chain(entered).collect();
        check(&entered, confirmed(2), OutOfOrder::NotUnconfirmed(write), not_unconfirmed);
    }
    let plain = Approval::Brake { number: 1 };
    check(&[started(1)], approved(plain, [7]), OutOfOrder::NotBraked(1), "entry 1 is no brake that is on");
    check(&[started(1)], done(2), OutOfOrder::NotOpen(write), not_open);
    check(&[started(1), intended(1, 7), refused(2)], done(2), OutOfOrder::NotOpen(write), not_open);
    check(&[started(1), intended(1, 7), done(2)], settled(2, true), OutOfOrder::NotOpen(write), not_open);
    check(&[started(1), intended(1, 7), in_doubt(2)], done(2), OutOfOrder::InDoubt(write), doubt);
    check(&[started(1), intended(1, 7), in_doubt(2)], in_doubt(2), OutOfOrder::InDoubt(write), doubt);
}
