//! Who we are, and what is said when that is not accepted.

use lockstep_azure::{Auth, Options, UserAssigned};

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
