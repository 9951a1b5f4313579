//! The packages that a walk needs, each set in a folder of its own below `target/conformance`, installed once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::child::Child;
use crate::tree::root;

/// A Python environment with what `xtask/conformance/packages/NAME.txt` lists. Its folder of programs.
///
/// # Errors
///
/// Python or a package cannot be had.
pub fn python(name: &str) -> Result<PathBuf> {
    let wanted = lists().join(format!("{name}.txt"));
    let folder = root().join("target/conformance").join(name);
    let bin = folder.join("bin");
    installed(&folder, &wanted, || {
        Child::new("python3").args(["-m", "venv"]).args([&folder]).run()?;
        Child::new(bin.join("python")).args(["-m", "pip", "install", "--quiet", "--requirement"]).args([&wanted]).run()
    })?;
    Ok(bin)
}

/// A folder with the Node modules that `xtask/conformance/packages/NAME.json` lists.
///
/// # Errors
///
/// Node or a package cannot be had.
pub fn node(name: &str) -> Result<PathBuf> {
    let wanted = lists().join(format!("{name}.json"));
    let folder = root().join("target/conformance").join(name);
    installed(&folder, &wanted, || {
        fs::copy(&wanted, folder.join("package.json"))?;
        let install = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--prefix"];
        Child::new("npm").args(install).args([&folder]).run()
    })?;
    Ok(folder)
}

/// Installs into `folder` unless the same list was installed there before.
fn installed(folder: &Path, wanted: &Path, install: impl FnOnce() -> Result<String>) -> Result<()> {
    let wanted = fs::read_to_string(wanted)?;
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    install().with_context(|| format!("{} cannot be installed", folder.display()))?;
    Ok(fs::write(mark, wanted)?)
}

fn lists() -> PathBuf {
    root().join("xtask/conformance/packages")
}
