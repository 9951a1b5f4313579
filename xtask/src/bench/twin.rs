//! The twin: how long it loads, what it holds, how fast it answers. The client is curl, over TLS.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::child::{Child, Running, now};
use super::peers::{NOW, corpora, python_has, tables};
use super::{Figure, folder, lockstep, median};

pub fn measure() -> Result<Vec<Figure>> {
    let corpora = match corpora() {
        Ok(corpora) => corpora,
        Err(why) => return Ok(vec![Figure::left_out("everything", &why)]),
    };
    if !python_has(&["duckdb"]) {
        return Ok(vec![Figure::left_out("everything", "the tables are generated with Python's duckdb")]);
    }
    let tables = tables(&corpora, INCIDENTS)?;
    let mut figures = loading(&tables)?;
    figures.extend(answering(&tables)?);
    Ok(figures)
}

/// A twin that has loaded the tables, on all cores or on one.
fn started(tables: &Path, core: Option<&str>) -> Result<(Running, PathBuf, Child)> {
    let env_file = folder("twin")?.join("twin.env");
    let program = match core {
        Some(core) => Child::new("taskset").args(["-c", core]).args([lockstep()?]),
        None => Child::new(lockstep()?),
    };
    let twin = program.args(["twin", "--now", NOW, "--load"]).args([tables]).args(["--env-file"]).args([&env_file]);
    Ok((twin.start("is ready")?, env_file, twin))
}

fn loading(tables: &Path) -> Result<Vec<Figure>> {
    let (mut walls, mut cores, mut peaks, mut peers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut command = String::new();
    let read = "import duckdb, sys; [duckdb.sql(f\"create table t{i} as select * from read_json('{f}')\") for i, f in enumerate(sys.argv[1:])]";
    let peer = Child::new("python3").args(["-c", read]).args([tables.join("si.jsonl"), tables.join("sa.jsonl")]);
    // In turns, so that a busy moment of the machine hits both.
    for _ in 0..RUNS {
        let began = now();
        let (twin, _, started) = started(tables, None)?;
        walls.push(began.elapsed().as_secs_f64());
        cores.push(cpu_seconds(&twin)?);
        peaks.push(peak_mb(&twin)?);
        command = started.to_string();
        drop(twin);
        peers.push(peer.wall()?.as_secs_f64());
    }
    let (wall, core, peak) = (median(&mut walls), median(&mut cores), median(&mut peaks));
    let figure = |what: &str, measured: String, target, command: &str| Figure {
        what: format!("{INCIDENTS} incidents: {what}"),
        measured,
        target,
        command: command.into(),
    };
    let kept = |target: &str, is_kept| Some((target.to_owned(), is_kept));
    Ok(vec![
        figure("from files to ready", format!("{wall:.2} s"), kept("under 3 s", wall < 3.0), &command),
        figure("of which on a processor, all cores", format!("{core:.2} s"), None, &command),
        figure("memory at most", format!("{peak:.0} MB"), kept("under 500 MB", peak < 500.0), &command),
        figure("the same files into DuckDB", format!("{:.2} s", median(&mut peers)), None, &peer.to_string()),
    ])
}

fn answering(tables: &Path) -> Result<Vec<Figure>> {
    let (twin, env_file, _) = started(tables, Some("0"))?;
    let sh = |script: &str| -> Result<Child> {
        Child::new("taskset").args(["-c", "1", "sh", "-c"]).args([format!("{TOKEN}{script}")]).under(&env_file)
    };
    let pages = sh(PAGES)?.run()?;
    let mut times: Vec<f64> = pages.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let page = median(&mut times) * 1000.0;
    let many = sh(MANY)?;
    let (cpu, began) = (cpu_seconds(&twin)?, now());
    many.run()?;
    let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(&twin)? - cpu);
    let (seen, possible) = (REQUESTS / wall, REQUESTS / cpu);
    Ok(vec![
        Figure {
            what: format!("a page of 1,000 incidents, median of {}", times.len()),
            measured: format!("{page:.1} ms"),
            target: Some(("under 30 ms".into(), page < 30.0)),
            command: PAGES.trim().into(),
        },
        Figure {
            what: "GET of an incident, 8 connections, TLS".into(),
            measured: format!("{seen:.0}/s"),
            target: Some(("at least 5,000/s on one core".into(), seen >= 5000.0)),
            command: MANY.trim().into(),
        },
        Figure {
            what: "the same by the twin's own time on its core".into(),
            measured: format!("{possible:.0}/s"),
            target: None,
            command: MANY.trim().into(),
        },
    ])
}

/// What a process has used of processors.
fn cpu_seconds(process: &Running) -> Result<f64> {
    let stat =
        fs::read_to_string(format!("/proc/{}/stat", process.id())).context("only Linux says what a process used")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time, the 14th and 15th fields, in hundredths.
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn peak_mb(process: &Running) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let kb =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
    kb.map(|kb: f64| kb * 1024.0 / 1e6).context("the kernel says the most memory that a process held")
}

const INCIDENTS: usize = 100_000;
const RUNS: usize = 3;
const REQUESTS: f64 = 20_000.0;

/// Signs in, and names what is asked for.
const TOKEN: &str = r#"
token=$(curl -s --cacert "$TWIN_CA" "$TWIN_LOGIN/$TENANT/oauth2/v2.0/token" -d grant_type=client_credentials -d client_id="$CLIENT_ID" \
  --data-urlencode client_secret="$CLIENT_SECRET" -d scope="$TWIN_ARM/.default" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
incidents="$TWIN_ARM/subscriptions/$SUBSCRIPTION/resourceGroups/$RESOURCE_GROUP/providers/Microsoft.OperationalInsights/workspaces/$WORKSPACE_NAME/providers/Microsoft.SecurityInsights/incidents"
ask() { curl -s --cacert "$TWIN_CA" -H "Authorization: Bearer $token" -o /dev/null "$@"; }
"#;
const PAGES: &str = r#"ask -w '%{time_total}\n' "$incidents?api-version=2024-03-01&%24top=1000&n=[1-50]"
"#;
const MANY: &str = r#"one=$(curl -s --cacert "$TWIN_CA" -H "Authorization: Bearer $token" "$incidents?api-version=2024-03-01&%24top=1" | sed 's/.*"name":"\([^"]*\)".*/\1/')
ask --parallel --parallel-max 8 "$incidents/$one?api-version=2024-03-01&n=[1-20000]"
"#;
