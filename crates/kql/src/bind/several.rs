//! Functions that give several columns, which only lists of columns take: `project (slope, fit) = series_fit_line(y)`.

use super::names::implied;
use super::pipeline::Named;
use super::scope::Rows;
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::functions::Function;
use crate::plan::{Scalar, ScalarKind};
use crate::syntax::{Call, Column, ExprKind};
use crate::{Type, Value};

impl Binder<'_> {
    /// The columns of a call that gives several: the first under the names that are written, the others under the function's.
    /// Nothing where the column's value is anything else.
    pub(super) fn several_values(&mut self, column: &Column, rows: Rows<'_>) -> Bound<Option<Vec<Named>>> {
        let ExprKind::Call(call) = &column.value.inner().kind else { return Ok(None) };
        let Some(function) = self.several_function(call) else { return Ok(None) };
        if let Some(name) = column.names.get(function.outputs.len()) {
            let message = "The name does not have a corresponding expression.";
            return Err(self.note(Error::new(error::NAME_WITHOUT_VALUE, message, name.span)));
        }
        let span = column.value.span;
        let tuple = self.resolved(function, call, span, rows)?;
        let argument =
            call.arguments.first().and_then(|argument| implied(&argument.value, &|_| false)).unwrap_or_default();
        let named = |(place, (suffix, ty)): (usize, &(&str, Type))| {
            let at = Self::constant(Type::Long, Value::Long(Some(place as i64)), span);
            let kind = ScalarKind::Element(Box::new(tuple.clone()), Box::new(at));
            let value = Scalar::converted(Scalar { ty: Type::Dynamic, kind, span }, *ty);
            match column.names.get(place) {
                Some(name) => Named { name: Some(name.text.clone()), written: true, declared: true, value },
                None => {
                    let name = Some(format!("{}_{argument}_{suffix}", function.name));
                    Named { name, written: false, declared: false, value }
                }
            }
        };
        Ok(Some(function.outputs.iter().enumerate().map(named).collect()))
    }

    /// The function that a call means, if it gives several columns.
    fn several_function(&self, call: &Call) -> Option<&'static Function> {
        if self.environment.find(&call.name.text).is_some() {
            return None;
        }
        Function::named(&call.name.text).filter(|function| !function.outputs.is_empty())
    }
}
