//! Other texts in the place of those that may tell of people: the same one for the same text, so that what is equal stays
//! equal, and of the same form where a decision looks at the form.
//!
//! What is kept is listed; whatever is not becomes a pseudonym. Numbers, dates, GUIDs that are no person's and texts under the
//! listed names are kept: states, kinds, products and the ids by which things are asked for.

use std::collections::HashMap;

use serde_json::Value;

/// The pseudonyms given so far.
#[derive(Debug, Default)]
pub struct Pseudonyms(HashMap<String, String>);

impl Pseudonyms {
    /// Replaces every text in a body that may tell of a person.
    pub fn hide(&mut self, body: &mut Value) {
        // The rows of tables have their columns' names elsewhere.
        if let Some(tables) = body.get_mut("tables").and_then(Value::as_array_mut) {
            for table in tables {
                self.hide_table(table);
            }
        }
        if let Value::Object(members) = body {
            for (name, value) in members.iter_mut().filter(|(name, _)| *name != "tables") {
                self.hide_member(name, value);
            }
        } else {
            self.hide_member("", body);
        }
    }

    fn hide_table(&mut self, table: &mut Value) {
        let columns = table["columns"].as_array().into_iter().flatten();
        let names: Vec<String> = columns.map(|column| column["name"].as_str().unwrap_or_default().to_owned()).collect();
        let rows = table.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten();
        for row in rows.filter_map(Value::as_array_mut) {
            for (name, cell) in names.iter().zip(row) {
                self.hide_member(name, cell);
            }
        }
    }

    fn hide_member(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (member, value) in members {
                    // The activity log says `"status": {"value": ..}`.
                    self.hide_member(if member == "value" && value.is_string() { name } else { member }, value);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.hide_member(name, element);
                }
            }
            Value::String(text) => {
                // Cells and details may hold JSON as a text.
                match serde_json::from_str::<Value>(text) {
                    Ok(mut inner @ (Value::Object(_) | Value::Array(_))) => {
                        self.hide_member(name, &mut inner);
                        *text = inner.to_string();
                    }
                    _ => *text = self.text(name, text),
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        let name = name.to_ascii_lowercase();
        if is_foreign_resource(text) {
            return self.of(text);
        }
        let personal = PERSONAL.contains(&name.as_str());
        if text.is_empty()
            || (name == "name" && is_alert_name(text))
            || KEPT.contains(&name.as_str())
            || (!personal && (is_guid(text) || is_moment(text)))
        {
            return text.to_owned();
        }
        // Our own mark says whose a closing is.
        if let Some(at) = text.rfind(MARK) {
            let (words, mark) = text.split_at(at);
            return if words.is_empty() { mark.to_owned() } else { format!("{} {mark}", self.of(words)) };
        }
        // Tags that mean something to lockstep.
        if name == "labelname" && text.to_ascii_lowercase().starts_with("lockstep") {
            return text.to_owned();
        }
        self.of(text)
    }

    fn of(&mut self, text: &str) -> String {
        let number = self.0.len() + 1;
        let pseudonym = || {
            if is_guid(text) {
                format!("00000000-0000-4000-8000-{number:012x}")
            } else if text.contains('@') {
                format!("person-{number}@example.invalid")
            } else {
                format!("text-{number}")
            }
        };
        self.0.entry(text.to_owned()).or_insert_with(pseudonym).clone()
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// Whether a text is the ARM id of a thing that alerts are about: machines are named after people.
fn is_foreign_resource(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let ours = ["microsoft.security/", "microsoft.securityinsights/", "microsoft.operationalinsights/"];
    text.starts_with("/subscriptions/")
        && text.rsplit_once("/providers/").is_some_and(|(_, kind)| !ours.iter().any(|ours| kind.starts_with(ours)))
}

/// Whether a text is an alert's name in ARM: digits and a GUID.
fn is_alert_name(text: &str) -> bool {
    text.split_once('_').is_some_and(|(digits, guid)| digits.chars().all(|c| c.is_ascii_digit()) && is_guid(guid))
}

/// Whether a text is a moment or a length of time as the services write them.
fn is_moment(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '+' | 'T' | 'Z'))
}

/// What a mark of ours begins with.
const MARK: &str = "[lockstep ";

/// Names under which a GUID is a person's, in lower case.
const PERSONAL: &[&str] = &["objectid", "oid", "puid", "principalid", "caller", "modifiedby", "actedby", "createdby"];

/// Names whose texts are kept as they are, in lower case.
const KEPT: &[&str] = &[
    "alertid",
    "alertids",
    "alertlink",
    "alertproductnames",
    "alertseverity",
    "alerttype",
    "alerturi",
    "api-version",
    "classification",
    "classificationreason",
    "code",
    "etag",
    "eventname",
    "eventtimestamp",
    "id",
    "incidentname",
    "incidenturl",
    "kind",
    "labeltype",
    "level",
    "location",
    "method",
    "nextlink",
    "operationname",
    "ownertype",
    "product",
    "productname",
    "products",
    "providername",
    "provisioningstate",
    "query",
    "reason",
    "resourceid",
    "scope",
    "severity",
    "state",
    "status",
    "substatus",
    "subscriptionid",
    "systemalertid",
    "table",
    "tactics",
    "techniques",
    "tenantid",
    "type",
    "vendororiginalid",
    "why",
    "workspaceid",
    "writtenclassification",
    "writtenreason",
    "writtenstatus",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_tell_of_people_is_hidden_and_stays_equal() {
        let mut pseudonyms = Pseudonyms::default();
        let mut check = |mut body: Value, expected: Value| {
            pseudonyms.hide(&mut body);
            assert_eq!(body, expected);
        };
        check(
            json!({"name": "12_6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2", "properties": {"title": "Mail of Anna", "status": "New", "owner": {"email": "anna@x.y", "objectId": null}}}),
            json!({"name": "12_6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2", "properties": {"title": "text-1", "status": "New", "owner": {"email": "person-2@example.invalid", "objectId": null}}}),
        );
        check(
            json!({"modifiedBy": "anna@x.y", "title": ""}),
            json!({"modifiedBy": "person-2@example.invalid", "title": ""}),
        );
        let alert = "/subscriptions/x/providers/Microsoft.Security/locations/y/alerts/z";
        check(json!({"id": alert, "key": "/subscriptions/x"}), json!({"id": alert, "key": "text-3"}));
        check(
            json!({"resourceId": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/vm-anna"}),
            json!({"resourceId": "text-4"}),
        );
        let guid = "6f0c2d8e-51b4-4a7f-8f43-0e9c7a35d1b2";
        check(
            json!({"objectId": guid, "key": guid}),
            json!({"objectId": "00000000-0000-4000-8000-000000000005", "key": guid}),
        );
        check(
            json!({"tables": [{"columns": [{"name": "Owner"}, {"name": "Status"}, {"name": "At"}],
                "rows": [["{\"assignedTo\":\"Anna\"}", "New", "2026-01-02T03:04:05Z"]]}]}),
            json!({"tables": [{"columns": [{"name": "Owner"}, {"name": "Status"}, {"name": "At"}],
                "rows": [["{\"assignedTo\":\"text-6\"}", "New", "2026-01-02T03:04:05Z"]]}]}),
        );
        check(
            json!({"classificationComment": "By Anna. [lockstep instance x run y]", "labels": [{"labelName": "lockstep-hold"}, {"labelName": "anna"}]}),
            json!({"classificationComment": "text-7 [lockstep instance x run y]", "labels": [{"labelName": "lockstep-hold"}, {"labelName": "text-8"}]}),
        );
    }
}
