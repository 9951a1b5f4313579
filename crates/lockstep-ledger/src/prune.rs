//! Removing bodies that nobody needs any more. The entries that name them stay, and a checkpoint says that it was meant.

use std::collections::BTreeSet;

use lockstep_core::Time;

use crate::chain::Hash;
use crate::entries::{Entries, Filter};
use crate::error::Error;
use crate::event::{Event, Pruned};
use crate::ledger::Ledger;

/// Removes the bodies of entries older than `cutoff`, after entering a checkpoint that says so; `at` is now, by the same
/// clock that labels entries. Answers the checkpoint and how many bodies went; `None` where none was to go.
///
/// Bodies stay that a younger entry names too, and all from the oldest write on whose outcome is not known. A ledger that
/// was pruned still verifies, but what was pruned cannot be taken back any more.
///
/// # Errors
///
/// What keeps the ledger from being read or written. Where it fails after the checkpoint, pruning again goes on.
pub async fn prune(ledger: &Ledger, cutoff: Time, at: Time) -> Result<Option<(Pruned, u64)>, Error> {
    let history = ledger.history();
    let open = history.open_intents().map(|open| open.write.0).min();
    let (mut old, mut kept, mut up_to) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut entries = Entries::new(ledger.log().clone(), Filter::default());
    // Entries are in order, but a clock that went back may label a younger one as older: the first young one ends it.
    let mut is_old = true;
    while let Some(entry) = entries.next().await? {
        is_old = is_old && entry.at < cutoff && open.is_none_or(|open| entry.number < open);
        let hashes = entry.event.bodies().map(crate::event::Body::hash);
        if is_old {
            up_to = entry.number;
            old.extend(hashes);
        } else {
            kept.extend(hashes);
        }
    }
    let gone: Vec<Hash> = old.difference(&kept).copied().collect();
    let mut there = Vec::new();
    for hash in gone {
        if ledger.log().body(hash).await?.is_some() {
            there.push(hash);
        }
    }
    if there.is_empty() {
        return Ok(None);
    }
    let count = u64::try_from(there.len()).unwrap_or(u64::MAX);
    let checkpoint = Pruned { up_to, bodies: count };
    if history.pruned().is_none_or(|(pruned, _)| pruned < up_to) {
        ledger.append(at, Event::Pruned(checkpoint.clone())).await?;
    }
    ledger.remove(there).await?;
    Ok(Some((checkpoint, count)))
}
