//! What stops a whole pass, by what can be done about it.

use lockstep_azure as azure;
use lockstep_core::{Instance, Mark, Time};
use lockstep_ledger as ledger;

/// Why a pass did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// What a pass has to look at could not be read, or not whole. Nothing was written.
    #[error("nothing is known for certain, so nothing was written")]
    Input(#[source] azure::Error),
    /// The identity or its rights do not suffice to look. Nothing was written.
    #[error("the identity may not look, so nothing was written")]
    Rights(#[source] azure::Error),
    /// The identity may look and not write, and no longer waits for the right.
    #[error("the identity may not write what is due")]
    NotAllowed,
    /// The workspace shows a write of this installation that the ledger does not hold: it is missing, new, an older copy, or
    /// another one's. Nothing was written. Making it anew from the tables, or a person's word, lets it go on.
    #[error(
        "the workspace holds a text of this installation that the ledger does not vouch for, so nothing was written: {mark}"
    )]
    Unvouched {
        /// The mark in that text.
        mark: Mark,
    },
    /// Another installation has just written to this workspace. Nothing was written.
    #[error("the installation \"{instance}\" wrote to this workspace at {at}, so nothing was written")]
    OtherInstance {
        /// Which one.
        instance: Instance,
        /// When its newest mark was first seen, by the service's clock.
        at: Time,
    },
    /// The ledger cannot be used. Nothing is written that is not in it first.
    #[error("the ledger cannot be used")]
    Ledger(#[from] ledger::Error),
}

impl Stopped {
    pub(crate) fn at_input(error: azure::Error) -> Self {
        if error.is_about_rights() { Self::Rights(error) } else { Self::Input(error) }
    }
}
