//! The twin on sockets: TLS that a client trusts by the twin's own certificate, and managed identity by plain HTTP.

use std::path::Path;

use lockstep_twin::{Options, Server, ServerOptions, Twin};
use serde_json::Value;

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
