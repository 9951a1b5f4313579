//! Expressions over the columns of a chunk.

use super::arithmetic::{arithmetic, negate};
use super::compare::compare;
use super::{Run, failure};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Rows, Values, lift};
use crate::convert::convert;
use crate::error::Error;
use crate::functions::{Call, Eval};
use crate::plan::{Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{BinaryOp, StringOp};
use crate::terms::Needle;
use crate::{Dynamic, Type, Value};

impl Run<'_> {
    /// The values of an expression, one for each row of the chunk.
    pub(super) fn eval(&self, scalar: &Scalar, chunk: &Chunk) -> Result<Column, Error> {
        let column = match &scalar.kind {
            ScalarKind::Constant(value) => Column::constant(value, chunk.len),
            ScalarKind::Column(place) => match chunk.columns.get(*place) {
                Some(column) => column.clone(),
                None => return Err(Error::unsupported("A column of another table in this place", scalar.span)),
            },
            ScalarKind::Subquery(place) => Column::constant(&self.subquery(*place, scalar.ty), chunk.len),
            ScalarKind::Call { function, arguments } => {
                let columns = arguments
                    .iter()
                    .map(|argument| self.eval(argument, chunk))
                    .collect::<Result<Vec<Column>, Error>>()?;
                let call = Call { now: self.options.now, returns: scalar.ty, rows: chunk.len };
                let made = match function.eval {
                    Eval::Columns(eval) | Eval::Window(eval) => eval(&call, &columns),
                    Eval::Cells(eval) => by_cells(&call, &columns, eval),
                    Eval::FallibleColumns(eval) => eval(&call, &columns)
                        .map_err(|why| failure(&format!("{}(): {why}", function.name), scalar.span))?,
                    Eval::Fallible(eval) => fallible(&call, &columns, eval)
                        .map_err(|why| failure(&format!("{}(): {why}", function.name), scalar.span))?,
                    Eval::Refused if chunk.len == 0 => Column::nulls(scalar.ty, 0),
                    Eval::Refused => {
                        return Err(Error::unsupported(format!("The value of {}()", function.name), scalar.span));
                    }
                    Eval::Bound => {
                        return Err(Error::unsupported(format!("{}() in this place", function.name), scalar.span));
                    }
                };
                self.check_column(&made, scalar.span)?;
                made
            }
            ScalarKind::Convert(inner) => {
                let converted = convert(&self.eval(inner, chunk)?, scalar.ty);
                if scalar.ty == Type::String {
                    self.check_column(&converted, scalar.span)?;
                }
                converted
            }
            ScalarKind::Negate(inner) => {
                let column = self.eval(inner, chunk)?;
                if column.ty() == Type::Dynamic && chunk.len > 0 {
                    return Err(Error::unsupported("The negative of a dynamic", scalar.span)
                        .hint(Some("Convert it: -tolong(...), -toreal(...).".to_owned())));
                }
                negate(&column)
            }
            ScalarKind::And(operands) => self.fold(operands, chunk, |a, b| match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            })?,
            ScalarKind::Or(operands) => self.fold(operands, chunk, |a, b| match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            })?,
            ScalarKind::Binary { op, left, right } => {
                let (left, right) = (self.eval(left, chunk)?, self.eval(right, chunk)?);
                match op {
                    BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                        whole_enough(&left, &right, scalar)?;
                        arithmetic(*op, &left, &right, scalar.ty)
                    }
                    BinaryOp::String(op, negated) => search(*op, *negated, &left, &right, scalar.span)?,
                    _ => compare(*op, &left, &right),
                }
            }
            ScalarKind::List { op, operand, list } => {
                let operand = self.eval(operand, chunk)?;
                self.list(*op, &operand, list, chunk)?
            }
            ScalarKind::InRelation { op, operand, relation } => {
                let operand = self.eval(operand, chunk)?;
                self.in_relation(*op, &operand, *relation)
            }
            ScalarKind::Between { negated, operand, low, high } => {
                let (operand, low) = (self.eval(operand, chunk)?, self.eval(low, chunk)?);
                let mut high = self.eval(high, chunk)?;
                if operand.ty() == Type::Datetime && high.ty() == Type::Timespan {
                    high = arithmetic(BinaryOp::Add, &low, &high, Type::Datetime);
                }
                let above = compare(BinaryOp::GreaterOrEqual, &operand, &low);
                let below = compare(BinaryOp::LessOrEqual, &operand, &high);
                logic(&above, &below, |a, b| Some((a? && b?) != *negated))
            }
            ScalarKind::Property(base, name) => {
                let base = self.eval(base, chunk)?;
                dynamics(&base, |value| value.member(name))
            }
            ScalarKind::Element(base, index) => element(&self.eval(base, chunk)?, &self.eval(index, chunk)?),
        };
        // The binder promises the type; a function that may answer several gives the nearest.
        Ok(if column.ty() == scalar.ty { column } else { convert(&column, scalar.ty) })
    }

    fn subquery(&self, place: usize, ty: Type) -> Value {
        let first = self.shared[place].chunks.iter().find(|chunk| chunk.len > 0);
        first.and_then(|chunk| chunk.columns.first()).map_or_else(|| Value::null(ty), |column| column.value(0))
    }

    fn fold(
        &self,
        operands: &[Scalar],
        chunk: &Chunk,
        f: fn(Option<bool>, Option<bool>) -> Option<bool>,
    ) -> Result<Column, Error> {
        let mut operands = operands.iter();
        let Some(first) = operands.next() else { return Ok(Column::nulls(Type::Bool, chunk.len)) };
        let mut folded = self.eval(first, chunk)?;
        for operand in operands {
            folded = logic(&folded, &self.eval(operand, chunk)?, f);
        }
        Ok(folded)
    }
}

/// Refuses arithmetic with a dynamic that is no whole number where the result is one: whether the engine cuts it is not documented.
fn whole_enough(left: &Column, right: &Column, scalar: &Scalar) -> Result<(), Error> {
    if !matches!(scalar.ty, Type::Long | Type::Dynamic) {
        return Ok(());
    }
    let whole = |value: &Dynamic| match value {
        Dynamic::Null | Dynamic::Long(_) => true,
        Dynamic::Real(value) => scalar.ty == Type::Long && value.fract() == 0.0,
        _ => false,
    };
    let odd = [left, right].into_iter().any(|column| {
        matches!(&**column.values(), Values::Dynamic(_))
            && (0..column.len()).any(|row| matches!(column.cell(row), Cell::Dynamic(value) if !whole(value)))
    });
    if !odd {
        return Ok(());
    }
    let what = "Arithmetic with a dynamic that holds anything but a whole number";
    Err(Error::unsupported(what, scalar.span).hint(Some("Convert it: toreal(...).".to_owned())))
}

/// A function of two bools.
fn logic(left: &Column, right: &Column, f: impl Fn(Option<bool>, Option<bool>) -> Option<bool>) -> Column {
    let (left, right) = (convert(left, Type::Bool), convert(right, Type::Bool));
    let (Values::Bool(a), Values::Bool(b)) = (&**left.values(), &**right.values()) else {
        return Column::nulls(Type::Bool, left.len());
    };
    lift::binary(&left, &right, |pairs, _| Values::Bool(pairs.map(|(i, j)| f(a[i], b[j])).collect()))
}

fn by_cells(call: &Call, columns: &[Column], eval: fn(&Call, &[Cell<'_>]) -> Value) -> Column {
    lift::rowwise(columns, call.rows, |rows, len| {
        let mut values = Values::with_capacity(call.returns, len);
        let mut cells = Vec::with_capacity(columns.len());
        for row in rows {
            cells.clear();
            cells.extend((0..columns.len()).map(|column| row.cell(column)));
            values.push(eval(call, &cells));
        }
        values
    })
}

/// Values that are not shown may fail; a row that is shown may not.
fn fallible(
    call: &Call,
    columns: &[Column],
    eval: fn(&Call, &[Cell<'_>]) -> Result<Value, String>,
) -> Result<Column, String> {
    let mut failed = false;
    let column = lift::rowwise(columns, call.rows, |rows, len| {
        let mut values = Values::with_capacity(call.returns, len);
        let mut cells = Vec::with_capacity(columns.len());
        for row in rows {
            cells.clear();
            cells.extend((0..columns.len()).map(|column| row.cell(column)));
            match eval(call, &cells) {
                Ok(value) => values.push(value),
                Err(_) => {
                    failed = true;
                    values.push_null();
                }
            }
        }
        values
    });
    if !failed {
        return Ok(column);
    }
    let mut values = Values::with_capacity(call.returns, call.rows);
    for row in 0..call.rows {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.cell(row)).collect();
        values.push(eval(call, &cells)?);
    }
    Ok(Column::new(values))
}

/// `has`, `contains`, `startswith` and their kin. Dynamics are searched in their text.
fn search(op: StringOp, negated: bool, left: &Column, right: &Column, span: Span) -> Result<Column, Error> {
    let (left, right) = (convert(left, Type::String), convert(right, Type::String));
    let (Values::String(texts), Values::String(needles)) = (&**left.values(), &**right.values()) else {
        return Ok(Column::nulls(Type::Bool, left.len()));
    };
    let prepare = |text: &str| {
        Needle::new(op, text).map_err(|_| failure(&format!("'{text}' is not a valid regular expression"), span))
    };
    if let Rows::Same(_) = right.rows() {
        let needle = prepare(needles.at(0))?;
        return Ok(lift::unary(&left, |at, _| {
            Values::Bool(at.map(|position| Some(needle.matches(texts.at(position)) != negated)).collect())
        }));
    }
    let needles = needles.iter().map(prepare).collect::<Result<Vec<Needle>, Error>>()?;
    Ok(lift::binary(&left, &right, |pairs, _| {
        Values::Bool(pairs.map(|(i, j)| Some(needles[j].matches(texts.at(i)) != negated)).collect())
    }))
}

/// A part of each dynamic, null where it has none.
fn dynamics(base: &Column, part: impl Fn(&Dynamic) -> Option<&Dynamic>) -> Column {
    let Values::Dynamic(values) = &**base.values() else { return Column::nulls(Type::Dynamic, base.len()) };
    lift::unary(base, |at, _| {
        Values::Dynamic(at.map(|position| part(&values[position]).cloned().unwrap_or(Dynamic::Null)).collect())
    })
}

fn element(base: &Column, index: &Column) -> Column {
    let part = |base: Cell<'_>, index: Cell<'_>| {
        let Cell::Dynamic(base) = base else { return None };
        match index {
            Cell::String(name) => base.member(name).cloned(),
            Cell::Int(Some(position)) => base.element(position.into()).cloned(),
            Cell::Long(Some(position)) => base.element(position).cloned(),
            Cell::Dynamic(Dynamic::String(name)) => base.member(name).cloned(),
            Cell::Dynamic(Dynamic::Long(position)) => base.element(*position).cloned(),
            _ => None,
        }
    };
    let (bases, indexes) = (base.values(), index.values());
    lift::binary(base, index, |pairs, _| {
        Values::Dynamic(pairs.map(|(i, j)| part(bases.cell(i), indexes.cell(j)).unwrap_or(Dynamic::Null)).collect())
    })
}
