//! The rules that act on incidents by themselves, as far as an update of ours would set them off.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `AutomationRules.json`.

use serde_json::{Map, Value};

use crate::json::{self, Wrong};

/// An automation rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationRule {
    /// What people call it.
    pub name: String,
    /// Whether it is on.
    pub is_enabled: bool,
    /// Whether a change of an incident's status can set it off: it is about updates of incidents, and no condition asks that
    /// something else has changed. Other conditions may still hold it back.
    pub follows_status: bool,
    /// Whether it runs a playbook.
    pub runs_playbook: bool,
    /// Whether it sets the status of incidents itself.
    pub sets_status: bool,
}

/// Reads one rule of the list. Members that are not known are not looked at.
pub fn read(rule: &Map<String, Value>) -> Result<AutomationRule, Wrong> {
    let properties = json::member(rule, "properties")?;
    let logic = json::member(properties, "triggeringLogic")?;
    let on = |name, word: &str| json::text(logic, name).map(|found| found.eq_ignore_ascii_case(word));
    let conditions = json::list(logic, "conditions")?;
    let actions = json::list(properties, "actions")?;
    let is = |action: &Value, kind: &str| text(action, "actionType").eq_ignore_ascii_case(kind);
    Ok(AutomationRule {
        name: json::optional_text(properties, "displayName")?.to_owned(),
        is_enabled: logic.get("isEnabled").and_then(Value::as_bool).ok_or("\"isEnabled\" is no truth value")?,
        follows_status: on("triggersOn", "Incidents")?
            && on("triggersWhen", "Updated")?
            && !conditions.iter().any(asks_for_another_change),
        runs_playbook: actions.iter().any(|action| is(action, "RunPlaybook")),
        sets_status: actions
            .iter()
            .any(|action| is(action, "ModifyProperties") && !action["actionConfiguration"]["status"].is_null()),
    })
}

/// Whether a condition holds only when something other than the status has changed.
fn asks_for_another_change(condition: &Value) -> bool {
    let property = text(&condition["conditionProperties"], "propertyName");
    match text(condition, "conditionType") {
        "PropertyChanged" => !property.eq_ignore_ascii_case("IncidentStatus"),
        // Alerts, labels, tactics or comments that were added.
        "PropertyArrayChanged" => true,
        _ => false,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_says_what_sets_it_off_and_what_it_does() {
        let check = |when: &str, conditions: Value, actions: Value, expected: [bool; 3]| {
            let rule = json!({"properties": {"displayName": "n", "order": 1, "actions": actions,
                "triggeringLogic": {"isEnabled": true, "triggersOn": "Incidents", "triggersWhen": when, "conditions": conditions}}});
            let rule = read(rule.as_object().expect("it is an object")).expect("it can be read");
            assert_eq!([rule.follows_status, rule.runs_playbook, rule.sets_status], expected, "{rule:?}");
        };
        let playbook =
            json!([{"order": 1, "actionType": "RunPlaybook", "actionConfiguration": {"logicAppResourceId": "x"}}]);
        let closes =
            json!([{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}]);
        let tags = json!([{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"labels": []}}]);
        let changed = |property: &str| json!([{"conditionType": "PropertyChanged", "conditionProperties": {"propertyName": property, "changeType": "ChangedTo"}}]);
        check("Updated", json!([]), playbook.clone(), [true, true, false]);
        check("Updated", changed("IncidentStatus"), closes.clone(), [true, false, true]);
        check("Updated", changed("IncidentOwner"), tags, [false, false, false]);
        let added = json!([{"conditionType": "PropertyArrayChanged", "conditionProperties": {"arrayType": "Alerts"}}]);
        check("Updated", added, playbook.clone(), [false, true, false]);
        check("Created", json!(null), playbook, [false, true, false]);
        let broken = json!({"properties": {"triggeringLogic": {"isEnabled": 1}}});
        assert!(read(broken.as_object().expect("it is an object")).is_err());
    }
}
