//! Reading a policy file. Unknown keys are refused, with the nearest that is known.

use std::sync::Arc;

use lockstep_core::{Condition, Knobs, Policy, Preset, Rule};
use toml::de::{DeTable, DeValue};

use super::form::{Form, Item, Wrong, one_of, unwanted};
use super::keys::{self, Key};
use super::{nearest, writer};
use crate::problem::Problem;
use crate::settings::Document;

/// The policy that a document says.
///
/// # Errors
/// The first value that cannot be, where it is and what would work.
pub fn policy(document: &Document) -> Result<Policy, Problem> {
    let table = document.table()?;
    read(table.get_ref()).map_err(|wrong| {
        let problem = match wrong.span {
            Some(span) => document.wrong_at(span, wrong.message, wrong.label),
            None => Problem::usage(format!("{}: {}", document.name(), wrong.message)),
        };
        match wrong.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

fn read(file: &DeTable<'_>) -> Result<Policy, Wrong> {
    let missing = |key: &str, hint: &str| Wrong::missing(format!("the policy has no `{key}`")).hint(hint);
    let name =
        file.get(NAME).ok_or_else(|| missing(NAME, "begin with name = \"NAME\", for the ledger and for texts"))?;
    let preset = preset(file.get(PRESET).ok_or_else(|| missing(PRESET, STARTS_FROM))?)?;
    let mut whole = Policy { name: String::read(name)?.into(), ..preset.policy() };
    let mut knobs = preset.knobs();
    for (key, item) in file {
        match &**key.get_ref() {
            NAME | PRESET | RULES => {}
            name if has(keys::WHOLE, name) => {
                one(name, item, "", keys::WHOLE, &mut whole)?;
            }
            name if has(keys::KNOBS, name) => {
                one(name, item, "", keys::KNOBS, &mut knobs)?;
            }
            name => {
                let known = roots(keys::WHOLE).chain(roots(keys::KNOBS)).chain([NAME, PRESET, RULES]);
                return Err(unknown(key.span(), name, "a policy", known));
            }
        }
    }
    let rules = file.get(RULES).map(|item| rules(item, &knobs)).transpose()?.unwrap_or_default();
    Ok(Policy { knobs: Arc::new(knobs), rules: rules.into(), ..whole })
}

fn preset(item: &Item<'_>) -> Result<Preset, Wrong> {
    item.get_ref().as_str().and_then(Preset::named).ok_or_else(|| {
        let names: Vec<_> = Preset::ALL.iter().map(|preset| format!("\"{}\"", preset.name())).collect();
        unwanted(item, &one_of(&names)).hint(STARTS_FROM)
    })
}

fn rules(item: &Item<'_>, knobs: &Knobs) -> Result<Vec<Rule>, Wrong> {
    let DeValue::Array(items) = item.get_ref() else { return Err(unwanted(item, "tables [[rules]]")) };
    let mut rules: Vec<Rule> = Vec::new();
    for item in items {
        let rule = rule(item, knobs)?;
        if rules.iter().any(|other| other.name == rule.name) {
            let message = format!("two rules are called \"{}\"", rule.name.escape_debug());
            return Err(Wrong::new(item.span(), message, "the second"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn rule(item: &Item<'_>, knobs: &Knobs) -> Result<Rule, Wrong> {
    let DeValue::Table(table) = item.get_ref() else { return Err(unwanted(item, "a table [[rules]]")) };
    let missing = |key: &str| Wrong::new(item.span(), format!("a rule has no `{key}`"), format!("`{key}` is missing"));
    let name = String::read(table.get("name").ok_or_else(|| missing("name"))?)?;
    let asked = table
        .get("when")
        .ok_or_else(|| missing("when").hint("say for which incidents: when = { severity = [\"Low\"] }"))?;
    let mut turned = knobs.clone();
    fill(table, "a rule", keys::KNOBS, &mut turned, &["name", "when"])?;
    Ok(Rule { name: name.into(), when: condition(asked)?, knobs: Arc::new(turned) })
}

fn condition(item: &Item<'_>) -> Result<Condition, Wrong> {
    let DeValue::Table(table) = item.get_ref() else { return Err(unwanted(item, "a table of what is asked")) };
    let mut condition = Condition::default();
    fill(table, "what a rule asks", keys::CONDITIONS, &mut condition, &[])?;
    if condition.is_empty() {
        let message = "a rule that asks nothing is for every incident";
        return Err(Wrong::new(item.span(), message, "asks nothing")
            .hint("what holds for every incident belongs at the top of the file, not in a rule"));
    }
    if let (Some(older), Some(younger)) = (condition.older_than, condition.younger_than)
        && older >= younger
    {
        return Err(Wrong::new(item.span(), "no incident is as old as that and younger at once", "never matches"));
    }
    Ok(condition)
}

/// Reads every key of a table into `into`; those in `aside` are read elsewhere.
pub fn fill<T>(
    table: &DeTable<'_>,
    place: &str,
    keys: &[&dyn Key<T>],
    into: &mut T,
    aside: &[&'static str],
) -> Result<(), Wrong> {
    for (key, item) in table {
        let name = &**key.get_ref();
        if aside.contains(&name) {
            continue;
        }
        if !has(keys, name) {
            return Err(unknown(key.span(), name, place, roots(keys).chain(aside.iter().copied())));
        }
        one(name, item, &format!(" in {place}"), keys, into)?;
    }
    Ok(())
}

/// Reads a key, or the table of those that have `name` before their dot.
fn one<T>(name: &str, item: &Item<'_>, place: &str, keys: &[&dyn Key<T>], into: &mut T) -> Result<(), Wrong> {
    if let Some(key) = keys.iter().find(|key| key.name() == name) {
        return key.read(item, into);
    }
    let DeValue::Table(table) = item.get_ref() else {
        let inner: Vec<_> = inner(keys, name).map(|(leaf, _)| leaf).collect();
        return Err(unwanted(item, &format!("a table with {}", inner.join(", "))));
    };
    for (leaf, item) in table {
        let found = inner(keys, name).find(|(known, _)| *known == &**leaf.get_ref());
        let known = inner(keys, name).map(|(known, _)| known);
        let (_, key) = found.ok_or_else(|| unknown(leaf.span(), leaf.get_ref(), &format!("[{name}]{place}"), known))?;
        key.read(item, into)?;
    }
    Ok(())
}

/// Refuses every key of a table but these.
pub fn only(table: &DeTable<'_>, place: &str, keys: &[&str]) -> Result<(), Wrong> {
    let stray = table.keys().find(|key| !keys.contains(&&**key.get_ref()));
    stray.map_or(Ok(()), |key| Err(unknown(key.span(), key.get_ref(), place, keys.iter().copied())))
}

/// The keys of a list that stand in a table of this name.
fn inner<'a, T>(keys: &'a [&'a dyn Key<T>], table: &'a str) -> impl Iterator<Item = (&'static str, &'a dyn Key<T>)> {
    keys.iter().filter_map(move |key| {
        let (before, leaf) = key.name().split_once('.')?;
        (before == table).then_some((leaf, *key))
    })
}

/// The names that a table with these keys may hold, each once.
fn roots<T>(keys: &[&dyn Key<T>]) -> impl Iterator<Item = &'static str> {
    let mut last = "";
    keys.iter().filter_map(move |key| {
        let root = writer::table_of(key.name()).unwrap_or(key.name());
        (root != last).then(|| {
            last = root;
            root
        })
    })
}

/// Whether a table with these keys may hold this name.
fn has<T>(keys: &[&dyn Key<T>], name: &str) -> bool {
    roots(keys).any(|root| root == name)
}

fn unknown<'a>(span: std::ops::Range<usize>, found: &str, place: &str, known: impl Iterator<Item = &'a str>) -> Wrong {
    let known: Vec<&str> = known.collect();
    let message = format!("`{}` is no key of {place}", found.escape_debug());
    let wrong = Wrong::new(span, message, "unknown key");
    match nearest(found, known.iter().copied()) {
        Some(near) => wrong.hint(format!("did you mean `{near}`?")),
        None => wrong.hint(format!("the keys are {}", known.join(", "))),
    }
}

const NAME: &str = "name";
const PRESET: &str = "preset";
const RULES: &str = "rules";

const STARTS_FROM: &str = "preset = \"NAME\" says what holds where the file says nothing else: observe writes nothing, neutral \
     closes as Undetermined, vendor says that dismissed is a false positive, seed waits for no approval";
