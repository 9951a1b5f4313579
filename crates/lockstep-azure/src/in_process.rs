//! A server in the same process, in the network's place.
//!
//! Requests keep their `https` URLs, so that nothing on this side can tell the difference; no socket is opened, so that
//! under tokio's paused clock all of it runs in virtual time.

use std::convert::Infallible;
use std::fmt;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};

/// Carries requests to a service, such as an axum `Router`, as an HTTP/1.1 server would hand them over.
///
/// The path and query are the request's target and the host is in `Host`. A body that breaks off arrives as an error of the
/// kind that a broken connection gives.
#[derive(Clone)]
pub struct InProcess<S>(pub S);

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait]
impl<S, B> HttpClient for InProcess<S>
where
    S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>, Error = Infallible> + Clone + Send + Sync,
    S::Future: Send,
    B: BodyExt + Send,
    B::Data: Send,
    B::Error: fmt::Display,
{
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let request = handed_over(request)?;
        let reply = match self.0.clone().oneshot(request).await {
            Ok(reply) => reply,
            Err(never) => match never {},
        };
        let (head, body) = reply.into_parts();
        let whole = match body.collect().await {
            Ok(whole) => whole.to_bytes(),
            Err(error) => return Err(Error::with_message(ErrorKind::Io, format!("the body broke off: {error}"))),
        };
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(head.status.as_u16()), headers(&head.headers), whole))
    }
}

fn handed_over(request: &Request) -> azure_core::Result<http::Request<Full<Bytes>>> {
    let Body::Bytes(body) = request.body() else {
        return Err(Error::with_message(ErrorKind::Other, "only bodies in memory are carried in process"));
    };
    let url = request.url();
    let mut builder = http::Request::builder().method(request.method().as_str()).uri(request.path_and_query());
    if let Some(host) = url.host_str() {
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        builder = builder.header(http::header::HOST, authority);
    }
    if !body.is_empty() {
        builder = builder.header(http::header::CONTENT_LENGTH, body.len());
    }
    for (name, value) in request.headers().iter() {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder
        .body(Full::new(body.clone()))
        .map_err(|error| Error::with_error(ErrorKind::Other, error, "the request cannot be handed over"))
}

fn headers(map: &http::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        if let Ok(value) = value.to_str() {
            headers.insert(HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_owned()));
        }
    }
    headers
}
