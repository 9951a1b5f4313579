//! What a policy does, in sentences.

use std::time::Duration;

use lockstep_core::{
    AlertCondition, AlertEffect, Apart, Brake, Condition, Conflict, Effect, FirstSight, Freeze, Frozen, FrozenTime,
    HumanLock, Knobs, Limits, NamePeople, OwnerCondition, Pattern, Person, Piece, Policy, Raise, Reopen, Reopened,
    Share, Sight, Unattended,
};
use serde_json::{Value, json};

use super::pass::moment;
use super::{Screen, safe};
use crate::policy_file::{ChosenPolicy, duration_text, severity_word, week_text};

/// What a policy does, for people.
pub fn policy(chosen: &ChosenPolicy, screen: &mut Screen) {
    let policy = &chosen.policy;
    let origin = match &chosen.path {
        Some(path) => format!("{}, from {}", policy.name, path.display()),
        None => format!("{}, a preset", policy.name),
    };
    screen.line(&format!("The policy {}:", safe(&origin)));
    for (topic, sentences) in topics(policy) {
        screen.line("");
        screen.line(topic);
        for sentence in sentences {
            screen.line(&format!("  - {}", safe(&sentence)));
        }
    }
    for (at, rule) in policy.rules.iter().enumerate() {
        screen.line("");
        screen.line(&format!("Rule {}, {}: for an incident {}", at + 1, safe(&rule.name), safe(&asked(&rule.when))));
        for sentence in turned(&policy.knobs, &rule.knobs) {
            screen.line(&format!("  - {}", safe(&sentence)));
        }
    }
}

/// What a policy does, for machines.
pub fn policy_json(chosen: &ChosenPolicy) -> Value {
    let policy = &chosen.policy;
    let topics: serde_json::Map<_, _> =
        topics(policy).into_iter().map(|(topic, sentences)| (topic.to_owned(), sentences.into())).collect();
    let rules = policy.rules.iter().map(
        |rule| json!({ "name": &*rule.name, "when": asked(&rule.when), "says": turned(&policy.knobs, &rule.knobs) }),
    );
    json!({
        "policy": &*policy.name,
        "file": chosen.path.as_ref().map(|path| path.display().to_string()),
        "says": topics,
        "rules": rules.collect::<Vec<_>>(),
    })
}

/// The sentences about everything that no rule turns, by topic.
fn topics(policy: &Policy) -> Vec<(&'static str, Vec<String>)> {
    let knobs = &policy.knobs;
    let mut topics = vec![("What is written", directions(knobs))];
    if knobs.directions.inward {
        topics.push(("What becomes of an incident", inward(knobs)));
    }
    if knobs.directions.outward {
        topics.push(("What becomes of alerts", outward(knobs)));
    }
    if !policy.only_observes() {
        topics.push(("Before something is closed, dismissed or resolved", lowering(knobs)));
        topics.push(("Who is followed", following(knobs)));
        topics.push(("What people are told", told(knobs)));
        topics.push(("How much may happen", limits(policy)));
    }
    topics.push(("How it looks", vec![sight(policy)]));
    topics
}

/// What a rule says otherwise.
fn turned(base: &Knobs, knobs: &Knobs) -> Vec<String> {
    let all = |knobs: &Knobs| {
        let parts: [fn(&Knobs) -> Vec<String>; 6] = [directions, inward, outward, lowering, following, told];
        parts.into_iter().flat_map(|part| part(knobs)).collect::<Vec<_>>()
    };
    let before = all(base);
    let mut after: Vec<String> = all(knobs).into_iter().filter(|sentence| !before.contains(sentence)).collect();
    if after.is_empty() {
        after.push("Nothing is otherwise; no later rule is for it.".to_owned());
    }
    after
}

fn directions(knobs: &Knobs) -> Vec<String> {
    let inward = if knobs.directions.inward {
        "Incidents in Sentinel follow their alerts in Defender for Cloud."
    } else {
        "Nothing is written to Sentinel; what differs is shown."
    };
    let outward = if knobs.directions.outward {
        "Alerts in Defender for Cloud follow their incidents in Sentinel, where the products' own sync does not do it."
    } else {
        "Nothing is written to Defender for Cloud."
    };
    [inward, outward].map(str::to_owned).into()
}

fn inward(knobs: &Knobs) -> Vec<String> {
    let mapping = &knobs.inward;
    let apart = match mapping.apart {
        Apart::AsResolved => "the same happens as when all are resolved",
        Apart::AsDismissed => "the same happens as when all are dismissed",
        Apart::Leave => "it is left as it is",
    };
    let reopen = match knobs.reopen {
        Reopen::Nothing => "A closed incident stays closed when an alert of it is reactivated.".to_owned(),
        Reopen::OurClosings => {
            format!(
                "An incident that lockstep closed becomes {} when an alert of it is reactivated; one that a person closed stays closed.",
                reopened(knobs.reopened)
            )
        }
        Reopen::AllClosings => {
            format!(
                "A closed incident becomes {} when an alert of it is reactivated, whoever closed it.",
                reopened(knobs.reopened)
            )
        }
    };
    let mut sentences = vec![
        format!("When all its alerts are in progress, {}.", effect(mapping.in_progress.into())),
        format!("When all are dismissed, {}.", effect(mapping.dismissed)),
        format!("When all are resolved, {}.", effect(mapping.resolved)),
        format!("When all are finished, some dismissed and some resolved, {apart}."),
        match mapping.unfinished {
            Raise::Activate => "When some have moved and not all are finished, it becomes Active.".to_owned(),
            Raise::Leave => "When some have moved and not all are finished, it is left as it is.".to_owned(),
        },
        reopen,
    ];
    if knobs.reclassify {
        let sentence =
            "A classification that lockstep gave is corrected when a person's act on the alert contradicts it.";
        sentences.push(sentence.to_owned());
    }
    if let Some(idle) = knobs.idle_active {
        let idle = duration_text(idle);
        sentences.push(format!(
            "An incident that lockstep made Active and that has no owner after {idle} goes back to New."
        ));
    }
    sentences
}

fn outward(knobs: &Knobs) -> Vec<String> {
    let mapping = &knobs.outward;
    let closed = |word: &str, effect| {
        let becomes = match effect {
            AlertEffect::Leave => "its alerts are left as they are",
            AlertEffect::Dismiss => "its alerts are dismissed",
            AlertEffect::Resolve => "its alerts are resolved",
        };
        format!("When an incident is closed as {word}, {becomes}.")
    };
    let when = |is: bool, then: &str| if is { then.to_owned() } else { "its alerts are left as they are".to_owned() };
    vec![
        format!("When an incident becomes Active, {}.", when(mapping.active, "its alerts become in progress")),
        format!("When an incident is reopened, {}.", when(mapping.reopened, "its alerts become active again")),
        closed("TruePositive", mapping.true_positive),
        closed("BenignPositive", mapping.benign_positive),
        closed("FalsePositive", mapping.false_positive),
        "An incident that is closed as Undetermined moves no alert.".to_owned(),
    ]
}

fn lowering(knobs: &Knobs) -> Vec<String> {
    let mut sentences = vec![
        "Every alert was read afresh and is finished, and there are as many as the incident says.".to_owned(),
        "Nobody has acted on the incident since its alerts moved.".to_owned(),
    ];
    let evidence = &knobs.overridden;
    for (overridden, what) in [
        (evidence.bookmarks, "bookmarks"),
        (evidence.open_tasks, "open tasks"),
        (evidence.foreign_alerts, "alerts of other products"),
    ] {
        let verb = if overridden { "do not keep it open" } else { "keep it open" };
        sentences.push(format!("Its {what} {verb}."));
    }
    sentences.push(
        match knobs.unattended {
            Unattended::Everything => "Nothing waits for an approval, whatever the severity.",
            Unattended::BelowHigh => "High and unknown severity wait for a person's approval.",
            Unattended::Nothing => "Everything waits for a person's approval.",
        }
        .to_owned(),
    );
    let holds = &knobs.holds;
    if holds.own_suspect {
        sentences.push("An alert that was dismissed by somebody among its own entities waits for a person.".to_owned());
    }
    if let Some(young) = holds.young_suppression {
        let young = duration_text(young);
        sentences.push(format!("An alert dismissed by a suppression rule younger than {young} waits for a person."));
    }
    if let Some(hasty) = holds.hasty {
        sentences
            .push(format!("An alert dismissed within {} of being raised waits for a person.", duration_text(hasty)));
    }
    sentences.extend(knobs.freezes.iter().map(freeze));
    sentences
}

fn following(knobs: &Knobs) -> Vec<String> {
    let conflict = match knobs.conflict {
        Conflict::Defender => "When both sides have moved apart, Defender for Cloud is followed.",
        Conflict::Sentinel => "When both sides have moved apart, Sentinel is followed.",
        Conflict::Newest => {
            "When both sides have moved apart, whoever moved last is followed, where both times are certain; else nobody."
        }
        Conflict::Hold => "When both sides have moved apart, nobody is followed, and a person is told.",
    };
    let first = match knobs.first_sight {
        FirstSight::Adopt => "An incident that is older than the ledger is taken as it stands, and nothing is written.",
        FirstSight::CatchUp => "An incident that is older than the ledger follows its alerts all the same.",
    };
    let lock = match knobs.human_lock {
        HumanLock::Lowering => "A newer act of a person on an incident keeps it from being lowered.",
        HumanLock::Everything => "A newer act of a person on an incident keeps it from being changed at all.",
    };
    let person = match knobs.person {
        Person::AllButAutomation => "Whoever does not name itself a rule or a sync counts as a person.",
        Person::UserPrincipalName => "Only who is named by a user principal name counts as a person.",
    };
    let tag = knobs.hold_tag.as_ref().map_or_else(
        || "No tag keeps an incident from being changed.".to_owned(),
        |tag| format!("The tag \"{tag}\" keeps everything from happening to its incident."),
    );
    vec![conflict.to_owned(), first.to_owned(), lock.to_owned(), person.to_owned(), tag]
}

fn told(knobs: &Knobs) -> Vec<String> {
    let names = match knobs.name_people {
        NamePeople::Upn => "Texts name people by their user principal name.",
        NamePeople::ObjectId => "Texts name people by their object id.",
        NamePeople::No => "Texts name no people.",
    };
    let holds = if knobs.announce_holds {
        "A hold is written to its incident, as one comment and a tag."
    } else {
        "A hold is not written to its incident."
    };
    let text = knobs.comment.filled(|place| match place {
        Piece::Alerts => "<the alerts and what happened to them>".to_owned(),
        Piece::Acts => "<who did it and when>".to_owned(),
        Piece::Policy => "<the policy>".to_owned(),
        Piece::Rule => "<the rule>".to_owned(),
        Piece::Text(text) => text.clone(),
    });
    vec![format!("An incident is closed with the text \"{text}\"."), names.to_owned(), holds.to_owned()]
}

fn limits(policy: &Policy) -> Vec<String> {
    let mut sentences = match policy.brake {
        Brake::Off => vec!["There is no brake: any number of incidents may be lowered.".to_owned()],
        Brake::On(limits) => brake(&limits),
    };
    for (ceiling, what) in [(policy.ceilings.changes, "changes"), (policy.ceilings.lowerings, "of them lower")] {
        if let Some(most) = ceiling {
            sentences.push(format!("One pass makes at most {most} {what}; the rest waits for the next."));
        }
    }
    let after = duration_text(policy.unconfirmed_after);
    sentences.push(format!("A write that no other look has shown after {after} is reported."));
    sentences
}

fn brake(limits: &Limits) -> Vec<String> {
    let limit = |most: Option<u32>, when: &str| {
        most.map(|most| format!("More than {most} lowered in {when} wait for `lockstep approve`."))
    };
    let share = limits.share.map(|Share { percent, floor }| {
        format!("So does more than {percent} % of the open incidents in a day, once at least {floor} are open.")
    });
    let all = [
        limit(limits.workspace_hour, "an hour"),
        limit(limits.workspace_day, "a day"),
        limit(limits.subscription_hour, "an hour for one subscription"),
        limit(limits.subscription_day, "a day for one subscription"),
        limit(limits.person_hour, "an hour for the acts of one person"),
        share,
    ];
    all.into_iter().flatten().collect()
}

fn sight(policy: &Policy) -> String {
    match policy.sight {
        Sight::Tables => "Through the workspace's tables, with a fresh read of whatever is to change.".to_owned(),
        Sight::Direct => "Through the lists of both services.".to_owned(),
    }
}

fn effect(effect: Effect) -> String {
    match effect {
        Effect::Leave => "it is left as it is".to_owned(),
        Effect::Activate => "it becomes Active".to_owned(),
        Effect::Close(classification) => format!("it is closed as {classification}"),
    }
}

fn reopened(reopened: Reopened) -> &'static str {
    match reopened {
        Reopened::New => "New again",
        Reopened::Active => "Active again",
    }
}

fn freeze(freeze: &Freeze) -> String {
    let what = match freeze.what {
        Frozen::Lowering => "Nothing is lowered",
        Frozen::Everything => "Nothing is written",
    };
    match freeze.time {
        FrozenTime::Once { from, until } => {
            format!("{what} from {} until {} ({}).", moment(from), moment(until), freeze.name)
        }
        FrozenTime::Weekly { from, until } => {
            format!("{what} each week from {} until {} UTC ({}).", week_text(from), week_text(until), freeze.name)
        }
    }
}

/// What a rule asks, as the words after "an incident".
fn asked(when: &Condition) -> String {
    let mut parts = Vec::new();
    if !when.severity.is_empty() {
        let words: Vec<_> = when.severity.iter().copied().map(severity_word).map(str::to_owned).collect();
        parts.push(format!("of severity {}", or(&words)));
    }
    if !when.tag.is_empty() {
        parts.push(format!("with a tag like {}", like(&when.tag)));
    }
    if !when.owner.is_empty() {
        let owners: Vec<_> = when.owner.iter().map(owner).collect();
        parts.push(format!("owned by {}", or(&owners)));
    }
    let age = |age: Option<Duration>, word: &str| age.map(|age| format!("{word} {}", duration_text(age)));
    parts.extend(age(when.older_than, "at least as old as"));
    parts.extend(age(when.younger_than, "younger than"));
    for (which, alert) in
        [("each of whose alerts is", &when.every_alert), ("at least one of whose alerts is", &when.any_alert)]
    {
        if !alert.is_empty() {
            parts.push(format!("{which} {}", asked_of_alert(alert)));
        }
    }
    parts.join(", and ")
}

fn asked_of_alert(alert: &AlertCondition) -> String {
    let parts = [
        (&alert.kind, "of type"),
        (&alert.product, "of product"),
        (&alert.subscription, "of subscription"),
        (&alert.resource_group, "in resource group"),
    ];
    let parts = parts.into_iter().filter(|(patterns, _)| !patterns.is_empty());
    parts.map(|(patterns, what)| format!("{what} {}", like(patterns))).collect::<Vec<_>>().join(" and ")
}

fn owner(owner: &OwnerCondition) -> String {
    match owner {
        OwnerCondition::Nobody => "nobody".to_owned(),
        OwnerCondition::Anybody => "anybody".to_owned(),
        OwnerCondition::Like(pattern) => format!("\"{}\"", pattern.0),
    }
}

fn like(patterns: &[Pattern]) -> String {
    or(&patterns.iter().map(|pattern| format!("\"{}\"", pattern.0)).collect::<Vec<_>>())
}

fn or(words: &[String]) -> String {
    words.join(" or ")
}
