//! What becomes of an incident, row by row.

use lockstep_core::{
    Agreed, AlertState, Apart, Classification, Confirmed, Effect, Knobs, Mapping, Memory, Policy, Preset, Raise,
    Reason, Target, Verdict, decide,
};
use proptest::prelude::*;

use crate::world::{alert_state, confirmed, incident, incident_state};

/// `incident | alerts | what the preset seed makes of it`, the last as `Active`, `Closed: <classification>` or `leave: <why>`.
fn check(row: &str) {
    let mut cells = row.split('|').map(str::trim);
    let mut cell = || cells.next().expect("a row has three cells");
    let (status, alerts, expected) = (cell(), cell(), cell());
    assert_eq!(said(&decide(&confirmed(incident(status, alerts)), &seed(), &Memory::default())), expected, "{row}");
}

pub fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Change(change) => match change.to {
            Target::New => "New".into(),
            Target::Active => "Active".into(),
            Target::Closed(classification) => format!("Closed: {classification}"),
        },
        Verdict::Push(push) => {
            let acts: Vec<_> = push.acts.iter().map(|(_, act)| act.to_string()).collect();
            format!("push: {}", acts.join(", "))
        }
        Verdict::Leave(_, reason) => format!("leave: {reason}"),
    }
}

fn seed() -> Policy {
    Preset::Seed.policy()
}

#[test]
fn one_alert_leads_its_incident() {
    check("New    | New        | leave: nobody has touched its alerts");
    check("New    | InProgress | Active");
    check("New    | Dismissed  | Closed: BenignPositive - SuspiciousButExpected");
    check("New    | Resolved   | Closed: TruePositive - SuspiciousActivity");
    check("Active | New        | leave: nobody has touched its alerts");
    check("Active | InProgress | leave: incident and alerts say the same");
    check("Active | Dismissed  | Closed: BenignPositive - SuspiciousButExpected");
    check("Active | Resolved   | Closed: TruePositive - SuspiciousActivity");
    check("Closed | New        | leave: it is closed already");
    check("Closed | Dismissed  | leave: it is closed already");
}

#[test]
fn i03_several_alerts_close_an_incident_only_together() {
    check("New    | Dismissed Dismissed    | Closed: BenignPositive - SuspiciousButExpected");
    check("New    | Dismissed Resolved     | Closed: TruePositive - SuspiciousActivity");
    check("New    | InProgress InProgress  | Active");
    check("Active | InProgress Resolved    | leave: some alerts are finished, some are in progress");
    check("Active | New Resolved           | leave: some alerts have moved, but one is still new");
    check("New    | New InProgress         | leave: some alerts have moved, but one is still new");
}

#[test]
fn i03_what_is_not_known_counts_as_open() {
    check("New    | Missing               | leave: one of its alerts cannot be found");
    check("New    | Resolved Missing      | leave: one of its alerts cannot be found");
    check("New    | Resolved Unread       | leave: one of its alerts could not be read");
    check("New    | Resolved Snoozed      | leave: one of its alerts is in the unknown state \"Snoozed\"");
    check("New    | InProgress Missing    | leave: one of its alerts cannot be found");
    check("New    |                       | leave: it names no alerts");
    check("Parked | Resolved              | leave: it is in the unknown state \"Parked\"");
}

#[test]
fn i18_other_products_are_never_written() {
    check("New | foreign:Resolved          | leave: it holds no alert of Defender for Cloud");
    check("New | Resolved foreign:Resolved | leave: it also holds an alert of \"Azure Security Center for IoT\"");
}

#[test]
fn i18_a_merged_incident_is_never_written() {
    let mut merged = incident("New", "Resolved");
    merged.labels.push("redirected".into());
    assert_eq!(
        said(&decide(&confirmed(merged), &seed(), &Memory::default())),
        "leave: it was merged into another incident"
    );
}

/// Removes one ground from an incident that would be closed, and says what becomes of it.
fn without(change: impl FnOnce(&mut Confirmed)) -> String {
    let mut confirmed = confirmed(incident("New", "Resolved"));
    change(&mut confirmed);
    said(&decide(&confirmed, &seed(), &Memory::default()))
}

#[test]
fn i20_closing_needs_every_ground() {
    assert_eq!(without(|_| ()), "Closed: TruePositive - SuspiciousActivity");
    assert_eq!(without(|it| it.open_tasks = None), "leave: its tasks were not read");
    assert_eq!(without(|it| it.open_tasks = Some(2)), "leave: it has 2 open tasks");
    assert_eq!(without(|it| it.bookmarks_count = 1), "leave: it has 1 bookmark");
    assert_eq!(without(|it| it.alerts_count = 2), "leave: it says that it has 2 alerts, but 1 could be judged");
    assert_eq!(
        without(|it| it.products.push("Microsoft Defender for Endpoint".into())),
        "leave: it also holds an alert of \"Microsoft Defender for Endpoint\""
    );
    let many = ["Resolved"; 150].join(" ");
    assert_eq!(
        said(&decide(&confirmed(incident("New", &many)), &seed(), &Memory::default())),
        "leave: it is full: it may have alerts that nobody sees"
    );
}

#[test]
fn i20_raising_needs_none_of_them() {
    let mut busy = confirmed(incident("New", "InProgress"));
    (busy.open_tasks, busy.bookmarks_count) = (None, 3);
    assert_eq!(said(&decide(&busy, &seed(), &Memory::default())), "Active");
}

#[test]
fn i02_what_somebody_changed_after_us_stays_until_an_alert_moves() {
    let agreed = |status: &str, alerts: &str| {
        let then = incident(status, alerts);
        Agreed::of(&then).with_written(Some(then.state))
    };
    let judge = |status: &str, alerts: &str, base: &Agreed| {
        said(&decide(&confirmed(incident(status, alerts)), &seed(), &Memory { base: Some(base), began: None }))
    };
    let others = "leave: somebody changed it after lockstep did, and its alerts have not moved since";

    let closed = agreed("Closed", "Dismissed");
    assert_eq!(judge("Active", "Dismissed", &closed), others);
    assert_eq!(judge("New", "Dismissed", &closed), others);
    assert_eq!(judge("New", "Resolved", &closed), "Closed: TruePositive - SuspiciousActivity");
    assert_eq!(judge("New", "Dismissed Dismissed", &closed), "Closed: BenignPositive - SuspiciousButExpected");

    let active = agreed("Active", "InProgress");
    assert_eq!(judge("New", "InProgress", &active), others);
    assert_eq!(judge("Active", "Resolved", &active), "Closed: TruePositive - SuspiciousActivity");
}

#[test]
fn observing_proposes_nothing() {
    for alerts in ["InProgress", "Dismissed", "Resolved", "New Resolved"] {
        let verdict = decide(&confirmed(incident("New", alerts)), &Preset::Observe.policy(), &Memory::default());
        assert!(matches!(verdict, Verdict::Leave(_, Reason::Observing)), "{alerts}: {verdict:?}");
    }
}

#[test]
fn a_mapping_may_leave_a_state_alone() {
    let policy = mapped(Mapping {
        in_progress: Raise::Leave,
        dismissed: Effect::Close(Classification::FalsePositiveLogic),
        resolved: Effect::Activate,
        ..Preset::Seed.knobs().inward
    });
    let judge =
        |status: &str, alerts: &str| said(&decide(&confirmed(incident(status, alerts)), &policy, &Memory::default()));
    assert_eq!(judge("New", "InProgress"), "leave: the policy leaves incidents of such alerts as they are");
    assert_eq!(judge("New", "Dismissed"), "Closed: FalsePositive - IncorrectAlertLogic");
    assert_eq!(judge("New", "Resolved"), "Active");
    assert_eq!(judge("Active", "Resolved"), "leave: incident and alerts say the same");
}

#[test]
fn a_mapping_says_what_alerts_mean_that_are_apart() {
    let check = |apart, unfinished, row: (&str, &str), expected: &str| {
        let policy = mapped(Mapping { apart, unfinished, ..Preset::Seed.knobs().inward });
        assert_eq!(said(&decide(&confirmed(incident(row.0, row.1)), &policy, &Memory::default())), expected, "{row:?}");
    };
    let apart = ("New", "Dismissed Resolved");
    check(Apart::AsResolved, Raise::Leave, apart, "Closed: TruePositive - SuspiciousActivity");
    check(Apart::AsDismissed, Raise::Leave, apart, "Closed: BenignPositive - SuspiciousButExpected");
    check(Apart::Leave, Raise::Leave, apart, "leave: the policy leaves incidents of such alerts as they are");
    check(Apart::Leave, Raise::Activate, ("New", "New Resolved"), "Active");
    check(Apart::Leave, Raise::Activate, ("New", "InProgress Resolved"), "Active");
    check(Apart::Leave, Raise::Activate, ("Active", "New Resolved"), "leave: incident and alerts say the same");
    check(Apart::Leave, Raise::Activate, ("New", "New New"), "leave: nobody has touched its alerts");
}

fn mapped(inward: Mapping) -> Policy {
    Policy::new("test", Knobs { inward, ..Preset::Seed.knobs() })
}

fn any_alerts() -> impl Strategy<Value = Vec<AlertState>> {
    let word = prop::sample::select(vec!["New", "InProgress", "Dismissed", "Resolved", "Missing", "Unread", "Odd"]);
    prop::collection::vec(word.prop_map(alert_state), 0..6)
}

fn any_status() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["New", "Active", "Closed", "Odd"])
}

proptest! {
    #[test]
    fn i03_nothing_closes_beside_an_unfinished_alert(status in any_status(), alerts in any_alerts()) {
        let words: Vec<_> = alerts.iter().map(word).collect();
        let verdict = decide(&confirmed(incident(status, &words.join(" "))), &seed(), &Memory::default());
        if let Verdict::Change(change) = verdict && change.to.lowers() {
            prop_assert!(!alerts.is_empty() && alerts.iter().all(AlertState::is_finished));
        }
    }

    #[test]
    fn i05_deciding_again_after_the_change_changes_nothing(status in any_status(), alerts in any_alerts()) {
        let words: Vec<_> = alerts.iter().map(word).collect();
        let before = incident(status, &words.join(" "));
        if let Verdict::Change(change) = decide(&confirmed(before.clone()), &seed(), &Memory::default()) {
            let after = match change.to {
                Target::New => incident_state("New"),
                Target::Active => incident_state("Active"),
                Target::Closed(_) => incident_state("Closed"),
            };
            let again = lockstep_core::Incident { state: after, ..before };
            prop_assert!(matches!(decide(&confirmed(again), &seed(), &Memory::default()), Verdict::Leave(..)));
        }
    }
}

fn word(state: &AlertState) -> String {
    match state {
        AlertState::Unknown(word) => word.clone(),
        other => format!("{other:?}"),
    }
}
