//! What the tests put into ledgers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::{AlertId, AlertState, Classification, Closing, IncidentId, IncidentState, Time, Version};
use lockstep_ledger::{
    AlertRead, Before, Binary, Body, Counts, Done, Entry, Error, Event, Hash, Holder, InDoubt, Intended, Ledger, Log,
    PolicyUsed, Refused, RunEnded, RunId, RunStarted, Settled, Sqlite, WriteId,
};
use tempfile::TempDir;

/// A folder of its own, and the path of a ledger in it.
pub fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

pub fn log(path: &Path) -> Arc<dyn Log> {
    Arc::new(Sqlite::new(path))
}

pub fn holder(instance: &str) -> Holder {
    Holder { instance: instance.to_owned(), since: time(0) }
}

pub async fn opened(path: &Path) -> Ledger {
    try_open(path).await.unwrap()
}

pub async fn try_open(path: &Path) -> Result<Ledger, Error> {
    Ledger::open(log(path), &holder("test")).await
}

/// Appends events one after the other, a second apart.
pub async fn append_all(ledger: &Ledger, events: impl IntoIterator<Item = Event>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for event in events {
        let at = time(ledger.history().entries());
        entries.push(ledger.append(at, event).await.unwrap());
    }
    entries
}

/// The second `n` of the tests' time.
pub fn time(n: u64) -> Time {
    Time::from_ticks(17_640_000_000_000_000 + i64::try_from(n).unwrap() * Time::TICKS_PER_SECOND)
}

pub fn run(n: u128) -> RunId {
    RunId::parse(&format!("{n:032x}")).unwrap()
}

pub fn incident(n: u64) -> IncidentId {
    IncidentId::parse(&format!("00000000-0000-0000-0000-{n:012x}")).unwrap()
}

pub fn alert(n: u64) -> AlertId {
    AlertId::parse(&format!("aaaaaaaa-0000-0000-0000-{n:012x}")).unwrap()
}

pub fn closed() -> IncidentState {
    let comment = "Closed: \"dismissed\"\nby its owner, \u{1b}[31m".to_owned();
    IncidentState::Closed(Some(Closing { classification: Classification::BenignPositive, comment }))
}

pub fn started(n: u128) -> Event {
    Event::RunStarted(RunStarted {
        run: run(n),
        instance: "test".to_owned(),
        policy: PolicyUsed { name: "seed".to_owned(), hash: Hash::of("policy") },
        plan: None,
        binary: Binary { version: "0.1.0".to_owned(), hash: Some(Hash::of("binary")) },
        workspace: "contoso-soc".to_owned(),
    })
}

pub fn intended(n: u128, on: u64) -> Event {
    let alert =
        AlertRead { id: alert(on), state: AlertState::Dismissed, body: Some(Body::of(format!("{{\"alert\":{on}}}"))) };
    let before = Before {
        etag: Version(format!("\"{on}\"")),
        state: IncidentState::New,
        incident: Body::of(format!("{{\"incident\":{on}}}")),
        alerts: vec![alert],
    };
    let reason = "its only alert was dismissed".to_owned();
    Event::Intended(Intended { run: run(n), incident: incident(on), number: on, before, after: closed(), reason })
}

pub fn done(write: u64) -> Event {
    Event::Done(Done { write: WriteId(write), etag: Version("\"new\"".to_owned()), body: Hash::of("answer") })
}

pub fn refused(write: u64) -> Event {
    Event::Refused(Refused { write: WriteId(write), error: "conflict".to_owned() })
}

pub fn in_doubt(write: u64) -> Event {
    Event::InDoubt(InDoubt { write: WriteId(write), why: "no reply".to_owned() })
}

pub fn settled(write: u64, happened: bool) -> Event {
    Event::Settled(Settled { write: WriteId(write), happened, how: "the incident has the planned state".to_owned() })
}

pub fn ended(n: u128) -> Event {
    Event::RunEnded(RunEnded { run: run(n), counts: Counts { changed: 1, ..Counts::default() } })
}
