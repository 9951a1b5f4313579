//! What is not a ledger of ours is refused by name, and left as it was.

use std::fs;
use std::path::Path;

use lockstep_ledger::{Error, History};
use rusqlite::Connection;

use crate::given::*;

/// Says what a reader and a writer are told about what `make` leaves at a path.
async fn check(make: impl FnOnce(&Path), reading: &str, writing: &str) {
    let (folder, path) = place();
    make(&path);
    let bytes = || fs::read(&path).ok();
    let before = bytes();
    let named = |error: Error| error.to_string().replace(&folder.path().display().to_string(), "/there");
    assert_eq!(History::replay(&*log(&path)).await.map_err(named).unwrap_err(), reading);
    assert_eq!(before, bytes(), "changed by a reader");
    match try_open(&path).await {
        Ok(ledger) => {
            assert_eq!("opened", writing);
            append_all(&ledger, [started(1)]).await;
        }
        Err(error) => {
            assert_eq!(named(error), writing);
            assert_eq!(before, bytes(), "changed by a writer");
        }
    }
}

#[tokio::test]
async fn what_is_not_a_ledger_is_refused_by_name() {
    let both = async |make: fn(&Path), told: &str| check(make, told, told).await;

    both(|path| fs::create_dir(path).unwrap(), "/there/ledger.db is not a ledger but a folder; name another path")
        .await;
    both(
        |path| fs::write(path, "[auth]\n").unwrap(),
        "/there/ledger.db is not a ledger but a file of another kind, or a ledger whose beginning is damaged; name another path",
    )
    .await;
    both(
        |path| Connection::open(path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap(),
        "/there/ledger.db is not a ledger but a database of another program (application 0x0); name another path",
    )
    .await;
    both(
        |path| Connection::open(path).unwrap().execute_batch("PRAGMA application_id = 7").unwrap(),
        "/there/ledger.db is not a ledger but a database of another program (application 0x7); name another path",
    )
    .await;
}

#[tokio::test]
async fn a_ledger_that_is_not_there_is_made_by_a_writer_alone() {
    let missing = "there is no ledger at /there/ledger.db; the first run that writes makes one";
    check(|_| {}, missing, "opened").await;
    let older = "the ledger /there/ledger.db has schema 0, older than 2; the next run that writes converts it";
    check(|path| fs::write(path, "").unwrap(), older, "opened").await;
    let interrupted = |path: &Path| {
        let begun = "PRAGMA application_id = 0x6c6b7374; PRAGMA journal_mode = WAL";
        Connection::open(path).unwrap().query_row(begun, [], |_| Ok(())).ok();
        Connection::open(path).unwrap().execute_batch("PRAGMA application_id = 0x6c6b7374").unwrap();
    };
    check(interrupted, older, "opened").await;
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let (folder, _) = place();
    let path = folder.path().join("no/ledger.db");
    let expected = format!(
        "the ledger {} cannot be made: the folder {} does not exist; create it first",
        path.display(),
        folder.path().join("no").display()
    );
    assert_eq!(try_open(&path).await.unwrap_err().to_string(), expected);
    assert_eq!(History::replay(&*log(&path)).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_left_alone() {
    let (_folder, path) = place();
    append_all(&opened(&path).await, [started(1)]).await;
    let newer = "INSERT INTO refinery_schema_history VALUES (9, 'later', '2030-01-01T00:00:00Z', '1')";
    Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let expected = format!(
        "the ledger {} has schema 9, this version of lockstep knows schemas up to 2; use a newer lockstep",
        path.display()
    );
    assert_eq!(try_open(&path).await.unwrap_err().to_string(), expected);
    assert_eq!(History::replay(&*log(&path)).await.unwrap_err().to_string(), expected);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1)]).await;
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 4, "ledger, lock, write-ahead log and its index: {files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}
