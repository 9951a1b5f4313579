//! Everything the twin serves, one line per operation: read [`OPERATIONS`] first.
//!
//! A request's whole way is in [`journey`]; each operation's handler stands in the file of its resource. To add an
//! operation, write a handler `fn(&Call) -> Answer` and give it a line in the table.

mod activity;
mod alerts;
mod arm;
mod authorization;
mod call;
mod control;
mod deployed;
mod deployments;
mod entra;
mod graph;
mod identity;
mod incident_parts;
mod incidents;
pub(crate) mod inside;
mod journey;
mod lenient;
mod logs;
mod misfortune;
mod page;
mod path;
mod relations;
mod reply;
mod resources;
mod unserved;
mod versions;
mod workflows;
mod workspace;

use axum::Router;
use axum::extract::Request;
use http::Method;

pub(crate) use call::{Call, Wire};
pub(crate) use journey::Break;
use path::Template;
use reply::Answer;
pub(crate) use reply::Refusal;
use versions::{
    ACTIVITY, ALERTS, ALERTS_2022, ANY, APPS, ARM_QUERY, AUTHORIZATION, CONNECTIONS, DEPLOYMENTS, IDENTITIES, LOGIC,
    MANAGED_SERVICES, PRICINGS, RESOURCES, SECURITY_LOCATIONS, SECURITY_SETTINGS, SENTINEL, SOLUTIONS, STORAGE,
    SUBSCRIPTIONS, SUPPRESSION, TABLES, WORKSPACES,
};

use crate::Twin;

/// One operation of one of the services.
pub(crate) struct Operation {
    /// Its name, as the vendor's specification has it where there is one.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: Template,
    /// The api-versions it is served in; empty where it takes none.
    pub(crate) versions: &'static [&'static str],
    pub(crate) door: Door,
    pub(crate) handler: fn(&Call) -> Answer,
}

/// What a caller needs to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing.
    Open,
    /// Nothing, and only the network that managed identities live in reaches it.
    Host,
    /// A token for ARM, and the right to this action; an empty action needs no right.
    Arm(&'static str),
    /// A token for Microsoft Graph.
    Graph,
    /// A token for Log Analytics, and the right to this action.
    Logs(&'static str),
}

/// The router that serves the twin over `wire`.
pub(crate) fn router(twin: Twin, wire: Wire) -> Router {
    Router::new().fallback(move |request: Request| journey::travel(twin.clone(), wire, request))
}

/// The path of a resource in the workspace's Sentinel.
macro_rules! sentinel {
    ($rest:literal) => {
        concat!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights",
            "/workspaces/{workspace}/providers/Microsoft.SecurityInsights",
            $rest
        )
    };
}

/// The path of a workspace.
macro_rules! workspace {
    ($rest:literal) => {
        concat!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights",
            "/workspaces/{workspace}",
            $rest
        )
    };
}

/// A path among Defender for Cloud's resources at a subscription.
macro_rules! security {
    ($rest:literal) => {
        concat!("/subscriptions/{subscription}/providers/Microsoft.Security", $rest)
    };
}

/// A path among Defender for Cloud's resources at a resource group.
macro_rules! group_security {
    ($rest:literal) => {
        concat!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Security", $rest)
    };
}

/// A path at the subscription.
macro_rules! at_subscription {
    ($rest:literal) => {
        concat!("/subscriptions/{subscription}", $rest)
    };
}

/// A path at a resource group.
macro_rules! at_group {
    ($rest:literal) => {
        concat!("/subscriptions/{subscription}/resourceGroups/{group}", $rest)
    };
}

/// A path at a management group.
macro_rules! at_management_group {
    ($rest:literal) => {
        concat!("/providers/Microsoft.Management/managementGroups/{management_group}", $rest)
    };
}

/// A path in a container of blobs.
macro_rules! container {
    ($rest:literal) => {
        concat!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}",
            "/blobServices/default/containers/{container}",
            $rest
        )
    };
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;
const HEAD: Method = Method::HEAD;

/// Every operation that the twin serves.
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    // Sign-in
    op("OpenIdConfiguration", GET, "/{tenant}/v2.0/.well-known/openid-configuration", ANY, Door::Open, entra::configuration),
    op("OpenIdConfigurationV1", GET, "/{tenant}/.well-known/openid-configuration", ANY, Door::Open, entra::configuration),
    op("InstanceDiscovery", GET, "/common/discovery/instance", ANY, Door::Open, entra::discovery),
    op("SigningKeys", GET, "/{tenant}/discovery/v2.0/keys", ANY, Door::Open, entra::keys),
    op("Token", POST, "/{tenant}/oauth2/v2.0/token", ANY, Door::Open, entra::token),
    op("TokenV1", POST, "/{tenant}/oauth2/token", ANY, Door::Open, entra::token),
    op("IdentityToken", GET, "/metadata/identity/oauth2/token", ANY, Door::Host, identity::instance_metadata),
    op("IdentityEndpoint", GET, "/msi/token", ANY, Door::Host, identity::endpoint),

    // ARM itself
    op("Metadata_Endpoints", GET, "/metadata/endpoints", ANY, Door::Open, arm::endpoints),
    op("Tenants_List", GET, "/tenants", SUBSCRIPTIONS, Door::Arm(""), arm::tenants),
    op("Subscriptions_List", GET, "/subscriptions", SUBSCRIPTIONS, Door::Arm(""), arm::subscriptions),
    op("Subscriptions_Get", GET, "/subscriptions/{subscription}", SUBSCRIPTIONS, Door::Arm("Microsoft.Resources/subscriptions/read"), arm::subscription),
    op("Subscriptions_ListLocations", GET, "/subscriptions/{subscription}/locations", SUBSCRIPTIONS, Door::Arm("Microsoft.Resources/subscriptions/locations/read"), arm::locations),
    op("ResourceGroups_List", GET, "/subscriptions/{subscription}/resourceGroups", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/read"), arm::groups),
    op("ResourceGroups_Get", GET, "/subscriptions/{subscription}/resourceGroups/{group}", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/read"), arm::group),
    op("ResourceGroups_CheckExistence", HEAD, "/subscriptions/{subscription}/resourceGroups/{group}", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/read"), arm::group_exists),
    op("Resources_List", GET, "/subscriptions/{subscription}/resources", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resources/read"), workspace::resources),
    op("Resources_ListByResourceGroup", GET, "/subscriptions/{subscription}/resourceGroups/{group}/resources", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/resources/read"), workspace::resources),
    op("ResourceGroups_Delete", DELETE, "/subscriptions/{subscription}/resourceGroups/{name}", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/delete"), deployed::delete_group),
    op("ResourceGroups_CreateOrUpdate", PUT, "/subscriptions/{subscription}/resourceGroups/{name}", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/resourceGroups/write"), deployed::put_group),
    op("Providers_List", GET, "/subscriptions/{subscription}/providers", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/providers/read"), arm::providers),
    op("Providers_Get", GET, "/subscriptions/{subscription}/providers/{provider}", RESOURCES, Door::Arm("Microsoft.Resources/subscriptions/providers/read"), arm::provider),
    op("Workspaces_List", GET, "/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/workspaces", WORKSPACES, Door::Arm("Microsoft.OperationalInsights/workspaces/read"), workspace::list),
    op("Workspaces_ListByResourceGroup", GET, "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces", WORKSPACES, Door::Arm("Microsoft.OperationalInsights/workspaces/read"), workspace::list),
    op("Workspaces_Get", GET, workspace!(""), WORKSPACES, Door::Arm("Microsoft.OperationalInsights/workspaces/read"), workspace::get),
    op("Tables_ListByWorkspace", GET, workspace!("/tables"), TABLES, Door::Arm("Microsoft.OperationalInsights/workspaces/tables/read"), workspace::tables),
    op("Tables_Get", GET, workspace!("/tables/{table}"), TABLES, Door::Arm("Microsoft.OperationalInsights/workspaces/tables/read"), workspace::table),
    op("Solutions_Get", GET, "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationsManagement/solutions/{solution}", SOLUTIONS, Door::Arm("Microsoft.OperationsManagement/solutions/read"), workspace::solution),

    // Deployments
    op("Deployments_ListAtSubscriptionScope", GET, at_subscription!("/providers/Microsoft.Resources/deployments"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::list),
    op("Deployments_GetAtSubscriptionScope", GET, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::get),
    op("Deployments_CreateOrUpdateAtSubscriptionScope", PUT, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/write"), deployments::put),
    op("Deployments_DeleteAtSubscriptionScope", DELETE, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/delete"), deployments::delete),
    op("Deployments_ValidateAtSubscriptionScope", POST, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}/validate"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/validate/action"), deployments::validate),
    op("Deployments_WhatIfAtSubscriptionScope", POST, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}/whatIf"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/whatIf/action"), deployments::what_if),
    op("DeploymentOperations_ListAtSubscriptionScope", GET, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}/operations"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operations/read"), deployments::operations),
    op("Deployments_StatusAtSubscriptionScope", GET, at_subscription!("/providers/Microsoft.Resources/deployments/{deployment}/operationStatuses/{operation}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operationstatuses/read"), deployments::status),
    op("Deployments_ListByResourceGroup", GET, at_group!("/providers/Microsoft.Resources/deployments"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::list),
    op("Deployments_Get", GET, at_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::get),
    op("Deployments_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/write"), deployments::put),
    op("Deployments_Delete", DELETE, at_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/delete"), deployments::delete),
    op("Deployments_Validate", POST, at_group!("/providers/Microsoft.Resources/deployments/{deployment}/validate"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/validate/action"), deployments::validate),
    op("Deployments_WhatIf", POST, at_group!("/providers/Microsoft.Resources/deployments/{deployment}/whatIf"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/whatIf/action"), deployments::what_if),
    op("DeploymentOperations_List", GET, at_group!("/providers/Microsoft.Resources/deployments/{deployment}/operations"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operations/read"), deployments::operations),
    op("Deployments_Status", GET, at_group!("/providers/Microsoft.Resources/deployments/{deployment}/operationStatuses/{operation}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operationstatuses/read"), deployments::status),
    op("Deployments_ListAtManagementGroupScope", GET, at_management_group!("/providers/Microsoft.Resources/deployments"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::list),
    op("Deployments_GetAtManagementGroupScope", GET, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/read"), deployments::get),
    op("Deployments_CreateOrUpdateAtManagementGroupScope", PUT, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/write"), deployments::put),
    op("Deployments_DeleteAtManagementGroupScope", DELETE, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/delete"), deployments::delete),
    op("Deployments_ValidateAtManagementGroupScope", POST, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}/validate"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/validate/action"), deployments::validate),
    op("Deployments_WhatIfAtManagementGroupScope", POST, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}/whatIf"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/whatIf/action"), deployments::what_if),
    op("DeploymentOperations_ListAtManagementGroupScope", GET, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}/operations"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operations/read"), deployments::operations),
    op("Deployments_StatusAtManagementGroupScope", GET, at_management_group!("/providers/Microsoft.Resources/deployments/{deployment}/operationStatuses/{operation}"), DEPLOYMENTS, Door::Arm("Microsoft.Resources/deployments/operationstatuses/read"), deployments::status),

    // What deployments bring
    op("UserAssignedIdentities_List", GET, at_group!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities"), IDENTITIES, Door::Arm("Microsoft.ManagedIdentity/userAssignedIdentities/read"), deployed::list),
    op("UserAssignedIdentities_Get", GET, at_group!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"), IDENTITIES, Door::Arm("Microsoft.ManagedIdentity/userAssignedIdentities/read"), deployed::get),
    op("UserAssignedIdentities_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"), IDENTITIES, Door::Arm("Microsoft.ManagedIdentity/userAssignedIdentities/write"), deployed::put),
    op("UserAssignedIdentities_Delete", DELETE, at_group!("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"), IDENTITIES, Door::Arm("Microsoft.ManagedIdentity/userAssignedIdentities/delete"), deployed::delete),
    op("Connections_List", GET, at_group!("/providers/Microsoft.Web/connections"), CONNECTIONS, Door::Arm("Microsoft.Web/connections/Read"), deployed::list),
    op("Connections_Get", GET, at_group!("/providers/Microsoft.Web/connections/{name}"), CONNECTIONS, Door::Arm("Microsoft.Web/connections/Read"), deployed::get),
    op("Connections_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Web/connections/{name}"), CONNECTIONS, Door::Arm("Microsoft.Web/connections/Write"), deployed::put),
    op("Connections_Delete", DELETE, at_group!("/providers/Microsoft.Web/connections/{name}"), CONNECTIONS, Door::Arm("Microsoft.Web/connections/Delete"), deployed::delete),
    op("Jobs_List", GET, at_group!("/providers/Microsoft.App/jobs"), APPS, Door::Arm("Microsoft.App/jobs/read"), deployed::list),
    op("Jobs_Get", GET, at_group!("/providers/Microsoft.App/jobs/{name}"), APPS, Door::Arm("Microsoft.App/jobs/read"), deployed::get),
    op("Jobs_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.App/jobs/{name}"), APPS, Door::Arm("Microsoft.App/jobs/write"), deployed::put),
    op("Jobs_Delete", DELETE, at_group!("/providers/Microsoft.App/jobs/{name}"), APPS, Door::Arm("Microsoft.App/jobs/delete"), deployed::delete),
    op("ContainerApps_List", GET, at_group!("/providers/Microsoft.App/containerApps"), APPS, Door::Arm("Microsoft.App/containerApps/read"), deployed::list),
    op("ContainerApps_Get", GET, at_group!("/providers/Microsoft.App/containerApps/{name}"), APPS, Door::Arm("Microsoft.App/containerApps/read"), deployed::get),
    op("ContainerApps_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.App/containerApps/{name}"), APPS, Door::Arm("Microsoft.App/containerApps/write"), deployed::put),
    op("ContainerApps_Delete", DELETE, at_group!("/providers/Microsoft.App/containerApps/{name}"), APPS, Door::Arm("Microsoft.App/containerApps/delete"), deployed::delete),
    op("ManagedEnvironments_List", GET, at_group!("/providers/Microsoft.App/managedEnvironments"), APPS, Door::Arm("Microsoft.App/managedEnvironments/read"), deployed::list),
    op("ManagedEnvironments_Get", GET, at_group!("/providers/Microsoft.App/managedEnvironments/{name}"), APPS, Door::Arm("Microsoft.App/managedEnvironments/read"), deployed::get),
    op("ManagedEnvironments_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.App/managedEnvironments/{name}"), APPS, Door::Arm("Microsoft.App/managedEnvironments/write"), deployed::put),
    op("ManagedEnvironments_Delete", DELETE, at_group!("/providers/Microsoft.App/managedEnvironments/{name}"), APPS, Door::Arm("Microsoft.App/managedEnvironments/delete"), deployed::delete),
    op("StorageAccounts_List", GET, at_group!("/providers/Microsoft.Storage/storageAccounts"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/read"), deployed::list),
    op("StorageAccounts_Get", GET, at_group!("/providers/Microsoft.Storage/storageAccounts/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/read"), deployed::get),
    op("StorageAccounts_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Storage/storageAccounts/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/write"), deployed::put),
    op("StorageAccounts_Delete", DELETE, at_group!("/providers/Microsoft.Storage/storageAccounts/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/delete"), deployed::delete),
    op("BlobContainers_List", GET, at_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/read"), deployed::list),
    op("BlobContainers_Get", GET, at_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/read"), deployed::get),
    op("BlobContainers_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/write"), deployed::put),
    op("BlobContainers_Delete", DELETE, at_group!("/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/delete"), deployed::delete),
    op("ImmutabilityPolicies_Get", GET, container!("/immutabilityPolicies/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read"), deployed::get),
    op("ImmutabilityPolicies_CreateOrUpdate", PUT, container!("/immutabilityPolicies/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/write"), deployed::put),
    op("ImmutabilityPolicies_Delete", DELETE, container!("/immutabilityPolicies/{name}"), STORAGE, Door::Arm("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete"), deployed::delete),
    op("RegistrationDefinitions_List", GET, at_subscription!("/providers/Microsoft.ManagedServices/registrationDefinitions"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationDefinitions/read"), deployed::list),
    op("RegistrationDefinitions_Get", GET, at_subscription!("/providers/Microsoft.ManagedServices/registrationDefinitions/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationDefinitions/read"), deployed::get),
    op("RegistrationDefinitions_CreateOrUpdate", PUT, at_subscription!("/providers/Microsoft.ManagedServices/registrationDefinitions/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationDefinitions/write"), deployed::put),
    op("RegistrationDefinitions_Delete", DELETE, at_subscription!("/providers/Microsoft.ManagedServices/registrationDefinitions/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationDefinitions/delete"), deployed::delete),
    op("RegistrationAssignments_List", GET, at_subscription!("/providers/Microsoft.ManagedServices/registrationAssignments"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationAssignments/read"), deployed::list),
    op("RegistrationAssignments_Get", GET, at_subscription!("/providers/Microsoft.ManagedServices/registrationAssignments/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationAssignments/read"), deployed::get),
    op("RegistrationAssignments_CreateOrUpdate", PUT, at_subscription!("/providers/Microsoft.ManagedServices/registrationAssignments/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationAssignments/write"), deployed::put),
    op("RegistrationAssignments_Delete", DELETE, at_subscription!("/providers/Microsoft.ManagedServices/registrationAssignments/{name}"), MANAGED_SERVICES, Door::Arm("Microsoft.ManagedServices/registrationAssignments/delete"), deployed::delete),
    op("Workflows_ListBySubscription", GET, at_subscription!("/providers/Microsoft.Logic/workflows"), LOGIC, Door::Arm("Microsoft.Logic/workflows/read"), deployed::list),
    op("Workflows_List", GET, at_group!("/providers/Microsoft.Logic/workflows"), LOGIC, Door::Arm("Microsoft.Logic/workflows/read"), deployed::list),
    op("Workflows_Get", GET, at_group!("/providers/Microsoft.Logic/workflows/{name}"), LOGIC, Door::Arm("Microsoft.Logic/workflows/read"), deployed::get),
    op("Workflows_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Logic/workflows/{name}"), LOGIC, Door::Arm("Microsoft.Logic/workflows/write"), deployed::put),
    op("Workflows_Delete", DELETE, at_group!("/providers/Microsoft.Logic/workflows/{name}"), LOGIC, Door::Arm("Microsoft.Logic/workflows/delete"), deployed::delete),
    op("Workflows_Enable", POST, at_group!("/providers/Microsoft.Logic/workflows/{name}/enable"), LOGIC, Door::Arm("Microsoft.Logic/workflows/enable/action"), workflows::enable),
    op("Workflows_Disable", POST, at_group!("/providers/Microsoft.Logic/workflows/{name}/disable"), LOGIC, Door::Arm("Microsoft.Logic/workflows/disable/action"), workflows::disable),
    op("WorkflowTriggers_List", GET, at_group!("/providers/Microsoft.Logic/workflows/{name}/triggers"), LOGIC, Door::Arm("Microsoft.Logic/workflows/triggers/read"), workflows::triggers),
    op("WorkflowTriggers_Run", POST, at_group!("/providers/Microsoft.Logic/workflows/{name}/triggers/{trigger}/run"), LOGIC, Door::Arm("Microsoft.Logic/workflows/triggers/run/action"), workflows::run),
    op("WorkflowRuns_List", GET, at_group!("/providers/Microsoft.Logic/workflows/{name}/runs"), LOGIC, Door::Arm("Microsoft.Logic/workflows/runs/read"), workflows::runs),
    op("WorkflowRuns_Get", GET, at_group!("/providers/Microsoft.Logic/workflows/{name}/runs/{run}"), LOGIC, Door::Arm("Microsoft.Logic/workflows/runs/read"), workflows::one_run),
    op("WorkflowRunActions_List", GET, at_group!("/providers/Microsoft.Logic/workflows/{name}/runs/{run}/actions"), LOGIC, Door::Arm("Microsoft.Logic/workflows/runs/actions/read"), workflows::actions),

    // Defender for Cloud
    op("Locations_List", GET, security!("/locations"), SECURITY_LOCATIONS, Door::Arm("Microsoft.Security/locations/read"), alerts::locations),
    op("Locations_Get", GET, security!("/locations/{location}"), SECURITY_LOCATIONS, Door::Arm("Microsoft.Security/locations/read"), alerts::location),
    op("Alerts_List", GET, security!("/alerts"), ALERTS, Door::Arm("Microsoft.Security/alerts/read"), alerts::list),
    op("Alerts_ListByResourceGroup", GET, group_security!("/alerts"), ALERTS, Door::Arm("Microsoft.Security/alerts/read"), alerts::list),
    op("Alerts_ListSubscriptionLevelByRegion", GET, security!("/locations/{location}/alerts"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/read"), alerts::list),
    op("Alerts_ListResourceGroupLevelByRegion", GET, group_security!("/locations/{location}/alerts"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/read"), alerts::list),
    op("Alerts_GetSubscriptionLevel", GET, security!("/locations/{location}/alerts/{alert}"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/read"), alerts::get),
    op("Alerts_GetResourceGroupLevel", GET, group_security!("/locations/{location}/alerts/{alert}"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/read"), alerts::get),
    op("Alerts_UpdateSubscriptionLevelStateToDismiss", POST, security!("/locations/{location}/alerts/{alert}/dismiss"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/dismiss/action"), alerts::dismiss),
    op("Alerts_UpdateSubscriptionLevelStateToResolve", POST, security!("/locations/{location}/alerts/{alert}/resolve"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/resolve/action"), alerts::resolve),
    op("Alerts_UpdateSubscriptionLevelStateToActivate", POST, security!("/locations/{location}/alerts/{alert}/activate"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/activate/action"), alerts::activate),
    op("Alerts_UpdateSubscriptionLevelStateToInProgress", POST, security!("/locations/{location}/alerts/{alert}/inProgress"), ALERTS_2022, Door::Arm("Microsoft.Security/locations/alerts/inProgress/action"), alerts::in_progress),
    op("Alerts_UpdateResourceGroupLevelStateToDismiss", POST, group_security!("/locations/{location}/alerts/{alert}/dismiss"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/dismiss/action"), alerts::dismiss),
    op("Alerts_UpdateResourceGroupLevelStateToResolve", POST, group_security!("/locations/{location}/alerts/{alert}/resolve"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/resolve/action"), alerts::resolve),
    op("Alerts_UpdateResourceGroupLevelStateToActivate", POST, group_security!("/locations/{location}/alerts/{alert}/activate"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/activate/action"), alerts::activate),
    op("Alerts_UpdateResourceGroupLevelStateToInProgress", POST, group_security!("/locations/{location}/alerts/{alert}/inProgress"), ALERTS_2022, Door::Arm("Microsoft.Security/locations/alerts/inProgress/action"), alerts::in_progress),
    op("Alerts_Simulate", POST, security!("/locations/{location}/alerts/default/simulate"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/simulate/action"), alerts::simulate),
    op("Alerts_SimulateStatus", GET, security!("/locations/{location}/operationResults/{operation}"), ALERTS, Door::Arm("Microsoft.Security/locations/alerts/read"), alerts::simulated),

    op("AlertsSuppressionRules_List", GET, security!("/alertsSuppressionRules"), SUPPRESSION, Door::Arm("Microsoft.Security/alertsSuppressionRules/read"), resources::list),
    op("AlertsSuppressionRules_Get", GET, security!("/alertsSuppressionRules/{name}"), SUPPRESSION, Door::Arm("Microsoft.Security/alertsSuppressionRules/read"), resources::get),
    op("AlertsSuppressionRules_Update", PUT, security!("/alertsSuppressionRules/{name}"), SUPPRESSION, Door::Arm("Microsoft.Security/alertsSuppressionRules/write"), resources::put),
    op("AlertsSuppressionRules_Delete", DELETE, security!("/alertsSuppressionRules/{name}"), SUPPRESSION, Door::Arm("Microsoft.Security/alertsSuppressionRules/delete"), resources::delete),
    op("Settings_List", GET, security!("/settings"), SECURITY_SETTINGS, Door::Arm("Microsoft.Security/settings/read"), resources::list),
    op("Settings_Get", GET, security!("/settings/{name}"), SECURITY_SETTINGS, Door::Arm("Microsoft.Security/settings/read"), resources::get),
    op("Settings_Update", PUT, security!("/settings/{name}"), SECURITY_SETTINGS, Door::Arm("Microsoft.Security/settings/write"), resources::put),
    op("Pricings_List", GET, security!("/pricings"), PRICINGS, Door::Arm("Microsoft.Security/pricings/read"), resources::list),
    op("Pricings_Get", GET, security!("/pricings/{name}"), PRICINGS, Door::Arm("Microsoft.Security/pricings/read"), resources::get),
    op("Pricings_Update", PUT, security!("/pricings/{name}"), PRICINGS, Door::Arm("Microsoft.Security/pricings/write"), resources::put),

    // Sentinel
    op("Incidents_List", GET, sentinel!("/incidents"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/read"), incidents::list),
    op("Incidents_Get", GET, sentinel!("/incidents/{incident}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/read"), incidents::get),
    op("Incidents_CreateOrUpdate", PUT, sentinel!("/incidents/{incident}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/write"), incidents::put),
    op("Incidents_Delete", DELETE, sentinel!("/incidents/{incident}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/delete"), incidents::delete),
    op("Incidents_ListAlerts", POST, sentinel!("/incidents/{incident}/alerts"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/read"), relations::alerts),
    op("Incidents_ListEntities", POST, sentinel!("/incidents/{incident}/entities"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/read"), relations::entities),
    op("Incidents_ListBookmarks", POST, sentinel!("/incidents/{incident}/bookmarks"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/read"), relations::bookmarks),
    op("IncidentRelations_List", GET, sentinel!("/incidents/{incident}/relations"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/relations/read"), relations::list),
    op("IncidentRelations_Get", GET, sentinel!("/incidents/{incident}/relations/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/relations/read"), relations::get),
    op("IncidentRelations_CreateOrUpdate", PUT, sentinel!("/incidents/{incident}/relations/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/relations/write"), relations::put),
    op("IncidentRelations_Delete", DELETE, sentinel!("/incidents/{incident}/relations/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/relations/delete"), relations::delete),
    op("IncidentComments_List", GET, sentinel!("/incidents/{incident}/comments"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/comments/read"), incident_parts::comments),
    op("IncidentComments_Get", GET, sentinel!("/incidents/{incident}/comments/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/comments/read"), incident_parts::comment),
    op("IncidentComments_CreateOrUpdate", PUT, sentinel!("/incidents/{incident}/comments/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/comments/write"), incident_parts::put_comment),
    op("IncidentComments_Delete", DELETE, sentinel!("/incidents/{incident}/comments/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/comments/delete"), incident_parts::delete_comment),
    op("IncidentTasks_List", GET, sentinel!("/incidents/{incident}/tasks"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/tasks/read"), incident_parts::tasks),
    op("IncidentTasks_Get", GET, sentinel!("/incidents/{incident}/tasks/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/tasks/read"), incident_parts::task),
    op("IncidentTasks_CreateOrUpdate", PUT, sentinel!("/incidents/{incident}/tasks/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/tasks/write"), incident_parts::put_task),
    op("IncidentTasks_Delete", DELETE, sentinel!("/incidents/{incident}/tasks/{part}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/incidents/tasks/delete"), incident_parts::delete_task),

    op("AlertRules_List", GET, sentinel!("/alertRules"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/alertRules/read"), resources::list),
    op("AlertRules_Get", GET, sentinel!("/alertRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/alertRules/read"), resources::get),
    op("AlertRules_CreateOrUpdate", PUT, sentinel!("/alertRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/alertRules/write"), resources::put),
    op("AlertRules_Delete", DELETE, sentinel!("/alertRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/alertRules/delete"), resources::delete),
    op("AutomationRules_List", GET, sentinel!("/automationRules"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/automationRules/read"), resources::list),
    op("AutomationRules_Get", GET, sentinel!("/automationRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/automationRules/read"), resources::get),
    op("AutomationRules_CreateOrUpdate", PUT, sentinel!("/automationRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/automationRules/write"), resources::put),
    op("AutomationRules_Delete", DELETE, sentinel!("/automationRules/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/automationRules/delete"), resources::delete),
    op("Bookmarks_List", GET, sentinel!("/bookmarks"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/bookmarks/read"), resources::list),
    op("Bookmarks_Get", GET, sentinel!("/bookmarks/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/bookmarks/read"), resources::get),
    op("Bookmarks_CreateOrUpdate", PUT, sentinel!("/bookmarks/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/bookmarks/write"), resources::put),
    op("Bookmarks_Delete", DELETE, sentinel!("/bookmarks/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/bookmarks/delete"), resources::delete),
    op("DataConnectors_List", GET, sentinel!("/dataConnectors"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/dataConnectors/read"), resources::list),
    op("DataConnectors_Get", GET, sentinel!("/dataConnectors/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/dataConnectors/read"), resources::get),
    op("DataConnectors_CreateOrUpdate", PUT, sentinel!("/dataConnectors/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/dataConnectors/write"), resources::put),
    op("DataConnectors_Delete", DELETE, sentinel!("/dataConnectors/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/dataConnectors/delete"), resources::delete),
    op("SentinelOnboardingStates_List", GET, sentinel!("/onboardingStates"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/onboardingStates/read"), resources::list),
    op("SentinelOnboardingStates_Get", GET, sentinel!("/onboardingStates/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/onboardingStates/read"), resources::get),
    op("SentinelOnboardingStates_Create", PUT, sentinel!("/onboardingStates/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/onboardingStates/write"), resources::put),
    op("SentinelOnboardingStates_Delete", DELETE, sentinel!("/onboardingStates/{name}"), SENTINEL, Door::Arm("Microsoft.SecurityInsights/onboardingStates/delete"), resources::delete),

    // Rights, at every scope there is
    op("RoleDefinitions_List", GET, at_subscription!("/providers/Microsoft.Authorization/roleDefinitions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::roles),
    op("RoleDefinitions_Get", GET, at_subscription!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::role),
    op("RoleDefinitions_CreateOrUpdate", PUT, at_subscription!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/write"), authorization::put_role),
    op("RoleDefinitions_Delete", DELETE, at_subscription!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/delete"), authorization::delete_role),
    op("RoleAssignments_ListForSubscription", GET, at_subscription!("/providers/Microsoft.Authorization/roleAssignments"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignments),
    op("RoleAssignments_Get", GET, at_subscription!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignment),
    op("RoleAssignments_Create", PUT, at_subscription!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/write"), authorization::put_assignment),
    op("RoleAssignments_Delete", DELETE, at_subscription!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/delete"), authorization::delete_assignment),
    op("Permissions_ListForSubscription", GET, at_subscription!("/providers/Microsoft.Authorization/permissions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/permissions/read"), authorization::permissions),
    op("RoleDefinitions_List", GET, at_group!("/providers/Microsoft.Authorization/roleDefinitions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::roles),
    op("RoleDefinitions_Get", GET, at_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::role),
    op("RoleDefinitions_CreateOrUpdate", PUT, at_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/write"), authorization::put_role),
    op("RoleDefinitions_Delete", DELETE, at_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/delete"), authorization::delete_role),
    op("RoleAssignments_ListForResourceGroup", GET, at_group!("/providers/Microsoft.Authorization/roleAssignments"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignments),
    op("RoleAssignments_Get", GET, at_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignment),
    op("RoleAssignments_Create", PUT, at_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/write"), authorization::put_assignment),
    op("RoleAssignments_Delete", DELETE, at_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/delete"), authorization::delete_assignment),
    op("Permissions_ListForResourceGroup", GET, at_group!("/providers/Microsoft.Authorization/permissions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/permissions/read"), authorization::permissions),
    op("RoleDefinitions_List", GET, workspace!("/providers/Microsoft.Authorization/roleDefinitions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::roles),
    op("RoleDefinitions_Get", GET, workspace!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::role),
    op("RoleDefinitions_CreateOrUpdate", PUT, workspace!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/write"), authorization::put_role),
    op("RoleDefinitions_Delete", DELETE, workspace!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/delete"), authorization::delete_role),
    op("RoleAssignments_ListForWorkspace", GET, workspace!("/providers/Microsoft.Authorization/roleAssignments"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignments),
    op("RoleAssignments_Get", GET, workspace!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignment),
    op("RoleAssignments_Create", PUT, workspace!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/write"), authorization::put_assignment),
    op("RoleAssignments_Delete", DELETE, workspace!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/delete"), authorization::delete_assignment),
    op("Permissions_ListForWorkspace", GET, workspace!("/providers/Microsoft.Authorization/permissions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/permissions/read"), authorization::permissions),
    op("RoleDefinitions_List", GET, "/providers/Microsoft.Authorization/roleDefinitions", AUTHORIZATION, Door::Arm(""), authorization::roles),
    op("RoleDefinitions_Get", GET, "/providers/Microsoft.Authorization/roleDefinitions/{name}", AUTHORIZATION, Door::Arm(""), authorization::role),
    op("RoleDefinitions_List", GET, at_management_group!("/providers/Microsoft.Authorization/roleDefinitions"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::roles),
    op("RoleDefinitions_Get", GET, at_management_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/read"), authorization::role),
    op("RoleDefinitions_CreateOrUpdate", PUT, at_management_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/write"), authorization::put_role),
    op("RoleDefinitions_Delete", DELETE, at_management_group!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleDefinitions/delete"), authorization::delete_role),
    op("RoleAssignments_ListForScope", GET, at_management_group!("/providers/Microsoft.Authorization/roleAssignments"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignments),
    op("RoleAssignments_Get", GET, at_management_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignment),
    op("RoleAssignments_Create", PUT, at_management_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/write"), authorization::put_assignment),
    op("RoleAssignments_Delete", DELETE, at_management_group!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/delete"), authorization::delete_assignment),
    op("RoleAssignments_ListForScope", GET, container!("/providers/Microsoft.Authorization/roleAssignments"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignments),
    op("RoleAssignments_Get", GET, container!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/read"), authorization::assignment),
    op("RoleAssignments_Create", PUT, container!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/write"), authorization::put_assignment),
    op("RoleAssignments_Delete", DELETE, container!("/providers/Microsoft.Authorization/roleAssignments/{name}"), AUTHORIZATION, Door::Arm("Microsoft.Authorization/roleAssignments/delete"), authorization::delete_assignment),

    // The activity log
    op("EventCategories_List", GET, "/providers/Microsoft.Insights/eventcategories", ACTIVITY, Door::Arm(""), activity::categories),
    op("ActivityLogs_List", GET, at_subscription!("/providers/Microsoft.Insights/eventtypes/management/values"), ACTIVITY, Door::Arm("Microsoft.Insights/eventtypes/values/read"), activity::list),

    // Log Analytics
    op("Query_Execute", POST, "/v1/workspaces/{customer}/query", ANY, Door::Logs(logs::ACTION), logs::post),
    op("Query_Get", GET, "/v1/workspaces/{customer}/query", ANY, Door::Logs(logs::ACTION), logs::get),
    op("Query_Batch", POST, "/v1/$batch", ANY, Door::Logs(logs::ACTION), logs::batch),
    op("Query_ResourceExecute", POST, concat!("/v1", workspace!("/query")), ANY, Door::Logs(logs::ACTION), logs::post),
    op("Query_ResourceGet", GET, concat!("/v1", workspace!("/query")), ANY, Door::Logs(logs::ACTION), logs::get),
    op("Query_ArmExecute", POST, workspace!("/query"), ARM_QUERY, Door::Arm(logs::ACTION), logs::post),
    op("Query_ArmGet", GET, workspace!("/query"), ARM_QUERY, Door::Arm(logs::ACTION), logs::get),
    op("Metadata_Get", GET, "/v1/workspaces/{customer}/metadata", ANY, Door::Logs(logs::ACTION), logs::metadata),
    op("Metadata_Post", POST, "/v1/workspaces/{customer}/metadata", ANY, Door::Logs(logs::ACTION), logs::metadata),

    // Microsoft Graph
    op("DirectoryObjects_GetByIds", POST, "/v1.0/directoryObjects/getByIds", ANY, Door::Graph, graph::by_ids),
    op("ServicePrincipals_List", GET, "/v1.0/servicePrincipals", ANY, Door::Graph, graph::service_principals),
    op("ServicePrincipals_Get", GET, "/v1.0/servicePrincipals/{id}", ANY, Door::Graph, graph::service_principal),

    // The twin itself
    op("Twin_Operations", GET, "/_twin/operations", ANY, Door::Open, control::operations),
    op("Twin_Stats", GET, "/_twin/stats", ANY, Door::Open, control::stats),
    op("Twin_ResetStats", DELETE, "/_twin/stats", ANY, Door::Open, control::reset_stats),
    op("Twin_Clock", GET, "/_twin/clock", ANY, Door::Open, control::clock),
    op("Twin_Step", POST, "/_twin/clock/step", ANY, Door::Open, control::step),
    op("Twin_Raise", POST, "/_twin/alerts", ANY, Door::Open, control::raise),
    op("Twin_Merge", POST, "/_twin/merge", ANY, Door::Open, control::merge),
    op("Twin_Faults", GET, "/_twin/faults", ANY, Door::Open, control::faults),
    op("Twin_AddFault", POST, "/_twin/faults", ANY, Door::Open, control::add_fault),
    op("Twin_SetFaults", PUT, "/_twin/faults", ANY, Door::Open, control::set_faults),
    op("Twin_ClearFaults", DELETE, "/_twin/faults", ANY, Door::Open, control::clear_faults),
    op("Twin_Throttles", GET, "/_twin/throttles", ANY, Door::Open, control::throttles),
    op("Twin_SetThrottles", PUT, "/_twin/throttles", ANY, Door::Open, control::set_throttles),
    op("Twin_Settings", GET, "/_twin/settings", ANY, Door::Open, control::settings),
    op("Twin_SetSettings", PUT, "/_twin/settings", ANY, Door::Open, control::set_settings),
    op("Twin_SetRights", PUT, "/_twin/rights", ANY, Door::Open, control::set_rights),
    op("Twin_Export", GET, "/_twin/world", ANY, Door::Open, control::export),
    op("Twin_Rules", GET, "/_twin/rules", ANY, Door::Open, control::rules),
];

const fn op(
    name: &'static str,
    method: Method,
    path: &'static str,
    versions: &'static [&'static str],
    door: Door,
    handler: fn(&Call) -> Answer,
) -> Operation {
    Operation { name, method, path: Template(path), versions, door, handler }
}

impl Operation {
    /// Whether it may take long.
    pub(crate) fn is_slow(&self) -> bool {
        self.name.starts_with("Query_")
    }

    /// Whether it may change the world.
    pub(crate) fn writes(&self) -> bool {
        let reads = [Method::GET, Method::HEAD].contains(&self.method);
        match self.door {
            Door::Arm(action) => !reads && !action.ends_with("/read"),
            Door::Open => self.is_control() && !reads,
            Door::Logs(_) | Door::Host | Door::Graph => false,
        }
    }

    /// Whether it belongs to the twin and not to the cloud.
    pub(crate) fn is_control(&self) -> bool {
        self.path.0.starts_with("/_twin/")
    }
}
