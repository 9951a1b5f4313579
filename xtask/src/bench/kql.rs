//! The article's query over generated tables, beside DuckDB, which answers it in SQL.
//!
//! What counts is the time of the query in memory after loading, on two threads.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use kql::{Database, Datetime, Options, Schema, Table, known, load, wire};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::child::{Child, now};
use super::peers::{NOW, corpora, python_has, tables};
use super::{Figure, median};

pub fn measure() -> Result<Vec<Figure>> {
    let corpora = match corpora() {
        Ok(corpora) => corpora,
        Err(why) => return Ok(vec![Figure::left_out("everything", &why)]),
    };
    if !python_has(&["duckdb"]) {
        return Ok(vec![Figure::left_out("everything", "the tables are generated with Python's duckdb")]);
    }
    let mut figures = Vec::new();
    for size in SIZES {
        let tables = tables(&corpora, size.incidents)?;
        let query = corpora.join("kql/seed.kql");
        let ours = Child::new("cargo").args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench", ONCE]);
        let ours = ours.args([&tables, &query]);
        let peer = Child::new("python3").args([corpora.join("bench/bench.py")]);
        let peer =
            peer.args(["--one", "duckdb", "--repeat", &RUNS.to_string(), "--threads", "2", "--data"]).args([&tables]);
        // In turns, so that a busy moment of the machine hits both.
        let (mut best_ours, mut best_peer) = (Answer::default(), Answer::default());
        for _ in 0..TURNS {
            best_ours = best_ours.better(Answer::read(&ours.run()?)?);
            best_peer = best_peer.better(Answer::read(&peer.run()?)?);
        }
        figures.extend(size.figures(&best_ours, &best_peer, [&ours, &peer]));
    }
    figures.push(understanding(&corpora)?);
    Ok(figures)
}

/// A number of incidents, and what is promised for it.
struct Size {
    incidents: usize,
    /// How many times as long as the peer it may take.
    ratio: f64,
}

const SIZES: [Size; 3] = [
    Size { incidents: 10_000, ratio: 1.0 },
    Size { incidents: 100_000, ratio: 1.0 },
    Size { incidents: 1_000_000, ratio: 1.5 },
];

impl Size {
    fn figures(&self, ours: &Answer, peer: &Answer, [our_command, their_command]: [&Child; 2]) -> [Figure; 5] {
        let figure = |what: &str, measured: String, target, command: &Child| Figure {
            what: format!("{} incidents: {what}", self.incidents),
            measured,
            target,
            command: command.to_string(),
        };
        let ms = |answer: &Answer| format!("{:.1} ms", answer.query_ms);
        let ratio = ours.query_ms / peer.query_ms;
        let time = (format!("at most {} times DuckDB's ({ratio:.2})", self.ratio), ratio <= self.ratio);
        let memory = ("less than DuckDB".to_owned(), ours.peak_mb < peer.peak_mb);
        let same = ("the same".to_owned(), ours.digest == peer.digest);
        [
            figure("query, kql", ms(ours), Some(time), our_command),
            figure("query, DuckDB", ms(peer), None, their_command),
            figure("memory at most, kql", format!("{:.0} MB", ours.peak_mb), Some(memory), our_command),
            figure("memory at most, DuckDB", format!("{:.0} MB", peer.peak_mb), None, their_command),
            figure("rows of both", format!("{} and {}", ours.rows, peer.rows), Some(same), our_command),
        ]
    }
}

/// What a program that ran the query some times says of it.
struct Answer {
    /// The median.
    query_ms: f64,
    peak_mb: f64,
    rows: u64,
    digest: String,
}

impl Default for Answer {
    /// Worse than any.
    fn default() -> Self {
        Self { query_ms: f64::INFINITY, peak_mb: 0.0, rows: 0, digest: String::new() }
    }
}

impl Answer {
    fn read(said: &str) -> Result<Self> {
        let said: serde_json::Value = serde_json::from_str(said).with_context(|| format!("reading {said:?}"))?;
        let number = |name: &str| said[name].as_f64().with_context(|| format!("there is no {name} in {said}"));
        Ok(Self {
            query_ms: number("query_median_s")? * 1000.0,
            peak_mb: number("rss_mb")?,
            rows: said["rows_out"].as_u64().unwrap_or_default(),
            digest: said["digest"].as_str().unwrap_or_default().into(),
        })
    }

    fn better(self, other: Self) -> Self {
        if other.query_ms < self.query_ms { other } else { self }
    }
}

/// How long it takes to parse and bind the query over the tables' columns.
fn understanding(corpora: &Path) -> Result<Figure> {
    let query = corpora.join("kql/seed.kql");
    let command = Child::new("cargo").args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench", CHECK]);
    let command = command.args([&query]);
    let ms: f64 = command.run()?.trim().parse().context("the time of a check is a number")?;
    Ok(Figure {
        what: "parsing and binding the query".to_owned(),
        measured: format!("{ms:.3} ms"),
        target: Some(("under 1 ms".to_owned(), ms < 1.0)),
        command: command.to_string(),
    })
}

/// Parses and binds a query over the known tables some times, and prints the median in milliseconds.
pub fn check(query: &str) -> Result<()> {
    let query = fs::read_to_string(query).with_context(|| query.to_owned())?;
    let mut database = Database::new();
    for name in ["SecurityIncident", "SecurityAlert"] {
        let columns = known::schema(name).context("the table is known")?.iter().copied();
        database.insert(name, Table::empty(Schema::new(columns)));
    }
    let mut times = Vec::new();
    for _ in 0..100 {
        let began = now();
        let errors = kql::check(&query, &database);
        times.push(began.elapsed().as_secs_f64());
        ensure!(errors.is_empty(), "{}", errors[0].message);
    }
    println!("{}", median(&mut times) * 1000.0);
    Ok(())
}

/// Runs a query over the tables in a folder some times, in this process, and prints what the peer prints of its own.
pub fn once(tables: &str, query: &str) -> Result<()> {
    let began = now();
    let mut database = Database::new();
    for (name, file) in [("SecurityIncident", "si.jsonl"), ("SecurityAlert", "sa.jsonl")] {
        let path = Path::new(tables).join(file);
        let reader = BufReader::new(File::open(&path).with_context(|| path.display().to_string())?);
        database.insert(name, load::jsonl(name, reader).with_context(|| path.display().to_string())?);
    }
    let load_s = began.elapsed().as_secs_f64();
    let query = fs::read_to_string(query).with_context(|| query.to_owned())?;
    let mut options = Options::at(Datetime::parse(NOW).context("the time of the tables is one")?);
    options.threads = 2;
    let mut times = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for _ in 0..RUNS {
        let began = now();
        let answer =
            kql::run(&query, &database, &options).map_err(|error| anyhow!("{}: {}", error.code, error.message))?;
        times.push(began.elapsed().as_secs_f64());
        let (_, table) = answer.tables.first().context("the query answers a table")?;
        rows = wire::rows(table).as_array().into_iter().flatten().map(text).collect();
    }
    rows.sort();
    let digest: String = Sha256::digest(rows.join("\n")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!(
        "{}",
        json!({"load_s": load_s, "query_median_s": median(&mut times), "rss_mb": peak_mb(), "rows_out": rows.len(), "digest": digest})
    );
    Ok(())
}

/// A row as the peer prints it.
fn text(row: &serde_json::Value) -> String {
    let cells = row.as_array().into_iter().flatten();
    // A dynamic cell is JSON in a string.
    cells.map(|cell| cell.as_str().unwrap_or_default().trim_matches('"')).collect::<Vec<_>>().join("|")
}

/// The most memory that this process held, where the kernel says so; else 0.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
    kb.unwrap_or(0.0_f64) / 1024.0
}

/// How `cargo xtask bench` calls itself, optimized.
pub const ONCE: &str = "kql-once";
pub const CHECK: &str = "kql-check";
const RUNS: usize = 10;
const TURNS: usize = 2;
