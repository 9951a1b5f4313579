//! `lockstep twin`: serves the twin until it is told to end.

use std::path::{Path, PathBuf};

use lockstep_twin::{Options, Server, ServerOptions, Setup};

use crate::arguments::Twin;
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::Screen;

/// Starts a twin, writes the files that were asked for, says that it is ready, and serves.
///
/// # Errors
/// An address cannot be listened on, the data cannot be loaded, or a file cannot be written.
pub fn run(options: &Twin, screen: &mut Screen) -> Result<ExitCode, Problem> {
    super::runtime()?.block_on(serve(options, screen))
}

async fn serve(options: &Twin, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let setup = setup(options)?;
    let (estate, settings) = (setup.estate.clone(), setup.switches.clone());
    let twin = lockstep_twin::Twin::new(Options { estate, settings, start: options.now, ..Options::default() });
    twin.set_up(&setup).map_err(Problem::usage)?;
    if let Some(folder) = &options.load {
        twin.load(folder)
            .map_err(|error| Problem::usage(format!("{} cannot be loaded", folder.display())).because(&error))?;
    }
    let addresses = ServerOptions { listen: options.listen, identity_listen: options.identity_listen };
    let server = Server::start(twin, addresses).map_err(|error| {
        Problem::usage("the twin cannot be served")
            .because(&error)
            .hint("name another address, or port 0 for any free one")
    })?;
    // Listen for the end before saying "ready": whoever reads that may ask for the end at once.
    let mut end = super::end()?;
    write_files(options, &server)?;
    screen.line(&format!("lockstep twin is ready at {}", server.url()));
    match &options.env_file {
        Some(path) => screen.note(&server.hints(&absolute(path)?)),
        None => screen.note(
            "`--env-file FILE` writes what a client needs, and says what to paste for curl, the Azure CLI and the SDKs",
        ),
    }
    end.asked().await;
    server.shutdown().await;
    Ok(ExitCode::Done)
}

/// What the twin starts from: the file, then the switches of the command line.
fn setup(options: &Twin) -> Result<Setup, Problem> {
    let mut setup = match &options.setup {
        None => Setup::default(),
        Some(path) => read_setup(path)?,
    };
    for text in &options.switches {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Problem::usage(format!("`--set {text}` sets nothing")).hint("write --set SWITCH=VALUE"));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        setup.switches = setup.switches.with(name, value).map_err(Problem::usage)?;
    }
    setup.switches.delay = options.delay.unwrap_or(setup.switches.delay);
    Ok(setup)
}

fn read_setup(path: &Path) -> Result<Setup, Problem> {
    let cannot = || Problem::usage(format!("{} cannot be read", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| cannot().because(&error))?;
    let setup: Setup = toml::from_str(&text).map_err(|error| cannot().because(&error))?;
    match setup.estate.fault() {
        Some(fault) => Err(Problem::usage(format!("{}: {fault}", path.display()))),
        None => Ok(setup),
    }
}

/// Writes the certificate, the env file and the config file, as far as they are wanted.
fn write_files(options: &Twin, server: &Server) -> Result<(), Problem> {
    let Some(ca) = ca_file(options) else { return Ok(()) };
    // Clients run from other folders.
    let ca = absolute(&ca)?;
    std::fs::write(&ca, server.ca_pem()).map_err(|error| cannot_write(&ca, &error))?;
    if let Some(path) = &options.config_file {
        std::fs::write(path, server.config_file(&ca)).map_err(|error| cannot_write(path, &error))?;
    }
    if let Some(path) = &options.env_file {
        platform::write_private(path, &server.env_file(&ca)).map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

/// Where the certificate goes; `None` where no file was asked for.
fn ca_file(options: &Twin) -> Option<PathBuf> {
    let named = options.env_file.as_ref().or(options.config_file.as_ref());
    options.ca_file.clone().or_else(|| named.map(|path| path.with_file_name("twin-ca.pem")))
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::usage(format!("{} cannot be written", path.display())).because(error)
}
