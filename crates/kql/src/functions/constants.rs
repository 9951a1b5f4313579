//! Which constants a function cannot take: patterns that are none, parts and formats that it does not know.

use regex::Regex;

use super::{Function, datetimes};

/// What is wrong with a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not a regular expression; why.
    Pattern(String),
    /// It is none of the values that the parameter takes, which are these.
    OneOf(String),
    /// It is a format with a part that the function does not write.
    Format,
}

impl Function {
    /// What is wrong with a constant text as the argument at a place, from 0.
    pub fn fault(&self, place: usize, text: &str) -> Option<Fault> {
        let parameter = self.signatures.iter().find_map(|signature| signature.parameters.get(place))?;
        match (self.name, parameter.name) {
            (_, "regex" | "lookup_regex") | ("indexof_regex", "match") => {
                let error = Regex::new(text).err()?.to_string();
                Some(Fault::Pattern(error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()))
            }
            ("datetime_add" | "datetime_diff", "part") => one_of(text, datetimes::PERIODS),
            ("datetime_part" | "datepart", "part") => one_of(text, datetimes::PARTS),
            ("format_datetime", "format") => (!datetimes::is_datetime_format(text)).then_some(Fault::Format),
            ("format_timespan", "format") => (!datetimes::is_timespan_format(text)).then_some(Fault::Format),
            _ => None,
        }
    }
}

fn one_of(text: &str, known: &[&str]) -> Option<Fault> {
    let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(text));
    (!is_known).then(|| Fault::OneOf(known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        let check = |function: &str, place: usize, text: &str, faulty: bool| {
            let function = Function::named(function).expect("the table names functions");
            assert_eq!(function.fault(place, text).is_some(), faulty, "{} {text}", function.name);
        };
        check("extract", 0, "(", true);
        check("extract", 0, "(a)", false);
        check("extract", 2, "(", false);
        check("replace_regex", 1, "a{2,1}", true);
        check("indexof_regex", 1, "[", true);
        check("datetime_add", 0, "Week", false);
        check("datetime_add", 0, "week_of_year", true);
        check("datetime_part", 0, "week_of_year", false);
        check("datetime_part", 0, "fortnight", true);
        check("format_datetime", 1, "yyyy-MM-dd HH:mm:ss.fff tt", false);
        check("format_datetime", 1, "yyyyMMMdd", true);
        check("format_timespan", 1, "dd.hh:mm", false);
        check("format_timespan", 1, "yy", true);
    }
}
