//! Text to tokens.
//!
//! What an identifier may hold is taken from the published source of the vendor's designer, whose scanner is the twin of the
//! service's: everything but white space and `. , ( ) [ ] { } @ ? '`.

use std::borrow::Cow;

use super::SyntaxError;
use crate::span::Span;

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Dot,
    Comma,
    LeftParenthesis,
    RightParenthesis,
    LeftSquareBracket,
    RightSquareBracket,
    QuestionMark,
    Text(Cow<'a, str>),
    Integer(&'a str),
    Real(&'a str),
    Identifier(&'a str),
    EndOfData,
}

impl Token<'_> {
    /// The name that the service's messages give it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Dot => "Dot",
            Self::Comma => "Comma",
            Self::LeftParenthesis => "LeftParenthesis",
            Self::RightParenthesis => "RightParenthesis",
            Self::LeftSquareBracket => "LeftSquareBracket",
            Self::RightSquareBracket => "RightSquareBracket",
            Self::QuestionMark => "QuestionMark",
            Self::Text(_) => "StringLiteral",
            Self::Integer(_) => "IntegerLiteral",
            Self::Real(_) => "FloatLiteral",
            Self::Identifier(_) => "Identifier",
            Self::EndOfData => "EndOfData",
        }
    }
}

/// Reads one token after the other.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The next token and its place; `EndOfData` at the end, however often it is asked.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Span), SyntaxError> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return Ok((Token::EndOfData, Span::new(self.at, self.at)));
        };
        let (token, length) = match first {
            '.' => (Token::Dot, 1),
            ',' => (Token::Comma, 1),
            '(' => (Token::LeftParenthesis, 1),
            ')' => (Token::RightParenthesis, 1),
            '[' => (Token::LeftSquareBracket, 1),
            ']' => (Token::RightSquareBracket, 1),
            '?' => (Token::QuestionMark, 1),
            '\'' => self.quoted(rest)?,
            '+' | '-' | '0'..='9' => number(rest),
            c if in_identifier(c) => {
                let length = rest.find(|c| !in_identifier(c)).unwrap_or(rest.len());
                (Token::Identifier(&rest[..length]), length)
            }
            c => return Err(self.unexpected(c)),
        };
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Ok((token, span))
    }

    /// A string and its length with quotes; a quote inside it is doubled.
    fn quoted(&self, rest: &'a str) -> Result<(Token<'a>, usize), SyntaxError> {
        let mut end = 1;
        loop {
            let Some(quote) = rest[end..].find('\'') else {
                return Err(self.unterminated(rest));
            };
            end += quote + 1;
            if !rest[end..].starts_with('\'') {
                break;
            }
            end += 1;
        }
        let inside = &rest[1..end - 1];
        let text = if inside.contains('\'') { Cow::Owned(inside.replace("''", "'")) } else { Cow::Borrowed(inside) };
        Ok((Token::Text(text), end))
    }

    fn unexpected(&self, found: char) -> SyntaxError {
        SyntaxError {
            message: format!(
                "The language expression '{}' is not valid: the string character '{found}' at position '{}' is not expected.",
                self.text,
                self.text[..self.at].encode_utf16().count()
            ),
            span: Span::new(self.at, self.at + found.len_utf8()),
        }
    }

    /// The wording is assumed.
    fn unterminated(&self, rest: &str) -> SyntaxError {
        SyntaxError {
            message: format!(
                "The language expression '{}' is not valid: the string literal at position '{}' is not terminated.",
                self.text,
                self.text[..self.at].encode_utf16().count()
            ),
            span: Span::new(self.at, self.at + rest.len()),
        }
    }
}

/// A number and its length: an optional sign, digits, and a fraction or an exponent where there is one.
fn number(rest: &str) -> (Token<'_>, usize) {
    let digits = |from: usize| from + rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(usize::from(rest.starts_with(['+', '-'])));
    let mut end = whole;
    if rest[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let token = if end == whole { Token::Integer(&rest[..end]) } else { Token::Real(&rest[..end]) };
    (token, end)
}

pub(super) fn in_identifier(c: char) -> bool {
    !c.is_whitespace() && !".,()[]{}@?'".contains(c)
}
