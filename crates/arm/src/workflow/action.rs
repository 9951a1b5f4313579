//! Actions as definitions write them, checked when they are read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::condition::Condition;
use super::retry::Retry;
use super::run::Status;
use crate::dates;
use crate::error::Error;
use crate::functions::{find, type_name};
use crate::path::Path;
use crate::syntax::workflow_text;

/// Actions that stand side by side, and wait for each other as `runAfter` says.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub actions: Vec<Action>,
}

/// One action.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub name: String,
    /// The actions beside it that it waits for, as places in the group, and how they may have ended.
    pub run_after: Vec<(usize, Vec<Status>)>,
    pub work: Work,
}

/// What an action does. Values still have their expressions.
#[derive(Clone, Debug)]
pub(super) enum Work {
    InitializeVariable(Value),
    /// To set, add to, take from or append to a variable.
    ChangeVariable(Change, Value),
    Compose(Value),
    ParseJson(Value),
    Http {
        inputs: Value,
        retry: Retry,
    },
    ApiConnection {
        inputs: Value,
        retry: Retry,
    },
    Select(Value),
    Query {
        from: Value,
        condition: Value,
    },
    Join(Value),
    Wait(Value),
    Terminate(Value),
    Foreach {
        over: Value,
        group: Group,
        at_once: usize,
    },
    If {
        condition: Condition,
        yes: Group,
        no: Group,
    },
    Switch {
        on: Value,
        cases: Vec<(Value, Group)>,
        otherwise: Group,
    },
    Scope(Group),
    Until {
        condition: Condition,
        group: Group,
        count: u32,
        timeout: time::Duration,
    },
}

/// What happens to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Set,
    Increment,
    Decrement,
    AppendToArray,
    AppendToText,
}

/// Where a group stands, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The workflow's own actions.
    Top,
    /// Inside another action.
    Inside,
    /// Inside a loop over elements.
    Loop,
}

/// How many turns of a loop run at once where nothing is said, and at most.
/// Source: "Limits and configuration reference for Azure Logic Apps", For each concurrency.
const AT_ONCE: (usize, u64) = (20, 50);

impl Group {
    pub fn read(declared: &Value, path: &Path, place: Place) -> Result<Self, Error> {
        let members = match declared {
            Value::Object(members) => members,
            Value::Null => return Ok(Self::default()),
            _ => {
                return Err(Error::invalid(
                    format!("'actions' must be an object, and is of type '{}'.", type_name(declared)),
                    path,
                ));
            }
        };
        let names: BTreeMap<String, usize> =
            members.keys().enumerate().map(|(index, name)| (name.to_lowercase(), index)).collect();
        let actions =
            members.iter().map(|(name, declared)| Action::read(name, declared, &path.member(name), place, &names));
        let group = Self { actions: actions.collect::<Result<_, _>>()? };
        group.check_order(path)?;
        Ok(group)
    }

    /// Nothing waits for itself.
    fn check_order(&self, path: &Path) -> Result<(), Error> {
        let mut waiting: Vec<usize> = self.actions.iter().map(|action| action.run_after.len()).collect();
        let mut ready: Vec<usize> = (0..waiting.len()).filter(|place| waiting[*place] == 0).collect();
        while let Some(done) = ready.pop() {
            for (place, action) in self.actions.iter().enumerate() {
                if action.run_after.iter().any(|(before, _)| *before == done) {
                    waiting[place] -= 1;
                    if waiting[place] == 0 {
                        ready.push(place);
                    }
                }
            }
        }
        match waiting.iter().position(|left| *left > 0) {
            None => Ok(()),
            Some(place) => {
                let name = &self.actions[place].name;
                Err(Error::invalid(
                    format!("The 'runAfter' of the action '{name}' leads in a circle."),
                    &path.member(name),
                ))
            }
        }
    }
}

impl Action {
    fn read(
        name: &str,
        declared: &Value,
        path: &Path,
        place: Place,
        names: &BTreeMap<String, usize>,
    ) -> Result<Self, Error> {
        let run_after = match member(declared, "runAfter") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(members)) => members
                .iter()
                .map(|(other, statuses)| one_before(name, other, statuses, path, names))
                .collect::<Result<_, _>>()?,
            Some(_) => {
                return Err(Error::invalid(
                    "'runAfter' must be an object of actions and statuses.",
                    &path.member("runAfter"),
                ));
            }
        };
        Ok(Self { name: name.to_owned(), run_after, work: Work::read(declared, path, place)? })
    }
}

fn one_before(
    name: &str,
    other: &str,
    statuses: &Value,
    path: &Path,
    names: &BTreeMap<String, usize>,
) -> Result<(usize, Vec<Status>), Error> {
    let path = path.member("runAfter").member(other);
    let before = names.get(&other.to_lowercase()).ok_or_else(|| {
        Error::invalid(
            format!("The action '{name}' runs after '{other}', and there is no action of that name beside it."),
            &path,
        )
    })?;
    let known = |status: &Value| status.as_str().and_then(Status::named);
    let statuses: Option<Vec<Status>> = statuses.as_array().and_then(|statuses| statuses.iter().map(known).collect());
    let statuses = statuses.filter(|statuses| !statuses.is_empty()).ok_or_else(|| {
        Error::invalid(
            "'runAfter' must name at least one of Succeeded, Failed, Skipped, TimedOut and Cancelled.",
            &path,
        )
    })?;
    Ok((*before, statuses))
}

impl Work {
    fn read(declared: &Value, path: &Path, place: Place) -> Result<Self, Error> {
        let kind = text(declared, "type", path)?;
        let inputs = || -> Result<Value, Error> {
            let (name, inputs) = entry(declared, "inputs")
                .ok_or_else(|| Error::invalid(format!("An action of type '{kind}' must have 'inputs'."), path))?;
            check_expressions(inputs, &path.member(name))?;
            Ok(inputs.clone())
        };
        let group = |owner: &Value, name: &str, path: &Path, place: Place| match entry(owner, name) {
            Some((name, group)) => Group::read(group, &path.member(name), place),
            None => Ok(Group::default()),
        };
        let inside = if place == Place::Top { Place::Inside } else { place };
        Ok(match kind.to_ascii_lowercase().as_str() {
            "initializevariable" if place != Place::Top => {
                return Err(Error::invalid(
                    "A variable can only be initialized at the top of a workflow, not inside of another action.",
                    path,
                ));
            }
            "initializevariable" => Self::InitializeVariable(inputs()?),
            "setvariable" => Self::ChangeVariable(Change::Set, inputs()?),
            "incrementvariable" => Self::ChangeVariable(Change::Increment, inputs()?),
            "decrementvariable" => Self::ChangeVariable(Change::Decrement, inputs()?),
            "appendtoarrayvariable" => Self::ChangeVariable(Change::AppendToArray, inputs()?),
            "appendtostringvariable" => Self::ChangeVariable(Change::AppendToText, inputs()?),
            "compose" => Self::Compose(inputs()?),
            "parsejson" => Self::ParseJson(inputs()?),
            "http" => {
                let inputs = inputs()?;
                Self::Http { retry: Retry::of(&inputs, &path.member("inputs"))?, inputs }
            }
            "apiconnection" => {
                let inputs = inputs()?;
                Self::ApiConnection { retry: Retry::of(&inputs, &path.member("inputs"))?, inputs }
            }
            "select" => Self::Select(inputs()?),
            "query" => {
                let inputs = inputs()?;
                let part = |name: &str| member(&inputs, name).cloned().unwrap_or(Value::Null);
                Self::Query { from: part("from"), condition: part("where") }
            }
            "join" => Self::Join(inputs()?),
            "wait" => Self::Wait(inputs()?),
            "terminate" => Self::Terminate(inputs()?),
            "scope" => Self::Scope(group(declared, "actions", path, inside)?),
            "foreach" => {
                let (name, over) = entry(declared, "foreach")
                    .ok_or_else(|| Error::invalid("A 'Foreach' must have a 'foreach'.", path))?;
                check_expressions(over, &path.member(name))?;
                let group = group(declared, "actions", path, Place::Loop)?;
                Self::Foreach { over: over.clone(), group, at_once: at_once(declared, path, place)? }
            }
            "if" => {
                let (name, condition) = entry(declared, "expression")
                    .ok_or_else(|| Error::invalid("An 'If' must have an 'expression'.", path))?;
                let no = member(declared, "else").unwrap_or(&Value::Null);
                Self::If {
                    condition: Condition::read(condition, &path.member(name))?,
                    yes: group(declared, "actions", path, inside)?,
                    no: group(no, "actions", &path.member("else"), inside)?,
                }
            }
            "switch" => {
                let (name, on) = entry(declared, "expression")
                    .ok_or_else(|| Error::invalid("A 'Switch' must have an 'expression'.", path))?;
                check_expressions(on, &path.member(name))?;
                let cases = member(declared, "cases").and_then(Value::as_object);
                let case = |(name, case): (&String, &Value)| {
                    let path = path.member("cases").member(name);
                    let value =
                        member(case, "case").ok_or_else(|| Error::invalid("A case must have a 'case'.", &path))?;
                    Ok((value.clone(), group(case, "actions", &path, inside)?))
                };
                let otherwise = member(declared, "default").unwrap_or(&Value::Null);
                Self::Switch {
                    on: on.clone(),
                    cases: cases.into_iter().flatten().map(case).collect::<Result<_, Error>>()?,
                    otherwise: group(otherwise, "actions", &path.member("default"), inside)?,
                }
            }
            "until" => {
                let (name, condition) = entry(declared, "expression")
                    .ok_or_else(|| Error::invalid("An 'Until' must have an 'expression'.", path))?;
                let condition = Condition::read(condition, &path.member(name))?;
                let (count, timeout) = until_limits(declared, path)?;
                Self::Until { condition, group: group(declared, "actions", path, Place::Loop)?, count, timeout }
            }
            _ => {
                return Err(Error::unsupported(
                    format!("Actions of type '{kind}' are not supported by this engine."),
                    &path.member("type"),
                ));
            }
        })
    }
}

/// How many turns run at once. A loop inside of another one goes turn by turn, as documented.
fn at_once(declared: &Value, path: &Path, place: Place) -> Result<usize, Error> {
    if place == Place::Loop
        || member(declared, "operationOptions")
            .and_then(Value::as_str)
            .is_some_and(|options| options.eq_ignore_ascii_case("Sequential"))
    {
        return Ok(1);
    }
    let concurrency =
        member(declared, "runtimeConfiguration").and_then(|configuration| member(configuration, "concurrency"));
    match concurrency.and_then(|concurrency| member(concurrency, "repetitions")) {
        None => Ok(AT_ONCE.0),
        Some(repetitions) => match repetitions.as_u64().filter(|repetitions| (1..=AT_ONCE.1).contains(repetitions)) {
            Some(repetitions) => Ok(usize::try_from(repetitions).unwrap_or(1)),
            None => Err(Error::invalid(
                format!("'repetitions' must be an integer between 1 and {}, and is {repetitions}.", AT_ONCE.1),
                &path.member("runtimeConfiguration").member("concurrency").member("repetitions"),
            )),
        },
    }
}

/// Source: "Schema reference guide ..", Until: 60 turns and one hour where nothing is said.
fn until_limits(declared: &Value, path: &Path) -> Result<(u32, time::Duration), Error> {
    let limit = member(declared, "limit").unwrap_or(&Value::Null);
    let path = path.member("limit");
    let count = match member(limit, "count") {
        None => 60,
        Some(count) => count
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| (1..=5_000).contains(count))
            .ok_or_else(|| {
                Error::invalid(
                    format!("'count' must be an integer between 1 and 5000, and is {count}."),
                    &path.member("count"),
                )
            })?,
    };
    let timeout = match member(limit, "timeout") {
        None => time::Duration::HOUR,
        Some(timeout) => {
            let period = timeout.as_str().and_then(dates::period).filter(|period| period.months == 0);
            period
                .ok_or_else(|| {
                    Error::invalid(
                        format!("'timeout' must be a duration of ISO 8601, and is {timeout}."),
                        &path.member("timeout"),
                    )
                })?
                .rest
        }
    };
    Ok((count, timeout))
}

/// Every string in a value is one that the language has.
pub(super) fn check_expressions(value: &Value, path: &Path) -> Result<(), Error> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => match workflow_text(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(Error { span: Some(error.span), ..Error::invalid(error.message, path) }),
        },
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .try_for_each(|(index, element)| check_expressions(element, &path.element(index))),
        Value::Object(members) => {
            members.iter().try_for_each(|(name, value)| check_expressions(value, &path.member(name)))
        }
    }
}

/// A member that must be a string.
pub(super) fn text<'a>(declared: &'a Value, name: &str, path: &Path) -> Result<&'a str, Error> {
    member(declared, name)
        .and_then(Value::as_str)
        .ok_or_else(|| Error::invalid(format!("'{name}' must be there, and a string."), path))
}

/// A member, whatever the case of its name.
pub(super) fn member<'a>(declared: &'a Value, name: &str) -> Option<&'a Value> {
    entry(declared, name).map(|(_, value)| value)
}

fn entry<'a>(declared: &'a Value, name: &str) -> Option<(&'a str, &'a Value)> {
    let members: Option<&Map<String, Value>> = declared.as_object();
    find(members?, name)
}
