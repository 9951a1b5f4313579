//! The real network: TLS with the system's roots and, where one is named, a private authority.

use std::error::Error as StdError;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use futures::TryStreamExt;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use thiserror::Error;

/// Carries requests over the network.
///
/// No redirect is followed: it would carry a token along. `https` goes through the proxy that `HTTPS_PROXY`, `ALL_PROXY` and
/// `NO_PROXY` name; plain `http`, which only the managed identity endpoints of a host speak, goes past every proxy, as
/// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service> wants.
#[derive(Debug)]
pub struct Network {
    secure: Client,
    plain: OnceLock<Client>,
}

impl Network {
    /// A network that trusts these authorities.
    ///
    /// # Errors
    /// The text holds no certificate, or TLS cannot be set up on this host.
    pub fn new(authorities: Authorities<'_>) -> Result<Self, NetworkError> {
        let secure = match authorities {
            Authorities::System => builder().build().map_err(|error| NetworkError::Tls(root(&error)))?,
            Authorities::SystemAnd(pem) => trusting(pem, ClientBuilder::tls_certs_merge)?,
            Authorities::Only(pem) => trusting(pem, ClientBuilder::tls_certs_only)?,
        };
        Ok(Self { secure, plain: OnceLock::new() })
    }

    fn client(&self, request: &Request) -> azure_core::Result<&Client> {
        if request.url().scheme() != "http" {
            return Ok(&self.secure);
        }
        if let Some(plain) = self.plain.get() {
            return Ok(plain);
        }
        let plain = builder()
            .no_proxy()
            // It never speaks TLS, and reading the system's authorities takes a while.
            .tls_certs_only([])
            .build()
            .map_err(|error| Error::with_error(ErrorKind::Other, error, "no client for plain HTTP"))?;
        Ok(self.plain.get_or_init(|| plain))
    }
}

#[async_trait]
impl HttpClient for Network {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(ErrorKind::Other, "only bodies in memory are sent"));
        };
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| Error::with_error(ErrorKind::Other, error, "the method cannot be sent"))?;
        let mut builder = self.client(request)?.request(method, request.url().clone()).body(body.clone());
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let reply = builder.send().await.map_err(|error| {
            let kind = if error.is_connect() { ErrorKind::Connection } else { ErrorKind::Io };
            // The error's own text repeats the whole URL; what the network said is behind it.
            Error::with_error(kind, error.without_url(), "the request failed")
        })?;
        let (status, headers) = (StatusCode::from(reply.status().as_u16()), headers(reply.headers()));
        let body = reply
            .bytes_stream()
            .map_err(|error| Error::with_error(ErrorKind::Io, error.without_url(), "the answer broke off"));
        Ok(AsyncRawResponse::new(status, headers, Box::pin(body)))
    }
}

/// Who vouches for the certificates of the hosts.
#[derive(Clone, Copy, Debug)]
pub enum Authorities<'a> {
    /// The system's authorities.
    System,
    /// The system's, and those in this PEM text: a company's own proxy may stand before a known cloud.
    SystemAnd(&'a [u8]),
    /// Those in this PEM text alone: a cloud that names every endpoint of its own needs nobody else's word, and reading
    /// the system's authorities takes a while.
    Only(&'a [u8]),
}

/// A network that cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// The private authority is none.
    #[error("the CA file cannot be used: {0}; certificates in PEM are wanted")]
    Authority(String),
    /// TLS itself.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT)
}

fn trusting(pem: &[u8], with: fn(ClientBuilder, Vec<Certificate>) -> ClientBuilder) -> Result<Client, NetworkError> {
    let unusable = |error: reqwest::Error| NetworkError::Authority(root(&error));
    let authorities = Certificate::from_pem_bundle(pem).map_err(unusable)?;
    if authorities.is_empty() {
        return Err(NetworkError::Authority("it holds no certificate".to_owned()));
    }
    with(builder(), authorities).build().map_err(unusable)
}

fn headers(map: &reqwest::header::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        if let Ok(value) = value.to_str() {
            headers.insert(HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_owned()));
        }
    }
    headers
}

/// The innermost cause, which is the one that says something.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// How long a connection may take; how long an answer may take depends on who is asked.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_without_a_certificate_is_refused() {
        let check = |pem: &str| {
            let refused = Network::new(Authorities::SystemAnd(pem.as_bytes())).expect_err("it holds no certificate");
            assert!(matches!(refused, NetworkError::Authority(_)), "{refused}");
        };
        check("");
        check("not a certificate");
        check("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
    }
}
