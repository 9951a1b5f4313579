//! `lockstep apply`: one pass, made and recorded; or exactly what a plan file says.

use std::path::Path;

use lockstep_engine::{CarriedOut, Conclusion, Engine, Pass, Planned, Told};
use lockstep_ledger::Body;
use tokio_util::sync::CancellationToken;

use super::{approve, workspace};
use crate::arguments::{Apply, Format};
use crate::exit_code::ExitCode;
use crate::plan_file::PlanFile;
use crate::problem::Problem;
use crate::render::{self, Pace, Progress, Screen};
use crate::settings::{Environment, Settings};

/// Makes a pass, carries out a plan file, or goes on with a run that was cut short; shows what became of each change.
///
/// # Errors
/// What stops it before its first write.
pub fn run(
    settings: &Settings,
    options: &Apply,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let approved_by = if options.approve { Some(approve::who(options.by.as_deref(), environment)?) } else { None };
    let planned = options.file.as_deref().map(|file| planned(settings, file, approved_by)).transpose()?;
    if options.pass.format == Format::Text {
        render::header(settings, screen);
    }
    let progress = screen.progress();
    progress.show("looking ...");
    super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, options.pass).await?;
        let ended = act(settings, options, &engine, planned, &progress, screen).await;
        workspace::close(&engine.ledger).await;
        ended
    })
}

/// Does what was asked for with the ledger open.
async fn act(
    settings: &Settings,
    options: &Apply,
    engine: &Engine,
    planned: Option<Planned>,
    progress: &Progress,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let planned = if options.resume { resumed(settings, engine).await? } else { planned };
    let stop = CancellationToken::new();
    let pace = Pace::new(engine.clock);
    let told = |told: Told<'_>| progress.show(&pace.line(told));
    match planned {
        None => {
            let history = engine.ledger.history();
            // A pass that wrote something has something to show, which the next one would not.
            let lacks = |pass: &Pass| pass.conclusion() == Conclusion::Rights && pass.written() == 0;
            let ask = || engine.pass(&stop, &told);
            let pass = workspace::granted(&history, options.wait_for_rights, &stop, lacks, ask);
            let pass = workspace::until_asked(pass, &stop).await??;
            match options.pass.format {
                Format::Text => render::pass(&pass, screen),
                Format::Json => screen.json(&render::pass_json(settings, &pass)),
            }
            Ok(workspace::exit_code(pass.conclusion()))
        }
        Some(planned) => {
            let done = workspace::until_asked(engine.carry_out(&planned, &stop, &told), &stop).await?;
            let done: CarriedOut = done.map_err(|stopped| workspace::stopped(&stopped))?;
            match options.pass.format {
                Format::Text => render::carried_out(&done, screen),
                Format::Json => screen.json(&render::carried_out_json(settings, &done)),
            }
            Ok(workspace::exit_code(done.conclusion()))
        }
    }
}

/// The plan of a file, checked against the settings.
fn planned(settings: &Settings, file: &Path, approved_by: Option<String>) -> Result<Planned, Problem> {
    let file = PlanFile::read(file)?;
    file.check(settings)?;
    Ok(Planned { changes: file.changes(), text: file.text().to_owned(), approved_by })
}

/// The plan file that the last run carried out and did not bring to its end; `None` where a pass finds all that is left.
async fn resumed(settings: &Settings, engine: &Engine) -> Result<Option<Planned>, Problem> {
    let history = engine.ledger.history();
    let Some(plan) = history.runs().last().and_then(|run| run.started.plan.as_ref()).map(Body::hash) else {
        return Ok(None);
    };
    let text = engine.ledger.log().body(plan).await.map_err(|error| workspace::ledger_problem(&error))?;
    let Some(text) = text else {
        let problem = Problem::new(ExitCode::Ledger, "the plan of the last run is no longer in the ledger");
        return Err(problem.hint("apply its file again: what was made is not made twice"));
    };
    let file = PlanFile::of_ledger(text)?;
    file.check(settings)?;
    Ok(Some(Planned { changes: file.changes(), text: file.text().to_owned(), approved_by: None }))
}
