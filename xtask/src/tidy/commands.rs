//! Commands in the documents: what README.md tells a reader to run is run by .ci/run, and CONTRIBUTING.md names every
//! chore.

use anyhow::Result;

use super::{Finding, lines};
use crate::{COMMANDS, Tree};

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let run = tree.text(CI)?;
    let mut findings = Vec::new();
    for (number, command) in shell(tree.text(README)?).filter(|(_, command)| command.starts_with("cargo ")) {
        if !run.lines().any(|line| runs(line, command)) {
            findings.push(Finding::new(README, number, format!("{CI} does not run `{command}`")));
        }
    }
    let contributing = tree.text(CONTRIBUTING)?;
    for command in COMMANDS.iter().map(|command| format!("cargo xtask {}", command.name)) {
        if !contributing.contains(&command) {
            findings.push(Finding::new(CONTRIBUTING, 0, format!("does not name `{command}`")));
        }
    }
    Ok(findings)
}

/// The lines of the document's `sh` blocks.
fn shell(document: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    lines(document).filter(move |(_, line)| {
        match *line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ => return inside,
        }
        false
    })
}

/// Whether the line of a script ends in the command, whatever stands before it.
fn runs(line: &str, command: &str) -> bool {
    line.trim_end().strip_suffix(command).is_some_and(|before| before.ends_with(' '))
}

const CI: &str = ".ci/run";
const README: &str = "README.md";
const CONTRIBUTING: &str = "CONTRIBUTING.md";

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::find;
    use crate::COMMANDS;

    #[test]
    fn a_reader_runs_what_is_run_here() {
        let chores: String = COMMANDS.iter().map(|command| format!("cargo xtask {}\n", command.name)).collect();
        let check = |run: &str, readme: &str, contributing: &str, expected: &[&str]| {
            let files = [(".ci/run", run), ("README.md", readme), ("CONTRIBUTING.md", contributing)];
            check(find, &files, expected);
        };
        let readme = "```sh\ngit clone x\ncargo test\n```\ncargo install x\n";
        check("step tests cargo test\n", readme, &chores, &[]);
        check("step tests cargo test --lib\n", readme, &chores, &["README.md:3: .ci/run does not run `cargo test`"]);
        check("# cargo test it is\n", readme, &chores, &["README.md:3: .ci/run does not run `cargo test`"]);
        check(
            "step tests cargo test\n",
            readme,
            "",
            &[
                "CONTRIBUTING.md: does not name `cargo xtask tidy`",
                "CONTRIBUTING.md: does not name `cargo xtask bench`",
                "CONTRIBUTING.md: does not name `cargo xtask buttons`",
                "CONTRIBUTING.md: does not name `cargo xtask conformance`",
                "CONTRIBUTING.md: does not name `cargo xtask kill-loop`",
                "CONTRIBUTING.md: does not name `cargo xtask planted-bugs`",
                "CONTRIBUTING.md: does not name `cargo xtask job-loop`",
                "CONTRIBUTING.md: does not name `cargo xtask fuzz`",
                "CONTRIBUTING.md: does not name `cargo xtask kql-reference`",
                "CONTRIBUTING.md: does not name `cargo xtask kql-corpus`",
            ],
        );
    }
}
