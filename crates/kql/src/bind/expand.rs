//! `mv-expand` and `mv-apply`: which columns are expanded, which repeated, and what a body over the expanded rows leaves.

use std::collections::HashMap;

use super::names::{Taken, implied};
use super::scope::{OUTER, Rows, hidden, visible, without_hidden};
use super::{Binder, Bound};
use crate::error::{self, Error};
use crate::plan::{Expanded, Expansion, ExpansionColumn, Operator, Relation, Scalar, Side};
use crate::span::Span;
use crate::syntax::{Expand, Expr, MvApply, MvExpand, Name};
use crate::{ColumnInfo, Schema, Type};

/// Expanded expressions and the names of their columns.
struct Items {
    names: Vec<String>,
    items: Vec<Expanded>,
}

impl Binder<'_> {
    pub(super) fn mv_expand(&mut self, input: Relation, expand: &MvExpand, span: Span) -> Bound<Relation> {
        let Items { names, items } = self.items(&expand.items, &input.schema)?;
        let limit = self.expansion_limit(expand.limit.as_ref())?;
        let mut schema = Schema::default();
        let mut columns = Vec::new();
        for (place, column) in visible(&input.schema) {
            let item = names.iter().position(|name| *name == column.name);
            let ty = item.map_or(column.ty, |item| items[item].ty);
            schema.columns.push(ColumnInfo { name: column.name.clone(), ty });
            columns.push(item.map_or(ExpansionColumn::Input(place), ExpansionColumn::Item));
        }
        for (item, name) in names.iter().enumerate() {
            if schema.position(name).is_none() {
                schema.columns.push(ColumnInfo { name: name.clone(), ty: items[item].ty });
                columns.push(ExpansionColumn::Item(item));
            }
        }
        if let Some(index) = &expand.item_index {
            self.item_index(index, &mut schema)?;
            columns.push(ExpansionColumn::Index);
        }
        for (place, column) in hidden(&input.schema) {
            schema.columns.push(column.clone());
            columns.push(ExpansionColumn::Input(place));
        }
        let expansion = Expansion { items, columns, bags_as_arrays: expand.bags_as_arrays, limit };
        Ok(Relation { schema, operator: Operator::MvExpand { input: Box::new(input), expansion }, span })
    }

    pub(super) fn mv_apply(&mut self, input: Relation, apply: &MvApply, span: Span) -> Bound<Relation> {
        let Items { names, items } = self.items(&apply.items, &input.schema)?;
        let limit = self.expansion_limit(apply.limit.as_ref())?;
        let mut schema = Schema::new(names.iter().zip(&items).map(|(name, item)| (name.clone(), item.ty)));
        let mut columns: Vec<ExpansionColumn> = (0..items.len()).map(ExpansionColumn::Item).collect();
        if let Some(index) = &apply.item_index {
            self.item_index(index, &mut schema)?;
            columns.push(ExpansionColumn::Index);
        }
        for (place, column) in input.schema.columns.iter().enumerate() {
            let name =
                if column.name.starts_with(OUTER) { column.name.clone() } else { format!("{OUTER}{}", column.name) };
            schema.columns.push(ColumnInfo { name, ty: column.ty });
            columns.push(ExpansionColumn::Input(place));
        }
        let rows = Relation { schema, operator: Operator::Input, span };
        let body = without_hidden(self.body_pipeline(rows, &apply.body)?);
        let expansion = Expansion { items, columns, bags_as_arrays: false, limit };

        let mut given: HashMap<&str, usize> =
            visible(&body.schema).map(|(place, column)| (column.name.as_str(), place)).collect();
        let mut schema = Schema::default();
        let mut sides = Vec::new();
        for (place, column) in input.schema.columns.iter().enumerate() {
            if let Some(place) = given.remove(column.name.as_str()) {
                if names.contains(&column.name) {
                    // An expanded column moves to where the body has it.
                    given.insert(&column.name, place);
                } else {
                    schema.columns.push(body.schema.columns[place].clone());
                    sides.push(Side::Right(place));
                }
            } else if !names.contains(&column.name) {
                schema.columns.push(column.clone());
                sides.push(Side::Left(place));
            }
        }
        for (place, column) in visible(&body.schema).filter(|(_, column)| given.contains_key(column.name.as_str())) {
            schema.columns.push(column.clone());
            sides.push(Side::Right(place));
        }
        let operator = Operator::MvApply { input: Box::new(input), expansion, body: Box::new(body), columns: sides };
        Ok(Relation { schema, operator, span })
    }

    fn items(&mut self, expands: &[Expand], schema: &Schema) -> Bound<Items> {
        let mut names = Vec::with_capacity(expands.len());
        let mut items = Vec::with_capacity(expands.len());
        let mut taken = Taken::default();
        for expand in expands {
            let value = self.scalar(&expand.value, Rows::One(schema))?;
            if value.ty != Type::Dynamic {
                let hint = Some(format!(
                    "This is a {}; parse_json(...), split(...) or todynamic(...) make a dynamic.",
                    value.ty
                ));
                let message = "The expression must have the type dynamic.";
                return Err(self.note(Error::new(error::TYPE, message, value.span).hint(hint)));
            }
            let name = match &expand.name {
                Some(name) if !taken.take(&name.text) => return Err(self.declared_twice(&name.text, name.span)),
                Some(name) => name.text.clone(),
                None => match implied(&expand.value, &|_| false) {
                    Some(name) => taken.unique(&name),
                    None => taken.unique("Column1"),
                },
            };
            names.push(name);
            items.push(Expanded { value, ty: expand.ty.unwrap_or(Type::Dynamic) });
        }
        Ok(Items { names, items })
    }

    fn expansion_limit(&mut self, limit: Option<&Expr>) -> Bound<Option<Scalar>> {
        limit.map(|limit| self.count(limit)).transpose()
    }

    fn item_index(&mut self, name: &Name, schema: &mut Schema) -> Bound<()> {
        if schema.position(&name.text).is_some() {
            return Err(self.declared_twice(&name.text, name.span));
        }
        schema.columns.push(ColumnInfo { name: name.text.clone(), ty: Type::Long });
        Ok(())
    }
}
