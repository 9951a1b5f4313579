//! The Defender portal, merged incidents, and alerts of several products and in several incidents.

use std::time::Duration;

use lockstep_twin::world::{
    Activity, Actor, AlertRef, AlertStatus, Classification, Closing, NewAlert, Outcome, Portal, Refused, Settings,
    Severity,
};
use serde_json::{Value, json};

use crate::cloud::Cloud;

async fn defender() -> Cloud {
    Cloud::with(Settings { portal: Portal::Defender, ..Settings::default() }).await
}

fn raise(cloud: &Cloud) -> AlertRef {
    cloud.twin.with(|world| world.raise_alert(NewAlert::default()))
}

fn name(alert: &AlertRef) -> String {
    alert.incident_name.clone().unwrap()
}

fn close(cloud: &Cloud, alert: &AlertRef) {
    let closing = Closing { classification: Classification::Undetermined, reason: None, comment: None };
    cloud.twin.with(|world| world.close_incident(&name(alert), closing, &ada())).unwrap();
}

fn ada() -> Actor {
    Actor::person("ada@contoso.com")
}

async fn cell(cloud: &Cloud, query: &str) -> Value {
    cloud.query(query).await.json()["tables"][0]["rows"][0][0].clone()
}

#[tokio::test]
async fn in_the_defender_portal_xdr_provides_incidents() {
    let cloud = defender().await;
    let alert = raise(&cloud);
    let at = format!("GET {{sentinel}}/incidents/{}", name(&alert));
    let shown = cloud.check(&at, "", "200").await["properties"].clone();
    assert_eq!(shown["providerName"], "Microsoft XDR");
    assert_ne!(shown["providerIncidentId"], shown["incidentNumber"].to_string());
    assert!(
        shown["additionalData"]["providerIncidentUrl"].as_str().unwrap().starts_with("https://security.microsoft.com/")
    );
    assert_eq!(shown["additionalData"]["alertProductNames"], json!(["Microsoft Defender for Cloud"]));
    let rules = cloud.check("GET {sentinel}/alertRules", "", "200").await;
    assert_eq!(rules["value"][0]["properties"]["enabled"], false);
    let filter = "$filter=properties/providerName eq 'Microsoft XDR'";
    let found = cloud.check(&format!("GET {{sentinel}}/incidents?{filter}"), "", "200").await;
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let quiet = NewAlert { severity: Severity::Informational, ..NewAlert::default() };
    let quiet = cloud.twin.with(|world| world.raise_alert(quiet));
    assert_eq!(quiet.incident_name, None);
    assert_eq!(cell(&cloud, "SecurityAlert | count").await, 1);
    cloud.check(&format!("GET {}", quiet.alert_id), "", "200").await;
}

#[tokio::test]
async fn in_the_defender_portal_changes_become_one_row() {
    let cloud = defender().await;
    let alert = raise(&cloud);
    cloud.twin.with(|world| world.activate_incident(&name(&alert), &ada())).unwrap();
    assert_eq!(cell(&cloud, "SecurityIncident | count").await, 0);
    cloud.twin.clock().step(Duration::from_secs(299));
    close(&cloud, &alert);
    assert_eq!(cell(&cloud, "SecurityIncident | count").await, 0);
    cloud.twin.clock().step(Duration::from_secs(1));
    assert_eq!(cell(&cloud, "SecurityIncident | count").await, 1);
    assert_eq!(cell(&cloud, "SecurityIncident | where isempty(Description) | project Status").await, "Closed");
    cloud.twin.with(|world| world.activate_incident(&name(&alert), &ada())).unwrap();
    cloud.twin.clock().step(Duration::from_secs(300));
    assert_eq!(cell(&cloud, "SecurityIncident | count").await, 2);
}

#[tokio::test]
async fn in_the_defender_portal_closing_resolves_what_is_still_active() {
    let cloud = defender().await;
    cloud.twin.with(|world| world.set_sync(&world_subscription(), false));
    let check = |before: AlertStatus, expected: &str| {
        let alert = raise(&cloud);
        cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, before)).unwrap();
        close(&cloud, &alert);
        assert_eq!(cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str(), expected);
    };
    check(AlertStatus::Active, "Resolved");
    check(AlertStatus::InProgress, "Resolved");
    check(AlertStatus::Dismissed, "Dismissed");
}

fn world_subscription() -> String {
    lockstep_twin::Estate::default().subscription_id
}

#[tokio::test]
async fn into_the_defender_portal_leads_a_way() {
    let cloud = Cloud::new().await;
    let before = raise(&cloud);
    let set = async |body: Value, expected: u16| {
        let reply = cloud.arm("PUT /_twin/settings?api-version=", &body.to_string()).await;
        assert_eq!(reply.status.as_u16(), expected, "{}", reply.text);
    };
    set(json!({"portal": "defender"}), 200).await;
    set(json!({"portal": "moon"}), 400).await;
    set(json!({"late_rows": 2}), 400).await;
    let shown = cloud.check(&format!("GET {{sentinel}}/incidents/{}", name(&before)), "", "200").await;
    assert_eq!(shown["properties"]["providerName"], "Microsoft XDR");
    assert_eq!(shown["properties"]["providerIncidentId"], "1");
    assert!(!cloud.twin.world().settings().incident_creation);
    assert!(raise(&cloud).incident_name.is_some(), "XDR makes incidents by itself");
    set(json!({"portal": "azure"}), 200).await;
    assert_eq!(raise(&cloud).incident_name, None, "the rule stays off until somebody turns it on");
    set(json!({"incident_creation": true}), 200).await;
    assert!(raise(&cloud).incident_name.is_some());
}

#[tokio::test]
async fn a_merged_incident_is_closed_and_redirected() {
    let cloud = defender().await;
    let (one, two, three) = (raise(&cloud), raise(&cloud), raise(&cloud));
    let merge =
        |from: &AlertRef, into: &AlertRef| cloud.twin.with(|world| world.merge_incidents(&name(from), &name(into)));
    cloud
        .check(
            &format!("PUT {{sentinel}}/incidents/{}/comments/c", name(&one)),
            r#"{"properties":{"message":"m"}}"#,
            "201",
        )
        .await;
    merge(&one, &two).unwrap();
    let shown = async |alert: &AlertRef| {
        let at = format!("GET {{sentinel}}/incidents/{}?api-version=2025-10-01-preview", name(alert));
        cloud.check(&at, "", "200").await["properties"].clone()
    };
    let (source, target) = (shown(&one).await, shown(&two).await);
    assert_eq!((&source["status"], &source["labels"][0]["labelName"]), (&json!("Closed"), &json!("Redirected")));
    assert_eq!(
        (&source["additionalData"]["alertsCount"], &target["additionalData"]["alertsCount"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(source["additionalData"]["mergedIncidentNumber"], target["incidentNumber"].to_string());
    assert_eq!(target["additionalData"]["commentsCount"], 0);
    // Nobody closed the alert: it went with the other incident.
    assert_eq!(cloud.twin.world().alert_status(&one.alert_name), Some(AlertStatus::Active));
    assert!(matches!(merge(&one, &three), Err(Refused::Unfit(_))), "one is closed");
    cloud
        .twin
        .with(|world| {
            let write = lockstep_twin::world::IncidentWrite::same(world.incident(&name(&two)).unwrap());
            let owner = lockstep_twin::world::Owner { email: Some("ada@contoso.com".into()), ..Default::default() };
            world.write_incident(&name(&two), lockstep_twin::world::IncidentWrite { owner, ..write }, None, &ada())
        })
        .unwrap();
    assert!(matches!(merge(&two, &three), Err(Refused::Unfit(_))), "owners differ");
    let azure = Cloud::new().await;
    let (one, two) = (raise(&azure), raise(&azure));
    let merged = azure.twin.with(|world| world.merge_incidents(&name(&one), &name(&two)));
    assert!(matches!(merged, Err(Refused::Unfit(_))));
}

#[tokio::test]
async fn alerts_are_related_in_the_portal_that_allows_it() {
    for (cloud, expected) in [(Cloud::new().await, "201"), (defender().await, "400 BadRequest")] {
        let (one, two) = (raise(&cloud), raise(&cloud));
        let entity = format!(
            "{}/providers/Microsoft.SecurityInsights/entities/{}",
            cloud.twin.estate().workspace(),
            one.system_alert_id
        );
        let body = json!({"properties": {"relatedResourceId": entity}}).to_string();
        cloud.check(&format!("PUT {{sentinel}}/incidents/{}/relations/more", name(&two)), &body, expected).await;
    }
}

#[tokio::test]
async fn an_alert_in_two_incidents_is_closed_by_either() {
    let cloud = Cloud::new().await;
    let (one, two) = (raise(&cloud), raise(&cloud));
    cloud.twin.with(|world| world.relate_alert(&name(&two), &one.system_alert_id, None, &ada())).unwrap();
    close(&cloud, &two);
    let status = |alert: &AlertRef| cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str();
    assert_eq!((status(&one), status(&two)), ("Resolved", "Resolved"));
    let other = cloud.twin.world().incident_state(&name(&one)).unwrap();
    assert_eq!(other.status().as_str(), "New", "the other incident has not moved");
}

#[tokio::test]
async fn an_alert_joins_an_open_incident_until_that_is_full() {
    let cloud = Cloud::new().await;
    let first = raise(&cloud);
    let join = || {
        let more = NewAlert { incident: first.incident_name.clone(), ..NewAlert::default() };
        cloud.twin.with(|world| world.raise_alert(more))
    };
    for _ in 1..150 {
        assert_eq!(join().incident_name, first.incident_name);
    }
    assert_ne!(join().incident_name, first.incident_name, "150 alerts are the most");
    let other = raise(&cloud);
    let related = cloud.twin.with(|world| world.relate_alert(&name(&first), &other.system_alert_id, None, &ada()));
    assert!(matches!(related, Err(Refused::Limit(_))));
    close(&cloud, &first);
    assert_ne!(join().incident_name, first.incident_name, "into a closed one nothing is put");
}

#[tokio::test]
async fn alerts_of_other_products_are_not_defender_for_clouds() {
    let cloud = Cloud::new().await;
    let iot = "Azure Security Center for IoT";
    let raise = || {
        let alert = NewAlert { product_name: Some(iot.into()), ..NewAlert::default() };
        cloud.twin.with(|world| world.raise_alert(alert))
    };
    assert_eq!(raise().incident_name, None, "no rule makes incidents of them");
    cloud.twin.with(|world| world.make_incidents_of(iot));
    let alert = raise();
    let list = cloud.check("GET {sub}/providers/Microsoft.Security/alerts", "", "200").await;
    assert_eq!(list["value"], json!([]));
    cloud.check(&format!("GET {}", alert.alert_id), "", "404 ResourceNotFound").await;
    cloud.check(&format!("POST {}/dismiss", alert.alert_id), "", "404 ResourceNotFound").await;
    assert_eq!(cell(&cloud, "SecurityAlert | distinct ProductName").await, iot);
    close(&cloud, &alert);
    assert_eq!(
        cell(&cloud, "SecurityAlert | summarize arg_max(TimeGenerated, Status) by SystemAlertId | distinct Status")
            .await,
        "New"
    );
    cloud.twin.with(|world| world.set_alert_status(&alert.alert_name, AlertStatus::Resolved)).unwrap();
    let rows = "SecurityAlert | where Status == 'Resolved' | count";
    assert_eq!(cell(&cloud, rows).await, 1, "its own product may resolve it");
    let done = |told: &&Activity| told.outcome == Outcome::Succeeded;
    assert_eq!(cloud.twin.world().activities().iter().filter(done).count(), 0);
}
