//! The project's own text files, in memory.
//!
//! A chore looks at this value and not at the disk, so that its tests can hand it a tree of two lines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Text files by their path from the root, in the order of the paths.
pub struct Tree {
    files: Vec<File>,
}

/// One text file.
pub struct File {
    /// From the root, with `/` on every platform.
    pub path: String,
    pub text: String,
}

impl Tree {
    /// Reads the project that this program was built from.
    pub fn read() -> Result<Self> {
        let mut files = Vec::new();
        read_into(&mut files, &root(), "")?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// A tree of these paths and texts.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect() }
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".rs"))
    }

    pub fn markdown(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with(".md"))
    }

    /// The manifests of the workspace's members.
    pub fn manifests(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.path.ends_with("/Cargo.toml"))
    }

    /// The text of the file at `path`.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn text(&self, path: &str) -> Result<&str> {
        let file = self.files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str()).with_context(|| format!("the project has no {path}"))
    }

    /// Whether a file or a folder of this path holds text of the project.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files
            .iter()
            .any(|file| file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

/// Where the project lies.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies below the root").into()
}

fn read_into(files: &mut Vec<File>, folder: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            read_into(files, &entry.path(), &format!("{path}/"))?;
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// What tools made.
const NOT_OURS: &[&str] = &[".git", "node_modules", "target"];
