//! `$filter` and `$orderby`, as far as the services' lists take them.
//!
//! Comparisons `eq ne gt ge lt le`, `and or not ()`, `contains startswith endswith`, and `path/any(x:x eq '...')` over
//! lists. Properties are named by paths such as `properties/status`. What cannot be read is refused with what was found
//! and where.

use std::cmp::Ordering;

use time::OffsetDateTime;

use crate::clock::parse_time;

/// What a property of an item holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Text(String),
    Number(i64),
    Time(OffsetDateTime),
    List(Vec<String>),
}

/// What kind of thing a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Time,
    List,
}

/// The properties of an item: a path, what it holds, and how to read it.
pub(crate) struct Field<T: 'static> {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read: fn(&T) -> Cell,
}

/// A condition over items.
#[derive(Debug)]
pub(crate) enum Filter<T: 'static> {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(fn(&T) -> Cell, Comparison, Cell),
    Text(fn(&T) -> Cell, TextTest, String),
    Any(fn(&T) -> Cell, Comparison, String),
}

/// One of the comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// One of the tests of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// One step of an order: the property, and whether it goes down.
pub(crate) struct Order<T: 'static> {
    pub(crate) field: &'static Field<T>,
    pub(crate) descending: bool,
}

impl<T> Filter<T> {
    /// Reads a condition over items that have `fields`.
    ///
    /// # Errors
    /// What was found, where, and what would do.
    pub(crate) fn parse(text: &str, fields: &'static [Field<T>]) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0, depth: 0, fields };
        let filter = reader.either()?;
        match reader.next()? {
            None => Ok(filter),
            Some(token) => Err(reader.unexpected(&token, "the end")),
        }
    }

    /// Whether an item meets the condition.
    pub(crate) fn holds(&self, item: &T) -> bool {
        match self {
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(read, comparison, with) => compare(&read(item), *comparison, with),
            Self::Text(read, test, with) => match read(item) {
                Cell::Text(text) => match test {
                    TextTest::Contains => text.contains(with.as_str()),
                    TextTest::StartsWith => text.starts_with(with.as_str()),
                    TextTest::EndsWith => text.ends_with(with.as_str()),
                },
                _ => false,
            },
            Self::Any(read, comparison, with) => match read(item) {
                Cell::List(texts) => {
                    texts.into_iter().any(|text| compare(&Cell::Text(text), *comparison, &Cell::Text(with.clone())))
                }
                _ => false,
            },
        }
    }
}

/// Reads an order over items that have `fields`.
///
/// # Errors
/// What was found and what would do.
pub(crate) fn parse_order<T>(text: &str, fields: &'static [Field<T>]) -> Result<Vec<Order<T>>, String> {
    let step = |step: &str| {
        let mut words = step.split_whitespace();
        let path = words.next().ok_or("$orderby has an empty step")?;
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => return Err(format!("found '{word}' in $orderby where 'asc' or 'desc' would do")),
        };
        match words.next() {
            None => Ok(Order { field: field(path, fields)?, descending }),
            Some(word) => Err(format!("found '{word}' in $orderby where the step should end")),
        }
    };
    text.split(',').map(step).collect()
}

/// Which of two cells comes first: missing ones before all others.
pub(crate) fn order(left: &Cell, right: &Cell) -> Ordering {
    match (left, right) {
        (Cell::Text(left), Cell::Text(right)) => left.cmp(right),
        (Cell::Number(left), Cell::Number(right)) => left.cmp(right),
        (Cell::Time(left), Cell::Time(right)) => left.cmp(right),
        (Cell::Missing, Cell::Missing) => Ordering::Equal,
        (Cell::Missing, _) => Ordering::Less,
        (_, Cell::Missing) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

fn compare(cell: &Cell, comparison: Comparison, with: &Cell) -> bool {
    let missing = *cell == Cell::Missing || *with == Cell::Missing;
    match comparison {
        Comparison::Equal => cell == with,
        Comparison::NotEqual => cell != with,
        _ if missing => false,
        Comparison::Greater => order(cell, with) == Ordering::Greater,
        Comparison::GreaterOrEqual => order(cell, with) != Ordering::Less,
        Comparison::Less => order(cell, with) == Ordering::Less,
        Comparison::LessOrEqual => order(cell, with) != Ordering::Greater,
    }
}

fn field<T>(path: &str, fields: &'static [Field<T>]) -> Result<&'static Field<T>, String> {
    fields.iter().find(|field| field.path.eq_ignore_ascii_case(path)).ok_or_else(|| {
        format!(
            "could not find a property named '{path}'; there are {}",
            fields.iter().map(|field| field.path).collect::<Vec<_>>().join(", ")
        )
    })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

struct Reader<'a, T: 'static> {
    text: &'a str,
    at: usize,
    depth: usize,
    fields: &'static [Field<T>],
}

impl<T> Reader<'_, T> {
    fn either(&mut self) -> Result<Filter<T>, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("$filter is nested more than {DEPTH} deep"));
        }
        let mut left = self.both()?;
        while self.takes("or")? {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter<T>, String> {
        let mut left = self.one()?;
        while self.takes("and")? {
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter<T>, String> {
        match self.next()? {
            Some(Token::Open) => {
                let inner = self.either()?;
                self.wants(&Token::Close, "')'")?;
                Ok(inner)
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(format!("$filter is nested more than {DEPTH} deep"));
                }
                let inner = self.one()?;
                self.depth -= 1;
                Ok(Filter::Not(Box::new(inner)))
            }
            Some(Token::Word(word)) => {
                if let Some(test) = text_test(&word) {
                    self.text_test(test)
                } else if let Some(path) = word.strip_suffix("/any") {
                    self.any(path)
                } else {
                    self.comparison(&word)
                }
            }
            Some(token) => Err(self.unexpected(&token, "a property")),
            None => Err("$filter ends where a condition should stand".into()),
        }
    }

    fn comparison(&mut self, path: &str) -> Result<Filter<T>, String> {
        let field = field(path, self.fields)?;
        let comparison = self.comparison_word()?;
        let with = self.literal(field)?;
        Ok(Filter::Compare(field.read, comparison, with))
    }

    fn comparison_word(&mut self) -> Result<Comparison, String> {
        match self.next()? {
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "eq" => Ok(Comparison::Equal),
                "ne" => Ok(Comparison::NotEqual),
                "gt" => Ok(Comparison::Greater),
                "ge" => Ok(Comparison::GreaterOrEqual),
                "lt" => Ok(Comparison::Less),
                "le" => Ok(Comparison::LessOrEqual),
                _ => Err(self.unexpected(&Token::Word(word), "one of eq, ne, gt, ge, lt, le")),
            },
            Some(token) => Err(self.unexpected(&token, "one of eq, ne, gt, ge, lt, le")),
            None => Err("$filter ends where a comparison should stand".into()),
        }
    }

    fn literal(&mut self, field: &Field<T>) -> Result<Cell, String> {
        let token = self.next()?.ok_or("$filter ends where a value should stand")?;
        let cell = match &token {
            Token::Text(text) if field.kind == Kind::Text => Some(Cell::Text(text.clone())),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => Some(Cell::Missing),
            Token::Word(word) if field.kind == Kind::Number => word.parse().ok().map(Cell::Number),
            Token::Word(word) if field.kind == Kind::Time => parse_time(word).map(Cell::Time),
            _ => None,
        };
        let wanted = match field.kind {
            Kind::Text => "a text in single quotes",
            Kind::Number => "a whole number",
            Kind::Time => "a time such as 2024-06-01T00:00:00Z, without quotes",
            Kind::List => "any(x:x eq '...') over the list",
        };
        cell.ok_or_else(|| self.unexpected(&token, &format!("{wanted} to compare {} with", field.path)))
    }

    fn text_test(&mut self, test: TextTest) -> Result<Filter<T>, String> {
        self.wants(&Token::Open, "'('")?;
        let path = self.word("a property")?;
        let field = field(&path, self.fields)?;
        self.wants(&Token::Comma, "','")?;
        let with = self.quoted()?;
        self.wants(&Token::Close, "')'")?;
        Ok(Filter::Text(field.read, test, with))
    }

    fn any(&mut self, path: &str) -> Result<Filter<T>, String> {
        let field = field(path, self.fields)?;
        if field.kind != Kind::List {
            return Err(format!("any() needs a list, and {path} is none"));
        }
        self.wants(&Token::Open, "'('")?;
        let variable = self.word("a variable")?;
        self.wants(&Token::Colon, "':'")?;
        let used = self.word("the variable")?;
        if used != variable {
            return Err(format!("found '{used}' in any() where its variable '{variable}' would do"));
        }
        let comparison = self.comparison_word()?;
        let with = self.quoted()?;
        self.wants(&Token::Close, "')'")?;
        Ok(Filter::Any(field.read, comparison, with))
    }

    fn word(&mut self, wanted: &str) -> Result<String, String> {
        match self.next()? {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(self.unexpected(&token, wanted)),
            None => Err(format!("$filter ends where {wanted} should stand")),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        match self.next()? {
            Some(Token::Text(text)) => Ok(text),
            Some(token) => Err(self.unexpected(&token, "a text in single quotes")),
            None => Err("$filter ends where a text in single quotes should stand".into()),
        }
    }

    fn wants(&mut self, wanted: &Token, named: &str) -> Result<(), String> {
        match self.next()? {
            Some(token) if token == *wanted => Ok(()),
            Some(token) => Err(self.unexpected(&token, named)),
            None => Err(format!("$filter ends where {named} should stand")),
        }
    }

    /// Takes the next token if it is this word.
    fn takes(&mut self, word: &str) -> Result<bool, String> {
        let before = self.at;
        match self.next()? {
            Some(Token::Word(found)) if found.eq_ignore_ascii_case(word) => Ok(true),
            _ => {
                self.at = before;
                Ok(false)
            }
        }
    }

    fn next(&mut self) -> Result<Option<Token>, String> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => quoted(rest).ok_or_else(|| format!("the text at {} of $filter has no end", self.at))?,
            ':' => (Token::Colon, 1),
            _ => {
                // A colon is part of a time, and else ends a word.
                let is_time = first.is_ascii_digit();
                let ends = |char: char| char.is_whitespace() || "(),'".contains(char) || (char == ':' && !is_time);
                let length = rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
                (Token::Word(rest[..length].to_owned()), length)
            }
        };
        self.at += length;
        Ok(Some(token))
    }

    fn unexpected(&self, token: &Token, wanted: &str) -> String {
        let found = match token {
            Token::Word(word) => word.clone(),
            Token::Text(text) => format!("'{text}'"),
            Token::Open => "(".into(),
            Token::Close => ")".into(),
            Token::Comma => ",".into(),
            Token::Colon => ":".into(),
        };
        format!("found {found} before {} of $filter where {wanted} would do", self.at)
    }
}

/// The text in single quotes that `rest` begins with, and how long it is there; a quote is doubled inside.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => text.push('\''),
            '\'' => return Some((Token::Text(text), at + 1)),
            _ => text.push(char),
        }
    }
    None
}

fn text_test(word: &str) -> Option<TextTest> {
    match word.to_ascii_lowercase().as_str() {
        "contains" => Some(TextTest::Contains),
        "startswith" => Some(TextTest::StartsWith),
        "endswith" => Some(TextTest::EndsWith),
        _ => None,
    }
}

const DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Item;

    const FIELDS: &[Field<Item>] = &[
        Field { path: "properties/status", kind: Kind::Text, read: |_| Cell::Text("New".into()) },
        Field { path: "properties/number", kind: Kind::Number, read: |_| Cell::Number(7) },
        Field {
            path: "properties/at",
            kind: Kind::Time,
            read: |_| Cell::Time(time::macros::datetime!(2024-06-01 12:00 UTC)),
        },
        Field {
            path: "properties/names",
            kind: Kind::List,
            read: |_| Cell::List(vec!["Azure Security Center".into()]),
        },
        Field { path: "properties/nothing", kind: Kind::Text, read: |_| Cell::Missing },
    ];

    #[test]
    fn conditions_hold_as_they_say() {
        check("properties/status eq 'New'", "true");
        check("properties/status eq 'new'", "false");
        check("PROPERTIES/STATUS NE 'Closed'", "true");
        check("properties/number gt 6 and properties/number le 7", "true");
        check("properties/at ge 2024-06-01T12:00:00Z", "true");
        check("properties/at lt 2024-06-01T12:00:00.0000001Z", "true");
        check("properties/status eq 'A' or properties/status eq 'B' or properties/status eq 'New'", "true");
        check("properties/status eq 'New' or properties/status eq 'A' and properties/status eq 'B'", "true");
        check("(properties/status eq 'New' or properties/status eq 'A') and properties/status eq 'B'", "false");
        check("not (properties/status eq 'New')", "false");
        check("not properties/status eq 'A'", "true");
        check("properties/nothing eq null", "true");
        check("properties/nothing ne 'x'", "true");
        check("properties/nothing gt 'x'", "false");
        check("contains(properties/status, 'e')", "true");
        check("startswith(properties/status,'N') and endswith(properties/status,'w')", "true");
        check("properties/names/any(p:p eq 'Azure Security Center')", "true");
        check("properties/names/any(p: p eq 'Azure Security Center for IoT')", "false");
        check("properties/status eq 'it''s'", "false");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        check("", "$filter ends where a condition should stand");
        check("properties/status", "$filter ends where a comparison should stand");
        check(
            "properties/status is 'New'",
            "found is before 20 of $filter where one of eq, ne, gt, ge, lt, le would do",
        );
        check(
            "properties/status eq New",
            "found New before 24 of $filter where a text in single quotes to compare properties/status with would do",
        );
        check(
            "properties/number eq '7'",
            "found '7' before 24 of $filter where a whole number to compare properties/number with would do",
        );
        check("properties/status eq 'New", "the text at 21 of $filter has no end");
        check("(properties/number eq 7", "$filter ends where ')' should stand");
        check("properties/number eq 7)", "found ) before 23 of $filter where the end would do");
        check("properties/names/any(p:q eq 'x')", "found 'q' in any() where its variable 'p' would do");
        check(&"(".repeat(10_000), "$filter is nested more than 64 deep");
        check(&"not ".repeat(10_000), "$filter is nested more than 64 deep");
        let unknown = Filter::parse("title eq 'x'", FIELDS).unwrap_err();
        assert!(
            unknown.starts_with("could not find a property named 'title'; there are properties/status"),
            "{unknown}"
        );
    }

    fn check(text: &str, expected: &str) {
        let found = Filter::parse(text, FIELDS).map(|filter| filter.holds(&Item).to_string());
        assert_eq!(found.unwrap_or_else(|error| error), expected, "{text:.60}");
    }
}
