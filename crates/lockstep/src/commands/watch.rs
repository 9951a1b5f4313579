//! `lockstep watch`: passes on a timer, until somebody asks it to end.

mod problems;
mod reload;
mod vitals;

pub use vitals::MetricsTo;

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use lockstep_azure::Wait;
use lockstep_engine::{Answer, Interval, Pass, Stopped, Told, Wanted, Watcher};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::workspace;
use crate::arguments::{Common, Format, Watch};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Pace, Progress, Screen};
use crate::settings::{Settings, Workspaces};
use problems::Problems;
use reload::Reload;
use vitals::Vitals;

/// Makes passes and shows a line of each; for several workspaces at the same time, and what stops one stops no other.
///
/// # Errors
/// A ledger that cannot be used, and outlets that cannot be opened. What else stops a pass is shown and does not end the
/// watch.
pub fn run(
    workspaces: Workspaces<Settings>,
    common: &Common,
    options: &Watch,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    let (watched, ends) = match workspaces {
        Workspaces::One(settings) => (vec![Watched { name: None, settings, common: common.clone() }], Vec::new()),
        Workspaces::Several(all) => named(all, common, screen),
    };
    if options.pass.format == Format::Text {
        for one in &watched {
            if let Some(name) = &one.name {
                render::workspace(name, screen);
            }
            render::header(&one.settings, screen);
        }
    }
    let progress = screen.progress();
    let screen = Mutex::new(screen);
    let ended = super::runtime()?.block_on(async {
        let end = super::end()?;
        let vitals = Vitals::start(watched.iter().map(|one| &one.settings), options).await?;
        let (stop, gone) = (CancellationToken::new(), CancellationToken::new());
        let all = watched.iter().zip(vitals).map(|(one, vitals)| {
            let outlets = (&screen, progress.clone(), vitals);
            one.watch(options, outlets, (&stop, &gone))
        });
        tokio::select! {
            ended = join_all(all) => Ok(ended),
            never = asked(end, &stop, &gone) => match never {},
        }
    })?;
    let screen = screen.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let ([Watched { name: None, .. }], [_]) = (&*watched, &*ended) {
        return ended.into_iter().next().unwrap_or(Ok(())).map(|()| ExitCode::Done);
    }
    let mut ends = ends;
    for (one, ended) in watched.iter().zip(ended) {
        ends.push((
            one.name.clone().unwrap_or_default(),
            ended.map_or_else(|problem| problem.exit, |()| ExitCode::Done),
        ));
    }
    if options.pass.format == Format::Text {
        render::ends(&ends, screen);
    }
    Ok(ExitCode::of_all(&ends.iter().map(|(_, exit)| *exit).collect::<Vec<_>>()))
}

/// The workspaces that can be watched; the others are shown and have ended.
fn named(
    all: Vec<(String, Result<Settings, Problem>)>,
    common: &Common,
    screen: &mut Screen,
) -> (Vec<Watched>, Vec<(String, ExitCode)>) {
    let (mut watched, mut ends) = (Vec::new(), Vec::new());
    for (name, settings) in all {
        match settings {
            Ok(settings) => {
                let common = Common { only: Some(name.clone()), ..common.clone() };
                watched.push(Watched { name: Some(name), settings, common });
            }
            Err(problem) => {
                screen.problem(&problem.clone().hint(format!("the workspace {name} is not watched")));
                ends.push((name, problem.exit));
            }
        }
    }
    (watched, ends)
}

/// Waits until somebody asks for the end, and lets what is under way come to its own for a while.
async fn asked(mut end: platform::End, stop: &CancellationToken, gone: &CancellationToken) -> Infallible {
    end.asked().await;
    tracing::info!("ending");
    stop.cancel();
    tokio::select! {
        () = tokio::time::sleep(GRACE) => {}
        () = end.asked() => {}
    }
    gone.cancel();
    std::future::pending().await
}

/// A workspace that is watched.
struct Watched {
    /// What it is called among several.
    name: Option<String>,
    settings: Settings,
    /// The command line, as if it had named this workspace alone.
    common: Common,
}

impl Watched {
    async fn watch(
        &self,
        options: &Watch,
        (screen, progress, vitals): (&Mutex<&mut Screen>, Progress, Vitals),
        (stop, gone): (&CancellationToken, &CancellationToken),
    ) -> Result<(), Problem> {
        let ended = self.watch_here(options, (screen, progress, vitals), (stop, gone)).await;
        if let (Some(name), Err(problem)) = (&self.name, &ended) {
            let problem = problem.clone().hint(format!("the workspace {name} is watched no longer"));
            screen.lock().unwrap_or_else(PoisonError::into_inner).problem(&problem);
        }
        ended
    }

    async fn watch_here(
        &self,
        options: &Watch,
        (screen, progress, vitals): (&Mutex<&mut Screen>, Progress, Vitals),
        (stop, gone): (&CancellationToken, &CancellationToken),
    ) -> Result<(), Problem> {
        let settings = &self.settings;
        let waits = vitals.clone();
        let engine = workspace::engine_telling(settings, options.pass, move |wait: &Wait| waits.waited(wait)).await?;
        let watcher = Outlets {
            name: self.name.as_deref(),
            settings,
            format: options.pass.format,
            progress,
            pace: Pace::new(engine.clock),
            screen,
            reload: Reload::from(settings, &self.common),
            vitals,
            problems: Problems::of(settings)?,
        };
        let interval = Interval { every: options.interval };
        let ended = tokio::select! {
            watched = engine.watch(interval, stop, &watcher) => watched.map_err(|stopped| workspace::stopped(&stopped)),
            () = gone.cancelled() => match engine.ledger.history().open_intents().count() {
                0 => Ok(()),
                _ => Err(Problem::new(ExitCode::Writes, "ended before what was under way had ended")
                    .hint("the next pass finds out what became of it")),
            },
        };
        watcher.problems.told().await;
        workspace::close(&engine.ledger).await;
        ended
    }
}

/// Whom the watch asks and tells.
struct Outlets<'a, 's> {
    /// What the workspace is called among several.
    name: Option<&'a str>,
    settings: &'a Settings,
    format: Format,
    progress: Progress,
    pace: Pace,
    screen: &'a Mutex<&'s mut Screen>,
    reload: Reload<'a>,
    vitals: Vitals,
    problems: Problems,
}

impl Outlets<'_, '_> {
    fn show(&self, show: impl FnOnce(&mut Screen)) {
        show(&mut self.screen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A line about this workspace.
    fn named(&self, line: &str) -> String {
        self.name.map_or_else(|| line.to_owned(), |name| format!("{}  {line}", render::safe(name)))
    }

    /// A document about this workspace.
    fn labelled(&self, mut document: Value) -> Value {
        if let Some(name) = self.name {
            document["name"] = name.into();
        }
        document
    }
}

impl Watcher for Outlets<'_, '_> {
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
            Format::Text => {
                if let Some(name) = self.name {
                    render::workspace(name, screen);
                }
                render::wanted(wanted, answer, screen);
            }
            Format::Json => screen.json_line(&self.labelled(render::wanted_json(wanted, answer))),
        });
    }

    fn told(&self, told: Told<'_>) {
        self.progress.show(&self.named(&self.pace.line(told)));
    }

    fn passed(&self, pass: &Result<Pass, Stopped>) {
        self.vitals.passed(platform::now(), pass, &self.reload.name());
        self.problems.passed(self.settings, platform::now(), pass);
        self.show(|screen| match (pass, self.format) {
            (Ok(pass), Format::Text) => screen.line(&self.named(&render::pass_line(pass))),
            (Ok(pass), Format::Json) => {
                let mut document = render::pass_json(self.settings, pass);
                document["policy"] = self.reload.name().into();
                screen.json_line(&self.labelled(document));
            }
            // The end of the watch, which says so itself.
            (Err(Stopped::Ledger(_)), _) => {}
            (Err(stopped), _) => {
                let problem = workspace::stopped(stopped);
                screen.problem(&match self.name {
                    Some(name) => problem.hint(format!("this is about the workspace {name}")),
                    None => problem,
                });
            }
        });
    }
}

/// How long what is under way may take once somebody asked for the end: a service manager wants it within a second. A write
/// that is not answered by then is in the ledger, and the next start finds out about it.
const GRACE: Duration = Duration::from_millis(800);
