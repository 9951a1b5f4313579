//! Entries of a ledger for other programs: JSON and CSV, with or without names of people and resources.

use std::borrow::Cow;

use lockstep_ledger::{Entry, Event, Hash, View};
use serde_json::{Value, json};

use super::pass::moment;

/// What is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing.
    None,
    /// Names of people, workspaces, subscriptions and installations, and every text that may hold one. What ties entries
    /// together stays: numbers, hashes, runs, incidents, alerts, states.
    Names,
}

/// Entries as JSON.
pub fn entries_json(entries: &[Entry], redaction: Redaction) -> Value {
    let views = entries.iter().map(|entry| {
        let mut view = serde_json::to_value(View::from(entry)).expect("entries have text keys");
        if redaction == Redaction::Names {
            redact(&mut view);
        }
        view
    });
    json!({ "entries": views.collect::<Vec<_>>() })
}

/// One entry as JSON, with the bodies that it names; one that is not there any more is null.
pub fn entry_json(entry: &Entry, bodies: &[(Hash, Option<String>)]) -> Value {
    let bodies: serde_json::Map<_, _> = bodies
        .iter()
        .map(|(hash, text)| {
            let body =
                text.as_ref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())));
            (hash.to_string(), body.unwrap_or(Value::Null))
        })
        .collect();
    let mut shown = serde_json::to_value(View::from(entry)).expect("entries have text keys");
    shown["bodies"] = Value::Object(bodies);
    shown
}

/// Leaves out every member that may name somebody or something.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let holds_names = NAMES.contains(&name.as_str()) && !member.is_null();
                if holds_names { *member = Value::from(REDACTED) } else { redact(member) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Entries as CSV (RFC 4180) with a header line: one row each, so that a spreadsheet can sort them.
///
/// A cell that a spreadsheet would compute gets an apostrophe in front. Source: OWASP, CSV injection.
pub fn entries_csv(entries: &[Entry], redaction: Redaction) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for entry in entries {
        let cells = row(entry, redaction);
        let cells: Vec<_> = cells.iter().map(|cell| csv_cell(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn row(entry: &Entry, redaction: Redaction) -> [String; COLUMNS.len()] {
    let view = &entries_json(std::slice::from_ref(entry), redaction)["entries"][0];
    let text = |name: &str| match &view[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (from, to) = match &entry.event {
        Event::Intended(intended) => (intended.before.state.to_string(), intended.after.to_string()),
        Event::AlertIntended(intended) => (intended.before.state.to_string(), intended.act.leads_to().to_string()),
        _ => (String::new(), String::new()),
    };
    let alert = match &entry.event {
        Event::AlertIntended(intended) => intended.before.id.to_string(),
        _ => String::new(),
    };
    let what = ["reason", "why", "how", "error", "limit", "by"].map(text).into_iter().find(|text| !text.is_empty());
    [
        entry.number.to_string(),
        moment(entry.at),
        text("event"),
        text("run"),
        text("incident"),
        text("incident_number"),
        alert,
        from,
        to,
        text("write"),
        what.unwrap_or_default(),
        entry.hash.to_string(),
    ]
}

/// One cell, quoted where that is needed.
fn csv_cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    if text.contains([',', '"', '\n', '\r']) { Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))) } else { text }
}

const COLUMNS: [&str; 12] =
    ["number", "at", "event", "run", "incident", "incident_number", "alert", "from", "to", "write", "what", "hash"];

/// Members whose values name people or resources, or are texts that may.
const NAMES: &[&str] = &[
    "instance",
    "signed_by",
    "workspace",
    "name",
    "person",
    "subscriptions",
    "place",
    "comment",
    "text",
    "reason",
    "by",
    "why",
    "how",
    "scope",
];

const REDACTED: &str = "redacted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_computed() {
        let check = |text: &str, expected: &str| assert_eq!(csv_cell(text), expected);
        check("plain", "plain");
        check("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"");
        check("@SUM(1,2)", "\"'@SUM(1,2)\"");
        check("+1", "'+1");
        check("-1", "'-1");
        check("\tx", "'\tx");
        check("two\nlines", "\"two\nlines\"");
    }
}
