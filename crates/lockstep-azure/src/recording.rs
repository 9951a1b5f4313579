//! Recording what is asked and answered, and answering from such a recording: two clients in the network's place.
//!
//! What is kept is what a decision may rest on. Sign-in is not recorded at all, and neither is a header that could hold a
//! token; texts that may tell of people become pseudonyms unless they are asked for ([`Pseudonyms`]). Left out: files.

mod pseudonyms;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error as ThisError;

use crate::endpoints::Endpoints;
use pseudonyms::Pseudonyms;

/// A client that sends through another one and hands a pair of each request and its reply to whoever keeps them.
pub struct Recorder {
    inner: Arc<dyn HttpClient>,
    /// The hosts whose exchanges are kept: those of Resource Manager and of Log Analytics.
    hosts: [String; 2],
    pseudonyms: Option<Mutex<Pseudonyms>>,
    keep: Box<dyn Fn(Value) + Send + Sync>,
}

impl Recorder {
    /// Hands each pair to `keep` as a JSON document; `names` leaves texts as they are.
    pub fn new(
        inner: Arc<dyn HttpClient>,
        endpoints: &Endpoints,
        names: bool,
        keep: impl Fn(Value) + Send + Sync + 'static,
    ) -> Self {
        let host = |url: &azure_core::http::Url| url.authority().to_owned();
        let hosts = [host(&endpoints.arm), host(&endpoints.logs)];
        let pseudonyms = (!names).then(Mutex::default);
        Self { inner, hosts, pseudonyms, keep: Box::new(keep) }
    }

    fn pair(&self, request: &Request, reply: Option<(u16, &Headers, &[u8])>) -> Value {
        let mut sent = body_of(request).map_or(Value::Null, |bytes| read(&bytes));
        let mut answered = reply.map(|(_, _, body)| read(body)).unwrap_or_default();
        if let Some(pseudonyms) = &self.pseudonyms {
            let mut pseudonyms = pseudonyms.lock().unwrap_or_else(PoisonError::into_inner);
            pseudonyms.hide(&mut sent);
            pseudonyms.hide(&mut answered);
        }
        let response = reply.map(|(status, headers, _)| {
            let kept = KEPT.iter().filter_map(|name| {
                let value = headers.get_optional_str(&HeaderName::from_static(name))?;
                Some(((*name).to_owned(), Value::from(value)))
            });
            json!({ "status": status, "headers": kept.collect::<serde_json::Map<_, _>>(), "body": answered })
        });
        json!({
            "request": {
                "method": request.method().as_str(),
                "target": request.path_and_query(),
                "digest": digest(request),
                "body": sent,
            },
            "response": response,
        })
    }
}

#[async_trait]
impl HttpClient for Recorder {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let reply = self.inner.execute_request(request).await;
        if !is_for_a_service(request) || !self.hosts.iter().any(|host| host == request.url().authority()) {
            return reply;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                (self.keep)(self.pair(request, None));
                return Err(error);
            }
        };
        let (status, headers, body) = reply.deconstruct();
        match body.collect().await {
            Ok(body) => {
                (self.keep)(self.pair(request, Some((status.into(), &headers, &body))));
                Ok(AsyncRawResponse::from_bytes(status, headers, body))
            }
            Err(error) => {
                (self.keep)(self.pair(request, None));
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// A client that answers from a recording and reaches nobody.
///
/// A request is answered by the first pair of its method, target and body that was not taken yet; where there is none, by the
/// first of its method and target. A reply that asked to come later is passed over where a later one answers.
pub struct Replay {
    pairs: Mutex<BTreeMap<(String, String), VecDeque<Answer>>>,
}

struct Answer {
    digest: String,
    /// `None` where nobody answered.
    reply: Option<(u16, Headers, Vec<u8>)>,
}

/// A document that is no pair.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("it is no recorded exchange: {0} is missing")]
pub struct NoPair(&'static str);

impl Replay {
    /// Answers from these documents, in their order; who asks for a token gets one that nobody would take.
    ///
    /// # Errors
    /// The first document that is no pair.
    pub fn new(documents: impl IntoIterator<Item = Value>) -> Result<Self, NoPair> {
        let mut pairs: BTreeMap<(String, String), VecDeque<Answer>> = BTreeMap::new();
        for document in documents {
            let text = |name: &'static str| document["request"][name].as_str().map(str::to_owned).ok_or(NoPair(name));
            let key = (text("method")?, text("target")?);
            let reply = match &document["response"] {
                Value::Null => None,
                response => Some(reply(response)?),
            };
            pairs.entry(key).or_default().push_back(Answer { digest: text("digest")?, reply });
        }
        for answers in pairs.values_mut() {
            let later = |answer: &Answer| matches!(answer.reply, Some((429, ..)));
            if !answers.iter().all(later) {
                answers.retain(|answer| !later(answer));
            }
        }
        Ok(Self { pairs: Mutex::new(pairs) })
    }

    fn take(&self, request: &Request) -> Option<Answer> {
        let key = (request.method().as_str().to_owned(), request.path_and_query());
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = pairs.get_mut(&key)?;
        let digest = digest(request);
        let place = answers.iter().position(|answer| answer.digest == digest).unwrap_or(0);
        answers.remove(place)
    }
}

#[async_trait]
impl HttpClient for Replay {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if !is_for_a_service(request) {
            let token = json!({ "token_type": "Bearer", "expires_in": 3_600, "access_token": "replayed" });
            return Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), token.to_string().into_bytes()));
        }
        let (method, target) = (request.method().as_str(), request.path_and_query());
        match self.take(request) {
            Some(Answer { reply: Some((status, headers, body)), .. }) => {
                Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), headers, body))
            }
            Some(Answer { reply: None, .. }) => {
                Err(Error::with_message(ErrorKind::Io, "nobody answered when this was recorded"))
            }
            None => {
                Err(Error::with_message(ErrorKind::Io, format!("the recording has no answer to {method} {target}")))
            }
        }
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replay")
    }
}

/// Whether a request carries a token. One for a token does not, wherever it goes.
fn is_for_a_service(request: &Request) -> bool {
    request.headers().get_optional_str(&HeaderName::from_static("authorization")).is_some()
}

fn reply(response: &Value) -> Result<(u16, Headers, Vec<u8>), NoPair> {
    let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).ok_or(NoPair("status"))?;
    let mut headers = Headers::new();
    for (name, value) in response["headers"].as_object().ok_or(NoPair("headers"))? {
        if let Some(value) = value.as_str() {
            headers.insert(HeaderName::from(name.clone()), HeaderValue::from(value.to_owned()));
        }
    }
    let body = match &response["body"] {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    Ok((status, headers, body))
}

fn body_of(request: &Request) -> Option<Vec<u8>> {
    match request.body() {
        Body::Bytes(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// A body as a value; nothing of one that is no JSON, in which anything may stand.
fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// What tells the bodies of requests apart without holding them.
fn digest(request: &Request) -> String {
    let bytes = body_of(request).unwrap_or_default();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The headers of a reply that are kept.
const KEPT: &[&str] = &[
    "content-type",
    "date",
    "etag",
    "retry-after",
    "x-lockstep-twin",
    "x-ms-failure-cause",
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-subscription-writes",
    "x-ms-request-id",
];
