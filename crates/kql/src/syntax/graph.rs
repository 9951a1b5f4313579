//! The operators that make graphs of tables, look for paths in them, and make tables of them again.

use std::fmt::{self, Display, Formatter};

use super::expression::{Expr, Name};
use super::operator::{Column, Parameter};

/// What an operator does with a graph.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphOperator {
    /// `make-graph source --> target`: the input's rows are edges.
    Make {
        /// The column of the node at which an edge begins.
        source: Name,
        /// The column of the node at which it ends.
        target: Name,
        /// Where the nodes' columns come from.
        nodes: GraphNodes,
    },
    /// `graph-match`: every way in which a pattern fits.
    Match(GraphSearch),
    /// `graph-shortest-paths`: the shortest of them between each two nodes.
    ShortestPaths(GraphSearch),
    /// `graph-mark-components`, with `kind` and `with_component_id`.
    MarkComponents(Vec<Parameter>),
    /// `graph-to-table`: nodes, edges, or both.
    ToTable(Vec<GraphTable>),
}

/// Where the columns of a graph's nodes come from.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphNodes {
    /// Nodes have none.
    Bare,
    /// `with_node_id=name`: one, which identifies the node.
    Id(Name),
    /// `with table on column, ...`
    Tables(Vec<(Expr, Name)>),
}

/// A pattern and what becomes of each way in which it fits.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphSearch {
    /// `cycles`, `output`.
    pub parameters: Vec<Parameter>,
    /// Paths that must fit together.
    pub paths: Vec<GraphPath>,
    /// `where`
    pub predicate: Option<Expr>,
    /// `project`; nothing where it is left out.
    pub columns: Vec<Column>,
}

/// A node, and any number of edges that lead to others.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPath {
    /// The first node's name, if it has one.
    pub first: Option<Name>,
    /// Each edge and the name of the node that it leads to.
    pub steps: Vec<(GraphEdge, Option<Name>)>,
}

/// An edge of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphEdge {
    /// Its name.
    pub name: Option<Name>,
    /// Which way it points.
    pub direction: Direction,
    /// `*least..most`: how many edges in a row.
    pub range: Option<(u32, u32)>,
}

/// Which way an edge of a pattern points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `-->`
    Forward,
    /// `<--`
    Backward,
    /// `--`
    Either,
}

/// A table that `graph-to-table` makes.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphTable {
    /// `edges`, not `nodes`.
    pub edges: bool,
    /// `as name`
    pub name: Option<Name>,
    /// `with_node_id`, `with_source_id`, `with_target_id`.
    pub parameters: Vec<Parameter>,
}

impl Display for GraphOperator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make { source, target, nodes } => {
                write!(f, "make-graph {source} --> {target}")?;
                match nodes {
                    GraphNodes::Bare => Ok(()),
                    GraphNodes::Id(name) => write!(f, " with_node_id={name}"),
                    GraphNodes::Tables(tables) => separated(f, " with ", tables, |f, (table, id)| {
                        // A table that is more than a name stands in parentheses already.
                        write!(f, "{table} on {id}")
                    }),
                }
            }
            Self::Match(search) => write!(f, "graph-match{search}"),
            Self::ShortestPaths(search) => write!(f, "graph-shortest-paths{search}"),
            Self::MarkComponents(parameters) => {
                f.write_str("graph-mark-components")?;
                parameters.iter().try_for_each(|parameter| write!(f, " {parameter}"))
            }
            Self::ToTable(tables) => separated(f, "graph-to-table ", tables, |f, table| table.fmt(f)),
        }
    }
}

impl Display for GraphSearch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.parameters.iter().try_for_each(|parameter| write!(f, " {parameter}"))?;
        separated(f, " ", &self.paths, |f, path| path.fmt(f))?;
        self.predicate.as_ref().map_or(Ok(()), |predicate| write!(f, " where {predicate}"))?;
        match self.columns.as_slice() {
            [] => Ok(()),
            columns => separated(f, " project ", columns, |f, column| column.fmt(f)),
        }
    }
}

impl Display for GraphPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let node = |f: &mut Formatter<'_>, name: &Option<Name>| match name {
            Some(name) => write!(f, "({name})"),
            None => f.write_str("()"),
        };
        node(f, &self.first)?;
        self.steps.iter().try_for_each(|(edge, to)| {
            edge.fmt(f)?;
            node(f, to)
        })
    }
}

impl Display for GraphEdge {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.direction == Direction::Backward { "<-" } else { "-" })?;
        if self.name.is_some() || self.range.is_some() {
            f.write_str("[")?;
            self.name.as_ref().map_or(Ok(()), |name| name.fmt(f))?;
            self.range.map_or(Ok(()), |(least, most)| write!(f, "*{least}..{most}"))?;
            f.write_str("]")?;
        }
        f.write_str(if self.direction == Direction::Forward { "->" } else { "-" })
    }
}

impl Display for GraphTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.edges { "edges" } else { "nodes" })?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " as {name}"))?;
        self.parameters.iter().try_for_each(|parameter| write!(f, " {parameter}"))
    }
}

fn separated<T>(
    f: &mut Formatter<'_>,
    before: &str,
    items: &[T],
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(before)?;
    items.iter().enumerate().try_for_each(|(place, item)| {
        f.write_str(if place > 0 { ", " } else { "" })?;
        write(f, item)
    })
}
