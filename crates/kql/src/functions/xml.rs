//! XML as dynamics: elements become members, attributes members whose names begin with `@`, text beside either `#text`,
//! and elements that repeat arrays (documented under "parse_xml()").

use std::sync::Arc;

use roxmltree::{Document, Node};

use super::shapes::*;
use super::{Eval, Function};
use crate::signature::Signature;
use crate::{Dynamic, Type, Value};

const XML: &[Signature] = &[gives(&[one("xml_text", TEXTUAL)], Type::Dynamic)];

/// The deepest nesting of elements that is read.
const DEEPEST: usize = 128;

pub(super) static FUNCTIONS: &[Function] = &[Function::new(
    "parse_xml",
    XML,
    "A bag of what XML says; null where the text is not XML or nests more than 128 deep.",
    &[
        ("parse_xml('<e/>')", "{\"e\":null}"),
        ("parse_xml('<e name=\"value\">text</e>')", "{\"e\":{\"@name\":\"value\",\"#text\":\"text\"}}"),
        (
            "parse_xml('<x:e xmlns:x=\"u\"><a>1</a><b/><a>2</a></x:e>')",
            "{\"x:e\":{\"@xmlns:x\":\"u\",\"a\":[\"1\",\"2\"],\"b\":null}}",
        ),
        ("parse_xml('<e>')", ""),
    ],
    Eval::Cells(|_, args| Value::Dynamic(parsed(&args[0].text()).unwrap_or(Dynamic::Null))),
)];

fn parsed(source: &str) -> Option<Dynamic> {
    let document = Document::parse(source).ok()?;
    let root = document.root_element();
    let mut members = Members::default();
    members.add(name(root), element(root, DEEPEST)?);
    Some(members.bag())
}

/// The name as written, with its prefix.
fn name<'a>(node: Node<'a, '_>) -> &'a str {
    let written = &node.document().input_text()[node.range()][1..];
    written.split(|c: char| c.is_whitespace() || c == '/' || c == '>').next().unwrap_or(written)
}

fn element(node: Node<'_, '_>, deeper: usize) -> Option<Dynamic> {
    let deeper = deeper.checked_sub(1)?;
    let mut members = Members::default();
    let inherited: Vec<_> = node.parent_element().map(|parent| parent.namespaces().collect()).unwrap_or_default();
    for space in node.namespaces().filter(|space| !inherited.contains(space) && space.name() != Some("xml")) {
        let name = space.name().map_or("@xmlns".to_owned(), |name| format!("@xmlns:{name}"));
        members.add(&name, Dynamic::string(space.uri()));
    }
    for attribute in node.attributes() {
        let written = &node.document().input_text()[attribute.range_qname()];
        members.add(&format!("@{written}"), Dynamic::string(attribute.value()));
    }
    for child in node.children() {
        if child.is_element() {
            members.add(name(child), element(child, deeper)?);
        } else if let Some(text) = child.text().map(str::trim).filter(|text| child.is_text() && !text.is_empty()) {
            members.add("#text", Dynamic::string(text));
        }
    }
    Some(match members.0.as_slice() {
        [] => Dynamic::Null,
        [(name, values)] if &**name == "#text" && values.len() == 1 => values[0].clone(),
        _ => members.bag(),
    })
}

/// Members by name in the order of their first values.
#[derive(Default)]
struct Members(Vec<(Arc<str>, Vec<Dynamic>)>);

impl Members {
    fn add(&mut self, name: &str, value: Dynamic) {
        match self.0.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((Arc::from(name), vec![value])),
        }
    }

    fn bag(self) -> Dynamic {
        let value =
            |mut values: Vec<Dynamic>| if values.len() == 1 { values.remove(0) } else { Dynamic::Array(values.into()) };
        Dynamic::Bag(self.0.into_iter().map(|(name, values)| (name, value(values))).collect())
    }
}
