//! Data and peers to measure against: a folder beside the clone that not everybody has.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::child::Child;
use crate::tree::root;

/// The folder of corpora, or the reason why there is none. `CORPORA` names another place, as for `.ci/run`.
pub fn corpora() -> Result<PathBuf, String> {
    let named = CORPORA.map_or_else(|| root().join("../shared"), |named| root().join(named));
    if named.is_dir() { Ok(named) } else { Err(format!("there is no {}", named.display())) }
}

/// Generated tables of that many incidents: `si.parquet`, `sa.parquet` and the same as `.jsonl`. Made once, and kept.
pub fn tables(corpora: &Path, incidents: usize) -> Result<PathBuf> {
    let folder = root().join(format!("target/bench/tables-{incidents}"));
    if !folder.join("sa.jsonl").exists() {
        let number = incidents.to_string();
        let generate = Child::new("python3").args([corpora.join("bench/gen.py")]);
        generate.args(["--incidents", &number, "--jsonl", "--out"]).args([&folder]).run()?;
    }
    Ok(folder)
}

/// Whether Python has these modules.
pub fn python_has(modules: &[&str]) -> bool {
    let import = modules.iter().map(|module| format!("import {module}\n")).collect::<String>();
    Child::new("python3").args(["-c", &import]).run().is_ok()
}

/// The time at which the generated tables stand.
pub const NOW: &str = "2024-06-01T00:00:00Z";

const CORPORA: Option<&str> = option_env!("CORPORA");
