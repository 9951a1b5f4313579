//! A template, and what it deploys.
//!
//! A template is read once ([`Template`]), planned for one deployment ([`Plan`]: which resources, under which ids, in which
//! order), and then each resource's body is evaluated when everything before it is deployed, because it may ask for that.

mod check;
mod depend;
mod expand;
mod nested;
mod order;
mod plan;

pub use plan::{Output, Parameter, Plan, Resource};

use serde_json::{Map, Value};

use crate::error::Error;
use crate::functions::find;
use crate::json::{self, JsonError};
use crate::path::{Path, PathStep};
use crate::placement::Placement;
use crate::types::Types;

/// A template of the right shape; its expressions may still be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    members: Map<String, Value>,
}

/// One deployment of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The deployment's name.
    pub name: String,
    /// The scope that it goes to.
    pub placement: Placement,
    /// The region, for a scope that is in none itself.
    pub location: Option<String>,
    /// Values of parameters, by name.
    pub parameters: Map<String, Value>,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseError {
    /// It is no JSON.
    Json(JsonError),
    /// It is no template.
    Template(Error),
}

impl Template {
    /// Reads a template, with the comments that templates may have.
    ///
    /// # Errors
    /// The first fault of the text, with its place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::new(json::parse(text).map_err(ParseError::Json)?).map_err(ParseError::Template)
    }

    /// Takes a template that was read as JSON.
    ///
    /// # Errors
    /// A member that is missing, unknown or of the wrong type.
    pub fn new(value: Value) -> Result<Self, Error> {
        let Value::Object(members) = value else {
            return Err(Error::invalid("A template must be an object.", &Path::root()));
        };
        check::members(&members)?;
        Ok(Self { members })
    }

    /// Whether resources are known by symbolic names: languageVersion 2.0.
    pub fn has_symbolic_names(&self) -> bool {
        self.member("resources").is_some_and(Value::is_object)
    }

    fn member(&self, name: &str) -> Option<&Value> {
        find(&self.members, name).map(|(_, value)| value)
    }

    /// The members of a member that is an object; none where it is missing.
    fn object(&self, name: &str) -> &Map<String, Value> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.member(name).and_then(Value::as_object).unwrap_or(&NONE)
    }

    fn functions(&self) -> &[Value] {
        self.member("functions").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn types(&self) -> Types<'_> {
        Types(self.member("definitions").and_then(Value::as_object))
    }

    /// The value at a path that was made from this template.
    fn at(&self, path: &Path) -> &Value {
        let (Some(PathStep::Member(first)), rest) = (path.steps().first(), path.steps().get(1..).unwrap_or(&[])) else {
            return &Value::Null;
        };
        let start = self.member(first);
        let found = rest.iter().fold(start, |value, step| match step {
            PathStep::Member(name) => value?.get(name),
            PathStep::Element(index) => value?.get(index),
        });
        found.unwrap_or(&Value::Null)
    }
}

impl Deployment {
    /// The values in a parameters object: `{"a": {"value": 1}}`, as deployments and parameter files hold it.
    ///
    /// # Errors
    /// A parameter without a value, and a reference to a secret in a vault, which is not supported.
    pub fn parameter_values(parameters: &Value) -> Result<Map<String, Value>, Error> {
        let root = Path::root().member("parameters");
        let Some(parameters) = parameters.as_object() else {
            return Err(Error::invalid("Parameters must be an object of names and values.", &root));
        };
        let value = |(name, holder): (&String, &Value)| {
            let path = root.member(name);
            let members = holder.as_object();
            if members.is_some_and(|members| find(members, "reference").is_some()) {
                return Err(Error::unsupported(
                    format!(
                        "The parameter '{name}' refers to a key vault, which is not supported by this engine: give its 'value'."
                    ),
                    &path,
                ));
            }
            match members.and_then(|members| find(members, "value")) {
                Some((_, value)) => Ok((name.clone(), value.clone())),
                None => Err(Error::invalid(format!("The parameter '{name}' must be an object with a 'value'."), &path)),
            }
        };
        parameters.iter().map(value).collect()
    }
}
