//! An entry as others read it: for printing, and for files that leave the ledger.

use serde::Serialize;

use crate::chain::Hash;
use crate::event::{Entry, Event};
use crate::format;

/// One entry, ready to be serialized.
///
/// `number`, `at` (RFC 3339, UTC), `event` (the event's name) with the event's own members, `previous` and `hash`.
#[derive(Clone, Debug, Serialize)]
pub struct View<'a> {
    /// Its place, from 1.
    pub number: u64,
    /// When it was appended, in RFC 3339, UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: &'a Event,
    /// The hash of the entry before.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl<'a> From<&'a Entry> for View<'a> {
    fn from(entry: &'a Entry) -> Self {
        let Entry { number, at, event, previous, hash } = entry;
        Self { number: *number, at: format::rfc3339(*at), event, previous: *previous, hash: *hash }
    }
}
