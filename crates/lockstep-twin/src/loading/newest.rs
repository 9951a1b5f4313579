//! Which row is the newest of each subject, whatever the order in which rows come.

use std::collections::HashMap;
use std::hash::Hash;

use time::OffsetDateTime;

/// The newest row of each subject so far.
pub(super) struct Newest<K> {
    places: HashMap<K, usize>,
    /// In the order in which the subjects appeared.
    seen: Vec<Seen>,
}

struct Seen {
    first: OffsetDateTime,
    newest: OffsetDateTime,
    position: usize,
}

impl<K> Default for Newest<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), seen: Vec::new() }
    }
}

impl<K: Hash + Eq> Newest<K> {
    /// Takes in the row at `position`, of the time `at`; of two rows of one time the later one is the newer. Answers the time
    /// of the row by which the subject appeared.
    pub(super) fn see(&mut self, subject: K, at: OffsetDateTime, position: usize) -> OffsetDateTime {
        let place = *self.places.entry(subject).or_insert(self.seen.len());
        if place == self.seen.len() {
            self.seen.push(Seen { first: at, newest: at, position });
        }
        let seen = &mut self.seen[place];
        if at >= seen.newest {
            (seen.newest, seen.position) = (at, position);
        }
        seen.first
    }

    /// The positions of the newest rows, in the order in which the subjects appeared.
    pub(super) fn positions(self) -> Vec<usize> {
        self.seen.into_iter().map(|seen| seen.position).collect()
    }
}
