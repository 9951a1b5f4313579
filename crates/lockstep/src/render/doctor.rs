//! What doctor found.

use lockstep_engine::{Check, Mend, Status};
use serde_json::{Value, json};

use super::{Screen, safe};

/// A line for each check; for one that is not as it should be also what was asked, why it matters and what mends it.
pub fn checks(checks: &[Check], screen: &mut Screen) {
    for check in checks {
        let about = if check.about.is_empty() { String::new() } else { format!(" ({})", safe(&check.about)) };
        screen.line(&format!("{:<8} {}{about}: {}", word(check.status), check.name, safe(&check.found)));
        if check.status == Status::Ok {
            continue;
        }
        screen.line(&format!("         asked: {}", check.asked));
        screen.line(&format!("         why:   {}", check.why));
        match &check.mend {
            Some(Mend::Run(command)) => screen.line(&format!("         run:   {}", safe(command))),
            Some(Mend::Do(what)) => screen.line(&format!("         do:    {}", safe(what))),
            None => {}
        }
    }
    let counts: Vec<String> = ALL
        .iter()
        .map(|status| (status, count(checks, *status)))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", word(*status)))
        .collect();
    screen.line(&format!("\n{} checks: {}", checks.len(), counts.join(", ")));
}

/// The same as data.
pub fn checks_json(checks: &[Check]) -> Value {
    let shown = |check: &Check| {
        let (run, what) = match &check.mend {
            Some(Mend::Run(command)) => (Some(command), None),
            Some(Mend::Do(what)) => (None, Some(what)),
            None => (None, None),
        };
        json!({
            "name": check.name,
            "about": check.about,
            "status": word(check.status),
            "asked": check.asked,
            "found": check.found,
            "why": check.why,
            "run": run,
            "do": what,
        })
    };
    let counts: serde_json::Map<String, Value> =
        ALL.iter().map(|status| (word(*status).to_owned(), count(checks, *status).into())).collect();
    json!({ "checks": checks.iter().map(shown).collect::<Vec<_>>(), "counts": counts })
}

fn count(checks: &[Check], status: Status) -> usize {
    checks.iter().filter(|check| check.status == status).count()
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Unknown => "unknown",
        Status::Failed => "failed",
    }
}

const ALL: [Status; 4] = [Status::Failed, Status::Unknown, Status::Warning, Status::Ok];
