//! `lockstep plan`: looks and decides, and writes nothing.

use lockstep_engine::Observation;
use lockstep_ledger::{Error, History, Sqlite};

use super::workspace;
use crate::arguments::{Format, Pass};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Shows what a pass would change, and why the rest is left alone.
///
/// # Errors
/// What stops the looking.
pub fn run(settings: &Settings, options: Pass, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let observation = super::runtime()?.block_on(observe(settings, options))?;
    match options.format {
        Format::Text => render::observation(&observation, screen),
        Format::Json => screen.json(&render::observation_json(settings, &observation)),
    }
    Ok(workspace::exit_code(observation.planned()))
}

async fn observe(settings: &Settings, options: Pass) -> Result<Observation, Problem> {
    let observer = workspace::observer(settings, options)?;
    let history = match History::replay(&Sqlite::new(&settings.ledger)).await {
        // Nothing was ever written.
        Err(Error::Missing { .. }) => History::default(),
        replayed => replayed.map_err(|error| workspace::ledger_problem(&error))?,
    };
    observer.observe(&history).await.map_err(|stopped| workspace::stopped(&stopped))
}
