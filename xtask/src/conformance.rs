//! Proves that the vendor's own clients cannot tell the twin from the service: each walks a twin of its own.
//!
//! The walks lie in `xtask/conformance`, in the clients' languages; each prints one line for each check, and at its end how
//! many they were, so that one that dies early is told from one that is right. What a walk needs
//! is installed below `target/conformance` through the reader's own pip and npm; a walk whose packages cannot be had is
//! left out, and said to be.

mod packages;
mod stand;

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::bench::corpora;
use crate::child::{Child, Outcome};
use crate::tree::root;
use stand::Stand;

/// Runs the walks that are named, or all; false where one found a difference.
pub fn run(words: &[&str]) -> Result<bool> {
    if let Some(unknown) = words.iter().find(|word| WALKS.iter().all(|walk| walk.name != **word)) {
        bail!(
            "there is no `{unknown}`; there are {}",
            WALKS.iter().map(|walk| walk.name).collect::<Vec<_>>().join(", ")
        );
    }
    let mut is_well = true;
    let mut counts = Vec::new();
    for walk in WALKS.iter().filter(|walk| words.is_empty() || words.contains(&walk.name)) {
        println!("{}: {}", walk.name, walk.says);
        let count = match (walk.run)() {
            Ok(outcome) => count(&outcome),
            Err(why) => Err(format!("left out: {why:#}")),
        };
        is_well &= count.as_ref().is_ok_and(|count| count.failed == 0)
            || count.as_ref().is_err_and(|why| why.starts_with("left out"));
        counts.push((walk.name, count));
    }
    println!();
    for (name, count) in counts {
        match count {
            Ok(Count { passed, failed }) => println!("{name:<12} {passed:>5} right {failed:>5} wrong"),
            Err(why) => println!("{name:<12} {why}"),
        }
    }
    Ok(is_well)
}

/// A client, and its way through the twin.
struct Walk {
    name: &'static str,
    says: &'static str,
    /// An error says why it could not be made.
    run: fn() -> Result<Outcome>,
}

const WALKS: &[Walk] = &[
    Walk { name: "az", says: "the Azure CLI", run: az },
    Walk {
        name: "python",
        says: "azure-identity, -mgmt-security, -mgmt-securityinsight, -mgmt-resource, -monitor-query",
        run: python,
    },
    Walk { name: "msticpy", says: "msticpy", run: msticpy },
    Walk {
        name: "oav",
        says: "every operation once, held against the vendor's specifications by the vendor's validator",
        run: oav,
    },
    Walk { name: "js", says: "@azure/identity, arm-security, arm-securityinsight, monitor-query-logs", run: js },
    Walk {
        name: "fuzz",
        says: "what the specifications allow, and what they do not, thrown at it by schemathesis",
        run: fuzz,
    },
];

fn az() -> Result<Outcome> {
    let bin = packages::python("az")?;
    Stand::start(&[])?.walk(
        Child::new(bin.join("python")).args([script("walk_az.py")]).with("AZ", bin.join("az").display().to_string()),
    )
}

fn python() -> Result<Outcome> {
    let bin = packages::python("python")?;
    Stand::start(&[])?.walk(Child::new(bin.join("python")).args([script("walk_python.py")]))
}

fn msticpy() -> Result<Outcome> {
    let bin = packages::python("msticpy")?;
    Stand::start(&[])?.walk(Child::new(bin.join("python")).args([script("walk_msticpy.py")]))
}

fn js() -> Result<Outcome> {
    let folder = packages::node("js")?;
    let walk = folder.join("walk.mjs");
    std::fs::copy(script("walk.mjs"), &walk)?;
    Stand::start(&[])?.walk(Child::new("node").args([walk]))
}

/// The vendor's specifications, which not everybody has.
fn specifications() -> Result<PathBuf> {
    let specifications = corpora().map_err(anyhow::Error::msg)?.join("azure-api");
    ensure!(specifications.is_dir(), "there is no {}", specifications.display());
    Ok(specifications)
}

fn fuzz() -> Result<Outcome> {
    let specifications = specifications()?;
    let bin = packages::python("fuzz")?;
    let folder = root().join("target/conformance/fuzz/run");
    std::fs::create_dir_all(&folder)?;
    let fuzz =
        Child::new(bin.join("python")).args([script("fuzz.py"), specifications, folder, bin.join("schemathesis")]);
    Stand::start(&[])?.walk(fuzz)
}

fn oav() -> Result<Outcome> {
    let specifications = specifications()?;
    let folder = packages::node("oav")?;
    let tour = Child::new("python3").args([
        script("tour.py"),
        specifications,
        folder.join("tour"),
        folder.join("node_modules/.bin/oav"),
    ]);
    std::fs::create_dir_all(folder.join("tour"))?;
    Stand::start(&[])?.walk(tour)
}

fn script(name: &str) -> PathBuf {
    root().join("xtask/conformance").join(name)
}

/// What a walk found.
struct Count {
    passed: usize,
    failed: usize,
}

/// Counts a walk's lines, and prints those that tell of more than that all is well. An error is a walk that broke off.
fn count(outcome: &Outcome) -> Result<Count, String> {
    let lines = || outcome.printed.lines();
    let is_end = |line: &str| line.starts_with("end ");
    lines().filter(|line| !line.starts_with("ok ") && !is_end(line)).for_each(|line| println!("  {line}"));
    let count = Count {
        passed: lines().filter(|line| line.starts_with("ok ")).count(),
        failed: lines().filter(|line| line.starts_with("FAILED ")).count(),
    };
    let checks = count.passed + count.failed;
    let has_ended = lines().last() == Some(format!("end {checks}").as_str());
    if has_ended && outcome.is_well == (count.failed == 0) && checks > 0 {
        return Ok(count);
    }
    let last =
        outcome.said.lines().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n  ");
    Err(format!("broke off after {checks} checks:\n  {last}"))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, count};

    #[test]
    fn a_walk_is_counted_by_its_lines() {
        let check = |is_well, printed: &str, expected: Option<(usize, usize)>| {
            let outcome = Outcome { is_well, printed: printed.into(), said: String::new() };
            assert_eq!(count(&outcome).ok().map(|count| (count.passed, count.failed)), expected, "{printed}");
        };
        check(true, "ok a\nok b\nend 2\n", Some((2, 0)));
        check(false, "ok a\nFAILED b: why\nend 2\n", Some((1, 1)));
        check(false, "ok a\nend 1\n", None);
        check(true, "ok a\n", None);
        check(true, "ok a\nend 2\n", None);
        check(true, "ok a\nend 1\nok b\n", None);
        check(true, "end 0\n", None);
        check(true, "", None);
    }
}
