//! Kills the binary at random moments of an apply, again and again, and checks what is left.
//!
//! The rounds themselves are a test of the binary's, beside the twin that it needs; this chore says how many.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tree::root;

/// Takes `--rounds N`; 200 if not given. Whether nothing was lost, doubled or left unexplained.
///
/// # Errors
///
/// The words are not understood, or cargo cannot be run.
pub fn run(words: &[&str]) -> Result<bool> {
    let rounds: u32 = match words {
        [] => ROUNDS,
        ["--rounds", rounds] => rounds.parse().context("--rounds takes a whole number")?,
        _ => bail!("it takes --rounds N"),
    };
    let test = [
        "test",
        "--quiet",
        "--package",
        "lockstep",
        "--test",
        "it",
        "--",
        "--nocapture",
        "i06_a_process_may_be_killed",
    ];
    let status = Command::new("cargo")
        .args(test)
        .env("LOCKSTEP_KILL_ROUNDS", rounds.to_string())
        .current_dir(root())
        .status()
        .context("running cargo")?;
    Ok(status.success())
}

const ROUNDS: u32 = 200;
