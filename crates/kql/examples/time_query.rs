//! Times a query over JSON lines: `time_query QUERY.kql NOW NAME=FILE...` prints the load time, the times of ten runs, and the rows.

#![expect(clippy::print_stdout, reason = "an example that prints")]
#![expect(clippy::disallowed_methods, reason = "it times")]

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let query = std::fs::read_to_string(args.next().ok_or("a query file is missing")?)?;
    let now = args.next().and_then(|now| kql::Datetime::parse(&now)).ok_or("a datetime is missing")?;
    let started = Instant::now();
    let mut database = kql::Database::new();
    for table in args {
        let (name, path) = table.split_once('=').ok_or("tables are given as NAME=FILE")?;
        database.insert(name, kql::load::jsonl(name, BufReader::new(File::open(path)?))?);
    }
    println!("loaded in {:?}", started.elapsed());
    let options = kql::Options::at(now);
    let mut times = Vec::new();
    let mut answer = kql::run(&query, &database, &options)?;
    for _ in 0..10 {
        let started = Instant::now();
        answer = kql::run(&query, &database, &options)?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!("median {:?}, best {:?}", times[times.len() / 2], times[0]);
    for (_, table) in &answer.tables {
        println!("{} rows\n{}", table.len(), kql::wire::rows(table));
    }
    Ok(())
}
