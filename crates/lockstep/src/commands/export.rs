//! `lockstep export`: templates of homes in Azure, made from a policy. Needs no cloud.

use crate::arguments::{Common, ExportCommand};
use crate::exit_code::ExitCode;
use crate::export;
use crate::problem::Problem;
use crate::render::Screen;
use crate::settings;

/// Prints the template that was asked for.
///
/// # Errors
/// There is no such policy, or the home cannot do what it says.
pub fn run(command: ExportCommand, common: &Common, screen: &mut Screen) -> Result<ExitCode, Problem> {
    screen.json(&export::made(command, || settings::policy(common))?);
    Ok(ExitCode::Done)
}
