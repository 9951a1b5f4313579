//! What was done, and what both sides last agreed on.
//!
//! A ledger is a log and a transition function. The log only grows: an intent is on disk before its write leaves, the
//! outcome follows, and each entry carries the hash of the one before. [`Standing`] alone knows which entry may follow
//! which; everything that the ledger can be asked ([`History`]) is made by replaying its entries.
//!
//! - [`Ledger`] is for the one instance that writes: it holds the lease and appends.
//! - [`History::replay`], [`Entries`] and [`verify`] are for anybody who reads, also while another process writes.
//! - [`Log`] is what keeps the bytes: [`Sqlite`] on a local disk, [`Blobs`] in a storage account. Nothing outside of them knows
//!   about SQL or requests.
//!
//! No clock is read here: every entry's time is handed in.

mod blobs;
mod brakes;
mod chain;
mod entries;
mod error;
mod event;
mod export;
mod format;
mod history;
mod ledger;
mod log;
mod platform;
mod prune;
mod sqlite;
mod standing;
mod verify;

pub use blobs::{AddressError, Blobs};
pub use brakes::OpenBrake;
pub use chain::{Fault, Hash, Line};
pub use entries::{Entries, Filter};
pub use error::Error;
pub use event::{
    AlertIntended, AlertRead, AlertStood, Answered, Approval, Approved, Asked, BaseMoved, Before, Began, Binary, Body,
    Braked, Cause, Confirmed, Counts, Done, Entry, Event, Followed, InDoubt, Intended, NoteIntended, PolicyUsed,
    Pruned, Refused, Restarted, RunEnded, RunId, RunStarted, Settled, StartedFrom, WhyMoved, WriteId,
};
pub use export::View;
pub use history::{History, Intent, Noted, OpenIntent, Run, Unconfirmed};
pub use ledger::{Ledger, Refusal, leave_approval};
pub use log::{Holder, Lease, Log};
pub use prune::prune;
pub use sqlite::Sqlite;
pub use standing::{OutOfOrder, Standing};
pub use verify::{Verified, verify};
