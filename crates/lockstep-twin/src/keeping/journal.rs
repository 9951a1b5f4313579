//! The file that a twin's world is kept in while the twin lives.
//!
//! What is promised: a change that was answered is in the file, whatever becomes of the process, also if it is killed. It was
//! handed to the operating system and not forced onto the disk, so a machine that loses power may lose the last seconds. The
//! file grows until the next start, at which it is written anew.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Kept, write};
use crate::Twin;
use crate::world::{Record, World};

/// Where a world is kept, if it is.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Option<Open>>);

#[derive(Debug)]
struct Open {
    kept: Kept,
    file: File,
    /// How long the file is, as far as it is whole.
    length: u64,
    /// What is small, as last written, by what it is about.
    small: HashMap<String, String>,
    /// Whether something is not in the file: then all is written anew.
    torn: bool,
}

impl Journal {
    /// Begins to keep a world in a folder.
    pub(super) fn begin(&self, kept: Kept, twin: &Twin) -> io::Result<()> {
        let (file, length) = written_anew(&kept, twin)?;
        *self.open() = Some(Open { kept, file, length, small: HashMap::new(), torn: false });
        Ok(())
    }

    /// Says that something changed of which nothing was noted: with the next change that is kept, all is written anew.
    pub(crate) fn outdate(&self) {
        if let Some(open) = self.open().as_mut() {
            open.torn = true;
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Twin {
    /// Appends what has changed to the file that keeps the world, if one does. Once this has answered, the change is kept.
    ///
    /// # Errors
    /// It cannot be written. The next call writes all of it anew.
    pub(crate) fn keep_changes(&self) -> io::Result<()> {
        // Held to the end, so that who finds nothing changed knows the change to be written.
        let mut open = self.journal().open();
        let Some(open) = open.as_mut() else { return Ok(()) };
        if open.torn { open.write_anew(self) } else { open.append(self) }
    }
}

impl Open {
    fn write_anew(&mut self, twin: &Twin) -> io::Result<()> {
        self.torn = true;
        (self.file, self.length) = written_anew(&self.kept, twin)?;
        self.small.clear();
        self.torn = false;
        Ok(())
    }

    fn append(&mut self, twin: &Twin) -> io::Result<()> {
        let mut lines = Vec::new();
        let small = &mut self.small;
        let mut put = |record: &Record<'_>| {
            let begin = lines.len();
            write(&mut lines, record).expect("memory takes all that is written");
            if let Some(about) = about(record) {
                let text = String::from_utf8_lossy(&lines[begin..]).into_owned();
                if small.get(&about) == Some(&text) {
                    lines.truncate(begin);
                } else {
                    small.insert(about, text);
                }
            }
        };
        // Not to be asked for while the world is held.
        let deployed = twin.deployed().clone();
        let mut world = twin.world();
        world.changes(&mut put);
        put(&Record::Deployed(Cow::Owned(deployed)));
        put(&world.state());
        drop(world);
        let written = self.file.write_all(&lines);
        match written {
            Ok(()) => self.length += lines.len() as u64,
            Err(_) => {
                self.torn = true;
                // Best effort: what is torn is passed over when the file is read.
                let _ = self.file.set_len(self.length);
            }
        }
        written
    }
}

/// Puts a file of the whole world in the place of the one there; from then on changes are noted. The file, to be appended to,
/// and its length.
fn written_anew(kept: &Kept, twin: &Twin) -> io::Result<(File, u64)> {
    let new = kept.file.with_extension("new");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&new)?);
    twin.export_then(&mut out, World::watch)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&new, &kept.file)?;
    let file = OpenOptions::new().append(true).open(&kept.file)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// What a record is about that is written whole whenever it changes; `None` where changes are noted one by one.
fn about(record: &Record<'_>) -> Option<String> {
    Some(match record {
        Record::Settings(_) => "settings".to_owned(),
        Record::Batches { place, .. } => format!("batches {place}"),
        Record::Stored { holder, collection, .. } => format!("stored {holder:?} {collection:?}"),
        Record::Roles(_) => "roles".to_owned(),
        Record::Assignments(_) => "assignments".to_owned(),
        Record::Deployed(_) => "deployed".to_owned(),
        _ => return None,
    })
}
