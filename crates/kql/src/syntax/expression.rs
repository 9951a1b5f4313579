//! Expressions. A pipeline is an expression too: the language lets a table stand wherever a value does, and the binder tells them apart.

use std::fmt;

use super::operator::{Declared, Operator};
use crate::Type;
use crate::span::Span;

/// A name as a query spells it.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name itself, without brackets or quotes.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// An expression and where it stands.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression says.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `dynamic(...)`
    Dynamic(Json),
    /// `typeof(type)`
    TypeOf(Type),
    /// `typeof(name: type, ...)`: a schema literal.
    Schema(Vec<Declared>),
    /// A name: a column, a table, a variable.
    Name(Name),
    /// `*`
    Star,
    /// A call.
    Call(Call),
    /// `base.name`
    Member(Box<Expr>, Name),
    /// `base.call(...)`, as in `database("x").table("y")`
    MemberCall(Box<Expr>, Call),
    /// `base[index]`
    Element(Box<Expr>, Box<Expr>),
    /// `-operand`
    Negate(Box<Expr>),
    /// `+operand`
    Plus(Box<Expr>),
    /// `left op right`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// Two or more joined by `and`.
    And(Vec<Expr>),
    /// Two or more joined by `or`.
    Or(Vec<Expr>),
    /// `operand in (list)` and its kin.
    List(ListOp, Box<Expr>, Vec<Expr>),
    /// `operand between (low .. high)`
    Between {
        /// `!between`
        negated: bool,
        /// What is compared.
        operand: Box<Expr>,
        /// The lower bound.
        low: Box<Expr>,
        /// The upper bound.
        high: Box<Expr>,
    },
    /// `(operand)`, kept because a name in parentheses gives a column no name.
    Parenthesized(Box<Expr>),
    /// `source | operator | ...`; without a source where an operator such as `union` or `print` starts it.
    Pipeline {
        /// Where the rows come from.
        source: Option<Box<Expr>>,
        /// What is done with them, in order.
        operators: Vec<Operator>,
    },
    /// `datatable (name: type, ...) [value, ...]`
    Datatable {
        /// The columns.
        columns: Vec<Declared>,
        /// The values, row after row.
        values: Vec<Expr>,
    },
    /// `externaldata (name: type, ...) [uri, ...] with (...)`
    ExternalData {
        /// The columns.
        columns: Vec<Declared>,
        /// Where the data would come from.
        sources: Vec<Expr>,
    },
}

/// A call by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Argument>,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// `name = value`
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// A literal as written; numbers out of range and malformed text are the binder's to refuse.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `42`, `0x2A`
    Long(i64),
    /// `4.2`
    Real(f64),
    /// `1d`, `2.5h`: the text.
    Timespan(String),
    /// A string, its escapes resolved and its neighbours joined.
    String(String),
    /// `datetime(...)`, `guid(...)`, `int(...)`, ...: the type and the text between the parentheses.
    Typed(Type, String),
}

/// A value inside `dynamic(...)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// A literal of the language.
    Literal(Literal),
    /// `[...]`
    Array(Vec<Json>),
    /// `{...}`
    Bag(Vec<(String, Json)>),
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`, `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// An operator on strings, and whether it is negated.
    String(StringOp, bool),
}

/// An operator between two strings. `Cs` means that case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringOp {
    /// `=~`: equal but for case; negated it is `!~`.
    EqualIgnoringCase,
    /// `has`
    Has,
    /// `has_cs`
    HasCs,
    /// `hasprefix`
    HasPrefix,
    /// `hasprefix_cs`
    HasPrefixCs,
    /// `hassuffix`
    HasSuffix,
    /// `hassuffix_cs`
    HasSuffixCs,
    /// `contains`
    Contains,
    /// `contains_cs`, `containscs`
    ContainsCs,
    /// `startswith`
    StartsWith,
    /// `startswith_cs`
    StartsWithCs,
    /// `endswith`
    EndsWith,
    /// `endswith_cs`
    EndsWithCs,
    /// `like`: the old pattern match with `*` as the wildcard; negated it is `notlike`.
    Like,
    /// `likecs`
    LikeCs,
    /// `matches regex`
    MatchesRegex,
}

/// An operator between a value and a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListOp {
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `in~`
    InIgnoringCase,
    /// `!in~`
    NotInIgnoringCase,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}

impl Name {
    /// A name at a place.
    pub fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The expression inside any parentheses around it.
    pub fn inner(&self) -> &Self {
        let mut expr = self;
        while let ExprKind::Parenthesized(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl StringOp {
    /// Every operator and its spellings: as it is, negated, and old ones. The first of each is the one that is printed.
    pub(crate) const SPELLINGS: [(Self, &'static [&'static str], &'static [&'static str]); 16] = [
        (Self::EqualIgnoringCase, &["=~"], &["!~"]),
        (Self::Has, &["has"], &["!has", "nothas"]),
        (Self::HasCs, &["has_cs"], &["!has_cs"]),
        (Self::HasPrefix, &["hasprefix"], &["!hasprefix"]),
        (Self::HasPrefixCs, &["hasprefix_cs"], &["!hasprefix_cs"]),
        (Self::HasSuffix, &["hassuffix"], &["!hassuffix"]),
        (Self::HasSuffixCs, &["hassuffix_cs"], &["!hassuffix_cs"]),
        (Self::Contains, &["contains"], &["!contains", "notcontains"]),
        (Self::ContainsCs, &["contains_cs", "containscs"], &["!contains_cs", "!containscs", "notcontainscs"]),
        (Self::StartsWith, &["startswith"], &["!startswith"]),
        (Self::StartsWithCs, &["startswith_cs"], &["!startswith_cs"]),
        (Self::EndsWith, &["endswith"], &["!endswith"]),
        (Self::EndsWithCs, &["endswith_cs"], &["!endswith_cs"]),
        (Self::Like, &["like"], &["notlike"]),
        (Self::LikeCs, &["likecs"], &["notlikecs"]),
        (Self::MatchesRegex, &["matches regex"], &[]),
    ];
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::String(op, negated) => {
                let (_, plain, not) = StringOp::SPELLINGS[*op as usize];
                if *negated { not.first().copied().unwrap_or("!matches regex") } else { plain[0] }
            }
        })
    }
}

impl fmt::Display for ListOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "in",
            Self::NotIn => "!in",
            Self::InIgnoringCase => "in~",
            Self::NotInIgnoringCase => "!in~",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
        })
    }
}
