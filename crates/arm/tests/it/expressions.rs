//! Expressions of templates and workflows: what they are, how they print, and in which words they are refused.

use arm::syntax::{Dialect, Expression, Part, TemplateText, parse, template_text, workflow_text};
use proptest::prelude::*;

/// Parses and prints back the same.
fn same(text: &str) {
    printed(text, text);
}

fn printed(text: &str, expected: &str) {
    match parse(text, Dialect::Template) {
        Ok(expression) => assert_eq!(expression.to_string(), expected),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_form_prints_as_it_was() {
    for text in [
        "resourceGroup().location",
        "parameters('a')",
        "'it''s'",
        "''",
        "''''",
        "-1",
        "concat('a', string(1), '{0}')",
        "variables('a')[0].b['c-d'][variables('i')]",
        "contoso.uniqueName(parameters('a')).b",
        "__bicep.format(1)",
        "if(equals(parameters('a'), null()), createObject(), createArray(1, true()))",
        "map(range(0, 3), lambda('i', add(lambdaVariables('i'), 1)))",
        "tryGet(parameters('a'), 'b', 0)",
        "parameters('a')?.b?[0].c",
        "variables('$fxv#0')",
        "reference(resourceId('Microsoft.Web/sites', 'a'), '2022-09-01', 'full').identity.principalId",
        "references('copied', 'full')[0].properties.a-b",
        "listKeys(resourceId(subscription().subscriptionId, 'rg', 'Microsoft.Storage/storageAccounts', 'a'), '2023-01-01').keys[0].value",
        "format('{0}''{1}\n', 'x')",
    ] {
        same(text);
    }
}

#[test]
fn blanks_do_not_matter() {
    printed(" \r\n concat ( 'a' ,\n\t'b' ) . c [ 0 ] ", "concat('a', 'b').c[0]");
    printed("a().?b[?0]", "a()?.b?[0]");
    printed("f(+5)", "f(5)");
}

#[test]
fn faults_are_worded_as_the_service_words_them() {
    let check = |text: &str, expected: &str, at: (usize, usize)| {
        let error = parse(text, Dialect::Template).expect_err(text);
        assert_eq!(error.message, expected);
        assert_eq!((error.span.start, error.span.end), at, "{text}");
    };
    check(" ", "Unable to parse language expression ' ': expected token 'Identifier' and actual 'EndOfData'.", (1, 1));
    check(
        "concat('ai-', uniqueString(resourceGroup().id)",
        "Unable to parse language expression 'concat('ai-', uniqueString(resourceGroup().id)': expected token 'RightParenthesis' and actual 'EndOfData'.",
        (46, 46),
    );
    check(
        "f())",
        "Unable to parse language expression 'f())': expected token 'EndOfData' and actual 'RightParenthesis'.",
        (3, 4),
    );
    check(
        "true",
        "Unable to parse language expression 'true': expected token 'LeftParenthesis' and actual 'EndOfData'.",
        (4, 4),
    );
    check(
        "f(,)",
        "Unable to parse language expression 'f(,)': expected token 'Identifier' and actual 'Comma'.",
        (2, 3),
    );
    check(
        "f()[0",
        "Unable to parse language expression 'f()[0': expected token 'RightSquareBracket' and actual 'EndOfData'.",
        (5, 5),
    );
    check(
        "f().0",
        "Unable to parse language expression 'f().0': expected token 'Identifier' and actual 'IntegerLiteral'.",
        (4, 5),
    );
    check(
        "f('a",
        "The language expression 'f('a' is not valid: the string literal at position '2' is not terminated.",
        (2, 4),
    );
    check(
        "ä({",
        "The language expression 'ä({' is not valid: the string character '{' at position '2' is not expected.",
        (3, 4),
    );
    check(
        "f(99999999999999999999)",
        "Unable to parse language expression 'f(99999999999999999999)': '99999999999999999999' is not a number in range.",
        (2, 22),
    );
    let deep = |levels: usize| format!("{}1{}", "f(".repeat(levels), ")".repeat(levels));
    same(&deep(255));
    let error = parse(&deep(100_000), Dialect::Template).expect_err("it is too deep");
    assert_eq!(
        error.message,
        "Unable to parse language expression: it nests deeper than 256 levels, which is the limit."
    );
    same(&format!("f(){}", ".a".repeat(100_000)));
}

#[test]
fn a_template_string_is_a_literal_or_an_expression() {
    let check = |text: &str, expected: Result<&str, &str>| match template_text(text).expect(text) {
        TemplateText::Literal(literal) => assert_eq!(Err(literal.as_ref()), expected, "{text}"),
        TemplateText::Expression(expression) => assert_eq!(Ok(expression.to_string().as_str()), expected, "{text}"),
    };
    check("abc", Err("abc"));
    check("[a()]", Ok("a()"));
    check("[[a()]", Err("[a()]"));
    check("[[]", Err("[]"));
    check("[a", Err("[a"));
    check("[[a", Err("[[a"));
    check("a]", Err("a]"));
    check("[a(createArray()[0])]", Ok("a(createArray()[0])"));
    assert_eq!(
        template_text("[]").expect_err("it is empty").message,
        "Unable to parse language expression '': expected token 'Identifier' and actual 'EndOfData'."
    );
    let error = template_text("[a()]-[b()]").expect_err("it is two");
    assert_eq!((error.span.start, error.span.end), (4, 5));
}

#[test]
fn a_workflow_string_has_parts() {
    let check = |text: &str, expected: &[&str]| {
        let parts = workflow_text(text).expect(text);
        let shown: Vec<String> = parts.iter().map(shown).collect();
        assert_eq!(shown, expected, "{text}");
    };
    check("", &["'' "]);
    check("plain", &["'plain' "]);
    check("me@example.com", &["'me@example.com' "]);
    check("@@x", &["'@x' "]);
    check("@@{x}", &["'@{x}' "]);
    check("@body('a')?['b']", &["=body('a')?['b']"]);
    check("@true", &["=true"]);
    check("@null", &["=null"]);
    check("@{a()}", &["{a()}"]);
    check("x @{a('}')}, @@{b}, ä@{c().d}!", &["'x ' ", "{a('}')}", "', @{b}, ä' ", "{c().d}", "'!' "]);
    check("@equals(1.5, 2)", &["=equals(1.5, 2)"]);
    assert_eq!(
        workflow_text("a @{b(").expect_err("it is open").message,
        "The template language expression in 'a @{b(' is not closed: expected '}' after '@{'."
    );
}

fn shown(part: &Part<'_>) -> String {
    match part {
        Part::Literal(text) => format!("'{text}' "),
        Part::Interpolated(expression) => format!("{{{expression}}}"),
        Part::Whole(expression) => format!("={expression}"),
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_what_was_read(text in expressions()) {
        let parsed = parse(&text, Dialect::Template).expect("it is an expression");
        prop_assert_eq!(parsed.to_string(), text.clone());
        assert_spans(&parsed, &text);
    }

    #[test]
    fn nothing_panics(text in "[a-c.,()\\[\\]?'0-9+e@{} ]{0,30}|.{0,30}") {
        for dialect in [Dialect::Template, Dialect::Workflow] {
            match parse(&text, dialect) {
                Ok(parsed) => assert_spans(&parsed, &text),
                Err(error) => prop_assert!(text.get(error.span.range()).is_some(), "{:?}", error),
            }
        }
        if let Err(error) = template_text(&text) {
            prop_assert!(text.get(error.span.range()).is_some());
        }
        if let Err(error) = workflow_text(&text) {
            prop_assert!(text.get(error.span.range()).is_some());
        }
    }
}

/// Every part's span is that part's text: parsed alone, it prints the same.
fn assert_spans(expression: &Expression, text: &str) {
    expression.visit(&mut |part| {
        let own = &text[part.span.range()];
        let again = parse(own, Dialect::Workflow).expect(own);
        assert_eq!(again.to_string(), part.to_string());
    });
}

/// Expressions in the form in which they are printed.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[^']{0,6}".prop_map(|text| format!("'{text}'")),
        Just("'it''s'".to_owned()),
        any::<i64>().prop_map(|value| value.to_string()),
        "[a-zA-Z_$][a-zA-Z0-9_$#-]{0,6}".prop_map(|name| format!("{name}()")),
    ];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let call = ("([a-z]{1,3}\\.)?[a-zA-Z]{1,6}", prop::collection::vec(inner.clone(), 0..4))
            .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", ")));
        let accessor = prop_oneof![
            "[?]?\\.[a-zA-Z_$][a-zA-Z0-9_-]{0,5}".boxed(),
            inner.prop_map(|index| format!("[{index}]")).boxed(),
            Just("?[0]".to_owned()).boxed(),
        ];
        (call, prop::collection::vec(accessor, 0..4)).prop_map(|(call, path)| format!("{call}{}", path.concat()))
    })
}
