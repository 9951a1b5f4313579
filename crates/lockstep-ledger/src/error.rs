//! What can go wrong with a ledger, by what the caller can do about it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::chain::Fault;
use crate::standing::OutOfOrder;

/// Why something could not be read from a ledger or entered into it.
///
/// An entry whose append failed may only be taken as not written where the error says so; the next append looks first.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another instance writes to this ledger.
    #[error("the ledger {} is in use by {holder}; stop that one first", path.display())]
    Held {
        /// The ledger.
        path: PathBuf,
        /// Who holds it, as it said itself.
        holder: String,
    },
    /// There is no ledger at this path.
    #[error("there is no ledger at {}; the first run that writes makes one", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The folder that the ledger should lie in does not exist.
    #[error("the ledger {} cannot be made: the folder {} does not exist; create it first", path.display(), folder.display())]
    FolderMissing {
        /// Where it should be.
        path: PathBuf,
        /// The folder that is not there.
        folder: PathBuf,
    },
    /// Something else lies at this path. It was not changed.
    #[error("{} is not a ledger but {found}; name another path", path.display())]
    NotALedger {
        /// The path.
        path: PathBuf,
        /// What lies there.
        found: String,
    },
    /// A newer version of lockstep wrote this ledger.
    #[error("the ledger {} has schema {found}, this version of lockstep knows schemas up to {known}; use a newer lockstep", path.display())]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// The schema that it has.
        found: i32,
        /// The newest one known here.
        known: i32,
    },
    /// An older version of lockstep wrote this ledger, and only a run that writes may convert it.
    #[error("the ledger {} has schema {found}, older than {known}; the next run that writes converts it", path.display())]
    Older {
        /// The ledger.
        path: PathBuf,
        /// The schema that it has.
        found: i32,
        /// The one known here.
        known: i32,
    },
    /// The ledger lies on a network file system, where locks and syncs do not hold what they promise.
    #[error("the ledger {} lies on a network file system ({kind}); it needs a local disk", path.display())]
    NetworkFileSystem {
        /// The ledger.
        path: PathBuf,
        /// The file system, as the operating system names it.
        kind: String,
    },
    /// The operating system does not let us read or write it.
    #[error("no permission to read and write the ledger {}", path.display())]
    Denied {
        /// The ledger.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: Cause,
    },
    /// The disk is full. Nothing was entered.
    #[error("no space is left for the ledger {}; nothing was entered", path.display())]
    Full {
        /// The ledger.
        path: PathBuf,
    },
    /// Another program keeps the file locked. Nothing was entered.
    #[error("the ledger {} is locked by another program; nothing was entered", path.display())]
    Busy {
        /// The ledger.
        path: PathBuf,
    },
    /// Somebody else entered something since this ledger was read. Nothing was entered.
    #[error("somebody else wrote to the ledger {} although it is in use here; nothing was entered", path.display())]
    Moved {
        /// The ledger.
        path: PathBuf,
    },
    /// The lease ended while this instance held it, and another one may write now. Nothing was entered.
    #[error("the lease of the ledger {} was lost: another instance may write to it now; nothing was entered", path.display())]
    Lost {
        /// The ledger.
        path: PathBuf,
    },
    /// Where the ledger lies, everything is kept for a time. Nothing was removed.
    #[error("a retention policy keeps what is in the ledger {}; nothing was removed", path.display())]
    Kept {
        /// The ledger.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the ledger {} is damaged: {found}; restore it from a copy", path.display())]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What shows it.
        found: String,
    },
    /// The chain of entries is broken: the ledger was cut, edited or mixed with another.
    #[error("the ledger's chain is broken at entry {number}")]
    Broken {
        /// The first entry that does not hold.
        number: u64,
        /// How.
        #[source]
        fault: Fault,
    },
    /// The entry may not follow what was entered before. Nothing was entered.
    #[error("the entry cannot be made")]
    OutOfOrder(#[from] OutOfOrder),
    /// Reading or writing failed. Whether something was entered is not known.
    #[error("the ledger {} cannot be {doing}", path.display())]
    Io {
        /// The ledger.
        path: PathBuf,
        /// What was being done with it, as a participle.
        doing: &'static str,
        /// What the operating system or SQLite said.
        #[source]
        source: Cause,
    },
    /// The process is shutting down. Whether something was entered is not known.
    #[error("the ledger was closed while an entry was on its way")]
    Stopped,
}

/// An error of a library below, shared by all who waited for the same thing.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    pub(crate) fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
