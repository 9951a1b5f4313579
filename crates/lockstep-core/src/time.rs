//! A moment, as the services keep it. Nothing here knows what time it is.

/// A moment in UTC, in ticks of 100 ns since 1970-01-01T00:00:00Z: the resolution of the services' own times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// How many ticks a second has.
    pub const TICKS_PER_SECOND: i64 = 10_000_000;

    /// The moment that lies `ticks` after the start of 1970.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The ticks since the start of 1970.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// How many whole seconds lie between `earlier` and this moment; 0 where `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        let ticks = self.0.saturating_sub(earlier.0);
        if ticks < 0 { 0 } else { (ticks / Self::TICKS_PER_SECOND).unsigned_abs() }
    }
}
