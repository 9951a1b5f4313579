//! Roles, assignments, and what they let a caller do.

use std::time::Duration;

use lockstep_twin::world::{NewAlert, Settings};
use serde_json::json;

use crate::cloud::Cloud;

const ASSIGNMENTS: &str = "{sub}/providers/Microsoft.Authorization/roleAssignments";

#[tokio::test]
async fn a_role_lets_do_what_it_lists_and_nothing_else() {
    let cloud = Cloud::new().await;
    let alert = cloud.twin.with(|world| world.raise_alert(NewAlert::default()));
    let dismiss = format!("POST {}/dismiss", alert.alert_id);
    let incident = format!("{{sentinel}}/incidents/{}", alert.incident_name.unwrap());
    let put = r#"{"properties":{"title":"t","severity":"Low","status":"New"}}"#;
    for (role, reads, writes, deletes, dismisses, queries) in [
        (
            "Microsoft Sentinel Responder",
            "200",
            "200",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "400 BadArgumentError",
        ),
        (
            "Microsoft Sentinel Reader",
            "200",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "400 BadArgumentError",
        ),
        (
            "Security Admin",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "204",
            "400 BadArgumentError",
        ),
        (
            "Monitoring Metrics Publisher",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "403 AuthorizationFailed",
            "403 InsufficientAccessError",
        ),
    ] {
        let me = cloud.twin.estate().client_object_id.clone();
        let subscription = cloud.twin.estate().subscription();
        cloud.twin.with(|world| {
            world.revoke_roles(&me);
            world.assign_role(&me, role, &subscription, Duration::ZERO).unwrap();
        });
        assert_eq!(cloud.arm(&format!("GET {incident}"), "").await.outcome(), reads, "{role} reads");
        assert_eq!(cloud.arm(&format!("PUT {incident}"), put).await.outcome(), writes, "{role} writes");
        assert_eq!(cloud.arm(&format!("DELETE {incident}"), "").await.outcome(), deletes, "{role} deletes");
        assert_eq!(cloud.arm(&dismiss, "").await.outcome(), dismisses, "{role} dismisses");
        assert_eq!(cloud.query("").await.outcome(), queries, "{role} queries");
    }
}

#[tokio::test]
async fn a_first_assignment_takes_its_time_as_in_the_article() {
    let cloud = Cloud::with(Settings { rights_delay: Duration::from_secs(1800), ..Settings::default() }).await;
    let reply = cloud.query("SecurityAlert").await;
    assert_eq!(reply.outcome(), "403 InsufficientAccessError");
    let error = &reply.json()["error"];
    assert_eq!(
        error["message"],
        "The provided credentials have insufficient access to perform the requested operation"
    );
    assert!(error["correlationId"].is_string());
    let refused = cloud.arm("GET {sentinel}/incidents", "").await;
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("does not have authorization to perform action 'Microsoft.SecurityInsights/incidents/read' over scope '/subscriptions/"), "{message}");
    cloud.twin.clock().step(Duration::from_secs(1800));
    cloud.check("GET {sentinel}/incidents", "", "200").await;
}

#[tokio::test]
async fn assignments_and_roles_are_written_and_ended() {
    let cloud = Cloud::new().await;
    let (me, responder) = ("11111111-2222-3333-4444-555555555555", "3e150937-b8fe-4cfb-8069-0eaf05ecd056");
    let definition =
        format!("{}/providers/Microsoft.Authorization/roleDefinitions/{responder}", cloud.twin.estate().subscription());
    let body = json!({"properties": {"roleDefinitionId": definition, "principalId": me}}).to_string();
    let other =
        json!({"properties": {"roleDefinitionId": definition, "principalId": "11111111-2222-3333-4444-666666666666"}})
            .to_string();
    cloud.check(&format!("PUT {ASSIGNMENTS}/a?api-version=2022-04-01"), &body, "201").await;
    cloud.check(&format!("PUT {ASSIGNMENTS}/b?api-version=2022-04-01"), &body, "409 RoleAssignmentExists").await;
    cloud
        .check(&format!("PUT {ASSIGNMENTS}/a?api-version=2022-04-01"), &other, "400 RoleAssignmentUpdateNotPermitted")
        .await;
    let mine = cloud
        .check(&format!("GET {ASSIGNMENTS}?api-version=2022-04-01&$filter=principalId eq '{me}'"), "", "200")
        .await;
    assert_eq!(mine["value"].as_array().unwrap().len(), 1);
    cloud
        .check(&format!("GET {ASSIGNMENTS}?api-version=2022-04-01&$filter=moon eq 'x'"), "", "400 InvalidFilter")
        .await;
    cloud.check(&format!("DELETE {ASSIGNMENTS}/a?api-version=2022-04-01"), "", "200").await;
    cloud.check(&format!("DELETE {ASSIGNMENTS}/a?api-version=2022-04-01"), "", "204").await;
    let roles = "{sub}/providers/Microsoft.Authorization/roleDefinitions";
    let role = |action: &str| {
        json!({"properties": {"roleName": "own", "permissions": [{"actions": [action]}], "assignableScopes": ["/"]}})
            .to_string()
    };
    cloud
        .check(
            &format!("PUT {roles}/own?api-version=2022-04-01"),
            &role("Microsoft.Security/locations/alerts/*"),
            "201",
        )
        .await;
    cloud
        .check(
            &format!("PUT {roles}/own?api-version=2022-04-01"),
            &role("Microsoft.Security/locations/alerts/inProgress/action"),
            "400 InvalidActionOrNotAction",
        )
        .await;
    let named = cloud
        .check(&format!("GET {roles}?api-version=2022-04-01&$filter=roleName eq 'Security Admin'"), "", "200")
        .await;
    assert_eq!(named["value"][0]["name"], "fb1c8493-542b-48eb-b624-b4c8fea62acd");
    let permissions =
        cloud.check("GET {ws}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", "", "200").await;
    assert_eq!(permissions["value"][0]["actions"], json!(["*"]));
}
