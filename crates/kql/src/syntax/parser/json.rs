//! The values inside `dynamic(...)`: JSON, with the language's own literals and quotes beside it.

use super::{Parsed, Parser};
use crate::error::{self, Error};
use crate::lexer::TokenKind;
use crate::syntax::{ExprKind, Json};

impl Parser<'_> {
    pub(super) fn json(&mut self) -> Parsed<Json> {
        self.nested(Self::json_value)
    }

    fn json_value(&mut self) -> Parsed<Json> {
        match self.peek() {
            TokenKind::Mark("[") => self.json_array(),
            TokenKind::Mark("{") => self.json_bag(),
            TokenKind::Word if self.word_text() == Some("null") => {
                self.advance();
                Ok(Json::Null)
            }
            TokenKind::Word if self.word_text() == Some("dynamic") && self.mark_at(1) == Some("(") => {
                self.advance();
                self.advance();
                let value = self.json()?;
                self.expect(")")?;
                Ok(value)
            }
            _ => {
                let negative = self.eat("-");
                let literal = self.literal()?.ok_or_else(|| self.missing("value"))?;
                match literal.kind {
                    ExprKind::Literal(literal) if !negative => Ok(Json::Literal(literal)),
                    ExprKind::Literal(literal) => literal
                        .negated()
                        .map(Json::Literal)
                        .ok_or_else(|| Error::new(error::MALFORMED, "Malformed literal", self.span())),
                    _ => Err(self.missing("value")),
                }
            }
        }
    }

    fn json_array(&mut self) -> Parsed<Json> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.is("]") {
            items.push(self.json()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(Json::Array(items))
    }

    fn json_bag(&mut self) -> Parsed<Json> {
        self.expect("{")?;
        let mut properties = Vec::new();
        while !self.is("}") {
            let key = match self.peek() {
                TokenKind::String => self.string()?,
                TokenKind::Word => self.name()?.text,
                _ => return Err(self.missing("property name")),
            };
            self.expect(":")?;
            properties.push((key, self.json()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(Json::Bag(properties))
    }
}
