//! The chain: how each line of a ledger vouches for all that came before it.

use std::{fmt, io};

use lockstep_core::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One line of a log: an entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 1 without a gap.
    pub number: u64,
    /// When it was appended.
    pub at: Time,
    /// The event, in its canonical text form.
    pub event: String,
    /// The hash of the line before; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// Its own hash, over all of the above.
    pub hash: Hash,
}

/// The last line of a chain: what the next one must follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last line's number; 0 where there is none.
    pub number: u64,
    /// The last line's hash.
    pub hash: Hash,
}

impl Head {
    /// The line that says `event` after this one.
    pub fn line(self, at: Time, event: String) -> Line {
        let number = self.number + 1;
        let hash = line_hash(number, at, &event, self.hash);
        Line { number, at, event, previous: self.hash, hash }
    }

    /// The head once `line` has followed.
    ///
    /// # Errors
    ///
    /// What is wrong, where `line` does not follow or does not have the hash that it claims.
    pub fn follow(self, line: &Line) -> Result<Self, Fault> {
        if line.number != self.number + 1 {
            return Err(Fault::Gap { found: line.number });
        }
        if line.previous != self.hash {
            return Err(Fault::Unlinked);
        }
        if line.hash != line_hash(line.number, line.at, &line.event, line.previous) {
            return Err(Fault::Edited);
        }
        Ok(Self { number: line.number, hash: line.hash })
    }
}

/// The bytes hashed are: a fixed tag, number and time as 8 bytes each (most significant first), the previous hash, and the
/// event's text. Only the last part varies in length, so no two lines give the same bytes.
fn line_hash(number: u64, at: Time, event: &str, previous: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(TAG);
    hasher.update(number.to_be_bytes());
    hasher.update(at.ticks().to_be_bytes());
    hasher.update(previous.0);
    hasher.update(event.as_bytes());
    Hash(hasher.finalize().into())
}

/// How a chain is broken at one entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Entries are missing, or there are too many.
    #[error("entry {found} stands in its place")]
    Gap {
        /// The number of the entry that stands there.
        found: u64,
    },
    /// The entries from here on were written, and are gone.
    #[error("the entries from here to {last} are missing")]
    Cut {
        /// The number of the last entry that was written.
        last: u64,
    },
    /// It does not name the hash of the entry before it.
    #[error("it does not follow the entry before it")]
    Unlinked,
    /// Its hash is not that of what it says.
    #[error("its hash is not that of what it says: it was changed after it was written")]
    Edited,
    /// Its hash is right, but it says nothing that this version understands.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It says what cannot follow what was said before.
    #[error("it is out of order: {0}")]
    OutOfOrder(#[from] crate::standing::OutOfOrder),
    /// A body that it names is not there.
    #[error("the body {0} that it names is missing")]
    BodyMissing(Hash),
    /// A body that it names has another hash than its name says.
    #[error("the body {0} that it names was changed after it was written")]
    BodyEdited(Hash),
}

/// A SHA-256 hash. Shown and spelled as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub(crate) [u8; 32]);

impl Hash {
    /// The hash that stands before the first line.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of some bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of everything that `bytes` gives.
    ///
    /// # Errors
    ///
    /// What reading it failed with.
    pub fn of_all(mut bytes: impl io::Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        io::copy(&mut bytes, &mut hasher)?;
        Ok(Self(hasher.finalize().into()))
    }

    /// Its first 16 bytes as a number, the first byte as the highest.
    pub fn first_half(&self) -> u128 {
        self.0[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    /// Reads 64 hexadecimal digits in lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a hash is 64 lower-case hexadecimal digits")
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

const TAG: &[u8] = b"lockstep ledger line 1\n";
