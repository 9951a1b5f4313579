//! Cuts the text of a query into tokens. Leaves out what tokens mean together: hyphenated operator names, strings side by side, literals of a type.

use crate::Type;
use crate::error::{self, Error};
use crate::span::Span;

/// The longest query text, in bytes, that is read: the service's documented limit is 2 MB.
const LONGEST: usize = 2_000_000;

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Word,
    /// `1`, `0x1F`
    Long,
    /// `1.0`, `1e3`
    Real,
    /// `1d`, `1.5h`
    Timespan,
    /// A string with its quotes and prefixes.
    String,
    /// `datetime(...)` and its kin, parentheses included.
    Typed(Type),
    /// Punctuation, as spelt.
    Mark(&'static str),
    /// The end of the text.
    End,
}

/// Punctuation, the longest first.
const MARKS: [&str; 29] = [
    "==", "=~", "!=", "!~", "=>", "<>", "<=", ">=", "..", "(", ")", "[", "]", "{", "}", "|", ",", ";", ":", ".", "=",
    "<", ">", "+", "-", "*", "/", "%", "!",
];

/// Suffixes of timespan literals.
const UNITS: [&str; 34] = [
    "d",
    "day",
    "days",
    "h",
    "hr",
    "hrs",
    "hour",
    "hours",
    "m",
    "min",
    "minute",
    "minutes",
    "s",
    "sec",
    "second",
    "seconds",
    "ms",
    "milli",
    "millis",
    "millisec",
    "millisecond",
    "milliseconds",
    "micro",
    "micros",
    "microsec",
    "microsecond",
    "microseconds",
    "nano",
    "nanos",
    "nanosec",
    "nanosecond",
    "nanoseconds",
    "tick",
    "ticks",
];

/// The tokens of a text, the last of which is its end.
///
/// # Errors
///
/// A string or a typed literal without an end, a character outside the language, a text that is too long.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    if text.len() > LONGEST {
        let message = format!("The query is {} bytes long; at most {LONGEST} are read.", text.len());
        return Err(Error::new(error::TOO_LONG, message, Span::at(0)));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4);
    loop {
        let token = lexer.next()?;
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Result<Token, Error> {
        self.skip_trivia();
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token { kind: TokenKind::End, span: Span::at(start) });
        };
        let (kind, length) = if first.is_ascii_digit() {
            number(rest)
        } else if let Some(length) = string(rest, start)? {
            (TokenKind::String, length)
        } else if is_word_start(first) {
            self.word(rest)?
        } else if let Some(mark) = MARKS.into_iter().chain(["~", "@", "?"]).find(|mark| rest.starts_with(mark)) {
            (TokenKind::Mark(mark), mark.len())
        } else {
            let span = Span::new(start, start + first.len_utf8());
            return Err(Error::new(error::UNEXPECTED, format!("Unexpected: {first}"), span));
        };
        self.at += length;
        Ok(Token { kind, span: Span::new(start, self.at) })
    }

    /// Blanks, comments, and directives (lines that start with `#`).
    fn skip_trivia(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            self.at += blank;
            let rest = self.rest();
            if !rest.starts_with("//") && !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn word(&self, rest: &str) -> Result<(TokenKind, usize), Error> {
        let length = word_length(rest);
        let Some(ty) = literal_type(&rest[..length]) else { return Ok((TokenKind::Word, length)) };
        if !rest[length..].starts_with('(') {
            return Ok((TokenKind::Word, length));
        }
        match rest.find([')', '\n']) {
            Some(end) if rest[end..].starts_with(')') => Ok((TokenKind::Typed(ty), end + 1)),
            end => {
                let end = end.unwrap_or(rest.len());
                Err(Error::new(error::EXPECTED, "Expected: )", Span::at(self.at + end)))
            }
        }
    }
}

/// Whether a word before a parenthesis begins a literal of a type: `datetime(...)`.
pub(crate) fn begins_literal(word: &str) -> bool {
    literal_type(word).is_some()
}

fn literal_type(word: &str) -> Option<Type> {
    Some(match word {
        "bool" | "boolean" => Type::Bool,
        "int" | "int32" => Type::Int,
        "long" | "int64" => Type::Long,
        "real" | "double" => Type::Real,
        "decimal" => Type::Decimal,
        "datetime" | "date" => Type::Datetime,
        "timespan" | "time" => Type::Timespan,
        "guid" | "uuid" | "uniqueid" => Type::Guid,
        _ => return None,
    })
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_length(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    first + text[first..].find(|c| !is_word(c)).unwrap_or(text.len() - first)
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

/// A token that starts with a digit: a real, a timespan, a long, or a name such as `50th`.
fn number(text: &str) -> (TokenKind, usize) {
    let ends = |length: usize| !text[length..].starts_with(is_word);
    let whole = digits(text);
    if let Some(length) = real_length(text, whole).filter(|&length| ends(length)) {
        return (TokenKind::Real, length);
    }
    let mut length = whole;
    if text[whole..].starts_with('.') {
        let fraction = digits(&text[whole + 1..]);
        length += if fraction > 0 { fraction + 1 } else { 0 };
    }
    let unit = &text[length..];
    let unit = &unit[..unit.find(|c| !is_word(c)).unwrap_or(unit.len())];
    if UNITS.contains(&unit) {
        return (TokenKind::Timespan, length + unit.len());
    }
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        if length > 0 && ends(length + 2) {
            return (TokenKind::Long, length + 2);
        }
    }
    if ends(whole) { (TokenKind::Long, whole) } else { (TokenKind::Word, word_length(text)) }
}

/// The length of `digits . digits exponent`; `1..` is a long and the start of a range.
fn real_length(text: &str, whole: usize) -> Option<usize> {
    let rest = &text[whole..];
    if rest.starts_with('.') && !rest.starts_with("..") {
        let fraction = whole + 1 + digits(&rest[1..]);
        return Some(fraction + exponent(&text[fraction..]).unwrap_or(0));
    }
    exponent(rest).map(|length| whole + length)
}

fn exponent(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(['e', 'E'])?;
    let signed = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let digits = digits(signed);
    (digits > 0).then(|| text.len() - signed.len() + digits)
}

/// The length of a string literal, if the text starts with one.
fn string(text: &str, start: usize) -> Result<Option<usize>, Error> {
    let unhidden = text.strip_prefix(['h', 'H']).unwrap_or(text);
    let plain = unhidden.strip_prefix('@').unwrap_or(unhidden);
    let verbatim = plain.len() < unhidden.len();
    let prefix = text.len() - plain.len();
    for fence in ["```", "~~~"] {
        if let Some(body) = plain.strip_prefix(fence) {
            let Some(end) = body.find(fence) else {
                return Err(Error::new(error::EXPECTED, format!("Expected: {fence}"), Span::at(start + text.len())));
            };
            return Ok(Some(prefix + end + 2 * fence.len()));
        }
    }
    let Some(quote) = plain.chars().next().filter(|&c| c == '"' || c == '\'') else { return Ok(None) };
    let mut characters = plain.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if !verbatim => {
                characters.next();
            }
            '\n' if !verbatim => break,
            c if c == quote => {
                if verbatim && characters.next_if(|&(_, next)| next == quote).is_some() {
                    continue;
                }
                return Ok(Some(prefix + at + 1));
            }
            _ => {}
        }
    }
    let end = start + prefix + plain.find('\n').unwrap_or(plain.len());
    Err(Error::new(error::EXPECTED, format!("Expected: {quote}"), Span::at(end))
        .hint(Some(format!("The string that starts at byte {start} has no closing {quote}."))))
}

/// The value of a string token.
///
/// # Errors
///
/// An escape that the language does not have.
pub(crate) fn string_value(text: &str, span: Span) -> Result<String, Error> {
    let unhidden = text.trim_start_matches(['h', 'H']);
    if let Some(verbatim) = unhidden.strip_prefix('@') {
        let quote = &verbatim[..1];
        return Ok(verbatim[1..verbatim.len() - 1].replace(&quote.repeat(2), quote));
    }
    if unhidden.starts_with("```") || unhidden.starts_with("~~~") {
        return Ok(unhidden[3..unhidden.len() - 3].to_owned());
    }
    let body = &unhidden[1..unhidden.len() - 1];
    if !body.contains('\\') {
        return Ok(body.to_owned());
    }
    unescape(body).ok_or_else(|| {
        Error::new(error::MALFORMED, "Malformed literal", span)
            .hint(Some("A backslash starts an escape; write it twice, or put @ before the string.".to_owned()))
    })
}

fn unescape(body: &str) -> Option<String> {
    let mut value = String::with_capacity(body.len());
    let mut characters = body.chars().peekable();
    // Code units of \u escapes that may be half of a surrogate pair.
    let mut high: Option<u32> = None;
    while let Some(c) = characters.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        let escaped = characters.next()?;
        if high.is_some() && escaped != 'u' {
            return None;
        }
        let plain = match escaped {
            '\\' | '"' | '\'' => escaped,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => char::from_u32(hex(&mut characters, 2)?)?,
            'u' => {
                let unit = hex(&mut characters, 4)?;
                match (high.take(), unit) {
                    (None, 0xD800..=0xDBFF) => {
                        high = Some(unit);
                        continue;
                    }
                    (Some(high), 0xDC00..=0xDFFF) => {
                        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00))?
                    }
                    _ => char::from_u32(unit)?,
                }
            }
            'U' => char::from_u32(hex(&mut characters, 8)?)?,
            '0'..='7' => {
                let mut code = escaped.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = characters.next_if(|c| c.is_digit(8)) else { break };
                    code = code * 8 + digit.to_digit(8)?;
                }
                char::from_u32(code)?
            }
            _ => return None,
        };
        value.push(plain);
    }
    Some(value)
}

fn hex(characters: &mut impl Iterator<Item = char>, digits: usize) -> Option<u32> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + characters.next()?.to_digit(16)?;
    }
    Some(code)
}

/// A name as a query can spell it: in brackets and quotes where it is no plain word.
pub(crate) fn quoted_name(name: &str) -> String {
    let plain = name.starts_with(is_word_start) && name.chars().skip(1).all(is_word);
    if plain { name.to_owned() } else { format!("[{}]", quoted(name)) }
}

/// A string literal of this value.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() && (c as u32) < 256 => text.push_str(&format!("\\x{:02x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
