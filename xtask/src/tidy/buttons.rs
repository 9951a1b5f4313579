//! The tables of ways to deploy are those that deploy/home.toml makes.

use anyhow::Result;

use super::Finding;
use crate::Tree;
use crate::buttons::{DOCUMENTS, parts, table};

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        let found = parts(tree.text(document.path)?).map(|(_, found, _)| found);
        if found != Some(&table(tree, document)?) {
            findings.push(Finding::new(
                document.path,
                0,
                "the ways to deploy are not what `cargo xtask buttons` makes",
            ));
        }
    }
    Ok(findings)
}
