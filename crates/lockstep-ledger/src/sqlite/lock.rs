//! The lock file beside a ledger: who holds it is the one who writes.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::{Cause, Error};
use crate::format;
use crate::log::Holder;
use crate::platform;

/// Takes the lock of the ledger at `path` until the file that it returns is dropped or the process ends.
///
/// The operating system keeps the lock, so that a killed process holds nothing. The file stays: its text, who holds the
/// lock, means something only while the lock is held.
///
/// # Errors
///
/// [`Error::Held`] where somebody else holds it. One that is just about to leave gets a moment to do so.
#[expect(clippy::disallowed_methods, reason = "a blocking task may sleep; nothing else waits for it")]
pub fn take(path: &Path, holder: &Holder) -> Result<File, Error> {
    let io = |error| Error::Io { path: path.to_owned(), doing: "locked", source: Cause::new(error) };
    let mut file = platform::open_private(&lock_path(path)).map_err(|error| super::open::refused(path, error))?;
    let mut tries = TRIES;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(io(error)),
            Err(TryLockError::WouldBlock) if tries > 0 => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Held { path: path.to_owned(), holder: holder_of(file) });
            }
        }
        tries -= 1;
    }
    file.set_len(0).map_err(io)?;
    let Holder { instance, since } = holder;
    let text = format!("{instance} (process {}, since {})", std::process::id(), format::rfc3339(*since));
    file.write_all(text.as_bytes()).map_err(io)?;
    Ok(file)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// What the holder wrote about itself. Escaped: anybody may have written it.
fn holder_of(mut file: File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(1000).read_to_string(&mut text));
    if read.is_ok() && !text.is_empty() { text.escape_debug().to_string() } else { "another process".to_owned() }
}

const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);
