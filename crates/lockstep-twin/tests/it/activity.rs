//! The activity log: people's acts, applications' calls, and Defender for Cloud's own events.

use lockstep_twin::world::{AlertStatus, NewAlert};

use crate::cloud::Cloud;

const LOG: &str = "{sub}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01";

#[tokio::test]
async fn acts_are_told_with_who_did_them() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, AlertStatus::InProgress)).unwrap();
    cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "204").await;
    let incident = format!("{{sentinel}}/incidents/{}", alert.incident_name.unwrap());
    cloud.check(&format!("POST {incident}/alerts"), "", "200").await;
    cloud
        .check(&format!("POST {}/none", alert.alert_id.replace("/alerts/", "/moons/")), "", "404 InvalidResourceType")
        .await;
    let since = "&$filter=eventTimestamp ge '2024-06-01T00:00:00Z' and eventTimestamp le '2024-06-02T00:00:00Z'";
    let events =
        cloud.check(&format!("GET {LOG}{since} and resourceProvider eq 'Microsoft.Security'"), "", "200").await;
    let told: Vec<String> = events["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let action = event["operationName"]["value"].as_str().unwrap().rsplit('/').nth(1).unwrap().to_owned();
            format!("{} {} {}", event["category"]["value"].as_str().unwrap(), action, event["caller"].as_str().unwrap())
        })
        .collect();
    let client = cloud.twin.estate().client_id.clone();
    assert_eq!(
        told,
        [
            format!("Administrative dismiss {client}"),
            "Administrative inProgress owner@contoso.com".to_owned(),
            "Security activate Microsoft Defender for Cloud".to_owned(),
        ]
    );
    let one = cloud
        .check(&format!("GET {LOG}{since} and resourceUri eq '{}'&$select=caller", alert.alert_id), "", "200")
        .await;
    assert_eq!(one["value"].as_array().unwrap().len(), 3);
    assert_eq!(one["value"][0].as_object().unwrap().len(), 1);
    assert_eq!(cloud.twin.with(|world| world.rows("AzureActivity")), Some(3));
    for bad in [
        "",
        "&$filter=eventTimestamp ge 2024-06-01T00:00:00Z",
        "&$filter=caller eq 'x'",
        "&$filter=eventTimestamp ge '2024-06-01T00:00:00Z' or caller eq 'x'",
    ] {
        cloud.check(&format!("GET {LOG}{bad}"), "", "400 BadRequest").await;
    }
}
