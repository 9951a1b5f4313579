//! Who may read a clock or the environment, and who may print.
//!
//! Clippy finds the calls (clippy.toml, the workspace's lints), and an exception of it is an `expect` with its reason. Here is
//! the list of the files that may hold one, or may name the streams that everything printed goes to.

use anyhow::Result;

use super::{Finding, lines};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for (number, line) in lines(&file.text) {
            for wall in WALLS.iter().filter(|wall| line.contains(wall.sign)) {
                if !wall.doors.iter().any(|door| file.path.starts_with(door)) {
                    findings.push(Finding::new(&file.path, number, format!("`{}` here", wall.sign)));
                }
            }
        }
    }
    for door in WALLS.iter().flat_map(|wall| wall.doors).filter(|door| !tree.has(door)) {
        findings.push(Finding::new(door, 0, "may make exceptions, and does not exist"));
    }
    for file in tree.files().filter(|file| file.path != CLIPPY && file.path.ends_with(CLIPPY)) {
        findings.push(Finding::new(&file.path, 0, format!("replaces the root's {CLIPPY} for this crate")));
    }
    Ok(findings)
}

/// What shows that a line goes through a wall, and the paths that may.
struct Wall {
    sign: &'static str,
    doors: &'static [&'static str],
}

const WALLS: &[Wall] = &[
    Wall {
        sign: concat!("clippy::", "disallowed_methods"),
        doors: &[
            "crates/kql/examples/",
            "crates/kql/src/exec/mod.rs",
            "crates/lockstep-core/examples/",
            "crates/lockstep-engine/src/clock.rs",
            "crates/lockstep-ledger/src/sqlite/lock.rs",
            "crates/lockstep-ledger/tests/it/leasing.rs",
            "crates/lockstep-twin/src/clock.rs",
            "crates/lockstep/src/platform.rs",
            "crates/lockstep/src/render/",
            "crates/lockstep/src/settings/environment.rs",
            "crates/lockstep/tests/it/kills.rs",
            "xtask/src/child.rs",
        ],
    },
    Wall {
        sign: concat!("clippy::", "print_std"),
        doors: &[
            "crates/kql/examples/",
            "crates/lockstep-core/examples/",
            "crates/lockstep-engine/examples/",
            "crates/lockstep-simulation/src/",
            "crates/lockstep/tests/it/kills.rs",
            "xtask/src/main.rs",
        ],
    },
    Wall { sign: concat!("io::", "stdout"), doors: PRINTING },
    Wall { sign: concat!("io::", "stderr"), doors: PRINTING },
    Wall { sign: concat!("anstream", "::"), doors: PRINTING },
];

const PRINTING: &[&str] = &["crates/lockstep/src/logging.rs", "crates/lockstep/src/render/"];

const CLIPPY: &str = "clippy.toml";

#[cfg(test)]
mod tests {
    use super::{WALLS, find};
    use crate::tree::Tree;

    #[test]
    fn an_exception_is_made_behind_a_door() {
        let exception = format!("#[expect({}, reason = \"..\")]", WALLS[0].sign);
        let found = |path: &str| {
            let tree = Tree::of(&[(path, exception.as_str())]);
            let findings = find(&tree).expect("the rule can be checked");
            findings.iter().filter(|finding| finding.line > 0).count()
        };
        assert_eq!(found(WALLS[0].doors[0]), 0);
        assert_eq!(found("crates/anywhere/src/lib.rs"), 1);
    }
}
