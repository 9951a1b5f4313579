//! A cloud for templates to be deployed to: two subscriptions, and whatever a test puts in it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use arm::{Deployment, Error, Host, Placement, Plan, Refusal, Template};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

pub const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

/// Resources by id in lower case.
#[derive(Default)]
pub struct Cloud {
    resources: RefCell<BTreeMap<String, Value>>,
}

impl Cloud {
    pub fn put(&self, id: &str, resource: Value) {
        self.resources.borrow_mut().insert(id.to_lowercase(), resource);
    }
}

impl Host for Cloud {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-25 08:09:10 UTC)
    }

    fn new_guid(&self) -> Uuid {
        Uuid::from_u128(7)
    }

    fn environment(&self) -> Value {
        json!({"name": "AzureCloud", "resourceManager": "https://management.azure.com/"})
    }

    fn tenant(&self) -> Value {
        json!({"tenantId": Uuid::from_u128(9).to_string()})
    }

    fn subscription(&self, subscription: &str) -> Result<Value, Refusal> {
        Ok(json!({"id": format!("/subscriptions/{subscription}"), "subscriptionId": subscription}))
    }

    fn resource_group(&self, subscription: &str, name: &str) -> Result<Value, Refusal> {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{name}");
        Ok(json!({"id": id, "name": name, "location": "westeurope", "tags": {}}))
    }

    fn resource(&self, id: &str, _: &str) -> Result<Value, Refusal> {
        let found = self.resources.borrow().get(&id.to_lowercase()).cloned();
        found.ok_or_else(|| Refusal {
            code: "ResourceNotFound".to_owned(),
            message: format!("The Resource '{id}' was not found."),
        })
    }

    fn list(&self, function: &str, id: &str, version: &str, _: Option<&Value>) -> Result<Value, Refusal> {
        Ok(json!({"value": format!("{function} of {id} at {version}")}))
    }
}

/// What a test says about a deployment.
pub struct Deployed {
    /// Ids in the order of deployment, without what all have in common.
    pub order: Vec<String>,
    /// Bodies by id, the same.
    pub bodies: BTreeMap<String, Value>,
    pub outputs: Map<String, Value>,
}

/// Deploys to a resource group: every resource is put into the cloud as its body says.
pub fn deploy(template: Value, parameters: Value) -> Result<Deployed, Error> {
    deploy_to(&group(), template, parameters)
}

pub fn group() -> Placement {
    Placement::ResourceGroup { subscription: SUBSCRIPTION.to_owned(), name: "rg".to_owned() }
}

pub fn deploy_to(placement: &Placement, template: Value, parameters: Value) -> Result<Deployed, Error> {
    let cloud = Cloud::default();
    let template = whole(template)?;
    let plan = plan(&template, placement, parameters, &cloud)?;
    let mut deployed = Deployed { order: Vec::new(), bodies: BTreeMap::new(), outputs: Map::new() };
    for resource in plan.in_order() {
        let body = plan.body(resource, &cloud)?;
        cloud.put(&resource.id, body.clone());
        let id = resource.id.replace(&group().to_string(), "");
        deployed.order.push(id.clone());
        deployed.bodies.insert(id, body);
    }
    for output in plan.outputs(&cloud)? {
        deployed.outputs.insert(output.name, output.value.unwrap_or(Value::Null));
    }
    Ok(deployed)
}

pub fn plan<'t>(
    template: &'t Template,
    placement: &Placement,
    parameters: Value,
    cloud: &Cloud,
) -> Result<Plan<'t>, Error> {
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    template.plan(
        Deployment { name: "deployment".to_owned(), placement: placement.clone(), location: None, parameters },
        cloud,
    )
}

/// The template with the members that every one must have.
pub fn whole(mut template: Value) -> Result<Template, Error> {
    let members = template.as_object_mut().expect("a template is an object");
    members.entry("$schema").or_insert_with(|| {
        Value::from("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#")
    });
    members.entry("contentVersion").or_insert_with(|| Value::from("1.0.0.0"));
    members.entry("resources").or_insert_with(|| json!([]));
    Template::new(template)
}
