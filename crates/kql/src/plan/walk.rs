//! What a relation reads directly: relations and expressions. And what follows from that.

use super::{Aggregation, Operator, Relation, Scalar, ScalarKind};
use crate::{Schema, Type};

/// Visits the relations that an operator reads, to look at or to change.
macro_rules! inputs {
    ($operator:expr, $iter:ident, [$($ref:tt)+], $visit:expr) => {
        match $operator {
            Operator::Table { .. }
            | Operator::Shared(_)
            | Operator::Input
            | Operator::Rows(_)
            | Operator::Refused(_)
            | Operator::Range { .. } => {}
            Operator::Filter { input, .. }
            | Operator::Project { input, .. }
            | Operator::Sort { input, .. }
            | Operator::Take { input, .. }
            | Operator::Sample { input, .. }
            | Operator::Top { input, .. }
            | Operator::Summarize { input, .. }
            | Operator::Count { input }
            | Operator::MvExpand { input, .. }
            | Operator::Serialize { input }
            | Operator::ShortestPaths { input, .. }
            | Operator::Evaluate { input, .. } => $visit(input),
            Operator::MvApply { input, body, .. } | Operator::Partition { input, body, .. } => {
                $visit(input);
                $visit(body);
            }
            Operator::Join(join) => {
                $visit($($ref)+ join.left);
                $visit($($ref)+ join.right);
            }
            Operator::Union(inputs) => inputs.$iter().for_each($visit),
            Operator::MakeSeries(series) => $visit($($ref)+ series.input),
            Operator::Parse(parse) => $visit($($ref)+ parse.input),
            Operator::ParseKv(parse) => $visit($($ref)+ parse.input),
            Operator::Scan(scan) => $visit($($ref)+ scan.input),
            Operator::RowsNear(near) => $visit($($ref)+ near.input),
            Operator::IpLookup(lookup) => {
                $visit($($ref)+ lookup.input);
                $visit($($ref)+ lookup.ranges);
            }
            Operator::GraphMatch(search) => {
                $visit($($ref)+ search.graph.edges);
                search.graph.nodes.$iter().for_each(|table| $visit($($ref)+ table.rows));
            }
            Operator::GraphNodes(graph) => {
                $visit($($ref)+ graph.edges);
                graph.nodes.$iter().for_each(|table| $visit($($ref)+ table.rows));
            }
        }
    };
}

impl Relation {
    /// How many relations the longest way to a source passes, this one included.
    pub(crate) fn height(&self) -> usize {
        let mut highest = 0;
        self.for_each_input(&mut |input| highest = highest.max(input.height()));
        highest + 1
    }

    /// The relations that this one reads directly.
    pub(crate) fn for_each_input(&self, visit: &mut dyn FnMut(&Self)) {
        inputs!(&self.operator, iter, [&], visit);
    }

    /// The relations that this one reads directly, to change.
    pub(crate) fn for_each_input_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        inputs!(&mut self.operator, iter_mut, [&mut], visit);
    }

    /// The expressions of this relation, but not of those that it reads.
    pub(crate) fn for_each_scalar(&self, visit: &mut dyn FnMut(&Scalar)) {
        let aggregations = |list: &[Aggregation], visit: &mut dyn FnMut(&Scalar)| {
            list.iter().flat_map(|aggregation| &aggregation.arguments).for_each(visit);
        };
        match &self.operator {
            Operator::Table { .. }
            | Operator::Shared(_)
            | Operator::Input
            | Operator::Count { .. }
            | Operator::Union(_)
            | Operator::Serialize { .. }
            | Operator::Evaluate { .. }
            | Operator::ShortestPaths { .. }
            | Operator::GraphNodes(_)
            | Operator::IpLookup(_)
            | Operator::Refused(_) => {}
            Operator::Rows(rows) => rows.iter().flatten().for_each(visit),
            Operator::Range { from, to, step } => [from, to, step].into_iter().for_each(visit),
            Operator::Filter { predicate, .. } => visit(predicate),
            Operator::Project { columns, .. } => columns.iter().for_each(visit),
            Operator::Sort { keys, .. } => keys.iter().map(|key| &key.value).for_each(visit),
            Operator::Take { count, .. } | Operator::Sample { count, .. } => visit(count),
            Operator::Top { count, keys, .. } => {
                visit(count);
                keys.iter().map(|key| &key.value).for_each(visit);
            }
            Operator::Summarize { keys, aggregates, .. } => {
                keys.iter().for_each(&mut *visit);
                aggregations(aggregates, visit);
            }
            Operator::Join(join) => join.keys.iter().flat_map(|(left, right)| [left, right]).for_each(visit),
            Operator::MvExpand { expansion, .. } | Operator::MvApply { expansion, .. } => {
                expansion.items.iter().map(|item| &item.value).chain(&expansion.limit).for_each(visit);
            }
            Operator::MakeSeries(series) => {
                series.keys.iter().for_each(&mut *visit);
                aggregations(&series.aggregates, visit);
                series.values.iter().flat_map(|(value, default)| [value, default]).for_each(&mut *visit);
                [&series.axis, &series.step].into_iter().chain(&series.from).chain(&series.to).for_each(visit);
            }
            Operator::Parse(parse) => visit(&parse.value),
            Operator::Partition { key, .. } => visit(key),
            Operator::Scan(scan) => {
                scan.declared.iter().for_each(&mut *visit);
                for step in &scan.steps {
                    visit(&step.condition);
                    step.assignments.iter().map(|(_, value)| value).for_each(&mut *visit);
                }
            }
            Operator::ParseKv(parse) => visit(&parse.value),
            Operator::RowsNear(near) => [&near.predicate, &near.before, &near.after].into_iter().for_each(visit),
            Operator::GraphMatch(search) => search.folds.iter().map(|fold| &fold.value).for_each(visit),
        }
    }

    /// Its first column alone, in another type.
    pub(crate) fn with_first_column(self, ty: Type) -> Self {
        let span = self.span;
        let column = &self.schema.columns[0];
        let value = Scalar { ty: column.ty, kind: ScalarKind::Column(0), span };
        let schema = Schema::new([(column.name.clone(), ty)]);
        let columns = vec![Scalar { ty, kind: ScalarKind::Convert(Box::new(value)), span }];
        Self { schema, operator: Operator::Project { input: Box::new(self), columns }, span }
    }
}
