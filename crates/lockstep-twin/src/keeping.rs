//! What outlives a twin: its world as JSON lines, for people to look at, to hand on, and to go on with in a folder.
//!
//! A world is told by records, one a line; a later record of a thing stands instead of an earlier one. A folder holds one such
//! file, to which every answered change is appended before its answer is sent. Secrets, tokens, faults, limits, counts of
//! requests and the histories of workflow runs are the twin's and not the world's: they are not kept.

mod journal;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(crate) use journal::Journal;

use crate::world::{Record, Settings, World};
use crate::{Estate, Options, Pace, Twin};

/// Why lines are not a world.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// They could not be read.
    #[error("cannot read line {line}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: io::Error,
    },
    /// A line is not a record of this world.
    #[error("line {line}: {problem}")]
    Record {
        /// Counted from 1.
        line: usize,
        /// What was found, and what would do.
        problem: String,
    },
    /// The first line does not say whose world it is.
    #[error("there is no world: the first line must be a record `world`, as an export begins with")]
    NoWorld,
    /// The last line is not what a world ends with.
    #[error("the world is cut short: the last line must be a record `state`, as an export ends with")]
    CutShort,
}

/// Why a folder does not keep a world.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// A file in it could not be read or written.
    #[error("cannot use {file}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another twin keeps its world there.
    #[error("another twin keeps its world in {0}")]
    Taken(PathBuf),
    /// What it holds is no world.
    #[error("{file} is no world")]
    NoWorld {
        /// Which.
        file: PathBuf,
        /// Why.
        source: ImportError,
    },
}

/// A folder that keeps a world, and is this process's alone while this lives.
#[derive(Debug)]
pub struct Kept {
    file: PathBuf,
    /// Locked for as long as this lives.
    _lock: File,
}

impl Kept {
    /// Opens or makes a folder.
    ///
    /// # Errors
    /// It cannot be made, or is another twin's.
    pub fn open(dir: &Path) -> Result<Self, KeepError> {
        let unusable = |source| KeepError::File { file: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(unusable)?;
        let lock = File::create(dir.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { file: dir.join(WORLD), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(KeepError::Taken(dir.to_owned())),
            Err(std::fs::TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Whether it holds a world already.
    pub fn holds_world(&self) -> bool {
        self.file.exists()
    }

    /// The twin of the world that it holds, as it stood when the last answered change was made.
    ///
    /// # Errors
    /// It holds none, or what is none.
    pub fn restore(&self, pace: Pace) -> Result<Twin, KeepError> {
        let unusable = |source| KeepError::File { file: self.file.clone(), source };
        let mut file = File::open(&self.file).map_err(unusable)?;
        let whole = whole(&mut file).map_err(unusable)?;
        file.seek(SeekFrom::Start(0)).map_err(unusable)?;
        let lines = BufReader::with_capacity(1 << 20, file.take(whole));
        Twin::import(lines, pace).map_err(|source| KeepError::NoWorld { file: self.file.clone(), source })
    }

    /// Keeps a twin's world from now on. What it held is replaced at once, and whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(self, twin: &Twin) -> Result<(), KeepError> {
        let file = self.file.clone();
        twin.journal().begin(self, twin).map_err(|source| KeepError::File { file, source })
    }
}

/// How much of a file is whole: up to the end of its last line that ends what belongs together. A change that was being
/// written when its process was killed was never answered.
fn whole(file: &mut File) -> io::Result<u64> {
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let (mut line, mut read, mut whole) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok(whole);
        }
        read += length as u64;
        if line.starts_with(END) && line.ends_with(b"\n") {
            whole = read;
        }
    }
}

impl Twin {
    /// Writes the world as JSON lines. Two twins of one estate and one seed that lived through the same write the same.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn export(&self, out: &mut dyn Write) -> io::Result<()> {
        self.export_then(out, |_| ())
    }

    /// Writes the world, and does something with it before anybody else can.
    fn export_then(&self, out: &mut dyn Write, then: impl FnOnce(&mut World)) -> io::Result<()> {
        // Not to be asked for while the world is held.
        let deployed = self.deployed().clone();
        let mut world = self.world();
        let mut written = Ok(());
        let mut put = |record: &Record<'_>| {
            if written.is_ok() {
                written = write(out, record);
            }
        };
        put(&Record::World {
            format: FORMAT,
            follows_machine: self.follows_machine(),
            start: self.clock().start(),
            estate: Cow::Borrowed(self.estate()),
        });
        world.all(&mut put);
        put(&Record::Deployed(Cow::Owned(deployed)));
        put(&world.state());
        then(&mut world);
        written
    }

    /// A twin of the world that was exported. Its clock goes on from where the world stood, or from the machine's time if the
    /// world's clock followed that; its secrets are new.
    ///
    /// # Errors
    /// [`ImportError`] names the line.
    pub fn import(mut lines: impl BufRead, pace: Pace) -> Result<Self, ImportError> {
        let mut twin = None;
        let (mut text, mut line, mut is_whole) = (String::new(), 0, false);
        loop {
            text.clear();
            line += 1;
            if lines.read_line(&mut text).map_err(|source| ImportError::Read { line, source })? == 0 {
                break;
            }
            if text.trim().is_empty() {
                continue;
            }
            let wrong = |problem: String| ImportError::Record { line, problem };
            let record: Record<'_> = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            is_whole = matches!(record, Record::State { .. });
            let Some(twin) = &twin else {
                twin = Some(Self::begun(record, pace).ok_or(ImportError::NoWorld)?);
                continue;
            };
            let left = twin.world().take(record).map_err(|unfit| wrong(unfit.to_string()))?;
            match left {
                Some(Record::Deployed(deployed)) => *twin.deployed() = deployed.into_owned(),
                Some(_) => return Err(wrong("a world has one record `world` alone, its first".into())),
                None => {}
            }
        }
        let twin = twin.ok_or(ImportError::NoWorld)?;
        if is_whole { Ok(twin) } else { Err(ImportError::CutShort) }
    }

    /// The twin that the first record tells of; `None` where the record is another, or of a format not known here.
    fn begun(record: Record<'_>, pace: Pace) -> Option<Self> {
        let Record::World { format: FORMAT, follows_machine, start, estate } = record else { return None };
        let estate: Estate = estate.into_owned();
        if estate.fault().is_some() {
            return None;
        }
        let start = Some(start).filter(|_| !follows_machine);
        Some(Self::empty(Options { estate, settings: Settings::default(), start, pace }))
    }
}

/// Writes a record and ends its line.
fn write(out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

/// What the files are called and how they are made; another way to make them is another number.
const FORMAT: u32 = 1;
const WORLD: &str = "world.jsonl";
/// How the line of a record begins that ends what belongs together.
const END: &[u8] = b"{\"state\":";
