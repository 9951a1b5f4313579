//! `--record` and `--replay`: the files of a recording, a JSON document for each request and its reply, numbered in the order
//! in which they were answered.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_azure::{HttpClient, Network, Recorder, Replay};
use serde_json::Value;

use crate::arguments::{Command, Common};
use crate::platform;
use crate::problem::Problem;
use crate::render;
use crate::settings::{Carrier, Settings};

/// What carries the requests, as the settings say.
///
/// # Errors
/// TLS cannot be set up, or a recording cannot be read or begun.
pub fn client(settings: &Settings) -> Result<Arc<dyn HttpClient>, Problem> {
    if let Carrier::Replayed { folder } = &settings.carrier {
        let replay = Replay::new(documents(folder)?)
            .map_err(|error| Problem::usage(format!("{} cannot be replayed", folder.display())).because(&error))?;
        return Ok(Arc::new(replay));
    }
    let network = Network::new(settings.authorities())
        .map_err(|error| Problem::usage("the network cannot be used as the settings say").because(&error))?;
    let Carrier::Recorded { folder, names } = &settings.carrier else { return Ok(Arc::new(network)) };
    begin(folder)?;
    let (folder, next) = (folder.clone(), AtomicU64::new(1));
    let keep = move |document: Value| {
        let file = folder.join(format!("{:06}.json", next.fetch_add(1, Ordering::Relaxed)));
        let text = render::escaped_json(&document) + "\n";
        if let Err(error) = platform::write_private(&file, &text) {
            tracing::warn!(file = %file.display(), %error, "an exchange could not be recorded");
        }
    };
    Ok(Arc::new(Recorder::new(Arc::new(network), &settings.endpoints, *names, keep)))
}

/// Refuses what cannot be recorded or replayed.
///
/// # Errors
/// The command writes and would be replayed, or never ends and would be recorded.
pub fn check(common: &Common, command: &Command) -> Result<(), Problem> {
    let reads = matches!(command, Command::Plan(_) | Command::Drift(_) | Command::Explain(_));
    if common.replay.is_some() && !reads {
        let problem = Problem::usage("only plan, drift and explain can be answered from a recording");
        return Err(problem.hint("`lockstep plan --replay DIR` decides as the recorded pass did"));
    }
    if common.record.is_some() && !reads && !matches!(command, Command::Apply(_)) {
        let problem = Problem::usage("only plan, apply, drift and explain can be recorded");
        return Err(problem.hint("record one pass with `lockstep apply --record DIR`"));
    }
    Ok(())
}

/// An empty folder to record in.
fn begin(folder: &Path) -> Result<(), Problem> {
    let cannot = |error: std::io::Error| {
        Problem::usage(format!("nothing can be recorded in {}", folder.display())).because(&error)
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    if !files(folder).map_err(cannot)?.is_empty() {
        let problem = Problem::usage(format!("{} holds a recording already", folder.display()));
        return Err(problem.hint("name an empty folder, or one that is not there yet"));
    }
    Ok(())
}

fn documents(folder: &Path) -> Result<Vec<Value>, Problem> {
    let cannot = |path: &Path, error: &dyn std::error::Error| {
        Problem::usage(format!("{} cannot be replayed", path.display())).because(error)
    };
    let files = files(folder).map_err(|error| cannot(folder, &error))?;
    if files.is_empty() {
        return Err(Problem::usage(format!("{} holds no recording", folder.display())));
    }
    let document = |path: PathBuf| {
        let bytes = fs::read(&path).map_err(|error| cannot(&path, &error))?;
        serde_json::from_slice(&bytes).map_err(|error| cannot(&path, &error))
    };
    files.into_iter().map(document).collect()
}

/// The files of a recording, in its order.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
