//! Graphs: what `make-graph` makes of tables, the patterns that are looked for in them, and the tables that they become again.
//! A match is a row whose columns no query can name by themselves: `a.id` stands for the hidden column of the variable `a`.

use std::rc::Rc;

use super::names::Taken;
use super::pipeline::Named;
use super::scope::{Binding, Rows, qualified, variable, visible, without_hidden};
use super::{Binder, Bound, Entity, Noted};
use crate::error::{self, Error};
use crate::plan::{
    Cycles, FoldKind, Graph, GraphMatch, GraphStep, MatchColumn, NodeTable, Operator, PathFold, Relation, Scalar,
    ScalarKind,
};
use crate::span::Span;
use crate::syntax::{Call, Expr, ExprKind, GraphNodes, GraphOperator, GraphSearch, GraphTable, Name, Parameter};
use crate::{ColumnInfo, Schema, Type};

/// The most edges of a pattern, which bounds how deep the search for it goes.
const MOST_STEPS: usize = 32;

/// What functions of paths need to know, and the folds that they leave.
pub(super) struct Folds {
    /// The columns of an edge and of a node.
    edges: Schema,
    nodes: Schema,
    /// The columns of a match.
    matched: Schema,
    /// The names of steps that are paths.
    paths: Vec<(String, usize)>,
    list: Vec<PathFold>,
}

/// A pattern on its way into the plan.
#[derive(Default)]
struct Pattern {
    /// The names of the nodes, as far as they have any.
    nodes: Vec<Option<String>>,
    edges: Vec<Option<String>>,
    steps: Vec<GraphStep>,
}

impl Binder<'_> {
    pub(super) fn graph_answered(&mut self, span: Span) -> Noted {
        let hint = Some("graph-match or graph-to-table makes a table of a graph.".to_owned());
        self.note(Error::new(error::TABULAR_EXPECTED, "Tabular value expected.", span).hint(hint))
    }

    pub(super) fn graph_operator(&mut self, input: Entity, operator: &GraphOperator, span: Span) -> Bound<Entity> {
        if let GraphOperator::Make { source, target, nodes } = operator {
            let Entity::Table(edges) = input else { return Err(self.tabular_expected(span)) };
            return self.make_graph(edges, [source, target], nodes).map(|graph| Entity::Graph(Rc::new(graph)));
        }
        let Entity::Graph(graph) = input else {
            let hint = Some("make-graph makes a graph of a table of edges.".to_owned());
            return Err(self.note(Error::new(error::GRAPH_EXPECTED, "Graph expected.", span).hint(hint)));
        };
        match operator {
            GraphOperator::Make { .. } => unreachable!("graphs are made above"),
            GraphOperator::Match(search) => self.graph_match(&graph, search, false, span).map(Entity::Table),
            GraphOperator::ShortestPaths(search) => self.graph_match(&graph, search, true, span).map(Entity::Table),
            GraphOperator::MarkComponents(parameters) => {
                self.mark_components(&graph, parameters, span).map(|graph| Entity::Graph(Rc::new(graph)))
            }
            GraphOperator::ToTable(tables) => self.graph_to_table(&graph, tables, span).map(Entity::Table),
        }
    }

    fn make_graph(&mut self, edges: Relation, ends: [&Name; 2], nodes: &GraphNodes) -> Bound<Graph> {
        let edges = self.share(without_hidden(edges));
        let [source, target] = ends.map(|end| self.place(&edges, end));
        let ends = [source?, target?];
        let ty = edges.schema.columns[ends[0]].ty;
        if edges.schema.columns[ends[1]].ty != ty {
            let what = "A graph whose edges begin and end in columns of different types";
            return Err(self.note(Error::unsupported(what, edges.span)));
        }
        let mut graph = Graph { edges, ends, nodes: Vec::new(), schema: Schema::default(), marks: 0 };
        match nodes {
            GraphNodes::Bare => {}
            GraphNodes::Id(name) => graph.schema = Schema::new([(name.text.clone(), ty)]),
            GraphNodes::Tables(tables) => {
                for (table, id) in tables {
                    self.add_nodes(&mut graph, table, id, ty)?;
                }
            }
        }
        Ok(graph)
    }

    /// Adds a table of nodes, whose columns join those of the others by name.
    fn add_nodes(&mut self, graph: &mut Graph, table: &Expr, id: &Name, ty: Type) -> Bound<()> {
        let rows = self.table(table)?;
        let rows = self.share(without_hidden(rows));
        let id_at = self.place(&rows, id)?;
        if rows.schema.columns[id_at].ty != ty {
            let what = "A graph whose nodes have identities of another type than its edges' ends";
            return Err(self.note(Error::unsupported(what, id.span)));
        }
        for column in &rows.schema.columns {
            match graph.schema.position(&column.name) {
                Some(place) if graph.schema.columns[place].ty != column.ty => {
                    let what = format!("The column '{}' with different types in tables of nodes", column.name);
                    return Err(self.note(Error::unsupported(what, id.span)));
                }
                Some(_) => {}
                None => graph.schema.columns.push(column.clone()),
            }
        }
        graph.nodes.push(NodeTable { rows, id: id_at, columns: Vec::new() });
        for table in &mut graph.nodes {
            table.columns =
                graph.schema.columns.iter().map(|column| table.rows.schema.position(&column.name)).collect();
        }
        Ok(())
    }

    fn place(&mut self, relation: &Relation, name: &Name) -> Bound<usize> {
        match relation.schema.position(&name.text) {
            Some(place) => Ok(place),
            None => Err(self.unknown_name(name, Rows::One(&relation.schema))),
        }
    }

    fn mark_components(&mut self, graph: &Graph, parameters: &[Parameter], span: Span) -> Bound<Graph> {
        let word = |name: &str| word_of(parameters, name);
        if word("kind").is_some_and(|kind| kind != "weak") {
            return Err(self.note(Error::unsupported("'graph-mark-components' of another kind than weak", span)));
        }
        let name = word("with_component_id").unwrap_or("ComponentId");
        if graph.schema.position(name).is_some() {
            return Err(self.declared_twice(name, span));
        }
        let mut graph = graph.clone();
        graph.schema.columns.push(ColumnInfo { name: name.to_owned(), ty: Type::Long });
        graph.marks += 1;
        Ok(graph)
    }

    fn graph_to_table(&mut self, graph: &Graph, tables: &[GraphTable], span: Span) -> Bound<Relation> {
        let mut first = None;
        for table in tables {
            if let Some(parameter) = table.parameters.first() {
                let what = format!("'{}', whose hashes are not documented,", parameter.name.text);
                return Err(self.note(Error::unsupported(what, parameter.name.span)));
            }
            let relation = if table.edges {
                graph.edges.clone()
            } else {
                let operator = Operator::GraphNodes(Box::new(graph.clone()));
                Relation { schema: graph.schema.clone(), operator, span }
            };
            let relation = self.share(relation);
            if let Some(name) = &table.name {
                self.environment.declare(&name.text, Binding::Table(relation.clone()));
            }
            first.get_or_insert(relation);
        }
        first.ok_or(Noted)
    }
}

/// Patterns.
impl Binder<'_> {
    fn graph_match(&mut self, graph: &Graph, search: &GraphSearch, shortest: bool, span: Span) -> Bound<Relation> {
        if search.columns.is_empty() {
            let hint = Some("project a.Name, b.Name".to_owned());
            return Err(self.note(Error::unsupported("A pattern without 'project'", span).hint(hint)));
        }
        let pattern = self.pattern(search)?;
        let cycles = match word_of(&search.parameters, "cycles") {
            None | Some("unique_edges") => Cycles::UniqueEdges,
            Some("all") => Cycles::All,
            Some("none") => Cycles::None,
            Some(_) => return Err(self.note(Error::new(error::EXPECTED, "Expected: all, none or unique_edges", span))),
        };
        let (matched, mut columns) = columns(graph, &pattern);
        let mut schema = matched.clone();
        let ends = match (shortest, pattern.steps.as_slice()) {
            (false, _) => None,
            (true, [GraphStep { from, to, range: Some(_), .. }]) if from != to => {
                let first = schema.columns.len();
                for (place, column) in
                    [MatchColumn::NodePlace(*from), MatchColumn::NodePlace(*to), MatchColumn::Length(0)]
                        .into_iter()
                        .enumerate()
                {
                    columns.push(column);
                    schema.columns.push(ColumnInfo { name: format!("\u{1}end {place}"), ty: Type::Long });
                }
                Some([first, first + 1, first + 2])
            }
            (true, _) => {
                let what = "'graph-shortest-paths' of another pattern than one path between two nodes";
                return Err(self.note(Error::unsupported(what, span)));
            }
        };
        let paths = pattern.edges.iter().enumerate().filter(|(step, _)| pattern.steps[*step].range.is_some());
        let paths = paths.filter_map(|(step, name)| Some((name.clone()?, step))).collect();
        let folds = Folds {
            edges: graph.edges.schema.clone(),
            nodes: graph.schema.clone(),
            matched: schema.clone(),
            paths,
            list: Vec::new(),
        };
        let outer = self.folds.replace(folds);
        let bound = self.searched(search, &schema);
        let folds = std::mem::replace(&mut self.folds, outer).map(|folds| folds.list).unwrap_or_default();
        let (predicate, named) = bound?;
        for (place, fold) in folds.iter().enumerate() {
            let ty = if fold.kind == FoldKind::Map { Type::Dynamic } else { Type::Bool };
            schema.columns.push(ColumnInfo { name: format!("\u{1}fold {place}"), ty });
        }
        let nodes = pattern.nodes.len();
        let found = GraphMatch { graph: graph.clone(), nodes, steps: pattern.steps, cycles, columns, folds };
        let mut relation = Relation { schema, operator: Operator::GraphMatch(Box::new(found)), span };
        if let Some(predicate) = predicate {
            relation = super::pipeline::filtered(relation, predicate, span);
        }
        if let Some(ends) = ends {
            let all = match word_of(&search.parameters, "output") {
                None | Some("any") => false,
                Some("all") => true,
                Some(_) => return Err(self.note(Error::new(error::EXPECTED, "Expected: any or all", span))),
            };
            let schema = relation.schema.clone();
            relation =
                Relation { schema, operator: Operator::ShortestPaths { input: Box::new(relation), ends, all }, span };
        }
        let mut taken = Taken::default();
        let mut schema = Schema::default();
        let mut columns = Vec::with_capacity(named.len());
        for (place, Named { name, written, value, .. }) in named.into_iter().enumerate() {
            let name = match name {
                Some(name) if written && taken.has(&name) => return Err(self.declared_twice(&name, value.span)),
                Some(name) => taken.unique(&name),
                None => taken.unique(&format!("Column{}", place + 1)),
            };
            schema.columns.push(ColumnInfo { name, ty: value.ty });
            columns.push(value);
        }
        Ok(Relation { schema, operator: Operator::Project { input: Box::new(relation), columns }, span })
    }

    fn searched(&mut self, search: &GraphSearch, schema: &Schema) -> Bound<(Option<Scalar>, Vec<Named>)> {
        let rows = Rows::One(schema);
        let predicate = search.predicate.as_ref().map(|predicate| self.predicate(predicate, rows)).transpose();
        let named = self.all_values(&search.columns, rows);
        Ok((predicate?, named?))
    }

    fn pattern(&mut self, search: &GraphSearch) -> Bound<Pattern> {
        let mut pattern = Pattern::default();
        for path in &search.paths {
            let mut from = self.pattern_node(&mut pattern, path.first.as_ref())?;
            for (edge, to) in &path.steps {
                if let Some(name) = &edge.name {
                    let known = pattern.edges.iter().chain(&pattern.nodes).flatten().any(|known| *known == name.text);
                    if known {
                        return Err(self.declared_twice(&name.text, name.span));
                    }
                }
                if edge.range.is_some_and(|(least, most)| least > most) {
                    let span = edge.name.as_ref().map_or(Span::default(), |name| name.span);
                    return Err(self.note(Error::new(
                        error::VALUE_OF_TYPE,
                        "A path is at most as long as it is at least.",
                        span,
                    )));
                }
                let to = self.pattern_node(&mut pattern, to.as_ref())?;
                pattern.edges.push(edge.name.as_ref().map(|name| name.text.clone()));
                pattern.steps.push(GraphStep { from, to, direction: edge.direction, range: edge.range });
                from = to;
            }
        }
        if pattern.steps.len() > MOST_STEPS {
            let what = format!("A pattern of more than {MOST_STEPS} edges");
            let span =
                search.paths.first().and_then(|path| path.first.as_ref()).map_or(Span::default(), |name| name.span);
            return Err(self.note(Error::unsupported(what, span)));
        }
        Ok(pattern)
    }

    /// The place of a pattern's node: that of the node of the same name, or a new one.
    fn pattern_node(&mut self, pattern: &mut Pattern, name: Option<&Name>) -> Bound<usize> {
        let Some(name) = name else {
            pattern.nodes.push(None);
            return Ok(pattern.nodes.len() - 1);
        };
        if pattern.edges.iter().flatten().any(|edge| *edge == name.text) {
            return Err(self.declared_twice(&name.text, name.span));
        }
        let known = pattern.nodes.iter().position(|node| node.as_ref() == Some(&name.text));
        Ok(known.unwrap_or_else(|| {
            pattern.nodes.push(Some(name.text.clone()));
            pattern.nodes.len() - 1
        }))
    }

    /// A function of a node or of a path, where one may stand.
    pub(super) fn graph_function(&mut self, call: &Call, span: Span, rows: Rows<'_>) -> Bound<Option<Scalar>> {
        let name = call.name.text.as_str();
        match name {
            "node_degree_in" | "node_degree_out" => {
                let argument = self.only_argument(call)?;
                let ExprKind::Name(node) = &argument.kind else { return Err(self.unknown_node(argument.span)) };
                match rows.qualified(&node.text, &degree(name), span) {
                    Some(column) => Ok(Some(column)),
                    None => Err(self.unknown_node(argument.span)),
                }
            }
            "map" => self.fold(call, FoldKind::Map, span).map(Some),
            "all" => self.fold(call, FoldKind::All, span).map(Some),
            "any" => self.fold(call, FoldKind::Any, span).map(Some),
            "inner_nodes" | "labels" | "node_id" => {
                let what = format!("The function '{name}' in this place");
                Err(self.note(Error::unsupported(what, span)))
            }
            _ => Ok(None),
        }
    }

    fn unknown_node(&mut self, span: Span) -> Noted {
        self.note(Error::new(error::UNKNOWN_NAME, "The name of a node of the pattern expected.", span))
    }

    fn fold(&mut self, call: &Call, kind: FoldKind, span: Span) -> Bound<Scalar> {
        let [path, value] = call.arguments.as_slice() else {
            let message = format!("The function '{}' expects 2 arguments.", call.name.text);
            return Err(self.note(Error::new(error::ARGUMENT_COUNT, message, call.name.span)));
        };
        let (name, nodes) = match &path.value.kind {
            ExprKind::Name(name) => (Some(name), false),
            ExprKind::Call(inner) if inner.name.text == "inner_nodes" => match inner.arguments.as_slice() {
                [argument] => match &argument.value.kind {
                    ExprKind::Name(name) => (Some(name), true),
                    _ => (None, true),
                },
                _ => (None, true),
            },
            _ => (None, false),
        };
        // Folds do not nest: what stands inside one is bound without them.
        let Some(mut folds) = self.folds.take() else { return Err(Noted) };
        let step =
            name.and_then(|name| folds.paths.iter().find(|(known, _)| *known == name.text)).map(|(_, step)| *step);
        let mut schema = if nodes { folds.nodes.clone() } else { folds.edges.clone() };
        schema.columns.extend(folds.matched.columns.iter().cloned());
        let value = match (step, kind) {
            (None, _) => Err(self.note(Error::new(
                error::UNKNOWN_NAME,
                "The name of a path of the pattern expected.",
                path.value.span,
            ))),
            (_, FoldKind::Map) => self.scalar(&value.value, Rows::One(&schema)),
            (_, FoldKind::Any | FoldKind::All) => self.predicate(&value.value, Rows::One(&schema)),
        };
        let column = folds.matched.columns.len() + folds.list.len();
        let ty = if kind == FoldKind::Map { Type::Dynamic } else { Type::Bool };
        let bound = value.map(|value| {
            folds.list.push(PathFold { step: step.unwrap_or_default(), nodes, kind, value });
            Scalar { ty, kind: ScalarKind::Column(column), span }
        });
        self.folds = Some(folds);
        bound
    }
}

/// The name under which the number of a node's edges is kept; no column can have it.
fn degree(function: &str) -> String {
    format!("\u{1}{function}")
}

/// The columns of a match: of each named node and edge, and what stands for the whole of it.
fn columns(graph: &Graph, pattern: &Pattern) -> (Schema, Vec<MatchColumn>) {
    let mut schema = Schema::default();
    let mut columns = Vec::new();
    let mut push = |name: String, ty: Type, column: MatchColumn| {
        schema.columns.push(ColumnInfo { name, ty });
        columns.push(column);
    };
    for (node, name) in pattern.nodes.iter().enumerate() {
        let Some(name) = name else { continue };
        for (place, column) in visible(&graph.schema) {
            push(qualified(name, &column.name), column.ty, MatchColumn::Node(node, place));
        }
        push(qualified(name, &degree("node_degree_in")), Type::Long, MatchColumn::DegreeIn(node));
        push(qualified(name, &degree("node_degree_out")), Type::Long, MatchColumn::DegreeOut(node));
        push(variable(name), Type::Long, MatchColumn::NodePlace(node));
    }
    for (step, name) in pattern.edges.iter().enumerate() {
        let Some(name) = name else { continue };
        let path = pattern.steps[step].range.is_some();
        for (place, column) in visible(&graph.edges.schema) {
            let (ty, shown) = match path {
                true => (Type::Dynamic, MatchColumn::Path(step, place)),
                false => (column.ty, MatchColumn::Edge(step, place)),
            };
            push(qualified(name, &column.name), ty, shown);
        }
        match path {
            true => push(name.clone(), Type::Dynamic, MatchColumn::Edges(step)),
            false => push(variable(name), Type::Long, MatchColumn::Length(step)),
        }
    }
    (schema, columns)
}

fn word_of<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    parameters.iter().find(|parameter| parameter.name.text == name).and_then(|parameter| match &parameter.value.kind {
        ExprKind::Name(word) => Some(word.text.as_str()),
        _ => None,
    })
}
