//! Checking a whole ledger: the chain, the order, and every body that an entry names.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chain::{Fault, Hash};
use crate::entries::{Entries, Filter};
use crate::error::Error;
use crate::event::Event;
use crate::log::Log;

/// What a ledger that holds was found to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// How many bodies, each counted as often as it is named.
    pub bodies: u64,
    /// How many of them were removed, as a checkpoint says; what they said is no longer known.
    pub pruned: u64,
    /// The hash of the last entry; all zero where there is none.
    pub head: Hash,
}

/// Reads every entry and every body of a log and checks that each is what it was when it was written.
///
/// A ledger that was replaced by an older copy of itself still holds; only its head, kept elsewhere, can show that.
///
/// # Errors
///
/// [`Error::Broken`] with the first entry that does not hold and how, or what keeps the log from being read.
pub async fn verify(log: &Arc<dyn Log>) -> Result<Verified, Error> {
    let mut entries = Entries::new(Arc::clone(log), Filter::default());
    let mut verified = Verified { entries: 0, bodies: 0, pruned: 0, head: Hash::ZERO };
    // Bodies that are not there, by the entry that names them first. A later checkpoint may say why.
    let mut missing: BTreeMap<u64, (u64, Hash)> = BTreeMap::new();
    while let Some(entry) = entries.next().await? {
        let broken = |fault| Error::Broken { number: entry.number, fault };
        for body in entry.event.bodies() {
            let hash = body.hash();
            match log.body(hash).await? {
                Some(text) if Hash::of(&text) != hash => return Err(broken(Fault::BodyEdited(hash))),
                Some(_) => {}
                None => missing.entry(entry.number).or_insert((0, hash)).0 += 1,
            }
            verified.bodies += 1;
        }
        if let Event::Pruned(pruned) = &entry.event {
            let younger = missing.split_off(&(pruned.up_to + 1));
            verified.pruned += missing.values().map(|(count, _)| count).sum::<u64>();
            missing = younger;
        }
        verified.entries = entry.number;
        verified.head = entry.hash;
    }
    match missing.into_iter().next() {
        Some((number, (_, hash))) => Err(Error::Broken { number, fault: Fault::BodyMissing(hash) }),
        None => Ok(verified),
    }
}
