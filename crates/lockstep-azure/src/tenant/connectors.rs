//! What brings Defender for Cloud's alerts into the workspace.
//!
//! Source: Microsoft.SecurityInsights 2024-03-01, `dataConnectors.json`, ASCDataConnector. The connector for a whole tenant is in
//! no published specification; that its kind begins as below is assumed.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::json::{self, Wrong};

/// A connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connector {
    /// It brings the alerts of one subscription, if it is on.
    Subscription {
        /// Which one.
        subscription: Uuid,
        /// Whether it is on.
        is_enabled: bool,
    },
    /// It brings the alerts of every subscription of the tenant.
    Tenant {
        /// Its kind.
        kind: String,
    },
    /// It brings something else.
    Other {
        /// Its kind.
        kind: String,
    },
}

/// Reads one connector of the list. What only other kinds have is not looked at.
pub fn read(connector: &Map<String, Value>) -> Result<Connector, Wrong> {
    let kind = json::optional_text(connector, "kind")?;
    if kind.eq_ignore_ascii_case("AzureSecurityCenter") {
        let properties = json::member(connector, "properties")?;
        let subscription = json::text(properties, "subscriptionId")?;
        let alerts = json::member(json::member(properties, "dataTypes")?, "alerts")?;
        return Ok(Connector::Subscription {
            subscription: subscription.parse().map_err(|_| "\"subscriptionId\" is no GUID".to_owned())?,
            is_enabled: json::text(alerts, "state")?.eq_ignore_ascii_case("Enabled"),
        });
    }
    let kind = kind.to_owned();
    let is_of_tenant = kind.to_ascii_lowercase().starts_with(OF_TENANT);
    Ok(if is_of_tenant { Connector::Tenant { kind } } else { Connector::Other { kind } })
}

const OF_TENANT: &str = "microsoftdefenderforcloud";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connector_is_told_by_its_kind() {
        let read = |value: Value| read(value.as_object().expect("it is an object"));
        let of = |state: &str| {
            json!({"kind": "AzureSecurityCenter", "properties": {
                "subscriptionId": "6f1e2d3c-4b5a-4988-8776-655443322110", "dataTypes": {"alerts": {"state": state}}}})
        };
        assert!(matches!(read(of("enabled")), Ok(Connector::Subscription { is_enabled: true, .. })));
        assert!(matches!(read(of("Disabled")), Ok(Connector::Subscription { is_enabled: false, .. })));
        assert!(matches!(read(json!({"kind": "MicrosoftDefenderForCloudTenantBased"})), Ok(Connector::Tenant { .. })));
        assert!(matches!(read(json!({"kind": "Office365", "properties": 1})), Ok(Connector::Other { .. })));
        assert!(read(json!({"kind": "AzureSecurityCenter", "properties": {"subscriptionId": "x"}})).is_err());
    }
}
