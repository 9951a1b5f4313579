//! The rules that make incidents of Microsoft's own alerts.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `AlertRules.json`, MicrosoftSecurityIncidentCreationAlertRule.

use serde_json::{Map, Value};

use crate::json::{self, Wrong};

/// A rule that makes incidents of one product's alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreationRule {
    /// What people call it.
    pub name: String,
    /// Whether it is on.
    pub is_enabled: bool,
    /// The product whose alerts it takes.
    pub product: String,
    /// Only alerts of these severities; empty: of all.
    pub severities: Vec<String>,
    /// Only alerts whose name holds one of these; empty: all.
    pub names: Vec<String>,
    /// No alerts whose name holds one of these.
    pub excluded: Vec<String>,
}

/// Reads one rule of the list; `None` for rules of another kind.
pub fn read(rule: &Map<String, Value>) -> Result<Option<CreationRule>, Wrong> {
    if json::optional_text(rule, "kind")? != "MicrosoftSecurityIncidentCreation" {
        return Ok(None);
    }
    let properties = json::member(rule, "properties")?;
    let texts = |name| -> Result<Vec<String>, Wrong> {
        json::list(properties, name)?
            .iter()
            .map(|it| it.as_str().map(str::to_owned).ok_or_else(|| format!("\"{name}\" holds {}", json::kind(it))))
            .collect()
    };
    Ok(Some(CreationRule {
        name: json::optional_text(properties, "displayName")?.to_owned(),
        is_enabled: properties.get("enabled").and_then(Value::as_bool).ok_or("\"enabled\" is no truth value")?,
        product: json::text(properties, "productFilter")?.to_owned(),
        severities: texts("severitiesFilter")?,
        names: texts("displayNamesFilter")?,
        excluded: texts("displayNamesExcludeFilter")?,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_read_with_its_filters() {
        let object = |value: Value| value.as_object().cloned().expect("it is an object");
        let rule = |properties| object(json!({"kind": "MicrosoftSecurityIncidentCreation", "properties": properties}));
        let full = json!({"displayName": "n", "enabled": true, "productFilter": "Azure Security Center",
            "severitiesFilter": ["High"], "displayNamesFilter": null});
        let found = read(&rule(full)).expect("it can be read").expect("it makes incidents");
        assert_eq!((found.is_enabled, found.severities.as_slice()), (true, &["High".to_owned()][..]));
        assert!(found.names.is_empty() && found.excluded.is_empty());
        assert_eq!(read(&object(json!({"kind": "Fusion", "properties": 7}))), Ok(None));
        for wrong in [
            json!({}),
            json!({"enabled": "yes", "productFilter": "p"}),
            json!({"enabled": true, "productFilter": "p", "severitiesFilter": [1]}),
        ] {
            assert!(read(&rule(wrong.clone())).is_err(), "{wrong}");
        }
    }
}
