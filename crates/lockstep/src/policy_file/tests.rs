//! A policy that is written and read again is the same; what cannot be is refused where it stands.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::{
    AlertCondition, AlertEffect, Apart, Brake, Ceilings, Classification, Comment, Condition, Conflict, Directions,
    Effect, Evidence, FirstSight, Freeze, Frozen, FrozenTime, Holds, HumanLock, Knobs, Limits, Mapping, NamePeople,
    Outward, OwnerCondition, Pattern, Person, Piece, Policy, Preset, Raise, Reopen, Reopened, Rule, Severity, Share,
    Sight, Time, Unattended, WeekTime,
};
use proptest::prelude::*;

use super::reader;
use super::writer::text;
use crate::settings::Document;

fn read(text: &str) -> Result<Policy, String> {
    let document = Document::of("policy.toml", text);
    reader::policy(&document).map_err(|problem| problem.message)
}

#[test]
fn every_preset_is_a_file() {
    for preset in Preset::ALL {
        assert_eq!(read(&text(&preset.policy())), Ok(preset.policy()), "{preset:?}");
    }
}

#[test]
fn a_file_that_names_its_preset_and_nothing_else_is_that_preset() {
    for preset in Preset::ALL {
        let name = preset.name();
        assert_eq!(read(&format!("name = \"{name}\"\npreset = \"{name}\"\n")), Ok(preset.policy()));
    }
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn name() -> impl Strategy<Value = String> {
    r#"[ -~äß漢]{1,12}"#
}

fn duration() -> impl Strategy<Value = Duration> {
    (0u64..1_000, prop::sample::select(vec![1, 60, 3_600, 86_400]))
        .prop_map(|(count, unit)| Duration::from_secs(count * unit))
}

/// A duration that a file cannot mistake for `off`.
fn span() -> impl Strategy<Value = Option<Duration>> {
    prop::option::of(duration())
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![Just(Effect::Leave), Just(Effect::Activate), one_of(Classification::ALL).prop_map(Effect::Close)]
}

fn mapping() -> impl Strategy<Value = Mapping> {
    let raise = || one_of(Raise::ALL);
    (raise(), effect(), effect(), one_of(Apart::ALL), raise()).prop_map(
        |(in_progress, dismissed, resolved, apart, unfinished)| Mapping {
            in_progress,
            dismissed,
            resolved,
            apart,
            unfinished,
        },
    )
}

fn outward() -> impl Strategy<Value = Outward> {
    let alert = || one_of(AlertEffect::ALL);
    (any::<bool>(), any::<bool>(), alert(), alert(), alert()).prop_map(
        |(active, reopened, true_positive, benign_positive, false_positive)| Outward {
            active,
            reopened,
            true_positive,
            benign_positive,
            false_positive,
        },
    )
}

fn freeze() -> impl Strategy<Value = Freeze> {
    let week =
        || (0u8..7, 0u8..24, 0u8..60).prop_map(|(day, hour, minute)| WeekTime::new(day, hour, minute).expect("it is"));
    let weekly = (week(), week()).prop_filter("a window is not empty", |(from, until)| from != until);
    let seconds = |seconds: i64| Time::from_ticks(seconds * Time::TICKS_PER_SECOND);
    let once = (0i64..4_000_000_000, 1i64..1_000_000)
        .prop_map(move |(from, long)| FrozenTime::Once { from: seconds(from), until: seconds(from + long) });
    let time = prop_oneof![once, weekly.prop_map(|(from, until)| FrozenTime::Weekly { from, until })];
    (name(), time, one_of(Frozen::ALL)).prop_map(|(name, time, what)| Freeze { name, time, what })
}

fn comment() -> impl Strategy<Value = Comment> {
    let text = r#"[a-z{}"\\ \n]{1,8}"#.prop_map(Piece::Text);
    let piece = prop_oneof![text, prop::sample::select(Piece::PLACES).prop_map(|(_, piece)| piece)];
    let any = prop::collection::vec(piece, 1..5).prop_map(Comment::new);
    any.prop_filter("a text says something", |comment| !comment.filled(|_| "x".into()).trim().is_empty())
}

fn knobs() -> impl Strategy<Value = Knobs> {
    let flags = any::<[bool; 7]>();
    let words = (
        one_of(Conflict::ALL),
        one_of(FirstSight::ALL),
        one_of(Unattended::ALL),
        one_of(HumanLock::ALL),
        one_of(Person::ALL),
        one_of(Reopen::ALL),
        one_of(Reopened::ALL),
        one_of(NamePeople::ALL),
    );
    let tag = prop::option::of(name().prop_filter("off is no tag", |tag| tag != "off"));
    let parts = (mapping(), outward(), span(), span(), tag, prop::collection::vec(freeze(), 0..3), comment());
    (flags, words, parts).prop_map(|(flags, words, parts)| {
        let [inward, out, bookmarks, open_tasks, foreign_alerts, own_suspect, reclassify] = flags;
        let (conflict, first_sight, unattended, human_lock, person, reopen, reopened, name_people) = words;
        let (mapping, outward, young_suppression, hasty, hold_tag, freezes, comment) = parts;
        Knobs {
            directions: Directions { inward, outward: out },
            inward: mapping,
            outward,
            conflict,
            first_sight,
            unattended,
            overridden: Evidence { bookmarks, open_tasks, foreign_alerts },
            human_lock,
            person,
            hold_tag,
            holds: Holds { own_suspect, young_suppression, hasty },
            announce_holds: false,
            reopen,
            reopened,
            reclassify,
            idle_active: None,
            freezes,
            comment,
            name_people,
        }
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let patterns = || prop::collection::vec(name().prop_map(Pattern), 0..3);
    let alert = || {
        (patterns(), patterns(), patterns(), patterns()).prop_map(|(kind, product, subscription, resource_group)| {
            AlertCondition { kind, product, subscription, resource_group }
        })
    };
    const KNOWN: &[Severity] = &[Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
    let like = name().prop_filter("these are words", |name| name != "nobody" && name != "anybody");
    let owner = prop_oneof![
        Just(OwnerCondition::Nobody),
        Just(OwnerCondition::Anybody),
        like.prop_map(|name| OwnerCondition::Like(Pattern(name)))
    ];
    let severity = prop::collection::vec(one_of(KNOWN), 0..3);
    let ages = (span(), span()).prop_filter("some incident is so old", |ages| match ages {
        (Some(older), Some(younger)) => older < younger,
        _ => true,
    });
    let any = (severity, patterns(), prop::collection::vec(owner, 0..3), ages, alert(), alert()).prop_map(
        |(severity, tag, owner, (older_than, younger_than), every_alert, any_alert)| Condition {
            severity,
            tag,
            owner,
            older_than,
            younger_than,
            every_alert,
            any_alert,
        },
    );
    any.prop_filter("a rule asks something", |condition| !condition.is_empty())
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || prop::option::of(any::<u32>());
    let share = prop::option::of((1u8..=100, any::<u32>()).prop_map(|(percent, floor)| Share { percent, floor }));
    (limit(), limit(), limit(), limit(), limit(), share).prop_map(
        |(workspace_hour, workspace_day, subscription_hour, subscription_day, person_hour, share)| Limits {
            workspace_hour,
            workspace_day,
            subscription_hour,
            subscription_day,
            person_hour,
            share,
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let brake = prop_oneof![Just(Brake::Off), limits().prop_map(Brake::On)];
    let ceilings = (prop::option::of(any::<u32>()), prop::option::of(any::<u32>()));
    let rules = prop::collection::vec((condition(), knobs()), 0..3);
    (name(), knobs(), rules, brake, ceilings, duration()).prop_map(
        |(name, knobs, rules, brake, (changes, lowerings), unconfirmed_after)| Policy {
            name: name.into(),
            knobs: Arc::new(knobs),
            rules: rules
                .into_iter()
                .enumerate()
                .map(|(at, (when, knobs))| Rule { name: format!("rule {at}").into(), when, knobs: Arc::new(knobs) })
                .collect(),
            brake,
            ceilings: Ceilings { changes, lowerings },
            sight: Sight::Tables,
            unconfirmed_after,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(policy in policy()) {
        let written = text(&policy);
        prop_assert_eq!(read(&written), Ok(policy), "{}", written);
    }

    #[test]
    fn no_text_makes_reading_panic(text in r#"(name|preset|rules|when|inward|brake|[\[\]{}="\n.a-z0-9 ]){0,40}"#) {
        let _ = read(&text);
        let _ = read(&format!("name = \"x\"\npreset = \"seed\"\n{text}"));
    }
}
