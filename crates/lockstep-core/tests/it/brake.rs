//! I15: in no scope is more lowered in a window than its limit, and what is held is held until somebody says yes.

use std::collections::BTreeSet;

use lockstep_core::{
    Brake, BrakeLimit, BrakeRecord, BrakeScope, IncidentId, IncidentState, Item, Limits, Load, Lowered, Share, Time,
    brake,
};
use proptest::prelude::*;

const NONE: Limits = Limits {
    workspace_hour: None,
    workspace_day: None,
    subscription_hour: None,
    subscription_day: None,
    person_hour: None,
    share: None,
};

fn second(n: i64) -> Time {
    Time::from_ticks(n * Time::TICKS_PER_SECOND)
}

fn item(n: u64) -> Item {
    let incident = IncidentId::parse(&format!("7c1a5e08-0000-4000-8000-{n:012x}")).expect("a GUID");
    Item::new((&incident, n), &IncidentState::New, &IncidentState::Closed(None), [])
}

/// A change of subscription and person; `raise` before it makes it one that raises.
fn load(n: usize, text: &str) -> Load {
    let mut words = text.split_whitespace();
    let subscription = words.next().expect("a subscription");
    let raises = subscription == "raise";
    Load {
        lowers: !raises,
        item: item(n as u64),
        subscriptions: BTreeSet::from([subscription.to_owned()]),
        person: words.next().map(str::to_owned),
    }
}

fn lowered(at: i64, text: &str) -> Lowered {
    let Load { subscriptions, person, .. } = load(0, text);
    Lowered { at: second(at), subscriptions, person }
}

/// What holds each change, `-` where nothing does.
fn held(limits: Limits, record: &BrakeRecord, open: u64, now: i64, changes: &[&str]) -> Vec<String> {
    let loads: Vec<_> = changes.iter().enumerate().map(|(n, text)| load(n, text)).collect();
    let trips = brake(Brake::On(limits), record, open, second(now), &loads);
    let words = |trips: &Vec<lockstep_core::Trip>| match trips.as_slice() {
        [] => "-".to_owned(),
        trips => trips.iter().map(|trip| format!("{}: {}", trip.scope, trip.limit)).collect::<Vec<_>>().join(", "),
    };
    trips.iter().map(words).collect()
}

#[test]
fn i15_each_scope_has_its_own_limit() {
    let none = BrakeRecord::default();
    let check = |limits, changes: &[&str], expected: &[&str]| {
        assert_eq!(held(limits, &none, 0, 0, changes), expected, "{changes:?}");
    };
    check(NONE, &["a", "a", "a"], &["-", "-", "-"]);
    check(
        Limits { workspace_hour: Some(2), ..NONE },
        &["a", "raise", "b", "c", "raise", "a"],
        &["-", "-", "-", "the workspace: 2 an hour", "-", "the workspace: 2 an hour"],
    );
    check(Limits { workspace_day: Some(1), ..NONE }, &["a", "b"], &["-", "the workspace: 1 a day"]);
    check(
        Limits { subscription_hour: Some(1), ..NONE },
        &["a", "a", "b", "b"],
        &["-", "subscription a: 1 an hour", "-", "subscription b: 1 an hour"],
    );
    check(
        Limits { person_hour: Some(1), ..NONE },
        &["a eve", "b eve", "b ann", "a"],
        &["-", "the acts of eve: 1 an hour", "-", "-"],
    );
    check(Limits { workspace_hour: Some(0), ..NONE }, &["a"], &["the workspace: 0 an hour"]);
}

#[test]
fn i15_a_window_slides() {
    let limits = Limits { workspace_hour: Some(1), workspace_day: Some(2), ..NONE };
    let check = |ages: &[i64], expected: &str| {
        let now = 1_000_000;
        let lowered = ages.iter().map(|age| lowered(now - age, "a")).collect();
        let record = BrakeRecord { lowered, ..BrakeRecord::default() };
        assert_eq!(held(limits, &record, 0, now, &["a"]), [expected], "{ages:?}");
    };
    check(&[], "-");
    check(&[3599], "the workspace: 1 an hour");
    check(&[3600], "-");
    check(&[3600, 86_399], "the workspace: 2 a day");
    check(&[3600, 86_400], "-");
    // A clock that went back makes nothing older.
    check(&[-5000], "the workspace: 1 an hour");
}

#[test]
fn i15_a_share_of_the_open_incidents_counts_once_enough_are_open() {
    let limits = Limits { share: Some(Share { percent: 30, floor: 20 }), ..NONE };
    let check = |open: u64, before: usize, goes: usize| {
        let record = BrakeRecord { lowered: vec![lowered(0, "a"); before], ..BrakeRecord::default() };
        let held = held(limits, &record, open, 10, &["a"; 40]);
        assert_eq!(held.iter().filter(|held| *held == "-").count(), goes, "{open} open, {before} before");
    };
    check(19, 0, 40);
    check(20, 0, 6);
    check(100, 0, 30);
    check(70, 30, 0);
    check(90, 10, 20);
    check(10, 9, 40);
}

#[test]
fn i15_a_brake_that_is_on_holds_its_scope_and_no_other() {
    let on = [(BrakeScope::Subscription("a".to_owned()), 17)].into();
    let record = BrakeRecord { on, ..BrakeRecord::default() };
    assert_eq!(held(NONE, &record, 0, 0, &["a", "b", "raise"]), ["subscription a: brake 17", "-", "-"]);
}

#[test]
fn i15_what_was_released_goes_on_in_that_scope_and_does_not_count() {
    let limits = Limits { workspace_hour: Some(1), person_hour: Some(1), ..NONE };
    let released = [(BrakeScope::Workspace, BTreeSet::from([item(0), item(1), item(2)]))].into();
    let record = BrakeRecord { released, ..BrakeRecord::default() };
    let changes = ["a eve", "a eve", "a ann", "a ann", "a bob", "a"];
    assert_eq!(
        held(limits, &record, 0, 0, &changes),
        ["-", "the acts of eve: 1 an hour", "-", "the acts of ann: 1 an hour", "-", "the workspace: 1 an hour"]
    );
    let record = BrakeRecord { approved: BTreeSet::from([item(1)]), ..BrakeRecord::default() };
    assert_eq!(held(limits, &record, 0, 0, &["a eve", "a eve", "a eve"])[..2], ["-", "-"]);
}

#[test]
fn a_brake_that_is_off_holds_nothing() {
    let on = [(BrakeScope::Workspace, 17)].into();
    let record = BrakeRecord { on, ..BrakeRecord::default() };
    let loads: Vec<_> = (0..1000).map(|n| load(n, "a eve")).collect();
    assert!(brake(Brake::Off, &record, 20, second(0), &loads).iter().all(Vec::is_empty));
}

proptest! {
    #[test]
    fn i15_no_window_holds_more_than_its_limit(
        limits in (0_u32..6, 0_u32..9, 0_u32..4, 0_u32..4),
        passes in prop::collection::vec((0_i64..7200, prop::collection::vec(("[ab]", "[xy]"), 0..8)), 0..30),
    ) {
        let (workspace_hour, workspace_day, subscription_hour, person_hour) = limits;
        let limits = Limits {
            workspace_hour: Some(workspace_hour),
            workspace_day: Some(workspace_day),
            subscription_hour: Some(subscription_hour),
            person_hour: Some(person_hour),
            ..NONE
        };
        let (mut record, mut now, mut went) = (BrakeRecord::default(), 0, Vec::new());
        for (wait, changes) in passes {
            now += wait;
            let texts: Vec<_> = changes.iter().map(|(subscription, person)| format!("{subscription} {person}")).collect();
            let loads: Vec<_> = texts.iter().enumerate().map(|(n, text)| load(n, text)).collect();
            for (text, trips) in texts.iter().zip(brake(Brake::On(limits), &record, 0, second(now), &loads)) {
                if trips.is_empty() {
                    record.lowered.push(lowered(now, text));
                    went.push((now, text.clone()));
                }
            }
        }
        let count = |from: i64, window: i64, of: &str| {
            let is_in = |(at, text): &&(i64, String)| *at >= from && *at < from + window && text.contains(of);
            went.iter().filter(is_in).count() as u32
        };
        for (from, _) in &went {
            prop_assert!(count(*from, 3600, "") <= workspace_hour);
            prop_assert!(count(*from, 86_400, "") <= workspace_day);
            for one in ["a", "b"] { prop_assert!(count(*from, 3600, one) <= subscription_hour); }
            for one in ["x", "y"] { prop_assert!(count(*from, 3600, one) <= person_hour); }
        }
    }
}

#[test]
fn a_trip_reads_as_a_sentence() {
    let trip = |scope, limit| lockstep_core::Trip { scope, limit }.to_string();
    assert_eq!(
        trip(BrakeScope::Workspace, BrakeLimit::Hour(50)),
        "the brake allows no more than 50 an hour for the workspace"
    );
    assert_eq!(
        trip(BrakeScope::Person("e\u{1b}ve".to_owned()), BrakeLimit::On(17)),
        "brake 17 is on for the acts of e\\u{1b}ve"
    );
}
