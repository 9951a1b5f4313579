//! `parse-kv`: the keys, and what separates them from their values.

use std::sync::Arc;

use super::names::Taken;
use super::scope::{Rows, hidden, visible};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{self, KvForm, Operator, Relation, Scalar, ScalarKind};
use crate::span::Span;
use crate::syntax::{Declared, Expr, ExprKind, Literal, Parameter};
use crate::{ColumnInfo, Schema, Type};

impl Binder<'_> {
    pub(super) fn parse_kv(
        &mut self,
        input: Relation,
        value: &Expr,
        columns: &[Declared],
        with: &[Parameter],
        span: Span,
    ) -> Bound<Relation> {
        let value = Scalar::converted(self.scalar(value, Rows::One(&input.schema))?, Type::String);
        let mut taken = Taken::default();
        for (_, column) in visible(&input.schema) {
            taken.take(&column.name);
        }
        let mut keys = Vec::with_capacity(columns.len());
        for column in columns {
            if !taken.take(&column.name.text) {
                return Err(self.declared_twice(&column.name.text, column.name.span));
            }
            keys.push((Arc::from(column.name.text.as_str()), column.ty));
        }
        let form = self.form(with)?;
        // The operator's columns come last; what is hidden moves behind them.
        let width = input.schema.columns.len();
        let mut schema = input.schema.clone();
        schema
            .columns
            .extend(columns.iter().map(|column| ColumnInfo { name: column.name.text.clone(), ty: column.ty }));
        let order: Vec<usize> = visible(&input.schema)
            .map(|(place, _)| place)
            .chain(width..schema.columns.len())
            .chain(hidden(&input.schema).map(|(place, _)| place))
            .collect();
        let shown = Schema { columns: order.iter().map(|&place| schema.columns[place].clone()).collect() };
        let places = order
            .iter()
            .map(|&place| Scalar { ty: schema.columns[place].ty, kind: ScalarKind::Column(place), span })
            .collect();
        let parse = plan::ParseKv { input, value, keys, form };
        let parsed = Relation { schema, operator: Operator::ParseKv(Box::new(parse)), span };
        Ok(Relation { schema: shown, operator: Operator::Project { input: Box::new(parsed), columns: places }, span })
    }

    fn form(&mut self, with: &[Parameter]) -> Bound<KvForm> {
        let (mut pair, mut kv, mut quotes, mut escape, mut greedy) = (None, None, Vec::new(), None, false);
        for parameter in with {
            let text = match &parameter.value.kind {
                ExprKind::Literal(Literal::String(text)) => text.as_str(),
                ExprKind::Literal(Literal::Bool(value)) if parameter.name.text == "greedy" => {
                    greedy = *value;
                    continue;
                }
                _ => "",
            };
            let chars: Vec<char> = text.chars().collect();
            match (parameter.name.text.as_str(), chars.as_slice()) {
                ("pair_delimiter", [_, ..]) => pair = Some(Arc::from(text)),
                ("kv_delimiter", [_, ..]) => kv = Some(Arc::from(text)),
                ("quote", [both]) => quotes.push((*both, *both)),
                ("quote", [open, close]) => quotes.push((*open, *close)),
                ("escape", [one]) => escape = Some(*one),
                ("regex", [_, ..]) => return self.regex_form(text, parameter),
                (name @ ("pair_delimiter" | "kv_delimiter" | "quote" | "escape" | "regex" | "greedy"), _) => {
                    let message = format!("The property '{name}' does not have a value that it takes.");
                    return Err(self.note(Error::new(error::ONE_OF, message, parameter.value.span)));
                }
                (name, _) => {
                    let what = format!("The property '{name}' of 'parse-kv'");
                    return Err(self.note(Error::unsupported(what, parameter.name.span)));
                }
            }
        }
        if greedy && (pair.is_none() || kv.is_none()) || pair.is_some() != kv.is_some() {
            let what = "'parse-kv' with one delimiter without the other";
            return Err(self.note(Error::unsupported(what, with[0].name.span)));
        }
        Ok(KvForm::Delimited { pair, kv, quotes, escape, greedy })
    }

    fn regex_form(&mut self, text: &str, parameter: &Parameter) -> Bound<KvForm> {
        match regex::Regex::new(text) {
            Ok(regex) if regex.captures_len() == 3 => Ok(KvForm::Regex(regex)),
            _ => {
                let message =
                    format!("'{text}' is not a regular expression with two groups, for the key and the value.");
                Err(self.note(Error::new(error::REGEX, message, parameter.value.span)))
            }
        }
    }
}
