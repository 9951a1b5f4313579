//! The text form of a policy: the name of a preset, or a TOML file.
//!
//! A file names the preset that it starts from and says what is otherwise: for everything, and in rules for some incidents.
//! Every key is an item of one list ([`keys`]), from which files are read and written and the JSON schema is made. A file
//! can only say what Sentinel and Defender for Cloud take.

mod form;
mod keys;
mod reader;
mod schema;
mod template;
mod words;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use lockstep_core::{Classification, Policy, Preset};
use toml::Spanned;

pub use form::{duration_text, severity_word, week_text};
pub use schema::schema;
pub use writer::text;

use crate::problem::Problem;
use crate::settings::Document;

/// A policy as somebody chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenPolicy {
    /// Where it was read from; `None` for a preset.
    pub path: Option<PathBuf>,
    /// The whole text that says it: the file's, or the one that a file of the preset would have.
    pub text: String,
    /// What it says.
    pub policy: Policy,
}

impl ChosenPolicy {
    /// What people call it.
    pub fn name(&self) -> &str {
        &self.policy.name
    }
}

/// The policy that was typed on the command line; a path is one from the current folder.
///
/// # Errors
/// There is neither a preset nor a file of that name, or the file cannot be used.
pub fn typed(typed: &str) -> Result<ChosenPolicy, Problem> {
    if let Some(preset) = Preset::named(typed) {
        return Ok(chosen(preset));
    }
    let path = Path::new(typed);
    if path.is_file() { read(path) } else { Err(hinted(Problem::usage(unknown(typed)))) }
}

/// The policy that a document names; a path is one from the document's folder.
///
/// # Errors
/// As for [`typed`].
pub fn set(document: &Document, named: &Spanned<String>) -> Result<ChosenPolicy, Problem> {
    let name = named.get_ref();
    if let Some(preset) = Preset::named(name) {
        return Ok(chosen(preset));
    }
    let path = document.beside(Path::new(name));
    if path.is_file() {
        read(&path)
    } else {
        Err(hinted(document.wrong(Some(named), unknown(name), "a preset or a policy file is wanted")))
    }
}

/// The policy in a file.
///
/// # Errors
/// The file cannot be read or used.
pub fn read(path: &Path) -> Result<ChosenPolicy, Problem> {
    let document = Document::read(path)?;
    let policy = reader::policy(&document)?;
    Ok(ChosenPolicy { path: Some(path.to_owned()), text: document.text().to_owned(), policy })
}

/// The same problem, with what a policy can be named by.
pub fn hinted(problem: Problem) -> Problem {
    problem
        .hint("name a preset: \"observe\" shows what differs and writes nothing, \"seed\" makes incidents follow their alerts")
        .hint("or name a policy file; either with --policy or as policy = \"...\" in lockstep.toml")
}

/// The name that is nearest to one that nobody knows, where one is near.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &'a str| (strsim::damerau_levenshtein(found, known), known);
    let (distance, known) = known.into_iter().map(near).min()?;
    (distance <= found.chars().count().max(3) / 3 + 1).then_some(known)
}

/// The pairs of classification and reason that Sentinel takes.
pub fn pairs() -> String {
    let pairs: Vec<_> = Classification::ALL.iter().map(|pair| pair.as_str()).collect();
    format!("classification - reason is one of: {}", pairs.join(", "))
}

fn chosen(preset: Preset) -> ChosenPolicy {
    let policy = preset.policy();
    ChosenPolicy { path: None, text: text(&policy), policy }
}

fn unknown(name: &str) -> String {
    format!("\"{}\" is neither a preset nor a policy file", name.escape_debug())
}
