//! What a JSON string is: a literal, an expression, or a literal with expressions in it.

use std::borrow::Cow;

use super::{Dialect, Expression, Kind, Step, SyntaxError, parse};
use crate::span::Span;

/// A string of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplateText<'a> {
    /// The string itself, unescaped.
    Literal(Cow<'a, str>),
    /// `[..]`; spans count from the bracket.
    Expression(Expression),
}

/// A part of a workflow's string.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<'a> {
    /// Text, unescaped.
    Literal(Cow<'a, str>),
    /// `@{..}`, which becomes text; spans count from the beginning of the string.
    Interpolated(Expression),
    /// `@..`, the whole string, which keeps its type; spans count from the `@`.
    Whole(Expression),
}

/// Reads a string of a template: an expression stands between `[` and `]`; a literal that would look like one doubles the
/// first bracket. A bracket at one end only is text.
/// Source: "Syntax and expressions in ARM templates", Escape characters; what the compiler emits for `'[test'` and `'[test]'`.
///
/// # Errors
/// A text between brackets that is no expression. Spans count from the first bracket.
pub fn template_text(text: &str) -> Result<TemplateText<'_>, SyntaxError> {
    let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Ok(TemplateText::Literal(Cow::Borrowed(text)));
    };
    if inside.starts_with('[') {
        return Ok(TemplateText::Literal(Cow::Borrowed(&text[1..])));
    }
    let parsed = parse(inside, Dialect::Template);
    parsed.map(|expression| TemplateText::Expression(moved(expression, 1))).map_err(|error| moved_error(error, 1))
}

/// Reads a string of a workflow definition: `@` at the beginning makes all of it an expression, `@{..}` anywhere an interpolated
/// one, and `@@` is the character itself where it stands at the beginning or before a brace.
/// Source: "Schema reference guide for the Workflow Definition Language", Expressions.
///
/// # Errors
/// What is no expression, and an interpolation without an end. Spans count from the beginning of the string.
pub fn workflow_text(text: &str) -> Result<Vec<Part<'_>>, SyntaxError> {
    if let Some(rest) = text.strip_prefix('@')
        && !rest.starts_with(['@', '{'])
    {
        let parsed = parse(rest, Dialect::Workflow);
        let parsed = parsed.map(|expression| vec![Part::Whole(moved(expression, 1))]);
        return parsed.map_err(|error| moved_error(error, 1));
    }
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("@@{") || at == 0 && rest.starts_with("@@") {
            literal.push('@');
            at += 2;
        } else if rest.starts_with("@{") {
            let end = at + 2 + end_of_interpolation(&text[at + 2..]).ok_or_else(|| unclosed(text, at))?;
            if !literal.is_empty() {
                parts.push(Part::Literal(Cow::Owned(std::mem::take(&mut literal))));
            }
            let parsed = parse(&text[at + 2..end], Dialect::Workflow).map_err(|error| moved_error(error, at + 2))?;
            parts.push(Part::Interpolated(moved(parsed, at + 2)));
            at = end + 1;
        } else {
            let next = rest.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(rest.len(), |(next, _)| next);
            literal.push_str(&rest[..next]);
            at += next;
        }
    }
    if !literal.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(Cow::Owned(literal)));
    }
    Ok(parts)
}

/// Where the brace stands that closes an interpolation, strings left out.
fn end_of_interpolation(rest: &str) -> Option<usize> {
    let mut quoted = false;
    rest.bytes().position(|byte| {
        quoted ^= byte == b'\'';
        byte == b'}' && !quoted
    })
}

fn unclosed(text: &str, at: usize) -> SyntaxError {
    SyntaxError {
        message: format!("The template language expression in '{text}' is not closed: expected '}}' after '@{{'."),
        span: Span::new(at, text.len()),
    }
}

fn moved_error(error: SyntaxError, by: usize) -> SyntaxError {
    SyntaxError { span: moved_span(error.span, by), ..error }
}

fn moved_span(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}

fn moved(mut expression: Expression, by: usize) -> Expression {
    expression.shift(by);
    expression
}

impl Expression {
    fn shift(&mut self, by: usize) {
        self.span = moved_span(self.span, by);
        match &mut self.kind {
            Kind::Text(_) | Kind::Integer(_) | Kind::Real(_) | Kind::Boolean(_) | Kind::Null => {}
            Kind::Call(call) => {
                call.name_span = moved_span(call.name_span, by);
                call.arguments.iter_mut().for_each(|argument| argument.shift(by));
            }
            Kind::Access { base, path } => {
                base.shift(by);
                for accessor in path {
                    accessor.span = moved_span(accessor.span, by);
                    if let Step::Index(index) = &mut accessor.step {
                        index.shift(by);
                    }
                }
            }
        }
    }
}
