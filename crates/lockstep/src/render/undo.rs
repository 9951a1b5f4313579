//! What became of the writes that somebody took back.

use lockstep_engine::{Became, NotTried, Undone};
use serde_json::{Value, json};

use super::Screen;
use super::table::{Look, cell, look, table};
use crate::settings::Settings;

/// What became of each incident, and what cannot be taken back, for people.
pub fn undone(undone: &Undone, screen: &mut Screen) {
    if undone.incidents.is_empty() && undone.alerts.is_empty() {
        screen.line("The run wrote nothing that could be taken back.");
        return;
    }
    let restored = undone.incidents.iter().filter(|taken| matches!(taken.became, Became::Restored)).count();
    let run = undone.run.map_or_else(String::new, |run| format!(", run {run}"));
    screen.line(&format!("{restored} of {} incidents restored{run}:", undone.incidents.len()));
    let mut table = table(&["number", "was left", "stood before", "what became of it"]);
    for taken in &undone.incidents {
        let how = if matches!(taken.became, Became::Restored) { Look::Good } else { Look::Notable };
        table.add_row([
            cell(&taken.number.to_string()),
            cell(&taken.left.to_string()),
            cell(&taken.before.to_string()),
            look(cell(&sentence(&taken.became)), how),
        ]);
    }
    screen.line(&table.to_string());
    for (alert, act) in &undone.alerts {
        screen.line(&format!("Alert {alert} was written, too, and stays as it is; to reverse that, {act} it."));
    }
    if restored > 0 {
        screen.line("What automation rules or the products' own sync did in the meantime is not taken back.");
    }
}

/// The same for machines.
pub fn undone_json(settings: &Settings, undone: &Undone) -> Value {
    let incidents = undone.incidents.iter().map(|taken| {
        json!({
            "incident": taken.incident.as_str(),
            "number": taken.number,
            "entry": taken.write.0,
            "left": taken.left.to_string(),
            "before": taken.before.to_string(),
            "outcome": word(&taken.became),
            "why": sentence(&taken.became),
        })
    });
    let alerts =
        undone.alerts.iter().map(|(alert, act)| json!({ "alert": alert.as_str(), "reverse": act.to_string() }));
    json!({
        "workspace": settings.scope.arm_id(),
        "instance": settings.instance.as_str(),
        "run": undone.run.map(|run| run.to_string()),
        "incidents": incidents.collect::<Vec<_>>(),
        "alerts": alerts.collect::<Vec<_>>(),
    })
}

/// A word for each kind of outcome, stable.
fn word(became: &Became) -> &'static str {
    match became {
        Became::Restored => "restored",
        Became::ChangedSince(_) => "changed since",
        Became::Pruned => "pruned",
        Became::WouldLower => "would lower",
        Became::Gone => "gone",
        Became::Unread(_) => "unread",
        Became::Refused(_) => "refused",
        Became::InDoubt(_) => "in doubt",
        Became::NotTried(_) => "not tried",
    }
}

fn sentence(became: &Became) -> String {
    match became {
        Became::Restored => "restored".to_owned(),
        Became::ChangedSince(what) => format!("left alone: {what}"),
        Became::Pruned => "left alone: what was read before the write was pruned from the ledger".to_owned(),
        Became::WouldLower => "left alone: it was closed before, and closing it again is for a person".to_owned(),
        Became::Gone => "it does not exist any more".to_owned(),
        Became::Unread(why) => format!("it could not be read: {why}"),
        Became::Refused(why) => format!("refused: {why}"),
        Became::InDoubt(why) => format!("in doubt: {why}"),
        Became::NotTried(NotTried::Rights(why) | NotTried::Ledger(why)) => format!("not tried: {why}"),
        Became::NotTried(NotTried::Stopping) => "not tried: lockstep was asked to end".to_owned(),
    }
}
