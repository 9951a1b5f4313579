//! JSON as templates are written: with comments, strings over several lines and a comma too many, and with the place of every
//! value to be had when an error wants to name it. Values themselves are plain `serde_json` ones.
//!
//! Source: "Understand the structure and syntax of ARM templates", Comments and metadata, Multi-line strings; the trailing comma
//! is what the service's JSON library takes.

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::path::{Path, PathStep};
use crate::span::Position;

/// How deep objects and arrays may nest.
pub const MAX_DEPTH: usize = 128;

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What was found, and what would work.
    pub message: String,
    /// Where.
    pub position: Position,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} At {}.", self.message, self.position)
    }
}

impl std::error::Error for JsonError {}

/// Reads one value and nothing behind it. Of members of one name the last counts.
///
/// # Errors
/// The first place where the text is no JSON, and nesting beyond [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Value, JsonError> {
    let mut reader = Reader::new(text);
    let value = reader.value(0)?;
    reader.blank()?;
    if reader.at < text.len() {
        return Err(reader.error("Nothing may follow the value."));
    }
    Ok(value)
}

/// Where the value at this path stands in the text: the place of its first character, and for a member the place of its name.
/// `None` where there is no such value. Names are compared without regard to case where none is the same.
pub fn locate(text: &str, path: &Path) -> Option<Position> {
    let mut reader = Reader::new(text);
    reader.blank().ok()?;
    let mut place = reader.at;
    for step in path.steps() {
        place = reader.enter(step)?;
    }
    Some(Position::of(text, place))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("Values nest deeper than {MAX_DEPTH} levels, which is the limit.")));
        }
        self.blank()?;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"' | b'\'') => Ok(Value::String(self.string()?)),
            Some(_) => self.word(),
            None => Err(self.error("A value is expected, and the text ends.")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut members = Map::new();
        self.at += 1;
        while !self.closed(b'}')? {
            let name = self.name()?;
            members.insert(name, self.value(depth + 1)?);
            self.comma(b'}')?;
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut elements = Vec::new();
        self.at += 1;
        while !self.closed(b']')? {
            elements.push(self.value(depth + 1)?);
            self.comma(b']')?;
        }
        Ok(Value::Array(elements))
    }

    /// A member's name and its colon.
    fn name(&mut self) -> Result<String, JsonError> {
        if !matches!(self.peek(), Some(b'"' | b'\'')) {
            return Err(self.error("The name of a member is expected, in quotes."));
        }
        let name = self.string()?;
        self.blank()?;
        if self.peek() != Some(b':') {
            return Err(self.error(format!("':' is expected after the name '{name}'.")));
        }
        self.at += 1;
        Ok(name)
    }

    /// Whether the object or array ends here.
    fn closed(&mut self, end: u8) -> Result<bool, JsonError> {
        self.blank()?;
        let closed = self.peek() == Some(end);
        self.at += usize::from(closed);
        Ok(closed)
    }

    /// A comma, or the end, which stays ahead.
    fn comma(&mut self, end: u8) -> Result<(), JsonError> {
        self.blank()?;
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(found) if found == end => {}
            _ => return Err(self.error(format!("',' or '{}' is expected.", char::from(end)))),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        let quote = self.text.as_bytes()[start];
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.bytes().position(|byte| byte == quote || byte == b'\\') else {
                self.at = start;
                return Err(self.error("The string that begins here does not end."));
            };
            string.push_str(&rest[..length]);
            self.at += length + 1;
            if rest.as_bytes()[length] == quote {
                return Ok(string);
            }
            string.push(self.escape()?);
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, JsonError> {
        let escaped = self.text[self.at..].chars().next();
        self.at += escaped.map_or(0, char::len_utf8);
        Ok(match escaped {
            Some(c @ ('"' | '\'' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let unit = self.unit()?;
                let high = (0xd800..0xdc00).contains(&unit);
                if high && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.unit()?;
                    let joined = char::decode_utf16([unit, low]).next();
                    return Ok(joined.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                return Err(
                    self.error("No such escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits are known.")
                );
            }
        })
    }

    fn unit(&mut self) -> Result<u16, JsonError> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.error("\\u takes four hexadecimal digits."))?;
        self.at += 4;
        Ok(unit)
    }

    fn word(&mut self) -> Result<Value, JsonError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"+-._".contains(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => match word.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => return Err(self.error(format!("A value is expected, and '{}' is none.", shown(rest, end)))),
            },
        };
        self.at += end;
        Ok(value)
    }

    /// Moves past white space and comments.
    fn blank(&mut self) -> Result<(), JsonError> {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(inside) = rest.strip_prefix("/*") {
                let end = inside.find("*/").ok_or_else(|| self.error("The comment that begins here does not end."))?;
                self.at += 2 + end + 2;
            } else {
                return Ok(());
            }
        }
    }

    /// Moves to the value behind this step of the one ahead, and says where the step's name or value stands.
    fn enter(&mut self, step: &PathStep) -> Option<usize> {
        self.blank().ok()?;
        match step {
            PathStep::Element(index) => {
                self.open(b'[')?;
                for _ in 0..*index {
                    self.value(0).ok()?;
                    self.comma(b']').ok()?;
                }
                self.blank().ok()?;
                (self.peek()? != b']').then_some(self.at)
            }
            PathStep::Member(wanted) => {
                self.open(b'{')?;
                let mut found = None;
                while !self.closed(b'}').ok()? {
                    let place = self.at;
                    let name = self.name().ok()?;
                    let similar = found.is_none() && name.to_lowercase() == wanted.to_lowercase();
                    if name == *wanted || similar {
                        found = Some((place, self.at));
                    }
                    self.value(0).ok()?;
                    self.comma(b'}').ok()?;
                }
                let (place, value) = found?;
                self.at = value;
                Some(place)
            }
        }
    }

    fn open(&mut self, bracket: u8) -> Option<()> {
        (self.peek()? == bracket).then(|| self.at += 1)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError { message: message.into(), position: Position::of(self.text, self.at) }
    }
}

/// The word, or the first character where there is no word.
fn shown(rest: &str, end: usize) -> &str {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    &rest[..end.max(first)]
}
