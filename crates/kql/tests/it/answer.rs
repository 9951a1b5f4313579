//! Rows that queries answer, where an example of one function would not show them.

use super::{answers, refused};

/// Checks the rows of an answer, with `;` between them.
fn check(query: &str, expected: &str) {
    assert_eq!(answers(query).join(";"), expected, "{query}");
}

/// Checks that a query is understood and then refused, with these words.
fn refused_in_rows(query: &str, words: &str) {
    assert_eq!(kql::check(query, &kql::Database::new()), [], "{query}");
    refused(query, words);
}

#[test]
fn counting_counts_rows_whatever_it_is_given() {
    check("datatable(x: real) [real(null), 5.0] | summarize count(x), count()", "2|2");
}

#[test]
fn functions_of_several_columns() {
    check("print y = dynamic([1, 2, 3]) | project (r, slope) = series_fit_line(y) | project r, slope", "1.0|1.0");
    check("print y = dynamic([4, 2, 9]) | extend series_stats(y) | project series_stats_y_max_idx", "2");
    refused_in_rows(
        "print y = dynamic([4, 2, 9]) | extend series_decompose_anomalies(y)",
        "series_decompose_anomalies",
    );
    check("print y = dynamic([4]) | where false | extend series_decompose_anomalies(y)", "");
}

#[test]
fn what_fails_fails_only_in_rows_that_are_shown() {
    check(
        "datatable(s: string, n: int) ['abc', 1, 'abc', int(null)] | where isnotnull(n) | project substring(s, 1, n)",
        "b",
    );
    refused_in_rows(
        "datatable(s: string, n: int) ['abc', 1, 'abc', int(null)] | project substring(s, 1, n)",
        "null length",
    );
    refused_in_rows("print x = 1 | where assert(x == 2, 'x is not two')", "x is not two");
}

#[test]
fn series_take_expressions_and_may_be_empty() {
    let data = "datatable(t: long, x: long) [1, 10, 1, 20, 3, 5]";
    check(&format!("{data} | make-series m = sum(x) / count() on t from 1 to 5 step 1"), "[15,0,5,0]|[1,2,3,4]");
    check(&format!("{data} | take 0 | make-series kind=nonempty n = count() on t from 1 to 3 step 1"), "[0,0]|[1,2]");
    check(&format!("{data} | take 0 | make-series n = count() on t from 1 to 3 step 1"), "");
}

#[test]
fn names_of_columns_are_values() {
    check("let T = datatable(A: string, B: int) []; print column_names_of(T)", r#"["A","B"]"#);
    check("print a = 1, b = 'x', c = 2 | project bag_pack_columns(a, b)", r#"{"a":1,"b":"x"}"#);
}

#[test]
fn what_lies_behind_a_connection_is_refused_with_its_columns_known() {
    refused_in_rows("externaldata(a: string) [h@'https://example.com/a.csv'] | project a", "externaldata");
}

#[test]
fn relations_that_are_named_answer_as_where_they_stand() {
    check("let A = print x = 1; let B = A | extend y = x + 1; B | project y", "2");
    check("let A = range x from 1 to 3 step 1; A | where x in (A | where x > 1)", "2;3");
    check("let A = range x from 1 to 3 step 1; union A, (A | where x > 2)", "1;2;3;3");
    check(
        "let A = range x from 1 to 2 step 1; print d = dynamic([1, 2]) | mv-apply d on (where toint(d) in (A))",
        "1;2",
    );
    check("let unread = print x = assert(false, 'never'); print 1", "1");
    let chain: String = (1..3_000).map(|level| format!("let a{level} = a{} | take 1;\n", level - 1)).collect();
    check(&format!("let a0 = print 7;\n{chain}a2999"), "7");
}

#[test]
fn arithmetic_with_dynamics_is_exact_or_refused() {
    let over = |dynamic: &str, expression: &str| format!("print d = dynamic({dynamic}) | project {expression}");
    check(&over("{'a': 5}", "d.a * 2 + d.a"), "15");
    check(&over("{'a': 2.0}", "d.a + 1"), "3");
    check(&over("{'a': 1.5}", "d.a + 0.5"), "2.0");
    check(&over("{'a': null}", "isnull(d.a + d.b)"), "True");
    for (dynamic, expression) in [
        ("{'a': 1.5}", "d.a + 1"),
        ("{'a': 1, 'b': 1.5}", "d.a + d.b"),
        ("{'a': '5'}", "d.a * 2"),
        ("{'a': true}", "d.a - 1"),
    ] {
        refused_in_rows(&over(dynamic, expression), "holds anything but a whole number");
    }
    refused_in_rows(&over("{'a': 5}", "-d.a"), "negative of a dynamic");
}

#[test]
fn rounding_is_done_where_it_is_known() {
    check("print round(-50.55, -2), round(2.15, 1), round(12345, 1)", "-100.0|2.2|12345");
    refused_in_rows("print round(12345, -2)", "whole number");
    refused_in_rows("print round(decimal(2.345), 2)", "decimal");
    refused_in_rows("print ceiling(decimal(1.5))", "decimal");
}

#[test]
fn elements_that_no_constant_names_leave_their_part_of_the_name_out() {
    let names = "print d = dynamic([{'n': 1}]) | project d[-1].n, d[toint('0')] | getschema | project ColumnName";
    check(names, "d__n;d_");
}
