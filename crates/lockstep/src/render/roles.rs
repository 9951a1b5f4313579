//! Custom roles as commands, as data and as a template for a deployment.

use lockstep_azure::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Screen, safe};
use crate::settings::Place;

/// The roles as a script for a shell: what each is for as comments, what makes it as commands.
pub fn roles(place: &Place, roles: &[Role], principal: Option<Uuid>, screen: &mut Screen) {
    screen.line(&format!(
        "# Custom roles that lockstep needs under the policy \"{}\", and no more.",
        safe(place.policy.name())
    ));
    screen
        .line("# Who runs this needs the role Owner or User Access Administrator at each scope. A right that was just");
    screen.line("# given can take up to 60 minutes to be recognised everywhere.");
    match principal {
        Some(principal) => screen.line(&format!("principal={principal}")),
        None => {
            screen.line(
                "# The object id of the identity's service principal: az ad sp show --id CLIENT-ID --query id -o tsv",
            );
            screen.line("principal=${principal:?set it to the object id first}");
        }
    }
    for (number, role) in (1..).zip(roles) {
        screen.line(&format!("\n# {number}. {}: {}", role.name, role.description));
        for remark in &role.remarks {
            screen.line(&format!("#    {remark}"));
        }
        let definition = json!({
            "Name": role.name,
            "IsCustom": true,
            "Description": role.description,
            "Actions": role.actions,
            "NotActions": [],
            "AssignableScopes": [role.assignable],
        });
        let name = principal.map_or_else(String::new, |principal| format!(" --name {}", role.assignment(principal)));
        screen.line(&format!("az role definition create --role-definition {}", quoted(&definition.to_string())));
        screen.line(&format!(
            "az role assignment create{name} --role {} --assignee-object-id \"$principal\" \\\n    \
             --assignee-principal-type ServicePrincipal --scope {}",
            quoted(&role.name),
            quoted(&role.scope)
        ));
    }
}

/// The roles as Resource Manager takes each of them.
pub fn roles_json(roles: &[Role], principal: Option<Uuid>) -> Value {
    let shown = |role: &Role| {
        json!({
            "scope": role.scope,
            "assignment": principal.map(|principal| role.assignment(principal)),
            "remarks": role.remarks,
            "definition": definition(role),
        })
    };
    json!({ "roles": roles.iter().map(shown).collect::<Vec<_>>() })
}

/// A template that defines and assigns the roles, for a deployment at the workspace's subscription: one nested deployment for
/// each role, in the scope that it is assignable at.
///
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-to-subscription>.
pub fn roles_template(place: &Place, roles: &[Role]) -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": { "description": format!("Custom roles for lockstep under the policy {}", place.policy.name()) },
        "parameters": {
            "principalId": {
                "type": "string",
                "metadata": { "description": "The object id of the service principal that lockstep signs in as." },
            },
        },
        "resources": roles.iter().map(deployment).collect::<Vec<_>>(),
    })
}

fn definition(role: &Role) -> Value {
    json!({
        "type": "Microsoft.Authorization/roleDefinitions",
        "apiVersion": "2022-04-01",
        "name": role.id,
        "properties": {
            "roleName": role.name,
            "description": role.description,
            "type": "CustomRole",
            "permissions": [{ "actions": role.actions, "notActions": [] }],
            "assignableScopes": [role.assignable],
        },
    })
}

fn deployment(role: &Role) -> Value {
    let mut segments = role.scope.trim_start_matches('/').split('/').skip(1).step_by(2);
    let (subscription, group) = (segments.next(), segments.next());
    // The provider's own name stands between; the workspace is the last one.
    let workspace = group.and(role.scope.rsplit('/').next());
    let mut assignment = json!({
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": format!("[guid('{}', parameters('principalId'))]", role.id),
        "dependsOn": [role.id],
        "properties": {
            "roleDefinitionId": format!("[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{}')]", role.id),
            "principalId": "[parameters('principalId')]",
            "principalType": "ServicePrincipal",
        },
    });
    if let Some(workspace) = workspace {
        assignment["scope"] = format!("Microsoft.OperationalInsights/workspaces/{workspace}").into();
    }
    let mut nested = json!({
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": role.name.replace(' ', "-"),
        "subscriptionId": subscription,
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": { "scope": "inner" },
            "parameters": { "principalId": { "value": "[parameters('principalId')]" } },
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "parameters": { "principalId": { "type": "string" } },
                "resources": [definition(role), assignment],
            },
        },
    });
    match group {
        Some(group) => nested["resourceGroup"] = group.into(),
        // A deployment at a subscription keeps its own record somewhere.
        None => nested["location"] = "[deployment().location]".into(),
    }
    nested
}

/// A text that a POSIX shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
