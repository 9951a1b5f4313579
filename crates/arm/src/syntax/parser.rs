//! Tokens to a tree.

use super::lexer::{Lexer, Token};
use super::{Accessor, Call, Dialect, Expression, Kind, Step, SyntaxError};
use crate::span::Span;

/// How deep expressions may nest. Assumed: the service documents a limit on length only.
pub const MAX_DEPTH: usize = 256;

/// Parses the text between the markers: `concat('a', 'b')`, without `[` and `]` or `@`.
///
/// # Errors
/// The first place where the text is no expression.
pub fn parse(text: &str, dialect: Dialect) -> Result<Expression, SyntaxError> {
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    let mut parser = Parser { lexer, token, span, dialect };
    let expression = parser.expression(0)?;
    match parser.token {
        Token::EndOfData => Ok(expression),
        _ => Err(parser.expected("EndOfData")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    span: Span,
    dialect: Dialect,
}

impl<'a> Parser<'a> {
    fn expression(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        if depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        let span = self.span;
        let kind = match &self.token {
            Token::Text(text) => Kind::Text(text.clone().into_owned()),
            Token::Integer(digits) => match digits.parse() {
                Ok(value) => Kind::Integer(value),
                Err(_) => return Err(self.no_number(digits)),
            },
            Token::Real(digits) => match digits.parse::<f64>() {
                Ok(value) if value.is_finite() => Kind::Real(value),
                _ => return Err(self.no_number(digits)),
            },
            Token::Identifier(name) => return self.named(name, depth),
            _ => return Err(self.expected("Identifier")),
        };
        self.advance()?;
        Ok(Expression { kind, span })
    }

    /// What begins with an identifier: a call and what is taken from its result, or a word.
    fn named(&mut self, first: &'a str, depth: usize) -> Result<Expression, SyntaxError> {
        let start = self.span;
        self.advance()?;
        let call = match self.token {
            Token::LeftParenthesis => self.call(None, first, start, depth)?,
            Token::Dot => {
                self.advance()?;
                let (name, span) = self.identifier()?;
                if self.token != Token::LeftParenthesis {
                    return Err(self.expected("LeftParenthesis"));
                }
                self.call(Some(first), name, start.to(span), depth)?
            }
            _ => {
                return match self.word(first) {
                    Some(kind) => Ok(Expression { kind, span: start }),
                    None => Err(self.expected("LeftParenthesis")),
                };
            }
        };
        self.taken_from(call, depth)
    }

    fn word(&self, word: &str) -> Option<Kind> {
        match (self.dialect, word.to_ascii_lowercase().as_str()) {
            (Dialect::Workflow, "true") => Some(Kind::Boolean(true)),
            (Dialect::Workflow, "false") => Some(Kind::Boolean(false)),
            (Dialect::Workflow, "null") => Some(Kind::Null),
            _ => None,
        }
    }

    /// A call whose name was read, from its parenthesis on.
    fn call(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        name_span: Span,
        depth: usize,
    ) -> Result<Expression, SyntaxError> {
        self.advance()?;
        let mut arguments = Vec::new();
        if self.token != Token::RightParenthesis {
            loop {
                arguments.push(self.expression(depth + 1)?);
                match self.token {
                    Token::Comma => self.advance()?,
                    Token::RightParenthesis => break,
                    _ => return Err(self.expected("RightParenthesis")),
                }
            }
        }
        let span = name_span.to(self.span);
        self.advance()?;
        let call = Call { namespace: namespace.map(str::to_owned), name: name.to_owned(), name_span, arguments };
        Ok(Expression { kind: Kind::Call(call), span })
    }

    /// Properties and elements of what was read, as many as follow: `.a`, `?.a`, `.?a`, `[0]`, `?[0]`, `[?0]`.
    fn taken_from(&mut self, base: Expression, depth: usize) -> Result<Expression, SyntaxError> {
        let mut path = Vec::new();
        loop {
            let start = self.span;
            let mut safe = self.take(&Token::QuestionMark)?;
            let member = match self.token {
                Token::Dot => true,
                Token::LeftSquareBracket => false,
                _ if safe => return Err(self.expected("LeftSquareBracket")),
                _ => break,
            };
            self.advance()?;
            safe |= self.take(&Token::QuestionMark)?;
            let (step, end) = if member {
                let (name, span) = self.identifier()?;
                (Step::Member(name.to_owned()), span)
            } else {
                let index = self.expression(depth + 1)?;
                let end = self.span;
                if !self.take(&Token::RightSquareBracket)? {
                    return Err(self.expected("RightSquareBracket"));
                }
                (Step::Index(index), end)
            };
            path.push(Accessor { step, safe, span: start.to(end) });
        }
        let Some(last) = path.last() else {
            return Ok(base);
        };
        let span = base.span.to(last.span);
        Ok(Expression { kind: Kind::Access { base: Box::new(base), path }, span })
    }

    fn identifier(&mut self) -> Result<(&'a str, Span), SyntaxError> {
        let Token::Identifier(name) = self.token else {
            return Err(self.expected("Identifier"));
        };
        let span = self.span;
        self.advance()?;
        Ok((name, span))
    }

    /// Whether the next token is this one, which is then behind us.
    fn take(&mut self, token: &Token<'_>) -> Result<bool, SyntaxError> {
        let here = self.token == *token;
        if here {
            self.advance()?;
        }
        Ok(here)
    }

    fn advance(&mut self) -> Result<(), SyntaxError> {
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    fn expected(&self, expected: &str) -> SyntaxError {
        let text = self.lexer.text();
        let actual = self.token.name();
        let message =
            format!("Unable to parse language expression '{text}': expected token '{expected}' and actual '{actual}'.");
        SyntaxError { message, span: self.span }
    }

    fn no_number(&self, digits: &str) -> SyntaxError {
        let text = self.lexer.text();
        let message = format!("Unable to parse language expression '{text}': '{digits}' is not a number in range.");
        SyntaxError { message, span: self.span }
    }

    fn too_deep(&self) -> SyntaxError {
        let message = format!(
            "Unable to parse language expression: it nests deeper than {MAX_DEPTH} levels, which is the limit."
        );
        SyntaxError { message, span: self.span }
    }
}
