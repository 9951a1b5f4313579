//! Carrying out a deployment: each resource is put in turn, by the operation that its caller would have used himself.

use arm::{Deployment, Error, Output, Parameter, Placement, Plan, Template};
use http::Method;
use serde_json::{Map, Value, json};

use super::cloud::Cloud;
use super::{DEPLOYMENTS, GROUPS};
use crate::api::{Call, inside};

/// What somebody wants deployed.
pub(crate) struct Order {
    pub(crate) template: Template,
    pub(crate) deployment: Deployment,
}

/// What became of a deployment.
pub(crate) struct Done {
    pub(crate) parameters: Vec<Parameter>,
    /// Every resource, in the order of deployment, and why it failed if it did.
    pub(crate) resources: Vec<(arm::Resource, Option<Value>)>,
    /// The outputs, or why there are none.
    pub(crate) outputs: Result<Vec<Output>, Value>,
}

/// The plan of a deployment, to look at.
///
/// # Errors
/// What is wrong with the template or the parameters.
pub(crate) fn planned<'o>(call: &Call, order: &'o Order) -> Result<Plan<'o>, Error> {
    order.template.plan(order.deployment.clone(), &Cloud(call))
}

/// Deploys. After a resource that fails, those that wait for it are not deployed, and all others are.
///
/// # Errors
/// What is wrong with the template or the parameters; then nothing was deployed.
pub(crate) fn deploy(call: &Call, order: &Order) -> Result<Done, Error> {
    let cloud = Cloud(call);
    let plan = planned(call, order)?;
    let mut failed = vec![false; plan.resources().len()];
    let mut resources = Vec::new();
    for resource in plan.in_order() {
        let blocked = resource.depends_on.iter().any(|before| failed[*before]);
        let place = plan.resources().iter().position(|other| std::ptr::eq(other, resource));
        let problem = if blocked { None } else { one(call, &plan, resource, &cloud).err() };
        if let (Some(place), true) = (place, blocked || problem.is_some()) {
            failed[place] = true;
        }
        if !blocked {
            resources.push((resource.clone(), problem));
        }
    }
    let outputs =
        if failed.contains(&true) { Ok(Vec::new()) } else { plan.outputs(&cloud).map_err(|error| of_error(&error)) };
    Ok(Done { parameters: plan.parameters(), resources, outputs })
}

/// Deploys one resource; answers the error as ARM shows it.
fn one(call: &Call, plan: &Plan<'_>, resource: &arm::Resource, cloud: &Cloud<'_>) -> Result<(), Value> {
    let body = plan.body(resource, cloud).map_err(|error| of_error(&error))?;
    let body = sent(body, resource);
    inside::ask(call, Method::PUT, &resource.id, &resource.api_version, Some(&body))
        .map_err(|refusal| refusal.body.get("error").cloned().unwrap_or(refusal.body))?;
    if resource.kind.eq_ignore_ascii_case(DEPLOYMENTS) {
        let deployed = call.twin.deployed();
        let error = deployed.get(&resource.id).and_then(|nested| nested.body.get("properties")?.get("error").cloned());
        return error.map_or(Ok(()), Err);
    }
    Ok(())
}

/// The body of a request: what only the template knows is in its address, or was for the template alone.
fn sent(body: Value, resource: &arm::Resource) -> Value {
    let Value::Object(mut body) = body else { return body };
    let is_deployment = resource.kind.eq_ignore_ascii_case(DEPLOYMENTS);
    body.retain(|name, _| !["name", "type"].iter().any(|word| word.eq_ignore_ascii_case(name)));
    if is_deployment && matches!(resource.placement, Placement::ResourceGroup { .. }) {
        body.retain(|name, _| !name.eq_ignore_ascii_case("location"));
    }
    Value::Object(body)
}

/// An error of the engine, as ARM shows it.
pub(super) fn of_error(error: &Error) -> Value {
    json!({"code": error.code(), "message": error.message})
}

impl Done {
    /// The errors of the resources and of the outputs.
    pub(crate) fn errors(&self) -> Vec<Value> {
        let resources = self.resources.iter().filter_map(|(_, problem)| problem.clone());
        resources.chain(self.outputs.as_ref().err().cloned()).collect()
    }

    /// The ids of what was deployed.
    pub(crate) fn ids(&self) -> Vec<Value> {
        let deployed = self.resources.iter().filter(|(_, problem)| problem.is_none());
        deployed.map(|(resource, _)| json!({"id": resource.id})).collect()
    }

    /// The providers of what was deployed, as a deployment lists them.
    pub(crate) fn providers(&self) -> Vec<Value> {
        let mut namespaces: Map<String, Value> = Map::new();
        for (resource, _) in self.resources.iter().filter(|(resource, _)| resource.kind != GROUPS) {
            let (namespace, kind) = resource.kind.split_once('/').unwrap_or((&resource.kind, ""));
            let kinds = namespaces.entry(namespace).or_insert_with(|| json!([]));
            let listed = json!({"resourceType": kind, "locations": [null]});
            if let Some(kinds) = kinds.as_array_mut().filter(|kinds| !kinds.contains(&listed)) {
                kinds.push(listed);
            }
        }
        namespaces
            .into_iter()
            .map(|(namespace, kinds)| json!({"namespace": namespace, "resourceTypes": kinds}))
            .collect()
    }
}
