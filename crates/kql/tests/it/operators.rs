//! Operators that take rows apart: partitions, scans, pairs of keys and values, pivots, lookups.

use super::{answers, refused};

/// Checks the rows of an answer, with `;` between them.
fn check(query: &str, expected: &str) {
    assert_eq!(answers(query).join(";"), expected, "{query}");
}

const ROWS: &str = "datatable(k: string, x: long) ['a', 1, 'b', 5, 'a', 3, 'b', 2]";

#[test]
fn partitions_run_their_body_each() {
    check(&format!("{ROWS} | partition by k (top 1 by x)"), "a|3;b|5");
    check(&format!("{ROWS} | partition by k {{ summarize n = count(), s = sum(x) }}"), "2|4;2|7");
    check(&format!("{ROWS} | partition hint.strategy=native by k (where x > 2 | project x)"), "3;5");
    let many = "range x from 1 to 65 step 1 | partition by x (take 1) | count";
    refused(many, "more than 64 parts");
    check(&many.replace("partition by", "partition hint.strategy=native by"), "65");
}

#[test]
fn scans_remember_what_they_matched() {
    let scan = |with: &str| format!("range x from 1 to 6 step 1 | scan {with}");
    check(&scan("declare (s: long = 0) with (step a: true => s = a.s + x;)"), "1|1;2|3;3|6;4|10;5|15;6|21");
    check(
        &scan("with_match_id=m with (step a: x % 3 == 1; step b: x > a.x;)"),
        // Each row is offered to the last step first, which takes it over from the step before.
        "1|0;2|0;3|0;4|0;4|1;5|1;6|1",
    );
    check(&scan("with (step a output=none: x == 2; step b: x == a.x + 1;)"), "3");
    refused(&scan("with (step a: y > 1;)"), "'y'");
    refused(&scan("with (step a: true => x = 1;)"), "that the scan declares");
    refused(&scan("with (step a output=last: true;)"), "output=last");
}

#[test]
fn pairs_of_keys_and_values() {
    let kv =
        |text: &str, with: &str| format!("print t = {text} | parse-kv t as (a: long, b: string) {with} | project a, b");
    let delimited = "with (pair_delimiter=' ', kv_delimiter='=')";
    check(&kv("'a=1 b=x y a=2'", delimited), "1|x");
    check(&kv("'b=x y a=2'", "with (pair_delimiter=' ', kv_delimiter='=', greedy=true)"), "2|x y");
    check(&kv("'b=\"x y\" a=z'", "with (pair_delimiter=' ', kv_delimiter='=', quote='\"')"), "|x y");
    check(
        &kv("'b=<x \\\\> y> a=4'", "with (pair_delimiter=' ', kv_delimiter='=', quote='<>', escape='\\\\')"),
        "4|x > y",
    );
    check(&kv("'a: 7; (b) is: word'", ""), "7|is");
    check(&kv("'a->1, b->two'", "with (regex=@'(\\w+)->(\\w+)')"), "1|two");
    refused(&kv("''", "with (regex='(')"), "regular expression");
    refused(&kv("''", "with (pair_delimiter=' ')"), "one delimiter without the other");
    refused("print a = 'x' | parse-kv a as (a: long)", "already declared");
}

#[test]
fn values_become_columns() {
    check(&format!("{ROWS} | evaluate pivot(k, sum(x)) | project a, b"), "4|7");
    check("datatable(k: string, g: long) ['a', 1, 'b', 1, 'a', 2] | evaluate pivot(k)", "1|1|1;2|1|0");
    check(&format!("{ROWS} | evaluate pivot(k, max(x)) : (b: long, c: long, a: long)"), "5||3");
    refused("datatable(k: string, g: long) ['g', 1] | evaluate pivot(k)", "already declared");
}

#[test]
fn lookups() {
    let ranges = "let R = datatable(range: string, name: string) ['10.0.0.0/8', 'ten', '192.168.0.0/16', 'home'];";
    let rows = "datatable(ip: string) ['10.1.2.3', '8.8.8.8', 'x']";
    check(&format!("{ranges} {rows} | evaluate ipv4_lookup(R, ip, range)"), "10.0.0.0/8|ten|10.1.2.3");
    check(
        &format!("{ranges} {rows} | evaluate ipv4_lookup(R, ip, range, true) | project name, ip"),
        "ten|10.1.2.3;|8.8.8.8;|x",
    );
    check(&format!("{ROWS} | evaluate rows_near(x == 5, 1) | project x"), "1;5;3");
    check("range x from 1 to 9 step 1 | evaluate rows_near(x == 2 or x == 4, 0, 1)", "2;3;4;5");
    check(&format!("{ROWS} | top-hitters 1 of k by x"), "b|7");
    check(&format!("{ROWS} | project-by-names 'x', dynamic(['k', 'none'])"), "1|a;5|b;3|a;2|b");
}

#[test]
fn operators_print_as_themselves() {
    for text in [
        "T | partition hint.strategy=native by k (where x > 1 | project x)",
        "T | scan with_match_id=m declare (s: long = 0, t: string) with (step a output=none: x > 1 => s = a.s + 1, t = 'x'; step b: true; )",
        "T | parse-kv t as (a: long, ['b c']: string) with (pair_delimiter=' ', kv_delimiter='=', greedy=true)",
        "T | top-hitters 3 of k by sum | project-by-names 'a*', dynamic(['b'])",
    ] {
        let tree = kql::syntax::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let printed = tree.to_string();
        assert_eq!(kql::syntax::parse(&printed).as_ref(), Ok(&tree), "{printed}");
    }
}
