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

use crate::chain::{Fault, Hash, Line};
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
        self.on_thread(move |file| {
            let (lines, last) = file.with("read", |connection| read(connection, after, limit))?;
            let end = lines.last().map_or(after, |line| line.number);
            match last {
                Some(last) if last > end => Err(Error::Broken { number: end + 1, fault: Fault::Cut { last } }),
                _ => Ok(lines),
            }
        })
        .await
    }

    async fn leave(&self, request: String) -> Result<(), Error> {
        let insert = "INSERT INTO request (text) VALUES (?1)";
        self.on_thread(move |file| file.with("written", |connection| connection.execute(insert, [request]).map(drop)))
            .await
    }

    async fn left(&self) -> Result<Vec<(i64, String)>, Error> {
        self.on_thread(move |file| file.with("read", |connection| requests(connection))).await
    }

    async fn forget(&self, _lease: &Lease, request: i64) -> Result<(), Error> {
        let delete = "DELETE FROM request WHERE id = ?1";
        self.on_thread(move |file| file.with("written", |connection| connection.execute(delete, [request]).map(drop)))
            .await
    }

    async fn remove(&self, _lease: &Lease, bodies: Vec<Hash>) -> Result<(), Error> {
        self.on_thread(move |file| file.with("written", |connection| remove(connection, &bodies))).await
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

/// Lines, and where they reach the end, the number of the last one that was ever written.
fn read(connection: &mut Connection, after: u64, limit: usize) -> rusqlite::Result<(Vec<Line>, Option<u64>)> {
    let transaction = connection.transaction()?;
    let lines: Vec<Line> = transaction
        .prepare_cached(
            "SELECT number, at, event, previous, hash FROM entry WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?
        .query_map(params![after, limit], line)?
        .collect::<Result<_, _>>()?;
    if lines.len() == limit {
        return Ok((lines, None));
    }
    let last = transaction
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'entry'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok((lines, last))
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

fn remove(connection: &mut Connection, bodies: &[Hash]) -> rusqlite::Result<()> {
    // What is removed is overwritten, in the file and in its write-ahead log.
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut mark = transaction.prepare_cached("INSERT OR IGNORE INTO pruned (hash) VALUES (?1)")?;
        let mut delete = transaction.prepare_cached("DELETE FROM body WHERE hash = ?1")?;
        for body in bodies {
            mark.execute([body.as_bytes()])?;
            delete.execute([body.as_bytes()])?;
        }
    }
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn requests(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut select = connection.prepare_cached("SELECT id, text FROM request ORDER BY id")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Binary, Event, PolicyUsed, RunId, RunStarted};
    use crate::ledger::Ledger;

    fn started(run: &str, workspace: String) -> Event {
        Event::RunStarted(RunStarted {
            run: RunId::parse(run).unwrap(),
            instance: String::new(),
            policy: PolicyUsed { name: String::new(), hash: Hash::ZERO },
            plan: None,
            undoes: None,
            binary: Binary { version: String::new(), hash: None },
            workspace,
            asked: Time::default(),
        })
    }

    /// Appends under a hindrance, which must be named, and again once it is gone.
    async fn check(
        hinder: impl FnOnce(&Path, &mut Connection) -> Option<Connection> + Send + 'static,
        named: fn(&Error) -> bool,
        relieve: &'static str,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let log = Sqlite::new(&path);
        let holder = Holder { instance: String::new(), since: Time::default() };
        let ledger = Ledger::open(Arc::new(log.clone()), &holder).await.unwrap();
        let small = |run| ledger.append(Time::default(), started(run, String::new()));
        small("00000000-0000-0000-0000-000000000001").await.unwrap();

        let hindrance = log.on_thread(move |file| file.with("hindered", |connection| Ok(hinder(&path, connection))));
        let hindrance = hindrance.await.unwrap();
        let large = started("00000000-0000-0000-0000-000000000002", "x".repeat(100_000));
        let error = ledger.append(Time::default(), large.clone()).await.unwrap_err();
        assert!(named(&error), "{error:?}");
        assert_eq!(ledger.history().entries(), 1);

        drop(hindrance);
        log.on_thread(move |file| file.with("relieved", |connection| connection.execute_batch(relieve))).await.ok();
        small("00000000-0000-0000-0000-000000000003").await.unwrap();
        ledger.append(Time::default(), large).await.unwrap();
        assert_eq!(crate::verify(ledger.log()).await.unwrap().entries, 3);
    }

    #[tokio::test]
    async fn i16_a_full_disk_is_named_and_nothing_is_entered() {
        let fill = |_: &Path, connection: &mut Connection| {
            connection.pragma_update(None, "max_page_count", 1).ok();
            None
        };
        check(fill, |error| matches!(error, Error::Full { .. }), "PRAGMA max_page_count = 1000000").await;
    }

    #[tokio::test]
    async fn a_program_that_locks_the_file_is_named_and_nothing_is_entered() {
        let lock = |path: &Path, connection: &mut Connection| {
            connection.busy_timeout(std::time::Duration::ZERO).unwrap();
            let other = Connection::open(path).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            Some(other)
        };
        check(lock, |error| matches!(error, Error::Busy { .. }), "").await;
    }
}
