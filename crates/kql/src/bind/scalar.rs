//! Scalar expressions: names, paths, literals, and what holds them together.

use std::sync::Arc;

use super::scope::{Rows, visible};
use super::{Binder, Bound, Entity, Noted};
use crate::error::{self, Error};
use crate::nearest::nearest;
use crate::plan::{Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Expr, ExprKind, Name};
use crate::{Type, Value};

impl Binder<'_> {
    pub(super) fn scalar(&mut self, expr: &Expr, rows: Rows<'_>) -> Bound<Scalar> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Dynamic(json) => self.dynamic_literal(json, span),
            ExprKind::Name(name) => self.variable(name, rows),
            ExprKind::Parenthesized(inner) => self.scalar(inner, rows),
            ExprKind::Call(call) => match self.called_entity(call, span, rows)? {
                Entity::Scalar(scalar) => Ok(scalar),
                Entity::Table(relation) => Err(self.scalar_expected(relation.span)),
                Entity::Graph(_) => Err(self.scalar_expected(span)),
            },
            ExprKind::Member(base, name) => self.member(base, name, span, rows),
            ExprKind::Element(base, index) => self.element(base, index, span, rows),
            ExprKind::Negate(operand) => self.negate(operand, span, rows),
            ExprKind::Plus(operand) => self.scalar(operand, rows),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, rows),
            ExprKind::And(operands) => {
                let operands = self.junction("and", operands, rows)?;
                Ok(Scalar { ty: Type::Bool, kind: ScalarKind::And(operands), span })
            }
            ExprKind::Or(operands) => {
                let operands = self.junction("or", operands, rows)?;
                Ok(Scalar { ty: Type::Bool, kind: ScalarKind::Or(operands), span })
            }
            ExprKind::List(op, operand, items) => self.list(*op, operand, items, span, rows),
            ExprKind::Between { negated, operand, low, high } => {
                self.between(*negated, [operand, low, high], span, rows)
            }
            ExprKind::Star => Err(self.note(Error::new(error::STAR, "The * syntax is not allowed here.", span))),
            ExprKind::Pipeline { .. }
            | ExprKind::Datatable { .. }
            | ExprKind::ExternalData { .. }
            | ExprKind::MemberCall(..) => {
                self.table(expr)?;
                Err(self.scalar_expected(span))
            }
            ExprKind::TypeOf(_) | ExprKind::Schema(_) => {
                Err(Error::unsupported("A type as a value", span)).map_err(|e| self.note(e))
            }
        }
    }

    fn scalar_expected(&mut self, span: Span) -> Noted {
        let hint = Some("toscalar(...) makes a value of a table with one row and one column.".to_owned());
        self.note(Error::new(error::SCALAR_EXPECTED, "Scalar value expected.", span).hint(hint))
    }

    fn variable(&mut self, name: &Name, rows: Rows<'_>) -> Bound<Scalar> {
        match self.named_entity(name, rows)? {
            Entity::Scalar(scalar) => Ok(scalar),
            Entity::Table(relation) => Err(self.scalar_expected(relation.span)),
            Entity::Graph(_) => Err(self.scalar_expected(name.span)),
        }
    }

    pub(super) fn unknown_name(&mut self, name: &Name, rows: Rows<'_>) -> Noted {
        let mut candidates = rows.names();
        candidates.extend(self.environment.names().map(str::to_owned));
        let hint =
            nearest(&name.text, candidates.iter().map(String::as_str)).map(|near| format!("Did you mean '{near}'?"));
        let message =
            format!("The name '{}' does not refer to any known column, table, variable or function.", name.text);
        self.note(Error::new(error::UNKNOWN_NAME, message, name.span).hint(hint))
    }

    fn member(&mut self, base: &Expr, name: &Name, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        if let ExprKind::Name(variable) = &base.kind {
            if let Some(column) = rows.qualified(&variable.text, &name.text, span) {
                return Ok(column);
            }
            if rows.is_variable(&variable.text) {
                let columns = rows.columns_of(&variable.text);
                let near = nearest(&name.text, columns.iter().map(String::as_str));
                let message =
                    format!("The name '{}' does not refer to any known column of '{}'.", name.text, variable.text);
                let hint = near.map(|near| format!("Did you mean '{near}'?"));
                return Err(self.note(Error::new(error::UNKNOWN_NAME, message, name.span).hint(hint)));
            }
        }
        let base = self.scalar(base, rows)?;
        let base = self.indexable(base, span)?;
        Ok(Scalar {
            ty: Type::Dynamic,
            kind: ScalarKind::Property(Box::new(base), Arc::from(name.text.as_str())),
            span,
        })
    }

    fn element(&mut self, base: &Expr, index: &Expr, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let base = self.scalar(base, rows)?;
        let base = self.indexable(base, span)?;
        let index = self.scalar(index, rows)?;
        let kind = match (&index.kind, index.ty) {
            (ScalarKind::Constant(Value::String(name)), _) => ScalarKind::Property(Box::new(base), Arc::clone(name)),
            (_, Type::Int | Type::Long | Type::String | Type::Dynamic) => {
                ScalarKind::Element(Box::new(base), Box::new(index))
            }
            _ => {
                let message = format!("An index is a number or a name; this is a {}.", index.ty);
                return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, index.span)));
            }
        };
        Ok(Scalar { ty: Type::Dynamic, kind, span })
    }

    fn indexable(&mut self, base: Scalar, span: Span) -> Bound<Scalar> {
        if base.ty == Type::Dynamic {
            return Ok(base);
        }
        let message = "The element access operator [] is not allowed in this context.";
        let hint = Some(format!("A {} has no elements; parse_json(...) makes a dynamic of it.", base.ty));
        Err(self.note(Error::new(error::ELEMENT_ACCESS, message, span).hint(hint)))
    }

    /// A bool over the rows.
    pub(super) fn predicate(&mut self, expr: &Expr, rows: Rows<'_>) -> Bound<Scalar> {
        let predicate = self.scalar(expr, rows)?;
        match predicate.ty {
            Type::Bool => Ok(predicate),
            Type::Dynamic | Type::Int | Type::Long => {
                let hint = Some("Convert it: tobool(...).".to_owned());
                let message = "The expression must have the type bool.";
                Err(self.note(Error::new(error::TYPE, message, predicate.span).hint(hint)))
            }
            _ => Err(self.note(Error::new(error::VALUE_OF_TYPE, "A value of type bool expected.", predicate.span))),
        }
    }

    /// A whole number that reads no column: of `take`, `top`, ...
    pub(super) fn count(&mut self, expr: &Expr) -> Bound<Scalar> {
        let count = self.scalar(expr, Rows::None)?;
        match count.ty {
            Type::Int | Type::Long => Ok(Scalar::converted(count, Type::Long)),
            Type::Dynamic => Ok(Scalar::converted(count, Type::Long)),
            _ => Err(self.note(Error::new(error::INTEGER, "The expression value must be an integer.", expr.span))),
        }
    }

    /// The text of a constant string.
    pub(super) fn constant_text(&mut self, expr: &Expr, rows: Rows<'_>) -> Bound<Arc<str>> {
        match self.scalar(expr, rows)?.kind {
            ScalarKind::Constant(Value::String(text)) => Ok(text),
            _ => Err(self.note(Error::new(error::CONSTANT, "The expression must be a constant.", expr.span))),
        }
    }

    /// All visible columns as expressions, in order.
    pub(super) fn all_columns(schema: &crate::Schema, span: Span) -> Vec<(String, Scalar)> {
        visible(schema)
            .map(|(place, column)| {
                (column.name.clone(), Scalar { ty: column.ty, kind: ScalarKind::Column(place), span })
            })
            .collect()
    }
}

impl Scalar {
    /// The expression in another type; itself where it has it already. Constants of numbers convert here.
    pub(crate) fn converted(scalar: Self, ty: Type) -> Self {
        if scalar.ty == ty {
            return scalar;
        }
        let span = scalar.span;
        let constant = match (&scalar.kind, ty) {
            (ScalarKind::Constant(value), _) if value.is_null() => Some(Value::null(ty)),
            (ScalarKind::Constant(Value::Long(Some(value))), Type::Real) => Some(Value::Real(Some(*value as f64))),
            (ScalarKind::Constant(Value::Int(Some(value))), Type::Long) => Some(Value::Long(Some(i64::from(*value)))),
            (ScalarKind::Constant(Value::Int(Some(value))), Type::Real) => Some(Value::Real(Some(f64::from(*value)))),
            _ => None,
        };
        let kind = constant.map_or_else(|| ScalarKind::Convert(Box::new(scalar)), ScalarKind::Constant);
        Self { ty, kind, span }
    }

    /// True where any operand is.
    pub(crate) fn any(mut operands: Vec<Self>, span: Span) -> Self {
        match operands.len() {
            0 => Self { ty: Type::Bool, kind: ScalarKind::Constant(Value::Bool(Some(false))), span },
            1 => operands.remove(0),
            _ => Self { ty: Type::Bool, kind: ScalarKind::Or(operands), span },
        }
    }
}
