//! Figures that no run of the program shows: deciding alone, and time under a virtual clock. Examples of the crates measure them.

use anyhow::{Context, Result};

use super::Figure;
use super::child::Child;

/// Deciding over a million incidents in memory.
pub fn decide() -> Result<Vec<Figure>> {
    let child = example("lockstep-core", "decide");
    let said = child.run()?;
    let value = |name: &str| {
        let word = said.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        word.with_context(|| format!("{child} says no {name}:\n{said}"))
    };
    let figure = |what: &str, measured: String, target: Option<(String, bool)>| Figure {
        what: what.into(),
        measured,
        target,
        command: child.to_string(),
    };
    let seconds = value("seconds ")?;
    let mut figures =
        vec![figure("time for all of them", format!("{seconds:.3} s"), Some(("0.5 s".into(), seconds <= 0.5)))];
    match (value("input_mb "), value("peak_mb ")) {
        (Ok(input), Ok(peak)) => {
            figures.push(figure(
                "memory, incidents and verdicts",
                format!("{peak} MB"),
                Some(("400 MB".into(), peak <= 400.0)),
            ));
            figures.push(figure("of that the incidents alone", format!("{input} MB"), None));
        }
        _ => figures.push(Figure::left_out("memory", "this system does not tell")),
    }
    Ok(figures)
}

/// From an owner's click to the incident's change.
pub fn latency() -> Result<Vec<Figure>> {
    let child = example("lockstep-engine", "latency");
    let said = child.run()?;
    let mut figures = Vec::new();
    for (sight, targets) in [("direct", [Some(20.0), Some(35.0)]), ("tables", [Some(200.0), None])] {
        let line = said.lines().find(|line| line.starts_with(sight));
        let words: Vec<&str> =
            line.with_context(|| format!("{child} says nothing of {sight}:\n{said}"))?.split(' ').collect();
        for (name, target) in ["p50", "p99"].into_iter().zip(targets) {
            let value =
                words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1)?.parse::<f64>().ok());
            let seconds = value.with_context(|| format!("{child} says no {name} of {sight}"))?;
            figures.push(Figure {
                what: format!("{sight}, {name}"),
                measured: format!("{seconds:.1} s"),
                target: target.map(|most| (format!("{most} s"), seconds <= most)),
                command: child.to_string(),
            });
        }
    }
    Ok(figures)
}

fn example(package: &str, name: &str) -> Child {
    Child::new("cargo").args(["run", "--quiet", "--release", "--package", package, "--example", name])
}
