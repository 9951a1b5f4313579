//! The functions of the template language: each one item with its name, its arguments, documentation and examples, in a file
//! for each subject. What the service has and this engine does not is listed too, and refused by name.

mod arguments;
mod arrays;
mod comparisons;
mod dates;
mod deployments;
mod lambdas;
mod logic;
mod networks;
mod numbers;
mod objects;
mod resources;
mod strings;
mod unsupported;

pub(crate) use arguments::{Arguments, type_name};

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::error::Fault;
use crate::evaluate::Scope;
use crate::syntax::Call;

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// The name, as documents spell it; the case of its letters does not matter.
    pub name: &'static str,
    /// The fewest arguments and, where there is a limit, the most.
    pub arguments: (usize, Option<usize>),
    /// What it answers, in a sentence.
    pub doc: &'static str,
    /// Expressions and the JSON of what they stand for, which are its tests.
    pub examples: &'static [(&'static str, &'static str)],
    pub(crate) eval: Eval,
}

/// How a function is evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Eval {
    /// From its arguments alone.
    Plain(fn(&Arguments) -> Result<Value, Fault>),
    /// From its arguments and what the template or the cloud knows.
    Scoped(fn(&Scope<'_>, &Arguments) -> Result<Value, Fault>),
    /// It evaluates its arguments itself: not all of them, or in a scope of their own.
    Lazy(fn(&Scope<'_>, &Call) -> Result<Value, Fault>),
    /// The service has it, this engine does not.
    Unsupported,
}

impl Function {
    /// Every function.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        GROUPS.iter().copied().flatten()
    }

    /// The function of this name, whatever the case of its letters.
    pub fn named(name: &str) -> Option<&'static Self> {
        static BY_NAME: LazyLock<HashMap<String, &'static Function>> =
            LazyLock::new(|| Function::all().map(|function| (function.name.to_ascii_lowercase(), function)).collect());
        let name = name.to_ascii_lowercase();
        BY_NAME.get(&name).copied().or_else(|| name.starts_with("list").then_some(&resources::LIST))
    }

    /// Whether this engine evaluates it.
    pub fn is_supported(&self) -> bool {
        !matches!(self.eval, Eval::Unsupported)
    }

    const fn new(
        name: &'static str,
        arguments: (usize, Option<usize>),
        doc: &'static str,
        examples: &'static [(&'static str, &'static str)],
        eval: Eval,
    ) -> Self {
        Self { name, arguments, doc, examples, eval }
    }
}

/// Calls a function of the language.
pub(crate) fn call(scope: &Scope<'_>, call: &Call) -> Result<Value, Fault> {
    let function = Function::named(&call.name).ok_or_else(|| {
        Fault::new(format!(
            "The template function '{}' is not valid. Please see https://aka.ms/arm-template-expressions for usage details.",
            call.name
        ))
        .or_at(call.name_span)
    })?;
    let count = call.arguments.len();
    let (fewest, most) = function.arguments;
    if count < fewest || most.is_some_and(|most| count > most) {
        let takes = match most {
            Some(most) if most == fewest => format!("'{fewest}' argument(s)"),
            Some(most) => format!("from '{fewest}' to '{most}' arguments"),
            None => format!("at least '{fewest}' argument(s)"),
        };
        return Err(Fault::new(format!(
            "Unable to evaluate template language function '{}': it takes {takes}, and '{count}' were given. Please see https://aka.ms/arm-template-expressions for usage details.",
            call.name
        ))
        .or_at(call.name_span));
    }
    match function.eval {
        Eval::Plain(eval) => eval(&Arguments::new(&call.name, scope.arguments(call)?)),
        Eval::Scoped(eval) => eval(scope, &Arguments::new(&call.name, scope.arguments(call)?)),
        Eval::Lazy(eval) => eval(scope, call),
        Eval::Unsupported => Err(Fault::unsupported(format!(
            "The template function '{}' is not supported by this engine.",
            function.name
        ))
        .or_at(call.name_span)),
    }
}

/// The member of this name, whatever the case of its letters; the exact one first. With its name as it is written.
pub(crate) fn find<'a>(members: &'a Map<String, Value>, name: &str) -> Option<(&'a str, &'a Value)> {
    let exact = members.get_key_value(name);
    let found = exact.or_else(|| members.iter().find(|(other, _)| other.to_lowercase() == name.to_lowercase()));
    found.map(|(name, value)| (name.as_str(), value))
}

/// The names of the members, for a message.
pub(crate) fn names(members: &Map<String, Value>) -> String {
    members.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The element of an array at a number, or the member of an object of a name.
pub(crate) fn element<'a>(value: &'a Value, index: &Value) -> Result<&'a Value, Fault> {
    match (value, index) {
        (Value::Object(members), Value::String(name)) => match find(members, name) {
            Some((_, found)) => Ok(found),
            None => Err(Fault::new(format!(
                "The language expression property '{name}' doesn't exist, available properties are '{}'.",
                names(members)
            ))),
        },
        (Value::Array(elements), Value::Number(number)) => {
            let found = number.as_u64().and_then(|number| elements.get(usize::try_from(number).ok()?));
            found.ok_or_else(|| {
                Fault::new(format!("The language expression property array index '{number}' is out of bounds."))
            })
        }
        (Value::Array(_), _) => Err(Fault::new(format!(
            "The language expression property '{}' can't be evaluated: an element of an array is chosen by an integer.",
            shown(index)
        ))),
        (Value::Object(_), _) => Err(Fault::new(format!(
            "The language expression property '{}' can't be evaluated: a property of an object is chosen by a string.",
            shown(index)
        ))),
        _ => Err(Fault::new(format!(
            "The language expression property '{}' can't be evaluated: what it is taken from is of type '{}'.",
            shown(index),
            type_name(value)
        ))),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Every function, by subject.
static GROUPS: &[&[Function]] = &[
    arrays::FUNCTIONS,
    comparisons::FUNCTIONS,
    dates::FUNCTIONS,
    deployments::FUNCTIONS,
    lambdas::FUNCTIONS,
    logic::FUNCTIONS,
    networks::FUNCTIONS,
    numbers::FUNCTIONS,
    objects::FUNCTIONS,
    resources::FUNCTIONS,
    strings::FUNCTIONS,
    unsupported::FUNCTIONS,
];

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::bindings::Bindings;
    use crate::evaluate::Stage;
    use crate::host::{Host, Refusal};
    use crate::path::Path;
    use crate::placement::Placement;
    use crate::types::Types;

    /// A cloud in which nothing is.
    struct Nothing;

    impl Host for Nothing {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }

        fn new_guid(&self) -> Uuid {
            Uuid::nil()
        }

        fn environment(&self) -> Value {
            json!({})
        }

        fn tenant(&self) -> Value {
            json!({})
        }

        fn subscription(&self, _: &str) -> Result<Value, Refusal> {
            Err(none())
        }

        fn resource_group(&self, _: &str, _: &str) -> Result<Value, Refusal> {
            Err(none())
        }

        fn resource(&self, _: &str, _: &str) -> Result<Value, Refusal> {
            Err(none())
        }

        fn list(&self, _: &str, _: &str, _: &str, _: Option<&Value>) -> Result<Value, Refusal> {
            Err(none())
        }
    }

    fn none() -> Refusal {
        Refusal { code: "NotFound".to_owned(), message: "There is nothing.".to_owned() }
    }

    fn evaluated(expression: &str) -> Result<Value, String> {
        let none = Map::new();
        let bindings = Bindings::new(&none, &none, None, &[], Types(None));
        let placement = Placement::Tenant;
        let scope = Scope {
            host: &Nothing,
            bindings: &bindings,
            placement: &placement,
            deployment: &Value::Null,
            resources: &[],
            stage: Stage::Before,
            copies: None,
            lambda: None,
            depth: 0,
        };
        scope.text(&format!("[{expression}]"), &Path::root()).map_err(|error| error.message)
    }

    #[test]
    fn examples() {
        let mut wrong = Vec::new();
        for function in Function::all() {
            for (call, expected) in function.examples {
                match evaluated(call).map(|value| value.to_string()) {
                    Ok(value) if value == *expected => {}
                    Ok(value) => wrong.push(format!("{call} gives {value}, not {expected}")),
                    Err(error) => wrong.push(format!("{call} fails: {error}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_are_given_once_and_documented() {
        let mut names: Vec<String> = Function::all().map(|function| function.name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for function in Function::all() {
            let shown =
                !function.examples.is_empty() || !matches!(function.eval, Eval::Plain(_)) || function.name == "fail";
            assert!(shown && !function.doc.is_empty(), "{}", function.name);
        }
    }

    #[test]
    fn refusals_say_what_was_found() {
        let check = |expression: &str, expected: &str| {
            assert_eq!(evaluated(expression), Err(expected.to_owned()), "{expression}");
        };
        check(
            "nothing()",
            "The template function 'nothing' is not valid. Please see https://aka.ms/arm-template-expressions for usage details.",
        );
        check("pickZones('a', 'b', 'c')", "The template function 'pickZones' is not supported by this engine.");
        check(
            "padLeft('a')",
            "Unable to evaluate template language function 'padLeft': it takes from '2' to '3' arguments, and '1' were given. Please see https://aka.ms/arm-template-expressions for usage details.",
        );
        check(
            "add('a', 1)",
            "Unable to evaluate template language function 'add': argument '1' must be an integer, and is of type 'String'.",
        );
        check(
            "div(1, 0)",
            "Unable to evaluate template language function 'div': '1' and '0' have no result that is an integer in range.",
        );
        check(
            "add(9223372036854775807, 1)",
            "Unable to evaluate template language function 'add': '9223372036854775807' and '1' have no result that is an integer in range.",
        );
        check(
            "if('a', 1, 2)",
            "The template language function 'if' expects its parameter to be of type 'Boolean', and it is of type 'String'.",
        );
        check(
            "createObject('a', 1).b",
            "The language expression property 'b' doesn't exist, available properties are 'a'.",
        );
        check("createArray(1)[1]", "The language expression property array index '1' is out of bounds.");
        check(
            "substring('abc', 2, 2)",
            "Unable to evaluate template language function 'substring': the index and length parameters must refer to a location within the string: it is '3' long, and '2' to '4' was asked for.",
        );
        check(
            "reference('a')",
            "The template function 'reference' is not expected at this location. Please see https://aka.ms/arm-template-expressions for usage details.",
        );
        check(
            "LISTKEYS('a', 'b')",
            "The template function 'LISTKEYS' is not expected at this location. Please see https://aka.ms/arm-template-expressions for usage details.",
        );
        check(
            "utcNow()",
            "The template function 'utcNow' is not expected at this location: it can only be used in the default value of a parameter. Please see https://aka.ms/arm-template-expressions for usage details.",
        );
        check(
            "copyIndex()",
            "The template function 'copyIndex' is not expected at this location. The function can only be used in a resource, a property, a variable or an output with copy specified, and must name a loop that is around it. Please see https://aka.ms/arm-copy for usage details.",
        );
        check(
            "format('{1}', 'a')",
            "Unable to evaluate template language function 'format': the format asks for the value '1', counted from 0, and '1' were given.",
        );
        check(
            "format('{0', 'a')",
            "Unable to evaluate template language function 'format': '{0' is not a format: a brace stands alone. Braces that are text are doubled.",
        );
        check(
            "json('{')",
            "Unable to evaluate template language function 'json': the argument is not valid JSON: The name of a member is expected, in quotes. At line '1' and column '2'.",
        );
        check("fail('no')", "no");
        check(
            "map(createArray(1), 'a')",
            "Unable to evaluate template language function 'map': argument '2' must be a lambda.",
        );
        check(
            "resourceId('a', 'b')",
            "Unable to evaluate template language function 'resourceId': function requires exactly one multi-segmented argument which must be resource type including resource provider namespace. Current function arguments 'a,b'. Please see https://aka.ms/arm-resource-functions/#resourceid for usage details.",
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "array(".repeat(250), ")".repeat(250));
        assert!(evaluated(&deep).is_ok());
        let deeper = "map(range(0, 1), lambda('a', ".repeat(140) + "1" + &"))".repeat(140);
        assert!(evaluated(&deeper).is_err());
    }
}
