//! The expression language that templates and workflow definitions share: its tree, with the place of every part in the text.
//!
//! A template writes `[concat('a', variables('b')[0].c)]`, a workflow `@concat('a', variables('b')[0].c)`; between the markers
//! the grammar is one. Leaves out the markers (`text`) and the meaning of functions.

mod lexer;
mod parser;
mod print;
mod text;

pub use parser::{MAX_DEPTH, parse};
pub use text::{Part, TemplateText, template_text, workflow_text};

use std::fmt;

use crate::span::Span;

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes of the text that was parsed.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `'it''s'`.
    Text(String),
    /// `42`, `-1`.
    Integer(i64),
    /// `1.5`, `2e3`.
    Real(f64),
    /// `true` and `false`; in workflows only, templates call `true()`.
    Boolean(bool),
    /// `null`; in workflows only, templates call `null()`.
    Null,
    /// `concat('a', 'b')`, `contoso.uniqueName('a')`.
    Call(Call),
    /// `base.name[0]`: what is taken from the result of a call.
    Access {
        /// What it is taken from.
        base: Box<Expression>,
        /// The properties and elements on the way, at least one.
        path: Vec<Accessor>,
    },
}

/// One step from a value into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accessor {
    /// Where to.
    pub step: Step,
    /// `base?.name`, `base?[index]`: null where there is no such property or element.
    pub safe: bool,
    /// Where it stands.
    pub span: Span,
}

/// Where an accessor leads.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`.
    Member(String),
    /// `[index]`: the number of an element, or the name of a property.
    Index(Expression),
}

/// A function called with arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The namespace of a function that the template defines.
    pub namespace: Option<String>,
    /// The function as written; the case of its letters does not matter.
    pub name: String,
    /// Where the name stands, the namespace included.
    pub name_span: Span,
    /// The arguments.
    pub arguments: Vec<Expression>,
}

/// Whose expressions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A Resource Manager template's.
    Template,
    /// A Logic Apps workflow definition's, which has `true`, `false` and `null` as words.
    Workflow,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// One sentence, as the service words it where that is known.
    pub message: String,
    /// The bytes of the parsed text that it is about.
    pub span: Span,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

impl Expression {
    /// Calls `visit` for this expression and for every one inside it, the outer before the inner.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            Kind::Text(_) | Kind::Integer(_) | Kind::Real(_) | Kind::Boolean(_) | Kind::Null => {}
            Kind::Call(call) => call.arguments.iter().for_each(|argument| argument.visit(visit)),
            Kind::Access { base, path } => {
                base.visit(visit);
                for accessor in path {
                    if let Step::Index(index) = &accessor.step {
                        index.visit(visit);
                    }
                }
            }
        }
    }
}
