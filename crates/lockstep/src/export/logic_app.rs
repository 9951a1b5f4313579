//! The Logic App edition: one query, and for each incident that it proposes two fresh reads and one guarded write.
//!
//! It is for teams that run no containers. It has no ledger, so it never undoes anything, and it lowers only what nobody has
//! taken: an incident without owner, bookmarks and the policy's tag, whose alerts all say the same in fresh reads. Requests go to
//! Resource Manager alone, whose address and audience are those of the cloud that it is deployed to.

use lockstep_core::{
    Classification, Comment, Effect, FirstSight, Holds, HumanLock, Knobs, Piece, Policy, Raise, Unattended,
};
use serde_json::{Value, json};

use crate::problem::Problem;

/// The template of a Logic App that does what the policy says.
///
/// # Errors
/// The policy writes nothing to incidents, or says what a Logic App cannot do.
pub fn template(policy: &Policy) -> Result<Value, Problem> {
    let knobs = &policy.knobs;
    refuse(policy)?;
    Ok(json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {
            "description": "Keeps Microsoft Sentinel incidents in step with their Defender for Cloud alerts. Made by `lockstep export logic-app`.",
            "policy": &*policy.name,
            "cannot": CANNOT.iter().chain(doubts(knobs).then_some(&DOUBTS)).collect::<Vec<_>>(),
        },
        "parameters": parameters(knobs),
        "variables": variables(),
        "resources": [identity(), workflow(policy, knobs), rights()],
        "outputs": {
            "logicAppId": {"type": "string", "value": "[variables('logicAppId')]"},
            "principalId": {"type": "string", "value": PRINCIPAL},
        },
    }))
}

/// What of a policy a Logic App does not do. It is part of the template.
const CANNOT: &[&str] = &[
    "No ledger: nothing is recorded beside the run history, nothing is undone, no incident is reopened or classified anew.",
    "No brake, no ceilings and no approvals: what the policy keeps from being lowered unattended is never lowered.",
    "Incidents whose alerts are finished in different ways, or not all finished, are left alone.",
    "Nobody's act is looked up: an incident is not lowered if it has an owner, a comment, a bookmark, an open task or an alert of another product, or if somebody else made it active.",
    "Alerts do not follow their incidents.",
];

/// What is said of a policy that doubts some dismissals.
const DOUBTS: &str = "The policy doubts some dismissals, and a Logic App cannot tell which: incidents of dismissed alerts are left alone.";

/// Whether the policy keeps some dismissals for a person to look at.
fn doubts(knobs: &Knobs) -> bool {
    knobs.holds != Holds::NONE
}

/// Only what would do otherwise than the policy says is refused; what would do less is named in the template.
fn refuse(policy: &Policy) -> Result<(), Problem> {
    let knobs = &policy.knobs;
    let cannot = |what: &str| {
        Err(Problem::usage(format!("the policy {} {what}", policy.name))
            .hint("write a policy for the Logic App that does not, or run lockstep itself"))
    };
    if !knobs.directions.inward {
        return cannot("writes nothing to incidents, so a Logic App of it would do nothing");
    }
    if !policy.rules.is_empty() {
        return cannot("has rules for some incidents, which a Logic App cannot follow");
    }
    if !knobs.freezes.is_empty() {
        return cannot("has freeze windows, which a Logic App cannot keep");
    }
    Ok(())
}

fn parameters(knobs: &Knobs) -> Value {
    let since = match knobs.first_sight {
        FirstSight::Adopt => "[utcNow('yyyy-MM-ddTHH:mm:ssZ')]",
        FirstSight::CatchUp => "2000-01-01T00:00:00Z",
    };
    let text = |description: &str| json!({"type": "string", "metadata": {"description": description}});
    let with = |description: &str, default: &str| json!({"type": "string", "defaultValue": default, "metadata": {"description": description}});
    json!({
        "workspaceName": text("The Log Analytics workspace that Sentinel is on."),
        "workspaceResourceGroup": with("The workspace's resource group.", "[resourceGroup().name]"),
        "workspaceSubscriptionId": with("The workspace's subscription.", "[subscription().subscriptionId]"),
        "logicAppName": with("What the Logic App is called.", "logic-lockstep"),
        "location": with("Where the Logic App runs.", "[resourceGroup().location]"),
        "identityType": {
            "type": "string",
            "defaultValue": "SystemAssigned",
            "allowedValues": ["SystemAssigned", "UserAssigned"],
            "metadata": {"description": "As whom it reads and writes: an identity that goes with it, or one of its own that stays."},
        },
        "identityName": with("What a user-assigned identity is called.", "id-lockstep"),
        "since": with("Incidents that were created before are left alone. UTC, as 2026-01-31T12:00:00Z.", since),
        "intervalMinutes": {
            "type": "int",
            "defaultValue": 5,
            "minValue": 1,
            "maxValue": 1440,
            "metadata": {"description": "How many minutes lie between two runs."},
        },
        "state": {
            "type": "string",
            "defaultValue": "Disabled",
            "allowedValues": ["Disabled", "Enabled"],
            "metadata": {"description": "Whether it runs. Its rights take up to half an hour to hold after the first deployment."},
        },
    })
}

fn variables() -> Value {
    json!({
        "workspaceId": "[resourceId(parameters('workspaceSubscriptionId'), parameters('workspaceResourceGroup'), 'Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))]",
        "logicAppId": "[resourceId('Microsoft.Logic/workflows', parameters('logicAppName'))]",
        "identityId": "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('identityName'))]",
        "isSystem": "[equals(parameters('identityType'), 'SystemAssigned')]",
        // Some clouds write the address with a slash at its end.
        "arm": "[if(endsWith(environment().resourceManager, '/'), take(environment().resourceManager, sub(length(environment().resourceManager), 1)), environment().resourceManager)]",
        "audience": "[environment().authentication.audiences[0]]",
        "authentication": "[if(variables('isSystem'), createObject('type', 'ManagedServiceIdentity', 'audience', variables('audience')), createObject('type', 'ManagedServiceIdentity', 'identity', variables('identityId'), 'audience', variables('audience')))]",
        "identity": "[if(variables('isSystem'), createObject('type', 'SystemAssigned'), createObject('type', 'UserAssigned', 'userAssignedIdentities', createObject(variables('identityId'), createObject())))]",
        "sentinelResponder": "3e150937-b8fe-4cfb-8069-0eaf05ecd056",
    })
}

const PRINCIPAL: &str = "[if(variables('isSystem'), reference(variables('logicAppId'), '2019-05-01', 'full').identity.principalId, reference(variables('identityId'), '2023-01-31').principalId)]";

fn identity() -> Value {
    json!({
        "condition": "[not(variables('isSystem'))]",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "apiVersion": "2023-01-31",
        "name": "[parameters('identityName')]",
        "location": "[parameters('location')]",
    })
}

/// The role at the workspace. Its name follows from who holds it, so that neither a redeployment nor a second app meets another's.
fn rights() -> Value {
    json!({
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "[format('rights-{0}', uniqueString(variables('logicAppId')))]",
        "subscriptionId": "[parameters('workspaceSubscriptionId')]",
        "resourceGroup": "[parameters('workspaceResourceGroup')]",
        "dependsOn": ["[variables('logicAppId')]", "[variables('identityId')]"],
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {
                "workspaceName": {"value": "[parameters('workspaceName')]"},
                "principalId": {"value": PRINCIPAL},
                "role": {"value": "[variables('sentinelResponder')]"},
            },
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"workspaceName": {"type": "string"}, "principalId": {"type": "string"}, "role": {"type": "string"}},
                "resources": [{
                    "type": "Microsoft.Authorization/roleAssignments",
                    "apiVersion": "2022-04-01",
                    "scope": "[format('Microsoft.OperationalInsights/workspaces/{0}', parameters('workspaceName'))]",
                    "name": "[guid(resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName')), parameters('principalId'), parameters('role'))]",
                    "properties": {
                        "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', parameters('role'))]",
                        "principalId": "[parameters('principalId')]",
                        "principalType": "ServicePrincipal",
                    },
                }],
            },
        },
    })
}

fn workflow(policy: &Policy, knobs: &Knobs) -> Value {
    json!({
        "type": "Microsoft.Logic/workflows",
        "apiVersion": "2019-05-01",
        "name": "[parameters('logicAppName')]",
        "location": "[parameters('location')]",
        "identity": "[variables('identity')]",
        "dependsOn": ["[variables('identityId')]"],
        "properties": {
            "state": "[parameters('state')]",
            "definition": {
                "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"arm": {"type": "String"}, "workspaceId": {"type": "String"}, "since": {"type": "String"}},
                "triggers": {"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Minute", "interval": "[parameters('intervalMinutes')]"}}},
                "actions": {
                    "Query": request("POST", "@{parameters('arm')}@{parameters('workspaceId')}/query?api-version=2017-10-01", Some(json!({"query": QUERY}))),
                    "For_each_incident": {
                        "type": "Foreach",
                        "runAfter": {"Query": ["Succeeded"]},
                        "foreach": "@body('Query')['tables'][0]['rows']",
                        "operationOptions": "Sequential",
                        "actions": for_each_incident(policy, knobs),
                    },
                },
            },
            "parameters": {
                "arm": {"value": "[variables('arm')]"},
                "workspaceId": {"value": "[variables('workspaceId')]"},
                "since": {"value": "[parameters('since')]"},
            },
        },
    })
}

/// Incidents of Defender for Cloud alone whose alerts all have a row and all say the same, and that are not there yet.
const QUERY: &str = r#"SecurityIncident
| where TimeGenerated > ago(30d)
| summarize arg_max(LastModifiedTime, *) by IncidentName
| where Status != "Closed"
| project IncidentName, Status, AlertIds
| mv-expand AlertId = AlertIds to typeof(string)
| join kind=leftouter (SecurityAlert | summarize arg_max(TimeGenerated, *) by SystemAlertId | project SystemAlertId, AlertStatus = Status, ProductName) on $left.AlertId == $right.SystemAlertId
| summarize Alerts = count(), Ours = countif(ProductName in ("Azure Security Center", "Microsoft Defender for Cloud")), States = make_set(AlertStatus) by IncidentName, Status
| where Alerts == Ours and array_length(States) == 1
| project IncidentName, AlertStatus = tostring(States[0]), Status
| where AlertStatus in ("Dismissed", "Resolved") or (AlertStatus == "InProgress" and Status == "New")"#;

/// The incident and its alerts, read anew, and what becomes of it.
fn for_each_incident(policy: &Policy, knobs: &Knobs) -> Value {
    let mut incident = request("GET", &format!("{INCIDENT}?{VERSION}"), None);
    incident["runAfter"] = json!({});
    let mut alerts = request("POST", &format!("{INCIDENT}/alerts?{VERSION}"), None);
    alerts["runAfter"] = json!({"Incident": ["Succeeded"]});
    let mut tasks = request("GET", &format!("{INCIDENT}/tasks?{VERSION}"), None);
    tasks["runAfter"] = json!({"Incident": ["Succeeded"]});
    let mut comment = json!({"type": "Compose", "inputs": comment(policy, &knobs.comment)});
    comment["runAfter"] = json!({"Alerts": ["Succeeded"]});
    let filter = |from: &str, condition: &str| json!({"type": "Query", "runAfter": {"Alerts": ["Succeeded"]}, "inputs": {"from": from, "where": condition}});
    let dismissed = if doubts(knobs) { Effect::Leave } else { knobs.inward.dismissed };
    let tag = knobs.hold_tag.as_deref().unwrap_or_default().replace('\'', "''");
    json!({
        "Incident": incident,
        "Alerts": alerts,
        "Comment": comment,
        "Tasks": tasks,
        "Open": {
            "type": "Query",
            "runAfter": {"Tasks": ["Succeeded"]},
            "inputs": {"from": "@body('Tasks')?['value']", "where": "@not(equals(item()?['properties']?['status'], 'Completed'))"},
        },
        "Elsewhere": filter("@body('Alerts')?['value']", "@not(equals(item()?['properties']?['status'], items('For_each_incident')[1]))"),
        "Foreign": filter(
            "@coalesce(body('Incident')?['properties']?['additionalData']?['alertProductNames'], createArray())",
            "@not(contains(createArray('Azure Security Center', 'Microsoft Defender for Cloud'), item()))"
        ),
        "Held": filter(
            "@coalesce(body('Incident')?['properties']?['labels'], createArray())",
            &format!("@contains(createArray(toLower('{tag}'), 'redirected'), toLower(item()?['labelName']))")
        ),
        "If_both_sides_say_so": {
            "type": "If",
            "runAfter": {"Comment": ["Succeeded"], "Elsewhere": ["Succeeded"], "Foreign": ["Succeeded"], "Held": ["Succeeded"], "Open": ["Succeeded"]},
            "expression": {"and": [
                {"equals": ["@length(body('Elsewhere'))", 0]},
                {"equals": ["@length(body('Foreign'))", 0]},
                {"equals": ["@length(body('Held'))", 0]},
                // An incident shows 150 alerts at most, so that many may not be all.
                {"greater": ["@length(body('Alerts')?['value'])", 0]},
                {"less": ["@length(body('Alerts')?['value'])", 150]},
                {"equals": ["@length(body('Alerts')?['value'])", "@body('Incident')?['properties']?['additionalData']?['alertsCount']"]},
                {"not": {"equals": ["@body('Incident')?['properties']?['status']", "Closed"]}},
                {"greater": ["@ticks(body('Incident')?['properties']?['createdTimeUtc'])", "@ticks(parameters('since'))"]},
            ]},
            "actions": {"Switch": {
                "type": "Switch",
                "expression": "@items('For_each_incident')[1]",
                "cases": {
                    "InProgress": {"case": "InProgress", "actions": act("in_progress", effect(knobs.inward.in_progress), knobs)},
                    "Dismissed": {"case": "Dismissed", "actions": act("dismissed", dismissed, knobs)},
                    "Resolved": {"case": "Resolved", "actions": act("resolved", knobs.inward.resolved, knobs)},
                },
                "default": {"actions": {}},
            }},
            "else": {"actions": {}},
        },
    })
}

fn effect(raise: Raise) -> Effect {
    match raise {
        Raise::Leave => Effect::Leave,
        Raise::Activate => Effect::Activate,
    }
}

/// What is done about an incident in one case.
fn act(case: &str, effect: Effect, knobs: &Knobs) -> Value {
    let (conditions, properties) = match effect {
        Effect::Leave => return json!({}),
        Effect::Activate => {
            let mut conditions = vec![json!({"equals": ["@body('Incident')?['properties']?['status']", "New"]})];
            if knobs.human_lock == HumanLock::Everything {
                conditions.extend(nobodys());
            }
            let labels = format!("union({LABELS}, createArray(json('{MARK}')))");
            (Value::Array(conditions), vec![("status", "'Active'".to_owned()), ("labels", labels)])
        }
        Effect::Close(classification) => match lowering(knobs) {
            None => return json!({}),
            Some(conditions) => (conditions, closed_as(classification)),
        },
    };
    let changed = properties.iter().fold("body('Incident')?['properties']".to_owned(), |whole, (name, value)| {
        format!("setProperty({whole}, '{name}', {value})")
    });
    let mut write = request(
        "PUT",
        &format!("{INCIDENT}?{VERSION}"),
        Some(json!({"etag": "@body('Incident')?['etag']", "properties": format!("@{changed}")})),
    );
    // What nobody heard back of is looked at anew by the next run, and never sent again.
    write["inputs"]["retryPolicy"] = json!({"type": "none"});
    json!({
        format!("If_{case}_may_be_written"): {
            "type": "If",
            "expression": {"and": conditions},
            "actions": {format!("Write_{case}"): write},
            "else": {"actions": {}},
        },
    })
}

/// What must hold for an incident to be lowered without anybody's approval; `None` where nothing may.
fn lowering(knobs: &Knobs) -> Option<Value> {
    let mut conditions = nobodys();
    // It was made active by this Logic App, or never.
    conditions.push(json!({"or": [
        {"equals": ["@body('Incident')?['properties']?['status']", "New"]},
        {"contains": [format!("@string({LABELS})"), MARKED]},
    ]}));
    conditions.push(
        json!({"equals": ["@coalesce(body('Incident')?['properties']?['additionalData']?['commentsCount'], 0)", 0]}),
    );
    if !knobs.overridden.open_tasks {
        conditions.push(json!({"equals": ["@length(body('Open'))", 0]}));
    }
    if !knobs.overridden.bookmarks {
        conditions.push(json!({"equals": ["@coalesce(body('Incident')?['properties']?['additionalData']?['bookmarksCount'], 0)", 0]}));
    }
    match knobs.unattended {
        Unattended::Nothing => return None,
        Unattended::BelowHigh => conditions.push(json!({"equals": ["@contains(createArray('Medium', 'Low', 'Informational'), body('Incident')?['properties']?['severity'])", true]})),
        Unattended::Everything => {}
    }
    Some(Value::Array(conditions))
}

/// That the incident has no owner.
fn nobodys() -> Vec<Value> {
    let owner = |member: &str| json!({"equals": [format!("@empty(body('Incident')?['properties']?['owner']?['{member}'])"), true]});
    ["objectId", "assignedTo", "userPrincipalName"].map(owner).to_vec()
}

fn closed_as(classification: Classification) -> Vec<(&'static str, String)> {
    let (class, reason) = classification.as_str().split_once(" - ").unwrap_or((classification.as_str(), ""));
    let mut properties = vec![("status", "'Closed'".to_owned()), ("classification", format!("'{class}'"))];
    if !reason.is_empty() {
        properties.push(("classificationReason", format!("'{reason}'")));
    }
    properties.push(("classificationComment", "outputs('Comment')".to_owned()));
    properties
}

/// The closing text as a workflow writes it. Who acted is not looked up.
fn comment(policy: &Policy, comment: &Comment) -> String {
    let plain = |text: &str| text.replace("@{", "@@{");
    let text = comment.filled(|place| match place {
        Piece::Text(text) => plain(text),
        Piece::Alerts => {
            "@{length(body('Alerts')?['value'])} alert(s) set to @{items('For_each_incident')[1]}.".to_owned()
        }
        Piece::Acts => String::new(),
        Piece::Policy => plain(&policy.name),
        Piece::Rule => "no rule".to_owned(),
    });
    // A text that begins like an expression, of the workflow or of the template, is told apart by a blank.
    let text = text.trim();
    if text.starts_with(['@', '[']) && !text.starts_with("@{") { format!(" {text}") } else { text.to_owned() }
}

/// A request to Resource Manager as the Logic App itself.
fn request(method: &str, uri: &str, body: Option<Value>) -> Value {
    let mut inputs = json!({"method": method, "uri": uri, "authentication": "[variables('authentication')]"});
    if let Some(body) = body {
        inputs["body"] = body;
    }
    json!({"type": "Http", "inputs": inputs})
}

const INCIDENT: &str = "@{parameters('arm')}@{parameters('workspaceId')}/providers/Microsoft.SecurityInsights/incidents/@{items('For_each_incident')[0]}";
const LABELS: &str = "coalesce(body('Incident')?['properties']?['labels'], createArray())";
/// The tag of what the Logic App itself made active.
const MARKED: &str = "lockstep-active";
const MARK: &str = r#"{"labelName": "lockstep-active", "labelType": "User"}"#;
const VERSION: &str = "api-version=2024-03-01";
