//! Signing in: Entra, managed identity, and what tokens are good for.

use axum::body::Body;
use http::Request;

use crate::cloud::{Cloud, send, send_request, token};

#[tokio::test]
async fn an_application_gets_a_token_for_its_secret_or_its_assertion() {
    let cloud = Cloud::new().await;
    let (tenant, client) = (cloud.twin.estate().tenant_id.clone(), cloud.twin.estate().client_id.clone());
    let secret = cloud.twin.secrets().client_secret.expose().to_owned();
    let check = async |path: &str, form: &str, expected: &str| {
        let form = form.replace("{id}", &client).replace("{secret}", &secret);
        let url = format!("https://login.microsoftonline.com/{}", path.replace("{tenant}", &tenant));
        let reply = send(&cloud.twin, "POST", &url, None, &form).await;
        assert_eq!(reply.outcome(), expected, "{path} {form}\n{}", reply.text);
        reply.json()
    };
    let v2 = "{tenant}/oauth2/v2.0/token";
    let good = "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default";
    let token = check(v2, good, "200").await;
    assert_eq!(token["expires_in"], 3599);
    assert_eq!(token["access_token"].as_str().unwrap().split('.').count(), 3);
    let v1 = check(
        "{tenant}/oauth2/token",
        "grant_type=client_credentials&client_id={id}&client_secret={secret}&resource=https://management.azure.com/",
        "200",
    )
    .await;
    assert_eq!(v1["expires_in"], "3599");
    let wrong = check(v2, &good.replace("{secret}", "wrong"), "401 invalid_client").await;
    assert_eq!(wrong["error_codes"], serde_json::json!([7_000_215]));
    assert!(wrong["error_description"].as_str().unwrap().starts_with("AADSTS7000215: Invalid client secret provided."));
    check(v2, &good.replace("{id}", "someone"), "400 unauthorized_client").await;
    check(v2, &good.replace("client_credentials", "password"), "400 unsupported_grant_type").await;
    check(v2, &good.replace("%2F%2F.default", ""), "400 invalid_scope").await;
    check(v2, "", "400 invalid_request").await;
    check("nowhere/oauth2/v2.0/token", good, "400 invalid_request").await;
    let assertion = |subject: &str, until: f64| {
        use jsonwebtoken::{EncodingKey, Header, encode};
        let claims = serde_json::json!({"aud": "x", "sub": subject, "exp": until});
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(b"any")).unwrap();
        format!(
            "grant_type=client_credentials&client_id={{id}}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={token}&scope=x/.default"
        )
    };
    check(v2, &assertion(&client, 1_900_000_000.0), "200").await;
    check(v2, &assertion(&client, 1_900_000_000.25), "200").await;
    check(v2, &assertion(&client, 1_600_000_000.0), "401 invalid_client").await;
    check(v2, &assertion("someone", 1_900_000_000.0), "401 invalid_client").await;
}

#[tokio::test]
async fn a_host_gets_tokens_by_both_forms_of_managed_identity() {
    let cloud = Cloud::new().await;
    let estate = cloud.twin.estate().clone();
    let header = cloud.twin.secrets().identity_header.expose().to_owned();
    let check = async |url: &str, header: Option<(&str, &str)>, expected: u16| {
        let mut request = Request::get(url);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let reply = send_request(&cloud.twin, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, expected, "{url}\n{}", reply.text);
        reply.json()
    };
    let imds = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/";
    let metadata = Some(("Metadata", "true"));
    let token = check(imds, metadata, 200).await;
    assert_eq!(token["expires_in"], "3599");
    assert_eq!(token["expires_on"], (1_717_200_000 + 3599).to_string());
    assert_eq!(token["client_id"], estate.identity_client_id.as_str());
    check(imds, None, 400).await;
    check(&format!("{imds}&client_id={}", estate.identity_client_id), metadata, 200).await;
    check(&format!("{imds}&client_id={}", estate.client_id), metadata, 200).await;
    check(&format!("{imds}&client_id=other"), metadata, 400).await;
    check(
        &format!("{imds}&client_id={}&object_id={}", estate.identity_client_id, estate.identity_object_id),
        metadata,
        400,
    )
    .await;
    check(&imds.replace("&resource=https://management.azure.com/", ""), metadata, 400).await;
    let endpoint = "http://localhost/msi/token?api-version=2019-08-01&resource=https://api.loganalytics.io";
    let token = check(endpoint, Some(("X-IDENTITY-HEADER", &header)), 200).await;
    assert_eq!(token["expires_in"], serde_json::Value::Null);
    check(endpoint, Some(("X-IDENTITY-HEADER", "wrong")), 401).await;
    check(endpoint, None, 401).await;
}

#[tokio::test]
async fn a_token_is_good_for_its_service_and_its_time() {
    let cloud = Cloud::new().await;
    let arm = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    let logs = format!(
        "https://api.loganalytics.io/v1/workspaces/{}/query?query=SecurityAlert",
        cloud.twin.estate().workspace_id
    );
    let check = async |url: &str, token: Option<&str>, expected: &str| {
        let reply = send(&cloud.twin, "GET", url, token, "").await;
        assert_eq!(reply.outcome(), expected, "{url}");
        if reply.status == 401 {
            assert!(reply.headers["www-authenticate"].to_str().unwrap().contains("authorization_uri=\"https://"));
        }
    };
    let for_arm = token(&cloud.twin, "https://management.azure.com").await;
    let for_logs = token(&cloud.twin, "https://api.loganalytics.azure.com").await;
    check(arm, Some(&for_arm), "200").await;

    check(arm, Some(&for_logs), "401 InvalidAuthenticationTokenAudience").await;
    check(&logs, Some(&for_arm), "403 InvalidTokenError").await;
    check(arm, Some("x.y.z"), "401 InvalidAuthenticationToken").await;
    check(arm, None, "401 AuthenticationFailed").await;
    check(&logs, None, "401 AuthorizationRequiredError").await;
    cloud.twin.clock().step(std::time::Duration::from_secs(3600));
    check(arm, Some(&for_arm), "401 ExpiredAuthenticationToken").await;
    check(&logs, Some(&for_logs), "401 ExpiredAuthenticationToken").await;
}

#[tokio::test]
async fn the_cloud_says_where_everything_is() {
    let cloud = Cloud::new().await;
    let metadata = async |version: &str| {
        send(&cloud.twin, "GET", &format!("https://arm.twin/metadata/endpoints?api-version={version}"), None, "")
            .await
            .json()
    };
    assert_eq!(metadata("2022-09-01").await["resourceManager"], "https://arm.twin/");
    assert_eq!(metadata("2019-05-01").await[0]["authentication"]["loginEndpoint"], "https://arm.twin");
    let url = format!("https://login.twin/{}/v2.0/.well-known/openid-configuration", cloud.twin.estate().tenant_id);
    let configuration = send(&cloud.twin, "GET", &url, None, "").await.json();
    assert!(configuration["token_endpoint"].as_str().unwrap().starts_with("https://login.twin/"));
}
