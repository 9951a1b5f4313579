//! Graphs: patterns, the paths that fit them, and what a graph cannot be.

use super::{answers, refused};

/// Three nodes in a ring, a second edge from `a` to `b`, and one that nothing joins.
const RING: &str = "let N = datatable(id: string, kind: string) ['a', 'x', 'b', 'y', 'c', 'x', 'd', 'y']; \
                    let G = datatable(s: string, t: string, w: long) ['a', 'b', 1, 'a', 'b', 2, 'b', 'c', 3, 'c', 'a', 4] \
                    | make-graph s --> t with N on id; G";

fn check(operators: &str, expected: &str) {
    let mut rows = answers(&format!("{RING} | {operators}"));
    rows.sort_unstable();
    assert_eq!(rows.join(";"), expected, "{operators}");
}

#[test]
fn patterns() {
    check("graph-match (p)-[e]->(q) project p.id, q.id, e.w", "a|b|1;a|b|2;b|c|3;c|a|4");
    check("graph-match (p)<-[e]-(q) where e.w > 2 project p.id, q.id", "a|c;c|b");
    check("graph-match (p)-[e]-(q) where p.id == 'c' project q.id, e.w", "a|4;b|3");
    check("graph-match (p)-->(q), (q)-->(r) where p.kind == 'y' project p.id, r.id", "b|a");
    check("graph-match (p)-->(q)-->(r)-->(p) where p.id == 'a' project r.id", "c;c");
    check("graph-match (n) where n.kind == 'y' project n.id, node_degree_in(n), node_degree_out(n)", "b|2|1;d|0|0");
}

#[test]
fn paths() {
    check(
        "graph-match (p)-[e*2..3]->(q) where p.id == 'b' project q.id, map(e, w * 2), map(inner_nodes(e), id)",
        r#"a|[6,8]|["c"];b|[6,8,2]|["c","a"];b|[6,8,4]|["c","a"]"#,
    );
    check("graph-match (p)-[e*1..2]->(q) where p.id == 'b' and any(e, w > 3) project q.id", "a");
    check("graph-match (p)-[e*0..1]->(q) where p.id == 'c' project q.id, all(e, w > 3)", "a|True;c|True");
    check("graph-match cycles=none (p)-[e*3..3]->(q) project p.id", "");
    check("graph-match cycles=all (p)-[e*4..4]->(q) where p.id == 'b' project q.id", "c;c");
    check("graph-match (p)-[e*1..3]->(q) where p.id == 'b' and all(e, w > strlen(q.id)) project q.id", "a;b;c");
    check("graph-shortest-paths (p)-[e*1..5]->(q) where p.id == 'a' and q.id == 'c' project e.w", "[1,3]");
    check(
        "graph-shortest-paths output=all (p)-[e*1..5]->(q) where p.id == 'a' and q.id == 'c' project e.w",
        "[1,3];[2,3]",
    );
}

#[test]
fn tables_again() {
    check("graph-to-table edges | summarize sum(w)", "10");
    check("graph-mark-components | graph-to-table nodes | project id, ComponentId", "a|0;b|0;c|0;d|1");
    check("graph-mark-components with_component_id=c | graph-match (n) where n.c == 1 project n.id", "d");
    check("graph-to-table nodes as M, edges as F; M | join kind=inner F on $left.id == $right.s | count", "4");
}

#[test]
fn what_a_graph_cannot_be() {
    let graph = |operators: &str| format!("{RING} | {operators}");
    refused(&graph("take 1"), "Tabular value expected");
    refused(&graph("graph-match (p)-->(q) project p.ids"), "known column of 'p'");
    refused(&graph("graph-match (p)-->(q) project p"), "All of 'p' as one value");
    refused(&graph("graph-match (p)-[e]->(q) project map(e, w)"), "name of a path");
    refused(&graph("graph-to-table nodes with_node_id=n"), "with_node_id");
    refused("print x = 1 | graph-match (p)-->(q) project p.x", "Graph expected");
    refused("print x = 1, y = 'a' | make-graph x --> y | graph-match (p)-->(q) project 1", "different types");
}

#[test]
fn patterns_print_as_themselves() {
    for text in [
        "E | make-graph s --> t",
        "E | make-graph s --> ['the target'] with_node_id=id | graph-match cycles=none (a)-->(b) project a.id",
        "E | make-graph s --> t with (N | take 5) on id, M on ['an id'] | graph-match (a)<-[e]-()--(b), (b)-[*1..3]->(a) where a.x > 1 project a.x, y = 1",
        "G | graph-shortest-paths output=all (a)-[p*0..5]-(b) project p.x",
        "G | graph-mark-components kind=weak with_component_id=c | graph-to-table nodes as N with_node_id=n, edges",
    ] {
        let tree = kql::syntax::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let printed = tree.to_string();
        assert_eq!(kql::syntax::parse(&printed).as_ref(), Ok(&tree), "{printed}");
    }
}
