//! Checking a whole ledger: the chain, the order, and every body that an entry names.

use std::sync::Arc;

use crate::chain::{Fault, Hash};
use crate::entries::{Entries, Filter};
use crate::error::Error;
use crate::log::Log;

/// What a ledger that holds was found to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// How many bodies, each counted as often as it is named.
    pub bodies: u64,
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
    let mut verified = Verified { entries: 0, bodies: 0, head: Hash::ZERO };
    while let Some(entry) = entries.next().await? {
        let broken = |fault| Error::Broken { number: entry.number, fault };
        for body in entry.event.bodies() {
            let hash = body.hash();
            let text = log.body(hash).await?.ok_or_else(|| broken(Fault::BodyMissing(hash)))?;
            if Hash::of(&text) != hash {
                return Err(broken(Fault::BodyEdited(hash)));
            }
            verified.bodies += 1;
        }
        verified.entries = entry.number;
        verified.head = entry.hash;
    }
    Ok(verified)
}
