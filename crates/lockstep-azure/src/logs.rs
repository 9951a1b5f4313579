//! Log Analytics: asking a query and reading its answer.
//!
//! Source: `OperationalInsights.json` v1 and <https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format>. An answer
//! that is partial, empty or broken is a fault of its own, never an answer with fewer rows.

use std::time::Duration;

use azure_core::http::{Method, Request};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::error::Fault;
use crate::json::{self, Wrong};
use crate::reply::Reply;

/// A row by the names of its columns.
pub type Row = Map<String, Value>;

/// Asks a query of a workspace.
pub fn query(endpoints: &Endpoints, workspace_id: Uuid, text: &str) -> Request {
    let mut url = endpoints.logs.clone();
    url.set_path(&format!("/v1/workspaces/{workspace_id}/query"));
    let mut request = Request::new(url, Method::Post);
    // Without it the service answers 200 and nothing else.
    request.insert_header("content-type", "application/json");
    request.insert_header("prefer", format!("wait={}", LONGEST_QUERY.as_secs()));
    request.set_body(json!({ "query": text }).to_string());
    request
}

/// Reads the reply to [`query`]: the rows of its one table.
pub fn answer(reply: &Reply) -> Result<Vec<Row>, Fault> {
    reply.accepted()?;
    // A workspace without any data answers 204, a request that was not understood an empty 200.
    if reply.status == 204 || reply.body.trim_ascii().is_empty() {
        return Err(Fault::Empty { status: reply.status });
    }
    let malformed = |found| Fault::Malformed { found };
    let answer = json::object(&reply.body).map_err(malformed)?;
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        return Err(Fault::Partial { code: text("code"), message: text("message") });
    }
    rows(&answer).map_err(malformed)
}

fn rows(answer: &Map<String, Value>) -> Result<Vec<Row>, Wrong> {
    let table = match json::list(answer, "tables")? {
        [Value::Object(table)] => table,
        tables => return Err(format!("{} tables were found, one was expected", tables.len())),
    };
    let columns = json::list(table, "columns")?;
    let name = |column: &Value| column.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: Vec<String> =
        columns.iter().map(name).collect::<Option<_>>().ok_or("a column without a name was found")?;
    if !table.contains_key("rows") {
        return Err("\"rows\" is missing, a list was expected".to_owned());
    }
    let named = |(at, row): (usize, &Value)| match row {
        Value::Array(cells) if cells.len() == names.len() => {
            Ok(names.iter().cloned().zip(cells.iter().cloned()).collect())
        }
        Value::Array(cells) => Err(format!("row {at} has {} cells, {} were expected", cells.len(), names.len())),
        other => Err(format!("row {at} is {}, a list was expected", json::kind(other))),
    };
    json::list(table, "rows")?.iter().enumerate().map(named).collect()
}

/// A cell of type `long` or `int`, which comes as a number or as text.
pub fn long(row: &Row, name: &str) -> Result<u64, Wrong> {
    match row.get(name) {
        Some(Value::String(text)) => {
            text.parse().map_err(|_| format!("\"{name}\" is \"{}\", a whole number was expected", text.escape_debug()))
        }
        _ => json::number(row, name),
    }
}

/// A cell of type `long` or `int`; `None` where it is null.
pub fn optional_long(row: &Row, name: &str) -> Result<Option<u64>, Wrong> {
    match row.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => long(row, name).map(Some),
    }
}

/// A cell of type `dynamic` that holds a list, which comes as JSON or as text that holds JSON; empty where it is null.
pub fn dynamic_list(row: &Row, name: &str) -> Result<Vec<Value>, Wrong> {
    match row.get(name) {
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Array(list)) => Ok(list),
            Ok(Value::Null) => Ok(Vec::new()),
            Ok(other) => Err(format!("\"{name}\" holds {}, a list was expected", json::kind(&other))),
            Err(error) => Err(format!("\"{name}\" holds no JSON: {error}")),
        },
        _ => json::list(row, name).map(<[Value]>::to_vec),
    }
}

/// How long a query may run. Log Analytics' own default; ten minutes are the most that it gives.
pub const LONGEST_QUERY: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;

    #[test]
    fn a_query_says_what_it_is() {
        let request = query(&Endpoints::of(crate::Cloud::Public), Uuid::nil(), "print \"ü\"");
        assert_eq!(request.method(), Method::Post);
        assert_eq!(
            request.url().as_str(),
            "https://api.loganalytics.azure.com/v1/workspaces/00000000-0000-0000-0000-000000000000/query"
        );
        let azure_core::http::Body::Bytes(body) = request.body() else { panic!("the body is in memory") };
        let body: Value = serde_json::from_slice(body).expect("the body is JSON");
        assert_eq!(body, json!({ "query": "print \"ü\"" }));
    }

    #[test]
    fn i14_what_is_not_a_whole_answer_is_a_fault_of_its_own() {
        let check = |status, body: &str, expected: &str| {
            let fault = answer(&Reply::of(Operation::Query, status, body)).expect_err("it is no answer").to_string();
            assert!(fault.contains(expected), "{fault}");
        };
        check(204, "", "the answer is empty (status 204)");
        check(200, "", "the answer is empty (status 200)");
        check(200, " \n", "the answer is empty (status 200)");
        check(200, "<!DOCTYPE html><html></html>", "an HTML page was found");
        check(200, "[]", "a JSON object was expected, a list was found");
        check(200, "nonsense", "this is not JSON");
        check(200, r#"{"tables":[{"name":"PrimaryResult","columns":[{"na"#, "the JSON ends too early");
        check(200, "{}", "0 tables were found");
        check(200, r#"{"tables":[]}"#, "0 tables were found");
        check(200, r#"{"tables":[{},{}]}"#, "2 tables were found");
        check(200, r#"{"tables":[{"columns":[]}]}"#, "\"rows\" is missing");
        check(200, r#"{"tables":[{"columns":[{}],"rows":[]}]}"#, "a column without a name");
        check(200, r#"{"tables":[{"columns":[{"name":"a"}],"rows":[[1,2]]}]}"#, "row 0 has 2 cells, 1 were expected");
        check(200, r#"{"tables":[{"columns":[{"name":"a"}],"rows":[{}]}]}"#, "row 0 is an object");
        check(
            200,
            r#"{"tables":[{"columns":[{"name":"a"}],"rows":[[1]]}],"error":{"code":"PartialError","message":"Too much."}}"#,
            "the answer is only partial (PartialError): Too much.",
        );
    }

    #[test]
    fn cells_are_found_by_name_in_either_spelling() {
        let body = r#"{"tables":[{"columns":[{"name":"b","type":"dynamic"},{"name":"a","type":"long"}],
            "rows":[["[1,2]","7"],[[1,2],7],[null,0],["",0],["null",0]]}]}"#;
        let rows = answer(&Reply::of(Operation::Query, 200, body)).expect("it is an answer");
        let cells: Vec<_> = rows.iter().map(|row| (long(row, "a"), dynamic_list(row, "b"))).collect();
        let both = vec![json!(1), json!(2)];
        assert_eq!(cells[0], (Ok(7), Ok(both.clone())));
        assert_eq!(cells[1], (Ok(7), Ok(both)));
        assert_eq!(cells[2..], [const { (Ok(0), Ok(Vec::new())) }; 3]);
        for wrong in [r#"{"b":"[1,"}"#, r#"{"b":"{}"}"#, r#"{"b":7}"#] {
            let row = json::object(wrong.as_bytes()).expect("it is an object");
            assert!(dynamic_list(&row, "b").is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_it_panic(body in r#"(\{"tables":)?[\[\]{}":,a-z0-9]{0,60}"#) {
            let _ = answer(&Reply::of(Operation::Query, 200, body));
        }
    }
}
