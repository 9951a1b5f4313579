//! `lockstep kql check`: what is wrong with queries, without running them.

use std::path::Path;

use super::{known_database, problem, text};
use crate::arguments::KqlCheck;
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};

/// Shows everything that is wrong with each query. A query over tables that are not there is wrong.
///
/// # Errors
/// A file or the tables cannot be read.
pub fn check(options: &KqlCheck, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let database = known_database(options.data.as_deref())?;
    let texts = options.files.iter().map(|path: &std::path::PathBuf| text(Path::new(path)));
    let mut exit = ExitCode::Done;
    for (origin, text) in texts.collect::<Result<Vec<_>, Problem>>()? {
        for error in kql::check(&text, &database) {
            exit = ExitCode::Usage;
            render::finding(&error, &problem(&error, origin.clone(), text.clone()), options.format, screen);
        }
    }
    Ok(exit)
}
