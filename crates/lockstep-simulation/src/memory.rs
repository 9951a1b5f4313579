//! A ledger's log in memory. What was appended survives the death of its engine, as a disk would keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use lockstep_ledger::{Body, Error, Hash, Holder, Lease, Line, Log};
use serde_json::Value;

use crate::crash::{Crash, Point};

/// The disk. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    lines: Vec<Line>,
    bodies: BTreeMap<Hash, String>,
    left: BTreeMap<i64, String>,
    last_left: i64,
    holder: Option<(u64, Holder)>,
    leases: u64,
    /// The incidents and alerts of writes that were announced and have no outcome yet, by the number of their entry.
    open: BTreeMap<u64, String>,
}

impl Disk {
    /// The log as one engine sees it, whose death is `crash`.
    pub fn log(&self, crash: Crash) -> Memory {
        Memory { disk: self.clone(), crash }
    }

    /// Takes the lease from whoever had it: its process is gone.
    pub fn free(&self) {
        self.kept().holder = None;
    }

    /// The incidents that have a write without a known outcome.
    pub fn announced(&self) -> BTreeSet<String> {
        self.kept().open.values().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The log in the hands of one engine.
#[derive(Clone, Debug)]
pub struct Memory {
    disk: Disk,
    crash: Crash,
}

#[async_trait]
impl Log for Memory {
    async fn lease(&self, holder: &Holder) -> Result<Lease, Error> {
        let mut kept = self.disk.kept();
        if let Some((_, other)) = &kept.holder {
            return Err(Error::Held { path: PLACE.into(), holder: other.instance.clone() });
        }
        kept.leases += 1;
        let number = kept.leases;
        kept.holder = Some((number, holder.clone()));
        Ok(Lease::new(Held { disk: self.disk.clone(), number }))
    }

    async fn append(&self, _: &Lease, lines: Vec<Line>, bodies: Vec<Body>) -> Result<(), Error> {
        self.crash.pass(Point::BeforeEntry).await;
        {
            let mut kept = self.disk.kept();
            let last = kept.lines.last().map_or(0, |line| line.number);
            if lines.first().is_some_and(|line| line.number != last + 1) {
                return Err(Error::Moved { path: PLACE.into() });
            }
            for body in bodies {
                if let Some(text) = body.text() {
                    kept.bodies.entry(body.hash()).or_insert_with(|| text.to_owned());
                }
            }
            for line in lines {
                note(&mut kept.open, &line);
                kept.lines.push(line);
            }
        }
        self.crash.pass(Point::AfterEntry).await;
        Ok(())
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Vec<Line>, Error> {
        let kept = self.disk.kept();
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(kept.lines.len());
        Ok(kept.lines[from..].iter().take(limit).cloned().collect())
    }

    async fn leave(&self, request: String) -> Result<(), Error> {
        let mut kept = self.disk.kept();
        kept.last_left += 1;
        let number = kept.last_left;
        kept.left.insert(number, request);
        Ok(())
    }

    async fn left(&self) -> Result<Vec<(i64, String)>, Error> {
        Ok(self.disk.kept().left.iter().map(|(number, text)| (*number, text.clone())).collect())
    }

    async fn forget(&self, _: &Lease, request: i64) -> Result<(), Error> {
        self.disk.kept().left.remove(&request);
        Ok(())
    }

    async fn remove(&self, _: &Lease, bodies: Vec<Hash>) -> Result<(), Error> {
        self.disk.kept().bodies.retain(|hash, _| !bodies.contains(hash));
        Ok(())
    }

    async fn body(&self, hash: Hash) -> Result<Option<String>, Error> {
        Ok(self.disk.kept().bodies.get(&hash).cloned())
    }
}

/// The lease of one engine; given back when it is dropped, unless somebody else has it by then.
struct Held {
    disk: Disk,
    number: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut kept = self.disk.kept();
        kept.holder.take_if(|(number, _)| *number == self.number);
    }
}

/// Keeps `open` in step with a line, read as anybody could read it.
fn note(open: &mut BTreeMap<u64, String>, line: &Line) {
    let event: Value = serde_json::from_str(&line.event).expect("an entry is JSON");
    let write = event["write"].as_u64();
    match event["event"].as_str() {
        Some("intended") => {
            open.insert(line.number, event["incident"].as_str().unwrap_or_default().to_lowercase());
        }
        Some("alert_intended") => {
            open.insert(line.number, event["place"]["name"].as_str().unwrap_or_default().to_lowercase());
        }
        Some("done" | "refused" | "settled") => {
            write.map(|write| open.remove(&write));
        }
        _ => {}
    }
}

const PLACE: &str = "memory";
