//! JSON as the services read it, which is more than the standard allows: strings in single quotes, `\'` in any string.

use serde_json::Value;

/// Reads JSON, strictly if it is that, leniently if it is not.
///
/// # Errors
/// The strict reader's words, where neither reading succeeds.
pub(super) fn parse(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).or_else(|strict| {
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        serde_json::from_str(&strict_quotes(text)).map_err(|_| strict.to_string())
    })
}

/// The text with every string in double quotes.
fn strict_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (None, '\'' | '"') => (quote, _) = (Some(char), out.push('"')),
            (Some(open), _) if char == open => (quote, _) = (None, out.push('"')),
            (Some(_), '"') => out.push_str("\\\""),
            (Some(_), '\\') => match chars.next() {
                Some('\'') => out.push('\''),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_services_read() {
        check(r#"{"a":"b"}"#, Some(r#"{"a":"b"}"#));
        check("{'a':'b'}", Some(r#"{"a":"b"}"#));
        check(r#"{'a':'say "b"'}"#, Some(r#"{"a":"say \"b\""}"#));
        check(r#"{"a":"it\'s"}"#, Some(r#"{"a":"it's"}"#));
        check(r#"{'a':'it\'s'}"#, Some(r#"{"a":"it's"}"#));
        check(r#"{"a":"it's"}"#, Some(r#"{"a":"it's"}"#));
        check(r#"{'a':'\\'}"#, Some(r#"{"a":"\\"}"#));
        check("{'a':'b'", None);
        check("{'a'", None);
        check("", None);
        check(&"[".repeat(100_000), None);
    }

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text.as_bytes()).ok().map(|value| value.to_string()).as_deref(), expected, "{text:.40}");
    }
}
