//! What workflows do: expressions, order, loops, conditions, requests.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arm::Kind;
use arm::workflow::{ConnectorCall, Effects, Failure, Request, Response, Run, Status, TriggerKind, Workflow};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

/// A world that remembers what was done to it. A request takes a second; `/fail` fails, `/busy` is busy twice, everything else
/// answers itself.
#[derive(Default)]
struct World {
    asked: Mutex<Vec<String>>,
    waited: Mutex<Vec<Duration>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl World {
    fn answer(&self, asked: String, body: Option<Value>) -> BoxFuture<'_, Result<Response, Failure>> {
        async move {
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(now, Ordering::SeqCst);
            let before = self.asked.lock().expect("it is whole").iter().filter(|other| **other == asked).count();
            self.asked.lock().expect("it is whole").push(asked.clone());
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            let answer = |status, body| Ok(Response { status, headers: Map::new(), body });
            if asked.contains("/gone") {
                return Err(Failure {
                    code: "ServiceUnavailable".to_owned(),
                    message: "nobody there".to_owned(),
                    again: false,
                });
            }
            if asked.contains("/fail") {
                return answer(403, json!({"error": {"code": "Forbidden", "message": "no"}}));
            }
            if asked.contains("/busy") && before < 2 {
                return answer(429, Value::Null);
            }
            answer(200, json!({"asked": asked, "sent": body}))
        }
        .boxed()
    }
}

impl Effects for World {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-25 08:00 UTC)
    }

    fn new_guid(&self) -> Uuid {
        Uuid::from_u128(7)
    }

    fn wait(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.waited.lock().expect("it is whole").push(duration);
        tokio::time::sleep(duration).boxed()
    }

    fn http(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let as_whom = request
            .authentication
            .map(|own| format!(" as {} for {}", own.identity.unwrap_or_default(), own.audience.unwrap_or_default()));
        self.answer(format!("{} {}{}", request.method, request.uri, as_whom.unwrap_or_default()), request.body)
    }

    fn connector(&self, call: ConnectorCall) -> BoxFuture<'_, Result<Response, Failure>> {
        self.answer(
            format!("{} {} of {} {}", call.method, call.path, call.connection_id, call.connection["id"]),
            call.body,
        )
    }
}

fn workflow(actions: Value) -> Value {
    json!({
        "parameters": {"$connections": {"type": "Object", "defaultValue": {}}, "p": {"type": "String", "defaultValue": "x"}},
        "triggers": {"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Minute", "interval": 60}}},
        "actions": actions
    })
}

async fn run_in(world: &World, actions: Value) -> Run {
    let connections = json!({"$connections": {"value": {"sentinel": {"connectionId": "/c/1", "id": "managed"}}}});
    let workflow = Workflow::new(&workflow(actions), &connections).expect("it is a workflow");
    let trigger = json!({"name": "Recurrence", "outputs": {"body": {"t": [1, {"u": null}]}}});
    workflow.run(trigger, json!({"name": "logic", "run": {"name": "r1"}}), world).await
}

async fn run(actions: Value) -> Run {
    run_in(&World::default(), actions).await
}

/// What became of an action outside of loops.
fn outputs(run: &Run, name: &str) -> Value {
    run.records.iter().find(|record| record.name == name).map_or(Value::Null, |record| record.outputs.clone())
}

fn statuses(run: &Run) -> Vec<String> {
    run.records.iter().map(|record| format!("{} {}", record.name, record.status.as_str())).collect()
}

fn compose(inputs: Value) -> Value {
    json!({"type": "Compose", "inputs": inputs})
}

fn after(mut action: Value, run_after: Value) -> Value {
    action["runAfter"] = run_after;
    action
}

#[tokio::test(start_paused = true)]
async fn expressions_have_values() {
    let cases: &[(&str, Value)] = &[
        ("plain @@ text", json!("plain @@ text")),
        ("@@x", json!("@x")),
        ("@parameters('p')", json!("x")),
        ("p is @{parameters('P')}, @{true}, @{null}, @{createArray(1, 'a')}!", json!("p is x, True, , [1,\"a\"]!")),
        ("@triggerBody()?['t'][1]?.u", json!(null)),
        ("@triggerBody()?['none']?['x']", json!(null)),
        ("@triggerOutputs().body.t[0]", json!(1)),
        ("@workflow().run.name", json!("r1")),
        ("@equals(1, 1.0)", json!(true)),
        ("@add(1, 0.5)", json!(1.5)),
        ("@if(less('a', 'b'), concat('y', 1), json('no JSON'))", json!("y1")),
        ("@and(true, equals('a', 'A'))", json!(false)),
        ("@coalesce(null, 'c')", json!("c")),
        ("@utcNow()", json!("2026-11-25T08:00:00.0000000Z")),
        ("@addHours('2026-11-25T08:00:00Z', -1, 'HH:mm')", json!("07:00")),
        ("@formatDateTime('2026-11-25T08:00:00Z', 'yyyy-MM-dd')", json!("2026-11-25")),
        ("@getPastTime(1, 'Day', 'dd')", json!("24")),
        ("@addToTime('2026-01-31T00:00:00Z', 1, 'Month', 'MM-dd')", json!("02-28")),
        ("@ticks('0001-01-02T00:00:00Z')", json!(864_000_000_000_i64)),
        ("@guid()", json!("00000000-0000-0000-0000-000000000007")),
        ("@setProperty(json('{\"a\": 1}'), 'b', 2)", json!({"a": 1, "b": 2})),
        ("@encodeUriComponent('a b')", json!("a%20b")),
        ("@max(1, 2.5)", json!(2.5)),
        ("@sort(createArray(3, 1, 2))", json!([1, 2, 3])),
        ("@dayOfWeek('2026-11-25T00:00:00Z')", json!(3)),
    ];
    for (text, expected) in cases {
        let run = run(json!({ "c": compose(json!({"v": text})) })).await;
        assert_eq!(outputs(&run, "c")["v"], *expected, "{text}: {:?}", run.records);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_expressions_fail_the_action() {
    let cases = [
        ("@nothing()", "The template function 'nothing' is not defined or not valid."),
        ("@xpath('a', 'b')", "The template function 'xpath' is not supported by this engine."),
        ("@variables('v')", "The variable 'v' must be initialized before it can be used inside of an expression."),
        ("@body('a')", "The action 'a' has not run where this expression can see it."),
        ("@triggerBody().none", "The language expression property 'none' doesn't exist, available properties are 't'."),
        (
            "@items('l')",
            "The template function 'items' names the loop 'l', and this action is not inside of a loop of that name.",
        ),
    ];
    for (text, expected) in cases {
        let run = run(json!({ "c": compose(json!(text)) })).await;
        let error = run.records[0].error.as_ref().expect("it failed");
        let whole = format!(
            "Unable to process template language expressions in action 'c' inputs at line '0' and column '0': '{expected}'."
        );
        assert_eq!(
            (error.code.as_str(), error.message.as_str(), run.status),
            ("InvalidTemplate", whole.as_str(), Status::Failed)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn actions_run_after_each_other() {
    let check = async |actions: Value, expected: &[&str], status: Status| {
        let run = run(actions).await;
        assert_eq!(statuses(&run), expected);
        assert_eq!(run.status, status);
    };
    let fails = json!({"type": "Http", "inputs": {"method": "get", "uri": "https://x/fail"}});
    check(
        json!({"b": after(compose(json!("@outputs('a')")), json!({"a": ["Succeeded"]})), "a": compose(json!(1))}),
        &["a Succeeded", "b Succeeded"],
        Status::Succeeded,
    )
    .await;
    check(
        json!({"a": fails, "b": after(compose(json!(1)), json!({"a": ["Succeeded"]}))}),
        &["a Failed", "b Skipped"],
        Status::Failed,
    )
    .await;
    check(
        json!({"a": fails, "b": after(compose(json!(1)), json!({"a": ["Failed", "TimedOut"]}))}),
        &["a Failed", "b Succeeded"],
        Status::Succeeded,
    )
    .await;
    check(
        json!({"a": compose(json!(1)), "b": after(compose(json!(1)), json!({"a": ["Failed"]}))}),
        &["a Succeeded", "b Skipped"],
        Status::Succeeded,
    )
    .await;
    check(
        json!({"s": {"type": "Scope", "actions": {"a": fails}}, "b": after(compose(json!("@result('s')[0]['status']")), json!({"s": ["Failed"]}))}),
        &["a Failed", "s Failed", "b Succeeded"],
        Status::Succeeded,
    )
    .await;
    check(
        json!({"a": {"type": "Terminate", "inputs": {"runStatus": "Cancelled"}}, "b": after(compose(json!(1)), json!({"a": ["Succeeded"]}))}),
        &["a Succeeded", "b Skipped"],
        Status::Cancelled,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn loops_run_as_many_turns_at_once_as_they_may() {
    let check = async |members: Value, expected: usize| {
        let world = World::default();
        let mut outer = json!({"type": "Foreach", "foreach": "@range(0, 60)", "actions": {"a": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x/@{item()}"}}}});
        for (name, value) in members.as_object().expect("they are members") {
            outer[name] = value.clone();
        }
        let run = run_in(&world, json!({ "l": outer })).await;
        assert_eq!(run.status, Status::Succeeded);
        assert_eq!(
            (world.most_at_once.load(Ordering::SeqCst), world.asked.lock().expect("it is whole").len()),
            (expected, 60),
            "{members}"
        );
    };
    check(json!({}), 20).await;
    check(json!({"operationOptions": "Sequential"}), 1).await;
    check(json!({"runtimeConfiguration": {"concurrency": {"repetitions": 50}}}), 50).await;
    check(json!({"runtimeConfiguration": {"concurrency": {"repetitions": 1}}}), 1).await;

    // A loop in a loop goes turn by turn, whatever it says.
    let world = World::default();
    let inner = json!({"type": "Foreach", "foreach": "@items('outer')", "runtimeConfiguration": {"concurrency": {"repetitions": 5}}, "actions": {
        "a": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x/@{item()}/@{iterationIndexes('outer')}"}}
    }});
    let run = run_in(
        &world,
        json!({"outer": {"type": "Foreach", "foreach": "@json('[[1,2,3]]')", "actions": {"inner": inner}}}),
    )
    .await;
    assert_eq!(run.status, Status::Succeeded);
    assert_eq!(world.most_at_once.load(Ordering::SeqCst), 1);
    assert_eq!(
        *world.asked.lock().expect("it is whole"),
        ["GET https://x/1/0", "GET https://x/2/0", "GET https://x/3/0"]
    );
    assert_eq!(run.records.last().map(|record| record.name.as_str()), Some("outer"));
    assert_eq!(run.records[1].turns, [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn turns_see_their_own_actions() {
    let body = json!({
        "c": compose(json!("@{items('l')}!")),
        "d": after(compose(json!("@outputs('c')")), json!({"c": ["Succeeded"]})),
        "v": after(json!({"type": "AppendToArrayVariable", "inputs": {"name": "all", "value": "@outputs('d')"}}), json!({"d": ["Succeeded"]}))
    });
    let run = run(json!({
        "all": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "all", "type": "array"}, {"name": "n", "type": "integer", "value": "3"}]}},
        "l": after(json!({"type": "Foreach", "foreach": "@createArray('a', 'b')", "actions": body}), json!({"all": ["Succeeded"]})),
        "i": after(json!({"type": "IncrementVariable", "inputs": {"name": "n", "value": 2}}), json!({"l": ["Succeeded"]})),
        "end": after(compose(json!({"all": "@variables('all')", "n": "@variables('N')"})), json!({"i": ["Succeeded"]}))
    }))
    .await;
    assert_eq!(run.status, Status::Succeeded, "{:?}", run.records);
    let end = outputs(&run, "end");
    let mut all = end["all"].as_array().expect("it is an array").clone();
    all.sort_by_key(ToString::to_string);
    assert_eq!((all, &end["n"]), (vec![json!("a!"), json!("b!")], &json!(5)));
}

#[tokio::test(start_paused = true)]
async fn choices_are_made() {
    let which = async |action: Value| {
        let run = run(json!({ "x": action })).await;
        run.records.iter().map(|record| record.name.clone()).collect::<Vec<_>>().join(" ")
    };
    let branch = |condition: Value| json!({"type": "If", "expression": condition, "actions": {"yes": compose(json!(1))}, "else": {"actions": {"no": compose(json!(1))}}});
    assert_eq!(
        which(branch(json!({"and": [{"equals": ["@parameters('p')", "x"]}, {"not": {"equals": [1, 2]}}]}))).await,
        "yes x"
    );
    assert_eq!(which(branch(json!({"or": [{"greater": [1, 2]}, {"contains": ["abc", "z"]}]}))).await, "no x");
    assert_eq!(which(branch(json!("@equals(1, 1)"))).await, "yes x");
    let switch = |on: &str| json!({"type": "Switch", "expression": on, "cases": {"One": {"case": "Dismissed", "actions": {"one": compose(json!(1))}}}, "default": {"actions": {"other": compose(json!(1))}}});
    assert_eq!(which(switch("Dismissed")).await, "one x");
    assert_eq!(which(switch("dismissed")).await, "other x");
    let until = json!({"type": "Until", "expression": "@equals(iterationIndexes('x'), 2)", "limit": {"count": 5}, "actions": {"turn": compose(json!(1))}});
    assert_eq!(which(until).await, "turn turn turn x");
}

#[tokio::test(start_paused = true)]
async fn requests_are_made_and_tried_again() {
    let world = World::default();
    let run = run_in(
        &world,
        json!({
            "h": {"type": "Http", "inputs": {"method": "get", "uri": "https://x/v1", "queries": {"query": "a | b"}, "authentication": {"type": "ManagedServiceIdentity", "identity": "/id", "audience": "https://x"}}},
            "p": after(json!({"type": "ParseJson", "inputs": {"content": "@body('h')", "schema": {"type": "object", "properties": {"asked": {"type": "string"}}, "required": ["asked"]}}}), json!({"h": ["Succeeded"]})),
            "c": after(json!({"type": "ApiConnection", "inputs": {"host": {"connection": {"name": "@parameters('$connections')['sentinel']['connectionId']"}}, "method": "put", "path": "/Incidents", "body": {"a": "@body('p')?['asked']"}}}), json!({"p": ["Succeeded"]})),
            "b": after(json!({"type": "Http", "inputs": {"method": "GET", "uri": "https://x/busy", "retryPolicy": {"type": "fixed", "count": 2, "interval": "PT10S"}}}), json!({"c": ["Succeeded"]})),
            "d": after(json!({"type": "Http", "inputs": {"method": "GET", "uri": "https://x/busy2"}}), json!({"b": ["Succeeded"]})),
            "g": after(json!({"type": "Http", "inputs": {"method": "GET", "uri": "https://x/gone"}}), json!({"d": ["Succeeded"]}))
        }),
    )
    .await;
    assert_eq!(statuses(&run), ["h Succeeded", "p Succeeded", "c Succeeded", "b Succeeded", "d Succeeded", "g Failed"]);
    let first = "GET https://x/v1?query=a%20%7C%20b as /id for https://x";
    assert_eq!(
        world.asked.lock().expect("it is whole")[..2],
        [first.to_owned(), "PUT /Incidents of /c/1 \"managed\"".to_owned()]
    );
    assert_eq!(outputs(&run, "c")["body"]["sent"]["a"], json!(first));
    let seconds: Vec<f64> = world.waited.lock().expect("it is whole").iter().map(Duration::as_secs_f64).collect();
    assert_eq!(seconds, [10.0, 10.0, 7.5, 15.0]);
    assert_eq!(run.status, Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn json_is_checked_against_its_schema() {
    let rows = json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}});
    let check = async |content: Value, expected: Option<&str>| {
        let run = run(json!({"p": {"type": "ParseJson", "inputs": {"content": content, "schema": rows}}})).await;
        let found = run.records[0].error.as_ref().map(|error| format!("{}: {}", error.code, error.message));
        assert_eq!(found.as_deref(), expected);
    };
    check(json!([["a"]]), None).await;
    check(json!("[[\"a\"]]"), None).await;
    check(json!([["a", null]]), Some("SchemaValidationFailed: The schema validation failed. Invalid type. Expected String but got Null. At '#[0][1]'.")).await;
    check(json!("[["), Some("InvalidJsonContent: The content is not valid JSON: A value is expected, and the text ends. At line '1' and column '3'.")).await;
}

#[test]
fn what_is_not_a_workflow_is_refused() {
    let check = |actions: Value, kind: Kind, expected: &str| {
        let error = Workflow::new(&workflow(actions), &Value::Null).expect_err("it is none");
        assert_eq!((error.to_string(), error.kind), (expected.to_owned(), kind));
    };
    check(
        json!({"a": {"type": "Liquid", "inputs": {}}}),
        Kind::Unsupported,
        "Actions of type 'Liquid' are not supported by this engine. At 'actions.a.type'.",
    );
    check(json!({"a": {"inputs": 1}}), Kind::Invalid, "'type' must be there, and a string. At 'actions.a'.");
    check(
        json!({"a": after(compose(json!(1)), json!({"b": ["Succeeded"]}))}),
        Kind::Invalid,
        "The action 'a' runs after 'b', and there is no action of that name beside it. At 'actions.a.runAfter.b'.",
    );
    check(
        json!({"a": after(compose(json!(1)), json!({"b": ["Succeeded"]})), "b": after(compose(json!(1)), json!({"a": ["Succeeded"]}))}),
        Kind::Invalid,
        "The 'runAfter' of the action 'a' leads in a circle. At 'actions.a'.",
    );
    check(
        json!({"a": compose(json!({"b": ["@x("]}))}),
        Kind::Invalid,
        "Unable to parse language expression 'x(': expected token 'Identifier' and actual 'EndOfData'. At 'actions.a.inputs.b[0]'.",
    );
    check(
        json!({"l": {"type": "Foreach", "foreach": "@a()", "actions": {"v": {"type": "InitializeVariable", "inputs": {}}}}}),
        Kind::Invalid,
        "A variable can only be initialized at the top of a workflow, not inside of another action. At 'actions.l.actions.v'.",
    );
    check(
        json!({"a": {"type": "If", "expression": {"like": [1, 2]}}}),
        Kind::Invalid,
        "'like' is not an operator of conditions: 'and', 'or', 'not' and 'equals', 'greater', 'greaterOrEquals', 'less', 'lessOrEquals', 'contains', 'startsWith', 'endsWith' are. At 'actions.a.expression.like'.",
    );
    let unknown = Workflow::new(&workflow(json!({})), &json!({"q": {"value": 1}})).expect_err("q is not declared");
    assert_eq!(
        unknown.to_string(),
        "The workflow parameter 'q' is given a value, and the definition does not declare it. At 'parameters'."
    );
}

#[test]
fn triggers_are_known() {
    let mut definition = workflow(json!({}));
    definition["triggers"]["manual"] = json!({"type": "Request"});
    definition["triggers"]["incident"] = json!({"type": "ApiConnectionWebhook"});
    let workflow = Workflow::new(&definition, &Value::Null).expect("it is a workflow");
    let kinds: Vec<&TriggerKind> = workflow.triggers().iter().map(|trigger| &trigger.kind).collect();
    assert!(
        matches!(kinds[..], [TriggerKind::Recurrence(_), TriggerKind::Request, TriggerKind::Other(_)]),
        "{kinds:?}"
    );
}
