//! Microsoft.SecurityInsights incidents over HTTP.

use lockstep_twin::world::{AlertRef, NewAlert};
use serde_json::{Value, json};

use crate::cloud::Cloud;

async fn one() -> (Cloud, AlertRef, String) {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let at = format!("{{sentinel}}/incidents/{}", alert.incident_name.clone().unwrap());
    (cloud, alert, at)
}

#[tokio::test]
async fn a_made_incident_says_what_its_alert_says() {
    let (cloud, alert, at) = one().await;
    let incident = cloud.check(&format!("GET {at}"), "", "200").await;
    let shown = &incident["properties"];
    assert!(incident["id"].as_str().unwrap().contains("/Microsoft.SecurityInsights/Incidents/"));
    assert_eq!(shown["title"], "Suspicious process executed");
    assert_eq!(shown["severity"], "High");
    assert!(shown["description"].as_str().unwrap().starts_with("Machine logs show"));
    assert_eq!(shown["additionalData"]["tactics"], json!(["Execution"]));
    assert_eq!(shown["relatedAnalyticRuleIds"].as_array().unwrap().len(), 1);
    assert_eq!(shown["status"], "New");
    assert_eq!(shown["incidentNumber"], 1);
    assert_eq!(shown["providerIncidentId"], "1");
    assert_eq!(shown["additionalData"]["alertProductNames"], json!(["Azure Security Center"]));
    let alerts = cloud.check(&format!("POST {at}/alerts"), "", "200").await;
    assert_eq!(alerts["value"][0]["properties"]["systemAlertId"], json!(alert.system_alert_id));
    assert_eq!(alerts["value"][0]["properties"]["providerAlertId"], json!(alert.alert_name));
    let link = alerts["value"][0]["properties"]["alertLink"].as_str().unwrap();
    assert!(
        link.contains(&format!("/alertId/{}/", alert.alert_name)) && link.ends_with("/location/westeurope"),
        "{link}"
    );
    let relations = cloud.check(&format!("GET {at}/relations"), "", "200").await;
    assert_eq!(relations["value"][0]["properties"]["relatedResourceName"], json!(alert.system_alert_id));
    let entities = cloud.check(&format!("POST {at}/entities"), "", "200").await;
    assert_eq!(
        entities["metaData"],
        json!([{"entityKind": "AzureResource", "count": 1}, {"entityKind": "Host", "count": 1}])
    );
}

#[tokio::test]
async fn a_write_is_guarded_by_the_etag_in_the_body() {
    let (cloud, _, at) = one().await;
    let incident = cloud.check(&format!("GET {at}"), "", "200").await;
    let write = |etag: Option<&str>, status: &str| {
        let mut body = json!({"properties": {"title": "t", "severity": "Low", "status": status}});
        etag.iter().for_each(|etag| body["etag"] = json!(etag));
        body.to_string()
    };
    let fresh = incident["etag"].as_str().unwrap();
    assert!(fresh.starts_with('"') && fresh.ends_with('"'));
    let written = cloud.check(&format!("PUT {at}"), &write(Some(fresh), "Active"), "200").await;
    assert_ne!(written["etag"], incident["etag"]);
    let reply = cloud.arm(&format!("PUT {at}"), &write(Some(fresh), "New")).await;
    assert_eq!(reply.outcome(), "409 Conflict");
    let name = incident["name"].as_str().unwrap();
    let message = format!("Newer version of resource '{name}' exists. Data was not saved");
    assert_eq!(reply.json()["error"]["message"], json!(message));
    assert_eq!(cloud.check(&format!("GET {at}"), "", "200").await["properties"]["status"], "Active");
    cloud.check(&format!("PUT {at}"), &write(None, "New"), "200").await;
    cloud.check("PUT {sentinel}/incidents/brand-new", &write(None, "New"), "201").await;
    cloud.check("PUT {sentinel}/incidents/gone", &write(Some(fresh), "New"), "409 Conflict").await;
}

#[tokio::test]
async fn closing_needs_a_classification_and_its_reason() {
    let (cloud, _, at) = one().await;
    let check = async |more: Value, expected: &str| {
        let mut properties = json!({"title": "t", "severity": "Low", "status": "Closed"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = cloud.arm(&format!("PUT {at}"), &json!({"properties": properties}).to_string()).await;
        let message = reply.json()["error"]["message"].as_str().map(str::to_owned);
        assert_eq!(message.unwrap_or_else(|| reply.status.as_u16().to_string()), expected, "{more}");
    };
    check(json!({}), "to update incident status as 'closed', request must include classification.").await;
    check(
        json!({"classification": "BenignPositive"}),
        "classification 'BenignPositive' must have classificationReason.",
    )
    .await;
    check(
        json!({"classification": "TruePositive", "classificationReason": "InaccurateData"}),
        "classification 'TruePositive' cannot have classificationReason 'InaccurateData'.",
    )
    .await;
    check(
        json!({"classification": "Undetermined", "classificationReason": "InaccurateData"}),
        "classification 'Undetermined' cannot have classificationReason 'InaccurateData'.",
    )
    .await;
    check(json!({"classification": "Maybe"}), "'Maybe' is not a value of 'classification'").await;
    check(json!({"classification": "Undetermined"}), "200").await;
    check(json!({"classification": "TruePositive", "classificationReason": "SuspiciousActivity", "classificationComment": "c"}), "200").await;
    check(json!({"classification": "BenignPositive", "classificationReason": "SuspiciousButExpected"}), "200").await;
    check(json!({"classification": "FalsePositive", "classificationReason": "IncorrectAlertLogic"}), "200").await;
    check(json!({"classification": "FalsePositive", "classificationReason": "InaccurateData"}), "200").await;
}

#[tokio::test]
async fn a_reopened_incident_has_no_classification() {
    let (cloud, _, at) = one().await;
    let closed = r#"{"properties":{"title":"t","severity":"Low","status":"Closed","classification":"TruePositive","classificationReason":"SuspiciousActivity"}}"#;
    assert_eq!(cloud.check(&format!("PUT {at}"), closed, "200").await["properties"]["classification"], "TruePositive");
    let open = r#"{"properties":{"title":"t","severity":"Low","status":"Active","classification":"TruePositive","classificationReason":"SuspiciousActivity"}}"#;
    assert_eq!(cloud.check(&format!("PUT {at}"), open, "200").await["properties"]["classification"], Value::Null);
}

#[tokio::test]
async fn a_body_is_read_leniently_and_types_are_checked() {
    let (cloud, _, at) = one().await;
    let put = format!("PUT {at}");
    cloud.check(&put, "{'properties':{'title':'it\\'s','severity':'low','status':'NEW','unknown':{'a':1},'owner':null,'labels':null}}", "200").await;
    for (bad, code) in [
        ("", "400 InvalidRequestContent"),
        ("[]", "400 InvalidRequestContent"),
        ("{", "400 InvalidRequestContent"),
        ("{}", "400 InvalidRequestContent"),
        (r#"{"properties":[]}"#, "400 InvalidRequestContent"),
        (r#"{"properties":{}}"#, "400 BadRequest"),
        (r#"{"properties":{"title":{},"severity":"Low","status":"New"}}"#, "400 InvalidRequestContent"),
        (r#"{"properties":{"title":"t","severity":"Low","status":"Open"}}"#, "400 BadRequest"),
        (r#"{"properties":{"title":"t","severity":"Low","status":"New","labels":[1]}}"#, "400 InvalidRequestContent"),
        (
            r#"{"properties":{"title":"t","severity":"Low","status":"New","owner":{"objectId":"x"}}}"#,
            "400 InvalidRequestContent",
        ),
        (
            r#"{"properties":{"title":"t","severity":"Low","status":"New","firstActivityTimeUtc":"soon"}}"#,
            "400 InvalidRequestContent",
        ),
        (r#"{"etag":5,"properties":{"title":"t","severity":"Low","status":"New"}}"#, "400 InvalidRequestContent"),
    ] {
        cloud.check(&put, bad, code).await;
    }
    let long =
        json!({"properties": {"title": "t", "severity": "Low", "status": "New", "description": "x".repeat(5001)}});
    cloud.check(&put, &long.to_string(), "400 BadRequest").await;
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| {
        for serial in 0..7 {
            let alert = world.raise_alert(NewAlert { display_name: format!("alert {serial}"), ..NewAlert::default() });
            if serial % 2 == 0 {
                world
                    .activate_incident(
                        &alert.incident_name.unwrap(),
                        &lockstep_twin::world::Actor::person("ada@contoso.com"),
                    )
                    .unwrap();
            }
        }
    });
    let check = async |query: &str, expected: &str| {
        let mut numbers = Vec::new();
        let mut request = format!("GET {{sentinel}}/incidents?{query}");
        for _ in 0..20 {
            let page = cloud.check(&request, "", "200").await;
            let shown = page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|incident| incident["properties"]["incidentNumber"].to_string());
            numbers.push(shown.collect::<Vec<_>>().join(" "));
            let Some(next) = page["nextLink"].as_str() else { break };
            request = format!("GET {}", next.strip_prefix("https://management.azure.com").unwrap());
        }
        assert_eq!(numbers.join(" | "), expected, "{query}");
    };
    check("", "7 6 5 4 3 2 1").await;
    check("$top=3", "7 6 5 | 4 3 2 | 1").await;
    check("%24top=3&$orderby=properties/createdTimeUtc asc", "1 2 3 | 4 5 6 | 7").await;
    check("$filter=properties/status eq 'New'", "6 4 2").await;
    check("$filter=properties/status eq 'New'&$top=2", "6 4 | 2").await;
    check("$filter=properties/status eq 'Active'&$top=2&$orderby=properties/lastModifiedTimeUtc asc", "1 3 | 5 7")
        .await;
    check("$orderby=properties/status desc,properties/incidentNumber asc&$top=4", "2 4 6 1 | 3 5 7").await;
    check("$filter=properties/additionalData/alertProductNames/any(p:p eq 'Azure Security Center') and properties/incidentNumber gt 5", "7 6").await;
    check("$filter=contains(properties/title,'alert 3')", "4").await;
    check("$filter=properties/lastModifiedTimeUtc ge 2024-06-02T00:00:00Z", "").await;
    for bad in [
        "$top=0",
        "$top=-2147483648",
        "$top=x",
        "$filter=nonsense",
        "$filter=properties/createdTimeUtc ge '2024-01-01'",
        "$orderby=nonsense",
        "$orderby=properties/title up",
        "$skipToken=x",
    ] {
        cloud.check(&format!("GET {{sentinel}}/incidents?{bad}"), "", "400 BadRequest").await;
    }
}

#[tokio::test]
async fn what_hangs_on_an_incident_is_written_read_and_deleted() {
    let (cloud, _, at) = one().await;
    let parts = [
        ("comments", r#"{"properties":{"message":"hello"}}"#, "message"),
        ("tasks", r#"{"properties":{"title":"look","status":"New"}}"#, "title"),
    ];
    for (kind, body, member) in parts {
        let before = cloud.check(&format!("GET {at}"), "", "200").await["etag"].clone();
        cloud.check(&format!("PUT {at}/{kind}/one"), body, "201").await;
        let one = cloud.check(&format!("PUT {at}/{kind}/one"), body, "200").await;
        assert_ne!(cloud.check(&format!("GET {at}"), "", "200").await["etag"], before, "{kind} write the incident");
        assert_eq!(
            cloud.check(&format!("GET {at}/{kind}/ONE"), "", "200").await["properties"][member],
            one["properties"][member]
        );
        assert_eq!(cloud.check(&format!("GET {at}/{kind}"), "", "200").await["value"].as_array().unwrap().len(), 1);
        let stale = body.replacen('{', r#"{"etag":"\"old\"","#, 1);
        cloud.check(&format!("PUT {at}/{kind}/one"), &stale, "409 Conflict").await;
        cloud.check(&format!("PUT {at}/{kind}/two"), r#"{"properties":{}}"#, "400 BadRequest").await;
        cloud.check(&format!("DELETE {at}/{kind}/one"), "", "200").await;
        cloud.check(&format!("DELETE {at}/{kind}/one"), "", "204").await;
        cloud.check(&format!("GET {at}/{kind}/one"), "", "404 NotFound").await;
        cloud.check(&format!("PUT {{sentinel}}/incidents/none/{kind}/one"), body, "404 NotFound").await;
    }
    let long = json!({"properties": {"message": "x".repeat(30_001)}}).to_string();
    cloud.check(&format!("PUT {at}/comments/long"), &long, "400 BadRequest").await;
    for serial in 0..100 {
        cloud.check(&format!("PUT {at}/comments/c{serial}"), parts[0].1, "201").await;
    }
    cloud.check(&format!("PUT {at}/comments/c100"), parts[0].1, "400 BadRequest").await;
}

#[tokio::test]
async fn alerts_and_bookmarks_are_put_into_an_incident_and_taken_out() {
    let (cloud, _, at) = one().await;
    let other = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let related = |kind: &str, name: &str| {
        let id = format!("{}/providers/Microsoft.SecurityInsights/{kind}/{name}", cloud.twin.estate().workspace());
        json!({"properties": {"relatedResourceId": id}}).to_string()
    };
    cloud.check(&format!("PUT {at}/relations/second"), &related("entities", &other.system_alert_id), "201").await;
    let relation = cloud.check(&format!("GET {at}/relations/second"), "", "200").await;
    assert_eq!(relation["properties"]["relatedResourceKind"], "SecurityAlert");
    assert_eq!(cloud.check(&format!("GET {at}"), "", "200").await["properties"]["additionalData"]["alertsCount"], 2);
    cloud.check(&format!("PUT {at}/relations/b"), &related("bookmarks", "mark"), "404 NotFound").await;
    let bookmark = r#"{"properties":{"displayName":"Odd sign-in","query":"SigninLogs","labels":["look"]}}"#;
    cloud.check("PUT {sentinel}/bookmarks/mark", bookmark, "201").await;
    cloud.check(&format!("PUT {at}/relations/b"), &related("bookmarks", "mark"), "201").await;
    let marks = cloud.check(&format!("POST {at}/bookmarks"), "", "200").await;
    assert_eq!(
        (&marks["value"][0]["name"], &marks["value"][0]["properties"]["displayName"]),
        (&json!("mark"), &json!("Odd sign-in"))
    );
    assert_eq!(cloud.check(&format!("GET {at}"), "", "200").await["properties"]["additionalData"]["bookmarksCount"], 1);
    cloud.check(&format!("PUT {at}/relations/x"), &related("entities", "none"), "404 NotFound").await;
    cloud.check(&format!("PUT {at}/relations/x"), &related("moons", "none"), "400 BadRequest").await;
    cloud.check(&format!("DELETE {at}/relations/second"), "", "200").await;
    cloud.check(&format!("DELETE {at}/relations/second"), "", "204").await;
    assert_eq!(cloud.check(&format!("GET {at}"), "", "200").await["properties"]["additionalData"]["alertsCount"], 1);
}

#[tokio::test]
async fn a_deleted_incident_is_gone_and_its_rows_stay() {
    let (cloud, _, at) = one().await;
    cloud.check(&format!("DELETE {at}"), "", "200").await;
    cloud.check(&format!("DELETE {at}"), "", "204").await;
    for request in [format!("GET {at}"), format!("GET {at}/comments"), format!("POST {at}/alerts")] {
        cloud.check(&request, "", "404 NotFound").await;
    }
    assert_eq!(cloud.twin.with(|world| world.rows("SecurityIncident")), Some(1));
}
