//! Who is followed: the whole table of both sides, where they last agreed, and the policy's precedence.

use lockstep_core::{
    Agreed, AlertAct, AlertState, Classification, Closing, Conflict, Course, Directions, FirstSight, Incident,
    IncidentState, Knobs, Memory, Policy, Preset, Reason, Reopen, Reopened, Target, Time, propose,
};
use proptest::prelude::*;

use crate::world::incident;

/// Knobs under which everything is followed that can be, in these directions.
fn knobs(conflict: Conflict, inward: bool, outward: bool) -> Knobs {
    let directions = Directions { inward, outward };
    Knobs { conflict, directions, first_sight: FirstSight::Adopt, ..Preset::Seed.knobs() }
}

fn policy(knobs: Knobs) -> Policy {
    Policy::new("test", knobs)
}

/// How an incident is closed.
fn closed(classification: Classification, comment: &str) -> IncidentState {
    IncidentState::Closed(Some(Closing { classification, comment: comment.into() }))
}

const OURS: &str = "Closed by lockstep";

/// `New`, `Active`, `Closed` by somebody as a false positive, `Ours`: closed by us as a benign positive.
fn state(word: &str) -> IncidentState {
    match word {
        "New" => IncidentState::New,
        "Active" => IncidentState::Active,
        "Closed" => closed(Classification::FalsePositiveData, "nothing to see"),
        "Ours" => closed(Classification::BenignPositive, OURS),
        other => panic!("no state {other}"),
    }
}

fn standing(status: &str, alerts: &str) -> Incident {
    Incident { state: state(status), ..incident("New", alerts) }
}

fn base(status: &str, alerts: &str) -> Agreed {
    let written = (status == "Ours").then(|| state("Ours"));
    Agreed::of(&standing(status, alerts)).with_written(written)
}

fn said(course: &Result<Course, Reason>) -> String {
    match course {
        Ok(Course::Inward(Target::New)) => "New".into(),
        Ok(Course::Inward(Target::Active)) => "Active".into(),
        Ok(Course::Inward(Target::Closed(classification))) => format!("{classification:?}"),
        Ok(Course::Outward(acts)) => acts.iter().map(|(_, act)| act.to_string()).collect::<Vec<_>>().join(", "),
        Err(reason) => reason.word().into(),
    }
}

/// `base | now | what follows`, each of the first two as `status alerts`.
fn check(knobs: &Knobs, row: &str) {
    let [then, now, expected] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{row}") };
    let (then, now) = (then.split_once(' ').expect("a status and alerts"), now.split_once(' ').expect("as well"));
    let base = base(then.0, then.1);
    let memory = Memory { base: Some(&base), began: Some(Time::from_ticks(0)) };
    assert_eq!(said(&propose(&standing(now.0, now.1), &policy(knobs.clone()), &memory, None)), expected, "{row}");
}

#[test]
fn the_side_that_moved_is_followed() {
    let both = knobs(Conflict::Hold, true, true);
    check(&both, "New New | New InProgress | Active");
    check(&both, "New New | New Dismissed | BenignPositive");
    check(&both, "New New | Active New | set in progress");
    check(&both, "New New | Closed New | dismiss");
    check(&both, "Active InProgress | Closed InProgress | dismiss");
    check(&both, "Active InProgress | Active Resolved | TruePositive");
    check(&both, "Active InProgress | Active New | alerts-new");
    check(&both, "Active InProgress | New InProgress | nothing-follows");
    check(&both, "Active New | New New | alerts-new");
}

#[test]
fn a_closed_incident_is_reopened_where_it_was_ours() {
    let both = knobs(Conflict::Hold, true, true);
    check(&both, "Ours Dismissed | Ours New | New");
    check(&both, "Ours Dismissed | Ours InProgress | Active");
    check(&both, "Ours Dismissed Resolved | Ours New Resolved | New");
    check(&both, "Closed Resolved | Closed New | closed");
    let all = Knobs { reopen: Reopen::AllClosings, reopened: Reopened::Active, ..both.clone() };
    check(&all, "Closed Resolved | Closed New | Active");
    let none = Knobs { reopen: Reopen::Nothing, ..both };
    check(&none, "Ours Dismissed | Ours New | closed");
}

#[test]
fn i02_a_reopening_by_a_person_ends_our_claim_until_an_alert_moves() {
    let inward = knobs(Conflict::Hold, true, false);
    check(&inward, "Ours Dismissed | Active Dismissed | changed-by-others");
    check(&inward, "Active Dismissed | Active Dismissed | as-agreed");
    check(&inward, "Active Dismissed | Active Resolved | TruePositive");
    let both = knobs(Conflict::Hold, true, true);
    check(&both, "Ours Dismissed | Active Dismissed | activate");
    check(&both, "Closed Resolved | New Resolved | activate");
}

#[test]
fn our_own_classification_is_corrected_and_no_other() {
    let inward = knobs(Conflict::Hold, true, false);
    check(&inward, "Ours Dismissed | Ours Resolved | TruePositive");
    check(&inward, "Closed Dismissed | Closed Resolved | closed");
    check(&inward, "Ours Dismissed | Closed Resolved | closed");
    check(&inward, "Ours Dismissed | Closed Dismissed | closed");
    check(&Knobs { reclassify: false, ..inward }, "Ours Dismissed | Ours Resolved | closed");
}

#[test]
fn a_conflict_is_for_the_policy() {
    let row = "New New | Active Dismissed";
    let check_row = |conflict, expected| check(&knobs(conflict, true, true), &format!("{row} | {expected}"));
    check_row(Conflict::Defender, "BenignPositive");
    check_row(Conflict::Sentinel, "activate");
    check_row(Conflict::Newest, "moved-apart");
    check_row(Conflict::Hold, "moved-apart");
    check(&knobs(Conflict::Defender, true, true), "New New | Closed InProgress | closed");
    check(&knobs(Conflict::Hold, true, true), "New New | Closed InProgress | moved-apart");
    check(&knobs(Conflict::Sentinel, true, true), "New New | Closed InProgress | dismiss");
}

#[test]
fn an_incident_may_hold_alerts_that_moved_apart() {
    let both = knobs(Conflict::Hold, true, true);
    check(&both, "New New New | Active Dismissed New | set in progress");
    check(&both, "New New New | Closed Dismissed New | moved-apart");
    check(&both, "New New New | New Dismissed New | alert-still-new");
    check(&both, "New New | New New Dismissed | alert-still-new");
    check(&both, "Closed Resolved | Closed Resolved New | closed");
}

#[test]
fn what_was_born_after_the_ledger_began_is_followed_from_its_birth_on() {
    let knobs = knobs(Conflict::Hold, true, true);
    let first = |began, status: &str, alerts: &str| {
        let memory = Memory { base: None, began };
        said(&propose(&standing(status, alerts), &policy(knobs.clone()), &memory, None))
    };
    let began = Some(Time::from_ticks(0));
    assert_eq!(first(began, "New", "Dismissed"), "BenignPositive");
    assert_eq!(first(began, "Closed", "New"), "dismiss");
    assert_eq!(first(None, "New", "Dismissed"), "first-sight");
    assert_eq!(first(None, "Active", "New"), "first-sight");
    assert_eq!(first(None, "New", "New"), "alerts-new");
}

#[test]
fn a_policy_that_catches_up_follows_what_is_older_too() {
    let seed = Preset::Seed.policy();
    assert_eq!(said(&propose(&standing("New", "Dismissed"), &seed, &Memory::default(), None)), "BenignPositive");
    assert_eq!(said(&propose(&standing("Active", "Resolved"), &seed, &Memory::default(), None)), "TruePositive");
}

const ALERTS: [AlertState; 4] = [AlertState::New, AlertState::InProgress, AlertState::Dismissed, AlertState::Resolved];
const STATUSES: [&str; 4] = ["New", "Active", "Closed", "Ours"];

/// What should follow for one alert, said a second way: as the rules of the documentation have it.
fn expected(then: (&AlertState, &str), now: (&AlertState, &str), knobs: &Knobs) -> &'static str {
    use AlertState::{Dismissed, InProgress, New, Resolved};
    let (inward, outward) = (knobs.directions.inward, knobs.directions.outward);
    let is_closed = matches!(now.1, "Closed" | "Ours");
    let (alert_moved, incident_moved) = (then.0 != now.0, then.1 != now.1);
    let ours = now.1 == "Ours" && then.1 == "Ours";
    if !inward && !outward && *now.0 != New {
        return "nothing";
    }
    let to_incident = match (now.0, is_closed) {
        (_, _) if !inward => "nothing",
        (New, true) if ours => "New",
        (InProgress, true) if ours => "Active",
        (New | InProgress, true) => "nothing",
        (New, false) => "nothing",
        (AlertState::Unknown(_) | AlertState::Missing | AlertState::Unread, _) => "nothing",
        (InProgress, false) => {
            if now.1 == "Active" {
                "nothing"
            } else {
                "Active"
            }
        }
        (Dismissed, false) => "BenignPositive",
        (Resolved, false) => "TruePositive",
        (Dismissed, true) => "nothing",
        (Resolved, true) => {
            if ours {
                "TruePositive"
            } else {
                "nothing"
            }
        }
    };
    let to_alert = match (now.1, now.0) {
        _ if !outward => "nothing",
        ("Active", New) => "set in progress",
        ("New" | "Active", Dismissed | Resolved) => "activate",
        ("Closed" | "Ours", New | InProgress) => "dismiss",
        _ => "nothing",
    };
    let agree = matches!((now.0, now.1), (Dismissed | Resolved, "Closed" | "Ours") | (InProgress, "Active"));
    match (alert_moved, incident_moved) {
        (false, false) => "nothing",
        (true, false) => to_incident,
        (_, true) if agree => "nothing",
        // New alerts ask nothing of an open incident.
        (alert_moved, true) if *now.0 == New && !is_closed => {
            if alert_moved && knobs.conflict != Conflict::Sentinel {
                "nothing"
            } else {
                to_alert
            }
        }
        (false, true) => to_alert,
        (true, true) => match knobs.conflict {
            Conflict::Defender => to_incident,
            Conflict::Sentinel => to_alert,
            Conflict::Newest | Conflict::Hold => "nothing",
        },
    }
}

#[test]
fn the_whole_table_of_one_alert_is_as_the_rules_say() {
    let mut rows = 0;
    for (inward, outward) in [(false, false), (true, false), (false, true), (true, true)] {
        for conflict in Conflict::ALL {
            let knobs = knobs(*conflict, inward, outward);
            let policy = policy(knobs.clone());
            for (then_alert, then_status) in ALERTS.iter().flat_map(|it| STATUSES.map(|status| (it, status))) {
                let base = base(then_status, &format!("{then_alert:?}"));
                let memory = Memory { base: Some(&base), began: Some(Time::from_ticks(0)) };
                for (alert, status) in ALERTS.iter().flat_map(|it| STATUSES.map(|status| (it, status))) {
                    let course = propose(&standing(status, &format!("{alert:?}")), &policy, &memory, None);
                    let found = if course.is_ok() { said(&course) } else { "nothing".into() };
                    let wanted = expected((then_alert, then_status), (alert, status), &knobs);
                    let row = format!(
                        "{then_status} {then_alert:?} -> {status} {alert:?} {conflict:?} {inward} {outward}: {course:?}"
                    );
                    assert_eq!(found, wanted, "{row}");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 4 * 4 * 16 * 16);
}

fn any_alerts() -> impl Strategy<Value = Vec<AlertState>> {
    prop::collection::vec(prop::sample::select(ALERTS.to_vec()), 1..5)
}

fn any_status() -> impl Strategy<Value = &'static str> {
    prop::sample::select(STATUSES.to_vec())
}

fn any_knobs() -> impl Strategy<Value = Knobs> {
    let reopen = prop::sample::select(Reopen::ALL.to_vec());
    let conflict = prop::sample::select(Conflict::ALL.to_vec());
    (conflict, any::<bool>(), any::<bool>(), reopen)
        .prop_map(|(conflict, inward, outward, reopen)| Knobs { reopen, ..knobs(conflict, inward, outward) })
}

fn words(alerts: &[AlertState]) -> String {
    alerts.iter().map(|state| format!("{state:?}")).collect::<Vec<_>>().join(" ")
}

/// The world after what follows was done, and what the ledger then has as the base.
fn done(course: &Course, before: &Incident, base: &Agreed) -> (Incident, Agreed) {
    let mut after = before.clone();
    match course {
        Course::Inward(target) => {
            after.state = match target {
                Target::New => IncidentState::New,
                Target::Active => IncidentState::Active,
                Target::Closed(classification) => closed(*classification, OURS),
            };
            let base = Agreed::of(&after).with_written(Some(after.state.clone()));
            (after, base)
        }
        Course::Outward(acts) => {
            let mut base = base.clone();
            for (at, act) in acts {
                after.alerts[*at].state = AlertAct::leads_to(*act);
                base.agree(after.alerts[*at].id.clone(), act.leads_to(), after.state.clone());
            }
            (after, base)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn i05_what_was_done_is_not_done_again(
        then in (any_status(), any_alerts()), now in (any_status(), any_alerts()), knobs in any_knobs()
    ) {
        let policy = policy(knobs);
        let base = base(then.0, &words(&then.1));
        let memory = |base| Memory { base: Some(base), began: Some(Time::from_ticks(0)) };
        let before = standing(now.0, &words(&now.1));
        if let Ok(course) = propose(&before, &policy, &memory(&base), None) {
            let (after, base) = done(&course, &before, &base);
            let again = propose(&after, &policy, &memory(&base), None);
            prop_assert!(again.is_err(), "{:?} and then {:?}", course, again);
        }
    }

    #[test]
    fn i05_what_was_settled_starts_nothing(
        then in (any_status(), any_alerts()), now in (any_status(), any_alerts()), knobs in any_knobs()
    ) {
        let policy = policy(knobs);
        let base = base(then.0, &words(&then.1));
        let now = standing(now.0, &words(&now.1));
        let memory = Memory { base: Some(&base), began: Some(Time::from_ticks(0)) };
        if let Err(reason) = propose(&now, &policy, &memory, None) && reason.settles(&now).is_some() {
            let settled = Agreed::of(&now).with_written(base.written().cloned());
            let memory = Memory { base: Some(&settled), began: Some(Time::from_ticks(0)) };
            prop_assert!(propose(&now, &policy, &memory, None).is_err());
        }
    }

    #[test]
    fn the_order_of_alerts_does_not_matter(
        then in (any_status(), any_alerts()), now in (any_status(), any_alerts()), knobs in any_knobs(), by in 0_usize..5
    ) {
        let policy = policy(knobs);
        let base = base(then.0, &words(&then.1));
        let memory = Memory { base: Some(&base), began: Some(Time::from_ticks(0)) };
        let one = standing(now.0, &words(&now.1));
        let mut other = one.clone();
        other.alerts.rotate_left(by % one.alerts.len());
        let named = |incident: &Incident| propose(incident, &policy, &memory, None).map(|course| match course {
            Course::Inward(target) => (Some(target), Vec::new()),
            Course::Outward(acts) => {
                let mut acts: Vec<_> = acts.iter().map(|(at, act)| (incident.alerts[*at].id.clone(), *act)).collect();
                acts.sort();
                (None, acts)
            }
        });
        prop_assert_eq!(named(&one), named(&other));
    }

    #[test]
    fn i03_an_incident_is_closed_only_where_each_alert_is_finished(
        then in (any_status(), any_alerts()), now in (any_status(), any_alerts()), knobs in any_knobs()
    ) {
        let base = base(then.0, &words(&then.1));
        let memory = Memory { base: Some(&base), began: Some(Time::from_ticks(0)) };
        let course = propose(&standing(now.0, &words(&now.1)), &policy(knobs), &memory, None);
        if let Ok(Course::Inward(Target::Closed(_))) = course {
            prop_assert!(now.1.iter().all(AlertState::is_finished));
        }
    }
}
