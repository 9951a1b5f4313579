//! The one place where the engine reads a clock.
//!
//! Its time schedules and labels; no decision depends on it. It runs with tokio's clock from where it started, so that
//! under paused time it is virtual.

use lockstep_core::Time;
use time::OffsetDateTime;
use tokio::time::Instant;

/// A clock of UTC. Clones show the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Time,
    began: Instant,
}

impl Clock {
    /// A clock that shows the time of this machine.
    #[expect(clippy::disallowed_methods, reason = "the one place in the engine that reads the time")]
    pub fn system() -> Self {
        let ticks = OffsetDateTime::now_utc().unix_timestamp_nanos() / 100;
        Self::starting_at(Time::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX)))
    }

    /// A clock that shows `start` now.
    pub fn starting_at(start: Time) -> Self {
        Self { start, began: Instant::now() }
    }

    /// What it shows.
    pub fn now(&self) -> Time {
        let ran = i64::try_from(self.began.elapsed().as_nanos() / 100).unwrap_or(i64::MAX);
        Time::from_ticks(self.start.ticks().saturating_add(ran))
    }
}
