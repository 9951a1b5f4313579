//! What can go wrong, named by what the caller can do about it.
//!
//! An [`Error`] says what was asked, who failed and how; [`Fault::advice`] says what to do, beside the message and never in
//! it. Nothing here holds a token, a secret or a query.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::operation::{Operation, Side};

/// Something that was asked of the cloud and not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was asked.
    pub operation: Operation,
    /// Who failed: the service that was asked, or whoever gives out the tokens for it.
    pub side: Side,
    /// How.
    pub fault: Fault,
    /// What the service's support can find the request by.
    pub ids: RequestIds,
}

/// The ids under which a request can be found again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// Ours, `x-ms-client-request-id`.
    pub client: String,
    /// The service's, `x-ms-request-id`; `None` where it gave none.
    pub service: Option<String>,
}

/// How an answer failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The identity was not accepted, or no token was given out: wrong secret, no such tenant, no such identity.
    #[error("the identity was not accepted{}: {message}", Code(.code))]
    Unauthenticated {
        /// The service's code, such as `AADSTS7000215`.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The identity lacks a right.
    #[error("the identity lacks {action}{}: {message}", Code(.code))]
    Forbidden {
        /// The action that is missing: the one that the service named, or else the one that the request needs.
        action: String,
        /// The service's code, such as `AuthorizationFailed`.
        code: String,
        /// The service's words.
        message: String,
    },
    /// There is no such thing.
    #[error("not found{}: {message}", Code(.code))]
    NotFound {
        /// The service's code, such as `ResourceNotFound`.
        code: String,
        /// The service's words.
        message: String,
    },
    /// Somebody wrote it after we read it; this write did not happen.
    #[error("it changed since it was read{}: {message}", Code(.code))]
    Conflict {
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The service wants to be asked later, and later than we wait.
    #[error("throttled; it wants to be left alone for {} s", .retry_after.as_secs())]
    Throttled {
        /// From when it was said, or the default where it named no time.
        retry_after: Duration,
    },
    /// The service understood and refused for another reason.
    #[error("refused with {status}{}: {message}", Code(.code))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The service failed.
    #[error("failed with {status}{}: {message}", Code(.code))]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// No connection to the host; nothing was sent.
    #[error("{host} could not be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// The host's certificate is not trusted; nothing was sent.
    #[error("the certificate of {host} is not trusted: {reason}")]
    Untrusted {
        /// The host.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The request may have arrived, but no whole answer came back.
    #[error("no whole answer came from {host}: {reason}")]
    NoReply {
        /// The host.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// The answer is not what the service's specification promises.
    #[error("the answer cannot be read: {found}")]
    Malformed {
        /// What was found, and where.
        found: String,
    },
    /// A query's answer is known to be incomplete.
    #[error("the answer is only partial{}: {message}", Code(.code))]
    Partial {
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// There is no answer in the answer.
    #[error("the answer is empty (status {status})")]
    Empty {
        /// The HTTP status.
        status: u16,
    },
    /// The service pointed to another place. A token follows nobody there.
    #[error("it points to another place, {to}, which is not followed")]
    Elsewhere {
        /// Where.
        to: String,
    },
    /// A list never ends: a page was named twice, or there are more than a list of this kind can have.
    #[error("its list does not end: {found}")]
    Endless {
        /// What was found.
        found: String,
    },
    /// A twin answered in the place of Microsoft's services, or the reverse. Nothing that it says counts.
    #[error("{}", if *.is_twin { "a twin answers there, and the configuration is for Microsoft's services" } else { "what answers there is no twin, and the configuration was made for one" })]
    OtherWorld {
        /// Whether it was a twin that answered.
        is_twin: bool,
    },
    /// The credential could not be used on this host.
    #[error("no token could be asked for: {reason}")]
    Credential {
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// What to do about it, for people; `None` where the message says it all.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unauthenticated { code, .. } => match code.as_str() {
                "AADSTS7000215" => "check the client secret: its value is wanted, not its id",
                "AADSTS7000222" => "the client secret has expired: make a new one",
                "AADSTS700016" => "check the client id and the tenant: the application is not known there",
                "AADSTS700027" => "check the certificate: the application has none with this key",
                "insufficient_claims" => {
                    "exempt the workload identity from the tenant's Conditional Access policy, or meet it: an application can show no more"
                }
                "AADSTS90002" => "check the tenant: Entra does not know it",
                _ => "check which identity is used and whether the tenant knows it",
            },
            Self::Forbidden { code, .. } if code == "InsufficientAccessError" => {
                "assign the role at the workspace; a right that was just given can take up to 60 minutes to be recognised"
            }
            Self::Forbidden { .. } => {
                "assign a role that holds the action; a right that was just given can take minutes to be recognised"
            }
            Self::NotFound { .. } => "check the names in the settings: subscription, resource group, workspace",
            Self::Conflict { .. } => "run again: the next pass reads it afresh",
            Self::Throttled { .. } => "run again after that time",
            Self::Unavailable { .. } | Self::NoReply { .. } => "run again; if it lasts, look at Azure's service health",
            Self::Unreachable { .. } => "check the network, the proxy settings and the endpoint",
            Self::Untrusted { .. } => "name the authority that signed it as a CA file in the settings, if you trust it",
            Self::Malformed { .. } => "check whether a proxy answers in the service's place",
            Self::Partial { .. } => "run again; nothing is decided from part of an answer",
            Self::Empty { .. } => "check the workspace id: the workspace holds no data that can be queried",
            Self::Elsewhere { .. } | Self::Endless { .. } => "check whether a proxy answers in the service's place",
            Self::OtherWorld { is_twin: true } => "set `name = \"twin\"` under [cloud] if a twin is meant",
            Self::OtherWorld { is_twin: false } => {
                "name the twin's own hosts, or the cloud that is meant, under [cloud]"
            }
            Self::Refused { .. } => return None,
            Self::Credential { .. } => "check the kind of credential in the settings",
        })
    }
}

impl Error {
    /// Whether what was asked may have happened all the same. `false` only where that is known.
    pub fn may_have_happened(&self) -> bool {
        match &self.fault {
            Fault::Unauthenticated { .. }
            | Fault::Forbidden { .. }
            | Fault::NotFound { .. }
            | Fault::Conflict { .. }
            | Fault::Throttled { .. }
            | Fault::Unreachable { .. }
            | Fault::Untrusted { .. }
            | Fault::Elsewhere { .. }
            | Fault::Credential { .. } => false,
            // A request timeout is the service giving up on something that it had begun.
            Fault::Refused { status, .. } => *status == 408,
            Fault::Unavailable { .. }
            | Fault::NoReply { .. }
            | Fault::Malformed { .. }
            | Fault::Partial { .. }
            | Fault::Empty { .. }
            | Fault::OtherWorld { .. }
            | Fault::Endless { .. } => self.side == self.operation.side(),
        }
    }

    /// Whether a right is missing, or the identity itself.
    pub fn is_about_rights(&self) -> bool {
        matches!(self.fault, Fault::Unauthenticated { .. } | Fault::Forbidden { .. })
    }

    /// What to do about it, for people.
    pub fn advice(&self) -> Option<&'static str> {
        self.fault.advice()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed at {}: {}", self.operation, self.side, self.fault)
    }
}

impl std::error::Error for Error {}

/// Why a write cannot be said to have happened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WriteError {
    /// Somebody wrote the incident after it was read. Nothing was written; read it again and decide again.
    #[error(transparent)]
    Changed(Error),
    /// The service wants no write yet, or there is no way to it. Nothing was written; wait, then read and decide again.
    #[error("{error}")]
    Later {
        /// How long to wait.
        retry_after: Duration,
        /// What was said.
        error: Error,
    },
    /// Nothing was written, for another reason.
    #[error(transparent)]
    Refused(Error),
    /// Nobody knows whether it was written. Only reading the incident settles it; sending again does not.
    #[error(transparent)]
    InDoubt(Error),
}

impl WriteError {
    /// What is behind it.
    pub fn error(&self) -> &Error {
        match self {
            Self::Changed(error) | Self::Refused(error) | Self::InDoubt(error) | Self::Later { error, .. } => error,
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        match error.fault {
            Fault::Conflict { .. } => Self::Changed(error),
            Fault::Throttled { retry_after } if error.side == error.operation.side() => {
                Self::Later { retry_after, error }
            }
            Fault::Unreachable { .. } if error.side == error.operation.side() => {
                Self::Later { retry_after: UNREACHABLE, error }
            }
            _ if error.may_have_happened() => Self::InDoubt(error),
            _ => Self::Refused(error),
        }
    }
}

/// How long to leave a host alone that could not be reached.
const UNREACHABLE: Duration = Duration::from_secs(2);

struct Code<'a>(&'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", self.0) }
    }
}
