//! Measures what is promised about speed and size, and prints it beside what was promised.
//!
//! A figure is what one machine showed at one time: a target that is missed is printed as missed and fails nothing. Where
//! a peer can be had it is measured in the same run, in turns with ours, so that both meet the same machine.

mod demo;
mod examples;
mod kql;
mod peers;
mod sync;
mod twin;

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

pub use peers::corpora;

use crate::child::{self, Child};
use crate::tree::root;

/// Builds the binary, measures, prints. What cannot be measured here is named with the reason.
pub fn run(words: &[&str]) -> Result<bool> {
    let subjects: &[Subject] = match words {
        [] => SUBJECTS,
        [kql::ONCE, tables, query] => return kql::once(tables, query).map(|()| true),
        [kql::CHECK, query] => return kql::check(query).map(|()| true),
        [name] => match SUBJECTS.iter().position(|subject| subject.name == *name) {
            Some(at) => &SUBJECTS[at..=at],
            None => bail!(
                "there is no `{name}`; there are {}",
                SUBJECTS.iter().map(|s| s.name).collect::<Vec<_>>().join(", ")
            ),
        },
        _ => bail!("one subject at a time, or none for all"),
    };
    for subject in subjects {
        println!("\n{}: {}", subject.name, subject.says);
        for figure in (subject.measure)()? {
            figure.print();
        }
    }
    Ok(true)
}

/// Something that is measured in one go.
struct Subject {
    name: &'static str,
    says: &'static str,
    measure: fn() -> Result<Vec<Figure>>,
}

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "demo",
        says: "the demonstration, and passes over the world that it leaves",
        measure: demo::measure,
    },
    Subject { name: "decide", says: "deciding over 1,000,000 incidents in memory", measure: examples::decide },
    Subject {
        name: "latency",
        says: "from an owner's click to the incident's change, under a virtual clock; tables 3 minutes behind, a pass every 30 s",
        measure: examples::latency,
    },
    Subject { name: "kql", says: "the article's query over generated tables, beside DuckDB", measure: kql::measure },
    Subject {
        name: "sync",
        says: "one pass over 10,000 incidents of which 1 in 100 has to change, beside the vendor's SDKs",
        measure: sync::measure,
    },
    Subject { name: "twin", says: "loading 100,000 incidents, and answering over TLS", measure: twin::measure },
];

/// One measured number.
struct Figure {
    what: String,
    /// With its unit.
    measured: String,
    /// What was promised, and whether it was kept; nothing was promised about some.
    target: Option<(String, bool)>,
    /// How to see it again.
    command: String,
}

impl Figure {
    fn print(&self) {
        let target = match &self.target {
            Some((target, true)) => format!("{target}: met"),
            Some((target, false)) => format!("{target}: MISSED"),
            None => String::new(),
        };
        println!("  {:<44} {:>12}  {target}\n      {}", self.what, self.measured, self.command);
    }

    /// Says why something was not measured.
    fn left_out(what: &str, why: &str) -> Self {
        Self { what: what.into(), measured: "left out".into(), target: None, command: why.into() }
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The program as users get it, built if need be.
fn lockstep() -> Result<PathBuf> {
    Child::new("cargo").args(["build", "--quiet", "--release", "--package", "lockstep"]).run()?;
    Ok(root().join("target/release/lockstep"))
}

/// A folder of this measurement, empty.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/bench").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        let check = |values: &[f64], expected: f64| assert!((median(&mut values.to_vec()) - expected).abs() < 1e-9);
        check(&[3.0], 3.0);
        check(&[9.0, 1.0, 2.0], 2.0);
        check(&[9.0, 1.0, 2.0, 3.0], 2.5);
    }
}
