//! The Log Analytics query API: a query by POST or GET.
//!
//! Forms and errors: the vendor's Microsoft.OperationalInsights specification (2022-10-27) and
//! <https://learn.microsoft.com/azure/azure-monitor/logs/api/errors>.

mod timespan;
mod workspaces;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use kql::{Answer as Rows, Database, Options, Schema, Table};
use serde_json::{Map, Value, json};

use super::call::{Call, Query};
use super::journey::right;
use super::misfortune;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::{Stopwatch, wire_time};
use crate::estate::Workspace;
use crate::faults::Effect;
use crate::world::{FIRST, datetime};
use timespan::Timespan;
use workspaces::{called, reach, together, within_reach};

/// What a caller must be allowed to do.
pub(super) const ACTION: &str = "Microsoft.OperationalInsights/workspaces/query/read";

/// What is asked.
struct Question {
    query: String,
    timespan: Option<Timespan>,
}

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

/// Several queries in one request, each answered by itself. The service has deprecated it; older clients use it.
pub(super) fn batch(call: &Call) -> Answer {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let Some(requests) = body["requests"].as_array() else {
        return Err(bad_argument(call, "'requests' must be an array."));
    };
    if requests.iter().any(|request| !request["id"].is_string()) {
        return Err(bad_argument(call, "each of 'requests' must have an 'id' that is a string."));
    }
    let answer = |request: &Value| {
        let customer = request["workspace"].as_str().unwrap_or_default().to_owned();
        let place = call.twin.world().place_of_id(&customer);
        let one = Call {
            twin: call.twin.clone(),
            operation: call.operation,
            params: [("customer", customer)].into(),
            query: Query::default(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: request["body"].to_string().into(),
            path: call.path.clone(),
            path_and_query: call.path_and_query.clone(),
            origin: call.origin.clone(),
            place: place.unwrap_or(FIRST),
            caller: call.caller.clone(),
            correlation: call.correlation,
            wire: call.wire,
            struck: call.struck.clone(),
        };
        let reply = may_ask(&one, one.place).and_then(|()| post(&one)).unwrap_or_else(Reply::from);
        let status = reply.status.as_u16();
        let body: Value = serde_json::from_str(&reply.content.text()).unwrap_or_default();
        json!({"id": request["id"], "status": status, "headers": {}, "body": body})
    };
    Ok(Reply::ok(json!({"responses": requests.iter().map(answer).collect::<Vec<_>>()})))
}

/// The tables and their columns.
pub(super) fn metadata(call: &Call) -> Answer {
    let workspace = workspace(call)?;
    let tables = call.twin.world().tables(call.place);
    let described = |name: &str| {
        let columns = tables.table(name).map(kql::wire::columns).unwrap_or_default();
        json!({"id": name, "name": name, "timespanColumn": "TimeGenerated", "columns": columns})
    };
    Ok(Reply::ok(json!({
        "tables": tables.names().map(described).collect::<Vec<_>>(),
        "workspaces": [{
            "id": workspace.id,
            "resourceId": workspace.resource_id(),
            "name": workspace.name,
            "region": workspace.location,
        }],
    })))
}

fn answer(call: &Call, query: Option<&str>, timespan: Option<&str>, workspaces: &[&str]) -> Answer {
    workspace(call)?;
    if workspaces.len() > MOST_WORKSPACES {
        return Err(bad_argument(call, &format!("A query may span at most {MOST_WORKSPACES} workspaces.")));
    }
    let mut places = vec![call.place];
    for name in workspaces {
        let place = called(call, name)?;
        may_ask(call, place)?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let query = query.filter(|query| !query.trim().is_empty());
    let timespan = timespan.filter(|text| !text.is_empty());
    let timespan = timespan.map(|text| Timespan::parse(text, call.twin.world().now())).transpose();
    let question = Question {
        query: query.ok_or_else(|| bad_argument(call, "The query is missing."))?.to_owned(),
        timespan: timespan.map_err(|error| bad_argument(call, &error))?,
    };
    ask(call, &question, &places)
}

/// The workspace in the path, by its id or as a resource, if it exists.
fn workspace(call: &Call) -> Result<Workspace, Refusal> {
    let workspace = call.twin.world().sentinels[call.place].workspace.clone();
    let fits = |name: &str, own: &str| call.params.get(name).is_none_or(|given| given.eq_ignore_ascii_case(own));
    let known = fits("customer", &workspace.id)
        && fits("subscription", &workspace.subscription_id)
        && fits("group", &workspace.resource_group)
        && fits("workspace", &workspace.name);
    if known {
        return Ok(workspace);
    }
    let message = "The resource that the query is addressed to could not be found.";
    Err(Refusal::logs(StatusCode::NOT_FOUND, "ResourceNotFoundError", message, call.correlation))
}

/// Whether the caller may query the workspace at a place.
fn may_ask(call: &Call, place: usize) -> Result<(), Refusal> {
    let scope = call.twin.world().sentinels[place].workspace.resource_id();
    right(call, ACTION, &scope)
}

fn ask(call: &Call, question: &Question, places: &[usize]) -> Answer {
    let (tables, now) = call.twin.with(|world| (together(world, places), world.now()));
    let others = within_reach(call, &question.query);
    let mut options = Options::at(datetime(now));
    options.limits.time = patience(call);
    let tables = readable(call, question, places, (tables, &others), &options)?;
    let stale = match call.struck {
        Some(Effect::StaleTables { seconds }) => {
            Some(now - time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
        }
        _ => None,
    };
    let stale = stale.map(|until| format!("ingestion_time() <= datetime({})", wire_time(until)));
    let conditions = [stale, question.timespan.map(|timespan| timespan.condition())];
    let narrow = |tables: Database| {
        conditions.iter().flatten().try_fold(tables, |tables, condition| tables.narrowed(condition, &options))
    };
    let run = || {
        let mut tables = narrow(tables)?;
        let others = others.into_iter().map(|(names, own)| Ok((names, narrow(own)?)));
        reach(&mut tables, &others.collect::<Result<Vec<_>, kql::Error>>()?);
        let began = Stopwatch::start();
        let rows = kql::run(&question.query, &tables, &options)?;
        Ok(written(call, &rows, &tables, began.elapsed()))
    };
    run().map(Reply::text).map_err(|error| refused(call, &question.query, &error))
}

/// The tables that the caller may read, in each workspace. A query that names another cannot be run, unless it can do without.
fn readable(
    call: &Call,
    question: &Question,
    places: &[usize],
    (tables, others): (Database, &[([String; 4], Database)]),
    options: &Options,
) -> Result<Database, Refusal> {
    let Some(caller) = &call.caller else { return Ok(tables) };
    let mut allowed = Database::new();
    {
        let world = call.twin.world();
        let is_allowed = |name: &str| {
            let mut scopes = places.iter().map(|place| world.sentinels[*place].workspace.resource_id());
            scopes.all(|scope| world.rights.allow_table(&caller.object_id, name, &scope, world.now()))
        };
        for name in tables.names().filter(|name| is_allowed(name)) {
            allowed.insert(name, tables.table(name).cloned().unwrap_or_else(|| Table::empty(Schema::default())));
        }
    }
    if allowed.names().count() == tables.names().count() {
        return Ok(tables);
    }
    let runs = |mut tables: Database| {
        reach(&mut tables, others);
        kql::run(&question.query, &tables, options)
    };
    // A query that names a table that is not there cannot be run.
    if runs(allowed.clone()).is_err_and(|error| matches!(error.kind, kql::Kind::Semantic)) && runs(tables).is_ok() {
        return Err(misfortune::forbidden(call, ACTION, ""));
    }
    Ok(allowed)
}

/// What the caller prefers, with commas between.
fn preferred(call: &Call) -> String {
    call.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

/// How long a query may run: three minutes, or the seconds of `Prefer: wait=`, ten minutes at most (documented under "Timeouts" of the API).
fn patience(call: &Call) -> std::time::Duration {
    let asked = preferred(call).split(',').find_map(|wish| wish.trim().strip_prefix("wait=")?.parse().ok());
    std::time::Duration::from_secs(asked.unwrap_or(180).min(600))
}

/// The answer as the service writes it.
fn written(call: &Call, rows: &Rows, tables: &Database, took: std::time::Duration) -> String {
    let mut text = String::from("{\"tables\":[");
    for (at, (name, table)) in rows.tables.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str("{\"name\":");
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push_str(",\"columns\":");
        text.push_str(&kql::wire::columns(table).to_string());
        text.push_str(",\"rows\":");
        text.push_str(&kql::wire::rows(table).to_string());
        text.push('}');
    }
    text.push(']');
    let prefer = preferred(call);
    let wants = |what: &str| prefer.split(',').any(|wish| wish.trim().eq_ignore_ascii_case(what));
    if wants("include-statistics=true") {
        let rows: usize = tables.names().filter_map(|name| tables.table(name)).map(Table::len).sum();
        let statistics =
            json!({"query": {"executionTime": took.as_secs_f64(), "datasetStatistics": [{"tableRowCount": rows}]}});
        text.push_str(",\"statistics\":");
        text.push_str(&statistics.to_string());
    }
    if wants("include-render=true") {
        text.push_str(",\"render\":");
        text.push_str(&rendering(rows.render.as_ref()).to_string());
    }
    if let Some(partial) = &rows.partial {
        let error = json!({"code": "PartialError", "message": "There were some errors when processing your query.", "details": [
            {"code": "QueryLimitsExceeded", "message": partial.message},
        ]});
        text.push_str(",\"error\":");
        text.push_str(&error.to_string());
    }
    text.push('}');
    text
}

/// How the answer is to be drawn: what `render` said, the other members null. Their names are those that the vendor's
/// clients show; the service's values where a query says nothing are assumed.
fn rendering(render: Option<&kql::Render>) -> Value {
    let said = |name: &str| {
        let found =
            render.and_then(|render| render.properties.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
        found.map_or(Value::Null, |(_, value)| value.as_str().into())
    };
    let mut drawn: Map<String, Value> = RENDERING.iter().map(|name| ((*name).to_owned(), said(name))).collect();
    drawn.insert("visualization".into(), render.map_or(Value::Null, |render| render.visualization.as_str().into()));
    Value::Object(drawn)
}

const RENDERING: [&str; 12] =
    ["title", "kind", "legend", "series", "xAxis", "xColumn", "xTitle", "yAxis", "yColumns", "yTitle", "yMin", "yMax"];

/// The service's answer to a query that cannot be run.
fn refused(call: &Call, query: &str, error: &kql::Error) -> Refusal {
    if error.code == "E_QUERY_TIMEOUT" {
        return Refusal::logs(StatusCode::GATEWAY_TIMEOUT, "GatewayTimeout", "Gateway timeout", call.correlation);
    }
    let family = match error.kind {
        kql::Kind::Syntax => "SyntaxError",
        kql::Kind::Semantic => "SemanticError",
        kql::Kind::Unsupported => "NotSupportedByTwin",
        kql::Kind::Limit => "QueryLimitsExceeded",
        kql::Kind::Runtime => "QueryExecutionError",
    };
    let mut innermost = json!({"code": error.code, "message": error.message});
    if let Some(span) = &error.span {
        let before = query.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        innermost["line"] = line.into();
        innermost["pos"] = column.into();
        innermost["token"] = query.get(span.clone()).unwrap_or_default().into();
    }
    let error = json!({
        "message": "The request had some invalid properties",
        "code": "BadArgumentError",
        "correlationId": call.correlation.to_string(),
        "innererror": {"code": family, "message": error.message, "innererror": innermost},
    });
    Refusal::raw(StatusCode::BAD_REQUEST, json!({"error": error}))
}

fn bad_argument(call: &Call, message: &str) -> Refusal {
    Refusal::logs(StatusCode::BAD_REQUEST, "BadArgumentError", message, call.correlation)
}

/// https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces
const MOST_WORKSPACES: usize = 100;
