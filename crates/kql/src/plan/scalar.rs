//! Expressions in the plan.

use std::sync::Arc;

use crate::functions::Function;
use crate::span::Span;
use crate::syntax::{BinaryOp, ListOp};
use crate::{Type, Value};

/// An expression over the rows of one relation.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The type of its values.
    pub ty: Type,
    /// How they come about.
    pub kind: ScalarKind,
    /// The text that it stands for.
    pub span: Span,
}

/// How the values of an expression come about.
#[derive(Clone, Debug)]
pub enum ScalarKind {
    /// The same for every row.
    Constant(Value),
    /// A column of the input, by place.
    Column(usize),
    /// The first column of the first row of a shared relation, null without rows: `toscalar`.
    Subquery(usize),
    /// A function of the registry. `now()` takes the query's time, `ago()` likewise. Window functions (`prev`, `row_number`, ...) see all rows in order.
    Call {
        /// Which.
        function: &'static Function,
        /// One for each argument given.
        arguments: Vec<Scalar>,
    },
    /// A conversion that the binder wrote, to `ty`: a numeric widening, or to and from dynamic, as the `to...()` functions convert.
    Convert(Box<Scalar>),
    /// `-` before a number or a timespan.
    Negate(Box<Scalar>),
    /// `and` of two or more bools.
    And(Vec<Scalar>),
    /// `or` of two or more bools.
    Or(Vec<Scalar>),
    /// A binary operator. Comparisons have operands of one type, but where one is dynamic; arithmetic has the types that the operator is defined for; string
    /// operators take strings (dynamic operands are converted), except that `has` and its kin may read a dynamic's text.
    Binary {
        /// Which.
        op: BinaryOp,
        /// The left operand.
        left: Box<Scalar>,
        /// The right operand.
        right: Box<Scalar>,
    },
    /// `in`, `has_any` and their kin over a list. An element that is a dynamic array stands for its elements.
    List {
        /// Which.
        op: ListOp,
        /// What is looked for.
        operand: Box<Scalar>,
        /// The list.
        list: Vec<Scalar>,
    },
    /// `in`, `has_any` and their kin over the first column of a shared relation.
    InRelation {
        /// Which.
        op: ListOp,
        /// What is looked for.
        operand: Box<Scalar>,
        /// The relation, by place in `Plan::shared`.
        relation: usize,
    },
    /// `between (low .. high)`, both included.
    Between {
        /// `!between`.
        negated: bool,
        /// What is compared.
        operand: Box<Scalar>,
        /// The lower bound.
        low: Box<Scalar>,
        /// The upper bound.
        high: Box<Scalar>,
    },
    /// A property of a dynamic: `bag.name`, `bag["name"]`.
    Property(Box<Scalar>, Arc<str>),
    /// An element of a dynamic by a computed key: an index (int or long) into an array, negative from its end, or a name (string) into a bag.
    Element(Box<Scalar>, Box<Scalar>),
}

/// Visits the operands of an expression, to look at or to change.
macro_rules! operands {
    ($kind:expr, $iter:ident, $visit:expr) => {
        match $kind {
            ScalarKind::Constant(_) | ScalarKind::Column(_) | ScalarKind::Subquery(_) => {}
            ScalarKind::Call { arguments: operands, .. } | ScalarKind::And(operands) | ScalarKind::Or(operands) => {
                operands.$iter().for_each($visit);
            }
            ScalarKind::Convert(operand)
            | ScalarKind::Negate(operand)
            | ScalarKind::Property(operand, _)
            | ScalarKind::InRelation { operand, .. } => $visit(operand),
            ScalarKind::Binary { left, right, .. } | ScalarKind::Element(left, right) => {
                $visit(left);
                $visit(right);
            }
            ScalarKind::List { operand, list, .. } => {
                $visit(operand);
                list.$iter().for_each($visit);
            }
            ScalarKind::Between { operand, low, high, .. } => {
                $visit(operand);
                $visit(low);
                $visit(high);
            }
        }
    };
}

impl Scalar {
    /// The column that the expression is, if it is nothing else.
    pub(crate) fn as_column(&self) -> Option<usize> {
        match self.kind {
            ScalarKind::Column(place) => Some(place),
            _ => None,
        }
    }

    /// Whether it is this column, converted or not.
    pub(crate) fn is_column(&self, place: usize) -> bool {
        match &self.kind {
            ScalarKind::Column(own) => *own == place,
            ScalarKind::Convert(inner) => inner.is_column(place),
            _ => false,
        }
    }

    /// Whether it depends on the row.
    pub(crate) fn reads_columns(&self) -> bool {
        if let ScalarKind::Column(_) = self.kind {
            return true;
        }
        let mut reads = false;
        self.for_each_operand(&mut |operand| reads |= operand.reads_columns());
        reads
    }

    /// How many expressions the longest way to a leaf passes, this one included.
    pub(crate) fn height(&self) -> usize {
        let mut highest = 0;
        self.for_each_operand(&mut |operand| highest = highest.max(operand.height()));
        highest + 1
    }

    /// How many expressions it is made of.
    pub(crate) fn size(&self) -> usize {
        let mut size = 1;
        self.for_each_operand(&mut |operand| size += operand.size());
        size
    }

    /// Every column that it reads, to look at or to change.
    pub(crate) fn for_each_column(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        if let ScalarKind::Column(place) = &mut self.kind {
            visit(place);
        }
        self.for_each_operand_mut(&mut |operand| operand.for_each_column(visit));
    }

    /// The expressions that this one is made of directly.
    pub(crate) fn for_each_operand(&self, visit: &mut dyn FnMut(&Self)) {
        operands!(&self.kind, iter, visit);
    }

    fn for_each_operand_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        operands!(&mut self.kind, iter_mut, visit);
    }
}
