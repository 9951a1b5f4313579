//! The tokens that the twin's Entra issues, and what a token says of its bearer.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::estate::Secret;

/// How long a token lives, in seconds: what Entra gives an application.
pub(crate) const LIFETIME: i64 = 3599;

/// Who bears a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) app_id: String,
    pub(crate) object_id: String,
    pub(crate) tenant_id: String,
    pub(crate) audience: String,
}

/// The audiences of tokens for ARM, beside its URL.
pub(crate) const ARM: &[&str] = &["https://management.azure.com/", "https://management.core.windows.net/"];

/// The audiences of tokens for Log Analytics, beside its URL.
pub(crate) const LOGS: &[&str] = &[
    "https://api.loganalytics.io/",
    "https://api.loganalytics.azure.com/",
    "https://api.loganalytics.us/",
    "https://api.loganalytics.azure.cn/",
];

/// The audiences of tokens for Microsoft Graph, beside its URL.
pub(crate) const GRAPH: &[&str] = &["https://graph.microsoft.com/"];

/// Whether a token for `audience` is good at a service that is called `origin`, and by the names `known`.
pub(crate) fn is_for(audience: &str, origin: &str, known: &[&str]) -> bool {
    // A twin on the loopback address is the same by each of its names.
    let bare = |url: &str| {
        let url = url.trim_end_matches('/').to_ascii_lowercase();
        url.replacen("://localhost", "://127.0.0.1", 1).replacen("://[::1]", "://127.0.0.1", 1)
    };
    let audience = bare(audience);
    audience == bare(origin) || known.iter().any(|known| audience == bare(known))
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    NotOurs,
    Expired,
}

#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    azp: String,
    oid: String,
    sub: String,
    tid: String,
    uti: String,
    ver: String,
    idtyp: String,
}

/// Issues a token of `tenant` for `audience` to the application `app_id`; `now` is seconds since 1970.
pub(crate) fn issue(app_id: &str, object_id: &str, audience: &str, now: i64, tenant: &str, key: &Secret) -> String {
    let claims = Claims {
        aud: audience.into(),
        iss: format!("https://sts.windows.net/{tenant}/"),
        iat: now,
        nbf: now,
        exp: now + LIFETIME + 1,
        appid: app_id.into(),
        azp: app_id.into(),
        oid: object_id.into(),
        sub: object_id.into(),
        tid: tenant.into(),
        uti: Uuid::new_v4().simple().to_string(),
        ver: "1.0".into(),
        idtyp: "app".into(),
    };
    sign(&claims, key)
}

/// Reads a token that [`issue`] made.
///
/// # Errors
/// [`NotTaken`] for any other text, and for a token whose time is over at `now`.
pub(crate) fn read(token: &str, now: i64, key: &Secret) -> Result<Caller, NotTaken> {
    let claims: Claims = verify(token, key).ok_or(NotTaken::NotOurs)?;
    if now >= claims.exp {
        return Err(NotTaken::Expired);
    }
    Ok(Caller { app_id: claims.appid, object_id: claims.oid, tenant_id: claims.tid, audience: claims.aud })
}

/// Signs `claims` into a compact token that only this start of the twin takes back.
pub(crate) fn sign<T: Serialize>(claims: &T, key: &Secret) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(key.expose().as_bytes()))
        .expect("claims of strings and numbers always serialize, and HMAC takes a key of any length")
}

/// Takes back what [`sign`] made; `None` for anything else.
pub(crate) fn verify<T: for<'a> Deserialize<'a> + Clone>(token: &str, key: &Secret) -> Option<T> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(key.expose().as_bytes());
    jsonwebtoken::decode::<T>(token, &key, &validation).ok().map(|token| token.claims)
}
