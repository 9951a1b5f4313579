//! What becomes of a policy that changed while a watch runs.

use lockstep_engine::{Answer, Wanted};
use lockstep_ledger::Approved;
use serde_json::{Value, json};

use super::brake::{item_json, items as rows};
use super::{Screen, safe};

/// What becomes of a policy, for people.
pub fn wanted(wanted: &Wanted, answer: &Answer, screen: &mut Screen) {
    let name = safe(&wanted.policy.name);
    match answer {
        Answer::Holds => screen.line(&format!("The policy {name} holds from now on.")),
        Answer::Waits(items) => {
            let count = items.len();
            screen.line(&format!(
                "The policy {name} waits: it would newly lower {count} open incidents. The one that holds stays."
            ));
            rows(items.iter(), screen);
            screen.line("Approve exactly these with `lockstep policy approve`, or take the policy back.");
        }
    }
}

/// What becomes of a policy, for machines.
pub fn wanted_json(wanted: &Wanted, answer: &Answer) -> Value {
    let items = match answer {
        Answer::Holds => Vec::new(),
        Answer::Waits(items) => items.iter().map(item_json).collect(),
    };
    let state = if *answer == Answer::Holds { "holds" } else { "waits" };
    json!({ "event": "policy", "policy": &*wanted.policy.name, "state": state, "would_lower": items })
}

/// What was approved that a policy would lower, for people; `left` where another instance has yet to enter it.
pub fn policy_approved(approved: &Approved, left: bool, screen: &mut Screen) {
    if approved.items.is_empty() {
        screen.line("It would lower nothing now: there is nothing to approve.");
        return;
    }
    screen.line(&format!("{} said yes to {} of its changes:", safe(&approved.by), approved.items.len()));
    rows(approved.items.iter(), screen);
    if left {
        screen.line("Another instance holds the ledger; its next pass enters this.");
    }
}
