//! The shape of a template: which members it has, and of which types. What they say is looked at when it is deployed.
//!
//! Source: "Understand the structure and syntax of ARM templates", Template format.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::functions::{find, type_name};
use crate::path::Path;

/// Members of a template, and the type of each.
const MEMBERS: &[(&str, &str)] = &[
    ("$schema", "String"),
    ("contentVersion", "String"),
    ("languageVersion", "String"),
    ("apiProfile", "String"),
    ("metadata", "Object"),
    ("definitions", "Object"),
    ("parameters", "Object"),
    ("variables", "Object"),
    ("functions", "Array"),
    ("resources", ""),
    ("outputs", "Object"),
];

/// Members that the service knows and this engine does not.
const UNSUPPORTED: &[&str] = &["extensions", "imports", "asserts"];

pub(super) fn members(members: &Map<String, Value>) -> Result<(), Error> {
    for (name, value) in members {
        let path = Path::root().member(name);
        if UNSUPPORTED.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(Error::unsupported(format!("'{name}' of a template is not supported by this engine."), &path));
        }
        let Some((name, expected)) = MEMBERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            let known: Vec<&str> = MEMBERS.iter().map(|(name, _)| *name).collect();
            return Err(Error::invalid(
                format!(
                    "Could not find member '{name}' on object of type 'Template'. Members are '{}'.",
                    known.join(", ")
                ),
                &path,
            ));
        };
        let found = type_name(value);
        if !expected.is_empty() && found != *expected && found != "Null" {
            return Err(Error::invalid(
                format!("'{name}' must be of type '{expected}', and is of type '{found}'."),
                &path,
            ));
        }
    }
    for required in ["$schema", "contentVersion", "resources"] {
        if find(members, required).is_none() {
            return Err(Error::invalid(format!("Required property '{required}' not found in JSON."), &Path::root()));
        }
    }
    language(members)?;
    resources(members)
}

fn language(members: &Map<String, Value>) -> Result<(), Error> {
    const KNOWN: &[&str] = &["1.0", "2.0", "1.9-experimental", "1.10-experimental", "2.1-experimental"];
    match find(members, "languageVersion") {
        Some((name, Value::String(version))) if !KNOWN.contains(&version.as_str()) => Err(Error::invalid(
            format!("The languageVersion '{version}' is not known: '{}' are.", KNOWN.join(", ")),
            &Path::root().member(name),
        )),
        _ => Ok(()),
    }
}

fn resources(members: &Map<String, Value>) -> Result<(), Error> {
    let (name, resources) = find(members, "resources").unwrap_or(("resources", &Value::Null));
    let path = Path::root().member(name);
    let old = find(members, "languageVersion").is_none_or(|(_, version)| version == "1.0");
    match resources {
        Value::Array(_) => Ok(()),
        Value::Object(_) if !old => Ok(()),
        Value::Object(_) => Err(Error::invalid(
            "Resources with symbolic names need a 'languageVersion' of '2.0'; without it 'resources' is an array.",
            &path,
        )),
        _ => Err(Error::invalid("'resources' must be an array, or an object with symbolic names.", &path)),
    }
}
