//! What the templates have in common: their frame, parameters, and the custom roles with their assignments.
//!
//! A role is named by a hash of the scope that it is for, and an assignment by scope, principal and role: a redeployment finds
//! its own again, and a second installation does not meet the first's.

use lockstep_azure::{Contents, RolePart};
use serde_json::{Map, Value, json};

/// Where a template is deployed.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    ResourceGroup,
    Subscription,
    ManagementGroup,
}

impl Level {
    fn schema(self) -> &'static str {
        match self {
            Self::ResourceGroup => "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            Self::Subscription => {
                "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
            }
            Self::ManagementGroup => {
                "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#"
            }
        }
    }

    /// The frame of a template.
    pub fn template(self, metadata: Value) -> Map<String, Value> {
        Map::from_iter([
            ("$schema".to_owned(), self.schema().into()),
            ("contentVersion".to_owned(), "1.0.0.0".into()),
            ("metadata".to_owned(), metadata),
        ])
    }
}

/// A text that has to be given.
pub fn text(description: &str) -> Value {
    json!({"type": "string", "metadata": {"description": description}})
}

/// A text with a default.
pub fn text_or(description: &str, default: &str) -> Value {
    json!({"type": "string", "defaultValue": default, "metadata": {"description": description}})
}

/// One of some words, the first if none is given.
pub fn one_of(description: &str, words: &[&str]) -> Value {
    json!({"type": "string", "defaultValue": words[0], "allowedValues": words, "metadata": {"description": description}})
}

/// A whole number within bounds.
pub fn number(description: &str, default: u32, bounds: [u32; 2]) -> Value {
    json!({"type": "int", "defaultValue": default, "minValue": bounds[0], "maxValue": bounds[1], "metadata": {"description": description}})
}

/// A place that roles are defined for and assigned at. All are expressions of the template that is deployed there.
pub struct Place {
    /// Its id.
    pub scope: &'static str,
    /// The id of where a role for it is assignable at: a group or more, never a single resource.
    assignable: &'static str,
    /// What an assignment in the template extends; `None` where it is the template's own scope.
    extends: Option<&'static str>,
    /// The function that makes the id of a role there.
    id_of_role: &'static str,
}

/// The workspace that the parameter `workspaceName` names, in the template's resource group.
pub const WORKSPACE: Place = Place {
    scope: "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))",
    assignable: "resourceGroup().id",
    extends: Some("[format('Microsoft.OperationalInsights/workspaces/{0}', parameters('workspaceName'))]"),
    id_of_role: "subscriptionResourceId",
};

/// The template's subscription.
pub const SUBSCRIPTION: Place = Place {
    scope: "subscription().id",
    assignable: "subscription().id",
    extends: None,
    id_of_role: "subscriptionResourceId",
};

/// The template's management group.
pub const MANAGEMENT_GROUP: Place = Place {
    scope: "managementGroup().id",
    assignable: "managementGroup().id",
    extends: None,
    id_of_role: "tenantResourceId",
};

/// The container that the parameters `storageAccountName` and `containerName` name, in the template's resource group.
pub const CONTAINER: Place = Place {
    scope: "resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', parameters('storageAccountName'), 'default', parameters('containerName'))",
    assignable: "resourceGroup().id",
    extends: Some(
        "[format('Microsoft.Storage/storageAccounts/{0}/blobServices/default/containers/{1}', parameters('storageAccountName'), parameters('containerName'))]",
    ),
    id_of_role: "subscriptionResourceId",
};

/// What a custom role is.
pub struct CustomRole<'a> {
    /// Its word in names.
    pub word: &'static str,
    /// What it is for.
    pub says: &'static str,
    pub actions: &'a [&'static str],
    pub data_actions: &'a [&'static str],
}

impl<'a> CustomRole<'a> {
    /// The role for a part of what lockstep does.
    pub fn of(part: RolePart, contents: &'a Contents) -> Self {
        Self { word: part.word(), says: part.says(), actions: &contents.actions, data_actions: &[] }
    }

    /// The expression of its GUID for a place.
    fn id(&self, place: &Place) -> String {
        format!("guid(toLower({}), '{}')", place.scope, self.word)
    }

    /// Its definition and its assignment to the parameter `principalId`, where `condition` holds.
    pub fn resources(&self, place: &Place, condition: Option<&str>) -> [Value; 2] {
        let id = self.id(place);
        let mut definition = json!({
            "type": "Microsoft.Authorization/roleDefinitions",
            "apiVersion": AUTHORIZATION,
            "name": format!("[{id}]"),
            "properties": {
                "roleName": format!("[format('lockstep {} {{0}}', take(guid(toLower({})), 8))]", self.word, place.scope),
                "description": self.says,
                "type": "CustomRole",
                "permissions": [{"actions": self.actions, "notActions": [], "dataActions": self.data_actions, "notDataActions": []}],
                "assignableScopes": [format!("[{}]", place.assignable)],
            },
        });
        let mut assignment = assignment(place, &id);
        assignment["dependsOn"] = json!([format!("[{id}]")]);
        for resource in [&mut definition, &mut assignment] {
            when(resource, condition);
        }
        [definition, assignment]
    }

    /// The expressions of the ids of its assignment and of its definition, in the order in which they can be removed.
    pub fn ids(&self, place: &Place) -> [String; 2] {
        let id = self.id(place);
        [
            id_of_assignment(place, &id),
            format!("extensionResourceId({}, 'Microsoft.Authorization/roleDefinitions', {id})", place.assignable),
        ]
    }
}

/// The assignment of a role, by the expression of its GUID, to the parameter `principalId`.
pub fn assignment(place: &Place, role: &str) -> Value {
    let mut assignment = json!({
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": AUTHORIZATION,
        "name": format!("[{}]", name_of_assignment(place, role)),
        "properties": {
            "roleDefinitionId": format!("[{}('Microsoft.Authorization/roleDefinitions', {role})]", place.id_of_role),
            "principalId": "[parameters('principalId')]",
            "principalType": "ServicePrincipal",
        },
    });
    if let Some(extends) = place.extends {
        assignment["scope"] = extends.into();
    }
    assignment
}

/// The expression of the id of such an assignment.
pub fn id_of_assignment(place: &Place, role: &str) -> String {
    let name = name_of_assignment(place, role);
    format!("extensionResourceId({}, 'Microsoft.Authorization/roleAssignments', {name})", place.scope)
}

fn name_of_assignment(place: &Place, role: &str) -> String {
    format!("guid(toLower({}), parameters('principalId'), {role})", place.scope)
}

/// The resource, deployed only where the condition holds.
pub fn when(resource: &mut Value, condition: Option<&str>) {
    if let Some(condition) = condition {
        resource["condition"] = format!("[{condition}]").into();
    }
}

/// A deployment inside of another, with a template that is evaluated by itself.
pub fn nested(name: &str, parameters: Value, template: Map<String, Value>) -> Value {
    json!({
        "type": "Microsoft.Resources/deployments",
        "apiVersion": DEPLOYMENTS,
        "name": name,
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": parameters,
            "template": template,
        },
    })
}

/// The output that lists what has to be removed, in order.
pub fn removal(ids: &[String]) -> Value {
    json!({"type": "array", "value": format!("[createArray({})]", ids.join(", "))})
}

const AUTHORIZATION: &str = "2022-04-01";
pub const DEPLOYMENTS: &str = "2022-09-01";
