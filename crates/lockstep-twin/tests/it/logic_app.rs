//! The Logic App edition of lockstep, as it is checked in: deployed in three placements with both identities, and run.

use std::time::Duration;

use lockstep_twin::estate::{Estate, Subscription};
use lockstep_twin::world::{Actor, AlertStatus, NewAlert};
use lockstep_twin::{Options, Twin};
use serde_json::{Value, json};

use crate::cloud::Cloud;

const TEMPLATE: &str = include_str!("../../../../deploy/logic-app.json");
const OTHER: &str = "22222222-3333-4444-8555-666666666666";

/// Deploys twice to a group, which is made where it is not there, and switches the Logic App on.
async fn deployed(subscription: Option<&str>, group: &str, identity: &str) -> Cloud {
    let more_subscriptions = vec![Subscription { id: OTHER.into(), name: "Other".into(), tenant_id: None }];
    let cloud =
        Cloud::of(Options { estate: Estate { more_subscriptions, ..Estate::default() }, ..Options::default() }).await;
    let estate = cloud.twin.estate().clone();
    let scope = format!("/subscriptions/{}/resourceGroups/{group}", subscription.unwrap_or(&estate.subscription_id));
    if group != estate.resource_group {
        cloud.check(&format!("PUT {scope}"), r#"{"location":"westeurope"}"#, "201").await;
    }
    let template: Value = serde_json::from_str(TEMPLATE).unwrap();
    let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": {
        "workspaceName": {"value": estate.workspace_name},
        "workspaceResourceGroup": {"value": estate.resource_group},
        "workspaceSubscriptionId": {"value": estate.subscription_id},
        "identityType": {"value": identity},
        "state": {"value": "Enabled"}
    }}});
    let path = format!("{scope}/providers/Microsoft.Resources/deployments/lockstep");
    for outcome in ["201", "200"] {
        cloud.check(&format!("PUT {path}"), &body.to_string(), outcome).await;
        let found = cloud.check(&format!("GET {path}"), "", "200").await;
        assert_eq!(found["properties"]["provisioningState"], "Succeeded", "{found:#}");
    }
    cloud
}

fn raised(twin: &Twin, status: AlertStatus) -> String {
    twin.with(|world| {
        let alert = world.raise_alert(NewAlert::default());
        world.set_alert_status(&alert.alert_name, status).unwrap();
        alert.incident_name.unwrap()
    })
}

fn state(twin: &Twin, incident: &str) -> String {
    let state = twin.world().incident_state(incident).unwrap();
    format!("{:?} {:?}", state.status(), state.closing().map(|closing| closing.classification))
}

#[tokio::test]
async fn it_does_what_the_policy_says_wherever_it_is_deployed() {
    for (subscription, group) in [(None, "rg-sentinel"), (None, "rg-apps"), (Some(OTHER), "rg-apps")] {
        for identity in ["SystemAssigned", "UserAssigned"] {
            let cloud = deployed(subscription, group, identity).await;
            let statuses =
                [AlertStatus::Active, AlertStatus::InProgress, AlertStatus::Dismissed, AlertStatus::Resolved];
            let incidents = statuses.map(|status| raised(&cloud.twin, status));
            let taken = raised(&cloud.twin, AlertStatus::Dismissed);
            cloud.twin.with(|world| world.activate_incident(&taken, &Actor::person("analyst@contoso.com"))).unwrap();
            let owner = json!({"properties": {"title": "t", "severity": "High", "status": "Active", "owner": {"userPrincipalName": "analyst@contoso.com"}}});
            cloud.check(&format!("PUT {{sentinel}}/incidents/{taken}"), &owner.to_string(), "200").await;
            assert_eq!(cloud.twin.run_workflows().await, 1);
            let states: Vec<String> =
                incidents.iter().chain([&taken]).map(|incident| state(&cloud.twin, incident)).collect();
            let expected =
                ["New None", "Active None", "Closed Some(BenignPositive)", "Closed Some(TruePositive)", "Active None"];
            assert_eq!(states, expected, "{group} {identity}");

            // What it made active itself it closes later, and what a person made active it does not.
            let persons = raised(&cloud.twin, AlertStatus::Dismissed);
            cloud.twin.with(|world| world.activate_incident(&persons, &Actor::person("analyst@contoso.com"))).unwrap();
            let alert = cloud.twin.with(|world| {
                world.alerts().find(|alert| alert.status == AlertStatus::InProgress).map(|alert| alert.name.clone())
            });
            cloud.twin.with(|world| world.set_alert_status(&alert.unwrap(), AlertStatus::Resolved)).unwrap();
            cloud.twin.clock().step(Duration::from_secs(301));
            assert_eq!(cloud.twin.run_workflows().await, 1);
            assert_eq!(state(&cloud.twin, &incidents[1]), "Closed Some(TruePositive)");
            assert_eq!(state(&cloud.twin, &persons), "Active None");

            let writes = cloud.twin.stats().of("Incidents_CreateOrUpdate");
            cloud.twin.clock().step(Duration::from_secs(301));
            assert_eq!(cloud.twin.run_workflows().await, 1);
            assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), writes, "a second run changes nothing");
        }
    }
}
