//! A cloud that goes wrong: what is said of it, on which side it is, and what to do. Nothing is written from such answers.

use crate::cloud::{Cloud, Fault, is_query, refusal, reply};

/// Plans against a cloud with a fault, and looks at the exit code and for words of what is said.
fn check(fault: Fault, exit: i32, expected: &[&str]) {
    let cloud = Cloud::with(fault);
    let place = cloud.place("seed");
    for command in ["plan", "apply"] {
        let output = place.run(&[command, "--patience", "0s"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{command}: {said}");
        for words in expected.iter().chain(&["nothing was written"]) {
            assert!(said.contains(words), "{command}: {words:?} is not in {said}");
        }
    }
    assert_eq!(cloud.twin.stats().of("Incidents_CreateOrUpdate"), 0);
}

#[test]
fn an_answer_that_says_no() {
    check(
        |_, path| is_query(path).then(|| refusal("401 Unauthorized", "", "InvalidToken")),
        6,
        &["Log Analytics", "InvalidToken"],
    );
    check(
        |_, path| is_query(path).then(|| refusal("403 Forbidden", "", "InsufficientAccessError")),
        6,
        &["Log Analytics", "InsufficientAccessError", "help: ", "60 minutes"],
    );
    check(
        |_, path| is_query(path).then(|| refusal("404 Not Found", "", "WorkspaceNotFoundError")),
        4,
        &["Log Analytics", "WorkspaceNotFoundError", "help: check the names"],
    );
    check(|_, path| is_query(path).then(|| refusal("409 Conflict", "", "Conflict")), 4, &["Log Analytics", "Conflict"]);
}

#[test]
fn a_twin_is_not_taken_for_the_cloud_nor_the_reverse() {
    check(
        |_, path| is_query(path).then(|| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
        2,
        &["what answers there is no twin", "help: name the twin's own hosts"],
    );
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let settings = place.path().join("lockstep.toml");
    let text = std::fs::read_to_string(&settings).expect("settings").replace("\"twin\"", "\"custom\"");
    std::fs::write(&settings, text).expect("settings");
    for command in ["plan", "apply"] {
        let output = place.run(&[command]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("a twin answers there") && said.contains("name = \"twin\""), "{said}");
    }
}

#[test]
fn an_answer_that_says_later() {
    check(
        |_, path| is_query(path).then(|| refusal("429 Too Many Requests", "Retry-After: 1200\r\n", "Throttled")),
        4,
        &["Log Analytics", "1200 s"],
    );
    check(
        |_, path| is_query(path).then(|| refusal("429 Too Many Requests", "", "Throttled")),
        4,
        &["Log Analytics", "throttled"],
    );
    check(
        |_, path| is_query(path).then(|| refusal("500 Internal Server Error", "", "InternalError")),
        4,
        &["Log Analytics", "500", "InternalError", "service health"],
    );
}

#[test]
fn an_answer_that_is_none() {
    let whole = "{\"tables\":[]}";
    assert_eq!(whole.len(), 13);
    check(
        |_, path| {
            is_query(path)
                .then(|| b"HTTP/1.1 200 OK\r\nX-Lockstep-Twin: 1\r\nContent-Length: 1300\r\n\r\n{\"tables\":[".to_vec())
        },
        4,
        &["Log Analytics", "no whole answer"],
    );
    check(|_, path| is_query(path).then(|| reply("200 OK", "", "<html>Proxy</html>")), 4, &["Log Analytics", "proxy"]);
    check(|_, path| is_query(path).then(|| reply("200 OK", "", "")), 4, &["Log Analytics", "empty", "200"]);
    check(
        |_, path| is_query(path).then(|| b"HTTP/1.1 204 No Content\r\nX-Lockstep-Twin: 1\r\n\r\n".to_vec()),
        4,
        &["Log Analytics", "empty", "204"],
    );
    check(
        |_, path| {
            let body = r#"{"tables":[{"name":"PrimaryResult","columns":[],"rows":[]}],"error":{"code":"PartialError","message":"There were some errors."}}"#;
            is_query(path).then(|| reply("200 OK", "", body))
        },
        4,
        &["Log Analytics", "partial", "PartialError"],
    );
    check(|_, path| is_query(path).then(|| b"\0\0\0".to_vec()), 4, &["Log Analytics", "no whole answer"]);
}

#[test]
fn hostile_text_of_an_answer_is_not_obeyed() {
    check(
        |_, path| is_query(path).then(|| refusal("400 Bad Request", "", "\\u001b[2J\\u202e")),
        4,
        &["Log Analytics", "\\u{1b}[2J\\u{202e}"],
    );
}

#[test]
fn sign_in_that_fails() {
    let is_token = |path: &str| path.contains("/oauth2/");
    let _ = is_token;
    check(
        |_, path| path.contains("/oauth2/").then(|| refusal("500 Internal Server Error", "", "ServerError")),
        4,
        &["Microsoft Entra", "500"],
    );
    check(|_, path| path.contains("/oauth2/").then(|| reply("200 OK", "", "not JSON")), 4, &["Microsoft Entra"]);

    let cloud = Cloud::new();
    let place = cloud.place("seed").env("AZURE_CLIENT_SECRET", "wrong");
    let output = place.run(&["apply"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    for words in ["Microsoft Entra", "AADSTS7000215", "help: check the client secret"] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(!said.contains("\"wrong\""), "{said}");
}

#[test]
fn a_host_that_cannot_be_reached_or_trusted() {
    let cloud = Cloud::new();
    let place = cloud.place("seed");
    let settings = std::fs::read_to_string(place.path().join("lockstep.toml")).expect("it was written");

    let untrusted = settings.replace("ca = \"ca.pem\"\n", "");
    let place = place.with("untrusted.toml", &untrusted);
    let output = place.run(&["plan", "--config", "untrusted.toml", "--patience", "0s"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("is not trusted") && said.contains("CA file"), "{said}");

    // A port on which nobody listens any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = listener.local_addr().expect("an address");
    drop(listener);
    let place = place.with("unreachable.toml", &settings.replace(&cloud.url, &format!("https://{free}")));
    let output = place.run(&["plan", "--config", "unreachable.toml", "--patience", "0s"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("could not be reached") && said.contains("check the network"), "{said}");
}
