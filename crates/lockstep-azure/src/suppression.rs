//! Suppression rules of Defender for Cloud, which dismiss new alerts by themselves.
//!
//! Source: Microsoft.Security 2019-01-01-preview, `alertsSuppressionRules.json`.

use lockstep_core::Suppression;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::door::Workspace;
use crate::error::Error;
use crate::json::{self, Wrong};
use crate::operation::Operation;
use crate::wire_time;

/// A suppression rule, and which alerts it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionRule {
    /// What it is called, why it is there, and since when.
    pub rule: Suppression,
    /// The type of the alerts that it dismisses; `*` for any. Further conditions are not read.
    pub alert_type: String,
}

impl SuppressionRule {
    /// Whether it may dismiss alerts of this type.
    pub fn may_dismiss(&self, alert_type: &str) -> bool {
        self.alert_type == "*" || self.alert_type.eq_ignore_ascii_case(alert_type)
    }
}

impl Workspace {
    /// The suppression rules of a subscription, those that are switched off or have expired too: one that dismissed an alert
    /// may have been switched off since.
    ///
    /// # Errors
    /// Any fault of any page.
    pub async fn suppression_rules(&self, subscription: Uuid) -> Result<Vec<SuppressionRule>, Error> {
        let mut url = self.endpoints().arm.clone();
        url.set_path(&format!("/subscriptions/{subscription}/providers/Microsoft.Security/alertsSuppressionRules"));
        url.query_pairs_mut().append_pair("api-version", API_VERSION);
        self.list(Operation::ListSuppressionRules, url, read).await
    }
}

fn read(rule: &Map<String, Value>) -> Result<SuppressionRule, Wrong> {
    let properties = json::member(rule, "properties")?;
    let text = |name| json::optional_text(properties, name).map(str::to_owned);
    let changed = wire_time::read(&text("lastModifiedUtc")?);
    let rule = Suppression {
        name: json::text(rule, "name")?.to_owned(),
        reason: text("reason")?,
        comment: text("comment")?,
        changed,
    };
    Ok(SuppressionRule { rule, alert_type: text("alertType")? })
}

const API_VERSION: &str = "2019-01-01-preview";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_says_what_it_is_for_and_since_when() {
        let rule = json!({"name": "quiet", "properties": {"alertType": "VM_EICAR", "reason": "FalsePositive",
            "comment": "a test", "lastModifiedUtc": "1970-01-01T00:00:01Z", "state": "Enabled"}});
        let rule = read(rule.as_object().expect("an object")).expect("it can be read");
        assert_eq!(
            (rule.rule.name.as_str(), rule.rule.reason.as_str(), rule.rule.comment.as_str()),
            ("quiet", "FalsePositive", "a test")
        );
        assert_eq!(rule.rule.changed.map(lockstep_core::Time::ticks), Some(10_000_000));
        assert!(rule.may_dismiss("vm_eicar") && !rule.may_dismiss("VM_Other"));
        assert!(SuppressionRule { alert_type: "*".to_owned(), ..rule }.may_dismiss("VM_Other"));
    }
}
