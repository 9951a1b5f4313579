//! The operators of graphs, one rule each, and the drawing of a path: `(a)-[e*1..3]->(b)<--(c)`.

use super::{Parsed, Parser};
use crate::error::{self, Error};
use crate::lexer::TokenKind;
use crate::syntax::{Direction, GraphEdge, GraphNodes, GraphOperator, GraphPath, GraphSearch, GraphTable, Name};

/// The most edges in a row that a pattern may ask for.
const LONGEST_PATH: u32 = 100;

impl Parser<'_> {
    pub(super) fn make_graph(&mut self) -> Parsed<GraphOperator> {
        let source = self.name()?;
        for mark in ["-", "-", ">"] {
            self.expect(mark)?;
        }
        let target = self.name()?;
        let nodes = if self.word_text() == Some("with_node_id") {
            self.advance();
            self.expect("=")?;
            GraphNodes::Id(self.name()?)
        } else if self.eat_word("with") {
            GraphNodes::Tables(self.separated(|parser| {
                let table = parser.postfix()?;
                parser.expect_word("on")?;
                Ok((table, parser.name()?))
            })?)
        } else {
            GraphNodes::Bare
        };
        if self.word_text() == Some("partitioned") {
            return Err(Error::unsupported("'partitioned-by' of 'make-graph'", self.span()));
        }
        Ok(GraphOperator::Make { source, target, nodes })
    }

    pub(super) fn graph_search(&mut self) -> Parsed<GraphSearch> {
        let parameters = self.parameters(&["cycles", "output"])?;
        let paths = self.separated(Self::graph_path)?;
        let predicate = if self.eat_word("where") { Some(self.expression()?) } else { None };
        let columns = if self.eat_word("project") { self.columns()? } else { Vec::new() };
        Ok(GraphSearch { parameters, paths, predicate, columns })
    }

    fn graph_path(&mut self) -> Parsed<GraphPath> {
        let first = self.graph_node()?;
        let mut steps = Vec::new();
        while self.is("-") || self.is("<") {
            let edge = self.graph_edge()?;
            steps.push((edge, self.graph_node()?));
        }
        Ok(GraphPath { first, steps })
    }

    fn graph_node(&mut self) -> Parsed<Option<Name>> {
        self.expect("(")?;
        let name = if self.is(")") { None } else { Some(self.name()?) };
        self.expect(")")?;
        Ok(name)
    }

    fn graph_edge(&mut self) -> Parsed<GraphEdge> {
        let backward = self.eat("<");
        self.expect("-")?;
        let (mut name, mut range) = (None, None);
        if self.eat("[") {
            if !self.is("*") && !self.is("]") {
                name = Some(self.name()?);
            }
            if self.eat("*") {
                let least = self.path_length()?;
                self.expect("..")?;
                range = Some((least, self.path_length()?));
            }
            self.expect("]")?;
        }
        self.expect("-")?;
        let forward = !backward && self.eat(">");
        let direction = match (forward, backward) {
            (true, _) => Direction::Forward,
            (_, true) => Direction::Backward,
            _ => Direction::Either,
        };
        Ok(GraphEdge { name, direction, range })
    }

    fn path_length(&mut self) -> Parsed<u32> {
        let token = self.token(0);
        let length = (token.kind == TokenKind::Long).then(|| self.text_of(token).parse::<u32>().ok()).flatten();
        let Some(length) = length else { return Err(self.missing("number of edges")) };
        if length > LONGEST_PATH {
            let what = format!("A path of more than {LONGEST_PATH} edges");
            return Err(Error::unsupported(what, token.span));
        }
        self.advance();
        Ok(length)
    }

    pub(super) fn graph_to_table(&mut self) -> Parsed<GraphOperator> {
        let tables = self.separated(|parser| {
            let edges = match parser.word_text() {
                Some("nodes") => false,
                Some("edges") => true,
                _ => return Err(Error::new(error::EXPECTED, "Expected: nodes or edges", parser.span())),
            };
            parser.advance();
            let name = if parser.eat_word("as") { Some(parser.name()?) } else { None };
            let parameters = parser.parameters(&["with_node_id", "with_source_id", "with_target_id"])?;
            Ok(GraphTable { edges, name, parameters })
        })?;
        Ok(GraphOperator::ToTable(tables))
    }
}
