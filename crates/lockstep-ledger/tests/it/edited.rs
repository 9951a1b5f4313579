//! I16: a ledger that was changed by other means says so, and where.

use std::path::Path;

use lockstep_core::Time;
use lockstep_ledger::{Error, Fault, Hash, History, Lease, OutOfOrder, RunId, WriteId, verify};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::given::*;

/// A closed ledger with five entries, of which the second names two bodies.
async fn written(path: &Path) {
    let ledger = opened(path).await;
    append_all(&ledger, [started(1), intended(1, 7), done(2), intended(1, 8), refused(4)]).await;
}

const WITHOUT_TRIGGERS: &str = "
    DROP TRIGGER entry_follows; DROP TRIGGER entry_stays; DROP TRIGGER entry_remains;
    DROP TRIGGER body_stays; DROP TRIGGER body_remains;";

#[tokio::test]
async fn i16_the_file_itself_refuses_to_change_what_is_in_it() {
    let (_folder, path) = place();
    written(&path).await;
    let database = Connection::open(&path).unwrap();
    let check = |sql: &str, expected: &str| {
        let error = database.execute_batch(sql).unwrap_err();
        assert!(error.to_string().contains(expected), "{sql}: {error}");
    };
    let appends_only = "the ledger is append-only";
    let follows = "an entry follows the last one";
    check("UPDATE entry SET at = 0 WHERE number = 3", appends_only);
    check("DELETE FROM entry WHERE number = 5", appends_only);
    check("UPDATE body SET text = ''", appends_only);
    check("DELETE FROM body", appends_only);
    check("INSERT OR REPLACE INTO entry SELECT 5, 0, event, previous, hash FROM entry WHERE number = 5", follows);
    check("INSERT INTO entry SELECT 7, 0, event, hash, hash FROM entry WHERE number = 5", follows);
    check("INSERT INTO entry SELECT 6, 0, event, previous, hash FROM entry WHERE number = 5", follows);
    verify(&log(&path)).await.unwrap();
}

#[tokio::test]
async fn i16_a_changed_entry_is_found_where_it_was_changed() {
    let check = async |sql: &str, at: u64, expected: Fault| {
        let (_folder, path) = place();
        written(&path).await;
        Connection::open(&path).unwrap().execute_batch(&format!("{WITHOUT_TRIGGERS}{sql}")).unwrap();
        let opening = try_open(&path).await.err();
        let verifying = verify(&log(&path)).await.err();
        for error in [opening, verifying] {
            match error {
                Some(Error::Broken { number, fault }) => assert_eq!((number, fault), (at, expected.clone()), "{sql}"),
                other => panic!("{sql}: {other:?}"),
            }
        }
    };
    check("UPDATE entry SET event = replace(event, 'done', 'Done') WHERE number = 3", 3, Fault::Edited).await;
    check("UPDATE entry SET at = at + 1 WHERE number = 1", 1, Fault::Edited).await;
    check("UPDATE entry SET hash = zeroblob(32) WHERE number = 4", 4, Fault::Edited).await;
    check("UPDATE entry SET previous = zeroblob(32) WHERE number = 4", 4, Fault::Unlinked).await;
    check("DELETE FROM entry WHERE number = 1", 1, Fault::Gap { found: 2 }).await;
    check("DELETE FROM entry WHERE number = 3", 3, Fault::Gap { found: 4 }).await;
    check("DELETE FROM entry WHERE number > 3", 4, Fault::Cut { last: 5 }).await;
    check("DELETE FROM entry", 1, Fault::Cut { last: 5 }).await;
    check("UPDATE entry SET number = 6 WHERE number = 5", 5, Fault::Gap { found: 6 }).await;
    check(
        "CREATE TEMP TABLE t AS SELECT * FROM entry; UPDATE entry SET event = (SELECT event FROM t WHERE number = 2) \
         WHERE number = 4",
        4,
        Fault::Edited,
    )
    .await;
}

#[tokio::test]
async fn i16_a_changed_body_is_found_by_verify() {
    let check = async |sql: &str, expected: fn(Hash) -> Fault| {
        let (_folder, path) = place();
        written(&path).await;
        Connection::open(&path).unwrap().execute_batch(&format!("{WITHOUT_TRIGGERS}{sql}")).unwrap();
        let fault = expected(Hash::of("{\"incident\":7}"));
        match verify(&log(&path)).await {
            Err(Error::Broken { number: 2, fault: found }) => assert_eq!(found, fault),
            other => panic!("{sql}: {other:?}"),
        }
    };
    check("UPDATE body SET text = '{\"incident\":9}' WHERE text LIKE '%incident%7%'", Fault::BodyEdited).await;
    check("DELETE FROM body WHERE text LIKE '%incident%7%'", Fault::BodyMissing).await;
}

/// The hash of an entry, made again from what the format promises.
fn hash(number: u64, at: i64, previous: [u8; 32], event: &str) -> [u8; 32] {
    let mut bytes = b"lockstep ledger line 1\n".to_vec();
    bytes.extend(number.to_be_bytes());
    bytes.extend(at.to_be_bytes());
    bytes.extend(previous);
    bytes.extend(event.as_bytes());
    Sha256::digest(bytes).into()
}

/// Appends an entry with the right hash, whatever it says.
fn forge(path: &Path, event: &str) {
    let database = Connection::open(path).unwrap();
    let (number, previous): (u64, [u8; 32]) = database
        .query_row("SELECT number, hash FROM entry ORDER BY number DESC", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let number = number + 1;
    let hash = hash(number, 0, previous, event);
    database
        .execute("INSERT INTO entry VALUES (?1, 0, ?2, ?3, ?4)", rusqlite::params![number, event, previous, hash])
        .unwrap();
}

#[tokio::test]
async fn i16_an_entry_that_says_nothing_or_the_impossible_is_not_read() {
    let check = async |event: &str, expected: &str| {
        let (_folder, path) = place();
        written(&path).await;
        forge(&path, event);
        let error = History::replay(&*log(&path)).await.unwrap_err();
        let Error::Broken { number: 6, fault } = error else { panic!("{event}: {error:?}") };
        assert!(fault.to_string().starts_with(expected), "{event}: {fault}");
    };
    check("{}", "it cannot be read: missing field `event`").await;
    check(r#"{"event":"slept"}"#, "it cannot be read: unknown variant `slept`").await;
    check(r#"{"event":"in_doubt","write":2,"why":"","who":""}"#, "it cannot be read: unknown field `who`").await;
    check(r#"{"event": "in_doubt","write":2,"why":""}"#, "it cannot be read: it is not in the form").await;
    let out_of_order = "it is out of order: write 2 does not wait for an outcome";
    check(r#"{"event":"in_doubt","write":2,"why":""}"#, out_of_order).await;
}

#[tokio::test]
async fn the_chain_is_made_as_the_format_promises() {
    let (_folder, path) = place();
    written(&path).await;
    let mut previous = [0; 32];
    for line in log(&path).read(0, 100).await.unwrap() {
        assert_eq!(line.hash, Hash::from(hash(line.number, line.at.ticks(), previous, &line.event)));
        previous = *line.hash.as_bytes();
    }
}

#[tokio::test]
async fn i08_an_entry_that_somebody_else_made_is_noticed_before_the_next_one() {
    let (folder, path) = place();
    let ledger = opened(&path).await;
    append_all(&ledger, [started(1)]).await;
    let copy = folder.path().join("copy.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    append_all(&opened(&copy).await, [intended(1, 7)]).await;
    let foreign = log(&copy).read(1, 1).await.unwrap();
    log(&path).append(&Lease::new(()), foreign, Vec::new()).await.unwrap();

    assert!(matches!(ledger.append(time(0), intended(1, 7)).await, Err(Error::Moved { .. })));
    let refusal = ledger.append(time(0), intended(1, 7)).await.unwrap_err();
    assert!(matches!(refusal, Error::OutOfOrder(OutOfOrder::IncidentOpen { write: WriteId(2), .. })), "{refusal:?}");
    append_all(&ledger, [done(2)]).await;
    assert_eq!(History::replay(&*log(&path)).await.unwrap().entries(), 3);
}

#[test]
fn hashes_and_run_ids_are_read_in_one_form_only() {
    let hash = Hash::of("");
    assert_eq!(hash.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
    assert_eq!(Hash::parse(&hash.to_string().to_uppercase()), None);
    assert_eq!(Hash::parse(&hash.to_string()[1..]), None);
    assert_eq!(RunId::parse("not a run"), None);
    assert_eq!(Time::default().ticks(), 0);
}
