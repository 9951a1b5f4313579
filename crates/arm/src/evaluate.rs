//! The value of an expression, and of a JSON value with expressions in it.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::bindings::Bindings;
use crate::error::{Error, Fault, Kind as ErrorKind};
use crate::functions;
use crate::host::{Host, Refusal};
use crate::path::Path;
use crate::placement::Placement;
use crate::syntax::{Accessor, Call, Expression, Kind, Step, SyntaxError, TemplateText, template_text};
use crate::template::Resource;

/// How deep evaluation may go: expressions in expressions, variables in variables, values in values.
const MAX_DEPTH: usize = 256;

/// The longest expression that the service takes, in characters.
/// Source: "Understand the structure and syntax of ARM templates", Template limits.
const MAX_LENGTH: usize = 24_576;

/// What an expression can see.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub host: &'a dyn Host,
    pub bindings: &'a Bindings<'a>,
    pub placement: &'a Placement,
    /// What `deployment()` answers.
    pub deployment: &'a Value,
    /// The resources of the template, once they are known, for references by name.
    pub resources: &'a [Resource],
    /// Which functions may be called here.
    pub stage: Stage,
    pub copies: Option<&'a Copy<'a>>,
    pub lambda: Option<&'a Lambda<'a>>,
    pub depth: usize,
}

/// When an expression is evaluated, which decides what it may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// For the default of a parameter, which alone may ask for the time and for new ids.
    Default,
    /// Before anything is deployed: names, conditions, counts.
    Before,
    /// When what it depends on is deployed.
    Deploying,
    /// Inside a function that the template defines.
    Function,
}

/// A turn of a copy loop.
pub(crate) struct Copy<'a> {
    pub name: &'a str,
    pub index: usize,
    /// Whether `copyIndex()` without a name means this loop: it is one over resources.
    pub unnamed: bool,
    pub outer: Option<&'a Copy<'a>>,
}

/// A variable of a lambda.
pub(crate) struct Lambda<'a> {
    pub name: &'a str,
    pub value: &'a Value,
    pub outer: Option<&'a Lambda<'a>>,
}

impl<'a> Scope<'a> {
    /// The value with every expression in it, names of members included, replaced by what it stands for.
    pub fn value(&self, value: &Value, path: &Path) -> Result<Value, Error> {
        let inner = self.deeper().map_err(|fault| fault.at(path))?;
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
            Value::String(text) => inner.text(text, path),
            Value::Array(elements) => {
                let evaluated = elements.iter().enumerate().map(|(i, element)| inner.value(element, &path.element(i)));
                evaluated.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            Value::Object(members) => inner.object(members, path).map(Value::Object),
        }
    }

    fn object(&self, members: &Map<String, Value>, path: &Path) -> Result<Map<String, Value>, Error> {
        let mut evaluated = Map::new();
        for (name, value) in members {
            let path = path.member(name);
            if let (true, Value::Array(copies)) = (name.eq_ignore_ascii_case("copy"), value)
                && copies.iter().all(|copy| copy.get("input").is_some())
            {
                for (index, copy) in copies.iter().enumerate() {
                    let (name, values) = self.copied(copy, &path.element(index))?;
                    evaluated.insert(name, values);
                }
                continue;
            }
            let name = match self.text(name, &path)? {
                Value::String(name) => name,
                other => {
                    let found = functions::type_name(&other);
                    return Err(Error::invalid(
                        format!("The name of a property must be a string, and is {found}."),
                        &path,
                    ));
                }
            };
            evaluated.insert(name, self.value(value, &path)?);
        }
        Ok(evaluated)
    }

    /// A property that repeats: `{name, count, input}`. The name and the values.
    fn copied(&self, copy: &Value, path: &Path) -> Result<(String, Value), Error> {
        let name = copy.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Error::invalid("A copy loop must have a name.", path))?;
        let values = self.repeated(name, copy, path, false)?;
        Ok((name.to_owned(), Value::Array(values)))
    }

    /// What `input` is in every turn of a loop.
    pub fn repeated(&self, name: &str, copy: &Value, path: &Path, unnamed: bool) -> Result<Vec<Value>, Error> {
        let count = self.count(copy, path)?;
        let input =
            copy.get("input").ok_or_else(|| Error::invalid("A copy loop over values must have an 'input'.", path))?;
        (0..count)
            .map(|index| {
                let turn = Copy { name, index, unnamed, outer: self.copies };
                let scope = Scope { copies: Some(&turn), ..*self };
                scope.value(input, &path.member("input"))
            })
            .collect()
    }

    /// How many turns a loop has. Source: "Resource iteration in ARM templates": from 0 to 800.
    pub fn count(&self, copy: &Value, path: &Path) -> Result<usize, Error> {
        const MOST: u64 = 800;
        let path = path.member("count");
        let count = copy.get("count").ok_or_else(|| Error::invalid("A copy loop must have a 'count'.", &path))?;
        let count = self.value(count, &path)?;
        let number = count.as_u64().or_else(|| count.as_str()?.parse().ok());
        match number {
            Some(number) if number <= MOST => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            _ => Err(Error::invalid(
                format!("The copy count '{count}' is not valid: it must be an integer between 0 and {MOST}."),
                &path,
            )),
        }
    }

    /// What a string of the template stands for.
    pub fn text(&self, text: &str, path: &Path) -> Result<Value, Error> {
        match template_text(text).map_err(|error| Fault::from(error).at(path))? {
            TemplateText::Literal(literal) => Ok(Value::String(literal.into_owned())),
            TemplateText::Expression(expression) => {
                let length = text.chars().count();
                if length > MAX_LENGTH {
                    let message = format!(
                        "The language expression length limit exceeded. Limit: '{MAX_LENGTH}' and actual: '{length}'."
                    );
                    return Err(Error::invalid(message, path));
                }
                self.expression(&expression).map_err(|fault| fault.at(path))
            }
        }
    }

    /// The value of an expression.
    pub fn expression(&self, expression: &Expression) -> Result<Value, Fault> {
        let inner = self.deeper()?;
        match &expression.kind {
            Kind::Text(text) => Ok(Value::from(text.as_str())),
            Kind::Integer(value) => Ok(Value::from(*value)),
            Kind::Real(value) => Ok(Value::from(*value)),
            Kind::Boolean(value) => Ok(Value::from(*value)),
            Kind::Null => Ok(Value::Null),
            Kind::Call(call) => inner.call(call).map_err(|fault| fault.or_at(expression.span)),
            Kind::Access { base, path } => inner.access(base, path),
        }
    }

    fn call(&self, call: &Call) -> Result<Value, Fault> {
        if let Some(namespace) = &call.namespace {
            let arguments = self.arguments(call)?;
            return self.bindings.call(self, namespace, &call.name, arguments);
        }
        functions::call(self, call)
    }

    /// The values of a call's arguments, in order.
    pub fn arguments(&self, call: &Call) -> Result<Vec<Value>, Fault> {
        call.arguments.iter().map(|argument| self.expression(argument)).collect()
    }

    /// What is taken from the result of a call. A parameter or a variable is not copied whole for one of its members.
    fn access(&self, base: &Expression, path: &[Accessor]) -> Result<Value, Fault> {
        let shared = match &base.kind {
            Kind::Call(call) => self.bound(call).transpose().map_err(|fault| fault.or_at(base.span))?,
            _ => None,
        };
        let whole = match shared {
            Some(value) => value,
            None => Rc::new(self.expression(base)?),
        };
        let mut value: &Value = &whole;
        for accessor in path {
            let taken = self.take(value, accessor).map_err(|fault| fault.or_at(accessor.span))?;
            let Some(taken) = taken else {
                return Ok(Value::Null);
            };
            value = taken;
        }
        Ok(value.clone())
    }

    /// The value of `parameters('a')` or `variables('a')`, shared.
    fn bound(&self, call: &Call) -> Option<Result<Rc<Value>, Fault>> {
        let [Expression { kind: Kind::Text(name), .. }] = call.arguments.as_slice() else {
            return None;
        };
        match (&call.namespace, call.name.to_ascii_lowercase().as_str()) {
            (None, "parameters") => Some(self.bindings.parameter(self, name)),
            (None, "variables") => Some(self.bindings.variable(self, name)),
            _ => None,
        }
    }

    /// One step into a value; nothing where the step is safe and leads nowhere.
    fn take<'v>(&self, value: &'v Value, accessor: &Accessor) -> Result<Option<&'v Value>, Fault> {
        let index = match &accessor.step {
            Step::Member(name) => Value::from(name.as_str()),
            Step::Index(index) => self.expression(index)?,
        };
        match functions::element(value, &index) {
            Ok(found) => Ok(Some(found)),
            Err(_) if accessor.safe => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The same scope one level deeper.
    fn deeper(&self) -> Result<Self, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::new(format!("Evaluation goes deeper than {MAX_DEPTH} levels, which is the limit.")));
        }
        Ok(Self { depth: self.depth + 1, ..*self })
    }

    /// Calls `with` in a scope where the lambda's variables have these values.
    pub fn with_variables<T>(&self, variables: &[(&str, &Value)], with: &mut dyn FnMut(&Scope<'_>) -> T) -> T {
        match variables {
            [] => with(self),
            [(name, value), rest @ ..] => {
                let lambda = Lambda { name, value, outer: self.lambda };
                Scope { lambda: Some(&lambda), ..*self }.with_variables(rest, with)
            }
        }
    }

    /// The turn of the loop of this name, or of the innermost one over resources.
    pub fn turn(&self, name: Option<&str>) -> Option<&'a Copy<'a>> {
        let mut next = self.copies;
        while let Some(copy) = next {
            let meant = name.map_or(copy.unnamed, |name| copy.name.eq_ignore_ascii_case(name));
            if meant {
                return Some(copy);
            }
            next = copy.outer;
        }
        None
    }
}

impl From<SyntaxError> for Fault {
    fn from(error: SyntaxError) -> Self {
        Self { span: Some(error.span), ..Self::new(error.message) }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { kind: ErrorKind::Refused(refusal.code), ..Self::new(refusal.message) }
    }
}
