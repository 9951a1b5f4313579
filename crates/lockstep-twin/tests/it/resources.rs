//! Resources that are kept as they were written, and the switches among them.

use lockstep_twin::world::{AlertStatus, NewAlert, Severity};
use serde_json::json;

use crate::cloud::Cloud;

#[tokio::test]
async fn each_kind_is_written_listed_read_and_deleted() {
    let cloud = Cloud::new().await;
    let rule = r#"{"kind":"MicrosoftSecurityIncidentCreation","properties":{"displayName":"r","enabled":true,"productFilter":"Azure Security Center"}}"#;
    let automation = r#"{"properties":{"displayName":"a","order":1,"triggeringLogic":{"isEnabled":false,"triggersOn":"Incidents","triggersWhen":"Created"},"actions":[]}}"#;
    let bookmark = r#"{"properties":{"displayName":"b","query":"SecurityEvent"}}"#;
    let connector = r#"{"kind":"Office365","properties":{"tenantId":"t"}}"#;
    for (kind, body) in [
        ("alertRules", rule),
        ("automationRules", automation),
        ("bookmarks", bookmark),
        ("dataConnectors", connector),
        ("onboardingStates", "{}"),
    ] {
        let at = format!("{{sentinel}}/{kind}");
        let before = cloud.check(&format!("GET {at}"), "", "200").await["value"].as_array().unwrap().len();
        let made = cloud.check(&format!("PUT {at}/one"), body, "201").await;
        cloud.check(&format!("PUT {at}/one"), body, "200").await;
        let stale = body.replacen('{', &format!("{{\"etag\":{},", made["etag"]), 1).replace(",}", "}");
        cloud.check(&format!("PUT {at}/one"), &stale, "409 Conflict").await;
        assert_eq!(cloud.check(&format!("GET {at}/ONE"), "", "200").await["name"], "one");
        assert_eq!(cloud.check(&format!("GET {at}"), "", "200").await["value"].as_array().unwrap().len(), before + 1);
        let deleted = cloud.arm(&format!("DELETE {at}/one"), "").await;
        assert_eq!(deleted.outcome(), "200");
        assert_eq!(deleted.text, if at.ends_with("/automationRules") { "{}" } else { "" }, "{at}");
        cloud.check(&format!("DELETE {at}/one"), "", "204").await;
        cloud.check(&format!("GET {at}/one"), "", "404 NotFound").await;
    }
    cloud.check("PUT {sentinel}/alertRules/x", r#"{"kind":"Moon","properties":{}}"#, "400 BadRequest").await;
    cloud
        .check(
            "PUT {sentinel}/bookmarks/x",
            r#"{"properties":{"displayName":1,"query":"q"}}"#,
            "400 InvalidRequestContent",
        )
        .await;
    cloud.check("GET {sub}/providers/Microsoft.Security/pricings?api-version=2024-01-01", "", "200").await;
    cloud
        .check(
            "PUT {sub}/providers/Microsoft.Security/pricings/Moon?api-version=2024-01-01",
            r#"{"properties":{"pricingTier":"Free"}}"#,
            "400 BadRequest",
        )
        .await;
}

#[tokio::test]
async fn the_creation_rule_makes_incidents_as_far_as_its_filters_go() {
    let cloud = Cloud::new().await;
    let rules = cloud.check("GET {sentinel}/alertRules", "", "200").await;
    let at = format!("PUT {{sentinel}}/alertRules/{}", rules["value"][0]["name"].as_str().unwrap());
    let set = async |more: serde_json::Value| {
        let mut properties = json!({"displayName": "r", "enabled": true, "productFilter": "Azure Security Center"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        cloud
            .check(
                &at,
                &json!({"kind": "MicrosoftSecurityIncidentCreation", "properties": properties}).to_string(),
                "200",
            )
            .await;
    };
    let makes = |name: &str, severity| {
        let alert = NewAlert { display_name: name.into(), severity, ..NewAlert::default() };
        cloud.twin.with(|world| world.raise_alert(alert)).incident_name.is_some()
    };
    assert!(makes("any", Severity::Low));
    set(json!({"severitiesFilter": ["High"]})).await;
    assert!(!makes("any", Severity::Low) && makes("any", Severity::High));
    set(json!({"displayNamesFilter": ["tor"]})).await;
    assert!(!makes("any", Severity::Low) && makes("From TOR", Severity::Low));
    set(json!({"displayNamesExcludeFilter": ["tor"]})).await;
    assert!(makes("any", Severity::Low) && !makes("From TOR", Severity::Low));
    set(json!({"enabled": false})).await;
    assert!(!makes("any", Severity::Low));
}

#[tokio::test]
async fn the_switches_in_arm_are_the_worlds() {
    let cloud = Cloud::new().await;
    let sync = "{sub}/providers/Microsoft.Security/settings/Sentinel?api-version=2022-05-01";
    assert_eq!(cloud.check(&format!("GET {sync}"), "", "200").await["properties"]["enabled"], true);
    cloud.check(&format!("PUT {sync}"), r#"{"kind":"AlertSyncSettings","properties":{"enabled":false}}"#, "200").await;
    assert!(!cloud.twin.world().settings().bidirectional_sync);
    let connectors = cloud.check("GET {sentinel}/dataConnectors", "", "200").await;
    let connector = &connectors["value"][0];
    assert_eq!(
        (&connector["kind"], &connector["properties"]["dataTypes"]["alerts"]["state"]),
        (&json!("AzureSecurityCenter"), &json!("Enabled"))
    );
    cloud
        .check(&format!("DELETE {{sentinel}}/dataConnectors/{}", connector["name"].as_str().unwrap()), "", "200")
        .await;
    assert!(!cloud.twin.world().settings().connector);
}

#[tokio::test]
async fn a_suppression_rule_dismisses_what_it_names() {
    let cloud = Cloud::new().await;
    let at = "{sub}/providers/Microsoft.Security/alertsSuppressionRules";
    let body = r#"{"properties":{"alertType":"VM_SuspiciousProcess","reason":"FalsePositive","state":"Enabled","comment":"known"}}"#;
    cloud.check(&format!("PUT {at}/one?api-version=2019-01-01-preview"), body, "200").await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    assert_eq!(cloud.twin.world().alert_status(&alert.alert_name), Some(AlertStatus::Dismissed));
    let other =
        cloud.twin.with(|world| world.raise_alert(NewAlert { alert_type: "Other".into(), ..NewAlert::default() }));
    assert_eq!(cloud.twin.world().alert_status(&other.alert_name), Some(AlertStatus::Active));
    assert_eq!(
        cloud.twin.world().activities().iter().filter(|told| told.action.contains("/alerts/dismiss")).count(),
        0,
        "nobody dismissed it"
    );
    let scoped = r#"{"properties":{"alertType":"*","reason":"FalsePositive","state":"Enabled","expirationDateUtc":"2024-06-01T00:30:00Z","suppressionAlertsScope":{"allOf":[{"field":"entities.host.hostname","contains":"test"}]}}}"#;
    cloud.check(&format!("PUT {at}/one?api-version=2019-01-01-preview"), scoped, "200").await;
    let raise = |host: &str| {
        let alert = NewAlert { resource: host.into(), ..NewAlert::default() };
        let alert = cloud.twin.with(|world| world.raise_alert(alert));
        cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str()
    };
    assert_eq!((raise("vm-test"), raise("vm-shop")), ("Dismissed", "Active"));
    cloud.twin.clock().step(std::time::Duration::from_secs(1800));
    let rule = cloud.check(&format!("GET {at}/one?api-version=2019-01-01-preview"), "", "200").await;
    assert_eq!((raise("vm-test"), rule["properties"]["state"].as_str()), ("Active", Some("Expired")));
    let bad = scoped.replace("entities.host.hostname", "host");
    cloud.check(&format!("PUT {at}/two?api-version=2019-01-01-preview"), &bad, "400 BadRequest").await;
    cloud.check(&format!("DELETE {at}/one?api-version=2019-01-01-preview"), "", "204").await;
}
