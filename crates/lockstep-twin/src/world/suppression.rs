//! Suppression rules: which new alerts Defender for Cloud dismisses by itself.
//!
//! Shape: Microsoft.Security/preview/2019-01-01-preview/alertsSuppressionRules.json of the vendor's specifications. Every element
//! of `allOf` has to hold: a field of the alert's entities is `in` a list, or `contains` a text. That texts are compared
//! without regard to case is assumed, and so is that the alert comes to Sentinel as New first.

use serde_json::{Map, Value};

use super::{Alert, Collection, Holder, Stored, World};
use crate::clock::parse_time;

impl World {
    /// Whether a suppression rule of its subscription dismisses a new alert.
    pub(super) fn suppresses(&self, alert: &Alert) -> bool {
        let holder = Holder::subscription(&alert.subscription_id);
        let mut rules = self.stored(&holder, Collection::SuppressionRules);
        rules.any(|rule| {
            let wanted = text(&rule.properties, "alertType");
            text(&rule.properties, "state").eq_ignore_ascii_case("Enabled")
                && !self.has_expired(rule)
                && (wanted == "*" || wanted.eq_ignore_ascii_case(&alert.alert_type))
                && Scope::read(&rule.properties).is_ok_and(|scope| scope.holds(alert))
        })
    }

    /// Whether a suppression rule's time is over.
    pub(crate) fn has_expired(&self, rule: &Stored) -> bool {
        parse_time(text(&rule.properties, "expirationDateUtc")).is_some_and(|until| until <= self.now())
    }
}

/// What an alert's entities must say for a rule to dismiss it.
pub(crate) struct Scope(Vec<Element>);

struct Element {
    /// The entities' type, in lower case and without hyphens.
    entity: String,
    /// The way to a member of the entity, each step in lower case.
    path: Vec<String>,
    test: Test,
}

enum Test {
    In(Vec<String>),
    Contains(String),
}

impl Scope {
    /// Reads a rule's scope; a rule without one is for all alerts of its type.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(properties: &Map<String, Value>) -> Result<Self, String> {
        let scope = match properties.get("suppressionAlertsScope") {
            None | Some(Value::Null) => return Ok(Self(Vec::new())),
            Some(scope) => scope,
        };
        let elements = scope.get("allOf").and_then(Value::as_array);
        let elements = elements.ok_or("'suppressionAlertsScope' needs an array 'allOf'")?;
        elements.iter().map(Element::read).collect::<Result<_, _>>().map(Self)
    }

    fn holds(&self, alert: &Alert) -> bool {
        let entities: Vec<&Value> = alert.entities.as_array().into_iter().flatten().collect();
        self.0.iter().all(|element| entities.iter().any(|entity| element.holds(entity)))
    }
}

impl Element {
    fn read(element: &Value) -> Result<Self, String> {
        let field = element.get("field").and_then(Value::as_str).unwrap_or_default();
        let lower = field.to_ascii_lowercase();
        let mut steps = lower.split('.').map(str::to_owned);
        let is_entity = steps.next().as_deref() == Some("entities");
        let (Some(entity), path) = (steps.next().filter(|_| is_entity), steps.collect::<Vec<_>>()) else {
            return Err(format!("'{field}' is no field of an entity, such as entities.ip.address"));
        };
        if path.is_empty() {
            return Err(format!("'{field}' is no field of an entity, such as entities.ip.address"));
        }
        let test = match (element.get("in"), element.get("contains")) {
            (Some(Value::Array(values)), _) => {
                let values: Option<_> = values.iter().map(|value| Some(value.as_str()?.to_lowercase())).collect();
                Test::In(values.ok_or_else(|| format!("'in' of '{field}' must be an array of strings"))?)
            }
            (None, Some(Value::String(part))) => Test::Contains(part.to_lowercase()),
            _ => return Err(format!("'{field}' needs 'in', an array of strings, or 'contains', a string")),
        };
        Ok(Self { entity, path, test })
    }

    fn holds(&self, entity: &Value) -> bool {
        let kind = entity.get("type").and_then(Value::as_str).unwrap_or_default().replace('-', "");
        if !kind.eq_ignore_ascii_case(&self.entity) {
            return false;
        }
        let step = |at: &Value, name: &str| {
            at.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let found = self.path.iter().try_fold(entity.clone(), |at, name| step(&at, name));
        let Some(Value::String(found)) = found else { return false };
        let found = found.to_lowercase();
        match &self.test {
            Test::In(values) => values.contains(&found),
            Test::Contains(part) => found.contains(part),
        }
    }
}

fn text<'a>(properties: &'a Map<String, Value>, name: &str) -> &'a str {
    properties.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::NewAlert;
    use crate::{Options, Twin};

    #[test]
    fn a_scope_asks_of_entities() {
        check(json!([]), Ok(true));
        check(json!([{"field": "entities.host.hostName", "in": ["other", "VM-frontend-01"]}]), Ok(true));
        check(json!([{"field": "entities.host.hostname", "contains": "front"}]), Ok(true));
        check(json!([{"field": "entities.host.hostname", "contains": "back"}]), Ok(false));
        check(json!([{"field": "entities.azureresource.resourceid", "contains": "/virtualmachines/"}]), Ok(true));
        check(json!([{"field": "entities.ip.address", "in": ["203.0.113.7"]}]), Ok(false));
        let both = json!([
            {"field": "entities.host.hostname", "contains": "front"},
            {"field": "entities.ip.address", "in": ["203.0.113.7"]},
        ]);
        check(both, Ok(false));
        check(json!([{"field": "host", "in": ["x"]}]), Err("no field of an entity"));
        check(json!([{"field": "entities.host", "in": ["x"]}]), Err("no field of an entity"));
        check(json!([{"field": "entities.host.hostname"}]), Err("needs 'in'"));
        check(json!([{"field": "entities.host.hostname", "in": [1]}]), Err("array of strings"));
    }

    fn check(all_of: Value, expected: Result<bool, &str>) {
        let twin = Twin::new(Options::default());
        let name = twin.with(|world| world.raise_alert(NewAlert::default())).alert_name;
        let alert = twin.world().alert(&name).cloned().unwrap();
        let Value::Object(properties) = json!({"suppressionAlertsScope": {"allOf": all_of}}) else { unreachable!() };
        match (Scope::read(&properties).map(|scope| scope.holds(&alert)), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{all_of}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?} is not {expected:?}: {all_of}"),
        }
    }
}
