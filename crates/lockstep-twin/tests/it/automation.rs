//! Automation rules as another actor.

use lockstep_twin::world::{Actor, AlertRef, Incident, NewAlert, Severity};
use serde_json::{Value, json};

use crate::cloud::Cloud;

fn rule(order: u32, when: &str, conditions: Value, actions: Value) -> String {
    json!({"properties": {
        "displayName": format!("rule {order}"),
        "order": order,
        "triggeringLogic": {"isEnabled": true, "triggersOn": "Incidents", "triggersWhen": when, "conditions": conditions},
        "actions": actions,
    }})
    .to_string()
}

fn modify(configuration: Value) -> Value {
    json!([{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": configuration}])
}

fn tag(name: &str) -> Value {
    modify(json!({"labels": [{"labelName": name}]}))
}

fn is(property: &str, operator: &str, values: Value) -> Value {
    json!({"conditionType": "Property", "conditionProperties": {"propertyName": property, "operator": operator, "propertyValues": values}})
}

async fn with(rules: &[String]) -> Cloud {
    let cloud = Cloud::new().await;
    for (serial, rule) in rules.iter().enumerate() {
        cloud.check(&format!("PUT {{sentinel}}/automationRules/r{serial}"), rule, "201").await;
    }
    cloud
}

fn raise(cloud: &Cloud) -> AlertRef {
    cloud.twin.with(|world| world.raise_alert(NewAlert::default()))
}

fn incident(cloud: &Cloud, alert: &AlertRef) -> Incident {
    cloud.twin.world().incident(alert.incident_name.as_deref().unwrap()).unwrap().clone()
}

fn labels(incident: &Incident) -> String {
    incident.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_rule_on_creation_assigns_tags_closes_and_adds_tasks() {
    let all = json!([
        {"order": 2, "actionType": "AddIncidentTask", "actionConfiguration": {"title": "look"}},
        {"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {
            "status": "Closed", "classification": "BenignPositive", "classificationReason": "SuspiciousButExpected",
            "classificationComment": "known", "severity": "Low", "labels": [{"labelName": "auto"}],
            "owner": {"objectId": "11111111-2222-3333-4444-555555555555", "userPrincipalName": "ada@contoso.com"},
        }},
    ]);
    let cloud = with(&[rule(1, "Created", json!([]), all)]).await;
    let alert = raise(&cloud);
    let made = incident(&cloud, &alert);
    let closing = made.state.closing().unwrap();
    assert_eq!((closing.classification.as_str(), closing.comment.as_deref()), ("BenignPositive", Some("known")));
    assert_eq!((made.severity, labels(&made).as_str()), (Severity::Low, "auto"));
    assert_eq!(made.owner.user_principal_name.as_deref(), Some("ada@contoso.com"));
    assert_eq!((made.tasks.len(), made.modified_by.as_str()), (1, "Automation rule - rule 1"));
    // What closes the incident closes the alert, whoever it is.
    assert_eq!(cloud.twin.world().alert_status(&alert.alert_name).unwrap().as_str(), "Resolved");
    // Made, changed at once, and given a task: three rows.
    assert_eq!(cloud.twin.with(|world| world.rows("SecurityIncident")), Some(3));
}

#[tokio::test]
async fn rules_run_by_order_and_each_sees_what_the_one_before_did() {
    let high = is("IncidentSeverity", "Equals", json!(["High"]));
    let lower = modify(json!({"severity": "Low", "labels": [{"labelName": "second"}]}));
    let cloud = with(&[
        rule(30, "Created", json!([high]), tag("third")),
        rule(20, "Created", json!([high]), lower),
        rule(10, "Created", json!([high]), tag("first")),
        rule(5, "Updated", json!([]), tag("updated")),
    ])
    .await;
    assert_eq!(labels(&incident(&cloud, &raise(&cloud))), "first second updated");
}

#[tokio::test]
async fn a_rule_on_update_follows_what_was_changed_and_by_whom() {
    let changed = |name: &str, side: &str, values: Value| {
        json!({"conditionType": "PropertyChanged", "conditionProperties":
            {"propertyName": name, "changeType": side, "operator": "Equals", "propertyValues": values}})
    };
    let added = |what: &str| json!({"conditionType": "PropertyArrayChanged", "conditionProperties": {"arrayType": what, "changeType": "Added"}});
    let any = |inner: Value| json!({"conditionType": "Boolean", "conditionProperties": {"operator": "Or", "innerConditions": inner}});
    let check = async |condition: Value, act: &str, expected: bool| {
        let cloud = with(&[rule(1, "Updated", json!([condition]), tag("ran"))]).await;
        let alert = raise(&cloud);
        let name = alert.incident_name.clone().unwrap();
        let at = format!("{{sentinel}}/incidents/{name}");
        let by = Actor::person("ada@contoso.com");
        match act {
            "activate" => cloud.twin.with(|world| world.activate_incident(&name, &by)).unwrap(),
            "comment" => {
                cloud.check(&format!("PUT {at}/comments/c"), r#"{"properties":{"message":"m"}}"#, "201").await;
            }
            "task" => {
                let task = r#"{"properties":{"title":"t","status":"New"}}"#;
                cloud.check(&format!("PUT {at}/tasks/t"), task, "201").await;
            }
            "write" => {
                let body = r#"{"properties":{"title":"other","severity":"Low","status":"New"}}"#;
                cloud.check(&format!("PUT {at}"), body, "200").await;
            }
            "join" => {
                let more = NewAlert { incident: Some(name.clone()), ..NewAlert::default() };
                cloud.twin.with(|world| world.raise_alert(more));
            }
            other => unreachable!("{other}"),
        }
        assert_eq!(labels(&incident(&cloud, &alert)) == "ran", expected, "{condition} {act}");
    };
    let to_active = changed("IncidentStatus", "ChangedTo", json!(["Active"]));
    check(to_active.clone(), "activate", true).await;
    check(to_active.clone(), "write", false).await;
    check(changed("IncidentStatus", "ChangedFrom", json!(["New"])), "activate", true).await;
    check(changed("IncidentStatus", "ChangedFrom", json!(["Closed"])), "activate", false).await;
    check(changed("IncidentSeverity", "ChangedTo", json!(["low"])), "write", true).await;
    check(added("Comments"), "comment", true).await;
    check(added("Alerts"), "join", true).await;
    check(added("Labels"), "comment", false).await;
    check(any(json!([to_active, added("Comments")])), "comment", true).await;
    check(is("IncidentUpdatedBySource", "Equals", json!(["User"])), "activate", true).await;
    check(is("IncidentUpdatedBySource", "Equals", json!(["Application"])), "write", true).await;
    check(is("IncidentUpdatedBySource", "Equals", json!(["AlertGrouping"])), "join", true).await;
    // Writing a task is no update.
    check(is("IncidentTitle", "Contains", json!(["suspicious"])), "task", false).await;
}

#[tokio::test]
async fn conditions_ask_of_incidents_alerts_and_entities() {
    let check = async |condition: Value, expected: bool| {
        let cloud = with(&[rule(1, "Created", json!([condition]), tag("ran"))]).await;
        assert_eq!(labels(&incident(&cloud, &raise(&cloud))) == "ran", expected, "{condition}");
    };
    check(is("IncidentTitle", "StartsWith", json!(["Suspicious"])), true).await;
    check(is("IncidentTitle", "NotContains", json!(["process"])), false).await;
    check(is("IncidentTitle", "EndsWith", json!(["nothing", "executed"])), true).await;
    check(is("IncidentTactics", "Equals", json!(["Execution"])), true).await;
    check(is("IncidentLabel", "NotEquals", json!(["x"])), true).await;
    check(is("IncidentProviderName", "Equals", json!(["Azure Sentinel"])), true).await;
    check(is("AlertProductNames", "Equals", json!(["Azure Security Center"])), true).await;
    check(is("HostName", "Equals", json!(["vm-frontend-01"])), true).await;
    check(is("HostName", "Equals", json!([])), false).await;
    let subscription = lockstep_twin::Estate::default().subscription_id;
    check(is("AzureResourceSubscriptionId", "Equals", json!([subscription])), true).await;
}

#[tokio::test]
async fn rules_that_feed_each_other_end() {
    let close = modify(json!({"status": "Closed", "classification": "Undetermined"}));
    let closed = is("IncidentStatus", "Equals", json!(["Closed"]));
    let open = is("IncidentStatus", "NotEquals", json!(["Closed"]));
    let cloud = with(&[
        rule(1, "Updated", json!([open]), close),
        rule(2, "Updated", json!([closed]), modify(json!({"status": "Active"}))),
    ])
    .await;
    let alert = raise(&cloud);
    let name = alert.incident_name.clone().unwrap();
    cloud.twin.with(|world| world.activate_incident(&name, &Actor::person("ada@contoso.com"))).unwrap();
    // By the analyst: closed, reopened; by the reopening: closed.
    assert_eq!(incident(&cloud, &alert).state.status().as_str(), "Closed");
}

#[tokio::test]
async fn a_rule_that_cannot_be_played_is_refused_by_name() {
    let cloud = Cloud::new().await;
    let check = async |body: String, expected: &str, says: &str| {
        let error = cloud.check("PUT {sentinel}/automationRules/x", &body, expected).await;
        let message = error["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(says), "{message}");
    };
    let none = || json!([]);
    check(rule(0, "Created", none(), none()), "400 BadRequest", "'order' must be a whole number from 1 to 1000").await;
    check(rule(1, "Deleted", none(), none()), "400 BadRequest", "on 'Incidents' when 'Deleted'").await;
    check(
        rule(1, "Created", json!([{"conditionType": "Moon"}]), none()),
        "400 BadRequest",
        "'Moon' is no 'conditionType'",
    )
    .await;
    check(rule(1, "Created", json!([is("Moon", "Equals", json!([]))]), none()), "400 BadRequest", "'Moon'").await;
    check(
        rule(1, "Created", json!([is("IncidentTitle", "Likes", json!([]))]), none()),
        "400 BadRequest",
        "NotEndsWith",
    )
    .await;
    check(
        rule(1, "Created", json!([is("Url", "Equals", json!([]))]), none()),
        "400 NotSupportedByTwin",
        "conditions on Url",
    )
    .await;
    check(
        rule(1, "Created", none(), modify(json!({"status": "Closed"}))),
        "400 BadRequest",
        "needs a 'classification'",
    )
    .await;
    check(
        rule(1, "Created", none(), json!([{"order": 1, "actionType": "Fly"}])),
        "400 BadRequest",
        "'Fly' is no 'actionType'",
    )
    .await;
    check(
        rule(1, "Created", none(), json!(vec![json!({"order": 1, "actionType": "RunPlaybook"}); 21])),
        "400 BadRequest",
        "20 at most",
    )
    .await;
    check(rule(1, "Created", none(), json!([{"order": 1, "actionType": "RunPlaybook"}])), "201", "").await;
    let mut off: Value = serde_json::from_str(&rule(1, "Created", none(), tag("ran"))).unwrap();
    off["properties"]["triggeringLogic"]["expirationTimeUtc"] = "2024-05-31T00:00:00Z".into();
    check(off.to_string(), "200", "").await;
    assert_eq!(labels(&incident(&cloud, &raise(&cloud))), "");
}
