//! A policy that changes while a watch runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lockstep_engine::Wanted;
use lockstep_ledger::PolicyUsed;

use crate::arguments::Common;
use crate::policy_file::ChosenPolicy;
use crate::problem::Problem;
use crate::settings::{self, Settings};

/// Reads the policy again before each pass, from wherever it was chosen.
pub struct Reload<'a> {
    common: &'a Common,
    seen: Mutex<Seen>,
}

struct Seen {
    /// What was read last and could be used.
    chosen: ChosenPolicy,
    /// Why what was read last could not be used, so that it is said once.
    problem: Option<Problem>,
    /// The name of the policy that holds.
    holds: String,
}

impl<'a> Reload<'a> {
    /// Begins with the policy of `settings`.
    pub fn from(settings: &'a Settings, common: &'a Common) -> Self {
        let chosen = settings.policy.clone();
        let holds = chosen.name().to_owned();
        Self { common, seen: Mutex::new(Seen { chosen, problem: None, holds }) }
    }

    /// The policy, where it changed since this was last asked.
    ///
    /// # Errors
    /// It changed and cannot be used; said once for each reason.
    pub fn changed(&self) -> Result<Option<Wanted>, Problem> {
        let read = settings::policy_again(self.common);
        let mut seen = self.seen();
        match read {
            Ok(chosen) if chosen == seen.chosen => {
                seen.problem = None;
                Ok(None)
            }
            Ok(chosen) => {
                seen.problem = None;
                seen.chosen = chosen.clone();
                let used = PolicyUsed::of(chosen.name(), &chosen.text);
                Ok(Some(Wanted { policy: chosen.policy, used }))
            }
            Err(problem) if seen.problem.as_ref() == Some(&problem) => Ok(None),
            Err(problem) => {
                seen.problem = Some(problem.clone());
                Err(problem)
            }
        }
    }

    /// Hears that a policy holds now.
    pub fn holds(&self, wanted: &Wanted) {
        self.seen().holds = wanted.policy.name.to_string();
    }

    /// The name of the policy that holds.
    pub fn name(&self) -> String {
        self.seen().holds.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
