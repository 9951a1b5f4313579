//! What the tests put into ledgers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::{
    Act, AlertAct, AlertId, AlertPlace, AlertState, BrakeScope, Classification, Closing, IncidentId, IncidentState,
    Instance, Item, Time, Version,
};
use lockstep_ledger::{
    AlertIntended, AlertRead, AlertStood, Approval, Approved, BaseMoved, Before, Began, Binary, Body, Braked, Cause,
    Confirmed, Counts, Done, Entry, Error, Event, Followed, Hash, Holder, InDoubt, Intended, Ledger, Log, NoteIntended,
    PolicyUsed, Refused, Restarted, RunEnded, RunId, RunStarted, Settled, Sqlite, StartedFrom, WhyMoved, WriteId,
};
use tempfile::TempDir;
use uuid::Uuid;

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
        undoes: None,
        binary: Binary { version: "0.1.0".to_owned(), hash: Some(Hash::of("binary")) },
        workspace: "contoso-soc".to_owned(),
        asked: time(0),
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
    let cause = Cause { subscriptions: vec![SUBSCRIPTION.to_owned()], person: None };
    Event::Intended(Intended {
        run: run(n),
        incident: incident(on),
        number: on,
        before,
        after: closed(),
        cause,
        reason,
        signed_by: None,
    })
}

/// What a person has to say yes to for the intent on `on`.
pub fn item(on: u64) -> Item {
    match intended(1, on) {
        Event::Intended(intended) => intended.item(),
        _ => unreachable!("it is an intent"),
    }
}

pub fn braked(scope: BrakeScope, on: impl IntoIterator<Item = u64>) -> Event {
    Event::Braked(Braked { scope, limit: "2 an hour".to_owned(), items: on.into_iter().map(item).collect() })
}

pub fn approved(of: Approval, on: impl IntoIterator<Item = u64>) -> Event {
    Event::Approved(Approved { by: "ann".to_owned(), of, items: on.into_iter().map(item).collect() })
}

pub const SUBSCRIPTION: &str = "20ff7fc3-e762-44dd-bd96-b71116dcdc23";

/// The intent to dismiss alert `on`, which follows incident `on`.
pub fn alert_intended(n: u128, on: u64) -> Event {
    let place = AlertPlace::new(SUBSCRIPTION, Some("rg-1"), "westeurope", "2518_a").unwrap();
    let before =
        AlertRead { id: alert(on), state: AlertState::New, body: Some(Body::of(format!("{{\"alert\":{on}}}"))) };
    let follows = vec![Followed { incident: incident(on), number: on, state: closed() }];
    let reason = "its only incident was closed".to_owned();
    Event::AlertIntended(AlertIntended { run: run(n), before, place, act: AlertAct::Dismiss, follows, reason })
}

/// The note on incident `on`, which proposes to close it.
pub fn noted(n: u128, on: u64) -> Event {
    Event::NoteIntended(NoteIntended {
        run: run(n),
        incident: incident(on),
        number: on,
        comment: Uuid::from_u128(u128::from(on)),
        text: "it waits for an approval".to_owned(),
        tag: Some("lockstep:held".to_owned()),
        proposed: Some(item(on)),
        read: time(0),
        acted: Some(Act { at: time(0), by: Some("ann@contoso.example".to_owned()) }),
        signed_by: Instance::parse("soc-1"),
    })
}

pub fn done(write: u64) -> Event {
    let etag = Some(Version("\"new\"".to_owned()));
    Event::Done(Done { write: WriteId(write), etag, modified: None, body: Hash::of("answer") })
}

/// The outcome of a write of an alert, which has no version.
pub fn alert_done(write: u64) -> Event {
    Event::Done(Done { write: WriteId(write), etag: None, modified: None, body: Hash::of("alert") })
}

pub fn confirmed(write: u64) -> Event {
    Event::Confirmed(Confirmed { write: WriteId(write), how: "the table shows it".to_owned() })
}

pub fn base_moved(on: u64) -> Event {
    let alerts = vec![AlertStood { id: alert(on), state: AlertState::Resolved }];
    let (incident, state) = (incident(on), IncidentState::Active);
    Event::BaseMoved(BaseMoved { incident, state, alerts, why: WhyMoved::Echo, written: None })
}

pub fn began(n: u64) -> Event {
    Event::Began(Began { at: time(n) })
}

/// The intent to close incident `on`, in a text that is sent with a mark.
pub fn signed(n: u128, on: u64) -> Event {
    match intended(n, on) {
        Event::Intended(intended) => Event::Intended(Intended { signed_by: Instance::parse("soc-1"), ..intended }),
        other => other,
    }
}

pub fn restarted(at: u64, lowered: impl IntoIterator<Item = u64>) -> Event {
    let (by, from) = ("ann".to_owned(), StartedFrom::Tables);
    Event::Restarted(Restarted { by, at: time(at), from, lowered: lowered.into_iter().map(time).collect() })
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
