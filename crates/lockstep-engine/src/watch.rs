//! Passes on a timer.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::engine::Engine;
use crate::outcome::{Pass, Told};
use crate::stopped::Stopped;

/// How often a pass is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// From the start of one pass to the start of the next, before jitter. A pass that takes longer delays the next.
    pub every: Duration,
}

impl Interval {
    /// The wait before the next pass: up to a tenth longer than [`Interval::every`], so that many installations do not ask
    /// at the same moment. `roll` is any number.
    pub fn with_jitter(self, roll: u64) -> Duration {
        let tenth = u64::try_from(self.every.as_millis() / 10).unwrap_or(u64::MAX);
        self.every + Duration::from_millis(roll.checked_rem(tenth.saturating_add(1)).unwrap_or(0))
    }
}

impl Engine {
    /// Makes passes until `stop` is cancelled. `told` hears how each goes on, `passed` of each pass.
    ///
    /// What cannot be read now may be readable later, so a pass that stops for want of input or of rights does not end the
    /// watch. A change that is under way when `stop` is cancelled comes to its end.
    ///
    /// # Errors
    /// A ledger that cannot be used: without it nothing may be written, and looking on would only hide that.
    pub async fn watch(
        &self,
        interval: Interval,
        stop: &CancellationToken,
        told: &(dyn Fn(Told<'_>) + Sync),
        passed: &(dyn Fn(&Result<Pass, Stopped>) + Sync),
    ) -> Result<(), Stopped> {
        while !stop.is_cancelled() {
            let next = Instant::now() + interval.with_jitter(Uuid::new_v4().as_u64_pair().1);
            let pass = self.pass(stop, told).await;
            passed(&pass);
            if let Err(Stopped::Ledger(error)) = pass {
                return Err(error.into());
            }
            tokio::select! {
                () = sleep_until(next) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }
}
