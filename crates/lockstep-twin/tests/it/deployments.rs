//! Deployments: what is validated, put, kept and refused.

use std::time::Duration;

use lockstep_twin::world::Settings;
use serde_json::{Value, json};

use crate::cloud::Cloud;

const HERE: &str = "{rg}/providers/Microsoft.Resources/deployments/d";

/// The body of a deployment of a template with these members.
fn body(members: Value) -> Value {
    let mut template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
    });
    for (name, value) in members.as_object().unwrap() {
        template[name] = value.clone();
    }
    json!({"properties": {"mode": "Incremental", "template": template}})
}

fn identity(name: &str) -> Value {
    json!({"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": name, "location": "[resourceGroup().location]"})
}

/// Deploys, and answers the deployment as it stands then.
async fn deployed(cloud: &Cloud, path: &str, body: &Value) -> Value {
    let reply = cloud.arm(&format!("PUT {path}"), &body.to_string()).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    assert_eq!(reply.json()["properties"]["provisioningState"], "Accepted");
    let waiting = reply.headers["azure-asyncoperation"].to_str().unwrap().to_owned();
    let waiting =
        cloud.arm(&format!("GET {}", waiting.trim_start_matches("https://management.azure.com")), "").await.json();
    let found = cloud.check(&format!("GET {path}"), "", "200").await;
    assert_eq!(waiting["status"], found["properties"]["provisioningState"]);
    assert_eq!(waiting["error"], found["properties"]["error"]);
    found
}

#[tokio::test]
async fn a_deployment_puts_what_its_template_says() {
    let cloud = Cloud::new().await;
    let role =
        "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')]";
    let body = body(json!({
        "parameters": {"name": {"type": "string", "defaultValue": "id-a"}, "secret": {"type": "securestring", "defaultValue": "hidden"}},
        "resources": [
            {
                "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
                "name": "[guid(resourceGroup().id, parameters('name'))]",
                "dependsOn": ["[parameters('name')]"],
                "properties": {"roleDefinitionId": role, "principalId": "[reference(parameters('name')).principalId]"}
            },
            identity("[parameters('name')]"),
        ],
        "outputs": {"principal": {"type": "string", "value": "[reference(parameters('name')).principalId]"}}
    }));
    for _ in 0..2 {
        let found = deployed(&cloud, HERE, &body).await;
        let properties = &found["properties"];
        assert_eq!(properties["provisioningState"], "Succeeded", "{found:#}");
        assert_eq!(
            properties["parameters"],
            json!({"name": {"type": "String", "value": "id-a"}, "secret": {"type": "SecureString"}})
        );
        assert_eq!(properties["outputResources"].as_array().unwrap().len(), 2);
        let own = cloud
            .check(
                "GET {rg}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a?api-version=2023-01-31",
                "",
                "200",
            )
            .await;
        assert_eq!(
            properties["outputs"]["principal"],
            json!({"type": "String", "value": own["properties"]["principalId"]})
        );
        let filter = format!("principalId eq '{}'", own["properties"]["principalId"].as_str().unwrap());
        let held = cloud.check(&format!("GET {{rg}}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter={filter}"), "", "200").await;
        assert_eq!(held["value"].as_array().unwrap().len(), 1);
    }
    let operations = cloud.check(&format!("GET {HERE}/operations"), "", "200").await;
    let kinds: Vec<&Value> = operations["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["properties"]["targetResource"]["resourceType"])
        .collect();
    assert_eq!(kinds, ["Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Authorization/roleAssignments"]);
    assert_eq!(
        cloud.check("GET {rg}/providers/Microsoft.Resources/deployments", "", "200").await["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    cloud.check(&format!("DELETE {HERE}"), "", "202").await;
    cloud.check(&format!("GET {HERE}"), "", "404 DeploymentNotFound").await;
}

#[tokio::test]
async fn templates_go_to_other_groups_and_to_subscriptions() {
    let cloud = Cloud::new().await;
    let nested = |group: &str, depends: Value| {
        json!({
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested", "resourceGroup": group, "dependsOn": depends,
            "properties": {
                "mode": "Incremental",
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"name": {"value": "id-b"}},
                "template": {
                    "$schema": "s", "contentVersion": "1.0.0.0",
                    "parameters": {"name": {"type": "string"}},
                    "resources": [{"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "[parameters('name')]", "location": "[resourceGroup().location]"}],
                    "outputs": {"group": {"type": "string", "value": "[resourceGroup().name]"}}
                }
            }
        })
    };
    let mut body = body(json!({
        "resources": [
            nested("rg-new", json!(["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'rg-new')]"])),
            {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "rg-new", "location": "westeurope"},
        ],
        "outputs": {"group": {"type": "string", "value": "[reference(resourceId(subscription().subscriptionId, 'rg-new', 'Microsoft.Resources/deployments', 'nested'), '2022-09-01').outputs.group.value]"}}
    }));
    let at_subscription = "{sub}/providers/Microsoft.Resources/deployments/s";
    cloud.check(&format!("PUT {at_subscription}"), &body.to_string(), "400 LocationRequired").await;
    body["location"] = "westeurope".into();
    let found = deployed(&cloud, at_subscription, &body).await;
    assert_eq!(found["properties"]["outputs"]["group"]["value"], "rg-new", "{found:#}");
    cloud.check("GET {sub}/resourceGroups/rg-new/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-b?api-version=2023-01-31", "", "200").await;
    cloud.check("GET {sub}/resourceGroups/rg-new", "", "200").await;
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_put() {
    let cloud = Cloud::new().await;
    let wrong = body(json!({"resources": [identity("id-a"), identity("[nothing()]")]}));
    for request in [format!("PUT {HERE}"), format!("POST {HERE}/validate"), format!("POST {HERE}/whatIf")] {
        let error = cloud.check(&request, &wrong.to_string(), "400 InvalidTemplate").await;
        assert_eq!(
            error["error"]["message"],
            "Deployment template validation failed: 'The template function 'nothing' is not valid. Please see https://aka.ms/arm-template-expressions for usage details'."
        );
        let info = &error["error"]["additionalInfo"][0]["info"];
        assert_eq!(info["path"], "properties.template.resources[1].name");
        assert_eq!(info["lineNumber"], 1);
    }
    cloud
        .check(
            "GET {rg}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a?api-version=2023-01-31",
            "",
            "404 ResourceNotFound",
        )
        .await;
    let with = |name: &str, value: Value| {
        let mut body = body(json!({}));
        body["properties"][name] = value;
        body.to_string()
    };
    cloud.check(&format!("PUT {HERE}"), &with("mode", json!("Complete")), "400 NotSupportedByTwin").await;
    cloud
        .check(&format!("PUT {HERE}"), &with("templateLink", json!({"uri": "https://x"})), "400 NotSupportedByTwin")
        .await;
    cloud.check(&format!("PUT {HERE}"), &with("template", Value::Null), "400 InvalidRequestContent").await;
    cloud.check(&format!("PUT {HERE}"), &with("parameters", json!({"x": {"value": 1}})), "400 InvalidTemplate").await;
    cloud.check(&format!("PUT {HERE}"), &with("template", json!("{ // a comment\n")), "400 InvalidTemplate").await;
    cloud
        .check(
            "PUT {sub}/resourceGroups/none/providers/Microsoft.Resources/deployments/d",
            &body(json!({})).to_string(),
            "404 ResourceGroupNotFound",
        )
        .await;
}

#[tokio::test]
async fn what_fails_on_the_way_is_told_and_the_rest_is_put() {
    let cloud = Cloud::new().await;
    let template = body(json!({"resources": [
        {"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "web", "location": "westeurope"},
        {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "waits", "location": "westeurope", "dependsOn": ["web"]},
        identity("id-a"),
    ]}));
    let found = deployed(&cloud, HERE, &template).await;
    let error = &found["properties"]["error"];
    assert_eq!(
        (&error["code"], &error["details"][0]["code"]),
        (&json!("DeploymentFailed"), &json!("NotSupportedByTwin")),
        "{found:#}"
    );
    assert_eq!(error["details"].as_array().unwrap().len(), 1);
    let at = |name: &str| {
        format!("GET {{rg}}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}?api-version=2023-01-31")
    };
    cloud.check(&at("id-a"), "", "200").await;
    cloud.check(&at("waits"), "", "404 ResourceNotFound").await;
}

#[tokio::test]
async fn who_deploys_needs_every_right_himself() {
    let cloud = Cloud::with(Settings::default()).await;
    let me = cloud.twin.estate().client_object_id.clone();
    let scope = cloud.twin.estate().subscription();
    cloud.twin.with(|world| {
        world.revoke_roles(&me);
        world.assign_role(&me, "Microsoft Sentinel Responder", &scope, Duration::ZERO).unwrap();
    });
    let found = deployed(&cloud, HERE, &body(json!({"resources": [{"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "a", "location": "westeurope"}]}))).await;
    assert_eq!(found["properties"]["error"]["details"][0]["code"], "AuthorizationFailed");
}

#[tokio::test]
async fn what_if_changes_nothing_and_says_what_would_change() {
    let cloud = Cloud::new().await;
    let tagged = |name: &str, tag: &str| {
        let mut resource = identity(name);
        resource["tags"] = json!({"t": tag});
        resource
    };
    deployed(&cloud, HERE, &body(json!({"resources": [tagged("same", "1"), tagged("other", "1"), identity("left")]})))
        .await;
    let asked = body(
        json!({"resources": [tagged("same", "1"), tagged("other", "2"), identity("new"), {"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "web"}]}),
    );
    let answer = cloud.check(&format!("POST {HERE}/whatIf"), &asked.to_string(), "200").await;
    let changes: Vec<String> = answer["properties"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let name = change["resourceId"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            format!("{name} {}", change["changeType"].as_str().unwrap())
        })
        .collect();
    assert_eq!(changes, ["same NoChange", "other Modify", "new Create", "web Unsupported", "left Ignore"]);
    cloud
        .check(
            "GET {rg}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/new?api-version=2023-01-31",
            "",
            "404 ResourceNotFound",
        )
        .await;
}
