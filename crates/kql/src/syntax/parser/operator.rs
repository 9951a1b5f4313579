//! Pipelines and their operators, one rule each.

use super::{Parsed, Parser};
use crate::error::{self, Error};
use crate::lexer::TokenKind;
use crate::nearest::nearest;
use crate::span::Span;
use crate::syntax::{
    Column, Expand, Expr, ExprKind, GraphOperator, JoinKind, JoinOn, MakeSeries, MvApply, MvExpand, Name, NamePattern,
    Nulls, Operator, OperatorKind, Order, Parameter, ParseKind, ParseOperator, PatternPart, PluginSchema, Scan,
    ScanStep, SeriesAggregate, SeriesRange, SortColumn, UnionSource,
};

/// Operators that a pipeline may start with.
const SOURCES: [&str; 6] = ["union", "print", "range", "search", "find", "evaluate"];

/// Every operator that is parsed.
const OPERATORS: [&str; 44] = [
    "where",
    "filter",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "extend",
    "summarize",
    "sort",
    "order",
    "top",
    "take",
    "limit",
    "sample",
    "sample-distinct",
    "distinct",
    "count",
    "join",
    "lookup",
    "union",
    "mv-expand",
    "mvexpand",
    "mv-apply",
    "make-series",
    "parse",
    "parse-where",
    "parse-kv",
    "evaluate",
    "invoke",
    "render",
    "as",
    "serialize",
    "search",
    "getschema",
    "partition",
    "make-graph",
    "graph-match",
    "graph-shortest-paths",
    "graph-mark-components",
    "graph-to-table",
    "scan",
    "top-hitters",
    "project-by-names",
];

/// The names of all operators that are parsed.
#[cfg(test)]
pub(crate) fn operator_names() -> impl Iterator<Item = &'static str> {
    OPERATORS.into_iter().chain(["print", "range"])
}

/// Operators of the language that are refused by name.
const REFUSED: [&str; 12] = [
    "find",
    "facet",
    "fork",
    "reduce",
    "top-nested",
    "consume",
    "graph-where-nodes",
    "graph-where-edges",
    "assert-schema",
    "execute-and-cache",
    "macro-expand",
    "project-smart",
];

/// Pipelines.
impl Parser<'_> {
    /// An expression, or a table and what is done with it.
    pub(super) fn pipeline(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let outer = std::mem::take(&mut parser.peak);
            let start = parser.span();
            let expr = if parser.starts_with_operator() {
                let first = parser.operator()?;
                parser.rest(None, vec![first], start)
            } else {
                let source = parser.expression()?;
                if !parser.is("|") {
                    parser.peak = parser.peak.max(outer);
                    return Ok(source);
                }
                parser.rest(Some(Box::new(source)), Vec::new(), start)
            };
            let height = std::mem::replace(&mut parser.peak, outer);
            parser.grow(height)?;
            expr
        })
    }

    fn rest(&mut self, source: Option<Box<Expr>>, mut operators: Vec<Operator>, start: Span) -> Parsed<Expr> {
        while self.eat("|") {
            operators.push(self.operator()?);
        }
        Ok(Expr::new(ExprKind::Pipeline { source, operators }, self.since(start)))
    }

    fn starts_with_operator(&self) -> bool {
        let Some(word) = self.word_text().filter(|word| SOURCES.contains(word)) else { return false };
        match self.kind_at(1) {
            TokenKind::Word | TokenKind::String | TokenKind::Typed(_) => true,
            TokenKind::Long | TokenKind::Real | TokenKind::Timespan => true,
            TokenKind::Mark("(") => word != "range",
            TokenKind::Mark("[" | "*" | "-") => true,
            _ => false,
        }
    }

    /// A pipeline that starts with an operator over rows that are given: the body of `mv-apply` and `partition`.
    fn body(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let outer = std::mem::take(&mut parser.peak);
            let start = parser.span();
            let first = parser.operator()?;
            let expr = parser.rest(None, vec![first], start)?;
            let height = std::mem::replace(&mut parser.peak, outer);
            parser.grow(height)?;
            Ok(expr)
        })
    }

    /// The operator's name here, hyphens included, and how many tokens it takes.
    fn operator_name(&self) -> Option<(&str, usize)> {
        self.word_text()?;
        let mut span = self.span();
        let mut tokens = 1;
        while self.mark_at(tokens) == Some("-")
            && self.token(tokens).span.start == span.end
            && self.word_at(tokens + 1).is_some()
            && self.token(tokens + 1).span.start == span.end + 1
        {
            span = span.to(self.token(tokens + 1).span);
            tokens += 2;
        }
        let name = &self.text[span.range()];
        if OPERATORS.contains(&name) || REFUSED.contains(&name) {
            return Some((name, tokens));
        }
        // `count-1` is no operator's name, but `count` is.
        Some((self.word_text()?, 1))
    }

    fn operator(&mut self) -> Parsed<Operator> {
        let start = self.span();
        let Some((name, tokens)) = self.operator_name() else { return Err(self.operator_expected()) };
        let name = name.to_owned();
        let span = start.to(self.token(tokens - 1).span);
        if REFUSED.contains(&name.as_str()) {
            return Err(Error::unsupported(format!("The operator '{name}'"), span));
        }
        self.at += tokens;
        let kind = match name.as_str() {
            "where" | "filter" => OperatorKind::Where(self.hinted(Self::expression)?),
            "project" => OperatorKind::Project(self.columns()?),
            "project-away" => OperatorKind::ProjectAway(self.patterns()?),
            "project-keep" => OperatorKind::ProjectKeep(self.patterns()?),
            "project-rename" => OperatorKind::ProjectRename(self.columns()?),
            "project-reorder" => self.project_reorder()?,
            "extend" => OperatorKind::Extend(self.columns()?),
            "summarize" => self.summarize()?,
            "sort" | "order" => {
                self.parameters(&[])?;
                OperatorKind::Sort(self.sort_columns()?)
            }
            "top" => {
                let count = self.expression()?;
                OperatorKind::Top { count, by: self.sort_columns()? }
            }
            "take" | "limit" => OperatorKind::Take(self.expression()?),
            "sample" => OperatorKind::Sample(self.expression()?),
            "sample-distinct" => {
                let count = self.expression()?;
                self.expect_word("of")?;
                OperatorKind::SampleDistinct(count, self.expression()?)
            }
            "distinct" => OperatorKind::Distinct(self.hinted(Self::columns)?),
            "count" => OperatorKind::Count(if self.eat_word("as") { Some(self.name()?) } else { None }),
            "join" => self.join()?,
            "lookup" => self.lookup()?,
            "union" => self.union()?,
            "mv-expand" | "mvexpand" => self.mv_expand()?,
            "mv-apply" => self.mv_apply()?,
            "make-series" => self.make_series()?,
            "parse" => self.parse_operator(false)?,
            "parse-where" => self.parse_operator(true)?,
            "parse-kv" => self.parse_kv()?,
            "evaluate" => self.evaluate()?,
            "invoke" => {
                let name = self.name()?;
                OperatorKind::Invoke(self.call(name)?)
            }
            "render" => self.render()?,
            "as" => {
                self.parameters(&[])?;
                OperatorKind::As(self.name()?)
            }
            "serialize" => OperatorKind::Serialize(if self.ends_operator() { Vec::new() } else { self.columns()? }),
            "range" => self.range()?,
            "print" => OperatorKind::Print(self.columns()?),
            "search" => self.search()?,
            "getschema" => OperatorKind::GetSchema,
            "partition" => self.partition()?,
            "project-by-names" => OperatorKind::ProjectByNames(self.separated(Self::expression)?),
            "top-hitters" => {
                let count = self.expression()?;
                self.expect_word("of")?;
                let of = self.column()?;
                let by = if self.eat_word("by") { Some(self.expression()?) } else { None };
                OperatorKind::TopHitters { count, of, by }
            }
            "scan" => OperatorKind::Scan(self.scan()?),
            "make-graph" => OperatorKind::Graph(self.make_graph()?),
            "graph-match" => OperatorKind::Graph(GraphOperator::Match(self.graph_search()?)),
            "graph-shortest-paths" => OperatorKind::Graph(GraphOperator::ShortestPaths(self.graph_search()?)),
            "graph-mark-components" => {
                let parameters = self.parameters(&["kind", "with_component_id"])?;
                OperatorKind::Graph(GraphOperator::MarkComponents(parameters))
            }
            "graph-to-table" => OperatorKind::Graph(self.graph_to_table()?),
            _ => {
                self.at -= tokens;
                return Err(self.operator_expected());
            }
        };
        Ok(Operator { kind, span: self.since(start) })
    }

    fn operator_expected(&self) -> Error {
        let hint =
            self.word_text().and_then(|word| nearest(word, OPERATORS)).map(|name| format!("Did you mean '{name}'?"));
        Error::new(error::OPERATOR_EXPECTED, "Query operator expected.", self.span()).hint(hint)
    }

    fn ends_operator(&self) -> bool {
        matches!(self.peek(), TokenKind::End | TokenKind::Mark("|" | ")" | ";" | "}"))
    }

    fn hinted<T>(&mut self, rule: fn(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.parameters(&[])?;
        rule(self)
    }
}

/// Columns.
impl Parser<'_> {
    pub(super) fn separated<T>(&mut self, rule: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![rule(self)?];
        while self.eat(",") {
            items.push(rule(self)?);
        }
        Ok(items)
    }

    pub(super) fn columns(&mut self) -> Parsed<Vec<Column>> {
        self.separated(Self::column)
    }

    fn column(&mut self) -> Parsed<Column> {
        let mut names = Vec::new();
        if self.name_length(0).is_some_and(|length| self.mark_at(length) == Some("=")) {
            names.push(self.name()?);
            self.expect("=")?;
        } else if self.starts_name_list() {
            self.expect("(")?;
            names = self.separated(Self::name)?;
            self.expect(")")?;
            self.expect("=")?;
        }
        Ok(Column { names, value: self.expression()? })
    }

    /// Whether `(name, ...) =` stands here.
    fn starts_name_list(&self) -> bool {
        let mut at = 1;
        while let Some(length) = self.name_length(at).filter(|_| self.is("(")) {
            at += length + 1;
            match self.mark_at(at - 1) {
                Some(",") => {}
                Some(")") => return self.mark_at(at) == Some("="),
                _ => return false,
            }
        }
        false
    }

    fn patterns(&mut self) -> Parsed<Vec<NamePattern>> {
        self.separated(Self::pattern)
    }

    /// A name, or words and `*` without a gap.
    fn pattern(&mut self) -> Parsed<NamePattern> {
        let quoted = self.is("[");
        if quoted {
            let name = self.name()?;
            let wildcard = name.text.contains('*');
            return Ok(NamePattern { name, wildcard });
        }
        let start = self.span();
        let mut end = start.start;
        let mut wildcard = false;
        while self.span().start == end
            && matches!(self.peek(), TokenKind::Word | TokenKind::Long | TokenKind::Mark("*"))
        {
            wildcard |= self.is("*");
            end = self.span().end;
            self.advance();
        }
        let span = Span { start: start.start, end };
        if span.range().is_empty() {
            return Err(self.missing("name"));
        }
        Ok(NamePattern { name: Name::new(&self.text[span.range()], span), wildcard })
    }

    fn project_reorder(&mut self) -> Parsed<OperatorKind> {
        let patterns = self.separated(|parser| {
            let pattern = parser.pattern()?;
            if parser.word_text().is_none() {
                return Ok((pattern, None));
            }
            let order = parser.joined_name(&["-"])?;
            let order = match order.text.as_str() {
                "asc" => Order::Ascending,
                "desc" => Order::Descending,
                "granny-asc" => Order::NaturalAscending,
                "granny-desc" => Order::NaturalDescending,
                _ => {
                    return Err(Error::new(
                        error::EXPECTED,
                        "Expected: asc, desc, granny-asc or granny-desc",
                        order.span,
                    ));
                }
            };
            Ok((pattern, Some(order)))
        })?;
        Ok(OperatorKind::ProjectReorder(patterns))
    }

    fn by(&mut self) -> Parsed<Vec<Column>> {
        if self.eat_word("by") { self.columns() } else { Ok(Vec::new()) }
    }

    fn summarize(&mut self) -> Parsed<OperatorKind> {
        self.parameters(&[])?;
        let aggregates =
            if self.word_text() == Some("by") || self.ends_operator() { Vec::new() } else { self.columns()? };
        let by = self.by()?;
        Ok(OperatorKind::Summarize { aggregates, by })
    }

    fn sort_columns(&mut self) -> Parsed<Vec<SortColumn>> {
        self.expect_word("by")?;
        self.separated(|parser| {
            let column = parser.column()?;
            let order = if parser.eat_word("asc") {
                Some(Order::Ascending)
            } else if parser.eat_word("desc") {
                Some(Order::Descending)
            } else {
                None
            };
            let nulls = if parser.eat_word("nulls") {
                match parser.word_text() {
                    Some("first") => Some(Nulls::First),
                    Some("last") => Some(Nulls::Last),
                    _ => return Err(parser.expected("first or last")),
                }
            } else {
                None
            };
            if nulls.is_some() {
                parser.advance();
            }
            Ok(SortColumn { name: column.names.into_iter().next(), value: column.value, order, nulls })
        })
    }
}

/// Operators over two tables.
impl Parser<'_> {
    fn join(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind"])?;
        let kind = join_kind(&parameters, JoinKind::InnerUnique)?;
        let right = self.postfix()?;
        let on = self.on()?;
        Ok(OperatorKind::Join { kind, right, on })
    }

    fn lookup(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind"])?;
        let kind = join_kind(&parameters, JoinKind::LeftOuter)?;
        let right = self.postfix()?;
        let on = self.on()?;
        Ok(OperatorKind::Lookup { kind, right, on })
    }

    fn on(&mut self) -> Parsed<JoinOn> {
        let start = self.span();
        if !self.eat_word("on") {
            return Err(self
                .missing("join on condition clause")
                .hint(Some("Name the columns that both sides share: on Column.".to_owned())));
        }
        let conditions = self.separated(Self::expression)?;
        Ok(JoinOn { conditions, span: self.since(start) })
    }

    fn union(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind", "isfuzzy", "withsource", "with_source"])?;
        let sources = self.separated(|parser| {
            let wild =
                parser.is("*") || (parser.mark_at(1) == Some("*") && parser.token(1).span.start == parser.span().end);
            if wild && !parser.is("(") {
                return Ok(UnionSource::Wildcard(parser.pattern()?.name));
            }
            Ok(UnionSource::Expr(parser.postfix()?))
        })?;
        Ok(OperatorKind::Union { parameters, sources })
    }

    fn partition(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&[])?;
        self.expect_word("by")?;
        let name = self.name()?;
        let span = name.span;
        let by = Expr::new(ExprKind::Name(name), span);
        let close = if self.eat("{") {
            "}"
        } else {
            self.expect("(")?;
            ")"
        };
        let body = self.body()?;
        self.expect(close)?;
        Ok(OperatorKind::Partition { parameters, by, body })
    }
}

/// Operators that expand or parse.
impl Parser<'_> {
    fn expand_items(&mut self) -> Parsed<Vec<Expand>> {
        self.separated(|parser| {
            let column = parser.column()?;
            let ty = if parser.eat_word("to") {
                parser.expect_word("typeof")?;
                parser.expect("(")?;
                let ty = parser.type_name()?;
                parser.expect(")")?;
                Some(ty)
            } else {
                None
            };
            Ok(Expand { name: column.names.into_iter().next(), value: column.value, ty })
        })
    }

    fn limit(&mut self) -> Parsed<Option<Expr>> {
        if self.eat_word("limit") { Ok(Some(self.expression()?)) } else { Ok(None) }
    }

    fn mv_expand(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind", "bagexpansion", "with_itemindex"])?;
        let bags_as_arrays = ["kind", "bagexpansion"]
            .into_iter()
            .any(|name| word_of(&parameters, name).is_some_and(|word| word.text == "array"));
        let item_index = word_of(&parameters, "with_itemindex").cloned();
        let items = self.expand_items()?;
        Ok(OperatorKind::MvExpand(MvExpand { bags_as_arrays, item_index, items, limit: self.limit()? }))
    }

    fn mv_apply(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["with_itemindex"])?;
        let item_index = word_of(&parameters, "with_itemindex").cloned();
        let items = self.expand_items()?;
        let limit = self.limit()?;
        self.expect_word("on")?;
        self.expect("(")?;
        let body = self.body()?;
        self.expect(")")?;
        Ok(OperatorKind::MvApply(MvApply { item_index, items, limit, body }))
    }

    fn make_series(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind"])?;
        let aggregates = self.separated(|parser| {
            let column = parser.column()?;
            let default = if parser.word_text() == Some("default") && parser.mark_at(1) == Some("=") {
                parser.advance();
                parser.advance();
                Some(parser.unary()?)
            } else {
                None
            };
            Ok(SeriesAggregate { column, default })
        })?;
        self.expect_word("on")?;
        let axis = self.column()?;
        let range = if self.eat_word("in") {
            self.expect_word("range")?;
            self.expect("(")?;
            let from = self.expression()?;
            self.expect(",")?;
            let to = self.expression()?;
            self.expect(",")?;
            let step = self.expression()?;
            self.expect(")")?;
            SeriesRange::InRange { from, to, step }
        } else {
            let from = if self.eat_word("from") { Some(self.expression()?) } else { None };
            let to = if self.eat_word("to") { Some(self.expression()?) } else { None };
            self.expect_word("step")?;
            SeriesRange::FromTo { from, to, step: self.expression()? }
        };
        let by = self.by()?;
        Ok(OperatorKind::MakeSeries(MakeSeries { parameters, aggregates, axis, range, by }))
    }

    fn parse_operator(&mut self, only_matches: bool) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind", "flags"])?;
        let kind = match word_of(&parameters, "kind") {
            None => ParseKind::Simple,
            Some(name) => match name.text.as_str() {
                "simple" => ParseKind::Simple,
                "relaxed" => ParseKind::Relaxed,
                "regex" => ParseKind::Regex,
                _ => return Err(Error::new(error::EXPECTED, "Expected one of: simple, regex, relaxed", name.span)),
            },
        };
        let flags = word_of(&parameters, "flags").cloned();
        let value = self.expression()?;
        self.expect_word("with")?;
        let mut pattern = Vec::new();
        while !self.ends_operator() {
            pattern.push(self.pattern_part()?);
        }
        if pattern.is_empty() {
            return Err(self.missing("pattern"));
        }
        Ok(OperatorKind::Parse(ParseOperator { only_matches, kind, flags, value, pattern }))
    }

    fn pattern_part(&mut self) -> Parsed<PatternPart> {
        let start = self.span();
        if self.eat("*") {
            return Ok(PatternPart::Star(start));
        }
        if self.peek() == TokenKind::String {
            let text = self.string()?;
            return Ok(PatternPart::Text(text, self.since(start)));
        }
        if self.name_length(0).is_none() {
            return Err(self.missing("pattern part"));
        }
        let name = self.name()?;
        let ty = if self.eat(":") { Some(self.type_name()?) } else { None };
        Ok(PatternPart::Capture(name, ty))
    }

    fn parse_kv(&mut self) -> Parsed<OperatorKind> {
        let value = self.expression()?;
        self.expect_word("as")?;
        let columns = self.schema()?;
        let with = self.with()?;
        Ok(OperatorKind::ParseKv { value, columns, with })
    }

    /// `with (name = value, ...)`, if it stands here.
    fn with(&mut self) -> Parsed<Vec<Parameter>> {
        let mut parameters = Vec::new();
        if !self.eat_word("with") {
            return Ok(parameters);
        }
        self.expect("(")?;
        while !self.is(")") {
            parameters.push(self.parameter()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(parameters)
    }
}

/// `scan`.
impl Parser<'_> {
    fn scan(&mut self) -> Parsed<Scan> {
        let parameters = self.parameters(&["with_match_id"])?;
        let match_id = word_of(&parameters, "with_match_id").cloned();
        if self.word_text() == Some("partition") || self.word_text() == Some("order") {
            return Err(Error::unsupported("'partition by' and 'order by' of 'scan'", self.span()));
        }
        let declared = if self.eat_word("declare") {
            self.expect("(")?;
            self.declared()?
        } else {
            Vec::new()
        };
        self.expect_word("with")?;
        self.expect("(")?;
        let mut steps = Vec::new();
        while !self.is(")") {
            steps.push(self.scan_step()?);
            if !self.eat(";") {
                break;
            }
        }
        if steps.is_empty() {
            return Err(self.expected("step"));
        }
        self.expect(")")?;
        Ok(Scan { match_id, declared, steps })
    }

    fn scan_step(&mut self) -> Parsed<ScanStep> {
        self.expect_word("step")?;
        let name = self.name()?;
        let parameters = self.parameters(&["output"])?;
        let output = match word_of(&parameters, "output").map(|word| (word.text.as_str(), word.span)) {
            None | Some(("all", _)) => true,
            Some(("none", _)) => false,
            Some(("last", span)) => return Err(Error::unsupported("'output=last' of a step of 'scan'", span)),
            Some((_, span)) => return Err(Error::new(error::EXPECTED, "Expected one of: all, last, none", span)),
        };
        self.expect(":")?;
        let condition = self.expression()?;
        let assignments = if self.eat("=>") { self.columns()? } else { Vec::new() };
        Ok(ScanStep { name, output, condition, assignments })
    }
}

/// Operators that stand alone, and the rest.
impl Parser<'_> {
    fn range(&mut self) -> Parsed<OperatorKind> {
        let name = self.name()?;
        self.expect_word("from")?;
        let from = self.expression()?;
        self.expect_word("to")?;
        let to = self.expression()?;
        self.expect_word("step")?;
        let step = self.expression()?;
        Ok(OperatorKind::Range { name, from, to, step })
    }

    fn search(&mut self) -> Parsed<OperatorKind> {
        let parameters = self.parameters(&["kind", "withsource"])?;
        let mut tables = Vec::new();
        if self.word_text() == Some("in") && self.mark_at(1) == Some("(") {
            self.advance();
            self.advance();
            tables = self.separated(Self::postfix)?;
            self.expect(")")?;
        }
        let outer = std::mem::replace(&mut self.in_search, true);
        let predicate = self.expression();
        self.in_search = outer;
        Ok(OperatorKind::Search { parameters, tables, predicate: predicate? })
    }

    fn evaluate(&mut self) -> Parsed<OperatorKind> {
        self.parameters(&[])?;
        let name = self.name()?;
        let plugin = self.call(name)?;
        if !self.eat(":") {
            return Ok(OperatorKind::Evaluate { plugin, schema: None });
        }
        // `(*, ...)` keeps the columns of the input.
        let keeps_input = self.is("(") && self.mark_at(1) == Some("*") && self.mark_at(2) == Some(",");
        if keeps_input {
            self.at += 3;
            let columns = self.declared()?;
            return Ok(OperatorKind::Evaluate { plugin, schema: Some(PluginSchema { keeps_input, columns }) });
        }
        let keeps_input = self.is("(") && self.mark_at(1) == Some("*");
        Ok(OperatorKind::Evaluate { plugin, schema: Some(PluginSchema { keeps_input, columns: self.schema()? }) })
    }

    fn render(&mut self) -> Parsed<OperatorKind> {
        let named = self.word_text().is_some() && self.word_text() != Some("with") && self.mark_at(1) != Some("=");
        let visualization = if named { Some(self.name()?) } else { None };
        let mut properties = Vec::new();
        if self.word_text() == Some("with") {
            properties = self.with()?;
        }
        while self.word_text().is_some() && self.mark_at(1) == Some("=") {
            properties.push(self.parameter()?);
            self.eat(",");
        }
        Ok(OperatorKind::Render { visualization, properties })
    }
}

fn word_of<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a Name> {
    parameters.iter().find(|parameter| parameter.name.text == name).and_then(|parameter| match &parameter.value.kind {
        ExprKind::Name(word) => Some(word),
        _ => None,
    })
}

fn join_kind(parameters: &[Parameter], default: JoinKind) -> Parsed<JoinKind> {
    let Some(parameter) = parameters.iter().find(|parameter| parameter.name.text == "kind") else { return Ok(default) };
    let span = parameter.value.span;
    let word = word_of(parameters, "kind").map_or("", |word| word.text.as_str());
    JoinKind::SPELLINGS.iter().find(|(_, spellings)| spellings.contains(&word)).map(|(kind, _)| *kind).ok_or_else(
        || {
            let known = JoinKind::SPELLINGS.map(|(_, spellings)| spellings[0]).join(", ");
            Error::new(error::EXPECTED, format!("Expected one of: {known}"), span)
        },
    )
}
