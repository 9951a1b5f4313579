//! A plan in Markdown, to be pasted into a ticket. Names of people and resources are left out unless they are asked for.

use std::fmt::Write;

use lockstep_core::{Change, Reason, Verdict};
use lockstep_engine::Observation;

use super::pass::{alerts, moment, target};
use super::safe;
use crate::settings::Settings;

/// The plan as a Markdown text. With `names`, titles, alerts and the workspace are named.
pub fn ticket(settings: &Settings, observation: &Observation, names: bool) -> String {
    let mut text = String::from("## lockstep: changes of Sentinel incidents\n\n");
    let mut row = |what: &str, value: &str| {
        writeln!(text, "- {what}: {}", escaped(value)).expect("a String takes all that is written");
    };
    row("cloud", &settings.cloud);
    if names {
        row("host", settings.host());
        row("workspace", &settings.scope.arm_id());
    }
    row("instance", settings.instance.as_str());
    row("policy", settings.policy.name());
    row("as of", &moment(observation.asked));
    let waiting = observation.waiting.iter().filter_map(|waiting| {
        let trip = waiting.trips.first().map(ToString::to_string);
        Some((waiting.change.as_ref()?, trip))
    });
    let awaiting = observation.awaiting.iter().filter_map(|verdict| match verdict {
        Verdict::Change(change) => Some((change, Some(Reason::NeedsApproval.to_string()))),
        Verdict::Push(_) | Verdict::Leave(..) => None,
    });
    let due = observation.plan.changes.iter().map(|change| (change, None));
    let changes: Vec<_> = due.chain(waiting).chain(awaiting).collect();
    if changes.is_empty() {
        text.push_str("\nNothing to change.\n");
        return text;
    }
    let title = if names { " title |" } else { "" };
    let line = if names { "---|" } else { "" };
    write!(
        text,
        "\n| incident | severity | from | to | alerts | waits for |{title}\n|---|---|---|---|---|---|{line}\n"
    )
    .expect("a String takes all that is written");
    for (change, held) in changes {
        let held = held.unwrap_or_else(|| "–".to_owned());
        writeln!(text, "{}", change_row(change, &held, names)).expect("a String takes all that is written");
    }
    if !names {
        text.push_str("\nNames of resources and people are left out; the incidents' numbers lead to them.\n");
    }
    text
}

fn change_row(change: &Change, held: &str, names: bool) -> String {
    let cells = [
        change.number.to_string(),
        change.severity.to_string(),
        change.from.to_string(),
        target(change.to),
        alerts(&change.alerts),
        // A person's name may be in it.
        if names || !held.contains("the acts of") {
            held.to_owned()
        } else {
            "the brake of one person's acts".to_owned()
        },
    ];
    let title = names.then(|| change.title.clone());
    cells.into_iter().chain(title).fold(String::from("|"), |mut row, cell| {
        write!(row, " {} |", escaped(&cell)).expect("a String takes all that is written");
        row
    })
}

/// A text that Markdown and the HTML in it show as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in safe(text).chars() {
        match char {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // A mention or a bare link would reach somebody, or fetch something.
            '@' => shown.push_str("&#64;"),
            ':' => shown.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' => {
                shown.push('\\');
                shown.push(char);
            }
            char => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_ticket_is_markup() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected);
        check("plain text, 3 - 4", "plain text, 3 - 4");
        check("a|b", "a\\|b");
        check("<img src=x onerror=1>", "&lt;img src=x onerror=1&gt;");
        check("[click](http://x)", "\\[click\\]\\(http&#58;//x\\)");
        check("![x](y) `code` **b** @all", "\\!\\[x\\]\\(y\\) \\`code\\` \\*\\*b\\*\\* &#64;all");
        check("two\nlines\u{1b}[2J", "two\\\\nlines\\\\u\\{1b\\}\\[2J");
    }
}
