//! Dependencies: named once in the root manifest, used where they are declared, each with its reason.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::{Finding, lines, quoted};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut declared = BTreeSet::new();
    for file in tree.manifests() {
        let manifest: Table = file.text.parse().with_context(|| file.path.clone())?;
        for (name, value) in entries(&manifest, KINDS) {
            if value.get("workspace") != Some(&Value::Boolean(true)) {
                findings.push(Finding::new(&file.path, 0, format!("`{name}` is not taken from the workspace")));
            }
            if !is_used(tree, file.path.trim_end_matches("Cargo.toml"), name) {
                findings.push(Finding::new(&file.path, 0, format!("`{name}` is declared and not used")));
            }
            declared.insert(name.clone());
        }
    }
    let root: Table = tree.text("Cargo.toml")?.parse().context("Cargo.toml")?;
    let shared = root.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
    let shared = shared.context("Cargo.toml has no [workspace.dependencies]")?;
    for name in shared.keys().filter(|name| !declared.contains(*name)) {
        findings.push(Finding::new("Cargo.toml", 0, format!("no crate uses `{name}`")));
    }
    let ours = |name: &str| shared.get(name).is_some_and(|value| value.get("path").is_some());
    let foreign: BTreeSet<&str> = shared.keys().map(String::as_str).filter(|name| !ours(name)).collect();
    let explained: BTreeSet<&str> = explained(tree.text(REASONS)?).collect();
    for name in foreign.difference(&explained) {
        findings.push(Finding::new(REASONS, 0, format!("does not say what `{name}` is for")));
    }
    for name in explained.difference(&foreign) {
        findings.push(Finding::new(REASONS, 0, format!("`{name}` is no dependency")));
    }
    Ok(findings)
}

/// The names under a manifest's tables of these kinds, those for one platform only included.
pub fn named(manifest: &Table, kinds: &[&str]) -> impl Iterator<Item = String> {
    entries(manifest, kinds).into_iter().map(|(name, _)| name.clone())
}

fn entries<'a>(manifest: &'a Table, kinds: &[&str]) -> Vec<(&'a String, &'a Value)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places: Vec<&Table> = platforms.filter_map(Value::as_table).chain([manifest]).collect();
    let tables = places.into_iter().flat_map(|place| kinds.iter().filter_map(|kind| place.get(*kind)?.as_table()));
    tables.flatten().collect()
}

/// Whether a Rust file under `folder` names the crate.
fn is_used(tree: &Tree, folder: &str, name: &str) -> bool {
    let library = LIBRARIES.iter().find(|(package, _)| *package == name).map(|(_, library)| (*library).to_owned());
    let name = library.unwrap_or_else(|| name.replace('-', "_"));
    let mut sources = tree.rust().filter(|file| file.path.starts_with(folder));
    sources.any(|file| {
        file.text.match_indices(&name).any(|(at, _)| {
            let before = file.text[..at].chars().next_back();
            let after = file.text[at + name.len()..].chars().next();
            let in_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !in_a_word(before) && !in_a_word(after)
        })
    })
}

/// The first quoted word of each row of the document's tables.
fn explained(reasons: &str) -> impl Iterator<Item = &str> {
    lines(reasons).filter(|(_, line)| line.starts_with("| `")).filter_map(|(_, line)| quoted(line).next())
}

/// Packages whose library has another name.
const LIBRARIES: &[(&str, &str)] = &[("md-5", "md5")];

const KINDS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];
const REASONS: &str = "docs/decisions/dependencies.md";

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::{REASONS, find};

    #[test]
    fn a_dependency_is_shared_used_and_explained() {
        let check = |shared: &str, manifest: &str, source: &str, reasons: &str, expected: &[&str]| {
            let root = format!("[workspace.dependencies]\nours = {{ path = \"ours\" }}\n{shared}");
            let manifest = format!("[dependencies]\nours.workspace = true\n{manifest}");
            let source = format!("use ours::Thing;\n{source}");
            let files = [
                ("Cargo.toml", root.as_str()),
                ("crates/a/Cargo.toml", &manifest),
                ("crates/a/src/lib.rs", &source),
                (REASONS, reasons),
            ];
            check(find, &files, expected);
        };
        let (shared, taken, used) = ("a-b = \"1\"", "a-b.workspace = true", "use a_b::C;");
        check(shared, taken, used, "| `a-b` | `C` |", &[]);
        check(shared, taken, "use a_bc::C;", "| `a-b` | |", &["crates/a/Cargo.toml: `a-b` is declared and not used"]);
        check(
            shared,
            "a-b = \"1\"",
            used,
            "| `a-b` | |",
            &["crates/a/Cargo.toml: `a-b` is not taken from the workspace"],
        );
        check(shared, "", used, "| `a-b` | |", &["Cargo.toml: no crate uses `a-b`"]);
        check(shared, taken, used, "", &["docs/decisions/dependencies.md: does not say what `a-b` is for"]);
        check("", "", "", "| `a-b` | |", &["docs/decisions/dependencies.md: `a-b` is no dependency"]);
    }
}
