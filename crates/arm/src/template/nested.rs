//! The body of a resource, and the template in a nested deployment: evaluated by the deployment around it, or left to itself.
//!
//! Source: "Use linked and nested templates", Expression evaluation scope in nested templates.

use serde_json::{Map, Value};

use super::Template;
use super::plan::Resource;
use crate::error::Error;
use crate::evaluate::{Copy, Scope};
use crate::functions::find;
use crate::path::Path;

/// Members of a declaration that are not part of what is deployed.
const FOR_THE_TEMPLATE: &[&str] =
    &["condition", "copy", "dependson", "comments", "existing", "resources", "scope", "apiversion"];

/// The members that say where a nested deployment goes.
const FOR_DEPLOYMENTS: &[&str] = &["subscriptionid", "resourcegroup"];

const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// What is deployed of a resource.
pub(super) fn body(template: &Template, scope: &Scope<'_>, resource: &Resource) -> Result<Value, Error> {
    let none = Map::new();
    let declared = template.at(&resource.path).as_object().unwrap_or(&none);
    let nested = resource.kind.eq_ignore_ascii_case(DEPLOYMENTS);
    let mut body = Map::new();
    for (name, value) in declared {
        let lower = name.to_ascii_lowercase();
        let path = resource.path.member(name);
        if FOR_THE_TEMPLATE.contains(&lower.as_str()) || nested && FOR_DEPLOYMENTS.contains(&lower.as_str()) {
            continue;
        }
        let value = match (lower.as_str(), value.as_object()) {
            ("name", _) => Value::from(resource.name.as_str()),
            ("type", _) => Value::from(resource.kind.as_str()),
            ("properties", Some(properties)) if nested => {
                Value::Object(properties_of_deployment(scope, properties, &path)?)
            }
            _ => scope.value(value, &path)?,
        };
        body.insert(name.clone(), value);
    }
    Ok(Value::Object(body))
}

/// Whether the template in these properties of a deployment evaluates its expressions itself.
pub(super) fn is_inner(properties: &Map<String, Value>) -> bool {
    let options = find(properties, "expressionEvaluationOptions").and_then(|(_, options)| options.as_object());
    let scope = options.and_then(|options| find(options, "scope")).and_then(|(_, scope)| scope.as_str());
    scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner"))
}

fn properties_of_deployment(
    scope: &Scope<'_>,
    properties: &Map<String, Value>,
    path: &Path,
) -> Result<Map<String, Value>, Error> {
    let inner = is_inner(properties);
    let mut evaluated = Map::new();
    for (name, value) in properties {
        let path = path.member(name);
        let value = match name.to_ascii_lowercase().as_str() {
            "template" if inner => value.clone(),
            "template" => outer_template(scope, value, &path)?,
            "templatelink" => {
                return Err(Error::unsupported(
                    "Templates that are linked by address are not supported by this engine: nest the template itself.",
                    &path,
                ));
            }
            _ => scope.value(value, &path)?,
        };
        evaluated.insert(name.clone(), value);
    }
    Ok(evaluated)
}

/// A template whose expressions mean what they mean around it. Its own names are not theirs, and stay as they are.
fn outer_template(scope: &Scope<'_>, template: &Value, path: &Path) -> Result<Value, Error> {
    let Some(members) = template.as_object() else {
        return scope.value(template, path);
    };
    let mut evaluated = Map::new();
    for (name, value) in members {
        let path = path.member(name);
        let value = match name.to_ascii_lowercase().as_str() {
            "resources" => outer_resources(scope, value, &path)?,
            "outputs" => scope.value(value, &path)?,
            _ => value.clone(),
        };
        evaluated.insert(name.clone(), value);
    }
    Ok(Value::Object(evaluated))
}

/// The resources of such a template, with the turns of their loops written out.
fn outer_resources(scope: &Scope<'_>, resources: &Value, path: &Path) -> Result<Value, Error> {
    let Some(declarations) = resources.as_array() else {
        return scope.value(resources, path);
    };
    let mut evaluated = Vec::new();
    for (place, declaration) in declarations.iter().enumerate() {
        let path = path.element(place);
        let none = Map::new();
        let members = declaration.as_object().unwrap_or(&none);
        let Some((copy_name, copy)) = find(members, "copy") else {
            evaluated.push(scope.value(declaration, &path)?);
            continue;
        };
        let name = copy.get("name").and_then(Value::as_str).unwrap_or_default();
        let mut once = members.clone();
        once.shift_remove(copy_name);
        for index in 0..scope.count(copy, &path.member(copy_name))? {
            let turn = Copy { name, index, unnamed: true, outer: scope.copies };
            evaluated.push(Scope { copies: Some(&turn), ..*scope }.value(&Value::Object(once.clone()), &path)?);
        }
    }
    Ok(Value::Array(evaluated))
}
