//! What keeps a change from being made although one side moved: each ground removed in turn.

use lockstep_core::{
    Act, Agreed, AlertId, AlertState, Classification, Closing, Confirmed, Conflict, Directions, Elsewhere, Freeze,
    Frozen, FrozenTime, Holds, HumanLock, IncidentId, IncidentState, Knobs, Memory, Moved, Mover, Person, Policy,
    Preset, Severity, Suppression, Time, Unattended, Who, decide,
};

use crate::decide::said;
use crate::world::{confirmed, incident};

const RESOLVED: &str = "Closed: Undetermined";

/// An incident that the preset `neutral` closes by itself, with one thing about it or about the knobs changed.
fn check(change: impl FnOnce(&mut Confirmed, &mut Knobs), expected: &str) {
    let mut confirmed = confirmed(incident("New", "Dismissed"));
    confirmed.incident.severity = Severity::Low;
    let alert = &mut confirmed.incident.alerts[0];
    alert.raised = Some(at(0));
    alert.moved = Some(Moved { at: at(3_600), by: person("owner@contoso.example") });
    let mut knobs = Preset::Neutral.knobs();
    change(&mut confirmed, &mut knobs);
    let began = Memory { base: None, began: Some(Time::from_ticks(-1)) };
    assert_eq!(said(&decide(&confirmed, &Policy::new("test", knobs), &began)), expected);
}

fn at(second: i64) -> Time {
    Time::from_ticks(second * Time::TICKS_PER_SECOND)
}

fn person(name: &str) -> Mover {
    Mover::Person(Who { name: name.into(), ..Who::default() })
}

fn moved(confirmed: &mut Confirmed, by: Mover) {
    confirmed.incident.alerts[0].moved = Some(Moved { at: at(3_600), by });
}

fn acted(second: i64, by: Option<&str>) -> Option<Act> {
    Some(Act { at: at(second), by: by.map(Into::into) })
}

fn other(state: Option<IncidentState>) -> Elsewhere {
    let incident = IncidentId::parse("7c1a5e08-0000-4000-8000-000000000002").expect("a GUID");
    Elsewhere { incident, state, followed: false }
}

fn closed(classification: Classification) -> Option<IncidentState> {
    Some(IncidentState::Closed(Some(Closing { classification, comment: String::new() })))
}

#[test]
fn i20_nothing_is_lowered_after_a_person_acted() {
    let since = "leave: a person may have acted on it after its alerts moved";
    check(|it, _| it.incident.acted = acted(3_601, Some("analyst@contoso.example")), since);
    check(|it, _| it.incident.acted = acted(3_601, Some("Anna Analyst")), since);
    check(|it, _| it.incident.acted = acted(3_601, None), since);
    let moved_twice = |it: &mut Confirmed, later: Mover| {
        it.incident.acted = acted(3_700, Some("analyst@contoso.example"));
        let mut second = it.incident.alerts[0].clone();
        second.id = AlertId::parse("7c1a5e08-0000-4000-8000-00000000000b").expect("a GUID");
        second.moved = Some(Moved { at: at(3_800), by: later });
        it.incident.alerts.push(second);
        it.alerts_count += 1;
    };
    check(|it, _| moved_twice(it, person("owner@contoso.example")), RESOLVED);
    check(|it, _| moved_twice(it, Mover::Sync), since);
    check(|it, _| moved_twice(it, Mover::Ourselves), since);
    check(|it, _| it.incident.acted = acted(3_600, Some("analyst@contoso.example")), RESOLVED);
    check(|it, _| it.incident.acted = acted(3_601, Some("Automation rule - assign")), RESOLVED);
    check(|it, _| it.incident.acted = acted(3_601, Some("")), RESOLVED);
    let names_only = |it: &mut Confirmed, knobs: &mut Knobs| {
        knobs.person = Person::UserPrincipalName;
        it.incident.acted = acted(3_601, Some("Anna Analyst"));
    };
    check(names_only, RESOLVED);
}

#[test]
fn i20_the_human_lock_holds_in_seed_and_may_hold_raising_too() {
    let judge = |lock| {
        let mut busy = confirmed(incident("New", "InProgress"));
        busy.incident.alerts[0].moved = Some(Moved { at: at(10), by: person("owner@contoso.example") });
        busy.incident.acted = acted(11, Some("analyst@contoso.example"));
        let knobs = Knobs { human_lock: lock, ..Preset::Seed.knobs() };
        said(&decide(&busy, &Policy::new("test", knobs), &Memory::default()))
    };
    assert_eq!(judge(HumanLock::Lowering), "Active");
    assert_eq!(judge(HumanLock::Everything), "leave: a person may have acted on it after its alerts moved");
    let mut closing = confirmed(incident("New", "Resolved"));
    closing.incident.acted = acted(11, Some("analyst@contoso.example"));
    let verdict = decide(&closing, &Preset::Seed.policy(), &Memory::default());
    assert_eq!(said(&verdict), "leave: a person may have acted on it after its alerts moved", "in seed, too");
}

#[test]
fn i20_a_high_severity_needs_an_approval() {
    let waits = "leave: the policy asks for a person's approval";
    check(|it, _| it.incident.severity = Severity::High, waits);
    check(|it, _| it.incident.severity = Severity::Unknown, waits);
    check(|it, _| it.incident.severity = Severity::Medium, RESOLVED);
    check(|it, _| (it.incident.severity, it.approved) = (Severity::High, true), RESOLVED);
    let unattended = |it: &mut Confirmed, knobs: &mut Knobs| {
        (it.incident.severity, knobs.unattended) = (Severity::High, Unattended::Everything);
    };
    check(unattended, RESOLVED);
}

#[test]
fn i20_doubted_dismissals_wait() {
    let suspect = Mover::Person(Who { is_suspect: true, ..Who::default() });
    check(|it, _| moved(it, suspect.clone()), "leave: one of its alerts was dismissed by its own suspect");
    check(|it, knobs| (moved(it, suspect.clone()), knobs.holds = Holds::NONE).0, RESOLVED);
    check(
        |it, _| it.incident.alerts[0].moved = None,
        "leave: nobody can tell who moved one of its alerts: the activity log was not read",
    );
    check(
        |it, _| moved(it, Mover::NotDetermined("no event fits".into())),
        "leave: nobody can tell who moved one of its alerts: no event fits",
    );
    let rule = |changed| {
        let name = "quiet".into();
        Mover::Suppression(Suppression { name, reason: String::new(), comment: String::new(), changed })
    };
    let young = "leave: one of its alerts was dismissed by the young suppression rule \"quiet\"";
    check(|it, _| moved(it, rule(Some(at(80_000)))), young);
    check(|it, _| moved(it, rule(None)), young);
    check(|it, _| moved(it, rule(Some(at(-86_400 * 7)))), RESOLVED);
    check(
        |it, _| it.incident.alerts[0].raised = Some(at(3_541)),
        "leave: one of its alerts was dismissed very soon after it was raised",
    );
    check(|it, _| it.incident.alerts[0].raised = Some(at(3_540)), RESOLVED);
}

#[test]
fn a_tag_and_a_window_keep_everything_from_happening() {
    check(
        |it, _| it.incident.labels.push("Lockstep:Hold".into()),
        "leave: it has the tag that keeps everything from happening",
    );
    let freeze = |what| {
        let time = FrozenTime::Once { from: at(0), until: at(86_401) };
        Freeze { name: "release".into(), time, what }
    };
    let quiet = "leave: nothing is lowered in the window \"release\"";
    check(|_, knobs| knobs.freezes = vec![freeze(Frozen::Lowering)], quiet);
    check(|it, knobs| (knobs.freezes = vec![freeze(Frozen::Lowering)], it.at = at(86_401)).0, RESOLVED);
}

#[test]
fn i20_an_echo_starts_nothing() {
    let echo = "leave: its alerts only echo what somebody did elsewhere";
    let resolved = |it: &mut Confirmed| it.incident.alerts[0].state = AlertState::Resolved;
    check(|it, _| (resolved(it), moved(it, Mover::Sync)).0, echo);
    check(|it, _| (resolved(it), moved(it, Mover::Ourselves)).0, echo);
    let unknown = || Mover::NotDetermined("no log".into());
    let reopened = |it: &mut Confirmed, second| {
        resolved(it);
        moved(it, unknown());
        it.incident.closed = Some(at(second));
    };
    check(|it, _| reopened(it, 3_600), echo);
    check(|it, _| reopened(it, 3_601), RESOLVED);
    let elsewhere = |it: &mut Confirmed, by, state, followed| {
        resolved(it);
        moved(it, by);
        it.incident.alerts[0].elsewhere = vec![Elsewhere { followed, ..other(state) }];
    };
    check(|it, _| elsewhere(it, unknown(), closed(Classification::Undetermined), false), echo);
    check(|it, _| elsewhere(it, unknown(), closed(Classification::Undetermined), true), RESOLVED);
    check(|it, _| elsewhere(it, unknown(), Some(IncidentState::Active), false), RESOLVED);
    let named = || person("owner@contoso.example");
    check(|it, _| elsewhere(it, named(), closed(Classification::Undetermined), false), RESOLVED);
}

#[test]
fn a_correction_needs_a_person() {
    let ours = Closing { classification: Classification::BenignPositive, comment: "ours".into() };
    let state = IncidentState::Closed(Some(ours));
    let base = Agreed::of(&lockstep_core::Incident { state: state.clone(), ..incident("New", "Dismissed") })
        .with_written(Some(state.clone()));
    let judge = |by: Option<Mover>| {
        let mut confirmed = confirmed(incident("New", "Resolved"));
        confirmed.incident.state = state.clone();
        confirmed.incident.alerts[0].moved = by.map(|by| Moved { at: at(10), by });
        said(&decide(&confirmed, &Preset::Seed.policy(), &Memory { base: Some(&base), began: None }))
    };
    assert_eq!(judge(Some(person("owner@contoso.example"))), "Closed: TruePositive - SuspiciousActivity");
    assert_eq!(judge(Some(Mover::Sync)), "leave: its alerts only echo what somebody did elsewhere");
    let unknown = "leave: nobody can tell who moved one of its alerts: the activity log was not read";
    assert_eq!(judge(None), unknown);
}

/// An incident that a person closed, whose alert follows it by itself under a policy that lets it; with one thing changed.
fn check_outward(change: impl FnOnce(&mut Confirmed), expected: &str) {
    let mut confirmed = confirmed(incident("New", "New"));
    confirmed.incident.state = closed(Classification::TruePositive).expect("it is closed");
    confirmed.incident.severity = Severity::Low;
    confirmed.incident.acted = acted(10, Some("analyst@contoso.example"));
    confirmed.incident.set_by = acted(10, Some("analyst@contoso.example"));
    confirmed.incident.alerts[0].synced = Some(false);
    change(&mut confirmed);
    let directions = Directions { inward: true, outward: true };
    let knobs = Knobs { directions, conflict: Conflict::Hold, ..Preset::Neutral.knobs() };
    let began = Memory { base: None, began: Some(Time::from_ticks(-1)) };
    assert_eq!(said(&decide(&confirmed, &Policy::new("test", knobs), &began)), expected);
}

#[test]
fn i20_an_alert_is_lowered_only_where_every_ground_holds() {
    check_outward(|_| (), "push: resolve");
    check_outward(
        |it| it.incident.alerts[0].synced = Some(true),
        "leave: the products' own sync carries its closing to its alerts",
    );
    check_outward(
        |it| it.incident.alerts[0].synced = None,
        "leave: nobody can tell whether the products' own sync carries its closing",
    );
    let unknown = "leave: nobody can tell who closed it";
    check_outward(|it| it.incident.set_by = None, unknown);
    check_outward(|it| it.incident.set_by = acted(10, None), unknown);
    let by_a_rule = acted(10, Some("Automation rule - close"));
    check_outward(
        |it| it.incident.set_by = by_a_rule,
        "leave: it was moved, and nothing follows from that by the policy",
    );
    check_outward(|it| it.incident.severity = Severity::High, "leave: the policy asks for a person's approval");
    check_outward(
        |it| it.incident.state = closed(Classification::Undetermined).expect("it is closed"),
        "leave: it is closed already",
    );
}

#[test]
fn an_alert_of_several_incidents_moves_only_where_all_agree() {
    let disagrees =
        "leave: incident 7c1a5e08-0000-4000-8000-000000000002 holds one of its alerts and says something else";
    let with = |state| move |it: &mut Confirmed| it.incident.alerts[0].elsewhere = vec![other(state)];
    check_outward(with(closed(Classification::TruePositive)), "push: resolve");
    check_outward(with(closed(Classification::FalsePositiveData)), disagrees);
    check_outward(with(closed(Classification::Undetermined)), disagrees);
    check_outward(with(Some(IncidentState::Active)), disagrees);
    check_outward(with(None), disagrees);
}
