//! Plants one bug after the other in a copy of the source, and checks that the test which is to notice it does.
//!
//! A test that never failed proves little. Each bug here is a mistake that somebody could make; where its test still passes, a
//! promise is no longer watched. The copy and its build lie in `target/planted`, so that nothing of the source is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::tree::root;

/// A bug: in this file, these words instead of those.
struct Bug {
    name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// What follows `cargo`; it fails where it notices.
    noticed_by: &'static [&'static str],
}

/// Takes the words of which a bug's name must hold one; all bugs if none is given. Whether each was noticed.
///
/// # Errors
///
/// A bug does not fit the source, or cargo cannot be run.
pub fn run(words: &[&str]) -> Result<bool> {
    let wanted: Vec<_> =
        BUGS.iter().filter(|bug| words.is_empty() || words.iter().any(|word| bug.name.contains(word))).collect();
    ensure!(!wanted.is_empty(), "no bug is called so; there are: {}", names().join("; "));
    let copy = root().join("target/planted/tree");
    let mut all_noticed = true;
    for bug in wanted {
        copied(&copy)?;
        let planted = copy.join(bug.file);
        let text = fs::read_to_string(&planted).with_context(|| format!("reading {}", planted.display()))?;
        fs::write(&planted, bug.plant(&text)?)?;
        let noticed = bug.is_noticed(&copy)?;
        println!("{:<8} {} (cargo {})", if noticed { "noticed" } else { "MISSED" }, bug.name, bug.noticed_by.join(" "));
        all_noticed &= noticed;
    }
    Ok(all_noticed)
}

impl Bug {
    fn plant(&self, text: &str) -> Result<String> {
        let found = text.matches(self.right).count();
        ensure!(found == 1, "{}: {} holds its words {found} times, once is wanted", self.name, self.file);
        Ok(text.replacen(self.right, self.wrong, 1))
    }

    /// Whether the command ends badly, and not because the copy does not compile.
    fn is_noticed(&self, copy: &Path) -> Result<bool> {
        let output = Command::new("cargo")
            .args(self.noticed_by)
            .env("CARGO_TARGET_DIR", root().join("target/planted/build"))
            .current_dir(copy)
            .output()
            .context("running cargo")?;
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("could not compile") {
            bail!("{}: the copy does not compile:\n{said}", self.name);
        }
        Ok(!output.status.success())
    }
}

/// Brings the copy to where the source stands; what did not change keeps its time, so that little is compiled again.
fn copied(copy: &Path) -> Result<()> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().context("running git")?;
    ensure!(listed.status.success(), "git does not list the files");
    for file in String::from_utf8(listed.stdout)?.split('\0').filter(|file| !file.is_empty()) {
        let (from, to): (PathBuf, PathBuf) = (root().join(file), copy.join(file));
        let Ok(bytes) = fs::read(&from) else { continue };
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
            fs::write(&to, bytes)?;
        }
    }
    Ok(())
}

fn names() -> Vec<&'static str> {
    BUGS.iter().map(|bug| bug.name).collect()
}

const CORE: &[&str] = &["test", "-q", "-p", "lockstep-core", "--test", "it"];
const AZURE: &[&str] = &["test", "-q", "-p", "lockstep-azure", "--lib"];

const BUGS: &[Bug] = &[
    Bug {
        name: "the etag is dropped from a write",
        file: "crates/lockstep-azure/src/incidents/wire.rs",
        right: "body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));",
        wrong: "body.retain(|name, _| !READ_ONLY.contains(&name.as_str()) && name != \"etag\");",
        noticed_by: AZURE,
    },
    Bug {
        name: "a missing alert counts as finished",
        file: "crates/lockstep-core/src/course.rs",
        right: "!matches!(alert.state, AlertState::Unknown(_) | AlertState::Missing | AlertState::Unread)",
        wrong: "!matches!(alert.state, AlertState::Unknown(_) | AlertState::Unread)",
        noticed_by: CORE,
    },
    Bug {
        name: "the next page of a list is ignored",
        file: "crates/lockstep-azure/src/pages.rs",
        right: "Ok((!next.is_empty()).then(|| next.to_owned()))",
        wrong: "Ok((next.len() > 4_000).then(|| next.to_owned()))",
        noticed_by: AZURE,
    },
    Bug {
        name: "an incident's write is sent again although it may have arrived",
        file: "crates/lockstep-azure/src/throttle.rs",
        right: "ErrorKind::Io if !is_write => Some((Cause::NoReply, None)),",
        wrong: "ErrorKind::Io => Some((Cause::NoReply, None)),",
        noticed_by: &["test", "-q", "-p", "lockstep-engine", "--test", "it", "i06_a_write_whose_answer_is_lost"],
    },
    Bug {
        name: "what was lowered is not counted by the brake",
        file: "crates/lockstep-ledger/src/brakes.rs",
        right: "self.lowered.insert(write, lowered);",
        wrong: "drop((write, lowered));",
        noticed_by: &["test", "-q", "-p", "lockstep-ledger", "--test", "it", "i15"],
    },
    Bug {
        name: "the brake lets one more through than its limit",
        file: "crates/lockstep-core/src/brake.rs",
        right: "let is_over = |count: u64, limit: &u32| count >= u64::from(*limit);",
        wrong: "let is_over = |count: u64, limit: &u32| count > u64::from(*limit);",
        noticed_by: CORE,
    },
    Bug {
        name: "an echo of the products' own sync is taken for a person's act",
        file: "crates/lockstep-core/src/grounds.rs",
        right: "if moved.peek().is_some() && moved.all(is_echo) { Err(Reason::Echo) } else { Ok(()) }",
        wrong: "if moved.peek().is_some() && moved.all(is_echo) { Ok(()) } else { Ok(()) }",
        noticed_by: CORE,
    },
    Bug {
        name: "a person's newer act does not keep an incident open",
        file: "crates/lockstep-core/src/grounds.rs",
        right: "let is_newer = moved.is_none_or(|moved| act.at > moved);",
        wrong: "let is_newer = moved.is_none_or(|moved| act.at < moved);",
        noticed_by: CORE,
    },
    Bug {
        name: "an incident may hold alerts that nobody judged",
        file: "crates/lockstep-core/src/grounds.rs",
        right: "if judged != confirmed.alerts_count {",
        wrong: "if judged > confirmed.alerts_count {",
        noticed_by: CORE,
    },
    Bug {
        name: "an open task does not keep an incident open",
        file: "crates/lockstep-core/src/grounds.rs",
        right: "Some(open) => Err(Reason::OpenTasks(open)),",
        wrong: "Some(open) => Err(Reason::OpenTasks(open)).or(Ok(())),",
        noticed_by: CORE,
    },
    Bug {
        name: "a partial answer of a query is taken for a whole one",
        file: "crates/lockstep-azure/src/logs.rs",
        right: "answer.get(\"error\").filter(|error| !error.is_null())",
        wrong: "answer.get(\"error\").filter(|error| error.is_boolean())",
        noticed_by: AZURE,
    },
    Bug {
        name: "the request leaves before its intent is in the ledger",
        file: "crates/lockstep-engine/src/carry_out.rs",
        right: "        let entry = self.enter(Event::Intended(self.intended(change, read, &text))).await?;",
        wrong: "        let _ = self.workspace.put_incident(&read.fresh, &planned(change, &text)).await;\n        let entry = self.enter(Event::Intended(self.intended(change, read, &text))).await?;",
        noticed_by: &["run", "-q", "-p", "lockstep-simulation", "--", "--seeds", "6"],
    },
    Bug {
        name: "a write that never arrived is taken as having happened",
        file: "crates/lockstep-engine/src/settle.rs",
        right: "return (false, \"the incident is still the version that was read before the write\");",
        wrong: "return (true, \"the incident is still the version that was read before the write\");",
        noticed_by: &["test", "-q", "-p", "lockstep-engine", "--test", "it", "i06_a_write_that_never_arrived"],
    },
    Bug {
        name: "an undo overwrites what somebody changed since",
        file: "crates/lockstep-engine/src/undo.rs",
        right: "if let Some(changed) = changed_since(&written.left, &fresh.state) {",
        wrong: "if let Some(changed) = changed_since(&written.left, &fresh.state).filter(|_| false) {",
        noticed_by: &["test", "-q", "-p", "lockstep-engine", "--test", "it", "i09"],
    },
    Bug {
        name: "a mark is believed whatever the ledger's entry says",
        file: "crates/lockstep-engine/src/marks.rs",
        right: "line.number == entry && line.hash.first_half() == head",
        wrong: "line.number == entry && (line.hash.first_half() == head || head > 0)",
        noticed_by: &["test", "-q", "-p", "lockstep-engine", "--test", "it", "marks"],
    },
    Bug {
        name: "a yes holds for something else than what was proposed",
        file: "crates/lockstep-engine/src/answers.rs",
        right: "Some(proposed) if *proposed == waits =>",
        wrong: "Some(_) =>",
        noticed_by: &["test", "-q", "-p", "lockstep-engine", "--test", "it", "answers"],
    },
    Bug {
        name: "entries that were exchanged go unseen",
        file: "crates/lockstep-ledger/src/chain.rs",
        right: "if line.previous != self.hash {",
        wrong: "if line.previous != self.hash && line.number == 0 {",
        noticed_by: &["test", "-q", "-p", "lockstep-ledger", "--test", "it", "edited"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_fits_the_source() {
        assert!(BUGS.len() >= 12);
        for bug in BUGS {
            let text = fs::read_to_string(root().join(bug.file)).expect("the file is there");
            let planted = bug.plant(&text).expect("its words are there once");
            assert_ne!(planted, text, "{}", bug.name);
        }
    }
}
