//! The order of a plan, and the text that a change closes with.

use lockstep_core::{Incident, Memory, Preset, Severity, Time, Verdict, closing_text, decide, plan};

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
    let mut incident = incident("New", alerts);
    for alert in &mut incident.alerts {
        alert.title = title.into();
    }
    match verdict(incident) {
        Verdict::Change(change) => closing_text(&change, "r1"),
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
         was dismissed. [lockstep run r1]"
    );
}

#[test]
fn the_closing_text_is_bounded_and_escapes_what_others_wrote() {
    let text = text_for(&["Resolved"; 149].join(" "), &"\u{1b}[31m".repeat(400));
    assert!(text.chars().count() < 4_000, "{}", text.chars().count());
    assert!(!text.contains('\u{1b}'));
    assert!(text.contains("and 144 more, all finished"), "{text}");
}
