//! Graphs in the plan, and the patterns that are looked for in them.

use super::{Relation, Scalar};
use crate::Schema;
use crate::syntax::Direction;

/// Edges, and the nodes that they join.
#[derive(Clone, Debug)]
pub struct Graph {
    /// A row for each edge.
    pub edges: Relation,
    /// The columns of `edges` that identify the nodes at which an edge begins and ends; of one type.
    pub ends: [usize; 2],
    /// Tables of nodes. Nodes that only edges mention come after theirs.
    pub nodes: Vec<NodeTable>,
    /// The columns of a node: those of the tables, or its identity alone, or none; then one long for each mark.
    pub schema: Schema,
    /// How many of the last columns number the connected component.
    pub marks: usize,
}

/// A table of nodes.
#[derive(Clone, Debug)]
pub struct NodeTable {
    /// A row for each node.
    pub rows: Relation,
    /// The column that identifies the node, of the type of the edges' ends.
    pub id: usize,
    /// For each column of the graph's nodes the column of this table, if it has it.
    pub columns: Vec<Option<usize>>,
}

/// A pattern to be looked for in a graph.
#[derive(Clone, Debug)]
pub struct GraphMatch {
    /// Where it is looked for.
    pub graph: Graph,
    /// How many nodes the pattern has.
    pub nodes: usize,
    /// The edges of the pattern, which are matched in this order.
    pub steps: Vec<GraphStep>,
    /// How often a match may come to the same place.
    pub cycles: Cycles,
    /// What the columns show.
    pub columns: Vec<MatchColumn>,
    /// Columns computed over the elements of paths.
    pub folds: Vec<PathFold>,
}

/// An edge of a pattern, or several in a row.
#[derive(Clone, Copy, Debug)]
pub struct GraphStep {
    /// The pattern's node from which it leads.
    pub from: usize,
    /// The pattern's node to which it leads.
    pub to: usize,
    /// Which way its edges point.
    pub direction: Direction,
    /// The least and the most edges in a row, where it is a path.
    pub range: Option<(u32, u32)>,
}

/// How often a match may come to the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycles {
    /// As often as it likes.
    All,
    /// Never twice along the same edge.
    UniqueEdges,
    /// Never twice to the same node.
    None,
}

/// What a column of a match shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchColumn {
    /// A column of the pattern's node: the node, then the column.
    Node(usize, usize),
    /// How many edges end at the pattern's node.
    DegreeIn(usize),
    /// How many edges begin at the pattern's node.
    DegreeOut(usize),
    /// The place of the pattern's node among the nodes.
    NodePlace(usize),
    /// A column of the step's only edge: the step, then the column.
    Edge(usize, usize),
    /// A column of the step's edges, as an array.
    Path(usize, usize),
    /// The step's edges as an array of bags.
    Edges(usize),
    /// How many edges the step has.
    Length(usize),
}

/// A value for each element of a path, as one value.
#[derive(Clone, Debug)]
pub struct PathFold {
    /// The step.
    pub step: usize,
    /// Over its inner nodes, not its edges.
    pub nodes: bool,
    /// How the values become one.
    pub kind: FoldKind,
    /// Over the columns of the element, then those of the match.
    pub value: Scalar,
}

/// How the values of a path's elements become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// An array of them.
    Map,
    /// Whether any is true.
    Any,
    /// Whether all are.
    All,
}
