//! The text form of a policy: the name of a preset, or a TOML file with a mapping.
//!
//! A file says for each of the three ways in which alerts move what becomes of their incident, leaves nothing out, and can
//! only say what Sentinel takes.

use std::path::Path;

use lockstep_core::{Classification, Effect, Knobs, Mapping, Policy, Preset, Raise};
use serde::Deserialize;
use toml::Spanned;

use crate::problem::Problem;
use crate::settings::Document;

/// A policy as somebody chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenPolicy {
    /// The preset's name or the file's path.
    pub name: String,
    /// The whole text that says it: the file's, or the preset's sentence.
    pub text: String,
    /// What it says.
    pub policy: Policy,
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

/// The same problem, with what a policy can be named by.
pub fn hinted(problem: Problem) -> Problem {
    problem
        .hint("name a preset: \"observe\" shows what differs and writes nothing, \"seed\" makes incidents follow their alerts")
        .hint("or name a policy file; either with --policy or as policy = \"...\" in lockstep.toml")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mapping: Spanned<MappingTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with in_progress, dismissed and resolved")]
struct MappingTable {
    in_progress: Option<Spanned<EffectTable>>,
    dismissed: Option<Spanned<EffectTable>>,
    resolved: Option<Spanned<EffectTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { status = \"Active\" }")]
struct EffectTable {
    status: Spanned<String>,
    classification: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
}

fn read(path: &Path) -> Result<ChosenPolicy, Problem> {
    let document = Document::read(path)?;
    let File { mapping } = document.parse()?;
    let (span, table) = (mapping.span(), mapping.into_inner());
    let effect = |key: &str, entry: Option<Spanned<EffectTable>>| match entry {
        Some(entry) => effect(&document, key, entry.into_inner()),
        None => {
            let problem =
                document.wrong_at(span.clone(), format!("[mapping] has no `{key}`"), format!("`{key}` is missing"));
            Err(problem.hint(format!("write {key} = {{ status = \"unchanged\" }} to leave such incidents as they are")))
        }
    };
    let seed = Preset::Seed.knobs();
    let inward = Mapping {
        in_progress: match effect("in_progress", table.in_progress)? {
            Effect::Leave => Raise::Leave,
            Effect::Activate | Effect::Close(_) => Raise::Activate,
        },
        dismissed: effect("dismissed", table.dismissed)?,
        resolved: effect("resolved", table.resolved)?,
        ..seed.inward
    };
    let policy = Policy::new(&document.name(), Knobs { inward, ..seed });
    Ok(ChosenPolicy { name: document.name(), text: document.text().to_owned(), policy })
}

fn effect(document: &Document, key: &str, table: EffectTable) -> Result<Effect, Problem> {
    let EffectTable { status, classification, reason } = table;
    let closed = match status.get_ref().as_str() {
        "unchanged" => Effect::Leave,
        "Active" => Effect::Activate,
        "Closed" if key == "in_progress" => {
            let message = "an incident whose alerts are in progress cannot be closed: nobody has finished them";
            return Err(document.wrong(Some(&status), message, "\"Active\" or \"unchanged\" is wanted"));
        }
        "Closed" => {
            let pair = pair(document, &status, classification.as_ref(), reason.as_ref())?;
            return Ok(Effect::Close(pair));
        }
        other => {
            let message = format!("\"{}\" is nothing that an incident can become", other.escape_debug());
            return Err(document.wrong(Some(&status), message, "\"Active\", \"Closed\" or \"unchanged\" is wanted"));
        }
    };
    match classification.or(reason) {
        None => Ok(closed),
        Some(stray) => {
            let message = "only a closed incident has a classification and a reason";
            Err(document.wrong(Some(&stray), message, format!("means nothing with status \"{}\"", status.get_ref())))
        }
    }
}

/// The pair that a closing names; only those that Sentinel takes are pairs.
fn pair(
    document: &Document,
    status: &Spanned<String>,
    classification: Option<&Spanned<String>>,
    reason: Option<&Spanned<String>>,
) -> Result<Classification, Problem> {
    let Some(classification) = classification else {
        let problem =
            document.wrong(Some(status), "a closed incident needs a classification", "needs `classification`");
        return Err(problem.hint(pairs()));
    };
    let found = match reason {
        Some(reason) => format!("{} - {}", classification.get_ref(), reason.get_ref()),
        None => classification.get_ref().clone(),
    };
    if let Some(pair) = Classification::ALL.iter().find(|pair| pair.as_str() == found) {
        return Ok(*pair);
    }
    let known =
        Classification::ALL.iter().any(|pair| pair.as_str().split(" - ").next() == Some(classification.get_ref()));
    let (culprit, message) = match reason {
        _ if !known => {
            (classification, format!("\"{}\" is no classification", classification.get_ref().escape_debug()))
        }
        None => (classification, format!("the classification \"{}\" needs a reason", classification.get_ref())),
        Some(reason) => {
            let (reason_text, class) = (reason.get_ref().escape_debug(), classification.get_ref());
            (reason, format!("the reason \"{reason_text}\" does not go with the classification \"{class}\""))
        }
    };
    Err(document.wrong(Some(culprit), message, "not a pair that Sentinel takes").hint(pairs()))
}

fn pairs() -> String {
    let pairs: Vec<_> = Classification::ALL.iter().map(|pair| pair.as_str()).collect();
    format!("classification - reason is one of: {}", pairs.join(", "))
}

fn chosen(preset: Preset) -> ChosenPolicy {
    ChosenPolicy { name: preset.name().to_owned(), text: preset.says().to_owned(), policy: preset.policy() }
}

fn unknown(name: &str) -> String {
    format!("\"{}\" is neither a preset nor a policy file", name.escape_debug())
}
