//! What was seen in the demo.

use comfy_table::presets::UTF8_FULL;
use comfy_table::{Cell, CellAlignment};
use serde_json::{Value, json};

use super::Screen;
use super::table::{Look, look, table};
use crate::commands::demo::{Played, Seen, Standing};

/// The table and the summary, for people.
pub fn demo(played: &Played, screen: &mut Screen) {
    screen.line(&format!("A twin of Defender for Cloud, Sentinel and Log Analytics, at {}", played.url));
    screen.line("");
    let mut table = table(&["who did what", "", "Defender alert", "Sentinel alert", "Sentinel incident", ""]);
    table.load_style(UTF8_FULL.with_rounded_corners().with_solid_inner_borders());
    for seen in &played.rows {
        let (before, after) = (&seen.before, &seen.after);
        let pair = |of: fn(&Standing) -> &String| Cell::new(format!("{}\n{}", of(before), of(after)));
        table.add_row([
            Cell::new(format!("{}:\n{}", seen.row.side, seen.row.what)),
            look(Cell::new("before\nafter"), Look::Faint).set_alignment(CellAlignment::Right),
            pair(|standing| &standing.defender_alert),
            pair(|standing| &standing.sentinel_alert),
            pair(|standing| &standing.incident),
            verdict(seen),
        ]);
    }
    screen.line(&table.to_string());
    screen.line("");
    let right = played.rows.iter().filter(|seen| seen.is_right()).count();
    let gaps = played.rows.iter().filter(|seen| seen.before.has_gap()).count();
    let closed = played.rows.iter().filter(|seen| seen.before.has_gap() && !seen.after.has_gap()).count();
    screen.line(&format!(
        "{right} of {} rows right, {closed} of {gaps} gaps closed, in {} requests and {:.2} s.",
        played.rows.len(),
        played.requests,
        played.took.as_secs_f64()
    ));
    let requests = if played.idle_requests == 1 { "request" } else { "requests" };
    screen.line(&match played.changed_again {
        0 => format!("A further pass changed nothing, in {} {requests}.", played.idle_requests),
        again => format!("A further pass changed {again} more, which is wrong."),
    });
}

/// The same, for machines.
pub fn demo_json(played: &Played) -> Value {
    let standing = |standing: &Standing| {
        json!({
            "defender_alert": standing.defender_alert,
            "sentinel_alert": standing.sentinel_alert,
            "incident": standing.incident,
        })
    };
    let rows = played.rows.iter().map(|seen| {
        json!({
            "side": seen.row.side,
            "what": seen.row.what,
            "before": standing(&seen.before),
            "after": standing(&seen.after),
            "right": seen.is_right(),
        })
    });
    json!({
        "url": played.url,
        "rows": rows.collect::<Vec<_>>(),
        "right": played.is_right(),
        "changed_again": played.changed_again,
        "requests": played.requests,
        "idle_requests": played.idle_requests,
        "seconds": played.took.as_secs_f64(),
    })
}

fn verdict(seen: &Seen) -> Cell {
    match (seen.is_right(), seen.before.has_gap()) {
        (false, _) => look(Cell::new("wrong"), Look::Bad),
        (true, true) => look(Cell::new("gap\nclosed"), Look::Good),
        (true, false) => look(Cell::new("in step"), Look::Faint),
    }
}
