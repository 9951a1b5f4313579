//! The same command for each of several workspaces.

use serde_json::{Value, json};

use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Workspaces;

/// Does `work` for each workspace, one after another. What stops one of several is shown and stops no other; in `json` all
/// results are one document.
///
/// # Errors
/// What stops the only one.
pub fn each<T>(
    workspaces: Workspaces<T>,
    json: bool,
    screen: &mut Screen,
    work: impl Fn(&T, &mut Screen) -> Result<ExitCode, Problem>,
) -> Result<ExitCode, Problem> {
    let all = match workspaces {
        Workspaces::One(one) => return work(&one, screen),
        Workspaces::Several(all) => all,
    };
    let mut ends = Vec::with_capacity(all.len());
    let mut documents: Vec<Value> = Vec::new();
    for (name, one) in all {
        let done = |screen: &mut Screen| one.and_then(|one| work(&one, screen));
        let (done, results) = if json {
            screen.collected(done)
        } else {
            render::workspace(&name, screen);
            (done(screen), Vec::new())
        };
        let exit = match &done {
            Ok(exit) => *exit,
            Err(problem) => {
                screen.problem(problem);
                problem.exit
            }
        };
        documents.push(json!({
            "name": name,
            "exit_code": exit.number(),
            "problem": done.err().map(|problem| problem.message),
            "result": results.into_iter().next(),
        }));
        ends.push((name, exit));
    }
    if json {
        screen.json(&json!({ "workspaces": documents }));
    } else {
        render::ends(&ends, screen);
    }
    Ok(ExitCode::of_all(&ends.iter().map(|(_, exit)| *exit).collect::<Vec<_>>()))
}

/// The problem with a plan file for several workspaces.
pub fn one_file() -> Problem {
    Problem::usage("a plan file is about one workspace").hint("name the workspace with --only")
}
