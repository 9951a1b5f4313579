//! Telling somebody on the web: one JSON document, posted to a URL that a person named. Nothing of a cloud is in it.

use std::fmt;
use std::time::Duration;

use azure_core::http::headers::CONTENT_TYPE;
use azure_core::http::{HttpClient, Method, Request, Url};
use thiserror::Error;

/// A place on the web that takes JSON. Its URL may hold a secret, as those of chat programs do: `Debug` shows its host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(Url);

impl Webhook {
    /// The place that `text` names.
    ///
    /// # Errors
    /// It is no URL, or neither `https` nor on this machine. The error does not repeat it.
    pub fn new(text: &str) -> Result<Self, WebhookError> {
        let url = Url::parse(text.trim()).map_err(|_| WebhookError::NoUrl)?;
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        match url.scheme() {
            "https" if url.has_host() => Ok(Self(url)),
            "http" if is_here => Ok(Self(url)),
            _ => Err(WebhookError::NoUrl),
        }
    }

    /// The host, which is no secret.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Posts a JSON document. Waits at most ten seconds, and tries once.
    ///
    /// # Errors
    /// No answer came, or one that is no success.
    pub async fn post(&self, client: &dyn HttpClient, json: String) -> Result<(), WebhookError> {
        let mut request = Request::new(self.0.clone(), Method::Post);
        request.insert_header(CONTENT_TYPE, "application/json");
        request.set_body(json);
        let sent = tokio::time::timeout(PATIENCE, client.execute_request(&request)).await;
        let reply = sent.map_err(|_| WebhookError::NoAnswer("it took too long".to_owned()))?;
        let status = reply.map_err(|error| WebhookError::NoAnswer(error.to_string()))?.status();
        if status.is_success() { Ok(()) } else { Err(WebhookError::Refused(status.into())) }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.host())
    }
}

/// Why somebody on the web was not told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// The text names no place.
    #[error("a URL such as https://HOST/PATH is wanted; plain http only on this machine")]
    NoUrl,
    /// No answer came.
    #[error("no answer came: {0}")]
    NoAnswer(String),
    /// It answered with this HTTP status.
    #[error("it answered with status {0}")]
    Refused(u16),
}

const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_secure_or_here_and_shows_no_secret() {
        let shown = |text: &str| Webhook::new(text).map(|webhook| format!("{webhook:?}"));
        assert_eq!(shown("https://hooks.example/services/T0/s3cr3t").as_deref(), Ok("Webhook(hooks.example)"));
        assert_eq!(shown(" http://127.0.0.1:8080/x\n").as_deref(), Ok("Webhook(127.0.0.1)"));
        for text in ["", "hooks.example", "http://hooks.example/", "file:///etc/passwd", "https:///x"] {
            let Err(error) = shown(text) else { continue };
            assert_eq!(error, WebhookError::NoUrl, "{text}");
        }
        assert!(shown("http://hooks.example/").is_err() && shown("file:///etc/passwd").is_err());
    }
}
