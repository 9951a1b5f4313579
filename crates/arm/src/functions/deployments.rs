//! The deployment itself and where it goes. Sources: "Deployment functions for ARM templates", "Scope functions for ARM templates".

use serde_json::json;

use super::{Eval, Function};
use crate::error::Fault;
use crate::evaluate::Scope;
use crate::placement::Placement;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "deployment",
        (0, Some(0)),
        "The deployment: its name and properties.",
        &[],
        Eval::Scoped(|scope, _| Ok(scope.deployment.clone())),
    ),
    Function::new(
        "environment",
        (0, Some(0)),
        "The cloud: its endpoints.",
        &[],
        Eval::Scoped(|scope, _| Ok(scope.host.environment())),
    ),
    Function::new(
        "managementGroup",
        (0, Some(0)),
        "The management group of the deployment.",
        &[],
        Eval::Scoped(|scope, _| match scope.placement {
            Placement::ManagementGroup(name) => Ok(json!({
                "id": scope.placement.to_string(),
                "name": name,
                "type": "/providers/Microsoft.Management/managementGroups",
            })),
            _ => Err(not_here("managementGroup")),
        }),
    ),
    Function::new(
        "parameters",
        (1, Some(1)),
        "The value of a parameter.",
        &[],
        Eval::Scoped(|scope, a| Ok(scope.bindings.parameter(scope, a.text(0)?)?.as_ref().clone())),
    ),
    Function::new(
        "resourceGroup",
        (0, Some(0)),
        "The resource group of the deployment.",
        &[],
        Eval::Scoped(|scope, _| match scope.placement {
            Placement::ResourceGroup { subscription, name } => Ok(scope.host.resource_group(subscription, name)?),
            _ => Err(not_here("resourceGroup")),
        }),
    ),
    Function::new(
        "subscription",
        (0, Some(0)),
        "The subscription of the deployment.",
        &[],
        Eval::Scoped(|scope, _| match scope.placement.subscription() {
            Some(subscription) => Ok(scope.host.subscription(subscription)?),
            None => Err(not_here("subscription")),
        }),
    ),
    Function::new(
        "tenant",
        (0, Some(0)),
        "The tenant of the deployment.",
        &[],
        Eval::Scoped(|scope, _| Ok(scope.host.tenant())),
    ),
    Function::new(
        "variables",
        (1, Some(1)),
        "The value of a variable.",
        &[],
        Eval::Scoped(|scope: &Scope<'_>, a| Ok(scope.bindings.variable(scope, a.text(0)?)?.as_ref().clone())),
    ),
];

fn not_here(function: &str) -> Fault {
    Fault::new(format!(
        "The template function '{function}' is not expected at this location: the deployment's scope has none. Please see https://aka.ms/arm-template-expressions for usage details."
    ))
}
