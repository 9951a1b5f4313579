//! What every request meets: versions, scopes, methods, odd paths and bodies, and what every reply carries.

use axum::body::Body;
use http::Request;

use crate::cloud::{Cloud, Reply, send, send_request, token};

#[tokio::test]
async fn versions_and_scopes_are_checked() {
    let cloud = Cloud::new().await;
    for (request, expected) in [
        ("GET {sentinel}/incidents?api-version=", "400 MissingApiVersionParameter"),
        ("GET {sentinel}/incidents?api-version=1999-01-01", "400 InvalidApiVersionParameter"),
        ("GET {sentinel}/incidents?Api-Version=2020-01-01&api-version=2020-01-01", "200"),
        (
            "GET /SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/providers/Microsoft.Security/alerts",
            "404 SubscriptionNotFound",
        ),
        ("GET /subscriptions/mine/providers/Microsoft.Security/alerts", "400 InvalidSubscriptionId"),
        ("GET {sub}/resourceGroups/none/providers/Microsoft.Security/alerts", "404 ResourceGroupNotFound"),
        ("GET {rg}/providers/Microsoft.OperationalInsights/workspaces/none", "404 ResourceNotFound"),
        (
            "GET {rg}/providers/Microsoft.OperationalInsights/workspaces/none/providers/Microsoft.SecurityInsights/incidents",
            "404 ResourceNotFound",
        ),
        ("GET {ws}", "200"),
        ("GET /subscriptions", "200"),
        ("GET {sub}", "200"),
        ("GET {sub}/resourceGroups", "200"),
        ("GET {rg}", "200"),
        ("GET /tenants", "200"),
        ("GET {sub}/providers/Microsoft.SecurityInsights", "200"),
        ("GET {sub}/providers/Microsoft.Moon", "404 InvalidResourceNamespace"),
        ("PUT {sentinel}/incidents", "405 UnsupportedApiVersion"),
        ("TRACE {sentinel}/incidents", "405 UnsupportedApiVersion"),
        ("GET {sub}/providers/Microsoft.Moon/rocks", "404 InvalidResourceType"),
        ("GET {sub}/providers/Microsoft.Security/automations", "501 NotImplemented"),
        ("GET /v1.0/security/incidents", "501 NotImplemented"),
        ("GET {sub}/%00", "400 BadRequest"),
        ("GET {sentinel}/incidents/%5C", "404 NotFound"),
    ] {
        cloud.check(request, "", expected).await;
    }
}

#[tokio::test]
async fn a_workspace_gives_the_id_that_queries_are_addressed_to() {
    let cloud = Cloud::new().await;
    let workspace = cloud.check("GET {ws}", "", "200").await;
    assert_eq!(workspace["properties"]["customerId"], cloud.twin.estate().workspace_id.as_str());
}

#[tokio::test]
async fn resources_are_found_by_type_name_and_group() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| _ = world.raise_alert(lockstep_twin::world::NewAlert::default()));
    for (request, expected) in [
        ("GET {sub}/resources", 2),
        ("GET {rg}/resources", 2),
        ("GET {sub}/resources?$filter=resourceType eq 'microsoft.operationalinsights/workspaces'", 1),
        ("GET {sub}/resources?$filter=resourceType eq 'Microsoft.Compute/virtualMachines'", 0),
        ("GET {sub}/resources?$filter=name eq 'law-sentinel' and resourceGroup eq 'rg-sentinel'", 1),
    ] {
        let joint = if request.contains('?') { '&' } else { '?' };
        let found = cloud.check(&format!("{request}{joint}api-version=2021-04-01"), "", "200").await;
        assert_eq!(found["value"].as_array().unwrap().len(), expected, "{request}");
    }
    cloud.check("GET {sub}/resources?api-version=2021-04-01&$filter=tag", "", "400 InvalidFilterInQueryString").await;
    cloud.check("HEAD {rg}", "", "204").await;
    cloud.check("HEAD {sub}/resourceGroups/none", "", "404").await;
}

#[tokio::test]
async fn a_workspace_shows_its_tables_and_that_it_is_sentinels() {
    let cloud = Cloud::new().await;
    let tables = cloud.check("GET {ws}/tables", "", "200").await;
    let names: Vec<&str> =
        tables["value"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["AzureActivity", "SecurityAlert", "SecurityIncident"]);
    let table = cloud.check("GET {ws}/tables/securityincident", "", "200").await;
    let columns = table["properties"]["schema"]["standardColumns"].as_array().unwrap();
    assert!(columns.contains(&serde_json::json!({"name": "CreatedTime", "type": "dateTime"})), "{columns:?}");
    cloud.check("GET {ws}/tables/Moon", "", "404 ResourceNotFound").await;
    let solution = "GET {rg}/providers/Microsoft.OperationsManagement/solutions/SecurityInsights(law-sentinel)?api-version=2015-11-01-preview";
    let solution = cloud.check(solution, "", "200").await;
    assert_eq!(solution["properties"]["workspaceResourceId"], cloud.twin.estate().workspace());
    let other = "GET {rg}/providers/Microsoft.OperationsManagement/solutions/Moon?api-version=2015-11-01-preview";
    cloud.check(other, "", "404 ResourceNotFound").await;
}

#[tokio::test]
async fn a_provider_names_its_types_with_the_newest_version_first() {
    let cloud = Cloud::new().await;
    let provider = cloud.check("GET {sub}/providers/Microsoft.Security?api-version=2021-04-01", "", "200").await;
    let types = provider["resourceTypes"].as_array().unwrap();
    let pricings = types.iter().find(|one| one["resourceType"] == "pricings").unwrap();
    assert_eq!(pricings["apiVersions"][0], "2024-01-01");
    assert!(types.iter().any(|one| one["resourceType"] == "locations/alerts"));
}

#[tokio::test]
async fn the_directory_knows_the_two_service_principals() {
    let cloud = Cloud::new().await;
    let estate = cloud.twin.estate().clone();
    let graph = token(&cloud.twin, "https://graph.microsoft.com").await;
    let ask = async |request: &str, body: &str| {
        let (method, path) = request.split_once(' ').unwrap();
        send(&cloud.twin, method, &format!("https://graph.microsoft.com/v1.0{path}"), Some(&graph), body).await
    };
    let names = |reply: &Reply| {
        let shown = reply.json()["value"].as_array().unwrap().clone();
        shown.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ids =
        serde_json::json!({"ids": [estate.identity_object_id, "other"], "types": ["servicePrincipal"]}).to_string();
    assert_eq!(names(&ask("POST /directoryObjects/getByIds", &ids).await), ["id-lockstep"]);
    let named = format!("GET /servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{}')", estate.client_id);
    assert_eq!(names(&ask(&named, "").await), ["lockstep"]);
    assert_eq!(names(&ask("GET /servicePrincipals?$filter=appId eq 'other'", "").await), [""; 0]);
    assert_eq!(ask("GET /servicePrincipals?$filter=moon", "").await.outcome(), "400 Request_BadRequest");
    assert_eq!(ask(&format!("GET /servicePrincipals/{}", estate.client_object_id), "").await.outcome(), "200");
    assert_eq!(ask("GET /servicePrincipals/none", "").await.outcome(), "404 Request_ResourceNotFound");
    let arm = token(&cloud.twin, "https://management.azure.com").await;
    let refused = send(&cloud.twin, "GET", "https://graph.microsoft.com/v1.0/servicePrincipals", Some(&arm), "").await;
    assert_eq!(refused.outcome(), "401 InvalidAuthenticationTokenAudience");
}

#[tokio::test]
async fn bodies_too_long_or_too_deep_are_refused() {
    let cloud = Cloud::new().await;
    let put = "PUT {sentinel}/incidents/one";
    cloud.check(put, &"x".repeat(10 << 20), "413 RequestContentTooLarge").await;
    cloud.check(put, &format!("{{\"properties\":{}", "[".repeat(100_000)), "400 InvalidRequestContent").await;
}

#[tokio::test]
async fn wrong_types_and_huge_numbers_are_refused() {
    let cloud = Cloud::new().await;
    let incident = "PUT {sentinel}/incidents/one";
    for body in [
        r#"{"properties":{"title":{},"severity":"Low","status":"New"}}"#,
        r#"{"properties":{"title":"t","severity":7,"status":"New"}}"#,
        r#"{"properties":{"title":"t","severity":"Low","status":["New"]}}"#,
        r#"{"properties":{"title":"t","severity":"Low","status":"New","owner":"me"}}"#,
        r#"{"properties":{"title":"t","severity":"Low","status":"New","labels":{"a":1e999}}}"#,
        r#"{"properties":{"title":"t","severity":"Low","status":"New","firstActivityTimeUtc":99999999999999999999}}"#,
        r#"{"etag":5,"properties":{"title":"t","severity":"Low","status":"New"}}"#,
        r#"[1]"#,
        "null",
    ] {
        cloud.check(incident, body, "400 InvalidRequestContent").await;
    }
    for top in ["-2147483648", "0", "1.5", "1e3", "abc", "%00", "-99999999999999999999999999999999999999999999"] {
        cloud.check(&format!("GET {{sentinel}}/incidents?$top={top}"), "", "400 BadRequest").await;
    }
    cloud.check("GET {sentinel}/incidents?$top=99999999999999999999", "", "200").await;
    cloud.check("GET {sentinel}/incidents?$skipToken=%5C%00", "", "400 BadRequest").await;
    cloud.check("GET {sentinel}/incidents?$filter=%00", "", "400 BadRequest").await;
}

#[tokio::test]
async fn replies_carry_ids_types_and_the_worlds_date() {
    let cloud = Cloud::new().await;
    let reply = cloud.arm("GET /subscriptions", "").await;
    assert_eq!(reply.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(reply.headers["date"], "Sat, 01 Jun 2024 00:00:00 GMT");
    assert!(reply.headers.contains_key("x-ms-request-id"));
    let id = "8f0f2b5e-93a0-4d0e-a7f4-0f5b3f1d9a11";
    let request = Request::get("https://management.azure.com/subscriptions?api-version=2022-12-01")
        .header("x-ms-correlation-request-id", id)
        .body(Body::empty())
        .unwrap();
    assert_eq!(send_request(&cloud.twin, request).await.headers["x-ms-correlation-request-id"], id);
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_status() {
    let cloud = Cloud::new().await;
    cloud.twin.with(|world| _ = world.raise_alert(lockstep_twin::world::NewAlert::default()));
    cloud.arm("GET {sentinel}/incidents", "").await;
    cloud.arm("GET {sentinel}/incidents/none", "").await;
    let reply = send(&cloud.twin, "GET", "https://twin/_twin/stats", None, "").await;
    let stats = reply.json();
    assert_eq!(stats["stats"]["Incidents_List"], serde_json::json!({"200": 1}));
    assert_eq!(stats["stats"]["Incidents_Get"], serde_json::json!({"404": 1}));
    assert_eq!(stats["stats"]["Token"], serde_json::json!({"200": 2}));
    assert_eq!(stats["to_do"], 0);
    assert_eq!(cloud.twin.stats().requests(), 4);
    send(&cloud.twin, "DELETE", "https://twin/_twin/stats", None, "").await;
    assert_eq!(cloud.twin.stats().requests(), 0);
}

#[tokio::test]
async fn the_twins_own_calls_act_in_the_world() {
    let cloud = Cloud::new().await;
    let twin = &cloud.twin;
    let raised = send(twin, "POST", "https://twin/_twin/alerts", None, r#"{"kind":"DNS","count":2}"#).await;
    assert_eq!(raised.json()["value"].as_array().unwrap().len(), 2);
    assert_eq!(send(twin, "POST", "https://twin/_twin/alerts", None, r#"{"kind":"Moon"}"#).await.status, 400);
    let clock = send(twin, "POST", "https://twin/_twin/clock/step", None, r#"{"seconds":90}"#).await;
    assert_eq!(clock.json()["now"], "2024-06-01T00:01:30.0000000Z");
    assert_eq!(send(twin, "POST", "https://twin/_twin/clock/step", None, r#"{"seconds":-1}"#).await.status, 400);
    let operations = send(twin, "GET", "https://twin/_twin/operations", None, "").await.json()["value"].clone();
    let pricings = operations.as_array().unwrap().iter().find(|one| one["name"] == "Pricings_Get").unwrap();
    assert_eq!((&pricings["method"], &pricings["right"]), (&"GET".into(), &"Microsoft.Security/pricings/read".into()));
    assert!(
        send(twin, "GET", "https://twin/_twin/rules", None, "").await.json()["value"].as_array().unwrap().len() > 5
    );
}
