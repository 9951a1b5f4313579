//! The entries of a ledger.

use lockstep_ledger::{Approval, Asked, Entry, Event, StartedFrom, Verified, WhyMoved};
use serde_json::{Value, json};

use crate::settings::LedgerHome;

use super::pass::moment;
use super::table::{Look, cell, look, narrow, table};
use super::{Screen, safe};

/// Entries, for people.
pub fn entries(entries: &[Entry], screen: &mut Screen) {
    if entries.is_empty() {
        screen.line("No entries.");
        return;
    }
    let mut table = table(&["entry", "at", "event", "about", "what"]);
    for entry in entries {
        let (event, about, what, how) = words(entry);
        let event = cell(event);
        let event = how.map_or(event.clone(), |how| look(event, how));
        table.add_row([cell(&entry.number.to_string()), cell(&moment(entry.at)), event, cell(&about), cell(&what)]);
    }
    // Reasons may be long, and a file or a pipe has no width that would wrap them.
    narrow(&mut table, 3, 42);
    narrow(&mut table, 4, 60);
    screen.line(&table.to_string());
}

/// A ledger that holds, for people.
pub fn verified(home: &LedgerHome, verified: &Verified, screen: &mut Screen) {
    screen.line(&format!(
        "{} holds: {} entries, {} bodies{}, head {}",
        safe(&home.to_string()),
        verified.entries,
        verified.bodies,
        if verified.pruned == 0 { String::new() } else { format!(" ({} of them pruned)", verified.pruned) },
        verified.head
    ));
}

/// A ledger that holds, for machines.
pub fn verified_json(verified: &Verified) -> Value {
    json!({ "entries": verified.entries, "bodies": verified.bodies, "pruned": verified.pruned, "head": verified.head.to_string() })
}

/// An entry in words: what, about what, more, and how it looks.
pub(super) fn words(entry: &Entry) -> (&'static str, String, String, Option<Look>) {
    match &entry.event {
        Event::Began(began) => {
            let what = format!("what happens from {} on is followed", moment(began.at));
            ("began", String::new(), what, Some(Look::Faint))
        }
        Event::Restarted(restarted) => {
            let from = match restarted.from {
                StartedFrom::Tables => "the tables gave back what both sides agreed on",
                StartedFrom::Nothing => "what it had lost was accepted as lost",
            };
            ("restarted", String::new(), format!("{from}, by {}", restarted.by), Some(Look::Notable))
        }
        Event::RunStarted(started) => {
            let workspace = started.workspace.rsplit('/').next().unwrap_or_default();
            let what = format!("policy {}, workspace {workspace}", started.policy.name);
            ("run started", format!("run {}", started.run), what, Some(Look::Faint))
        }
        Event::Intended(intended) => {
            let what = format!("{} -> {}", intended.before.state, intended.after);
            ("intended", format!("incident {} ({})", intended.number, intended.incident), what, None)
        }
        Event::AlertIntended(intended) => {
            let what = format!("{} -> {}", intended.before.state, intended.act.leads_to());
            ("intended", format!("alert {}", intended.before.id), what, None)
        }
        Event::NoteIntended(note) => {
            let tag = note.tag.as_ref().map_or_else(String::new, |tag| format!(", tag {tag}"));
            ("intended", format!("note on incident {} ({})", note.number, note.incident), format!("comment{tag}"), None)
        }
        Event::Answered(answered) => {
            let asked = match answered.asked {
                Asked::Approve => "to approve",
                Asked::Undo => "to undo",
            };
            let (what, how) = match &answered.refused {
                None => (format!("{asked}, by {}", answered.by), Look::Good),
                Some(why) => (format!("{asked}, by {}, and not obeyed: {why}", answered.by), Look::Notable),
            };
            ("asked", format!("incident {}", answered.incident), what, Some(how))
        }
        Event::Done(done) => ("done", write(done.write.0), String::new(), Some(Look::Good)),
        Event::Refused(refused) => ("refused", write(refused.write.0), refused.error.clone(), Some(Look::Bad)),
        Event::InDoubt(in_doubt) => ("in doubt", write(in_doubt.write.0), in_doubt.why.clone(), Some(Look::Bad)),
        Event::Settled(settled) => {
            let happened = if settled.happened { "it happened" } else { "it did not happen" };
            ("settled", write(settled.write.0), format!("{happened}: {}", settled.how), Some(Look::Notable))
        }
        Event::Confirmed(confirmed) => ("confirmed", write(confirmed.write.0), confirmed.how.clone(), Some(Look::Good)),
        Event::BaseMoved(moved) => {
            let why = match moved.why {
                WhyMoved::FirstSight => "taken as they stood at first sight",
                WhyMoved::Agreement => "both sides agree",
                WhyMoved::Echo => "an echo, which nothing follows",
                WhyMoved::NothingFollows => "nothing follows",
                WhyMoved::Rebuilt => "rebuilt from the tables",
            };
            ("base moved", format!("incident {}", moved.incident), format!("{}: {why}", moved.state), Some(Look::Faint))
        }
        Event::Braked(braked) => {
            let what = format!("{} for {}; {} more held", braked.limit, braked.scope, braked.items.len());
            ("braked", format!("brake {}", entry.number), what, Some(Look::Notable))
        }
        Event::Approved(approved) => {
            let about = match approved.of {
                Approval::Brake { number } => format!("brake {number}"),
                Approval::Plan { hash } => format!("plan {hash}"),
                Approval::Note { number } => format!("note {number}"),
            };
            ("approved", about, format!("{} changes, by {}", approved.items.len(), approved.by), Some(Look::Good))
        }
        Event::Pruned(pruned) => {
            let what = format!("{} bodies that only entries up to {} name", pruned.bodies, pruned.up_to);
            ("pruned", String::new(), what, Some(Look::Notable))
        }
        Event::RunEnded(ended) => {
            let counts = ended.counts;
            let what = format!(
                "{} changed, {} refused, {} in doubt, {} left alone",
                counts.changed, counts.refused, counts.in_doubt, counts.left
            );
            ("run ended", format!("run {}", ended.run), what, Some(Look::Faint))
        }
    }
}

fn write(number: u64) -> String {
    format!("entry {number}")
}
