//! The demonstration, the size of the program, and passes with nothing to do over the world that a demonstration leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::child::{Child, counts, reset_stats, stats, wait};
use super::{Figure, folder, lockstep, median};

pub fn measure() -> Result<Vec<Figure>> {
    let lockstep = lockstep()?;
    let mut figures = vec![size(&lockstep)?, demo(&lockstep)?];
    let serving = Child::new(&lockstep).args(["demo", "--serve"]).start(CONFIG)?;
    let world = World::said(&serving.said).with_context(|| format!("no files are named in:\n{}", serving.said))?;
    figures.extend(cold_pass(&world)?);
    figures.push(warm_pass(&world)?);
    Ok(figures)
}

fn size(lockstep: &Path) -> Result<Figure> {
    let bytes = fs::metadata(lockstep)?.len();
    Ok(Figure {
        what: "size of the program".into(),
        measured: format!("{:.1} MB", mb(bytes)),
        target: Some(("under 15 MB".into(), mb(bytes) < 15.0)),
        command: "cargo build --release, stripped".into(),
    })
}

fn demo(lockstep: &Path) -> Result<Figure> {
    let demo = Child::new(lockstep).args(["demo"]);
    let mut walls = Vec::new();
    for _ in 0..RUNS {
        walls.push(demo.wall()?.as_secs_f64());
    }
    let wall = median(&mut walls);
    Ok(Figure {
        what: format!("demonstration, start to end, median of {RUNS}"),
        measured: format!("{wall:.2} s"),
        target: Some(("under 2 s".into(), wall < 2.0)),
        command: demo.to_string(),
    })
}

/// The files that point a client at a demonstration that goes on serving.
struct World {
    env_file: PathBuf,
    config: PathBuf,
}

impl World {
    /// Reads the names from what the demonstration tells its user to paste.
    fn said(text: &str) -> Option<Self> {
        let mut env_file = None;
        for line in text.lines().map(str::trim) {
            if let Some(path) = line.strip_prefix(". ") {
                env_file = Some(PathBuf::from(path));
            } else if let Some((_, path)) = line.split_once(CONFIG) {
                return Some(Self { env_file: env_file?, config: PathBuf::from(path.trim()) });
            }
        }
        None
    }

    fn command(&self, word: &str, ledger: &Path) -> Result<Child> {
        let words =
            [word.as_ref(), "--config".as_ref(), self.config.as_os_str(), "--ledger".as_ref(), ledger.as_os_str()];
        Child::new(lockstep()?).args(words).under(&self.env_file)
    }
}

fn cold_pass(world: &World) -> Result<Vec<Figure>> {
    let ledger = folder("cold")?.join("ledger.db");
    let apply = world.command("apply", &ledger)?;
    // The first one makes the ledger.
    apply.run()?;
    let (mut walls, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        walls.push(apply.wall()?.as_secs_f64() * 1000.0);
        peaks.extend(apply.took()?.peak_kb.map(|kb| mb(kb * 1024)));
    }
    let wall = median(&mut walls);
    let mut figures = vec![Figure {
        what: format!("cold process, nothing to do, median of {RUNS}"),
        measured: format!("{wall:.0} ms"),
        target: Some(("under 50 ms".into(), wall < 50.0)),
        command: apply.to_string(),
    }];
    figures.push(if peaks.is_empty() {
        Figure::left_out("its memory at most", "GNU time is not installed")
    } else {
        let peak = median(&mut peaks);
        Figure {
            what: "its memory at most".into(),
            measured: format!("{peak:.1} MB"),
            target: Some(("under 20 MB".into(), peak < 20.0)),
            command: apply.to_string(),
        }
    });
    Ok(figures)
}

/// How many requests a pass of a process that goes on takes: whatever is asked, over the queries, one to a pass.
fn warm_pass(world: &World) -> Result<Figure> {
    let ledger = folder("warm")?.join("ledger.db");
    let watch = world.command("watch", &ledger)?.args(["--interval", "1s"]);
    let watching = watch.start("")?;
    wait(WARM_UP);
    reset_stats(&world.env_file)?;
    wait(WATCH);
    let stats = stats(&world.env_file)?;
    drop(watching);
    let (mut requests, mut passes) = (0, 0);
    for (operation, count) in counts(&stats) {
        requests += count;
        passes += if operation.starts_with("Query_") { count } else { 0 };
    }
    Ok(Figure {
        what: format!("requests in {passes} warm passes with nothing to do"),
        measured: requests.to_string(),
        target: Some(("1 a pass".into(), passes > 0 && requests == passes)),
        command: format!("{watch}; GET /_twin/stats"),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a size in MB to one digit")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

const CONFIG: &str = " --config ";
const RUNS: usize = 10;
const WARM_UP: Duration = Duration::from_millis(1500);
const WATCH: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::World;

    #[test]
    fn the_files_are_read_from_what_is_said() {
        let world = World::said(
            "The twin goes on:\n\n    . /tmp/x/twin.env\n    lockstep plan --config /tmp/x/lockstep.toml\n",
        );
        let world = world.expect("both are named");
        assert_eq!(world.env_file.to_str(), Some("/tmp/x/twin.env"));
        assert_eq!(world.config.to_str(), Some("/tmp/x/lockstep.toml"));
        assert!(World::said("lockstep plan --config x").is_none());
    }
}
