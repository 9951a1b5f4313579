//! `lockstep apply`: one pass.

use tokio_util::sync::CancellationToken;

use super::workspace;
use crate::arguments::{Format, Pass};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Settings;

/// Makes a pass and shows what became of each change.
///
/// # Errors
/// What stops the pass before its first write.
pub fn run(settings: &Settings, options: Pass, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.format == Format::Text {
        render::header(settings, screen);
    }
    let progress = screen.progress();
    let pass = super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, options).await?;
        let stop = CancellationToken::new();
        let told = |outcome: &_| progress.show(&render::outcome_line(outcome));
        progress.show("looking ...");
        workspace::until_asked(engine.pass(&stop, &told), &stop).await?.map_err(|stopped| workspace::stopped(&stopped))
    })?;
    match options.format {
        Format::Text => render::pass(&pass, screen),
        Format::Json => screen.json(&render::pass_json(settings, &pass)),
    }
    Ok(workspace::exit_code(pass.conclusion()))
}
