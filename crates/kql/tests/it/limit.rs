//! What a query may cost: nothing that it says makes the engine hold more than its limits, or go on for longer.

use std::time::Duration;

use kql::{Database, Datetime, Kind, Limits, Options, run};

/// The answer under limits that `change` makes of the usual ones: its rows, what cut it short, and the code of its failure.
fn cost(query: &str, change: impl FnOnce(&mut Limits)) -> (usize, Option<String>, Option<&'static str>) {
    let mut options = Options::at(Datetime::MIN);
    change(&mut options.limits);
    match run(query, &Database::new(), &options) {
        Ok(answer) => (answer.tables[0].1.len(), answer.partial.map(|partial| partial.message), None),
        Err(error) => {
            assert_eq!(error.kind, Kind::Limit, "{query}\n{error}");
            (0, None, Some(error.code))
        }
    }
}

#[test]
fn answers_are_cut_at_rows_and_bytes() {
    let rows = "range x from 1 to 10 step 1";
    assert_eq!(cost(rows, |limits| limits.rows = 10), (10, None, None));
    let (len, partial, _) = cost(rows, |limits| limits.rows = 4);
    assert_eq!(len, 4);
    assert!(partial.is_some_and(|message| message.contains("internal record count limit 4")));
    let (len, partial, _) = cost(rows, |limits| limits.bytes = 24);
    assert_eq!(len, 3);
    assert!(partial.is_some_and(|message| message.contains("internal data size limit 24")));
    let texts = "range x from 1 to 10 step 1 | project s = strrep('x', 100), d = pack_array('yyyy', 1)";
    assert_eq!(cost(texts, |limits| limits.bytes = 250).0, 2);
}

#[test]
fn steps_are_bounded() {
    let (low, time) =
        (|limits: &mut Limits| limits.memory_rows = 1_000, |limits: &mut Limits| limits.time = Duration::ZERO);
    for query in [
        "range x from 1 to 1001 step 1",
        "range x from 1 to 100 step 1 | extend k = 1 | join kind=inner (range y from 1 to 100 step 1 | extend k = 1) on k",
        "range x from 1 to 100 step 1 | extend d = range(1, 100) | mv-expand d",
        "range x from 1 to 100 step 1 | extend y = x + 1 | make-graph x --> y | graph-match (a), (b) project 1",
    ] {
        assert_eq!(cost(query, low).2, Some("E_RUNAWAY_QUERY"), "{query}");
    }
    assert_eq!(cost("print 1", time).2, Some("E_QUERY_TIMEOUT"));
}

#[test]
fn values_that_double_are_bounded() {
    let doubled = |first: &str, next: &str, last: &str| {
        let lets: String = (1..80)
            .map(|level| format!("let a{level} = {};\n", next.replace('@', &format!("a{}", level - 1))))
            .collect();
        format!("let a0 = {first};\n{lets}print {}", last.replace('@', "a79"))
    };
    let low = |limits: &mut Limits| {
        limits.memory_bytes = 1 << 20;
        limits.value_bytes = 1 << 20;
    };
    for query in [
        doubled("toscalar(print 'x')", "strcat(@, @)", "strlen(@)"),
        doubled("toscalar(print 'x')", "pack_array(@, @)", "array_length(@)"),
        doubled("toscalar(print 'x')", "bag_pack('a', @, 'b', @)", "tostring(@)"),
        "print d = repeat(strrep('x', 1000), 1000000)".to_owned(),
        "print d = repeat(strrep('x', 1000), 1000) | mv-expand x = range(1, 1000) | summarize make_list(d)".to_owned(),
    ] {
        assert_eq!(cost(&query, low).2, Some("E_RUNAWAY_QUERY"), "{query}");
    }
    let deep: String = (1..300).map(|level| format!("let a{level} = pack_array(a{});\n", level - 1)).collect();
    assert_eq!(cost(&format!("let a0 = toscalar(print 'x');\n{deep}print a299"), |_| {}).2, Some("E_RUNAWAY_QUERY"));
}
