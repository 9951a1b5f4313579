//! What names stand for in a template: its parameters, its variables, and the functions that it defines.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::error::{Error, Fault};
use crate::evaluate::{Scope, Stage};
use crate::functions::{find, names};
use crate::path::Path;
use crate::types::{Types, declared_type};

/// The names of one template, or of one function while it is called. Values are evaluated when they are first asked for.
pub(crate) struct Bindings<'a> {
    declared: &'a Map<String, Value>,
    given: &'a Map<String, Value>,
    variables: Option<&'a Map<String, Value>>,
    functions: &'a [Value],
    types: Types<'a>,
    known: RefCell<HashMap<Name, Known>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Parameter(String),
    Variable(String),
}

#[derive(Clone)]
enum Known {
    /// It is being evaluated: who asks for it now is part of its own value.
    Started,
    Value(Rc<Value>),
}

impl<'a> Bindings<'a> {
    /// The names of a template: declarations of parameters and the values given for them, both by name.
    pub fn new(
        declared: &'a Map<String, Value>,
        given: &'a Map<String, Value>,
        variables: Option<&'a Map<String, Value>>,
        functions: &'a [Value],
        types: Types<'a>,
    ) -> Self {
        Self { declared, given, variables, functions, types, known: RefCell::default() }
    }

    /// The value of a parameter: the given one, or else its default.
    pub fn parameter(&self, scope: &Scope<'_>, name: &str) -> Result<Rc<Value>, Fault> {
        let Some((name, declaration)) = find(self.declared, name) else {
            return Err(Fault::new(format!(
                "The template parameter '{name}' is not found. Please see https://aka.ms/arm-parameters for usage details."
            )));
        };
        self.once(Name::Parameter(name.to_lowercase()), name, || {
            let path = Path::root().member("parameters").member(name);
            if let Some((_, given)) = find(self.given, name).filter(|(_, given)| !given.is_null()) {
                self.types.check(given, declaration, name).map_err(|message| Error::invalid(message, &path))?;
                return Ok(given.clone());
            }
            let path = path.member("defaultValue");
            match find(declaration.as_object().unwrap_or(&Map::new()), "defaultValue") {
                Some((_, default)) => {
                    let value = self.root(scope, Stage::Default).value(default, &path)?;
                    self.types.check(&value, declaration, name).map_err(|message| Error::invalid(message, &path))?;
                    Ok(value)
                }
                None if self.types.is_nullable(declaration) => Ok(Value::Null),
                None => Err(Error::invalid(
                    format!("The value for the template parameter '{name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details."),
                    &Path::root().member("parameters").member(name),
                )),
            }
        })
    }

    /// The value of a variable.
    pub fn variable(&self, scope: &Scope<'_>, name: &str) -> Result<Rc<Value>, Fault> {
        let Some(variables) = self.variables else {
            return Err(Fault::new(
                "The template function 'variables' is not expected at this location: a function that a template defines sees its parameters only.",
            ));
        };
        let path = Path::root().member("variables");
        if let Some((name, value)) = find(variables, name).filter(|(name, _)| !name.eq_ignore_ascii_case("copy")) {
            return self.once(Name::Variable(name.to_lowercase()), name, || {
                self.root(scope, Stage::Before).value(value, &path.member(name))
            });
        }
        let copies = find(variables, "copy").and_then(|(_, copies)| copies.as_array());
        for (index, copy) in copies.into_iter().flatten().enumerate() {
            let named = copy.get("name").and_then(Value::as_str).filter(|other| other.eq_ignore_ascii_case(name));
            if let Some(name) = named {
                let path = path.member("copy").element(index);
                return self.once(Name::Variable(name.to_lowercase()), name, || {
                    self.root(scope, Stage::Before).repeated(name, copy, &path, false).map(Value::Array)
                });
            }
        }
        Err(Fault::new(format!(
            "The template variable '{name}' is not found. Please see https://aka.ms/arm-template/#variables for usage details."
        )))
    }

    /// Calls a function that the template defines.
    pub fn call(&self, scope: &Scope<'_>, namespace: &str, name: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
        let (function, path) = self.function(namespace, name).ok_or_else(|| {
            Fault::new(format!(
                "The template function '{namespace}.{name}' is not valid. Please see https://aka.ms/arm-template-expressions for usage details."
            ))
        })?;
        let parameters = function.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if parameters.len() != arguments.len() {
            return Err(Fault::new(format!(
                "Unable to evaluate template function '{namespace}.{name}': it takes '{}' argument(s), and '{}' were given.",
                parameters.len(),
                arguments.len()
            )));
        }
        let mut declared = Map::new();
        let mut given = Map::new();
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            declared.insert(name.to_owned(), parameter.clone());
            if argument.is_null() && !self.types.is_nullable(parameter) {
                return Err(Fault::new(format!(
                    "The argument for the parameter '{name}' of the function '{namespace}.{name}' is null, and it takes none."
                )));
            }
            given.insert(name.to_owned(), argument);
        }
        let bindings = Bindings::new(&declared, &given, None, self.functions, self.types);
        let output = function.get("output").unwrap_or(&Value::Null);
        let value = output.get("value").unwrap_or(&Value::Null);
        let inner = Scope { bindings: &bindings, stage: Stage::Function, copies: None, lambda: None, ..*scope };
        let value = inner.value(value, &path.member("output").member("value"))?;
        let checked = self.types.check_output(&value, output, &format!("{namespace}.{name}"));
        checked.map_err(|message| Fault::from(Error::invalid(message, &path.member("output"))))?;
        Ok(value)
    }

    fn function(&self, namespace: &str, name: &str) -> Option<(&'a Value, Path)> {
        let path = Path::root().member("functions");
        self.functions.iter().enumerate().find_map(|(index, space)| {
            let named = space.get("namespace")?.as_str()?.eq_ignore_ascii_case(namespace);
            let members = space.get("members").filter(|_| named)?.as_object()?;
            let (name, function) = find(members, name)?;
            Some((function, path.element(index).member("members").member(name)))
        })
    }

    /// Every parameter has a value of its type, and no value is given that nobody asked for.
    pub fn check(&self, scope: &Scope<'_>) -> Result<(), Error> {
        let unknown: Vec<&str> =
            self.given.keys().map(String::as_str).filter(|name| find(self.declared, name).is_none()).collect();
        if !unknown.is_empty() {
            return Err(Error::invalid(
                format!(
                    "The template parameters '{}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '{}'. Please see https://aka.ms/arm-pass-parameter-values for usage details.",
                    unknown.join(", "),
                    names(self.declared)
                ),
                &Path::root().member("parameters"),
            ));
        }
        for (name, declaration) in self.declared {
            let path = Path::root().member("parameters").member(name);
            declared_type(declaration)
                .map_err(|message| Error::invalid(format!("The template parameter '{name}': {message}"), &path))?;
            self.parameter(scope, name).map_err(|fault| fault.at(&path))?;
        }
        Ok(())
    }

    /// The value, evaluated at most once, and never for its own sake.
    fn once(&self, key: Name, name: &str, evaluate: impl FnOnce() -> Result<Value, Error>) -> Result<Rc<Value>, Fault> {
        match self.known.borrow().get(&key) {
            Some(Known::Value(value)) => return Ok(Rc::clone(value)),
            Some(Known::Started) => {
                let what = if matches!(key, Name::Parameter(_)) { "parameter" } else { "variable" };
                return Err(Fault::new(format!("Circular dependency detected on the template {what} '{name}'.")));
            }
            None => {}
        }
        self.known.borrow_mut().insert(key.clone(), Known::Started);
        let value = evaluate();
        let mut known = self.known.borrow_mut();
        match value {
            Ok(value) => {
                let value = Rc::new(value);
                known.insert(key, Known::Value(Rc::clone(&value)));
                Ok(value)
            }
            Err(error) => {
                known.remove(&key);
                Err(error.into())
            }
        }
    }

    /// Where parameters and variables are evaluated: outside of every loop and lambda.
    fn root<'s>(&'s self, scope: &Scope<'s>, stage: Stage) -> Scope<'s> {
        Scope { bindings: self, stage, copies: None, lambda: None, ..*scope }
    }
}
