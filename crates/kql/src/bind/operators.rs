//! What types the operators take and give.

use super::{Binder, Bound, Rows};
use crate::Type;
use crate::error::{self, Error};
use crate::plan::{Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, ListOp, StringOp};

impl Binder<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        span: Span,
        rows: Rows<'_>,
    ) -> Bound<Scalar> {
        if let ExprKind::Star = left.kind {
            return self.any_column(op, right, span, rows);
        }
        let left = self.scalar(left, rows);
        let right = self.scalar(right, rows);
        self.apply(op, left?, right?, span)
    }

    /// `op` over two bound operands.
    pub(super) fn apply(&mut self, op: BinaryOp, left: Scalar, right: Scalar, span: Span) -> Bound<Scalar> {
        let (l, r) = (left.ty, right.ty);
        let fitted = match op {
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                arithmetic(op, l, r).map(|ty| (ty, operands(op, l, r)))
            }
            BinaryOp::Equal | BinaryOp::NotEqual => comparable(l, r).map(|common| (Type::Bool, (common, common))),
            BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
                ordered(l, r).map(|common| (Type::Bool, (common, common)))
            }
            BinaryOp::String(op, _) => textual(op, l, r).then_some((Type::Bool, (l, Type::String))),
        };
        let Some((ty, (left_ty, right_ty))) = fitted else {
            let message = format!("The operator '{op}' is not defined for the operand types {l} and {r}.");
            let hint = convertible(l, r);
            return Err(self.note(Error::new(error::OPERANDS, message, span).hint(hint)));
        };
        let (left, right) = (compared(left, left_ty), compared(right, right_ty));
        Ok(Scalar { ty, kind: ScalarKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span })
    }

    /// `* has "term"`: any column of text.
    fn any_column(&mut self, op: BinaryOp, right: &Expr, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let Rows::One(schema) = rows else {
            return Err(self.note(Error::new(error::STAR, "The * syntax is not allowed here.", span)));
        };
        let right = self.scalar(right, rows)?;
        let mut operands = Vec::new();
        for (place, column) in super::scope::visible(schema) {
            let left = Scalar { ty: column.ty, kind: ScalarKind::Column(place), span };
            let left = match op {
                BinaryOp::String(..) if column.ty != Type::String && column.ty != Type::Dynamic => {
                    Scalar::converted(left, Type::String)
                }
                BinaryOp::Equal if comparable(column.ty, right.ty).is_none() => continue,
                _ => left,
            };
            operands.push(self.apply(op, left, right.clone(), span)?);
        }
        Ok(Scalar::any(operands, span))
    }

    pub(super) fn negate(&mut self, operand: &Expr, span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let operand = self.scalar(operand, rows)?;
        if !(operand.ty.is_numeric() || matches!(operand.ty, Type::Timespan | Type::Dynamic)) {
            let message = format!("The operator '-' is not defined for the operand type {}.", operand.ty);
            return Err(self.note(Error::new(error::OPERANDS, message, span)));
        }
        if let Some(literal) = negated(&operand) {
            return Ok(Scalar { span, ..literal });
        }
        Ok(Scalar { ty: operand.ty, kind: ScalarKind::Negate(Box::new(operand)), span })
    }

    /// `and`, `or`: bools all.
    pub(super) fn junction(&mut self, word: &str, operands: &[Expr], rows: Rows<'_>) -> Bound<Vec<Scalar>> {
        let bound: Vec<Bound<Scalar>> = operands.iter().map(|operand| self.scalar(operand, rows)).collect();
        let bound = bound.into_iter().collect::<Bound<Vec<_>>>()?;
        for operand in &bound {
            if operand.ty != Type::Bool {
                let message = format!("The operator '{word}' is not defined for the operand type {}.", operand.ty);
                let hint = (operand.ty == Type::Dynamic).then(|| "Convert it: tobool(...).".to_owned());
                return Err(self.note(Error::new(error::OPERANDS, message, operand.span).hint(hint)));
            }
        }
        Ok(bound)
    }

    pub(super) fn between(
        &mut self,
        negated: bool,
        [operand, low, high]: [&Expr; 3],
        span: Span,
        rows: Rows<'_>,
    ) -> Bound<Scalar> {
        let operand = self.scalar(operand, rows);
        let low = self.scalar(low, rows);
        let high = self.scalar(high, rows);
        let (operand, low, mut high) = (operand?, low?, high?);
        // A timespan as the upper bound of datetimes counts from the lower one.
        if operand.ty == Type::Datetime && low.ty == Type::Datetime && high.ty == Type::Timespan {
            let at = high.span;
            high = self.apply(BinaryOp::Add, low.clone(), high, at)?;
        }
        let common = ordered(operand.ty, low.ty).and_then(|common| ordered(common, high.ty));
        let Some(common) = common else {
            let message = format!(
                "The operator 'between' is not defined for the operand types {}, {} and {}.",
                operand.ty, low.ty, high.ty
            );
            return Err(self.note(Error::new(error::OPERANDS, message, span)));
        };
        let [operand, low, high] = [operand, low, high].map(|bound| Box::new(compared(bound, common)));
        Ok(Scalar { ty: Type::Bool, kind: ScalarKind::Between { negated, operand, low, high }, span })
    }

    pub(super) fn list(
        &mut self,
        op: ListOp,
        operand: &Expr,
        items: &[Expr],
        span: Span,
        rows: Rows<'_>,
    ) -> Bound<Scalar> {
        let tuple_free = if let ExprKind::Star = operand.kind { Err(super::Noted) } else { self.scalar(operand, rows) };
        if let ExprKind::Star = operand.kind {
            return self.any_column_in(op, items, span, rows);
        }
        let operand = tuple_free?;
        let textual =
            matches!(op, ListOp::HasAny | ListOp::HasAll | ListOp::InIgnoringCase | ListOp::NotInIgnoringCase);
        if textual && !matches!(operand.ty, Type::String | Type::Dynamic) {
            let message = "A value of type string or dynamic expected.";
            return Err(self.note(Error::new(error::VALUE_OF_TYPE, message, operand.span)));
        }
        if let [item] = items
            && let super::Entity::Table(relation) = self.entity(item, rows)?
        {
            return self.in_relation(op, operand, relation, span);
        }
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let item = self.scalar(item, rows)?;
            let common = if textual { textual_item(item.ty) } else { comparable(operand.ty, item.ty) };
            let Some(common) = common else {
                let message =
                    format!("The operator '{op}' is not defined for the operand types {} and {}.", operand.ty, item.ty);
                let hint = convertible(operand.ty, item.ty);
                return Err(self.note(Error::new(error::OPERANDS, message, item.span).hint(hint)));
            };
            list.push(if item.ty == Type::Dynamic || operand.ty == Type::Dynamic {
                item
            } else {
                Scalar::converted(item, common)
            });
        }
        // One type for the operand and all elements: the widest.
        let widest = list
            .iter()
            .filter(|item| item.ty != Type::Dynamic)
            .fold(operand.ty, |ty, item| comparable(ty, item.ty).unwrap_or(ty));
        let operand = compared(operand, widest);
        let list = list.into_iter().map(|item| compared(item, widest)).collect();
        Ok(Scalar { ty: Type::Bool, kind: ScalarKind::List { op, operand: Box::new(operand), list }, span })
    }

    fn any_column_in(&mut self, op: ListOp, items: &[Expr], span: Span, rows: Rows<'_>) -> Bound<Scalar> {
        let Rows::One(schema) = rows else {
            return Err(self.note(Error::new(error::STAR, "The * syntax is not allowed here.", span)));
        };
        let mut operands = Vec::new();
        for (place, column) in
            super::scope::visible(schema).filter(|(_, column)| matches!(column.ty, Type::String | Type::Dynamic))
        {
            let operand = Scalar { ty: column.ty, kind: ScalarKind::Column(place), span };
            let list = items.iter().map(|item| self.scalar(item, rows)).collect::<Bound<Vec<_>>>()?;
            operands.push(Scalar {
                ty: Type::Bool,
                kind: ScalarKind::List { op, operand: Box::new(operand), list },
                span,
            });
        }
        Ok(Scalar::any(operands, span))
    }

    fn in_relation(
        &mut self,
        op: ListOp,
        operand: Scalar,
        relation: crate::plan::Relation,
        span: Span,
    ) -> Bound<Scalar> {
        let Some((_, column)) = super::scope::visible(&relation.schema).next() else {
            return Err(self.note(Error::new(
                error::ONE_COLUMN,
                "A tabular value with only one column expected.",
                relation.span,
            )));
        };
        let Some(common) = comparable(operand.ty, column.ty) else {
            let message =
                format!("The operator '{op}' is not defined for the operand types {} and {}.", operand.ty, column.ty);
            return Err(self.note(Error::new(error::OPERANDS, message, span)));
        };
        let column_ty = column.ty;
        let relation = super::scope::without_hidden(relation);
        let relation = if column_ty == common || column_ty == Type::Dynamic || operand.ty == Type::Dynamic {
            relation
        } else {
            relation.with_first_column(common)
        };
        let relation = self.shared_place(relation);
        let operand = Box::new(compared(operand, common));
        Ok(Scalar { ty: Type::Bool, kind: ScalarKind::InRelation { op, operand, relation }, span })
    }
}

/// The operand in the common type of a comparison; a dynamic stays what it is.
fn compared(operand: Scalar, common: Type) -> Scalar {
    if operand.ty == Type::Dynamic || common == Type::Dynamic { operand } else { Scalar::converted(operand, common) }
}

/// The type of an arithmetic result, where the operator is defined.
fn arithmetic(op: BinaryOp, left: Type, right: Type) -> Option<Type> {
    use BinaryOp::{Add, Divide, Modulo, Multiply, Subtract};
    use Type::{Datetime, Dynamic, Timespan};
    match (op, left, right) {
        (_, Dynamic, Dynamic) => Some(Dynamic),
        (_, Dynamic, other) | (_, other, Dynamic) if other.is_numeric() => Some(widest(other, Type::Long)),
        (Add, Datetime, Timespan | Dynamic) | (Add, Timespan | Dynamic, Datetime) | (Subtract, Datetime, Timespan) => {
            Some(Datetime)
        }
        (Subtract, Datetime, Datetime | Dynamic) => Some(Timespan),
        (Add | Subtract, Timespan, Timespan | Dynamic) | (Add | Subtract, Dynamic, Timespan) => Some(Timespan),
        (Multiply, Timespan, number) | (Multiply, number, Timespan) | (Divide, Timespan, number)
            if number.is_numeric() =>
        {
            Some(Timespan)
        }
        (Divide, Timespan, Timespan) => Some(Type::Real),
        (Modulo, Timespan | Datetime, Timespan) => Some(Timespan),
        (_, left, right) if left.is_numeric() && right.is_numeric() => Some(widest(widest(left, right), Type::Long)),
        _ => None,
    }
}

/// What the operands of arithmetic are converted to.
fn operands(op: BinaryOp, left: Type, right: Type) -> (Type, Type) {
    let common = |left: Type, right: Type| widest(widest(left, right), Type::Long);
    match (left, right) {
        (Type::Dynamic, Type::Dynamic) => (left, right),
        (Type::Dynamic, other) if other.is_numeric() => (Type::Dynamic, common(other, other)),
        (other, Type::Dynamic) if other.is_numeric() => (common(other, other), Type::Dynamic),
        (Type::Timespan, number) if number.is_numeric() => {
            (Type::Timespan, if number == Type::Int { Type::Long } else { number })
        }
        (number, Type::Timespan) if number.is_numeric() && op == BinaryOp::Multiply => {
            (if number == Type::Int { Type::Long } else { number }, Type::Timespan)
        }
        (left, right) if left.is_numeric() && right.is_numeric() => (common(left, right), common(left, right)),
        _ => (left, right),
    }
}

/// The wider of two numeric types: int, long, real, decimal.
pub(super) fn widest(left: Type, right: Type) -> Type {
    let rank = |ty: Type| [Type::Int, Type::Long, Type::Real, Type::Decimal].iter().position(|&numeric| numeric == ty);
    if rank(left) >= rank(right) { left } else { right }
}

/// The type in which two values can be told equal, if there is one.
pub(super) fn comparable(left: Type, right: Type) -> Option<Type> {
    match (left, right) {
        _ if left == right => Some(left),
        (Type::Dynamic, other) | (other, Type::Dynamic) => Some(other),
        _ if left.is_numeric() && right.is_numeric() => Some(widest(left, right)),
        (Type::Bool, number) | (number, Type::Bool) if number.is_numeric() => Some(number),
        // The engine reads the text as a value of the other side's type.
        (Type::String, other) | (other, Type::String) => Some(other),
        _ => None,
    }
}

/// The type in which two values have an order, if there is one.
fn ordered(left: Type, right: Type) -> Option<Type> {
    let numbers = |ty: Type| ty.is_numeric() || ty == Type::Dynamic;
    match (left, right) {
        (Type::Dynamic, Type::Dynamic) => Some(Type::Dynamic),
        (Type::Datetime, Type::Datetime) => Some(Type::Datetime),
        (Type::Timespan, Type::Timespan) => Some(Type::Timespan),
        _ if numbers(left) && numbers(right) => comparable(left, right),
        (Type::Dynamic, other @ (Type::Datetime | Type::Timespan))
        | (other @ (Type::Datetime | Type::Timespan), Type::Dynamic) => Some(other),
        _ => None,
    }
}

fn textual(op: StringOp, left: Type, right: Type) -> bool {
    let text = matches!(left, Type::String | Type::Dynamic);
    text && match op {
        StringOp::EqualIgnoringCase => matches!(right, Type::String | Type::Dynamic),
        _ => right == Type::String || right == Type::Dynamic,
    }
}

fn textual_item(ty: Type) -> Option<Type> {
    matches!(ty, Type::String | Type::Dynamic).then_some(Type::String)
}

/// How the two could be made comparable.
fn convertible(left: Type, right: Type) -> Option<String> {
    let function = |ty: Type| match ty {
        Type::Bool => "tobool",
        Type::Int => "toint",
        Type::Long => "tolong",
        Type::Real => "toreal",
        Type::Decimal => "todecimal",
        Type::Datetime => "todatetime",
        Type::Timespan => "totimespan",
        Type::Guid => "toguid",
        Type::String => "tostring",
        Type::Dynamic => "parse_json",
    };
    (left != right)
        .then(|| format!("Convert one side, for example with {}() or {}().", function(left), function(right)))
}

/// The constant with its sign changed.
fn negated(operand: &Scalar) -> Option<Scalar> {
    use crate::{Timespan, Value};
    let ScalarKind::Constant(value) = &operand.kind else { return None };
    let value = match value {
        Value::Long(Some(value)) => Value::Long(Some(value.checked_neg()?)),
        Value::Real(Some(value)) => Value::Real(Some(-value)),
        Value::Timespan(Some(value)) => Value::Timespan(Some(Timespan(value.0.checked_neg()?))),
        _ => return None,
    };
    Some(Scalar { kind: ScalarKind::Constant(value), ..*operand })
}
