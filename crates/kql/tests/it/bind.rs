//! Names and types of results, as the vendor's binder (and where it differs, the engine) gives them.

use kql::{Database, Datetime, Options, Schema, Table, Type, run};

/// Tables without rows: names and types do not depend on rows.
fn database() -> Database {
    let mut database = Database::new();
    let columns = [
        ("n", Type::Int),
        ("l", Type::Long),
        ("r", Type::Real),
        ("s", Type::String),
        ("t", Type::Datetime),
        ("d", Type::Dynamic),
        ("b", Type::Bool),
    ];
    database.insert("T", Table::empty(Schema::new(columns)));
    database.insert("U", Table::empty(Schema::new([("s", Type::String), ("l", Type::Real), ("u", Type::Long)])));
    database
}

/// Checks the columns of a query's answer, written `name:type name:type`.
fn check(query: &str, columns: &str) {
    let options = Options::at(Datetime::parse("2024-06-01").expect("a date"));
    let answer = run(query, &database(), &options).unwrap_or_else(|error| panic!("{query}\n{error}"));
    let found: Vec<String> =
        answer.tables[0].1.schema().columns.iter().map(|column| format!("{}:{}", column.name, column.ty)).collect();
    assert_eq!(found.join(" "), columns, "{query}");
}

#[test]
fn expressions_name_their_columns() {
    check(
        "T | project s, tostring(d.x), d.y, d['z'], d[0], todynamic(s).q",
        "s:string d_x:string d_y:dynamic d_z:dynamic d_0:dynamic s_q:dynamic",
    );
    check(
        "T | project l + 1, strcat(s, 'a'), tolower(s), Column2 = 1",
        "Column1:long Column2:string Column3:string Column21:long",
    );
    check("T | project abs(r), sqrt(r), r", "r:real r1:real r2:real");
    check("T | project pack_array(1, 2)[0]", "0:dynamic");
    check("T | project bin(t, 1d), d.a, tostring(d.a)", "t:datetime d_a:dynamic d_a1:string");
    check("print 1, a = 2, strlen('x')", "print_0:long a:long print_2:long");
    check("let v = 5; T | project v, s", "v:long s:string");
    check("T | project s | extend s = 1, l = s", "s:long l:string");
    check("T | project l | extend Column1 = 1 | extend l + 1", "l:long Column1:long Column2:long");
}

#[test]
fn summaries_name_their_columns() {
    check(
        "T | summarize count(), sum(l), avg(l), dcount(s) by s, bin(t, 1d)",
        "s:string t:datetime count_:long sum_l:long avg_l:real dcount_s:long",
    );
    check("T | summarize arg_max(t, s, l) by n", "n:int t:datetime s:string l:long");
    check("T | project t, s, n | summarize arg_max(t, *) by n, bin(t, 1d)", "n:int t:datetime t1:datetime s:string");
    check(
        "T | project t, s | summarize x = arg_max(t, s), (a, c) = arg_min(t, s)",
        "x:datetime s:string a:datetime c:string",
    );
    check(
        "T | summarize make_set(s), make_list(l), max(t) by set_s = s",
        "set_s:string set_s1:dynamic list_l:dynamic max_t:datetime",
    );
    check("T | summarize count() + 1, round(avg(l), 2), sum(l + 1)", "Column1:long avg_l:real sum_:long");
    check(
        "T | summarize percentile(l, 50), percentiles(l, 5, 99.9)",
        "percentile_l_50:long percentile_l_5:long percentile_l_99_9:long",
    );
    check("T | summarize count() by s | summarize count() by count_", "count_:long count_1:long");
    check("T | summarize by s, tolower(s)", "s:string Column1:string");
    check("T | distinct s, l", "s:string l:long");
}

#[test]
fn joins_and_unions_keep_apart_what_shares_a_name() {
    check("T | project s, l | join kind=inner U on s", "s:string l:long s1:string l1:real u:long");
    check("T | project s, s1 = 1 | join kind=inner U on s", "s:string s1:long s2:string l:real u:long");
    check("T | project s, l | join kind=leftsemi U on s", "s:string l:long");
    check("T | project s, l | join kind=rightanti U on s", "s:string l:real u:long");
    check("T | project s, l | lookup U on s", "s:string l:long l1:real u:long");
    check("T | project s, l | lookup U on $left.s == $right.s", "s:string l:long l1:real u:long");
    check("T | project s, l | union U", "s:string l_long:long l_real:real u:long");
    check("T | project s, l | union withsource=source kind=inner U", "source:string s:string l_long:long l_real:real");
    check("union isfuzzy=true U, Missing | project s", "s:string");
}

#[test]
fn expansions_replace_what_they_expand() {
    check("T | project d, s | mv-expand d", "d:dynamic s:string");
    check("T | project d, s | mv-expand with_itemindex=i d to typeof(long), e = d", "d:long s:string e:dynamic i:long");
    check("T | project d, s | mv-expand parse_json(s), d.x", "d:dynamic s:dynamic d_x:dynamic");
    check(
        "T | project d, s | mv-apply e = d to typeof(long) on (summarize n = count(), make_set(e))",
        "d:dynamic s:string n:long set_e:dynamic",
    );
    check("T | project d, s | mv-apply d on (where d has 'x' | project d, q = s)", "s:string d:dynamic q:string");
    check("T | project s, l | parse s with * 'a' l:int 'b' q", "s:string l:int q:string");
    check(
        "T | make-series n = count(), avg(l) on t from ago(1d) to now() step 1h by s, tolower(s)",
        "s:string Column1:string n:dynamic avg_l:dynamic t:dynamic",
    );
}

#[test]
fn operators_have_the_types_of_the_vendor() {
    check(
        "print a = 1 + 1.5, b = int(1) + int(2), c = 1d / 1h, e = 2 * 1d, f = now() - 1d, g = now() - now()",
        "a:real b:long c:real e:timespan f:datetime g:timespan",
    );
    check(
        "print a = dynamic(1) + 1, b = dynamic(1) + 1.5, c = dynamic(1) + dynamic(2), e = -int(5)",
        "a:long b:real c:dynamic e:int",
    );
    check(
        "print a = iff(true, 1, 2.0), b = iff(true, dynamic(1), 2), c = iff(true, 1, 'a'), e = bin(int(5), 2)",
        "a:real b:long c:dynamic e:long",
    );
    check("range x from 1 to 3 step 1", "x:long");
    check("range x from now() to now() + 1d step 1h", "x:datetime");
    check("T | count", "Count:long");
}

#[test]
fn functions_of_the_query_see_what_was_declared_before_them() {
    check("let k = 2; let f = (x: long) { let y = x + k; y * 2 }; T | project a = f(l)", "a:long");
    check(
        "let f = (t: (s: string), x: string = 'q') { t | extend z = x }; T | project s | invoke f()",
        "s:string z:string",
    );
    check("let A = T | project s; let B = () { A | take 1 }; B | union A", "s:string");
    check("let f = (a: string, b: string = 'x') { strcat(a, b) }; print z = f(b = '1', a = '2')", "z:string");
}
