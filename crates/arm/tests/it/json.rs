//! JSON as templates are written, and the place of a fault in it.

use arm::json::{locate, parse};
use arm::path::Path;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn reads_what_templates_hold() {
    let check = |text: &str, expected: Value| assert_eq!(parse(text), Ok(expected), "{text}");
    check("{}", json!({}));
    check("\u{feff}[1, -2.5, 1e3, true, false, null]", json!([1, -2.5, 1e3, true, false, null]));
    check("// first\n{ /* a\n comment */ \"a\": 1, // one\n \"b\": [2,],\n}", json!({"a": 1, "b": [2]}));
    check("\"two\nlines \\u00e4 \\ud83d\\ude00 \\/\"", json!("two\nlines ä 😀 /"));
    check("{'a': 'it\"s'}", json!({"a": "it\"s"}));
    check(r#"{"a": 1, "a": 2}"#, json!({"a": 2}));
    check("9223372036854775807", json!(i64::MAX));
}

#[test]
fn refuses_with_a_place() {
    let check = |text: &str, expected: &str| {
        assert_eq!(parse(text).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text}");
    };
    check("", "A value is expected, and the text ends. At line '1' and column '1'.");
    check("{\n  \"a\": 1\n  \"b\": 2 }", "',' or '}' is expected. At line '3' and column '3'.");
    check("[1 2]", "',' or ']' is expected. At line '1' and column '4'.");
    check("{a: 1}", "The name of a member is expected, in quotes. At line '1' and column '2'.");
    check("{\"a\" 1}", "':' is expected after the name 'a'. At line '1' and column '6'.");
    check("[ä, ?]", "A value is expected, and 'ä' is none. At line '1' and column '2'.");
    check("\n \"abc", "The string that begins here does not end. At line '2' and column '2'.");
    check("/* abc", "The comment that begins here does not end. At line '1' and column '1'.");
    check("1 2", "Nothing may follow the value. At line '1' and column '3'.");
    check("\"\\u12g4\"", "\\u takes four hexadecimal digits. At line '1' and column '4'.");
    let deep = "[".repeat(100_000);
    assert_eq!(
        parse(&deep).map_err(|error| error.to_string()),
        Err("Values nest deeper than 128 levels, which is the limit. At line '1' and column '130'.".to_owned())
    );
}

#[test]
fn finds_the_place_of_a_value() {
    let text = "{\n  \"a\": [\n    1,\n    { \"B\": 2, \"c.d\": 3 }\n  ]\n}";
    let check = |path: &Path, expected: Option<(usize, usize)>| {
        assert_eq!(locate(text, path).map(|place| (place.line, place.column)), expected, "{path}");
    };
    let a = Path::root().member("a");
    check(&Path::root(), Some((1, 1)));
    check(&a, Some((2, 3)));
    check(&a.element(0), Some((3, 5)));
    check(&a.element(1).member("b"), Some((4, 7)));
    check(&a.element(1).member("c.d"), Some((4, 15)));
    check(&a.element(2), None);
    check(&a.element(0).member("x"), None);
    assert_eq!(a.element(1).member("c.d").to_string(), "a[1]['c.d']");
}

proptest! {
    #[test]
    fn reads_what_the_library_writes(value in values()) {
        prop_assert_eq!(parse(&value.to_string()), Ok(value.clone()));
        prop_assert_eq!(parse(&format!("{value:#}")), Ok(value));
    }

    #[test]
    fn never_panics(text in "[\\[\\]{}:,\"'/\\\\*u0-9a ]{0,40}|.{0,40}") {
        let _ = parse(&text);
        let _ = locate(&text, &Path::root().member("a").element(1));
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
