//! What keeps a ledger's lines: the few operations behind which SQLite and append blobs stand.

use std::fmt;

use async_trait::async_trait;
use lockstep_core::Time;

use crate::chain::{Hash, Line};
use crate::error::Error;
use crate::event::Body;

/// Keeps lines in their order, and bodies under their hash.
///
/// # Guarantees
///
/// What [`append`](Self::append) has answered for is durable: it survives the end of the process and of the machine. Lines
/// are never changed nor removed, bodies only by [`remove`](Self::remove). A log does not know what its lines say; that the chain holds is checked by who reads it.
#[async_trait]
pub trait Log: fmt::Debug + Send + Sync {
    /// Makes `holder` the only one who may append, and makes the log where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Held`] where another one is, in this process or elsewhere.
    async fn lease(&self, holder: &Holder) -> Result<Lease, Error>;

    /// Gives the lease back, so that nobody has to wait until it ends by itself. Nothing can be appended with it any more.
    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let _ = lease;
        Ok(())
    }

    /// Appends lines and the bodies that they name: all of it or, where it fails, nothing.
    ///
    /// The first line must follow the last one that is there, or nothing is appended and the error is [`Error::Moved`].
    /// A body that is there already is kept as it is.
    async fn append(&self, lease: &Lease, lines: Vec<Line>, bodies: Vec<Body>) -> Result<(), Error>;

    /// The lines after number `after`, at most `limit` of them, in their order.
    async fn read(&self, after: u64, limit: usize) -> Result<Vec<Line>, Error>;

    /// Leaves a text for whoever holds the lease; needs none. Durable once it has returned.
    async fn leave(&self, request: String) -> Result<(), Error>;

    /// The texts that were left, oldest first, each with its number.
    async fn left(&self) -> Result<Vec<(i64, String)>, Error>;

    /// Forgets a text that was left.
    async fn forget(&self, lease: &Lease, request: i64) -> Result<(), Error>;

    /// Removes the bodies under these hashes, all or none, so that the file does not hold them any more.
    async fn remove(&self, lease: &Lease, bodies: Vec<Hash>) -> Result<(), Error>;

    /// The text under a hash; `None` where there is none. That the hash is right is for the caller to check.
    async fn body(&self, hash: Hash) -> Result<Option<String>, Error>;
}

/// Who wants to write to a ledger. Shown to the next one who comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name of the installation.
    pub instance: String,
    /// When it came.
    pub since: Time,
}

/// The right to append. It ends when this is dropped or the process ends, however that comes about.
pub struct Lease(#[expect(dead_code, reason = "held for its drop alone")] Box<dyn Send + Sync>);

impl Lease {
    /// A lease that lasts as long as `guard`.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease(..)")
    }
}
