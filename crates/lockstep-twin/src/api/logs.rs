//! The Log Analytics query API: a query by POST or GET.
//!
//! Forms and errors: the vendor's Microsoft.OperationalInsights specification (2022-10-27) and
//! https://learn.microsoft.com/azure/azure-monitor/logs/api/errors.

use http::{StatusCode, header};
use serde_json::{Map, Value};

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};

/// What a caller must be allowed to do.
pub(super) const ACTION: &str = "Microsoft.OperationalInsights/workspaces/query/read";

/// What is asked.
struct Question;

/// A query in the body.
///
/// A request without a body, or without a content type, is answered by 200 and nothing: the service does so.
pub(super) fn post(call: &Call) -> Answer {
    if call.body.is_empty() || !call.headers.contains_key(header::CONTENT_TYPE) {
        return Ok(Reply::empty(StatusCode::OK));
    }
    let body: Map<String, Value> = match serde_json::from_slice(&call.body) {
        Ok(Value::Object(body)) => body,
        _ => return Err(bad_argument(call, "The request body must be a JSON object.")),
    };
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(bad_argument(call, &format!("'{name}' must be a string."))),
    };
    let workspaces: Vec<&str> = match body.get("workspaces") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(names)) => {
            let names: Option<_> = names.iter().map(Value::as_str).collect();
            names.ok_or_else(|| bad_argument(call, "'workspaces' must be an array of strings."))?
        }
        Some(_) => return Err(bad_argument(call, "'workspaces' must be an array of strings.")),
    };
    answer(call, text("query")?, text("timespan")?, &workspaces)
}

/// A query in the URL.
pub(super) fn get(call: &Call) -> Answer {
    let workspaces = call.query.one("workspaces").unwrap_or_default();
    let workspaces: Vec<&str> = workspaces.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    answer(call, call.query.one("query"), call.query.one("timespan"), &workspaces)
}

fn answer(call: &Call, query: Option<&str>, timespan: Option<&str>, workspaces: &[&str]) -> Answer {
    workspace(call)?;
    for name in workspaces {
        is_the_workspace(call, name)?;
    }
    let _ = timespan;
    query.filter(|query| !query.trim().is_empty()).ok_or_else(|| bad_argument(call, "The query is missing."))?;
    let question = Question;
    ask(call, &question)
}

/// The workspace in the path is the one there is.
fn workspace(call: &Call) -> Result<(), Refusal> {
    let wanted = call.param("customer");
    if wanted.eq_ignore_ascii_case(&call.twin.estate().workspace_id) {
        return Ok(());
    }
    let message = format!("The workspace '{wanted}' could not be found.");
    Err(Refusal::logs(StatusCode::NOT_FOUND, "ResourceNotFoundError", &message, call.correlation))
}

/// A further workspace of a query, by id, name, qualified name or ARM id, is the one there is.
fn is_the_workspace(call: &Call, name: &str) -> Result<(), Refusal> {
    let estate = call.twin.estate();
    let qualified = format!("{}/{}/{}", estate.subscription_id, estate.resource_group, estate.workspace_name);
    let names = [&estate.workspace_id, &estate.workspace_name, &qualified, &estate.workspace()];
    if names.into_iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let message = format!("Failed to resolve resource '{name}'.");
    Err(Refusal::logs(StatusCode::BAD_REQUEST, "FailedToResolveResource", &message, call.correlation))
}

fn ask(call: &Call, _: &Question) -> Answer {
    Err(Refusal::logs(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        "This edition of the twin runs no queries yet.",
        call.correlation,
    ))
}

fn bad_argument(call: &Call, message: &str) -> Refusal {
    Refusal::logs(StatusCode::BAD_REQUEST, "BadArgumentError", message, call.correlation)
}
