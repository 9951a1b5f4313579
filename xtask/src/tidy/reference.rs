//! docs/kql-reference.md is the page that the query engine prints of itself.

use anyhow::Result;

use super::{Finding, lines};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(difference(tree.text(PATH)?, &kql::reference::page()).into_iter().collect())
}

/// The first line that is another than it should be.
fn difference(is: &str, should: &str) -> Option<Finding> {
    let longest = is.lines().count().max(should.lines().count());
    let mut both =
        lines(is).map(|(_, line)| line).chain(std::iter::repeat("")).zip(should.lines().chain(std::iter::repeat("")));
    let line = both.by_ref().take(longest).position(|(is, should)| is != should)?;
    Some(Finding::new(PATH, line + 1, "is not what is printed"))
}

const PATH: &str = "docs/kql-reference.md";

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_line_that_differs_is_named() {
        let check = |is: &str, should: &str, expected: Option<usize>| {
            assert_eq!(difference(is, should).map(|found| found.line), expected);
        };
        check("a\nb\n", "a\nb\n", None);
        check("a\nb\n", "a\nc\n", Some(2));
        check("a\n", "a\nc\n", Some(2));
        check("a\nb\n", "a\n", Some(2));
    }
}
