//! `lockstep kql batch`: many queries, a line each, over tables that are loaded once.

use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use kql::{Answer, Database, Options};
use serde::Deserialize;
use serde_json::Value;

use super::{cannot_read, database, options};
use crate::arguments::KqlData;
use crate::exit_code::ExitCode;
use crate::platform;
use crate::problem::Problem;
use crate::render::{self, Screen};

/// Answers each line of standard input with a line of standard output, in the same order. A query that fails has an answer
/// too, which says why.
///
/// # Errors
/// The tables cannot be loaded, or standard input cannot be read.
pub fn batch(data: &KqlData, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let database = database(data.data.as_deref())?;
    let options = options(data);
    for line in platform::input().split(b'\n') {
        let line = line.map_err(|error| cannot_read(Path::new("standard input"), &error))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match answer(&line, &database, &options) {
            (id, Ok(answer)) => render::answer_line(&id, &answer, screen),
            (id, Err(failure)) => render::failure_line(&id, &failure.code, &failure.message, screen),
        }
        if screen.is_closed() {
            break;
        }
    }
    Ok(ExitCode::Done)
}

#[derive(Deserialize)]
struct Question {
    id: Value,
    query: String,
}

struct Failure {
    code: String,
    message: String,
}

fn answer(line: &[u8], database: &Database, options: &Options) -> (Value, Result<Answer, Failure>) {
    let Question { id, query } = match serde_json::from_slice(line) {
        Ok(question) => question,
        Err(error) => {
            let id = serde_json::from_slice::<Value>(line).ok().and_then(|line| line.get("id").cloned());
            let message = format!("a line must be {{\"id\", \"query\"}}: {error}");
            return (id.unwrap_or(Value::Null), Err(Failure { code: "BadArgumentError".to_owned(), message }));
        }
    };
    // A fault of the engine's own must not take the other answers with it.
    let ran = catch_unwind(AssertUnwindSafe(|| kql::run(&query, database, options)));
    let answer = match ran {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure { code: error.code.to_owned(), message: error.message }),
        Err(_) => {
            Err(Failure { code: "InternalError".to_owned(), message: "the engine failed over this query".to_owned() })
        }
    };
    (id, answer)
}
