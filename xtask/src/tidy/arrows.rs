//! The arrows between our crates: the table in ARCHITECTURE.md against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use toml::Table;

use super::{Finding, lines, quoted};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let drawn = drawn(tree.text(MAP)?);
    let built = built(tree)?;
    let mut findings = Vec::new();
    for (name, (line, arrows)) in &drawn {
        match built.get(name) {
            None => findings.push(Finding::new(MAP, *line, format!("there is no crate `{name}`"))),
            Some(built) => findings.extend(differences(name, *line, arrows, built)),
        }
    }
    for name in built.keys().filter(|name| !drawn.contains_key(*name)) {
        findings.push(Finding::new(MAP, 0, format!("the table of arrows has no line for `{name}`")));
    }
    Ok(findings)
}

/// Which of our crates one of them uses.
#[derive(Default)]
struct Arrows {
    always: BTreeSet<String>,
    in_tests: BTreeSet<String>,
}

fn differences(name: &str, line: usize, drawn: &Arrows, built: &Arrows) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, drawn, built) in
        [("", &drawn.always, &built.always), (" in its tests", &drawn.in_tests, &built.in_tests)]
    {
        for other in drawn.difference(built) {
            findings.push(Finding::new(MAP, line, format!("`{name}` does not use `{other}`{kind}")));
        }
        for other in built.difference(drawn) {
            findings.push(Finding::new(
                MAP,
                line,
                format!("`{name}` uses `{other}`{kind}: a wall was moved, or draw it"),
            ));
        }
    }
    findings
}

/// The table under the heading `## Arrows`: crate, what it uses, what its tests use besides.
fn drawn(map: &str) -> BTreeMap<String, (usize, Arrows)> {
    let section = lines(map).skip_while(|(_, line)| *line != "## Arrows").skip(1);
    let rows = section.take_while(|(_, line)| !line.starts_with("## ")).filter(|(_, line)| line.starts_with("| `"));
    rows.filter_map(|(number, row)| {
        let mut cells = row.trim_matches('|').split('|').map(|cell| quoted(cell).map(String::from));
        let name = cells.next()?.next()?;
        let always = cells.next()?.collect();
        let in_tests = cells.next()?.collect();
        Some((name, (number, Arrows { always, in_tests })))
    })
    .collect()
}

fn built(tree: &Tree) -> Result<BTreeMap<String, Arrows>> {
    let manifests: Vec<(String, Table)> = tree
        .manifests()
        .map(|file| {
            let manifest: Table = file.text.parse().with_context(|| file.path.clone())?;
            let name = manifest.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str());
            Ok((name.with_context(|| format!("{} names no package", file.path))?.to_owned(), manifest))
        })
        .collect::<Result<_>>()?;
    let ours: BTreeSet<String> = manifests.iter().map(|(name, _)| name.clone()).collect();
    let uses = |manifest: &Table, kinds: &[&str]| {
        let all: BTreeSet<String> = super::dependencies::named(manifest, kinds).collect();
        &all & &ours
    };
    let arrows = manifests.iter().map(|(name, manifest)| {
        let always = uses(manifest, &["dependencies", "build-dependencies"]);
        let in_tests = &uses(manifest, &["dev-dependencies"]) - &always;
        (name.clone(), Arrows { always, in_tests })
    });
    Ok(arrows.collect())
}

const MAP: &str = "ARCHITECTURE.md";

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::find;

    const A: (&str, &str) =
        ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nserde = \"1\"\n");
    const B: (&str, &str) =
        ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n[target.'cfg(unix)'.dev-dependencies]\na.workspace = true\n");

    #[test]
    fn arrows_drawn_and_built_are_the_same() {
        let check = |rows: &str, expected: &[&str]| {
            let map = format!(
                "# Map\n## Arrows\n| crate | uses | in tests |\n|---|---|---|\n{rows}\n## Walls\n| `c` | - | - |\n"
            );
            check(find, &[A, B, ("ARCHITECTURE.md", &map)], expected);
        };
        check("| `a` | `b` | - |\n| `b` | - | `a` |", &[]);
        check("| `a` | - | - |\n| `b` | - | `a` |", &["ARCHITECTURE.md:5: `a` uses `b`: a wall was moved, or draw it"]);
        check("| `a` | `b` | - |\n| `b` | `a` | `a` |", &["ARCHITECTURE.md:6: `b` does not use `a`"]);
        check(
            "| `a` | `b` | - |\n| `b` | - | - |\n| `c` | - | - |",
            &[
                "ARCHITECTURE.md:6: `b` uses `a` in its tests: a wall was moved, or draw it",
                "ARCHITECTURE.md:7: there is no crate `c`",
            ],
        );
        check("| `a` | `b` | - |", &["ARCHITECTURE.md: the table of arrows has no line for `b`"]);
    }
}
