//! Rust files: a header that says what the file is for, and a length that can be read in one sitting.

use anyhow::Result;

use super::Finding;
use crate::Tree;
use crate::tree::File;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        findings.extend(header(file));
        findings.extend(length(file));
    }
    for (path, _) in LONG.iter().filter(|(path, _)| !tree.has(path)) {
        findings.push(Finding::new(path, 0, "may be long, and does not exist"));
    }
    Ok(findings)
}

fn header(file: &File) -> Option<Finding> {
    match file.text.lines().next()?.strip_prefix("//!") {
        Some(says) if says.trim().ends_with(['.', ':', '?', ')']) || says.split_whitespace().count() > 2 => None,
        Some(_) => Some(Finding::new(&file.path, 1, "the header says nothing")),
        None => Some(Finding::new(&file.path, 1, "does not open with a `//!` header")),
    }
}

fn length(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    let excused = LONG.iter().any(|(path, _)| *path == file.path);
    match (lines > LIMIT, excused) {
        (true, false) => Some(Finding::new(&file.path, 0, format!("{lines} lines, and {LIMIT} are the limit"))),
        (false, true) => Some(Finding::new(&file.path, 0, format!("{lines} lines: no longer needs to be excused"))),
        _ => None,
    }
}

const LIMIT: usize = 600;

/// Files that may be longer, and why: one list of like things is easier to read whole.
const LONG: &[(&str, &str)] = &[
    ("crates/kql/src/aggregates/all.rs", "the list of aggregates, one item each"),
    ("crates/kql/src/bind/pipeline.rs", "what each operator does to the columns, one function each"),
    ("crates/kql/src/syntax/parser/operator.rs", "the grammar of each operator, one function each"),
];

#[cfg(test)]
mod tests {
    use super::{LIMIT, header, length};
    use crate::tree::File;

    #[test]
    fn a_file_has_a_header_and_an_end() {
        let check = |text: &str, expected: &[&str]| {
            let file = File { path: "a.rs".into(), text: text.into() };
            let found: Vec<String> =
                header(&file).into_iter().chain(length(&file)).map(|found| found.to_string()).collect();
            assert_eq!(found, expected);
        };
        check("//! What it is for.\nuse b;\n", &[]);
        check("", &[]);
        check("use b;\n", &["a.rs:1: does not open with a `//!` header"]);
        check("//!\nuse b;\n", &["a.rs:1: the header says nothing"]);
        check(&format!("//! Everything.\n{}", "\n".repeat(LIMIT)), &["a.rs: 601 lines, and 600 are the limit"]);
    }
}
