//! `lockstep ledger rebuild` and `accept-new-start`: going on with a ledger that lost what the workspace shows.

use super::super::{approve, workspace};
use crate::arguments::{NewStart, Pass};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::{Environment, Settings};

/// Restores from the workspace's tables what both sides last agreed on.
///
/// # Errors
/// The tables cannot be read whole, another installation writes to the workspace, or the ledger cannot be used.
pub fn rebuild(
    settings: &Settings,
    options: &NewStart,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let by = approve::who(options.by.as_deref(), environment)?;
    render::header(settings, screen);
    screen.status("looking ...");
    let rebuilt = super::super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, pass(options)).await?;
        let done = engine.rebuild(&by).await.map_err(|stopped| workspace::stopped(&stopped));
        workspace::close(&engine.ledger).await;
        done
    })?;
    screen.line(&render::rebuilt(rebuilt.as_ref(), &by));
    Ok(ExitCode::Done)
}

/// Lets the ledger go on without what it lost.
///
/// # Errors
/// As for [`rebuild`].
pub fn accept(
    settings: &Settings,
    options: &NewStart,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let by = approve::who(options.by.as_deref(), environment)?;
    render::header(settings, screen);
    screen.status("looking ...");
    let accepted = super::super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, pass(options)).await?;
        let done = engine.accept_new_start(&by).await.map_err(|stopped| workspace::stopped(&stopped));
        workspace::close(&engine.ledger).await;
        done
    })?;
    screen.line(&render::accepted(accepted, &by));
    Ok(ExitCode::Done)
}

fn pass(options: &NewStart) -> Pass {
    Pass { format: crate::arguments::Format::Text, patience: options.patience }
}
