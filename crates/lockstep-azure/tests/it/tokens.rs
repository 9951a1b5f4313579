//! Who we are, and what is said when that is not accepted.

use azure_core::base64::{decode, decode_url_safe, encode};
use lockstep_azure::{Auth, Certificate, Fault, Now, Options, Secret, UserAssigned};
use lockstep_core::Time;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;

use crate::script::{GUID, SECRET, Said, Script, id, incident, said, secret, silence, throttled};

async fn check(tokens: Vec<Said>, auth: Auth, expected: &str) {
    let script = Script::with_tokens([incident()], tokens);
    let result = script.workspace(auth, Options::default()).incident(&id()).await;
    let found = result.map_or_else(|error| error.to_string(), |incident| format!("incident {}", incident.number));
    assert!(found.starts_with(expected), "{found}");
    assert!(!found.contains("canary"), "{found}");
}

fn entra(code: u32, words: &str) -> Said {
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS{code}: {words}\r\nTrace ID: t\r\nCorrelation ID: c",
            "error_codes":[{code}],"timestamp":"x","trace_id":"t","correlation_id":"c"}}"#
    );
    said(401, body)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_entra_says_why() {
    async fn check_entra(said: Said, expected: &str) {
        check(vec![said], secret(), &format!("reading an incident failed at Microsoft Entra: {expected}")).await;
    }
    check_entra(
        entra(7_000_215, "Invalid client secret provided."),
        "the identity was not accepted (AADSTS7000215): Invalid client secret provided.",
    )
    .await;
    check_entra(entra(90_002, "Tenant not found."), "the identity was not accepted (AADSTS90002)").await;
    check_entra(said(200, "<html>"), "the answer cannot be read").await;
    check_entra(said(200, ""), "the answer cannot be read").await;
    check_entra(said(401, "<html>"), "the identity was not accepted: without a word").await;
    check_entra(throttled(Some("86400")), "throttled").await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_entra_that_may_pass_is_asked_again() {
    check(vec![said(503, ""), throttled(Some("100"))], secret(), "incident 1").await;
    check(vec![silence()], secret(), "incident 1").await;
}

#[tokio::test(start_paused = true)]
async fn an_application_says_its_secret_to_entra_only() {
    let script = Script::of([incident()]);
    let workspace = script.workspace(secret(), Options::default());
    workspace.incident(&id()).await.unwrap();
    workspace.incident(&id()).await.unwrap();
    let [token] = &script.asked_for_tokens()[..] else { panic!("one token lasts for both requests") };
    assert_eq!((token.method.as_str(), token.target.as_str()), ("POST", &*format!("/{GUID}/oauth2/v2.0/token")));
    assert_eq!(token.headers["host"], "login.script.local");
    assert!(token.body.contains("scope=https%3A%2F%2Fmanagement.azure.com%2F.default"), "{}", token.body);
    for asked in script.asked() {
        assert_eq!(asked.headers["authorization"], "Bearer canary-token-1");
        assert!(!format!("{asked:?}").contains(SECRET));
    }
    assert!(!format!("{workspace:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn a_virtual_machine_asks_its_own_host() {
    let script = Script::of([incident()]);
    let which = Auth::ManagedIdentity(Some(UserAssigned::ClientId(GUID.to_owned())));
    script.workspace(which, Options::default()).incident(&id()).await.unwrap();
    let [token] = &script.asked_for_tokens()[..] else { panic!("one token is enough") };
    assert!(token.target.starts_with("/metadata/identity/oauth2/token?"), "{}", token.target);
    assert!(token.target.contains("resource=https%3A%2F%2Fmanagement.azure.com"), "{}", token.target);
    assert!(token.target.contains(&format!("client_id={GUID}")), "{}", token.target);
    assert_eq!(
        (&token.headers["metadata"], &token.headers["host"]),
        (&"true".parse().unwrap(), &"169.254.169.254".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_without_the_identity_says_so() {
    let none = said(400, r#"{"error":"invalid_request","error_description":"Identity not found"}"#);
    let expected = "reading an incident failed at the managed identity endpoint: \
                    the identity was not accepted (invalid_request): Identity not found";
    check(vec![none], Auth::ManagedIdentity(None), expected).await;
}

#[tokio::test(start_paused = true)]
async fn i13_a_token_that_is_refused_is_forgotten_and_asked_for_anew() {
    let challenge = Said(401, vec![("www-authenticate", "Bearer error=\"invalid_token\"")], String::new());
    let script = Script::of([incident(), challenge, incident()]);
    let workspace = script.workspace(secret(), Options::default());
    workspace.incident(&id()).await.unwrap();
    workspace.incident(&id()).await.unwrap();
    let sent: Vec<_> =
        script.asked().iter().map(|it| it.headers["authorization"].to_str().unwrap().to_owned()).collect();
    assert_eq!(sent, ["Bearer canary-token-1", "Bearer canary-token-1", "Bearer canary-token-2"]);
}

#[tokio::test(start_paused = true)]
async fn i13_a_token_that_is_refused_without_a_challenge_is_not_used_again() {
    let script = Script::of([said(401, ""), incident()]);
    let workspace = script.workspace(secret(), Options::default());
    workspace.incident(&id()).await.unwrap_err();
    workspace.incident(&id()).await.unwrap();
    let sent: Vec<_> =
        script.asked().iter().map(|it| it.headers["authorization"].to_str().unwrap().to_owned()).collect();
    assert_eq!(sent, ["Bearer canary-token-1", "Bearer canary-token-2"]);
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_cannot_be_used_is_refused_at_the_door() {
    let empty = Auth::ClientSecret { client_id: GUID.to_owned(), secret: String::new().into() };
    let refused = Script::of([incident()]).door(empty, Options::default()).unwrap_err();
    assert_eq!(refused.to_string(), "the client secret cannot be used: no secret specified");
}

/// A certificate with an RSA key, as one PEM text, and the public key.
fn certificate() -> (Certificate, String) {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
    (Certificate::from_pem(&Secret::new(pem)).unwrap(), key.public_key_pem())
}

fn at(seconds: i64) -> Now {
    Now::told_by(move || Time::from_ticks(seconds * Time::TICKS_PER_SECOND))
}

#[tokio::test(start_paused = true)]
async fn an_application_signs_with_its_certificate() {
    let script = Script::of([incident()]);
    let (certificate, _) = certificate();
    let auth = Auth::ClientCertificate { client_id: GUID.to_owned(), certificate, now: at(1_717_200_000) };
    script.workspace(auth.clone(), Options::default()).incident(&id()).await.unwrap();
    let [token] = &script.asked_for_tokens()[..] else { panic!("one token is enough") };
    let form: Vec<_> = token.body.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let value = |name: &str| form.iter().find(|(key, _)| *key == name).map(|(_, value)| *value).unwrap();
    assert_eq!(value("client_assertion_type"), "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    let parts: Vec<_> = value("client_assertion").split('.').collect();
    let part = |at: usize| -> Value { serde_json::from_slice(&decode_url_safe(parts[at]).unwrap()).unwrap() };
    let (header, claims) = (part(0), part(1));
    assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("PS256"), Some("JWT")));
    assert_eq!(decode_url_safe(header["x5t#S256"].as_str().unwrap()).unwrap().len(), 32);
    assert!(!decode(header["x5c"][0].as_str().unwrap()).unwrap().is_empty());
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(GUID), Some(GUID)));
    assert_eq!(claims["aud"], format!("https://login.script.local/{GUID}/oauth2/v2.0/token"));
    assert_eq!((claims["nbf"].as_i64(), claims["exp"].as_i64()), (Some(1_717_200_000), Some(1_717_200_600)));
    assert!(!format!("{auth:?}").contains("PRIVATE"));
}

#[tokio::test(start_paused = true)]
async fn entra_takes_the_certificate_that_it_knows_and_no_other() {
    let tenant = crate::twin::Tenant::new();
    let now = tenant.twin.clock().now().unix_timestamp();
    let ((known, public), (other, _)) = (certificate(), certificate());
    tenant.twin.register_key(public);
    let ask = async |certificate, at_second| {
        let client_id = tenant.twin.estate().client_id.clone();
        let auth = Auth::ClientCertificate { client_id, certificate, now: at(at_second) };
        tenant.workspace(auth).incident(&tenant.id()).await
    };
    ask(known.clone(), now).await.unwrap();
    for (certificate, at_second, expected) in [(other, now, "AADSTS700027"), (known, now - 3600, "AADSTS700024")] {
        let error = ask(certificate, at_second).await.unwrap_err();
        let Fault::Unauthenticated { code, .. } = &error.fault else { panic!("{error}") };
        assert_eq!(code, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_in_a_file_vouches_for_an_application() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("token");
    let tenant = crate::twin::Tenant::new();
    let exp = tenant.twin.clock().now().unix_timestamp() + 3600;
    let claims =
        format!(r#"{{"aud":"api://AzureADTokenExchange","sub":"system:serviceaccount:soc:lockstep","exp":{exp}}}"#);
    let part = |text: &str| encode(text).trim_end_matches('=').replace('+', "-").replace('/', "_");
    std::fs::write(&file, format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims), part("signature"))).unwrap();
    let client_id = Some(tenant.twin.estate().client_id.clone());
    let auth = |token_file| Auth::WorkloadIdentity { client_id: client_id.clone(), token_file: Some(token_file) };
    tenant.workspace(auth(file.clone())).incident(&tenant.id()).await.unwrap();
    let refused = Script::of([incident()]).door(auth(folder.path().join("gone")), Options::default()).unwrap_err();
    assert!(refused.to_string().starts_with("the workload identity cannot be used: failed to read"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_host_is_asked_for_the_identity_that_was_named() {
    let resource_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    for (which, expected) in [
        (UserAssigned::ClientId(GUID.to_owned()), format!("client_id={GUID}")),
        (UserAssigned::ObjectId(GUID.to_owned()), format!("object_id={GUID}")),
        (UserAssigned::ResourceId(resource_id.to_owned()), "msi_res_id=%2Fsubscriptions".to_owned()),
    ] {
        let script = Script::of([incident()]);
        let auth = Auth::ManagedIdentity(Some(which));
        script.workspace(auth, Options::default()).incident(&id()).await.unwrap();
        let asked = script.asked_for_tokens();
        assert!(asked[0].target.contains(&expected), "{}", asked[0].target);
    }
}

#[tokio::test(start_paused = true)]
async fn claims_that_an_application_cannot_show_are_named() {
    let claims = encode(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
    let challenge = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\"");
    let challenge: &'static str = Box::leak(challenge.into_boxed_str());
    let script = Script::of([Said(401, vec![("www-authenticate", challenge)], String::new())]);
    let error = script.workspace(secret(), Options::default()).incident(&id()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("not accepted (insufficient_claims): the service wants a token with the claims"), "{said}");
    assert!(said.contains("acrs"), "{said}");
    assert!(error.advice().unwrap().contains("Conditional Access"));
}
