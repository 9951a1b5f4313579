//! Arrays, sets and bags of the values of a group.

use std::collections::HashSet;
use std::sync::Arc;

use super::state::State;
use crate::column::Cell;
use crate::hash::{cell_hash, same};
use crate::{Dynamic, Type, Value};

/// How many elements an array holds when no size is asked for.
const DEFAULT_SIZE: usize = 1_048_576;

/// The number of distinct values that are not null.
#[derive(Clone, Default)]
pub(super) struct DistinctCount {
    seen: HashSet<u64>,
}

impl State for DistinctCount {
    fn add(&mut self, cells: &[Cell<'_>]) {
        if !cells[0].is_null() {
            self.seen.insert(cell_hash(cells[0]));
        }
    }

    fn finish(self, _: Type) -> Value {
        Value::Long(Some(self.seen.len() as i64))
    }
}

/// The place of the size among the arguments: after the value and the condition.
fn size(cells: &[Cell<'_>], condition: Option<usize>) -> usize {
    match cells.get(1 + usize::from(condition.is_some())) {
        Some(Cell::Long(Some(size))) => usize::try_from(*size).unwrap_or(DEFAULT_SIZE),
        Some(Cell::Int(Some(size))) => usize::try_from(*size).unwrap_or(DEFAULT_SIZE),
        _ => DEFAULT_SIZE,
    }
}

/// `make_list` and its kin.
#[derive(Clone)]
pub(super) struct List {
    nulls: bool,
    condition: Option<usize>,
    elements: Vec<Dynamic>,
}

impl List {
    pub(super) fn new(nulls: bool, condition: Option<usize>) -> Self {
        Self { nulls, condition, elements: Vec::new() }
    }
}

impl State for List {
    fn add(&mut self, cells: &[Cell<'_>]) {
        if (self.nulls || !cells[0].is_null()) && self.elements.len() < size(cells, self.condition) {
            self.elements.push(Dynamic::from(cells[0].to_value()));
        }
    }

    fn finish(self, _: Type) -> Value {
        Value::Dynamic(Dynamic::Array(self.elements.into()))
    }
}

/// `make_set`: the elements of arrays count one by one.
#[derive(Clone)]
pub(super) struct Set {
    condition: Option<usize>,
    elements: Vec<Dynamic>,
    /// The hashes of the elements, once they are many.
    hashes: HashSet<u64>,
}

/// Up to so many elements are compared one by one.
const MANY: usize = 8;

impl Set {
    pub(super) fn new(condition: Option<usize>) -> Self {
        Self { condition, elements: Vec::new(), hashes: HashSet::new() }
    }

    fn insert(&mut self, element: &Dynamic) {
        let cell = Cell::Dynamic(element);
        if self.elements.len() < MANY {
            if self.elements.iter().any(|other| same(Cell::Dynamic(other), cell)) {
                return;
            }
        } else {
            if self.hashes.is_empty() {
                self.hashes = self.elements.iter().map(|element| cell_hash(Cell::Dynamic(element))).collect();
            }
            if !self.hashes.insert(cell_hash(cell)) {
                return;
            }
        }
        self.elements.push(element.clone());
    }
}

impl State for Set {
    fn add(&mut self, cells: &[Cell<'_>]) {
        if cells[0].is_null() || self.elements.len() >= size(cells, self.condition) {
            return;
        }
        match cells[0] {
            Cell::String(text) => {
                let known = |element: &Dynamic| matches!(element, Dynamic::String(other) if **other == *text);
                if self.elements.len() >= MANY || !self.elements.iter().any(known) {
                    self.insert(&Dynamic::string(text));
                }
            }
            Cell::Dynamic(Dynamic::Array(elements)) => elements.iter().for_each(|element| self.insert(element)),
            cell => self.insert(&Dynamic::from(cell.to_value())),
        }
    }

    fn finish(self, _: Type) -> Value {
        Value::Dynamic(Dynamic::Array(self.elements.into()))
    }
}

/// `make_bag`: the first of several members of one name stays.
#[derive(Clone, Default)]
pub(super) struct Bag {
    members: Vec<(Arc<str>, Dynamic)>,
}

impl State for Bag {
    fn add(&mut self, cells: &[Cell<'_>]) {
        let Cell::Dynamic(Dynamic::Bag(members)) = cells[0] else { return };
        for (name, value) in members.iter() {
            if !self.members.iter().any(|(known, _)| known == name) {
                self.members.push((Arc::clone(name), value.clone()));
            }
        }
    }

    fn finish(self, _: Type) -> Value {
        Value::Dynamic(Dynamic::Bag(self.members.into()))
    }
}
