//! The brakes that are on, and what somebody released from one.

use lockstep_core::Item;
use lockstep_ledger::{Approved, OpenBrake};
use serde_json::{Value, json};

use super::pass::moment;
use super::table::{Look, cell, look, table};
use super::{Screen, safe};

/// The brakes that are on and all that they hold, for people.
pub fn brakes(brakes: &[&OpenBrake], screen: &mut Screen) {
    if brakes.is_empty() {
        screen.line("No brake is on.");
        return;
    }
    for brake in brakes {
        screen.line(&brake_line(brake));
        items(brake.items(), screen);
    }
}

/// One brake in a line, with what releases it.
pub fn brake_line(brake: &OpenBrake) -> String {
    let (held, number) = (brake.items().count(), brake.number());
    format!(
        "Brake {number} is on since {}: {} for {}. It holds {held} change{}; `lockstep approve {number}` releases {}.",
        moment(brake.since),
        safe(&brake.limit),
        safe(&brake.scope.to_string()),
        if held == 1 { "" } else { "s" },
        if held == 1 { "it" } else { "them" },
    )
}

/// The brakes that are on, for machines.
pub fn brakes_json(brakes: &[&OpenBrake]) -> Value {
    let brakes: Vec<_> = brakes
        .iter()
        .map(|brake| {
            json!({
                "brake": brake.number(),
                "scope": brake.scope.to_string(),
                "limit": brake.limit,
                "since": moment(brake.since),
                "holds": brake.items().map(item_json).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "brakes": brakes })
}

/// What was released, for people; `left` says that another instance has yet to enter it.
pub fn approved(brake: &OpenBrake, approved: &Approved, left: bool, screen: &mut Screen) {
    let count = approved.items.len();
    let changes = if count == 1 { "change" } else { "changes" };
    screen.line(&format!("{} said yes to {count} {changes}:", safe(&approved.by)));
    items(approved.items.iter(), screen);
    let more = brake.items().count() - count;
    if more > 0 {
        screen.line(&format!("{more} more came later and still wait: the brake stays on for them."));
    }
    if left {
        screen.line("Another instance holds the ledger; its next pass enters this.");
    }
}

/// What was released, for machines.
pub fn approved_json(approved: &Approved, left: bool) -> Value {
    let items: Vec<_> = approved.items.iter().map(item_json).collect();
    json!({ "by": approved.by, "approved": items, "entered": !left })
}

/// Changes, one in a row.
pub(super) fn items<'a>(items: impl Iterator<Item = &'a Item>, screen: &mut Screen) {
    let mut table = table(&["number", "incident", "change"]);
    let mut items: Vec<_> = items.collect();
    items.sort_by_key(|item| item.number);
    for item in items {
        table.add_row([
            cell(&item.number.to_string()),
            cell(item.incident.as_str()),
            look(cell(&item.terms), Look::Notable),
        ]);
    }
    screen.line(&table.to_string());
}

/// A change, for machines.
pub(super) fn item_json(item: &Item) -> Value {
    json!({ "incident": item.incident.as_str(), "number": item.number, "change": item.terms })
}
