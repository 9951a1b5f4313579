//! `lockstep watch`: passes on a timer, until somebody asks it to end.

use std::sync::{Mutex, PoisonError};

use lockstep_engine::{Interval, Pass, Stopped, Told};
use tokio_util::sync::CancellationToken;

use super::workspace;
use crate::arguments::{Format, Watch};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Pace, Screen};
use crate::settings::Settings;

/// Makes passes and shows a line of each.
///
/// # Errors
/// A ledger that cannot be used. What else stops a pass is shown and does not end the watch.
pub fn run(settings: &Settings, options: &Watch, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.pass.format == Format::Text {
        render::header(settings, screen);
    }
    let progress = screen.progress();
    let screen = Mutex::new(screen);
    let passed = |pass: &Result<Pass, Stopped>| {
        let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        match (pass, options.pass.format) {
            (Ok(pass), Format::Text) => screen.line(&render::pass_line(pass)),
            (Ok(pass), Format::Json) => screen.json_line(&render::pass_json(settings, pass)),
            // The end of the watch, which says so itself.
            (Err(Stopped::Ledger(_)), _) => {}
            (Err(stopped), _) => screen.problem(&workspace::stopped(stopped)),
        }
    };
    super::runtime()?.block_on(async {
        let engine = workspace::engine(settings, options.pass).await?;
        let stop = CancellationToken::new();
        let pace = Pace::new(engine.clock);
        let told = |told: Told<'_>| progress.show(&pace.line(told));
        let interval = Interval { every: options.interval };
        let watched = workspace::until_asked(engine.watch(interval, &stop, &told, &passed), &stop).await?;
        watched.map_err(|stopped| workspace::stopped(&stopped))
    })?;
    Ok(ExitCode::Done)
}
