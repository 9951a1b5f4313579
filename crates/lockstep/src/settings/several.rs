//! Which workspaces the settings are about: one; several in one file, under `[defaults]` and `[[workspace]]`; or a folder of
//! files with one each. What is wrong with one of several is a problem of that one alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lockstep_core::Ceilings;
use serde::{Deserialize, de::DeserializeOwned};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::file::{AuthTable, CloudTable, Document, File, LedgerTable, PaceTable, Text, WatchTable, WorkspaceTable};
use crate::arguments::Common;
use crate::problem::Problem;

/// What is written about one workspace.
pub struct Written {
    /// What it is called among several.
    pub name: Option<String>,
    /// Where it is written.
    pub document: Document,
    /// What it says.
    pub file: File,
    /// The most that a pass may do here, whatever the policy says.
    pub ceilings: Ceilings,
}

/// What is written about the workspaces that are asked for.
pub enum Found {
    One(Box<Written>),
    /// Each with its name.
    Several(Vec<(String, Result<Written, Problem>)>),
}

/// Finds what is written.
///
/// # Errors
/// Nothing is, it cannot be read at all, or it says nothing about the workspace that --only names.
pub fn find(common: &Common) -> Result<Found, Problem> {
    let all = if common.config.is_dir() { in_folder(&common.config)? } else { in_file(&common.config, common)? };
    let mut all = match all {
        Found::One(written) => return Ok(Found::One(written)),
        Found::Several(all) => all,
    };
    each_has_its_own(&mut all);
    if let Some(only) = &common.only {
        let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
        return match all.into_iter().find(|(name, _)| name == only) {
            Some((_, written)) => written.map(|written| Found::One(Box::new(written))),
            None => Err(no_such(only, &names)),
        };
    }
    if let Some(ledger) = &common.ledger {
        let problem = Problem::usage(format!("{} cannot be the ledger of several workspaces", ledger.display()));
        return Err(problem.hint("each has its own, named in the settings; or name one workspace with --only"));
    }
    Ok(Found::Several(all))
}

/// What is written about the one workspace that a command takes.
///
/// # Errors
/// As for [`find`], or there are several.
pub fn one(common: &Common) -> Result<Written, Problem> {
    match find(common)? {
        Found::One(written) => Ok(*written),
        Found::Several(all) => {
            let names: Vec<String> = all.into_iter().map(|(name, _)| name).collect();
            let message =
                format!("{} is about {} workspaces, and this takes one", common.config.display(), names.len());
            Err(Problem::usage(message).hint(format!("name it with --only: {}", names.join(", "))))
        }
    }
}

fn no_such(only: &str, names: &[String]) -> Problem {
    let problem = Problem::usage(format!("there is no workspace called \"{}\"", only.escape_debug()));
    problem.hint(format!("there are {}", names.join(", ")))
}

fn in_folder(folder: &Path) -> Result<Found, Problem> {
    let cannot = |error: std::io::Error| Problem::usage(format!("{} cannot be read", folder.display())).because(&error);
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Problem::usage(format!("there is no .toml file in {}", folder.display())));
    }
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let written = Document::read(&path).and_then(|document| {
            let mut file: File = document.parse()?;
            file.ledger = Some(with_path(file.ledger, &name));
            Ok(Written { name: Some(name.clone()), document, file, ceilings: Ceilings::default() })
        });
        (name, written)
    };
    Ok(Found::Several(paths.into_iter().map(named).collect()))
}

fn in_file(path: &Path, common: &Common) -> Result<Found, Problem> {
    let document = Document::read(path)?;
    let table = document.table()?;
    let Some(DeValue::Array(entries)) = table.get_ref().get(WORKSPACE).map(Spanned::get_ref) else {
        return only(document.clone(), common).map(|written| Found::One(Box::new(written)));
    };
    for (key, _) in table.get_ref() {
        let name = &**key.get_ref();
        if ![WORKSPACE, DEFAULTS, CEILINGS].contains(&name) {
            let message = format!("`{name}` stands beside several workspaces");
            let label = "belongs under [defaults], or to one of the workspaces";
            return Err(document.wrong_at(key.span(), message, label));
        }
    }
    let part = |key: &str| table.get_ref().get(key);
    let shares = shares(&document, part(CEILINGS), entries.len())?;
    let mut all = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let name = name_of(entry.get_ref()).unwrap_or_else(|| format!("workspace {}", place + 1));
        let defaults: Defaults = part(DEFAULTS).map(|part| parsed(&document, part)).transpose()?.unwrap_or_default();
        let written = parsed(&document, entry).and_then(|own: Entry| {
            if let Some(called) = own.called.as_ref().filter(|called| !is_plain(called.get_ref())) {
                let label = "letters, digits, '-', '_' and '.' are wanted";
                return Err(document.wrong(Some(called), "the name cannot be part of a file's", label));
            }
            let file = own.over(defaults, entry.span(), &name);
            Ok(Written { name: Some(name.clone()), document: document.clone(), file, ceilings: shares })
        });
        all.push((name, written));
    }
    Ok(Found::Several(all))
}

/// What a document says that is about one workspace.
fn only(document: Document, common: &Common) -> Result<Written, Problem> {
    let file: File = document.parse()?;
    let called = file.workspace.as_ref().and_then(|workspace| workspace.get_ref().name.as_ref());
    match (&common.only, called) {
        (Some(only), Some(name)) if name.get_ref() != only => Err(no_such(only, &[name.get_ref().clone()])),
        _ => Ok(Written { name: None, document, file, ceilings: Ceilings::default() }),
    }
}

/// What a workspace is called, as far as that can be told of one that cannot be used.
fn name_of(entry: &DeValue<'_>) -> Option<String> {
    let DeValue::Table(table) = entry else { return None };
    ["called", "name"].into_iter().find_map(|key| match table.get(key)?.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    })
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

/// What is said of a ledger, which is the workspace's own where nothing says where it lies.
fn with_path(table: Option<LedgerTable>, name: &str) -> LedgerTable {
    let mut table = table.unwrap_or(LedgerTable { path: None, url: None, other_instance_within: None });
    if table.url.is_none() {
        table.path.get_or_insert_with(|| format!("lockstep-ledger-{name}.db").into());
    }
    table
}

/// A part of a document, as its own type.
fn parsed<T: DeserializeOwned>(document: &Document, part: &Spanned<DeValue<'_>>) -> Result<T, Problem> {
    let DeValue::Table(table) = part.get_ref() else {
        return Err(document.wrong_at(part.span(), "no table stands here", "a table is wanted"));
    };
    let table: DeTable<'_> = table.clone();
    T::deserialize(Deserializer::from(Spanned::new(part.span(), table))).map_err(|error| document.no_toml(&error))
}

/// What each workspace may do of what all of them may: an even part, so that they need not know of each other.
fn shares(document: &Document, part: Option<&Spanned<DeValue<'_>>>, workspaces: usize) -> Result<Ceilings, Problem> {
    let Some(part) = part else { return Ok(Ceilings::default()) };
    let table: CeilingsTable = parsed(document, part)?;
    let workspaces = u32::try_from(workspaces).unwrap_or(u32::MAX);
    let share = |most: Option<Spanned<u32>>| match most {
        None => Ok(None),
        Some(most) if *most.get_ref() < workspaces => {
            let message = format!("{} over {workspaces} workspaces leaves nothing for each", most.get_ref());
            Err(document.wrong_at(most.span(), message, format!("{workspaces} or more is wanted")))
        }
        Some(most) => Ok(Some(most.get_ref() / workspaces)),
    };
    Ok(Ceilings { changes: share(table.changes)?, lowerings: share(table.lowerings)? })
}

/// Refuses the second of two that share a name or a ledger.
fn each_has_its_own(all: &mut [(String, Result<Written, Problem>)]) {
    let (mut names, mut ledgers) = (BTreeSet::new(), BTreeSet::new());
    for (name, written) in all {
        let Ok(Written { document, file, .. }) = written else { continue };
        let ledger = file.ledger.as_ref().and_then(|table| match (&table.url, &table.path) {
            (Some(url), _) => Some(url.get_ref().trim_end_matches('/').into()),
            (None, path) => path.as_ref().map(|path| document.beside(path)),
        });
        if !names.insert(name.clone()) {
            let problem = Problem::usage(format!("two workspaces are called {name}"));
            *written = Err(problem.hint("give one of them another name with called = \"NAME\""));
        } else if let Some(ledger) = ledger.filter(|ledger| !ledgers.insert(ledger.clone())) {
            let message = format!("{} is the ledger of two workspaces", ledger.display());
            *written = Err(Problem::usage(message).hint("each needs its own"));
        }
    }
}

/// `[defaults]`: what holds for every workspace that does not say otherwise.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with defaults")]
struct Defaults {
    policy: Option<Text>,
    auth: Option<Spanned<AuthTable>>,
    instance: Option<Text>,
    cloud: Option<CloudTable>,
    watch: Option<WatchTable>,
    pace: Option<PaceTable>,
    tenant: Option<Text>,
    subscription: Option<Text>,
    resource_group: Option<Text>,
}

/// `[[workspace]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with a workspace")]
struct Entry {
    called: Option<Text>,
    tenant: Option<Text>,
    subscription: Option<Text>,
    resource_group: Option<Text>,
    name: Option<Text>,
    id: Option<Text>,
    policy: Option<Text>,
    auth: Option<Spanned<AuthTable>>,
    instance: Option<Text>,
    cloud: Option<CloudTable>,
    ledger: Option<LedgerTable>,
    watch: Option<WatchTable>,
    pace: Option<PaceTable>,
}

impl Entry {
    /// The same as a file of its own would say it.
    fn over(self, defaults: Defaults, span: std::ops::Range<usize>, called: &str) -> File {
        let workspace = WorkspaceTable {
            tenant: self.tenant.or(defaults.tenant),
            subscription: self.subscription.or(defaults.subscription),
            resource_group: self.resource_group.or(defaults.resource_group),
            name: self.name,
            id: self.id,
        };
        File {
            policy: self.policy.or(defaults.policy),
            auth: self.auth.or(defaults.auth),
            instance: self.instance.or(defaults.instance),
            cloud: self.cloud.or(defaults.cloud),
            workspace: Some(Spanned::new(span, workspace)),
            ledger: Some(with_path(self.ledger, called)),
            watch: self.watch.or(defaults.watch),
            pace: self.pace.or(defaults.pace),
        }
    }
}

/// `[ceilings]`: the most that all workspaces together may do in one pass of each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with ceilings")]
struct CeilingsTable {
    changes: Option<Spanned<u32>>,
    lowerings: Option<Spanned<u32>>,
}

const WORKSPACE: &str = "workspace";
const DEFAULTS: &str = "defaults";
const CEILINGS: &str = "ceilings";
