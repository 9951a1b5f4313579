//! Against the shapes of the specification's own examples (CreateIncident, GetIncidentById).

use lockstep_core::{Classification, Closing, IncidentId, IncidentState, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::endpoints::Cloud;
use crate::operation::Operation;

const NAME: &str = "73e01a99-5cd7-4139-a149-9f2736ff2ab5";

fn document() -> Value {
    json!({
        "id": format!("/subscriptions/s/resourceGroups/g/providers/x/workspaces/w/providers/Microsoft.SecurityInsights/Incidents/{NAME}"),
        "name": NAME,
        "type": "Microsoft.SecurityInsights/Incidents",
        "etag": "\"0300bf09-0000-0000-0000-5c37296e0000\"",
        "properties": {
            "lastModifiedTimeUtc": "2019-01-01T13:15:30Z",
            "createdTimeUtc": "2019-01-01T13:15:30.1234567Z",
            "lastActivityTimeUtc": "2019-01-01T13:05:30Z",
            "firstActivityTimeUtc": "2019-01-01T13:00:30Z",
            "description": "A demonstration",
            "title": "An incident",
            "owner": {"objectId": "2046feea-040d-4a46-9e2b-91c2941bfa70", "email": null, "assignedTo": "someone"},
            "severity": "High",
            "classification": "FalsePositive",
            "classificationComment": "Nothing bad",
            "classificationReason": "IncorrectAlertLogic",
            "status": "Closed",
            "incidentUrl": "https://portal.azure.com/#asset/x",
            "incidentNumber": 3177,
            "labels": [{"labelName": "one", "labelType": "User"}],
            "providerName": "Azure Sentinel",
            "providerIncidentId": "3177",
            "relatedAnalyticRuleIds": [],
            "additionalData": {
                "alertsCount": 2,
                "bookmarksCount": 1,
                "commentsCount": 3,
                "alertProductNames": ["Azure Security Center"],
                "tactics": []
            }
        }
    })
}

fn id() -> IncidentId {
    IncidentId::parse(NAME).expect("it is a GUID")
}

fn fresh(document: &Value) -> Result<FreshIncident, Fault> {
    was_read(&Reply::of(Operation::ReadIncident, 200, document.to_string()), &id())
}

fn closed() -> IncidentChange {
    let comment = "because".to_owned();
    IncidentChange::Closed(Closing { classification: Classification::TruePositive, comment })
}

fn body(document: &Value, change: &IncidentChange) -> Value {
    let scope = Scope::new(NAME, NAME, "g", "soc-logs", NAME).expect("it is a scope");
    let request = write(&Endpoints::of(Cloud::Public), &scope, &fresh(document).expect("it can be read"), change);
    assert_eq!(request.method(), Method::Put);
    assert_eq!(
        request.url().as_str(),
        format!(
            "https://management.azure.com/subscriptions/{NAME}/resourceGroups/g/providers/\
             Microsoft.OperationalInsights/workspaces/soc-logs/providers/Microsoft.SecurityInsights/incidents/{NAME}\
             ?api-version=2024-03-01"
        )
    );
    let azure_core::http::Body::Bytes(body) = request.body() else { panic!("the body is in memory") };
    serde_json::from_slice(body).expect("the body is JSON")
}

#[test]
fn an_incident_is_read_as_published() {
    let fresh = fresh(&document()).expect("it can be read");
    assert_eq!((fresh.number, fresh.severity, fresh.alerts_count, fresh.bookmarks_count), (3177, Severity::High, 2, 1));
    assert_eq!(fresh.version.0, "\"0300bf09-0000-0000-0000-5c37296e0000\"");
    assert_eq!(fresh.labels, ["one"]);
    assert_eq!(fresh.products, ["Azure Security Center"]);
    let classification = Classification::FalsePositiveLogic;
    let closing = Closing { classification, comment: "Nothing bad".to_owned() };
    assert_eq!(fresh.state, IncidentState::Closed(Some(closing)));
}

#[test]
fn unknown_words_are_kept_as_such() {
    let check = |property: &str, value: Value, expected: (Severity, IncidentState)| {
        let mut document = document();
        document["properties"][property] = value;
        let fresh = fresh(&document).expect("it can be read");
        assert_eq!((fresh.severity, fresh.state), expected);
    };
    let closing = Closing { classification: Classification::FalsePositiveLogic, comment: "Nothing bad".to_owned() };
    let known = IncidentState::Closed(Some(closing));
    check("severity", json!("Critical"), (Severity::Unknown, known));
    check("status", json!("Redirected"), (Severity::High, IncidentState::Other("Redirected".to_owned())));
    check("status", json!("closed"), (Severity::High, IncidentState::Other("closed".to_owned())));
    check("classification", json!("Malware"), (Severity::High, IncidentState::Closed(None)));
    check("classificationReason", json!("SuspiciousActivity"), (Severity::High, IncidentState::Closed(None)));
}

#[test]
fn an_answer_that_is_no_incident_is_refused_by_what_was_found() {
    let check = |pointer: &str, value: Option<Value>, expected: &str| {
        let mut document = document();
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer has a slash");
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).expect("it is an object");
        match value {
            Some(value) => parent.insert(member.to_owned(), value),
            None => parent.remove(member),
        };
        let fault = fresh(&document).expect_err("it cannot be read").to_string();
        assert!(fault.contains(expected), "{fault}");
    };
    check("/etag", None, "\"etag\" is missing");
    check("/etag", Some(json!("")), "\"etag\" is empty");
    check("/name", Some(json!("00000000-0000-0000-0000-000000000000")), "came where 73e01a99");
    check("/properties/status", Some(json!(3)), "\"status\" is a number, text was expected");
    check("/properties/additionalData/alertsCount", None, "\"alertsCount\" is missing");
    check("/properties/additionalData/alertsCount", Some(json!(-1)), "a whole number was expected");
    check("/properties/createdTimeUtc", Some(json!("today")), "\"createdTimeUtc\" is no time");
    check("/properties/labels", Some(json!(["one"])), "a label is text");
}

#[test]
fn a_write_sends_what_was_read_with_the_plan_in_it() {
    let expected = json!({
        "etag": "\"0300bf09-0000-0000-0000-5c37296e0000\"",
        "properties": {
            "lastActivityTimeUtc": "2019-01-01T13:05:30Z",
            "firstActivityTimeUtc": "2019-01-01T13:00:30Z",
            "description": "A demonstration",
            "title": "An incident",
            "owner": {"objectId": "2046feea-040d-4a46-9e2b-91c2941bfa70", "email": null, "assignedTo": "someone"},
            "severity": "High",
            "status": "Closed",
            "labels": [{"labelName": "one"}],
            "classification": "TruePositive",
            "classificationReason": "SuspiciousActivity",
            "classificationComment": "because",
        }
    });
    assert_eq!(body(&document(), &closed()), expected);
}

#[test]
fn what_is_not_closed_has_no_closing() {
    let check = |change, status: &str| {
        let body = body(&document(), &change);
        assert_eq!(body["properties"]["status"], status);
        for name in ["classification", "classificationReason", "classificationComment"] {
            assert_eq!(body["properties"].get(name), None, "{name}");
        }
    };
    check(IncidentChange::New, "New");
    check(IncidentChange::Active, "Active");
}

#[test]
fn every_classification_has_the_reason_that_belongs_to_it() {
    let check = |classification, word: &str, reason: Option<&str>| {
        let body = body(&document(), &IncidentChange::Closed(Closing { classification, comment: String::new() }));
        assert_eq!(body["properties"]["classification"], word);
        assert_eq!(body["properties"].get("classificationReason").and_then(Value::as_str), reason);
    };
    check(Classification::TruePositive, "TruePositive", Some("SuspiciousActivity"));
    check(Classification::BenignPositive, "BenignPositive", Some("SuspiciousButExpected"));
    check(Classification::FalsePositiveLogic, "FalsePositive", Some("IncorrectAlertLogic"));
    check(Classification::FalsePositiveData, "FalsePositive", Some("InaccurateData"));
    check(Classification::Undetermined, "Undetermined", None);
}

#[test]
fn only_a_200_says_that_an_incident_was_updated() {
    let check = |status, expected: bool| {
        let reply = Reply::of(Operation::WriteIncident, status, document().to_string());
        assert_eq!(was_written(&reply, &id()).is_ok(), expected, "{status}");
    };
    check(200, true);
    check(201, false);
    check(202, false);
    check(409, false);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("x-[a-z]{1,6}", inner, 0..4).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn i19_members_that_nobody_here_knows_go_back_as_they_came(
        members in prop::collection::btree_map("x-[a-z]{1,8}", any_json(), 0..6),
        close in any::<bool>(),
    ) {
        let mut document = document();
        for (name, value) in &members {
            document[name] = value.clone();
            document["properties"][name] = value.clone();
            document["properties"]["owner"][name] = value.clone();
        }
        let sent = body(&document, &if close { closed() } else { IncidentChange::Active });
        for (name, value) in &members {
            prop_assert_eq!(&sent[name], value);
            prop_assert_eq!(&sent["properties"][name], value);
            prop_assert_eq!(&sent["properties"]["owner"][name], value);
        }
    }
}
