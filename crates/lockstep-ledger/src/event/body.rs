//! Texts as a service sent them, which entries name by their hash.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chain::Hash;

/// A text as a service sent it, known by its hash.
///
/// An entry holds the hash alone; the text lies beside the chain. A body read back from an entry therefore has no text
/// until it is asked for with [`Log::body`](crate::Log::body).
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Hash", into = "Hash")]
pub struct Body {
    hash: Hash,
    text: Option<Arc<str>>,
}

impl Body {
    /// The body of this text.
    pub fn of(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { hash: Hash::of(text.as_bytes()), text: Some(text) }
    }

    /// The SHA-256 of the text's UTF-8 bytes.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The text, where it is at hand.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl From<Hash> for Body {
    fn from(hash: Hash) -> Self {
        Self { hash, text: None }
    }
}

impl From<Body> for Hash {
    fn from(body: Body) -> Self {
        body.hash
    }
}

/// Bodies are the same when their hashes are.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Body {}

/// Shows the hash alone: a text may name people.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({})", self.hash)
    }
}
