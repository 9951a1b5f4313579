//! What a deployment of a template will do, in order.

use serde_json::{Map, Value, json};

use super::{Deployment, Template, depend, expand, nested, order};
use crate::bindings::Bindings;
use crate::error::Error;
use crate::evaluate::{Copy, Scope, Stage};
use crate::functions::find;
use crate::host::Host;
use crate::path::Path;
use crate::placement::Placement;
use crate::types::{declared_type, is_secure};

/// A template planned for one deployment.
#[derive(Debug)]
pub struct Plan<'t> {
    template: &'t Template,
    deployment: Deployment,
    /// What `deployment()` answers.
    answer: Value,
    resources: Vec<Resource>,
    order: Vec<usize>,
}

/// A resource of the plan: each turn of a loop is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// The name that the template knows it by, in languageVersion 2.0; turns of a loop share it.
    pub symbolic_name: Option<String>,
    /// Its type: `Microsoft.Web/sites/slots`.
    pub kind: String,
    /// Its name, with a segment for each of the type's: `a/b`.
    pub name: String,
    /// The version of the API that it is written for; empty for what only exists and names none.
    pub api_version: String,
    /// The scope it is in; for a nested deployment, the scope that it deploys to.
    pub placement: Placement,
    /// Whether it is only read: it exists already.
    pub existing: bool,
    /// Whether its condition holds. One whose condition does not hold is not deployed.
    pub condition: bool,
    /// The resources that are deployed before it, as places in the plan.
    pub depends_on: Vec<usize>,
    /// Where the template declares it.
    pub path: Path,
    pub(super) turns: Vec<Turn>,
}

/// A turn of a loop over resources.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    pub name: String,
    pub index: usize,
}

/// A parameter of a planned deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, as the service spells it.
    pub kind: String,
    /// Its value; nothing where it is secret.
    pub value: Option<Value>,
}

/// An output of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its type, as the service spells it.
    pub kind: String,
    /// Its value; nothing where it is secret.
    pub value: Option<Value>,
}

impl Template {
    /// Plans a deployment: checks parameters, finds every resource's id, and the order in which they are deployed.
    ///
    /// # Errors
    /// Whatever is wrong with the template or the parameters and can be known before anything is deployed.
    pub fn plan(&self, deployment: Deployment, host: &dyn Host) -> Result<Plan<'_>, Error> {
        let answer = self.answer(&deployment);
        let mut plan = Plan { template: self, deployment, answer, resources: Vec::new(), order: Vec::new() };
        let given = plan.with_scope(host, Stage::Before, |scope| {
            scope.bindings.check(scope)?;
            let evaluated = self.object("parameters").keys().map(|name| {
                let path = Path::root().member("parameters").member(name);
                let value = scope.bindings.parameter(scope, name).map_err(|fault| fault.at(&path))?;
                Ok((name.clone(), value.as_ref().clone()))
            });
            evaluated.collect::<Result<Map<String, Value>, Error>>()
        })?;
        plan.deployment.parameters = given;
        plan.resources = plan.with_scope(host, Stage::Before, |scope| expand::resources(self, scope))?;
        let depends_on = plan.with_scope(host, Stage::Before, |scope| depend::on_each_other(self, scope))?;
        for (resource, depends_on) in plan.resources.iter_mut().zip(depends_on) {
            resource.depends_on = depends_on;
        }
        plan.order = order::of(&plan.resources)?;
        Ok(plan)
    }

    fn answer(&self, deployment: &Deployment) -> Value {
        let parameters: Map<String, Value> =
            deployment.parameters.iter().map(|(name, value)| (name.clone(), json!({ "value": value }))).collect();
        let mut answer = json!({
            "name": deployment.name,
            "properties": {
                "template": self.members,
                "parameters": parameters,
                "mode": "Incremental",
                "provisioningState": "Accepted",
            },
        });
        if let Some(location) = &deployment.location {
            answer["location"] = Value::from(location.as_str());
        }
        answer
    }
}

impl<'t> Plan<'t> {
    /// Every resource of the template, in the order of the template.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The resources to deploy, one after the other: none before what it depends on. What only exists and what has a condition
    /// that does not hold is left out.
    pub fn in_order(&self) -> impl Iterator<Item = &Resource> {
        let deployed = |resource: &&Resource| resource.condition && !resource.existing;
        self.order.iter().map(|place| &self.resources[*place]).filter(deployed)
    }

    /// The body of a resource of this plan, every expression evaluated, without what only the template needs. For a nested
    /// deployment, `properties.template` still has the expressions that it evaluates itself.
    ///
    /// # Errors
    /// What is wrong with the expressions, and what the cloud refuses to answer.
    pub fn body(&self, resource: &Resource, host: &dyn Host) -> Result<Value, Error> {
        self.with_scope(host, Stage::Deploying, |scope| {
            in_turns(scope, &resource.turns, &mut |scope| nested::body(self.template, scope, resource))
        })
    }

    /// The outputs, once everything is deployed.
    ///
    /// # Errors
    /// What is wrong with the expressions, and what the cloud refuses to answer.
    pub fn outputs(&self, host: &dyn Host) -> Result<Vec<Output>, Error> {
        let mut outputs = Vec::new();
        self.with_scope(host, Stage::Deploying, |scope| {
            for (name, declaration) in self.template.object("outputs") {
                let path = Path::root().member("outputs").member(name);
                if let Some(value) = self.output(scope, name, declaration, &path)? {
                    let value = Some(value).filter(|_| !is_secure(declaration));
                    outputs.push(Output { name: name.clone(), kind: spelled_type(declaration), value });
                }
            }
            Ok(())
        })?;
        Ok(outputs)
    }

    /// The value of an output; nothing where its condition does not hold.
    fn output(&self, scope: &Scope<'_>, name: &str, declaration: &Value, path: &Path) -> Result<Option<Value>, Error> {
        let none = Map::new();
        let members = declaration.as_object().unwrap_or(&none);
        if let Some((condition, value)) = find(members, "condition")
            && scope.value(value, &path.member(condition))? == Value::Bool(false)
        {
            return Ok(None);
        }
        declared_type(declaration)
            .map_err(|reason| Error::invalid(format!("The template output '{name}': {reason}"), path))?;
        let value = match (find(members, "copy"), find(members, "value")) {
            (Some((copy, loops)), _) => Value::Array(scope.repeated(name, loops, &path.member(copy), true)?),
            (None, Some((member, value))) => scope.value(value, &path.member(member))?,
            (None, None) => {
                return Err(Error::invalid(format!("The template output '{name}' must have a 'value'."), path));
            }
        };
        let checked = self.template.types().check_output(&value, declaration, name);
        checked.map_err(|reason| Error::invalid(reason, path))?;
        Ok(Some(value))
    }

    /// The parameters with the values that they have in this deployment.
    pub fn parameters(&self) -> Vec<Parameter> {
        let declared = self.template.object("parameters").iter();
        let parameter = |(name, declaration): (&String, &Value)| Parameter {
            name: name.clone(),
            kind: spelled_type(declaration),
            value: self.deployment.parameters.get(name).filter(|_| !is_secure(declaration)).cloned(),
        };
        declared.map(parameter).collect()
    }

    /// Where the deployment goes, and under which name.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    fn with_scope<T>(
        &self,
        host: &dyn Host,
        stage: Stage,
        with: impl FnOnce(&Scope<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let template = self.template;
        let bindings = Bindings::new(
            template.object("parameters"),
            &self.deployment.parameters,
            Some(template.object("variables")),
            template.functions(),
            template.types(),
        );
        with(&Scope {
            host,
            bindings: &bindings,
            placement: &self.deployment.placement,
            deployment: &self.answer,
            resources: &self.resources,
            stage,
            copies: None,
            lambda: None,
            depth: 0,
        })
    }
}

/// Calls `with` in a scope inside these turns of loops, the outermost first.
pub(super) fn in_turns<T>(scope: &Scope<'_>, turns: &[Turn], with: &mut dyn FnMut(&Scope<'_>) -> T) -> T {
    match turns {
        [] => with(scope),
        [turn, inner @ ..] => {
            let copy = Copy { name: &turn.name, index: turn.index, unnamed: true, outer: scope.copies };
            in_turns(&Scope { copies: Some(&copy), ..*scope }, inner, with)
        }
    }
}

impl Resource {
    /// Whether an expression that names a resource so means this one: by id, by symbolic name, or by name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        if self.id.eq_ignore_ascii_case(name) {
            return true;
        }
        match &self.symbolic_name {
            Some(symbolic) => match self.turns.last() {
                Some(turn) => format!("{symbolic}[{}]", turn.index).eq_ignore_ascii_case(name),
                None => symbolic.eq_ignore_ascii_case(name),
            },
            None => self.name.eq_ignore_ascii_case(name) || is_joined(name, &self.kind, &self.name),
        }
    }

    /// Whether it is a turn of the loop of this name.
    pub(crate) fn is_turn_of(&self, name: &str) -> bool {
        let symbolic = self.symbolic_name.as_ref().filter(|_| !self.turns.is_empty());
        symbolic.is_some_and(|symbolic| symbolic.eq_ignore_ascii_case(name))
            || self.turns.iter().any(|turn| turn.name.eq_ignore_ascii_case(name))
    }
}

/// Whether it is the type and the name with a slash between.
fn is_joined(joined: &str, kind: &str, name: &str) -> bool {
    let split = joined.len().checked_sub(name.len() + 1).and_then(|end| Some((joined.get(..end)?, joined.get(end..)?)));
    split.is_some_and(|(front, back)| {
        front.eq_ignore_ascii_case(kind) && back.strip_prefix('/').is_some_and(|back| back.eq_ignore_ascii_case(name))
    })
}

/// The type of a declaration as the service's answers spell it.
fn spelled_type(declaration: &Value) -> String {
    let name = declaration.get("type").and_then(Value::as_str).unwrap_or("Object").to_ascii_lowercase();
    String::from(match name.as_str() {
        "string" => "String",
        "securestring" => "SecureString",
        "int" => "Int",
        "bool" => "Bool",
        "array" => "Array",
        "secureobject" => "SecureObject",
        _ => "Object",
    })
}
