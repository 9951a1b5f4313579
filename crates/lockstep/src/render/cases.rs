//! Cases that were tried on a policy.

use serde_json::{Value, json};

use super::{Screen, safe};
use crate::commands::policy::Tried;

/// What became of each case that is not as expected, and how many are, for people.
pub fn cases(tried: &[Tried], screen: &mut Screen) {
    for tried in tried.iter().filter(|tried| !tried.is_right()) {
        screen.line(&safe(&tried.name));
        screen.line(&format!("  - {}", safe(&with_rule(&tried.expected, tried.expected_rule.as_deref()))));
        let rule = tried.expected_rule.is_some().then(|| tried.rule.as_deref().unwrap_or("no rule"));
        screen.line(&format!("  + {}", safe(&with_rule(&tried.verdict, rule))));
        if let Some(why) = &tried.why {
            screen.line(&format!("    {}", safe(why)));
        }
    }
    let right = tried.iter().filter(|tried| tried.is_right()).count();
    screen.line(&format!("{right} of {} cases are as expected.", tried.len()));
}

/// The same, for machines.
pub fn cases_json(tried: &[Tried]) -> Value {
    let cases = tried.iter().map(|tried| {
        json!({
            "name": tried.name,
            "as_expected": tried.is_right(),
            "expected": tried.expected,
            "verdict": tried.verdict,
            "why": tried.why,
            "expected_rule": tried.expected_rule,
            "rule": tried.rule,
        })
    });
    json!({ "cases": cases.collect::<Vec<_>>() })
}

fn with_rule(verdict: &str, rule: Option<&str>) -> String {
    rule.map_or_else(|| verdict.to_owned(), |rule| format!("{verdict}, by {rule}"))
}
