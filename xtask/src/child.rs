//! Programs that are measured or talked to while something is measured.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::tree::root;

/// A program that has not been started yet. It runs in the project's root.
#[derive(Clone)]
pub struct Child {
    words: Vec<OsString>,
    variables: Vec<(String, String)>,
}

/// What a finished program took.
pub struct Took {
    pub wall: Duration,
    /// The most memory that it held; `None` where GNU time is not installed.
    pub peak_kb: Option<u64>,
}

/// How a program ended.
pub struct Outcome {
    pub is_well: bool,
    /// On standard output.
    pub printed: String,
    /// On standard error.
    pub said: String,
}

impl Child {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { words: vec![program.as_ref().into()], variables: Vec::new() }
    }

    pub fn args(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.words.extend(words.into_iter().map(|word| word.as_ref().into()));
        self
    }

    /// It is started under the assignments in this file.
    ///
    /// # Errors
    ///
    /// A shell cannot read the file.
    pub fn under(mut self, env_file: &Path) -> Result<Self> {
        let all = Self::new("sh").args(["-c", "set -a; . \"$0\"; env -0"]).args([env_file]).run()?;
        let assignments = all.split('\0').filter_map(|line| line.split_once('='));
        self.variables.extend(assignments.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(self)
    }

    /// It is started with this variable set.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Runs it to its end, well or not. Whether it ended well, and what it printed on either stream.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn outcome(&self) -> Result<Outcome> {
        let output = self.command().stdin(Stdio::null()).output().with_context(|| format!("starting {self}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Outcome { is_well: output.status.success(), printed: text(&output.stdout), said: text(&output.stderr) })
    }

    /// Runs it to its end. How long that took, seen from outside.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn wall(&self) -> Result<Duration> {
        let began = now();
        self.run()?;
        Ok(began.elapsed())
    }

    /// Runs it to its end under GNU time, which adds a millisecond or so.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn took(&self) -> Result<Took> {
        if !Path::new(GNU_TIME).exists() {
            return Ok(Took { wall: self.wall()?, peak_kb: None });
        }
        let report = root().join("target/bench/peak");
        let mut timed = self.clone();
        timed
            .words
            .splice(0..0, [GNU_TIME, "-f", "%M", "-o"].map(OsString::from).into_iter().chain([report.clone().into()]));
        let wall = timed.wall()?;
        let report = fs::read_to_string(&report)?;
        let peak = report.trim().parse().with_context(|| format!("reading what {GNU_TIME} wrote: {report:?}"))?;
        Ok(Took { wall, peak_kb: Some(peak) })
    }

    /// Runs it to its end. Its standard output.
    ///
    /// # Errors
    ///
    /// It cannot be started, or does not end well; the error holds what it said.
    pub fn run(&self) -> Result<String> {
        let output = self.command().stdin(Stdio::null()).output().with_context(|| format!("starting {self}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{self} ended with {}:\n{said}", output.status);
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts it, and waits until it prints a line that holds `word`, on either stream.
    ///
    /// # Errors
    ///
    /// It cannot be started, or ends before it says the word.
    pub fn start(&self, word: &str) -> Result<Running> {
        let mut command = self.command();
        // One pipe for both streams.
        let (reader, writer) = std::io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let process = command.spawn().with_context(|| format!("starting {self}"))?;
        drop(command);
        let mut running = Running { process, said: String::new() };
        let mut lines = BufReader::new(reader);
        loop {
            let from = running.said.len();
            if lines.read_line(&mut running.said)? == 0 {
                bail!("{self} ended before it said {word:?}:\n{}", running.said);
            }
            if running.said[from..].contains(word) {
                break;
            }
        }
        // What it says from now on is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(running)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).envs(self.variables.clone()).current_dir(root());
        command
    }
}

impl std::fmt::Display for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let root = format!("{}/", root().display());
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy().replace(&root, "")).collect();
        f.write_str(&words.join(" "))
    }
}

/// A program that runs until this is dropped.
pub struct Running {
    process: std::process::Child,
    /// What it printed until it was ready.
    pub said: String,
}

impl Running {
    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked to end, it clears away the files that it made. It may have ended by itself; then there is nothing to do.
        let asked = Command::new("kill").arg(self.process.id().to_string()).stderr(Stdio::null()).status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}

/// What a twin counted, asked through curl: the chores bring no HTTP client.
///
/// # Errors
///
/// curl is not installed, or the twin does not answer.
pub fn stats(env_file: &Path) -> Result<Value> {
    Ok(serde_json::from_str(&twin(env_file, "GET")?)?)
}

/// Makes a twin forget its counts.
///
/// # Errors
///
/// As for [`stats`].
pub fn reset_stats(env_file: &Path) -> Result<()> {
    twin(env_file, "DELETE").map(drop)
}

fn twin(env_file: &Path, verb: &str) -> Result<String> {
    let ask = r#"curl -sS --fail --cacert "$TWIN_CA" -X "$1" "$TWIN_ARM/_twin/stats""#;
    Child::new("sh").args(["-c", ask, "sh", verb]).under(env_file)?.run()
}

/// The counts in the stats, by operation, without the twin's own.
pub fn counts(stats: &Value) -> impl Iterator<Item = (&str, u64)> {
    let operations = stats["stats"].as_object().into_iter().flatten();
    operations.filter(|(name, _)| !name.starts_with("Twin_")).map(|(name, statuses)| {
        let statuses = statuses.as_object().into_iter().flatten();
        (name.as_str(), statuses.filter_map(|(_, count)| count.as_u64()).sum())
    })
}

/// Waits in real time.
#[expect(clippy::disallowed_methods, reason = "another process needs real time to do something")]
pub fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// The moment, for measuring from.
#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
pub fn now() -> Instant {
    Instant::now()
}

const GNU_TIME: &str = "/usr/bin/time";
