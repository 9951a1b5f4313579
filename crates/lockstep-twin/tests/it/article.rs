//! The article's system: a Logic App of its shape, deployed by a template of its shape, closes the gap in its table.

use std::time::Duration;

use lockstep_twin::world::{AlertStatus, NewAlert, Settings};
use serde_json::json;

use crate::article_flow::{Identity, template};
use crate::cloud::Cloud;

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
