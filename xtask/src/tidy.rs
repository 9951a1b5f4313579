//! Checks what the compiler cannot: the walls between crates, the words, the documents.
//!
//! A rule is one function from the project's text to what is wrong with it. Rules that clippy can hold are clippy's
//! (clippy.toml, the workspace's lints); the rules here say which files may make an exception of those.

mod arrows;
mod buttons;
mod changelog;
mod commands;
mod dependencies;
mod files;
mod links;
mod reference;
mod walls;
mod words;

use std::fmt;

use anyhow::Result;

use crate::Tree;

/// Prints what every rule finds; true if none finds anything.
pub fn run(_: &[&str]) -> Result<bool> {
    let tree = Tree::read()?;
    let mut tidy = true;
    for rule in RULES {
        for finding in (rule.find)(&tree)? {
            println!("{finding}\n  rule: {}", rule.says);
            tidy = false;
        }
    }
    if tidy {
        println!("tidy: {} rules hold over {} files", RULES.len(), tree.files().count());
    }
    Ok(tidy)
}

struct Rule {
    says: &'static str,
    find: fn(&Tree) -> Result<Vec<Finding>>,
}

const RULES: &[Rule] = &[
    Rule { says: "ARCHITECTURE.md draws the arrows between crates that the manifests have", find: arrows::find },
    Rule {
        says: "every dependency is used, taken from the workspace, and has its reason written",
        find: dependencies::find,
    },
    Rule { says: "a Rust file says at its top what it is for, and stays short", find: files::find },
    Rule { says: "only named files read a clock or the environment, or print", find: walls::find },
    Rule { says: "the project speaks of itself, to any reader, on any machine", find: words::find },
    Rule { says: "links between the documents lead somewhere", find: links::find },
    Rule { says: "CHANGELOG.md keeps to the form of Keep a Changelog", find: changelog::find },
    Rule { says: "docs/kql-reference.md is what `cargo xtask kql-reference` prints", find: reference::find },
    Rule { says: "the ways to deploy in the documents are those of deploy/home.toml", find: buttons::find },
    Rule { says: "the commands in the documents are those that are run and exist", find: commands::find },
];

/// Something that breaks a rule.
struct Finding {
    path: String,
    /// From 1; 0 when it is about the file as a whole.
    line: usize,
    says: String,
}

impl Finding {
    fn new(path: &str, line: usize, says: impl Into<String>) -> Self {
        Self { path: path.into(), line, says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.says),
            line => write!(f, "{}:{line}: {}", self.path, self.says),
        }
    }
}

/// The text's lines, counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Compares what a rule finds in a small tree with what it should find, in order.
#[cfg(test)]
fn check(find: fn(&Tree) -> Result<Vec<Finding>>, files: &[(&str, &str)], expected: &[&str]) {
    let found = find(&Tree::of(files)).expect("the rule can be checked");
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        let tree = Tree::read().expect("the project can be read");
        for rule in RULES {
            let findings = (rule.find)(&tree).expect("the rule can be checked");
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            assert!(findings.is_empty(), "{}:\n{}", rule.says, findings.join("\n"));
        }
    }
}
