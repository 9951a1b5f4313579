//! Rights that are missing: waited for while they may be on their way, and no longer.
//!
//! A right that was just given takes up to 60 minutes to be recognised
//! (<https://learn.microsoft.com/azure/azure-monitor/logs/api/errors>, `InsufficientAccessError`), which is what a first run after a
//! deployment meets. A right that was there before and is missing now was taken away, and no waiting brings it back.

use std::future::Future;
use std::time::Duration;

use lockstep_azure::Fault;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::outcome::{NotTried, Outcome, Pass};
use crate::stopped::Stopped;

/// What a watch knows of rights.
#[derive(Debug)]
pub(crate) struct Grace {
    /// Whether this identity has looked before, in this watch or by what the ledger says.
    has_looked: bool,
    /// Since when a right has been missing that was never there.
    missing_since: Option<Instant>,
}

impl Grace {
    /// `has_looked`: whether the ledger knows of a run.
    pub(crate) fn new(has_looked: bool) -> Self {
        Self { has_looked, missing_since: None }
    }

    /// Whether the watch goes on after a pass.
    pub(crate) fn goes_on(&mut self, pass: &Result<Pass, Stopped>) -> bool {
        let is_forbidden = match pass {
            Err(Stopped::Rights(error)) => matches!(error.fault, Fault::Forbidden { .. }),
            Ok(pass) => {
                self.has_looked = true;
                let is_missing = |it: &Outcome| matches!(it, Outcome::NotTried { why: NotTried::Rights(_), .. });
                // To write is another right than to look, and this run may be the first that writes.
                if !pass.outcomes.iter().any(is_missing) {
                    self.missing_since = None;
                    return true;
                }
                return self.is_young();
            }
            Err(_) => return true,
        };
        !is_forbidden || (!self.has_looked && self.is_young())
    }

    fn is_young(&mut self) -> bool {
        self.missing_since.get_or_insert_with(Instant::now).elapsed() <= PATIENCE
    }
}

/// Asks again and again, for as long as `wait`, while what is asked is refused for want of a right, or `lacks` one by its own
/// word; ends the waiting when `stop` is cancelled.
///
/// # Errors
/// What was asked failed otherwise, or the right is still missing then.
pub async fn waiting_for_rights<T, F: Future<Output = Result<T, Stopped>>>(
    wait: Duration,
    stop: &CancellationToken,
    lacks: impl Fn(&T) -> bool,
    mut ask: impl FnMut() -> F,
) -> Result<T, Stopped> {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        let left = wait.saturating_sub(began.elapsed());
        let is_missing = match &answer {
            Err(Stopped::Rights(error)) => matches!(error.fault, Fault::Forbidden { .. }),
            Err(_) => false,
            Ok(answer) => lacks(answer),
        };
        if !is_missing || left.is_zero() || stop.is_cancelled() {
            return answer;
        }
        tracing::warn!(left = left.as_secs(), "waiting for a right that may have been given just now");
        tokio::select! {
            () = sleep(left.min(BETWEEN)) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// How long a right that was just given may take.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How often a missing right is asked about.
const BETWEEN: Duration = Duration::from_secs(30);
