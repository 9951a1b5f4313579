//! A line editor on the terminal: what is typed may go on over lines, Tab completes, and the arrows bring back what was typed before.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::platform;
use crate::problem::Problem;

/// A terminal at which somebody types.
pub struct Console {
    history: Option<PathBuf>,
    typed: Vec<String>,
}

/// What came of a prompt.
pub enum Typed {
    /// A text.
    Text(String),
    /// It was taken back.
    Nothing,
    /// There is no more.
    End,
}

impl Console {
    /// The terminal; nothing where standard input is none.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn open(history: Option<&Path>) -> Result<Option<Self>, Problem> {
        if !platform::is_attended() {
            return Ok(None);
        }
        let typed = match history.filter(|path| path.exists()) {
            None => Vec::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
                text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
            }
        };
        Ok(Some(Self { history: history.map(Path::to_owned), typed }))
    }

    /// Prompts once. `complete` is asked for the start of the word at a place and what may stand there; `goes_on`
    /// whether a text is not whole yet, where an empty line does not end it.
    ///
    /// # Errors
    /// The terminal or the history cannot be used.
    pub fn read(
        &mut self,
        complete: impl Fn(&str, usize) -> (usize, Vec<String>),
        goes_on: impl Fn(&str) -> bool,
    ) -> Result<Typed, Problem> {
        let config = Config::builder().completion_type(CompletionType::List).build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(|error| broken(&error))?;
        editor.set_helper(Some(Asked { complete: &complete, goes_on: &goes_on }));
        for text in &self.typed {
            // A history that does not take a text is a history without it.
            let _ = editor.add_history_entry(text);
        }
        match editor.readline("kql> ") {
            Ok(text) if text.trim().is_empty() => Ok(Typed::Nothing),
            Ok(text) => {
                self.keep(text.trim_end())?;
                Ok(Typed::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Keeps a text, in the history file as a line of JSON.
    fn keep(&mut self, text: &str) -> Result<(), Problem> {
        if self.typed.last().is_some_and(|last| last == text) {
            return Ok(());
        }
        self.typed.push(text.to_owned());
        let Some(path) = &self.history else { return Ok(()) };
        let start = self.typed.len().saturating_sub(MOST_KEPT);
        let lines: String = self.typed[start..].iter().map(|text| format!("{}\n", serde_json::json!(text))).collect();
        std::fs::write(path, lines).map_err(|error| unusable(path, &error))
    }
}

fn broken(error: &ReadlineError) -> Problem {
    Problem::usage("the terminal cannot be used").because(error)
}

fn unusable(path: &Path, error: &io::Error) -> Problem {
    Problem::usage(format!("the history {} cannot be used", path.display())).because(error)
}

/// The most texts that a history file keeps.
const MOST_KEPT: usize = 1000;

type Complete<'a> = &'a dyn Fn(&str, usize) -> (usize, Vec<String>);

/// What the editor asks while somebody types.
struct Asked<'a> {
    complete: Complete<'a>,
    goes_on: &'a dyn Fn(&str) -> bool,
}

impl Completer for Asked<'_> {
    type Candidate = String;

    fn complete(&self, line: &str, place: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((self.complete)(line, place))
    }
}

impl Validator for Asked<'_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let ended = text.ends_with('\n');
        Ok(if !ended && (self.goes_on)(text) { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Asked<'_> {
    type Hint = String;
}

impl Highlighter for Asked<'_> {
    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }
}

impl Helper for Asked<'_> {}
