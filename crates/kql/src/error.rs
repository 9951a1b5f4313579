//! What is wrong with a query, or with running it, in a form that a terminal, a console or a service's envelope can show.

use std::fmt;
use std::ops::Range;

use crate::span::Span;

/// Why a query gives no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The service's code: `SYN0002`, `SEM0100`, ...; assumed where the service's documents do not show it.
    pub code: &'static str,
    /// The code of the vendor's language service for the same finding: `KS142`, ...; empty where it has none.
    pub rule: &'static str,
    /// What the caller can do about it.
    pub kind: Kind,
    /// One sentence: what was found, and what would work.
    pub message: String,
    /// The bytes of the query that it is about.
    pub span: Option<Range<usize>>,
    /// A suggestion: the nearest name, another spelling.
    pub hint: Option<String>,
}

/// What the caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The text is not a query: rewrite it.
    Syntax,
    /// It is one, but names or types do not fit: rewrite it or load the table it asks for.
    Semantic,
    /// The language has it, this engine does not: nothing wrong with the query.
    Unsupported,
    /// It asks for more than the limits allow: ask for less, or raise them.
    Limit,
    /// It failed over these very rows.
    Runtime,
}

/// A kind of finding and its codes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub code: &'static str,
    pub rule: &'static str,
    pub kind: Kind,
}

impl Error {
    pub(crate) fn new(rule: Rule, message: impl Into<String>, span: Span) -> Self {
        Self {
            code: rule.code,
            rule: rule.rule,
            kind: rule.kind,
            message: message.into(),
            span: Some(span.range()),
            hint: None,
        }
    }

    /// Something that the language has and this engine does not.
    pub(crate) fn unsupported(what: impl fmt::Display, span: Span) -> Self {
        Self::new(UNSUPPORTED, format!("{what} is not supported by this engine."), span)
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

const fn syntax(rule: &'static str) -> Rule {
    Rule { code: "SYN0002", rule, kind: Kind::Syntax }
}

const fn semantic(code: &'static str, rule: &'static str) -> Rule {
    Rule { code, rule, kind: Kind::Semantic }
}

// Codes of the language service as its published package gives them; of the service as its error texts show them.
pub(crate) const UNEXPECTED: Rule = syntax("KS002");
pub(crate) const MALFORMED: Rule = syntax("KS004");
pub(crate) const EXPECTED: Rule = syntax("KS005");
pub(crate) const MISSING: Rule = syntax("KS006");
pub(crate) const OPERATOR_EXPECTED: Rule = syntax("KS176");
pub(crate) const TOO_LONG: Rule = Rule { code: "SYN0002", rule: "KS244", kind: Kind::Limit };
pub(crate) const TOO_DEEP: Rule = Rule { code: "SYN0002", rule: "KS245", kind: Kind::Limit };
pub(crate) const UNSUPPORTED: Rule = Rule { code: "SEM0001", rule: "", kind: Kind::Unsupported };

pub(crate) const PATTERN_NAME: Rule = semantic("SEM0100", "KS101");
pub(crate) const PATTERN_TEXT: Rule = semantic("SEM0100", "KS102");
pub(crate) const PATTERN_STAR: Rule = semantic("SEM0100", "KS103");
pub(crate) const OPERANDS: Rule = semantic("SEM0064", "KS106");
pub(crate) const VALUE_OF_TYPE: Rule = semantic("SEM0219", "KS107");
pub(crate) const SCALAR_EXPECTED: Rule = semantic("SEM0100", "KS108");
pub(crate) const COLUMN_EXPECTED: Rule = semantic("SEM0100", "KS109");
pub(crate) const RENAME: Rule = semantic("SEM0100", "KS110");
pub(crate) const TABULAR_EXPECTED: Rule = semantic("SEM0100", "KS111");
pub(crate) const GRAPH_EXPECTED: Rule = semantic("SEM0100", "KS218");
pub(crate) const ONE_COLUMN: Rule = semantic("SEM0100", "KS113");
pub(crate) const DYNAMIC_HERE: Rule = semantic("SEM0100", "KS116");
pub(crate) const NOT_SERIALIZED: Rule = semantic("SEM0100", "");
pub(crate) const ARGUMENT_COUNT: Rule = semantic("SEM0219", "KS119");
pub(crate) const ARGUMENT_RANGE: Rule = semantic("SEM0219", "KS120");
pub(crate) const NO_FUNCTION: Rule = semantic("SEM0260", "KS128");
pub(crate) const CONSTANT: Rule = semantic("SEM0100", "KS129");
pub(crate) const INTEGER: Rule = semantic("SEM0100", "KS134");
pub(crate) const ONE_VALUE: Rule = semantic("SEM0100", "KS149");
pub(crate) const NAME_WITHOUT_VALUE: Rule = semantic("SEM0100", "KS150");
pub(crate) const ONE_OF: Rule = semantic("SEM0100", "KS140");
pub(crate) const REGEX: Rule = semantic("SEM0420", "");
pub(crate) const TYPE: Rule = semantic("SEM0100", "KS141");
pub(crate) const UNKNOWN_NAME: Rule = semantic("SEM0100", "KS142");
pub(crate) const AGGREGATE_HERE: Rule = semantic("SEM0100", "KS144");
pub(crate) const BOTH_SIDES: Rule = semantic("SEM0100", "KS145");
pub(crate) const ELEMENT_ACCESS: Rule = semantic("SEM0100", "KS147");
pub(crate) const DECLARED_TWICE: Rule = semantic("SEM0100", "KS171");
pub(crate) const JOIN_CONDITION: Rule = semantic("SEM0100", "KS182");
pub(crate) const JOIN_OPERAND: Rule = semantic("SEM0100", "KS183");
pub(crate) const DATATABLE: Rule = semantic("SEM0100", "KS185");
pub(crate) const STAR: Rule = semantic("SEM0100", "KS191");
pub(crate) const NAMED_ARGUMENT: Rule = semantic("SEM0100", "KS193");
pub(crate) const MISSING_ARGUMENT: Rule = semantic("SEM0219", "KS197");
pub(crate) const VARIABLE_TWICE: Rule = semantic("SEM0100", "KS201");
pub(crate) const UNKNOWN_TABLE: Rule = semantic("SEM0100", "KS204");
pub(crate) const UNKNOWN_FUNCTION: Rule = semantic("SEM0260", "KS211");
pub(crate) const NO_COMMON_TYPE: Rule = semantic("SEM0100", "KS232");
pub(crate) const NO_AGGREGATE: Rule = semantic("SEM0100", "KS236");
pub(crate) const DYNAMIC_KEY: Rule = semantic("SEM0100", "KS241");
pub(crate) const KEY_TYPES: Rule = semantic("SEM0100", "KS242");
pub(crate) const TABLE_COLUMNS: Rule = semantic("SEM0100", "KS249");
