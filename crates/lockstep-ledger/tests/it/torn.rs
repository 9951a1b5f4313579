//! I16: a file that was cut or damaged anywhere gives a beginning of what was in it, or an error, never anything else.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_ledger::{Entry, Error, History, verify};
use tempfile::TempDir;

use crate::given::*;

/// The files of a ledger as a crash leaves them, before the write-ahead log was worked into the main file.
struct Image {
    main: Vec<u8>,
    log: Vec<u8>,
    entries: Vec<Entry>,
}

async fn image(checkpoint: bool) -> Image {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    let mut entries = append_all(&ledger, [started(1)]).await;
    for on in 0..6 {
        let write = ledger.history().entries() + 1;
        entries.extend(append_all(&ledger, [intended(1, on), done(write)]).await);
    }
    if checkpoint {
        drop(ledger);
        // The last one who closes the file works the log in; the lease tells when that was.
        drop(opened(&path).await);
        while wal(&path).exists() {
            tokio::task::yield_now().await;
        }
    }
    Image { main: fs::read(&path).unwrap(), log: fs::read(wal(&path)).unwrap_or_default(), entries }
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Puts the two files in a folder of their own.
fn restored(main: &[u8], log: &[u8]) -> (TempDir, PathBuf) {
    let (folder, path) = place();
    fs::write(&path, main).unwrap();
    if !log.is_empty() {
        fs::write(wal(&path), log).unwrap();
    }
    (folder, path)
}

/// Reads the files and goes on writing in them; answers how many entries were left, or `None` where an error said so.
async fn check(main: &[u8], log_file: &[u8], entries: &[Entry], what: &str) -> Option<u64> {
    let (_folder, path) = restored(main, log_file);
    let read = History::replay(&*log(&path)).await;
    let opened = match try_open(&path).await {
        Ok(opened) => opened,
        Err(Error::Held { .. } | Error::Stopped | Error::Moved { .. } | Error::OutOfOrder(_)) => {
            panic!("{what}: not what is wrong")
        }
        Err(_) => return None,
    };
    let left = opened.history().entries();
    let head = match left {
        0 => lockstep_ledger::Hash::ZERO,
        left => entries[usize::try_from(left).unwrap() - 1].hash,
    };
    assert_eq!(opened.history().head(), head, "{what}: not a beginning of what was there");
    if let Ok(read) = read {
        assert_eq!(read.head(), head, "{what}: a reader sees something else than a writer");
    }
    // Deeper damage may come to light only now; a chain that holds must then hold whole.
    if opened.append(time(99), started(99)).await.is_ok()
        && let Ok(verified) = verify(opened.log()).await
    {
        assert_eq!(verified.entries, left + 1, "{what}");
    }
    Some(left)
}

#[tokio::test]
async fn i16_a_torn_write_ahead_log_is_cut_at_its_last_whole_transaction() {
    let Image { main, log, entries } = image(false).await;
    let mut last = 0;
    let mut seen = std::collections::BTreeSet::new();
    for length in (0..=log.len()).step_by(1531).chain([log.len()]) {
        let what = format!("log cut at {length}");
        if let Some(left) = check(&main, &log[..length], &entries, &what).await {
            assert!(left >= last, "{what}: {left} after {last}");
            last = left;
            seen.insert(left);
        }
    }
    assert_eq!(last, entries.len() as u64, "the whole log holds everything");
    assert!(seen.len() > entries.len() / 2, "cuts fell between entries: {seen:?}");
}

#[tokio::test]
async fn i16_a_transaction_that_is_cut_at_any_byte_did_not_happen() {
    let (_folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1)]).await;
    drop(ledger);
    while wal(&path).exists() {
        tokio::task::yield_now().await;
    }
    let ledger = opened(&path).await;
    append_all(&ledger, [started(2)]).await;
    let (main, whole) = (fs::read(&path).unwrap(), fs::read(wal(&path)).unwrap());
    for length in 0..=whole.len() {
        let (_folder, path) = restored(&main, &whole[..length]);
        let read = History::replay(&*log(&path)).await.unwrap();
        assert_eq!(read.entries(), if length == whole.len() { 2 } else { 1 }, "cut at {length} of {}", whole.len());
    }
}

#[tokio::test]
async fn i16_a_cut_file_gives_a_beginning_or_an_error() {
    let Image { main, log, entries } = image(true).await;
    assert!(log.is_empty());
    for length in (0..main.len()).step_by(997).chain((0..main.len()).step_by(4096)) {
        check(&main[..length], &[], &entries, &format!("file cut at {length}")).await;
    }
    assert_eq!(check(&main, &[], &entries, "whole").await, Some(entries.len() as u64));
}

#[tokio::test]
async fn i16_a_flipped_byte_gives_a_beginning_or_an_error() {
    let Image { main, log, entries } = image(true).await;
    assert!(log.is_empty());
    let mut refused = 0;
    for at in (0..main.len()).step_by(271) {
        let mut flipped = main.clone();
        flipped[at] ^= 0x55;
        refused += u32::from(check(&flipped, &[], &entries, &format!("byte {at} flipped")).await.is_none());
    }
    assert!(refused > 20, "only {refused} were noticed");
}

#[tokio::test]
async fn i16_a_write_ahead_log_without_its_ledger_is_not_thrown_away() {
    let Image { log: wal_bytes, .. } = image(false).await;
    let (_folder, path) = place();
    for empty in [false, true] {
        if empty {
            fs::write(&path, "").unwrap();
        }
        fs::write(wal(&path), &wal_bytes).unwrap();
        for error in [try_open(&path).await.unwrap_err(), History::replay(&*log(&path)).await.unwrap_err()] {
            assert!(matches!(&error, Error::Damaged { found, .. } if found.contains("write-ahead log")), "{error:?}");
        }
        assert_eq!(fs::read(wal(&path)).unwrap(), wal_bytes);
    }
}
