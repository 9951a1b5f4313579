//! The commands, a file each. A command does its work through the other crates, hands what came of it to [`crate::render`]
//! and answers how it ended.

mod apply;
mod approve;
mod completions;
pub mod demo;
mod doctor;
mod drift;
mod explain;
mod export;
mod init;
mod kql;
mod ledger;
mod man;
mod plan;
pub mod policy;
mod recording;
mod roles;
mod several;
mod twin;
mod undo;
pub mod watch;
mod workspace;

use tokio::runtime::{Builder, Runtime};

use crate::arguments::{Arguments, Command, Format, Kql, KqlCommand, PlanFormat, RolesFormat};
use crate::exit_code::ExitCode;
use crate::platform::End;
use crate::problem::Problem;
use crate::render::Screen;
use crate::settings::{self, Environment, Settings, Workspaces};

/// Does what was asked for.
///
/// # Errors
/// What somebody has to put right first.
pub fn run(arguments: Arguments, environment: &Environment, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let common = &arguments.common;
    recording::check(common, &arguments.command)?;
    match arguments.command {
        Command::Plan(options) => {
            let workspaces = Workspaces::settings(common, environment)?;
            if let (Workspaces::Several(_), Some(_)) = (&workspaces, &options.output) {
                return Err(several::one_file());
            }
            let json = options.format == PlanFormat::Json;
            several::each(workspaces, json, screen, |settings, screen| plan::run(settings, &options, screen))
        }
        Command::Apply(options) => {
            let workspaces = Workspaces::settings(common, environment)?;
            if let (Workspaces::Several(_), Some(_)) = (&workspaces, &options.file) {
                return Err(several::one_file());
            }
            let json = options.pass.format == Format::Json;
            let run = |settings: &Settings, screen: &mut Screen| apply::run(settings, &options, environment, screen);
            several::each(workspaces, json, screen, run)
        }
        Command::Watch(options) => watch::run(Workspaces::settings(common, environment)?, common, &options, screen),
        Command::Undo(options) => undo::run(&Settings::read(common, environment)?, &options, environment, screen),
        Command::Approve(options) => {
            approve::run(&settings::ledger(common, environment)?, &options, environment, screen)
        }
        Command::Ledger(options) => ledger::run(common, &options, environment, screen),
        Command::Explain(options) => explain::run(&Settings::read(common, environment)?, &options, screen),
        Command::Drift(options) => {
            let workspaces = Workspaces::settings(common, environment)?;
            let json = options.format == Format::Json;
            several::each(workspaces, json, screen, |settings, screen| drift::run(settings, options, screen))
        }
        Command::Policy(command) => policy::run(command, common, environment, screen),
        Command::Doctor(options) => {
            let workspaces = Workspaces::settings(common, environment)?;
            let json = options.format == Format::Json;
            several::each(workspaces, json, screen, |settings, screen| doctor::run(settings, options, screen))
        }
        Command::Export(command) => export::run(command, common, screen),
        Command::Roles(options) => {
            let json = options.format != RolesFormat::Text;
            several::each(Workspaces::places(common)?, json, screen, |place, screen| {
                roles::run(place, &options, screen)
            })
        }
        Command::Init => init::run(&common.config, screen),
        Command::Demo(options) => demo::run(options, screen),
        Command::Twin(options) => twin::run(&options, screen),
        Command::Completions { shell } => Ok(completions::run(shell, screen)),
        Command::Man { out } => man::run(out.as_deref(), screen),
        Command::Kql(KqlCommand { command, console }) => match command {
            None => kql::console(&console, screen),
            Some(Kql::Run(options)) => kql::run(&options, screen),
            Some(Kql::Check(options)) => kql::check(&options, screen),
            Some(Kql::Batch(data)) => kql::batch(&data, screen),
        },
    }
}

/// What async work runs on.
fn runtime() -> Result<Runtime, Problem> {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| Problem::usage("no threads can be started").because(&error))
}

/// Listens for whoever ends the process.
fn end() -> Result<End, Problem> {
    End::listen().map_err(|error| Problem::usage("signals cannot be listened for").because(&error))
}

/// A pass mostly waits; a twin beside it answers.
const WORKERS: usize = 2;
