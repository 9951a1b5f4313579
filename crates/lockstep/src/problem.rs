//! Why a command ends early: what was found, where, and what would work.
//!
//! A problem is a value; [`crate::render`] alone shows it.

use std::error::Error;
use std::ops::Range;

use crate::exit_code::ExitCode;

/// Something that a person or a service has to put right before the command can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What the process ends with.
    pub exit: ExitCode,
    /// One sentence: what failed, and on which side.
    pub message: String,
    /// The text that it is about.
    pub place: Option<Box<Place>>,
    /// What lies behind it, outermost first.
    pub causes: Vec<String>,
    /// What would work, one sentence each.
    pub hints: Vec<String>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the text is called: a path, or `query`.
    pub origin: String,
    /// The whole text.
    pub text: String,
    /// The bytes in question.
    pub span: Range<usize>,
    /// What is wrong with them, or what was expected; may be empty.
    pub label: String,
}

impl Problem {
    /// A problem that a sentence says.
    pub fn new(exit: ExitCode, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), place: None, causes: Vec::new(), hints: Vec::new() }
    }

    /// A problem with what was typed or set.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The same, with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same, because of `cause` and what lies behind that.
    #[must_use]
    pub fn because(mut self, cause: &dyn Error) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }
}
