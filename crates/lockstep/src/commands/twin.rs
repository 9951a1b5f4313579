//! `lockstep twin`: serves the twin until it is told to end, or plays a story on one.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use lockstep_twin::story::StoryError;
use lockstep_twin::world::Settings;
use lockstep_twin::{KeepError, Kept, Options, Pace, Server, ServerOptions, Setup, Story};

use crate::arguments::{Twin, TwinCommand, TwinStory};
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Screen};

/// Starts a twin, writes the files that were asked for, says that it is ready, and serves.
///
/// # Errors
/// An address cannot be listened on, the data cannot be loaded, or a file cannot be written.
pub fn run(options: &Twin, screen: &mut Screen) -> Result<ExitCode, Problem> {
    match &options.command {
        Some(TwinCommand::Story(story)) => tell(story, screen),
        None => super::runtime()?.block_on(serve(options, screen)),
    }
}

/// Plays a script and prints what each side shows after each act.
fn tell(options: &TwinStory, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let file = options.file.display();
    let text = std::fs::read_to_string(&options.file)
        .map_err(|error| Problem::usage(format!("{file} cannot be read")).because(&error))?;
    let wrong = |error: StoryError| Problem::usage(format!("{file}, {error}"));
    let story = Story::parse(&text).map_err(wrong)?;
    let settings = switched(&options.switches, &Settings::default())?;
    let start = Some(options.now);
    // The twin's clock is tokio's.
    let runtime = super::runtime()?;
    let _inside = runtime.enter();
    let twin = lockstep_twin::Twin::new(Options { settings, start, pace: Pace::Stepped, ..Options::default() });
    for scene in story.play(&twin) {
        render::scene(&scene.map_err(wrong)?, screen);
    }
    Ok(ExitCode::Done)
}

async fn serve(options: &Twin, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let setup = setup(options)?;
    let kept = options.dir.as_deref().map(open).transpose()?;
    let twin = match &kept {
        Some(kept) if kept.holds_world() => {
            let twin = kept.restore(Pace::Running).map_err(|error| cannot_keep(&error))?;
            let now = twin.with(|world| world.now());
            screen.note(&format!("the world that was kept goes on, from {now}"));
            twin
        }
        _ => started(options, &setup)?,
    };
    twin.with(|world| again(options, world.settings()).map(|settings| world.set_settings(settings)))?;
    twin.set_up(&setup).map_err(Problem::usage)?;
    if let Some(kept) = kept {
        kept.keep(&twin).map_err(|error| cannot_keep(&error))?;
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

/// A twin whose world begins: with what was exported, or with what setup and rows say.
fn started(options: &Twin, setup: &Setup) -> Result<lockstep_twin::Twin, Problem> {
    if let Some(file) = &options.import {
        let cannot = || Problem::usage(format!("{} cannot be imported", file.display()));
        let lines = File::open(file).map_err(|error| cannot().because(&error))?;
        let lines = BufReader::with_capacity(1 << 20, lines);
        return lockstep_twin::Twin::import(lines, Pace::Running).map_err(|error| cannot().because(&error));
    }
    let (estate, settings) = (setup.estate.clone(), setup.switches.clone());
    let twin = lockstep_twin::Twin::new(Options { estate, settings, start: options.now, ..Options::default() });
    if let Some(folder) = &options.load {
        twin.load(folder)
            .map_err(|error| Problem::usage(format!("{} cannot be loaded", folder.display())).because(&error))?;
    }
    Ok(twin)
}

fn open(dir: &Path) -> Result<Kept, Problem> {
    Kept::open(dir).map_err(|error| cannot_keep(&error))
}

fn cannot_keep(error: &KeepError) -> Problem {
    Problem::usage("the world cannot be kept").because(error).hint("name another folder, or leave `--dir` out")
}

/// What the twin starts from: the file, then the switches of the command line.
fn setup(options: &Twin) -> Result<Setup, Problem> {
    let mut setup = match &options.setup {
        None => Setup::default(),
        Some(path) => read_setup(path)?,
    };
    setup.switches = again(options, &setup.switches)?;
    Ok(setup)
}

/// The switches, with what the command line says of them.
fn again(options: &Twin, switches: &Settings) -> Result<Settings, Problem> {
    let switches = switched(&options.switches, switches)?;
    Ok(Settings { delay: options.delay.unwrap_or(switches.delay), ..switches })
}

/// The switches, with some of them set.
fn switched(set: &[String], switches: &Settings) -> Result<Settings, Problem> {
    let mut switches = switches.clone();
    for text in set {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Problem::usage(format!("`--set {text}` sets nothing")).hint("write --set SWITCH=VALUE"));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        switches = switches.with(name, value).map_err(Problem::usage)?;
    }
    Ok(switches)
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
