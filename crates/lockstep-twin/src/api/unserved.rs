//! Operations that the services have and the twin does not serve: they are refused by name.
//!
//! Source: the vendor's specifications of the providers that the twin serves in part, and the reference of Microsoft Graph v1.0,
//! whose operations are called as its pages are. Named parts are `{}`.

use http::Method;

use super::path::{Template, decode};

/// The name of the operation that a path would lead to at the service, if the twin knows of it.
pub(super) fn name(method: &Method, path: &str) -> Option<&'static str> {
    let segments = decode(path)?;
    let known = UNSERVED
        .iter()
        .find(|(_, known, template)| *known == method.as_str() && Template(template).matches(&segments).is_some());
    known.map(|(name, _, _)| *name)
}

/// Name, method and path.
#[rustfmt::skip]
const UNSERVED: &[(&str, &str, &str)] = &[
    ("ProviderOperationsMetadata_List", "GET", "/providers/Microsoft.Authorization/providerOperations"),
    ("ProviderOperationsMetadata_Get", "GET", "/providers/Microsoft.Authorization/providerOperations/{}"),
    ("TenantActivityLogs_List", "GET", "/providers/Microsoft.Insights/eventtypes/management/values"),
    ("Operations_List", "GET", "/providers/Microsoft.ResourceGraph/operations"),
    ("Resources", "POST", "/providers/Microsoft.ResourceGraph/resources"),
    ("Operations_List", "GET", "/providers/Microsoft.SecurityInsights/operations"),
    ("DeletedWorkspaces_List", "GET", "/subscriptions/{}/providers/Microsoft.OperationalInsights/deletedWorkspaces"),
    ("Automations_List", "GET", "/subscriptions/{}/providers/Microsoft.Security/automations"),
    ("AlertRuleTemplates_List", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRuleTemplates"),
    ("AlertRuleTemplates_Get", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRuleTemplates/{}"),
    ("Actions_ListByAlertRule", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRules/{}/actions"),
    ("Actions_Get", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRules/{}/actions/{}"),
    ("Actions_CreateOrUpdate", "PUT", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRules/{}/actions/{}"),
    ("Actions_Delete", "DELETE", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/alertRules/{}/actions/{}"),
    ("Entities_List", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities"),
    ("Entities_Get", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}"),
    ("Entities_Expand", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/expand"),
    ("Entities_GetInsights", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/getInsights"),
    ("EntitiesGetTimeline_list", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/getTimeline"),
    ("Entities_Queries", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/queries"),
    ("EntitiesRelations_List", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/relations"),
    ("EntityRelations_GetRelation", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/relations/{}"),
    ("Entities_RunPlaybook", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/entities/{}/runPlaybook"),
    ("Incidents_RunPlaybook", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/incidents/{}/runPlaybook"),
    ("ProductSettings_List", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/settings"),
    ("ProductSettings_Get", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/settings/{}"),
    ("ProductSettings_Delete", "DELETE", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/settings/{}"),
    ("ProductSettings_Update", "PUT", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers/Microsoft.SecurityInsights/settings/{}"),
    ("Tables_CreateOrUpdate", "PUT", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}"),
    ("Tables_Update", "PATCH", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}"),
    ("Tables_Delete", "DELETE", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}"),
    ("Tables_CancelSearch", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}/cancelSearch"),
    ("Tables_Migrate", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/tables/{}/migrate"),
    ("Automations_ListByResourceGroup", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations"),
    ("Automations_Get", "GET", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}"),
    ("Automations_CreateOrUpdate", "PUT", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}"),
    ("Automations_Update", "PATCH", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}"),
    ("Automations_Delete", "DELETE", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}"),
    ("Automations_Validate", "POST", "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}/validate"),
    ("DeletedWorkspaces_ListByResourceGroup", "GET", "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.OperationalInsights/deletedWorkspaces"),
    ("Workspaces_CreateOrUpdate", "PUT", "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"),
    ("Workspaces_Delete", "DELETE", "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"),
    ("Workspaces_Update", "PATCH", "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"),
    ("Graph: List alerts_v2", "GET", "/v1.0/security/alerts_v2"),
    ("Graph: Get alert", "GET", "/v1.0/security/alerts_v2/{}"),
    ("Graph: Update alert", "PATCH", "/v1.0/security/alerts_v2/{}"),
    ("Graph: List incidents", "GET", "/v1.0/security/incidents"),
    ("Graph: Get incident", "GET", "/v1.0/security/incidents/{}"),
    ("Graph: Update incident", "PATCH", "/v1.0/security/incidents/{}"),
    ("Pricings_List", "GET", "/{}/providers/Microsoft.Security/pricings"),
    ("Pricings_Get", "GET", "/{}/providers/Microsoft.Security/pricings/{}"),
    ("Pricings_Update", "PUT", "/{}/providers/Microsoft.Security/pricings/{}"),
    ("Pricings_Delete", "DELETE", "/{}/providers/Microsoft.Security/pricings/{}"),
];
