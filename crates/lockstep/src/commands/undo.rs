//! `lockstep undo`: takes back what a run wrote.

use lockstep_engine::{Engine, Undone};
use tokio_util::sync::CancellationToken;

use super::{approve, ledger, workspace};
use crate::arguments::{Format, Undo};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::{Environment, Settings};

/// Takes back what a run wrote as far as it is still as the run left it, and shows what became of each incident.
///
/// # Errors
/// There is no such run, or what stops it before its first write.
pub fn run(
    settings: &Settings,
    options: &Undo,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let undo = lockstep_engine::Undo {
        run: ledger::run_id(&options.run)?,
        incident: options.incident.as_deref().map(ledger::incident_id).transpose()?,
        by: approve::who(options.by.as_deref(), environment)?,
    };
    if options.pass.format == Format::Text {
        render::header(settings, screen);
    }
    screen.status("looking ...");
    let undone = super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, options.pass).await?;
        let undone = act(&engine, &undo).await;
        workspace::close(&engine.ledger).await;
        undone
    })?;
    match options.pass.format {
        Format::Text => render::undone(&undone, screen),
        Format::Json => screen.json(&render::undone_json(settings, &undone)),
    }
    Ok(workspace::exit_code(undone.conclusion()))
}

/// Takes back with the ledger open.
async fn act(engine: &Engine, undo: &lockstep_engine::Undo) -> Result<Undone, Problem> {
    if engine.ledger.history().runs().iter().all(|run| run.id() != undo.run) {
        let problem = Problem::usage(format!("the ledger knows no run {}", undo.run));
        return Err(problem.hint("`lockstep ledger` shows the runs"));
    }
    let stop = CancellationToken::new();
    let undone = workspace::until_asked(engine.undo(undo, &stop), &stop).await?;
    undone.map_err(|stopped| workspace::stopped(&stopped))
}
