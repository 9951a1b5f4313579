//! `lockstep watch`: passes on a timer, until somebody asks it to end.

mod problems;
mod reload;
mod vitals;

pub use vitals::MetricsTo;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lockstep_azure::Wait;
use lockstep_engine::{Answer, Interval, Pass, Stopped, Told, Wanted, Watcher};
use tokio_util::sync::CancellationToken;

use super::workspace;
use crate::arguments::{Common, Format, Watch};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Pace, Progress, Screen};
use crate::settings::Settings;
use problems::Problems;
use reload::Reload;
use vitals::Vitals;

/// Makes passes and shows a line of each.
///
/// # Errors
/// A ledger that cannot be used, and outlets that cannot be opened. What else stops a pass is shown and does not end the
/// watch.
pub fn run(settings: &Settings, common: &Common, options: &Watch, screen: &mut Screen) -> Result<ExitCode, Problem> {
    if options.pass.format == Format::Text {
        render::header(settings, screen);
    }
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let mut end = super::end()?;
        let vitals = Vitals::start(settings, options).await?;
        let waits = vitals.clone();
        let engine = workspace::engine_telling(settings, options.pass, move |wait: &Wait| waits.waited(wait)).await?;
        let watcher = Outlets {
            settings,
            format: options.pass.format,
            progress: screen.progress(),
            pace: Pace::new(engine.clock),
            screen: Mutex::new(screen),
            reload: Reload::from(settings, common),
            vitals,
            problems: Problems::of(settings)?,
        };
        let stop = CancellationToken::new();
        let asked = async {
            end.asked().await;
            tracing::info!("ending");
            stop.cancel();
            tokio::select! {
                () = tokio::time::sleep(GRACE) => {}
                () = end.asked() => {}
            }
        };
        let interval = Interval { every: options.interval };
        let ended = tokio::select! {
            watched = engine.watch(interval, &stop, &watcher) => watched.map_err(|stopped| workspace::stopped(&stopped)),
            () = asked => match engine.ledger.history().open_intents().count() {
                0 => Ok(()),
                _ => Err(Problem::new(ExitCode::Writes, "ended before what was under way had ended")
                    .hint("the next pass finds out what became of it")),
            },
        };
        watcher.problems.told().await;
        ended.map(|()| ExitCode::Done)
    })
}

/// Whom the watch asks and tells.
struct Outlets<'a> {
    settings: &'a Settings,
    format: Format,
    progress: Progress,
    pace: Pace,
    screen: Mutex<&'a mut Screen>,
    reload: Reload<'a>,
    vitals: Vitals,
    problems: Problems,
}

impl Outlets<'_> {
    fn show(&self, show: impl FnOnce(&mut Screen)) {
        show(&mut self.screen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Watcher for Outlets<'_> {
    fn wanted(&self) -> Option<Wanted> {
        self.reload.changed().unwrap_or_else(|problem| {
            self.show(|screen| {
                screen.problem(&problem.hint("the policy that holds stays until this one can be used"));
            });
            None
        })
    }

    fn policy(&self, wanted: &Wanted, answer: &Answer) {
        if *answer == Answer::Holds {
            self.reload.holds(wanted);
        }
        self.show(|screen| match self.format {
            Format::Text => render::wanted(wanted, answer, screen),
            Format::Json => screen.json_line(&render::wanted_json(wanted, answer)),
        });
    }

    fn told(&self, told: Told<'_>) {
        self.progress.show(&self.pace.line(told));
    }

    fn passed(&self, pass: &Result<Pass, Stopped>) {
        self.vitals.passed(platform::now(), pass, &self.reload.name());
        self.problems.passed(self.settings, platform::now(), pass);
        self.show(|screen| match (pass, self.format) {
            (Ok(pass), Format::Text) => screen.line(&render::pass_line(pass)),
            (Ok(pass), Format::Json) => {
                let mut document = render::pass_json(self.settings, pass);
                document["policy"] = self.reload.name().into();
                screen.json_line(&document);
            }
            // The end of the watch, which says so itself.
            (Err(Stopped::Ledger(_)), _) => {}
            (Err(stopped), _) => screen.problem(&workspace::stopped(stopped)),
        });
    }
}

/// How long what is under way may take once somebody asked for the end: a service manager wants it within a second. A write
/// that is not answered by then is in the ledger, and the next start finds out about it.
const GRACE: Duration = Duration::from_millis(800);
