//! Which resources wait for which: what `dependsOn` names, and what expressions refer to.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Template;
use super::nested::is_inner;
use super::plan::{Resource, in_turns};
use crate::error::Error;
use crate::evaluate::Scope;
use crate::functions::find;
use crate::path::Path;
use crate::syntax::{Call, Kind, TemplateText, template_text};

/// For each resource of the scope the places of those that it waits for.
pub(super) fn on_each_other(template: &Template, scope: &Scope<'_>) -> Result<Vec<Vec<usize>>, Error> {
    let waits = scope.resources.iter().enumerate().map(|(place, resource)| {
        let none = Map::new();
        let members = template.at(&resource.path).as_object().unwrap_or(&none);
        let mut before = BTreeSet::new();
        in_turns(scope, &resource.turns, &mut |scope| {
            named(scope, members, resource, &mut before)?;
            for (_, value) in
                members.iter().filter(|(name, _)| !NOT_ITS_BODY.contains(&name.to_ascii_lowercase().as_str()))
            {
                referred(scope, value, &mut before);
            }
            Ok::<(), Error>(())
        })?;
        earlier_batch(scope.resources, place, members, &mut before);
        before.remove(&place);
        Ok(before.into_iter().collect())
    });
    waits.collect()
}

/// Members in which a reference makes nothing wait: children wait for themselves.
const NOT_ITS_BODY: &[&str] = &["resources", "dependson", "copy", "condition"];

/// What `dependsOn` names: an id, a name, a symbolic name or a loop.
fn named(
    scope: &Scope<'_>,
    members: &Map<String, Value>,
    own: &Resource,
    before: &mut BTreeSet<usize>,
) -> Result<(), Error> {
    let Some((member, declared)) = find(members, "dependsOn") else {
        return Ok(());
    };
    let path = own.path.member(member);
    let evaluated = scope.value(declared, &path)?;
    let names = match &evaluated {
        Value::Array(names) => names.as_slice(),
        Value::Null => &[],
        _ => return Err(Error::invalid("'dependsOn' must be an array of names or ids of resources.", &path)),
    };
    for (index, name) in names.iter().enumerate() {
        let path = path.element(index);
        let name = name
            .as_str()
            .ok_or_else(|| Error::invalid("'dependsOn' must be an array of names or ids of resources.", &path))?;
        let found = meant(scope.resources, name);
        if found.is_empty() && !is_empty_loop(scope, name) {
            return Err(not_defined(name, &path));
        }
        before.extend(found);
    }
    Ok(())
}

fn meant(resources: &[Resource], name: &str) -> Vec<usize> {
    let places =
        resources.iter().enumerate().filter(|(_, resource)| resource.is_called(name) || resource.is_turn_of(name));
    places.map(|(place, _)| place).collect()
}

/// Whether the template has a loop of this name, which then has no turns.
fn is_empty_loop(scope: &Scope<'_>, name: &str) -> bool {
    fn any(declared: Option<&Value>, name: &str) -> bool {
        let declarations: Vec<(Option<&String>, &Value)> = match declared {
            Some(Value::Array(declarations)) => declarations.iter().map(|declaration| (None, declaration)).collect(),
            Some(Value::Object(declarations)) => {
                declarations.iter().map(|(name, declaration)| (Some(name), declaration)).collect()
            }
            _ => return false,
        };
        declarations.iter().any(|(symbolic, declaration)| {
            let copy = declaration.get("copy");
            let named = copy.and_then(|copy| copy.get("name")).and_then(Value::as_str);
            let symbolic = symbolic.filter(|_| copy.is_some()).map(String::as_str);
            [named, symbolic].into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
                || any(declaration.get("resources"), name)
        })
    }
    any(scope.deployment.pointer("/properties/template/resources"), name)
}

fn not_defined(name: &str, path: &Path) -> Error {
    Error::invalid(
        format!(
            "The resource '{name}' is not defined in the template. Please see https://aka.ms/arm-template for usage details."
        ),
        path,
    )
}

/// What `reference` without a version, `references` and `list..` refer to: they need it deployed. What cannot be evaluated before
/// that is left to `dependsOn`.
fn referred(scope: &Scope<'_>, value: &Value, before: &mut BTreeSet<usize>) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::Array(elements) => elements.iter().for_each(|element| referred(scope, element, before)),
        Value::Object(members) => {
            for (name, value) in members {
                let evaluated_inside = name.eq_ignore_ascii_case("template") && is_inner(members);
                if !evaluated_inside {
                    referred(scope, value, before);
                }
            }
        }
        Value::String(text) => {
            if let Ok(TemplateText::Expression(expression)) = template_text(text) {
                expression.visit(&mut |part| {
                    if let Kind::Call(call) = &part.kind
                        && let Some(name) = refers_to(scope, call)
                    {
                        before.extend(meant(scope.resources, &name));
                    }
                });
            }
        }
    }
}

/// The name or id of the resource that a call asks about.
fn refers_to(scope: &Scope<'_>, call: &Call) -> Option<String> {
    let name = call.name.to_ascii_lowercase();
    let asks = match name.as_str() {
        "reference" => {
            call.arguments.len() == 1 || scope.resources.iter().any(|resource| resource.symbolic_name.is_some())
        }
        "references" => true,
        _ => name.starts_with("list"),
    };
    let first = call.arguments.first().filter(|_| asks && call.namespace.is_none())?;
    match scope.expression(first).ok()? {
        Value::String(name) => Some(name),
        _ => None,
    }
}

/// A turn of a loop that goes batch by batch waits for the batch before its own.
fn earlier_batch(resources: &[Resource], place: usize, members: &Map<String, Value>, before: &mut BTreeSet<usize>) {
    let Some((_, copy)) = find(members, "copy") else {
        return;
    };
    let serial = copy.get("mode").and_then(Value::as_str).is_some_and(|mode| mode.eq_ignore_ascii_case("serial"));
    let own = &resources[place];
    let Some((turn, outer)) = own.turns.split_last().filter(|_| serial) else {
        return;
    };
    let size =
        copy.get("batchSize").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok()).unwrap_or(1).max(1);
    let batch = turn.index / size;
    let earlier = resources.iter().enumerate().filter(|(_, other)| {
        let same_loop = other.path == own.path && other.turns[..outer.len()] == *outer;
        same_loop && other.turns.last().is_some_and(|other| other.index / size + 1 == batch)
    });
    before.extend(earlier.map(|(place, _)| place));
}
