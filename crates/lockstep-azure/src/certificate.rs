//! A certificate as the proof of who an application is: short-lived assertions, signed with its key.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials> (header, claims, PS256). azure_identity's
//! own certificate credential wants OpenSSL; its client assertion wants none.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::base64::encode_url_safe;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lockstep_core::Time;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use sha2::{Digest, Sha256};
use thiserror::Error as ThisError;
use uuid::Uuid;

use crate::secret::Secret;

/// A certificate with its private key. Clones share both; `Debug` shows neither.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    key: EncodingKey,
    thumbprint: String,
    chain: Vec<String>,
}

/// What cannot be used as a certificate.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum CertificateError {
    /// There is no certificate in it.
    #[error("it holds no certificate: a PEM text with the certificate and its private key is wanted")]
    NoCertificate,
    /// There is no private key in it.
    #[error("it holds no private key: a PEM text with the certificate and its private key is wanted")]
    NoKey,
    /// The key is behind a password.
    #[error("its private key is encrypted: decrypt it first, with openssl pkcs8 -in FILE -out KEY")]
    Encrypted,
    /// The key is of a kind that Entra does not take.
    #[error("its private key is no RSA key, and Microsoft Entra takes no other")]
    NotRsa,
}

impl Certificate {
    /// The first certificate and the first private key of a PEM text, in either order; further certificates are its chain.
    ///
    /// # Errors
    /// One of both is missing, or the key cannot sign.
    pub fn from_pem(pem: &Secret) -> Result<Self, CertificateError> {
        let text = pem.expose();
        let chain: Vec<CertificateDer<'_>> =
            CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().unwrap_or_default();
        let leaf = chain.first().ok_or(CertificateError::NoCertificate)?;
        let thumbprint = encode_url_safe(Sha256::digest(leaf));
        let key = private_key(text)?;
        let key = EncodingKey::from_rsa_pem(key.as_bytes()).map_err(|_| CertificateError::NotRsa)?;
        let chain = chain.iter().map(azure_core::base64::encode).collect();
        Ok(Self(Arc::new(Inner { key, thumbprint, chain })))
    }

    /// An assertion that whoever holds the key is the application `client_id`, for the token endpoint `audience`, from `now`
    /// for ten minutes.
    fn assertion(&self, client_id: &str, audience: &str, now: i64) -> Option<String> {
        let Inner { key, thumbprint, chain } = &*self.0;
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(thumbprint.clone());
        header.x5c = Some(chain.clone());
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        });
        jsonwebtoken::encode(&header, &claims, key).ok()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

/// The part of the text that is its first private key.
fn private_key(text: &str) -> Result<&str, CertificateError> {
    let block = |kind: &str| {
        let start = text.find(&format!("-----BEGIN {kind}-----"))?;
        let end = format!("-----END {kind}-----");
        let length = text[start..].find(&end)? + end.len();
        text.get(start..start + length)
    };
    if let Some(key) = block("PRIVATE KEY").or_else(|| block("RSA PRIVATE KEY")) {
        // Keys that older tools encrypt say so inside.
        return if key.contains("ENCRYPTED") { Err(CertificateError::Encrypted) } else { Ok(key) };
    }
    Err(if block("ENCRYPTED PRIVATE KEY").is_some() {
        CertificateError::Encrypted
    } else if block("EC PRIVATE KEY").is_some() {
        CertificateError::NotRsa
    } else {
        CertificateError::NoKey
    })
}

/// What tells the time: assertions are good for minutes.
#[derive(Clone)]
pub struct Now(Arc<dyn Fn() -> Time + Send + Sync>);

impl Now {
    /// The time that `tell` tells.
    pub fn told_by(tell: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now(..)")
    }
}

/// Makes a new assertion for each token.
#[derive(Debug)]
pub struct Assertions {
    pub certificate: Certificate,
    pub client_id: String,
    pub audience: String,
    pub now: Now,
}

#[async_trait]
impl ClientAssertion for Assertions {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = (self.now.0)().ticks() / Time::TICKS_PER_SECOND;
        let assertion = self.certificate.assertion(&self.client_id, &self.audience, now);
        assertion.ok_or_else(|| Error::with_message(ErrorKind::Credential, "the certificate's key cannot sign"))
    }
}

/// What Microsoft's own libraries give an assertion.
const LIFETIME: i64 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_with_its_key_is_refused_by_name() {
        let check = |pem: &str, expected: CertificateError| {
            let refused = Certificate::from_pem(&Secret::new(pem)).expect_err("it cannot be used");
            assert_eq!(refused, expected);
        };
        // The bytes of a certificate are not looked at, those of a key are.
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let with = |kind: &str| format!("{certificate}-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
        check("", CertificateError::NoCertificate);
        check("not a certificate", CertificateError::NoCertificate);
        check(certificate, CertificateError::NoKey);
        check(&with("ENCRYPTED PRIVATE KEY"), CertificateError::Encrypted);
        check(&with("EC PRIVATE KEY"), CertificateError::NotRsa);
        check(&with("PRIVATE KEY"), CertificateError::NotRsa);
    }
}
