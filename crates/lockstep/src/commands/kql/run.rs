//! `lockstep kql run`: one query.

use super::{database, problem, text};
use crate::arguments::KqlRun;
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};

/// Runs a query and shows its answer, or the columns.
///
/// # Errors
/// There is no query, it cannot be run, or the tables cannot be loaded.
pub fn run(options: &KqlRun, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let query = query(options)?;
    let database = database(options.data.data.as_deref())?;
    if options.schema {
        let tables = database.names().filter_map(|name| database.table(name).map(|table| (name, table.schema())));
        render::schemas(tables, options.format, screen);
    }
    let Some((origin, text)) = query else {
        return if options.schema { Ok(ExitCode::Done) } else { Err(no_query()) };
    };
    let answer =
        kql::run(&text, &database, &super::options(&options.data)).map_err(|error| problem(&error, origin, text))?;
    if options.schema {
        let tables = answer.tables.iter().map(|(name, table)| (name.as_str(), table.schema()));
        render::schemas(tables, options.format, screen);
    } else {
        render::answer(&answer, options.format, screen);
    }
    match &answer.partial {
        None => Ok(ExitCode::Done),
        Some(partial) => Err(Problem::new(ExitCode::Input, format!("the answer is only partial: {}", partial.message))),
    }
}

/// The query and what it is called; `None` where none was given.
fn query(options: &KqlRun) -> Result<Option<(String, String)>, Problem> {
    match (&options.file, &options.query) {
        (_, Some(text)) => Ok(Some(("query".to_owned(), text.clone()))),
        (Some(path), None) => text(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn no_query() -> Problem {
    Problem::usage("there is no query").hint("name a file that holds one, `-` for standard input, or use --query TEXT")
}
