//! Standard output and standard error.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::AutoStream;
use serde::Serialize;
use serde_json::Value;

use super::problem;
use super::safe::{safe, safe_json};
use crate::problem::Problem;

/// Where output goes.
///
/// Writing never fails: work that has begun must not stop halfway because nobody reads on. The first failure is kept, what
/// follows it is dropped, and [`Screen::finish`] tells.
pub struct Screen {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    failed: Option<io::Error>,
    progress: Progress,
    /// JSON documents that are parts of one, while they are collected.
    parts: Option<Vec<Value>>,
}

/// A line on standard error that says what goes on, where somebody looks at it; the next one takes its place. Clones share it.
#[derive(Clone)]
pub struct Progress(Option<Arc<AtomicBool>>);

impl Progress {
    fn new() -> Self {
        Self(io::stderr().is_terminal().then(Arc::default))
    }

    /// Shows `line` until something else is shown.
    pub fn show(&self, line: &str) {
        if let Some(is_shown) = &self.0 {
            let mut err = anstream::stderr();
            // Nobody misses a line that could not be shown.
            let _ = write!(err, "\r{CLEAR_LINE}{}", safe(line)).and_then(|()| err.flush());
            is_shown.store(true, Ordering::Relaxed);
        }
    }

    fn clear(&self) {
        if self.0.as_ref().is_some_and(|is_shown| is_shown.swap(false, Ordering::Relaxed)) {
            let _ = write!(io::stderr(), "\r{CLEAR_LINE}");
        }
    }
}

impl Screen {
    /// The process's own.
    pub fn new() -> Self {
        Self { out: anstream::stdout(), err: anstream::stderr(), failed: None, progress: Progress::new(), parts: None }
    }

    /// Whether somebody looks at standard output.
    pub fn is_watched(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A line on standard output.
    pub fn line(&mut self, line: &str) {
        self.progress.clear();
        self.keep(|screen| {
            writeln!(screen.out, "{line}")?;
            screen.out.flush()
        });
    }

    /// Bytes on standard output, as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bulk(|out| out.write_all(bytes));
    }

    /// A value on standard output as a JSON document.
    pub fn json(&mut self, value: &impl Serialize) {
        if let Some(parts) = &mut self.parts {
            parts.push(serde_json::to_value(value).expect("what is printed has text keys and no failing parts"));
            return;
        }
        let json = serde_json::to_string_pretty(value).expect("what is printed has text keys and no failing parts");
        self.line(&safe_json(&json));
    }

    /// Keeps the JSON documents that `work` shows, instead of showing them.
    pub fn collected<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Vec<Value>) {
        let outer = self.parts.replace(Vec::new());
        let done = work(self);
        (done, std::mem::replace(&mut self.parts, outer).unwrap_or_default())
    }

    /// A value on standard output as one line of JSON.
    pub fn json_line(&mut self, value: &impl Serialize) {
        self.line(&escaped_json(value));
    }

    /// Much on standard output, in one go and as it is.
    pub fn bulk(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.progress.clear();
        self.keep(|_| {
            let mut out = BufWriter::with_capacity(BULK, io::stdout().lock());
            write(&mut out)?;
            out.flush()
        });
    }

    /// What says what goes on.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Says what goes on.
    pub fn status(&self, status: &str) {
        self.progress.show(status);
    }

    /// A line on standard error that is not an error.
    pub fn note(&mut self, note: &str) {
        self.progress.clear();
        let _ = writeln!(self.err, "{note}");
    }

    /// Why the command ends early, on standard error.
    pub fn problem(&mut self, problem: &Problem) {
        self.progress.clear();
        let _ = writeln!(self.err, "{}", problem::report(problem));
    }

    /// Whether everything was written that had a reader.
    ///
    /// # Errors
    /// The first failure other than that nobody reads any more.
    pub fn finish(self) -> io::Result<()> {
        match self.failed {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether output has failed, so that more of it is wasted.
    pub fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    fn keep(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = write(self).err();
        }
    }
}

/// A value as one line of JSON that no terminal obeys.
pub fn escaped_json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("what is printed has text keys and no failing parts");
    safe_json(&json).into_owned()
}

const BULK: usize = 1 << 16;

/// Erases a terminal's line. Source: ECMA-48, EL.
const CLEAR_LINE: &str = "\x1b[2K";
