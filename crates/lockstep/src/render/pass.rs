//! What was seen, what is planned, and what became of it.

use std::collections::BTreeMap;

use lockstep_azure::Untouched;
use lockstep_core::{
    Alert, AlertAct, AlertState, Change, IncidentId, IncidentState, Plan, Push, Reason, Sight, Target, Time,
};
use lockstep_engine::{CarriedOut, Fate, Freshness, NotTried, NoteWritten, Observation, Outcome, Pass, Pushed};
use lockstep_ledger::RunId;
use serde_json::{Value, json};

use super::brake::{brake_line, brakes_json};
use super::table::{Look, cell, look, table};
use super::{Screen, safe};
use crate::settings::Settings;

/// Where a pass goes and what it is to do: shown before anything is sent.
pub fn header(settings: &Settings, screen: &mut Screen) {
    screen.line(&format!("cloud      {}, {}", safe(&settings.cloud), settings.host()));
    screen.line(&format!("workspace  {} ({})", settings.scope, settings.scope.arm_id()));
    screen.line(&format!("instance   {}", settings.instance));
    screen.line(&format!("policy     {}", safe(settings.policy.name())));
    if settings.policy.policy.sight == Sight::Direct {
        screen.line("sight      direct");
    }
    screen.line("");
}

/// A plan, for people.
pub fn observation(observation: &Observation, screen: &mut Screen) {
    let Plan { changes, pushes, .. } = &observation.plan;
    if changes.is_empty() && pushes.is_empty() {
        screen.line(&nothing("Nothing to change", observation));
    }
    if !changes.is_empty() {
        screen.line(&format!("{} due:", counted(changes.len(), "change is", "changes are")));
        let mut table = table(&["number", "severity", "from", "to", "alerts", "title"]);
        for change in changes {
            table.add_row([
                cell(&change.number.to_string()),
                cell(&change.severity.to_string()),
                cell(&change.from.to_string()),
                look(cell(&target(change.to)), Look::Notable),
                cell(&alerts(&change.alerts)),
                cell(&change.title),
            ]);
        }
        screen.line(&table.to_string());
    }
    let acts: usize = pushes.iter().map(|push| push.acts.len()).sum();
    if acts > 0 {
        screen.line(&format!("{} due to follow:", counted(acts, "alert is", "alerts are")));
        let mut table = table(&["incident", "severity", "is", "alert", "from", "act"]);
        for push in pushes {
            for (alert, act) in &push.acts {
                table.add_row([
                    cell(&push.number.to_string()),
                    cell(&push.severity.to_string()),
                    cell(&push.state.to_string()),
                    cell(&alert.title),
                    cell(&alert.state.to_string()),
                    look(cell(&act.to_string()), Look::Notable),
                ]);
            }
        }
        screen.line(&table.to_string());
    }
    left(observation, screen);
    brakes(observation, screen);
}

/// A pass that came to its end, for people.
pub fn pass(pass: &Pass, screen: &mut Screen) {
    if pass.outcomes.is_empty() && pass.pushed.is_empty() {
        screen.line(&nothing("Nothing was changed: nothing is due", &pass.observation));
    } else {
        outcomes(pass.run, pass.written(), &pass.outcomes, screen);
    }
    if !pass.pushed.is_empty() {
        let mut table = table(&["incident", "alert", "from", "act", "what became of it"]);
        for pushed in &pass.pushed {
            table.add_row([
                cell(&pushed.number.to_string()),
                cell(&pushed.alert.title),
                cell(&pushed.alert.state.to_string()),
                cell(&pushed.act.to_string()),
                fate(&pushed.fate),
            ]);
        }
        screen.line(&table.to_string());
    }
    notes(&pass.noted, screen);
    left(&pass.observation, screen);
    brakes(&pass.observation, screen);
}

/// What became of the notes to whoever works on incidents.
fn notes(noted: &[NoteWritten], screen: &mut Screen) {
    let written = noted.iter().filter(|note| note.failed.is_none()).count();
    if written > 0 {
        screen.line(&format!("{} written to incidents.", counted(written, "note was", "notes were")));
    }
    for (note, why) in noted.iter().filter_map(|note| Some((note, note.failed.as_ref()?))) {
        screen.line(&format!("The note to incident {} was not written: {}", note.number, safe(why)));
    }
}

/// That there is nothing, and what that is known from.
fn nothing(said: &str, observation: &Observation) -> String {
    let at = |ingested: Option<Time>| ingested.map_or_else(|| "never".to_owned(), moment);
    let newest = format!(
        "The newest rows came in: SecurityIncident {}, SecurityAlert {}",
        at(observation.incidents_ingested),
        at(observation.alerts_ingested)
    );
    match observation.freshness {
        Freshness::Fresh => format!("{said}."),
        Freshness::Quiet => format!(
            "{said}, as far as the tables tell, and they have been quiet. {newest}. Whether nothing happened since or rows are late, \
             they do not say (tables-quiet)."
        ),
        Freshness::Behind(why) => {
            format!("{said}, as far as the tables tell, but rows are missing: {why} (tables-behind). {newest}.")
        }
    }
}

/// A plan that was carried out, for people.
pub fn carried_out(done: &CarriedOut, screen: &mut Screen) {
    outcomes(done.run, done.written(), &done.outcomes, screen);
    for brake in &done.brakes {
        screen.line(&brake_line(brake));
    }
}

/// What became of each change.
fn outcomes(run: Option<RunId>, written: usize, outcomes: &[Outcome], screen: &mut Screen) {
    let run = run.map_or_else(String::new, |run| format!(", run {run}"));
    screen.line(&format!("{} made{run}:", counted(written, "change was", "changes were")));
    let mut table = table(&["number", "from", "to", "what became of it", "title"]);
    for outcome in outcomes {
        let change = outcome.change();
        table.add_row([
            cell(&change.number.to_string()),
            cell(&change.from.to_string()),
            cell(&target(change.to)),
            became(outcome),
            cell(&change.title),
        ]);
    }
    screen.line(&table.to_string());
}

/// The brakes that are on, and what releases each.
fn brakes(observation: &Observation, screen: &mut Screen) {
    for brake in &observation.brakes {
        screen.line(&brake_line(brake));
    }
}

/// A pass in one line.
pub fn pass_line(pass: &Pass) -> String {
    let failed = pass.outcomes.len() + pass.pushed.len() - pass.written();
    let held = pass.observation.plan.left.iter().filter(|left| left.reason.is_held()).count();
    let freshness = match pass.observation.freshness {
        Freshness::Fresh => String::new(),
        other => format!(", {}", other.word()),
    };
    format!(
        "{}  {} seen, {} changed, {failed} not changed, {held} held{freshness}",
        moment(pass.observation.asked),
        counted(usize::try_from(pass.observation.seen()).unwrap_or(usize::MAX), "incident", "incidents"),
        pass.written()
    )
}

/// An outcome in one line.
pub fn outcome_line(outcome: &Outcome) -> String {
    let change = outcome.change();
    format!("incident {}: {} -> {}: {}", change.number, change.from, target(change.to), outcome_word(outcome))
}

/// A plan, for machines.
pub fn observation_json(settings: &Settings, observation: &Observation) -> Value {
    let mut document = seen_json(settings, observation);
    document["changes"] = observation.plan.changes.iter().map(change_json).collect();
    document["alerts"] = observation.plan.pushes.iter().flat_map(push_json).collect();
    document
}

/// A pass that came to its end, for machines.
pub fn pass_json(settings: &Settings, pass: &Pass) -> Value {
    let mut document = seen_json(settings, &pass.observation);
    document["run"] = pass.run.map(|run| run.to_string()).into();
    document["changes"] = pass.outcomes.iter().map(outcome_json).collect();
    document["alerts"] = pass.pushed.iter().map(pushed_json).collect();
    let note = |note: &NoteWritten| json!({ "incident": note.incident.as_str(), "number": note.number, "failed": note.failed });
    document["notes"] = pass.noted.iter().map(note).collect();
    document
}

fn pushed_json(pushed: &Pushed) -> Value {
    let mut json = act_json(&pushed.incident, pushed.number, &pushed.alert, pushed.act);
    let (word, why) = fate_words(&pushed.fate);
    json["outcome"] = word.into();
    json["why"] = why.into();
    json
}

/// A plan that was carried out, for machines.
pub fn carried_out_json(settings: &Settings, done: &CarriedOut) -> Value {
    json!({
        "cloud": settings.cloud,
        "host": settings.host(),
        "workspace": settings.scope.arm_id(),
        "instance": settings.instance.as_str(),
        "policy": settings.policy.name(),
        "run": done.run.map(|run| run.to_string()),
        "brakes": brakes_json(&done.brakes.iter().collect::<Vec<_>>())["brakes"],
        "changes": done.outcomes.iter().map(outcome_json).collect::<Vec<_>>(),
    })
}

fn outcome_json(outcome: &Outcome) -> Value {
    let mut json = change_json(outcome.change());
    json["outcome"] = outcome_word(outcome).into();
    json["why"] = why(outcome).into();
    json
}

fn push_json(push: &Push) -> impl Iterator<Item = Value> + '_ {
    push.acts.iter().map(|(alert, act)| act_json(&push.incident, push.number, alert, *act))
}

fn act_json(incident: &IncidentId, number: u64, alert: &Alert, act: AlertAct) -> Value {
    json!({
        "id": alert.id.as_str(),
        "title": alert.title,
        "name": alert.place.as_ref().map(lockstep_core::AlertPlace::name),
        "incident": incident.as_str(),
        "number": number,
        "from": alert_state(&alert.state),
        "act": act.to_string(),
    })
}

/// What became of an act on an alert: a word, and why, where there is a why.
pub(super) fn fate_words(fate: &Fate) -> (&'static str, Option<String>) {
    match fate {
        Fate::Moved => ("made", None),
        Fate::NotDue(why) => ("not due any more", Some(why.clone())),
        Fate::Refused(why) => ("refused", Some(why.clone())),
        Fate::InDoubt(why) => ("in doubt", Some(why.clone())),
        Fate::NotTried(why) => ("not tried", Some(not_tried(why))),
    }
}

fn fate(fate: &Fate) -> comfy_table::Cell {
    let (word, why) = fate_words(fate);
    let text = why.map_or_else(|| word.to_owned(), |why| format!("{word}: {why}"));
    let how = match fate {
        Fate::Moved => Look::Good,
        Fate::NotDue(_) => Look::Faint,
        Fate::NotTried(_) => Look::Notable,
        Fate::Refused(_) | Fate::InDoubt(_) => Look::Bad,
    };
    look(cell(&text), how)
}

fn seen_json(settings: &Settings, observation: &Observation) -> Value {
    let left = observation.plan.left.iter().map(|left| {
        json!({ "incident": left.incident.as_str(), "reason": left.reason.word(), "why": left.reason.to_string() })
    });
    let unreadable = observation.unreadable.iter().map(|row| json!({ "incident": row.name, "found": row.found }));
    let untouched: serde_json::Map<_, _> =
        observation.untouched.iter().map(|(why, count)| (why.word().to_owned(), Value::from(*count))).collect();
    json!({
        "cloud": settings.cloud,
        "host": settings.host(),
        "workspace": settings.scope.arm_id(),
        "instance": settings.instance.as_str(),
        "policy": settings.policy.name(),
        "sight": if settings.policy.policy.sight == Sight::Direct { "direct" } else { "tables" },
        "asked": moment(observation.asked),
        "incidents_ingested": observation.incidents_ingested.map(moment),
        "alerts_ingested": observation.alerts_ingested.map(moment),
        "freshness": observation.freshness.word(),
        "seen": observation.seen(),
        "brakes": brakes_json(&observation.brakes.iter().collect::<Vec<_>>())["brakes"],
        "left": left.collect::<Vec<_>>(),
        "unconfirmed": observation.unconfirmed.iter().map(|it| it.write.0).collect::<Vec<_>>(),
        "unreadable": unreadable.collect::<Vec<_>>(),
        "untouched": untouched,
    })
}

fn change_json(change: &Change) -> Value {
    let alerts = change.alerts.iter().map(|alert| {
        json!({
            "id": alert.id.as_str(),
            "state": alert_state(&alert.state),
            "title": alert.title,
            "name": alert.place.as_ref().map(lockstep_core::AlertPlace::name),
        })
    });
    json!({
        "incident": change.incident.as_str(),
        "number": change.number,
        "title": change.title,
        "severity": change.severity.to_string(),
        "created": moment(change.created),
        "from": state_word(&change.from),
        "to": target_word(change.to),
        "classification": match change.to {
            Target::New | Target::Active => None,
            Target::Closed(classification) => Some(classification.as_str()),
        },
        "alerts": alerts.collect::<Vec<_>>(),
    })
}

/// What is left alone, and why: each one that somebody should look at, the others counted.
fn left(observation: &Observation, screen: &mut Screen) {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (why, count) in &observation.untouched {
        *counts.entry(sentence(*why)).or_default() += count;
    }
    let mut table = table(&["incident", "is left alone because"]);
    for left in &observation.plan.left {
        if left.reason.is_held() || left.reason.is_unknown() {
            table.add_row([cell(left.incident.as_str()), look(cell(&left.reason.to_string()), Look::Notable)]);
        } else {
            *counts.entry(left.reason.to_string()).or_default() += 1;
        }
    }
    for row in &observation.unreadable {
        let found = format!("its row cannot be read: {}", row.found);
        table.add_row([cell(&row.name), look(cell(&found), Look::Bad)]);
    }
    if !table.is_empty() {
        screen.line(&table.to_string());
    }
    if !observation.unconfirmed.is_empty() {
        let entries: Vec<_> = observation.unconfirmed.iter().map(|it| it.write.to_string()).collect();
        let count = counted(entries.len(), "write has", "writes have");
        screen.line(&format!(
            "{count} not shown in the tables for longer than the policy waits: entry {}",
            entries.join(", ")
        ));
    }
    let total: u64 = counts.values().sum();
    if total > 0 {
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        screen.line(&format!("{} left alone:", counted(total, "incident is", "incidents are")));
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (why, count) in counts {
            screen.line(&format!("{count:>7}  {}", safe(&why)));
        }
    }
}

fn became(outcome: &Outcome) -> comfy_table::Cell {
    let text = match why(outcome) {
        None => outcome_word(outcome).to_owned(),
        Some(why) => format!("{}: {why}", outcome_word(outcome)),
    };
    let how = match outcome {
        Outcome::Written { .. } => Look::Good,
        Outcome::Left { .. } | Outcome::Made { .. } => Look::Faint,
        Outcome::NotTried { .. } | Outcome::Stale { .. } => Look::Notable,
        Outcome::Refused { .. } | Outcome::InDoubt { .. } => Look::Bad,
    };
    look(cell(&text), how)
}

/// A word for each kind of outcome, stable.
pub fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Written { .. } => "written",
        Outcome::Left { .. } => "left alone",
        Outcome::Stale { .. } => "stale",
        Outcome::Made { .. } => "made before",
        Outcome::Refused { .. } => "refused",
        Outcome::InDoubt { .. } => "in doubt",
        Outcome::NotTried { .. } => "not tried",
    }
}

fn why(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Written { .. } | Outcome::Made { .. } => None,
        Outcome::Stale { moved, .. } => Some(moved.join("; ")),
        Outcome::Left { reason, .. } => Some(reason.to_string()),
        Outcome::Refused { error, .. } => Some(error.clone()),
        Outcome::InDoubt { why, .. } => Some(why.clone()),
        Outcome::NotTried { why, .. } => Some(not_tried(why)),
    }
}

fn not_tried(why: &NotTried) -> String {
    match why {
        NotTried::Rights(why) | NotTried::Ledger(why) => why.clone(),
        NotTried::Stopping => "lockstep was asked to end".to_owned(),
    }
}

/// The states of some alerts, counted.
pub fn alerts(alerts: &[Alert]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for alert in alerts {
        *counts.entry(alert_state(&alert.state)).or_default() += 1;
    }
    let parts: Vec<_> = counts
        .into_iter()
        .map(|(state, count)| if count == 1 { state.to_owned() } else { format!("{count} {state}") })
        .collect();
    parts.join(", ")
}

pub(super) fn alert_state(state: &AlertState) -> &str {
    match state {
        AlertState::New => "New",
        AlertState::InProgress => "InProgress",
        AlertState::Dismissed => "Dismissed",
        AlertState::Resolved => "Resolved",
        AlertState::Unknown(word) => word,
        AlertState::Missing => "missing",
        AlertState::Unread => "unread",
    }
}

fn state_word(state: &IncidentState) -> &str {
    match state {
        IncidentState::New => "New",
        IncidentState::Active => "Active",
        IncidentState::Closed(_) => "Closed",
        IncidentState::Other(word) => word,
    }
}

fn target_word(target: Target) -> &'static str {
    match target {
        Target::New => "New",
        Target::Active => "Active",
        Target::Closed(_) => "Closed",
    }
}

/// What becomes of an incident.
pub fn target(target: Target) -> String {
    match target {
        Target::New => "New".to_owned(),
        Target::Active => "Active".to_owned(),
        Target::Closed(classification) => format!("Closed ({classification})"),
    }
}

/// The decision's own words, for what the tables alone showed.
pub(super) fn sentence(why: Untouched) -> String {
    let reason = match why {
        Untouched::OtherProduct => Reason::OtherProduct,
        Untouched::Closed => Reason::Closed,
        Untouched::NoAlerts => Reason::NoAlerts,
        Untouched::AlertsNew => Reason::AlertsNew,
        Untouched::AlertStillNew => Reason::AlertStillNew,
        Untouched::AlertsDisagree => Reason::AlertsDisagree,
        Untouched::NotMapped => Reason::NotMapped,
        Untouched::InStep => Reason::InStep,
        Untouched::AlertUnclear => return "one of its alerts has no row, or is in an unknown state".to_owned(),
        Untouched::IncidentUnclear => return "it is in an unknown state".to_owned(),
        Untouched::AlertsUnnamed => return "no row says yet which alerts it holds".to_owned(),
    };
    reason.to_string()
}

/// A moment in RFC 3339, UTC, to the second.
pub fn moment(time: Time) -> String {
    let seconds = time.ticks().div_euclid(Time::TICKS_PER_SECOND);
    let moment = ::time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = moment.and_then(|moment| moment.format(&::time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds} s"))
}

/// The same of a moment of this machine.
pub fn moment_of(moment: ::time::OffsetDateTime) -> String {
    let ticks = moment.unix_timestamp_nanos() / 100;
    self::moment(Time::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX)))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
