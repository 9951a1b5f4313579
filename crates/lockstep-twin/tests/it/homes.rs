//! The templates of homes, as they are checked in: deployed in three placements with both identities, twice, and removed again.

use std::collections::BTreeSet;
use std::time::Duration;

use lockstep_twin::Options;
use lockstep_twin::estate::{Estate, Subscription};
use serde_json::{Value, json};

use crate::cloud::Cloud;

const JOB: &str = include_str!("../../../../deploy/container-job.json");
const APP: &str = include_str!("../../../../deploy/container-app.json");
const WORKSPACE: &str = include_str!("../../../../deploy/roles/workspace.json");
const SUBSCRIPTION: &str = include_str!("../../../../deploy/roles/subscription.json");
const MANAGEMENT_GROUP: &str = include_str!("../../../../deploy/roles/management-group.json");
const ALERT_WRITER: &str = include_str!("../../../../deploy/roles/alert-writer.json");
const DELEGATION: &str = include_str!("../../../../deploy/roles/delegation.json");

const OTHER: &str = "22222222-3333-4444-8555-666666666666";
const SOMEBODY: &str = "99999999-8888-4777-8666-555555555555";
const IMAGE: &str = "example.com/lockstep@sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A cloud with a second subscription and a second group in each.
async fn cloud() -> Cloud {
    let more_subscriptions = vec![Subscription { id: OTHER.into(), name: "Other".into(), tenant_id: None }];
    let cloud =
        Cloud::of(Options { estate: Estate { more_subscriptions, ..Estate::default() }, ..Options::default() }).await;
    for subscription in [cloud.twin.estate().subscription_id.clone(), OTHER.to_owned()] {
        let group = format!("PUT /subscriptions/{subscription}/resourceGroups/rg-apps");
        cloud.check(&group, r#"{"location":"westeurope"}"#, "201").await;
    }
    let (me, root) = (cloud.twin.estate().client_object_id.clone(), root(&cloud));
    cloud.twin.with(|world| world.assign_role(&me, "Owner", &root, Duration::ZERO)).unwrap();
    cloud
}

fn root(cloud: &Cloud) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{}", cloud.twin.estate().tenant_id)
}

/// Deploys to a scope, and answers the outputs.
async fn deployed(cloud: &Cloud, scope: &str, template: &str, parameters: &[(&str, Value)]) -> Value {
    let template: Value = serde_json::from_str(template).unwrap();
    let parameters: serde_json::Map<String, Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), json!({ "value": value }))).collect();
    let mut body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}});
    if !scope.contains("/resourceGroups/") {
        body["location"] = "westeurope".into();
    }
    let path = format!("{scope}/providers/Microsoft.Resources/deployments/lockstep");
    let reply = cloud.arm(&format!("PUT {path}?api-version=2022-09-01"), &body.to_string()).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let found = cloud.check(&format!("GET {path}?api-version=2022-09-01"), "", "200").await;
    assert_eq!(found["properties"]["provisioningState"], "Succeeded", "{found:#}");
    found["properties"]["outputs"].clone()
}

/// Removes what the outputs name, in their order.
async fn removed(cloud: &Cloud, outputs: &Value) {
    let of = |name: &str| outputs[name]["value"].as_array().cloned().unwrap_or_default();
    let below = of("removalInSubscriptions").into_iter().flat_map(|ids| ids.as_array().cloned().unwrap_or_default());
    let account = outputs.get("storageAccountId").map(|output| output["value"].clone());
    for id in below.chain(of("removal")).chain(account) {
        let id = id.as_str().unwrap();
        let version = VERSIONS.iter().find(|(kind, _)| id.contains(kind)).unwrap().1;
        let reply = cloud.arm(&format!("DELETE {id}?api-version={version}"), "").await;
        assert!(reply.status.is_success(), "{id}: {}", reply.text);
    }
}

/// By the types that ids end in, the longest way first.
const VERSIONS: &[(&str, &str)] = &[
    ("Microsoft.Authorization", "2022-04-01"),
    ("Microsoft.ManagedServices", "2022-10-01"),
    ("Microsoft.App", "2024-03-01"),
    ("Microsoft.ManagedIdentity", "2023-01-31"),
    ("Microsoft.Storage", "2023-05-01"),
    ("Microsoft.Logic", "2019-05-01"),
];

/// The ids of everything that a deployment may leave behind, but for deployments themselves.
async fn all(cloud: &Cloud) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for subscription in [cloud.twin.estate().subscription_id.as_str(), OTHER] {
        let at = |rest: &str| {
            format!("GET /subscriptions/{subscription}/providers/Microsoft.Authorization/{rest}?api-version=2022-04-01")
        };
        for list in [at("roleDefinitions"), at("roleAssignments")] {
            let found = cloud.check(&list, "", "200").await;
            let custom = |one: &&Value| one["properties"]["type"] != "BuiltInRole";
            let found = found["value"].as_array().unwrap().iter().filter(custom);
            ids.extend(found.map(|one| one["name"].as_str().unwrap().to_owned()));
        }
        for group in ["rg-apps", &cloud.twin.estate().resource_group] {
            for (kind, version) in RESOURCES {
                let path = format!(
                    "GET /subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}?api-version={version}"
                );
                let reply = cloud.arm(&path, "").await.json();
                let found = reply["value"].as_array().into_iter().flatten();
                ids.extend(found.map(|one| one["id"].as_str().unwrap().to_owned()));
            }
        }
    }
    ids
}

const RESOURCES: &[(&str, &str)] = &[
    ("Microsoft.App/jobs", "2024-03-01"),
    ("Microsoft.App/containerApps", "2024-03-01"),
    ("Microsoft.App/managedEnvironments", "2024-03-01"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31"),
    ("Microsoft.Storage/storageAccounts", "2023-05-01"),
    ("Microsoft.Logic/workflows", "2019-05-01"),
];

/// What a principal may do at a scope, by the custom and built-in roles that it is in.
async fn actions(cloud: &Cloud, principal: &str, scope: &str) -> Vec<String> {
    let filter = format!("principalId eq '{principal}'");
    let path =
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter={filter}");
    let held = cloud.check(&format!("GET {path}"), "", "200").await;
    let mut actions = Vec::new();
    for assignment in held["value"].as_array().unwrap() {
        if !assignment["properties"]["scope"].as_str().unwrap().eq_ignore_ascii_case(scope) {
            continue;
        }
        let role = assignment["properties"]["roleDefinitionId"].as_str().unwrap();
        let role = cloud.check(&format!("GET {role}?api-version=2022-04-01"), "", "200").await;
        for kind in ["actions", "dataActions"] {
            let listed = role["properties"]["permissions"][0][kind].as_array().unwrap().iter();
            actions.extend(listed.map(|action| action.as_str().unwrap().to_owned()));
        }
    }
    actions.sort();
    actions
}

#[tokio::test]
async fn a_job_goes_anywhere_twice_and_leaves_nothing() {
    goes_anywhere(JOB, "jobs").await;
}

#[tokio::test]
async fn an_app_goes_anywhere_twice_and_leaves_nothing() {
    goes_anywhere(APP, "containerApps").await;
}

async fn goes_anywhere(template: &str, kind: &str) {
    for (subscription, group) in [(None, "rg-sentinel"), (None, "rg-apps"), (Some(OTHER), "rg-apps")] {
        for identity in ["SystemAssigned", "UserAssigned"] {
            let cloud = cloud().await;
            let before = all(&cloud).await;
            let estate = cloud.twin.estate().clone();
            let scope =
                format!("/subscriptions/{}/resourceGroups/{group}", subscription.unwrap_or(&estate.subscription_id));
            let mut parameters = vec![
                ("workspaceResourceId", json!(estate.workspace())),
                ("image", json!(IMAGE)),
                ("identityType", json!(identity)),
                ("alertSubscriptionIds", json!([estate.subscription_id, OTHER])),
                ("retentionDays", json!(365)),
            ];
            let observing = deployed(&cloud, &scope, template, &parameters).await;
            let principal = observing["principalId"]["value"].as_str().unwrap().to_owned();
            let looks = actions(&cloud, &principal, &estate.workspace()).await;
            assert!(looks.iter().all(|action| action.ends_with("/read")), "{looks:?}");

            parameters.push(("mode", json!("Apply")));
            let outputs = deployed(&cloud, &scope, template, &parameters).await;
            assert_eq!(outputs["principalId"], observing["principalId"]);
            assert_eq!(deployed(&cloud, &scope, template, &parameters).await, outputs, "{kind} {group} {identity}");

            let acts = actions(&cloud, &principal, &estate.workspace()).await;
            let writes: Vec<&String> = acts.iter().filter(|action| !action.ends_with("/read")).collect();
            let is_incidents = |action: &&&String| {
                action.starts_with("Microsoft.SecurityInsights/incidents/") && action.ends_with("/write")
            };
            assert!(!writes.is_empty() && writes.iter().all(|action| is_incidents(&action)), "{writes:?}");
            for subscription in [&estate.subscription_id, OTHER] {
                let looks = actions(&cloud, &principal, &format!("/subscriptions/{subscription}")).await;
                assert!(!looks.is_empty() && looks.iter().all(|action| action.ends_with("/read")), "{looks:?}");
            }
            let container = format!(
                "{}/blobServices/default/containers/ledger",
                outputs["storageAccountId"]["value"].as_str().unwrap()
            );
            let ledger = actions(&cloud, &principal, &container).await;
            assert!(ledger.len() == 3 && !ledger.iter().any(|action| action.contains("delete")), "{ledger:?}");

            let app = cloud
                .check(
                    &format!("GET {scope}/providers/Microsoft.App/{kind}/lockstep?api-version=2024-03-01"),
                    "",
                    "200",
                )
                .await;
            let settings = app["properties"]["configuration"]["secrets"][0]["value"].as_str().unwrap();
            for line in [
                "policy = \"seed\"",
                "kind = \"managed-identity\"",
                "name = \"public\"",
                &format!("id = \"{}\"", estate.workspace_id),
                &format!("name = \"{}\"", estate.workspace_name),
                &format!("url = \"{}\"", outputs["ledger"]["value"].as_str().unwrap()),
            ] {
                assert!(settings.lines().any(|is| is == line), "{line}\n{settings}");
            }
            assert_eq!(settings.contains("client_id"), identity == "UserAssigned");
            removed(&cloud, &outputs).await;
            assert_eq!(all(&cloud).await, before, "{kind} {group} {identity}");
        }
    }
}

#[tokio::test]
async fn rights_are_given_at_every_scope_and_taken_back() {
    let cloud = cloud().await;
    let estate = cloud.twin.estate().clone();
    let before = all(&cloud).await;
    let group = format!("{}/resourceGroups/{}", estate.subscription(), estate.resource_group);
    let somebody = ("principalId", json!(SOMEBODY));
    let workspace = ("workspaceName", json!(estate.workspace_name));
    let writes = ("mayWrite", json!(true));
    let built_in = ("roles", json!("BuiltIn"));
    let check =
        async |scope: &str, template: &str, parameters: &[(&str, Value)], at: &str, holds: &str, lacks: &str| {
            let outputs = deployed(&cloud, scope, template, parameters).await;
            assert_eq!(deployed(&cloud, scope, template, parameters).await, outputs);
            let held = actions(&cloud, SOMEBODY, at).await;
            assert!(
                held.iter().any(|action| action == holds) && !held.iter().any(|action| action == lacks),
                "{held:?}"
            );
            removed(&cloud, &outputs).await;
            assert_eq!(all(&cloud).await, before);
        };
    let (read, write) = ("Microsoft.SecurityInsights/incidents/read", "Microsoft.SecurityInsights/incidents/write");
    let at = estate.workspace();
    check(&group, WORKSPACE, &[somebody.clone(), workspace.clone()], &at, read, write).await;
    check(&group, WORKSPACE, &[somebody.clone(), workspace.clone(), writes.clone()], &at, write, "*").await;
    let parameters = [somebody.clone(), workspace, writes, built_in.clone()];
    check(&group, WORKSPACE, &parameters, &at, "Microsoft.SecurityInsights/incidents/*", write).await;

    let (reads, resolves) =
        ("Microsoft.Security/locations/alerts/read", "Microsoft.Security/locations/alerts/resolve/action");
    let at = format!("/subscriptions/{OTHER}");
    check(&at, SUBSCRIPTION, std::slice::from_ref(&somebody), &at, reads, resolves).await;
    check(&at, SUBSCRIPTION, &[somebody.clone(), built_in.clone()], &at, "Microsoft.Security/*/read", resolves).await;
    check(&at, ALERT_WRITER, std::slice::from_ref(&somebody), &at, resolves, "Microsoft.Security/locations/alerts/*")
        .await;
    let root = root(&cloud);
    check(&root, MANAGEMENT_GROUP, std::slice::from_ref(&somebody), &root, reads, resolves).await;
    check(&root, MANAGEMENT_GROUP, &[somebody, built_in], &root, "Microsoft.Security/*/read", resolves).await;
}

#[tokio::test]
async fn a_subscription_is_delegated_with_built_in_roles() {
    let cloud = cloud().await;
    let at = format!("/subscriptions/{OTHER}");
    let parameters =
        [("principalId", json!(SOMEBODY)), ("managingTenantId", json!(SOMEBODY)), ("mayWrite", json!(true))];
    let outputs = deployed(&cloud, &at, DELEGATION, &parameters).await;
    assert_eq!(deployed(&cloud, &at, DELEGATION, &parameters).await, outputs);
    let held = actions(&cloud, SOMEBODY, &at).await;
    for action in ["Microsoft.SecurityInsights/incidents/*", "Microsoft.Security/*/read"] {
        assert!(held.iter().any(|one| one == action), "{held:?}");
    }
    removed(&cloud, &outputs).await;
}

#[tokio::test]
async fn the_government_cloud_gets_its_own_addresses() {
    let cloud = cloud().await;
    let estate = cloud.twin.estate().clone();
    let template: Value = serde_json::from_str(JOB).unwrap();
    let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": {
        "workspaceResourceId": {"value": estate.workspace()}, "image": {"value": IMAGE}
    }}});
    let path = format!("{}/resourceGroups/rg-apps/providers", estate.subscription());
    let host = "https://management.usgovcloudapi.net";
    let token = crate::cloud::token(&cloud.twin, host).await;
    let url = format!("{host}{path}/Microsoft.Resources/deployments/d?api-version=2022-09-01");
    let put = crate::cloud::send(&cloud.twin, "PUT", &url, Some(&token), &body.to_string()).await;
    assert!(put.status.is_success(), "{}", put.text);
    let url = format!("{host}{path}/Microsoft.App/jobs/lockstep?api-version=2024-03-01");
    let job = crate::cloud::send(&cloud.twin, "GET", &url, Some(&token), "").await.json();
    let settings = job["properties"]["configuration"]["secrets"][0]["value"].as_str().unwrap();
    assert!(
        settings.contains("name = \"us-government\"")
            && settings.contains(".blob.core.usgovcloudapi.net/ledger/lockstep"),
        "{settings}"
    );
}
