//! The table of actions against a cloud that asks for them: with the roles that are made from it everything works, and
//! without any single action of theirs exactly what needs it fails, and says so.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use lockstep_azure::{Auth, Error, Fault, IncidentChange, Needs, Operation, Question, Role, Scope, Workspace, roles};
use lockstep_core::{AlertAct, Preset, Time};
use lockstep_twin::Twin;
use lockstep_twin::world::AlertStatus;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::twin::Tenant;

/// A tenant in which the application holds custom roles alone; the managed identity may do everything.
struct Guarded {
    tenant: Tenant,
    token: String,
}

impl Guarded {
    async fn new() -> Self {
        let tenant = Tenant::new();
        let resource = "https%3A%2F%2Fmanagement.azure.com";
        let path = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
        let request = Request::get(path).header("metadata", "true").body(Body::empty()).unwrap();
        let token = send(&tenant.twin, request).await.1["access_token"].as_str().unwrap().to_owned();
        Self { tenant, token }
    }

    fn roles(&self, needs: Needs) -> Vec<Role> {
        let it = self.tenant.twin.estate();
        let subscription: Uuid = it.subscription_id.parse().unwrap();
        let scope =
            Scope::new(&it.tenant_id, &it.subscription_id, &it.resource_group, &it.workspace_name, &it.workspace_id);
        roles(needs, &scope.unwrap(), &[subscription])
    }

    async fn put(&self, path: &str, body: Value) {
        let request = Request::put(format!("{path}?api-version=2022-04-01"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let (status, reply) = send(&self.tenant.twin, request).await;
        assert_eq!(status, 201, "{path}: {reply}");
    }

    /// Gives the application these roles and no other, as Azure takes them: by a definition and an assignment each.
    async fn give(&self, roles: &[Role]) {
        let principal = self.tenant.twin.estate().client_object_id.clone();
        self.tenant.twin.with(|world| world.revoke_roles(&principal));
        for role in roles {
            let definition =
                format!("{}/providers/Microsoft.Authorization/roleDefinitions/{}", role.assignable, role.id);
            let permissions = json!([{"actions": role.actions, "notActions": []}]);
            self.put(
                &definition,
                json!({"properties": {"roleName": role.name, "type": "CustomRole", "permissions": permissions,
                    "description": role.description, "assignableScopes": [role.assignable]}}),
            )
            .await;
            let name = role.assignment(principal.parse().unwrap());
            let assignment = format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", role.scope);
            self.put(&assignment, json!({"properties": {"roleDefinitionId": definition, "principalId": principal}}))
                .await;
        }
    }

    /// What came of each operation.
    async fn everything(&self) -> Vec<(Operation, Result<(), Error>)> {
        let tenant = &self.tenant;
        let may: Workspace = tenant.workspace(Auth::ManagedIdentity(None));
        let fresh = may.incident(&tenant.id()).await.unwrap();
        let workspace = tenant.workspace(tenant.secret());
        let subscription = tenant.twin.estate().subscription_id.parse().unwrap();
        let question = Question::new(&Preset::Seed.policy());
        let act = async |act| {
            let acted = workspace.act_on_alert(&tenant.place(), act).await;
            acted.map_err(|it| it.error().clone())
        };
        let (from, until) = (Time::from_ticks(17_160_000_000_000_000), Time::from_ticks(17_200_000_000_000_000));
        vec![
            (Operation::ReadActivityLog, workspace.alert_events(&tenant.place(), from, until).await.map(drop)),
            (Operation::ListSuppressionRules, workspace.suppression_rules(subscription).await.map(drop)),
            (Operation::DismissAlert, act(AlertAct::Dismiss).await),
            (Operation::ActivateAlert, act(AlertAct::Activate).await),
            (Operation::SetAlertInProgress, act(AlertAct::SetInProgress).await),
            (Operation::ResolveAlert, act(AlertAct::Resolve).await),
            (Operation::Query, workspace.sightings(&question).await.map(drop)),
            (Operation::ListIncidents, workspace.open_incidents().await.map(drop)),
            (Operation::ListAlerts, workspace.listed_alerts(subscription, &[String::new()].into()).await.map(drop)),
            (Operation::ReadIncident, workspace.incident(&tenant.id()).await.map(drop)),
            (Operation::ListTasks, workspace.open_tasks(&tenant.id()).await.map(drop)),
            (Operation::ReadAlert, workspace.alert(&tenant.place()).await.map(drop)),
            (Operation::ReadWorkspace, workspace.resource().await.map(drop)),
            (Operation::ReadOnboarding, workspace.is_onboarded().await.map(drop)),
            (Operation::ListAlertRules, workspace.creation_rules().await.map(drop)),
            (Operation::ListAutomationRules, workspace.automation_rules().await.map(drop)),
            (Operation::ListDataConnectors, workspace.connectors().await.map(drop)),
            (Operation::SurveyIncidents, workspace.survey_incidents().await.map(drop)),
            (Operation::SurveyAlerts, workspace.survey_alerts().await.map(drop)),
            (Operation::ReadAlertSync, workspace.alert_sync(subscription).await.map(drop)),
            (Operation::ListPlans, workspace.plans(subscription).await.map(drop)),
            (Operation::ReadWorkspaceRights, workspace.rights().await.map(drop)),
            (Operation::ReadSubscriptionRights, workspace.subscription_rights(subscription).await.map(drop)),
            (
                Operation::WriteIncident,
                workspace
                    .put_incident(&fresh, &IncidentChange::Active)
                    .await
                    .map(drop)
                    .map_err(|it| it.error().clone()),
            ),
            (
                Operation::WriteComment,
                workspace.put_comment(&tenant.id(), Uuid::nil(), "x").await.map_err(|it| it.error().clone()),
            ),
        ]
    }
}

async fn send(twin: &Twin, request: Request<Body>) -> (u16, Value) {
    let reply = twin.router().oneshot(request).await.unwrap();
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn with_the_roles_everything_works() {
    let guarded = Guarded::new().await;
    guarded.give(&guarded.roles(Needs::ALL)).await;
    let all = guarded.everything().await;
    for (operation, outcome) in &all {
        assert_eq!(outcome, &Ok(()), "{operation}");
    }
    let tried: BTreeSet<_> = all.iter().map(|(operation, _)| *operation).collect();
    let missing = Operation::ALL.iter().filter(|operation| !tried.contains(operation));
    assert_eq!(missing.collect::<Vec<_>>(), [&Operation::Query; 0], "every operation is tried");
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_the_copy_of_the_activity_log_the_query_does_without() {
    let guarded = Guarded::new().await;
    let tenant = &guarded.tenant;
    tenant.twin.with(|world| world.set_alert_status(&tenant.alert.alert_name, AlertStatus::Dismissed)).unwrap();
    let table = "Microsoft.OperationalInsights/workspaces/query/AzureActivity/read";
    for (held, told) in [(true, 1), (false, 0)] {
        let mut roles = guarded.roles(Needs::default());
        for role in roles.iter_mut().filter(|_| !held) {
            role.actions.retain(|action| *action != table);
        }
        guarded.give(&roles).await;
        let question = Question::new(&Preset::Seed.policy());
        let sightings = tenant.workspace(tenant.secret()).sightings(&question).await.unwrap();
        assert_eq!((sightings.due.len(), sightings.told.len()), (1, told));
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_action_what_needs_it_fails_and_names_it() {
    let guarded = Guarded::new().await;
    // The wildcard that in progress takes would reach the others' actions too.
    let needs = Needs { alerts_in_progress: false, ..Needs::ALL };
    let actions: BTreeSet<_> =
        needs.permissions().filter(|it| it.needed_by().next().is_some()).map(|it| it.action).collect();
    for missing in actions {
        let mut roles = guarded.roles(needs);
        for role in &mut roles {
            role.actions.retain(|action| *action != missing);
        }
        guarded.give(&roles).await;
        let mut failed = BTreeSet::new();
        for (operation, outcome) in guarded.everything().await {
            let Err(error) = outcome else { continue };
            if operation == Operation::SetAlertInProgress {
                continue;
            }
            failed.insert(operation);
            let Fault::Forbidden { action, .. } = &error.fault else { panic!("{missing}: {error}") };
            assert!(action.contains(missing), "{missing}: {error}");
            assert!(!error.may_have_happened());
        }
        let expected: BTreeSet<_> =
            Operation::ALL.iter().copied().filter(|operation| operation.actions().contains(&missing)).collect();
        assert_eq!(failed, expected, "without {missing}");
    }
}
