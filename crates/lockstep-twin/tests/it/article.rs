//! The article's system: a Logic App of its shape, deployed by a template of its shape, closes the gap in its table.
//!
//! Template, query and flow are written from the article's description: a query every hour finds incidents whose alerts are done or
//! in progress; a loop over the rows closes them as true or benign positive, or sets them active.

use std::time::Duration;

use lockstep_twin::world::{AlertStatus, NewAlert, Settings};
use serde_json::{Value, json};

use crate::cloud::Cloud;

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
enum Identity {
    System,
    User,
}

fn template(identity: Identity) -> Value {
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

const APP: &str = "{sub}/resourceGroups/rg-apps/providers/Microsoft.Logic/workflows/logic-sync";

/// And a little, since what was written at one time of a clock that stands still has times that differ.
const AN_HOUR: Duration = Duration::from_secs(3601);

/// A cloud with the article's system in a group of its own, not yet switched on.
async fn with_the_system(identity: Identity, settings: Settings) -> Cloud {
    let cloud = Cloud::with(Settings { rights_delay: Duration::ZERO, ..settings.clone() }).await;
    cloud.twin.with(|world| world.set_settings(settings));
    cloud.check("PUT {sub}/resourceGroups/rg-apps", r#"{"location":"westeurope"}"#, "201").await;
    let estate = cloud.twin.estate();
    let body = json!({"properties": {"mode": "Incremental", "template": template(identity), "parameters": {
        "WorkspaceName": {"value": estate.workspace_name}, "WorkspaceGroup": {"value": estate.resource_group}
    }}});
    let path = "{sub}/resourceGroups/rg-apps/providers/Microsoft.Resources/deployments/sync";
    for outcome in ["201", "200"] {
        cloud.check(&format!("PUT {path}"), &body.to_string(), outcome).await;
        let found = cloud.check(&format!("GET {path}"), "", "200").await;
        assert_eq!(found["properties"]["provisioningState"], "Succeeded", "{found:#}");
    }
    cloud
}

async fn switch_on(cloud: &Cloud) {
    assert_eq!(cloud.twin.run_workflows().await, 0);
    cloud.check(&format!("POST {APP}/enable?api-version=2019-05-01"), "", "200").await;
}

/// How the newest run ended, and the error of its first action that failed.
async fn newest_run(cloud: &Cloud) -> String {
    let runs = cloud.check(&format!("GET {APP}/runs?api-version=2019-05-01"), "", "200").await;
    let run = &runs["value"][0];
    let actions = cloud
        .check(&format!("GET {APP}/runs/{}/actions?api-version=2019-05-01", run["name"].as_str().unwrap()), "", "200")
        .await;
    let failed = actions["value"].as_array().unwrap().iter().find(|action| action["properties"]["status"] == "Failed");
    let failed =
        failed.map(|action| format!(" {} {}", action["name"].as_str().unwrap(), action["properties"]["error"]));
    format!("{}{}", run["properties"]["status"].as_str().unwrap(), failed.unwrap_or_default())
}

#[tokio::test]
async fn the_articles_table_closes() {
    for identity in [Identity::System, Identity::User] {
        let mut cloud = with_the_system(identity, Settings::default()).await;
        let raised = |status: Option<AlertStatus>| {
            cloud.twin.with(|world| {
                let alert = world.raise_alert(NewAlert::default());
                if let Some(status) = status {
                    world.set_alert_status(&alert.alert_name, status).unwrap();
                }
                alert.incident_name.unwrap()
            })
        };
        let incidents =
            [None, Some(AlertStatus::InProgress), Some(AlertStatus::Dismissed), Some(AlertStatus::Resolved)]
                .map(raised);
        let twin = cloud.twin.clone();
        let states = || -> Vec<String> {
            let state = |name: &String| {
                let state = twin.world().incident_state(name).unwrap();
                let closing = state.closing();
                format!("{:?} {:?}", state.status(), closing.map(|closing| closing.classification))
            };
            incidents.iter().map(state).collect()
        };
        assert_eq!(states(), ["New None", "New None", "New None", "New None"]);
        switch_on(&cloud).await;
        assert_eq!(cloud.twin.run_workflows().await, 1);
        assert_eq!(newest_run(&cloud).await, "Succeeded", "{identity:?}");
        assert_eq!(
            states(),
            ["New None", "Active None", "Closed Some(BenignPositive)", "Closed Some(TruePositive)"],
            "{identity:?}"
        );

        // An hour later it runs again and finds nothing to do.
        let before = cloud.twin.stats().of("Incidents_CreateOrUpdate");
        assert_eq!(cloud.twin.run_workflows().await, 0);
        cloud.step(AN_HOUR).await;
        assert_eq!(cloud.twin.run_workflows().await, 1);
        assert_eq!(newest_run(&cloud).await, "Succeeded");
        assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), before);
    }
}

#[tokio::test]
async fn its_first_run_comes_before_its_rights_as_the_article_says() {
    let mut cloud =
        with_the_system(Identity::System, Settings { rights_delay: Duration::from_secs(1800), ..Settings::default() })
            .await;
    switch_on(&cloud).await;
    assert_eq!(cloud.twin.run_workflows().await, 1);
    let ended = newest_run(&cloud).await;
    assert!(ended.starts_with("Failed Ask") && ended.contains("InsufficientAccessError"), "{ended}");
    cloud.step(AN_HOUR).await;
    assert_eq!(cloud.twin.run_workflows().await, 1);
    assert_eq!(newest_run(&cloud).await, "Succeeded");
}

#[tokio::test]
async fn a_trigger_is_run_by_hand() {
    let mut cloud = with_the_system(Identity::System, Settings::default()).await;
    cloud
        .check(&format!("POST {APP}/triggers/none/run?api-version=2019-05-01"), "", "404 WorkflowTriggerNotFound")
        .await;
    cloud.check(&format!("POST {APP}/triggers/Recurrence/run?api-version=2019-05-01"), "", "202").await;
    while cloud.check(&format!("GET {APP}/runs?api-version=2019-05-01"), "", "200").await["value"]
        .as_array()
        .unwrap()
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(newest_run(&cloud).await, "Succeeded");
    cloud.check(&format!("POST {APP}/disable?api-version=2019-05-01"), "", "200").await;
    cloud.step(AN_HOUR * 2).await;
    assert_eq!(cloud.twin.run_workflows().await, 0);
    cloud.check(&format!("DELETE {APP}?api-version=2019-05-01"), "", "200").await;
    cloud.check(&format!("GET {APP}/runs?api-version=2019-05-01"), "", "404 ResourceNotFound").await;
}
