//! The reference page, written from the items themselves: operators and plugins from the list here, functions and aggregates from theirs. Every example is
//! run by a test.

use crate::aggregates::Aggregate;
use crate::functions::{Eval, Function};
use crate::signature::{Occurs, Parameter, Returns, Signature};

/// An operator of a pipeline, a source, or a plugin of `evaluate`.
#[derive(Debug)]
pub struct Operator {
    /// The name, and others that mean the same.
    pub names: &'static [&'static str],
    /// How it is written.
    pub form: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// A query over the tables of [`PRELUDE`], and its rows with `|` between cells and `;` between rows.
    pub example: (&'static str, &'static str),
}

/// What the examples of the operators are about.
pub const PRELUDE: &str = "let T = datatable(k: string, x: long) ['a', 1, 'b', 2, 'a', 3];\n\
                           let U = datatable(k: string, y: real) ['a', 0.5, 'c', 1.5];\n";

const fn operator(
    names: &'static [&'static str],
    form: &'static str,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Operator {
    Operator { names, form, doc, example }
}

/// Every operator that takes rows.
pub static OPERATORS: &[Operator] = &[
    operator(
        &["as"],
        "as Name",
        "Names the rows for the rest of the query.",
        ("T | take 1 | as One | union One", "a|1;a|1"),
    ),
    operator(&["count"], "count [as Name]", "One row: how many there are.", ("T | count", "3")),
    operator(
        &["distinct"],
        "distinct Column, ... | *",
        "The different rows of some columns.",
        ("T | distinct k", "a;b"),
    ),
    operator(
        &["evaluate"],
        "evaluate Plugin(...) [: (Name: type, ...)]",
        "The rows that a plugin makes.",
        ("T | evaluate rows_near(x == 2, 1, 0)", "a|1;b|2"),
    ),
    operator(
        &["extend"],
        "extend [Name =] Expression, ...",
        "Adds columns, or replaces those of the same name.",
        ("T | extend y = x * 2 | take 1", "a|1|2"),
    ),
    operator(
        &["getschema"],
        "getschema",
        "A row for each column: its name, place and type.",
        ("T | getschema | project ColumnName, ColumnType", "k|string;x|long"),
    ),
    operator(
        &["graph-mark-components"],
        "graph-mark-components [with_component_id=Name]",
        "Numbers the connected components of a graph in a column of its nodes.",
        (
            "datatable(s: long, t: long) [1, 2, 3, 3] | make-graph s --> t with_node_id=n | graph-mark-components | graph-to-table nodes",
            "1|0;2|0;3|1",
        ),
    ),
    operator(
        &["graph-match"],
        "graph-match [cycles=all|none|unique_edges] (a)-[e]->(b), ... [where Predicate] project [Name =] Expression, ...",
        "A row for each way in which a pattern fits a graph. `-[e*1..3]->` is a path, over which `map`, `any`, `all` and `inner_nodes` work.",
        (
            "datatable(s: string, t: string) ['a', 'b', 'b', 'c'] | make-graph s --> t with_node_id=n | graph-match (p)-->()-->(q) project p.n, q.n",
            "a|c",
        ),
    ),
    operator(
        &["graph-shortest-paths"],
        "graph-shortest-paths [output=any|all] (a)-[e*1..5]->(b) [where Predicate] project [Name =] Expression, ...",
        "The shortest path between each two nodes, or all of them.",
        (
            "datatable(s: string, t: string) ['a', 'b', 'b', 'c'] | make-graph s --> t with_node_id=n | graph-shortest-paths (p)-[e*1..5]->(q) where p.n == 'a' and q.n == 'c' project e.t",
            r#"["b","c"]"#,
        ),
    ),
    operator(
        &["graph-to-table"],
        "graph-to-table nodes|edges [as Name], ...",
        "The nodes or edges of a graph as rows.",
        (
            "datatable(s: string, t: string) ['a', 'b'] | make-graph s --> t with_node_id=n | graph-to-table nodes",
            "a;b",
        ),
    ),
    operator(
        &["invoke"],
        "invoke Function(...)",
        "Calls a function of the query with the rows as its first argument.",
        ("let f = (R: (x: long)) { R | summarize sum(x) }; T | invoke f()", "6"),
    ),
    operator(
        &["join"],
        "join [kind=innerunique|inner|leftouter|rightouter|fullouter|leftsemi|rightsemi|leftanti|rightanti] (Table) on Column, ... | $left.A == $right.B",
        "Rows of two tables that agree on their keys.",
        ("T | join kind=inner U on k | project k, x, y", "a|1|0.5;a|3|0.5"),
    ),
    operator(
        &["lookup"],
        "lookup [kind=leftouter|inner] (Table) on Column, ...",
        "Adds the columns of a table of facts to rows with the same key.",
        ("T | lookup U on k", "a|1|0.5;a|3|0.5;b|2|"),
    ),
    operator(
        &["make-graph"],
        "make-graph Source --> Target [with_node_id=Name | with Table on Column, ...]",
        "A graph whose edges are the rows.",
        ("datatable(s: long, t: long) [1, 2] | make-graph s --> t | graph-match (a)-[e]->(b) project e.s, e.t", "1|2"),
    ),
    operator(
        &["make-series"],
        "make-series [kind=nonempty] [Name =] Aggregate [default=Value], ... on Axis [from Start] [to End] step Step [by Column, ...]",
        "Aggregates over the bins of an axis, as arrays.",
        ("T | make-series n = count() on x from 1 to 5 step 1", "[1,1,1,0]|[1,2,3,4]"),
    ),
    operator(
        &["mv-apply"],
        "mv-apply [with_itemindex=Name] [Name =] Array [to typeof(type)], ... [limit N] on (Operators)",
        "Runs operators over the elements of each row's array.",
        ("print d = dynamic([3, 1, 2]) | mv-apply e = d to typeof(long) on (top 1 by e) | project e", "3"),
    ),
    operator(
        &["mv-expand", "mvexpand"],
        "mv-expand [kind=array] [with_itemindex=Name] [Name =] Array [to typeof(type)], ... [limit N]",
        "A row for each element of an array.",
        ("print d = dynamic([1, 2]) | mv-expand d", "1;2"),
    ),
    operator(
        &["parse"],
        "parse [kind=simple|relaxed|regex] [flags=...] Text with [*] Literal Name[: type] ...",
        "Columns from a text by a pattern; null where it does not fit.",
        ("print s = 'id=7; name=x' | parse s with 'id=' id: long '; name=' name | project id, name", "7|x"),
    ),
    operator(
        &["parse-kv"],
        "parse-kv Text as (Name: type, ...) [with (pair_delimiter=..., kv_delimiter=..., quote=..., escape=..., greedy=true | regex=...)]",
        "Columns from the pairs of keys and values in a text.",
        (
            "print s = 'a=1,b=x' | parse-kv s as (b: string, a: long) with (pair_delimiter=',', kv_delimiter='=') | project a, b",
            "1|x",
        ),
    ),
    operator(
        &["parse-where"],
        "parse-where [kind=...] Text with ...",
        "As `parse`, without the rows that do not fit.",
        ("datatable(s: string) ['id=7', 'x'] | parse-where s with 'id=' id: long | project id", "7"),
    ),
    operator(
        &["partition"],
        "partition [hint.strategy=native|shuffle] by Column (Operators)",
        "Runs operators over the rows of each value of a column.",
        ("T | partition by k (top 1 by x)", "a|3;b|2"),
    ),
    operator(&["print"], "print [Name =] Expression, ...", "One row of values.", ("print 1 + 2", "3")),
    operator(&["project"], "project [Name =] Expression, ...", "These columns alone.", ("T | project x | take 1", "1")),
    operator(
        &["project-away"],
        "project-away Pattern, ...",
        "All columns but these.",
        ("T | project-away k* | take 1", "1"),
    ),
    operator(
        &["project-by-names"],
        "project-by-names Names, ...",
        "The columns that texts or arrays of texts name, as far as there are any.",
        ("T | project-by-names dynamic(['x', 'z']) | take 1", "1"),
    ),
    operator(
        &["project-keep"],
        "project-keep Pattern, ...",
        "These columns alone, in their own order.",
        ("T | project-keep x | take 1", "1"),
    ),
    operator(
        &["project-rename"],
        "project-rename New = Old, ...",
        "Names columns anew.",
        ("T | project-rename z = x | project z | take 1", "1"),
    ),
    operator(
        &["project-reorder"],
        "project-reorder Pattern [asc|desc|granny-asc|granny-desc], ...",
        "Puts these columns first.",
        ("T | project-reorder x | take 1", "1|a"),
    ),
    operator(
        &["range"],
        "range Name from Start to End step Step",
        "A row for each value.",
        ("range n from 1 to 5 step 2", "1;3;5"),
    ),
    operator(
        &["render"],
        "render Visualization [with (Property = Value, ...)]",
        "Says how the answer is to be shown; the rows stay as they are.",
        ("T | take 1 | render table", "a|1"),
    ),
    operator(&["sample"], "sample N", "Some rows, any.", ("T | sample 3 | count", "3")),
    operator(
        &["sample-distinct"],
        "sample-distinct N of Column",
        "Some of the different values, any.",
        ("T | sample-distinct 5 of k", "a;b"),
    ),
    operator(
        &["scan"],
        "scan [with_match_id=Name] [declare (Name: type [= default], ...)] with (step Name [output=all|none]: Predicate [=> Name = Expression, ...]; ...)",
        "Offers rows to steps one after the other; `Step.Column` is what the step has matched before.",
        ("T | scan declare (s: long = 0) with (step a: true => s = x + a.s;) | project s", "1;3;6"),
    ),
    operator(
        &["search"],
        "search [kind=case_sensitive] [in (Table, ...)] Predicate",
        "Rows in which any column has a term.",
        ("T | search 'b' | project k", "b"),
    ),
    operator(
        &["serialize"],
        "serialize [Name = Expression, ...]",
        "Makes the order of rows count, for `prev`, `next` and `row_number`.",
        ("T | serialize n = row_number() | project n", "1;2;3"),
    ),
    operator(
        &["sort", "order"],
        "sort by Expression [asc|desc] [nulls first|last], ...",
        "Orders rows, descending where nothing is said.",
        ("T | sort by x | project x", "3;2;1"),
    ),
    operator(
        &["summarize"],
        "summarize [[Name =] Aggregate, ...] [by [Name =] Expression, ...]",
        "Groups rows and aggregates each group.",
        ("T | summarize n = count(), sum(x) by k", "a|2|4;b|1|2"),
    ),
    operator(&["take", "limit"], "take N", "So many rows.", ("T | take 2 | count", "2")),
    operator(
        &["top"],
        "top N by Expression [asc|desc] [nulls first|last], ...",
        "The first rows of an order.",
        ("T | top 1 by x", "a|3"),
    ),
    operator(
        &["top-hitters"],
        "top-hitters N of Column [by Expression]",
        "The values with the most rows or the greatest sums, exactly.",
        ("T | top-hitters 1 of k", "a|2"),
    ),
    operator(
        &["union"],
        "union [kind=inner|outer] [withsource=Name] [isfuzzy=true] Table, ...",
        "The rows of several tables; columns of one name and type are one.",
        ("T | take 1 | union (U | take 1)", "a|1|;a||0.5"),
    ),
    operator(
        &["where", "filter"],
        "where Predicate",
        "The rows for which a predicate is true.",
        ("T | where x > 1 and k == 'a'", "a|3"),
    ),
];

/// Every plugin of `evaluate`.
pub static PLUGINS: &[Operator] = &[
    operator(
        &["bag_unpack"],
        "bag_unpack(Bag [, Prefix [, columnsConflict [, ignoredProperties]]])",
        "A column for each property of a bag.",
        ("print b = dynamic({'p': 1, 'q': 'x'}) | evaluate bag_unpack(b)", "1|x"),
    ),
    operator(
        &["ipv4_lookup", "ipv6_lookup"],
        "ipv4_lookup(Ranges, Address, Range [, return_unmatched])",
        "The columns of the range in which an address lies. An address in several ranges is refused.",
        (
            "let R = datatable(net: string) ['10.0.0.0/8']; print ip = '10.1.1.1' | evaluate ipv4_lookup(R, ip, net)",
            "10.0.0.0/8|10.1.1.1",
        ),
    ),
    operator(
        &["pivot"],
        "pivot(Column [, Aggregate [, Column, ...]])",
        "A column for each value of a column, in the order in which they come first.",
        ("T | evaluate pivot(k, sum(x))", "4|2"),
    ),
    operator(
        &["rows_near"],
        "rows_near(Predicate, Rows [, RowsAfter])",
        "The rows for which a predicate is true and so many around each.",
        ("T | evaluate rows_near(x == 1, 1)", "a|1;b|2"),
    ),
];

/// The reference page, in Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Reference of the query language\n\n\
         This page is printed by `cargo xtask kql-reference` from the items themselves. What is not on it is refused by name.\n\n\
         ## Operators\n\n",
    );
    operators(&mut page, OPERATORS);
    page.push_str("## Plugins of `evaluate`\n\n");
    operators(&mut page, PLUGINS);
    page.push_str("## Scalar functions\n\n");
    let mut functions: Vec<&Function> = Function::all().collect();
    functions.sort_unstable_by_key(|function| function.name);
    for function in functions {
        heading(&mut page, &[function.name]);
        signatures(&mut page, function.name, function.signatures);
        doc(&mut page, function.doc);
        if !function.outputs.is_empty() {
            let columns: Vec<String> = function.outputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            line(&mut page, &format!("Gives the columns {}.", columns.join(", ")));
        }
        if let Eval::Refused = function.eval {
            line(&mut page, "Its names and types are known; rows are refused.");
        }
        examples(&mut page, function.examples);
    }
    page.push_str("## Aggregates\n\nThe examples are over the rows `x: long, s: string` = `1, 'a'`, `2, 'b'`, `2, ''`, `null, 'b'`.\n\n");
    let mut aggregates: Vec<&Aggregate> = Aggregate::all().collect();
    aggregates.sort_unstable_by_key(|aggregate| aggregate.name);
    for aggregate in aggregates {
        heading(&mut page, &[aggregate.name]);
        signatures(&mut page, aggregate.name, aggregate.signatures);
        doc(&mut page, aggregate.doc);
        examples(&mut page, aggregate.examples);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn operators(page: &mut String, list: &[Operator]) {
    for operator in list {
        heading(page, operator.names);
        block(page, operator.form);
        doc(page, operator.doc);
        let (query, rows) = operator.example;
        block(page, &format!("{query}\n=> {}", rows.replace(';', "\n   ")));
    }
}

fn heading(page: &mut String, names: &[&str]) {
    line(page, &format!("### {}", names.join(", ")));
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push_str("\n\n");
}

fn doc(page: &mut String, text: &str) {
    line(page, &text.split_whitespace().collect::<Vec<_>>().join(" "));
}

fn block(page: &mut String, text: &str) {
    line(page, &format!("```text\n{text}\n```"));
}

fn signatures(page: &mut String, name: &str, signatures: &[Signature]) {
    let mut lines: Vec<String> = signatures.iter().map(|signature| called(name, signature)).collect();
    lines.dedup();
    block(page, &lines.join("\n"));
}

fn examples(page: &mut String, examples: &[(&str, &str)]) {
    if !examples.is_empty() {
        let lines: Vec<String> =
            examples.iter().map(|(call, value)| format!("{call} => {value}").trim_end().to_owned()).collect();
        block(page, &lines.join("\n"));
    }
}

/// `name(parameter: what it takes, ...): what it returns`
fn called(name: &str, signature: &Signature) -> String {
    let parameter = |parameter: &Parameter| match parameter.occurs {
        Occurs::Once => format!("{}: {}", parameter.name, parameter.takes),
        Occurs::Optional => format!("[{}: {}]", parameter.name, parameter.takes),
        Occurs::Repeated(_) => format!("{}: {}, ...", parameter.name, parameter.takes),
    };
    let parameters: Vec<String> = signature.parameters.iter().map(parameter).collect();
    let named =
        |place: u8| signature.parameters.get(usize::from(place)).map_or("its argument", |parameter| parameter.name);
    let returns = match signature.returns {
        Returns::Type(ty) => ty.name().to_owned(),
        Returns::Argument(place) => format!("type of {}", named(place)),
        Returns::Promoted(place) => format!("type of {}, a long for an int", named(place)),
        Returns::Common => "common type".to_owned(),
        Returns::Widest => "widest type".to_owned(),
        Returns::Named(place) => format!("type that {} names", named(place)),
    };
    format!("{name}({}): {returns}", parameters.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::operator_names;
    use crate::{Database, Datetime, Options};

    #[test]
    fn examples_answer_what_they_say() {
        for operator in OPERATORS.iter().chain(PLUGINS) {
            let (query, expected) = operator.example;
            let whole = format!("{PRELUDE}{query}");
            let answer = crate::run(&whole, &Database::new(), &Options::at(Datetime::MIN))
                .unwrap_or_else(|error| panic!("{query}\n{error}"));
            let table = &answer.tables[0].1;
            let row = |row: usize| table.row(row).iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
            let rows: Vec<String> = (0..table.len()).map(row).collect();
            assert_eq!(rows.join(";"), expected, "{query}");
        }
    }

    #[test]
    fn every_operator_is_told_of() {
        let told: Vec<&str> = OPERATORS.iter().flat_map(|operator| operator.names).copied().collect();
        let missing: Vec<&str> = operator_names().filter(|name| !told.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
        assert_eq!(told.len(), operator_names().count());
    }
}
