//! Managed connectors: Microsoft Sentinel's, and Azure Monitor Logs'.
//!
//! Source: "Microsoft Sentinel" and "Azure Monitor Logs" in the connector reference. That the Sentinel connector reads an incident
//! and writes it back with its etag is taken from the conflicts that its users report.

use arm::workflow::{Authentication, ConnectorCall, Failure, Request, Response};
use serde_json::{Map, Value, json};

use super::CONNECTIONS;
use super::play::Hands;

/// Calls an operation of a connector.
pub(super) async fn call(hands: &Hands, call: ConnectorCall) -> Result<Response, Failure> {
    let connection = {
        let deployed = hands.twin.deployed();
        deployed.get(&call.connection_id).filter(|found| found.kind.eq_ignore_ascii_case(CONNECTIONS)).cloned()
    };
    let Some(connection) = connection else {
        return Ok(refused(
            404,
            "ConnectionNotFound",
            format!("The API connection '{}' could not be found.", call.connection_id),
        ));
    };
    let api =
        connection.body.get("properties").and_then(|properties| properties["api"]["id"].as_str()).unwrap_or_default();
    let api = api.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let caller = Caller { hands, token: token(hands, &call)? };
    let path = call.path.trim_end_matches('/').to_ascii_lowercase();
    match (api.as_str(), call.method.as_str(), path.as_str()) {
        ("azuresentinel", "PUT", "/incidents") => update_incident(&caller, &call).await,
        ("azuresentinel", "POST", "/incidents/comment") => comment(&caller, &call).await,
        ("azuremonitorlogs", "POST", "/querydata") => query(&caller, &call).await,
        _ => {
            let message = format!(
                "The operation {} {} of the connector '{api}' is not served by this twin.",
                call.method, call.path
            );
            Err(Failure { code: "NotSupportedByTwin".to_owned(), message, again: false })
        }
    }
}

/// As whom a connector calls ARM.
struct Caller<'h> {
    hands: &'h Hands,
    token: String,
}

impl Caller<'_> {
    async fn arm(&self, method: &str, path: &str, version: &str, body: Option<Value>) -> Result<Response, Failure> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let uri = format!("https://management.azure.com{path}{joint}api-version={version}");
        let request = Request { method: method.to_owned(), uri, headers: Map::new(), body, authentication: None };
        self.hands.send(&request, Some(self.token.clone())).await
    }
}

/// A connection is used as a managed identity of the workflow; signing in by hand is not played.
fn token(hands: &Hands, call: &ConnectorCall) -> Result<String, Failure> {
    let own = call.connection.pointer("/connectionProperties/authentication");
    let kind = own.and_then(|own| own["type"].as_str()).unwrap_or_default();
    if !kind.eq_ignore_ascii_case("ManagedServiceIdentity") {
        let message = "The connection is not authenticated: this twin plays connections that use a managed identity, 'connectionProperties.authentication.type' of 'ManagedServiceIdentity'.";
        return Err(Failure { code: "Unauthorized".to_owned(), message: message.to_owned(), again: false });
    }
    let identity = own.and_then(|own| own["identity"].as_str()).map(str::to_owned);
    hands.token(&Authentication { identity, audience: None })
}

async fn update_incident(caller: &Caller<'_>, call: &ConnectorCall) -> Result<Response, Failure> {
    let asked = call.body.clone().unwrap_or(Value::Null);
    let Some(id) = asked["incidentArmId"].as_str() else {
        return Ok(refused(400, "BadRequest", "'incidentArmId' is required.".to_owned()));
    };
    let read = caller.arm("GET", id, SENTINEL, None).await?;
    if read.status != 200 {
        return Ok(read);
    }
    let mut properties: Map<String, Value> = WRITABLE
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), read.body["properties"].get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect();
    for name in ["status", "severity", "title", "description"] {
        if let Some(value) = asked.get(name).filter(|value| !value.is_null()) {
            properties.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(classification) = asked["classification"]["ClassificationAndReason"].as_str() {
        let (classification, reason) = classification.split_once(" - ").unwrap_or((classification, ""));
        properties.insert("classification".to_owned(), classification.into());
        properties.shift_remove("classificationReason");
        if !reason.is_empty() {
            properties.insert("classificationReason".to_owned(), reason.into());
        }
        properties
            .insert("classificationComment".to_owned(), asked["classification"]["ClassificationReasonText"].clone());
    }
    if let Some(tags) = asked["tagsToAdd"]["TagsToAdd"].as_array() {
        let labels = properties.entry("labels").or_insert_with(|| json!([]));
        if let Some(labels) = labels.as_array_mut() {
            labels.extend(tags.iter().map(|tag| json!({"labelName": tag["Tag"], "labelType": "User"})));
        }
    }
    let body = json!({"etag": read.body["etag"], "properties": properties});
    caller.arm("PUT", id, SENTINEL, Some(body)).await
}

async fn comment(caller: &Caller<'_>, call: &ConnectorCall) -> Result<Response, Failure> {
    let asked = call.body.clone().unwrap_or(Value::Null);
    let Some(id) = asked["incidentArmId"].as_str() else {
        return Ok(refused(400, "BadRequest", "'incidentArmId' is required.".to_owned()));
    };
    let path = format!("{id}/comments/{}", caller.hands.twin.world().new_guid());
    caller.arm("PUT", &path, SENTINEL, Some(json!({"properties": {"message": asked["message"]}}))).await
}

/// The rows as objects, as the connector gives them.
async fn query(caller: &Caller<'_>, call: &ConnectorCall) -> Result<Response, Failure> {
    let part = |name: &str| {
        call.queries
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let path = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}/query",
        part("subscriptions"),
        part("resourcegroups"),
        part("resourcename")
    );
    let asked = call.body.clone().unwrap_or(Value::Null);
    let text = asked.as_str().map_or_else(|| asked["query"].clone(), Value::from);
    let mut answer = caller.arm("POST", &path, "2017-10-01", Some(json!({ "query": text }))).await?;
    if answer.status == 200 {
        let table = answer.body["tables"][0].take();
        let columns: Vec<&str> =
            table["columns"].as_array().into_iter().flatten().filter_map(|column| column["name"].as_str()).collect();
        let row = |row: &Value| -> Value {
            let cells = row.as_array().into_iter().flatten();
            columns.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect()
        };
        let rows: Vec<Value> = table["rows"].as_array().into_iter().flatten().map(row).collect();
        answer.body = json!({ "value": rows });
    }
    Ok(answer)
}

fn refused(status: u16, code: &str, message: String) -> Response {
    Response { status, headers: Map::new(), body: json!({"error": {"code": code, "message": message}}) }
}

/// What of an incident is written back as it was read.
const WRITABLE: &[&str] = &[
    "title",
    "description",
    "severity",
    "status",
    "classification",
    "classificationReason",
    "classificationComment",
    "owner",
    "labels",
    "firstActivityTimeUtc",
    "lastActivityTimeUtc",
];

const SENTINEL: &str = "2024-03-01";
