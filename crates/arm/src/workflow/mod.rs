//! Logic Apps workflow definitions: read, checked, and run.
//!
//! A [`Workflow`] is run by [`Workflow::run`], which makes no request and reads no clock itself: what it does to the world goes
//! through [`Effects`]. The run tells of every action what became of it. What the language has and this engine does not is
//! refused by name when the definition is read, or when an expression asks for it.
//!
//! Source: "Schema reference guide for the Workflow Definition Language"; "Triggers and actions reference".

mod action;
mod condition;
mod effects;
mod evaluate;
mod functions;
mod perform;
mod recurrence;
mod retry;
mod run;
mod schema;

pub use effects::{Authentication, ConnectorCall, Effects, Failure, Request, Response};
pub use recurrence::{Frequency, Recurrence};
pub use run::{Problem, Record, Run, Status};

use serde_json::{Map, Value};

use crate::error::Error;
use crate::functions::find;
use crate::path::Path;
use action::Group;

/// A workflow definition of the right shape.
#[derive(Clone, Debug)]
pub struct Workflow {
    triggers: Vec<Trigger>,
    actions: Group,
    /// The value of each parameter.
    parameters: Map<String, Value>,
}

/// What starts a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// When it starts a run.
    pub kind: TriggerKind,
}

/// When a trigger starts a run.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerKind {
    /// By the clock.
    Recurrence(Recurrence),
    /// When it is called: of type `Request`.
    Request,
    /// When something happens elsewhere, which this engine does not watch for: of this type.
    Other(String),
}

impl Workflow {
    /// Reads the `definition` of a workflow and the values given for its parameters: `{"name": {"value": ..}}`.
    ///
    /// # Errors
    /// What is no workflow definition, and what this engine does not run, each with its path in the definition.
    pub fn new(definition: &Value, given: &Value) -> Result<Self, Error> {
        let root = Path::root();
        let members =
            definition.as_object().ok_or_else(|| Error::invalid("A workflow definition must be an object.", &root))?;
        let triggers = match find(members, "triggers") {
            Some((name, triggers)) => all_triggers(triggers, &root.member(name))?,
            None => Vec::new(),
        };
        let actions = match find(members, "actions") {
            Some((name, actions)) => Group::read(actions, &root.member(name), action::Place::Top)?,
            None => Group::default(),
        };
        let declared = find(members, "parameters").map_or(&Value::Null, |(_, parameters)| parameters);
        Ok(Self { triggers, actions, parameters: parameters(declared, given)? })
    }

    /// What starts it.
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Runs it once: `trigger` is what `trigger()` answers, with `outputs`, and `context` what `workflow()` does.
    pub async fn run(&self, trigger: Value, context: Value, effects: &dyn Effects) -> Run {
        run::run(self, trigger, context, effects).await
    }
}

fn all_triggers(triggers: &Value, path: &Path) -> Result<Vec<Trigger>, Error> {
    let members = triggers.as_object().ok_or_else(|| Error::invalid("'triggers' must be an object.", path))?;
    let trigger = |(name, declared): (&String, &Value)| {
        let path = path.member(name);
        let kind = action::text(declared, "type", &path)?;
        let kind = match kind.to_ascii_lowercase().as_str() {
            "recurrence" => {
                let (member, recurrence) = declared
                    .as_object()
                    .and_then(|members| find(members, "recurrence"))
                    .unwrap_or(("recurrence", &Value::Null));
                TriggerKind::Recurrence(Recurrence::read(recurrence, &path.member(member))?)
            }
            "request" => TriggerKind::Request,
            _ => TriggerKind::Other(kind.to_owned()),
        };
        Ok(Trigger { name: name.clone(), kind })
    };
    members.iter().map(trigger).collect()
}

/// The value of every parameter: the given one, or else its default.
fn parameters(declared: &Value, given: &Value) -> Result<Map<String, Value>, Error> {
    let path = Path::root().member("parameters");
    let none = Map::new();
    let given = given.as_object().unwrap_or(&none);
    let declared = declared.as_object().unwrap_or(&none);
    if let Some(unknown) = given.keys().find(|name| find(declared, name).is_none()) {
        return Err(Error::invalid(
            format!("The workflow parameter '{unknown}' is given a value, and the definition does not declare it."),
            &path,
        ));
    }
    let value = |(name, declaration): (&String, &Value)| {
        let own = find(given, name).and_then(|(_, given)| given.get("value"));
        let value = own.or_else(|| declaration.get("defaultValue"));
        match value {
            Some(value) => Ok((name.clone(), value.clone())),
            None => Err(Error::invalid(
                format!("The workflow parameter '{name}' has neither a value nor a default."),
                &path.member(name),
            )),
        }
    };
    declared.iter().map(value).collect()
}
