//! Comparing cells of a result by type. Expected cells are wire cells, or what a documentation page prints, which is looser:
//! blanks stand for null, and numbers are rounded to the digits shown.

use kql::{Datetime, Timespan, Type};
use serde_json::Value as Json;

/// How far two reals may lie apart, relatively.
const CLOSE: f64 = 1e-9;

/// The type of any of the names by which services and pages call it.
pub fn named(name: &str) -> Type {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("system.").unwrap_or(&name);
    match name {
        "sbyte" => Type::Bool,
        "sqldecimal" => Type::Decimal,
        "object" | "array" | "bag" => Type::Dynamic,
        name => Type::named(name.split('(').next().unwrap_or(name)).unwrap_or(Type::Dynamic),
    }
}

/// How two sets of rows are compared.
pub struct Comparison<'a> {
    /// The types of the columns.
    pub types: &'a [Type],
    /// Which columns hold arrays whose order means nothing.
    pub sets: &'a [bool],
    /// Whether the order of the rows means something.
    pub ordered: bool,
    /// Whether the expected cells are what a page prints.
    pub printed: bool,
}

impl Comparison<'_> {
    /// What is different; `None` where nothing is.
    pub fn difference(&self, expected: Option<&Vec<Json>>, found: Option<&Vec<Json>>) -> Option<String> {
        let (Some(expected), Some(found)) = (expected, found) else {
            return Some("there are no rows to compare".to_owned());
        };
        if expected.len() != found.len() {
            return Some(format!("{} rows, not {}: {}", found.len(), expected.len(), shortened(found)));
        }
        let mut rest: Vec<&Json> = found.iter().collect();
        for (place, row) in expected.iter().enumerate() {
            let at = match self.ordered {
                true => self.same_row(row, &found[place]).then_some(0),
                false => rest.iter().position(|found| self.same_row(row, found)),
            };
            match at {
                Some(at) if !self.ordered => drop(rest.remove(at)),
                Some(_) => {}
                None => return Some(format!("no row like {row} in {}", shortened(found))),
            }
        }
        None
    }

    fn same_row(&self, expected: &Json, found: &Json) -> bool {
        let (Some(expected), Some(found)) = (expected.as_array(), found.as_array()) else { return false };
        expected.len() == found.len()
            && expected.iter().zip(found).enumerate().all(|(place, (expected, found))| {
                let ty = self.types.get(place).copied().unwrap_or(Type::Dynamic);
                let set = self.sets.get(place).copied().unwrap_or(false);
                self.same_cell(ty, set, expected, found)
            })
    }

    fn same_cell(&self, ty: Type, set: bool, expected: &Json, found: &Json) -> bool {
        if ty == Type::String {
            let (expected, found) = (text(expected), text(found));
            return expected == found || (self.printed && loose(&expected) == loose(&found));
        }
        if blank(expected) || blank(found) {
            let nan = |cell: &Json| number(cell).is_some_and(f64::is_nan);
            let nan_for_blank = self.printed && ty == Type::Real && (nan(expected) || nan(found));
            return blank(expected) == blank(found) || nan_for_blank;
        }
        match ty {
            Type::Bool => truth(expected).is_some_and(|expected| truth(found) == Some(expected)),
            Type::Int | Type::Long | Type::Real | Type::Decimal => self.same_number(expected, found),
            Type::Datetime => {
                let (expected, found) = (Datetime::parse(&text(expected)), Datetime::parse(&text(found)));
                expected.is_some() && expected == found
            }
            Type::Timespan => {
                let (expected, found) = (Timespan::parse(&text(expected)), Timespan::parse(&text(found)));
                expected.is_some() && expected == found
            }
            Type::Guid => text(expected).trim().eq_ignore_ascii_case(text(found).trim()),
            Type::String | Type::Dynamic => {
                let (mut expected, mut found) = (inside(expected), inside(found));
                if set {
                    sort(&mut expected);
                    sort(&mut found);
                }
                same_dynamic(&expected, &found, if self.printed { 1e-6 } else { CLOSE })
                    || (self.printed && squeezed(&expected) == squeezed(&found))
                    || (expected.is_string() != found.is_string() && text(&expected) == text(&found))
            }
        }
    }

    fn same_number(&self, expected: &Json, found: &Json) -> bool {
        if let (Some(expected), Some(found)) = (expected.as_i64(), found.as_i64()) {
            return expected == found;
        }
        let (Some(a), Some(b)) = (number(expected), number(found)) else { return false };
        if close(a, b, CLOSE) {
            return true;
        }
        if !self.printed {
            return false;
        }
        let shown = text(expected);
        let digits = shown.trim().trim_end_matches('.').split_once('.').map_or(0, |(_, fraction)| fraction.len());
        (digits > 0 && (a - b).abs() <= 1.01 * 10_f64.powi(-(digits as i32))) || close(a, b, 1e-6)
    }
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a.is_nan() && b.is_nan())
        || a == b
        || (a.is_finite() && b.is_finite() && (a - b).abs() <= relative * a.abs().max(b.abs()).max(1e-300))
}

fn text(cell: &Json) -> String {
    match cell {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn loose(text: &str) -> String {
    let text = text.trim().trim_matches('`').trim_matches('"').replace("\\\"", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn blank(cell: &Json) -> bool {
    match cell {
        Json::Null => true,
        Json::String(text) => matches!(text.trim().to_ascii_lowercase().as_str(), "" | "null"),
        _ => false,
    }
}

fn truth(cell: &Json) -> Option<bool> {
    match text(cell).trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn number(cell: &Json) -> Option<f64> {
    match cell {
        Json::Number(number) => number.as_f64(),
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        other => text(other).trim().replace(',', "").replace('∞', "Infinity").parse().ok(),
    }
}

/// A dynamic, out of JSON text where it is that.
fn inside(cell: &Json) -> Json {
    match cell {
        Json::String(text) => serde_json::from_str(text).unwrap_or_else(|_| cell.clone()),
        other => other.clone(),
    }
}

fn sort(cell: &mut Json) {
    if let Json::Array(elements) = cell {
        elements.sort_by_key(ToString::to_string);
    }
}

fn squeezed(cell: &Json) -> String {
    text(cell).split_whitespace().collect::<String>().replace('\'', "\"")
}

fn same_dynamic(a: &Json, b: &Json, relative: f64) -> bool {
    match (a, b) {
        (Json::Number(_), Json::Number(_)) => number(a).zip(number(b)).is_some_and(|(a, b)| close(a, b, relative)),
        (Json::Bool(_), _) | (_, Json::Bool(_)) => a == b || text(a).eq_ignore_ascii_case(&text(b)),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_dynamic(a, b, relative))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_dynamic(a, b, relative)))
        }
        (Json::String(a), Json::String(b)) => {
            let datetimes = Datetime::parse(a).zip(Datetime::parse(b)).is_some_and(|(a, b)| a == b);
            let timespans = || Timespan::parse(a).zip(Timespan::parse(b)).is_some_and(|(a, b)| a == b);
            a == b || datetimes || timespans()
        }
        (a, b) => a == b,
    }
}

fn shortened(rows: &[Json]) -> String {
    let mut text = rows.iter().take(12).map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if text.len() > 600 {
        let end = (0..=600).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}
