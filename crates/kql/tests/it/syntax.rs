//! Printing and parsing agree, and no text can hurt the parser.

use kql::span::Span;
use kql::syntax::{
    Argument, BinaryOp, Call, Column, Expr, ExprKind, Json, ListOp, Literal, Name, Operator, OperatorKind, Order,
    Query, SortColumn, Statement, StringOp, parse,
};
use proptest::prelude::*;

fn check(query: &str) {
    let tree = parse(query).unwrap_or_else(|error| panic!("{query}\n{error} at {:?}", error.span));
    let printed = tree.to_string();
    let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}\n{error} at {:?}", error.span));
    assert_eq!(tree, again, "{query}\nis printed as\n{printed}");
}

#[test]
fn what_is_printed_parses_to_the_same_tree() {
    for query in [
        "T",
        "['a table'] | where ['by'] == 1",
        "T | where a == 1 and not(b has 'x') or c in~ ('x', \"y\") and d !between (1 .. 2)",
        "T | where s matches regex @'\\d+' and s !has 'a' and s !contains_cs 'b' and s =~ 'c' and s !~ 'd' and s <> 'e'",
        "T | where a !in (1, 2) and b has_any ('x') and b has_all ('x', 'y') and c !in~ (d)",
        "T | where x in (U | where y > 1 | project z)",
        "T | extend a = b.c['d e'][0].[1].f, (x, y) = f(z), -b, +1, 2 * (3 - 4) % 5 / 6",
        "T | project a, b = strcat('x' 'y', h'z', @\"q\"\"r\", '\\u00e9\\n\\\\'), *",
        "T | summarize count(), n = dcount(x), arg_max(t, *) by bin(t, 1d), k = a.b",
        "T | summarize by a",
        "T | order by a asc nulls first, b desc, c | top 5 by d | take 1 | limit 2 | count | count as n",
        "T | join kind=leftanti hint.strategy=broadcast (U | project k) on k, $left.a == $right.b | lookup U on k",
        "T | union kind=inner withsource=s isfuzzy=true U*, (V | take 1)",
        "union (print a = 1), (range x from 1 to 10 step 2)",
        "T | mv-expand kind=array with_itemindex=i a, b = c to typeof(long) limit 3 | mvexpand d",
        "T | mv-apply with_itemindex=i e = a to typeof(string) limit 2 on (where e > 1 | summarize make_list(e))",
        "T | make-series n = count() default=0, avg(x) on t from ago(1d) to now() step 1h by a",
        "T | make-series n = count() on t in range(ago(1d), now(), 1h)",
        "T | parse kind=regex flags=i s with * 'a' x: long 'b' y | parse-where s with z ',' *",
        "T | parse-kv s as (a: string, b: long) with (pair_delimiter = ',')",
        "T | project-away a*, b | project-keep *c* | project-rename d = e | project-reorder f* asc, g granny-desc",
        "T | evaluate bag_unpack(d, 'p') : (*, a: long) | invoke f(1, x = 2) | as X | serialize r = row_number() | render timechart with (title = 'x')",
        "search kind=case_sensitive in (T, U) 'a' and b:'c'",
        "T | distinct * | sample 3 | sample-distinct 2 of a | getschema | partition by a (top 1 by b)",
        "let f = (T: (a: long), x: string = 'q') { let y = x; T | where a == y }; let v = view () { U }; f(U, 'r')",
        "declare query_parameters (a: long = 1); set notruncation; let x = dynamic({'a': [1, -2.5, null, true, datetime(2020-01-01)], \"b\": {}}); print x",
        "print datetime(2020-01-01), 1.5h, 10tick, 0x1F, 1e3, real(nan), guid(null), typeof(long), 50th = 1, decimal(1.5), time(1.02:03:04)",
        "datatable (a: long, ['b c']: dynamic) [1, dynamic([1])] | extend d = extract('x', 1, a, typeof(real))",
        "externaldata (a: string) ['https://example.org'] with (format = 'csv')",
        "cluster('c').database('d').T | where TimeGenerated between (ago(1d) .. now()) // a comment",
        "toscalar(T | count) + 1",
    ] {
        if query.starts_with("externaldata") {
            assert!(parse(query).is_ok(), "{query}");
        } else {
            check(query);
        }
    }
}

fn spanless(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default())
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[A-Za-z_][A-Za-z0-9_]{0,8}".prop_map(|text| Name::new(text, Span::default())),
        "[ -~é]{1,6}".prop_map(|text| Name::new(text, Span::default())),
        Just(Name::new("by", Span::default())),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        (0..i64::MAX).prop_map(Literal::Long),
        (0.0..1e12).prop_map(Literal::Real),
        "[0-9]{1,4}(d|h|m|s|ms)".prop_map(Literal::Timespan),
        "\\PC{0,8}".prop_map(Literal::String),
        "[\\x00-\\x7f]{0,4}".prop_map(Literal::String),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    prop_oneof![Just(Json::Null), literal().prop_map(Json::Literal)].prop_recursive(3, 12, 3, |json| {
        prop_oneof![
            prop::collection::vec(json.clone(), 0..3).prop_map(Json::Array),
            prop::collection::vec(("[a-z \"]{1,3}", json), 0..3).prop_map(Json::Bag),
        ]
    })
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    prop::sample::select(vec![
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::Modulo,
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::GreaterOrEqual,
        BinaryOp::String(StringOp::Has, false),
        BinaryOp::String(StringOp::ContainsCs, true),
        BinaryOp::String(StringOp::EqualIgnoringCase, true),
        BinaryOp::String(StringOp::MatchesRegex, false),
    ])
}

/// Expressions whose operands are in parentheses unless they need none, as a person would write them.
fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literal().prop_map(|literal| spanless(ExprKind::Literal(literal))),
        name().prop_map(|name| spanless(ExprKind::Name(name))),
        json().prop_map(|json| spanless(ExprKind::Dynamic(json))),
    ];
    leaf.prop_recursive(4, 32, 4, |expr| {
        let operand = expr.prop_map(|expr| match expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Call(_) | ExprKind::Parenthesized(_) => expr,
            _ => spanless(ExprKind::Parenthesized(Box::new(expr))),
        });
        let boxed = operand.clone().prop_map(Box::new);
        let list = prop::collection::vec(operand.clone(), 1..4);
        prop_oneof![
            (binary_op(), boxed.clone(), boxed.clone())
                .prop_map(|(op, left, right)| spanless(ExprKind::Binary(op, left, right))),
            prop::collection::vec(operand.clone(), 2..4).prop_map(|operands| spanless(ExprKind::And(operands))),
            prop::collection::vec(operand.clone(), 2..4).prop_map(|operands| spanless(ExprKind::Or(operands))),
            (boxed.clone(), list.clone()).prop_map(|(operand, list)| spanless(ExprKind::List(
                ListOp::NotInIgnoringCase,
                operand,
                list
            ))),
            (any::<bool>(), boxed.clone(), boxed.clone(), boxed.clone())
                .prop_map(|(negated, operand, low, high)| spanless(ExprKind::Between { negated, operand, low, high })),
            ("[a-z_]{1,6}".prop_filter("a function", |name| name != "dynamic"), list).prop_map(
                |(name, list)| spanless(ExprKind::Call(Call {
                    name: Name::new(format!("f_{name}"), Span::default()),
                    arguments: list.into_iter().map(|value| Argument { name: None, value }).collect(),
                }))
            ),
            (boxed.clone(), name()).prop_map(|(base, name)| spanless(ExprKind::Member(base, name))),
            (boxed.clone(), boxed).prop_map(|(base, index)| spanless(ExprKind::Element(base, index))),
        ]
    })
}

/// A path starts at a name, a call or a parenthesis; a number before a dot would be another number.
fn is_sound(expr: &Expr) -> bool {
    let starts_well = |base: &Expr| !matches!(base.kind, ExprKind::Literal(_));
    match &expr.kind {
        ExprKind::Member(base, _) => starts_well(base) && is_sound(base),
        ExprKind::Element(base, index) => starts_well(base) && is_sound(base) && is_sound(index),
        ExprKind::Parenthesized(inner) => is_sound(inner),
        ExprKind::Binary(_, left, right) => is_sound(left) && is_sound(right),
        ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter().all(is_sound),
        ExprKind::List(_, operand, list) => is_sound(operand) && list.iter().all(is_sound),
        ExprKind::Between { operand, low, high, .. } => is_sound(operand) && is_sound(low) && is_sound(high),
        ExprKind::Call(call) => call.arguments.iter().all(|argument| is_sound(&argument.value)),
        _ => true,
    }
}

proptest! {
    #[test]
    fn trees_print_as_themselves(expr in expression().prop_filter("a path from a literal", is_sound), column in name()) {
        let table = Box::new(spanless(ExprKind::Name(Name::new("T", Span::default()))));
        let operators = [
            OperatorKind::Where(expr.clone()),
            OperatorKind::Extend(vec![Column { names: vec![column.clone()], value: expr.clone() }]),
            OperatorKind::Sort(vec![SortColumn { name: None, value: expr, order: Some(Order::Ascending), nulls: None }]),
        ];
        let operators = operators.into_iter().map(|kind| Operator { kind, span: Span::default() }).collect();
        let tree = Query { statements: vec![Statement::Query(spanless(ExprKind::Pipeline { source: Some(table), operators }))] };
        let printed = tree.to_string();
        let parsed = parse(&printed);
        prop_assert!(parsed.is_ok(), "{printed}\n{:?}", parsed);
        prop_assert_eq!(parsed.unwrap(), tree, "{}", printed);
    }

    #[test]
    fn any_text_is_a_tree_or_an_error(text in "\\PC{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_words_are_a_tree_or_an_error_inside_the_text(
        words in prop::collection::vec(prop::sample::select(vec![
            "T", "|", "where", "(", ")", "[", "]", "{", "}", "by", "summarize", "count", "=", "==", "1", "1d", "'s'", "and", "in", "..", ".", ",",
            ";", "let", "join", "on", "mv-apply", "to", "typeof", "datatable", ":", "long", "dynamic", "*", "-", "!", "~", "union", "print", "datetime(",
        ]), 0..24),
    ) {
        let text = words.join(" ");
        if let Err(error) = parse(&text) {
            let span = error.span.expect("a syntax error stands somewhere");
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{text}: {span:?}");
        }
    }
}

#[test]
fn nesting_is_bounded_whatever_nests() {
    let deep = |open: &str, middle: &str, close: &str| {
        format!("print x = {}{middle}{}", open.repeat(20_000), close.repeat(20_000))
    };
    let chain = |link: &str| format!("print x = a{}", link.repeat(20_000));
    for query in [
        deep("(", "1", ")"),
        deep("f(", "1", ")"),
        deep("-(", "1", ")"),
        deep("dynamic([", "1", "])"),
        format!("print x = dynamic({}{})", "[".repeat(20_000), "]".repeat(20_000)),
        deep("a[", "1", "]"),
        deep("toscalar(T | where ", "1", ")"),
        chain(" + 1"),
        chain(".b"),
        chain("[0]"),
        format!("{} 1 {}", "let f = () { ".repeat(20_000), "}".repeat(20_000)),
    ] {
        let error = parse(&query).expect_err("too deep");
        assert_eq!(error.rule, "KS245", "{}: {error}", &query[..40]);
    }
    // What does not nest is not bounded.
    for query in [
        format!("T | where {}", vec!["a == 1"; 20_000].join(" or ")),
        format!("T | where a in ({})", vec!["1"; 20_000].join(",")),
        format!("T {}", "| where a == 1 ".repeat(2_000)),
    ] {
        assert!(parse(&query).is_ok(), "{}", &query[..40]);
    }
}

#[test]
fn what_fuzzing_found_prints_as_itself() {
    for text in
        ["print 0now()", "set in; print 1", "print ['5x']", "T | where a.['5x'] == 1", "print datetime(2017-01-31)"]
    {
        let tree = parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let printed = tree.to_string();
        assert_eq!(parse(&printed).as_ref(), Ok(&tree), "{printed}");
    }
    for text in ["print 1.x", "print datetime (2017-01-31)", "print 1.5between"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
