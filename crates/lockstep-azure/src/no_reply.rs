//! Why no reply came: what azure_core's one error means for whoever sent a request.

use azure_core::error::ErrorKind;
use serde_json::Value;

use crate::error::Fault;
use crate::json;
use crate::reply::shortened;
use crate::throttle::{Held, LastTry, NoToken};

/// An exchange that brought no reply.
#[derive(Clone, Copy, Debug)]
pub struct Lost<'a>(&'a azure_core::Error);

impl<'a> Lost<'a> {
    pub fn new(error: &'a azure_core::Error) -> Self {
        Self(error)
    }

    /// Whether it was no token that came, rather than no reply.
    pub fn is_about_tokens(self) -> bool {
        causes(self.0).any(|it| kind(it) == Some(&ErrorKind::Credential))
    }

    /// What went wrong with `host`, which was asked.
    pub fn fault(self, host: &str) -> Fault {
        let error = self.0;
        if let Some(held) = causes(error).find_map(|it| it.downcast_ref::<Held>()) {
            return Fault::Throttled { retry_after: held.retry_after };
        }
        let (host, reason) = (host.to_owned(), innermost(error));
        if is_untrusted(error) {
            return Fault::Untrusted { host, reason };
        }
        match causes(error).find_map(|it| it.downcast_ref::<LastTry>()) {
            Some(LastTry { was_sent: false, .. }) => return Fault::Unreachable { host, reason },
            Some(LastTry { was_sent: true, .. }) => return Fault::NoReply { host, reason },
            None => {}
        }
        if self.is_about_tokens() {
            return token_fault(error);
        }
        if causes(error).any(|it| kind(it) == Some(&ErrorKind::DataConversion)) {
            return Fault::Malformed { found: reason };
        }
        Fault::NoReply { host, reason }
    }
}

/// What whoever gives out tokens had to say.
fn token_fault(error: &azure_core::Error) -> Fault {
    let refusal = causes(error).find_map(|it| match it.downcast_ref::<NoToken>() {
        Some(refused) => Some((refused.status, refused.body.as_ref())),
        None => match kind(it)? {
            ErrorKind::HttpResponse { status, raw_response: Some(raw), .. } => {
                Some((u16::from(*status), raw.body().as_ref()))
            }
            _ => None,
        },
    });
    let Some((status, body)) = refusal else {
        let unreadable = causes(error).any(|it| kind(it) == Some(&ErrorKind::DataConversion));
        let reason = innermost(error);
        return if unreadable { Fault::Malformed { found: reason } } else { Fault::Credential { reason } };
    };
    let said = json::object(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let description = ["error_description", "message"].into_iter().map(text).find(|it| !it.is_empty());
    // The first line says it; the lines after it are ids and a time. Entra's own code stands before it.
    let line = description.unwrap_or("without a word").lines().next().unwrap_or_default();
    let (code, words) = match line.split_once(": ") {
        Some((code, words)) if code.starts_with("AADSTS") => (code, words),
        _ => (text("error"), line),
    };
    let (code, message) = (code.to_owned(), shortened(words));
    match status {
        500.. => Fault::Unavailable { status, code, message },
        _ => Fault::Unauthenticated { code, message },
    }
}

/// Whether the host's certificate was not accepted.
pub fn is_untrusted(error: &azure_core::Error) -> bool {
    causes(error).any(is_about_certificate)
}

fn is_about_certificate(error: Cause<'_>) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_));
    }
    // What an I/O error holds is not its source, and it may hold another one.
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    held.is_some_and(|held| is_about_certificate(held))
}

fn kind(error: Cause<'_>) -> Option<&ErrorKind> {
    error.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind)
}

fn causes(error: &azure_core::Error) -> impl Iterator<Item = Cause<'_>> {
    let outermost: Cause<'_> = error;
    std::iter::successors(Some(outermost), |it: &Cause<'_>| it.source())
}

type Cause<'a> = &'a (dyn std::error::Error + 'static);

fn innermost(error: &azure_core::Error) -> String {
    let last = causes(error).last().expect("the error itself is the first");
    shortened(&last.to_string())
}
