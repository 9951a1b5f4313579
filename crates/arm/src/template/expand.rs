//! Declarations of resources to resources: loops, children inside parents, names, ids and conditions.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Template;
use super::plan::{Resource, Turn, in_turns};
use crate::error::Error;
use crate::evaluate::Scope;
use crate::functions::{find, type_name};
use crate::path::Path;
use crate::placement::{Placement, below};

/// Every resource of the template, in its order, children behind their parents.
pub(super) fn resources(template: &Template, scope: &Scope<'_>) -> Result<Vec<Resource>, Error> {
    let mut found = Vec::new();
    let name = template.members.keys().find(|name| name.eq_ignore_ascii_case("resources"));
    let path = Path::root().member(name.map_or("resources", String::as_str));
    let around = Around { parent: None, turns: &[] };
    all(scope, template.member("resources").unwrap_or(&Value::Null), &path, &around, &mut found)?;
    no_twins(&found)?;
    Ok(found)
}

/// What a declaration stands in.
struct Around<'a> {
    /// Type and name of the resource that it is a child of.
    parent: Option<(&'a str, &'a str)>,
    turns: &'a [Turn],
}

fn all(
    scope: &Scope<'_>,
    declared: &Value,
    path: &Path,
    around: &Around<'_>,
    found: &mut Vec<Resource>,
) -> Result<(), Error> {
    match declared {
        Value::Array(declarations) => {
            for (index, declaration) in declarations.iter().enumerate() {
                one(scope, None, declaration, &path.element(index), around, found)?;
            }
        }
        Value::Object(declarations) => {
            for (name, declaration) in declarations {
                one(scope, Some(name), declaration, &path.member(name), around, found)?;
            }
        }
        _ => return Err(Error::invalid("'resources' must be an array.", path)),
    }
    Ok(())
}

/// One declaration: as many resources as its loop has turns.
fn one(
    scope: &Scope<'_>,
    symbolic: Option<&str>,
    declaration: &Value,
    path: &Path,
    around: &Around<'_>,
    found: &mut Vec<Resource>,
) -> Result<(), Error> {
    let Some(members) = declaration.as_object() else {
        return Err(Error::invalid(
            format!("A resource must be an object, and is of type '{}'.", type_name(declaration)),
            path,
        ));
    };
    let Some((copy_name, copy)) = find(members, "copy") else {
        return turn(scope, symbolic, members, path, around, found);
    };
    let copy_path = path.member(copy_name);
    let name = copy.get("name").and_then(Value::as_str).or(symbolic);
    let name = name.ok_or_else(|| Error::invalid("The copy loop of a resource must have a 'name'.", &copy_path))?;
    for index in 0..in_turns(scope, around.turns, &mut |scope| scope.count(copy, &copy_path))? {
        let mut turns = around.turns.to_vec();
        turns.push(Turn { name: name.to_owned(), index });
        turn(scope, symbolic, members, path, &Around { parent: around.parent, turns: &turns }, found)?;
    }
    Ok(())
}

/// A declaration in one turn of its loop, and its children.
fn turn(
    scope: &Scope<'_>,
    symbolic: Option<&str>,
    members: &Map<String, Value>,
    path: &Path,
    around: &Around<'_>,
    found: &mut Vec<Resource>,
) -> Result<(), Error> {
    let mut resource = in_turns(scope, around.turns, &mut |scope| resource(scope, members, path, around))?;
    resource.symbolic_name = symbolic.map(str::to_owned);
    let (kind, name) = (resource.kind.clone(), resource.name.clone());
    found.push(resource);
    match find(members, "resources") {
        Some((member, children)) => all(
            scope,
            children,
            &path.member(member),
            &Around { parent: Some((&kind, &name)), turns: around.turns },
            found,
        ),
        None => Ok(()),
    }
}

fn resource(
    scope: &Scope<'_>,
    members: &Map<String, Value>,
    path: &Path,
    around: &Around<'_>,
) -> Result<Resource, Error> {
    let existing = find(members, "existing").is_some_and(|(_, existing)| *existing == Value::Bool(true));
    let kind = required(scope, members, "type", path)?;
    let name = required(scope, members, "name", path)?;
    let api_version = match optional(scope, members, "apiVersion", path)? {
        Some(version) => version,
        None if existing => String::new(),
        None => {
            return Err(Error::invalid(
                format!(
                    "The template resource '{name}' is missing its 'apiVersion' property. Please see https://aka.ms/arm-template/#resources for usage details."
                ),
                path,
            ));
        }
    };
    let (kind, name) = match around.parent {
        // A child may also be written with the whole type and name.
        Some((parent, parent_name)) if !kind.contains('/') => {
            (format!("{parent}/{kind}"), format!("{parent_name}/{name}"))
        }
        _ => (kind, name),
    };
    segments(&kind, &name, path)?;
    let condition = match find(members, "condition") {
        Some((member, condition)) => {
            let path = path.member(member);
            let value = scope.value(condition, &path)?;
            let truth = value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok());
            truth.ok_or_else(|| {
                Error::invalid(
                    format!(
                        "The condition of the resource '{name}' must be of type 'Boolean', and is of type '{}'.",
                        type_name(&value)
                    ),
                    &path,
                )
            })?
        }
        None => true,
    };
    let placement = placement(scope, members, &kind, path)?;
    let names: Vec<&str> = name.split('/').collect();
    let id = match &placement {
        Ok(placement) => placement.resource_id(&kind, &names),
        Err(extended) => format!("{extended}{}", below(&kind, &names)),
    };
    Ok(Resource {
        id,
        symbolic_name: None,
        kind,
        name,
        api_version,
        placement: placement.unwrap_or_else(|_| scope.placement.clone()),
        existing,
        condition,
        depends_on: Vec::new(),
        path: path.clone(),
        turns: around.turns.to_vec(),
    })
}

/// The scope of a resource, or the id of the resource that it extends.
fn placement(
    scope: &Scope<'_>,
    members: &Map<String, Value>,
    kind: &str,
    path: &Path,
) -> Result<Result<Placement, String>, Error> {
    let own = scope.placement;
    if let Some(given) = optional(scope, members, "scope", path)? {
        return Ok(match Placement::parse(&given) {
            Some(placement) => Ok(placement),
            None if given.starts_with('/') => Err(given.trim_end_matches('/').to_owned()),
            // Type and name in turn: `Microsoft.Web/sites/a`.
            None => Err(format!("{own}/providers/{given}")),
        });
    }
    let subscription = optional(scope, members, "subscriptionId", path)?;
    let resource_group = optional(scope, members, "resourceGroup", path)?;
    if subscription.is_none() && resource_group.is_none() {
        return Ok(Ok(own.clone()));
    }
    if !kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        return Err(Error::invalid(
            format!(
                "'subscriptionId' and 'resourceGroup' are of nested deployments, and this resource is of type '{kind}': put it in one."
            ),
            path,
        ));
    }
    let moved = subscription.is_some();
    let subscription = subscription.or_else(|| own.subscription().map(str::to_owned));
    let subscription = subscription.ok_or_else(|| {
        Error::invalid("A nested deployment to a resource group needs a 'subscriptionId' here.", path)
    })?;
    Ok(Ok(match resource_group.or_else(|| own.resource_group().filter(|_| !moved).map(str::to_owned)) {
        Some(name) => Placement::ResourceGroup { subscription, name },
        None => Placement::Subscription(subscription),
    }))
}

/// A type has one segment more than a name, the namespace of its provider.
fn segments(kind: &str, name: &str, path: &Path) -> Result<(), Error> {
    let (of_kind, of_name) = (kind.split('/').count(), name.split('/').count());
    if of_kind == of_name + 1 && kind.split('/').chain(name.split('/')).all(|segment| !segment.is_empty()) {
        return Ok(());
    }
    Err(Error::invalid(
        format!(
            "The template resource '{name}' for type '{kind}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name. Please see https://aka.ms/arm-template/#resources for usage details."
        ),
        path,
    ))
}

fn required(scope: &Scope<'_>, members: &Map<String, Value>, member: &str, path: &Path) -> Result<String, Error> {
    optional(scope, members, member, path)?.ok_or_else(|| {
        Error::invalid(format!("A resource must have a '{member}'. Please see https://aka.ms/arm-template/#resources for usage details."), path)
    })
}

fn optional(
    scope: &Scope<'_>,
    members: &Map<String, Value>,
    member: &str,
    path: &Path,
) -> Result<Option<String>, Error> {
    let Some((member, value)) = find(members, member) else {
        return Ok(None);
    };
    let path = path.member(member);
    match scope.value(value, &path)? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        other => Err(Error::invalid(
            format!("'{member}' of a resource must be of type 'String', and is of type '{}'.", type_name(&other)),
            &path,
        )),
    }
}

/// No two resources that are deployed have one id.
fn no_twins(resources: &[Resource]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for resource in resources.iter().filter(|resource| resource.condition && !resource.existing) {
        if !seen.insert(resource.id.to_lowercase()) {
            return Err(Error::invalid(
                format!(
                    "The resource '{}/{}' is defined multiple times in a template. Please see https://aka.ms/arm-template/#resources for usage details.",
                    resource.kind, resource.name
                ),
                &resource.path,
            ));
        }
    }
    Ok(())
}
