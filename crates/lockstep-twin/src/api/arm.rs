//! ARM itself: what the cloud is called, and the tenants, subscriptions, resource groups, providers and workspaces in it.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};
use super::{Door, OPERATIONS};
use crate::estate::{Subscription, Workspace};

/// The endpoints of the cloud, every one of them the caller's own way here.
///
/// An array for 2019-05-01, an object after: the shapes that the Azure CLI reads.
pub(super) fn endpoints(call: &Call) -> Answer {
    let version = call.version();
    let here = call.origin.as_str();
    let cloud = json!({
        "name": "Lockstep",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": here,
            "audiences": [here, "https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "resourceManager": format!("{here}/"),
        "batch": "https://batch.core.windows.net/",
        "gallery": "https://gallery.azure.com/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "logAnalyticsResourceId": here,
        "logAnalyticslogAnalyticsResourceId": here,
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "acrLoginServer": "azurecr.io",
            "sqlServerHostname": "database.windows.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
        },
    });
    match version {
        "" => Err(Refusal::arm(
            StatusCode::BAD_REQUEST,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )),
        "2019-05-01" | "2019-10-01" => Ok(Reply::ok(json!([cloud]))),
        _ => Ok(Reply::ok(cloud)),
    }
}

/// The tenant that the caller comes from.
pub(super) fn tenants(call: &Call) -> Answer {
    let estate = call.twin.estate();
    let tenant = call.caller.as_ref().map_or(&estate.tenant_id, |caller| &caller.tenant_id);
    Ok(Reply::ok(json!({"value": [{
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "countryCode": "NL",
        "displayName": "Contoso",
        "domains": ["contoso.onmicrosoft.com"],
        "defaultDomain": "contoso.onmicrosoft.com",
        "tenantType": "AAD",
        "tenantCategory": "Home",
    }]})))
}

/// The subscriptions in which the caller holds a role.
pub(super) fn subscriptions(call: &Call) -> Answer {
    let world = call.twin.world();
    let principal = call.caller.as_ref().map(|caller| caller.object_id.as_str()).unwrap_or_default();
    let reached = |one: &Subscription| {
        let scope = format!("/subscriptions/{}", one.id);
        world.rights.reaches(principal, &scope, world.now())
    };
    let estate = call.twin.estate();
    let shown: Vec<_> =
        estate.subscriptions().iter().filter(|one| reached(one)).map(|one| subscription_of(one, call)).collect();
    Ok(Reply::ok(json!({"count": {"type": "Total", "value": shown.len()}, "value": shown})))
}

/// One subscription.
pub(super) fn subscription(call: &Call) -> Answer {
    let named = |one: &Subscription| one.id.eq_ignore_ascii_case(call.param("subscription"));
    let found = call.twin.estate().subscriptions().into_iter().find(named);
    found.map(|one| Reply::ok(subscription_of(&one, call))).ok_or_else(|| {
        let message = format!("The subscription '{}' could not be found.", call.param("subscription"));
        Refusal::arm(StatusCode::NOT_FOUND, "SubscriptionNotFound", message)
    })
}

fn subscription_of(subscription: &Subscription, call: &Call) -> Value {
    let tenant = call.twin.estate().tenant_of(&subscription.id);
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": tenant,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// The regions of the subscription.
pub(super) fn locations(call: &Call) -> Answer {
    let regions = REGIONS.iter().map(|(name, display)| {
        json!({
            "id": format!("{}/locations/{name}", call.subscription()),
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        })
    });
    Ok(Reply::ok(json!({"value": regions.collect::<Vec<_>>()})))
}

/// The resource groups: the workspace's, and every one that an alert is about.
pub(super) fn groups(call: &Call) -> Answer {
    let names = call.twin.world().groups(call.param("subscription"));
    Ok(Reply::ok(json!({"value": names.iter().map(|name| group_of(call, name)).collect::<Vec<_>>()})))
}

/// One resource group.
pub(super) fn group(call: &Call) -> Answer {
    let wanted = call.param("group");
    let names = call.twin.world().groups(call.param("subscription"));
    let name = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)).map_or(wanted, String::as_str);
    Ok(Reply::ok(group_of(call, name)))
}

fn group_of(call: &Call, name: &str) -> Value {
    json!({
        "id": format!("{}/resourceGroups/{name}", call.subscription()),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": call.twin.estate().location,
        "properties": {"provisioningState": "Succeeded"},
    })
}

/// The resource providers that have operations here.
pub(super) fn providers(call: &Call) -> Answer {
    Ok(Reply::ok(json!({"value": namespaces().into_iter().map(|name| provider_of(call, name)).collect::<Vec<_>>()})))
}

/// One resource provider.
pub(super) fn provider(call: &Call) -> Answer {
    let wanted = call.param("provider");
    match namespaces().into_iter().find(|name| name.eq_ignore_ascii_case(wanted)) {
        Some(name) => Ok(Reply::ok(provider_of(call, name))),
        None => Err(Refusal::arm(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{wanted}' is invalid."),
        )),
    }
}

/// The namespaces in the table of operations.
fn namespaces() -> BTreeSet<&'static str> {
    let actions = OPERATIONS.iter().filter_map(|operation| match operation.door {
        Door::Arm(action) => action.split('/').next().filter(|name| !name.is_empty()),
        Door::Open | Door::Host | Door::Logs(_) => None,
    });
    actions.collect()
}

fn provider_of(call: &Call, namespace: &str) -> Value {
    json!({
        "id": format!("{}/providers/{namespace}", call.subscription()),
        "namespace": namespace,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [],
    })
}

/// The workspaces of a subscription, or of one of its resource groups.
pub(super) fn workspaces(call: &Call) -> Answer {
    let here = |one: &&Workspace| {
        one.subscription_id.eq_ignore_ascii_case(call.param("subscription"))
            && call.params.get("group").is_none_or(|group| group.eq_ignore_ascii_case(&one.resource_group))
    };
    let all = call.twin.estate().workspaces();
    Ok(Reply::ok(json!({"value": all.iter().filter(here).map(workspace_of).collect::<Vec<_>>()})))
}

/// One workspace.
pub(super) fn workspace(call: &Call) -> Answer {
    Ok(Reply::ok(workspace_of(&call.twin.world().sentinels[call.place].workspace)))
}

fn workspace_of(workspace: &Workspace) -> Value {
    json!({
        "properties": {
            "customerId": workspace.id,
            "provisioningState": "Succeeded",
            "sku": {"name": "PerGB2018", "lastSkuUpdate": CREATED},
            "retentionInDays": 90,
            "features": {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": true},
            "workspaceCapping": {"dailyQuotaGb": -1.0, "quotaNextResetTime": CREATED, "dataIngestionStatus": "RespectQuota"},
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "createdDate": CREATED,
            "modifiedDate": CREATED,
        },
        "location": workspace.location,
        "id": workspace.resource_id(),
        "name": workspace.name,
        "type": "Microsoft.OperationalInsights/workspaces",
        "etag": "\"1a00a4c1-0000-0d00-0000-65a0f0000000\"",
    })
}

const CREATED: &str = "2024-01-12T08:00:00.0000000Z";

const REGIONS: &[(&str, &str)] = &[
    ("centralus", "Central US"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("northeurope", "North Europe"),
    ("uksouth", "UK South"),
    ("westeurope", "West Europe"),
    ("westus2", "West US 2"),
];
