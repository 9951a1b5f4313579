//! ARM itself: what the cloud is called, and the tenants, subscriptions, resource groups and providers in it.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};
use super::{Door, OPERATIONS};
use crate::estate::Subscription;

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
        "microsoftGraphResourceId": here,
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
    let names = groups_of(call);
    Ok(Reply::ok(json!({"value": names.iter().map(|name| group_of(call, name)).collect::<Vec<_>>()})))
}

/// One resource group.
pub(super) fn group(call: &Call) -> Answer {
    let wanted = call.param("group");
    let names = groups_of(call);
    let name = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)).map_or(wanted, String::as_str);
    Ok(Reply::ok(group_of(call, name)))
}

/// That there is such a resource group: whoever comes here has passed the check of the path's scope.
pub(super) fn group_exists(_: &Call) -> Answer {
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The names of the subscription's resource groups.
fn groups_of(call: &Call) -> Vec<String> {
    let subscription = call.param("subscription");
    let mut names = call.twin.world().groups(subscription);
    names.extend(call.twin.deployed().groups(subscription));
    names
}

fn group_of(call: &Call, name: &str) -> Value {
    let id = format!("{}/resourceGroups/{name}", call.subscription());
    if let Some(deployed) = call.twin.deployed().get(&id) {
        return Value::Object(deployed.body.clone());
    }
    json!({
        "id": id,
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
        Door::Open | Door::Host | Door::Graph | Door::Logs(_) => None,
    });
    actions.collect()
}

fn provider_of(call: &Call, namespace: &str) -> Value {
    json!({
        "id": format!("{}/providers/{namespace}", call.subscription()),
        "namespace": namespace,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": resource_types(namespace).into_iter().map(|(name, versions)| json!({
            "resourceType": name,
            "locations": REGIONS.iter().map(|(_, display)| display).collect::<Vec<_>>(),
            "apiVersions": versions,
        })).collect::<Vec<_>>(),
    })
}

/// The types of a provider's resources in the table of operations, with their api-versions, newest first.
fn resource_types(namespace: &str) -> BTreeMap<String, Vec<&'static str>> {
    let mut types = BTreeMap::<String, BTreeSet<&'static str>>::new();
    for operation in OPERATIONS {
        let own = operation.path.0.rsplit("/providers/").next().unwrap_or_default();
        let mut segments = own.split('/');
        if operation.method != Method::GET || segments.next() != Some(namespace) {
            continue;
        }
        let names: Vec<&str> = segments.filter(|segment| !segment.starts_with('{')).collect();
        types.entry(names.join("/")).or_default().extend(operation.versions);
    }
    types.into_iter().map(|(name, versions)| (name, versions.into_iter().rev().collect())).collect()
}

const REGIONS: &[(&str, &str)] = &[
    ("centralus", "Central US"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("northeurope", "North Europe"),
    ("uksouth", "UK South"),
    ("westeurope", "West Europe"),
    ("westus2", "West US 2"),
];
