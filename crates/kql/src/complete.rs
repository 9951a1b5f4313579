//! What may stand at a place in a query that is being written: operators behind a bar; else columns, variables, tables and functions.
//! It follows the text up to the place, so a query need not be whole.

use crate::aggregates::Aggregate;
use crate::functions::Function;
use crate::lexer::{self, TokenKind};
use crate::reference::{OPERATORS, PLUGINS};
use crate::{Database, schema};

/// Something that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What it is, in the order in which candidates are listed.
    pub kind: CandidateKind,
    /// The text of it.
    pub text: String,
}

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateKind {
    /// A column of the rows at hand.
    Column,
    /// What a `let` names.
    Variable,
    /// A table of the database.
    Table,
    /// An operator of a pipeline.
    Operator,
    /// A plugin of `evaluate`.
    Plugin,
    /// A function or an aggregate.
    Function,
}

/// The word before a place, in bytes of the text, and what may stand instead of it.
pub fn candidates(text: &str, place: usize, database: &Database) -> (usize, Vec<Candidate>) {
    let place = (0..=place.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..place];
    let word = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    // An operator's name may hold hyphens.
    let hyphenated = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let mut found = Vec::new();
    let mut add = |kind: CandidateKind, start: usize, name: &str| {
        if name.starts_with(&before[start..]) {
            found.push(Candidate { kind, text: name.to_owned() });
        }
    };
    let Ok(around) = Around::of(&before[..hyphenated.min(word)]) else { return (word, Vec::new()) };
    let mut start = word;
    match around.last {
        Last::Bar => {
            start = hyphenated;
            OPERATORS
                .iter()
                .flat_map(|operator| operator.names)
                .filter(|name| !matches!(**name, "print" | "range"))
                .for_each(|name| add(CandidateKind::Operator, start, name));
        }
        Last::Evaluate => {
            PLUGINS.iter().flat_map(|plugin| plugin.names).for_each(|name| add(CandidateKind::Plugin, start, name));
        }
        Last::Nothing | Last::Other => {
            if let Some(source) = &around.source
                && let Ok(rows) = schema(source, database)
            {
                rows.columns.iter().for_each(|column| add(CandidateKind::Column, start, &column.name));
            }
            around.variables.iter().for_each(|name| add(CandidateKind::Variable, start, name));
            database.names().for_each(|name| add(CandidateKind::Table, start, name));
            // Where nothing is typed yet, all functions would only drown the rest.
            if start < place && around.last == Last::Other {
                Function::all().for_each(|function| add(CandidateKind::Function, start, function.name));
                Aggregate::all().for_each(|aggregate| add(CandidateKind::Function, start, aggregate.name));
            }
        }
    }
    found.sort_unstable();
    found.dedup_by(|a, b| a.text == b.text);
    (start, found)
}

/// What stands before a place.
struct Around {
    last: Last,
    /// The query whose rows are at hand there: the declarations, and the pipeline up to its last bar.
    source: Option<String>,
    variables: Vec<String>,
}

/// What stands last before a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    Bar,
    Evaluate,
    Other,
}

impl Around {
    fn of(text: &str) -> Result<Self, crate::Error> {
        let tokens = lexer::tokens(text)?;
        let word = |at: usize| {
            tokens.get(at).filter(|token| token.kind == TokenKind::Word).map(|token| &text[token.span.range()])
        };
        let mut variables = Vec::new();
        // Where each open parenthesis' content, and each statement, begins; and its last bar.
        let mut open: Vec<(usize, Option<usize>)> = vec![(0, None)];
        let mut declared = 0;
        for (at, token) in tokens.iter().enumerate() {
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            match token.kind {
                TokenKind::Mark("(" | "[" | "{") => open.push((end, None)),
                TokenKind::Mark(")" | "]" | "}") if open.len() > 1 => drop(open.pop()),
                TokenKind::Mark(";") if open.len() == 1 => {
                    open = vec![(end, None)];
                    declared = end;
                }
                TokenKind::Mark("|") => {
                    if let Some(last) = open.last_mut() {
                        last.1 = Some(start);
                    }
                }
                TokenKind::Word if word(at) == Some("let") => variables.extend(word(at + 1).map(str::to_owned)),
                _ => {}
            }
        }
        let count = tokens.len() - 1;
        let last = match count.checked_sub(1).map(|last| tokens[last].kind) {
            None | Some(TokenKind::Mark(";")) => Last::Nothing,
            Some(TokenKind::Mark("|")) => Last::Bar,
            Some(_) if word(count - 1) == Some("evaluate") => Last::Evaluate,
            Some(_) => Last::Other,
        };
        // The innermost pipeline that has a bar already is the one whose rows are read.
        let source = open.iter().rev().find_map(|(start, bar)| {
            let mut begin = *start;
            // `let x = T | ...` is about T.
            let statement = text[begin..].trim_start();
            if statement.starts_with("let ") {
                begin += text[begin..].find('=')? + 1;
            }
            let pipeline = text.get(begin..(*bar)?)?.trim();
            Some(format!("{}{pipeline}", &text[..declared.min(begin)]))
        });
        Ok(Self { last, source, variables })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Schema, Table, Type};

    #[test]
    fn what_may_stand_where() {
        let mut database = Database::new();
        let columns = [("Title", Type::String), ("Time", Type::Datetime), ("Severity", Type::String)];
        database.insert("SecurityIncident", Table::empty(Schema::new(columns)));
        let check = |text: &str, expected: &[&str]| {
            let place = text.find('^').expect("the place is marked");
            let (start, found) = candidates(&text.replace('^', ""), place, &database);
            let found: Vec<&str> = found.iter().map(|candidate| candidate.text.as_str()).collect();
            assert_eq!(found, expected, "{text} from {start}");
        };
        check("Sec^", &["SecurityIncident"]);
        check(
            "SecurityIncident | proj^",
            &["project", "project-away", "project-by-names", "project-keep", "project-rename", "project-reorder"],
        );
        check("SecurityIncident | project-re^", &["project-rename", "project-reorder"]);
        check("SecurityIncident | where Ti^", &["Time", "Title"]);
        check("SecurityIncident | where Title == 'x' and Sev^", &["Severity"]);
        check("SecurityIncident | extend Titled = 1 | where Title^ == 2", &["Title", "Titled"]);
        check("SecurityIncident | project Time | where Ti^", &["Time"]);
        check("let Ti2 = SecurityIncident | where Ti^", &["Time", "Title", "Ti2"]);
        check("let a = 1; SecurityIncident | where Tit^", &["Title"]);
        check("SecurityIncident | summarize dcountif(Tit^", &["Title"]);
        check("SecurityIncident | summarize by tolo^", &["tolong", "tolower"]);
        check("SecurityIncident | join (SecurityIncident | where Sev^", &["Severity"]);
        check("SecurityIncident | evaluate ^", &["bag_unpack", "ipv4_lookup", "ipv6_lookup", "pivot", "rows_near"]);
        check("print 'Sec^", &[]);
        check("é^", &[]);
    }
}
