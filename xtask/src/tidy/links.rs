//! Links from one document to another file of the project. Links into the web are not followed.

use anyhow::Result;

use super::{Finding, lines};
use crate::Tree;

pub fn find(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.markdown() {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in lines(&file.text) {
            for link in targets(line).filter(|link| !tree.has(&resolve(folder, link))) {
                findings.push(Finding::new(&file.path, number, format!("there is no {link}")));
            }
        }
    }
    Ok(findings)
}

/// What the line's links point at within the project, without the place in the file.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
    let local = links.filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
    local.map(|link| link.split('#').next().unwrap_or(link)).filter(|link| !link.is_empty())
}

fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::find;

    #[test]
    fn links_lead_somewhere() {
        let check = |text: &str, expected: &[&str]| {
            check(find, &[("README.md", ""), ("docs/b.md", ""), ("docs/a.md", text)], expected);
        };
        check("[b](b.md), [b](b.md#part), [top](../README.md), [docs](../docs/), [part](#part)", &[]);
        check("[web](https://example.com/x.md)", &[]);
        check("[b](docs/b.md)", &["docs/a.md:1: there is no docs/b.md"]);
    }
}
