//! Queries over files. What queries mean is tested where the engine is; here it is about files, formats and answers.

use std::io::Write;
use std::process::Stdio;

use crate::run::{Place, shown};

fn place() -> Place {
    Place::new()
        .with(
            "data/si.jsonl",
            "{\"TimeGenerated\":\"2024-05-01T10:00:00Z\",\"IncidentNumber\":7,\"Title\":\"One\",\"AlertIds\":[\"a\"]}\n\
             {\"TimeGenerated\":\"2024-05-01T11:00:00Z\",\"IncidentNumber\":8,\"Title\":\"Two, \\\"quoted\\\"\",\"Status\":\"New\"}\n",
        )
        .with("data/Visits.jsonl", "{\"At\":\"2024-05-01T10:00:00Z\",\"Count\":3,\"Who\":\"me\",\"Share\":0.5,\"Tags\":[1]}\n")
        .with("data/notes.txt", "not a table\n")
}

fn check(arguments: &[&str]) -> String {
    place().shown(&[&["kql", "run", "--data", "data"], arguments].concat())
}

#[test]
fn the_formats() {
    let query = "SecurityIncident | project IncidentNumber, Title, Status, AlertIds, TimeGenerated";
    insta::assert_snapshot!(check(&["--query", query]), @r#"
    exit code 0
    --- stdout
    ╭────────────────┬───────────────┬────────┬──────────┬──────────────────────────────╮
    │ IncidentNumber │ Title         │ Status │ AlertIds │ TimeGenerated                │
    ╞════════════════╪═══════════════╪════════╪══════════╪══════════════════════════════╡
    │ 7              │ One           │        │ ["a"]    │ 2024-05-01T10:00:00.0000000Z │
    │ 8              │ Two, "quoted" │ New    │          │ 2024-05-01T11:00:00.0000000Z │
    ╰────────────────┴───────────────┴────────┴──────────┴──────────────────────────────╯
    2 rows
    "#);
    insta::assert_snapshot!(check(&["--query", query, "--format", "csv"]).replace('\r', ""), @r#"
    exit code 0
    --- stdout
    IncidentNumber,Title,Status,AlertIds,TimeGenerated
    7,One,,"[""a""]",2024-05-01T10:00:00.0000000Z
    8,"Two, ""quoted""",New,,2024-05-01T11:00:00.0000000Z
    "#);
    insta::assert_snapshot!(check(&["--query", query, "--format", "json"]), @r#"
    exit code 0
    --- stdout
    {"tables":[{"name":"PrimaryResult","columns":[{"name":"IncidentNumber","type":"int"},{"name":"Title","type":"string"},{"name":"Status","type":"string"},{"name":"AlertIds","type":"dynamic"},{"name":"TimeGenerated","type":"datetime"}],"rows":[[7,"One","","[\"a\"]","2024-05-01T10:00:00Z"],[8,"Two, \"quoted\"","New",null,"2024-05-01T11:00:00Z"]]}]}
    "#);
}

#[test]
fn columns_are_those_of_log_analytics_or_of_the_file() {
    let said = check(&["--schema", "--format", "csv"]);
    for line in
        ["SecurityIncident,IncidentNumber,int", "SecurityIncident,AlertIds,dynamic", "SecurityIncident,Labels,dynamic"]
    {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    let of_visits: Vec<_> = said.lines().filter(|line| line.starts_with("Visits,")).collect();
    insta::assert_snapshot!(of_visits.join("\n"), @r#"
    Visits,At,datetime
    Visits,Count,long
    Visits,Who,string
    Visits,Share,real
    Visits,Tags,dynamic
    "#);
    let said = check(&["--schema", "--format", "csv", "--query", "Visits | summarize n = count() by Who"]);
    assert!(said.contains("PrimaryResult,n,long"), "{said}");
}

#[test]
fn now_is_what_it_is_told_to_be() {
    insta::assert_snapshot!(check(&["--query", "print now()", "--now", "2024-05-01T12:00:00+02:00", "--format", "csv"]), @r#"
    exit code 0
    --- stdout
    print_0
    2024-05-01T10:00:00.0000000Z
    "#);
}

#[test]
fn a_query_comes_from_a_file_or_from_standard_input() {
    let place = place().with("q.kql", "// a comment\nVisits\n| where Count == 3 | project Who\n");
    insta::assert_snapshot!(place.shown(&["kql", "run", "q.kql", "--data", "data", "--format", "csv"]), @r#"
    exit code 0
    --- stdout
    Who
    me
    "#);
    let mut child = place
        .command(&["kql", "run", "-", "--data", "data", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("it is piped").write_all(b"print 1").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    insta::assert_snapshot!(shown(&output, place.path()), @r#"
    exit code 0
    --- stdout
    print_0
    1
    "#);
}

#[test]
fn what_cannot_be_run_is_shown_in_its_place() {
    // How a fault is worded is the engine's business.
    let check_place = |query: &str, expected: &[&str]| {
        let said = check(&["--query", query]);
        for words in expected.iter().chain(&["exit code 2\n--- stderr\nerror: "]) {
            assert!(said.contains(words), "{query}: {words:?} is not in {said}");
        }
    };
    check_place(
        "Visits\n| where Cuont == 3",
        &["SEM0100", "Cuont", "--> query:2:9", "\n2 | | where Cuont == 3\n", "^^^^^"],
    );
    check_place("Visits | where", &["SYN0002", "--> query:1:15"]);
    check_place("Gone | take 1", &["SEM0100", "Gone", "--> query:1:1"]);
    insta::assert_snapshot!(check(&[]), @r#"
    exit code 2
    --- stderr
    error: there is no query
     |
     = help: name a file that holds one, `-` for standard input, or use --query TEXT
    "#);
    insta::assert_snapshot!(Place::new().shown(&["kql", "run", "gone.kql"]), @r#"
    exit code 2
    --- stderr
    error: gone.kql cannot be read
     |
     = note: because No such file or directory (os error 2)
    "#);
    insta::assert_snapshot!(Place::new().shown(&["kql", "run", "--query", "print 1", "--data", "gone"]), @r#"
    exit code 2
    --- stderr
    error: gone cannot be read
     |
     = note: because No such file or directory (os error 2)
    "#);
}

#[test]
fn rows_that_are_none_are_named() {
    let place = Place::new().with("data/T.jsonl", "{\"a\":1}\nnonsense\n");
    insta::assert_snapshot!(place.shown(&["kql", "run", "--query", "T", "--data", "data"]), @r#"
    exit code 2
    --- stderr
    error: data/T.jsonl cannot be loaded
     |
     = note: because line 2 is not a JSON object: expected ident at line 1 column 2
    "#);
    let place = Place::new().with("data/si.jsonl", "{\"IncidentNumber\":\"many\"}\n");
    insta::assert_snapshot!(place.shown(&["kql", "run", "--query", "T", "--data", "data"]), @r#"
    exit code 2
    --- stderr
    error: data/si.jsonl cannot be loaded
     |
     = note: because line 1 does not fit the table
     = note: because column IncidentNumber holds int values and cannot take "many"
    "#);
    let place = Place::new().with("data/si.jsonl", "").with("data/SecurityIncident.jsonl", "");
    let output = place.run(&["kql", "run", "--query", "T", "--data", "data"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("are both the table SecurityIncident"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_batch_answers_each_line_in_its_order() {
    let place = place();
    let mut child = place
        .command(&["kql", "batch", "--data", "data", "--now", "2024-05-01T12:00:00Z"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let lines = [
        r#"{"id":1,"query":"Visits | project At, Count, Who, Share, Tags"}"#,
        r#"{"id":"two","query":"Gone | take 1"}"#,
        "",
        "nonsense",
        r#"{"id":{"any":"value"},"query":"print now()"}"#,
        r#"{"id":3}"#,
        r#"{"id":null,"query":"print x = real(nan), y = 1h, z = dynamic({\"a\":1})"}"#,
    ];
    child.stdin.take().expect("it is piped").write_all(lines.join("\n").as_bytes()).expect("it reads");
    insta::assert_snapshot!(shown(&child.wait_with_output().expect("it ends"), place.path()), @r#"
    exit code 0
    --- stdout
    {"id":1,"columns":[{"name":"At","type":"datetime"},{"name":"Count","type":"long"},{"name":"Who","type":"string"},{"name":"Share","type":"real"},{"name":"Tags","type":"dynamic"}],"rows":[["2024-05-01T10:00:00Z",3,"me",0.5,"[1]"]]}
    {"id":"two","error":{"code":"SEM0100","message":"The name 'Gone' does not refer to any known table, tabular variable or function."}}
    {"id":null,"error":{"code":"BadArgumentError","message":"a line must be {\"id\", \"query\"}: expected ident at line 1 column 2"}}
    {"id":{"any":"value"},"columns":[{"name":"print_0","type":"datetime"}],"rows":[["2024-05-01T12:00:00Z"]]}
    {"id":3,"error":{"code":"BadArgumentError","message":"a line must be {\"id\", \"query\"}: missing field `query` at line 1 column 8"}}
    {"id":null,"columns":[{"name":"x","type":"real"},{"name":"y","type":"timespan"},{"name":"z","type":"dynamic"}],"rows":[["NaN","01:00:00","{\"a\":1}"]]}
    "#);
}

#[test]
fn cells_are_not_obeyed() {
    let place = Place::new().with("data/T.jsonl", "{\"a\":\"\\u001b[2J\\u202e\\nb\"}\n");
    let said = place.shown(&["kql", "run", "--query", "T", "--data", "data"]);
    assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said:?}");
}

#[test]
fn a_check_tells_everything_that_is_wrong_and_runs_nothing() {
    let place = place()
        .with("good.kql", "SecurityIncident | where Status == 'New' | project Titel = Title\n")
        .with("bad.kql", "SecurityIncident\n| where Titel == 'x'\n| project Sverity, tolowr(Title)\n")
        .with("own.kql", "Visits | where Count > 1\n");
    assert_eq!(place.shown(&["kql", "check", "good.kql"]), "exit code 0\n");
    let said = place.shown(&["kql", "check", "good.kql", "bad.kql"]);
    for words in [
        "exit code 2\n--- stdout\n",
        "bad.kql:2:9",
        "\n2 | | where Titel == 'x'\n",
        "help: Did you mean 'Title'?",
        "bad.kql:3:",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(!said.contains("good.kql"), "{said}");
    let lines = place.shown(&["kql", "check", "bad.kql", "--format", "json"]);
    assert!(lines.contains(r#"{"file":"bad.kql","code":"SEM0100","#), "{lines}");
    assert!(lines.contains(r#""start":25,"end":30,"hint":"Did you mean 'Title'?"}"#), "{lines}");
    // Tables of a folder are known where it is named.
    assert!(place.shown(&["kql", "check", "own.kql"]).contains("'Visits'"));
    assert_eq!(place.shown(&["kql", "check", "own.kql", "--data", "data"]), "exit code 0\n");
}

#[test]
fn what_is_piped_into_the_console_is_a_query() {
    let place = place();
    let piped = |text: &str, format: &str| {
        let mut child = place
            .command(&["kql", "--data", "data", "--format", format])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("it reads");
        shown(&child.wait_with_output().expect("it ends"), place.path())
    };
    let said = piped("let a = 2;\nVisits | project n = Count * a", "csv").replace('\r', "");
    assert_eq!(said, "exit code 0\n--- stdout\nn\n6\n");
    let said = piped("Visits |", "json");
    assert!(said.contains("exit code 2") && said.contains("standard input:1:9"), "{said}");
}
