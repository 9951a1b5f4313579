//! Microsoft.Security alerts over HTTP.

use lockstep_twin::world::{NewAlert, Settings};
use serde_json::{Value, json};

use crate::cloud::Cloud;

#[tokio::test]
async fn an_alert_is_listed_read_and_set_in_both_scopes() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let name = &alert.alert_name;
    for scope in ["{sub}", "{rg}"] {
        let all = cloud.check(&format!("GET {scope}/providers/Microsoft.Security/alerts"), "", "200").await;
        assert_eq!(all["value"][0]["name"], json!(name));
        let at = format!("{scope}/providers/Microsoft.Security/locations/westeurope/alerts");
        let one = cloud.check(&format!("GET {at}/{name}"), "", "200").await;
        assert_eq!(one["id"], json!(alert.alert_id));
        for (verb, status) in
            [("inProgress", "InProgress"), ("dismiss", "Dismissed"), ("resolve", "Resolved"), ("activate", "Active")]
        {
            cloud.check(&format!("POST {at}/{name}/{verb}"), "", "204").await;
            let one = cloud.check(&format!("GET {at}/{name}"), "", "200").await;
            assert_eq!(one["properties"]["status"], json!(status), "{verb}");
        }
        cloud.check(&format!("GET {at}/none"), "", "404 ResourceNotFound").await;
        cloud.check(&format!("POST {at}/none/dismiss"), "", "404 ResourceNotFound").await;
    }
    cloud.check("GET {sub}/providers/Microsoft.Security/locations/eastus/alerts", "", "200").await["value"]
        .as_array()
        .unwrap()
        .is_empty();
    cloud
        .check(
            &format!("POST {{sub}}/providers/Microsoft.Security/locations/eastus/alerts/{name}/dismiss"),
            "",
            "404 ResourceNotFound",
        )
        .await;
    cloud.check(&format!("POST {{sub}}/providers/Microsoft.Security/locations/westeurope/alerts/{name}/inProgress?api-version=2021-11-01"), "", "400 InvalidApiVersionParameter").await;
}

#[tokio::test]
async fn many_alerts_come_in_pages_and_each_once() {
    let cloud = Cloud::with(Settings { incident_creation: false, ..Settings::default() }).await;
    cloud.twin.with(|world| (0..250).for_each(|_| _ = world.raise_alert(NewAlert::default())));
    let mut names = Vec::new();
    let mut request = "GET {sub}/providers/Microsoft.Security/alerts".to_owned();
    loop {
        let page = cloud.check(&request, "", "200").await;
        names.extend(page["value"].as_array().unwrap().iter().map(|alert| alert["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { break };
        request = format!("GET {}", next.strip_prefix("https://management.azure.com").unwrap());
    }
    assert_eq!(names.len(), 250);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 250);
}

#[tokio::test]
async fn samples_are_made_by_the_bundle() {
    let cloud = Cloud::new().await;
    let at = "{sub}/providers/Microsoft.Security/locations/westeurope/alerts/default/simulate";
    let body = r#"{"properties":{"kind":"Bundles","bundles":["DNS","KeyVaults"]}}"#;
    let reply = cloud.arm(&format!("POST {at}"), body).await;
    assert_eq!(reply.status, 202);
    let poll =
        reply.headers["location"].to_str().unwrap().strip_prefix("https://management.azure.com").unwrap().to_owned();
    cloud.check(&format!("GET {poll}"), "", "204").await;
    cloud.check(&format!("POST {at}?api-version=2021-11-01"), body, "204").await;
    let all = cloud.check("GET {sub}/resourceGroups/sample-rg/providers/Microsoft.Security/alerts", "", "200").await;
    let titles: Vec<&Value> =
        all["value"].as_array().unwrap().iter().map(|alert| &alert["properties"]["alertType"]).collect();
    assert_eq!(
        titles,
        [
            "SIMULATED_KV_TORAccess",
            "SIMULATED_AzureDNS_DataExfiltration",
            "SIMULATED_KV_TORAccess",
            "SIMULATED_AzureDNS_DataExfiltration"
        ]
    );
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"properties":{"kind":"Other"}}"#,
        r#"{"properties":{"kind":"Bundles","bundles":[1]}}"#,
        r#"{"properties":{"kind":"Bundles","bundles":["Moon"]}}"#,
    ] {
        assert_eq!(cloud.arm(&format!("POST {at}"), bad).await.status, 400, "{bad}");
    }
    cloud
        .check("GET {sub}/providers/Microsoft.Security/locations/westeurope/operationResults/x", "", "404 NotFound")
        .await;
}

#[tokio::test]
async fn an_alert_that_the_connector_does_not_bring_has_no_row_and_no_incident() {
    let cloud = Cloud::with(Settings { connector: false, ..Settings::default() }).await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    assert_eq!(alert.incident_name, None);
    assert_eq!(cloud.twin.with(|world| world.rows("SecurityAlert")), Some(0));
    cloud.check("GET {sub}/providers/Microsoft.Security/locations", "", "200").await;
}

#[tokio::test]
async fn an_alert_is_kept_for_ninety_days() {
    let retention = std::time::Duration::from_secs(600);
    let cloud = Cloud::with(Settings { alert_retention: retention, ..Settings::default() }).await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let get = format!("GET {}", alert.alert_id);
    let count = async || {
        let list = cloud.check("GET {sub}/providers/Microsoft.Security/alerts", "", "200").await;
        list["value"].as_array().unwrap().len()
    };
    cloud.check(&get, "", "200").await;
    assert_eq!(count().await, 1);
    cloud.twin.clock().step(retention);
    cloud.check(&get, "", "404 ResourceNotFound").await;
    cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "404 ResourceNotFound").await;
    assert_eq!(count().await, 0);
    assert_eq!(Settings::default().alert_retention.as_secs() / 86_400, 90);
}

#[tokio::test]
async fn a_status_set_at_the_resource_group_may_change_nothing() {
    for (works, expected) in [(true, "Dismissed"), (false, "Active")] {
        let cloud = Cloud::with(Settings { group_path_sets_status: works, ..Settings::default() }).await;
        let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
        cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "204").await;
        assert_eq!(cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str(), expected);
        let group = format!("/resourceGroups/{}", cloud.twin.estate().resource_group);
        cloud.check(&format!("POST {}/resolve", alert.alert_id.replace(&group, "")), "", "204").await;
        assert_eq!(cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str(), "Resolved");
    }
}
