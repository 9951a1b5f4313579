//! `evaluate`: plugins whose columns depend on rows, which are looked at while binding.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::Taken;
use super::scope::{OPEN, Rows, hidden, visible};
use super::{Binder, Bound, Noted};
use crate::error::{self, Error};
use crate::plan::{Operator, Plugin, Relation, Scalar, ScalarKind, Side};
use crate::span::Span;
use crate::syntax::{Argument, Call, ExprKind, PluginSchema};
use crate::{ColumnInfo, Dynamic, Schema, Type, Value};

/// What `bag_unpack` is told besides its bag.
#[derive(Default)]
struct Unpacking {
    prefix: String,
    conflict: Conflict,
    ignored: BTreeSet<String>,
}

/// What becomes of a property whose column exists already.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Conflict {
    #[default]
    Error,
    ReplaceSource,
    KeepSource,
}

impl Binder<'_> {
    pub(super) fn plugin(
        &mut self,
        input: Relation,
        plugin: &Call,
        schema: Option<&PluginSchema>,
        span: Span,
    ) -> Bound<Relation> {
        match plugin.name.text.as_str() {
            "bag_unpack" => self.bag_unpack(input, plugin, schema, span),
            "pivot" => self.pivot(input, plugin, schema, span),
            "ipv4_lookup" => self.ip_lookup(input, plugin, false, span),
            "ipv6_lookup" => self.ip_lookup(input, plugin, true, span),
            "rows_near" => self.rows_near(input, plugin, span),
            name => Err(self.note(Error::unsupported(format!("The plugin '{name}'"), plugin.name.span))),
        }
    }

    fn bag_unpack(
        &mut self,
        input: Relation,
        plugin: &Call,
        schema: Option<&PluginSchema>,
        span: Span,
    ) -> Bound<Relation> {
        let Some(bag) = plugin.arguments.first() else {
            let message = "The function 'bag_unpack' expects between 1 and 4 arguments.";
            return Err(self.note(Error::new(error::ARGUMENT_RANGE, message, plugin.name.span)));
        };
        let column = self.scalar(&bag.value, Rows::One(&input.schema))?;
        let Some(place) = column.as_column().filter(|_| column.ty == Type::Dynamic) else {
            return Err(self.note(Error::new(
                error::TYPE,
                "The expression must be a column of type dynamic.",
                bag.value.span,
            )));
        };
        let unpacking = self.unpacking(&plugin.arguments[1..])?;
        let input = self.share(input);
        if let Some(schema) = schema {
            return self.unpacked_as(input, place, schema, &unpacking, span);
        }
        let Some(found) = self.properties(&input, place, span)? else { return Ok(self.opened(input, place, span)) };
        let mut properties: Vec<(Arc<str>, Type)> = Vec::new();
        let mut new = Schema::default();
        let mut columns = Vec::new();
        for (at, column) in visible(&input.schema).filter(|(at, _)| *at != place) {
            new.columns.push(column.clone());
            columns.push(Side::Left(at));
        }
        for (name, ty) in found {
            if unpacking.ignored.contains(&name) {
                continue;
            }
            let column = ColumnInfo { name: format!("{}{name}", unpacking.prefix), ty };
            match (new.position(&column.name), unpacking.conflict) {
                (Some(_), Conflict::Error) => {
                    let hint = Some(
                        "columnsConflict='replace_source' or 'keep_source' says which of the two to keep.".to_owned(),
                    );
                    let message = format!("A column with the name '{}' is already declared.", column.name);
                    return Err(self.note(Error::new(error::DECLARED_TWICE, message, plugin.name.span).hint(hint)));
                }
                (Some(_), Conflict::KeepSource) => continue,
                (Some(at), Conflict::ReplaceSource) => {
                    new.columns[at] = column;
                    columns[at] = Side::Right(properties.len());
                }
                (None, _) => {
                    new.columns.push(column);
                    columns.push(Side::Right(properties.len()));
                }
            }
            properties.push((Arc::from(name), ty));
        }
        for (at, column) in hidden(&input.schema) {
            new.columns.push(column.clone());
            columns.push(Side::Left(at));
        }
        let plugin = Plugin::BagUnpack { columns, bag: place, properties };
        Ok(Relation { schema: new, operator: Operator::Evaluate { input: Box::new(input), plugin }, span })
    }

    /// The unpacked bag with the columns that the query declares.
    fn unpacked_as(
        &mut self,
        input: Relation,
        bag: usize,
        declared: &PluginSchema,
        unpacking: &Unpacking,
        span: Span,
    ) -> Bound<Relation> {
        let mut taken = Taken::default();
        let mut schema = Schema::default();
        let mut columns = Vec::new();
        let mut properties: Vec<(Arc<str>, Type)> = Vec::new();
        for (at, column) in visible(&input.schema).filter(|(at, _)| *at != bag && declared.keeps_input) {
            taken.take(&column.name);
            schema.columns.push(column.clone());
            columns.push(Side::Left(at));
        }
        for column in &declared.columns {
            if !taken.take(&column.name.text) {
                return Err(self.declared_twice(&column.name.text, column.name.span));
            }
            schema.columns.push(ColumnInfo { name: column.name.text.clone(), ty: column.ty });
            match visible(&input.schema)
                .find(|(at, own)| *at != bag && own.name == column.name.text && own.ty == column.ty)
            {
                Some((at, _)) => columns.push(Side::Left(at)),
                None => {
                    columns.push(Side::Right(properties.len()));
                    let name = column.name.text.strip_prefix(&unpacking.prefix).unwrap_or(&column.name.text);
                    properties.push((Arc::from(name), column.ty));
                }
            }
        }
        let plugin = Plugin::BagUnpack { columns, bag, properties };
        Ok(Relation { schema, operator: Operator::Evaluate { input: Box::new(input), plugin }, span })
    }

    fn unpacking(&mut self, arguments: &[Argument]) -> Bound<Unpacking> {
        let mut unpacking = Unpacking::default();
        for (place, argument) in arguments.iter().enumerate() {
            let name = argument.name.as_ref().map(|name| name.text.as_str());
            let value = match argument.value.inner().kind {
                ExprKind::Star => continue,
                _ => self.scalar(&argument.value, Rows::None)?,
            };
            match (name, place, &value.kind) {
                (Some("OutputColumnPrefix"), _, ScalarKind::Constant(Value::String(prefix)))
                | (None, 0, ScalarKind::Constant(Value::String(prefix))) => unpacking.prefix = prefix.to_string(),
                (Some("columnsConflict"), _, ScalarKind::Constant(Value::String(conflict)))
                | (None, 1, ScalarKind::Constant(Value::String(conflict))) => {
                    unpacking.conflict = match &**conflict {
                        "error" => Conflict::Error,
                        "replace_source" => Conflict::ReplaceSource,
                        "keep_source" => Conflict::KeepSource,
                        _ => {
                            let message =
                                "The expression must be one of the values: error, replace_source, keep_source";
                            return Err(self.note(Error::new(error::CONSTANT, message, argument.value.span)));
                        }
                    };
                }
                (Some("ignoredProperties"), _, ScalarKind::Constant(Value::Dynamic(Dynamic::Array(names))))
                | (None, 2, ScalarKind::Constant(Value::Dynamic(Dynamic::Array(names)))) => {
                    unpacking.ignored = names.iter().map(Dynamic::text).collect();
                }
                _ => {
                    return Err(self.note(Error::new(
                        error::CONSTANT,
                        "The expression must be a constant.",
                        argument.value.span,
                    )));
                }
            }
        }
        Ok(unpacking)
    }

    /// The properties of all bags in a column, by name, and the type that their values share; `None` over no rows.
    fn properties(&mut self, input: &Relation, bag: usize, span: Span) -> Bound<Option<BTreeMap<String, Type>>> {
        let Some(evaluate) = self.evaluate else { return Ok(None) };
        let column = &input.schema.columns[bag];
        let relation = Relation {
            schema: Schema::new([(column.name.clone(), Type::Dynamic)]),
            operator: Operator::Project {
                input: Box::new(input.clone()),
                columns: vec![Scalar { ty: Type::Dynamic, kind: ScalarKind::Column(bag), span }],
            },
            span,
        };
        let table = match evaluate(&self.shared, &relation) {
            Ok(table) => table,
            Err(error) => {
                self.note(error);
                return Err(Noted);
            }
        };
        if table.is_empty() {
            return Ok(None);
        }
        let mut found: BTreeMap<String, Type> = BTreeMap::new();
        for row in 0..table.len() {
            let Value::Dynamic(value) = table.value(row, 0) else { continue };
            for (name, value) in value.bag().unwrap_or_default() {
                let Some(ty) = type_of(value) else {
                    continue;
                };
                found.entry(name.to_string()).and_modify(|known| *known = common(*known, ty)).or_insert(ty);
            }
        }
        Ok(Some(found))
    }

    /// The input without the bag, any other name being null.
    fn opened(&mut self, input: Relation, bag: usize, span: Span) -> Relation {
        let mut columns: Vec<(String, Scalar)> = visible(&input.schema)
            .filter(|(at, _)| *at != bag)
            .map(|(at, column)| (column.name.clone(), Scalar { ty: column.ty, kind: ScalarKind::Column(at), span }))
            .collect();
        columns.push((OPEN.to_owned(), Self::constant(Type::Dynamic, Value::Dynamic(Dynamic::Null), span)));
        super::pipeline::projection(input, columns, span)
    }
}

/// The scalar type of a property's value; none for null.
fn type_of(value: &Dynamic) -> Option<Type> {
    Some(match value {
        Dynamic::Null => return None,
        Dynamic::Bool(_) => Type::Bool,
        Dynamic::Long(_) => Type::Long,
        Dynamic::Real(_) => Type::Real,
        Dynamic::Decimal(_) => Type::Decimal,
        Dynamic::Datetime(_) => Type::Datetime,
        Dynamic::Timespan(_) => Type::Timespan,
        Dynamic::Guid(_) => Type::Guid,
        Dynamic::String(_) => Type::String,
        Dynamic::Array(_) | Dynamic::Bag(_) => Type::Dynamic,
    })
}

fn common(left: Type, right: Type) -> Type {
    match (left, right) {
        _ if left == right => left,
        (Type::Long, Type::Real) | (Type::Real, Type::Long) => Type::Real,
        _ => Type::Dynamic,
    }
}
