//! Starts the scheduled job a hundred times, each with an empty disk and some at the same time, and checks what is left.
//!
//! The rounds are a test of the binary's, beside the twin that it needs; the ledger lies in the vendor's emulator of a storage
//! account, which this chore installs below `target/azurite`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tree::root;

/// Whether nothing was lost and nothing doubled.
///
/// # Errors
///
/// It takes no words, the emulator is not there and npm cannot bring it, or cargo cannot be run.
pub fn run(words: &[&str]) -> Result<bool> {
    ensure!(words.is_empty(), "it takes no words");
    if !root().join("target/azurite/node_modules/azurite").exists() {
        let install = ["install", "--no-audit", "--no-fund", "--prefix", "target/azurite", "azurite@3"];
        std::fs::create_dir_all(root().join("target/azurite"))?;
        let status = Command::new("npm").args(install).current_dir(root()).status();
        let status = status.context("running npm: install Node.js, which brings it (Debian: apt-get install npm)")?;
        ensure!(status.success(), "npm {} failed", install.join(" "));
    }
    let test = ["test", "--quiet", "--workspace", "--tests", "--"];
    let which = ["--ignored", "--nocapture", "i16_a_job_with_an_empty_disk"];
    let status = Command::new("cargo").args(test).args(which).current_dir(root()).status().context("running cargo")?;
    Ok(status.success())
}
