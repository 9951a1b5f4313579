//! One pass over many incidents, beside what a good engineer would write with the vendor's own SDKs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::child::{Child, Took, counts, stats};
use super::peers::{NOW, corpora, python_has, tables};
use super::{Figure, folder, lockstep, median};
use crate::tree::root;

pub fn measure() -> Result<Vec<Figure>> {
    let corpora = match corpora() {
        Ok(corpora) => corpora,
        Err(why) => return Ok(vec![Figure::left_out("everything", &why)]),
    };
    if !python_has(&["duckdb"]) {
        return Ok(vec![Figure::left_out("everything", "the tables are generated with Python's duckdb")]);
    }
    let tables = tables(&corpora, INCIDENTS)?;
    let mut clients = vec![Client { name: "lockstep", command: |folder, _| ours(folder) }];
    let mut figures = Vec::new();
    if python_has(&["azure.identity", "azure.mgmt.securityinsight", "azure.monitor.query", "aiohttp"]) {
        clients.push(Client { name: "SDKs, one at a time", command: |_, corpora| Ok(peer(corpora, "sync_peer.py")) });
        clients.push(Client { name: "SDKs, ten in flight", command: |_, corpora| Ok(peer(corpora, "aio_peer.py")) });
    } else {
        figures.push(Figure::left_out("the peers", "pip install -r bench/requirements.txt of the corpora"));
    }
    // In turns, so that a busy moment of the machine hits all alike.
    let mut seen: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    for _ in 0..RUNS {
        for client in &clients {
            seen.entry(client.name).or_default().push(client.run(&tables, &corpora)?);
        }
    }
    for client in &clients {
        figures.extend(client.figures(&seen[client.name]));
    }
    Ok(figures)
}

/// A program that brings incidents in step with their alerts.
struct Client {
    name: &'static str,
    /// From a folder with `twin.env` and `lockstep.toml`, and the corpora.
    command: fn(&Path, &Path) -> Result<Child>,
}

struct Run {
    took: Took,
    requests: u64,
    left: u64,
    command: String,
}

impl Client {
    /// Against a twin of its own, each time a fresh one.
    fn run(&self, tables: &Path, corpora: &Path) -> Result<Run> {
        let folder = folder("sync")?;
        let (env_file, config) = (folder.join("twin.env"), folder.join("lockstep.toml"));
        let twin = Child::new(lockstep()?)
            .args(["twin", "--now", NOW, "--load"])
            .args([tables.as_os_str(), "--env-file".as_ref(), env_file.as_os_str()])
            .args(["--config-file".as_ref(), config.as_os_str()]);
        let _serving = twin.start("ready")?;
        let command = (self.command)(&folder, corpora)?.under(&env_file)?;
        let took = command.took()?;
        let stats = stats(&env_file)?;
        let requests = counts(&stats).map(|(_, count)| count).sum();
        let left = stats["to_do"].as_u64().unwrap_or(u64::MAX);
        Ok(Run { took, requests, left, command: command.to_string() })
    }

    fn figures(&self, runs: &[Run]) -> Vec<Figure> {
        let mut walls: Vec<f64> = runs.iter().map(|run| run.took.wall.as_secs_f64()).collect();
        let last = &runs[runs.len() - 1];
        let figure = |what: &str, measured: String| Figure {
            what: format!("{}: {what}", self.name),
            measured,
            target: None,
            command: last.command.clone(),
        };
        let mut figures = vec![
            figure("time, median", format!("{:.2} s", median(&mut walls))),
            figure("requests, still to do", format!("{}, {}", last.requests, last.left)),
        ];
        if let Some(peak) = last.took.peak_kb {
            figures.push(figure("memory at most", format!("{} MB", peak * 1024 / 1_000_000)));
        }
        figures
    }
}

fn ours(folder: &Path) -> Result<Child> {
    let config = folder.join("lockstep.toml");
    let policy = root().join("xtask/policies/bench.toml");
    let words = ["apply".as_ref(), "--config".as_ref(), config.as_os_str(), "--policy".as_ref(), policy.as_os_str()];
    Ok(Child::new(lockstep()?).args(words))
}

fn peer(corpora: &Path, script: &str) -> Child {
    let names = [
        ("LS_ARM", "TWIN_ARM"),
        ("LS_LOGS", "TWIN_LOGS"),
        ("LS_CA", "TWIN_CA"),
        ("LS_AUTHORITY", "TWIN_LOGIN"),
        ("LS_TENANT", "TENANT"),
        ("LS_CLIENT_ID", "CLIENT_ID"),
        ("LS_CLIENT_SECRET", "CLIENT_SECRET"),
        ("LS_SUBSCRIPTION", "SUBSCRIPTION"),
        ("LS_RESOURCE_GROUP", "RESOURCE_GROUP"),
        ("LS_WORKSPACE", "WORKSPACE_NAME"),
        ("LS_WORKSPACE_ID", "WORKSPACE_ID"),
    ];
    let assignments: String = names.iter().map(|(theirs, ours)| format!("export {theirs}=\"${ours}\"; ")).collect();
    let run = format!("{assignments}export LS_AUTH=secret; exec python3 \"$1\"");
    Child::new("sh").args(["-c", &run, "sh"]).args([corpora.join("bench").join(script)])
}

const INCIDENTS: usize = 10_000;
const RUNS: usize = 5;
