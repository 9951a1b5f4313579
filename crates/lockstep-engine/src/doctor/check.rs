//! One check: what was asked, what came back, why it matters and what mends it.

use lockstep_azure::{Error, Fault};

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which check, a word that stays the same.
    pub name: &'static str,
    /// What it is about where there are several: a subscription, a table; empty otherwise.
    pub about: String,
    /// What came of it.
    pub status: Status,
    /// What was asked.
    pub asked: &'static str,
    /// What came back. Holds text from the cloud: escape it for where it is shown.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// What mends it; `None` where nothing has to be.
    pub mend: Option<Mend>,
}

/// What came of a check, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is as it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// Nobody knows: what would say it could not be read.
    Unknown,
    /// It is not as it has to be.
    Failed,
}

/// What mends something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// A command for a shell.
    Run(String),
    /// A place in a portal, or something that a person has to do.
    Do(String),
}

/// A check whose answer is not there yet.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub name: &'static str,
    pub about: String,
    pub asked: &'static str,
    pub why: &'static str,
}

impl Asked {
    pub fn new(name: &'static str, asked: &'static str, why: &'static str) -> Self {
        Self { name, about: String::new(), asked, why }
    }

    pub fn about(mut self, about: impl ToString) -> Self {
        self.about = about.to_string();
        self
    }

    pub fn ok(self, found: impl Into<String>) -> Check {
        self.came(Status::Ok, found, None)
    }

    pub fn warning(self, found: impl Into<String>, mend: impl Into<Option<Mend>>) -> Check {
        self.came(Status::Warning, found, mend.into())
    }

    pub fn failed(self, found: impl Into<String>, mend: impl Into<Option<Mend>>) -> Check {
        self.came(Status::Failed, found, mend.into())
    }

    pub fn unknown(self, found: impl Into<String>, mend: impl Into<Option<Mend>>) -> Check {
        self.came(Status::Unknown, found, mend.into())
    }

    /// The check that an error leaves unknown.
    pub fn unread(self, error: &Error) -> Check {
        self.unknown(error.to_string(), mend(error))
    }

    fn came(self, status: Status, found: impl Into<String>, mend: Option<Mend>) -> Check {
        let Self { name, about, asked, why } = self;
        Check { name, about, status, asked, found: found.into(), why, mend }
    }
}

/// What mends an error.
pub(super) fn mend(error: &Error) -> Option<Mend> {
    match &error.fault {
        Fault::Forbidden { .. } => Some(Mend::Run("lockstep roles --principal OBJECT-ID".to_owned())),
        _ => error.advice().map(|advice| Mend::Do(advice.to_owned())),
    }
}
