//! Prints a tree as text that parses to an equal tree. One operator a line.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    Argument, Call, Column, Declared, Expand, Expr, ExprKind, Function, FunctionParameter, JoinKind, JoinOn, Json,
    LetValue, Literal, Name, NamePattern, Nulls, Operator, OperatorKind, Order, Parameter, ParseKind, PatternPart,
    Query, Scan, SeriesRange, SortColumn, Statement, UnionSource,
};
use crate::Type;
use crate::lexer::{quoted, quoted_name};

/// Items with a comma between them.
struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, statement) in self.statements.iter().enumerate() {
            if place > 0 {
                f.write_str(";\n")?;
            }
            statement.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Let { name, value: LetValue::Expr(expr) } => write!(f, "let {name} = {expr}"),
            Self::Let { name, value: LetValue::Function(function) } => write!(f, "let {name} = {function}"),
            // What is set is a word, reserved or not.
            Self::Set { name, value: Some(value) } => write!(f, "set {} = {value}", name.text),
            Self::Set { name, value: None } => write!(f, "set {}", name.text),
            Self::QueryParameters(declared) => write!(f, "declare query_parameters ({})", List(declared)),
            Self::Query(expr) => expr.fmt(f),
        }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let view = if self.view { "view " } else { "" };
        write!(f, "{view}({}) {{ ", List(&self.parameters))?;
        for statement in &self.body {
            write!(f, "{statement}; ")?;
        }
        f.write_char('}')
    }
}

impl Display for FunctionParameter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(declared) => declared.fmt(f),
            Self::Table { name, columns } if columns.is_empty() => write!(f, "{name}: (*)"),
            Self::Table { name, columns } => write!(f, "{name}: ({})", List(columns)),
        }
    }
}

impl Display for Declared {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.ty)?;
        match &self.default {
            Some(default) => write!(f, " = {default}"),
            None => Ok(()),
        }
    }
}

/// Words that a name cannot be without brackets wherever it stands.
const RESERVED: [&str; 34] = [
    "and",
    "or",
    "by",
    "in",
    "on",
    "to",
    "of",
    "with",
    "as",
    "asc",
    "desc",
    "nulls",
    "between",
    "has",
    "has_any",
    "has_all",
    "contains",
    "startswith",
    "endswith",
    "matches",
    "like",
    "true",
    "false",
    "True",
    "False",
    "TRUE",
    "FALSE",
    "dynamic",
    "typeof",
    "datatable",
    "externaldata",
    "external_data",
    "hint",
    "limit",
];

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if RESERVED.contains(&self.text.as_str()) || Type::named(&self.text).is_some() {
            write!(f, "[{}]", quoted(&self.text))
        } else {
            f.write_str(&quoted_name(&self.text))
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Dynamic(json) => write!(f, "dynamic({json})"),
            ExprKind::TypeOf(ty) => write!(f, "typeof({ty})"),
            ExprKind::Schema(columns) if columns.is_empty() => f.write_str("typeof(*)"),
            ExprKind::Schema(columns) => write!(f, "typeof({})", List(columns)),
            ExprKind::Name(name) => name.fmt(f),
            ExprKind::Star => f.write_char('*'),
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Member(base, name) => write!(f, "{base}.{name}"),
            ExprKind::MemberCall(base, call) => write!(f, "{base}.{call}"),
            ExprKind::Element(base, index) => write!(f, "{base}[{index}]"),
            ExprKind::Negate(operand) => write!(f, "-{operand}"),
            ExprKind::Plus(operand) => write!(f, "+{operand}"),
            ExprKind::Binary(op, left, right) => write!(f, "{left} {op} {right}"),
            ExprKind::And(operands) => joined(f, operands, " and "),
            ExprKind::Or(operands) => joined(f, operands, " or "),
            ExprKind::List(op, operand, items) => write!(f, "{operand} {op} ({})", List(items)),
            ExprKind::Between { negated, operand, low, high } => {
                let not = if *negated { "!" } else { "" };
                write!(f, "{operand} {not}between ({low} .. {high})")
            }
            ExprKind::Parenthesized(inner) => write!(f, "({inner})"),
            ExprKind::Pipeline { source, operators } => {
                let mut bar = "";
                if let Some(source) = source {
                    source.fmt(f)?;
                    bar = "\n| ";
                }
                for operator in operators {
                    write!(f, "{bar}{operator}")?;
                    bar = "\n| ";
                }
                Ok(())
            }
            ExprKind::Datatable { columns, values } => write!(f, "datatable({}) [{}]", List(columns), List(values)),
            ExprKind::ExternalData { columns, sources } => {
                write!(f, "externaldata({}) [{}]", List(columns), List(sources))
            }
        }
    }
}

fn joined(f: &mut Formatter<'_>, operands: &[Expr], joint: &str) -> fmt::Result {
    for (place, operand) in operands.iter().enumerate() {
        if place > 0 {
            f.write_str(joint)?;
        }
        operand.fmt(f)?;
    }
    Ok(())
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // What a call names needs no brackets for words that are reserved elsewhere, or that begin with a digit.
        let name = &self.name.text;
        match name.chars().all(|c| c == '_' || c.is_alphanumeric()) && !name.is_empty() {
            true => write!(f, "{name}({})", List(&self.arguments)),
            false => write!(f, "{}({})", quoted_name(name), List(&self.arguments)),
        }
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} = ")?;
        }
        self.value.fmt(f)
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Long(value) => value.fmt(f),
            Self::Real(value) => write!(f, "{value:?}"),
            Self::Timespan(text) => f.write_str(text),
            Self::String(text) => f.write_str(&quoted(text)),
            Self::Typed(ty, text) => write!(f, "{ty}({text})"),
        }
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Literal(literal) => literal.fmt(f),
            Self::Array(items) => write!(f, "[{}]", List(items)),
            Self::Bag(properties) => {
                f.write_char('{')?;
                for (place, (name, value)) in properties.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {value}", quoted(name))?;
                }
                f.write_char('}')
            }
        }
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => {}
            [name] => write!(f, "{name} = ")?,
            names => write!(f, "({}) = ", List(names))?,
        }
        self.value.fmt(f)
    }
}

impl Display for NamePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.wildcard && self.name.text.chars().all(|c| c == '*' || c == '_' || c.is_ascii_alphanumeric()) {
            f.write_str(&self.name.text)
        } else {
            self.name.fmt(f)
        }
    }
}

impl Display for Parameter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name.text, self.value)
    }
}

impl Display for SortColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} = ")?;
        }
        self.value.fmt(f)?;
        if let Some(order) = self.order {
            write!(f, " {order}")?;
        }
        match self.nulls {
            Some(Nulls::First) => f.write_str(" nulls first"),
            Some(Nulls::Last) => f.write_str(" nulls last"),
            None => Ok(()),
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
            Self::NaturalAscending => "granny-asc",
            Self::NaturalDescending => "granny-desc",
        })
    }
}

impl Display for JoinKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let spelling = Self::SPELLINGS.iter().find(|(kind, _)| kind == self).map_or("", |(_, spellings)| spellings[0]);
        f.write_str(spelling)
    }
}

impl Display for JoinOn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "on {}", List(&self.conditions))
    }
}

impl Display for Expand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} = ")?;
        }
        self.value.fmt(f)?;
        self.ty.map_or(Ok(()), |ty| write!(f, " to typeof({ty})"))
    }
}

impl Display for UnionSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expr(expr) => expr.fmt(f),
            Self::Wildcard(pattern) => f.write_str(&pattern.text),
        }
    }
}

impl Display for PatternPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Star(_) => f.write_char('*'),
            Self::Text(text, _) => f.write_str(&quoted(text)),
            Self::Capture(name, None) => name.fmt(f),
            Self::Capture(name, Some(ty)) => write!(f, "{name}: {ty}"),
        }
    }
}

fn parameters(f: &mut Formatter<'_>, parameters: &[Parameter]) -> fmt::Result {
    parameters.iter().try_for_each(|parameter| write!(f, " {parameter}"))
}

fn by(f: &mut Formatter<'_>, columns: &[Column]) -> fmt::Result {
    if columns.is_empty() { Ok(()) } else { write!(f, " by {}", List(columns)) }
}

fn with(f: &mut Formatter<'_>, properties: &[Parameter]) -> fmt::Result {
    if properties.is_empty() { Ok(()) } else { write!(f, " with ({})", List(properties)) }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            OperatorKind::Where(predicate) => write!(f, "where {predicate}"),
            OperatorKind::Project(columns) => write!(f, "project {}", List(columns)),
            OperatorKind::ProjectAway(patterns) => write!(f, "project-away {}", List(patterns)),
            OperatorKind::ProjectKeep(patterns) => write!(f, "project-keep {}", List(patterns)),
            OperatorKind::ProjectRename(columns) => write!(f, "project-rename {}", List(columns)),
            OperatorKind::ProjectReorder(patterns) => {
                f.write_str("project-reorder")?;
                for (place, (pattern, order)) in patterns.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    write!(f, "{comma} {pattern}")?;
                    order.map_or(Ok(()), |order| write!(f, " {order}"))?;
                }
                Ok(())
            }
            OperatorKind::Extend(columns) => write!(f, "extend {}", List(columns)),
            OperatorKind::Summarize { aggregates, by: keys } => {
                write!(f, "summarize {}", List(aggregates))?;
                by(f, keys)
            }
            OperatorKind::Sort(columns) => write!(f, "sort by {}", List(columns)),
            OperatorKind::Top { count, by } => write!(f, "top {count} by {}", List(by)),
            OperatorKind::Take(count) => write!(f, "take {count}"),
            OperatorKind::Sample(count) => write!(f, "sample {count}"),
            OperatorKind::SampleDistinct(count, column) => write!(f, "sample-distinct {count} of {column}"),
            OperatorKind::Distinct(columns) => write!(f, "distinct {}", List(columns)),
            OperatorKind::Count(None) => f.write_str("count"),
            OperatorKind::Count(Some(name)) => write!(f, "count as {name}"),
            OperatorKind::Join { kind, right, on } => write!(f, "join kind={kind} {right} {on}"),
            OperatorKind::Lookup { kind, right, on } => write!(f, "lookup kind={kind} {right} {on}"),
            OperatorKind::Union { parameters: given, sources } => {
                f.write_str("union")?;
                parameters(f, given)?;
                write!(f, " {}", List(sources))
            }
            OperatorKind::MvExpand(expand) => {
                f.write_str("mv-expand")?;
                if expand.bags_as_arrays {
                    f.write_str(" kind=array")?;
                }
                if let Some(index) = &expand.item_index {
                    write!(f, " with_itemindex={index}")?;
                }
                write!(f, " {}", List(&expand.items))?;
                expand.limit.as_ref().map_or(Ok(()), |limit| write!(f, " limit {limit}"))
            }
            OperatorKind::MvApply(apply) => {
                f.write_str("mv-apply")?;
                if let Some(index) = &apply.item_index {
                    write!(f, " with_itemindex={index}")?;
                }
                write!(f, " {}", List(&apply.items))?;
                apply.limit.as_ref().map_or(Ok(()), |limit| write!(f, " limit {limit}"))?;
                write!(f, " on ({})", apply.body)
            }
            OperatorKind::MakeSeries(series) => {
                f.write_str("make-series")?;
                parameters(f, &series.parameters)?;
                for (place, aggregate) in series.aggregates.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    write!(f, "{comma} {}", aggregate.column)?;
                    aggregate.default.as_ref().map_or(Ok(()), |default| write!(f, " default={default}"))?;
                }
                write!(f, " on {}", series.axis)?;
                match &series.range {
                    SeriesRange::FromTo { from, to, step } => {
                        from.as_ref().map_or(Ok(()), |from| write!(f, " from {from}"))?;
                        to.as_ref().map_or(Ok(()), |to| write!(f, " to {to}"))?;
                        write!(f, " step {step}")?;
                    }
                    SeriesRange::InRange { from, to, step } => write!(f, " in range({from}, {to}, {step})")?,
                }
                by(f, &series.by)
            }
            OperatorKind::Parse(parse) => {
                f.write_str(if parse.only_matches { "parse-where" } else { "parse" })?;
                f.write_str(match parse.kind {
                    ParseKind::Simple => "",
                    ParseKind::Relaxed => " kind=relaxed",
                    ParseKind::Regex => " kind=regex",
                })?;
                if let Some(flags) = &parse.flags {
                    write!(f, " flags={flags}")?;
                }
                write!(f, " {} with", parse.value)?;
                let mut text = false;
                for part in &parse.pattern {
                    // Two strings side by side would be read as one.
                    let next = matches!(part, PatternPart::Text(..));
                    if text && next {
                        f.write_str(" \"\"")?;
                    }
                    text = next;
                    write!(f, " {part}")?;
                }
                Ok(())
            }
            OperatorKind::ParseKv { value, columns, with: properties } => {
                write!(f, "parse-kv {value} as ({})", List(columns))?;
                with(f, properties)
            }
            OperatorKind::Evaluate { plugin, schema: None } => write!(f, "evaluate {plugin}"),
            OperatorKind::Evaluate { plugin, schema: Some(schema) } => {
                let star = match (schema.keeps_input, schema.columns.is_empty()) {
                    (true, false) => "*, ",
                    (true, true) => "*",
                    (false, _) => "",
                };
                write!(f, "evaluate {plugin} : ({star}{})", List(&schema.columns))
            }
            OperatorKind::Invoke(call) => write!(f, "invoke {call}"),
            OperatorKind::Render { visualization, properties } => {
                f.write_str("render")?;
                visualization.as_ref().map_or(Ok(()), |name| write!(f, " {name}"))?;
                with(f, properties)
            }
            OperatorKind::As(name) => write!(f, "as {name}"),
            OperatorKind::Serialize(columns) => write!(f, "serialize {}", List(columns)),
            OperatorKind::Range { name, from, to, step } => write!(f, "range {name} from {from} to {to} step {step}"),
            OperatorKind::Print(columns) => write!(f, "print {}", List(columns)),
            OperatorKind::Search { parameters: given, tables, predicate } => {
                f.write_str("search")?;
                parameters(f, given)?;
                if !tables.is_empty() {
                    write!(f, " in ({})", List(tables))?;
                }
                write!(f, " {predicate}")
            }
            OperatorKind::GetSchema => f.write_str("getschema"),
            OperatorKind::ProjectByNames(names) => write!(f, "project-by-names {}", List(names)),
            OperatorKind::TopHitters { count, of, by } => {
                write!(f, "top-hitters {count} of {of}")?;
                by.as_ref().map_or(Ok(()), |by| write!(f, " by {by}"))
            }
            OperatorKind::Scan(scan) => scan.fmt(f),
            OperatorKind::Graph(operator) => operator.fmt(f),
            OperatorKind::Partition { parameters: given, by, body } => {
                f.write_str("partition")?;
                parameters(f, given)?;
                write!(f, " by {by} ({body})")
            }
        }
    }
}

impl Display for Scan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("scan")?;
        self.match_id.as_ref().map_or(Ok(()), |name| write!(f, " with_match_id={name}"))?;
        if !self.declared.is_empty() {
            write!(f, " declare ({})", List(&self.declared))?;
        }
        f.write_str(" with (")?;
        for step in &self.steps {
            let output = if step.output { "" } else { " output=none" };
            write!(f, "step {}{output}: {}", step.name, step.condition)?;
            if !step.assignments.is_empty() {
                write!(f, " => {}", List(&step.assignments))?;
            }
            f.write_str("; ")?;
        }
        f.write_char(')')
    }
}
