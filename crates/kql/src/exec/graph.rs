//! Graphs: their nodes, the ways in which a pattern fits, and the shortest of them.
//! Nodes are numbered: first those of the node tables, each once, then those that only edges mention, in the order of the edges.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hashbrown::HashTable;

use super::needed::Needed;
use super::{Rows, Run, failure};
use crate::chunk::Chunk;
use crate::column::{Cell, Column, Values};
use crate::error::Error;
use crate::hash::{cell_hash, same};
use crate::plan::{Cycles, FoldKind, Graph, GraphMatch, GraphStep, MatchColumn, PathFold};
use crate::span::Span;
use crate::syntax::Direction;
use crate::{Dynamic, Type, Value};

/// A graph with its rows at hand.
struct Loaded {
    edges: Chunk,
    edge_names: Vec<Arc<str>>,
    /// The columns of the nodes, a row for each.
    nodes: Chunk,
    /// The nodes at which each edge begins and ends.
    ends: Vec<[u32; 2]>,
    /// The edges that begin at each node, and those that end there.
    leaving: Vec<Vec<u32>>,
    arriving: Vec<Vec<u32>>,
}

impl Run<'_> {
    /// The nodes of a graph as a table.
    pub(super) fn graph_nodes(&self, graph: &Graph, span: Span, input: Option<&Rows>) -> Result<Rows, Error> {
        Ok(Rows::of(self.load(graph, span, input)?.nodes))
    }

    fn load(&self, graph: &Graph, span: Span, input: Option<&Rows>) -> Result<Loaded, Error> {
        let edges = self.relation(&graph.edges, &Needed::all(&graph.edges), input)?;
        let edges = edges.whole(&graph.edges.schema.types());
        let mut numbers = Numbers::default();
        // For each node its table and its row there; none for a node that only edges mention.
        let mut places: Vec<Option<(usize, u32)>> = Vec::new();
        let mut tables = Vec::with_capacity(graph.nodes.len());
        for (table, nodes) in graph.nodes.iter().enumerate() {
            let rows = self.relation(&nodes.rows, &Needed::all(&nodes.rows), input)?;
            let rows = rows.whole(&nodes.rows.schema.types());
            for row in 0..rows.len {
                let (number, new) = numbers.number(rows.columns[nodes.id].cell(row));
                if new {
                    places.push(Some((table, row as u32)));
                } else if places[number as usize].is_some_and(|(known, _)| known != table) {
                    return Err(Error::unsupported("A graph with one node in two tables", span));
                }
            }
            tables.push(rows);
        }
        let mut ends = Vec::with_capacity(edges.len);
        for row in 0..edges.len {
            let [from, to] = graph.ends.map(|end| numbers.number(edges.columns[end].cell(row)).0);
            ends.push([from, to]);
        }
        places.resize(numbers.values.len(), None);
        if graph.nodes.len() > 1 && places.contains(&None) {
            return Err(Error::unsupported("A graph of several node tables with a node in none of them", span));
        }
        let mut loaded = Loaded {
            nodes: Chunk::of(Vec::new(), places.len()),
            leaving: vec![Vec::new(); places.len()],
            arriving: vec![Vec::new(); places.len()],
            edge_names: graph.edges.schema.columns.iter().map(|column| Arc::from(column.name.as_str())).collect(),
            edges,
            ends,
        };
        for (edge, [from, to]) in loaded.ends.iter().enumerate() {
            loaded.leaving[*from as usize].push(edge as u32);
            loaded.arriving[*to as usize].push(edge as u32);
        }
        loaded.nodes.columns = node_columns(graph, &tables, &places, &numbers);
        for _ in 0..graph.marks {
            loaded.nodes.columns.push(components(&loaded));
        }
        Ok(loaded)
    }

    /// A row for each way in which a pattern fits.
    pub(super) fn graph_match(
        &self,
        search: &GraphMatch,
        needed: &Needed,
        span: Span,
        input: Option<&Rows>,
    ) -> Result<Rows, Error> {
        let graph = self.load(&search.graph, span, input)?;
        let mut finder = Finder::new(&graph, search);
        finder.most = self.options.limits.memory_rows;
        finder.find(&|| self.check_time(span))?;
        if finder.full {
            return Err(super::limits::runaway(format!("a pattern fits more than {} times", finder.most), span));
        }
        let Found { nodes, edges } = finder.found;
        let len = edges.len();
        // Folds come after the columns and may read any of them.
        let folded: Vec<bool> = (0..search.folds.len()).map(|place| needed.has(search.columns.len() + place)).collect();
        let any_fold = folded.contains(&true);
        let column = |(place, column): (usize, &MatchColumn)| match needed.has(place) || any_fold {
            true => match_column(*column, &graph, &nodes, &edges, span, needed.has(place)),
            false => Ok(Column::nulls(column_type(*column, &graph), len)),
        };
        let columns = search.columns.iter().enumerate().map(column).collect::<Result<Vec<Column>, Error>>()?;
        let mut chunk = Chunk::of(columns, len);
        let mut folds = Vec::with_capacity(folded.len());
        for (fold, needed) in search.folds.iter().zip(folded) {
            folds.push(match needed {
                true => self.folded(fold, &graph, &edges, &chunk)?,
                false => Column::nulls(if fold.kind == FoldKind::Map { Type::Dynamic } else { Type::Bool }, len),
            });
        }
        chunk.columns.extend(folds);
        Ok(Rows::of(chunk))
    }

    /// One value for each match, of the values for the elements of its path.
    fn folded(&self, fold: &PathFold, graph: &Loaded, edges: &[Vec<Walk>], matches: &Chunk) -> Result<Column, Error> {
        let (mut elements, mut owners) = (Vec::new(), Vec::new());
        for (place, walks) in edges.iter().enumerate() {
            let walk = &walks[fold.step];
            let own = if fold.nodes { &walk.inner } else { &walk.edges };
            elements.extend_from_slice(own);
            owners.resize(elements.len(), place as u32);
        }
        let (elements, owners) = (Arc::new(elements), Arc::new(owners));
        let of = if fold.nodes { &graph.nodes } else { &graph.edges };
        let mut chunk = of.gather(&elements);
        chunk.columns.extend(matches.gather(&owners).columns);
        let values = self.eval(&fold.value, &chunk)?;
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); matches.len];
        owners.iter().enumerate().for_each(|(element, &owner)| groups[owner as usize].push(element));
        let truth = |element: &usize| values.cell(*element) == Cell::Bool(Some(true));
        Ok(Column::new(match fold.kind {
            FoldKind::Map => {
                let array = |group: &Vec<usize>| {
                    Dynamic::Array(group.iter().map(|&element| Dynamic::from(values.value(element))).collect())
                };
                Values::Dynamic(groups.iter().map(array).collect())
            }
            FoldKind::Any => Values::Bool(groups.iter().map(|group| Some(group.iter().any(truth))).collect()),
            FoldKind::All => Values::Bool(groups.iter().map(|group| Some(group.iter().all(truth))).collect()),
        }))
    }

    /// Of the matches with the same two ends, the first of the shortest, or all of those.
    pub(super) fn shortest_paths(
        &self,
        rows: &Rows,
        types: &[Type],
        ends: [usize; 3],
        all: bool,
        span: Span,
    ) -> Result<Rows, Error> {
        let chunk = rows.whole(types);
        let long = |column: usize, row: usize| match chunk.columns[column].cell(row) {
            Cell::Long(value) => value.unwrap_or_default(),
            _ => 0,
        };
        let mut best: HashMap<(i64, i64), (i64, Vec<u32>)> = HashMap::new();
        for row in 0..chunk.len {
            let [from, to, length] = ends.map(|column| long(column, row));
            if from == to {
                return Err(Error::unsupported("A shortest path from a node to itself", span));
            }
            let entry = best.entry((from, to)).or_insert((length, Vec::new()));
            if length < entry.0 {
                *entry = (length, Vec::new());
            }
            if length == entry.0 && (all || entry.1.is_empty()) {
                entry.1.push(row as u32);
            }
        }
        let mut picks: Vec<u32> = best.into_values().flat_map(|(_, rows)| rows).collect();
        picks.sort_unstable();
        Ok(Rows::of(chunk.gather(&Arc::new(picks))))
    }
}

/// The numbers of nodes by their identities.
#[derive(Default)]
struct Numbers {
    table: HashTable<u32>,
    values: Vec<Value>,
}

impl Numbers {
    /// The number of a node, and whether it is a new one.
    fn number(&mut self, id: Cell<'_>) -> (u32, bool) {
        let hash = cell_hash(id);
        let values = &self.values;
        if let Some(&known) = self.table.find(hash, |&known| same(Cell::from(&values[known as usize]), id)) {
            return (known, false);
        }
        let number = self.values.len() as u32;
        self.values.push(id.to_value());
        let values = &self.values;
        self.table.insert_unique(hash, number, |&known| cell_hash(Cell::from(&values[known as usize])));
        (number, true)
    }
}

/// The columns of the nodes, marks left out.
fn node_columns(graph: &Graph, tables: &[Chunk], places: &[Option<(usize, u32)>], numbers: &Numbers) -> Vec<Column> {
    let plain = graph.schema.columns.len() - graph.marks;
    let column = |(place, info): (usize, &crate::ColumnInfo)| {
        let mut values = Values::with_capacity(info.ty, places.len());
        for (node, at) in places.iter().enumerate() {
            match at {
                Some((table, row)) => match graph.nodes[*table].columns[place] {
                    Some(column) => values.push_cell(tables[*table].columns[column].cell(*row as usize)),
                    None => values.push_null(),
                },
                // A node that only edges mention has its identity and nothing else.
                None => match graph.nodes.first() {
                    Some(table) if table.columns[place] != Some(table.id) => values.push_null(),
                    _ => values.push(numbers.values[node].clone()),
                },
            }
        }
        Column::new(values)
    };
    graph.schema.columns[..plain].iter().enumerate().map(column).collect()
}

/// For each node the number of its connected component, counted in the order of their first nodes.
fn components(graph: &Loaded) -> Column {
    let mut marks: Vec<Option<i64>> = vec![None; graph.nodes.len];
    let mut count = 0;
    for first in 0..marks.len() {
        if marks[first].is_some() {
            continue;
        }
        let mut open = vec![first];
        marks[first] = Some(count);
        while let Some(node) = open.pop() {
            for &edge in graph.leaving[node].iter().chain(&graph.arriving[node]) {
                for next in graph.ends[edge as usize].map(|end| end as usize) {
                    if marks[next].is_none() {
                        marks[next] = Some(count);
                        open.push(next);
                    }
                }
            }
        }
        count += 1;
    }
    Column::new(Values::Long(marks))
}

/// What a step of a pattern matched: edges, and the nodes between them.
#[derive(Clone, Debug, Default)]
struct Walk {
    edges: Vec<u32>,
    inner: Vec<u32>,
}

/// The matches: for each the node of each node of the pattern, and the walk of each step.
#[derive(Default)]
struct Found {
    nodes: Vec<Vec<u32>>,
    edges: Vec<Vec<Walk>>,
}

/// Looks for a pattern, step by step, taking back what did not lead on.
struct Finder<'a> {
    graph: &'a Loaded,
    search: &'a GraphMatch,
    nodes: Vec<Option<u32>>,
    walks: Vec<Walk>,
    used_edges: HashSet<u32>,
    /// Nodes inside of paths, where no node may come twice.
    inner: HashSet<u32>,
    found: Found,
    most: usize,
    full: bool,
    /// An undirected step that meets an edge from a node to itself.
    loops: bool,
    steps: u64,
}

impl<'a> Finder<'a> {
    fn new(graph: &'a Loaded, search: &'a GraphMatch) -> Self {
        Self {
            graph,
            search,
            nodes: vec![None; search.nodes],
            walks: vec![Walk::default(); search.steps.len()],
            used_edges: HashSet::new(),
            inner: HashSet::new(),
            found: Found::default(),
            most: usize::MAX,
            full: false,
            loops: false,
            steps: 0,
        }
    }

    fn find(&mut self, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        self.next_step(0, check)?;
        if self.loops {
            return Err(Error::unsupported(
                "An undirected edge of a pattern over an edge from a node to itself",
                self.search.graph.edges.span,
            ));
        }
        Ok(())
    }

    /// Matches the step and all after it.
    fn next_step(&mut self, step: usize, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        self.steps += 1;
        if self.steps.is_multiple_of(4096) {
            check()?;
        }
        if self.full {
            return Ok(());
        }
        let Some(&GraphStep { from, .. }) = self.search.steps.get(step) else { return self.unbound(check) };
        match self.nodes[from] {
            Some(node) => self.walk(step, node, check),
            None => {
                for node in 0..self.graph.nodes.len as u32 {
                    if self.bind(from, node) {
                        self.walk(step, node, check)?;
                        self.nodes[from] = None;
                    }
                }
                Ok(())
            }
        }
    }

    /// Nodes of the pattern without an edge can be any.
    fn unbound(&mut self, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        let Some(free) = self.nodes.iter().position(Option::is_none) else {
            if self.found.edges.len() >= self.most {
                self.full = true;
                return Ok(());
            }
            self.found.nodes.push(self.nodes.iter().flatten().copied().collect());
            self.found.edges.push(self.walks.clone());
            return Ok(());
        };
        for node in 0..self.graph.nodes.len as u32 {
            if self.bind(free, node) {
                self.next_step(self.search.steps.len(), check)?;
                self.nodes[free] = None;
            }
        }
        Ok(())
    }

    /// Takes a node for a node of the pattern that has none yet; `false` where it may not.
    fn bind(&mut self, place: usize, node: u32) -> bool {
        if self.search.cycles == Cycles::None && (self.nodes.contains(&Some(node)) || self.inner.contains(&node)) {
            return false;
        }
        self.nodes[place] = Some(node);
        true
    }

    /// Goes on from a node along the step, which may have gone some way already.
    fn walk(&mut self, step: usize, at: u32, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        let GraphStep { from, to, direction, range } = self.search.steps[step];
        let (least, most) = range.unwrap_or((1, 1));
        let gone = self.walks[step].edges.len();
        if gone >= least as usize && self.may_end(step, from, to, gone) {
            self.arrive(step, to, at, check)?;
        }
        if gone >= most as usize || self.full {
            return Ok(());
        }
        let graph = self.graph;
        let own = at as usize;
        let forward = (direction != Direction::Backward).then_some(&graph.leaving[own]);
        let backward = (direction != Direction::Forward).then_some(&graph.arriving[own]);
        let onward = forward.into_iter().flatten().map(|&edge| (edge, graph.ends[edge as usize][1]));
        let back = backward.into_iter().flatten().map(|&edge| (edge, graph.ends[edge as usize][0]));
        for (edge, next) in onward.chain(back) {
            if direction == Direction::Either && next == at {
                self.loops = true;
                return Ok(());
            }
            if self.search.cycles == Cycles::UniqueEdges && !self.used_edges.insert(edge) {
                continue;
            }
            self.pass(step, at, edge, next, check)?;
            self.used_edges.remove(&edge);
        }
        Ok(())
    }

    /// Goes along one edge and on from its other end.
    fn pass(
        &mut self,
        step: usize,
        at: u32,
        edge: u32,
        next: u32,
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.steps += 1;
        if self.steps.is_multiple_of(4096) {
            check()?;
        }
        let begun = !self.walks[step].edges.is_empty();
        if begun {
            // Where no node may come twice, the one that is passed must be new.
            if self.search.cycles == Cycles::None && (self.nodes.contains(&Some(at)) || !self.inner.insert(at)) {
                return Ok(());
            }
            self.walks[step].inner.push(at);
        }
        self.walks[step].edges.push(edge);
        let walked = self.walk(step, next, check);
        self.walks[step].edges.pop();
        if begun {
            self.walks[step].inner.pop();
            if self.search.cycles == Cycles::None {
                self.inner.remove(&at);
            }
        }
        walked
    }

    /// A path that may not come to a node twice does not end where it begins, unless it goes nowhere.
    fn may_end(&self, step: usize, from: usize, to: usize, gone: usize) -> bool {
        self.search.cycles != Cycles::None || self.search.steps[step].range.is_none() || from != to || gone == 0
    }

    /// Ends the step at a node, if the pattern's node can be that one.
    fn arrive(&mut self, step: usize, to: usize, at: u32, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        if let Some(bound) = self.nodes[to] {
            return if bound == at { self.next_step(step + 1, check) } else { Ok(()) };
        }
        // A path of no edges ends at the node where it begins, though that bears another name.
        let nowhere = self.walks[step].edges.is_empty();
        if nowhere {
            self.nodes[to] = Some(at);
        } else if !self.bind(to, at) {
            return Ok(());
        }
        let done = self.next_step(step + 1, check);
        self.nodes[to] = None;
        done
    }
}

fn column_type(column: MatchColumn, graph: &Loaded) -> Type {
    match column {
        MatchColumn::Node(_, column) => graph.nodes.columns[column].ty(),
        MatchColumn::Edge(_, column) => graph.edges.columns[column].ty(),
        MatchColumn::Path(..) | MatchColumn::Edges(_) => Type::Dynamic,
        MatchColumn::DegreeIn(_) | MatchColumn::DegreeOut(_) | MatchColumn::NodePlace(_) | MatchColumn::Length(_) => {
            Type::Long
        }
    }
}

/// What a column of the matches shows.
fn match_column(
    column: MatchColumn,
    graph: &Loaded,
    nodes: &[Vec<u32>],
    walks: &[Vec<Walk>],
    span: Span,
    shown: bool,
) -> Result<Column, Error> {
    let at_node = |node: usize| nodes.iter().map(move |nodes| nodes[node]);
    let degree = |node: usize, edges: &[Vec<u32>]| {
        Column::new(Values::Long(at_node(node).map(|node| Some(edges[node as usize].len() as i64)).collect()))
    };
    Ok(match column {
        MatchColumn::Node(node, column) => graph.nodes.columns[column].gather(&Arc::new(at_node(node).collect())),
        MatchColumn::DegreeIn(node) => degree(node, &graph.arriving),
        MatchColumn::DegreeOut(node) => degree(node, &graph.leaving),
        MatchColumn::NodePlace(node) => {
            Column::new(Values::Long(at_node(node).map(|node| Some(i64::from(node))).collect()))
        }
        MatchColumn::Edge(step, column) => {
            let edges = walks.iter().map(|walks| walks[step].edges.first().copied().unwrap_or_default());
            graph.edges.columns[column].gather(&Arc::new(edges.collect()))
        }
        MatchColumn::Path(step, column) => {
            let column = &graph.edges.columns[column];
            let array = |walks: &Vec<Walk>| {
                let edges = walks[step].edges.iter().map(|&edge| Dynamic::from(column.value(edge as usize)));
                Dynamic::Array(edges.collect())
            };
            Column::new(Values::Dynamic(walks.iter().map(array).collect()))
        }
        MatchColumn::Edges(_) if !shown => Column::nulls(Type::Dynamic, walks.len()),
        MatchColumn::Edges(step) => Column::new(Values::Dynamic(
            walks.iter().map(|walks| bags(graph, &walks[step].edges, span)).collect::<Result<_, Error>>()?,
        )),
        MatchColumn::Length(step) => {
            let lengths = walks.iter().map(|walks| Some(walks[step].edges.len() as i64));
            Column::new(Values::Long(lengths.collect()))
        }
    })
}

/// An array of bags. What the engine makes of an edge's nulls in one is not known.
fn bags(graph: &Loaded, edges: &[u32], span: Span) -> Result<Dynamic, Error> {
    let names = &graph.edge_names;
    let bag = |&edge: &u32| {
        let member = |(name, column): (&Arc<str>, &Column)| match column.value(edge as usize) {
            value if value.is_null() || matches!(&value, Value::String(text) if text.is_empty()) => Err(failure(
                "an edge with a null or an empty text as part of a bag is not supported by this engine",
                span,
            )),
            value => Ok((Arc::clone(name), Dynamic::from(value))),
        };
        let members = names.iter().zip(&graph.edges.columns).map(member).collect::<Result<Vec<_>, Error>>()?;
        Ok(Dynamic::Bag(members.into()))
    };
    Ok(Dynamic::Array(edges.iter().map(bag).collect::<Result<Vec<_>, Error>>()?.into()))
}
