//! Resources: their ids, and what the cloud knows of them. Source: "Resource functions for ARM templates".

use serde_json::Value;
use uuid::Uuid;

use super::{Arguments, Eval, Function};
use crate::error::Fault;
use crate::evaluate::{Scope, Stage};
use crate::placement::{Placement, below};
use crate::template::Resource;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "extensionResourceId",
        (3, None),
        "The id of a resource that extends another one.",
        &[(
            "extensionResourceId('/subscriptions/s/resourceGroups/g', 'Microsoft.Authorization/locks', 'l')",
            r#""/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/locks/l""#,
        )],
        Eval::Plain(|a| {
            let (kind, names) = named(a, 1)?;
            Ok(Value::from(format!("{}{}", a.text(0)?.trim_end_matches('/'), below(kind, &names))))
        }),
    ),
    Function::new(
        "fail",
        (1, Some(1)),
        "Ends the deployment with a message.",
        &[],
        Eval::Plain(|a| Err(Fault::new(a.text(0)?))),
    ),
    Function::new(
        "managementGroupResourceId",
        (2, None),
        "The id of a resource of the deployment's management group, or of the one that is named first.",
        &[],
        Eval::Scoped(|scope, a| {
            let (names, kind, resource) = split(a)?;
            let placement =
                match (names.as_slice(), scope.placement) {
                    ([name], _) => &Placement::ManagementGroup((*name).to_owned()),
                    ([], own @ Placement::ManagementGroup(_)) => own,
                    _ => return Err(a.fault(
                        "it takes the name of a management group before the type where the deployment is not at one.",
                    )),
                };
            Ok(Value::from(placement.resource_id(kind, &resource)))
        }),
    ),
    Function::new(
        "reference",
        (1, Some(3)),
        "The properties of a resource as it stands, or with 'Full' all of it.",
        &[],
        Eval::Scoped(reference),
    ),
    Function::new(
        "references",
        (1, Some(2)),
        "The properties of every resource of a loop, or with 'Full' all of them.",
        &[],
        Eval::Scoped(references),
    ),
    Function::new(
        "resourceId",
        (2, None),
        "The id of a resource: optionally a subscription and a resource group, then the type, then a name for each of its segments.",
        &[(
            "resourceId('22222222-2222-2222-2222-222222222222', 'other', 'Microsoft.Web/sites/slots', 'a', 'b')",
            r#""/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/other/providers/Microsoft.Web/sites/a/slots/b""#,
        )],
        Eval::Scoped(resource_id),
    ),
    Function::new(
        "subscriptionResourceId",
        (2, None),
        "The id of a resource of the deployment's subscription, or of the one that is named first.",
        &[
            (
                "subscriptionResourceId('22222222-2222-2222-2222-222222222222', 'Microsoft.Authorization/roleDefinitions', 'r')",
                r#""/subscriptions/22222222-2222-2222-2222-222222222222/providers/Microsoft.Authorization/roleDefinitions/r""#,
            ),
            (
                "subscriptionResourceId('22222222-2222-2222-2222-222222222222', 'Microsoft.Resources/resourceGroups', 'g')",
                r#""/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/g""#,
            ),
        ],
        Eval::Scoped(|scope, a| {
            let (before, kind, names) = split(a)?;
            let subscription =
                match (before.as_slice(), scope.placement.subscription()) {
                    ([subscription], _) => *subscription,
                    ([], Some(own)) => own,
                    _ => return Err(a.fault(
                        "it takes at most a subscription before the type, and needs one where the deployment has none.",
                    )),
                };
            Ok(Value::from(Placement::Subscription(subscription.to_owned()).resource_id(kind, &names)))
        }),
    ),
    Function::new(
        "tenantResourceId",
        (2, None),
        "The id of a resource of the tenant.",
        &[(
            "tenantResourceId('Microsoft.Authorization/roleDefinitions', 'r')",
            r#""/providers/Microsoft.Authorization/roleDefinitions/r""#,
        )],
        Eval::Plain(|a| {
            let (kind, names) = named(a, 0)?;
            Ok(Value::from(Placement::Tenant.resource_id(kind, &names)))
        }),
    ),
];

/// `listKeys`, `listCallbackUrl` and all others that begin so.
pub(super) static LIST: Function = Function::new(
    "list*",
    (1, Some(3)),
    "What a list operation of a resource answers, which may be secret.",
    &[],
    Eval::Scoped(list),
);

/// The type at this place and the names behind it.
fn named<'a>(a: &'a Arguments, position: usize) -> Result<(&'a str, Vec<&'a str>), Fault> {
    let kind = a.text(position)?;
    let names = a.texts(position + 1)?;
    let segments = kind.split('/').count() - 1;
    if segments == 0 {
        return Err(a.fault(format!(
            "'{kind}' is not a resource type with the namespace of its provider, such as 'Microsoft.Web/sites'."
        )));
    }
    if segments != names.len() {
        return Err(a.fault(format!("the type '{kind}' requires '{segments}' resource name argument(s).")));
    }
    Ok((kind, names))
}

/// What stands before the type, the type, and the names behind it. The type is the one argument with a slash.
fn split<'a>(a: &'a Arguments) -> Result<(Vec<&'a str>, &'a str, Vec<&'a str>), Fault> {
    let texts = a.texts(0)?;
    let mut segmented = texts.iter().enumerate().filter(|(_, text)| text.contains('/'));
    let (Some((place, _)), None) = (segmented.next(), segmented.next()) else {
        return Err(a.fault(format!(
            "function requires exactly one multi-segmented argument which must be resource type including resource provider namespace. Current function arguments '{}'. Please see https://aka.ms/arm-resource-functions/#resourceid for usage details.",
            texts.join(",")
        )));
    };
    let (kind, names) = named(a, place)?;
    Ok((texts[..place].to_vec(), kind, names))
}

fn resource_id(scope: &Scope<'_>, a: &Arguments) -> Result<Value, Fault> {
    let (before, kind, names) = split(a)?;
    let own = |what: &str| a.fault(format!("it needs a {what}, which the scope of this deployment does not have."));
    let placement = match before.as_slice() {
        [] => scope.placement.clone(),
        [subscription] if Uuid::try_parse(subscription).is_ok() => match scope.placement.resource_group() {
            Some(name) => Placement::ResourceGroup { subscription: (*subscription).to_owned(), name: name.to_owned() },
            None => Placement::Subscription((*subscription).to_owned()),
        },
        [name] => {
            let subscription = scope.placement.subscription().ok_or_else(|| own("subscription"))?;
            Placement::ResourceGroup { subscription: subscription.to_owned(), name: (*name).to_owned() }
        }
        [subscription, name] => {
            Placement::ResourceGroup { subscription: (*subscription).to_owned(), name: (*name).to_owned() }
        }
        _ => return Err(a.fault("it takes at most a subscription and a resource group before the type.")),
    };
    Ok(Value::from(placement.resource_id(kind, &names)))
}

fn while_deploying(scope: &Scope<'_>, a: &Arguments) -> Result<(), Fault> {
    if scope.stage == Stage::Deploying {
        return Ok(());
    }
    Err(Fault::new(format!(
        "The template function '{}' is not expected at this location. Please see https://aka.ms/arm-template-expressions for usage details.",
        a.function()
    )))
}

fn reference(scope: &Scope<'_>, a: &Arguments) -> Result<Value, Fault> {
    while_deploying(scope, a)?;
    let name = a.text(0)?;
    // The version may be left out before 'Full' for what the template deploys.
    let full = |position| a.get(position).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("full"));
    let version = if a.get(1).is_some_and(Value::is_string) && !full(1) { Some(a.text(1)?) } else { None };
    let (id, version) = meant(scope, name, version)?;
    let resource = scope.host.resource(&id, &version)?;
    Ok(seen(resource, full(1) || full(2)))
}

fn references(scope: &Scope<'_>, a: &Arguments) -> Result<Value, Fault> {
    while_deploying(scope, a)?;
    let name = a.text(0)?;
    let full = a.get(1).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("full"));
    let members: Vec<&Resource> = scope.resources.iter().filter(|resource| resource.is_turn_of(name)).collect();
    if members.is_empty() {
        return Err(a.fault(format!("the template has no resources in a loop '{name}'.")));
    }
    let all = members.into_iter().filter(|resource| resource.condition);
    all.map(|resource| Ok(seen(scope.host.resource(&resource.id, &resource.api_version)?, full))).collect()
}

/// The properties, or with `full` everything but what the id tells.
fn seen(mut resource: Value, full: bool) -> Value {
    if full { resource } else { resource.get_mut("properties").map(Value::take).unwrap_or(Value::Null) }
}

fn list(scope: &Scope<'_>, a: &Arguments) -> Result<Value, Fault> {
    while_deploying(scope, a)?;
    let version = if a.get(1).is_some() { Some(a.text(1)?) } else { None };
    let (id, version) = meant(scope, a.text(0)?, version)?;
    Ok(scope.host.list(a.function(), &id, &version, a.get(2))?)
}

/// The id that is meant by an id, the name of a resource in the template or its symbolic name, and the version to ask it with.
fn meant(scope: &Scope<'_>, name: &str, version: Option<&str>) -> Result<(String, String), Fault> {
    let own = scope.resources.iter().find(|resource| resource.is_called(name));
    match (own, version) {
        (Some(own), version) => Ok((own.id.clone(), version.unwrap_or(&own.api_version).to_owned())),
        (None, Some(version)) if name.starts_with('/') => Ok((name.to_owned(), version.to_owned())),
        (None, None) if name.starts_with('/') => Err(Fault::new(format!(
            "The resource '{name}' is not defined in the template, so that a reference to it must name an API version. Please see https://aka.ms/arm-template-expressions/#reference for usage details."
        ))),
        (None, _) => Err(Fault::new(format!(
            "The resource referenced by '{name}' is not defined in the template. Please see https://aka.ms/arm-template-expressions/#reference for usage details."
        ))),
    }
}
