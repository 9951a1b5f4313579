//! What the workspace's marks say of the ledger.

use lockstep_engine::{Comparison, Rebuilt, Stopped, TakenForOurs, Unannounced, Unseen};
use serde_json::{Value, json};

use super::pass::moment;
use super::table::{cell, table};
use super::{Screen, safe};

/// The ledger beside the workspace, for people.
pub fn comparison(comparison: &Comparison, screen: &mut Screen) {
    let Comparison { agreed, without_entry, without_write, young, beyond, settled, names, others, .. } = comparison;
    let names: Vec<_> = names.iter().map(|name| format!("\"{}\"", safe(name))).collect();
    screen.line(&match names.as_slice() {
        [] => "Beside the workspace: no closing there bears a mark of this ledger, so that nobody knows under which name this installation writes.".to_owned(),
        names => format!("Beside the workspace: this installation writes there as {}.", names.join(", ")),
    });
    screen.line(&format!("{agreed} writes are in both."));
    let counted = [
        (young, "are too young for their row to be expected"),
        (beyond, "are older than what the table still has"),
        (settled, "are from before a person let the ledger go on without them"),
    ];
    for (count, what) in counted.into_iter().filter(|(count, _)| **count > 0) {
        screen.line(&format!("{count} {what}."));
    }
    if !without_entry.is_empty() {
        screen.line(&format!("{} writes in the workspace have no entry:", without_entry.len()));
        let mut table = table(&["number", "at", "by", "stood then", "why it is taken for ours"]);
        for Unannounced { row, why } in without_entry {
            let state = row.state.to_string();
            table.add_row([
                cell(&row.number.to_string()),
                cell(&moment(row.at)),
                cell(&row.by),
                cell(&state),
                cell(sentence(*why)),
            ]);
        }
        screen.line(&table.to_string());
    }
    if !without_write.is_empty() {
        screen.line(&format!("{} entries have no write in the workspace:", without_write.len()));
        let mut table = table(&["entry", "number", "after the look at", "was to stand"]);
        for Unseen { write, number, after, asked, .. } in without_write {
            let (entry, after) = (write.to_string(), after.to_string());
            table.add_row([cell(&entry), cell(&number.to_string()), cell(&moment(*asked)), cell(&after)]);
        }
        screen.line(&table.to_string());
    }
    for (instance, at) in others {
        screen
            .line(&format!("The installation \"{instance}\" writes here, too; its newest mark is of {}.", moment(*at)));
    }
}

/// The same for machines.
pub fn comparison_json(comparison: &Comparison) -> Value {
    let without_entry = comparison.without_entry.iter().map(|Unannounced { row, why }| {
        json!({
            "incident": row.incident.as_str(),
            "number": row.number,
            "at": moment(row.at),
            "by": row.by,
            "state": row.state.to_string(),
            "mark": row.mark.as_ref().map(ToString::to_string),
            "why": word(*why),
        })
    });
    let without_write = comparison.without_write.iter().map(|unseen| {
        json!({
            "entry": unseen.write.0,
            "incident": unseen.incident.as_str(),
            "number": unseen.number,
            "after": unseen.after.to_string(),
            "asked": moment(unseen.asked),
        })
    });
    let others =
        comparison.others.iter().map(|(instance, at)| json!({ "instance": instance.as_str(), "at": moment(*at) }));
    json!({
        "holds": comparison.holds(),
        "agreed": comparison.agreed,
        "without_entry": without_entry.collect::<Vec<_>>(),
        "without_write": without_write.collect::<Vec<_>>(),
        "young": comparison.young,
        "beyond": comparison.beyond,
        "settled": comparison.settled,
        "names": comparison.names,
        "others": others.collect::<Vec<_>>(),
        "asked": moment(comparison.asked),
    })
}

/// What a lost ledger was given back.
pub fn rebuilt(rebuilt: Option<&Rebuilt>, by: &str) -> String {
    let Some(Rebuilt { incidents, written, lowered, last }) = rebuilt else {
        return "Nothing was lost: the ledger holds all that the workspace's marks name.".to_owned();
    };
    format!(
        "{incidents} incidents are known again as they stood when this installation last wrote, at {}, {written} of them by its own writes; the brake counts {lowered} closings of the last day. Recorded as the word of {}. See what would be done now with `lockstep plan`.",
        moment(*last),
        safe(by)
    )
}

/// That a new start was accepted.
pub fn accepted(accepted: bool, by: &str) -> String {
    if accepted {
        format!(
            "The ledger goes on without what it lost, on the word of {}. See what would be done now with `lockstep plan`.",
            safe(by)
        )
    } else {
        "Nothing was lost: the ledger holds all that the workspace's marks name.".to_owned()
    }
}

/// Why a pass with this ledger would write nothing, beside a plan.
pub fn unvouched(stopped: &Stopped) -> String {
    format!("Nothing of this would be written: {}.", safe(&stopped.to_string()))
}

fn sentence(why: TakenForOurs) -> &'static str {
    match why {
        TakenForOurs::Mark => "it bears a mark of this installation that no entry vouches for",
        TakenForOurs::MarkOfAnother => "it bears the mark of another incident",
        TakenForOurs::Name => "this installation writes under that name",
    }
}

fn word(why: TakenForOurs) -> &'static str {
    match why {
        TakenForOurs::Mark => "mark",
        TakenForOurs::MarkOfAnother => "mark-of-another",
        TakenForOurs::Name => "name",
    }
}
