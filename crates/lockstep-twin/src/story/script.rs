//! The language of scripts.

use std::time::Duration;

use crate::world::{AlertStatus, Classification, Closing, IncidentState, Reason, Refused, Severity};

/// What a line may say.
pub const FORMS: &[&str] = &[
    "alert NAME [SEVERITY] [\"TITLE\"]",
    "owner dismisses NAME",
    "owner resolves NAME",
    "owner starts NAME",
    "owner activates NAME",
    "analyst activates NAME",
    "analyst assigns NAME to PERSON",
    "analyst closes NAME as CLASSIFICATION [REASON] [\"COMMENT\"]",
    "analyst reopens NAME",
    "analyst comments NAME \"TEXT\"",
    "analyst tags NAME LABEL",
    "time passes 90s",
    "nothing happens",
];

/// Why a script cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct StoryError {
    /// The line, counted from 1.
    pub line: usize,
    /// What was found, and what would do.
    pub problem: String,
}

/// One line that says something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) says: String,
    pub(super) act: Act,
}

impl Line {
    /// That the world refuses the act.
    pub(super) fn refused(&self, refused: &Refused) -> StoryError {
        let problem = match refused {
            Refused::NotFound => format!("'{}': the alert has no incident, or it was deleted", self.says),
            other => format!("'{}': {other}", self.says),
        };
        StoryError { line: self.number, problem }
    }
}

/// What somebody does. Alerts are called by the script's names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Raise { name: String, severity: Option<Severity>, title: Option<String> },
    Set { name: String, status: AlertStatus },
    State { name: String, state: IncidentState },
    Assign { name: String, to: String },
    Comment { name: String, message: String },
    Tag { name: String, label: String },
    Passes(Duration),
    Nothing,
}

pub(super) fn parse(text: &str) -> Result<Vec<Line>, StoryError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (at, says) in text.lines().enumerate() {
        let (number, says) = (at + 1, says.trim());
        if says.is_empty() || says.starts_with('#') {
            continue;
        }
        let wrong = |problem| StoryError { line: number, problem };
        let mut words = Words { rest: words(says).map_err(wrong)?.into_iter(), names: &mut names };
        let act = words.act().map_err(wrong)?;
        if let Some(word) = words.rest.next() {
            return Err(wrong(format!("found '{}' where the line should end", word.text)));
        }
        lines.push(Line { number, says: says.to_owned(), act });
    }
    Ok(lines)
}

struct Word {
    text: String,
    quoted: bool,
}

/// The words of a line; quotes hold together what has spaces.
fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (text, after) =
                rest[1..].split_once('"').ok_or_else(|| format!("the text {rest} has no closing quote"))?;
            words.push(Word { text: text.to_owned(), quoted: true });
            rest = after.trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(Word { text: rest[..end].to_owned(), quoted: false });
            rest = rest[end..].trim_start();
        }
    }
    Ok(words)
}

struct Words<'a> {
    rest: std::vec::IntoIter<Word>,
    /// The alerts that were raised so far.
    names: &'a mut Vec<String>,
}

impl Words<'_> {
    fn act(&mut self) -> Result<Act, String> {
        match self.word("alert, owner, analyst, time, nothing")?.as_str() {
            "alert" => self.raise(),
            "owner" => self.owner(),
            "analyst" => self.analyst(),
            "time" => {
                self.exactly("passes")?;
                self.duration().map(Act::Passes)
            }
            "nothing" => self.exactly("happens").map(|()| Act::Nothing),
            other => Err(found(other, "one of alert, owner, analyst, time, nothing")),
        }
    }

    fn raise(&mut self) -> Result<Act, String> {
        let name = self.word("a name for the alert")?;
        if self.names.contains(&name) {
            return Err(format!("there is an alert '{name}' already: another name would do"));
        }
        let severity = self.unquoted(|word| {
            Severity::parse(word).ok_or_else(|| found(word, &one_of(Severity::ALL, Severity::as_str)))
        })?;
        let title = self.text();
        self.names.push(name.clone());
        Ok(Act::Raise { name, severity, title })
    }

    fn owner(&mut self) -> Result<Act, String> {
        const WORDS: &str = "one of dismisses, resolves, starts, activates";
        let status = match self.word(WORDS)?.as_str() {
            "dismisses" => AlertStatus::Dismissed,
            "resolves" => AlertStatus::Resolved,
            "starts" => AlertStatus::InProgress,
            "activates" => AlertStatus::Active,
            other => return Err(found(other, WORDS)),
        };
        Ok(Act::Set { name: self.name()?, status })
    }

    fn analyst(&mut self) -> Result<Act, String> {
        const WORDS: &str = "one of activates, assigns, closes, reopens, comments, tags";
        let verb = self.word(WORDS)?;
        if !["activates", "assigns", "closes", "reopens", "comments", "tags"].contains(&verb.as_str()) {
            return Err(found(&verb, WORDS));
        }
        let name = self.name()?;
        Ok(match verb.as_str() {
            "activates" => Act::State { name, state: IncidentState::Active },
            "reopens" => Act::State { name, state: IncidentState::New },
            "assigns" => {
                self.exactly("to")?;
                Act::Assign { name, to: self.word("a person, such as ada@contoso.com")? }
            }
            "comments" => Act::Comment { name, message: self.word("a text in quotes")? },
            "tags" => Act::Tag { name, label: self.word("a label")? },
            _ => {
                self.exactly("as")?;
                Act::State { name, state: self.closed()? }
            }
        })
    }

    /// `CLASSIFICATION [REASON] ["COMMENT"]`.
    fn closed(&mut self) -> Result<IncidentState, String> {
        let known = one_of(Classification::ALL, Classification::as_str);
        let word = self.word(&known)?;
        let classification = Classification::parse(&word).ok_or_else(|| found(&word, &known))?;
        let reasons = classification.reasons();
        let wanted = one_of(reasons, Reason::as_str);
        let given = self.unquoted(|word| match Reason::parse(word).filter(|reason| reasons.contains(reason)) {
            Some(reason) => Ok(reason),
            None if reasons.is_empty() => Err(found(word, "a comment in quotes, or the end,")),
            None => Err(found(word, &wanted)),
        })?;
        let reason = match (given, reasons) {
            (None, [only]) => Some(*only),
            (None, [_, ..]) => return Err(format!("{} needs a reason: {wanted}", classification.as_str())),
            (given, _) => given,
        };
        Ok(IncidentState::Closed(Closing { classification, reason, comment: self.text() }))
    }

    /// An alert that was raised before.
    fn name(&mut self) -> Result<String, String> {
        let name = self.word("an alert's name")?;
        if self.names.contains(&name) {
            return Ok(name);
        }
        Err(match self.names.as_slice() {
            [] => format!("there is no alert '{name}' yet: a line `alert {name}` before this one would do"),
            known => format!("there is no alert '{name}'; there are {}", known.join(", ")),
        })
    }

    fn duration(&mut self) -> Result<Duration, String> {
        const WANTED: &str = "a duration such as 90s, 5m, 2h, 30d";
        let word = self.word(WANTED)?;
        let (number, unit) = word.split_at(word.len() - word.chars().next_back().map_or(0, char::len_utf8));
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(found(&word, WANTED)),
        };
        let seconds = number.parse::<u32>().ok().map(|number| u64::from(number) * seconds);
        seconds.map(Duration::from_secs).ok_or_else(|| found(&word, WANTED))
    }

    fn word(&mut self, wanted: &str) -> Result<String, String> {
        self.rest.next().map(|word| word.text).ok_or_else(|| format!("the line ends where {wanted} would do"))
    }

    fn exactly(&mut self, wanted: &str) -> Result<(), String> {
        let word = self.word(&format!("'{wanted}'"))?;
        if word == wanted { Ok(()) } else { Err(found(&word, &format!("'{wanted}'"))) }
    }

    /// The next word, if there is one that is not in quotes.
    fn unquoted<T>(&mut self, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        match self.rest.as_slice().first() {
            Some(word) if !word.quoted => {
                let read = read(&word.text)?;
                self.rest.next();
                Ok(Some(read))
            }
            _ => Ok(None),
        }
    }

    /// The next word, if there is one.
    fn text(&mut self) -> Option<String> {
        self.rest.next().map(|word| word.text)
    }
}

fn found(word: &str, wanted: &str) -> String {
    format!("found '{word}' where {wanted} would do")
}

fn one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    format!("one of {}", all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_can_be_said() {
        let mut names = vec!["NAME".to_owned()];
        for form in FORMS {
            let filled = form.replace(" [REASON]", "").replace(['[', ']'], "");
            let filled = filled.replace("SEVERITY", "Low").replace("CLASSIFICATION", "Undetermined");
            let filled = if form.starts_with("alert") { filled.replace("NAME", "other") } else { filled };
            let mut words = Words { rest: words(&filled).unwrap().into_iter(), names: &mut names };
            assert!(words.act().is_ok() && words.rest.next().is_none(), "{filled}");
        }
    }

    #[test]
    fn faults_tell_the_line_and_what_would_do() {
        check(
            "\n# nothing\nowners",
            "line 3: found 'owners' where one of alert, owner, analyst, time, nothing would do",
        );
        check("owner", "line 1: the line ends where one of dismisses, resolves, starts, activates would do");
        check("owner dismisses a", "line 1: there is no alert 'a' yet: a line `alert a` before this one would do");
        check("alert a\nowner dismises a", "line 2: found 'dismises' where one of dismisses");
        check("alert a\nowner resolves b", "line 2: there is no alert 'b'; there are a");
        check("alert a\nalert a", "line 2: there is an alert 'a' already");
        check("alert a Huge", "line 1: found 'Huge' where one of High, Medium, Low, Informational would do");
        check("alert a \"x", "line 1: the text \"x has no closing quote");
        check("alert a Low \"x\" y", "line 1: found 'y' where the line should end");
        check("alert a\nanalyst closes a as Good", "line 2: found 'Good' where one of");
        check("alert a\nanalyst closes a as FalsePositive", "line 2: FalsePositive needs a reason: one of");
        check(
            "alert a\nanalyst closes a as TruePositive InaccurateData",
            "line 2: found 'InaccurateData' where one of",
        );
        check("time passes soon", "line 1: found 'soon' where a duration such as 90s");
        check("time passes 5é", "line 1: found '5é' where a duration");
        check("time flies", "line 1: found 'flies' where 'passes' would do");
    }

    fn check(text: &str, expected: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
