//! CHANGELOG.md keeps to the form of Keep a Changelog 1.1.0: newest first, known groups, a date for each version.

use anyhow::Result;

use super::{Finding, lines};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let text = tree.text(PATH)?;
    let mut findings = Vec::new();
    let mut versions = Vec::new();
    for (number, line) in lines(text) {
        if let Some(heading) = line.strip_prefix("## ") {
            match version(heading) {
                Some(version) => versions.push((number, version)),
                None => findings.push(Finding::new(PATH, number, "neither [Unreleased] nor [X.Y.Z] - YYYY-MM-DD")),
            }
        } else if let Some(group) = line.strip_prefix("### ")
            && !GROUPS.contains(&group)
        {
            findings.push(Finding::new(PATH, number, format!("`{group}` is none of {}", GROUPS.join(", "))));
        }
    }
    if !versions.is_sorted_by(|(_, newer), (_, older)| newer > older) {
        findings.push(Finding::new(PATH, 0, "the versions are not newest first"));
    }
    if versions.is_empty() {
        findings.push(Finding::new(PATH, 0, "has no version"));
    }
    Ok(findings)
}

/// The numbers of a heading; what is not released yet is newer than anything.
fn version(heading: &str) -> Option<[u32; 3]> {
    if heading == "[Unreleased]" {
        return Some([u32::MAX; 3]);
    }
    let (version, date) = heading.strip_prefix('[')?.split_once("] - ")?;
    let numbers: Vec<u32> = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let is_date = date.len() == 10 && date.split('-').map(str::len).eq([4, 2, 2]);
    let digits = date.chars().all(|c| c == '-' || c.is_ascii_digit());
    (is_date && digits).then(|| numbers.try_into().ok())?
}

const PATH: &str = "CHANGELOG.md";
const GROUPS: &[&str] = &["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::find;

    #[test]
    fn the_form_is_kept() {
        let check = |text: &str, expected: &[&str]| check(find, &[("CHANGELOG.md", text)], expected);
        check("## [Unreleased]\n### Added\n## [0.10.0] - 2026-01-31\n### Fixed\n## [0.9.0] - 2026-01-01\n", &[]);
        check("# Changelog\n", &["CHANGELOG.md: has no version"]);
        check("## 0.1.0\n## [Unreleased]\n", &["CHANGELOG.md:1: neither [Unreleased] nor [X.Y.Z] - YYYY-MM-DD"]);
        check(
            "## [0.1.0] - 2026-01-01\n## [0.2.0] - 2026-02-01\n",
            &["CHANGELOG.md: the versions are not newest first"],
        );
        check(
            "## [Unreleased]\n### New\n",
            &["CHANGELOG.md:2: `New` is none of Added, Changed, Deprecated, Removed, Fixed, Security"],
        );
    }
}
