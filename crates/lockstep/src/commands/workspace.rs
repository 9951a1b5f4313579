//! What `plan`, `apply` and `watch` share: the workspace and the engine that the settings describe, and what stops a pass.

use std::sync::Arc;
use std::time::Duration;

use lockstep_azure::{Error, Fault, Options, Patience, Wait, Workspace};
use lockstep_engine::{Clock, Conclusion, Engine, Identity, Observer, Stopped};
use lockstep_ledger::{History, Holder, Ledger, PolicyUsed};

use tokio_util::sync::CancellationToken;

use super::recording;
use crate::arguments::Pass;
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::settings::Settings;

/// What looks at the workspace. Sends nothing yet.
///
/// # Errors
/// TLS or the identity cannot be set up as the settings say.
pub fn observer(settings: &Settings, options: Pass) -> Result<Observer, Problem> {
    observer_telling(settings, options, |_| {})
}

fn observer_telling(
    settings: &Settings,
    options: Pass,
    waits: impl Fn(&Wait) + Send + Sync + 'static,
) -> Result<Observer, Problem> {
    let client = recording::client(settings)?;
    let patience = Patience { total: options.patience, longest: options.patience.min(Patience::default().longest) };
    let on_wait = lockstep_azure::OnWait::tell(move |wait: &Wait| {
        log_wait(wait);
        waits(wait);
    });
    let options = Options { patience, pace: settings.pace, on_wait, world: settings.world() };
    let workspace =
        Workspace::new(settings.endpoints.clone(), settings.scope.clone(), settings.auth.clone(), client, options)
            .map_err(|error| Problem::usage("the identity cannot be used as the settings say").because(&error))?;
    Ok(Observer::new(workspace, settings.policy.policy.clone()))
}

/// What writes, with the ledger open for it alone.
///
/// # Errors
/// The ledger cannot be used or is in use, or as for [`observer`].
pub async fn engine(settings: &Settings, options: Pass) -> Result<Engine, Problem> {
    engine_telling(settings, options, |_| {}).await
}

/// The same, which also tells `waits` of each request that has to wait.
///
/// # Errors
/// As for [`engine`].
pub async fn engine_telling(
    settings: &Settings,
    options: Pass,
    waits: impl Fn(&Wait) + Send + Sync + 'static,
) -> Result<Engine, Problem> {
    let observer = observer_telling(settings, options, waits)?;
    let clock = Clock::system();
    let holder = Holder { instance: settings.instance.to_string(), since: clock.now() };
    let ledger = Ledger::open(settings.ledger.log(), &holder).await.map_err(|error| ledger_problem(&error))?;
    let identity = Arc::new(identity(settings));
    Ok(Engine { observer, ledger, identity, clock })
}

/// Who this is, for the ledger and the workspace's marks.
pub fn identity(settings: &Settings) -> Identity {
    let policy = PolicyUsed::of(settings.policy.name(), &settings.policy.text);
    let identity = Identity::new(settings.instance.clone(), policy, platform::program_hash);
    match settings.other_instance_within {
        Some(within) => identity.minding(within),
        None => identity,
    }
}

/// Asks, and again while a right is missing that may have been given just now: as long as `wait`, and not where the
/// ledger knows of a run, before which the right was there.
///
/// # Errors
/// As for what is asked.
pub async fn granted<T, F: Future<Output = Result<T, Stopped>>>(
    history: &History,
    wait: Duration,
    stop: &CancellationToken,
    lacks: impl Fn(&T) -> bool,
    ask: impl FnMut() -> F,
) -> Result<T, Problem> {
    let wait = if history.runs().is_empty() { wait } else { Duration::ZERO };
    lockstep_engine::waiting_for_rights(wait, stop, lacks, ask).await.map_err(|error| stopped(&error))
}

/// Gives the ledger back, so that the next one need not wait for it.
pub async fn close(ledger: &Ledger) {
    if let Err(error) = ledger.close().await {
        tracing::warn!(%error, "the ledger was not given back; its lease ends by itself");
    }
}

/// The problem that stopped a pass.
pub fn stopped(stopped: &Stopped) -> Problem {
    match stopped {
        Stopped::Input(error) if matches!(error.fault, Fault::OtherWorld { .. }) => {
            cloud_problem(ExitCode::Usage, error)
        }
        Stopped::Input(error) => cloud_problem(ExitCode::Input, error),
        Stopped::Rights(error) => cloud_problem(ExitCode::Rights, error),
        Stopped::Ledger(error) => ledger_problem(error),
        Stopped::NotAllowed => {
            let problem = Problem::new(ExitCode::Rights, stopped.to_string());
            problem.hint("see which right is missing with `lockstep doctor`")
        }
        Stopped::Unvouched { .. } => {
            let problem = Problem::new(ExitCode::Ledger, stopped.to_string());
            let problem =
                problem.hint("put the ledger back that this installation wrote with, if it still is somewhere");
            let problem = problem
                .hint("`lockstep ledger rebuild` restores from the workspace's tables what both sides last agreed on");
            problem.hint("`lockstep ledger accept-new-start` goes on without it; if the mark is another installation's, give each its own `instance`")
        }
        Stopped::OtherInstance { .. } => {
            let problem = Problem::new(ExitCode::Ledger, stopped.to_string());
            problem.hint(
                "stop one of the two; `other_instance_within` of [ledger] says how long the other has to be quiet",
            )
        }
        other => Problem::new(ExitCode::Input, "the pass was stopped").because(other),
    }
}

/// The problem with a ledger.
pub fn ledger_problem(error: &lockstep_ledger::Error) -> Problem {
    let problem = Problem::new(ExitCode::Ledger, error.to_string());
    match std::error::Error::source(error) {
        Some(cause) => problem.because(cause),
        None => problem,
    }
}

/// What the process ends with after a pass.
pub fn exit_code(conclusion: Conclusion) -> ExitCode {
    match conclusion {
        Conclusion::Done => ExitCode::Done,
        Conclusion::Held => ExitCode::Held,
        Conclusion::Stale => ExitCode::Stale,
        Conclusion::Incomplete => ExitCode::Input,
        Conclusion::Failed => ExitCode::Writes,
        Conclusion::Rights => ExitCode::Rights,
        Conclusion::Ledger => ExitCode::Ledger,
    }
}

fn cloud_problem(exit: ExitCode, error: &Error) -> Problem {
    let problem = Problem::new(exit, format!("{error}; nothing was written"));
    let problem = match error.advice() {
        Some(advice) => problem.hint(advice),
        None => problem,
    };
    match &error.ids.service {
        Some(id) => problem.hint(format!("support can find the request as {id}")),
        None => problem,
    }
}

fn log_wait(wait: &Wait) {
    let seconds = wait.wait.as_secs_f64();
    tracing::warn!(side = %wait.side, cause = ?wait.cause, attempt = wait.attempt, seconds, "waiting");
}

/// Runs `work`; the first who asks the process to end cancels `stop`, the second ends the work wherever it is.
///
/// # Errors
/// The work was ended. What it had begun is in the ledger, and the next pass settles it.
pub async fn until_asked<T>(work: impl Future<Output = T>, stop: &CancellationToken) -> Result<T, Problem> {
    let mut end: platform::End = super::end()?;
    let asked_twice = async {
        end.asked().await;
        tracing::info!("ending once what is under way has ended; ask again to end at once");
        stop.cancel();
        end.asked().await;
    };
    tokio::select! {
        done = work => Ok(done),
        () = asked_twice => {
            let problem = Problem::new(ExitCode::Writes, "ended before what was under way had ended");
            Err(problem.hint("the next pass finds out what became of it"))
        }
    }
}
