//! Which rows have an order that window functions may rely on, as the documentation of `serialize` lists the operators.
//! Of rows that are written out or stored, and of unions, it says nothing: they are taken for rows without one.

use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::functions::{Eval, Function};
use crate::plan::{Operator, Relation, Scalar, ScalarKind};

impl Binder<'_> {
    /// The relation, unless a window function of its own reads rows without an order.
    pub(super) fn in_order(&mut self, relation: Relation) -> Bound<Relation> {
        let mut window = None;
        relation.for_each_scalar(&mut |scalar| window = window.or_else(|| window_function(scalar)));
        let Some((function, span)) = window else { return Ok(relation) };
        let mut ordered = true;
        relation.for_each_input(&mut |input| ordered &= self.is_serialized(input));
        if ordered {
            return Ok(relation);
        }
        let message = format!("The function '{}' needs rows in an order.", function.name);
        let hint = Some("Put 'serialize' or 'sort by' before it.".to_owned());
        Err(self.note(Error::new(error::NOT_SERIALIZED, message, span).hint(hint)))
    }

    fn is_serialized(&self, relation: &Relation) -> bool {
        match &relation.operator {
            Operator::Sort { .. } | Operator::Top { .. } | Operator::Range { .. } | Operator::Serialize { .. } => true,
            Operator::Shared(place) => self.is_serialized(&self.shared[*place]),
            // The elements that one row expands to, and the rows of one part.
            Operator::Input => true,
            Operator::Filter { input, .. } | Operator::Project { input, .. } | Operator::Take { input, .. } => {
                self.is_serialized(input)
            }
            Operator::Parse(parse) => self.is_serialized(&parse.input),
            Operator::ParseKv(parse) => self.is_serialized(&parse.input),
            Operator::Scan(scan) => self.is_serialized(&scan.input),
            _ => false,
        }
    }
}

/// The first window function of an expression, and where it stands.
fn window_function(scalar: &Scalar) -> Option<(&'static Function, crate::span::Span)> {
    if let ScalarKind::Call { function, .. } = scalar.kind
        && matches!(function.eval, Eval::Window(_))
    {
        return Some((function, scalar.span));
    }
    let mut found = None;
    scalar.for_each_operand(&mut |operand| found = found.or_else(|| window_function(operand)));
    found
}
