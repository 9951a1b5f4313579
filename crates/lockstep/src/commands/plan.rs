//! `lockstep plan`: looks and decides, and writes nothing to the cloud.

use std::path::Path;

use lockstep_engine::{Observation, Stopped};
use lockstep_ledger::{Error, History};

use tokio_util::sync::CancellationToken;

use super::workspace;
use crate::arguments::{Plan, PlanFormat};
use crate::exit_code::ExitCode;
use crate::plan_file::PlanFile;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Shows what a pass would change, and why the rest is left alone; with a file, also keeps it to be applied later.
///
/// # Errors
/// What stops the looking, or the file cannot be written.
pub fn run(settings: &Settings, options: &Plan, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.format == PlanFormat::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let (observation, vouched) = super::runtime()?.block_on(observe(settings, options))?;
    match options.format {
        PlanFormat::Text => {
            render::observation(&observation, screen);
            if let Err(stopped) = &vouched {
                screen.line(&render::unvouched(stopped));
            }
        }
        PlanFormat::Json => {
            let mut json = render::observation_json(settings, &observation);
            json["unvouched"] = vouched.err().map(|stopped| stopped.to_string()).into();
            screen.json(&json);
        }
        PlanFormat::Markdown => screen.line(&render::ticket(settings, &observation, options.names)),
    }
    if let Some(file) = &options.output {
        write(file, &PlanFile::new(settings, &observation))?;
        screen.note(&format!(
            "wrote {}; `lockstep apply {0}` does exactly this",
            render::safe(&file.display().to_string())
        ));
    }
    Ok(workspace::exit_code(observation.planned()))
}

fn write(file: &Path, plan: &PlanFile) -> Result<(), Problem> {
    platform::write_private(file, plan.text())
        .map_err(|error| Problem::usage(format!("{} cannot be written", file.display())).because(&error))
}

/// What was seen, and whether a pass with this ledger might write.
async fn observe(settings: &Settings, options: &Plan) -> Result<(Observation, Result<(), Stopped>), Problem> {
    let observer = workspace::observer(settings, options.pass())?;
    let log = settings.ledger.log();
    let history = match History::replay(&*log).await {
        // Nothing was ever written.
        Err(Error::Missing { .. }) => History::default(),
        replayed => replayed.map_err(|error| workspace::ledger_problem(&error))?,
    };
    let stop = CancellationToken::new();
    let ask = || observer.observe(&history);
    let observation = workspace::granted(&history, options.wait_for_rights, &stop, |_| false, ask).await?;
    let vouched = observation.vouched(&workspace::identity(settings), &*log).await;
    Ok((observation, vouched))
}
