//! `lockstep init`: writes a lockstep.toml to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::Screen;

/// Writes the template to `path`, never over something else.
///
/// # Errors
/// There is a file already, or none can be written there.
pub fn run(path: &Path, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let written = OpenOptions::new().write(true).create_new(true).open(path);
    match written.and_then(|mut file| file.write_all(TEMPLATE.as_bytes())) {
        Ok(()) => {
            screen.line(&format!("wrote {}", path.display()));
            screen
                .line("Next: put your workspace and identity in it, then see what would change with `lockstep plan`.");
            Ok(ExitCode::Done)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let problem = Problem::usage(format!("{} is there already and was left as it is", path.display()));
            Err(problem.hint("name another file with --config FILE, or move that one away"))
        }
        Err(error) => Err(Problem::usage(format!("{} cannot be written", path.display())).because(&error)),
    }
}

const TEMPLATE: &str = include_str!("../lockstep.toml.template");
