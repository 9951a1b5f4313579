//! The cloud as a template's expressions see it: with the rights of who deploys, through the operations that everybody uses.

use arm::{Host, Refusal};
use http::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::api::{Call, inside};

/// The cloud, asked in the course of a call.
pub(super) struct Cloud<'c>(pub(super) &'c Call);

impl Cloud<'_> {
    fn get(&self, id: &str, version: &str) -> Result<Value, Refusal> {
        inside::ask(self.0, Method::GET, id, version, None).map_err(refusal)
    }
}

impl Host for Cloud<'_> {
    fn now(&self) -> OffsetDateTime {
        self.0.twin.world().now()
    }

    fn new_guid(&self) -> Uuid {
        self.0.twin.world().new_guid()
    }

    fn environment(&self) -> Value {
        environment(&self.0.origin)
    }

    fn tenant(&self) -> Value {
        let tenant = &self.0.twin.estate().tenant_id;
        json!({"countryCode": "NL", "displayName": "Contoso", "id": format!("/tenants/{tenant}"), "tenantId": tenant})
    }

    fn subscription(&self, subscription: &str) -> Result<Value, Refusal> {
        let found = self.get(&format!("/subscriptions/{subscription}"), "2022-12-01")?;
        let members = ["id", "subscriptionId", "tenantId", "displayName"];
        Ok(members.into_iter().map(|name| (name.to_owned(), found[name].clone())).collect())
    }

    fn resource_group(&self, subscription: &str, name: &str) -> Result<Value, Refusal> {
        self.get(&format!("/subscriptions/{subscription}/resourceGroups/{name}"), "2022-09-01")
    }

    fn resource(&self, id: &str, api_version: &str) -> Result<Value, Refusal> {
        self.get(id, api_version)
    }

    fn list(&self, function: &str, id: &str, api_version: &str, input: Option<&Value>) -> Result<Value, Refusal> {
        inside::ask(self.0, Method::POST, &format!("{id}/{function}"), api_version, input).map_err(refusal)
    }
}

/// What `environment()` answers in the cloud whose Resource Manager is called by this origin; the public cloud's where it is no
/// cloud's own.
///
/// Sources: "Deployment functions for ARM templates", environment; azure-cli-core `cloud.py` for the Government cloud.
pub(crate) fn environment(origin: &str) -> Value {
    if origin.ends_with(".usgovcloudapi.net") {
        return json!({
            "name": "AzureUSGovernment",
            "gallery": "https://gallery.usgovcloudapi.net/",
            "graph": "https://graph.windows.net/",
            "portal": "https://portal.azure.us",
            "graphAudience": "https://graph.windows.net/",
            "batch": "https://batch.core.usgovcloudapi.net/",
            "sqlManagement": "https://management.core.usgovcloudapi.net:8443/",
            "resourceManager": "https://management.usgovcloudapi.net",
            "authentication": {
                "loginEndpoint": "https://login.microsoftonline.us/",
                "audiences": ["https://management.core.usgovcloudapi.net", "https://management.usgovcloudapi.net"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "suffixes": {
                "acrLoginServer": ".azurecr.us",
                "keyvaultDns": ".vault.usgovcloudapi.net",
                "sqlServerHostname": ".database.usgovcloudapi.net",
                "storage": "core.usgovcloudapi.net",
            },
        });
    }
    json!({
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
        "resourceManager": "https://management.azure.com/",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "acrLoginServer": ".azurecr.io",
            "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
            "keyvaultDns": ".vault.azure.net",
            "sqlServerHostname": ".database.windows.net",
            "storage": "core.windows.net",
        },
    })
}

/// A refusal's code and words, whatever envelope they are in.
pub(super) fn refusal(refusal: crate::api::Refusal) -> Refusal {
    let error = refusal.body.get("error").unwrap_or(&refusal.body);
    let text = |name: &str, otherwise: &str| error[name].as_str().unwrap_or(otherwise).to_owned();
    Refusal { code: text("code", "BadRequest"), message: text("message", "The request was refused.") }
}
