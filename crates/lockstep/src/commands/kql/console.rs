//! `lockstep kql`: a console. What is typed is a query, a declaration that later ones see, or a command that begins with a dot.
//! Where nobody types, standard input is one query.

use std::path::Path;

use kql::complete::candidates;
use kql::syntax::{self, Statement};
use kql::{Database, Options};

use super::{database, options, problem, text};
use crate::arguments::{KqlConsole, KqlFormat};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Console, Screen, Typed};

/// Answers what is typed until the end of the input.
///
/// # Errors
/// The tables cannot be loaded, or the terminal or the history cannot be used. Where nobody types, as `kql run`.
pub fn console(arguments: &KqlConsole, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let mut session = Session {
        database: database(arguments.data.data.as_deref())?,
        options: options(&arguments.data),
        declared: String::new(),
        format: arguments.format,
    };
    let Some(mut console) = Console::open(arguments.history.as_deref())? else {
        let (origin, text) = text(Path::new("-"))?;
        let answer =
            kql::run(&text, &session.database, &session.options).map_err(|error| problem(&error, origin, text))?;
        render::answer(&answer, session.format, screen);
        return Ok(ExitCode::Done);
    };
    screen.note("Type a query, or .help; a query goes on over lines while it is not whole, and an empty line ends it.");
    loop {
        let typed = console.read(
            |text, place| {
                let whole = format!("{}{text}", session.declared);
                let (start, found) = candidates(&whole, session.declared.len() + place, &session.database);
                (start.saturating_sub(session.declared.len()), found.into_iter().map(|found| found.text).collect())
            },
            |text| session.goes_on(text),
        )?;
        match typed {
            Typed::End => return Ok(ExitCode::Done),
            Typed::Nothing => {}
            Typed::Text(text) => {
                if !session.take(text.trim(), screen) {
                    return Ok(ExitCode::Done);
                }
            }
        }
    }
}

/// What a console knows.
struct Session {
    database: Database,
    options: Options,
    /// The declarations so far, each with its semicolon.
    declared: String,
    format: KqlFormat,
}

impl Session {
    /// Whether a query that is only so long is cut off, rather than wrong.
    fn goes_on(&self, text: &str) -> bool {
        let text = text.trim_end();
        !text.is_empty()
            && !text.starts_with('.')
            && matches!(syntax::parse(text), Err(error) if error.span.as_ref().is_some_and(|span| span.end >= text.len()))
    }

    /// Does what was typed; `false` where it ends the console.
    fn take(&mut self, text: &str, screen: &mut Screen) -> bool {
        match text.strip_prefix('.') {
            Some(command) => return self.command(command, screen),
            None => self.query(text, screen),
        }
        true
    }

    fn query(&mut self, text: &str, screen: &mut Screen) {
        let whole = format!("{}{text}", self.declared);
        let only_declares = syntax::parse(text)
            .is_ok_and(|tree| tree.statements.iter().all(|statement| matches!(statement, Statement::Let { .. })));
        if only_declares {
            // A declaration is good if a query behind it is.
            let probed = format!("{whole}; print 1");
            match kql::check(&probed, &self.database).first() {
                None => self.declared = format!("{};\n", whole.trim_end_matches([';', '\n', ' '])),
                Some(error) => screen.problem(&self.problem(error, whole)),
            }
            return;
        }
        match kql::run(&whole, &self.database, &self.options) {
            Ok(answer) => {
                render::answer(&answer, self.format, screen);
                if let Some(partial) = &answer.partial {
                    screen.note(&partial.message);
                }
            }
            Err(error) => screen.problem(&self.problem(&error, whole)),
        }
    }

    /// What is wrong, in the text that was typed, where it is in that.
    fn problem(&self, error: &kql::Error, whole: String) -> Problem {
        let mut error = error.clone();
        let before = self.declared.len();
        match &mut error.span {
            Some(span) if span.start >= before => {
                *span = span.start - before..span.end - before;
                problem(&error, "query".to_owned(), whole[before..].to_owned())
            }
            _ => problem(&error, "query".to_owned(), whole),
        }
    }

    fn command(&mut self, command: &str, screen: &mut Screen) -> bool {
        let mut words = command.split_whitespace();
        match (words.next(), words.next()) {
            (Some("quit" | "exit"), None) => return false,
            (Some("tables"), None) => self.database.names().for_each(|name| screen.line(&render::safe(name))),
            (Some("schema"), name) => {
                let tables = self.database.names().filter(|known| name.is_none_or(|name| name == *known));
                let tables = tables.filter_map(|name| self.database.table(name).map(|table| (name, table.schema())));
                render::schemas(tables, self.format, screen);
            }
            (Some("format"), Some(format @ ("table" | "json" | "csv"))) => {
                self.format = match format {
                    "json" => KqlFormat::Json,
                    "csv" => KqlFormat::Csv,
                    _ => KqlFormat::Table,
                };
            }
            (Some("forget"), None) => self.declared.clear(),
            (Some("help"), None) => screen.line(HELP),
            _ => screen.problem(&Problem::usage(format!("there is no command '.{command}'")).hint(".help lists them")),
        }
        true
    }
}

const HELP: &str = "\
.tables             the tables
.schema [TABLE]     their columns
.format table|json|csv
.forget             forgets what `let` has named
.quit               ends, as the end of the input does
Any other line is a query, or a `let` that later queries see. Tab completes tables, columns, operators and functions.";
