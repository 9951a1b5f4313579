//! What is wrong with a template, or with deploying it, and where.

use std::fmt;

use crate::json;
use crate::path::Path;
use crate::span::{Position, Span};

/// Why a template cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What the caller can do about it.
    pub kind: Kind,
    /// One or two sentences, as the service words them where that is known.
    pub message: String,
    /// The value in the template that it is about.
    pub path: Path,
    /// The bytes of that value, if it is a string, that it is about.
    pub span: Option<Span>,
}

/// What the caller can do about an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The template or its parameters are wrong: rewrite them. The service's code is `InvalidTemplate`.
    Invalid,
    /// The service has it, this engine does not: nothing wrong with the template.
    Unsupported,
    /// The cloud refused what the template asked it, with this code.
    Refused(String),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>, path: &Path) -> Self {
        Self { kind: Kind::Invalid, message: message.into(), path: path.clone(), span: None }
    }

    pub(crate) fn unsupported(message: impl Into<String>, path: &Path) -> Self {
        Self { kind: Kind::Unsupported, message: message.into(), path: path.clone(), span: None }
    }

    /// The service's code for it.
    pub fn code(&self) -> &str {
        match &self.kind {
            Kind::Invalid => "InvalidTemplate",
            Kind::Unsupported => "NotSupported",
            Kind::Refused(code) => code,
        }
    }

    /// Where it stands in the text that the template was read from.
    pub fn position(&self, text: &str) -> Option<Position> {
        json::locate(text, &self.path)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.path.steps().is_empty() {
            write!(f, " At '{}'.", self.path)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// What went wrong inside one expression; its place in the template is added by whoever knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub kind: Kind,
    pub message: String,
    pub span: Option<Span>,
    /// Where it was found, when that was in another value than the one that is being evaluated.
    pub path: Option<Path>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { kind: Kind::Invalid, message: message.into(), span: None, path: None }
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self { kind: Kind::Unsupported, ..Self::new(message) }
    }

    /// Says where, unless that was said nearer to the cause.
    pub(crate) fn or_at(mut self, span: Span) -> Self {
        if self.path.is_none() {
            self.span = self.span.or(Some(span));
        }
        self
    }

    pub(crate) fn at(self, path: &Path) -> Error {
        let path = self.path.unwrap_or_else(|| path.clone());
        Error { kind: self.kind, message: self.message, path, span: self.span }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { kind: error.kind, message: error.message, span: error.span, path: Some(error.path) }
    }
}
