//! Plays many days and tells whether a promise was broken.
//!
//! One seed is one day: the real engine and the real twin in one thread under a virtual clock, people who act at any moment,
//! requests that fail, and an engine that dies wherever it waits. The same seed is the same day, whatever the machine.
//!
//! - [`day`] plays one day: what happens next, and the rest at its end.
//! - [`policies`] is what lockstep is told to do, [`automation`] what Sentinel's rules do beside it.
//! - [`acts`] is what people do, [`wire`] what happens to a request, [`memory`] a ledger's log that survives a crash.
//! - [`judge`] knows the promises and looks on. It sees the twin's world, never the engine's.
//! - [`tally`] counts what happened: a kind of act, fault or crash that never occurs proves nothing.

mod acts;
mod automation;
mod chance;
mod crash;
mod day;
mod judge;
mod memory;
mod policies;
mod tally;
mod wire;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;

use crate::day::{Day, Length};
use crate::tally::Tally;

/// Plays days of people, faults and crashes, and looks for a broken promise.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many days to play.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first day's seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many events a day has.
    #[arg(long, default_value_t = 300)]
    events: u32,
    /// How many days are played at the same time.
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Plays each day twice and compares them.
    #[arg(long)]
    twice: bool,
    /// Promises that are known to be broken on some days, such as i05: those days are told, and are no failure.
    #[arg(long, value_delimiter = ',')]
    known: Vec<String>,
    /// Prints what happens, line by line.
    #[arg(long)]
    trace: bool,
    /// Asks the twin's Log Analytics this at the end of a day; the rows come at the end of its trace.
    #[arg(long)]
    query: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let next = AtomicU64::new(arguments.from);
    let sum = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.from.saturating_add(arguments.seeds) {
                        return;
                    }
                    let played = play(&arguments, seed);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.0.add(&played.tally);
                    sum.1.extend(played.broken.into_iter().map(|broken| (seed, broken)));
                }
            });
        }
    });
    let (tally, mut broken) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort();
    println!("{} days of {} events\n\n{tally}", arguments.seeds, arguments.events);
    for (seed, broken) in &broken {
        println!("seed {seed}: {broken}");
    }
    let never = tally.never();
    // A few days may well leave something out.
    let must_have_all = arguments.seeds >= ENOUGH_FOR_ALL;
    if must_have_all && !never.is_empty() {
        println!("never happened: {}", never.join(", "));
    }
    if let Some((seed, _)) = broken.first() {
        println!("\nto see the first: cargo run --release -p lockstep-simulation -- --from {seed} --seeds 1 --trace");
    }
    let is_known = |broken: &str| arguments.known.iter().any(|known| broken.starts_with(&format!("{known}:")));
    let (known, new): (Vec<_>, Vec<_>) = broken.iter().partition(|(_, broken)| is_known(broken));
    println!("{} broken promises, and {} of those that are known to be broken", new.len(), known.len());
    if new.is_empty() && (never.is_empty() || !must_have_all) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(arguments: &Arguments, seed: u64) -> day::Played {
    let length = Length { events: arguments.events };
    let mut played = Day::play(seed, length, arguments.trace, arguments.query.as_deref());
    if arguments.twice {
        let again = Day::play(seed, length, false, None);
        if let Some(line) = played.trace.first_difference(&again.trace) {
            played.broken.push(format!("the day went another way the second time, at line {line}"));
        }
    }
    played
}

const ENOUGH_FOR_ALL: u64 = 100;

#[cfg(test)]
mod tests {
    use crate::day::{Day, Length};

    #[test]
    fn a_few_days_can_be_repeated_and_break_no_promise() {
        for seed in 1..=4 {
            let (one, two) = (Day::play(seed, LENGTH, false, None), Day::play(seed, LENGTH, false, None));
            assert!(one.broken.is_empty(), "seed {seed}: {:?}", one.broken);
            assert_eq!(one.trace.first_difference(&two.trace), None, "seed {seed}");
        }
    }

    const LENGTH: Length = Length { events: 120 };
}
