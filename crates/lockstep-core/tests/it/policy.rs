//! Which knobs hold for which incident.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::{
    AlertCondition, AlertEffect, AlertSubject, Classification, Comment, Condition, Effect, Fired, Freeze, Frozen,
    FrozenTime, Knobs, Owner, OwnerCondition, Pattern, Piece, Policy, Preset, Rule, Severity, Subject, Time,
    Unattended, WeekTime,
};
use proptest::prelude::*;

use crate::world::incident;

const ANNA: &str = "anna@contoso.example";

/// An incident about which everything is known, with alerts `type product subscription resource-group`.
fn subject<'a>(alerts: &'a [&'a str], tags: &'a [String], owner: &'a Owner) -> Subject<'a> {
    let alert = |alert: &&'a str| {
        let mut words = alert.split(' ').map(|word| Some(word).filter(|word| *word != "?"));
        let mut word = || words.next().flatten();
        AlertSubject { kind: word(), product: word(), subscription: word(), resource_group: word() }
    };
    Subject {
        severity: Severity::Low,
        tags,
        owner: Some(owner),
        age: Some(Duration::from_secs(3_600)),
        alerts: alerts.iter().map(alert).collect(),
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern((*text).into())).collect()
}

/// What a policy whose only rule asks this says of an incident.
fn ruled(when: Condition, subject: &Subject<'_>) -> Fired {
    let base = Preset::Neutral.knobs();
    let rule = Rule::new("rule", when, &base, |knobs| knobs.unattended = Unattended::Everything);
    let policy = Policy { rules: Arc::new([rule]), ..Policy::new("test", base) };
    let ruling = policy.ruling(subject);
    let expected = match ruling.fired {
        Fired::Rule(_) => Unattended::Everything,
        Fired::NoRule | Fired::Unclear { .. } => Unattended::BelowHigh,
    };
    assert_eq!(ruling.knobs.unattended, expected);
    let acts = ruling.knobs.directions.inward;
    assert_eq!(acts, !matches!(ruling.fired, Fired::Unclear { .. }), "what is unclear writes nothing");
    ruling.fired
}

fn check(when: Condition, subject: &Subject<'_>, expected: &str) {
    let shown = format!("{when:?} for {subject:?}");
    let said = match ruled(when, subject) {
        Fired::NoRule => "no".to_owned(),
        Fired::Rule(_) => "yes".to_owned(),
        Fired::Unclear { unknown, .. } => unknown.to_owned(),
    };
    assert_eq!(said, expected, "{shown}");
}

#[test]
fn an_incident_is_asked_about_itself() {
    let anna = Owner::Somebody(vec!["7c1a5e08-0000-4000-8000-000000000009".into(), ANNA.into()]);
    let tags = ["Pentest-2024".to_owned()];
    let known = subject(&[], &tags, &anna);
    let with = |change: fn(&mut Condition)| {
        let mut condition = Condition::default();
        change(&mut condition);
        condition
    };
    check(with(|it| it.severity = vec![Severity::Low, Severity::Medium]), &known, "yes");
    check(with(|it| it.severity = vec![Severity::High]), &known, "no");
    check(with(|it| it.tag = patterns(&["pentest-*"])), &known, "yes");
    check(with(|it| it.tag = patterns(&["pentest"])), &known, "no");
    check(with(|it| it.owner = vec![OwnerCondition::Anybody]), &known, "yes");
    check(with(|it| it.owner = vec![OwnerCondition::Nobody]), &known, "no");
    check(with(|it| it.owner = vec![OwnerCondition::Like(Pattern("ANNA@*".into()))]), &known, "yes");
    check(with(|it| it.older_than = Some(Duration::from_secs(3_600))), &known, "yes");
    check(with(|it| it.older_than = Some(Duration::from_secs(3_601))), &known, "no");
    check(with(|it| it.younger_than = Some(Duration::from_secs(3_601))), &known, "yes");
    check(with(|it| it.younger_than = Some(Duration::from_secs(3_600))), &known, "no");

    let nobodys = subject(&[], &[], &Owner::Nobody);
    check(with(|it| it.owner = vec![OwnerCondition::Nobody]), &nobodys, "yes");
    check(with(|it| it.owner = vec![OwnerCondition::Anybody]), &nobodys, "no");
    check(with(|it| it.tag = patterns(&["*"])), &nobodys, "no");
}

#[test]
fn alerts_are_asked_about_each_or_any() {
    let sub = "7c1a5e08-0000-4000-8000-00000000000a";
    let (blob, vm) = (format!("Storage.Blob ASC {sub} rg-shop"), format!("VM.Shell ASC {sub} rg-web"));
    let (both, one) = ([&*blob, &*vm], [&*blob]);
    let every = |every_alert: AlertCondition| Condition { every_alert, ..Condition::default() };
    let any = |any_alert: AlertCondition| Condition { any_alert, ..Condition::default() };
    let kind = |kind: &str| AlertCondition { kind: patterns(&[kind]), ..AlertCondition::default() };
    let group = |name: &str| AlertCondition { resource_group: patterns(&[name]), ..AlertCondition::default() };
    let of = |alerts| subject(alerts, &[], &Owner::Nobody);

    check(every(kind("storage.*")), &of(&both), "no");
    check(any(kind("storage.*")), &of(&both), "yes");
    check(every(kind("storage.*")), &of(&one), "yes");
    check(every(group("rg-*")), &of(&both), "yes");
    check(any(group("rg-x")), &of(&both), "no");
    check(every(kind("*")), &of(&[]), "no");
    check(any(kind("*")), &of(&[]), "no");
    let two = AlertCondition { kind: patterns(&["Storage.*"]), ..group("rg-web") };
    check(any(two), &of(&both), "no");
}

#[test]
fn what_is_not_known_is_no_answer() {
    let unknown = "the type of an alert is not known";
    let kind = |kind: &str| AlertCondition { kind: patterns(&[kind]), ..AlertCondition::default() };
    let every = |kind_like: &str| Condition { every_alert: kind(kind_like), ..Condition::default() };
    let any = |kind_like: &str| Condition { any_alert: kind(kind_like), ..Condition::default() };
    let of = |alerts| subject(alerts, &[], &Owner::Nobody);
    check(every("A"), &of(&["? ASC"]), unknown);
    check(every("A"), &of(&["? ASC", "B ASC"]), "no");
    check(every("A"), &of(&["? ASC", "A ASC"]), unknown);
    check(any("A"), &of(&["? ASC", "A ASC"]), "yes");
    check(any("A"), &of(&["? ASC", "B ASC"]), unknown);

    let blank = Subject { severity: Severity::Unknown, owner: None, age: None, ..of(&[]) };
    let severity = Condition { severity: vec![Severity::Low], ..Condition::default() };
    check(severity.clone(), &blank, "the incident's severity is not known");
    let owner = Condition { owner: vec![OwnerCondition::Nobody], ..Condition::default() };
    check(owner, &blank, "the incident's owner is not known");
    let older = Condition { older_than: Some(Duration::ZERO), ..Condition::default() };
    check(older, &blank, "the incident's age is not known");
    check(Condition { tag: patterns(&["x"]), ..severity }, &blank, "no");
}

#[test]
fn rules_see_all_that_an_incident_shows() {
    let mut seen = incident("New", "Resolved Missing");
    seen.alerts[0].kind = "VM.Shell".into();
    let place = seen.alerts[0].place.clone().expect("it has one");
    let subject = Subject::of(&seen, None, Some(Time::from_ticks(60 * Time::TICKS_PER_SECOND)));
    let known = AlertSubject {
        kind: Some("VM.Shell"),
        product: Some("Azure Security Center"),
        subscription: Some(place.subscription()),
        resource_group: Some("rg-shop"),
    };
    assert_eq!(subject.alerts[0], known);
    assert_eq!((subject.alerts[1].kind, subject.alerts[1].product), (None, None));
    assert_eq!((subject.age, subject.severity), (Some(Duration::from_secs(60)), Severity::High));
}

#[test]
fn the_first_rule_that_matches_decides_alone() {
    let base = Preset::Neutral.knobs();
    let low = Condition { severity: vec![Severity::Low], ..Condition::default() };
    let close = |name, when: &Condition, classification| {
        let turn = |knobs: &mut Knobs| knobs.inward.dismissed = Effect::Close(classification);
        Rule::new(name, when.clone(), &base, turn)
    };
    let anybody = Condition { owner: vec![OwnerCondition::Anybody], ..Condition::default() };
    let rules = Arc::new([
        close("owned", &anybody, Classification::TruePositive),
        close("low", &low, Classification::BenignPositive),
        close("low again", &low, Classification::FalsePositiveData),
    ]);
    let policy = Policy { rules, ..Policy::new("test", base) };
    let low = subject(&[], &[], &Owner::Nobody);
    let ruling = policy.ruling(&low);
    assert_eq!(ruling.fired.rule(), Some("low"));
    assert_eq!(ruling.knobs.inward.dismissed, Effect::Close(Classification::BenignPositive));
    // An earlier rule that might match keeps later ones from deciding in its place.
    let ownerless = Subject { owner: None, ..low.clone() };
    let unclear = "whether the rule \"owned\" is meant cannot be told: the incident's owner is not known";
    assert_eq!(policy.ruling(&ownerless).fired.unclear().as_deref(), Some(unclear));
    let high = Subject { severity: Severity::High, ..low };
    assert_eq!(policy.ruling(&high).fired, Fired::NoRule);
}

#[test]
fn windows_hold_what_they_cover() {
    let hour = |hours: i64| Time::from_ticks(hours * 3_600 * Time::TICKS_PER_SECOND);
    let week = |day, hour| WeekTime::new(day, hour, 0).expect("there is such a minute");
    let covers = |time, now| Freeze { name: String::new(), time, what: Frozen::Lowering }.covers(now);
    let once = FrozenTime::Once { from: hour(10), until: hour(12) };
    for (at, expected) in [(9, false), (10, true), (11, true), (12, false)] {
        assert_eq!(covers(once, hour(at)), expected, "{at}");
    }
    // The first of January 1970 was a Thursday; hour 48 is Saturday 00:00.
    let weekend = FrozenTime::Weekly { from: week(4, 18), until: week(0, 6) };
    for (at, expected) in [(41, false), (42, true), (48, true), (4 * 24, true), (4 * 24 + 6, false), (-24 * 5, true)] {
        assert_eq!(covers(weekend, hour(at)), expected, "{at}");
    }
    let noon = FrozenTime::Weekly { from: week(3, 12), until: week(3, 13) };
    for (at, expected) in [(11, false), (12, true), (13, false), (12 + 7 * 24, true), (36, false)] {
        assert_eq!(covers(noon, hour(at)), expected, "{at}");
    }
    assert_eq!(WeekTime::new(7, 0, 0), None);
    assert_eq!(WeekTime::new(6, 23, 59).map(WeekTime::parts), Some((6, 23, 59)));
}

#[test]
fn a_window_for_lowering_lets_raising_through() {
    let always = FrozenTime::Once { from: Time::from_ticks(0), until: Time::from_ticks(9) };
    let freeze = |what| Freeze { name: "f".into(), time: always, what };
    let knobs = |what| Knobs { freezes: vec![freeze(what)], ..Preset::Seed.knobs() };
    let frozen = |what, lowers| knobs(what).frozen(Time::from_ticks(1), lowers).is_some();
    assert!(frozen(Frozen::Lowering, true) && !frozen(Frozen::Lowering, false));
    assert!(frozen(Frozen::Everything, true) && frozen(Frozen::Everything, false));
    assert!(knobs(Frozen::Everything).frozen(Time::from_ticks(9), true).is_none());
}

#[test]
fn undetermined_moves_no_alert() {
    for preset in Preset::ALL {
        assert_eq!(preset.knobs().outward.closed(Classification::Undetermined), AlertEffect::Leave);
    }
}

#[test]
fn only_seed_lowers_what_is_severe_without_an_approval() {
    for preset in Preset::ALL {
        for severity in [Severity::Unknown, Severity::High] {
            assert_eq!(preset.knobs().unattended.covers(severity), *preset == Preset::Seed, "{preset:?} {severity}");
        }
        assert!(preset.knobs().unattended.covers(Severity::Medium));
        assert_eq!(preset.policy().only_observes(), *preset == Preset::Observe);
        assert_eq!(Preset::named(preset.name()), Some(*preset));
    }
}

#[test]
fn a_comment_is_filled_place_by_place() {
    let text = |text: &str| Piece::Text(text.into());
    let comment = Comment::new([text("a "), text("b "), Piece::Rule, text(""), text("."), Piece::Policy]);
    assert_eq!(comment.pieces(), [text("a b "), Piece::Rule, text("."), Piece::Policy]);
    let filled = comment.filled(|place| if *place == Piece::Rule { "{policy}".into() } else { "P".into() });
    assert_eq!(filled, "a b {policy}.P");
}

proptest! {
    #[test]
    fn a_pattern_matches_what_a_plain_search_says(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
        fn plain(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|taken| plain(rest, &text[taken..])),
                Some((byte, rest)) => text.split_first().is_some_and(|(first, text)| first == byte && plain(rest, text)),
            }
        }
        prop_assert_eq!(Pattern(pattern.clone()).matches(&text), plain(pattern.as_bytes(), text.as_bytes()));
    }
}
