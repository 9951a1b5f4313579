//! Microsoft Entra: where to sign in, and tokens for applications.
//!
//! Forms: RFC 6749 client credentials as Entra documents them, v1 (`resource`) and v2 (`scope`), with a client secret or
//! a client assertion. Error codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use form_urlencoded::parse as parse_form;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::reply::{Answer, Refusal, Reply};
use crate::clock::wire_time;
use crate::tokens;

/// What a tenant's sign-in offers.
pub(super) fn configuration(call: &Call) -> Answer {
    let tenant = tenant(call)?;
    let authority = format!("{}/{tenant}", call.origin);
    Ok(Reply::ok(json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{authority}/v2.0"),
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{authority}/oauth2/v2.0/logout"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": host(call),
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })))
}

/// Which hosts belong to the cloud that the caller asks about: this one alone.
pub(super) fn discovery(call: &Call) -> Answer {
    let tenant = &call.twin.estate().tenant_id;
    Ok(Reply::ok(json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", call.origin),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host(call), "preferred_cache": host(call), "aliases": [host(call)]}],
    })))
}

/// The public keys of the tokens: none, for the twin's tokens are good at the twin alone.
pub(super) fn keys(call: &Call) -> Answer {
    tenant(call)?;
    Ok(Reply::ok(json!({"keys": []})))
}

/// A token for an application.
pub(super) fn token(call: &Call) -> Answer {
    let refuse = |refused: Refused| Err(refused.refusal(call));
    let Ok(tenant) = tenant(call) else {
        let description = format!("AADSTS90002: Tenant '{}' not found.", call.param("tenant"));
        return refuse(Refused { status: StatusCode::BAD_REQUEST, error: "invalid_request", code: 90002, description });
    };
    let form = Form::of(call);
    match form.judge(call) {
        Ok(audience) => {
            let estate = call.twin.estate();
            let now = call.now().unix_timestamp();
            let key = &call.twin.secrets().signing_key;
            let principal = estate.principal(tenant);
            let token = tokens::issue(&estate.client_id, &principal, &audience, now, tenant, key);
            let reply = if call.operation.name == "TokenV1" { v1(&audience, now, &token) } else { v2(&token) };
            Ok(Reply::ok(reply))
        }
        Err(refused) => refuse(refused),
    }
}

fn v2(token: &str) -> Value {
    json!({
        "token_type": "Bearer",
        "expires_in": tokens::LIFETIME,
        "ext_expires_in": tokens::LIFETIME,
        "access_token": token,
    })
}

fn v1(resource: &str, now: i64, token: &str) -> Value {
    json!({
        "token_type": "Bearer",
        "expires_in": tokens::LIFETIME.to_string(),
        "ext_expires_in": tokens::LIFETIME.to_string(),
        "expires_on": (now + tokens::LIFETIME).to_string(),
        "not_before": now.to_string(),
        "resource": resource,
        "access_token": token,
    })
}

/// The tenant that the path names, if there is one.
fn tenant(call: &Call) -> Result<&str, Refusal> {
    let tenant = call.param("tenant");
    let estate = call.twin.estate();
    let shared = ["common", "organizations"];
    if shared.iter().any(|name| tenant.eq_ignore_ascii_case(name)) {
        return Ok(&estate.tenant_id);
    }
    if let Some(known) = estate.tenants().into_iter().find(|known| known.eq_ignore_ascii_case(tenant)) {
        return Ok(known);
    }
    let description = format!("AADSTS90002: Tenant '{tenant}' not found.");
    Err(Refused { status: StatusCode::BAD_REQUEST, error: "invalid_tenant", code: 90002, description }.refusal(call))
}

fn host(call: &Call) -> &str {
    call.origin.split_once("://").map_or(&call.origin, |(_, host)| host)
}

/// What an application sends to sign in.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(call: &Call) -> Self {
        Self(parse_form(&call.body).into_owned().collect())
    }

    fn one(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    fn needed(&self, name: &str) -> Result<&str, Refused> {
        self.one(name).ok_or_else(|| {
            let description = format!("AADSTS900144: The request body must contain the following parameter: '{name}'.");
            Refused { status: StatusCode::BAD_REQUEST, error: "invalid_request", code: 900_144, description }
        })
    }

    /// The audience of the token that the form earns.
    fn judge(&self, call: &Call) -> Result<String, Refused> {
        let grant = self.needed("grant_type")?;
        if grant != "client_credentials" {
            let description = format!("AADSTS70003: The app requested an unsupported grant type '{grant}'.");
            return Err(Refused {
                status: StatusCode::BAD_REQUEST,
                error: "unsupported_grant_type",
                code: 70003,
                description,
            });
        }
        let client = self.needed("client_id")?;
        let estate = call.twin.estate();
        if !client.eq_ignore_ascii_case(&estate.client_id) {
            let description = format!(
                "AADSTS700016: Application with identifier '{client}' was not found in the directory '{}'.",
                estate.tenant_id
            );
            return Err(Refused {
                status: StatusCode::BAD_REQUEST,
                error: "unauthorized_client",
                code: 700_016,
                description,
            });
        }
        self.proof(call)?;
        self.audience()
    }

    /// Whether the form proves that the application sends it.
    ///
    /// A secret must be the secret. An assertion must be a token for this application and not over, and signed with the
    /// application's key where one was registered; the signatures of federated tokens are not checked.
    fn proof(&self, call: &Call) -> Result<(), Refused> {
        let unauthorized = |code, description: &str| {
            let description = format!("AADSTS{code}: {description}");
            Err(Refused { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code, description })
        };
        let estate = call.twin.estate();
        if let Some(secret) = self.one("client_secret") {
            let given = secret.as_bytes();
            let right = call.twin.secrets().client_secret.expose().as_bytes();
            let same = given.len() == right.len() && given.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
            if same {
                return Ok(());
            }
            let app = &estate.client_id;
            return unauthorized(
                7_000_215,
                &format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app}'."
                ),
            );
        }
        let Some(assertion) = self.one("client_assertion") else {
            return unauthorized(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            );
        };
        if self.one("client_assertion_type") != Some(JWT_BEARER) {
            return unauthorized(
                700_027,
                "The 'client_assertion_type' must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'.",
            );
        }
        let Ok(token) = jsonwebtoken::dangerous::insecure_decode::<Assertion>(assertion) else {
            return unauthorized(50027, "JWT token is invalid or malformed.");
        };
        let federated = token.claims.aud.as_str() == Some(FEDERATION)
            || token.claims.aud.as_array().is_some_and(|all| all.iter().any(|one| one == FEDERATION));
        if !federated && !token.claims.sub.eq_ignore_ascii_case(&estate.client_id) {
            return unauthorized(700_027, "The client assertion's subject is not the application.");
        }
        if !federated
            && let Some(key) = call.twin.application_key()
            && !is_signed(assertion, &key, &token.claims, call)
        {
            return unauthorized(
                700_027,
                "Client assertion failed signature validation, or is for another audience than this endpoint.",
            );
        }
        if token.claims.exp <= call.now().unix_timestamp() as f64 {
            return unauthorized(700_024, "Client assertion is not within its valid time range.");
        }
        Ok(())
    }

    /// The service that the token is for.
    fn audience(&self) -> Result<String, Refused> {
        if let Some(resource) = self.one("resource") {
            return Ok(resource.to_owned());
        }
        let scope = self.needed("scope")?;
        let service = scope.split_whitespace().find_map(|scope| scope.strip_suffix("/.default"));
        service.map(|service| service.trim_end_matches('/').to_owned()).ok_or_else(|| {
            let description = format!(
                "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            );
            Refused { status: StatusCode::BAD_REQUEST, error: "invalid_scope", code: 1_002_012, description }
        })
    }
}

/// Whether the application's key signed an assertion for this endpoint, and its header names the certificate.
fn is_signed(assertion: &str, public_key: &str, claims: &Assertion, call: &Call) -> bool {
    let Ok(key) = jsonwebtoken::DecodingKey::from_rsa_pem(public_key.as_bytes()) else { return false };
    let Ok(header) = jsonwebtoken::decode_header(assertion) else { return false };
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let endpoint = format!("{}{}", call.origin, call.path);
    let is_here = claims.aud.as_str().is_some_and(|audience| audience.eq_ignore_ascii_case(&endpoint));
    let names_certificate = header.x5t_s256.is_some() || header.x5t.is_some();
    is_here && names_certificate && jsonwebtoken::decode::<Assertion>(assertion, &key, &validation).is_ok()
}

/// What of an assertion is looked at.
#[derive(Clone, Deserialize)]
struct Assertion {
    #[serde(default)]
    aud: Value,
    sub: String,
    /// Seconds since 1970; MSAL for Python writes fractions, as RFC 7519 allows.
    exp: f64,
}

/// Why there is no token.
struct Refused {
    status: StatusCode,
    error: &'static str,
    code: u32,
    description: String,
}

impl Refused {
    fn refusal(self, call: &Call) -> Refusal {
        let trace = Uuid::new_v4();
        let timestamp = wire_time(call.now());
        let timestamp = format!("{}Z", timestamp.split('.').next().unwrap_or_default().replace('T', " "));
        let description = format!(
            "{}\r\nTrace ID: {trace}\r\nCorrelation ID: {}\r\nTimestamp: {timestamp}",
            self.description, call.correlation
        );
        Refusal::raw(
            self.status,
            json!({
                "error": self.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": timestamp,
                "trace_id": trace.to_string(),
                "correlation_id": call.correlation.to_string(),
                "error_uri": format!("{}/error?code={}", call.origin, self.code),
            }),
        )
    }
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FEDERATION: &str = "api://AzureADTokenExchange";
