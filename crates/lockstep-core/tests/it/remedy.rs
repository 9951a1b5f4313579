//! What would change a verdict.

use lockstep_core::{
    Confirmed, Freeze, Frozen, FrozenTime, Knobs, Memory, Policy, Preset, Severity, Time, Verdict, remedies,
};

use crate::world::{confirmed, incident};

/// Each remedy with what it leads to.
fn said(confirmed: &Confirmed, policy: &Policy) -> Vec<String> {
    let memory = Memory { base: None, began: Some(Time::from_ticks(0)) };
    let shown = |verdict: &Verdict| match verdict {
        Verdict::Change(change) => format!("{:?}", change.to),
        Verdict::Push(push) => format!("{:?}", push.acts.iter().map(|(_, act)| *act).collect::<Vec<_>>()),
        Verdict::Leave(_, reason) => panic!("{reason}"),
    };
    let remedies = remedies(confirmed, policy, &memory);
    remedies.iter().map(|(remedy, verdict)| format!("{remedy}: {}", shown(verdict))).collect()
}

fn seen(status: &str, alerts: &str, change: impl FnOnce(&mut Confirmed)) -> Confirmed {
    let mut confirmed = confirmed(incident(status, alerts));
    confirmed.incident.severity = Severity::Low;
    change(&mut confirmed);
    confirmed
}

#[test]
fn what_keeps_an_incident_open_is_named_with_what_would_follow() {
    let seed = Preset::Seed.policy();
    let closes = |words: &str| format!("{words}: Closed(TruePositive)");
    let first = |confirmed: &Confirmed, policy: &Policy| said(confirmed, policy)[0].clone();
    let tasks = seen("New", "Resolved", |it| it.open_tasks = Some(2));
    assert_eq!(first(&tasks, &seed), closes("its tasks are completed"));
    let bookmarks = seen("New", "Resolved", |it| it.bookmarks_count = 1);
    assert_eq!(first(&bookmarks, &seed), closes("its bookmarks are removed"));
    let observe = Preset::Observe.policy();
    let words = "the policy lets incidents follow their alerts: Closed(Undetermined)";
    assert_eq!(first(&seen("New", "Resolved", |_| ()), &observe), words);
    let always = FrozenTime::Once { from: Time::from_ticks(0), until: Time::from_ticks(i64::MAX) };
    let freeze = Freeze { name: "x".into(), time: always, what: Frozen::Everything };
    let frozen = Policy::new("frozen", Knobs { freezes: vec![freeze], ..Preset::Seed.knobs() });
    assert_eq!(first(&seen("New", "Resolved", |_| ()), &frozen), closes("the policy's windows are over"));
    let nothing = Knobs { unattended: lockstep_core::Unattended::Nothing, ..Preset::Seed.knobs() };
    let asks = Policy::new("asks", nothing);
    assert_eq!(first(&seen("New", "Resolved", |_| ()), &asks), closes("a person approves"));
    let hold = Knobs { hold_tag: Some("hold".into()), ..Preset::Seed.knobs() };
    let tagged = seen("New", "Resolved", |it| it.incident.labels.push("HOLD".into()));
    assert_eq!(first(&tagged, &Policy::new("hold", hold)), closes("the tag \"hold\" is taken off"));
}

#[test]
fn what_owners_may_do_is_named_where_something_would_follow() {
    assert_eq!(
        said(&seen("New", "New", |_| ()), &Preset::Seed.policy()),
        [
            "the owner moves all its alerts to InProgress: Active",
            "the owner moves all its alerts to Dismissed: Closed(BenignPositive)",
            "the owner moves all its alerts to Resolved: Closed(TruePositive)",
        ]
    );
}

#[test]
fn what_two_things_keep_open_no_single_one_closes() {
    let busy = seen("New", "Resolved", |it| (it.open_tasks, it.bookmarks_count) = (Some(1), 1));
    let said = said(&busy, &Preset::Seed.policy());
    assert!(said.iter().all(|line| !line.contains("Closed")), "{said:?}");
}
