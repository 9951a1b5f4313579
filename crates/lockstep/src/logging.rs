//! Log lines on standard error: constant messages with named values, quiet unless asked for more.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::arguments::{Common, LogFormat};
use crate::problem::Problem;
use crate::settings::{Environment, Variable};

/// Starts logging.
///
/// # Errors
/// The environment asks for something that no filter is.
pub fn start(common: &Common, environment: &Environment) -> Result<(), Problem> {
    let directives = match (&environment.log, common.verbose) {
        (Some(directives), _) => directives.as_str(),
        (None, 0) => "off,lockstep=warn,lockstep_engine=warn",
        (None, 1) => "error,lockstep=info,lockstep_engine=info,lockstep_azure=info,lockstep_twin=info",
        (None, _) => "warn,lockstep=debug,lockstep_engine=debug,lockstep_azure=debug,lockstep_twin=debug",
    };
    let filter = directives.parse::<Targets>().map_err(|error| {
        Problem::usage(format!("{} is set to \"{directives}\", which filters nothing", Variable::Log.name()))
            .because(&error)
            .hint("a level such as info, or targets with levels such as lockstep_azure=debug, are wanted")
    })?;
    let ansi = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(ansi);
    let lines = match common.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    registry().with(lines.with_filter(filter)).init();
    Ok(())
}
