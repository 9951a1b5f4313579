//! One incident explained, and everything that disagrees.

use lockstep_azure::Recorded;
use lockstep_core::{AlertAct, Course, Fired, Reason, Target, Verdict};
use lockstep_engine::{Disagreement, Drift, Explained, Explanation};
use lockstep_ledger::{Entry, View};
use serde_json::{Value, json};

use super::ledger::words;
use super::pass::{alert_state, moment, sentence, target};
use super::table::{Look, cell, look, table};
use super::{Screen, safe};
use crate::settings::Settings;

/// An incident explained, for people.
pub fn explanation(explanation: &Explanation, entries: &[Entry], screen: &mut Screen) {
    match (&explanation.judged, explanation.untouched) {
        (Some(judged), _) => explained(judged, screen),
        (None, Some(why)) => screen.line(&format!("It is left alone: {}.", safe(&sentence(why)))),
        (None, None) => screen.line("Its row in the tables cannot be read, so that it is left alone."),
    }
    screen.line("");
    screen.line("How it came to stand there:");
    let mut rows: Vec<_> = explanation.timeline.iter().map(|row| (row.at, recorded(row))).collect();
    rows.extend(entries.iter().map(|entry| {
        let (event, about, what, _) = words(entry);
        (entry.at, ["lockstep".to_owned(), format!("{event}, entry {}", entry.number), about, what])
    }));
    rows.sort_by_key(|(at, _)| *at);
    let mut table = table(&["at", "what", "", "by", ""]);
    for (at, [what, how, by, more]) in rows {
        table.add_row([cell(&moment(at)), cell(&what), cell(&how), cell(&by), cell(&more)]);
    }
    screen.line(&table.to_string());
}

/// An incident explained, for machines.
pub fn explanation_json(settings: &Settings, explanation: &Explanation, entries: &[Entry]) -> Value {
    let timeline = explanation.timeline.iter().map(|row| {
        json!({
            "at": moment(row.at),
            "about": if row.is_incident { "incident" } else { "alert" },
            "name": row.name,
            "title": row.title,
            "status": row.status,
            "by": row.by,
            "owner": row.owner,
            "classification": row.classification,
            "comment": row.comment,
        })
    });
    let entries: Vec<_> = entries.iter().map(View::from).collect();
    json!({
        "workspace": settings.scope.arm_id(),
        "policy": settings.policy.name(),
        "asked": moment(explanation.asked),
        "untouched": explanation.untouched.map(lockstep_azure::Untouched::word),
        "judged": explanation.judged.as_ref().map(explained_json),
        "timeline": timeline.collect::<Vec<_>>(),
        "entries": entries,
    })
}

fn explained(judged: &Explained, screen: &mut Screen) {
    let incident = &judged.incident;
    let title = safe(&incident.title);
    screen.line(&format!("Incident {} \"{title}\" ({}), {}", incident.number, incident.id, incident.severity));
    screen.line(&format!("  stands    {}", safe(&incident.state.to_string())));
    for alert in &incident.alerts {
        let title = safe(&alert.title);
        screen.line(&format!("  alert     {}: \"{title}\" ({})", safe(alert_state(&alert.state)), alert.id));
    }
    screen.line(&format!("  verdict   {}", safe(&says(&judged.verdict))));
    screen.line(&format!("  rule      {}", safe(&fired(&judged.fired))));
    screen.line(&format!("  base      {}", safe(&base(judged))));
    if let Some(brake) = judged.brake {
        screen.line(&format!("  brake     {brake} holds it; `lockstep approve {brake}` releases it"));
    }
    screen.line("");
    if judged.remedies.is_empty() {
        screen.line("No single thing would change that.");
        return;
    }
    screen.line("What would change that:");
    for (remedy, then) in &judged.remedies {
        screen.line(&format!("  - if {}: {}", safe(&remedy.to_string()), safe(&says(then))));
    }
}

fn explained_json(judged: &Explained) -> Value {
    let incident = &judged.incident;
    let alerts = incident.alerts.iter().map(|alert| {
        json!({ "id": alert.id.as_str(), "state": alert_state(&alert.state), "title": alert.title, "type": alert.kind })
    });
    let base = judged.base.as_ref().map(|base| {
        let pairs = base.pairs().iter().map(|pair| {
            json!({
                "alert": pair.alert.as_str(),
                "state": alert_state(&pair.state),
                "incident": pair.incident.to_string(),
            })
        });
        json!({ "pairs": pairs.collect::<Vec<_>>(), "written": base.written().map(ToString::to_string) })
    });
    let remedies = judged.remedies.iter().map(|(remedy, then)| json!({ "if": remedy.to_string(), "then": says(then) }));
    json!({
        "incident": incident.id.as_str(),
        "number": incident.number,
        "title": incident.title,
        "severity": incident.severity.to_string(),
        "state": incident.state.to_string(),
        "alerts": alerts.collect::<Vec<_>>(),
        "verdict": says(&judged.verdict),
        "reason": reason(&judged.verdict).map(Reason::word),
        "rule": judged.fired.rule(),
        "unclear": judged.fired.unclear(),
        "base": base,
        "began": judged.began.map(moment),
        "brake": judged.brake,
        "remedies": remedies.collect::<Vec<_>>(),
    })
}

/// What disagrees, for people.
pub fn drift(drift: &Drift, screen: &mut Screen) {
    if drift.pairs.is_empty() {
        screen.line("Nothing disagrees.");
    } else {
        let mut table = table(&["since", "incident", "stands", "alert", "says", "what is made of it", "title"]);
        for apart in &drift.pairs {
            let incident = &apart.incident;
            let how = if apart.course.is_ok() { Look::Notable } else { Look::Faint };
            table.add_row([
                cell(&moment(apart.since)),
                cell(&incident.number.to_string()),
                cell(&incident.state.to_string()),
                cell(apart.alert.id.as_str()),
                cell(alert_state(&apart.alert.state)),
                look(cell(&made(apart)), how),
                cell(&incident.title),
            ]);
        }
        screen.line(&table.to_string());
    }
    for row in &drift.unreadable {
        screen.line(&format!("Incident {}: its row cannot be read: {}", safe(&row.name), safe(&row.found)));
    }
}

/// What disagrees, for machines.
pub fn drift_json(settings: &Settings, drift: &Drift) -> Value {
    let pairs = drift.pairs.iter().map(|apart| {
        let (incident, alert) = (&apart.incident, &apart.alert);
        json!({
            "since": moment(apart.since),
            "incident": incident.id.as_str(),
            "number": incident.number,
            "title": incident.title,
            "severity": incident.severity.to_string(),
            "state": incident.state.to_string(),
            "alert": alert.id.as_str(),
            "alert_state": alert_state(&alert.state),
            "due": apart.course.is_ok(),
            "reason": apart.course.as_ref().err().map(Reason::word),
            "says": made(apart),
        })
    });
    let unreadable = drift.unreadable.iter().map(|row| json!({ "incident": row.name, "found": row.found }));
    json!({
        "workspace": settings.scope.arm_id(),
        "policy": settings.policy.name(),
        "asked": moment(drift.asked),
        "pairs": pairs.collect::<Vec<_>>(),
        "unreadable": unreadable.collect::<Vec<_>>(),
    })
}

fn made(apart: &Disagreement) -> String {
    match &apart.course {
        Ok(Course::Inward(to)) => format!("it becomes {}, once fresh reads confirm it", target(*to)),
        Ok(Course::Outward(_)) => "its alerts follow, once fresh reads confirm it".to_owned(),
        Err(reason) => format!("left alone: {reason}"),
    }
}

/// A verdict as the end of a sentence.
fn says(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Change(change) => match change.to {
            Target::New => "it becomes New again".to_owned(),
            to => format!("it becomes {}", target(to)),
        },
        Verdict::Push(push) => {
            let mut words: Vec<_> = push.acts.iter().map(|(_, act)| act_word(*act)).collect();
            words.dedup();
            format!("its alerts become {}", words.join(" and "))
        }
        Verdict::Leave(_, reason) => format!("left alone: {reason}"),
    }
}

fn reason(verdict: &Verdict) -> Option<&Reason> {
    match verdict {
        Verdict::Leave(_, reason) => Some(reason),
        Verdict::Change(_) | Verdict::Push(_) => None,
    }
}

fn act_word(act: AlertAct) -> &'static str {
    match act {
        AlertAct::Activate => "active",
        AlertAct::SetInProgress => "in progress",
        AlertAct::Dismiss => "dismissed",
        AlertAct::Resolve => "resolved",
    }
}

fn fired(fired: &Fired) -> String {
    match fired {
        Fired::NoRule => "none; the policy's own knobs hold".to_owned(),
        Fired::Rule(name) => format!("\"{name}\""),
        Fired::Unclear { rule, unknown } => format!("nobody can tell whether \"{rule}\" is meant: {unknown}"),
    }
}

fn base(judged: &Explained) -> String {
    let Some(base) = &judged.base else {
        return match judged.began {
            Some(began) => format!("nothing was entered; both were born New, the ledger began at {}", moment(began)),
            None => "nothing was entered, and the ledger has not begun".to_owned(),
        };
    };
    let pairs = base.pairs().iter().map(|pair| {
        format!("alert {} was {} while the incident was {}", pair.alert, alert_state(&pair.state), pair.incident)
    });
    let written = base.written().map(|state| format!("lockstep last wrote {state}"));
    pairs.chain(written).collect::<Vec<_>>().join("; ")
}

/// A row of a table: what, how it stood, who made it so, and more.
fn recorded(row: &Recorded) -> [String; 4] {
    let what = if row.is_incident { "incident".to_owned() } else { format!("alert \"{}\"", row.title) };
    let how = if row.classification.is_empty() {
        row.status.clone()
    } else {
        format!("{} ({})", row.status, row.classification)
    };
    let owner = if row.owner.is_empty() { String::new() } else { format!("owner {}", row.owner) };
    let more = [owner, row.comment.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    [what, how, row.by.clone(), more]
}
