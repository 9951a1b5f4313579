//! Opening the file: telling a ledger from anything else, making a new one, converting an old one.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::named;
use crate::error::{Cause, Error};
use crate::platform;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The path without links, so that one ledger has one lock whatever it is called.
///
/// # Errors
///
/// [`Error::FolderMissing`], and whatever keeps the folder from being looked at.
pub fn resolved(path: &Path) -> Result<PathBuf, Error> {
    if let Ok(whole) = path.canonicalize() {
        return Ok(whole);
    }
    let folder = platform::folder(path);
    let name = path.file_name().ok_or_else(|| not_a_ledger(path, "a folder"))?;
    match folder.canonicalize() {
        Ok(folder) => Ok(folder.join(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::FolderMissing { path: path.to_owned(), folder: folder.to_owned() })
        }
        Err(error) => Err(refused(path, error)),
    }
}

/// A connection to the ledger at `path`, for reading.
///
/// # Errors
///
/// [`Error::Missing`] where there is none, [`Error::Older`] where it must be converted first, and as [`identified`].
pub fn readable(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        resolved(path)?;
        refuse_orphan(path)?;
        return Err(Error::Missing { path: path.to_owned() });
    }
    let connection = identified(path)?;
    match schema(&connection).map_err(|error| named(path, "read", error))? {
        found if found == known() => Ok(connection),
        found => Err(Error::Older { path: path.to_owned(), found, known: known() }),
    }
}

/// A connection to what lies at `path`, which is a ledger of a schema known here or an empty file.
///
/// # Errors
///
/// [`Error::NotALedger`], [`Error::Newer`], [`Error::NetworkFileSystem`], or what keeps it from being looked at. Nothing at
/// `path` is changed.
pub fn identified(path: &Path) -> Result<Connection, Error> {
    let whole = resolved(path)?;
    if let Some(kind) = platform::network_file_system(&whole) {
        return Err(Error::NetworkFileSystem { path: path.to_owned(), kind });
    }
    let metadata = whole.metadata().map_err(|error| refused(path, error))?;
    if !metadata.is_file() {
        return Err(not_a_ledger(path, if metadata.is_dir() { "a folder" } else { "something other than a file" }));
    }
    if metadata.len() == 0 {
        refuse_orphan(&whole)?;
    }
    let connected = connected(&whole).and_then(|connection| Ok((marks(&connection)?, connection)));
    let ((application, tables), connection) = match connected {
        Ok(connected) => connected,
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(not_a_ledger(path, "a file of another kind, or a ledger whose beginning is damaged"));
        }
        Err(error) => return Err(named(path, "opened", error)),
    };
    match (application, tables) {
        (APPLICATION, _) => {}
        (0, 0) => return Ok(connection),
        (application, _) => {
            return Err(not_a_ledger(path, &format!("a database of another program (application {application:#x})")));
        }
    }
    match schema(&connection).map_err(|error| named(path, "read", error))? {
        found if found > known() => Err(Error::Newer { path: path.to_owned(), found, known: known() }),
        _ => Ok(connection),
    }
}

/// A connection to a ledger made new at `path`. The caller holds the lock.
pub fn made(path: &Path) -> Result<Connection, Error> {
    let whole = resolved(path)?;
    if let Some(kind) = platform::network_file_system(&whole) {
        return Err(Error::NetworkFileSystem { path: path.to_owned(), kind });
    }
    refuse_orphan(&whole)?;
    match platform::create_private(&whole) {
        Ok(()) => {}
        // Another instance made it and left before we got the lock.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused(path, error)),
    }
    converted(path, identified(path)?)
}

/// Brings an [`identified`] ledger to the schema known here. The caller holds the lock.
pub fn converted(path: &Path, mut connection: Connection) -> Result<Connection, Error> {
    let failed = |error| named(path, "made ready for writing", error);
    // The mark comes first: a ledger whose making was interrupted is known as one. A ledger that is ready is not written, so
    // that opening it costs no sync.
    if marks(&connection).map_err(failed)?.0 != APPLICATION {
        connection.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        let source = Cause::new(io::Error::other(format!("the disk allows journal mode {mode} only, not wal")));
        return Err(Error::Io { path: path.to_owned(), doing: "made ready for writing", source });
    }
    match schema(&connection).map_err(failed)? {
        found if found == known() => return Ok(connection),
        found if found > known() => return Err(Error::Newer { path: path.to_owned(), found, known: known() }),
        _ => {}
    }
    embedded::migrations::runner().run(&mut connection).map_err(|error| Error::Io {
        path: path.to_owned(),
        doing: "converted to the newest schema",
        source: Cause::new(error),
    })?;
    Ok(connection)
}

fn connected(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Only where fsync does not reach the disk, on macOS, do these change anything.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // The file may have been made to mislead: nothing that its schema names is run, and cells are checked.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// The application that a database says it belongs to, and how many things its schema names.
fn marks(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let application = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application, tables))
}

/// The number of the last migration that a ledger has seen; 0 where there was none.
fn schema(connection: &Connection) -> rusqlite::Result<i32> {
    let exists = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
        .optional()?;
    match exists {
        Some(()) => {
            connection.query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
        }
        None => Ok(0),
    }
}

/// The number of the newest migration.
fn known() -> i32 {
    embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// Refuses to go on where the ledger is gone and its write-ahead log is not: SQLite would throw that away.
fn refuse_orphan(path: &Path) -> Result<(), Error> {
    let mut name = OsString::from(path);
    name.push("-wal");
    match Path::new(&name).metadata() {
        Ok(metadata) if metadata.len() > 0 => Err(Error::Damaged {
            path: path.to_owned(),
            found: "the file is missing or empty, but its write-ahead log (-wal) is still there".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Names an error of the operating system by what can be done about it.
pub fn refused(path: &Path, error: io::Error) -> Error {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Error::Denied { path, source: Cause::new(error) }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::Io { path, doing: "opened", source: Cause::new(error) },
    }
}

fn not_a_ledger(path: &Path, found: &str) -> Error {
    Error::NotALedger { path: path.to_owned(), found: found.to_owned() }
}

/// Marks a database as a ledger: the letters `lkst`.
const APPLICATION: i64 = 0x6c6b_7374;

/// How long a transaction waits for another program that holds the file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
