//! Term rules: what `has` and its kin find, and the other operators on strings.
//! A term is a run of letters and digits; everything else, the underscore too, parts terms. What is looked for may itself hold
//! such characters: only an edge that is a letter or digit has to be the edge of a term.

use std::borrow::Cow;

use regex::Regex;

use crate::syntax::StringOp;

/// What a string operator looks for, prepared once.
#[derive(Debug)]
pub struct Needle {
    how: How,
    /// Lower-cased where case does not count.
    text: String,
    folds: bool,
    regex: Option<Regex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Equal,
    Contains,
    Starts,
    Ends,
    Term,
    TermStart,
    TermEnd,
    Regex,
}

impl Needle {
    /// Prepares the right operand of an operator; a pattern that is not a regular expression is the error.
    pub fn new(op: StringOp, text: &str) -> Result<Self, regex::Error> {
        let (how, folds) = match op {
            StringOp::EqualIgnoringCase => (How::Equal, true),
            StringOp::Has => (How::Term, true),
            StringOp::HasCs => (How::Term, false),
            StringOp::HasPrefix => (How::TermStart, true),
            StringOp::HasPrefixCs => (How::TermStart, false),
            StringOp::HasSuffix => (How::TermEnd, true),
            StringOp::HasSuffixCs => (How::TermEnd, false),
            StringOp::Contains => (How::Contains, true),
            StringOp::ContainsCs => (How::Contains, false),
            StringOp::StartsWith => (How::Starts, true),
            StringOp::StartsWithCs => (How::Starts, false),
            StringOp::EndsWith => (How::Ends, true),
            StringOp::EndsWithCs => (How::Ends, false),
            StringOp::Like => (How::Regex, true),
            StringOp::LikeCs | StringOp::MatchesRegex => (How::Regex, false),
        };
        let regex = match op {
            StringOp::Like => Some(Regex::new(&format!("(?is)^{}$", wildcards(text)))?),
            StringOp::LikeCs => Some(Regex::new(&format!("(?s)^{}$", wildcards(text)))?),
            StringOp::MatchesRegex => Some(Regex::new(text)?),
            _ => None,
        };
        let text = if folds { text.to_lowercase() } else { text.to_owned() };
        Ok(Self { how, text, folds, regex })
    }

    /// Whether the operator finds it in a text.
    pub fn matches(&self, text: &str) -> bool {
        if let Some(regex) = &self.regex {
            return regex.is_match(text);
        }
        if self.how == How::Equal {
            return equal_ignoring_case(text, &self.text);
        }
        let text = if self.folds { lower(text) } else { Cow::Borrowed(text) };
        match self.how {
            How::Equal | How::Regex => false,
            How::Contains => text.contains(&self.text),
            How::Starts => text.starts_with(&self.text),
            How::Ends => text.ends_with(&self.text),
            How::Term => self.occurs(&text, true, true),
            How::TermStart => self.occurs(&text, true, false),
            How::TermEnd => self.occurs(&text, false, true),
        }
    }

    /// Whether the text occurs where its edges that are in terms are edges of terms.
    fn occurs(&self, text: &str, at_start: bool, at_end: bool) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let at_start = at_start && self.text.chars().next().is_some_and(in_term);
        let at_end = at_end && self.text.chars().next_back().is_some_and(in_term);
        let mut from = 0;
        while let Some(found) = text[from..].find(&self.text) {
            let (start, end) = (from + found, from + found + self.text.len());
            let starts = !at_start || !text[..start].chars().next_back().is_some_and(in_term);
            let ends = !at_end || !text[end..].chars().next().is_some_and(in_term);
            if starts && ends {
                return true;
            }
            from = start + self.text.chars().next().map_or(1, char::len_utf8);
        }
        false
    }
}

/// Whether two texts are equal but for case.
pub fn equal_ignoring_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(right)
    } else {
        left.to_lowercase() == right.to_lowercase()
    }
}

fn in_term(c: char) -> bool {
    c.is_alphanumeric()
}

/// The text in lower case, borrowed where it is already.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else if text.is_ascii() {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// A `like` pattern as a regular expression: `*` stands for anything.
fn wildcards(pattern: &str) -> String {
    pattern.split('*').map(regex::escape).collect::<Vec<_>>().join(".*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators() {
        let check = |text: &str, op: StringOp, needle: &str, expected: bool| {
            let needle_is = Needle::new(op, needle).expect("the table holds valid patterns");
            assert_eq!(needle_is.matches(text), expected, "{text:?} {op:?} {needle:?}");
        };
        use StringOp::*;
        check("Azure Security Center for IoT", Has, "azure security center", true);
        check("an_error.", Has, "error", true);
        check("errors", Has, "error", false);
        check("a1", Has, "a", false);
        check("éa", Has, "a", false);
        check("x a-b y", Has, " a", true);
        check("x ab y", Has, " a", false);
        check("xa b", Has, "a ", false);
        check("anything", Has, "", true);
        check("Error", HasCs, "error", false);
        check("the errors", HasPrefix, "err", true);
        check("err or", HasPrefix, "r o", false);
        check("x-error", HasPrefix, "-err", true);
        check("xerror", HasSuffix, "ROR", true);
        check("x-error", HasSuffix, "err", false);
        check("100%", Contains, "%", true);
        check("ABC", StartsWith, "ab", true);
        check("ABC", StartsWithCs, "ab", false);
        check("ABC", EndsWith, "bc", true);
        check("ÄB", EqualIgnoringCase, "äb", true);
        check("abc", MatchesRegex, "^a.c$", true);
        check("a.c", Like, "A*C", true);
    }
}
