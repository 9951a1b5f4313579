//! One run: actions that start when what they wait for has ended, and what became of each.
//!
//! Source: "Handle errors and exceptions in Azure Logic Apps", Manage the "run after" behavior, Evaluate actions and their results.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::action::{Action, Group};
use super::effects::Effects;
use super::evaluate::{Turn, View};
use super::{Workflow, functions, perform};
use crate::error::Fault;
use crate::functions::find;

/// What became of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// How it ended.
    pub status: Status,
    /// Why, where it did not succeed.
    pub error: Option<Problem>,
    /// What became of every action, in the order in which they ended. Actions in loops come once for every turn.
    pub records: Vec<Record>,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The action's name.
    pub name: String,
    /// The numbers of the turns of the loops that it is in, from the outermost on.
    pub turns: Vec<usize>,
    /// How it ended.
    pub status: Status,
    /// When it began.
    pub start: OffsetDateTime,
    /// When it ended.
    pub end: OffsetDateTime,
    /// Its inputs, evaluated.
    pub inputs: Value,
    /// Its outputs.
    pub outputs: Value,
    /// Why it did not succeed.
    pub error: Option<Problem>,
}

/// A code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The service's code: `ActionFailed`, `InvalidTemplate`, ...
    pub code: String,
    /// What went wrong.
    pub message: String,
}

/// How an action or a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should.
    Succeeded,
    /// Not as it should.
    Failed,
    /// It did not begin, since what it waited for ended otherwise.
    Skipped,
    /// It took too long.
    TimedOut,
    /// Somebody ended it.
    Cancelled,
}

impl Status {
    const ALL: &[Self] = &[Self::Succeeded, Self::Failed, Self::Skipped, Self::TimedOut, Self::Cancelled];

    /// The word that the service has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str().eq_ignore_ascii_case(name))
    }
}

/// What an action came to.
pub(super) struct Outcome {
    pub status: Status,
    pub inputs: Value,
    pub outputs: Value,
    pub error: Option<Problem>,
}

/// What a run remembers, shared by everything that goes on in it at once.
pub(super) struct Memory<'a> {
    pub effects: &'a dyn Effects,
    pub trigger: Value,
    pub context: Value,
    parameters: &'a Map<String, Value>,
    variables: Mutex<Map<String, Value>>,
    records: Mutex<Records>,
    /// How the run is to end, once an action says so.
    ended: Mutex<Option<(Status, Option<Problem>)>>,
}

/// Records in order, and where the newest of each action in each turn stands.
#[derive(Default)]
struct Records {
    all: Vec<Record>,
    newest: HashMap<(String, Vec<usize>), usize>,
    /// The actions directly inside of an action, by its name.
    inside: HashMap<String, Vec<String>>,
}

pub(super) async fn run(workflow: &Workflow, trigger: Value, context: Value, effects: &dyn Effects) -> Run {
    let memory = Memory {
        effects,
        trigger,
        context,
        parameters: &workflow.parameters,
        variables: Mutex::default(),
        records: Mutex::default(),
        ended: Mutex::default(),
    };
    let status = group(&workflow.actions, &memory, None).await;
    let ended = memory.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    let records = memory.records.into_inner().unwrap_or_else(PoisonError::into_inner).all;
    let failed = || {
        let message = "An action failed. No dependent actions succeeded.".to_owned();
        (status != Status::Succeeded).then(|| Problem { code: "ActionFailed".to_owned(), message })
    };
    let (status, error) = ended.unwrap_or_else(|| (status, failed()));
    Run { status, error, records }
}

/// Runs the actions of a group; how it ended follows from the actions that nothing runs after.
pub(super) fn group<'a>(group: &'a Group, memory: &'a Memory<'a>, turn: Option<&'a Turn<'a>>) -> BoxFuture<'a, Status> {
    async move {
        let mut ended: Vec<Option<Status>> = vec![None; group.actions.len()];
        let mut begun = vec![false; group.actions.len()];
        let mut running: FuturesUnordered<BoxFuture<'a, (usize, Status)>> = FuturesUnordered::new();
        loop {
            // What is skipped may let others begin, so this goes on until nothing changes.
            while let Some((place, begins)) = next(group, &ended, &begun) {
                begun[place] = true;
                let action = &group.actions[place];
                if begins && !memory.is_ended() {
                    running.push(one(place, action, memory, turn));
                } else {
                    memory.record(action, turn, memory.effects.now(), Outcome::skipped());
                    ended[place] = Some(Status::Skipped);
                }
            }
            match running.next().await {
                Some((place, status)) => ended[place] = Some(status),
                None => break,
            }
        }
        status(group, &ended)
    }
    .boxed()
}

/// The next action that has not begun and whose predecessors have all ended, and whether they ended as it wants.
fn next(group: &Group, ended: &[Option<Status>], begun: &[bool]) -> Option<(usize, bool)> {
    let ready = |action: &Action| action.run_after.iter().all(|(before, _)| ended[*before].is_some());
    let place = (0..group.actions.len()).find(|place| !begun[*place] && ready(&group.actions[*place]))?;
    let wanted = group.actions[place]
        .run_after
        .iter()
        .all(|(before, statuses)| ended[*before].is_some_and(|status| statuses.contains(&status)));
    Some((place, wanted))
}

/// A group failed if one of its last actions did; for one that was skipped those count that it waited for.
fn status(group: &Group, ended: &[Option<Status>]) -> Status {
    let mut followed = vec![false; group.actions.len()];
    for (before, _) in group.actions.iter().flat_map(|action| &action.run_after) {
        followed[*before] = true;
    }
    let mut counted: Vec<usize> = (0..followed.len()).filter(|place| !followed[*place]).collect();
    let mut seen = vec![false; followed.len()];
    while let Some(place) = counted.pop() {
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        match ended[place] {
            Some(Status::Failed | Status::TimedOut | Status::Cancelled) => return Status::Failed,
            Some(Status::Skipped) => counted.extend(group.actions[place].run_after.iter().map(|(before, _)| *before)),
            Some(Status::Succeeded) | None => {}
        }
    }
    Status::Succeeded
}

/// Runs the action at this place in its group.
fn one<'a>(
    place: usize,
    action: &'a Action,
    memory: &'a Memory<'a>,
    turn: Option<&'a Turn<'a>>,
) -> BoxFuture<'a, (usize, Status)> {
    async move {
        let start = memory.effects.now();
        let view = View { memory, turn, item: None, depth: 0 };
        let outcome =
            perform::perform(action, &view).await.unwrap_or_else(|fault| Outcome::fault(&action.name, &fault));
        let status = outcome.status;
        memory.record(action, turn, start, outcome);
        (place, status)
    }
    .boxed()
}

impl Outcome {
    pub fn succeeded(inputs: Value, outputs: Value) -> Self {
        Self { status: Status::Succeeded, inputs, outputs, error: None }
    }

    pub fn failed(inputs: Value, outputs: Value, code: &str, message: impl Into<String>) -> Self {
        let error = Some(Problem { code: code.to_owned(), message: message.into() });
        Self { status: Status::Failed, inputs, outputs, error }
    }

    fn skipped() -> Self {
        let message =
            "The execution of template action skipped: the 'runAfter' condition for it is not satisfied.".to_owned();
        let error = Some(Problem { code: "ActionConditionFailed".to_owned(), message });
        Self { status: Status::Skipped, inputs: Value::Null, outputs: Value::Null, error }
    }

    fn fault(action: &str, fault: &Fault) -> Self {
        let message = format!(
            "Unable to process template language expressions in action '{action}' inputs at line '0' and column '0': '{}'.",
            fault.message
        );
        Self::failed(Value::Null, Value::Null, "InvalidTemplate", message)
    }
}

impl Memory<'_> {
    pub fn parameter(&self, name: &str) -> Result<Value, Fault> {
        let found = find(self.parameters, name).map(|(_, value)| value.clone());
        found.ok_or_else(|| Fault::new(format!("The workflow parameter '{name}' is not found.")))
    }

    pub fn variable(&self, name: &str) -> Result<Value, Fault> {
        let variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        let found = find(&variables, name).map(|(_, value)| value.clone());
        found.ok_or_else(|| {
            Fault::new(format!(
                "The variable '{name}' must be initialized before it can be used inside of an expression."
            ))
        })
    }

    /// Sets a variable to what `change` makes of its value, `None` where there is none yet.
    pub fn change_variable(
        &self,
        name: &str,
        change: impl FnOnce(Option<&Value>) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let mut variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        let known = find(&variables, name).map(|(known, value)| (known.to_owned(), value));
        let value = change(known.as_ref().map(|(_, value)| *value))?;
        let name = known.map_or_else(|| name.to_owned(), |(known, _)| known);
        variables.insert(name, value.clone());
        Ok(value)
    }

    /// What `actions('name')` answers.
    pub fn action(&self, name: &str, turn: Option<&Turn<'_>>) -> Result<Value, Fault> {
        self.with_record(name, turn, |record| {
            let code = record.error.as_ref().map_or("OK", |error| error.code.as_str());
            functions::shown(&record.name, record.status.as_str(), code, &record.inputs, &record.outputs)
        })
    }

    pub fn outputs(&self, name: &str, turn: Option<&Turn<'_>>) -> Result<Value, Fault> {
        self.with_record(name, turn, |record| record.outputs.clone())
    }

    /// What became of the actions directly inside of an action.
    pub fn result(&self, name: &str, turn: Option<&Turn<'_>>) -> Value {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = records.inside.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
        let around = Turn::numbers(turn);
        let of = |record: &&Record| {
            record.turns.starts_with(&around) && inside.iter().any(|name| name.eq_ignore_ascii_case(&record.name))
        };
        let shown = |record: &Record| {
            let code = record.error.as_ref().map_or("OK", |error| error.code.as_str());
            functions::shown(&record.name, record.status.as_str(), code, &record.inputs, &record.outputs)
        };
        records.all.iter().filter(of).map(shown).collect()
    }

    /// Remembers which actions are directly inside of an action.
    pub fn remember_inside(&self, name: &str, group: &Group) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = records.inside.entry(name.to_lowercase()).or_default();
        for action in &group.actions {
            if !inside.contains(&action.name) {
                inside.push(action.name.clone());
            }
        }
    }

    /// The newest record of an action, in this turn or in one around it.
    fn with_record<T>(&self, name: &str, turn: Option<&Turn<'_>>, read: impl FnOnce(&Record) -> T) -> Result<T, Fault> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let mut turns = Turn::numbers(turn);
        loop {
            if let Some(place) = records.newest.get(&(name.to_lowercase(), turns.clone())) {
                return Ok(read(&records.all[*place]));
            }
            if turns.pop().is_none() {
                return Err(Fault::new(format!("The action '{name}' has not run where this expression can see it.")));
            }
        }
    }

    fn record(&self, action: &Action, turn: Option<&Turn<'_>>, start: OffsetDateTime, outcome: Outcome) {
        let turns = Turn::numbers(turn);
        let Outcome { status, inputs, outputs, error } = outcome;
        let record = Record {
            name: action.name.clone(),
            turns: turns.clone(),
            status,
            start,
            end: self.effects.now(),
            inputs,
            outputs,
            error,
        };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let place = records.all.len();
        records.all.push(record);
        records.newest.insert((action.name.to_lowercase(), turns), place);
    }

    /// Ends the run so: nothing begins any more.
    pub fn end(&self, status: Status, error: Option<Problem>) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((status, error));
    }

    pub fn is_ended(&self) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}
