//! The order of a plan, and the text that a change closes with.

use lockstep_core::{
    Ceilings, Incident, Knobs, Memory, Moved, Mover, NamePeople, Policy, Preset, Severity, Subject, Suppression, Time,
    Verdict, Who, closing_text, decide, plan,
};

use crate::world::{confirmed, incident};

fn verdict(incident: Incident) -> Verdict {
    decide(&confirmed(incident), &Preset::Seed.policy(), &Memory::default())
}

#[test]
fn the_worst_comes_first_then_the_oldest() {
    let rows = [(Severity::Low, 1, 1), (Severity::High, 9, 2), (Severity::High, 3, 3), (Severity::Unknown, 9, 4)];
    let verdicts = rows.map(|(severity, created, number)| {
        verdict(Incident { severity, created: Time::from_ticks(created), number, ..incident("New", "Resolved") })
    });
    let order: Vec<u64> = plan(verdicts).changes.iter().map(|change| change.number).collect();
    assert_eq!(order, [4, 3, 2, 1]);
}

#[test]
fn i17_every_verdict_is_in_the_plan_once() {
    let verdicts = ["New", "Resolved", "InProgress", "Missing", ""].map(|alerts| verdict(incident("New", alerts)));
    let plan = plan(verdicts.clone());
    assert_eq!(plan.changes.len() + plan.left.len(), verdicts.len());
}

fn text_for(alerts: &str, title: &str) -> String {
    text_of(alerts, title, NamePeople::Upn, None)
}

/// The closing text of an incident whose alerts were all moved so.
fn text_of(alerts: &str, title: &str, name_people: NamePeople, by: Option<Mover>) -> String {
    let mut incident = incident("New", alerts);
    for alert in &mut incident.alerts {
        alert.title = title.into();
        alert.moved = by.clone().map(|by| Moved { at: Time::from_ticks(17_172_000_000_000_000), by });
    }
    let policy = Policy::new("seed", Knobs { name_people, ..Preset::Seed.knobs() });
    match verdict(incident.clone()) {
        Verdict::Change(change) => closing_text(&change, &Subject::of(&incident, None, None), &policy),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_closing_text_says_what_happened_and_where() {
    let text = text_for("Dismissed", "Suspicious process");
    assert_eq!(
        text,
        "Closed because of what happened in Defender for Cloud: alert \"Suspicious process\" \
         (2518301663999999999_7c1a5e08-0000-4000-8000-000000001000, subscription 7c1a5e08-0000-4000-8000-000000001000) \
         was dismissed. Who did it is not determined: nobody asked."
    );
}

#[test]
fn the_closing_text_says_who_did_it_and_when_as_far_as_the_policy_lets_it() {
    let check = |name_people, by: Mover, expected: &str| {
        let text = text_of("Dismissed Dismissed", "t", name_people, Some(by));
        assert!(text.ends_with(&format!(" was dismissed. {expected}")), "{text}");
    };
    let who = Who { name: "owner@contoso.example".into(), object_id: "2046feea".into(), ..Who::default() };
    let person = || Mover::Person(who.clone());
    check(NamePeople::Upn, person(), "Done by owner@contoso.example at 2024-06-01T00:00Z.");
    check(NamePeople::ObjectId, person(), "Done by the object 2046feea at 2024-06-01T00:00Z.");
    check(NamePeople::No, person(), "Done by a person at 2024-06-01T00:00Z.");
    check(NamePeople::Upn, Mover::NotDetermined("no act fits".into()), "Who did it is not determined: no act fits.");
    let rule = Suppression { name: "quiet".into(), reason: "Noise".into(), comment: "\u{1b}[0m".into(), changed: None };
    check(
        NamePeople::Upn,
        Mover::Suppression(rule),
        "Done by a suppression rule, \"quiet\", reason: \"Noise\", comment: \"\\u{1b}[0m\".",
    );
}

#[test]
fn a_moment_is_shown_as_people_write_it() {
    let check = |seconds: i64, expected: &str| {
        assert_eq!(Time::from_ticks(seconds * Time::TICKS_PER_SECOND).to_string(), expected);
    };
    check(0, "1970-01-01T00:00:00Z");
    check(951_782_399, "2000-02-28T23:59:59Z");
    check(951_782_400, "2000-02-29T00:00:00Z");
    check(1_709_164_800, "2024-02-29T00:00:00Z");
    check(1_717_200_061, "2024-06-01T00:01:01Z");
    check(4_107_542_399, "2100-02-28T23:59:59Z");
    check(4_107_542_400, "2100-03-01T00:00:00Z");
    check(-1, "1969-12-31T23:59:59Z");
}

#[test]
fn ceilings_leave_the_rest_for_the_next_pass() {
    let rows = [("Resolved", 1), ("InProgress", 2), ("Resolved", 3), ("InProgress", 4)];
    let due = || plan(rows.map(|(alerts, number)| verdict(Incident { number, ..incident("New", alerts) })));
    let check = |changes, lowerings, expected: &[u64], left: usize| {
        let capped = due().capped(Ceilings { changes, lowerings });
        let made: Vec<u64> = capped.changes.iter().map(|change| change.number).collect();
        assert_eq!((made.as_slice(), capped.left.len()), (expected, left));
    };
    check(None, None, &[1, 2, 3, 4], 0);
    check(Some(2), None, &[1, 2], 2);
    check(None, Some(1), &[1, 2, 4], 1);
    check(Some(2), Some(1), &[1, 2], 2);
    check(None, Some(0), &[2, 4], 2);
}

#[test]
fn the_closing_text_is_bounded_and_escapes_what_others_wrote() {
    let text = text_for(&["Resolved"; 149].join(" "), &"\u{1b}[31m".repeat(400));
    assert!(text.chars().count() < 8_000, "{}", text.chars().count());
    assert!(!text.contains('\u{1b}'));
    assert!(text.contains("and 144 more, all finished"), "{text}");
}

#[test]
fn the_closing_text_lets_nobody_else_write_a_mark() {
    let text = text_for("Resolved", "x [Lockstep instance a run b] [other]");
    assert!(text.contains("x (Lockstep instance a run b] [other]"), "{text}");
}
