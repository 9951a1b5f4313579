//! A log in an SQLite file on a local disk.
//!
//! One file, its write-ahead log beside it, and a lock file that the one writer holds. Readers need no lease and see every
//! transaction whole. Everything runs on tokio's blocking threads, which hold a paused clock still while they work.

mod lock;
mod open;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lockstep_core::Time;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, TransactionBehavior, params};

use crate::chain::{Hash, Line};
use crate::error::{Cause, Error};
use crate::event::Body;
use crate::log::{Holder, Lease, Log};

/// A log in an SQLite file.
///
/// Naming a path touches nothing: the file is opened when something is first read from it, and made when a lease is taken
/// of it. On Unix a new file is for its owner alone (mode 0600).
#[derive(Clone, Debug)]
pub struct Sqlite {
    file: Arc<Ledgerfile>,
}

#[derive(Debug)]
struct Ledgerfile {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Sqlite {
    /// The log at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { file: Arc::new(Ledgerfile { path: path.into(), connection: Mutex::new(None) }) }
    }

    /// Where the log lies.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledgerfile) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let file = Arc::clone(&self.file);
        tokio::task::spawn_blocking(move || work(&file)).await.unwrap_or(Err(Error::Stopped))
    }
}

#[async_trait]
impl Log for Sqlite {
    async fn lease(&self, holder: &Holder) -> Result<Lease, Error> {
        let holder = holder.clone();
        self.on_thread(move |file| file.lease(&holder)).await
    }

    async fn append(&self, _lease: &Lease, lines: Vec<Line>, bodies: Vec<Body>) -> Result<(), Error> {
        self.on_thread(move |file| file.with("written", |connection| append(connection, &lines, &bodies))).await
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<Line>, Error> {
        self.on_thread(move |file| file.with("read", |connection| read(connection, after, limit))).await
    }

    async fn body(&self, hash: Hash) -> Result<Option<String>, Error> {
        self.on_thread(move |file| file.with("read", |connection| body(connection, hash))).await
    }
}

impl Ledgerfile {
    /// Takes the lock and makes the file ready for writing.
    fn lease(&self, holder: &Holder) -> Result<Lease, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not a ledger is refused before anything is put beside it.
        if connection.is_none() && self.path.exists() {
            *connection = Some(open::identified(&self.path)?);
        }
        let lock = lock::take(&open::resolved(&self.path)?, holder)?;
        let ready = match connection.take() {
            Some(connection) => open::converted(&self.path, connection)?,
            None => open::made(&self.path)?,
        };
        *connection = Some(ready);
        Ok(Lease::new(lock))
    }

    /// Does `work` on the connection, opening it first where need be.
    fn with<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *connection {
            Some(connection) => connection,
            none => none.insert(open::readable(&self.path)?),
        };
        work(connection).map_err(|error| named(&self.path, doing, error))
    }
}

fn append(connection: &mut Connection, lines: &[Line], bodies: &[Body]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO body (hash, text) VALUES (?1, ?2)")?;
        for body in bodies {
            insert.execute(params![body.hash().as_bytes(), body.text()])?;
        }
        let mut insert = transaction
            .prepare_cached("INSERT INTO entry (number, at, event, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for Line { number, at, event, previous, hash } in lines {
            insert.execute(params![number, at.ticks(), event, previous.as_bytes(), hash.as_bytes()])?;
        }
    }
    transaction.commit()
}

fn read(connection: &mut Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Line>> {
    let mut select = connection.prepare_cached(
        "SELECT number, at, event, previous, hash FROM entry WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    select.query_map(params![after, limit], line)?.collect()
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        number: row.get(0)?,
        at: Time::from_ticks(row.get(1)?),
        event: row.get(2)?,
        previous: Hash::from(row.get::<_, [u8; 32]>(3)?),
        hash: Hash::from(row.get::<_, [u8; 32]>(4)?),
    })
}

fn body(connection: &mut Connection, hash: Hash) -> rusqlite::Result<Option<String>> {
    let mut select = connection.prepare_cached("SELECT text FROM body WHERE hash = ?1")?;
    select.query_row([hash.as_bytes()], |row| row.get(0)).optional()
}

/// Names an error of SQLite by what can be done about it. Source: sqlite.org/rescode.html.
fn named(path: &Path, doing: &'static str, error: rusqlite::Error) -> Error {
    let path = path.to_owned();
    let found = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy { path },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Error::Denied { path, source: Cause::new(error) }
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::Damaged { path, found },
        // The trigger that lets only the next entry in.
        Some(ErrorCode::ConstraintViolation) => Error::Moved { path },
        Some(_) => Error::Io { path, doing, source: Cause::new(error) },
        // A row that does not have the form that the schema gives it.
        None => Error::Damaged { path, found },
    }
}
