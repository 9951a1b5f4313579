//! `parse` and `parse-where`: the pattern and the columns that it captures.

use std::sync::Arc;

use super::names::Taken;
use super::scope::{Rows, hidden, visible};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{self, Operator, ParsePart, Relation, Scalar, Side};
use crate::span::Span;
use crate::syntax::{ParseOperator, PatternPart};
use crate::{ColumnInfo, Schema, Type};

impl Binder<'_> {
    pub(super) fn parse(&mut self, input: Relation, parse: &ParseOperator, span: Span) -> Bound<Relation> {
        let value = self.scalar(&parse.value, Rows::One(&input.schema))?;
        let value = Scalar::converted(value, Type::String);
        self.check_pattern(&parse.pattern)?;
        let mut pattern = Vec::with_capacity(parse.pattern.len());
        let mut captures: Vec<ColumnInfo> = Vec::new();
        let mut taken = Taken::default();
        for part in &parse.pattern {
            pattern.push(match part {
                PatternPart::Star(_) => ParsePart::Skip,
                PatternPart::Text(text, _) => ParsePart::Text(Arc::from(text.as_str())),
                PatternPart::Capture(name, ty) => {
                    if !taken.take(&name.text) {
                        return Err(self.declared_twice(&name.text, name.span));
                    }
                    let ty = ty.unwrap_or(Type::String);
                    captures.push(ColumnInfo { name: name.text.clone(), ty });
                    ParsePart::Capture(ty)
                }
            });
        }
        let mut schema = Schema::default();
        let mut columns = Vec::new();
        for (place, column) in visible(&input.schema) {
            match captures.iter().position(|capture| capture.name == column.name) {
                Some(capture) => {
                    schema.columns.push(captures[capture].clone());
                    columns.push(Side::Right(capture));
                }
                None => {
                    schema.columns.push(column.clone());
                    columns.push(Side::Left(place));
                }
            }
        }
        for (place, capture) in captures.iter().enumerate() {
            if schema.position(&capture.name).is_none() {
                schema.columns.push(capture.clone());
                columns.push(Side::Right(place));
            }
        }
        for (place, column) in hidden(&input.schema) {
            schema.columns.push(column.clone());
            columns.push(Side::Left(place));
        }
        let flags = parse.flags.as_ref().map(|flags| flags.text.clone()).unwrap_or_default();
        let parse =
            plan::Parse { input, value, kind: parse.kind, flags, pattern, columns, only_matches: parse.only_matches };
        Ok(Relation { schema, operator: Operator::Parse(Box::new(parse)), span })
    }

    /// A capture needs something fixed before the next one to end it.
    fn check_pattern(&mut self, pattern: &[PatternPart]) -> Bound<()> {
        for pair in pattern.windows(2) {
            let ambiguous = match (&pair[0], &pair[1]) {
                (PatternPart::Capture(_, None | Some(Type::String)), PatternPart::Capture(name, _)) => {
                    Some((error::PATTERN_NAME, "The column name must follow a string literal", name.span))
                }
                (PatternPart::Capture(_, None | Some(Type::String)), PatternPart::Star(span)) => {
                    Some((error::PATTERN_STAR, "Using * after parsing a string column is ambiguous.", *span))
                }
                (PatternPart::Star(_), PatternPart::Capture(name, _)) => {
                    Some((error::PATTERN_TEXT, "A string literal must follow a *", name.span))
                }
                _ => None,
            };
            if let Some((rule, message, span)) = ambiguous {
                return Err(self.note(Error::new(rule, message, span)));
            }
        }
        Ok(())
    }
}
