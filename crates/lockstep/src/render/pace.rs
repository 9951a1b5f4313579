//! How fast a run goes, and how much of it is left.

use std::sync::{Mutex, PoisonError};

use lockstep_core::Time;
use lockstep_engine::{Clock, Told};

use super::pass::outcome_line;

/// Follows one run from change to change.
pub struct Pace {
    clock: Clock,
    run: Mutex<Run>,
}

#[derive(Clone, Copy, Default)]
struct Run {
    began: Time,
    total: usize,
    done: usize,
}

impl Pace {
    /// A pace by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, run: Mutex::default() }
    }

    /// A line that says how far the run is, after what it has just told.
    pub fn line(&self, told: Told<'_>) -> String {
        let now = self.clock.now();
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Told::Begins(total) => {
                *run = Run { began: now, total, done: 0 };
                format!("0 of {total}")
            }
            Told::Became(outcome) => {
                run.done += 1;
                format!("{}: {}", run.so_far(now), outcome_line(outcome))
            }
        }
    }
}

impl Run {
    fn so_far(self, now: Time) -> String {
        let Self { began, total, done } = self;
        let total = total.max(done);
        let ticks = (now.ticks() - began.ticks()).max(1);
        // Both are far below what a double holds exactly.
        let rate = done as f64 * Time::TICKS_PER_SECOND as f64 / ticks as f64;
        if ticks < Time::TICKS_PER_SECOND {
            return format!("{done} of {total}");
        }
        let left = (total - done) as f64 / rate;
        format!("{done} of {total}, {rate:.1} a second, {} left", duration(left))
    }
}

/// A number of seconds as people say it.
fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_says_rate_and_time_left() {
        let check = |done, total, seconds: i64, expected: &str| {
            let now = Time::from_ticks(seconds * Time::TICKS_PER_SECOND);
            assert_eq!(Run { began: Time::default(), total, done }.so_far(now), expected);
        };
        check(1, 100, 0, "1 of 100");
        check(10, 100, 1, "10 of 100, 10.0 a second, 9 s left");
        check(10, 1000, 1, "10 of 1000, 10.0 a second, 1 min 39 s left");
        check(1, 4000, 2, "1 of 4000, 0.5 a second, 2 h 13 min left");
        check(3, 2, 1, "3 of 3, 3.0 a second, 0 s left");
        check(1, 2, -5, "1 of 2");
    }
}
