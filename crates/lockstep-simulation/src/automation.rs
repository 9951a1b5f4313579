//! Sentinel's automation rules, as another actor of a day.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use lockstep_twin::Twin;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::chance::Chance;

/// Sets some rules, and says what they are called.
pub async fn set_rules(twin: &Twin, chance: &Chance) -> Vec<&'static str> {
    let mut set = Vec::new();
    for rule in RULES {
        if chance.percent(40) {
            put(twin, *rule, u32::try_from(set.len()).unwrap_or(u32::MAX) + 1).await;
            set.push(rule.name());
        }
    }
    set
}

/// What the rules are called.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name())
}

/// What a rule does.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// It assigns and tags what is new.
    Assign,
    /// It works on what is new.
    Activate,
    /// It closes what was set active.
    Close,
    /// It reopens what was closed.
    Reopen,
}

const RULES: &[Rule] = &[Rule::Assign, Rule::Activate, Rule::Close, Rule::Reopen];

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Assign => "a rule assigns what is new",
            Self::Activate => "a rule activates what is new",
            Self::Close => "a rule closes what becomes active",
            Self::Reopen => "a rule reopens what is closed",
        }
    }

    fn when(self) -> (&'static str, Value) {
        let became = |status: &str| {
            json!([{"conditionType": "PropertyChanged", "conditionProperties": {
                "propertyName": "IncidentStatus", "changeType": "ChangedTo", "operator": "Equals", "propertyValues": [status],
            }}])
        };
        match self {
            Self::Assign | Self::Activate => ("Created", json!([])),
            Self::Close => ("Updated", became("Active")),
            Self::Reopen => ("Updated", became("Closed")),
        }
    }

    fn change(self) -> Value {
        match self {
            Self::Assign => json!({
                "owner": {"userPrincipalName": "first.line@contoso.example", "assignedTo": "first line"},
                "labels": [{"labelName": "sorted"}],
            }),
            Self::Activate => json!({"status": "Active"}),
            Self::Close => {
                json!({"status": "Closed", "classification": "Undetermined", "classificationComment": "a rule's"})
            }
            Self::Reopen => json!({"status": "Active"}),
        }
    }
}

/// What Log Analytics answers to a query.
pub async fn query(twin: &Twin, query: &str) -> Value {
    let token = token(twin, "https%3A%2F%2Fapi.loganalytics.io").await;
    let path = format!("/v1/workspaces/{}/query", twin.estate().workspace_id);
    ask(twin, Method::POST, &path, token["access_token"].as_str(), json!({ "query": query }).to_string()).await
}

async fn token(twin: &Twin, audience: &str) -> Value {
    let estate = twin.estate();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={audience}%2F.default",
        estate.client_id,
        twin.secrets().client_secret.expose()
    );
    ask(twin, Method::POST, &format!("/{}/oauth2/v2.0/token", estate.tenant_id), None, form).await
}

async fn put(twin: &Twin, rule: Rule, order: u32) {
    let estate = twin.estate();
    let token = token(twin, "https%3A%2F%2Fmanagement.azure.com").await;
    let (when, conditions) = rule.when();
    let body = json!({"properties": {
        "displayName": rule.name(),
        "order": order,
        "triggeringLogic": {"isEnabled": true, "triggersOn": "Incidents", "triggersWhen": when, "conditions": conditions},
        "actions": [{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": rule.change()}],
    }});
    let path = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/providers\
         /Microsoft.SecurityInsights/automationRules/rule-{order}?api-version=2024-03-01",
        estate.subscription_id, estate.resource_group, estate.workspace_name
    );
    ask(twin, Method::PUT, &path, token["access_token"].as_str(), body.to_string()).await;
}

/// The answer, which must be a success: nothing fails yet.
async fn ask(twin: &Twin, method: Method, path: &str, token: Option<&str>, body: String) -> Value {
    let kind = if token.is_some() { "application/json" } else { "application/x-www-form-urlencoded" };
    let mut request = Request::builder().method(method).uri(path).header("content-type", kind);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::from(body)).expect("it is a request");
    let Ok(answer) = twin.router().oneshot(request).await;
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("the twin sends its answers whole").to_bytes();
    assert!(matches!(status, StatusCode::OK | StatusCode::CREATED), "{status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).expect("the twin sends JSON")
}
