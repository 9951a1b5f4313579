//! `lockstep drift`: every alert and incident that say different things, and since when. Writes nothing.

use lockstep_engine::Drift;
use lockstep_ledger::{Error, History};

use super::workspace;
use crate::arguments::{Format, Pass};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Shows every pair that disagrees.
///
/// # Errors
/// What stops the looking.
pub fn run(settings: &Settings, options: Pass, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let drift = super::runtime()?.block_on(drift(settings, options))?;
    match options.format {
        Format::Text => render::drift(&drift, screen),
        Format::Json => screen.json(&render::drift_json(settings, &drift)),
    }
    Ok(if drift.unreadable.is_empty() { ExitCode::Done } else { ExitCode::Input })
}

async fn drift(settings: &Settings, options: Pass) -> Result<Drift, Problem> {
    let observer = workspace::observer(settings, options)?;
    let history = match History::replay(&*settings.ledger.log()).await {
        // Nothing was ever agreed on.
        Err(Error::Missing { .. }) => History::default(),
        replayed => replayed.map_err(|error| workspace::ledger_problem(&error))?,
    };
    observer.drift(&history).await.map_err(|stopped| workspace::stopped(&stopped))
}
