//! Chance, drawn from a seed alone and shared by everything that plays in one day.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A source of numbers. Clones draw from the same one.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    /// The chance of this seed.
    pub fn of(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&self, end: usize) -> usize {
        if end == 0 { 0 } else { self.draw(|rng| rng.usize(..end)) }
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these; `None` where there is none.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// One of these, each as often as its weight says.
    ///
    /// # Panics
    /// Where no weight is above 0.
    pub fn weighed<T: Copy>(&self, from: &[(usize, T)]) -> T {
        let mut at = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in from {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return *one,
            }
        }
        unreachable!("a number below the sum of the weights falls on one of them")
    }

    /// A time of whole seconds, up to and with `longest`.
    pub fn up_to(&self, longest: Duration) -> Duration {
        Duration::from_secs(self.draw(|rng| rng.u64(..=longest.as_secs())))
    }
}
