//! The names that columns get when a query gives none, and names that are taken already.

use std::collections::HashSet;

use crate::syntax::{Call, Expr, ExprKind, Literal};

/// Functions whose result is named after their first argument, as the vendor's binder has it.
const NAMED_AFTER_ARGUMENT: [&str; 76] = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "bin",
    "bin_at",
    "bin_auto",
    "binary_and",
    "binary_not",
    "binary_or",
    "binary_shift_left",
    "binary_shift_right",
    "binary_xor",
    "bitset_count_ones",
    "ceiling",
    "cos",
    "erf",
    "erfc",
    "exp",
    "exp10",
    "exp2",
    "floor",
    "format_bytes",
    "format_datetime",
    "format_timespan",
    "gamma",
    "log",
    "log10",
    "log2",
    "loggamma",
    "parse_csv",
    "parse_json",
    "parse_xml",
    "parsejson",
    "pow",
    "rand",
    "round",
    "series_fill_backward",
    "series_fill_const",
    "series_fill_forward",
    "series_fill_linear",
    "series_fir",
    "series_iir",
    "series_outliers",
    "sin",
    "split",
    "sqrt",
    "startofday",
    "tan",
    "tobool",
    "toboolean",
    "todatetime",
    "todecimal",
    "todouble",
    "todynamic",
    "toguid",
    "tohex",
    "toint",
    "tolong",
    "toobject",
    "toreal",
    "tostring",
    "totime",
    "totimespan",
    "passthrough",
    "binary_all_or",
    "binary_all_and",
    "binary_all_xor",
    "take_anyif",
    "percentile_tdigest",
    "make_datetime",
    "make_timespan",
    "column_ifexists",
    "columnifexists",
    "__hll_normalize",
];

/// Aggregates that name what they give by their first argument with a prefix that is not their own name.
const PREFIXES: [(&str, &str); 14] = [
    ("make_list", "list"),
    ("makelist", "list"),
    ("make_list_if", "list"),
    ("make_list_with_nulls", "list"),
    ("make_set", "set"),
    ("makeset", "set"),
    ("make_set_if", "set"),
    ("make_dictionary", "dictionary"),
    ("make_bag", "bag"),
    ("make_bag_if", "bag"),
    ("buildschema", "schema"),
    ("gettype", "type"),
    ("repeat", "repeat"),
    ("treepath", "tree"),
];

/// The name that an expression gives its column, if it gives one.
pub(super) fn implied(expr: &Expr, is_aggregate: &dyn Fn(&str) -> bool) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Parenthesized(inner) => implied(inner, is_aggregate),
        ExprKind::Member(base, name) => Some(path(implied(base, is_aggregate), &name.text)),
        ExprKind::Element(base, index) => {
            let index = match &index.kind {
                ExprKind::Literal(Literal::String(text)) => text.clone(),
                ExprKind::Literal(Literal::Long(index)) => index.to_string(),
                _ => String::new(),
            };
            Some(path(implied(base, is_aggregate), &index))
        }
        ExprKind::Call(call) => implied_by_call(call, is_aggregate),
        _ => None,
    }
}

fn path(base: Option<String>, step: &str) -> String {
    base.map_or_else(|| step.to_owned(), |base| format!("{base}_{step}"))
}

fn implied_by_call(call: &Call, is_aggregate: &dyn Fn(&str) -> bool) -> Option<String> {
    let name = call.name.text.as_str();
    let argument = call.arguments.first().and_then(|argument| implied(&argument.value, is_aggregate));
    match name {
        "column_ifexists" | "columnifexists" => match call.arguments.first().map(|argument| &argument.value.kind) {
            Some(ExprKind::Literal(Literal::String(column))) => return Some(column.clone()),
            _ => return None,
        },
        "make_datetime" | "make_timespan" => return argument.filter(|_| call.arguments.len() == 1),
        "covariance" | "covarianceif" | "covariancep" | "covariancepif" => {
            let second = call.arguments.get(1).and_then(|argument| implied(&argument.value, is_aggregate));
            return Some(format!("{name}_{}_{}", argument.unwrap_or_default(), second.unwrap_or_default()));
        }
        "ingestion_time" => return Some("$IngestionTime".to_owned()),
        "strlen" | "string_size" | "dcount_hll" => return Some(format!("{name}_{}", argument.unwrap_or_default())),
        "percentiles_array" | "percentilesw_array" => {
            return Some(format!("percentiles_{}", argument.unwrap_or_default()));
        }
        "hll_merge" => return Some("hll_merged_result".to_owned()),
        "tdigest_merge" | "merge_tdigest" => return Some("tdigests_merge_result".to_owned()),
        "arg_max" | "arg_min" | "argmax" | "argmin" | "take_any" => return argument,
        _ if NAMED_AFTER_ARGUMENT.contains(&name) => return argument,
        _ => {}
    }
    if let Some((_, prefix)) = PREFIXES.iter().find(|(function, _)| *function == name) {
        return Some(format!("{prefix}_{}", argument.unwrap_or_default()));
    }
    is_aggregate(name).then(|| format!("{name}_{}", argument.unwrap_or_default()))
}

/// The name of a column that `arg_max` and its kin give for an argument: after the argument, or the first column's name and the argument's place.
pub(super) fn argument_name(aggregate: &str, first: Option<&String>, implied: Option<&str>, place: usize) -> String {
    let extreme = if matches!(aggregate, "arg_max" | "argmax") { "max" } else { "min" };
    match (aggregate, first, implied) {
        ("any", _, implied) => format!("any_{}", implied.unwrap_or_default()),
        ("argmax" | "argmin", None, implied) => format!("{extreme}_{}", implied.unwrap_or_default()),
        ("argmax" | "argmin", Some(first), Some(implied)) => format!("{first}_{implied}"),
        (_, _, Some(implied)) => implied.to_owned(),
        ("take_any", _, None) => format!("any_arg{place}"),
        (_, None, None) => format!("{extreme}_"),
        (_, Some(first), None) => {
            format!("{extreme}_{}_arg{place}", first.strip_prefix(&format!("{extreme}_")).unwrap_or(first))
        }
    }
}

/// The name of a percentile's column.
pub(super) fn percentile_name(argument: &str, percentile: &Expr) -> String {
    let text = match &percentile.kind {
        ExprKind::Literal(Literal::Long(value)) => value.to_string(),
        ExprKind::Literal(Literal::Real(value)) => value.to_string().replace('.', "_"),
        _ => String::new(),
    };
    format!("percentile_{argument}_{text}")
}

/// Names of columns in the making, each unique.
#[derive(Default)]
pub(super) struct Taken(HashSet<String>);

impl Taken {
    /// Takes a name that a query wrote; `false` if it is taken.
    pub fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_owned())
    }

    /// Takes the name, or the name with the least number behind it that is free.
    pub fn unique(&mut self, name: &str) -> String {
        if self.0.insert(name.to_owned()) {
            return name.to_owned();
        }
        (1usize..)
            .map(|number| format!("{name}{number}"))
            .find(|candidate| self.0.insert(candidate.clone()))
            .expect("there are more numbers than names")
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The names of a list of columns: given ones, those that expressions imply, and numbers for the rest.
#[derive(Default)]
pub(super) struct Naming {
    taken: Taken,
    declared: HashSet<String>,
    unnamed: usize,
}

impl Naming {
    /// The name of the next column. What is only implied makes way for what stands before it; `None` where a query declares a name twice.
    pub fn next(&mut self, declared: bool, implied: Option<&str>) -> Option<String> {
        match implied {
            Some(name) if declared => self.declare(name),
            Some(name) => Some(self.taken.unique(name)),
            None => Some(self.number()),
        }
    }

    /// Takes a name that the query wrote; `None` if it wrote it before.
    pub fn declare(&mut self, name: &str) -> Option<String> {
        self.declared.insert(name.to_owned()).then(|| self.taken.unique(name))
    }

    /// Takes the name that an expression implies.
    pub fn imply(&mut self, name: Option<&str>) -> String {
        match name {
            Some(name) => self.taken.unique(name),
            None => self.number(),
        }
    }

    /// Takes the first free of `Column1`, `Column2`, ... after those it has given.
    fn number(&mut self) -> String {
        loop {
            self.unnamed += 1;
            let name = format!("Column{}", self.unnamed);
            if self.taken.take(&name) {
                return name;
            }
        }
    }

    /// Takes the name if it is free.
    pub fn take(&mut self, name: &str) -> bool {
        self.taken.take(name)
    }
}
