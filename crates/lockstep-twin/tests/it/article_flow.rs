//! The article's system as a template: a query every hour finds incidents whose alerts are done or in progress; a loop over
//! the rows closes them as true or benign positive, or sets them active. Written from the article's description.

use serde_json::{Value, json};

const QUERY: &str = r#"SecurityIncident
| where TimeGenerated > ago(30d)
| where tostring(AdditionalData.alertProductNames) has "Azure Security Center"
| summarize arg_max(TimeGenerated, *) by IncidentNumber
| where Status != "Closed"
| project IncidentName, IncidentStatus = Status, AlertIds
| mv-expand AlertId = AlertIds to typeof(string)
| join kind=inner (SecurityAlert | summarize arg_max(TimeGenerated, *) by SystemAlertId | project AlertId = SystemAlertId, AlertStatus = Status) on AlertId
| summarize Statuses = make_set(AlertStatus) by IncidentName, IncidentStatus
| where not(Statuses has "New") and not(Statuses has "InProgress" and array_length(Statuses) > 1)
| mv-expand AlertStatus = Statuses to typeof(string)
| where not(AlertStatus == "InProgress" and IncidentStatus == "Active")
| project IncidentName, IncidentStatus, AlertStatus"#;

/// Which identity the Logic App has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Identity {
    System,
    User,
}

/// The template: connection, Logic App, its right to write incidents.
pub fn template(identity: Identity) -> Value {
    let own = "[resourceId('Microsoft.Logic/workflows', parameters('LogicAppName'))]";
    let user = "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'mi-sync')]";
    let (block, mut depends, principal, mut authentication) = match identity {
        Identity::System => (
            json!({"type": "SystemAssigned"}),
            json!(["[resourceId('Microsoft.Web/connections', parameters('ConnectionName'))]"]),
            "[reference(resourceId('Microsoft.Logic/workflows', parameters('LogicAppName')), '2019-05-01', 'Full').identity.principalId]",
            json!({"type": "ManagedServiceIdentity"}),
        ),
        Identity::User => (
            json!({"type": "UserAssigned", "userAssignedIdentities": {user: {}}}),
            json!(["[resourceId('Microsoft.Web/connections', parameters('ConnectionName'))]", user]),
            "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'mi-sync'), '2023-01-31').principalId]",
            json!({"type": "ManagedServiceIdentity", "identity": user}),
        ),
    };
    let connection_authentication = authentication.clone();
    authentication["audience"] = "https://api.loganalytics.io".into();
    let mut resources = vec![
        json!({
            "type": "Microsoft.Web/connections", "apiVersion": "2016-06-01", "name": "[parameters('ConnectionName')]", "location": "[resourceGroup().location]", "kind": "V1",
            "properties": {
                "displayName": "[parameters('ConnectionName')]",
                "parameterValueType": "Alternative",
                "api": {"id": "[concat('/subscriptions/', subscription().subscriptionId, '/providers/Microsoft.Web/locations/', resourceGroup().location, '/managedApis/azuresentinel')]"}
            }
        }),
        json!({
            "type": "Microsoft.Logic/workflows", "apiVersion": "2019-05-01", "name": "[parameters('LogicAppName')]", "location": "[resourceGroup().location]",
            "identity": block, "dependsOn": depends.take(),
            "properties": {
                "state": "Disabled",
                "definition": definition(&authentication),
                "parameters": {"$connections": {"value": {"azuresentinel": {
                    "connectionId": "[resourceId('Microsoft.Web/connections', parameters('ConnectionName'))]",
                    "connectionName": "[parameters('ConnectionName')]",
                    "id": "[concat('/subscriptions/', subscription().subscriptionId, '/providers/Microsoft.Web/locations/', resourceGroup().location, '/managedApis/azuresentinel')]",
                    "connectionProperties": {"authentication": connection_authentication}
                }}}}
            }
        }),
        json!({
            "type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "assign-role", "resourceGroup": "[parameters('WorkspaceGroup')]",
            "dependsOn": [own],
            "properties": {"mode": "Incremental", "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
                "resources": [{
                    "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2018-09-01-preview",
                    "name": format!("[guid(parameters('WorkspaceGroup'), '{identity:?}')]"),
                    "properties": {
                        "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3e150937-b8fe-4cfb-8069-0eaf05ecd056')]",
                        "principalId": principal,
                        "principalType": "ServicePrincipal"
                    }
                }]
            }}
        }),
    ];
    if identity == Identity::User {
        resources.push(json!({"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2018-11-30", "name": "mi-sync", "location": "[resourceGroup().location]"}));
    }
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "WorkspaceName": {"type": "string"},
            "WorkspaceGroup": {"type": "string", "defaultValue": "[resourceGroup().name]"},
            "LogicAppName": {"type": "string", "defaultValue": "logic-sync"},
            "ConnectionName": {"type": "string", "defaultValue": "connection-sync"}
        },
        "resources": resources
    })
}

/// The flow: query, two loops, a switch with three cases.
fn definition(authentication: &Value) -> Value {
    let incident =
        "@{variables('Workspace')}/providers/Microsoft.SecurityInsights/Incidents/@{outputs('Row')?['IncidentName']}";
    let update = |body: Value| {
        let mut whole = json!({"incidentArmId": incident});
        for (name, value) in body.as_object().unwrap() {
            whole[name] = value.clone();
        }
        json!({"Update": {"type": "ApiConnection", "inputs": {
            "host": {"connection": {"name": "@parameters('$connections')['azuresentinel']['connectionId']"}},
            "method": "put", "path": "/Incidents", "body": whole
        }}})
    };
    let close = |case: &str, classification: &str| {
        let text = format!("Closed by the subscription owner: {case}");
        update(
            json!({"status": "Closed", "classification": {"ClassificationAndReason": classification, "ClassificationReasonText": text}}),
        )
    };
    let named = |suffix: &str, actions: Value| json!({ format!("Update_{suffix}"): actions["Update"] });
    let row = json!({
        "Row": {"type": "Compose", "inputs": {"IncidentName": "@items('For_each_row')[0]", "AlertStatus": "@items('For_each_row')[2]"}},
        "Switch": {
            "type": "Switch", "runAfter": {"Row": ["Succeeded"]}, "expression": "@outputs('Row')?['AlertStatus']",
            "cases": {
                "Dismissed": {"case": "Dismissed", "actions": named("dismissed", close("Dismissed", "BenignPositive - SuspiciousButExpected"))},
                "Resolved": {"case": "Resolved", "actions": named("resolved", close("Resolved", "TruePositive - SuspiciousActivity"))},
                "InProgress": {"case": "InProgress", "actions": named("active", update(json!({"status": "Active"})))}
            },
            "default": {"actions": {}}
        }
    });
    json!({
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
        "triggers": {"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Minute", "interval": 60}}},
        "actions": {
            "Workspace": {"type": "InitializeVariable", "runAfter": {}, "inputs": {"variables": [{"name": "Workspace", "type": "string", "value": "[resourceId(parameters('WorkspaceGroup'), 'Microsoft.OperationalInsights/workspaces', parameters('WorkspaceName'))]"}]}},
            "Query": {"type": "Compose", "runAfter": {"Workspace": ["Succeeded"]}, "inputs": QUERY},
            "Ask": {
                "type": "Http", "runAfter": {"Query": ["Succeeded"]},
                "inputs": {
                    "method": "GET",
                    "uri": "[concat('https://api.loganalytics.io/v1/workspaces/', reference(resourceId(parameters('WorkspaceGroup'), 'Microsoft.OperationalInsights/workspaces', parameters('WorkspaceName')), '2020-08-01').customerId, '/query')]",
                    "queries": {"query": "@{outputs('Query')}"},
                    "authentication": authentication
                }
            },
            "Parse": {"type": "ParseJson", "runAfter": {"Ask": ["Succeeded"]}, "inputs": {"content": "@body('Ask')", "schema": {
                "type": "object",
                "properties": {"tables": {"type": "array", "items": {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}}}}}
            }}},
            "For_each_table": {
                "type": "Foreach", "runAfter": {"Parse": ["Succeeded"]}, "foreach": "@body('Parse')?['tables']",
                "actions": {"If_rows": {
                    "type": "If", "expression": {"and": [{"not": {"equals": ["@empty(item()?['rows'])", true]}}]},
                    "actions": {"For_each_row": {"type": "Foreach", "foreach": "@items('For_each_table')?['rows']", "actions": row}},
                    "else": {"actions": {}}
                }}
            }
        }
    })
}
