//! From tokens to the tree. This file has statements and what every rule needs; expressions and operators have their own.
//! The first thing that does not fit ends the parse with one precise diagnostic. Nesting is bounded, so no text can exhaust the stack.

mod expression;
mod graph;
mod json;
mod operator;

#[cfg(test)]
pub(crate) use operator::operator_names;

use super::expression::{Expr, ExprKind, Name};
use super::operator::{Declared, Parameter};
use super::{Function, FunctionParameter, LetValue, Query, Statement};
use crate::Type;
use crate::error::{self, Error};
use crate::lexer::{self, Token, TokenKind};
use crate::span::Span;

/// How deep rules may nest while parsing.
const DEEPEST: usize = 96;
/// How high an expression may grow, chains such as `a + b + c` included.
const HIGHEST: usize = 192;

/// The tree of a query.
///
/// # Errors
///
/// What the text has where the language wants something else, with the vendor's code for it; a construct that is refused by name.
pub fn parse(text: &str) -> Result<Query, Error> {
    crate::stack::on_own_stack(|| parse_here(text))
}

/// `parse` on the caller's stack.
pub(crate) fn parse_here(text: &str) -> Result<Query, Error> {
    let tokens = lexer::tokens(text)?;
    Parser { text, tokens, at: 0, depth: 0, height: 0, peak: 0, in_search: false }.query()
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// How many rules are open.
    depth: usize,
    /// How high the expression parsed last is.
    height: usize,
    /// The highest expression since the innermost pipeline began.
    peak: usize,
    /// Whether `name:"term"` is an operator here.
    in_search: bool,
}

type Parsed<T> = Result<T, Error>;

/// Statements.
impl Parser<'_> {
    fn query(mut self) -> Parsed<Query> {
        let mut statements = Vec::new();
        loop {
            while self.eat(";") {}
            if self.peek() == TokenKind::End {
                break;
            }
            statements.push(self.statement()?);
            if self.peek() != TokenKind::End && !self.is(";") {
                return Err(self.expected(";"));
            }
        }
        if statements.is_empty() {
            return Err(Error::new(error::MISSING, "Missing expression", Span::at(self.text.len()))
                .hint(Some("The query is empty.".to_owned())));
        }
        Ok(Query { statements })
    }

    fn statement(&mut self) -> Parsed<Statement> {
        match self.word_text() {
            Some("let") => self.let_statement(),
            Some("set") if self.word_at(1).is_some() => {
                self.advance();
                let name = self.name()?;
                let value = if self.eat("=") { Some(self.parameter_value()?) } else { None };
                Ok(Statement::Set { name, value })
            }
            Some("declare") if self.word_at(1) == Some("query_parameters") => {
                self.advance();
                self.advance();
                Ok(Statement::QueryParameters(self.schema()?))
            }
            Some(word @ ("declare" | "alias" | "restrict")) if self.word_at(1).is_some() => {
                let what = format!("The statement '{word}'");
                Err(Error::unsupported(what, self.span()))
            }
            _ => Ok(Statement::Query(self.pipeline()?)),
        }
    }

    fn let_statement(&mut self) -> Parsed<Statement> {
        self.advance();
        let name = self.name()?;
        self.expect("=")?;
        let view = self.word_text() == Some("view") && self.mark_at(1) == Some("(");
        if view {
            self.advance();
        }
        let value = if view || self.starts_function() {
            LetValue::Function(self.nested(|parser| parser.function(view))?)
        } else {
            LetValue::Expr(self.pipeline()?)
        };
        Ok(Statement::Let { name, value })
    }

    /// Whether `(...)` here declares parameters: `() {`, `(name: ...`.
    fn starts_function(&self) -> bool {
        self.is("(")
            && match self.kind_at(1) {
                TokenKind::Mark(")") => self.mark_at(2) == Some("{"),
                TokenKind::Word => self.mark_at(2) == Some(":"),
                TokenKind::Mark("[") => self.mark_at(3) == Some("]") && self.mark_at(4) == Some(":"),
                _ => false,
            }
    }

    fn function(&mut self, view: bool) -> Parsed<Function> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.is(")") {
            let name = self.name()?;
            self.expect(":")?;
            parameters.push(if self.is("(") {
                FunctionParameter::Table { name, columns: self.schema()? }
            } else {
                let ty = self.type_name()?;
                let default = if self.eat("=") { Some(self.expression()?) } else { None };
                FunctionParameter::Scalar(Declared { name, ty, default })
            });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        self.expect("{")?;
        let mut body = Vec::new();
        loop {
            while self.eat(";") {}
            if self.is("}") {
                break;
            }
            body.push(self.statement()?);
            if !self.is(";") && !self.is("}") {
                return Err(self.expected("}"));
            }
        }
        self.expect("}")?;
        Ok(Function { parameters, body, view })
    }

    /// `(name: type, ...)`; `(*)` is empty.
    fn schema(&mut self) -> Parsed<Vec<Declared>> {
        self.expect("(")?;
        if self.eat("*") {
            self.expect(")")?;
            return Ok(Vec::new());
        }
        self.declared()
    }

    /// The rest of a schema after its parenthesis.
    fn declared(&mut self) -> Parsed<Vec<Declared>> {
        let mut columns = Vec::new();
        while !self.is(")") {
            let name = self.name()?;
            self.expect(":")?;
            let ty = self.type_name()?;
            let default = if self.eat("=") { Some(self.expression()?) } else { None };
            columns.push(Declared { name, ty, default });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(columns)
    }
}

/// Tokens.
impl<'a> Parser<'a> {
    fn token(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + ahead).min(last)]
    }

    fn peek(&self) -> TokenKind {
        self.token(0).kind
    }

    fn kind_at(&self, ahead: usize) -> TokenKind {
        self.token(ahead).kind
    }

    fn span(&self) -> Span {
        self.token(0).span
    }

    /// Where the token before this one ended.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].span.end as usize)
    }

    fn since(&self, start: Span) -> Span {
        Span::new(start.start as usize, self.end())
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn text_of(&self, token: Token) -> &'a str {
        &self.text[token.span.range()]
    }

    fn mark_at(&self, ahead: usize) -> Option<&'static str> {
        match self.kind_at(ahead) {
            TokenKind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    fn word_at(&self, ahead: usize) -> Option<&'a str> {
        let token = self.token(ahead);
        (token.kind == TokenKind::Word).then(|| self.text_of(token))
    }

    fn word_text(&self) -> Option<&'a str> {
        self.word_at(0)
    }

    fn is(&self, mark: &str) -> bool {
        self.mark_at(0) == Some(mark)
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        if found {
            self.advance();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word_text() == Some(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, mark: &str) -> Parsed<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.expected(mark)) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    fn expected(&self, what: &str) -> Error {
        Error::new(error::EXPECTED, format!("Expected: {what}"), self.span())
    }

    fn missing(&self, what: &str) -> Error {
        let error = Error::new(error::MISSING, format!("Missing {what}"), self.span());
        match self.word_text() {
            Some(word) => {
                error.hint(Some(format!("If the keyword '{word}' is meant as a name, write it as ['{word}'].")))
            }
            None => error,
        }
    }

    /// Runs a rule that may contain itself.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let parsed = rule(self);
        self.depth -= 1;
        parsed
    }

    /// Notes the height of an expression over children of this height.
    fn grow(&mut self, children: usize) -> Parsed<()> {
        self.height = children + 1;
        self.peak = self.peak.max(self.height);
        if self.height > HIGHEST { Err(self.too_deep()) } else { Ok(()) }
    }

    fn too_deep(&self) -> Error {
        let message =
            format!("The query nests deeper than {DEEPEST} levels (or chains more than {HIGHEST} operations).");
        Error::new(error::TOO_DEEP, message, self.span())
    }
}

/// Names, types, parameters.
impl Parser<'_> {
    /// How many tokens a name takes here: a word, or `['...']`.
    fn name_length(&self, ahead: usize) -> Option<usize> {
        match self.kind_at(ahead) {
            TokenKind::Word => Some(1),
            TokenKind::Mark("[")
                if self.kind_at(ahead + 1) == TokenKind::String && self.mark_at(ahead + 2) == Some("]") =>
            {
                Some(3)
            }
            _ => None,
        }
    }

    fn name(&mut self) -> Parsed<Name> {
        let start = self.span();
        match self.name_length(0) {
            Some(1) => {
                let name = Name::new(self.text_of(self.token(0)), start);
                self.advance();
                Ok(name)
            }
            Some(_) => {
                self.advance();
                let text = lexer::string_value(self.text_of(self.token(0)), self.span())?;
                self.advance();
                self.advance();
                Ok(Name::new(text, self.since(start)))
            }
            None => Err(self.missing("name")),
        }
    }

    /// A name that may be hyphenated or dotted where no operator can stand: `hint.strategy`, `granny-asc`.
    fn joined_name(&mut self, joints: &[&str]) -> Parsed<Name> {
        let first = self.name()?;
        let mut span = first.span;
        while self.mark_at(0).is_some_and(|mark| joints.contains(&mark))
            && self.span().start == span.end
            && self.word_at(1).is_some()
        {
            self.advance();
            span = span.to(self.span());
            self.advance();
        }
        if span == first.span { Ok(first) } else { Ok(Name::new(&self.text[span.range()], span)) }
    }

    fn type_name(&mut self) -> Parsed<Type> {
        let ty = self.word_text().and_then(Type::named);
        let Some(ty) = ty else {
            let error = Error::new(error::MISSING, "Missing type", self.span());
            let names = Type::ALL.map(Type::name).join(", ");
            return Err(error.hint(Some(format!("The types are {names}."))));
        };
        self.advance();
        Ok(ty)
    }

    /// `name = value` pairs as far as they go: names of `allowed`, and hints.
    fn parameters(&mut self, allowed: &[&str]) -> Parsed<Vec<Parameter>> {
        let mut parameters = Vec::new();
        while let Some(word) = self.word_text() {
            let hint = word == "hint" && self.mark_at(1) == Some(".");
            if !(hint || allowed.contains(&word) && self.mark_at(1) == Some("=")) {
                break;
            }
            parameters.push(self.parameter()?);
        }
        Ok(parameters)
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        let name = self.joined_name(&["."])?;
        self.expect("=")?;
        Ok(Parameter { name, value: self.parameter_value()? })
    }

    /// A literal, a name, or a list of names.
    fn parameter_value(&mut self) -> Parsed<Expr> {
        if self.word_text().is_some() && !self.starts_literal_word() {
            let name = self.name()?;
            let span = name.span;
            return Ok(Expr::new(ExprKind::Name(name), span));
        }
        self.literal()?.ok_or_else(|| self.missing("value"))
    }
}
