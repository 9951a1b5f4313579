//! Places of things by their names in any case. The names themselves stand in the things alone.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use hashbrown::HashTable;

/// Where things stand, by name. Who asks says how the thing at a place is called.
#[derive(Debug, Default)]
pub(super) struct Names(HashTable<u32>);

impl Names {
    /// The place of the thing of that name.
    pub(super) fn find<'a>(&self, name: &str, name_of: impl Fn(u32) -> &'a str) -> Option<u32> {
        self.0.find(hash(name), |place| name_of(*place).eq_ignore_ascii_case(name)).copied()
    }

    /// Takes in the thing at a place, instead of another one of its name.
    pub(super) fn insert<'a>(&mut self, place: u32, name_of: impl Fn(u32) -> &'a str) {
        let name = name_of(place);
        let same = |place: &u32| name_of(*place).eq_ignore_ascii_case(name);
        match self.0.find_mut(hash(name), same) {
            Some(known) => *known = place,
            None => _ = self.0.insert_unique(hash(name), place, |place| hash(name_of(*place))),
        }
    }

    /// Forgets the thing at a place.
    pub(super) fn remove<'a>(&mut self, place: u32, name_of: impl Fn(u32) -> &'a str) {
        if let Ok(known) = self.0.find_entry(hash(name_of(place)), |known| *known == place) {
            known.remove();
        }
    }
}

/// Equal for names that differ in case only.
pub(super) fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut bytes = name.as_bytes();
    let mut lower = [0; 64];
    while !bytes.is_empty() {
        let (head, rest) = bytes.split_at(bytes.len().min(lower.len()));
        let lower = &mut lower[..head.len()];
        lower.copy_from_slice(head);
        lower.make_ascii_lowercase();
        hasher.write(lower);
        bytes = rest;
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        let things = ["Ab", "cd", "AB", ""];
        let name_of = |place: u32| things[place as usize];
        let mut names = Names::default();
        names.insert(0, name_of);
        names.insert(1, name_of);
        assert_eq!(names.find("aB", name_of), Some(0));
        names.insert(2, name_of);
        assert_eq!(names.find("aB", name_of), Some(2), "the newer thing of a name is found");
        names.remove(0, name_of);
        assert_eq!(names.find("aB", name_of), Some(2), "the older one is not the one that the name leads to");
        names.remove(2, name_of);
        assert_eq!(names.find("aB", name_of), None);
        names.insert(3, name_of);
        assert_eq!((names.find("", name_of), names.find("CD", name_of)), (Some(3), Some(1)));
        assert_eq!(hash(&"Aé".repeat(99)), hash(&"aé".repeat(99)));
    }
}
