//! The twin on sockets: TLS that a client trusts by the twin's own certificate, and managed identity by plain HTTP.

use std::path::Path;

use lockstep_twin::{Options, Server, ServerOptions, Twin};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_client_signs_in_by_managed_identity_and_calls_over_tls() {
    let twin = Twin::new(Options::default());
    let server = Server::start(twin.clone(), ServerOptions::default()).unwrap();
    let ca = reqwest::Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let env = server.env_file(Path::new("/tmp/ca.pem"));
    let variable = |name: &str| env.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap().to_owned();

    let url = format!("{}?api-version=2019-08-01&resource={}", variable("IDENTITY_ENDPOINT"), variable("TWIN_ARM"));
    let token = client.get(url).header("X-IDENTITY-HEADER", variable("IDENTITY_HEADER")).send().await.unwrap();
    let token: Value = serde_json::from_str(&token.text().await.unwrap()).unwrap();
    let token = token["access_token"].as_str().unwrap().to_owned();

    let arm = format!("{}/subscriptions?api-version=2022-12-01", variable("TWIN_ARM"));
    let reply = client.get(&arm).bearer_auth(&token).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(reply.headers().contains_key("date"));
    let by_name = arm.replace("127.0.0.1", "localhost");
    assert_eq!(client.get(by_name).bearer_auth(&token).send().await.unwrap().status(), 200);

    let imds = format!("{}/metadata/identity/oauth2/token", variable("TWIN_ARM"));
    assert_eq!(
        client.get(imds).header("Metadata", "true").send().await.unwrap().status(),
        404,
        "managed identity has its own port"
    );
    let arm_by_http = arm.replace(&variable("TWIN_ARM"), &server.identity_url());
    assert_eq!(
        client.get(arm_by_http).bearer_auth(&token).send().await.unwrap().status(),
        404,
        "and the port serves nothing else"
    );

    let config = server.config_file(Path::new("/tmp/ca.pem"));
    assert!(config.contains(&format!("arm = \"{}\"", server.url())));
    for secret in [twin.secrets().client_secret.expose(), twin.secrets().identity_header.expose()] {
        assert!(!config.contains(secret));
    }
    server.shutdown().await;
    assert!(client.get(&arm).bearer_auth(&token).send().await.is_err());
}

#[tokio::test]
async fn what_is_no_request_gets_a_4xx_or_a_closed_connection() {
    let server = Server::start(Twin::new(Options::default()), ServerOptions::default()).unwrap();
    let plain = server.identity_url().trim_start_matches("http://").to_owned();
    let tls = server.url().trim_start_matches("https://").to_owned();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
    for sent in [
        "GET /msi/token\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /msi/token HTTP/1.1\r\nHost: x\r\nX-Nul: a\0b\r\n\r\n",
        "GET /msi/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "TRACE /msi/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET \\ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /msi/token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /msi/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "no request at all\r\n\r\n",
        &long,
    ] {
        let answer = exchange(&plain, sent.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{sent:.60}\n{answer:.200}");
    }
    let answer = exchange(&tls, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

/// Sends bytes, and reads until the other side closes.
async fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn idle_and_slow_clients_stall_nobody() {
    let server = Server::start(Twin::new(Options::default()), ServerOptions::default()).unwrap();
    let plain = server.identity_url().trim_start_matches("http://").to_owned();
    let mut idle = Vec::new();
    for number in 0..150 {
        let mut stream = TcpStream::connect(&plain).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"POST /msi/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow").await.unwrap();
        }
        idle.push(stream);
    }
    let answer = exchange(&plain, b"GET /msi/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_on_any_path() {
    let server = Server::start(Twin::new(Options::default()), ServerOptions::default()).unwrap();
    let ca = reqwest::Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    for (path, expected) in [("/moon", 404), ("/_twin/alerts", 413)] {
        let sent = client.post(format!("{}{path}", server.url())).body(vec![b'x'; 10 << 20]).send().await;
        assert_eq!(sent.unwrap().status(), expected, "{path}");
    }
}
