//! Who asks: each kind of identity from settings and environment to a request that is answered.

use rcgen::{CertificateParams, KeyPair};

use crate::cloud::{Cloud, Fault, reply};
use crate::run::Place;

/// A place whose settings say `auth` in the place of the client secret.
fn place(cloud: &Cloud, auth: &str) -> Place {
    let place = cloud.place("observe");
    let path = place.path().join("lockstep.toml");
    let settings = std::fs::read_to_string(&path).expect("there are settings");
    let (start, end) = settings.split_once("auth = \"client-secret\"\n").expect("they name the secret");
    // A table ends what stands above it.
    let settings =
        if auth.starts_with('[') { format!("{start}{end}\n{auth}\n") } else { format!("{start}{auth}\n{end}") };
    std::fs::write(path, settings).expect("they can be written");
    place
}

fn pem(cloud: &Cloud) -> String {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let certificate = CertificateParams::new(Vec::new()).and_then(|it| it.self_signed(&key)).expect("a certificate");
    cloud.twin.register_key(key.public_key_pem());
    format!("{}{}", certificate.pem(), key.serialize_pem())
}

fn check(place: &Place, code: i32, words: &str) {
    let output = place.run(&["plan"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
}

#[test]
fn a_certificate_is_read_from_a_file_that_settings_or_environment_name() {
    let cloud = Cloud::new();
    let pem = pem(&cloud);
    let named = "[auth]\nkind = \"client-certificate\"\ncertificate_file = \"app.pem\"";
    check(&place(&cloud, named).with("app.pem", &pem), 0, "");
    let path = place(&cloud, "auth = \"client-certificate\"").with("app.pem", &pem);
    let absolute = path.path().join("app.pem").display().to_string();
    check(&path.env("AZURE_CLIENT_CERTIFICATE_PATH", &absolute), 0, "");
    check(&place(&cloud, "auth = \"client-certificate\""), 2, "AZURE_CLIENT_CERTIFICATE_PATH is not set");
    let half = pem.split("-----BEGIN PRIVATE").next().expect("a certificate").to_owned();
    check(&place(&cloud, named).with("app.pem", &half), 2, "it holds no private key");
    let stray = "[auth]\nkind = \"client-certificate\"\ntoken_file = \"x\"";
    check(&place(&cloud, stray), 2, "`token_file` means nothing for auth \"client-certificate\"");
}

#[test]
fn auto_takes_what_the_environment_names() {
    let cloud = Cloud::new();
    // The secret is in the environment of every place.
    check(&place(&cloud, "auth = \"auto\""), 0, "");
    // A certificate goes before it, a federated token before both.
    let broken = place(&cloud, "auth = \"auto\"").env("AZURE_CLIENT_CERTIFICATE_PATH", "gone.pem");
    check(&broken, 2, "gone.pem, which AZURE_CLIENT_CERTIFICATE_PATH names, cannot be read");
    let federated = broken.env("AZURE_FEDERATED_TOKEN_FILE", "gone.token");
    check(&federated, 2, "failed to read federated token from file gone.token");
    check(
        &place(&cloud, "[auth]\nkind = \"auto\"\nclient_id = \"x\""),
        2,
        "`client_id` means nothing for auth \"auto\"",
    );
}

#[test]
fn a_pipeline_shows_the_token_of_its_service_connection() {
    // {"alg":"RS256"} . {"aud":"api://AzureADTokenExchange","sub":"sc://o/p/c","exp":4102444800} . signature
    let oidc: Fault = |_, path| {
        path.starts_with("/oidc").then(|| {
            reply(
                "200 OK",
                "",
                "{\"oidcToken\":\"eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhcGk6Ly9BenVyZUFEVG9rZW5FeGNoYW5nZSIsInN1YiI6InNjOi8vby9wL2MiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl\"}",
            )
        })
    };
    let cloud = Cloud::with(oidc);
    let client = cloud.twin.estate().client_id.clone();
    let connection = "11111111-2222-4333-8444-555555555555";
    let job = |place: Place| {
        place
            .env("SYSTEM_OIDCREQUESTURI", &format!("{}/oidc", cloud.url))
            .env("SYSTEM_ACCESSTOKEN", "canary-job-token")
            .env("AZURESUBSCRIPTION_CLIENT_ID", &client)
    };
    let place = job(place(&cloud, "auth = \"azure-pipelines\""));
    check(&place, 2, "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is not set");
    check(&place.env("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", connection), 0, "");
}
