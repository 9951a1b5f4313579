//! Expressions, one rule for each level of precedence, the loosest first.

use super::{Parsed, Parser};
use crate::Type;
use crate::error::{self, Error};
use crate::lexer::{self, TokenKind};
use crate::span::Span;
use crate::syntax::{Argument, BinaryOp, Call, Expr, ExprKind, ListOp, Literal, Name, StringOp};

/// Words that join what stands on both sides, so that they start no expression unless in brackets.
const INFIX: [&str; 13] = [
    "and",
    "or",
    "by",
    "in",
    "between",
    "has",
    "has_any",
    "has_all",
    "contains",
    "startswith",
    "endswith",
    "matches",
    "like",
];

impl Parser<'_> {
    /// An expression that is no pipeline.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::or)
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.joined("or", Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> Parsed<Expr> {
        self.joined("and", Self::equality, ExprKind::And)
    }

    fn joined(
        &mut self,
        word: &str,
        rule: fn(&mut Self) -> Parsed<Expr>,
        join: fn(Vec<Expr>) -> ExprKind,
    ) -> Parsed<Expr> {
        let start = self.span();
        let first = rule(self)?;
        if self.word_text() != Some(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        let mut height = self.height;
        while self.eat_word(word) {
            operands.push(rule(self)?);
            height = height.max(self.height);
        }
        self.grow(height)?;
        Ok(Expr::new(join(operands), self.since(start)))
    }

    fn equality(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let left = self.relational()?;
        let height = self.height;
        let binary = match self.peek() {
            TokenKind::Mark("==") => Some(BinaryOp::Equal),
            TokenKind::Mark("!=" | "<>") => Some(BinaryOp::NotEqual),
            TokenKind::Mark(":") if self.in_search => Some(BinaryOp::String(StringOp::Has, false)),
            _ => None,
        };
        if let Some(op) = binary {
            self.advance();
            let right = self.relational()?;
            self.grow(height.max(self.height))?;
            return Ok(Expr::new(ExprKind::Binary(op, Box::new(left), Box::new(right)), self.since(start)));
        }
        if let Some((op, tokens)) = self.list_op() {
            self.at += tokens;
            return self.list_operation(op, left, start, height);
        }
        let negated = self.is("!");
        if self.word_at(usize::from(negated)) == Some("between") {
            self.at += 1 + usize::from(negated);
            return self.between(negated, left, start, height);
        }
        Ok(left)
    }

    /// The list operator here, and how many tokens it takes.
    fn list_op(&self) -> Option<(ListOp, usize)> {
        let negated = self.is("!");
        let word = self.word_at(usize::from(negated))?;
        let length = 1 + usize::from(negated);
        let loose = self.mark_at(length) == Some("~");
        Some(match (word, negated, loose) {
            ("in", false, false) => (ListOp::In, length),
            ("in", false, true) => (ListOp::InIgnoringCase, length + 1),
            ("in", true, false) => (ListOp::NotIn, length),
            ("in", true, true) => (ListOp::NotInIgnoringCase, length + 1),
            ("has_any", false, _) => (ListOp::HasAny, length),
            ("has_all", false, _) => (ListOp::HasAll, length),
            _ => return None,
        })
        .filter(|_| word != "in" || self.word_at(length) != Some("range"))
    }

    fn list_operation(&mut self, op: ListOp, operand: Expr, start: Span, mut height: usize) -> Parsed<Expr> {
        self.expect("(")?;
        let mut items = Vec::new();
        while !self.is(")") {
            items.push(self.pipeline()?);
            height = height.max(self.height);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        self.grow(height)?;
        Ok(Expr::new(ExprKind::List(op, Box::new(operand), items), self.since(start)))
    }

    fn between(&mut self, negated: bool, operand: Expr, start: Span, height: usize) -> Parsed<Expr> {
        self.expect("(")?;
        let low = self.expression()?;
        let height = height.max(self.height);
        self.expect("..")?;
        let high = self.expression()?;
        self.expect(")")?;
        self.grow(height.max(self.height))?;
        let kind = ExprKind::Between { negated, operand: Box::new(operand), low: Box::new(low), high: Box::new(high) };
        Ok(Expr::new(kind, self.since(start)))
    }

    fn relational(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let left = self.additive()?;
        let height = self.height;
        let op = match self.mark_at(0) {
            Some("<") => BinaryOp::Less,
            Some("<=") => BinaryOp::LessOrEqual,
            Some(">") => BinaryOp::Greater,
            Some(">=") => BinaryOp::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.advance();
        let right = self.additive()?;
        self.grow(height.max(self.height))?;
        Ok(Expr::new(ExprKind::Binary(op, Box::new(left), Box::new(right)), self.since(start)))
    }

    fn additive(&mut self) -> Parsed<Expr> {
        self.chain(Self::multiplicative, |mark| match mark {
            "+" => Some(BinaryOp::Add),
            "-" => Some(BinaryOp::Subtract),
            _ => None,
        })
    }

    fn multiplicative(&mut self) -> Parsed<Expr> {
        self.chain(Self::string_operation, |mark| match mark {
            "*" => Some(BinaryOp::Multiply),
            "/" => Some(BinaryOp::Divide),
            "%" => Some(BinaryOp::Modulo),
            _ => None,
        })
    }

    fn chain(&mut self, rule: fn(&mut Self) -> Parsed<Expr>, op: fn(&str) -> Option<BinaryOp>) -> Parsed<Expr> {
        let start = self.span();
        let mut left = rule(self)?;
        while let Some(op) = self.mark_at(0).and_then(op) {
            let height = self.height;
            self.advance();
            let right = rule(self)?;
            self.grow(height.max(self.height))?;
            left = Expr::new(ExprKind::Binary(op, Box::new(left), Box::new(right)), self.since(start));
        }
        Ok(left)
    }

    fn string_operation(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let left = self.unary()?;
        let Some((op, tokens)) = self.string_op() else { return Ok(left) };
        let height = self.height;
        self.at += tokens;
        let right = self.unary()?;
        self.grow(height.max(self.height))?;
        Ok(Expr::new(ExprKind::Binary(op, Box::new(left), Box::new(right)), self.since(start)))
    }

    /// The string operator here, and how many tokens it takes.
    fn string_op(&self) -> Option<(BinaryOp, usize)> {
        let negated = self.is("!");
        let (spelling, tokens) = match self.kind_at(usize::from(negated)) {
            TokenKind::Mark(mark @ ("=~" | "!~")) if !negated => (mark.to_owned(), 1),
            TokenKind::Word if !negated && self.word_text() == Some("matches") && self.word_at(1) == Some("regex") => {
                ("matches regex".to_owned(), 2)
            }
            TokenKind::Word => {
                let word = self.word_at(usize::from(negated))?;
                if negated { (format!("!{word}"), 2) } else { (word.to_owned(), 1) }
            }
            _ => return None,
        };
        StringOp::SPELLINGS.iter().find_map(|(op, plain, not)| {
            let spelled = |spellings: &[&str]| spellings.contains(&spelling.as_str());
            (spelled(plain) || spelled(not)).then(|| (BinaryOp::String(*op, spelled(not)), tokens))
        })
    }

    pub(super) fn unary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let sign: fn(Box<Expr>) -> ExprKind = match self.mark_at(0) {
            Some("-") => ExprKind::Negate,
            Some("+") => ExprKind::Plus,
            _ => return self.postfix(),
        };
        self.advance();
        let operand = self.postfix()?;
        self.grow(self.height)?;
        Ok(Expr::new(sign(Box::new(operand)), self.since(start)))
    }

    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut base = self.primary()?;
        loop {
            let height = self.height;
            if self.is("[") {
                let index = self.bracketed()?;
                self.grow(height.max(self.height))?;
                base = Expr::new(ExprKind::Element(Box::new(base), Box::new(index)), self.since(start));
            } else if self.is(".") && !matches!(base.kind, ExprKind::Literal(Literal::Long(_) | Literal::Real(_))) {
                self.advance();
                base = self.selected(base, start, height)?;
            } else {
                return Ok(base);
            }
        }
    }

    /// What follows the dot of a path.
    fn selected(&mut self, base: Expr, start: Span, height: usize) -> Parsed<Expr> {
        let base = Box::new(base);
        let kind = if self.is("[") && self.name_length(0).is_none() {
            let index = self.bracketed()?;
            ExprKind::Element(base, Box::new(index))
        } else if self.word_text().is_some() && self.mark_at(1) == Some("(") {
            let name = self.name()?;
            ExprKind::MemberCall(base, self.call(name)?)
        } else {
            self.height = 0;
            ExprKind::Member(base, self.name()?)
        };
        self.grow(height.max(self.height))?;
        Ok(Expr::new(kind, self.since(start)))
    }

    fn bracketed(&mut self) -> Parsed<Expr> {
        self.expect("[")?;
        let index = self.expression()?;
        self.expect("]")?;
        Ok(index)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.grow(0)?;
        if let Some(literal) = self.literal()? {
            return Ok(literal);
        }
        match self.peek() {
            TokenKind::Mark("(") => {
                self.advance();
                let inner = self.pipeline()?;
                self.expect(")")?;
                self.grow(self.height)?;
                Ok(Expr::new(ExprKind::Parenthesized(Box::new(inner)), self.since(start)))
            }
            TokenKind::Mark("*") => {
                self.advance();
                Ok(Expr::new(ExprKind::Star, start))
            }
            TokenKind::Word => self.word_expression(start),
            TokenKind::Mark("[") if self.name_length(0).is_some() => {
                let name = self.name()?;
                let span = name.span;
                Ok(Expr::new(ExprKind::Name(name), span))
            }
            _ => Err(self.missing("expression")),
        }
    }

    fn word_expression(&mut self, start: Span) -> Parsed<Expr> {
        let word = self.word_text().unwrap_or_default();
        if word == "toscalar" && self.word_at(1) == Some("kind") {
            let name = self.name()?;
            self.parameters(&["kind"])?;
            return Ok(Expr::new(ExprKind::Call(self.call(name)?), self.since(start)));
        }
        let called = self.mark_at(1) == Some("(");
        let kind = match word {
            "dynamic" if called => {
                self.advance();
                self.expect("(")?;
                let value = self.json()?;
                self.expect(")")?;
                ExprKind::Dynamic(value)
            }
            "typeof" if called => self.type_literal()?,
            "datatable" if called => self.datatable()?,
            "inline_external_table" if called => {
                return Err(Error::unsupported("'inline_external_table' (a connection)", start));
            }
            "externaldata" | "external_data" if called => self.external_data()?,
            _ if INFIX.contains(&word) && !called => return Err(self.missing("expression")),
            // With a gap before its parenthesis the name of a type begins no literal.
            _ if called && lexer::begins_literal(word) => return Err(self.missing("expression")),
            _ => {
                let name = self.name()?;
                if called { ExprKind::Call(self.call(name)?) } else { ExprKind::Name(name) }
            }
        };
        Ok(Expr::new(kind, self.since(start)))
    }

    /// The arguments of a call whose name is read.
    pub(super) fn call(&mut self, name: Name) -> Parsed<Call> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        let mut height = 0;
        while !self.is(")") {
            // `count( by`: a parenthesis is missing, not an argument.
            if arguments.is_empty()
                && self.word_text().is_some_and(|word| INFIX.contains(&word))
                && self.mark_at(1) != Some("(")
            {
                break;
            }
            arguments.push(self.argument()?);
            height = height.max(self.height);
            if !self.eat(",") {
                break;
            }
            if self.is(")") {
                return Err(self.missing("expression"));
            }
        }
        self.expect(")")?;
        self.grow(height)?;
        Ok(Call { name, arguments })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let named = self.name_length(0).is_some_and(|length| self.mark_at(length) == Some("="));
        let name = if named { Some(self.name()?) } else { None };
        if named {
            self.expect("=")?;
        }
        Ok(Argument { name, value: self.pipeline()? })
    }

    fn type_literal(&mut self) -> Parsed<ExprKind> {
        self.advance();
        let declares = self.mark_at(2) == Some(":") || self.mark_at(1) == Some("[") || self.mark_at(1) == Some("*");
        if declares {
            return Ok(ExprKind::Schema(self.schema()?));
        }
        self.expect("(")?;
        let ty = self.type_name()?;
        self.expect(")")?;
        Ok(ExprKind::TypeOf(ty))
    }

    fn datatable(&mut self) -> Parsed<ExprKind> {
        self.advance();
        let columns = self.schema()?;
        let (values, height) = self.bracketed_list()?;
        self.grow(height)?;
        Ok(ExprKind::Datatable { columns, values })
    }

    fn external_data(&mut self) -> Parsed<ExprKind> {
        self.advance();
        let columns = self.schema()?;
        let (sources, height) = self.bracketed_list()?;
        if self.eat_word("with") {
            self.expect("(")?;
            while !self.is(")") {
                self.parameter()?;
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.grow(height)?;
        Ok(ExprKind::ExternalData { columns, sources })
    }

    fn bracketed_list(&mut self) -> Parsed<(Vec<Expr>, usize)> {
        self.expect("[")?;
        let mut values = Vec::new();
        let mut height = 0;
        while !self.is("]") {
            values.push(self.expression()?);
            height = height.max(self.height);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok((values, height))
    }

    pub(super) fn starts_literal_word(&self) -> bool {
        matches!(self.word_text(), Some("true" | "false" | "True" | "False" | "TRUE" | "FALSE"))
    }

    /// A literal, if one stands here.
    pub(super) fn literal(&mut self) -> Parsed<Option<Expr>> {
        let token = self.token(0);
        let text = self.text_of(token);
        let malformed = || Error::new(error::MALFORMED, "Malformed literal", token.span);
        let literal = match token.kind {
            TokenKind::String => {
                let value = self.string()?;
                return Ok(Some(Expr::new(ExprKind::Literal(Literal::String(value)), self.since(token.span))));
            }
            TokenKind::Long => Literal::Long(long(text).ok_or_else(malformed)?),
            TokenKind::Real => Literal::Real(text.parse().map_err(|_| malformed())?),
            TokenKind::Timespan => Literal::Timespan(text.to_owned()),
            TokenKind::Typed(ty) => {
                let open = text.find('(').map_or(0, |open| open + 1);
                Literal::Typed(ty, text[open..text.len() - 1].trim().to_owned())
            }
            TokenKind::Word if self.starts_literal_word() => Literal::Bool(text.eq_ignore_ascii_case("true")),
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(Expr::new(ExprKind::Literal(literal), token.span)))
    }

    /// One string of all string tokens side by side.
    pub(super) fn string(&mut self) -> Parsed<String> {
        let mut value = String::new();
        while self.peek() == TokenKind::String {
            value += &lexer::string_value(self.text_of(self.token(0)), self.span())?;
            self.advance();
        }
        Ok(value)
    }
}

fn long(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}

impl Literal {
    /// The literal with a minus before it, for the types that have one.
    pub(crate) fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Long(value) => Self::Long(value.checked_neg()?),
            Self::Real(value) => Self::Real(-value),
            Self::Timespan(text) => Self::Typed(Type::Timespan, format!("-{text}")),
            _ => return None,
        })
    }
}
