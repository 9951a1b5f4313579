//! `join` and `lookup`: what has to agree, and the columns of both sides.

use super::names::Taken;
use super::operators::comparable;
use super::scope::{Rows, visible, without_hidden};
use super::{Binder, Bound, Noted};
use crate::error::{self, Error};
use crate::plan::{self, Operator, Relation, Scalar, Side};
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, JoinKind, JoinOn, Name};
use crate::{ColumnInfo, Schema, Type};

impl Binder<'_> {
    pub(super) fn join(
        &mut self,
        left: Relation,
        kind: JoinKind,
        right: &Expr,
        on: &JoinOn,
        lookup: bool,
        span: Span,
    ) -> Bound<Relation> {
        let right = self.table(right)?;
        if lookup && !matches!(kind, JoinKind::LeftOuter | JoinKind::Inner) {
            return Err(self.note(Error::new(error::EXPECTED, "Expected one of: leftouter, inner", span)));
        }
        let (left, right) = (without_hidden(left), without_hidden(right));
        let mut keys = Vec::new();
        let mut noted = false;
        for condition in &on.conditions {
            noted |= self.conditions(condition, &left.schema, &right.schema, &mut keys).is_err();
        }
        if noted {
            return Err(Noted);
        }
        let (schema, columns) = columns(&left.schema, &right.schema, kind, lookup.then_some(&keys));
        let join = plan::Join { kind, left, right, keys, columns };
        Ok(Relation { schema, operator: Operator::Join(Box::new(join)), span })
    }

    fn conditions(
        &mut self,
        condition: &Expr,
        left: &Schema,
        right: &Schema,
        keys: &mut Vec<(Scalar, Scalar)>,
    ) -> Bound<()> {
        let key = match &condition.kind {
            ExprKind::Parenthesized(inner) => return self.conditions(inner, left, right, keys),
            ExprKind::And(operands) => {
                for operand in operands {
                    self.conditions(operand, left, right, keys)?;
                }
                return Ok(());
            }
            ExprKind::Name(name) => {
                let sides = (Rows::One(left).column(name), Rows::One(right).column(name));
                let (Some(left), Some(right)) = sides else {
                    let message = format!("The column '{}' must exist on both sides of the join.", name.text);
                    return Err(self.note(Error::new(error::BOTH_SIDES, message, name.span)));
                };
                (left, right)
            }
            ExprKind::Binary(BinaryOp::Equal, l, r) => {
                // The engine takes the sides in either order.
                let (l, r) = if side_of(l) == Some("$right") && side_of(r) == Some("$left") { (r, l) } else { (l, r) };
                (self.operand(l, "$left", left)?, self.operand(r, "$right", right)?)
            }
            _ => {
                let message = "The join condition must be either the name of a column common to both tables or in the form $left.<column> == $right.<column>.";
                return Err(self.note(Error::new(error::JOIN_CONDITION, message, condition.span)));
            }
        };
        let (l, r) = key;
        if l.ty == Type::Dynamic || r.ty == Type::Dynamic {
            let hint = Some("Extend a column with tostring(...) and join on it.".to_owned());
            return Err(
                self.note(Error::new(error::DYNAMIC_KEY, "Join keys cannot be dynamic", condition.span).hint(hint))
            );
        }
        let Some(common) = comparable(l.ty, r.ty).filter(|_| l.ty == r.ty || l.ty.is_numeric() && r.ty.is_numeric())
        else {
            let message = format!("Inconsistent data types for join keys: ({}, {})", l.ty, r.ty);
            return Err(self.note(Error::new(error::KEY_TYPES, message, condition.span)));
        };
        keys.push((Scalar::converted(l, common), Scalar::converted(r, common)));
        Ok(())
    }

    fn operand(&mut self, expr: &Expr, side: &str, schema: &Schema) -> Bound<Scalar> {
        match (&expr.kind, side_of(expr)) {
            (ExprKind::Member(_, name), Some(found)) if found == side => match Rows::One(schema).column(name) {
                Some(column) => Ok(Scalar { span: expr.span, ..column }),
                None => Err(self.unknown_name(name, Rows::One(schema))),
            },
            _ => {
                let message = format!("The join condition operand must be: {side}.<column>");
                Err(self.note(Error::new(error::JOIN_OPERAND, message, expr.span)))
            }
        }
    }
}

/// `$left` or `$right`, where the expression is a column of one of them.
fn side_of(expr: &Expr) -> Option<&str> {
    let ExprKind::Member(base, _) = &expr.kind else { return None };
    match &base.kind {
        ExprKind::Name(Name { text, .. }) => Some(text),
        _ => None,
    }
}

/// The columns of a join. Those of the right side make way for names that the left side has; a lookup leaves its keys out.
fn columns(
    left: &Schema,
    right: &Schema,
    kind: JoinKind,
    lookup: Option<&Vec<(Scalar, Scalar)>>,
) -> (Schema, Vec<Side>) {
    let only_left = matches!(kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
    let only_right = matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti);
    let mut taken = Taken::default();
    let mut schema = Schema::default();
    let mut columns = Vec::new();
    for (place, column) in visible(left).filter(|_| !only_right) {
        taken.take(&column.name);
        schema.columns.push(column.clone());
        columns.push(Side::Left(place));
    }
    let own: Vec<&str> = visible(right).map(|(_, column)| column.name.as_str()).collect();
    for (place, column) in visible(right).filter(|_| !only_left) {
        if lookup.is_some_and(|keys| keys.iter().any(|(_, key)| key.is_column(place))) {
            continue;
        }
        let name = if taken.has(&column.name) {
            (1usize..)
                .map(|number| format!("{}{number}", column.name))
                .find(|name| !taken.has(name) && !own.contains(&name.as_str()))
                .expect("there are more numbers than names")
        } else {
            column.name.clone()
        };
        taken.take(&name);
        schema.columns.push(ColumnInfo { name, ty: column.ty });
        columns.push(Side::Right(place));
    }
    (schema, columns)
}
