//! `lockstep policy approve`: a person's yes to what a policy would lower now.

use lockstep_ledger::{Approval, Approved, Error, Hash, History};

use crate::arguments::{Format, Pass};
use crate::commands::{approve, runtime, workspace};
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Looks with the policy's eyes, and enters a yes to everything that it would lower.
///
/// # Errors
/// What stops the looking, or the ledger cannot be used.
pub fn run(settings: &Settings, by: String, options: Pass, screen: &mut Screen) -> Result<(), Problem> {
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    let (approved, left) = runtime()?.block_on(async {
        let observer = workspace::observer(settings, options)?;
        let log = settings.ledger.log();
        let history = match History::replay(&*log).await {
            Err(Error::Missing { .. }) => History::default(),
            replayed => replayed.map_err(|error| workspace::ledger_problem(&error))?,
        };
        let observation = observer.observe(&history).await.map_err(|stopped| workspace::stopped(&stopped))?;
        let items: Vec<_> = observation.lowered().into_iter().filter(|item| !history.is_approved(item)).collect();
        let shown = render::observation_json(settings, &observation).to_string();
        let approved = Approved { by, of: Approval::Plan { hash: Hash::of(shown) }, items };
        if approved.items.is_empty() {
            return Ok((approved, false));
        }
        let left = approve::enter(log, approved.clone()).await.map_err(|error| workspace::ledger_problem(&error))?;
        Ok((approved, left))
    })?;
    match options.format {
        Format::Text => render::policy_approved(&approved, left, screen),
        Format::Json => screen.json(&render::approved_json(&approved, left)),
    }
    Ok(())
}
