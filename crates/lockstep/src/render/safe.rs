//! Text that a terminal shows and does not obey.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every character that moves, hides or reorders what a terminal shows written as an escape such as `\u{1b}`.
///
/// Line breaks and tabs are escaped too, so that what is one cell or one line stays one.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            char if is_active(char) => {
                write!(shown, "\\u{{{:x}}}", u32::from(char)).expect("a String takes all that is written");
            }
            char => shown.push(char),
        }
    }
    Cow::Owned(shown)
}

/// A JSON text in which the same characters are JSON escapes. They can only stand inside strings, where that changes nothing.
pub fn safe_json(json: &str) -> Cow<'_, str> {
    let is_active = |char: char| !matches!(char, '\n' | '\t') && is_active(char);
    if !json.contains(is_active) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 8);
    for char in json.chars() {
        if is_active(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(shown, "\\u{unit:04x}").expect("a String takes all that is written");
            }
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those of Unicode that hide text or turn its direction.
/// Source: UAX #9 (bidirectional formatting), and "Trojan Source", CVE-2021-42574.
fn is_active(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_that_it_obeys() {
        let check = |text: &str, expected: &str| assert_eq!(safe(text), expected);
        check("plain – ünïcode 漢字", "plain – ünïcode 漢字");
        check("\u{1b}[2J", "\\u{1b}[2J");
        check("two\nlines\tand\r", "two\\nlines\\tand\\r");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\u{202e}b", "a\\u{202e}b");
        check("\u{7f}\u{0}", "\\u{7f}\\u{0}");
    }

    #[test]
    fn json_stays_the_same_value() {
        let check = |value: &str| {
            let json = serde_json::to_string_pretty(&serde_json::json!([value])).expect("strings serialize");
            let shown = safe_json(&json);
            assert!(shown.chars().all(|char| char == '\n' || !is_active(char)), "{shown:?}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&shown).expect("still JSON"),
                serde_json::json!([value])
            );
        };
        check("plain");
        check("\u{9b}31m\u{7f}\u{202e}");
        check("\u{e0001}\u{1b}");
    }
}
