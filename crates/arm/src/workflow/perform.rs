//! What each action does.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{StreamExt, iter};
use serde_json::{Map, Value, json};

use super::action::{Action, Change, Group, Work, member};
use super::condition::truth;
use super::effects::{Authentication, ConnectorCall, Failure, Request, Response};
use super::evaluate::{Turn, View};
use super::functions::{same, text_of};
use super::retry::Retry;
use super::run::{Memory, Outcome, Problem, Status, group};
use super::schema;
use crate::dates;
use crate::error::Fault;
use crate::functions::type_name;
use crate::json as template_json;

/// The most elements that a loop goes over. Source: "Limits and configuration reference for Azure Logic Apps".
const MOST_ELEMENTS: usize = 100_000;

pub(super) async fn perform(action: &Action, view: &View<'_>) -> Result<Outcome, Fault> {
    match &action.work {
        Work::InitializeVariable(inputs) => initialize(view, inputs),
        Work::ChangeVariable(change, inputs) => change_variable(view, *change, inputs),
        Work::Compose(inputs) => {
            let inputs = view.value(inputs)?;
            Ok(Outcome::succeeded(inputs.clone(), inputs))
        }
        Work::ParseJson(inputs) => parse_json(view, inputs),
        Work::Http { inputs, retry } => http(view, inputs, *retry).await,
        Work::ApiConnection { inputs, retry } => connector(view, inputs, *retry).await,
        Work::Select(inputs) => select(view, inputs),
        Work::Query { from, condition } => query(view, from, condition),
        Work::Join(inputs) => {
            let inputs = view.value(inputs)?;
            let separator = text_of(part(&inputs, "joinWith"));
            let joined: Vec<String> = elements(part(&inputs, "from"), "from")?.iter().map(text_of).collect();
            Ok(Outcome::succeeded(inputs, json!({ "body": joined.join(&separator) })))
        }
        Work::Wait(inputs) => wait(view, inputs).await,
        Work::Terminate(inputs) => terminate(view, inputs),
        Work::Scope(actions) => {
            view.memory.remember_inside(&action.name, actions);
            Ok(ended(group(actions, view.memory, view.turn).await, Value::Null))
        }
        Work::Foreach { over, group: actions, at_once } => foreach(action, view, over, actions, *at_once).await,
        Work::If { condition, yes, no } => {
            let holds = condition.holds(view)?;
            let status = group(if holds { yes } else { no }, view.memory, view.turn).await;
            Ok(ended(status, json!({ "expressionResult": holds })))
        }
        Work::Switch { on, cases, otherwise } => {
            let on = view.value(on)?;
            let mut chosen = otherwise;
            for (case, actions) in cases {
                if same(&view.value(case)?, &on) {
                    chosen = actions;
                    break;
                }
            }
            let status = group(chosen, view.memory, view.turn).await;
            Ok(ended(status, json!({ "expressionResult": on })))
        }
        Work::Until { condition, group: actions, count, timeout } => {
            let deadline = view.memory.effects.now().checked_add(*timeout);
            view.memory.remember_inside(&action.name, actions);
            for index in 0..*count {
                let turn = Turn {
                    name: &action.name,
                    index: usize::try_from(index).unwrap_or_default(),
                    item: None,
                    outer: view.turn,
                };
                let inner = View { turn: Some(&turn), ..*view };
                let status = turn_of(actions, view.memory, turn).await;
                if view.memory.is_ended() || condition.holds(&inner)? {
                    return Ok(ended(status, Value::Null));
                }
                if deadline.is_some_and(|deadline| view.memory.effects.now() >= deadline) {
                    let mut outcome = Outcome::failed(
                        Value::Null,
                        Value::Null,
                        "ActionTimedOut",
                        "The loop did not end within its time.",
                    );
                    outcome.status = Status::TimedOut;
                    return Ok(outcome);
                }
            }
            // As in the service, a loop that has used up its turns has not failed.
            Ok(Outcome::succeeded(Value::Null, json!({ "iterationCount": count })))
        }
    }
}

/// What an action with actions in it came to.
fn ended(status: Status, inputs: Value) -> Outcome {
    match status {
        Status::Succeeded => Outcome::succeeded(inputs, Value::Null),
        _ => Outcome::failed(inputs, Value::Null, "ActionFailed", "An action failed. No dependent actions succeeded."),
    }
}

/// A turn owns its place in the loop for as long as its actions run.
fn turn_of<'a>(actions: &'a Group, memory: &'a Memory<'a>, turn: Turn<'a>) -> BoxFuture<'a, Status> {
    Box::pin(async move {
        let turn = turn;
        group(actions, memory, Some(&turn)).await
    })
}

async fn foreach(
    action: &Action,
    view: &View<'_>,
    over: &Value,
    actions: &Group,
    at_once: usize,
) -> Result<Outcome, Fault> {
    let over = view.value(over)?;
    let elements = elements(&over, "foreach")?;
    if elements.len() > MOST_ELEMENTS {
        return Err(Fault::new(format!(
            "A loop goes over at most {MOST_ELEMENTS} elements, and there are {}.",
            elements.len()
        )));
    }
    view.memory.remember_inside(&action.name, actions);
    let turn = |(index, item)| {
        turn_of(actions, view.memory, Turn { name: &action.name, index, item: Some(item), outer: view.turn })
    };
    let turns: Vec<BoxFuture<'_, Status>> = elements.iter().enumerate().map(turn).collect();
    let statuses: Vec<Status> = iter(turns).buffer_unordered(at_once).collect().await;
    let failed = statuses.iter().any(|status| *status != Status::Succeeded);
    Ok(ended(if failed { Status::Failed } else { Status::Succeeded }, Value::Null))
}

fn initialize(view: &View<'_>, inputs: &Value) -> Result<Outcome, Fault> {
    let inputs = view.value(inputs)?;
    let declared = part(&inputs, "variables").as_array().map_or(&[][..], Vec::as_slice);
    for variable in declared {
        let name = part(variable, "name").as_str().ok_or_else(|| Fault::new("A variable must have a name."))?;
        let kind = part(variable, "type").as_str().unwrap_or_default().to_ascii_lowercase();
        let value = match (member(variable, "value"), kind.as_str()) {
            (Some(value), _) if !value.is_null() => value.clone(),
            (_, "string") => Value::from(""),
            (_, "integer") => Value::from(0),
            (_, "float") => Value::from(0.0),
            (_, "boolean") => Value::from(false),
            (_, "array") => json!([]),
            (_, "object") => json!({}),
            _ => {
                return Err(Fault::new(format!(
                    "The type '{kind}' of the variable '{name}' is not one of string, integer, float, boolean, array and object."
                )));
            }
        };
        let value = typed(value, &kind, name)?;
        view.memory.change_variable(name, |known| match known {
            None => Ok(value),
            Some(_) => Err(Fault::new(format!("The variable '{name}' is initialized more than once."))),
        })?;
    }
    Ok(Outcome::succeeded(inputs, Value::Null))
}

/// The value of a variable of this type, made from text where text stands for one.
fn typed(value: Value, kind: &str, name: &str) -> Result<Value, Fault> {
    let of_text = |text: &str| match kind {
        "integer" => text.trim().parse::<i64>().ok().map(Value::from),
        "float" => text.trim().parse::<f64>().ok().map(Value::from),
        "boolean" => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
        "array" | "object" => template_json::parse(text).ok(),
        _ => None,
    };
    let value = value.as_str().and_then(of_text).unwrap_or(value);
    let right = match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if right {
        return Ok(value);
    }
    Err(Fault::new(format!(
        "The variable '{name}' of type '{kind}' cannot be initialized or updated with value of type '{}'.",
        type_name(&value)
    )))
}

/// The type of a variable follows from its value, which never changes type.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::Null => "",
    }
}

fn change_variable(view: &View<'_>, change: Change, inputs: &Value) -> Result<Outcome, Fault> {
    let inputs = view.value(inputs)?;
    let name = part(&inputs, "name").as_str().ok_or_else(|| Fault::new("A variable must have a name."))?;
    let given = member(&inputs, "value");
    let changed = view.memory.change_variable(name, |known| {
        let known = known.ok_or_else(|| {
            Fault::new(format!("The variable '{name}' must be initialized before it can be changed."))
        })?;
        let given = given.cloned().unwrap_or_else(|| Value::from(1));
        let wrong = || {
            Fault::new(format!(
                "The variable '{name}' is of type '{}', and cannot take a value of type '{}' so.",
                kind_of(known),
                type_name(&given)
            ))
        };
        match (change, known) {
            (Change::Set, _) => typed(given, kind_of(known), name),
            (Change::Increment | Change::Decrement, Value::Number(number)) => {
                let sign = if change == Change::Increment { 1 } else { -1 };
                match (number.as_i64(), given.as_i64(), number.as_f64(), given.as_f64()) {
                    (Some(known), Some(by), ..) => {
                        known.checked_add(by.saturating_mul(sign)).map(Value::from).ok_or_else(wrong)
                    }
                    (_, _, Some(known), Some(by)) => Ok(Value::from(if sign > 0 { known + by } else { known - by })),
                    _ => Err(wrong()),
                }
            }
            (Change::AppendToArray, Value::Array(elements)) => {
                let mut elements = elements.clone();
                elements.push(given);
                Ok(Value::Array(elements))
            }
            (Change::AppendToText, Value::String(text)) => Ok(Value::from(format!("{text}{}", text_of(&given)))),
            _ => Err(wrong()),
        }
    })?;
    let name = name.to_owned();
    Ok(Outcome::succeeded(inputs, json!({"body": {"name": name, "value": changed}})))
}

fn parse_json(view: &View<'_>, inputs: &Value) -> Result<Outcome, Fault> {
    let content = view.value(part(inputs, "content"))?;
    let schema = part(inputs, "schema");
    let failed = |code: &str, message: String| {
        Ok(Outcome::failed(json!({ "content": content, "schema": schema }), Value::Null, code, message))
    };
    let parsed = match &content {
        Value::String(text) => match template_json::parse(text) {
            Ok(value) => value,
            Err(error) => return failed("InvalidJsonContent", format!("The content is not valid JSON: {error}")),
        },
        Value::Null => {
            return failed(
                "InvalidTemplate",
                "The 'content' property of actions of type 'ParseJson' must be valid JSON, and is null.".to_owned(),
            );
        }
        value => value.clone(),
    };
    if !schema.is_null()
        && let Err(reason) = schema::check(&parsed, schema, "#")
    {
        return failed("SchemaValidationFailed", format!("The schema validation failed. {reason}"));
    }
    Ok(Outcome::succeeded(json!({ "content": content, "schema": schema }), json!({ "body": parsed })))
}

async fn http(view: &View<'_>, inputs: &Value, retry: Retry) -> Result<Outcome, Fault> {
    let mut inputs = view.value(inputs)?;
    let request = Request {
        method: method(&inputs)?,
        uri: with_queries(&text_of(part(&inputs, "uri")), &members(&inputs, "queries")),
        headers: members(&inputs, "headers"),
        body: member(&inputs, "body").filter(|body| !body.is_null()).cloned(),
        authentication: authentication(part(&inputs, "authentication"))?,
    };
    let mut sent = 0;
    let answer = loop {
        sent += 1;
        let answer = view.memory.effects.http(request.clone()).await;
        match retry.wait(sent, &answer) {
            Some(wait) => view.memory.effects.wait(wait).await,
            None => break answer,
        }
    };
    if let Some(inputs) = inputs.as_object_mut() {
        inputs.shift_remove("retryPolicy");
    }
    Ok(answered(inputs, answer))
}

async fn connector(view: &View<'_>, inputs: &Value, retry: Retry) -> Result<Outcome, Fault> {
    let inputs = view.value(inputs)?;
    let connection_id = inputs.pointer("/host/connection/name").and_then(Value::as_str);
    let connection_id = connection_id
        .ok_or_else(|| Fault::new("An action of a connector must name its connection in 'host.connection.name'."))?;
    let connections = view.memory.parameter("$connections").unwrap_or(Value::Null);
    let own = |connection: &&Value| {
        connection.get("connectionId").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(connection_id))
    };
    let call = ConnectorCall {
        connection_id: connection_id.to_owned(),
        connection: connections
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, value)| value)
            .find(own)
            .cloned()
            .unwrap_or(Value::Null),
        method: method(&inputs)?,
        path: text_of(part(&inputs, "path")),
        queries: members(&inputs, "queries"),
        headers: members(&inputs, "headers"),
        body: member(&inputs, "body").filter(|body| !body.is_null()).cloned(),
    };
    let mut sent = 0;
    let answer = loop {
        sent += 1;
        let answer = view.memory.effects.connector(call.clone()).await;
        match retry.wait(sent, &answer) {
            Some(wait) => view.memory.effects.wait(wait).await,
            None => break answer,
        }
    };
    Ok(answered(inputs, answer))
}

/// Whatever is below 400 is a success.
fn answered(inputs: Value, answer: Result<Response, Failure>) -> Outcome {
    match answer {
        Ok(response) => {
            let outputs = json!({"statusCode": response.status, "headers": response.headers, "body": response.body});
            if response.status < 400 {
                return Outcome::succeeded(inputs, outputs);
            }
            let own = response.body.get("error").unwrap_or(&response.body);
            let code = own.get("code").and_then(Value::as_str).unwrap_or("ActionFailed");
            let message = own.get("message").and_then(Value::as_str).unwrap_or("The service answered with an error.");
            Outcome::failed(inputs, outputs, code, message)
        }
        Err(failure) => Outcome::failed(inputs, Value::Null, &failure.code, failure.message),
    }
}

fn method(inputs: &Value) -> Result<String, Fault> {
    let method = part(inputs, "method").as_str().map(str::to_ascii_uppercase);
    method.ok_or_else(|| Fault::new("A request must have a 'method'."))
}

fn authentication(declared: &Value) -> Result<Option<Authentication>, Fault> {
    let Some(kind) = declared.get("type").and_then(Value::as_str) else {
        return Ok(None);
    };
    if !kind.eq_ignore_ascii_case("ManagedServiceIdentity") {
        return Err(Fault::unsupported(format!(
            "Authentication of type '{kind}' is not supported by this engine: 'ManagedServiceIdentity' is."
        )));
    }
    let text = |name: &str| declared.get(name).and_then(Value::as_str).map(str::to_owned);
    let own = |identity: &String| identity.eq_ignore_ascii_case("SystemAssigned");
    Ok(Some(Authentication {
        identity: text("identity").filter(|identity| !own(identity)),
        audience: text("audience"),
    }))
}

fn with_queries(uri: &str, queries: &Map<String, Value>) -> String {
    let mut uri = uri.to_owned();
    for (name, value) in queries {
        let escaped =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        uri.push(if uri.contains('?') { '&' } else { '?' });
        uri.push_str(&escaped(name));
        uri.push('=');
        uri.push_str(&escaped(&text_of(value)));
    }
    uri
}

fn select(view: &View<'_>, inputs: &Value) -> Result<Outcome, Fault> {
    let from = view.value(part(inputs, "from"))?;
    let selected =
        elements(&from, "from")?.iter().map(|item| View { item: Some(item), ..*view }.value(part(inputs, "select")));
    let selected = selected.collect::<Result<Value, _>>()?;
    Ok(Outcome::succeeded(json!({ "from": from }), json!({ "body": selected })))
}

fn query(view: &View<'_>, from: &Value, condition: &Value) -> Result<Outcome, Fault> {
    let from = view.value(from)?;
    let mut kept = Vec::new();
    for item in elements(&from, "from")? {
        if truth(&View { item: Some(item), ..*view }.value(condition)?)? {
            kept.push(item.clone());
        }
    }
    Ok(Outcome::succeeded(json!({ "from": from }), json!({ "body": kept })))
}

async fn wait(view: &View<'_>, inputs: &Value) -> Result<Outcome, Fault> {
    let inputs = view.value(inputs)?;
    let now = view.memory.effects.now();
    let until = part(&inputs, "until").get("timestamp").and_then(Value::as_str);
    let duration = match until {
        Some(text) => dates::parse(text).map(|moment| moment - now),
        None => {
            let interval = part(&inputs, "interval");
            let seconds =
                match interval.get("unit").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase().as_str() {
                    "second" => Some(1),
                    "minute" => Some(60),
                    "hour" => Some(3_600),
                    "day" => Some(86_400),
                    "week" => Some(604_800),
                    _ => None,
                };
            let count = interval.get("count").and_then(Value::as_i64);
            seconds.zip(count).map(|(seconds, count)| time::Duration::seconds(seconds * count))
        }
    };
    let duration = duration.ok_or_else(|| {
        Fault::new("A delay must have an 'interval' with 'count' and 'unit', or an 'until' with a 'timestamp'.")
    })?;
    view.memory.effects.wait(Duration::try_from(duration).unwrap_or_default()).await;
    Ok(Outcome::succeeded(inputs, Value::Null))
}

fn terminate(view: &View<'_>, inputs: &Value) -> Result<Outcome, Fault> {
    let inputs = view.value(inputs)?;
    let status = part(&inputs, "runStatus").as_str().and_then(Status::named);
    let status = status.filter(|status| matches!(status, Status::Succeeded | Status::Failed | Status::Cancelled));
    let status = status.ok_or_else(|| Fault::new("'runStatus' must be one of Succeeded, Failed and Cancelled."))?;
    let error = member(&inputs, "runError")
        .map(|error| Problem { code: text_of(part(error, "code")), message: text_of(part(error, "message")) });
    view.memory.end(status, error);
    Ok(Outcome::succeeded(inputs, Value::Null))
}

fn elements<'v>(value: &'v Value, name: &str) -> Result<&'v [Value], Fault> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| {
        Fault::new(format!(
            "The result of the evaluation of '{name}' is of type '{}'. The result must be a valid array.",
            type_name(value)
        ))
    })
}

fn members(inputs: &Value, name: &str) -> Map<String, Value> {
    part(inputs, name).as_object().cloned().unwrap_or_default()
}

fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    member(value, name).unwrap_or(&Value::Null)
}
