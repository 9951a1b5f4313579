//! Words that have no place here: they mean something on one machine or on one day only.

use anyhow::Result;

use super::{Finding, lines};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (number, line) in lines(&file.text) {
            let lower = line.to_lowercase();
            for (word, reason) in WORDS.iter().filter(|(word, _)| has(&lower, word)) {
                findings.push(Finding::new(&file.path, number, format!("`{word}`: {reason}")));
            }
        }
    }
    Ok(findings)
}

/// Whether the line has the word, not as a part of a longer one.
fn has(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part_of_a_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let starts_with_letter = word.starts_with(char::is_alphanumeric);
        let ends_with_letter = word.ends_with(char::is_alphanumeric);
        !(starts_with_letter && part_of_a_word(before) || ends_with_letter && part_of_a_word(after))
    })
}

/// Lower case, and why not.
const WORDS: &[(&str, &str)] = &[
    ("/work/", ONE_MACHINE),
    ("/root/", ONE_MACHINE),
    ("crates.io", A_REGISTRY),
    ("pypi.org", A_REGISTRY),
    ("pythonhosted.org", A_REGISTRY),
    ("npmjs.org", A_REGISTRY),
    ("npmjs.com", A_REGISTRY),
    ("todo:", NOT_DONE),
    ("fixme", NOT_DONE),
    ("xxx", NOT_DONE),
];

const ONE_MACHINE: &str = "a path of one machine";
const A_REGISTRY: &str = "which host a package comes from is for each reader's own client to say";
const NOT_DONE: &str = "do it, or say in README.md what does not work";

/// What a tool writes, and this list.
const EXEMPT: &[&str] = &["Cargo.lock", "clippy.toml", "xtask/src/tidy/words.rs"];

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::find;

    #[test]
    fn words_are_found_whole() {
        check(find, &[("a.md", "stats say to_do; todos; a/workshop/b; hxxxh")], &[]);
        check(
            find,
            &[("a.md", "fine\n// TODO: later")],
            &["a.md:2: `todo:`: do it, or say in README.md what does not work"],
        );
        check(find, &[("a.rs", "\"/root/me\"")], &["a.rs:1: `/root/`: a path of one machine"]);
    }
}
